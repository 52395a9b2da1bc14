"""The trigger calendar: when an event comes next, when its watch begins. Plain values in, plain values out.

Source: POC Handbook 2020, 8.5, asks for an annual calendar of events that have raised tensions before; how dates come
back is ours.
"""

from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """Where an event stands on a day."""

    COMING = "coming"
    WATCHED = "watched"
    NOW = "now"
    PAST = "past"


@dataclass(frozen=True, order=True)
class Window:
    """One occurrence: its days, both included, and the day from which it is watched."""

    starts_on: date
    ends_on: date
    watch_from: date

    def days_left(self, today: date) -> int:
        """Return the days until it begins; 0 or less once it has."""
        return (self.starts_on - today).days

    def stage(self, today: date) -> Stage:
        if today > self.ends_on:
            return Stage.PAST
        if today >= self.starts_on:
            return Stage.NOW
        return Stage.WATCHED if today >= self.watch_from else Stage.COMING


def shifted(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 28 February where the year has none."""
    year = day.year + years
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def occurrence(window: Window, years: int) -> Window:
    """Return the window some years later; one that runs over New Year keeps doing so."""
    return Window(*(shifted(day, years) for day in (window.starts_on, window.ends_on, window.watch_from)))


def occurrences(window: Window, *, is_yearly: bool, start: date, end: date) -> Iterator[Window]:
    """Yield the occurrences of which a day lies in the period, both ends included, in order.

    A yearly event comes back each year from its first occurrence on, never before.
    """
    if not is_yearly:
        if window.starts_on <= end and window.ends_on >= start:
            yield window
        return
    for years in range(max(start.year - window.ends_on.year - 1, 0), max(end.year - window.starts_on.year, -1) + 1):
        one = occurrence(window, years)
        if one.starts_on <= end and one.ends_on >= start:
            yield one


def next_occurrence(window: Window, *, is_yearly: bool, today: date) -> Window | None:
    """Return the occurrence that is under way or comes next; None where none comes any more."""
    if not is_yearly:
        return window if window.ends_on >= today else None
    years = max(today.year - window.ends_on.year, 0)
    one = occurrence(window, years)
    return one if one.ends_on >= today else occurrence(window, years + 1)


def last_occurrence(window: Window, *, is_yearly: bool, today: date) -> Window | None:
    """Return the latest occurrence that is over; None where none is."""
    if not is_yearly:
        return window if window.ends_on < today else None
    for years in (today.year - window.ends_on.year, today.year - window.ends_on.year - 1):
        if years >= 0 and (one := occurrence(window, years)).ends_on < today:
            return one
    return None


def current(window: Window, *, is_yearly: bool, today: date) -> Window:
    """Return the occurrence to show today: under way, coming, or the last one where none comes any more."""
    return next_occurrence(window, is_yearly=is_yearly, today=today) or window


def lacks_effect(last: Window | None, *, effect_of: date | None) -> bool:
    """Say whether an occurrence is over whose effect nobody has written down."""
    return last is not None and (effect_of is None or effect_of < last.ends_on)


def fits_in_a_year(window: Window) -> bool:
    """Say whether a yearly event ends before it begins again."""
    return window.ends_on < shifted(window.starts_on, 1) and window.watch_from > shifted(window.starts_on, -1)


def months_from(first: date, count: int = 12) -> list[tuple[date, date]]:
    """Return the first and last day of `count` months in a row."""
    months = []
    for offset in range(count):
        year, month = divmod(first.year * 12 + first.month - 1 + offset, 12)
        months.append((date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])))
    return months


def lies_in(window: Window, start: date, end: date) -> str:
    """Return "event" where a day of it lies in the period, "watch" where only its watch does, else ""."""
    if window.starts_on <= end and window.ends_on >= start:
        return "event"
    watch_end = window.starts_on - timedelta(days=1)
    return "watch" if window.watch_from <= end and watch_end >= start else ""
