"""Meetings of the fictional mission, brought to a state through the services."""

from datetime import UTC, date, datetime
from typing import Any

from coordination.meetings.minutes import close_meeting
from coordination.meetings.records import ItemEntry, write_under
from coordination.meetings.services import add_item, call_meeting, open_meeting, record_attendance
from coordination.models import ActionPoint, Forum, Meeting

NOON = datetime(2020, 12, 31, 12, tzinfo=UTC)
DUE = date(2021, 1, 15)


def make_meeting(forum: Forum, by: Any, state: str = "planned", at: datetime = NOON, **values: Any) -> Meeting:
    """Return a meeting of the forum, planned, open or held; a held one has its secretary as present."""
    meeting = call_meeting(forum, starts_at=at, by=by, now=at, **values)
    if state == "planned":
        return meeting
    open_meeting(meeting, by=by, now=at)
    if state == "held":
        record_attendance(meeting, before={}, after={by.pk: "present"}, people={by.pk: None}, by=by, now=at)
        meeting = close_meeting(meeting, by=by, now=at)
    meeting.refresh_from_db()
    return meeting


def make_action(
    meeting: Meeting, by: Any, owner: Any = None, text: str = "Patrol the road", due_on: date = DUE, **values: Any
) -> ActionPoint:
    """Return an action point with its decision, under a new item of a meeting in session."""
    item = add_item(meeting, title=f"Item on: {text}", by=by, now=NOON, **values)
    decision = {"kind": "reaction", "text": f"Agreed: {text}"}
    action = {"text": text, "owner": owner or by, "component": None, "due_on": due_on}
    write_under(item, ItemEntry(decision=decision, action=action), based_on=1, by=by, now=NOON)
    return ActionPoint.objects.latest("pk")
