"""Outcome scoring as tables of plain values. The rule is ours; POC Handbook 2020, 8.3, 8.4, asks for forward looks."""

from datetime import date

import pytest

from threats.choices import Outcome
from threats.rules.outcomes import (
    Chosen,
    Event,
    InForce,
    Row,
    Tally,
    belongs,
    choose,
    is_closed,
    outcome_of,
    score,
    share,
    sum_known,
    tally,
)

FIRST, LAST = date(2020, 7, 1), date(2020, 9, 30)
OUAKA, BAMBARI, KOTTO = "0001", "00010002", "0003"


def row(
    risk: int | None = 3,
    *,
    pk: int = 1,
    imminent: bool = False,
    paths: tuple[str, ...] = (OUAKA,),
    actors: str = "",
) -> Row:
    return Row(pk, risk, imminent, paths, frozenset(actors.split()))


def event(
    pk: int = 1, path: str = BAMBARI, civilians: int | None = 0, acting: str = "upc", killed: int | None = 1
) -> Event:
    return Event(pk, path, killed, civilians, frozenset(acting.split()))


def edition(number: int, from_day: date, until: date | None = None) -> InForce:
    return InForce(number, number, from_day, until)


EARLY = edition(1, date(2020, 6, 20), date(2020, 8, 15))
TOOK_OVER = edition(2, FIRST)
SECOND = edition(3, date(2020, 8, 15))
SHORT = date(2020, 9, 1)
GONE = edition(4, date(2020, 5, 1), FIRST)


@pytest.mark.parametrize(
    ("editions", "chosen"),
    [
        pytest.param([EARLY, SECOND], Chosen(EARLY, FIRST, False), id="TH-05 in force on the first day"),
        pytest.param([GONE, TOOK_OVER], Chosen(TOOK_OVER, FIRST, False), id="TH-05 taken over on the first day"),
        pytest.param([GONE, SECOND], Chosen(SECOND, date(2020, 8, 15), True), id="TH-05 first in it, late"),
        pytest.param([GONE], None, id="TH-05 superseded before the quarter"),
        pytest.param([edition(5, date(2020, 10, 1))], None, id="TH-05 in force after the quarter"),
        pytest.param([edition(6, SHORT)], Chosen(edition(6, SHORT), SHORT, True), id="TH-05 30 days left"),
        pytest.param([edition(6, date(2020, 9, 2))], None, id="TH-05 29 days left"),
        pytest.param([], None, id="TH-05 no edition at all"),
    ],
)
def test_choose_takes_the_edition_in_force_first(editions: list[InForce], chosen: Chosen | None) -> None:
    assert choose(editions, first_day=FIRST, last_day=LAST) == chosen


@pytest.mark.parametrize(
    ("today", "closed"),
    [(date(2020, 9, 30), False), (date(2020, 10, 1), True), (date(2020, 7, 1), False)],
    ids=["the last day itself", "the day after", "within the quarter"],
)
def test_quarter_is_scored_only_when_it_is_over(today: date, closed: bool) -> None:
    assert is_closed(LAST, today=today) is closed


@pytest.mark.parametrize(
    ("one", "of", "does"),
    [
        pytest.param(event(), row(), True, id="below the area, anybody"),
        pytest.param(event(), row(actors="upc mpc"), True, id="one of its actors"),
        pytest.param(event(acting="fprc"), row(actors="upc"), False, id="other actors"),
        pytest.param(event(acting=""), row(actors="upc"), False, id="nobody named, row names somebody"),
        pytest.param(event(acting=""), row(), True, id="nobody named, row names nobody"),
        pytest.param(event(path=KOTTO), row(actors="upc"), False, id="elsewhere"),
        pytest.param(event(path=KOTTO), row(paths=(OUAKA, KOTTO)), True, id="second area"),
        pytest.param(event(path=OUAKA), row(paths=(BAMBARI,)), False, id="above the area"),
        pytest.param(event(), row(paths=()), False, id="row without area"),
    ],
)
def test_belongs_by_area_and_actor(one: Event, of: Row, does: bool) -> None:
    """TH-01: the rule of the evidence beside a rating."""
    assert belongs(one, of) is does


