"""Presences written for the record that keeps them in step; that record's own service has asked for the right."""

from datetime import date, datetime
from typing import Any

from django.db.models import F

from pocweb.audit import record_event
from pocweb.models import Area, Counter, Office
from threats.models import Presence


def add_kept(
    office: Office,
    *,
    kind: str,
    area: Area,
    starts_on: date,
    ends_on: date | None,
    marking: int,
    by: Any,
    now: datetime,
) -> Presence:
    """Store a presence inside the caller's transaction and return it."""
    stamps = {"created_at": now, "created_by": by, "changed_at": now, "changed_by": by}
    mission = office.mission
    values = {"kind": kind, "starts_on": starts_on, "ends_on": ends_on, "marking": marking}
    number = Counter.take(mission, Presence.KIND)
    presence = Presence.objects.create(mission=mission, office=office, area=area, number=number, **values, **stamps)
    told = values | {"area": area.pcode, "office": office.code}
    record_event(by, "added", presence, changes={name: [None, _plain(value)] for name, value in told.items()}, now=now)
    return presence


def set_kept(presence: Presence, values: dict[str, Any], *, by: Any, now: datetime) -> None:
    """Set columns of a kept presence where they differ, with one event; inside the caller's transaction."""
    changes = {name: value for name, value in values.items() if getattr(presence, name) != value}
    if not changes:
        return
    before = {name: getattr(presence, name) for name in changes}
    rows = Presence.objects.filter(pk=presence.pk)
    rows.update(version=F("version") + 1, changed_at=now, changed_by=by, **changes)
    presence.refresh_from_db()
    told = {name: [_plain(before[name]), _plain(value)] for name, value in changes.items()}
    verb = "ended" if list(changes) == ["ends_on"] and changes["ends_on"] else "changed"
    record_event(by, verb, presence, changes=told, now=now)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "pcode", getattr(value, "code", value))
