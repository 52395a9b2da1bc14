"""The page of a meeting in session: who is there, and what is written under each item. Each save is one post."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.choices import AttendanceState, MeetingState
from coordination.meetings import services
from coordination.meetings.forms import ItemForm, shown
from coordination.meetings.records import NoteConflict, write_under
from coordination.meetings.views import load_meeting
from coordination.models import ActionPoint, AgendaItem, Decision, Meeting
from pocweb import clock
from pocweb.errors import Forbidden, RuleError
from pocweb.models import Component, Posting
from pocweb.numbers import whole
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require


@dataclass(frozen=True)
class Hall:
    """Who may be there and who may be named: people of the mission by key, their components, the forum's seats."""

    people: dict[int, Any]
    component_of: dict[int, Component | None]
    home: frozenset[int]
    components: dict[int, Component]
    bodies: tuple[str, ...]


def hall_of(meeting: Meeting) -> Hall:
    """Return the people, components and bodies that the page offers. Three queries.

    Listed for attendance are the people posted in the forum's own office and those who hold a seat in it.
    """
    today = clock.today(meeting.mission)
    rows = Posting.objects.filter(mission=meeting.mission, starts_on__lte=today, person__is_active=True)
    rows = rows.filter(Q(ends_on=None) | Q(ends_on__gte=today)).select_related("person", "component")
    postings = list(rows.order_by("person__last_name", "person__username"))
    seats = list(meeting.forum.seats.all())
    seated = {seat.person_id for seat in seats if seat.person_id is not None}
    return Hall(
        people={one.person_id: one.person for one in postings},
        component_of={one.person_id: one.component for one in postings},
        home=frozenset({one.person_id for one in postings if one.office_id == meeting.office_id} | seated),
        components={one.pk: one for one in Component.objects.filter(mission=meeting.mission)},
        bodies=tuple(seat.body for seat in seats if seat.body),
    )


@require_safe
@permitted("coordination.view_meeting")
def meeting_session(request: HttpRequest, pk: int) -> HttpResponse:
    """The meeting in session; one that is not leads to its page."""
    meeting = load_meeting(request, pk)
    if meeting.state != MeetingState.OPEN:
        return redirect("coordination:meeting-detail", pk)
    return _page(request, meeting)


