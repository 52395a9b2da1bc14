"""Which areas the mission does not see: no presence, or little access to information.

Source: POC Handbook 2020, 8.4, example of hotspot and blind-spot mapping: a blind spot is where the mission has no
presence or little access to information. What counts as seeing (base, community alert network, community liaison
assistant, patrol, visit, report) is our reading; the number of days is the mission's (`Mission.blind_days`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from threats.choices import PresenceKind, Sight


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is known of one kind of presence in an area: when it was last there, and for how many records."""

    kind: PresenceKind
    last_on: date
    count: int = 1


def window(ends_on: date, days: int) -> date:
    """Return the first of so many days that end with a day, both included."""
    return ends_on - timedelta(days=max(days, 1) - 1)


def sight_of(
    *,
    has_office: bool,
    presences: Iterable[Glimpse],
    last_report_on: date | None,
    since: date,
    is_seen_around: bool = False,
) -> Sight:
    """Return how well an area has been seen since a day (included).

    An office whose place lies in the area is a base, always. A presence counts while it goes on and on its last day; a
    report is an incident recorded with its first day in the period. Without any of them the area is blind, whatever
    was known before; unless a presence or report of the period is placed no closer than an area around it
    (`is_seen_around`), of which nobody can say whether it reached this one.
    """
    is_present = has_office or any(one.last_on >= since for one in presences)
    is_reported = last_report_on is not None and last_report_on >= since
    if is_present and is_reported:
        return Sight.SEEN
    if is_present:
        return Sight.PRESENCE_ONLY
    if is_reported:
        return Sight.REPORTS_ONLY
    return Sight.UNSURE if is_seen_around else Sight.BLIND
