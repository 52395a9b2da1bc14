"""The overview of communities, and where they are not heard: list, map, sheet (CM-07)."""

import io
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coordination.communities.gaps import KINDS, Gap, Ground, gaps_of, read_ground
from coordination.communities.gaps_map import map_of
from coordination.communities.overview import overview_of
from coordination.communities.pages import PAGE_SIZE, mission_of
from coordination.sharing.sheet import TYPES
from pocweb import clock
from pocweb.audit import record_event
from pocweb.pages import permitted
from pocweb.tabular import Column, write_csv, write_xlsx

VIEW = "coordination.view_community"


@require_safe
@permitted(VIEW)
def community_overview(request: HttpRequest) -> HttpResponse:
    """What each office has: assistants, networks, plans, assessment, gaps."""
    mission = mission_of(request)
    today = clock.today(mission)
    ground = read_ground(request.user, mission, today)
    gaps = gaps_of(ground, request.user, back=reverse("coordination:community-gaps"))
    context = {
        "lines": overview_of(request.user, ground, gaps, today),
        "active": len(ground.active),
        "assistants": len(ground.assistants),
        "gaps": len(gaps),
        "year": today.year,
        "can_see_engagement": request.user.has_perm("coordination.view_engagement"),
        "marking": _marking(ground),
    }
    return render(request, "coordination/community_overview.html", context)


def _marking(ground: Ground) -> int | None:
    marks = [one.marking for one in ground.networks] + [one.marking for one in ground.assistants]
    marks += [threat.marking for threat, _areas in ground.threats]
    return max(marks, default=None)


def _asked(request: HttpRequest) -> tuple[Ground, list[Gap], list[Gap]]:
    mission = mission_of(request)
    ground = read_ground(request.user, mission, clock.today(mission))
    every = gaps_of(ground, request.user, back=request.get_full_path())
    wanted = {name: value for name in ("kind", "office") if (value := request.GET.get(name))}
    path = ""
    if "office" in wanted:
        path = next((office.path for office, _areas in ground.offices if office.code == wanted["office"]), "none")
    shown = [one for one in every if wanted.get("kind") in (None, one.kind) and one.office.path.startswith(path)]
    return ground, every, shown


@require_safe
@permitted(VIEW)
def community_gaps(request: HttpRequest) -> HttpResponse:
    """The gaps by kind and office, each with the link that mends it, and the map of blind spots."""
    ground, every, shown = _asked(request)
    found = map_of(ground)
    kind, office = request.GET.get("kind", ""), request.GET.get("office", "")
    paths = {one.office.code: one.office.path for one in every}
    offices = {one.office.code: str(one.office) for one in every}
    labels = {code: str(label) for code, label in KINDS.items()}
    kinds = {code: sum(one.kind == code for one in every) for code in labels}
    below = {code: sum(one.office.path.startswith(path) for one in every) for code, path in paths.items()}
    by_office, by_kind = {"office": office} if office else {}, {"kind": kind} if kind else {}
    context = {
        "page_obj": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
        "shown": len(shown),
        "total": len(every),
        "bars": [
            (_("Kind"), _choices("kind", labels, kind, kinds, by_office)),
            (_("Office and below"), _choices("office", offices, office, below, by_kind)),
        ],
        "query": urlencode(by_kind | by_office),
        "is_filtered": bool(kind or office),
        "found": found,
        "bases": len(ground.bases),
        "marking": _marking(ground),
    }  # fmt: skip
    return render(request, "coordination/community_gaps.html", context)


def _choices(
    name: str, labels: dict[str, str], current: str, counts: dict[str, int], others: dict[str, str]
) -> list[tuple[str, str, int, bool]]:
    """Return label, address, count over all gaps and whether it is chosen; choosing again takes it back."""
    found = []
    for value, label in labels.items():
        if count := counts[value]:
            is_current = value == current
            found.append((label, f"?{urlencode(others if is_current else others | {name: value})}", count, is_current))
    return found


@require_safe
@permitted(VIEW)
def community_gaps_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The same list as a sheet; the export is an event of the audit trail."""
    ground, _every, shown = _asked(request)
    columns = [
        Column("kind", _("Kind of gap"), "#meta+gap+type", width=30),
        Column("where", _("Where"), "#loc+name", width=34),
        Column("text", _("Gap"), "#meta+gap+description", width=44),
        Column("office", _("Office"), "#org+office"),
    ]
    rows: list[dict[str, Any]] = [
        {"kind": one.label, "where": one.where, "text": one.text, "office": str(one.office)} for one in shown
    ]
    out = io.BytesIO()
    if kind == "csv":
        write_csv(columns, rows, out)
    else:
        write_xlsx(columns, rows, out, title=_("Gaps"))
    with transaction.atomic():
        changes: dict[str, list[Any]] = {"count": [None, len(rows)], "format": [None, kind]}
        record_event(request.user, "exported gaps of communities of", ground.mission, changes=changes)
    response = HttpResponse(out.getvalue(), content_type=TYPES[kind])
    name = f"community-gaps-{ground.mission.code}-{ground.today}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
