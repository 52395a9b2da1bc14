"""Pages of local POC plans: list, plan, title and period, risks, lines, adoption, the next period."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import local_plans
from coordination.communities.choices import LocalPlanState
from coordination.communities.local_plan_forms import AdoptForm, LineForm, LocalPlanForm, RiskForm
from coordination.models import Forum, LocalPlan, LocalPlanLine, LocalPlanRisk
from coordination.sharing.views.contacts import mission_of, refuse
from pocweb.audit import history_of
from pocweb.errors import Conflict, RuleError
from pocweb.fieldlist import for_people
from pocweb.numbers import whole
from pocweb.pages import history_lines, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.models import Threat

VIEW, CHANGE = "coordination.view_local_plan", local_plans.CHANGE
PAGE_SIZE, HISTORY = 50, 20
TONES = {"draft": "none", "adopted": "ok", "superseded": "none"}
LABELS = {
    "title": gettext_lazy("Title"),
    "starts_on": gettext_lazy("From"),
    "ends_on": gettext_lazy("Until"),
    "risk": gettext_lazy("Risk"),
    "line": gettext_lazy("Line"),
    "lines": gettext_lazy("Lines"),
    "state": gettext_lazy("State"),
}


def load_local_plan(request: HttpRequest, pk: int) -> LocalPlan:
    """Return a plan that the person may see; 404 for others."""
    rows = LocalPlan.objects.visible_to(request.user).select_related("mission", "office", "forum", "adopted_by")
    plan: LocalPlan = get_object_or_404(rows.select_related("decision__meeting"), pk=pk)
    return plan


@require_safe
@permitted(VIEW)
def local_plan_list(request: HttpRequest) -> HttpResponse:
    """Local POC plans, newest first; `?forum=` and `?state=` narrow them."""
    rows = LocalPlan.objects.visible_to(request.user).filter(mission=mission_of(request))
    if forum := whole(request.GET.get("forum", "")):
        rows = rows.filter(forum=forum)
    if request.GET.get("state") in LocalPlanState.values:
        rows = rows.filter(state=request.GET["state"])
    rows = rows.select_related("mission", "office", "forum").order_by("-starts_on", "forum__name", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [{"plan": one, "tone": TONES[one.state]} for one in page]
    return render(request, "coordination/local_plan_list.html", {"page_obj": page, "lines": lines})


@require_safe
@permitted(VIEW)
def local_plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan: its risks with what each actor does, its adoption, its history."""
    return _page(request, load_local_plan(request, pk))


