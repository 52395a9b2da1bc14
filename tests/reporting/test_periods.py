"""Quarters."""

from datetime import date

import pytest

from pocweb.errors import RuleError
from pocweb.periods import Quarter


@pytest.mark.parametrize(
    ("text", "start", "end", "before", "after"),
    [
        ("2020-Q4", date(2020, 10, 1), date(2020, 12, 31), "2020-Q3", "2021-Q1"),
        ("2020-Q1", date(2020, 1, 1), date(2020, 3, 31), "2019-Q4", "2020-Q2"),
        ("2024-Q2", date(2024, 4, 1), date(2024, 6, 30), "2024-Q1", "2024-Q3"),
    ],
)
def test_quarter_knows_its_days_and_neighbours(text: str, start: date, end: date, before: str, after: str) -> None:
    quarter = Quarter.parse(text)

    assert (quarter.starts_on, quarter.ends_on) == (start, end)
    assert (str(quarter.before), str(quarter), str(quarter.after)) == (before, text, after)


@pytest.mark.parametrize("text", ["", "2020", "2020-Q5", "2020-Q0", "Q4-2020", "2020Q4", "2020-Q44"])
def test_quarter_refuses_other_writings_at_the_field(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        Quarter.parse(text)

    assert (refused.value.code, refused.value.field) == ("bad_period", "period")


def test_every_day_of_a_year_lies_in_the_quarter_that_holds_it() -> None:
    for ordinal in range(date(2020, 1, 1).toordinal(), date(2021, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        quarter = Quarter.of(day)
        assert quarter.starts_on <= day <= quarter.ends_on
