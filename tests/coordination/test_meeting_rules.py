"""What is due on an agenda, state tables, deadlines (CO-04, CO-06)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from coordination.meetings import rules
from coordination.meetings.rules import ThreatFacts
from pocweb.errors import RuleError

TODAY = date(2020, 12, 31)
NOW = datetime(2020, 12, 31, 12, tzinfo=UTC)
QUIET = {"priority": 2, "risk": 3, "imminent": False, "review_on": None, "rated_up": False}


@pytest.mark.parametrize(
    ("values", "grounds"),
    [
        pytest.param({}, [], id="8.3 nothing due"),
        pytest.param({"priority": 1}, ["Priority 1."], id="8.3 priority 1"),
        pytest.param({"imminent": True}, ["Imminent."], id="8.2.5 imminent"),
        pytest.param({"review_on": TODAY}, [], id="review today is in time"),
        pytest.param({"review_on": date(2020, 12, 30)}, ["Review was due on 30 December 2020."], id="review passed"),
        pytest.param(
            {"priority": 1, "rated_up": True}, ["Rated up since the last meeting.", "Priority 1."], id="gravest first"
        ),
        pytest.param({"priority": None, "risk": None}, [], id="not rated"),
    ],
)
def test_why_a_threat_is_due(values: dict[str, Any], grounds: list[str]) -> None:
    assert rules.why_due(ThreatFacts(**{**QUIET, **values}), today=TODAY) == grounds


def test_co_06_threats_are_ranked_as_the_matrix_ranks_them() -> None:
    facts = [
        ThreatFacts(**{**QUIET, "ref": "T-003"}),
        ThreatFacts(**{**QUIET, "priority": None, "risk": None, "ref": "T-001"}),
        ThreatFacts(**{**QUIET, "risk": 4, "priority": 1, "ref": "T-004"}),
        ThreatFacts(**{**QUIET, "imminent": True, "ref": "T-005"}),
    ]
    assert [one.ref for one in sorted(facts, key=rules.rank)] == ["T-005", "T-004", "T-003", "T-001"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({}, "", id="CO-04 whole"),
        pytest.param({"text": " "}, "text", id="CO-04 no text"),
        pytest.param({"has_owner": False}, "owner", id="CO-04 no owner"),
        pytest.param({"due_on": None}, "due_on", id="CO-04 no deadline"),
        pytest.param({"due_on": date(2020, 12, 30)}, "due_on", id="CO-04 deadline before the meeting"),
    ],
)
def test_co_04_action_point_needs_text_owner_and_deadline(values: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"text": "Patrol", "has_owner": True, "due_on": TODAY, "met_on": TODAY, **values}
    if not field:
        assert rules.check_action(**given) == "Patrol"
        return
    with pytest.raises(RuleError) as refused:
        rules.check_action(**given)
    assert refused.value.field == field


def test_states_of_a_meeting() -> None:
    assert [(one.before, one.act, one.after) for one in rules.MOVES] == [
        ("planned", "open", "open"),
        ("planned", "call-off", "cancelled"),
        ("open", "close", "held"),
    ]
    assert [one.act for one in rules.acts_from("planned")] == ["open", "call-off"]
    assert rules.acts_from("held") == ()


@pytest.mark.parametrize(("due_on", "late"), [(date(2020, 12, 30), True), (TODAY, False)])
def test_co_04_late_from_the_day_after_the_deadline(due_on: date, late: bool) -> None:
    assert rules.is_late(state="open", due_on=due_on, today=TODAY) is late
    assert not rules.is_late(state="done", due_on=due_on, today=TODAY)


def test_emergency_needs_a_reason_and_a_year_that_fits() -> None:
    rules.check_call(kind="regular", reason="", starts_at=NOW, now=NOW)
    for values, field in (
        ({"kind": "emergency"}, "reason"),
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": NOW.replace(year=2023)}, "starts_at"),
    ):
        with pytest.raises(RuleError) as refused:
            rules.check_call(**{"kind": "regular", "reason": "", "starts_at": NOW, "now": NOW, **values})  # type: ignore[arg-type]
        assert refused.value.field == field
