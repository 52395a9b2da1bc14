"""Stored plain values of a forum as text for people: ids become names."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from coordination.choices import ForumBody, Frequency, SeatKind
from coordination.fieldlists import FORUM
from coordination.models import Forum
from pocweb.choices import Level, Marking
from pocweb.fieldlist import for_people
from pocweb.models import Component, Office, Person

LABELS: Mapping[str, Any] = {field.name: field.label for field in FORUM.fields} | {
    "decided_on": _("Decided on"),
    "sha256": _("Fingerprint"),
}
CODES: Mapping[str, Any] = {"level": Level, "body": ForumBody, "frequency": Frequency, "marking": Marking}
MODELS: Mapping[str, Any] = {"office": Office, "chair": Person, "members": Component, "parent": Forum}
DAYS = ("decided_on", "active_from", "active_to")


class Wording:
    """Shows values of fields; the names behind ids are read once. Forums above the reader's clearance stay unnamed."""

    def __init__(self, values: Iterable[tuple[str, Any]], user: Any = None) -> None:
        wanted: dict[str, set[int]] = {}
        for name, value in values:
            if name in MODELS and value:
                wanted.setdefault(name, set()).update(value if isinstance(value, list) else [value])
            elif name == "seats" and value:
                wanted.setdefault("chair", set()).update(seat["person"] for seat in value if seat["person"])
        self.names = {
            (name, row.pk): str(row)
            for name, ids in wanted.items()
            for row in MODELS[name].objects.filter(pk__in=ids)
            if getattr(row, "marking", 0) <= getattr(user, "clearance", 0)
        }

    def __call__(self, name: str, value: Any) -> str:
        """Return the text of one value, empty for none."""
        if value is None or value == "" or value == []:
            return ""
        if name in MODELS:
            ids = value if isinstance(value, list) else [value]
            return ", ".join(self.names.get((name, pk), str(_("not shown to you"))) for pk in ids)
        if name == "seats":
            return ", ".join(self._seat(seat) for seat in value)
        if name in CODES:
            return str(CODES[name](value).label)
        if name in DAYS:
            return for_people(date.fromisoformat(value))
        return value[:16] if name == "sha256" else for_people(value)

    def _seat(self, seat: Mapping[str, Any]) -> str:
        who = self.names.get(("chair", seat["person"]), "") if seat["person"] else seat["body"]
        return f"{who} ({str(SeatKind(seat['kind']).label).lower()})"
