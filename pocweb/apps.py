"""The shared app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PocwebConfig(AppConfig):
    name = "pocweb"
    verbose_name = _("Mission")

    def ready(self) -> None:
        from pocweb import checks  # noqa: F401  registers the system checks
