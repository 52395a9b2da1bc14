"""The threats app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ThreatsConfig(AppConfig):
    name = "threats"
    verbose_name = _("Threats")

    def ready(self) -> None:
        from pocweb import navigation, reference_data
        from threats import (
            desk,
            desk_branch,
            desk_editions,
            desk_lessons,
            desk_presence,
            desk_watch,
            reference_loader,
            reminders,
            tasks,  # noqa: F401  registers the kinds of jobs
        )

        belonging = ("/threats/", "/editions/", "/sheets/")
        navigation.register(20, "threats:matrix-start", _("Matrix"), "threats.view_threat", also=belonging)
        navigation.register(30, "threats:incident-list", _("Incidents"), "threats.view_incident")
        navigation.register(33, "threats:hotspots", _("Hotspots"), "threats.view_threat", also=("/presences/",))
        navigation.register(
            35, "threats:actor-list", _("Perpetrators"), "threats.view_actor", also=("/protection-actors/",)
        )
        navigation.register(37, "threats:watch", _("Watch"), "threats.view_watch", also=("/calendar/",))
        navigation.register(
            76, "threats:vocabulary", _("Lists of words"), "threats.view_vocabulary", in_account_menu=True
        )
        navigation.register(
            77, "threats:scheme-list", _("Rating schemes"), "threats.view_vocabulary", in_account_menu=True
        )
        navigation.register(75, "threats:import-list", _("Imports"), "threats.view_import", in_account_menu=True)

        reference_data.register_loader("threats", reference_loader.load)
        desk.register()
        desk_editions.register()
        desk_branch.register()
        desk_lessons.register()
        desk_presence.register()
        desk_watch.register()
        reminders.register()
