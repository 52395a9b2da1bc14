"""Pages of community protection plans: list, plan, sections, consultations, moves, the next semester, differences."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import plan_rules as rules
from coordination.communities import plans
from coordination.communities.choices import PlanState
from coordination.communities.plan_content import LABELS, SECTIONS, differences, parts_of, semester_words, show
from coordination.communities.plan_forms import (
    ConsultationForm,
    PlanFilterForm,
    PlanForm,
    ReasonForm,
    ReviewForm,
    SectionForm,
    section_names,
)
from coordination.models import CommunityPlan, Network
from coordination.querysets import PlanQuerySet
from coordination.sharing.views.contacts import mission_of, refuse
from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from pocweb.guard import EditConflict
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require

VIEW, CHANGE = "coordination.view_community", rules.CHANGE
PAGE_SIZE, HISTORY = 50, 20
TONES = {"draft": "none", "consulted": "none", "reviewed": "warn", "adopted": "ok", "shared": "ok", "in_force": "ok"}


def _visible(request: HttpRequest) -> PlanQuerySet:
    return CommunityPlan.objects.visible_to(request.user).select_related("mission", "office", "area", "forum")


def load_plan(request: HttpRequest, pk: int) -> CommunityPlan:
    """Return a plan that the person may see; 404 for others."""
    plan: CommunityPlan = get_object_or_404(_visible(request).select_related("adopted_by"), pk=pk)
    return plan


def due_words(plan: CommunityPlan, today: Any) -> tuple[str, str]:
    """Return how a plan stands against its due day, as tone and words."""
    stage = rules.due_state(state=plan.state, due=plan.due_on, today=today)
    if stage == rules.Due.OVERDUE:
        days = (today - plan.due_on).days
        return "bad", ngettext("%(n)d day overdue", "%(n)d days overdue", days) % {"n": days}
    if stage == rules.Due.DONE:
        return "ok", _("adopted %(day)s") % {"day": for_people(plan.adopted_at.date())} if plan.adopted_at else ""
    return ("none" if stage == rules.Due.LATER else "warn"), _("due %(day)s") % {"day": for_people(plan.due_on)}


@require_safe
@permitted(VIEW)
def plan_list(request: HttpRequest) -> HttpResponse:
    """Plans by semester, newest first, each with its state and how it stands against its due day."""
    mission = mission_of(request)
    today = clock.today(mission)
    form = PlanFilterForm(request.GET, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    rows = _visible(request).filter(mission=mission)
    if wanted.get("office"):
        rows = rows.filter(office__path__startswith=wanted["office"].path)
    for name in ("state", "year"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if wanted.get("due"):
        bound = today if wanted["due"] == "overdue" else today + rules.SOON
        rows = rows.exclude(state__in=PlanState.FROZEN).filter(due_on__lte=bound)
        rows = rows.exclude(due_on=today) if wanted["due"] == "overdue" else rows
    query = request.GET.copy()
    query.pop("page", None)
    page = Paginator(rows.order_by("-year", "-semester", "area__name", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page_obj": page,
        "lines": [_line(one, today) for one in page],
        "is_filtered": bool(query),
        "can_add": request.user.has_perm(CHANGE),
    }
    return render(request, "coordination/community_plan_list.html", context, status=200 if form.is_valid() else 422)


def _line(plan: CommunityPlan, today: Any) -> dict[str, Any]:
    tone, words = due_words(plan, today)
    semester = semester_words(plan.year, plan.semester)
    return {"plan": plan, "semester": semester, "tone": TONES.get(plan.state, "none"), "due": (tone, words)}


@require_safe
@permitted(VIEW)
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan: where it stands and what is next, its sections, consultations, who got it, its history."""
    return _page(request, load_plan(request, pk))


