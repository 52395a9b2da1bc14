"""What people do with meetings: call, open, call off, set the agenda, note who was there."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from coordination.choices import AgendaKind, AttendanceState, MeetingKind, MeetingState
from coordination.meetings import rules
from coordination.meetings.agenda import Proposal, case_proposal, due_for, threats_of
from coordination.models import AgendaItem, Attendance, Forum, Meeting, WarningCase
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Counter
from pocweb.permissions import refuse_above_clearance, require

COUNTER = "meeting"
CHANGEABLE = (MeetingState.PLANNED, MeetingState.OPEN)


@transaction.atomic
def call_meeting(
    forum: Forum,
    *,
    starts_at: datetime | None,
    kind: str = MeetingKind.REGULAR,
    place: str = "",
    reason: str = "",
    marking: int | None = None,
    by: Any,
    now: datetime | None = None,
) -> Meeting:
    """Call a meeting of an active forum and return it; its marking is at least the forum's.

    Raises `Forbidden`, and `RuleError` with the field: no moment, no reason for an emergency, one at that moment.
    Source: POC Handbook 2020, 6.1; Annex V, step 10 (CO-04).
    """
    require(by, "coordination.change_meeting", forum)
    return store_call(
        forum, starts_at=starts_at, kind=kind, place=place, reason=reason, marking=marking, by=by, now=now
    )


def store_call(
    forum: Forum,
    *,
    starts_at: datetime | None,
    kind: str,
    reason: str,
    place: str = "",
    marking: int | None = None,
    by: Any,
    now: datetime | None = None,
) -> Meeting:
    """Store a call inside the caller's transaction, once its right to call is asked; see `call_meeting`."""
    refuse_above_clearance(marking, by)
    moment = now or clock.now(forum.mission)
    if not forum.is_active:
        raise RuleError("forum_inactive", _("This forum is not active."), "forum")
    rules.check_call(kind=kind, reason=reason, starts_at=starts_at, now=moment)
    given: dict[str, Any] = {"starts_at": starts_at}
    meeting = Meeting(
        mission=forum.mission,
        office=forum.office,
        forum=forum,
        kind=kind,
        **given,
        place=place.strip(),
        reason=reason.strip(),
        marking=max(marking or forum.mission.default_marking, forum.marking),
        created_at=moment,
        created_by=by,
        changed_at=moment,
        changed_by=by,
    )
    meeting.number = Counter.take(forum.mission, COUNTER)
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError as error:
        words = _("The forum has a meeting at this moment already.")
        raise RuleError("called_already", words, "starts_at") from error
    changes: dict[str, list[Any]] = {"starts_at": [None, starts_at], "kind": [None, kind]}
    record_event(by, "called a meeting", meeting, changes=changes, note=meeting.reason, now=moment)
    return meeting


def open_meeting(meeting: Meeting, *, by: Any, now: datetime | None = None) -> Meeting:
    """Put a planned meeting in session. Raises `Forbidden`, `Conflict` when it is, `RuleError` before its day."""
    require(by, "coordination.run_meeting", meeting)
    moment = now or clock.now(meeting.mission)
    rules.check_opens(starts_on=meeting.starts_at.date(), today=moment.date())
    try:
        with transaction.atomic():
            return move(meeting, rules.OPEN, by=by, now=moment, columns={"opened_at": moment})
    except IntegrityError as error:
        raise Conflict("in_session", _("Another meeting of this forum is in session. Close it first.")) from error


def call_off_meeting(meeting: Meeting, *, reason: str, by: Any, now: datetime | None = None) -> Meeting:
    """Call a planned meeting off, with the reason. Raises `Forbidden`, `Conflict`, `RuleError` without a reason."""
    require(by, "coordination.change_meeting", meeting)
    given = rules.check_reason(reason)
    return move(meeting, rules.CALL_OFF, by=by, now=now, columns={"reason": given}, note=given)


