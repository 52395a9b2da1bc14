"""Judgments on response activities."""

from datetime import date, timedelta
from typing import Any

import pytest

from pocweb.errors import RuleError
from strategy import rules
from strategy.choices import ActivityStatus

TODAY = date(2020, 12, 31)
OPEN = {
    ("planned", "start"): "ongoing",
    ("planned", "finish"): "done",
    ("planned", "cancel"): "cancelled",
    ("ongoing", "finish"): "done",
    ("ongoing", "cancel"): "cancelled",
    ("done", "reopen"): "ongoing",
    ("cancelled", "reopen"): "planned",
}


@pytest.mark.parametrize("status", ActivityStatus.values)
@pytest.mark.parametrize("act", ["start", "finish", "cancel", "reopen"])
def test_each_state_and_act_is_open_or_refused(status: str, act: str) -> None:
    expected = OPEN.get((status, act))
    if expected is None:
        with pytest.raises(RuleError) as refused:
            rules.move_for(status, act)
        assert refused.value.code == "illegal_move"
    else:
        assert rules.move_for(status, act).after == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["response"], ["response"]),
        (["consolidation", "prevention", "prevention"], ["prevention", "consolidation"]),  # Handbook 2.2: several
        ([], "phases_missing"),
        (["response", "recovery"], "phases_unknown"),
        ("response", "phases_unknown"),
        (None, "phases_unknown"),
    ],
)
def test_phases_are_a_valid_list_that_is_not_empty(given: Any, expected: Any) -> None:
    if isinstance(expected, list):
        assert rules.check_phases(given) == expected
        return
    with pytest.raises(RuleError) as refused:
        rules.check_phases(given)
    assert (refused.value.code, refused.value.field) == (expected, "phases")


@pytest.mark.parametrize(
    ("status", "days", "overdue"),
    [
        ("planned", -1, True),
        ("ongoing", -1, True),
        ("planned", 0, False),  # on the day itself it is in time
        ("planned", 1, False),
        ("done", -1, False),
        ("cancelled", -1, False),
    ],
)
def test_overdue_is_an_open_activity_after_its_deadline(status: str, days: int, overdue: bool) -> None:
    assert rules.is_overdue(status=status, due_on=TODAY + timedelta(days=days), today=TODAY) is overdue
    assert rules.is_overdue(status=status, due_on=None, today=TODAY) is False


@pytest.mark.parametrize(
    ("day", "code"), [(TODAY, None), (None, "day_missing"), (TODAY + timedelta(days=1), "day_in_future")]
)
def test_done_needs_a_day_that_has_come(day: date | None, code: str | None) -> None:
    if code is None:
        assert rules.check_done_day(day, today=TODAY) == day
        return
    with pytest.raises(RuleError) as refused:
        rules.check_done_day(day, today=TODAY)
    assert (refused.value.code, refused.value.field) == (code, "done_on")


def test_marking_is_the_highest_of_own_and_cited() -> None:
    assert [rules.highest_marking(2, []), rules.highest_marking(1, [2, 1]), rules.highest_marking(3, [2])] == [2, 2, 3]


def test_deadline_lies_after_the_first_day() -> None:
    rules.check_period(TODAY, TODAY)
    rules.check_period(None, TODAY)
    with pytest.raises(RuleError) as refused:
        rules.check_period(TODAY, TODAY - timedelta(days=1))
    assert refused.value.field == "due_on"
