"""The strategy app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StrategyConfig(AppConfig):
    name = "strategy"
    verbose_name = _("Strategy")

    def ready(self) -> None:
        from pocweb.navigation import register  # the registries are filled once all apps are known
        from strategy import desk

        register(40, "strategy:activity-list", _("Activities"), "strategy.view_activity")
        desk.register()
