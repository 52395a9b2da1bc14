"""What people do with incidents: record, edit, verify, settle a place."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Verb
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, AreaAlias, Counter, Mission, Office
from pocweb.permissions import grants_for, require
from pocweb.places import fold
from threats.choices import PlaceState, Verification
from threats.models import Actor, Incident
from threats.rules.incidents import contradictions, find_move
from threats.services.incident_places import AreaOffices, areas_above
from threats.services.incident_values import (
    COLUMNS,
    INITIAL,
    checkable,
    inherited_marking,
    plain_incident,
    read_values,
    unknown_actor,
    write_related,
)


def set_area(incident: Incident, area: Area | None, *, offices: AreaOffices | None = None) -> list[str]:
    """Set the area with its first- and second-level areas and the responsible office; return the columns set.

    Nothing is stored. Without an area the office stays, or is headquarters where there was none.
    """
    above = areas_above(area) if area else {}
    incident.area, incident.area1, incident.area2 = area, above.get(1), above.get(2)
    if area is not None or incident.office_id is None:
        offices = offices or AreaOffices(incident.mission)
        incident.office = offices.office_for(area.path if area else None)
    return ["area", "area1", "area2", "office"]


def own_office(by: Any, mission: Mission) -> Office | None:
    """Return the office highest in the tree where the person may record incidents of the mission."""
    editing = {grant.office_id for grant in grants_for(by, "incident", Verb.EDIT) if grant.mission_id == mission.pk}
    postings = [posting for posting in getattr(by, "active_postings", []) if posting.office_id in editing]
    return postings[0].office if postings else None


@transaction.atomic
def record_incident(*, mission: Mission, values: Mapping[str, Any], by: Any, now: datetime | None = None) -> Incident:
    """Store a new incident from plain values (see `incident_values`) and return it.

    The responsible office follows from the area; without one it is the office of the person who records. The marking
    is at least the highest of the profiles of the actors it names. Raises `RuleError` with the field for values that
    cannot be, `Forbidden` for a place outside the person's area of responsibility.
    """
    values = {**INITIAL, "marking": mission.default_marking, **values}
    if not values["sources"]:
        del values["sources"]  # naming none is open to those who may not see sources
    read = read_values(values, by=by, mission=mission)
    _refuse_hidden_actors(read["actors"], set(), by)
    now = now or clock.now(mission)
    incident = Incident(mission=mission, created_by=by, changed_by=by, created_at=now, changed_at=now)
    for name in COLUMNS:
        setattr(incident, name, read[name])
    if read["area"] is None and (office := own_office(by, mission)):
        incident.office = office
    set_area(incident, read["area"])
    incident.place_state = PlaceState.MATCHED if read["area"] else PlaceState.UNMATCHED
    incident.marking = inherited_marking(read["marking"], read["actors"])
    _require_here(by, "threats.add_incident", incident)
    _check(checkable(read), incident.mission, now)
    incident.number = Counter.take(mission, "incident")
    _clean(incident, exclude={"mission", "office", "area", "area1", "area2", "created_by", "changed_by"})
    incident.save(force_insert=True)
    write_related(incident, read)
    after = plain_incident(incident)
    changes = {name: [None, value] for name, value in after.items() if value not in (None, "", [])}
    record_event(by, "recorded", incident, changes=changes, now=now)
    return incident


def edit_incident(
    incident_pk: int, *, based_on: int, changes: Mapping[str, Any], by: Any, now: datetime | None = None
) -> Saved[Incident]:
    """Store changed plain values on the incident as it stood at version `based_on`, and return what was saved.

    Raises `EditConflict` when another person changed the same field otherwise, `RuleError` for values that cannot be,
    `Forbidden` when the person may not edit it, or would move it out of their area of responsibility.
    """
    with transaction.atomic():
        incident = Incident.objects.select_related("mission", "office").get(pk=incident_pk)
        require(by, "threats.change_incident", incident)
        plain = _plain_changes(incident, changes, by=by)

        def apply(record: Incident, wanted: dict[str, Any]) -> list[str]:
            return _apply(record, wanted, by=by, now=now)

        try:
            return save_guarded(
                Incident.objects.select_related("mission", "office"),
                incident_pk,
                based_on=based_on,
                changes=plain,
                by=by,
                plain=plain_incident,
                apply=apply,
                now=now,
            )
        except ValidationError as error:
            raise _as_rule_error(error) from error


def _plain_changes(incident: Incident, changes: Mapping[str, Any], *, by: Any) -> dict[str, Any]:
    """Return the changed values in the one form in which they are compared, the marking raised where actors ask it."""
    names = set(changes) - {"new_source_kind"}
    read = read_values({**plain_incident(incident), **changes}, by=by, mission=incident.mission, names=names)
    if "actors" in names:
        _refuse_hidden_actors(read["actors"], set(incident.actors.values_list("pk", flat=True)), by)
    plain = {name: read.plain[name] for name in names if name in read.plain}
    marking = inherited_marking(read["marking"], read["actors"])
    if marking > read["marking"]:
        plain["marking"] = marking
    return plain


def _refuse_hidden_actors(actors: Sequence[tuple[Actor, str]], cited: set[int], by: Any) -> None:
    """Answer the code of a profile above the person's clearance like one that nobody has; those cited already stay."""
    for actor, _side in actors:
        if actor.pk not in cited and not by.has_perm("threats.view_actor", actor):
            raise unknown_actor(actor.code)


