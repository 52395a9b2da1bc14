"""The page of a case's trail."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coordination.warnings.trail_build import build_trail
from coordination.warnings.trail_files import load_case
from pocweb import clock
from pocweb.pages import permitted


@require_safe
@permitted("coordination.view_case")
def case_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """What we knew, what we did: one page in time (for a review)."""
    case = load_case(request.user, pk)
    if case is None:
        raise Http404
    trail = build_trail(case, request.user, now=clock.now(case.mission))
    context = {"case": case, "trail": trail, "marking": trail.marking}
    return render(request, "coordination/trail_detail.html", context)
