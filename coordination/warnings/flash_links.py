"""What other pages know of flash reports: the menu, the page of a case, the page of an incident, the audit trail."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from coordination.models import FlashReport, WarningCase
from coordination.warnings import flash_files, trail_files  # noqa: F401  register the kinds of jobs
from coordination.warnings.case_panels import register_act, register_case_panel
from coordination.warnings.flash import ACT, TOPIC, needs_decision
from coordination.warnings.moves import register_guard
from pocweb.choices import NoticeMode
from pocweb.navigation import register as register_entry
from pocweb.notices import register_topic
from pocweb.trail import register_record, register_verbs
from threats.incident_links import Link, register_link
from threats.models import Incident


def papers_of(user: Any, case: WarningCase) -> Mapping[str, Any] | None:
    """Return the flash reports of a case that the person may see, and the way to its trail. One query."""
    rows = FlashReport.objects.visible_to(user).filter(case=case).order_by("pk")
    return {"case": case, "flashes": list(rows)}


def flash_of(user: Any, incident: Incident) -> Link | None:
    """Return the way to the incident's flash report, for who may send one (EW-21)."""
    if not user.has_perm("coordination.send_flash", incident):
        return None
    return Link(reverse("coordination:flash-incident", args=[incident.pk]), gettext_lazy("Flash report"))


def register() -> None:
    """Called once, when the app is ready."""
    register_guard(ACT, needs_decision)
    register_act(ACT, "coordination:flash-create")
    register_topic(TOPIC, gettext_lazy("Flash report"), NoticeMode.AT_ONCE, urgent=True)
    register_entry(
        63, "coordination:flash-list", gettext_lazy("Flash reports"), "coordination.view_case", in_account_menu=True
    )
    register_case_panel(
        70, "papers", gettext_lazy("Flash reports and the trail"), "coordination/_flash_panel.html", papers_of
    )
    register_link(flash_of)
    register_record(FlashReport, lambda one: reverse("coordination:flash-detail", args=[one.pk]))
    register_verbs({"sent a flash report": gettext_lazy("sent the flash report")})