@transaction.atomic
def move(
    meeting: Meeting, act: str, *, by: Any, columns: Mapping[str, Any], note: str = "", now: datetime | None = None
) -> Meeting:
    """Take one line of the state table by a conditional update, so that of two people one is told."""
    require(by, "coordination.run_meeting", meeting)
    moment = now or clock.now(meeting.mission)
    step = next(move for move in rules.MOVES if move.act == act)
    rows = Meeting.objects.filter(pk=meeting.pk, state=step.before)
    if not rows.update(state=step.after, version=F("version") + 1, changed_at=moment, changed_by=by, **columns):
        meeting.refresh_from_db(fields=["state"])
        words = {"ref": meeting.ref, "state": str(meeting.get_state_display()).lower()}
        raise Conflict("already_moved", _("%(ref)s has moved on meanwhile: %(state)s.") % words)
    meeting.refresh_from_db()
    record_event(by, step.verb, meeting, changes={"state": [step.before, step.after]}, note=note, now=moment)
    return meeting


def locked(meeting_pk: int, *, states: Collection[str], by: Any) -> Meeting:
    """Return the meeting with its row locked until the transaction ends, so that closing waits for what is written.

    Raises `Forbidden`, and `Conflict` when it is in none of the states: after its close nothing changes.
    """
    rows = Meeting.objects.select_for_update(of=("self",)).select_related("mission", "office", "forum__office")
    meeting: Meeting = rows.get(pk=meeting_pk)
    require(by, "coordination.run_meeting", meeting)
    if meeting.state not in states:
        words = {"ref": meeting.ref, "state": str(meeting.get_state_display()).lower()}
        raise Conflict("wrong_state", _("%(ref)s takes no more entries: %(state)s.") % words)
    return meeting


@transaction.atomic
def take_up(meeting: Meeting, *, keys: Collection[str], by: Any, now: datetime | None = None) -> list[AgendaItem]:
    """Put what is due and ticked on the agenda, in the order of the proposals; return the new items.

    A key that is on the agenda already, or due no longer, is passed over: a second click adds nothing.
    """
    meeting = locked(meeting.pk, states=CHANGEABLE, by=by)
    moment = now or clock.now(meeting.mission)
    due = [one for one in due_for(meeting, by, today=moment.date()) if one.key in keys]
    return [_add(meeting, _columns(one), by=by, now=moment) for one in due]


def _columns(one: Proposal) -> dict[str, Any]:
    return {"kind": one.kind, one.kind: one.record, "title": one.title, "why": one.why, "marking": one.marking}


@transaction.atomic
def add_item(meeting: Meeting, *, title: str, threat: Any = None, by: Any, now: datetime | None = None) -> AgendaItem:
    """Put an item on the agenda by hand, on a threat of the forum's area or on none; return it.

    Raises `RuleError` with the field: no title, a threat that is not this forum's or on the agenda already (CO-06).
    """
    meeting = locked(meeting.pk, states=CHANGEABLE, by=by)
    moment = now or clock.now(meeting.mission)
    if threat is not None and not threats_of(meeting.forum, by).filter(pk=threat.pk).exists():
        raise RuleError("not_its_threat", _("A forum takes up the threats of its own area."), "threat")
    if threat is not None and meeting.items.filter(threat=threat).exists():
        raise RuleError("on_agenda", _("%(ref)s is on the agenda already.") % {"ref": threat.ref}, "threat")
    words = title.strip() or (f"{threat.ref} {threat.title}" if threat is not None else "")
    if not words:
        raise RuleError("title_missing", _("Say what the item is about."), "title")
    kind = AgendaKind.OTHER if threat is None else AgendaKind.THREAT
    columns = {"kind": kind, "threat": threat, "title": words, "marking": getattr(threat, "marking", 0)}
    return _add(meeting, columns, by=by, now=moment)


def _add(meeting: Meeting, columns: Mapping[str, Any], *, by: Any, now: datetime) -> AgendaItem:
    last = meeting.items.aggregate(last=Max("order"))["last"] or 0
    given = {**columns, "marking": max(columns["marking"], meeting.marking)}
    item: AgendaItem = AgendaItem.objects.create(meeting=meeting, order=last + 1, **given)
    record_event(by, "put on the agenda", item, note=meeting.ref, now=now)
    return item


