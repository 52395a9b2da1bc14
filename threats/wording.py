"""Stored plain values of a threat as text for people: codes become names, in few queries whatever their number."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from pocweb.choices import Marking, Priority, RiskLevel
from pocweb.fieldlist import for_people
from pocweb.models import Area, Component, Person
from threats.choices import Confidence, ThreatStatus, Trend, Vulnerability
from threats.models import Actor, AtRiskGroup, ViolenceType
from threats.services.threat_values import DATES, VARIABLES

ENUMS: dict[str, Any] = {
    "marking": Marking,
    "priority": Priority,
    "risk": RiskLevel,
    "trend": Trend,
    "confidence": Confidence,
    "expected_risk": RiskLevel,
    "status": ThreatStatus,
}


class Wording:
    """Shows values of a threat's fields. Actors that the reader may not see stay without a name."""

    def __init__(self, values: Iterable[tuple[str, Any]], user: Any) -> None:
        wanted: dict[str, set[str]] = {}
        for name, value in values:
            if name == "groups":
                wanted.setdefault("groups", set()).update(row["group"] for row in value or ())
                wanted.setdefault("areas", set()).update(row["area"] for row in value or () if row["area"])
            elif name in ("areas", "violence_types", "actors", "components", "lead") and value:
                wanted.setdefault(name, set()).update([value] if isinstance(value, str) else value)
        self.names = {name: _names(name, codes, user) for name, codes in wanted.items()}

    def __call__(self, name: str, value: Any) -> str:
        """Return the text of one value, empty for none."""
        if value is None or value == "" or value == []:
            return ""
        if name in ENUMS:
            return str(ENUMS[name](value).label)
        if name == "groups":
            return "; ".join(self._group(row) for row in value)
        if name == "protection_actors":
            return "; ".join(_protection(row) for row in value)
        if isinstance(value, list):
            return ", ".join(self._named(name, code) for code in value)
        if name == "lead":
            return self._named(name, value)
        if name in DATES:
            return for_people(date.fromisoformat(value))
        return for_people(value)

    def _named(self, name: str, code: str) -> str:
        hidden = _("one outside your reach") if name == "actors" else code
        return self.names.get(name, {}).get(code, hidden)

    def _group(self, row: dict[str, Any]) -> str:
        parts = [self._named("groups", row["group"]), self._named("areas", row["area"]) if row["area"] else ""]
        parts += [for_people(row["number"]) if row["number"] is not None else _("number unknown"), row["exposure"]]
        parts += [str(Vulnerability(row["vulnerability"]).label) if row["vulnerability"] else "", row["reason"]]
        return ", ".join(part for part in parts if part)


def _protection(row: dict[str, Any]) -> str:
    return ", ".join(str(row[name]) for name in ("name", "role", *VARIABLES) if row.get(name))


def _names(name: str, codes: set[str], user: Any) -> dict[str, str]:
    if name == "areas":
        return dict(Area.objects.filter(pcode__in=codes).values_list("pcode", "name"))
    if name == "lead":
        return {person.username: str(person) for person in Person.objects.filter(username__in=codes)}
    if name == "actors":
        rows = Actor.objects.visible_to(user).filter(mission=user.mission, code__in=codes)
        return {actor.code: str(actor) for actor in rows}
    if name == "components":
        return dict(Component.objects.filter(mission=user.mission, code__in=codes).values_list("code", "name"))
    model: Any = ViolenceType if name == "violence_types" else AtRiskGroup
    return dict(model.objects.known_in(user.mission).filter(code__in=codes).values_list("code", "name"))
