"""What other pages know of cases: the menu, the audit trail, the topic of notices."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from coordination.models import CaseReport, WarningCase
from coordination.warnings import case_desk
from coordination.warnings.rules import STEPS
from coordination.warnings.services import TOPIC
from pocweb.choices import NoticeMode
from pocweb.models import AuditEvent
from pocweb.navigation import register as register_entry
from pocweb.navigation import register_action
from pocweb.notices import register_topic
from pocweb.trail import register_record, register_verbs

VERBS = {
    "tied to a threat": gettext_lazy("tied it to a threat"),
    "untied from its threat": gettext_lazy("untied it from its threat"),
    "tied to an incident": gettext_lazy("tied it to an incident"),
    "settled the place of": gettext_lazy("settled the place"),
    "rated the impact on children of": gettext_lazy("rated the impact on children"),
    "rated the impact on women and girls of": gettext_lazy("rated the impact on women and girls"),
    "filed": gettext_lazy("reported"),
    "added a report to": gettext_lazy("added a report to"),
    "reopened": gettext_lazy("reopened"),
}


def page_of(case: WarningCase) -> str:
    return reverse("coordination:case-detail", args=[case.pk])


def hidden_fields(user: Any, event: AuditEvent) -> tuple[str, ...]:
    """Name what of a case's event is not for everybody who sees the case: the keys of sources."""
    return () if user.has_perm("threats.view_source") else ("source",)


def _without_object(verb: str) -> str:
    """Return the words of a step as a line tells them, where the reference stands for itself."""
    return next((verb.removesuffix(end) for end in (" of", " on", " with", " to") if verb.endswith(end)), verb)


def register() -> None:
    """Called once, when the app is ready."""
    register_topic(TOPIC, gettext_lazy("Alert"), NoticeMode.AT_ONCE, urgent=True)
    register_entry(
        25, "coordination:case-list", gettext_lazy("Alerts"), "coordination.view_case", also=("/responses/",)
    )
    register_action(10, "coordination:case-create", gettext_lazy("Report an alert"), "coordination.file_case")
    register_record(WarningCase, page_of, hidden=hidden_fields)
    case_desk.register()
    register_record(CaseReport, lambda one: reverse("coordination:case-detail", args=[one.case_id]))
    register_verbs({**{step.verb: _without_object(step.verb) for step in STEPS}, **VERBS})
