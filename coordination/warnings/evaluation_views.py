"""The page of a case's evaluation: the question, the task, the findings."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from coordination.models import CaseStep, CaseTask, Decision, WarningCase
from coordination.warnings import evaluation as services
from coordination.warnings.choices import EvaluationTool, ReviewState, TaskKind
from pocweb.errors import RuleError
from pocweb.forms import DateInput
from pocweb.models import Person
from pocweb.pages import permitted, sent_once, stated_version
from pocweb.permissions import require
from pocweb.recipients import Staff
from threats.forms.threats import GuardedForm

NO, YES = "no", "yes"


class DecisionChoice(forms.ModelChoiceField):
    """Decisions of forums by reference, forum and day."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.ref} {obj.meeting.forum}, {obj.decided_at.day} {obj.decided_at:%B %Y}: {obj.text[:80]}"


class EvaluateForm(GuardedForm):
    """The answer to step 17: no with its reason, or the tool, who, until when, and the decision."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Evaluate the case?"),
        choices=[(YES, gettext_lazy("Yes, as a forum decided")), (NO, gettext_lazy("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say yes or no.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why not"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Only for the answer no. Which forum looked at it, and why nothing is to be learnt."),
    )  # fmt: skip
    tool = forms.ChoiceField(
        label=gettext_lazy("Tool"), required=False, widget=forms.RadioSelect, choices=EvaluationTool.choices
    )
    decision = DecisionChoice(
        label=gettext_lazy("Decided by"), required=False, queryset=Decision.objects.none(),
        empty_label=gettext_lazy("choose the decision"),
        help_text=gettext_lazy("The local forum or the Protection Working Group decides, under the case's item."),
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who evaluates it"), required=False, queryset=Person.objects.none(),
        empty_label=gettext_lazy("choose a person"),
    )  # fmt: skip
    due_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DateInput())

    def __init__(self, *args: Any, case: WarningCase, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["decision"].queryset = services.decisions_on(case, user)
        people = [pk for pk, one in Staff(case.mission).people.items() if services.may_see(one, case)]
        fields["owner"].queryset = Person.objects.filter(pk__in=people).order_by("last_name", "username")
        if case.review_state != ReviewState.OPEN:  # the question is answered; only a further evaluation can follow
            fields["answer"].widget = forms.HiddenInput()
            fields["answer"].initial = YES
            del fields["reason"]


class FindingsForm(GuardedForm):
    """What was found."""

    findings = forms.CharField(
        label=gettext_lazy("Findings"), widget=forms.Textarea(attrs={"rows": 8}), max_length=20_000,
        help_text=gettext_lazy(
            "From the warning to the response: what held, what did not, what follows. The decisions of Head of Office, "
            "commanders and forum included. Do not write names of sources, victims or witnesses."
        ),
        error_messages={"required": gettext_lazy("Write what was found and what follows from it.")},
    )  # fmt: skip


def _load(request: HttpRequest, pk: int) -> WarningCase:
    rows = WarningCase.objects.followed_by(request.user).select_related("mission", "office", "threat", "incident")
    case: WarningCase = get_object_or_404(rows, pk=pk)
    return case


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.view_case")
@sent_once
def case_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """The question of step 17, what was answered, the task and its findings."""
    case = _load(request, pk)
    may_answer = request.user.has_perm(services.STEER, case)
    is_free = case.state in services.AFTER_RESPONSE and case.review_state != ReviewState.UNDER_REVIEW
    form = EvaluateForm(request.POST or None, case=case, user=request.user) if may_answer and is_free else None
    if request.method == "POST":
        require(request.user, services.STEER, case)
        if form is None:
            raise RuleError("not_open", _("There is nothing to answer on this case now."))
        if form.is_valid():
            try:
                _answer(case, form.cleaned_data, stated_version(request.POST), request.user)
            except RuleError as error:
                form.refuse(error)
            else:
                messages.success(request, _("Your answer is kept."))
                return redirect("coordination:case-evaluation", pk)
    return _page(request, case, form=form, findings=FindingsForm())


def _answer(case: WarningCase, given: dict[str, Any], based_on: int, by: Any) -> None:
    if given["answer"] == NO:
        services.decline_evaluation(case, reason=given.get("reason", ""), based_on=based_on, by=by)
        return
    values = {name: given[name] for name in ("tool", "owner", "due_on", "decision")}
    services.ask_evaluation(case, **values, based_on=based_on, by=by)


@require_POST
@permitted("coordination.view_case")
@sent_once
def evaluation_finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the findings of the open evaluation and send them to those who get them."""
    case = _load(request, pk)
    task = CaseTask.objects.filter(case=case, kind=TaskKind.EVALUATION).order_by("-pk").first()
    if task is None:
        raise Http404
    services.require_finish(request.user, task, case)
    form = FindingsForm(request.POST)
    if form.is_valid():
        try:
            services.finish_evaluation(task, by=request.user, **form.cleaned_data)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The findings are kept and sent."))
            return redirect("coordination:case-evaluation", pk)
    return _page(request, case, form=None, findings=form)


def _page(
    request: HttpRequest, case: WarningCase, *, form: EvaluateForm | None, findings: FindingsForm
) -> HttpResponse:
    tasks = list(
        CaseTask.objects.filter(case=case, kind=TaskKind.EVALUATION).select_related("owner", "done_by").order_by("-pk")
    )
    steps = list(CaseStep.objects.filter(case=case, key=services.KEY).select_related("by").order_by("-pk"))
    keys = [key for step in steps for key in step.said.get("decision", [None, []])[1]]
    seen = {one.pk: one for one in services.decisions_on(case, request.user).filter(pk__in=keys)}
    open_task = next((one for one in tasks if one.done_at is None), None)
    context = {
        "case": case,
        "form": form,
        "findings": findings,
        "tasks": tasks,
        "open_task": open_task,
        "declined": next((step for step in steps if step.act == "no-evaluation"), None),
        "decisions": [seen[key] for key in keys if key in seen],
        "may_finish": open_task is not None and services.may_finish(request.user, open_task, case),
        "too_early": case.state not in services.AFTER_RESPONSE,
        "based_on": case.version,
        "marking": case.marking,
    }
    status = 422 if (form and form.errors) or findings.errors else 200
    return render(request, "coordination/trail_evaluation.html", context, status=status)