@transaction.atomic
def put_case(meeting: Meeting, case: WarningCase, *, why: str, by: Any, now: datetime) -> AgendaItem:
    """Put a case on the agenda of a meeting that takes entries and return its item, the one there is where it stands.

    The right to do so is that of the act on the case (tabling it, calling the emergency), asked by who calls this.
    """
    held = Meeting.objects.select_for_update(of=("self",)).select_related("mission", "forum").get(pk=meeting.pk)
    there: AgendaItem | None = held.items.filter(case=case).first()
    if there is not None:
        return there
    if held.state not in CHANGEABLE:
        raise Conflict("wrong_state", _("%(ref)s takes no more entries.") % {"ref": held.ref})
    one = case_proposal(case, why)
    return _add(held, _columns(one), by=by, now=now)


@transaction.atomic
def shift_item(item: AgendaItem, *, up: bool, by: Any) -> None:
    """Move an item one place up or down among those that the person sees; at the end of the list nothing moves."""
    meeting = locked(item.meeting_id, states=CHANGEABLE, by=by)
    seen = list(meeting.items.visible_to(by).order_by("order", "pk"))
    place = next((index for index, one in enumerate(seen) if one.pk == item.pk), None)
    other = (place - 1 if up else place + 1) if place is not None else -1
    if place is None or not 0 <= other < len(seen):
        return
    AgendaItem.objects.filter(pk=seen[place].pk).update(order=seen[other].order)
    AgendaItem.objects.filter(pk=seen[other].pk).update(order=seen[place].order)


@transaction.atomic
def remove_item(item: AgendaItem, *, by: Any, now: datetime | None = None) -> None:
    """Take an item off the agenda. Raises `RuleError` once anything was written under it."""
    meeting = locked(item.meeting_id, states=CHANGEABLE, by=by)
    item = AgendaItem.objects.filter(meeting=meeting, pk=item.pk).first() or item
    if item.note or item.decisions.exists() or item.actions.exists():
        raise RuleError("item_used", _("Something is written under this item; it stays on the agenda."))
    record_event(by, "took off the agenda", item, note=meeting.ref, now=now or clock.now(meeting.mission))
    AgendaItem.objects.filter(pk=item.pk).delete()


@transaction.atomic
def record_attendance(
    meeting: Meeting,
    *,
    before: Mapping[int, str],
    after: Mapping[int, str],
    bodies_before: Iterable[str] = (),
    bodies_after: Iterable[str] = (),
    people: Mapping[int, Any],
    by: Any,
    now: datetime | None = None,
) -> None:
    """Store what changed between the list that a person was shown and the one they sent; others' ticks stay.

    `before` and `after` map people to "present" or "excused", the bodies outside the mission are functions, not
    names. `people` maps the people who may be listed to their component (or None). One event tells how many.
    """
    meeting = locked(meeting.pk, states=(MeetingState.OPEN,), by=by)
    changed = {pk for pk in {*before, *after} if before.get(pk) != after.get(pk) and pk in people}
    for pk in changed:
        if state := after.get(pk):
            values = {"component": people[pk], "state": AttendanceState(state)}
            Attendance.objects.update_or_create(meeting=meeting, person_id=pk, defaults=values)
        else:
            Attendance.objects.filter(meeting=meeting, person_id=pk).delete()
    old, new = ({one.strip()[:120] for one in given if one.strip()} for given in (bodies_before, bodies_after))
    there = set(meeting.attendances.filter(person=None).values_list("body", flat=True))
    for body in sorted(new - old - there):
        Attendance.objects.create(meeting=meeting, body=body)
    Attendance.objects.filter(meeting=meeting, person=None, body__in=old - new).delete()
    if changed or old != new:
        count = meeting.attendances.filter(state=AttendanceState.PRESENT).count()
        changes = {"present": [None, count]}
        record_event(by, "recorded attendance", meeting, changes=changes, now=now or clock.now(meeting.mission))


def attendance_of(meeting: Meeting) -> tuple[dict[int, str], list[str]]:
    """Return who is recorded: people to their state, and the bodies outside the mission. One query."""
    rows = list(meeting.attendances.all())
    people = {row.person_id: row.state for row in rows if row.person_id is not None}
    return people, sorted(row.body for row in rows if row.person_id is None)
