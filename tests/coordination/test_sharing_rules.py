"""EW-17, CO-08, CO-09, CO-10: judgments on contacts, agreements, shares and blocks, as tables."""

from datetime import date, timedelta
from typing import Any

import pytest

from coordination.sharing.rules import (
    Block,
    Offer,
    Review,
    Standing,
    Terms,
    block_state,
    check_share,
    expires_soon,
    overdue_before,
    review_due,
    review_state,
    soon_before,
    standing,
)
from pocweb.errors import RuleError


@pytest.mark.parametrize(
    ("reviewed_on", "due"),
    [
        (date(2020, 6, 30), date(2020, 12, 30)),
        (date(2020, 8, 31), date(2021, 2, 28)),
        (date(2019, 8, 31), date(2020, 2, 29)),
        (date(2020, 12, 31), date(2021, 6, 30)),
    ],
)
def test_check_of_a_contact_is_due_six_months_later(reviewed_on: date, due: date) -> None:
    """EW-17: Annex V, step 1."""
    assert review_due(reviewed_on) == due
    assert review_state(reviewed_on, today=due) == Review.SOON
    assert review_state(reviewed_on, today=due + timedelta(days=1)) == Review.OVERDUE
    assert review_state(reviewed_on, today=due - timedelta(days=14)) == Review.SOON
    assert review_state(reviewed_on, today=due - timedelta(days=15)) == Review.CURRENT


def test_bounds_of_the_list_agree_with_the_rule_on_every_day() -> None:
    """EW-17: what the database counts as overdue is what the page says, at the ends of short months too."""
    for today in (date(2020, 1, 1) + timedelta(days=step) for step in range(0, 800)):
        overdue, soon = overdue_before(today), soon_before(today)
        for shift in range(-5, 6):
            day = overdue + timedelta(days=shift)
            assert (day < overdue) == (review_state(day, today=today) == Review.OVERDUE), (today, day)
            day = soon + timedelta(days=shift)
            assert (day < soon) == (review_state(day, today=today) != Review.CURRENT), (today, day)


JULY, YEAR_END = date(2020, 7, 1), date(2020, 12, 31)


@pytest.mark.parametrize(
    ("valid_to", "is_ended", "on", "expected"),
    [
        (None, False, date(2020, 6, 30), Standing.COMING),
        (None, False, JULY, Standing.VALID),
        (YEAR_END, False, YEAR_END, Standing.VALID),
        (YEAR_END, False, date(2021, 1, 1), Standing.EXPIRED),
        (date(2020, 10, 5), True, date(2020, 10, 4), Standing.VALID),
        (date(2020, 10, 5), True, date(2020, 10, 5), Standing.ENDED),
        (JULY, True, date(2020, 6, 1), Standing.ENDED),
    ],
)
def test_standing_of_an_agreement(valid_to: date | None, is_ended: bool, on: date, expected: Standing) -> None:
    """CO-08: POC Handbook 2020, 6.2."""
    assert standing(valid_from=JULY, valid_to=valid_to, is_ended=is_ended, on=on) == expected


@pytest.mark.parametrize(("days", "expected"), [(0, True), (30, True), (31, False), (-1, False)])
def test_agreement_that_runs_out_within_thirty_days_is_told(days: int, expected: bool) -> None:
    """CO-08."""
    on = YEAR_END - timedelta(days=days)
    assert expires_soon(valid_from=JULY, valid_to=YEAR_END, is_ended=False, on=on) is expected


@pytest.mark.parametrize(
    ("actors", "is_manual", "covers", "expected"),
    [
        ([], False, [], Block.FREE),
        ([7], False, [], Block.RULE),
        ([7], False, [7], Block.FREE),
        ([7, 9], False, [7], Block.RULE),
        ([], False, [7], Block.FREE),
        ([], True, [], Block.MANUAL),
        ([7], True, [7], Block.MANUAL),
    ],
)
def test_state_actor_blocks_until_lifted_for_that_actor(
    actors: list[int], is_manual: bool, covers: list[int], expected: Block
) -> None:
    """CO-09: POC Handbook 2020, 6.3."""
    assert block_state(state_actors=actors, is_manual=is_manual, covers=covers) == expected


TERMS: dict[str, Any] = {
    "ref": "G-001",
    "kind": "ingo",
    "highest_marking": 2,
    "individual_cases": True,
    "standing": Standing.VALID,
}
OFFER: dict[str, Any] = {"marking": 1, "has_individuals": False, "consent": "", "threats": (("T-001", 2, True),)}


@pytest.mark.parametrize(
    ("terms", "offer", "field"),
    [
        pytest.param({}, {}, None, id="CO-08 allowed"),
        pytest.param({"standing": Standing.EXPIRED}, {}, "agreement", id="CO-08 expired"),
        pytest.param({"standing": Standing.COMING}, {}, "agreement", id="CO-08 not yet"),
        pytest.param({"standing": Standing.ENDED}, {}, "agreement", id="CO-08 ended"),
        pytest.param({}, {"marking": 3}, "marking", id="CO-08 marking"),
        pytest.param({"highest_marking": 1}, {}, "threats", id="CO-08 marking of a threat"),
        pytest.param({"individual_cases": False}, {"has_individuals": True}, "has_individuals", id="CO-10 agreement"),
        pytest.param({}, {"has_individuals": True, "consent": " "}, "consent", id="CO-10 consent"),
        pytest.param({}, {"has_individuals": True, "consent": "Given on 3 December"}, None, id="CO-10 allowed"),
        pytest.param({"kind": "host_state"}, {}, "threats", id="CO-09 blocked"),
        pytest.param({"kind": "host_state"}, {"threats": (("T-001", 2, False),)}, None, id="CO-09 lifted"),
    ],
)
def test_share_is_refused_at_its_field(terms: dict[str, Any], offer: dict[str, Any], field: str | None) -> None:
    if field is None:
        check_share(Terms(**{**TERMS, **terms}), Offer(**{**OFFER, **offer}))
        return
    with pytest.raises(RuleError) as refused:
        check_share(Terms(**{**TERMS, **terms}), Offer(**{**OFFER, **offer}))
    assert refused.value.field == field
