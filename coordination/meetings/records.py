"""What is written while a meeting is in session: notes, decisions, action points; and what becomes of the latter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from coordination.choices import DecisionKind, MeetingState
from coordination.meetings import rules
from coordination.meetings.services import locked
from coordination.models import ActionPoint, AgendaItem, Decision, Meeting
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Component, Counter, Person
from pocweb.permissions import require

COUNTER = "action_point"
IN_SESSION = (MeetingState.OPEN,)


class NoteConflict(Conflict):
    """Another person wrote under the same item first; nothing of this save is stored. `item` holds their text."""

    def __init__(self, item: AgendaItem) -> None:
        super().__init__("edit_conflict", _("Another person wrote here while you were writing."), "note")
        self.item = item


@dataclass(frozen=True)
class ItemEntry:
    """What a person adds under an item in one go; None stands for what they left alone.

    `decision` holds kind and text, `action` text, owner, component and due_on.
    """

    note: str | None = None
    decision: Mapping[str, Any] | None = None
    action: Mapping[str, Any] | None = None


@transaction.atomic
def write_under(
    item: AgendaItem, entry: ItemEntry, *, based_on: int, by: Any, now: datetime | None = None
) -> AgendaItem:
    """Store note, decision and action point of one item together, or nothing.

    An action point belongs to the decision of the same entry, else to the item's latest. Raises `NoteConflict` when
    the note moved on since version `based_on`, `Conflict` once the minutes are closed, `RuleError` with the field.
    """
    meeting = locked(item.meeting_id, states=IN_SESSION, by=by)
    moment = now or clock.now(meeting.mission)
    item = _seen(meeting, item, by)
    if entry.note is not None:
        _write_note(item, entry.note, based_on, by=by, now=moment)
    made = None
    if entry.decision is not None:
        made = _decide(meeting, item, entry.decision, by=by, now=moment)
    if entry.action is not None:
        _assign(meeting, item, made or item.decisions.last(), entry.action, by=by, now=moment)
    return item


def _seen(meeting: Meeting, item: AgendaItem, by: Any) -> AgendaItem:
    rows = AgendaItem.objects.visible_to(by).select_related("threat", "meeting__mission")
    found: AgendaItem | None = rows.filter(meeting=meeting, pk=item.pk).first()
    if found is None:
        raise RuleError("item_gone", _("This item is no longer on the agenda."))
    return found


def _write_note(item: AgendaItem, text: str, based_on: int, *, by: Any, now: datetime) -> None:
    before, after = item.note, text.replace("\r\n", "\n").strip()
    if before == after:
        return
    rows = AgendaItem.objects.filter(pk=item.pk, version=based_on)
    if not rows.update(note=after, version=F("version") + 1):
        raise NoteConflict(item)
    item.refresh_from_db(fields=["note", "version"])
    record_event(by, "wrote a note", item, changes={"note": [before, after]}, now=now)


def _decide(meeting: Meeting, item: AgendaItem, given: Mapping[str, Any], *, by: Any, now: datetime) -> Decision:
    text = str(given.get("text") or "").strip()
    if given.get("kind") not in DecisionKind.values:
        raise RuleError("kind_missing", _("Say what kind of decision it is."), "kind")
    if not text:
        raise RuleError("text_missing", _("Say what was decided."), "decision")
    columns = {"kind": given["kind"], "text": text, "threat": item.threat, "marking": item.marking, "item": item}
    return _number(meeting, columns, by=by, now=now, verb="recorded a decision")


def _number(meeting: Meeting, columns: Mapping[str, Any], *, by: Any, now: datetime, verb: str) -> Decision:
    """Store a decision under the meeting's next number; the meeting's row is locked by the caller."""
    last = meeting.decisions.aggregate(last=Max("number"))["last"] or 0
    made = Decision.objects.create(meeting=meeting, number=last + 1, decided_at=now, recorded_by=by, **columns)
    changes = {"kind": [None, made.kind], "text": [None, made.text]}
    record_event(by, verb, made, changes=changes, note=made.overrule_reason, now=now)
    return made


def _assign(
    meeting: Meeting, item: AgendaItem, decision: Decision | None, given: Mapping[str, Any], *, by: Any, now: datetime
) -> ActionPoint:
    owner: Person | None = given.get("owner")
    met_on = meeting.starts_at.date()
    text = rules.check_action(
        text=str(given.get("text") or ""), has_owner=owner is not None, due_on=given.get("due_on"), met_on=met_on
    )
    assert owner is not None  # noqa: S101 - the rule has just asked
    component = _component_of(meeting, owner, given.get("component"), marking=item.marking)
    point = ActionPoint(
        mission=meeting.mission,
        office=meeting.office,
        number=Counter.take(meeting.mission, COUNTER),
        marking=item.marking,
        meeting=meeting,
        decision=decision,
        item=item,
        threat=item.threat,
        text=text[:300],
        owner=owner,
        component=component,
        due_on=given["due_on"],
        created_at=now,
        created_by=by,
        changed_at=now,
        changed_by=by,
    )
    point.save(force_insert=True)
    changes: dict[str, list[Any]] = {
        "text": [None, point.text],
        "owner": [None, str(owner)],
        "due_on": [None, point.due_on],
    }
    record_event(by, "assigned an action point", point, changes=changes, note=meeting.ref, now=now)
    return point


def _component_of(meeting: Meeting, owner: Person, component: Component | None, *, marking: int) -> Component:
    """Return the component of an action point: the one named, else that of its owner's posting in the mission."""
    postings = [one for one in owner.active_postings if one.mission_id == meeting.mission_id]
    if not postings:
        raise RuleError("not_in_mission", _("This person is not posted in the mission."), "owner")
    if owner.clearance < marking:
        raise RuleError("not_cleared", _("This item is marked above what this person may read."), "owner")
    found = component or next((one.component for one in postings if one.component), None)
    if found is None or found.mission_id != meeting.mission_id:
        raise RuleError("component_missing", _("Say for which component."), "component")
    return found


