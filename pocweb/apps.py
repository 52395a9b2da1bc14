"""The shared app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class PocwebConfig(AppConfig):
    name = "pocweb"
    verbose_name = _("Mission")

    def ready(self) -> None:
        from pocweb import missing_words

        missing_words.register()  # before any form is read
        autodiscover_modules("permissions")
        from pocweb import (  # noqa: F401
            checks,
            desk_panels,
            geography,
            mission_settings,
            notice_mail,
            reference_data,
            sign_in_trail,
            tasks,
        )

        reference_data.register_loader("pocweb", geography.load_shipped_places)
        desk_panels.register()
        mission_settings.register()
        notice_mail.register()
