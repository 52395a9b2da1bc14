"""Pages of the POC Threat Matrix: an office's rows, the consolidated view of a branch, edit of one cell in place."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.guard import EditConflict, Saved, values_at
from pocweb.models import Office
from pocweb.numbers import whole
from pocweb.pages import back_to, chosen_values, is_choice, permitted, stated_version
from pocweb.permissions import require
from threats.choices import ThreatStatus
from threats.comparison import Row, live_row
from threats.consolidation import Branch, parts_of, probe, read_approved, read_states
from threats.edition_panel import Panel
from threats.evidence import Evidence, Watch, differing, evidence_for, standing_of
from threats.fieldlists.threat import LABELS
from threats.forms.threat_lines import ThreatLines, asks_for_more
from threats.forms.threats import ThreatForm
from threats.matrix import COLUMNS, MatrixRow
from threats.matrix.columns import cell_texts
from threats.matrix.reading import read_rows
from threats.models import ImminenceDecision, Threat
from threats.rules.divergence import Divergence
from threats.services.threat_values import CODED, GUARDED, LISTS, TEXTS, plain_values
from threats.services.threats import edit_threat
from threats.views.conflicts import conflict
from threats.views.editions import panel_for
from threats.views.evidence_strip import strip_of
from threats.views.matrix_details import component_shares, response_grid
from threats.views.matrix_filters import chosen, filter_bars, keep, tiers_and_phases
from threats.views.matrix_html import Words, add_activity_url, count_gaps, gaps_to_mend, row_html
from threats.views.matrix_marks import LiveMarks, live_marks, read_marks

EXPORTS = (("xlsx", "XLSX"), ("csv", "CSV, HXL"), ("json", "JSON"), ("pdf", "PDF"))
CELLS: dict[str, tuple[str, ...]] = {column.key: column.fields for column in COLUMNS if column.fields} | {
    "title": ("title",),
    "objective": ("objective",),
    "lead": ("lead", "components"),
    "horizon": ("horizon_on", "review_on"),
}

WIDE = {cell for cell, names in CELLS.items() if {"areas", "violence_types", "actors", *LISTS} & set(names)}
"""Cells whose form holds long lists; on a wide screen it is laid over the cells beside it."""


@dataclass
class Sheet:
    """The rows of one page of the matrix, live or from editions in force, and what is known beside them."""

    office: Office
    now: datetime
    rows: list[MatrixRow]
    evidence: dict[int, Evidence]
    is_live: bool
    editable: set[str] = field(default_factory=set)
    branch: Branch | None = None
    panel: Panel | None = None
    changes: LiveMarks = field(default_factory=LiveMarks)
    differing: dict[int, list[Divergence]] = field(default_factory=dict)

    @cached_property
    def texts(self) -> dict[int, dict[str, str]]:
        """Return the ten cells of each row by the threat's key, made once for page, marks and panel."""
        return {row.pk: cell_texts(row) for row in self.rows}

    @cached_property
    def compared(self) -> list[Row]:
        """Return the live rows as editions are compared with them."""
        return [live_row(row, self.texts[row.pk]) for row in self.rows]


@require_safe
@permitted("threats.view_threat")
def matrix_start(request: HttpRequest) -> HttpResponse:
    """Lead to the matrix of the person's own office, what was asked of it (filters, drafts) kept."""
    address = reverse("threats:matrix", args=[request.user.office.code])  # type: ignore[union-attr]
    query = request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


@require_safe
@permitted("threats.view_threat")
def matrix(request: HttpRequest, code: str) -> HttpResponse:
    """Show the matrix of an office; of an office with others below it, the approved rows of all of them."""
    office = office_of(request, code)
    is_live = office.is_leaf() or request.GET.get("drafts") == "1"
    sheet = _live_sheet(request, office) if is_live else _approved_sheet(request, office)
    sheet.panel = _panel(request, sheet)
    sheet.changes = _changes(request, sheet)
    wanted = chosen(request.GET.dict())
    shown = keep(sheet.rows, wanted, sheet.changes, sheet.differing)
    return render(request, "threats/matrix.html", _page(request, sheet, shown))


