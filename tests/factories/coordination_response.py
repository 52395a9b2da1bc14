"""What a case needs on its way through phases D and E: a forum's decision on it, a response, a harm assessment."""

from datetime import UTC, datetime
from typing import Any

from coordination.meetings.records import ItemEntry, write_under
from coordination.meetings.services import call_meeting, open_meeting, put_case
from coordination.models import CaseResponse, Decision, Forum, HarmAssessment, Meeting, WarningCase
from coordination.warnings.harm import assess_harm, send_harm
from coordination.warnings.responses import add_response
from pocweb.models import Component

NOW = datetime(2020, 12, 31, 8, 10, tzinfo=UTC)
PLAN = {"kind": "patrol", "text": "Walk the road to the market at dawn"}
HARM = {
    "operation": "Two platoons hold the bridge",
    "foreseen_harm": "Traders may flee; reprisals against the quarter",
    "mitigation": "Warn the quarter, keep the side road open",
    "response_strategy": "Medical team on call; casualties are recorded",
    "consulted": "JMAC and U2, 31 December",
}


def decide_on(case: WarningCase, forum: Forum, by: Any, at: datetime = NOW) -> Decision:
    """Return a decision on the case, written under its item in a meeting of the forum that is in session."""
    meeting = Meeting.objects.filter(forum=forum, state="open").first()
    if meeting is None:
        meeting = open_meeting(call_meeting(forum, starts_at=at, by=by, now=at), by=by, now=at)
    item = put_case(meeting, case, why="Imminent", by=by, now=at)
    decision = {"kind": "reaction", "text": "Patrols at dawn, dialogue with the armed men"}
    write_under(item, ItemEntry(decision=decision), based_on=item.version, by=by, now=at)
    return Decision.objects.latest("pk")


def make_response(case: WarningCase, by: Any, at: datetime = NOW, **given: Any) -> CaseResponse:
    """Return a planned response of the Force."""
    force = Component.objects.get(mission=case.mission, code="force")
    return add_response(case, given={**PLAN, "component": force.pk, **given}, by=by, now=at)


def make_harm(case: WarningCase, by: Any, at: datetime = NOW, *, is_sent: bool = True) -> HarmAssessment:
    """Return a harm assessment, sent to the POC Unit unless said otherwise."""
    made = assess_harm(case, given=HARM, by=by, now=at)
    return send_harm(made, by=by, now=at) if is_sent else made
