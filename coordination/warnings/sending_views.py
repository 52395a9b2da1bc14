"""Pages of sending: the alert and its recipients, sharing, acknowledging, the lists of recipients."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from coordination.models import CaseRecipient, WarningCase
from coordination.warnings import recipients, rules, sending
from coordination.warnings.acknowledgement import acknowledge
from coordination.warnings.response_forms import RuleForm, SendForm, person_choices
from coordination.warnings.response_pages import (
    asked,
    context_of,
    done,
    load_case,
    moved_on,
    not_open,
    out_of_order,
    refuse,
)
from coordination.warnings.views import mission_of
from pocweb import clock
from pocweb.errors import Conflict, RuleError
from pocweb.models import Person
from pocweb.pages import back_to, permitted, sent_once, stated_version


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.STEER)
@sent_once
def case_send_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an imminent alert: who will get it, changed with a reason; then it waits to be acknowledged (I10)."""
    case = load_case(request, pk)
    asked(request, rules.STEER, case)
    try:
        late = out_of_order(case, "send-out")
    except RuleError as error:
        return not_open(request, case, error)
    form = _form(request, case, sending.SEND, is_out_of_order=late)
    if request.method == "POST" and form.is_valid():
        try:
            case = sending.send_out(
                case, by=request.user, based_on=stated_version(request.POST), chosen=_chosen(form),
                reason=form.cleaned_data.get("reason", ""),
            )  # fmt: skip
        except RuleError as error:
            refuse(form, error)
        else:
            return done(request, _("%(ref)s is sent out.") % {"ref": case.ref}, case, "recipients")
    minutes = sending.minutes_to_acknowledge(case.mission)
    return _page(request, case, form, step=sending.SEND, minutes=minutes)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.STEER)
@sent_once
def case_share(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Share a case with the list of a step, without a time to acknowledge (6, N12)."""
    case = load_case(request, pk)
    asked(request, rules.STEER, case)
    form = _form(request, case, step, is_out_of_order=False)
    if request.method == "POST" and form.is_valid():
        based_on = stated_version(request.POST)
        try:
            case = sending.share_case(case, step, by=request.user, based_on=based_on, chosen=_chosen(form))
        except RuleError as error:
            refuse(form, error)
        else:
            return done(request, _("%(ref)s is shared.") % {"ref": case.ref}, case, "recipients")
    return _page(request, case, form, step=step, minutes=None)


def _form(request: HttpRequest, case: WarningCase, step: str, *, is_out_of_order: bool) -> Any:
    lines = recipients.recipients_for(case, step)
    listed = [(person.pk, f"{person}, {label}") for label, person in recipients.people_of(lines)]
    others = person_choices(case, without={pk for pk, _words in listed})
    form: Any = SendForm(
        request.POST if request.method == "POST" else None, listed=listed, others=others,
        is_out_of_order=is_out_of_order,
    )  # fmt: skip
    form.lines = lines
    return form


def _chosen(form: SendForm) -> sending.Chosen:
    data = form.cleaned_data
    added = tuple(Person.objects.filter(pk__in=data["added"]))
    return sending.Chosen(frozenset(data["removed"]), added, data["change_reason"])


def _page(request: HttpRequest, case: WarningCase, form: Any, *, step: str, minutes: int | None) -> HttpResponse:
    context = context_of(case, request, form=form, lines=form.lines, step=step, minutes=minutes)
    return render(request, "coordination/response_send.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.view_case")
def case_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that a notice leads to: the alert in short, and one button. A second press is harmless (EW-08)."""
    case = load_case(request, pk)
    if request.method == "POST":
        count = acknowledge(case, by=request.user)
        words = _("You acknowledged %(ref)s.") if count else _("You had acknowledged %(ref)s already.")
        messages.success(request, words % {"ref": case.ref})
        return redirect(back_to(request, reverse("coordination:case-acknowledge", args=[pk])))
    rows = list(CaseRecipient.objects.filter(case=case, person=request.user.pk).order_by("-sent_at"))
    waiting = [row for row in rows if row.acknowledged_at is None]
    now = clock.now(case.mission)
    context = context_of(
        case, request, rows=rows, waiting=waiting if case.is_open else [], state=moved_on(case),
        is_late=any(row.due_at and row.due_at < now for row in waiting),
    )  # fmt: skip
    return render(request, "coordination/response_acknowledge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(recipients.SET)
@sent_once
def recipient_rules(request: HttpRequest) -> HttpResponse:
    """The mission's lists of recipients by step, and the form that adds a line."""
    mission = mission_of(request)
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        initial={"reach": "office", "step": request.GET.get("step", sending.SEND)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            rule = recipients.add_rule(mission, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(
                request, _("Added to step %(step)s: %(label)s.") % {"step": rule.step, "label": rule.label}
            )
            return redirect(reverse("coordination:recipient-rules") + f"#step-{rule.step}")
    context = {"steps": recipients.lists_of(mission), "form": form}
    return render(request, "coordination/response_lists.html", context, status=422 if form.errors else 200)


@require_POST
@permitted(recipients.SET)
def recipient_rule_remove(request: HttpRequest, step: str) -> HttpResponse:
    """Take a line off the list of a step."""
    label = request.POST.get("label", "")
    try:
        recipients.remove_rule(mission_of(request), step=step, label=label, by=request.user)
    except RuleError as error:
        if error.status != RuleError.status and not isinstance(error, Conflict):
            raise
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken off step %(step)s: %(label)s.") % {"step": step, "label": label})
    return redirect(reverse("coordination:recipient-rules") + f"#step-{step}")
