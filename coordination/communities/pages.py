"""What the pages of networks, assistants and assessments share: the mission, refusals, the conflict page, sheets."""

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from coordination.communities.fieldlists_networks import LABELS, columns
from coordination.communities.wording_networks import show
from coordination.sharing.sheet import TYPES
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import FieldList
from pocweb.guard import EditConflict
from pocweb.models import AuditEvent, Mission
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, stated_version
from pocweb.tabular import write_csv, write_xlsx

PAGE_SIZE, HISTORY = 50, 20


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting; 404 for who has none."""
    mission: Mission | None = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def refuse(form: Any, error: RuleError) -> None:
    """Show a refused rule at its field; a refusal that belongs to no field keeps its own page."""
    if error.status != RuleError.status and not error.field:
        raise error
    form.refuse(error)


def history(events: Iterable[AuditEvent], *, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the lines of a record's history; fields that a reader may not see are left out."""
    events = list(events)
    for event in events:
        event.changes = {name: pair for name, pair in event.changes.items() if name not in without}
    return history_lines(events, labels=LABELS, show=show)


def edit_page(
    request: HttpRequest,
    record: Any,
    form: Any,
    *,
    save: Callable[[Mapping[str, Any], int], Any],
    names: tuple[str, ...],
    texts: tuple[str, ...],
    back_url: str,
    page: Callable[[Any, int], HttpResponse],
) -> HttpResponse | None:
    """Do a guarded edit; return the page that is answered instead, None when it is stored.

    `save(changes, based_on)` calls the service; `page(form, status)` draws the form.
    """
    if request.method != "POST":
        return page(form, 200)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=names, texts=texts)
    elif form.is_valid():
        changes = form.values()
    else:
        return page(form, 422)
    try:
        save(changes, stated_version(request.POST))
    except EditConflict as error:
        context = conflict_context(error, record_label=record.ref, labels=LABELS, show=show, texts=texts)
        context |= {"action": request.path, "record": record, "marking": record.marking, "back_url": back_url}
        return render(request, "coordination/sharing_conflict.html", context, status=409)
    except RuleError as error:
        form.is_valid()
        refuse(form, error)
        return page(form, 422)
    return None


def sheet(request: HttpRequest, fields: FieldList, records: list[Any], *, name: str, title: str, kind: str) -> Any:
    """Return records as CSV with HXL tags or as XLSX; the export is an event of the audit trail."""
    mission = mission_of(request)
    out = io.BytesIO()
    if kind == "csv":
        write_csv(columns(fields), fields.rows(records), out)
    else:
        write_xlsx(columns(fields), fields.rows(records), out, title=title)
    with transaction.atomic():
        changes: dict[str, list[Any]] = {"count": [None, len(records)], "format": [None, kind]}
        record_event(request.user, f"exported {name} of", mission, changes=changes, note=request.GET.urlencode())
    marking = Marking(max((one.marking for one in records), default=Marking.UNCLASSIFIED))
    file = f"{name}-{mission.code}-{clock.today(mission)}-{marking.name.lower().replace('_', '-')}.{kind}"
    response = HttpResponse(out.getvalue(), content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{file.replace(" ", "-")}"'
    return response
