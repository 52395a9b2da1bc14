"""The leadership's view: what must, should and could be acted on, on a screen, a phone or one sheet of paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.pages import permitted
from threats.consolidation import read_approved, read_live
from threats.leadership import graver_since, headline, read_before, sections_of
from threats.views.matrix import office_of


@require_safe
@permitted("threats.view_threat")
def leadership(request: HttpRequest, code: str) -> HttpResponse:
    """Show the approved rows of an office or a branch in three lists; `?drafts=1` the rows as they stand."""
    user: Any = request.user
    office = office_of(request, code)
    drafts = request.GET.get("drafts") == "1"
    now = clock.now(office.mission)
    branch = (read_live if drafts else read_approved)(office, user=user, now=now)
    sections = sections_of(branch, read_before(branch, user))
    context = {
        "office": office,
        "branch": branch,
        "drafts": drafts,
        "sections": sections,
        "headline": headline(sections),
        "now": now,
        "graver": 0 if drafts else graver_since(branch, user),
        "names_office": not office.is_leaf(),
        "marking": max([row.marking for row in branch.rows], default=None),
    }
    return render(request, "threats/leadership.html", context)
