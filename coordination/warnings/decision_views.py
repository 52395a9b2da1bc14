"""Pages on which a forum's word is asked for and recorded: emergency meeting, decision, tabling, telling, closing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.choices import MeetingState
from coordination.models import Decision
from coordination.permissions import CALL
from coordination.warnings import decisions, emergency, rules, tabling, telling
from coordination.warnings.response_forms import ActForm, CloseForm, EmergencyForm, TellForm
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
from pocweb import clock
from pocweb.errors import RuleError
from pocweb.pages import permitted, sent_once, stated_version


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CALL)
@sent_once
def case_emergency(request: HttpRequest, pk: int) -> HttpResponse:
    """Call the local forum now: one press from the case; this page where a forum must be chosen (I11, EW-09)."""
    case = load_case(request, pk)
    asked(request, CALL, case)
    forums = emergency.forums_for(case, request.user)
    form = EmergencyForm(
        request.POST if request.method == "POST" else None,
        forums=forums,
        initial={"forum": forums[0].pk if forums else None},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            called = emergency.call_emergency(case, by=request.user, forum=data.get("forum"), reason=data["reason"])
        except RuleError as error:
            refuse(form, error)
        else:
            words = _("%(ref)s is in session. Write the decision under the case.")
            if not called.is_new:
                words = _("%(ref)s deals with the case already. Write the decision under the case.")
            messages.success(request, words % {"ref": called.meeting.ref})
            is_open = called.meeting.state == MeetingState.OPEN
            name = "meeting-session" if is_open else "meeting-detail"
            return redirect(f"coordination:{name}", called.meeting.pk)
    can_set_up = request.user.has_perm("coordination.change_forum")
    context = context_of(case, request, form=form, forums=forums, can_set_up=can_set_up)
    return render(request, "coordination/response_emergency.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.STEER)
@sent_once
def case_decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the forum decided: the decisions of this round, or the way to one (I11, N10)."""
    case = load_case(request, pk)
    asked(request, rules.STEER, case)
    act = decisions.act_for(case)
    try:
        form = ActForm(request.POST if request.method == "POST" else None, is_out_of_order=out_of_order(case, act))
    except RuleError as error:
        return not_open(request, case, error)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        try:
            case = decisions.record_decision(
                case, by=request.user, based_on=stated_version(request.POST), reason=reason
            )
        except RuleError as error:
            refuse(form, error)
        else:
            return done(request, moved_on(case), case, "decisions")
    found = list(decisions.decisions_now(case).visible_to(request.user))
    can_call = case.is_imminent and request.user.has_perm(CALL, case)
    items = case.agenda_items.visible_to(request.user).filter(
        meeting__state__in=(MeetingState.PLANNED, MeetingState.OPEN)
    )
    meetings = [one.meeting for one in items.select_related("meeting__forum").order_by("meeting__starts_at")]
    context = context_of(case, request, form=form, decisions=found, can_call=can_call, meetings=meetings)
    return render(request, "coordination/response_decision.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.STEER)
@sent_once
def case_table(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a case before the local forum: on which agenda it comes, then the button (N10, EW-13)."""
    case = load_case(request, pk)
    asked(request, rules.STEER, case)
    try:
        form = ActForm(request.POST if request.method == "POST" else None, is_out_of_order=out_of_order(case, "table"))
    except RuleError as error:
        return not_open(request, case, error)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        try:
            tabled = tabling.table_case(case, by=request.user, based_on=stated_version(request.POST), reason=reason)
        except RuleError as error:
            refuse(form, error)
        else:
            words = _("%(ref)s waits for the next meeting.") % {"ref": case.ref}
            if tabled.meeting is not None:
                words = _("%(ref)s is on the agenda of %(meeting)s.") % {"ref": case.ref, "meeting": tabled.meeting.ref}
            return done(request, words, case, "decisions")
    forum = emergency.local_forum(case, request.user)
    meeting = tabling.next_meeting(forum, now=clock.now(case.mission)) if forum else None
    context = context_of(case, request, form=form, forum=forum, meeting=meeting)
    return render(request, "coordination/response_table.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.STEER)
@sent_once
def case_tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell partners, structures or the population, as the forum decided (I13, EW-12)."""
    case = load_case(request, pk)
    asked(request, rules.STEER, case)
    found = telling.decisions_to_tell(case, request.user)
    initial = {"decision": found[0].pk if len(found) == 1 else None}
    form = TellForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        case=case,
        decisions=found,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = dict(form.cleaned_data)
        decision: Decision | None = next((one for one in found if one.pk == given.pop("decision")), None)
        based_on = stated_version(request.POST)
        try:
            telling.tell_of_case(case, by=request.user, decision=decision, based_on=based_on, **given)
        except RuleError as error:
            refuse(form, error)
        else:
            return done(request, _("It is recorded who was told."), case, "told")
    context = context_of(case, request, form=form, decisions=found)
    return render(request, "coordination/response_tell.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(rules.STEER)
@sent_once
def case_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a case with the finding that the threat has gone (N12, EW-13)."""
    case = load_case(request, pk)
    asked(request, rules.STEER, case)
    try:
        form = CloseForm(
            request.POST if request.method == "POST" else None, is_out_of_order=out_of_order(case, "close")
        )
    except RuleError as error:
        return not_open(request, case, error)
    if request.method == "POST" and form.is_valid():
        based_on = stated_version(request.POST)
        try:
            case = tabling.close_case(case, by=request.user, based_on=based_on, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            return done(request, _("%(ref)s is closed.") % {"ref": case.ref}, case)
    running = list(case.responses.exclude(state="done").select_related("component"))
    context = context_of(case, request, form=form, running=running)
    return render(request, "coordination/response_close.html", context, status=422 if form.errors else 200)
