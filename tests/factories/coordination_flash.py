"""Decisions of a forum on a case, and flash reports of it, brought there through the services."""

from datetime import UTC, date, datetime
from typing import Any

from coordination.meetings.records import ItemEntry, write_under
from coordination.meetings.services import put_case
from coordination.models import ActionPoint, Decision, FlashReport, Forum, WarningCase
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.flash import send_warning_flash
from tests.factories.coordination_case import make_case
from tests.factories.coordination_meeting import make_meeting

DECIDED = datetime(2020, 12, 31, 8, 50, tzinfo=UTC)
SENT = datetime(2020, 12, 31, 9, 10, tzinfo=UTC)


def decide_on(
    case: WarningCase, forum: Forum, by: Any, *, text: str = "Patrol the road to the market until dusk.",
    at: datetime = DECIDED, owner: Any = None, meeting: Any = None, marking: int = 0,
) -> Decision:  # fmt: skip
    """Return a decision on the case, under its item of a meeting in session, with one action point."""
    meeting = meeting or make_meeting(forum, by, "open", at=at)
    item = put_case(meeting, case, why="Imminent", by=by, now=at)
    if marking:
        type(item).objects.filter(pk=item.pk).update(marking=marking)
    action = {"text": f"Action: {text}"[:80], "owner": owner or by, "component": None, "due_on": date(2021, 1, 2)}
    write_under(item, ItemEntry(decision={"kind": "reaction", "text": text}, action=action), based_on=1, by=by, now=at)
    return Decision.objects.latest("pk")


def make_decided_case(forum: Forum, by: Any, **values: Any) -> WarningCase:
    """Return an imminent case of the forum's office on which the forum has decided."""
    case = make_case(forum.office, by, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT, **values)
    decide_on(case, forum, by)
    return case


def make_flash(case: WarningCase, by: Any, now: datetime = SENT, **values: Any) -> FlashReport:
    """Return the flash report of a decided case, sent by the service."""
    return send_warning_flash(case, by=by, based_on=case.version, now=now, **values)


def action_on(case: WarningCase) -> ActionPoint:
    """Return the latest action point on a case."""
    return ActionPoint.objects.filter(item__case=case).latest("pk")
