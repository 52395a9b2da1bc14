"""Pages of meetings: calendar, call, one meeting with its agenda or minutes, what is due, the moves."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.choices import MeetingKind, MeetingState
from coordination.meetings import rules, services
from coordination.meetings.agenda import due_for, threats_of
from coordination.meetings.changing import CHANGE
from coordination.meetings.forms import MeetingForm, NewItemForm, ReasonForm
from coordination.meetings.minutes import close_meeting, read_minutes
from coordination.models import AgendaItem, Decision, Forum, Meeting
from pocweb import clock
from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.models import Mission
from pocweb.pages import history_lines, permitted, sent_once
from pocweb.permissions import require

PAGE_SIZE, MOST_COMING = 20, 200
TONES = {"planned": "none", "open": "warn", "held": "ok", "cancelled": "none"}
LABELS = {
    "state": gettext_lazy("State"),
    "starts_at": gettext_lazy("Begins"),
    "kind": gettext_lazy("Kind"),
    "present": gettext_lazy("Present"),
    "place": gettext_lazy("Place"),
    "reason": gettext_lazy("Why now"),
    "marking": gettext_lazy("Marking"),
}


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission that the person is posted in; without one there are no pages (404)."""
    mission = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def load_meeting(request: HttpRequest, pk: int) -> Meeting:
    """Return a meeting that the person may see, else 404."""
    rows = Meeting.objects.visible_to(request.user).select_related("mission", "office", "forum__office")
    meeting: Meeting = get_object_or_404(rows, pk=pk)
    return meeting


@require_safe
@permitted("coordination.view_meeting")
def meeting_list(request: HttpRequest) -> HttpResponse:
    """The coming weeks of all forums in reach, or of one (`?forum=`), and what was held before."""
    mission = mission_of(request)
    forums = list(Forum.objects.visible_to(request.user).filter(mission=mission).order_by("office__path", "name"))
    rows = Meeting.objects.visible_to(request.user).filter(mission=mission).select_related("forum", "office")
    wanted = request.GET.get("forum", "")
    forum = next((one for one in forums if str(one.pk) == wanted), None)
    if forum is not None:
        rows = rows.filter(forum=forum)
    monday = rules.week_of(clock.today(mission))
    coming = rows.filter(state__in=services.CHANGEABLE).order_by("starts_at", "number")[:MOST_COMING]
    weeks = [
        {"monday": week, "sunday": week + timedelta(days=6), "is_past": week < monday, "meetings": list(group)}
        for week, group in groupby(coming, key=lambda one: rules.week_of(one.starts_at.date()))
    ]
    before = rows.exclude(state__in=services.CHANGEABLE)
    context = {
        "weeks": weeks,
        "page_obj": Paginator(before, PAGE_SIZE).get_page(request.GET.get("page")),
        "forums": forums,
        "forum": forum,
        "tones": TONES,
        "can_call": request.user.has_perm("coordination.change_meeting"),
    }
    return render(request, "coordination/meeting_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_meeting")