def finish_action(
    point: ActionPoint, *, done_on: date | None, result: str, by: Any, now: datetime | None = None
) -> ActionPoint:
    """Mark an action point as done on a day, with its result. By its owner or the secretariat."""
    _require_end(point, by)
    moment = now or clock.now(point.mission)
    day = rules.check_done(done_on=done_on, met_on=point.meeting.starts_at.date(), today=moment.date())
    return _end(point, rules.FINISH, {"done_on": day, "result": result.strip()}, by=by, now=moment)


def drop_action(point: ActionPoint, *, reason: str, by: Any, now: datetime | None = None) -> ActionPoint:
    """Drop an action point, with the reason or obstacle. By its owner or the secretariat."""
    _require_end(point, by)
    return _end(point, rules.DROP, {"result": rules.check_reason(reason)}, by=by, now=now or clock.now(point.mission))


def may_end(user: Any, point: ActionPoint) -> bool:
    """Say whether a person may mark an action point done or drop it: its owner, or the forum's secretariat."""
    is_own = point.owner_id == user.pk and point.marking <= user.clearance
    return is_own or bool(user.has_perm("coordination.change_action", point))


def _require_end(point: ActionPoint, by: Any) -> None:
    if not may_end(by, point):
        raise Forbidden("forbidden", _("Its owner or the forum's secretariat says so."))


@transaction.atomic
def _end(point: ActionPoint, act: str, columns: Mapping[str, Any], *, by: Any, now: datetime) -> ActionPoint:
    step = next(move for move in rules.ACTION_MOVES if move.act == act)
    rows = ActionPoint.objects.filter(pk=point.pk, state=step.before)
    if not rows.update(state=step.after, version=F("version") + 1, changed_at=now, changed_by=by, **columns):
        raise Conflict("already_done", _("%(ref)s is no longer open.") % {"ref": point.ref})
    point.refresh_from_db()
    changes = {"state": [step.before, step.after]} | {name: [None, value] for name, value in columns.items() if value}
    record_event(by, step.verb, point, changes=changes, now=now)
    return point


@transaction.atomic
def overrule_decision(decision: Decision, *, text: str, reason: str, by: Any, now: datetime | None = None) -> Decision:
    """Record that senior leadership decided otherwise, and return that decision; both stay on record (CO-05).

    It is numbered in the same meeting, whose closed minutes stay as they are. Raises `Forbidden`, `RuleError` without
    text or reason, `Conflict` when the decision is overruled already. Source: POC Handbook 2020, Annex V, step 11.
    """
    rows = Meeting.objects.select_for_update(of=("self",)).select_related("mission", "office", "forum")
    meeting = rows.get(pk=decision.meeting_id)
    if not Decision.objects.visible_to(by).filter(pk=decision.pk).exists():
        raise Forbidden("forbidden", _("Your role does not allow this here."))
    require(by, "coordination.overrule_decision", meeting)
    moment = now or clock.now(meeting.mission)
    if not text.strip():
        raise RuleError("text_missing", _("Say what holds instead."), "text")
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why."), "reason")
    if Decision.objects.filter(overrules=decision).exists():
        raise Conflict("overruled", _("%(ref)s was overruled already.") % {"ref": decision.ref})
    columns = {
        "kind": decision.kind,
        "text": text.strip(),
        "threat": decision.threat,
        "item": decision.item,
        "marking": decision.marking,
        "overrules": decision,
        "overrule_reason": reason.strip(),
    }
    return _number(meeting, columns, by=by, now=moment, verb="overruled a decision")
