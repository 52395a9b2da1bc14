"""The reporting app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    name = "reporting"
    verbose_name = _("Reporting")

    def ready(self) -> None:
        from pocweb.navigation import register  # the registry is filled once all apps are known
        from reporting import desk, reminders, tasks  # noqa: F401  registers the kinds of jobs

        register(60, "reporting:report-list", _("Reports"), "reporting.view_report")
        desk.register()
        reminders.register()