@sent_once
def meeting_create(request: HttpRequest) -> HttpResponse:
    """Call a meeting of a forum."""
    mission = mission_of(request)
    initial = {"forum": request.GET.get("forum"), "marking": int(mission.default_marking)}
    form = MeetingForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            meeting = services.call_meeting(given.pop("forum"), by=request.user, **given)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(ref)s is called. Now make its agenda.") % {"ref": meeting.ref})
            return redirect("coordination:meeting-agenda", meeting.pk)
    return render(request, "coordination/meeting_form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@permitted("coordination.view_meeting")
def meeting_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The agenda of a coming meeting, or the minutes of one that was held."""
    return _page(request, load_meeting(request, pk), ReasonForm())


def _page(request: HttpRequest, meeting: Meeting, form: ReasonForm, status: int = 200) -> HttpResponse:
    events = list(history_of(meeting)[:20])
    context: dict[str, Any] = {
        "meeting": meeting,
        "tone": TONES[meeting.state],
        "acts": [move.act for move in rules.acts_from(meeting.state)],
        "can_change": request.user.has_perm("coordination.run_meeting", meeting),
        "can_edit": meeting.state == MeetingState.PLANNED and request.user.has_perm(CHANGE, meeting),
        "form": form,
        "events": history_lines(events, labels=LABELS, show=meeting_words),
        "marking": meeting.marking,
    }
    if meeting.state == MeetingState.HELD:
        minutes = read_minutes(meeting, request.user)
        context |= {"minutes": minutes, "marking": minutes.marking, "after": _since(meeting, request.user)}
        context["live"] = {one.pk: one for one in meeting.actions.visible_to(request.user)}
        context["can_overrule"] = request.user.has_perm("coordination.overrule_decision", meeting)
    else:
        items = list(meeting.items.visible_to(request.user).select_related("threat"))
        context |= {"items": items, "marking": max([meeting.marking, *(one.marking for one in items)])}
    return render(request, "coordination/meeting_detail.html", context, status=status)


def _since(meeting: Meeting, user: Any) -> dict[int, Decision]:
    """Return what senior leadership decided after the close, by the decision that it took the place of."""
    rows = Decision.objects.visible_to(user).filter(meeting=meeting, overrules__isnull=False)
    return {one.overrules_id: one for one in rows.select_related("recorded_by", "meeting")}


def meeting_words(name: str, value: Any) -> str:
    """Return a stored value of a meeting's history for people."""
    if name == "state" and value:
        return str(MeetingState(value).label)
    if name == "kind" and value:
        return str(MeetingKind(value).label)
    if name == "marking" and value is not None:
        return str(Marking(value).label)
    if name == "starts_at" and value and (moment := parse_datetime(value)):
        return date_format(moment, "j F Y, H:i")
    return str(value or "")


@require_POST
@permitted("coordination.run_meeting")
def meeting_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Open, call off or close a meeting."""
    meeting = load_meeting(request, pk)
    try:
        if act == rules.OPEN:
            services.open_meeting(meeting, by=request.user)
            return redirect("coordination:meeting-session", pk)
        if act == rules.CALL_OFF:
            services.call_off_meeting(meeting, reason=request.POST.get("reason", ""), by=request.user)
            messages.success(request, _("%(ref)s is called off.") % {"ref": meeting.ref})
        else:
            close_meeting(meeting, summary=request.POST.get("summary", ""), by=request.user)
            messages.success(request, _("The minutes of %(ref)s are closed.") % {"ref": meeting.ref})
    except RuleError as error:
        if error.field != "reason" and error.status != RuleError.status:
            raise
        if error.field != "reason":
            messages.error(request, error.message)
            return redirect("coordination:meeting-session" if act == rules.CLOSE else "coordination:meeting-detail", pk)
        form = ReasonForm(request.POST)
        form.is_valid()
        form.refuse(error)
        return _page(request, meeting, form, status=422)
    return redirect("coordination:meeting-detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.run_meeting")
@sent_once
def meeting_agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """What is due, to be ticked; further items by hand; their order."""
    meeting = load_meeting(request, pk)
    require(request.user, "coordination.run_meeting", meeting)
    form = NewItemForm(None, threats=threats_of(meeting.forum, request.user))
    if request.method == "POST" and request.POST.get("act") == "add":
        form = NewItemForm(request.POST, threats=threats_of(meeting.forum, request.user))
        if form.is_valid():
            try:
                item = services.add_item(meeting, by=request.user, **form.cleaned_data)
            except RuleError as error:
                if error.status != RuleError.status:
                    raise
                form.refuse(error)
            else:
                messages.success(request, _("On the agenda: %(title)s.") % {"title": item.title})
                return redirect("coordination:meeting-agenda", pk)
    elif request.method == "POST":
        made = services.take_up(meeting, keys=request.POST.getlist("due"), by=request.user)
        messages.success(request, _("Items added to the agenda: %(n)d.") % {"n": len(made)})
        return redirect("coordination:meeting-agenda", pk)
    items = list(meeting.items.visible_to(request.user).select_related("threat"))
    due = due_for(meeting, request.user, today=clock.today(meeting.mission))
    context = {
        "meeting": meeting,
        "items": items,
        "due": due,
        "form": form,
        "is_open": meeting.state in services.CHANGEABLE,
        "marking": max([meeting.marking, *(one.marking for one in (*items, *due))]),
    }
    return render(request, "coordination/meeting_agenda.html", context, status=422 if form.errors else 200)


@require_POST
@permitted("coordination.run_meeting")
def item_act(request: HttpRequest, pk: int, item: int, act: str) -> HttpResponse:
    """Move an item up or down, or take it off the agenda."""
    meeting = load_meeting(request, pk)
    rows = AgendaItem.objects.visible_to(request.user).select_related("meeting__mission")
    one = get_object_or_404(rows, pk=item, meeting=meeting)
    if act == "remove":
        try:
            services.remove_item(one, by=request.user)
        except RuleError as error:
            if error.code != "item_used":
                raise
            messages.error(request, error.message)
    else:
        services.shift_item(one, up=act == "up", by=request.user)
    return redirect("coordination:meeting-agenda", pk)