@pytest.mark.parametrize(
    ("of", "events", "outcome"),
    [
        pytest.param(row(3), [event()], Outcome.HIT, id="8.4 high, one incident"),
        pytest.param(row(4), [event(), event(2)], Outcome.HIT, id="8.4 extreme, two incidents"),
        pytest.param(row(4), [], Outcome.FALSE_ALARM, id="8.4 extreme, none"),
        pytest.param(row(1), [], Outcome.QUIET, id="8.4 low, none"),
        pytest.param(row(2), [event()], Outcome.QUIET, id="8.4 medium, one without civilians killed"),
        pytest.param(row(2), [event(civilians=None)], Outcome.QUIET, id="8.4 medium, one, civilians not recorded"),
        pytest.param(row(2), [event(civilians=1)], Outcome.MISS, id="8.4 medium, one civilian killed"),
        pytest.param(row(1), [event(), event(2)], Outcome.MISS, id="8.4 low, two incidents"),
        pytest.param(row(1, imminent=True), [event()], Outcome.HIT, id="8.2.5 low and imminent, one"),
        pytest.param(row(1, imminent=True), [], Outcome.FALSE_ALARM, id="8.2.5 low and imminent, none"),
        pytest.param(row(None), [event(), event(2)], Outcome.MISS, id="8.4 never rated, two"),
    ],
)
def test_outcome_of_a_row(of: Row, events: list[Event], outcome: Outcome) -> None:
    assert outcome_of(of, events) == outcome


def test_score_counts_an_incident_of_two_rows_once_in_the_sums() -> None:
    warned, low = row(4, pk=1, actors="upc"), row(1, pk=2)
    both, other, far = event(1, civilians=3), event(2, acting="mpc", civilians=None), event(3, path=KOTTO, civilians=5)
    found = score([warned, low], [both, other, far, event(4, path="0009")], paths=[OUAKA, KOTTO])

    assert [(one.row.pk, one.outcome, [each.pk for each in one.events]) for one in found.judged] == [
        (1, Outcome.HIT, [1]),
        (2, Outcome.MISS, [1, 2]),
    ]
    assert found.events == (both, other, far)
    assert found.foreseen == (both,)
    assert found.surprises == (far,)
    assert tally([found]) == Tally(
        warned=1, hits=1, misses=1, surprises=1, events=3, foreseen=1, civilians=8, civilians_foreseen=3
    )


def test_tally_adds_offices_and_counts_a_shared_incident_once() -> None:
    shared = event(1, civilians=2)
    first = score([row(4)], [shared], paths=[OUAKA])
    second = score([row(4, pk=2, paths=(KOTTO,))], [shared, event(2, path=KOTTO, civilians=None)], paths=[OUAKA, KOTTO])

    assert (len(second.surprises), tally([second]).hits) == (1, 1)
    assert tally([first, second]) == Tally(warned=2, hits=2, events=2, foreseen=2, civilians=2, civilians_foreseen=2)
    assert tally([first, second]).rows == 2


@pytest.mark.parametrize(("counts", "total"), [([], 0), ([None, None], None), ([None, 2], 2), ([0, 3], 3)])
def test_sum_known_keeps_what_nobody_recorded(counts: list[int | None], total: int | None) -> None:
    assert sum_known(counts) == total


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (3, 4, "3 of 4"), (0, 0, "0 of 0"), (19, 19, "19 of 19"),
        (15, 20, "15 of 20 (75 %)"), (None, 4, "not recorded"),
    ],
)  # fmt: skip
def test_share_gives_no_bare_percentage_of_small_numbers(part: int | None, whole: int, words: str) -> None:
    assert share(part, whole) == words
