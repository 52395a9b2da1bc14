"""Pages of responses and of the harm assessment that stands before an operation."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.models import CaseResponse, HarmAssessment
from coordination.warnings import decisions, harm, responses, rules
from coordination.warnings.moves import move_case
from coordination.warnings.response_forms import ActForm, BeginForm, EffectForm, HarmForm, ObstacleForm, ResponseForm
from coordination.warnings.response_pages import (
    CITED,
    asked,
    context_of,
    done,
    load_case,
    load_response,
    moved_on,
    not_open,
    out_of_order,
    refuse,
)
from coordination.warnings.response_words import LABELS, show_response, tone_of
from pocweb.audit import history_of
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.pages import conflict_page, history_lines, permitted, sent_once, stated_version, wanted_changes

TEXTS = ("text", "host_authority")
ACTS: dict[str, tuple[Any, Any]] = {
    "begin": (BeginForm, responses.begin_response),
    "finish": (EffectForm, responses.finish_response),
    "hinder": (ObstacleForm, responses.hinder_response),
    "effect": (EffectForm, responses.note_effect),
}
OPEN_ACTS = {
    "planned": ("begin", "hinder"),
    "under_way": ("finish", "hinder"),
    "hindered": ("begin",),
    "done": ("effect",),
}
WORDS = {
    "begin": (gettext_lazy("Action is taken"), gettext_lazy("Note the action")),
    "finish": (gettext_lazy("It is complete"), gettext_lazy("Mark it complete")),
    "hinder": (gettext_lazy("It meets an obstacle"), gettext_lazy("Report the obstacle")),
    "effect": (gettext_lazy("Its effect"), gettext_lazy("Note the effect")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.RESPOND)
@sent_once
def response_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan a response to a case."""
    case = load_case(request, pk)
    asked(request, rules.RESPOND, case)
    found = list(decisions.decisions_of(case).visible_to(request.user))
    initial = {"decision": found[0].pk if found else None}
    form = ResponseForm(request.POST if request.method == "POST" else None, case=case, decisions=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = responses.add_response(case, given=form.values(), by=request.user)
        except RuleError as error:
            refuse(form, error)
        else:
            words = _("Planned: %(kind)s.") % {"kind": made.get_kind_display()}
            if made.is_operation:
                words += " " + _("It is an operation: assess its harm before it begins.")
            return done(request, words, case, "responses")
    context = context_of(case, request, form=form)
    return render(request, "coordination/response_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.RESPOND)
def response_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a response under the lost-update guard."""
    response = load_response(request, pk)
    case = response.case
    asked(request, rules.RESPOND, case)
    found = list(decisions.decisions_of(case).visible_to(request.user))
    initial: dict[str, Any] = {name: getattr(response, name) for name in ("kind", "text", "host_authority", "due_at")}
    initial |= {name: getattr(response, f"{name}_id") for name in ("component", "owner", "decision")}
    initial["is_operation"] = "yes" if response.is_operation else "no"
    form = ResponseForm(request.POST if request.method == "POST" else None, case=case, decisions=found, initial=initial)
    if request.method == "POST":
        try:
            changes = wanted_changes(request, form, names=responses.EDITABLE, texts=TEXTS)
            if changes is not None:
                based_on = stated_version(request.POST)
                responses.edit_response(response, changes=changes, based_on=based_on, by=request.user)
                messages.success(request, _("The response is saved."))
                return redirect("coordination:response-detail", pk)
        except EditConflict as error:
            words: Any = {"labels": LABELS, "show": show_response, "texts": TEXTS}
            return conflict_page(request, error, "coordination/sharing_conflict.html", record=response, **words)
        except RuleError as error:
            form.is_valid()
            refuse(form, error)
    context = context_of(case, request, form=form, response=response)
    context["based_on"] = stated_version(request.POST) or response.version
    return render(request, "coordination/response_form.html", context, status=422 if form.errors else 200)


@require_safe
@permitted("coordination.view_case")
def response_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One response: what is planned, how it stands, and what may be reported of it."""
    return _page(request, load_response(request, pk))


def _page(
    request: HttpRequest, response: CaseResponse, *, bound: tuple[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    case = response.case
    may = case.is_open and request.user.has_perm(rules.RESPOND, case)
    reports = case.is_open and responses.may_report(request.user, response, case)
    acts = []
    for act in OPEN_ACTS[response.state] if reports else ():
        form = bound[1] if bound and bound[0] == act else ACTS[act][0](initial={"effect": response.effect})
        title, label = WORDS[act]
        acts.append({"act": act, "title": title, "label": label, "form": form})
    if bound and bound[0] not in [one["act"] for one in acts]:
        title, label = WORDS[bound[0]]
        acts.append({"act": bound[0], "title": title, "label": label, "form": bound[1]})
    is_held = False
    if response.is_operation and response.state in ("planned", "hindered"):
        is_held = harm.valid_assessment(case) is None
    sees_decision = response.decision_id and decisions.decisions_of(case).visible_to(request.user).filter(
        pk=response.decision_id
    )
    context = context_of(
        case, request, response=response, tone=tone_of(response.state), acts=acts, is_held=is_held, may=may,
        decision=response.decision if sees_decision and sees_decision.exists() else None,
        can_assess=request.user.has_perm(rules.HARM, case),
        events=history_lines(history_of(response)[:20], labels=LABELS, show=show_response),
    )  # fmt: skip
    return render(request, "coordination/response_detail.html", context, status=status)


@require_POST
@permitted("coordination.view_case")
def response_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Begin a response, complete it, report an obstacle, note its effect."""
    response = load_response(request, pk)
    responses.require_report(response, response.case, request.user)
    form_class, service = ACTS[act]
    form = form_class(request.POST)
    if form.is_valid():
        try:
            response = service(response, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            words = _("%(kind)s: %(state)s.")
            state = str(response.get_state_display()).lower()
            messages.success(request, words % {"kind": response.get_kind_display(), "state": state})
            return redirect("coordination:response-detail", pk)
    return _page(request, load_response(request, pk), bound=(act, form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.RESPOND)
@sent_once
def case_implement(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the case on to "under way": its responses, and whether the harm of an operation is assessed (I15, N11)."""
    case = load_case(request, pk)
    asked(request, rules.RESPOND, case)
    try:
        form = ActForm(
            request.POST if request.method == "POST" else None, is_out_of_order=out_of_order(case, "implement")
        )
    except RuleError as error:
        return not_open(request, case, error)
    if request.method == "POST" and form.is_valid():
        based_on, reason = stated_version(request.POST), form.cleaned_data.get("reason", "")
        try:
            case = move_case(case, "implement", by=request.user, based_on=based_on, reason=reason)
        except RuleError as error:
            refuse(form, error)
        else:
            return done(request, moved_on(case), case, "responses")
    planned = list(case.responses.select_related("component"))
    try:
        harm.refuse_unassessed(case)
        held = ""
    except RuleError as error:
        held = error.message
    can_assess = request.user.has_perm(rules.HARM, case)
    context = context_of(case, request, form=form, responses=planned, held=held, can_assess=can_assess)
    return render(request, "coordination/response_implement.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.HARM)
@sent_once
def harm_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a harm assessment; with "send" it goes to the POC Unit at once (I16, EW-11)."""
    case = load_case(request, pk)
    asked(request, rules.HARM, case)
    last = case.harm_assessments.last()
    operations = list(harm.operations_of(case).select_related("component"))
    initial = {name: getattr(last, name) for name in harm.TEXTS} if last else {"operation": _plan(operations)}
    form = HarmForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = harm.assess_harm(case, given=form.cleaned_data, by=request.user)
            if request.POST.get("act") == "send":
                harm.send_harm(made, by=request.user)
        except RuleError as error:
            refuse(form, error)
        else:
            words = _("The assessment went to the POC Unit.") if made.sent_at else _("The assessment is stored.")
            return done(request, words, case, "harm")
    context = context_of(case, request, form=form, last=last, operations=operations)
    return render(request, "coordination/response_harm.html", context, status=422 if form.errors else 200)


def _plan(operations: list[CaseResponse]) -> str:
    return "\n".join(f"{one.get_kind_display()}: {one.text}".strip(": ") for one in operations)


@require_POST
@permitted(rules.HARM)
def harm_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a stored assessment to the POC Unit."""
    rows = HarmAssessment.objects.visible_to(request.user).select_related(*(f"case__{name}" for name in CITED))
    one: HarmAssessment = get_object_or_404(rows, pk=pk)
    asked(request, rules.HARM, one.case)
    try:
        harm.send_harm(one, by=request.user)
    except RuleError as error:
        if isinstance(error, Forbidden):
            raise
        return not_open(request, one.case, error)
    return done(request, _("The assessment went to the POC Unit."), one.case, "harm")
