"""Rules of schemes and trends: the 25 cells one by one, priority by mapping, direction of a rating."""

from typing import Any

import pytest

from pocweb.errors import RuleError
from pocweb.reference_data import read_yaml
from threats.choices import Trend
from threats.reference_loader import FOLDER
from threats.rules.scheme import faults_of, label_of, priority_of, risk_of, steps
from threats.rules.trend import Rating, direction, trend_of

LOW, MEDIUM, HIGH, EXTREME = 1, 2, 3, 4


def data_of(name: str) -> Any:
    return read_yaml(FOLDER / f"{name}.yaml")["schemes"][0]["data"]


# POC Handbook 2020, 8.2.4: the grid, cell by cell
CELLS = [
    ("almost_certain", "insignificant", MEDIUM),
    ("almost_certain", "minor", HIGH),
    ("almost_certain", "moderate", HIGH),
    ("almost_certain", "major", EXTREME),
    ("almost_certain", "severe", EXTREME),
    ("likely", "insignificant", MEDIUM),
    ("likely", "minor", MEDIUM),
    ("likely", "moderate", HIGH),
    ("likely", "major", EXTREME),
    ("likely", "severe", EXTREME),
    ("possible", "insignificant", MEDIUM),
    ("possible", "minor", MEDIUM),
    ("possible", "moderate", HIGH),
    ("possible", "major", HIGH),
    ("possible", "severe", EXTREME),
    ("unlikely", "insignificant", LOW),
    ("unlikely", "minor", MEDIUM),
    ("unlikely", "moderate", MEDIUM),
    ("unlikely", "major", HIGH),
    ("unlikely", "severe", HIGH),
    ("rare", "insignificant", LOW),
    ("rare", "minor", LOW),
    ("rare", "moderate", MEDIUM),
    ("rare", "major", HIGH),
    ("rare", "severe", HIGH),
]


@pytest.mark.parametrize(("likelihood", "impact", "risk"), CELLS)
def test_risk_of_each_cell_of_the_5x5_scheme(likelihood: str, impact: str, risk: int) -> None:
    """TH-02: risk is read from the stored grid (POC Handbook 2020, 8.2.4)."""
    data = data_of("scheme-5x5")
    value = {axis: {step["code"]: step["value"] for step in steps(data, axis)} for axis in ("likelihood", "impact")}
    assert risk_of(data, value["likelihood"][likelihood], value["impact"][impact]) == risk


def test_cells_are_all_there() -> None:
    assert len({(likelihood, impact) for likelihood, impact, _risk in CELLS}) == 25


@pytest.mark.parametrize(
    ("axis", "likelihood", "impact"), [("likelihood", 6, 1), ("likelihood", 0, 1), ("impact", 1, 6)]
)
def test_risk_of_refuses_what_the_scheme_does_not_hold(axis: str, likelihood: int, impact: int) -> None:
    with pytest.raises(RuleError) as refused:
        risk_of(data_of("scheme-5x5"), likelihood, impact)
    assert (refused.value.code, refused.value.field) == ("not_in_scheme", axis)


@pytest.mark.parametrize(("risk", "priority"), [(EXTREME, 1), (HIGH, 2), (MEDIUM, 3), (LOW, 3)])
def test_priority_follows_the_mapping(risk: int, priority: int) -> None:
    assert priority_of(data_of("scheme-5x5"), risk) == priority


def test_priority_reads_number_keys_too() -> None:
    assert priority_of({"priority": {3: 2}}, 3) == 2


@pytest.mark.parametrize("name", ["scheme-5x5", "scheme-3x3"])
def test_shipped_schemes_hold_together(name: str) -> None:
    assert faults_of(data_of(name)) == []


def test_faults_name_a_torn_scheme() -> None:
    data = {"likelihood": [{"value": 1}], "impact": [{"value": 1}, {"value": 3}], "grid": [[1]], "priority": {}}
    assert faults_of(data) == [
        "The steps of impact are not 1 to 2.",
        "The grid does not have one row per likelihood and one column per impact.",
        "A risk level of the grid has no priority.",
    ]


def test_label_of_is_empty_for_what_is_unknown() -> None:
    data = data_of("scheme-5x5")
    assert [label_of(data, "impact", value) for value in (4, None, 9)] == ["Major", "", ""]


RATING = Rating(scheme=1, likelihood=3, impact=3, risk=HIGH)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (Rating(1, 5, 5, EXTREME), Trend.RISING),
        (Rating(1, 1, 1, LOW), Trend.FALLING),
        (Rating(1, 3, 3, HIGH), Trend.STEADY),
        (Rating(1, 3, 4, HIGH), Trend.RISING),
        (Rating(1, 2, 3, HIGH), Trend.FALLING),
        (Rating(1, 4, 2, HIGH), Trend.STEADY),
        (Rating(2, 5, 5, HIGH), Trend.STEADY),
        (Rating(2, 1, 1, LOW), Trend.FALLING),
    ],
)
def test_trend_against_the_rating_before(now: Rating, expected: Trend) -> None:
    """TH-03: rising, steady, falling (POC Handbook 2020, 8.2.4: reassess when either changes)."""
    assert trend_of(now, RATING) == expected


def test_trend_of_the_first_rating_is_new() -> None:
    assert trend_of(RATING, None) == Trend.NEW


@pytest.mark.parametrize(("count", "before", "expected"), [(3, 1, "rising"), (1, 3, "falling"), (2, 2, "steady")])
def test_direction_of_counts(count: int, before: int, expected: str) -> None:
    assert direction(count, before) == expected
