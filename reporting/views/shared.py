"""What the pages of reports share: loading, words for fields and values, the lines of figures and history."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.models import AuditEvent
from pocweb.pages import history_lines
from reporting.choices import ReportState, SectionState
from reporting.figures import places_of
from reporting.models import Report, ReportSection
from reporting.quarterly import value_of

LABELS = {
    "text": _("Text"),
    "state": _("State"),
    "lead": _("Lead summary"),
    "precedence": _("Precedence"),
    "marking": _("Marking"),
}
WORDS = dict([*SectionState.choices, *ReportState.choices])
HISTORY_MOST = 10
FINGERPRINT = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
"""A SHA-256 in a note; its first twelve digits are shown, the whole one stands with the file."""


def load_report(request: HttpRequest, pk: int) -> Report:
    """Return a report that the person may see, with what its pages need, or answer 404."""
    sections = ReportSection.objects.select_related("changed_by", "report__mission", "report__office")
    rows = (
        Report.objects.visible_to(request.user)
        .select_related("mission", "office", "drafter", "submitted_by", "cleared_by", "approved_by", "sent_by")
        .select_related("corrects", "corrected_by", "changed_by")
        .prefetch_related(Prefetch("sections", queryset=sections), "figures")
    )
    return get_object_or_404(rows, pk=pk)


def shown(name: str, value: Any) -> str:
    """Return a stored plain value as people read it."""
    if name == "state":
        return str(WORDS.get(value, value))
    if name == "marking" and value is not None:
        return str(Marking(value).label)
    if isinstance(value, int):
        return str(value)
    return str(value or "")


def history(request: HttpRequest, report: Report, section: ReportSection | None = None) -> list[dict[str, Any]]:
    """Return the latest events of a report and its sections, or of one section, as far as the person is cleared."""
    sections = [section] if section else list(report.sections.all())
    where = Q(object_type=ReportSection._meta.label_lower, object_id__in=[str(row.pk) for row in sections])
    if section is None:
        where |= Q(object_type=Report._meta.label_lower, object_id=str(report.pk))
    events = list(
        AuditEvent.objects.filter(where, mission=report.mission_id, marking__lte=getattr(request.user, "clearance", 0))
        .select_related("actor")
        .order_by("-seq")[:HISTORY_MOST]
    )
    lines = history_lines(events, labels=LABELS, show=shown)
    codes = {str(row.pk): row.code for row in sections}
    for line, event in zip(lines, events, strict=True):
        if section is None and event.object_type == ReportSection._meta.label_lower:
            line["verb"] = f"{line['verb']} {codes.get(event.object_id, '')}"
        if line["note"]:
            note = FINGERPRINT.sub(r"\1…", line["note"])
            line["changes"] = [*line["changes"], {"label": _("Note"), "before": None, "after": note}]
    return lines


def figure_lines(report: Report, live: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """Return the figures with their values at this moment and what was stored, and where the text names them."""
    used = places_of([("lead", report.lead), *((row.code, row.text) for row in report.sections.all())])
    return [
        {
            "figure": figure,
            "value": value_of({"answer": live[figure.code]}),
            "stored": value_of({"answer": figure.answer}),
            "moved": live[figure.code] != figure.answer,
            "previous": None if figure.previous is None else value_of({"answer": figure.previous}),
            "used": used.get(figure.code, []),
            "number": int(figure.code[2:]),
        }
        for figure in report.figures.all()
    ]
