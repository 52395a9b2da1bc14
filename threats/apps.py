"""The threats app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ThreatsConfig(AppConfig):
    name = "threats"
    verbose_name = _("Threats")

    def ready(self) -> None:
        from pocweb import reference_data
        from threats import reference_loader

        reference_data.register_loader("threats", reference_loader.load)
