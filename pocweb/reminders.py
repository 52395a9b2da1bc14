"""What reminders of all apps share: who of those meant may see the record, what was told before, and the telling.

An app's `reminders.py` finds what is due by the mission's clock and whom it concerns; `remind` does the rest. Keys hold
record, kind and deadline, so each reminder is told once, a moved deadline tells anew, and a round that broke off may
simply run again.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pocweb import clock
from pocweb.models import Mission, Notice, Person
from pocweb.notices import Line, notify_all
from pocweb.recipients import Staff
from pocweb.schedule import register_tick

log = logging.getLogger(__name__)

EVERY_SECONDS = 600
CHUNK = 500


@dataclass(frozen=True)
class Due:
    """One reminder of a record: `key` tells kind and deadline, `text` names the record by reference and days alone."""

    record: Any
    people: Sequence[Person]
    topic: str
    key: str
    text: str
    url: str
    ref: str = ""


Find = Callable[[Staff, datetime], int]


def register(name: str, find: Find, every_seconds: int = EVERY_SECONDS) -> None:
    """Add a round that calls `find(staff, now)` for each mission, with the moment of the mission's own clock.

    A mission that fails does not keep the others from being reminded; the round then counts as failed.
    """

    def work(_now: datetime) -> None:
        failed = []
        for mission in Mission.objects.order_by("pk"):
            try:
                find(Staff(mission), clock.now(mission))
            except Exception:  # told below, after the other missions
                log.exception("The round %s failed for the mission %s", name, mission.code)
                failed.append(mission.code)
        if failed:
            raise RuntimeError(f"{name} failed for {', '.join(failed)}")

    register_tick(name, every_seconds, work)


def remind(staff: Staff, records: Any, due: Iterable[Due], *, now: datetime) -> int:
    """Tell what was not told yet to those who may see its record; return the number of new notices.

    `records` is a queryset with `visible_to`. What was told before costs one query for all, the rest one per person.
    """
    due = list(due)
    told = _told(one.key for one in due)
    wanted = [(one, person.pk) for one in due for person in one.people if (one.key, person.pk) not in told]
    seen = staff.allowed(records, ((person, one.record.pk) for one, person in wanted))
    people: dict[str, list[int]] = {}
    for one, person in wanted:
        if (person, one.record.pk) in seen:
            people.setdefault(one.key, []).append(person)
    lines = [
        Line(tuple(people[one.key]), one.topic, one.key, one.text, one.url, one.record.marking, one.ref)
        for one in due
        if one.key in people
    ]
    return notify_all(lines, mission=staff.mission, now=now) if lines else 0


def _told(keys: Iterable[str]) -> set[tuple[str, int]]:
    wanted = sorted(set(keys))
    found: set[tuple[str, int]] = set()
    for start in range(0, len(wanted), CHUNK):
        rows = Notice.objects.filter(key__in=wanted[start : start + CHUNK])
        found |= set(rows.values_list("key", "person"))
    return found