def _apply(record: Incident, wanted: Mapping[str, Any], *, by: Any, now: datetime | None) -> list[str]:
    """Set the values on the record, store its related rows, and return the columns to write."""
    read = read_values({**plain_incident(record), **wanted}, by=by, mission=record.mission, names=set(wanted))
    _check(checkable(read), record.mission, now or clock.now(record.mission))
    columns = [name for name in COLUMNS if name in wanted]
    for name in columns:
        setattr(record, name, read[name])
    if "area" in wanted:
        columns += set_area(record, read["area"])
        record.place_state = PlaceState.SETTLED if read["area"] else PlaceState.UNMATCHED
        record.place_note = ""
        columns += ["place_state", "place_note"]
    _require_here(by, "threats.change_incident", record)
    write_related(record, read, names=set(wanted))
    return columns


def verify_incident(incident: Incident, *, to: str, note: str, by: Any, now: datetime | None = None) -> Incident:
    """Move the verification of an incident on, and return it fresh from the database.

    Legal moves stand in `threats.rules.incidents.MOVES`. Raises `RuleError` for others and for a missing reason,
    `Conflict` when somebody else moved it first. Source: POC Handbook 2020, 9.3 and 9.4.
    """
    require(by, "threats.verify_incident", incident)
    move = find_move(incident.verification, to)
    if move is None:
        words = {"state": incident.get_verification_display(), "to": _label(to)}
        raise RuleError("illegal_move", _("From %(state)s there is no way to %(to)s.") % words, "to")
    if move.needs_note and not note.strip():
        raise RuleError("note_missing", _("Write on what this judgment rests."), "note")
    now = now or clock.now(incident.mission)
    with transaction.atomic():
        moved = Incident.objects.filter(pk=incident.pk, verification=move.source).update(
            verification=move.to, version=F("version") + 1, changed_at=now, changed_by=by
        )
        if not moved:
            raise Conflict("moved_on", _("Somebody else changed the verification first. Open the incident again."))
        fresh: Incident = Incident.objects.select_related("mission", "office").get(pk=incident.pk)
        changes: dict[str, list[Any]] = {"verification": [move.source, move.to]}
        record_event(by, "verified", fresh, changes=changes, note=note.strip(), now=now)
    return fresh


def settle_place(
    incident: Incident, area: Area, *, by: Any, remember_alias: str = "", now: datetime | None = None
) -> Incident:
    """Give an incident the area that a person chose, and return it fresh from the database.

    The responsible office follows, even out of the person's own area: that is how a misplaced incident reaches those
    who answer for it. With `remember_alias` the written name is kept as another name of the area, so that later
    imports match it. Raises `Conflict` when the place was settled by somebody else first.
    """
    require(by, "threats.settle_place", incident)
    now = now or clock.now(incident.mission)
    with transaction.atomic():
        before = (incident.area.pcode if incident.area else None, incident.place_state)
        columns = set_area(incident, area)
        incident.place_state, incident.place_note = PlaceState.SETTLED, ""
        incident.changed_at, incident.changed_by = now, by
        names = [*columns, "place_state", "place_note", "changed_at", "changed_by"]
        values = {name: getattr(incident, name) for name in names}
        settled = Incident.objects.filter(pk=incident.pk, version=incident.version).update(
            **values, version=F("version") + 1
        )
        if not settled:
            raise Conflict("moved_on", _("Somebody else changed this incident first. Open it again."))
        fresh: Incident = Incident.objects.select_related("mission", "office", "area").get(pk=incident.pk)
        changes: dict[str, list[Any]] = {
            "area": [before[0], area.pcode],
            "place_state": [before[1], PlaceState.SETTLED.value],
        }
        note = _remember(remember_alias, area, incident.mission)
        record_event(by, "settled the place of", fresh, changes=changes, note=note, now=now)
    return fresh


def _remember(name: str, area: Area, mission: Mission) -> str:
    name = name.strip()[:120]
    if not name or fold(name) == fold(area.name):
        return ""
    AreaAlias.objects.get_or_create(
        area=area, folded=fold(name), level=area.level, defaults={"name": name, "source": f"{mission.code}, by hand"}
    )
    return _('"%(name)s" is kept as another name of %(area)s.') % {"name": name, "area": area.name}


def _label(state: str) -> str:
    return str(Verification(state).label) if state in Verification.values else state


def _require_here(by: Any, permission: str, incident: Incident) -> None:
    """Refuse a place or a marking that the person may not record, naming the field to mend."""
    if by.has_perm(permission, incident):
        return
    if incident.marking > getattr(by, "clearance", 0):
        said = _("This marking is above your clearance: you would not see the incident again.")
        raise Forbidden("above_clearance", said, "marking")
    said = _("This place belongs to %(office)s. Your role does not allow you to record there.")
    raise Forbidden("outside_area", said % {"office": incident.office}, "area")


def _check(values: Mapping[str, Any], mission: Mission, now: datetime) -> None:
    found = contradictions(values, today=now.date())
    if found:
        raise RuleError(found[0].code, found[0].message, found[0].field)


def _clean(incident: Incident, *, exclude: set[str]) -> None:
    try:
        incident.full_clean(exclude=exclude)
    except ValidationError as error:
        raise _as_rule_error(error) from error


def _as_rule_error(error: ValidationError) -> RuleError:
    field, messages = next(iter(error.message_dict.items()))
    return RuleError("invalid", messages[0], None if field == "__all__" else field)
