"""What the services of networks, assistants and assessments share: codes into records, plain values, moments."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from coordination.sharing.services import as_rule
from pocweb.choices import Verb
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, Mission, Office
from pocweb.permissions import grants_for, refuse_above_clearance, require
from threats.services.incident_places import area_by_pcode, areas_of_mission

CHANGE = "coordination.change_community"
KIND = "community"


def offices_for(user: Any, mission: Mission, *verbs: Verb) -> Any:
    """Return the mission's offices in whose branch the user may do one of these to communities, in tree order."""
    found = Office.objects.none()
    for verb in verbs:
        for grant in grants_for(user, KIND, verb):
            if grant.mission_id == mission.pk:
                found = found | Office.objects.filter(mission=mission, path__startswith=grant.office_path)
    return found.order_by("path")


def as_plain(values: Mapping[str, Any], *, editable: Collection[str]) -> dict[str, Any]:
    """Return what a caller gave in plain values: codes of records, ISO days. Raises `RuleError` for no field."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in editable:
            raise RuleError("unknown_field", _("There is no field %(name)s.") % {"name": name}, name)
        if isinstance(value, date):
            plain[name] = value.isoformat()
        elif name == "marking":
            plain[name] = int(value)
        else:
            plain[name] = getattr(value, "pcode", getattr(value, "code", value))
    return plain


def office_of(mission: Mission, code: str | None, *, field: str = "office") -> Office:
    """Return the mission's office with the code. Raises `RuleError` at the field."""
    found = Office.objects.filter(mission=mission, code=code or "").select_related("mission").first()
    if found is None:
        raise RuleError("office_missing", _("Choose an office of this mission."), field)
    return found


def area_of(mission: Mission, pcode: str | None, *, on: date, field: str = "area") -> Area:
    """Return the mission's area with the p-code, in the division of the day. Raises `RuleError` at the field."""
    area = area_by_pcode(pcode, on=on) if pcode else None
    if area is None or not Area.objects.filter(areas_of_mission(mission), pk=area.pk).exists():
        raise RuleError("area_unknown", _("Choose an area of the mission."), field)
    return area


def require_own_branch(by: Any, record: Any) -> None:
    """Raise `Forbidden` at the office where the person may not keep communities' records of it."""
    if record.office_id is None:
        raise RuleError("office_missing", _("Choose the office."), "office")
    try:
        require(by, CHANGE, record)
    except Forbidden as error:
        raise Forbidden(error.code, _("Choose an office of your own branch."), "office") from error


def save_edit(queryset: Any, record: Any, *, changes: Mapping[str, Any], by: Any, **how: Any) -> Saved[Any]:
    """Store plain changes under the lost-update guard; a fault that Django finds becomes a refusal at its field."""
    refuse_above_clearance(changes.get("marking"), by)
    try:
        return save_guarded(queryset, record.pk, changes=changes, by=by, **how)
    except ValidationError as error:
        raise as_rule(error) from error


def told(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what a new record was given, as the changes of its first event."""
    return {name: [None, value] for name, value in values.items() if value not in (None, "", [], False)}
