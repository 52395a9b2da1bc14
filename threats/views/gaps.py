"""The list of gaps of an office's matrix or of a branch, grouped and filtered, and its sheets."""

import io
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Priority, Tier
from pocweb.pages import permitted
from pocweb.tabular import Column, write_csv, write_xlsx
from threats.consolidation import Branch, read_live
from threats.exports import TYPES
from threats.gap_list import FIELDS, GapLine, counts_by_office, keep, kinds_in, lines_of
from threats.rules.gaps import kind_label
from threats.views.matrix import office_of
from threats.views.matrix_filters import Choice
from threats.views.matrix_html import Words, mend

KIND, THREAT = "kind", "threat"


@require_safe
@permitted("threats.view_threat")
def gap_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the gaps of an office, or of an office and all below it, as the threats stand now."""
    branch, lines, wanted = _read(request, code)
    shown = keep(lines, wanted)
    by = THREAT if request.GET.get("by") == THREAT else KIND
    words = Words.of_page(branch.office.code, back=request.get_full_path())
    context = {
        "office": branch.office,
        "is_branch": not branch.office.is_leaf(),
        "lines": shown,
        "total": len(lines),
        "threats": len({line.row.pk for line in shown}),
        "now": branch.now,
        "groups": _groups(shown, by, words),
        "by": by,
        "switch": f"?{urlencode(wanted | ({} if by == THREAT else {'by': THREAT}))}",
        "bars": _bars(lines, wanted, by, branch),
        "summary": None if branch.office.is_leaf() else _summary(branch, lines),
        "query": urlencode(wanted),
        "marking": max([line.row.marking for line in shown], default=None),
    }
    return render(request, "threats/gap_list.html", context)


@require_safe
@permitted("threats.view_threat")
def gap_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The same list as a sheet, with a row of HXL tags in CSV; the export is an event of the audit trail."""
    branch, lines, wanted = _read(request, code)
    shown = keep(lines, wanted)
    out = io.BytesIO()
    if kind == "csv":
        write_csv(_columns(), map(_flat, shown), out)
    else:
        write_xlsx(_columns(), map(_flat, shown), out, title=_("Gaps"), protect=True)
    with transaction.atomic():
        note = f"{branch.office.code}: {len(shown)} gaps as {kind}"
        record_event(request.user, "exported", branch.office.mission, note=note)
    response = HttpResponse(out.getvalue(), content_type=TYPES[kind])
    name = f"gaps-{branch.office.mission.code}-{branch.office.code}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read(request: HttpRequest, code: str) -> tuple[Branch, list[GapLine], dict[str, str]]:
    office = office_of(request, code)
    branch = read_live(office, user=request.user, now=clock.now(office.mission))
    wanted = {name: value for name in FIELDS if (value := request.GET.get(name, ""))}
    return branch, lines_of(branch, request.user), wanted


def _groups(lines: list[GapLine], by: str, words: Words) -> list[dict[str, Any]]:
    """Return the lines under their headings, each with its mending link."""
    found: dict[Any, dict[str, Any]] = {}
    order = kinds_in(lines) if by == KIND else []
    for code in order:
        found[code] = {"id": f"gap-{code}", "title": kind_label(code), "row": None, "lines": []}
    for line in lines:
        key = line.gap.code if by == KIND else line.row.pk
        group = found.setdefault(key, {"id": line.row.ref, "title": line.row.title, "row": line.row, "lines": []})
        group["lines"].append({"line": line, "mend": mend(line.gap, line.row, words)})
    return list(found.values())


def _bars(lines: list[GapLine], wanted: dict[str, str], by: str, branch: Branch) -> list[tuple[str, list[Choice]]]:
    """Return the filters as links; the count of a link is that of all gaps. One value alone is no choice."""
    names = {one.code: one.name for one in branch.states}
    told: dict[str, tuple[str, dict[str, str]]] = {
        "kind": (_("Kind"), {code: kind_label(code) for code in kinds_in(lines)}),
        "priority": (
            _("Priority"),
            {str(one.value): f"{one.value} {one.label}" for one in Priority} | {"0": _("None")},
        ),
        "tier": (_("Tier"), {str(one.value): str(one.label) for one in Tier}),
        "office": (_("Office"), names),
    }
    others = {"by": by} if by == THREAT else {}
    bars = []
    for name, (label, labels) in told.items():
        counts = {value: sum(line.values[name] == value for line in lines) for value in labels}
        choices = [
            _choice(name, value, labels[value], count, wanted, others) for value, count in counts.items() if count
        ]
        if len(choices) > 1 or name in wanted:
            bars.append((label, choices))
    return bars


def _choice(name: str, value: str, label: str, count: int, wanted: dict[str, str], others: dict[str, str]) -> Choice:
    is_current = wanted.get(name) == value
    rest = {key: kept for key, kept in wanted.items() if key != name}
    return Choice(label, f"?{urlencode(others | rest | ({} if is_current else {name: value}))}", count, is_current)


def _summary(branch: Branch, lines: list[GapLine]) -> dict[str, Any]:
    """Return the table of offices by kinds of gap, each count with the address of its lines."""
    names = {one.code: one.name for one in branch.states}
    kinds = kinds_in(lines)
    listed = reverse("threats:gap-list", args=[branch.office.code])
    table = []
    for code, counts in counts_by_office(branch, lines).items():
        cells = [
            (kind_label(kind), counts[kind], f"{listed}?{urlencode({'office': code, 'kind': kind})}") for kind in kinds
        ]
        table.append((names[code], counts.total(), f"{listed}?{urlencode({'office': code})}", cells))
    totals = [
        (kind_label(kind), sum(line.gap.code == kind for line in lines), f"{listed}?kind={kind}") for kind in kinds
    ]
    return {"kinds": [kind_label(kind) for kind in kinds], "offices": table, "totals": totals, "total": len(lines)}


def _columns() -> list[Column]:
    return [
        Column("ref", _("Threat"), "#meta+id", width=10),
        Column("title", _("Title"), "#meta+title", width=36),
        Column("office", _("Office"), "#org+office"),
        Column("priority", _("Priority"), "#severity+priority+num", width=8),
        Column("risk", _("Risk"), "#severity+name", width=10),
        Column("kind", _("Kind of gap"), "#meta+gap+type", width=26),
        Column("message", _("Gap"), "#meta+gap+description", width=44),
        Column("tier", _("Tier"), "#activity+tier", width=8),
        Column("activity", _("Activity"), "#activity+id", width=10),
        Column("who", _("Owner or lead"), "#contact+name"),
        Column("component", _("Component"), "#org+impl"),
        Column("days", _("Days"), "#meta+days+num", width=8),
    ]


def _flat(line: GapLine) -> dict[str, Any]:
    return {
        "ref": line.row.ref,
        "title": line.row.title,
        "office": line.row.office_name,
        "priority": line.row.priority,
        "risk": line.row.risk_label,
        "kind": line.kind,
        "message": line.gap.message,
        "tier": line.tier,
        "activity": line.activity.ref if line.activity else "",
        "who": line.who,
        "component": line.component,
        "days": line.gap.days,
    }
