"""The days that the next edition of a matrix is offered. Pure: days in, days out."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from pocweb.errors import RuleError

QUARTER, REVIEW = "quarter", "review"


@dataclass(frozen=True)
class Period:
    """The first day that an edition covers, its horizon (the last day), and the day of the next review."""

    starts_on: date
    horizon_on: date
    review_on: date


def next_quarter(today: date, *, review_days: int) -> Period:
    """Return the quarter after today's, reviewed once within it. Reports are quarterly (POC Handbook 2020, 8.5)."""
    month = (today.month - 1) // 3 * 3 + 4
    starts = date(today.year + (month > 12), (month - 1) % 12 + 1, 1)
    last = starts.month + 2
    horizon = date(starts.year, last, calendar.monthrange(starts.year, last)[1])
    return Period(starts, horizon, min(starts + timedelta(days=review_days - 1), horizon))


def next_review(today: date, *, review_days: int) -> Period:
    """Return the review period of the mission that begins today (weekly or monthly: POC Handbook 2020, 5.1)."""
    horizon = today + timedelta(days=max(review_days - 1, 1))
    return Period(today, horizon, horizon)


def offered(today: date, *, review_days: int, kind: str = "") -> Period:
    """Return the period that is offered: of the kind asked for, else the quarter where one begins before the review.

    Ours: the Handbook leaves the length of an edition to the mission.
    """
    quarter = next_quarter(today, review_days=review_days)
    is_near = quarter.starts_on - today <= timedelta(days=review_days)
    if kind == QUARTER or (kind != REVIEW and is_near):
        return quarter
    return next_review(today, review_days=review_days)


def check(period: Period, *, today: date) -> None:
    """Raise `RuleError` with the field for days that do not follow one another or have passed."""
    if period.horizon_on <= today:
        raise RuleError("horizon_passed", _("The horizon lies ahead of today."), "horizon_on")
    if period.horizon_on <= period.starts_on:
        raise RuleError("horizon_before_start", _("The horizon lies after the first day."), "horizon_on")
    if period.review_on <= today:
        raise RuleError("review_passed", _("The next review lies ahead of today."), "review_on")
    if not period.starts_on <= period.review_on <= period.horizon_on:
        raise RuleError("review_outside", _("The next review lies between the first day and the horizon."), "review_on")


def moved(day: date | None, *, starts_on: date, to: date) -> date | None:
    """Return the day after a roll-over: one that ends before the new period moves, others and unknown ones stay."""
    return to if day is not None and day < starts_on else day