def _page(
    request: HttpRequest, plan: LocalPlan, *, risk_form: Any = None, adopt_form: Any = None, refused: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    is_draft = plan.state == LocalPlanState.DRAFT
    can_change = request.user.has_perm(CHANGE, plan)
    missing = ""
    if is_draft and can_change:
        try:
            local_plans.check_adoption(plan)
        except RuleError as error:
            missing = error.message
        risk_form = risk_form or RiskForm()
        risk_form.fields["threat"].queryset = local_plans.threats_for(plan, request.user)
        adopt_form = adopt_form or AdoptForm(plan=plan, user=request.user)
    threats = set(
        Threat.objects.visible_to(request.user).filter(pk__in=plan.risks.values("threat")).values_list("pk", flat=True)
    )
    context = {
        "plan": plan,
        "tone": TONES[plan.state],
        "risks": (plan.frozen or {}).get("risks") if not is_draft else local_plans.risks_of(plan),
        "seen_threats": threats,
        "can_edit": is_draft and can_change,
        "can_next": can_change,
        "later": _later(request, plan),
        "missing": missing,
        "refused": refused,
        "risk_form": risk_form,
        "adopt_form": adopt_form,
        "events": history_lines(history_of(plan)[:HISTORY], labels=LABELS, show=_show),
        "marking": plan.marking,
    }
    return render(request, "coordination/local_plan_detail.html", context, status=status)


def _later(request: HttpRequest, plan: LocalPlan) -> LocalPlan | None:
    rows = LocalPlan.objects.visible_to(request.user).filter(forum=plan.forum, starts_on__gt=plan.ends_on)
    found: LocalPlan | None = rows.order_by("starts_on").first()
    return found


def _show(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "state":
        return str(LocalPlanState(value).label)
    if name in ("starts_on", "ends_on"):
        return for_people(date.fromisoformat(value))
    return for_people(value)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def local_plan_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the plan of a forum."""
    rows = Forum.objects.visible_to(request.user).select_related("mission", "office")
    forum: Forum = get_object_or_404(rows, pk=pk)
    require(request.user, CHANGE, forum)
    form = LocalPlanForm(request.POST or None, initial={"title": _("Local POC plan of %(forum)s") % {"forum": forum}})
    if request.method == "POST" and form.is_valid():
        try:
            plan = local_plans.add_local_plan(forum, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Begun: %(ref)s.") % {"ref": plan.ref})
            return redirect("coordination:local-plan-detail", plan.pk)
    context = {"form": form, "forum": forum, "marking": forum.marking}
    return render(request, "coordination/local_plan_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def local_plan_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change title and period of a draft."""
    plan = load_local_plan(request, pk)
    require(request.user, CHANGE, plan)
    initial = {name: getattr(plan, name) for name in ("title", "starts_on", "ends_on")}
    form = LocalPlanForm(request.POST or None, initial=initial)
    based_on: Any = request.POST.get("based_on") or plan.version
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            stated = stated_version(request.POST)
            local_plans.edit_local_plan(plan, based_on=stated, by=request.user, **form.cleaned_data)
        except Conflict as error:
            form.add_error(None, error.message)
            based_on, status = load_local_plan(request, pk).version, 409
        except RuleError as error:
            refuse(form, error)
            status = 422
        else:
            messages.success(request, _("Saved: %(ref)s.") % {"ref": plan.ref})
            return redirect("coordination:local-plan-detail", pk)
    context = {"form": form, "plan": plan, "forum": plan.forum, "based_on": based_on, "marking": plan.marking}
    return render(request, "coordination/local_plan_form.html", context, status=status)


@require_POST
@permitted(CHANGE)
@sent_once
def risk_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a risk to a draft."""
    plan = load_local_plan(request, pk)
    require(request.user, CHANGE, plan)
    form = RiskForm(request.POST)
    fields: Any = form.fields
    fields["threat"].queryset = local_plans.threats_for(plan, request.user)
    if form.is_valid():
        try:
            local_plans.add_risk(plan, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            return redirect("coordination:local-plan-detail", pk)
    return _page(request, plan, risk_form=form, status=422)


def _risk(request: HttpRequest, pk: int, risk: int) -> LocalPlanRisk:
    plan = load_local_plan(request, pk)
    require(request.user, CHANGE, plan)
    return get_object_or_404(LocalPlanRisk.objects.select_related("plan__mission", "threat"), pk=risk, plan=plan)


@require_POST
@permitted(CHANGE)
def risk_remove(request: HttpRequest, pk: int, risk: int) -> HttpResponse:
    """Take a risk with its lines out of a draft."""
    local_plans.remove_risk(_risk(request, pk, risk), by=request.user)
    messages.success(request, _("The risk is out of the plan; the history keeps what stood there."))
    return redirect("coordination:local-plan-detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def line_create(request: HttpRequest, pk: int, risk: int) -> HttpResponse:
    """Add what an actor does about a risk."""
    one = _risk(request, pk, risk)
    form = LineForm(request.POST or None, plan=one.plan)
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "was"}
        try:
            local_plans.add_line(one, by=request.user, **values)
        except RuleError as error:
            refuse(form, error)
        else:
            return redirect("coordination:local-plan-detail", pk)
    context = {"form": form, "plan": one.plan, "risk": one, "line": None, "marking": one.plan.marking}
    return render(request, "coordination/local_plan_line.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def line_update(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Change a line; one that another person changed meanwhile is shown beside what was typed."""
    one = _line(request, pk, line)
    plan = one.risk.plan
    initial = {name: getattr(one, name) for name in ("actor", "component", *local_plans.LINE_TEXTS)}
    form = LineForm(request.POST or None, initial={**initial, "was": local_plans.line_state(one)}, plan=plan)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            local_plans.edit_line(one, by=request.user, **form.cleaned_data)
        except Conflict as error:
            form = LineForm({**request.POST.dict(), "was": local_plans.line_state(one)}, plan=plan)
            form.add_error(None, error.message)
            status = 409
        except RuleError as error:
            refuse(form, error)
            status = 422
        else:
            messages.success(request, _("Saved: %(ref)s.") % {"ref": plan.ref})
            return redirect("coordination:local-plan-detail", pk)
    context = {"form": form, "plan": plan, "risk": one.risk, "line": one, "marking": plan.marking}
    return render(request, "coordination/local_plan_line.html", context, status=status)


def _line(request: HttpRequest, pk: int, line: int) -> LocalPlanLine:
    plan = load_local_plan(request, pk)
    require(request.user, CHANGE, plan)
    rows = LocalPlanLine.objects.select_related("risk__plan__mission", "risk__threat", "actor", "component")
    return get_object_or_404(rows, pk=line, risk__plan=plan)


@require_POST
@permitted(CHANGE)
def line_remove(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Take a line out of a draft."""
    local_plans.remove_line(_line(request, pk, line), by=request.user)
    messages.success(request, _("The line is out of the plan; the history keeps what stood there."))
    return redirect("coordination:local-plan-detail", pk)


@require_POST
@permitted(CHANGE)
@sent_once
def local_plan_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the forum adopted the plan; refused with what is missing (CO-11)."""
    plan = load_local_plan(request, pk)
    require(request.user, CHANGE, plan)
    form = AdoptForm(request.POST, plan=plan, user=request.user)
    form.is_valid()
    refused = ""
    try:
        decision, based_on = form.cleaned_data.get("decision"), stated_version(request.POST) or None
        local_plans.adopt_local_plan(plan, decision=decision, based_on=based_on, by=request.user)
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        if error.field is None:
            refused = error.message
        return _page(request, plan, adopt_form=form, refused=refused, status=422)
    messages.success(request, _("%(ref)s is adopted and frozen.") % {"ref": plan.ref})
    return redirect("coordination:local-plan-detail", pk)


@require_POST
@permitted(CHANGE)
@sent_once
def local_plan_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the plan of the next period with the content of this one."""
    plan = load_local_plan(request, pk)
    try:
        made = local_plans.plan_next_period(plan, by=request.user)
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        return _page(request, plan, refused=error.message, status=422)
    messages.success(request, _("Begun: %(ref)s, with what stood in %(old)s.") % {"ref": made.ref, "old": plan.ref})
    return redirect("coordination:local-plan-detail", made.pk)
