"""The coordination app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "coordination"
    verbose_name = _("Coordination")

    def ready(self) -> None:
        from pocweb.navigation import register  # the registry is filled once all apps are known

        register(50, "coordination:forum-list", _("Forums"), "coordination.view_forum")
