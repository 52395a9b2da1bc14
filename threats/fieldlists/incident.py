"""The field list of incidents: form, detail page, table, exports and API are read from here.

HXL tags follow the HXL standard 1.1; +min, +best and +max hold the three counts, so that a number cell holds nothing
but a number. Places above the area come from `with_places`, which reads them for a block of incidents at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList, for_people
from pocweb.models import Area
from pocweb.tabular import Column
from threats.choices import (
    ActorSide,
    Age,
    DatePrecision,
    EventKind,
    Harm,
    Origin,
    PersonStatus,
    PlaceState,
    PointPrecision,
    Sex,
    SourceOfViolence,
    Verification,
)
from threats.models import Incident
from threats.querysets import IncidentQuerySet
from threats.services.incident_places import paths_above
from threats.services.incident_values import COUNT_FIELDS

BLOCK = 500
RELATED = ("violence_types", "sources", "incident_actors__actor", "counts")
SHOWN = frozenset({Face.DETAIL, Face.EXPORT, Face.API})
SHEET = frozenset({Face.EXPORT})
PROTECTED = {"sources": "threats.view_source"}
HARM_TAGS = {
    Harm.KILLED: "#affected+killed",
    Harm.INJURED: "#affected+injured",
    Harm.ABDUCTED: "#affected+abducted",
    Harm.DISPLACED: "#affected+displaced",
}
PARTS = (("low", _("low"), "+min"), ("best", _("best"), "+best"), ("high", _("high"), "+max"))
GROUPS = (
    ("f", _("women and girls"), "sex", Sex.WOMAN),
    ("m", _("men and boys"), "sex", Sex.MAN),
    ("children", _("children"), "age", Age.CHILD),
    ("adults", _("adults"), "age", Age.ADULT),
)


def with_related(rows: IncidentQuerySet) -> IncidentQuerySet:
    """Return the incidents with all that the field list reads, in a fixed number of queries."""
    return rows.select_related("mission", "office", "area", "area1", "area2").defer(
        "area__shape", "area1__shape", "area2__shape", "origin_extra"
    ).prefetch_related(*RELATED)  # fmt: skip


def with_places(incidents: Iterable[Any]) -> list[Any]:
    """Return the incidents, each with `places`: the areas above its own by admin level; one query for all."""
    block = list(incidents)
    wanted = {path for incident in block if incident.area for path in paths_above(incident.area.path)}
    found = {area.path: area for area in Area.objects.filter(path__in=wanted).defer("shape")} if wanted else {}
    for incident in block:
        above = [found[path] for path in paths_above(incident.area.path) if path in found] if incident.area else []
        incident.places = {area.level: area for area in above}
    return block


def in_blocks(rows: IncidentQuerySet) -> Iterator[Incident]:
    """Yield the incidents ready for export, in flat memory: related rows and places are read a block at a time."""
    keys = iter(list(rows.values_list("pk", flat=True)))
    while pks := list(islice(keys, BLOCK)):
        found = {row.pk: row for row in with_places(with_related(Incident.objects.filter(pk__in=pks).order_by()))}
        yield from (found[pk] for pk in pks if pk in found)


def _place(level: int, column: str) -> Callable[[Incident], Any]:
    def value(incident: Any) -> Any:
        if not hasattr(incident, "places"):
            with_places([incident])
        area = incident.places.get(level)
        return getattr(area, column) if area else None

    def stored(incident: Incident) -> Any:
        area = incident.area1 if level == 1 else incident.area2
        return getattr(area, column) if area else None

    return stored if level in (1, 2) else value


def _attribute(name: str) -> Callable[[Incident], Any]:
    return lambda incident: getattr(incident, name)


def _actors_on(side: ActorSide) -> Callable[[Incident], list[str]]:
    def value(incident: Incident) -> list[str]:
        return sorted(link.actor.name for link in incident.incident_actors.all() if link.side == side)

    return value


def _kinds_of_perpetrators(incident: Incident) -> list[str]:
    links = [link for link in incident.incident_actors.all() if link.side == ActorSide.PERPETRATOR]
    return sorted({str(SourceOfViolence(link.actor.source_of_violence).label) for link in links})


def _actors(incident: Incident) -> list[dict[str, str]]:
    links = sorted(incident.incident_actors.all(), key=lambda link: (link.actor.code, link.side))
    return [{"code": link.actor.code, "name": link.actor.name, "side": link.side} for link in links]


def _counts(incident: Incident) -> list[dict[str, Any]]:
    rows = sorted(incident.counts.all(), key=lambda row: (row.harm, row.status, row.sex, row.age))
    return [{name: getattr(row, name) for name in COUNT_FIELDS} for row in rows]


def _breakdown(incident: Incident) -> list[str]:
    """Return the counts as our import template writes them: killed/civilian/woman/adult=1-2-4."""
    return [
        f"{row['harm']}/{row['status']}/{row['sex']}/{row['age']}={row['low']}-{row['best']}-{row['high']}"
        for row in _counts(incident)
    ]


def _of_group(harm: Harm, trait: str, value: str) -> Callable[[Incident], int | None]:
    """Return the best count of one group, None when nobody counted it."""

    def best(incident: Incident) -> int | None:
        rows = [row.best for row in incident.counts.all() if row.harm == harm and getattr(row, trait) == value]
        return sum(rows) if rows else None

    return best


def _text(name: str, label: Any, hxl: str = "", *, kind: FieldKind = FieldKind.TEXT, **more: Any) -> Field:
    return Field(name, label, kind, more.pop("value", _attribute(name)), hxl, **more)


def _choice(name: str, label: Any, hxl: str, choices: Any, **more: Any) -> Field:
    return Field(name, label, FieldKind.CHOICE, _attribute(name), hxl, choices=tuple(choices), **more)


def _number(name: str, label: Any, hxl: str, **more: Any) -> Field:
    return Field(name, label, FieldKind.INTEGER, more.pop("value", _attribute(name)), hxl, **more)


def _harm_fields(harm: Harm) -> list[Field]:
    tag = HARM_TAGS[harm]
    fields = [
        _number(f"{harm}_{part}", format_lazy("{}, {}", harm.label, words), f"{tag}{attribute}",
                faces=EVERYWHERE | {Face.TABLE} if (harm, part) == (Harm.KILLED, "best") else EVERYWHERE)
        for part, words, attribute in PARTS
    ]  # fmt: skip
    if harm == Harm.KILLED:
        fields.append(
            _number("civilians_killed", _("Civilians killed"), f"{tag}+civilians", faces=EVERYWHERE | {Face.TABLE})
        )
    for code, words, trait, value in GROUPS:
        name = f"{harm}_{code}"
        read = _of_group(harm, trait, value)
        fields.append(
            _number(
                name, format_lazy("{}, {}", harm.label, words), f"{tag}+{code}", value=read, faces=SHEET, locked=True
            )
        )
    return fields


def _place_fields() -> list[Field]:
    fields = [
        _text("country_code", _("Country code"), "#country+code", faces=SHEET, locked=True,
              value=lambda incident: incident.mission.country_code),
        _text("country_name", _("Country"), "#country+name", faces=SHEET, locked=True, value=_place(0, "name")),
    ]  # fmt: skip
    for level in (1, 2, 3):
        shown = SHOWN | {Face.TABLE} if level == 1 else SHOWN
        fields += [
            _text(f"adm{level}_code", format_lazy(_("Admin {} code"), level), f"#adm{level}+code", faces=SHEET,
                  locked=True, value=_place(level, "pcode")),
            _text(f"adm{level}_name", format_lazy(_("Admin {}"), level), f"#adm{level}+name", faces=shown, locked=True,
                  value=_place(level, "name")),
        ]  # fmt: skip
    return fields


INCIDENT = FieldList(
    "incident",
    (
        _text("ref", _("Reference"), "#event+code", faces=SHOWN | {Face.TABLE}, locked=True),
        _text("title", _("Title"), "#event+name", faces=EVERYWHERE | {Face.TABLE}),
        _choice("event_kind", _("Kind of event"), "#event+type", EventKind.choices),
        Field("violence_types", _("Forms of violence"), FieldKind.LIST,
              lambda incident: sorted(kind.code for kind in incident.violence_types.all()), "#event+type+sub"),
        _text("starts_on", _("Date"), "#date+occurred", kind=FieldKind.DATE, faces=EVERYWHERE | {Face.TABLE}),
        _text("ends_on", _("Until"), "#date+end", kind=FieldKind.DATE),
        _choice("date_precision", _("Precision of the date"), "#meta+date+precision", DatePrecision.choices),
        Field("reported_on", _("Recorded"), FieldKind.DATE, lambda incident: incident.created_at.date(),
              "#date+reported", faces=SHOWN, locked=True),
        _text("area", _("Area"), "#adm+code",
              value=lambda incident: incident.area.pcode if incident.area else None),
        *_place_fields(),
        _text("place", _("Place in words"), "#loc+name"),
        Field("lat", _("Latitude"), FieldKind.DECIMAL, _attribute("lat"), "#geo+lat"),
        Field("lon", _("Longitude"), FieldKind.DECIMAL, _attribute("lon"), "#geo+lon"),
        _choice("point_precision", _("Precision of the place"), "#meta+geo+precision", PointPrecision.choices),
        _choice("place_state", _("State of the place"), "#status+place", PlaceState.choices, faces=SHOWN, locked=True),
        _text("place_note", _("Note on the place"), faces=SHOWN, locked=True),
        Field("perpetrators", _("Perpetrators"), FieldKind.LIST, _actors_on(ActorSide.PERPETRATOR),
              "#group+name+first", faces=frozenset({Face.DETAIL, Face.EXPORT}), locked=True),
        Field("group_type", _("Source of violence"), FieldKind.LIST, _kinds_of_perpetrators, "#group+type",
              faces=SHOWN, locked=True),
        Field("parties", _("Parties to the clash"), FieldKind.LIST, _actors_on(ActorSide.PARTY), "#group+name+party",
              faces=frozenset({Face.DETAIL, Face.EXPORT}), locked=True),
        Field("targets", _("Armed actors attacked"), FieldKind.LIST, _actors_on(ActorSide.VICTIM),
              "#group+name+target", faces=frozenset({Face.DETAIL, Face.EXPORT}), locked=True),
        Field("actors", _("Actors"), FieldKind.LIST, _actors, faces=frozenset({Face.FORM, Face.API, Face.TABLE})),
        *(field for harm in Harm for field in _harm_fields(harm)),
        Field("counts", _("People harmed, by group"), FieldKind.LIST, _counts,
              faces=frozenset({Face.FORM, Face.DETAIL, Face.API})),
        Field("breakdown", _("Further breakdown"), FieldKind.LIST, _breakdown, "#affected+breakdown", faces=SHEET,
              locked=True),
        _choice("verification", _("Verification"), "#status+name", Verification.choices, faces=SHOWN | {Face.TABLE},
                locked=True),
        Field("sources", _("Sources, by pseudonym"), FieldKind.LIST,
              lambda incident: sorted(source.code for source in incident.sources.all()), "#meta+source"),
        _number("number_of_reports", _("Number of reports"), "#meta+source+num"),
        _text("source_note", _("Public reports cited"), "#meta+source+note", kind=FieldKind.LONG_TEXT),
        _text("narrative", _("What happened"), "#description", kind=FieldKind.LONG_TEXT),
        _text("mission_response", _("Response of the mission"), "#description+response", kind=FieldKind.LONG_TEXT),
        _choice("marking", _("Marking"), "#meta+classification", Marking.choices),
        _text("office", _("Office"), "#org+office", value=lambda incident: incident.office.code, faces=SHOWN,
              locked=True),
        _choice("origin", _("Origin"), "#meta+origin", Origin.choices, faces=SHOWN, locked=True),
        _text("origin_id", _("Id at the origin"), "#meta+id", faces=SHOWN, locked=True),
        _number("version", _("Version"), "", faces=frozenset({Face.API}), locked=True),
    ),
)  # fmt: skip


def fields_for(user: Any, face: Face, obj: Any = None) -> tuple[Field, ...]:
    """Return the fields of a face that the person may see: source codes only with their own permission.

    `obj` is the incident that is shown, or any record of its mission; without one the permission may be held anywhere.
    """
    hidden = hidden_from(user, obj)
    return tuple(field for field in INCIDENT.on(face) if field.name not in hidden)


def hidden_from(user: Any, obj: Any = None) -> frozenset[str]:
    """Return the names of the fields that the person may not see of an incident, or an event, of this mission."""
    return frozenset(name for name, permission in PROTECTED.items() if not user.has_perm(permission, obj))


def words(name: str, value: Any, names: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Return a plain value of a field as people read it: labels for codes, "not recorded" for what is unknown.

    `names` may translate the codes of a field, such as p-codes of `area`, into names.
    """
    if names and value and name in names:
        return ", ".join(names[name].get(item, item) for item in (value if isinstance(value, list) else [value]))
    if name in ("counts", "actors"):
        return for_people([_line(name, line) for line in value or []])
    labels = {stored: str(label) for stored, label in INCIDENT[name].choices}
    return labels[value] if labels and value in labels else for_people(value)


