"""The atrocity watch and the trigger calendar as files: CSV with HXL tags, XLSX, iCalendar."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.models import Mission
from pocweb.pages import permitted
from pocweb.tabular import Column, write_csv, write_xlsx
from threats.triggers import COLUMNS, as_ics, table_rows
from threats.views.triggers import asked_for
from threats.views.watch import mission_of
from threats.watching import FACTOR_COLUMNS, READING_COLUMNS, board_for, factor_rows, reading_rows

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ics": "text/calendar; charset=utf-8",
}


@require_safe
@permitted("threats.view_watch")
def watch_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The board, or with `?of=readings` the readings, as CSV or XLSX: what the person may see, no more."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    mission = mission_of(request)
    lines = board_for(request.user, mission, today=clock.today(mission))
    columns: tuple[Column, ...]
    if request.GET.get("of") == "readings":
        columns, rows, name = READING_COLUMNS, list(reading_rows(lines)), "readings"
    else:
        columns, rows, name = FACTOR_COLUMNS, list(factor_rows(lines)), "factors"
    marking = max((line.marking for line in lines), default=Marking.UNCLASSIFIED)
    note = f"atrocity watch, {len(rows)} {name} as {kind}"
    return _answer(request, mission, _sheet(columns, rows, kind, name), f"watch-{name}", kind, marking, note)


@require_safe
@permitted("threats.view_watch")
def trigger_export(request: HttpRequest, kind: str) -> HttpResponse:
    """Twelve months of the calendar as CSV, XLSX, or iCalendar (reference, kind and days alone)."""
    if kind not in TYPES:
        raise Http404
    mission = mission_of(request)
    found = asked_for(request).found
    content = as_ics(found, mission=mission) if kind == "ics" else _sheet(COLUMNS, table_rows(found), kind, "calendar")
    marking = max((one.trigger.marking for one in found), default=Marking.UNCLASSIFIED)
    note = f"trigger calendar, {len(found)} events as {kind}"
    return _answer(request, mission, content, "calendar", kind, marking, note)


def _sheet(columns: Iterable[Column], rows: Iterable[Mapping[str, Any]], kind: str, title: str) -> bytes:
    out = io.BytesIO()
    if kind == "csv":
        write_csv(tuple(columns), rows, out)
    else:
        write_xlsx(tuple(columns), rows, out, title=title)
    return out.getvalue()


def _answer(
    request: HttpRequest, mission: Mission, content: bytes, name: str, kind: str, marking: int, note: str
) -> HttpResponse:
    """Answer with the file, its marking in the name, and put the export on record."""
    with transaction.atomic():
        record_event(request.user, "exported", mission, note=note)
    response = HttpResponse(content, content_type=TYPES[kind])
    word = Marking(marking).name.lower().replace("_", "-")
    today = clock.today(mission)
    response["Content-Disposition"] = f'attachment; filename="{name}-{mission.code}-{today}-{word}.{kind}"'
    return response
