"""Pages of cases: the intake, to whom a report went, the list. One case: `case_page.py`; its acts: `case_acts.py`."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination.models import WarningCase
from coordination.warnings import services
from coordination.warnings.area_words import area_for, places_near
from coordination.warnings.case_list import CaseFilterForm, chips, narrowed, ordered
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.forms import IntakeForm
from coordination.warnings.rules import steps_from
from coordination.warnings.wording import PRIORITY_TONES, headline
from pocweb import clock
from pocweb.choices import Role, Verb
from pocweb.errors import RuleError
from pocweb.models import Mission, Office
from pocweb.pages import permitted, sent_once
from pocweb.permissions import grants_for
from pocweb.recipients import Staff

PAGE_SIZE = 50


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting; 404 for who has none."""
    mission: Mission | None = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def load_case(request: HttpRequest, pk: int) -> WarningCase:
    """Return a case that the person may see, else 404."""
    names = (
        "mission",
        "office",
        "area",
        "source",
        "created_by",
        "hierarchy_copy",
        "threat__office",
        "incident__office",
    )
    rows = WarningCase.objects.visible_to(request.user).select_related(*names)
    case: WarningCase = get_object_or_404(rows, pk=pk)
    return case


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.file_case")
@sent_once
def case_create(request: HttpRequest) -> HttpResponse:
    """Report an alert: seven questions on one light page."""
    user: Any = request.user
    mission = mission_of(request)
    staff = Staff(mission)
    now = clock.now(mission)
    hierarchy = services.hierarchy_choices(staff, user) if services.is_uniformed(user, mission) else []
    initial = {"received_at": now.replace(second=0, microsecond=0), "marking": int(mission.default_marking)}
    form = IntakeForm(request.POST or None, user=user, hierarchy=hierarchy, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        area = area_for(given["place"], mission, user.office)
        try:
            case = services.file_case(mission, by=user, area=area, now=now, **given)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(ref)s is recorded.") % {"ref": case.ref})
            return redirect("coordination:case-filed", case.pk)
    context = {"form": form, "places": places_near(user.office), "goes_to": _goes_to(staff, user.office)}
    return render(request, "coordination/case_form.html", context, status=422 if form.errors else 200)


def _goes_to(staff: Staff, office: Office) -> str:
    """Return who gets a report from the person's own area, as the line over the button says."""
    centres = [
        row.office.name for row in staff.postings if row.role == Role.JOC and office.path.startswith(row.office.path)
    ]
    if not centres:
        return _("Goes at once to the Head of Office.")
    said = _("Goes at once to the operations centre (%(office)s), with a copy to the Head of Office.")
    return said % {"office": centres[-1]}


@require_safe
@permitted("coordination.file_case")
def case_filed(request: HttpRequest, pk: int) -> HttpResponse:
    """To whom a report went, and its reference."""
    case = load_case(request, pk)
    step = case.steps.filter(act="file").first()
    ids = step.said.get("told", [None, []])[1] if step else []
    context = {"case": case, "headline": headline(case), "told": services.names_told(ids), "marking": case.marking}
    return render(request, "coordination/case_filed.html", context)


def offices_in_reach(user: Any, mission: Mission) -> list[Office]:
    """Return the offices of the mission whose cases the person may see, in the order of the tree."""
    paths = [grant.office_path for grant in grants_for(user, "case", Verb.VIEW) if grant.mission_id == mission.pk]
    offices = Office.objects.filter(mission=mission).order_by("path")
    return [one for one in offices if any(one.path.startswith(path) for path in paths)]


@require_safe
@permitted("coordination.view_case")
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases in reach, the open ones first of all, in the order of what cannot wait."""
    mission = mission_of(request)
    form = CaseFilterForm(request.GET, mission=mission, offices=offices_in_reach(request.user, mission))
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    rows = WarningCase.objects.visible_to(request.user).filter(mission=mission)
    rows = ordered(narrowed(rows, wanted, request.user)).select_related("office").defer("text", "triangulation")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    fields = {name for name in form.fields if request.GET.get(name)}
    context = {
        "form": form,
        "page_obj": page,
        "lines": [line_of(case) for case in page],
        "chips": chips(query, wanted),
        "query": query.urlencode(),
        "is_filtered": bool(fields),
        "is_form_open": bool(fields - {"state", "branch", "mine"}) or bool(form.errors),
    }
    return render(request, "coordination/case_list.html", context, status=200 if form.is_valid() else 422)


def line_of(case: WarningCase) -> dict[str, Any]:
    """Return a row of the list: the case, its headline, and the step that it waits for."""
    steps = steps_from(case.state, case.branch) if case.branch or case.state != CaseState.PRIORITISED else ()
    return {
        "case": case,
        "headline": headline(case),
        "tone": PRIORITY_TONES.get(case.priority or 0, ""),
        "is_imminent": case.branch == Branch.IMMINENT,
        "waits_for": steps[0].label if steps else "",
    }
