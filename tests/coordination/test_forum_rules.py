"""Judgments on the chain of forums, their cadence, and who represents the mission outside (CO-01, CO-07)."""

from datetime import date
from typing import Any

import pytest

from coordination import rules
from coordination.rules import Due
from pocweb.errors import RuleError

TODAY = date(2020, 12, 31)


@pytest.mark.parametrize(
    ("frequency", "last_met", "begins", "due"),
    [
        ("weekly", date(2020, 12, 25), None, Due("ahead", date(2021, 1, 1), 1)),
        ("weekly", date(2020, 12, 24), None, Due("now", date(2020, 12, 31), 0)),
        ("weekly", date(2020, 12, 23), None, Due("late", date(2020, 12, 30), -1)),
        ("monthly", date(2020, 12, 31), None, Due("ahead", date(2021, 1, 31), 31)),
        ("monthly", date(2020, 10, 31), None, Due("late", date(2020, 11, 30), -31)),
        ("quarterly", date(2020, 11, 30), None, Due("ahead", date(2021, 2, 28), 59)),
        ("weekly", None, None, Due("now")),
        ("monthly", None, date(2020, 6, 1), Due("now")),
        ("monthly", None, date(2021, 1, 10), Due("ahead", date(2021, 1, 10), 10)),
        ("as_needed", None, None, Due("none")),
        ("as_needed", date(2020, 1, 1), None, Due("none")),
    ],
)
def test_co_01_forum_is_due_by_its_cadence(frequency: str, last_met: Any, begins: Any, due: Due) -> None:
    """Forums meet regularly (POC Handbook 2020, 6); the cadence counts from the last meeting."""
    assert rules.next_due(frequency, last_met=last_met, begins=begins, today=TODAY) == due


@pytest.mark.parametrize(
    ("higher", "lower", "is_above"),
    [
        ("strategic", "operational", True),
        ("strategic", "tactical", True),
        ("operational", "tactical", True),
        ("operational", "operational", False),
        ("tactical", "strategic", False),
    ],
)
def test_co_01_forums_refer_to_a_higher_level(higher: str, lower: str, is_above: bool) -> None:
    """Source: POC Handbook 2020, 6.1.1 to 6.1.3."""
    assert rules.is_above(higher, lower) is is_above


@pytest.mark.parametrize(
    ("is_active", "active_from", "active_to", "works"),
    [
        (True, None, None, True),
        (True, TODAY, TODAY, True),
        (True, date(2021, 1, 1), None, False),
        (True, None, date(2020, 12, 30), False),
        (False, None, None, False),
    ],
)
def test_forum_works_between_its_days(is_active: bool, active_from: Any, active_to: Any, works: bool) -> None:
    assert rules.is_at_work(is_active=is_active, active_from=active_from, active_to=active_to, day=TODAY) is works


def test_forum_does_not_end_before_it_begins() -> None:
    rules.check_days_of_forum(TODAY, TODAY)
    with pytest.raises(RuleError) as refused:
        rules.check_days_of_forum(TODAY, date(2020, 12, 30))
    assert refused.value.field == "active_to"


@pytest.mark.parametrize(
    ("kind", "name", "kinds", "needs"),
    [
        ("humanitarian", "Protection Cluster", ["military"], True),
        ("humanitarian", "CMCoord platform", ["police"], True),
        ("thematic", "Protection cluster, Bambari", ["civilian", "police"], True),
        ("humanitarian", "Protection Cluster", ["civilian"], False),
        ("humanitarian", "Protection Cluster", [], False),
        ("host_state", "COCEM", ["military"], False),
    ],
)
def test_co_07_uniformed_person_among_humanitarians_needs_a_reason(
    kind: str, name: str, kinds: list[str], needs: bool
) -> None:
    """Source: POC Handbook 2020, 6.2."""
    assert rules.needs_uniform_reason(kind=kind, name=name, component_kinds=kinds) is needs
