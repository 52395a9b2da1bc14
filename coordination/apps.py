"""The coordination app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "coordination"
    verbose_name = _("Coordination")

    def ready(self) -> None:
        from django.urls import reverse

        from coordination import desk_forums, reminders, tasks  # noqa: F401  tasks registers the kinds of jobs
        from coordination.communities import desk_networks, plan_desk
        from coordination.meetings import changing
        from coordination.meetings import desk as meeting_desk
        from coordination.models import Forum
        from coordination.sharing import desk as sharing
        from coordination.warnings import case_links, case_tasks, flash_links, matrix_links, response_links
        from pocweb.navigation import register  # the registries are filled once all apps are known
        from pocweb.trail import register_record, register_verbs

        register(50, "coordination:forum-list", _("Forums"), "coordination.view_forum", also=("/mechanisms/",))
        desk_forums.register()
        register(60, "coordination:contact-list", _("Contacts"), "coordination.view_contact", in_account_menu=True)
        register(
            61, "coordination:share-list", _("Sharing"), "coordination.view_agreement", in_account_menu=True,
            also=("/agreements/",),
        )  # fmt: skip
        sharing.register()
        meeting_desk.register()
        changing.register()
        case_links.register()
        flash_links.register()
        case_tasks.register()
        matrix_links.register()
        desk_networks.register()
        plan_desk.register()
        reminders.register()
        response_links.register()
        register_record(Forum, lambda forum: reverse("coordination:forum-detail", args=[forum.pk]))
        register_verbs(
            {
                "endorsed an edition": _("recorded an endorsement by"),
                "sent an edition back": _("recorded a refusal by"),
            }
        )
