"""The mission's clock. Rules take `now` as an argument; services, views and commands ask it here."""

from datetime import date, datetime

from django.utils import timezone


def now(mission: object | None = None) -> datetime:
    """Return the aware moment that counts as now for the mission, UTC.

    A demo mission's clock stands at a day (`Mission.clock_on`); the hour of that day still runs, so that the order of
    acts is kept.
    """
    moment = timezone.now()
    stands_on = getattr(mission, "clock_on", None)
    if stands_on is None:
        return moment
    return moment.replace(year=stands_on.year, month=stands_on.month, day=stands_on.day)


def today(mission: object | None = None) -> date:
    """Return the day that counts as today for the mission."""
    return now(mission).date()