def _page(
    request: HttpRequest,
    meeting: Meeting,
    *,
    bound: dict[int, ItemForm] | None = None,
    conflict: AgendaItem | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the whole page; htmx takes the part that it asked for out of it."""
    user: Any = request.user
    hall = hall_of(meeting)
    choices: dict[str, Any] = {
        "people": [
            (pk, f"{one.last_name}, {one.first_name}".strip(", ") or str(one)) for pk, one in hall.people.items()
        ],
        "components": [(pk, one.name) for pk, one in hall.components.items()],
    }
    decisions = Decision.objects.visible_to(user).select_related("meeting")
    actions = ActionPoint.objects.visible_to(user).select_related("owner", "component")
    items = (
        meeting.items.visible_to(user)
        .select_related("threat")
        .prefetch_related(
            Prefetch("decisions", decisions, to_attr="seen_decisions"),
            Prefetch("actions", actions, to_attr="seen_actions"),
        )
    )
    lines = []
    for item in items:
        form = (bound or {}).get(item.pk) or ItemForm(
            initial={"note": item.note, "note_was": shown(item.note)}, auto_id=f"i{item.pk}_%s", **choices
        )
        is_taken = conflict is not None and conflict.pk == item.pk
        based_on = request.POST.get("based_on") if item.pk in (bound or {}) and not is_taken else item.version
        lines.append({"item": item, "form": form, "based_on": based_on, "theirs": item.note if is_taken else None})
    context = {
        "meeting": meeting,
        "lines": lines,
        "groups": _groups(meeting, hall),
        "can_change": user.has_perm("coordination.run_meeting", meeting),
        "marking": max([meeting.marking, *(line["item"].marking for line in lines)]),
    }
    context |= _bodies(meeting, hall)
    return render(request, "coordination/meeting_session.html", context, status=status)


def _choices(hall: Hall) -> dict[str, Any]:
    """Return people, by family name so that a key finds them, and components as the forms offer them."""
    people = [(pk, f"{one.last_name}, {one.first_name}".strip(", ") or str(one)) for pk, one in hall.people.items()]
    return {"people": people, "components": [(pk, one.name) for pk, one in hall.components.items()]}


def _groups(meeting: Meeting, hall: Hall) -> list[dict[str, Any]]:
    """Return the people to tick by component, those that are recorded already among them."""
    there, _names = services.attendance_of(meeting)
    groups: dict[str, list[dict[str, Any]]] = {}
    for pk in sorted(hall.home | set(there), key=lambda one: str(hall.people.get(one, ""))):
        if person := hall.people.get(pk):
            name = str(hall.component_of[pk] or _("No component named"))
            groups.setdefault(name, []).append({"person": person, "state": there.get(pk, "")})
    return [{"name": name, "people": people} for name, people in sorted(groups.items())]


def _bodies(meeting: Meeting, hall: Hall) -> dict[str, Any]:
    """Return the bodies outside the mission that are recorded, and those with a seat that are not."""
    _there, names = services.attendance_of(meeting)
    return {"bodies": names, "seated": [one for one in hall.bodies if one not in names]}


@require_POST
@permitted("coordination.run_meeting")
@sent_once
def meeting_attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """Store who is there: what the person changed against the list that they were shown."""
    meeting = load_meeting(request, pk)
    hall = hall_of(meeting)
    before, after = _ticked(request, "was_"), _ticked(request, "")
    services.record_attendance(
        meeting,
        before=before,
        after=after,
        bodies_before=request.POST.getlist("was_body"),
        bodies_after=[*request.POST.get("bodies", "").splitlines(), *request.POST.getlist("seated")],
        people=hall.component_of,
        by=request.user,
    )
    messages.success(request, _("Attendance is recorded."))
    return redirect(reverse("coordination:meeting-session", args=[pk]) + "#attendance")


def _ticked(request: HttpRequest, prefix: str) -> dict[int, str]:
    """Return the people of a post to their state; a person with both ticks was there."""
    found: dict[int, str] = {}
    for state in (AttendanceState.EXCUSED, AttendanceState.PRESENT):
        found |= {whole(pk): state.value for pk in request.POST.getlist(f"{prefix}{state.value}") if whole(pk)}
    return found


@require_POST
@permitted("coordination.run_meeting")
@sent_once
def meeting_item(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Store what was written under one item: note, decision and action point together, or nothing."""
    meeting = load_meeting(request, pk)
    require(request.user, "coordination.run_meeting", meeting)
    one = get_object_or_404(AgendaItem.objects.visible_to(request.user), pk=item, meeting=meeting)
    hall = hall_of(meeting)
    choices = _choices(hall)
    form = ItemForm(request.POST, auto_id=f"i{item}_%s", **choices)
    if not form.is_valid():
        return _page(request, meeting, bound={item: form}, status=422)
    text = request.POST.get("based_on", "")
    entry = form.entry(people=hall.people, components=hall.components)
    try:
        write_under(one, entry, based_on=whole(text), by=request.user)
    except NoteConflict as error:
        return _page(
            request, meeting, bound={item: _after(error.item, request, item, choices)}, conflict=error.item, status=409
        )
    except RuleError as error:
        if isinstance(error, Forbidden) or error.status != RuleError.status:
            raise
        form.refuse(error)
        return _page(request, meeting, bound={item: form}, status=422)
    messages.success(request, _("Saved: %(title)s.") % {"title": one.title})
    return redirect(reverse("coordination:meeting-session", args=[pk]) + f"#item-{item}")


def _after(item: AgendaItem, request: HttpRequest, pk: int, choices: dict[str, Any]) -> ItemForm:
    """Return the form as it was sent, now standing on the other person's text: the next save replaces it knowingly."""
    data = request.POST.copy()
    data["note_was"] = shown(item.note)
    form = ItemForm(data, auto_id=f"i{pk}_%s", **choices)
    form.is_valid()
    return form
