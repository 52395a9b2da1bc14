"""TH-12: the judgments of the atrocity watch and of the trigger calendar, as tables."""

from datetime import date

import pytest
from django.conf import settings

from pocweb.reference_data import read_yaml
from threats.choices import FactorKind
from threats.rules import calendar, watch
from threats.rules.calendar import Stage, Window
from threats.rules.watch import Seen, Standing

BASE = date(2020, 8, 1)
OCT, NOV, DEC = date(2020, 10, 10), date(2020, 11, 10), date(2020, 12, 10)
TODAY = date(2020, 12, 31)


@pytest.mark.parametrize(
    ("seen", "on", "expected"),
    [
        pytest.param([], TODAY, Standing(1, BASE), id="TH-12 nothing read: the baseline"),
        pytest.param([], date(2020, 7, 31), None, id="TH-12 before the baseline: unknown"),
        pytest.param([Seen(OCT, 1, 2)], TODAY, Standing(2, OCT, "", 1), id="TH-12 the latest reading"),
        pytest.param([Seen(OCT, 1, 2)], date(2020, 9, 30), Standing(1, BASE), id="TH-12 as of an earlier day"),
        pytest.param(
            [Seen(DEC, 1, 3), Seen(OCT, 2, 0)], TODAY, Standing(3, DEC, "", 1), id="TH-12 recorded out of order"
        ),
        pytest.param(
            [Seen(DEC, 1, 3), Seen(DEC, 2, 2)], TODAY, Standing(2, DEC, "", 2), id="TH-12 a correction of the same day"
        ),
        pytest.param([Seen(DEC, 1, 0)], TODAY, Standing(0, DEC, "", 1), id="TH-12 falls below the baseline"),
        pytest.param(
            [Seen(date(2020, 7, 1), 1, 3)], TODAY, Standing(1, BASE), id="TH-12 older than the baseline: background"
        ),
        pytest.param(
            [Seen(OCT, 1, 3, "CF43"), Seen(DEC, 2, 0)],
            TODAY,
            Standing(3, OCT, "CF43", 1),
            id="TH-12 national calm hides nothing local (8.5)",
        ),
        pytest.param(
            [Seen(OCT, 1, 2), Seen(DEC, 2, 0, "CF43")],
            TODAY,
            Standing(2, OCT, "", 1),
            id="TH-12 local calm lowers nothing national (8.5)",
        ),
        pytest.param(
            [Seen(OCT, 1, 3, "CF43"), Seen(NOV, 2, 1, "CF43")],
            TODAY,
            Standing(1, NOV, "CF43", 2),
            id="TH-12 a place that calmed down",
        ),
    ],
)
def test_standing(seen: list[Seen], on: date, expected: Standing | None) -> None:
    assert watch.standing(baseline_level=1, baseline_on=BASE, seen=seen, on=on) == expected


@pytest.mark.parametrize(
    ("last_on", "late"),
    [
        pytest.param(date(2020, 11, 30), False, id="TH-12 on the last day in time"),
        pytest.param(date(2020, 11, 29), True, id="TH-12 a day later stale"),
    ],
)
def test_stale_reading(last_on: date, late: bool) -> None:
    assert watch.is_stale(last_on, today=TODAY, review_days=31) is late


@pytest.mark.parametrize(
    ("today", "ended"),
    [
        (date(2020, 12, 31), date(2020, 9, 30)),
        (date(2020, 10, 1), date(2020, 9, 30)),
        (date(2021, 1, 1), date(2020, 12, 31)),
    ],
    ids=["TH-12 last day", "TH-12 first day", "TH-12 new year"],
)
def test_end_of_the_quarter_before(today: date, ended: date) -> None:
    assert watch.quarter_ended(today) == ended


def test_months_of_a_sparkline_end_today() -> None:
    """TH-12: twelve bars, each the state at the end of a month, the last one today."""
    days = watch.month_ends(date(2020, 12, 15))

    assert (len(days), days[0], days[-2], days[-1]) == (
        12,
        date(2020, 1, 31),
        date(2020, 11, 30),
        date(2020, 12, 15),
    )


LEAP = Window(date(2020, 2, 29), date(2020, 2, 29), date(2020, 2, 1))
NEW_YEAR = Window(date(2019, 12, 20), date(2020, 1, 5), date(2019, 12, 1))
ONCE = Window(date(2020, 12, 27), date(2020, 12, 27), date(2020, 12, 1))
EARLY = Window(date(2020, 1, 10), date(2020, 1, 12), date(2019, 12, 15))


@pytest.mark.parametrize(
    ("window", "is_yearly", "today", "expected"),
    [
        pytest.param(ONCE, False, date(2020, 12, 27), ONCE, id="TH-12 on its day"),
        pytest.param(ONCE, False, date(2020, 12, 28), None, id="TH-12 over, once"),
        pytest.param(
            ONCE,
            True,
            date(2020, 12, 28),
            Window(date(2021, 12, 27), date(2021, 12, 27), date(2021, 12, 1)),
            id="TH-12 next year",
        ),
        pytest.param(ONCE, True, date(2018, 1, 1), ONCE, id="TH-12 never before its first year"),
        pytest.param(
            LEAP,
            True,
            date(2020, 3, 1),
            Window(date(2021, 2, 28), date(2021, 2, 28), date(2021, 2, 1)),
            id="TH-12 29 February in a year without one",
        ),
        pytest.param(
            LEAP,
            True,
            date(2023, 3, 1),
            Window(date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 1)),
            id="TH-12 29 February in the next leap year",
        ),
        pytest.param(NEW_YEAR, True, date(2020, 1, 3), NEW_YEAR, id="TH-12 over New Year, in January"),
        pytest.param(
            NEW_YEAR,
            True,
            date(2020, 1, 6),
            Window(date(2020, 12, 20), date(2021, 1, 5), date(2020, 12, 1)),
            id="TH-12 over New Year, next time",
        ),
        pytest.param(
            EARLY,
            True,
            date(2020, 12, 20),
            Window(date(2021, 1, 10), date(2021, 1, 12), date(2020, 12, 15)),
            id="TH-12 watched from the year before",
        ),
    ],
)
def test_next_occurrence(window: Window, is_yearly: bool, today: date, expected: Window | None) -> None:
    assert calendar.next_occurrence(window, is_yearly=is_yearly, today=today) == expected


