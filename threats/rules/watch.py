"""The judgments of the atrocity watch: where a factor stands now, how it moved. Plain values in, plain values out.

Source: POC Handbook 2020, 8.5: change is measured against a baseline, and local events are read together with national
ones. How readings of several places are put together is ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

COUNTRY = ""
"""The place of a reading that names no area: it speaks of the whole country."""


@dataclass(frozen=True)
class Seen:
    """One reading: its day, its order among those of the day, level 0 to 3, and the place (`COUNTRY` or a p-code)."""

    day: date
    order: int
    level: int
    place: str = COUNTRY


@dataclass(frozen=True)
class Standing:
    """Where a factor stands: its level, since which reading, in which place; `order` is None for the baseline."""

    level: int
    day: date
    place: str = COUNTRY
    order: int | None = None


def latest_by_place(seen: Iterable[Seen], *, since: date, on: date) -> dict[str, Seen]:
    """Return the latest reading of each place from `since` to `on`, both included, whatever the order they came in."""
    found: dict[str, Seen] = {}
    for one in sorted(seen, key=lambda one: (one.day, one.order)):
        if since <= one.day <= on:
            found[one.place] = one
    return found


def standing(*, baseline_level: int, baseline_on: date, seen: Iterable[Seen], on: date) -> Standing | None:
    """Return where a factor stands on a day; None before its baseline.

    Each place stands where its latest reading by date says, the country at the baseline while nothing national was
    read since; the factor stands at the highest of them, so that calm in one place hides nothing seen in another.
    Readings older than the baseline are background and do not count. Source: Handbook 8.5; the rule is ours.
    """
    if on < baseline_on:
        return None
    places = latest_by_place(seen, since=baseline_on, on=on)
    found = [Standing(one.level, one.day, one.place, one.order) for one in places.values()]
    if COUNTRY not in places:
        found.append(Standing(baseline_level, baseline_on))
    return max(found, key=lambda one: (one.level, one.day, one.order or -1))


def direction(level: int, before: int) -> int:
    """Return 1 for above, 0 for the same, -1 for below."""
    return (level > before) - (level < before)


def is_stale(last_on: date, *, today: date, review_days: int) -> bool:
    """Say whether nothing was read for longer than the mission's review period; on its last day it is in time. Ours."""
    return last_on + timedelta(days=review_days) < today


def quarter_ended(today: date) -> date:
    """Return the last day of the quarter before the one that `today` lies in."""
    return date(today.year, 3 * ((today.month - 1) // 3) + 1, 1) - timedelta(days=1)


def month_ends(today: date, count: int = 12) -> list[date]:
    """Return the last days of the months before `today`, then `today` itself: `count` days, oldest first."""
    days = [today]
    first = today.replace(day=1)
    while len(days) < count:
        days.append(first - timedelta(days=1))
        first = days[-1].replace(day=1)
    return days[::-1]
