"""The history of an incident as its page tells it: days in words, areas by name, protected values left out."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from pocweb.fieldlist import FieldKind, for_people
from pocweb.models import Area
from threats.fieldlists.incident import INCIDENT, hidden_from, words


def told(event: Any, user: Any, places: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return an event of the history for `components/_history.html`; source codes only for those who may see them.

    `places` gives the names of areas by p-code.
    """
    changes = []
    hidden = hidden_from(user, event)
    for name, (before, after) in event.changes.items():
        if name in hidden or name not in {field.name for field in INCIDENT.fields}:
            continue
        texts = [_stored(name, value, places or {}) for value in (before, after)]
        changes.append({"label": INCIDENT[name].label, "before": texts[0], "after": texts[1]})
    if event.note:
        changes.append({"label": _("Note"), "before": None, "after": event.note})
    return {"at": event.at, "actor": event.actor or _("The system"), "verb": _(event.verb), "changes": changes}


def _stored(name: str, value: Any, places: Mapping[str, str]) -> str | None:
    """Return a stored plain value as people read it: days in words, areas by name; None for none."""
    if value in (None, "", []):
        return None
    if INCIDENT[name].kind is FieldKind.DATE:
        return for_people(date.fromisoformat(value))
    return places.get(value, value) if name == "area" else words(name, value)


def places_named(events: Iterable[Any]) -> dict[str, str]:
    """Return the names of the areas that a history tells of, by p-code. One query."""
    codes = {code for event in events for code in event.changes.get("area", ()) if code}
    return {
        pcode: f"{name} ({pcode})" for pcode, name in Area.objects.filter(pcode__in=codes).values_list("pcode", "name")
    }
