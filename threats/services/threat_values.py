"""A threat's guarded fields as plain values: read for the lost-update guard and the history, written back from them.

Places, people and lists are named by stable codes (p-code, user name, code), so that the history reads well and the
API speaks the same words as the page.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Max, Model, Q

from pocweb.errors import RuleError
from pocweb.models import Area, Component, Person
from threats.models import Actor, AtRiskGroup, ProtectionActor, Threat, ThreatGroup, ThreatProtectionActor, ViolenceType

TEXTS = (
    "title", "location", "scale", "civilians", "perpetrators", "other_actors", "capacity", "response", "action",
    "objective", "red_lines", "triggers", "criterion_nature", "criterion_host_state", "criterion_mission",
    "criterion_advantage", "criterion_consequences",
)  # fmt: skip
DATES = ("horizon_on", "review_on")
PLAIN = ("capacity_in_reach", "near_mission_presence", "marking")
CODED = {"areas": "pcode", "violence_types": "code", "actors": "code", "components": "code"}
LISTS = ("groups", "protection_actors")
VARIABLES = ("presence", "capability", "acceptance", "constraint", "potential_harm", "willingness", "coordination")
COLUMNS = (*TEXTS, *DATES, *PLAIN, "lead")
GUARDED = (*COLUMNS, *CODED, *LISTS)

Values = dict[str, Any]


class Reader:
    """Reads a threat's plain values for one guarded save.

    While the record is at the version that the save is based on, only the columns and the lists that the save names
    are read; once it has moved on, everything is, so that what others changed can be told. Lists that were just
    written are not read again.
    """

    def __init__(self, based_on: int, names: Iterable[str]) -> None:
        self.based_on, self.names = based_on, set(names)
        self.written: Values = {}
        self.is_applied = False

    def plain(self, threat: Threat) -> Values:
        if threat.version != self.based_on and not self.is_applied:
            return plain_values(threat)
        return plain_values(threat, self.names - set(self.written)) | self.written

    def apply(self, threat: Threat, changes: Mapping[str, Any]) -> list[str]:
        """Set the changes and return the columns to store; lists are stored here. Raises `RuleError`."""
        if threat.status != "active":
            raise RuleError("closed", f"{threat.ref} is closed. Reopen it first.")
        columns = apply_columns(threat, changes)
        self.written = write_lists(threat, changes)
        self.is_applied = True
        return columns


def plain_values(threat: Threat, names: Iterable[str] = GUARDED) -> Values:
    """Return all columns and the named lists of a threat as plain values; one query per list."""
    values: Values = {name: getattr(threat, name) for name in (*TEXTS, *PLAIN)}
    for name in DATES:
        day = getattr(threat, name)
        values[name] = day.isoformat() if day else ""
    values["lead"] = threat.lead.username if threat.lead_id and threat.lead else ""
    for name in names:
        if name in CODED:
            values[name] = sorted(getattr(row, CODED[name]) for row in getattr(threat, name).all())
        elif name in LISTS:
            values[name] = _LIST_READERS[name](threat)
    return values


def read_groups(threat: Threat) -> list[Values]:
    """Return the groups at risk as plain values, in the order of the shipped list; rows read ahead are used."""
    rows = _lines(threat, "threat_groups", "group", "area")
    return [
        {
            "group": row.group.code,
            "area": row.area.pcode if row.area else "",
            "number": row.estimated_number,
            "exposure": row.exposure,
            "vulnerability": row.vulnerability,
            "reason": row.reason,
            "as_of": row.as_of.isoformat() if row.as_of else "",
        }
        for row in sorted(rows, key=lambda row: (row.group.order, row.group.code, row.area.pcode if row.area else ""))
    ]


def read_protection_actors(threat: Threat) -> list[Values]:
    """Return the other protection actors as plain values, by name; rows read ahead are used."""
    rows = _lines(threat, "threat_protection_actors", "protection_actor")
    return [
        {"name": row.protection_actor.name, **{name: getattr(row, name) for name in ("role", *VARIABLES)}}
        for row in sorted(rows, key=lambda row: row.protection_actor.name)
    ]


def _lines(threat: Threat, name: str, *related: str) -> Any:
    rows = getattr(threat, name)
    is_read = name in getattr(threat, "_prefetched_objects_cache", {})
    return rows.all() if is_read else rows.select_related(*related)


_LIST_READERS: dict[str, Callable[[Threat], list[Values]]] = {
    "groups": read_groups,
    "protection_actors": read_protection_actors,
}


def apply_columns(threat: Threat, changes: Mapping[str, Any]) -> list[str]:
    """Set the changed columns on the threat and return their names. Raises `RuleError` for a wrong kind of value."""
    columns = []
    for name in COLUMNS:
        if name not in changes:
            continue
        value = changes[name]
        if name in DATES:
            value = _day(name, value)
        elif name == "lead":
            value = _person(threat, value)
        elif name in TEXTS and not isinstance(value, str):
            raise RuleError("not_text", "Write a text here.", name)
        setattr(threat, name, value)
        columns.append(name)
    return columns


def write_lists(threat: Threat, changes: Mapping[str, Any]) -> Values:
    """Store the changed lists of a threat and return them as they now are. Raises `RuleError` for an unknown code."""
    written: Values = {}
    for name in CODED:
        if name in changes:
            written[name] = _write_codes(threat, name, changes[name])
    if "groups" in changes:
        written["groups"] = _write_groups(threat, changes["groups"])
    if "protection_actors" in changes:
        written["protection_actors"] = _write_protection_actors(threat, changes["protection_actors"])
    return written


def highest_actor_marking(threat: Threat, codes: Iterable[str]) -> int:
    """Return the highest marking of the actors with these codes, 0 without any; a threat inherits it."""
    found = Actor.objects.filter(mission=threat.mission_id, code__in=list(codes)).aggregate(highest=Max("marking"))
    return found["highest"] or 0


def _choices_of(threat: Threat, name: str, codes: Iterable[str]) -> Any:
    codes = list(codes)
    if name == "areas":
        # a p-code may have stood for other shapes in other divisions: what the threat holds, else what is in force
        rows = Area.objects.filter(pcode__in=codes)
        return rows.filter(Q(threats=threat) | Q(valid_to=None)).distinct() if threat.pk else rows.filter(valid_to=None)
    if name == "violence_types":
        return ViolenceType.objects.known_in(threat.mission_id).filter(code__in=codes)
    model: type[Model] = Actor if name == "actors" else Component
    return model._default_manager.filter(mission=threat.mission_id, code__in=codes)


def _write_codes(threat: Threat, name: str, codes: Iterable[str]) -> list[str]:
    wanted = sorted(set(codes))
    if name == "areas" and not wanted:
        raise RuleError("no_area", "Name at least one area.", "areas")
    manager: Any = getattr(threat, name)
    source, target = manager.source_field_name, manager.target_field_name
    found = {getattr(row, CODED[name]): row.pk for row in _choices_of(threat, name, wanted).order_by("pk")}
    if missing := [code for code in wanted if code not in found]:
        raise RuleError("unknown_code", f"Not known here: {', '.join(missing)}.", name)
    through = manager.through.objects.filter(**{source: threat.pk})
    held = set(through.values_list(f"{target}_id", flat=True))
    if gone := held - set(found.values()):
        through.filter(**{f"{target}__in": gone}).delete()
    manager.through.objects.bulk_create(
        [manager.through(**{f"{source}_id": threat.pk, f"{target}_id": pk}) for pk in found.values() if pk not in held]
    )
    return wanted


def _write_groups(threat: Threat, rows: list[Values]) -> list[Values]:
    codes = {row["group"] for row in rows}
    groups = dict(AtRiskGroup.objects.known_in(threat.mission_id).filter(code__in=codes).values_list("code", "pk"))
    pcodes = {row["area"] for row in rows if row.get("area")}
    areas = dict(Area.objects.filter(pcode__in=pcodes, valid_to=None).values_list("pcode", "pk"))
    # an area that a line names already stays, also where its division was closed since
    areas |= dict(threat.threat_groups.filter(area__pcode__in=pcodes).values_list("area__pcode", "area"))
    seen: set[tuple[str, str]] = set()
    threat.threat_groups.all().delete()
    made = []
    for row in rows:
        key = (row["group"], row.get("area") or "")
        if row["group"] not in groups or (key[1] and key[1] not in areas):
            raise RuleError("unknown_code", f"Not known here: {row['group']} {key[1]}.", "groups")
        if key in seen:
            raise RuleError("group_twice", "A group stands twice for the same area. Put both into one line.", "groups")
        seen.add(key)
        made.append(
            ThreatGroup(
                threat=threat,
                group_id=groups[row["group"]],
                area_id=areas.get(key[1]),
                estimated_number=row.get("number"),
                exposure=row.get("exposure") or "",
                vulnerability=row.get("vulnerability"),
                reason=row.get("reason") or "",
                as_of=_day("groups", row.get("as_of") or ""),
            )
        )
    ThreatGroup.objects.bulk_create(made)
    return read_groups(threat)


def _write_protection_actors(threat: Threat, rows: list[Values]) -> list[Values]:
    known = dict(ProtectionActor.objects.filter(mission=threat.mission_id).values_list("name", "pk"))
    names = [row["name"] for row in rows]
    if unknown := [name for name in names if name not in known]:
        raise RuleError("unknown_code", f"Not known here: {', '.join(unknown)}.", "protection_actors")
    if len(set(names)) < len(names):
        raise RuleError("actor_twice", "A protection actor stands twice. Put both into one line.", "protection_actors")
    threat.threat_protection_actors.all().delete()
    ThreatProtectionActor.objects.bulk_create(
        ThreatProtectionActor(
            threat=threat,
            protection_actor_id=known[row["name"]],
            **{name: row.get(name) or "" for name in ("role", *VARIABLES)},
        )
        for row in rows
    )
    return read_protection_actors(threat)


def _day(name: str, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError) as error:
        raise RuleError("not_a_date", f"{value} is not a date. Write it as 2020-12-31.", name) from error


def _person(threat: Threat, username: str) -> Person | None:
    if not username:
        return None
    found = Person.objects.filter(username=username, is_active=True, postings__mission=threat.mission_id).distinct()
    person = found.first()
    if person is None:
        raise RuleError("unknown_person", f"Nobody of this mission signs in as {username}.", "lead")
    return person
