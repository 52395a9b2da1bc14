"""The shared app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class PocwebConfig(AppConfig):
    name = "pocweb"
    verbose_name = _("Mission")

    def ready(self) -> None:
        autodiscover_modules("permissions")
        from pocweb import checks, geography, reference_data  # noqa: F401  checks registers the system checks

        reference_data.register_loader("pocweb", geography.load_shipped_places)
