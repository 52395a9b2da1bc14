"""Pages of cases: intake, list, one case."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from coordination.models import WarningCase
from pocweb.models import Mission
from pocweb.pages import permitted


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting; 404 for who has none."""
    mission: Mission | None = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


@require_safe
@permitted("coordination.view_case")
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases in reach."""
    rows = WarningCase.objects.visible_to(request.user).filter(mission=mission_of(request)).open()[:50]
    return render(request, "coordination/case_list.html", {"cases": rows})


@require_safe
@permitted("coordination.view_case")
def case_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One case."""
    rows = WarningCase.objects.visible_to(request.user).select_related("mission", "office", "area")
    case = get_object_or_404(rows, pk=pk)
    return render(request, "coordination/case_detail.html", {"case": case, "marking": case.marking})