def _page(
    request: HttpRequest, plan: CommunityPlan, *, refused: RuleError | None = None, form: Any = None, status: int = 200
) -> HttpResponse:
    user, today = request.user, clock.today(plan.mission)
    step = next((one for one in rules.STEPS if plan.state in one.before and not one.needs_reason), None)
    may = step is not None and user.has_perm(step.permission, plan)
    can_change = user.has_perm(CHANGE, plan)
    can_rework = can_change and plan.state in (PlanState.CONSULTED, PlanState.REVIEWED)
    around = _visible(request).filter(mission=plan.mission, area=plan.area)
    following = rules.next_semester(plan.year, plan.semester)
    networks = Network.objects.visible_to(user).filter(plans=plan).order_by("number")
    context = {
        **_line(plan, today),
        "parts": parts_of(plan),
        "steps": _steps(plan),
        "step": step if may else None,
        "awaited": step if step is not None and not may else None,
        "missing": _missing(plan, step) if may and step else "",
        "refused": refused,
        "review_form": form if isinstance(form, ReviewForm) else ReviewForm(plan=plan, user=user),
        "reason_form": form if isinstance(form, ReasonForm) else ReasonForm(),
        "can_change": can_change,
        "can_edit": can_change and plan.state in rules.CHANGEABLE,
        "can_rework": can_rework,
        "is_frozen": plan.state in PlanState.FROZEN,
        "consultations": plan.consultations.select_related("engagement"),
        "networks": networks,
        "earlier": around.filter(Q(year__lt=plan.year) | Q(year=plan.year, semester__lt=plan.semester)).first(),
        "later": around.filter(year=following[0], semester=following[1]).first(),
        "next_words": semester_words(*following),
        "events": history_lines(history_of(plan)[:HISTORY], labels=LABELS, show=show),
        "marking": plan.marking,
    }
    return render(request, "coordination/community_plan_detail.html", context, status=status)


def _steps(plan: CommunityPlan) -> list[dict[str, Any]]:
    """Return the way of a plan through its states, for the bar."""
    place = len(rules.WAY) if plan.state == PlanState.SUPERSEDED else rules.WAY.index(PlanState(plan.state))
    notes = {
        PlanState.REVIEWED: plan.forum.name if plan.forum and place >= 2 else "",
        PlanState.ADOPTED: str(plan.adopted_by) if plan.adopted_by else "",
        PlanState.SHARED: for_people(plan.shared_at.date()) if plan.shared_at else "",
    }
    return [
        {
            "label": state.label,
            "note": notes.get(state, ""),
            "place": "past" if number < place else "current" if number == place else "coming",
        }
        for number, state in enumerate(rules.WAY)
    ]


def _missing(plan: CommunityPlan, step: rules.Step) -> str:
    """Return what the next step still lacks, in a sentence; the choice of a forum is made with the step."""
    try:
        plans.check_move(plan, step, forum=object())  # type: ignore[arg-type]  # any forum will do for the question
    except RuleError as error:
        return error.message
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def plan_create(request: HttpRequest) -> HttpResponse:
    """Begin the plan of an area for a semester."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        year, semester = rules.semester_of(clock.today(mission))
        initial: dict[str, Any] = {"year": year, "semester": semester, "marking": mission.default_marking}
        initial |= {"area": request.GET.get("area")}
        return render(request, "coordination/community_plan_form.html", {"form": PlanForm(initial=initial, **person)})
    form = PlanForm(request.POST, **person)
    if form.is_valid():
        try:
            plan = plans.add_plan(mission, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Begun: %(ref)s.") % {"ref": plan.ref})
            return redirect("coordination:plan-detail", plan.pk)
    return render(request, "coordination/community_plan_form.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def plan_update(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Edit a section of a plan under the lost-update guard."""
    plan = load_plan(request, pk)
    require(request.user, CHANGE, plan)
    names = section_names(section)
    if not names:
        raise Http404
    person: Any = {"plan": plan, "section": section, "user": request.user}
    form = SectionForm(request.POST or None, initial=plans.plain_plan(plan), **person)
    if request.method != "POST":
        return _section(request, plan, section, form)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=plans.EDITABLE, texts=plans.TEXTS)
    elif form.is_valid():
        changes = form.values()
    else:
        return _section(request, plan, section, form, status=422)
    try:
        plans.edit_plan(plan, changes=changes, based_on=stated_version(request.POST), by=request.user)
    except EditConflict as error:
        context = conflict_context(error, record_label=plan.ref, labels=LABELS, show=show, texts=plans.TEXTS)
        context |= {
            "action": request.path,
            "record": plan,
            "marking": plan.marking,
            "back_url": reverse("coordination:plan-detail", args=[pk]),
        }
        return render(request, "coordination/sharing_conflict.html", context, status=409)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return _section(request, plan, section, form, status=422)
    messages.success(request, _("Saved: %(ref)s.") % {"ref": plan.ref})
    return redirect("coordination:plan-detail", pk)


