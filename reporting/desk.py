"""What of reports waits on a person's desk, and how the audit trail names their acts."""

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.fieldlist import for_people
from pocweb.trail import register_record, register_verbs
from reporting.choices import ReportState, SectionState
from reporting.models import Report
from reporting.rules import drafted_by, moves_from

SIGNING = ("clear", "approve")


def reports_waiting(visit: Visit) -> Content | None:
    """Return the reports on their way: to sign, to send, or to write. One query; None without the right to see them."""
    if not visit.user.has_perm("reporting.view_report"):
        return None
    rows = Report.objects.visible_to(visit.user).filter(mission=visit.mission).exclude(state=ReportState.SENT)
    rows = rows.defer("snapshot").select_related("mission", "office", "drafter")
    unready = Count("sections", filter=~Q(sections__state=SectionState.READY))
    found = [_look(report, visit) for report in rows.annotate(unready=unready).order_by("due_on", "pk")]
    signing = sum(is_signing for is_signing, _item in found)
    words = ngettext("%(n)s report waits for your signature", "%(n)s reports wait for your signature", signing)
    return Content(
        items=tuple(item for _is_signing, item in sorted(found, key=lambda pair: not pair[0])),
        empty=_("No report is on its way."),
        more_url=reverse("reporting:report-list"),
        more_label=_("All reports"),
        waiting=((signing, words % {"n": signing}),),
    )


def _look(report: Any, visit: Visit) -> tuple[bool, Item]:
    """Return whether the report waits for this person's signature, and its line."""
    acts = [move for move in moves_from(report.state) if visit.user.has_perm(move.permission, report)]
    is_own = drafted_by(visit.user.pk, drafter=report.drafter_id, submitter=report.submitted_by_id)
    signing = next((move for move in acts if move.act in SIGNING and not is_own), None)
    note = _("Due %(day)s.") % {"day": for_people(report.due_on)} if report.due_on else ""
    if report.state == ReportState.DRAFTING and report.unready:
        said = ngettext("%(n)s section is not ready.", "%(n)s sections are not ready.", report.unready)
        note = f"{note} {said % {'n': report.unready}}".strip()
    elif report.state == ReportState.DRAFTING:
        note = f"{note} {_('All sections are ready.')}".strip()
    url = reverse("reporting:report-detail", args=[report.pk])
    return signing is not None, Item(
        text=str(report),
        url=url,
        tone="warn" if signing else "none",
        state=str(report.get_state_display()),
        note=note,
        act=_("Read and sign") if signing else "",
        act_url=url,
    )


def register() -> None:
    """Add the panel and the words of the audit trail."""
    register_panel(15, gettext_lazy("Reports"), reports_waiting)
    register_record(Report, lambda report: reverse("reporting:report-detail", args=[report.pk]))
    register_verbs(
        {
            "submit": gettext_lazy("submitted"),
            "clear": gettext_lazy("cleared"),
            "approve": gettext_lazy("approved and signed"),
            "return": gettext_lazy("sent back to the drafter"),
            "send": gettext_lazy("sent"),
        }
    )
