"""Pages that tell what moved: the live matrix since the edition in force, and any two editions side by side."""

import io
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.pages import permitted
from pocweb.tabular import write_csv
from threats.choices import EditionState
from threats.comparison import GROUPS
from threats.edition_changes import LIVE, Changes, read_changes, table_columns, table_rows
from threats.models import MatrixEdition
from threats.views.editions import compare_form, edition_of, frozen_of, office_of


@require_safe
@permitted("threats.view_edition")
def matrix_changes(request: HttpRequest, code: str) -> HttpResponse:
    """What moved since the edition in force: the live matrix, or with `?of=edition` the edition on its way."""
    office = office_of(request, code)
    seen = MatrixEdition.objects.visible_to(request.user).filter(
        office=office, state__in=(*EditionState.OPEN_STATES, EditionState.IN_FORCE)
    )
    found = list(seen.select_related("office", "mission"))
    before = next((one for one in found if one.state == EditionState.IN_FORCE), None)
    coming = next((one for one in found if one.state != EditionState.IN_FORCE and one.sha256), None)
    context: dict[str, Any] = {"office": office, "coming": coming, "before": before}
    if before is not None:
        after = coming if request.GET.get("of") == "edition" else None
        changes = _read(request, before, after)
        context |= _told(request, changes)
        context["of"] = "edition" if after else ""
    return render(request, "threats/matrix_changes.html", context)


@require_safe
@permitted("threats.view_edition")
def edition_compare(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Two editions of one office, row by row, cell by cell; `other` may be the live matrix (0)."""
    sides = _sides(request, pk, other)
    if sides is None:
        return redirect("threats:edition-compare", other, pk)
    changes = _read(request, *sides)
    context = {
        "office": changes.before.office,
        "form": compare_form(request, frozen_of(changes.before.office, request.user), before=pk, after=other),
        **_told(request, changes),
    }
    return render(request, "threats/edition_compare.html", context)


@require_safe
@permitted("threats.view_edition")
def edition_compare_csv(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """The comparison as CSV, one line per cell that differs; `?group=` narrows it as on the page."""
    sides = _sides(request, pk, other)
    if sides is None:
        return redirect("threats:edition-compare-csv", other, pk)
    changes = _read(request, *sides)
    rows = table_rows(changes, _group(request))
    out = io.BytesIO()
    write_csv(table_columns(changes), rows, out)
    words = f"{changes.before.ref} and {changes.after.ref if changes.after else 'live'}"
    with transaction.atomic():
        record_event(request.user, "exported", changes.before, note=f"comparison of {words}, {len(rows)} lines as csv")
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"changes-{changes.before.ref}-{changes.after.number if changes.after else 'live'}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sides(request: HttpRequest, pk: int, other: int) -> tuple[MatrixEdition, MatrixEdition | None] | None:
    """Return the earlier and the later side, None where they stand in the wrong order. Raises `Http404`."""
    before = edition_of(request, pk)
    after = None
    if other != LIVE:
        after = edition_of(request, other)
        if after.office_id != before.office_id:
            raise Http404
        if after.number < before.number:
            return None
    if not before.snapshot or (after is not None and not after.snapshot):
        raise RuleError("not_frozen", _("Only editions that a forum has endorsed can be compared."))
    return before, after


def _read(request: HttpRequest, before: MatrixEdition, after: MatrixEdition | None) -> Changes:
    user: Any = request.user
    return read_changes(before, after, now=clock.now(before.mission), clearance=user.clearance)


def _group(request: HttpRequest) -> str:
    wanted = request.GET.get("group", "")
    return wanted if wanted in dict(GROUPS) else ""


def _told(request: HttpRequest, changes: Changes) -> dict[str, Any]:
    """Return what `threats/_changes.html` draws: counts with their links, and the rows of the chosen group."""
    group, counts = _group(request), changes.comparison.counts
    kept = "&of=edition" if request.GET.get("of") == "edition" else ""
    filters: list[tuple[str, Any, int, str, bool]] = [("", _("All"), sum(counts.values()), f"?group={kept}", not group)]
    filters += [(key, label, counts[key], f"?group={key}{kept}", key == group) for key, label in GROUPS]
    address = reverse(
        "threats:edition-compare-csv", args=[changes.before.pk, changes.after.pk if changes.after else LIVE]
    )
    return {
        "changes": changes,
        "filters": filters,
        "groups": [
            (key, label, lines) for key, label in GROUPS if group in ("", key) and (lines := changes.of_group(key))
        ],
        "csv_url": f"{address}?group={group}" if group else address,
        "marking": changes.marking,
    }
