"""The plain values of an incident: how they are read from a record, checked, and written back.

Plain values are what the audit trail keeps and what form, API and lost-update guard exchange: ISO dates, p-codes and
codes, numbers, text. Lists are sorted, so that equal content compares equal:
`violence_types` and `sources` hold codes, `actors` pairs of code and side, `counts` rows of harm, status, sex, age,
low, best, high.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from pocweb.errors import Forbidden, RuleError
from pocweb.models import Mission
from threats.choices import ActorSide, Age, Harm, PersonStatus, Sex
from threats.models import Actor, CasualtyCount, Incident, IncidentActor, Source, ViolenceType
from threats.rules.incidents import TOTALS
from threats.services.incident_places import area_by_pcode

TEXTS = ("title", "event_kind", "date_precision", "place", "source_note", "narrative", "mission_response")
COUNTS = (*TOTALS, "civilians_killed", "number_of_reports", "point_precision", "marking")
DECIMALS = ("lat", "lon")
DATES = ("starts_on", "ends_on")
COLUMNS = (*TEXTS, *COUNTS, *DECIMALS, *DATES)
RELATED = ("violence_types", "actors", "sources", "counts")
NAMES = (*COLUMNS, "area", *RELATED)
NOT_EMPTY = frozenset({"title", "starts_on", "event_kind", "date_precision", "marking"})
PSEUDONYM = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,39}\Z")
INITIAL: dict[str, Any] = {
    **{name: "" for name in TEXTS},
    **{name: None for name in (*COUNTS, *DECIMALS, *DATES, "area")},
    **{name: [] for name in RELATED},
    "event_kind": "other",
    "date_precision": "day",
}
COUNT_FIELDS = ("harm", "status", "sex", "age", "low", "best", "high")
COUNT_CHOICES = ((0, Harm), (1, PersonStatus), (2, Sex), (3, Age))


def plain_incident(incident: Incident) -> dict[str, Any]:
    """Return all guarded values of a stored incident; five queries unless its related rows are prefetched."""
    values: dict[str, Any] = {name: getattr(incident, name) for name in (*TEXTS, *COUNTS, *DECIMALS)}
    values |= {name: _iso(getattr(incident, name)) for name in DATES}
    values["area"] = incident.area.pcode if incident.area else None
    values["violence_types"] = sorted(kind.code for kind in incident.violence_types.all())
    values["sources"] = sorted(source.code for source in incident.sources.all())
    links = incident.incident_actors.all()
    if "incident_actors" not in getattr(incident, "_prefetched_objects_cache", {}):
        links = links.select_related("actor")
    values["actors"] = sorted([link.actor.code, link.side] for link in links)
    values["counts"] = sorted([getattr(row, name) for name in COUNT_FIELDS] for row in incident.counts.all())
    return values


def _iso(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


class Read(dict[str, Any]):
    """Values as Python objects by name; `plain` holds the same in their plain form."""

    plain: dict[str, Any]


def read_values(values: Mapping[str, Any], *, by: Any, mission: Mission, names: set[str] | None = None) -> Read:
    """Return values ready to be stored: dates, numbers, area, actors, sources.

    `names` limits what is looked up anew for a change; the columns are always read, since they are checked together.
    Raises `RuleError` with the field for what cannot be read or found, `Forbidden` for sources where the person may
    not see them.
    """
    wanted = set(NAMES) if names is None else names
    if unknown := wanted - set(NAMES):
        raise RuleError("unknown_field", _("An incident has no field %(name)s.") % {"name": sorted(unknown)[0]})
    read = Read()
    for name in TEXTS:
        read[name] = _text(name, values.get(name))
    for name in COUNTS:
        read[name] = _whole(name, values.get(name))
    for name in DECIMALS:
        read[name] = _decimal(name, values.get(name))
    for name in DATES:
        read[name] = _date(name, values.get(name))
    read["ends_on"] = read["ends_on"] or read["starts_on"]
    for name in NOT_EMPTY:
        if read[name] in (None, ""):
            raise RuleError("missing", _("This is needed."), name)
    read["counts"] = sorted(_count_row(row) for row in values.get("counts") or [])
    read.plain = {name: _iso(value) for name, value in read.items()}
    _read_related(read, values, wanted, by, mission)
    return read


def _read_related(read: Read, values: Mapping[str, Any], wanted: set[str], by: Any, mission: Mission) -> None:
    read["actors"] = _actors(values.get("actors") or [], mission, by)
    read.plain["actors"] = sorted([actor.code, side] for actor, side in read["actors"])
    if "area" in wanted:
        read["area"] = _area(values.get("area"), read["starts_on"])
        read.plain["area"] = read["area"].pcode if read["area"] else None
    if "violence_types" in wanted:
        read["violence_types"] = _violence_types(values.get("violence_types") or [], mission)
        read.plain["violence_types"] = sorted(kind.code for kind in read["violence_types"])
    codes = values.get("sources") or []
    if "sources" in wanted and (codes or "sources" in values):
        read["sources"] = _sources(codes, values.get("new_source_kind", ""), by, mission)
        read.plain["sources"] = sorted(source.code for source in read["sources"])


def _text(name: str, value: Any) -> str:
    return str(value or "").strip().replace("\r\n", "\n")


def _whole(name: str, value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        number = int(str(value))
    except ValueError as error:
        raise RuleError("no_number", _("Write a whole number, or leave it empty."), name) from error
    if number < 0:
        raise RuleError("negative", _("A count is never below zero. Leave it empty when it is not known."), name)
    return number


def _decimal(name: str, value: Any) -> float | None:
    if value in (None, ""):
        return None
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise RuleError("no_number", _("Write degrees, such as 4.3667."), name) from error


def _date(name: str, value: Any) -> date | None:
    if value in (None, "") or isinstance(value, date):
        return value or None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise RuleError("no_date", _("Write the date as year-month-day."), name) from error


def _count_row(row: Sequence[Any]) -> list[Any]:
    if len(row) != len(COUNT_FIELDS):
        raise RuleError("no_count", _("A line of the breakdown is not whole."), "counts")
    for position, choices in COUNT_CHOICES:
        if row[position] not in choices.values:
            said = _("%(value)s is not known here.") % {"value": row[position]}
            raise RuleError("unknown_choice", said, "counts")
    numbers = [_whole("counts", value) for value in row[4:]]
    best = numbers[1]
    if best is None:
        raise RuleError("best_missing", _("Each line of the breakdown needs its best count."), "counts")
    low, high = (best if value is None else value for value in (numbers[0], numbers[2]))
    return [*(str(value) for value in row[:4]), low, best, high]


def _actors(pairs: Sequence[Sequence[str]], mission: Mission, by: Any) -> list[tuple[Actor, str]]:
    """Return actors with their side; only those of the mission, since a code is not a way to learn of others."""
    wanted = sorted({(code, side) for code, side in pairs})
    found = {actor.code: actor for actor in Actor.objects.filter(mission=mission, code__in={c for c, _s in wanted})}
    for code, side in wanted:
        if code not in found:
            raise unknown_actor(code)
        if side not in ActorSide.values:
            raise RuleError("unknown_side", _("%(side)s is no part of an actor.") % {"side": side}, "actors")
    return [(found[code], side) for code, side in wanted]


def unknown_actor(code: str) -> RuleError:
    """Return the refusal of a code that no profile has, as far as the person can see."""
    said = _("No perpetrator profile has the code %(code)s.") % {"code": code}
    return RuleError("unknown_actor", said, "actors")


def _area(value: Any, on: date) -> Any:
    if value in (None, ""):
        return None
    area = area_by_pcode(str(value), on=on)
    if area is None:
        raise RuleError("unknown_area", _("No area has the p-code %(code)s.") % {"code": value}, "area")
    return area


def _violence_types(codes: Sequence[str], mission: Mission) -> list[ViolenceType]:
    found = {kind.code: kind for kind in ViolenceType.objects.known_in(mission).filter(code__in=codes)}
    if missing := sorted(set(codes) - set(found)):
        said = _("%(code)s is no form of violence on the list.") % {"code": missing[0]}
        raise RuleError("unknown_violence_type", said, "violence_types")
    return list(found.values())


def _sources(codes: Sequence[str], kind_of_new: str, by: Any, mission: Mission) -> list[Source]:
    """Return the sources by pseudonym; a new pseudonym is registered when its kind is given."""
    if not by.has_perm("threats.view_source", Source(mission=mission)):
        raise Forbidden("forbidden", _("Your role does not allow you to see or name sources."), "sources")
    wanted = sorted({code.strip().upper() for code in codes if code.strip()})
    for code in wanted:
        if not PSEUDONYM.match(code):
            said = _("Write pseudonym codes only, such as HR-014; never a name.")
            raise RuleError("no_pseudonym", said, "sources")
    found = {source.code: source for source in Source.objects.filter(mission=mission, code__in=wanted)}
    for code in wanted:
        if code not in found:
            if kind_of_new not in Source.Kind.values:
                said = _("%(code)s is new. Say what kind of source it is.") % {"code": code}
                raise RuleError("kind_of_source_missing", said, "new_source_kind")
            found[code] = Source.objects.create(mission=mission, code=code, kind=kind_of_new)
    return [found[code] for code in wanted]


def checkable(read: Read) -> dict[str, Any]:
    """Return the values that `contradictions` compares."""
    return {name: read.get(name) for name in (*DATES, *DECIMALS, *TOTALS, "civilians_killed", "counts")}


def inherited_marking(stated: int, actors: Sequence[tuple[Actor, str]]) -> int:
    """Return the marking of a record: the stated one, raised to the highest of the profiles that it cites."""
    return max([stated, *(actor.marking for actor, _side in actors)])


def write_related(incident: Incident, read: Read, *, names: set[str] | None = None) -> None:
    """Store the related rows of a saved incident; with `names` only those."""
    wanted = set(RELATED) if names is None else names
    if "violence_types" in wanted:
        incident.violence_types.set(read["violence_types"])
    if "sources" in wanted and "sources" in read:
        incident.sources.set(read["sources"])
    if "actors" in wanted:
        incident.incident_actors.all().delete()
        IncidentActor.objects.bulk_create(
            IncidentActor(incident=incident, actor=actor, side=side) for actor, side in read["actors"]
        )
    if "counts" in wanted:
        incident.counts.all().delete()
        CasualtyCount.objects.bulk_create(
            CasualtyCount(incident=incident, **dict(zip(COUNT_FIELDS, row, strict=True))) for row in read["counts"]
        )
