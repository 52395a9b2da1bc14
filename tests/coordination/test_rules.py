"""Judgments on forums (CO-01)."""

from datetime import date

import pytest

from coordination import rules
from pocweb.errors import RuleError

TODAY, OPENED = date(2020, 12, 31), date(2020, 12, 1)


@pytest.mark.parametrize(
    ("kinds", "is_active", "missing"),
    [
        (["civilian", "military", "police"], True, []),
        (["civilian", "civilian", "military", "police", "support"], True, []),
        (["civilian", "military"], True, ["police"]),
        (["support"], True, ["civilian", "military", "police"]),
        ([], True, ["civilian", "military", "police"]),
        ([], False, []),
    ],
)
def test_co_01_active_forum_names_the_kinds_that_it_lacks(
    kinds: list[str], is_active: bool, missing: list[str]
) -> None:
    """CO-01: a civilian, a police and a military member. Source: POC Handbook 2020, 6 and 6.1."""
    assert rules.missing_kinds(kinds, is_active=is_active) == missing
    assert bool(rules.warning_of(missing)) is bool(missing)


@pytest.mark.parametrize(
    ("forum", "office", "decides"),
    [("0001", "0001", True), ("0001", "00010002", True), ("00010002", "0001", False), ("00010003", "00010002", False)],
)
def test_forum_decides_for_its_office_and_those_below(forum: str, office: str, decides: bool) -> None:
    assert rules.decides_for(forum, office) is decides


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (TODAY, None),
        (OPENED, None),
        (None, "day_missing"),
        (date(2021, 1, 1), "day_in_future"),
        (date(2020, 11, 30), "day_too_early"),
    ],
)
def test_day_of_a_decision(day: date | None, code: str | None) -> None:
    if code is None:
        assert rules.check_decided_on(day, opened_on=OPENED, today=TODAY) == day
        return
    with pytest.raises(RuleError) as refused:
        rules.check_decided_on(day, opened_on=OPENED, today=TODAY)
    assert (refused.value.code, refused.value.field) == (code, "decided_on")