@require_safe
@permitted("threats.view_threat")
def matrix_row(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Answer one row alone, closed or with its details; without htmx, the page with the row open."""
    office, threat = _load(request, code, pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(_page_url(office, threat, is_open=True))
    return _row(request, office, threat, is_open="open" in request.GET)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_threat")
def matrix_cell(request: HttpRequest, code: str, pk: int, cell: str) -> HttpResponse:
    """Edit one cell: GET shows its form (a page of its own without htmx), POST saves it under the guard."""
    office, threat = _load(request, code, pk)
    if cell not in CELLS:
        raise Http404
    require(request.user, "threats.change_threat", threat)
    more = asks_for_more(request.POST)
    form, lines = _cell_forms(request, threat, CELLS[cell], more)
    if request.method != "POST":
        return _cell(request, office, threat, cell, form, lines, threat.version)
    based_on = stated_version(request.POST)
    if more is not None:
        return _cell(request, office, threat, cell, form, lines, based_on)
    if "undo" in request.POST:
        changes = _before(threat, cell, request.POST["undo"])
    elif is_choice(request.POST):
        changes = chosen_values(request.POST, names=GUARDED, texts=TEXTS)
    elif all([form.is_valid(), lines.is_valid()]):
        changes = form.changes() | lines.changes()
    else:
        return _cell(request, office, threat, cell, form, lines, based_on, status=422)
    try:
        saved = edit_threat(threat, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        return _conflict(request, threat, error)
    except RuleError as error:
        if error.field is None and not form.is_bound:
            raise
        form.is_valid()
        if not lines.refuse(error):
            form.refuse(error)
        return _cell(request, office, threat, cell, form, lines, based_on, status=422)
    _say(request, saved, cell, request.path)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(back_to(request, _page_url(office, threat)))
    return _row(request, office, threat, is_open="open" in request.POST, has_news=True)


def office_of(request: HttpRequest, code: str) -> Office:
    """Return the office of the person's mission whose threats they may see; 404 for any other."""
    user: Any = request.user
    if user.posting is not None and user.posting.office.code == code:
        office = user.posting.office
        office.mission = user.posting.mission
    else:
        office = get_object_or_404(Office.objects.select_related("mission"), mission=user.mission, code=code)
    if not user.has_perm("threats.view_threat", _probe(office)):
        raise Http404
    return office


def _probe(office: Office) -> Threat:
    """Return an unstored threat of the office, to ask what a person may do with its threats."""
    return Threat(mission_id=office.mission_id, office=office, marking=0)


def _load(request: HttpRequest, code: str, pk: int) -> tuple[Office, Threat]:
    office = office_of(request, code)
    rows = Threat.objects.visible_to(request.user).of_branch(office)
    return office, get_object_or_404(rows.select_related("mission", "office", "lead"), pk=pk)


def _live_sheet(request: HttpRequest, office: Office) -> Sheet:
    user: Any = request.user
    status = ThreatStatus.CLOSED if request.GET.get("status") == ThreatStatus.CLOSED else ThreatStatus.ACTIVE
    now = clock.now(office.mission)
    threats = Threat.objects.visible_to(user).of_branch(office).filter(status=status)
    rows, watch = read_rows(threats, now=now, clearance=user.clearance)
    evidence = _evidence(request, office, rows, now, watch)
    probes, branch = {office.code: _probe(office)}, None
    if not office.is_leaf():
        branch = Branch(office, now, True, rows, [], read_states(office, user=user, now=now), watch)
        probes = {one.code: probe(office, one) for one in branch.states}
    editable = {code for code, one in probes.items() if user.has_perm("threats.change_threat", one)}
    if status == ThreatStatus.CLOSED:
        editable = set()
    return Sheet(office, now, rows, evidence, True, editable, branch, differing=_differing(rows, evidence, now))


def _evidence(
    request: HttpRequest, office: Office, rows: list[MatrixRow], now: datetime, watch: Watch
) -> dict[int, Evidence]:
    rated_on = {row.pk: row.assessed_on for row in rows}
    return evidence_for(
        rated_on, mission=office.mission, user=request.user, today=now.date(), watch=watch, rated_on=rated_on
    )


def _differing(rows: list[MatrixRow], evidence: dict[int, Evidence], now: datetime) -> dict[int, list[Divergence]]:
    """Return where evidence and rating differ, by the key of the active threat; those without are left out."""
    today = now.date()
    found = {
        row.pk: differing(evidence[row.pk], standing_of(row, row.likelihood_steps), today=today)
        for row in rows
        if row.status == ThreatStatus.ACTIVE
    }
    return {pk: differences for pk, differences in found.items() if differences}


def _approved_sheet(request: HttpRequest, office: Office) -> Sheet:
    """Return the rows that the offices of a branch have in force, as they were approved, in one order."""
    user: Any = request.user
    now = clock.now(office.mission)
    branch = read_approved(office, user=user, now=now)
    evidence = evidence_for([row.pk for row in branch.rows], mission=office.mission, user=user, today=now.date())
    return Sheet(office, now, branch.rows, evidence, False, branch=branch)


def _page(request: HttpRequest, sheet: Sheet, shown: list[MatrixRow]) -> dict[str, Any]:
    user: Any = request.user
    query = request.GET.dict()
    opened = query.pop("open", "")
    words = Words.of_page(
        sheet.office.code, urlencode(query), is_live=sheet.is_live, shows_office=not sheet.office.is_leaf()
    )
    lines = [(row.ref, _row_html(sheet, row, words, opened), row.ref == opened) for row in shown]
    open_row = next((row for row in shown if row.ref == opened), None)
    today = sheet.now.date()
    return {
        "sheet": sheet,
        "office": sheet.office,
        "lines": lines,
        "columns": [str(column.label) for column in COLUMNS],
        "exports": EXPORTS,
        "bars": filter_bars(sheet.rows, query, sheet.changes, sheet.differing),
        "gap_count": count_gaps(sheet.rows),
        "filtered": len(shown) != len(sheet.rows),
        "is_consolidated": not sheet.office.is_leaf(),
        "parts": parts_of(sheet.branch) if sheet.branch else [],
        "has_drafts": sheet.is_live,
        "is_closed_list": query.get("status") == ThreatStatus.CLOSED,
        "details": _details(request, open_row, sheet.evidence.get(open_row.pk), sheet, today) if open_row else None,
        "marking": max([row.marking for row in shown], default=None),
        "can_add": user.has_perm("threats.add_threat", _probe(sheet.office)),
        "edition_panel": sheet.panel,
    }


def _changes(request: HttpRequest, sheet: Sheet) -> LiveMarks:
    """Return what changed live since the editions in force; of a single office from the panel, which has read them."""
    user: Any = request.user
    if not sheet.is_live or request.GET.get("status") == ThreatStatus.CLOSED:
        return LiveMarks()
    if not sheet.office.is_leaf():
        return read_marks(sheet.office, user, sheet.compared)
    edition = sheet.panel.in_force if sheet.panel else None
    frozen = [(sheet.office.code, edition.number, edition.snapshot["rows"])] if edition and edition.snapshot else []
    return live_marks(frozen, sheet.compared, user.clearance)


def _panel(request: HttpRequest, sheet: Sheet) -> Panel | None:
    """Return the state of the office's own edition, told of the live rows where the page has read them all."""
    rows = None
    if sheet.is_live and request.GET.get("status") != ThreatStatus.CLOSED:
        rows = (row for row in sheet.compared if row["office_code"] == sheet.office.code)
    return panel_for(sheet.office, request.user, sheet.now, rows=rows)


def _row_html(sheet: Sheet, row: MatrixRow, words: Words, opened: str) -> SafeString:
    can_edit = sheet.is_live and row.office_code in sheet.editable
    evidence = sheet.evidence.get(row.pk)
    return row_html(
        row,
        sheet.texts[row.pk],
        words,
        can_edit=can_edit,
        is_open=row.ref == opened,
        evidence=evidence,
        changes=sheet.changes,
        differs=row.pk in sheet.differing,
    )


def _row(
    request: HttpRequest, office: Office, threat: Threat, *, is_open: bool, has_news: bool = False
) -> HttpResponse:
    user: Any = request.user
    now = clock.now(office.mission)
    threats = Threat.objects.visible_to(user)
    rows, watch = read_rows(threats.filter(pk=threat.pk), now=now, clearance=user.clearance)
    evidence = _evidence(request, office, rows, now, watch)
    editable = {threat.office.code} if user.has_perm("threats.change_threat", threat) else set()
    found = _differing(rows, evidence, now)
    sheet = Sheet(office, now, rows, evidence, True, editable, differing=found)
    if threat.status != ThreatStatus.CLOSED:
        sheet.changes = read_marks(threat.office, user, sheet.compared)
    words = Words.of_page(office.code, "" if office.is_leaf() else "drafts=1", shows_office=not office.is_leaf())
    context = {
        "line": (rows[0].ref, _row_html(sheet, rows[0], words, rows[0].ref if is_open else ""), is_open),
        "details": _details(request, rows[0], evidence[threat.pk], sheet, now.date()) if is_open else None,
        "oob": has_news,
    }
    return _vary(render(request, "threats/_matrix_row.html", context))


def _details(
    request: HttpRequest, row: MatrixRow, evidence: Evidence | None, sheet: Sheet, today: Any
) -> dict[str, Any]:
    """Return what an open row shows below its cells: evidence, tier by phase grid, objective, lead, imminence."""
    can_edit = sheet.is_live and row.office_code in sheet.editable
    decision = ImminenceDecision.objects.filter(threat=row.pk).select_related("decided_by").first()
    is_drafts = sheet.is_live and not sheet.office.is_leaf()
    words = Words.of_page(sheet.office.code, "drafts=1" if is_drafts else "")
    back = words.row_path(row.ref) if can_edit else ""
    return {
        "row": row,
        "evidence": evidence,
        "strip": strip_of(row.ref, evidence, today) if evidence else None,
        "differences": sheet.differing.get(row.pk, []),
        "grid": response_grid(row, can_edit=can_edit, back=back),
        "shares": component_shares(row),
        "phases": tiers_and_phases()[1],
        "activity_count": len(row.response_activities) + len(row.action_activities),
        "decision": decision if row.imminent and decision and decision.imminent else None,
        "gaps": gaps_to_mend(row, words),
        "base": f"{words.base}rows/{row.pk}/",
        "can_edit": can_edit,
        "add_url": add_activity_url(row.pk, back=back) if can_edit else "",
        "can_assess": can_edit,
    }


def _cell_forms(
    request: HttpRequest, threat: Threat, names: tuple[str, ...], more: str | None
) -> tuple[ThreatForm, ThreatLines]:
    """Return the fields and the lines of a cell: groups with their numbers, protection actors with their variables.

    The lines are edited in the cell itself, folded to one line each: a link to the whole form would lead people away
    from the row that they compare with the others. Names of controls carry the row, since two cells may be open.
    """
    threat.office.mission = threat.mission
    given: dict[str, Any] = {
        "names": names, "office": threat.office, "user": request.user, "threat": threat, "compact": True,
        "action": request.path, "auto_id": f"id_{threat.pk}_%s",
    }  # fmt: skip
    suffix = f"_{threat.pk}"
    if request.method != "POST":
        values = plain_values(threat, names)
        lines = ThreatLines(threat.office, names=names, threat=threat, values=values, suffix=suffix)
        return ThreatForm(initial=values, **given), lines
    lines = ThreatLines(threat.office, names=names, threat=threat, data=request.POST, more=more, suffix=suffix)
    return ThreatForm(request.POST, more=more, **given), lines


def _cell(
    request: HttpRequest,
    office: Office,
    threat: Threat,
    cell: str,
    form: ThreatForm,
    lines: ThreatLines,
    based_on: int,
    status: int = 200,
) -> HttpResponse:
    label = next((str(column.label) for column in COLUMNS if column.key == cell), str(LABELS.get(CELLS[cell][0], cell)))
    context = {
        "form": form,
        "lines": lines,
        "threat": threat,
        "office": office,
        "label": label,
        "is_wide": cell in WIDE,
        "based_on": based_on,
        "is_open": "open" in request.GET or "open" in request.POST,
        "action": request.path,
        "row_url": reverse("threats:matrix-row", args=[office.code, threat.pk]),
        "back_url": _page_url(office, threat),
        "cell_id": f"edit-{threat.pk}-{cell}",
        "marking": threat.marking,
    }
    is_part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    name = "threats/_matrix_cell.html" if is_part else "threats/matrix_cell.html"
    response = render(request, name, context, status=status)
    if is_part and status == 422:
        response["HX-Retarget"], response["HX-Reswap"] = f"#edit-{threat.pk}-{cell}", "outerHTML"
    return _vary(response)


def _conflict(request: HttpRequest, threat: Threat, error: EditConflict) -> HttpResponse:
    context = conflict(request, threat, error)
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    name = "components/_conflict.html" if is_part else "threats/threat_conflict.html"
    response = render(request, name, context, status=409)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#main", "innerHTML show:window:top"
    return _vary(response)


def _before(threat: Threat, cell: str, version: str) -> dict[str, Any]:
    """Return the values that the cell had at an earlier version, read back from the history, to undo a save."""
    if not whole(version):
        raise RuleError("unknown_version", _("There is nothing to undo here. Open the matrix again."))
    current = plain_values(threat, [name for name in CELLS[cell] if name in CODED or name in LISTS])
    values = values_at(threat, whole(version), {name: current[name] for name in CELLS[cell]})
    return {name: value for name, value in values.items() if value is not None or name == "capacity_in_reach"}


def _say(request: HttpRequest, saved: Saved[Threat], cell: str, action: str) -> None:
    """Tell what was saved, what others changed meanwhile, and offer to undo it."""
    threat = saved.record
    if not saved.changes:
        messages.info(request, _("%(ref)s was already so. Nothing was changed.") % {"ref": threat.ref})
        return
    fields = ", ".join(str(LABELS.get(name, name)).lower() for name in saved.changes)
    at = f"{threat.changed_at:%H:%M}"
    sentence = _("Saved %(at)s: %(fields)s, %(ref)s.") % {"at": at, "fields": fields, "ref": threat.ref}
    if saved.merged:
        others = ", ".join(str(LABELS.get(item.name, item.name)).lower() for item in saved.merged)
        sentence += " " + _("Meanwhile another person changed: %(fields)s.") % {"fields": others}
    form = format_html(
        ' <form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="based_on" value="{}">'
        '<button class="link" name="undo" value="{}">{}</button></form>',
        action,
        get_token(request),
        threat.version,
        threat.version - 1,
        _("Undo"),
    )
    messages.success(request, format_html("{}{}", sentence, form))


def _page_url(office: Office, threat: Threat, *, is_open: bool = False) -> str:
    query = {} if office.is_leaf() else {"drafts": "1"}
    query |= {"open": threat.ref} if is_open else {}
    return reverse("threats:matrix", args=[office.code]) + (f"?{urlencode(query)}" if query else "") + f"#{threat.ref}"


def _vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response
