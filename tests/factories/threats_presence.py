"""Presences of the fictional mission."""

from datetime import UTC, date, datetime
from typing import Any

from pocweb.models import Counter, Office
from threats.choices import PresenceKind
from threats.models import Presence

NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)


def make_presence(office: Office, **columns: Any) -> Presence:
    """Return a base since 1 December 2020 in the office's first area, unless told otherwise."""
    columns = {
        "kind": PresenceKind.BASE,
        "area": columns.get("area") or office.areas.first(),
        "starts_on": date(2020, 12, 1),
        "marking": 1,
        "created_at": NOW,
        "changed_at": NOW,
        "number": Counter.take(office.mission, Presence.KIND),
        **columns,
    }
    return Presence.objects.create(mission=office.mission, office=office, **columns)
