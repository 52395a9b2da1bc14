"""Pages of issues: what waits where, one issue with its way, its steps."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.choices import IssueState
from coordination.issues import services
from coordination.issues.forms import IssueForm, StepForm
from coordination.meetings.views import mission_of
from coordination.models import Decision, Issue
from pocweb.errors import RuleError
from pocweb.pages import permitted, sent_once
from threats.models import Threat

PAGE_SIZE = 50


def _load(request: HttpRequest, pk: int) -> Issue:
    rows = Issue.objects.visible_to(request.user)
    rows = rows.select_related("mission", "office", "forum__office", "raised_in__office", "created_by")
    issue: Issue = get_object_or_404(rows, pk=pk)
    return issue


@require_safe
@permitted("coordination.view_meeting")
def issue_list(request: HttpRequest) -> HttpResponse:
    """Issues by where they lie; closed ones last."""
    rows = Issue.objects.visible_to(request.user).filter(mission=mission_of(request))
    rows = rows.select_related("forum", "raised_in")
    ordered = sorted(rows, key=lambda one: (one.state == IssueState.CLOSED, -one.number))
    context = {
        "page_obj": Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page")),
        "can_raise": request.user.has_perm("coordination.raise_issue"),
    }
    return render(request, "coordination/issue_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.raise_issue")
@sent_once
def issue_create(request: HttpRequest) -> HttpResponse:
    """Raise an issue in a forum."""
    mission_of(request)
    form = IssueForm(request.POST or None, user=request.user, initial={"forum": request.GET.get("forum")})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            issue = services.raise_issue(given.pop("forum"), by=request.user, **given)
        except RuleError as error:
            if error.status != RuleError.status:
                raise
            form.refuse(error)
        else:
            messages.success(request, _("%(ref)s is raised. It is proposed for the next agenda.") % {"ref": issue.ref})
            return redirect("coordination:issue-detail", issue.pk)
    return render(request, "coordination/issue_form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@permitted("coordination.view_meeting")
def issue_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One issue: what is asked, where it lies, every step of its way."""
    return _page(request, _load(request, pk), {})


def _page(request: HttpRequest, issue: Issue, bound: dict[str, StepForm], status: int = 200) -> HttpResponse:
    steps = services.open_steps(issue, request.user)
    seen = set(Decision.objects.visible_to(request.user).filter(issue_moves__issue=issue).values_list("pk", flat=True))
    moves = issue.moves.select_related("from_forum", "to_forum", "decision__meeting", "moved_by")
    context: dict[str, Any] = {
        "issue": issue,
        "threat": Threat.objects.visible_to(request.user).filter(pk=issue.threat_id).first(),
        "moves": [(move, move.decision if move.decision_id in seen else None) for move in moves],
        "acts": [(step, bound.get(step.act) or _form(issue, step, request)) for step in steps],
        "marking": issue.marking,
    }
    return render(request, "coordination/issue_detail.html", context, status=status)


def _form(issue: Issue, step: Any, request: HttpRequest, data: Any = None) -> StepForm:
    decisions = services.decisions_for(issue, request.user) if step.needs_decision else None
    return StepForm(data, decisions=decisions, auto_id=f"{step.act}_%s")


@require_POST
@permitted("coordination.raise_issue")
def issue_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Take one step with an issue."""
    issue = _load(request, pk)
    step = next((one for one in services.open_steps(issue, request.user) if one.act == act), None)
    form = _form(issue, step, request, request.POST) if step else StepForm(request.POST)
    if form.is_valid():
        try:
            services.move_issue(issue, act, by=request.user, **form.cleaned_data)
        except RuleError as error:
            if error.status != RuleError.status or step is None:
                raise
            form.refuse(error)
        else:
            messages.success(request, _("%(ref)s has moved on.") % {"ref": issue.ref})
            return redirect("coordination:issue-detail", pk)
    return _page(request, issue, {act: form}, status=422)
