"""The coordination app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "coordination"
    verbose_name = _("Coordination")

    def ready(self) -> None:
        from django.urls import reverse

        from coordination.models import Forum
        from pocweb.navigation import register  # the registries are filled once all apps are known
        from pocweb.trail import register_record, register_verbs

        register(50, "coordination:forum-list", _("Forums"), "coordination.view_forum")
        register_record(Forum, lambda forum: reverse("coordination:forum-detail", args=[forum.pk]))
        register_verbs(
            {
                "endorsed an edition": _("recorded an endorsement by"),
                "sent an edition back": _("recorded a refusal by"),
            }
        )