def _section(request: HttpRequest, plan: CommunityPlan, section: str, form: Any, status: int = 200) -> HttpResponse:
    heading = next(str(heading) for slug, heading, _fields in SECTIONS if slug == section)
    context = {"plan": plan, "form": form, "heading": heading, "marking": plan.marking}
    context |= {"based_on": request.POST.get("based_on") or plan.version}
    context["is_open"] = plan.state in rules.CHANGEABLE
    return render(request, "coordination/community_plan_section.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def plan_consult(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a consultation held for a plan."""
    plan = load_plan(request, pk)
    require(request.user, CHANGE, plan)
    person: Any = {"plan": plan, "user": request.user}
    initial = {"held_on": clock.today(plan.mission)}
    form = ConsultationForm(request.POST or None, initial=initial, **person)
    if request.method == "POST" and form.is_valid():
        try:
            plans.add_consultation(plan, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded for %(ref)s.") % {"ref": plan.ref})
            return redirect("coordination:plan-detail", pk)
    status = 422 if request.method == "POST" else 200
    context = {"plan": plan, "form": form, "marking": plan.marking}
    return render(request, "coordination/community_plan_consult.html", context, status=status)


@require_POST
@permitted(VIEW)
@sent_once
def plan_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Take a plan one step on, or back to draft with the reason."""
    plan = load_plan(request, pk)
    form: Any = None
    if act == "review":
        form = ReviewForm(request.POST, plan=plan, user=request.user)
    elif act == "rework":
        form = ReasonForm(request.POST)
    if form is not None and not form.is_valid():
        step = next(one for one in rules.STEPS if one.act == act)
        require(request.user, step.permission, plan)
        return _page(request, plan, form=form, status=422)
    given = form.cleaned_data if form is not None else {}
    try:
        plan = plans.move_plan(plan, act, by=request.user, based_on=stated_version(request.POST) or None, **given)
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        return _page(request, load_plan(request, pk), refused=error, form=form, status=422)
    state = str(plan.get_state_display()).lower()
    messages.success(request, _("%(ref)s: %(state)s.") % {"ref": plan.ref, "state": state})
    return redirect("coordination:plan-detail", pk)


@require_POST
@permitted(CHANGE)
@sent_once
def plan_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the plan of the next semester with the words of this one."""
    plan = load_plan(request, pk)
    try:
        made = plans.plan_next(plan, by=request.user)
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        return _page(request, plan, refused=error, status=422)
    messages.success(request, _("Begun: %(ref)s, with the words of %(old)s.") % {"ref": made.ref, "old": plan.ref})
    return redirect("coordination:plan-detail", made.pk)


@require_safe
@permitted(VIEW)
def plan_compare(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """What differs between two plans of one area, the earlier one first."""
    rows = _visible(request)
    first, second = (get_object_or_404(rows, pk=key) for key in (pk, other))
    if first.area_id != second.area_id or first.mission_id != second.mission_id:
        raise Http404
    before, after = sorted((first, second), key=lambda one: (one.year, one.semester))
    context = {
        "before": before,
        "after": after,
        "before_label": semester_words(before.year, before.semester),
        "after_label": semester_words(after.year, after.semester),
        "changes": differences(before, after),
        "marking": max(before.marking, after.marking),
    }
    return render(request, "coordination/community_plan_compare.html", context)
