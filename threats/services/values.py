"""Plain values read for services of several nouns: days, people, areas and groups by the names that people use."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from pocweb.models import Area, Person
from threats.models import AtRiskGroup


def as_day(name: str, value: Any) -> date | None:
    """Return an ISO date's day, None for nothing. Raises `RuleError` at the field."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError) as error:
        text = _("%(value)s is not a date. Write it as 2020-12-31.") % {"value": value}
        raise RuleError("not_a_date", text, name) from error


def as_person(mission_id: int, name: str, username: str) -> Person | None:
    """Return a person of the mission by the name they sign in with. Raises `RuleError` at the field."""
    if not username:
        return None
    rows = Person.objects.filter(username=username, is_active=True, postings__mission=mission_id)
    person = rows.distinct().first()
    if person is None:
        text = _("Nobody of this mission signs in as %(name)s.") % {"name": username}
        raise RuleError("unknown_person", text, name)
    return person


def named_areas(pcodes: Iterable[str], *, held: "models.QuerySet[Any] | None" = None) -> list[Area]:
    """Return the areas in force with these p-codes, or those that the record holds. Raises `RuleError` at `areas`."""
    codes = sorted(set(pcodes))
    where = Q(valid_to=None) if held is None else Q(valid_to=None) | Q(pk__in=held)
    rows = {area.pcode: area for area in Area.objects.filter(where, pcode__in=codes).defer("shape").order_by("pk")}
    _refuse_missing("areas", codes, rows)
    return [rows[code] for code in codes]


def named_groups(mission_id: int, codes: Iterable[str]) -> list[AtRiskGroup]:
    """Return the groups at risk, shared or the mission's own. Raises `RuleError` at `groups`."""
    wanted = sorted(set(codes))
    found = AtRiskGroup.objects.filter(Q(mission=None) | Q(mission=mission_id), code__in=wanted)
    rows = {group.code: group for group in found}
    _refuse_missing("groups", wanted, rows)
    return list(rows.values())


def _refuse_missing(name: str, codes: list[str], found: dict[str, Any]) -> None:
    if missing := [code for code in codes if code not in found]:
        raise RuleError("unknown_code", _("Not known here: %(codes)s.") % {"codes": ", ".join(missing)}, name)
