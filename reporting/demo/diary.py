"""What happened in the demo mission, day by day.

Acts are put down in any order and then done in the order of their moments, so that every edition and report freezes
what stood on its day and the audit trail reads in time. The mission's clock moves along.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from pocweb.models import AuditEvent, Mission, Person

FIRST_HOUR = time(8, 0, tzinfo=UTC)


class Diary:
    """A list of acts with their days."""

    def __init__(self, mission: Mission) -> None:
        self.mission = mission
        self._acts: list[tuple[date, int, Callable[[datetime], Any]]] = []

    def put(self, day: date, act: Callable[[datetime], Any]) -> None:
        """Put down an act, which gets its moment when it is done; acts of one day keep their order."""
        self._acts.append((day, len(self._acts), act))

    def play(self) -> int:
        """Do everything in the order of days and return the number of acts."""
        done, today, moment = 0, None, datetime.min.replace(tzinfo=UTC)
        for day, _order, act in sorted(self._acts, key=lambda entry: entry[:2]):
            if day != today:
                today, moment = day, max(moment, datetime.combine(day, FIRST_HOUR))
                Mission.objects.filter(pk=self.mission.pk).update(clock_on=day)
            act(moment)
            moment = max(moment, self._last_act()) + timedelta(minutes=2)
            done += 1
        return done

    def _last_act(self) -> datetime:
        """Return the moment of the last event: an act may take hours, and the next begins after it."""
        events = AuditEvent.objects.filter(mission=self.mission).order_by("-seq")
        return events.values_list("at", flat=True)[0]


@cache
def person(account: str) -> Person:
    """Return a person of the cast, read once: their postings do not change while the demo is built."""
    return Person.objects.get(username=account)
