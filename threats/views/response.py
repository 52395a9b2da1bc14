"""The response of an office or a branch by tier and phase, and by component."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.choices import Phase, Tier
from pocweb.models import Component, Office
from pocweb.pages import permitted
from threats.models import Threat
from threats.response import Answer, count_grid, read_answers, shares_of
from threats.views.matrix import office_of

Links = tuple[int, str]


@require_safe
@permitted("threats.view_threat")
def response_by_tier(request: HttpRequest, code: str) -> HttpResponse:
    """Count the activities that answer the office's threats; every number opens them, every empty cell begins one."""
    user: Any = request.user
    office = office_of(request, code)
    answers = read_answers(office, user)
    probe = Threat(mission_id=office.mission_id, office=office, marking=0)
    can_add = user.has_perm("strategy.add_activity", probe)
    context = {
        "office": office,
        "grid": _grid(office, answers, back=request.path if can_add else ""),
        "phases": Phase.labels,
        "tiers": Tier.labels,
        "shares": _shares(office, answers),
        "count": len(answers),
    }
    return render(request, "threats/response.html", context)


def _listed(office: Office, **query: Any) -> str:
    """Return the address of the activities that a number counts."""
    return f"{reverse('strategy:activity-list')}?{urlencode({'answers': office.pk, **query})}"


def _grid(office: Office, answers: list[Answer], *, back: str) -> list[dict[str, Any]]:
    counts = count_grid(answers)
    create = reverse("strategy:activity-create")
    return [
        {
            "label": str(tier.label),
            "cells": [
                {
                    "phase": str(phase.label),
                    "count": counts[tier.value, phase.value],
                    "url": _listed(office, tier=tier.value, phase=phase.value),
                    "add_url": f"{create}?{urlencode({'tier': tier.value, 'phase': phase.value, 'next': back})}"
                    if back
                    else "",
                }
                for phase in Phase
            ],
        }
        for tier in Tier
    ]


def _shares(office: Office, answers: list[Answer]) -> list[dict[str, Any]]:
    """Return the lines of the table of components, each number with the address of its activities."""
    components = list(Component.objects.filter(mission=office.mission_id))
    lines = []
    for one in shares_of(answers, components, today=clock.today(office.mission)):
        own = {"component": one.component.pk}
        tiers = zip(Tier, one.tiers, strict=True)
        phases = zip(Phase, one.phases, strict=True)
        cells: list[tuple[str, Links]] = [
            *((str(tier.label), (count, _listed(office, **own, tier=tier.value))) for tier, count in tiers),
            *((str(phase.label), (count, _listed(office, **own, phase=phase.value))) for phase, count in phases),
        ]
        lines.append(
            {
                "name": one.component.name,
                "cells": cells,
                "open": (one.open, _listed(office, **own, status="open")),
                "overdue": (one.overdue, _listed(office, **own, overdue="yes")),
                "total": (one.total, _listed(office, **own)),
            }
        )
    return lines
