"""Watched factors, readings and events of the trigger calendar, made through their services."""

from datetime import UTC, datetime
from typing import Any

from pocweb.models import Mission, Office
from threats.models import AtrocityFactor, FactorReading, FactorWatch, TriggerEvent
from threats.services.triggers import add_trigger
from threats.services.watch import add_reading, set_baseline

NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)


def make_watch(mission: Mission, by: Any, number: int, **values: Any) -> FactorWatch:
    """Return a factor judged relevant: single signs as of 1 August 2020, unless said otherwise."""
    factor = AtrocityFactor.objects.get(number=number)
    given = {"is_relevant": True, "baseline_level": 1, "baseline_on": "2020-08-01", "baseline": "Usual here.", **values}
    return set_baseline(mission, factor, values=given, by=by, now=NOW)


def make_reading(watch: FactorWatch, by: Any, day: str, level: int, **values: Any) -> FactorReading:
    """Return a reading of the whole country."""
    given = {"read_on": day, "level": level, "evidence": "Two patrols saw it.", **values}
    return add_reading(watch, values=given, by=by, now=NOW)


def make_trigger(office: Office, by: Any, **values: Any) -> TriggerEvent:
    """Return an event: elections on 27 December 2020, watched from the first of the month."""
    given = {
        "kind": "election",
        "title": "Elections",
        "starts_on": "2020-12-27",
        "ends_on": "2020-12-27",
        "watch_from": "2020-12-01",
        **values,
    }
    return add_trigger(office=office, values=given, by=by, now=NOW)
