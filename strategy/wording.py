"""Stored plain values of an activity as text for people: ids become names, in few queries whatever their number."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from pocweb.choices import Marking, Phase, Tier
from pocweb.fieldlist import for_people
from pocweb.models import Area, Component, Office, Person
from strategy.choices import ActivityStatus
from strategy.fieldlists import ACTIVITY
from threats.models import Threat

LABELS: Mapping[str, Any] = {field.name: field.label for field in ACTIVITY.fields}
CODES = {"tier": Tier, "marking": Marking, "status": ActivityStatus, "phases": Phase}
DAYS = ("starts_on", "due_on", "done_on")
MODELS: Mapping[str, Any] = {
    "component": Component,
    "supporting": Component,
    "owner": Person,
    "threats": Threat,
    "office": Office,
    "area": Area,
}


class Wording:
    """Shows values of fields; threats that the reader may not see stay without a name."""

    def __init__(self, values: Iterable[tuple[str, Any]], user: Any) -> None:
        wanted: dict[str, set[int]] = {}
        for name, value in values:
            if name in MODELS and value:
                ids = value if isinstance(value, list) else [value]
                wanted.setdefault(name, set()).update(ids)
        self.names: dict[tuple[str, int], str] = {}
        for name, pks in wanted.items():
            rows: Any = MODELS[name].objects.all()
            if name == "threats":
                rows = rows.visible_to(user)
            for row in rows.filter(pk__in=pks):
                self.names[name, row.pk] = row.ref if isinstance(row, Threat) else str(row)

    def __call__(self, name: str, value: Any) -> str:
        """Return the text of one value, empty for none."""
        if value is None or value == "" or value == []:
            return ""
        if name in MODELS:
            ids = value if isinstance(value, list) else [value]
            return ", ".join(self.names.get((name, pk), _("one outside your reach")) for pk in ids)
        if name == "phases":
            return ", ".join(str(Phase(phase).label) for phase in value)
        if name in CODES:
            return str(CODES[name](value).label)
        return for_people(date.fromisoformat(value)) if name in DAYS else str(value)