def _line(name: str, line: Any) -> str:
    """Return one pair of actor and side, or one row of counts, in words."""
    values = list(line.values()) if isinstance(line, Mapping) else list(line)
    if name == "actors":
        return f"{values[-2]} ({ActorSide(values[-1]).label})"
    harm, status, sex, age, low, best, high = values
    kinds = (Harm(harm), PersonStatus(status), Sex(sex), Age(age))
    said = ", ".join(str(kind.label) for kind in kinds)
    return f"{said}: {best}" if low == best == high else f"{said}: {best} ({low} to {high})"


def columns(fields: Iterable[Field]) -> tuple[Column, ...]:
    """Return the fields as columns of an export, codes of choices in a drop-down list."""
    return tuple(
        Column(
            field.name,
            str(field.label),
            field.hxl,
            tuple(_exported(field, stored) for stored, _label in field.choices),
            field.locked,
            40 if field.kind is FieldKind.LONG_TEXT else 18,
        )
        for field in fields
    )


def _exported(field: Field, value: Any) -> Any:
    """Return a value as sheets hold it and our import reads it: names of markings, codes, numbers."""
    if field.name == "marking" and value is not None:
        return Marking(value).name.lower()
    return str(value) if field.choices and value is not None else value


def exported(incident: Incident, fields: Iterable[Field]) -> dict[str, Any]:
    """Return the row of an export."""
    return {field.name: _exported(field, field.value(incident)) for field in fields}