@pytest.mark.parametrize(
    ("today", "stage", "left"),
    [
        (date(2020, 11, 30), Stage.COMING, 27),
        (date(2020, 12, 1), Stage.WATCHED, 26),
        (date(2020, 12, 26), Stage.WATCHED, 1),
        (date(2020, 12, 27), Stage.NOW, 0),
        (date(2020, 12, 28), Stage.PAST, -1),
    ],
    ids=["TH-12 coming", "TH-12 watch begins", "TH-12 the eve", "TH-12 the day", "TH-12 over"],
)
def test_stage(today: date, stage: Stage, left: int) -> None:
    assert (ONCE.stage(today), ONCE.days_left(today)) == (stage, left)


@pytest.mark.parametrize(
    ("window", "is_yearly", "start", "end", "days"),
    [
        pytest.param(ONCE, True, date(2021, 1, 1), date(2022, 12, 31), [2021, 2022], id="TH-12 two years, two times"),
        pytest.param(ONCE, False, date(2021, 1, 1), date(2022, 12, 31), [], id="TH-12 once only"),
        pytest.param(NEW_YEAR, True, date(2021, 1, 1), date(2021, 1, 31), [2020], id="TH-12 reaches in from before"),
        pytest.param(ONCE, True, date(2018, 1, 1), date(2019, 12, 31), [], id="TH-12 not before its first year"),
    ],
)
def test_occurrences(window: Window, is_yearly: bool, start: date, end: date, days: list[int]) -> None:
    found = calendar.occurrences(window, is_yearly=is_yearly, start=start, end=end)
    assert [one.starts_on.year for one in found] == days


@pytest.mark.parametrize(
    ("window", "is_yearly", "effect_of", "lacks"),
    [
        pytest.param(ONCE, False, None, True, id="TH-12 over, nothing written"),
        pytest.param(ONCE, False, date(2020, 12, 27), False, id="TH-12 over, written"),
        pytest.param(NEW_YEAR, True, None, True, id="TH-12 yearly, last time not written"),
        pytest.param(NEW_YEAR, True, date(2020, 1, 5), False, id="TH-12 yearly, last time written"),
        pytest.param(NEW_YEAR, True, date(2019, 1, 5), True, id="TH-12 yearly, only the time before"),
    ],
)
def test_effect_is_asked_for(window: Window, is_yearly: bool, effect_of: date | None, lacks: bool) -> None:
    last = calendar.last_occurrence(window, is_yearly=is_yearly, today=TODAY)
    assert calendar.lacks_effect(last, effect_of=effect_of) is lacks


@pytest.mark.parametrize(
    ("window", "fits"),
    [
        (NEW_YEAR, True),
        (Window(date(2020, 1, 1), date(2020, 12, 31), date(2020, 1, 1)), True),
        (Window(date(2020, 1, 1), date(2021, 1, 1), date(2020, 1, 1)), False),
        (Window(date(2020, 6, 1), date(2020, 6, 1), date(2019, 6, 1)), False),
    ],
    ids=["TH-12 over New Year", "TH-12 a whole year", "TH-12 longer than a year", "TH-12 watched a year before"],
)
def test_yearly_event_ends_before_it_comes_again(window: Window, fits: bool) -> None:
    assert calendar.fits_in_a_year(window) is fits


@pytest.mark.parametrize(
    ("month", "cell"),
    [(10, ""), (11, ""), (12, "event")],
    ids=["TH-12 nothing", "TH-12 before the watch", "TH-12 event wins over watch"],
)
def test_cell_of_the_strip(month: int, cell: str) -> None:
    start, end = calendar.months_from(date(2020, month, 1), 1)[0]
    assert calendar.lies_in(ONCE, start, end) == cell


def test_shipped_factors_are_those_of_the_framework() -> None:
    """TH-12: 14 factors, eight common, two for each crime; 3 to 6 signs each; the enabling signs of 8.5 are there."""
    content = read_yaml(settings.BASE_DIR / "threats/reference/atrocity_factors.yaml")
    rows = content["rows"]
    codes = [sign["code"] for row in rows for sign in row["indicators"]]

    assert content["source"] == "United Nations Framework of Analysis for Atrocity Crimes (2014)"
    assert [row["number"] for row in rows] == list(range(1, 15))
    assert [row["kind"] for row in rows] == [FactorKind.COMMON] * 8 + ["genocide"] * 2 + ["humanity"] * 2 + ["war"] * 2
    assert all(3 <= len(row["indicators"]) <= 6 for row in rows)
    assert len(codes) == len(set(codes))
    enabling = {sign["code"] for sign in rows[6]["indicators"]}
    assert {"speech", "marking", "arms", "attacks", "women-children"} <= enabling
