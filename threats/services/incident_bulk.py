"""Incidents by the thousand: what an import writes, in blocks of flat memory.

Build one `BulkContext` for an import, then hand blocks of at most some thousand `PlacedDraft` to `bulk_record` and
`bulk_update`. Each block is one transaction: it is stored whole or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.text import slugify

from pocweb import clock
from pocweb.audit import record_event
from pocweb.models import Counter, Mission
from pocweb.permissions import require
from threats.choices import ActorSide, Origin, PlaceState, Verification
from threats.imports import ActorRef, IncidentDraft
from threats.models import Actor, CasualtyCount, Incident, IncidentActor, Source, ViolenceType
from threats.rules.incidents import TOTALS
from threats.services.incident_places import AreaBook, AreaOffices
from threats.services.incident_values import COUNT_FIELDS, plain_incident

BLOCK = 1000
# What a source named for the first time is: those of our template are the mission's own.
KINDS_OF_SOURCE = {Origin.POCWEB.value: Source.Kind.MISSION}
TEXTS = ("title", "place", "source_note", "narrative", "mission_response")
CODED = ("event_kind", "date_precision")
NUMBERS = (*TOTALS, "civilians_killed", "number_of_reports")
PLAIN = (*TEXTS, *CODED, *NUMBERS, "starts_on", "ends_on")
POINT = ("lat", "lon", "point_precision")
PLACE = ("area_id", "area1_id", "area2_id", "office_id", "place_state", "place_note")
UPDATED = (
    *PLAIN, *POINT, *PLACE, "verification", "marking", "origin_hash", "origin_extra", "version", "changed_at",
    "changed_by_id",
)  # fmt: skip
NAME_MOST = 160


@dataclass(frozen=True, slots=True)
class PlacedDraft:
    """A draft with what place matching found: the key of the area or None, the state and the sentence for a person.

    `digest` is the fingerprint of what the origin says, where the draft differs from it because people's edits stay.
    """

    draft: IncidentDraft
    area_pk: int | None
    place_state: str = PlaceState.MATCHED
    place_note: str = ""
    digest: str = ""

    def fingerprint(self) -> str:
        """Return what the incident keeps to know its origin's next change."""
        return self.digest or self.draft.fingerprint()


def name_key(name: str) -> str:
    """Return the key under which spellings of an actor's name meet: case and spaces aside."""
    return " ".join(name.casefold().split())


class ActorBook:
    """The actors of a mission by code and by name; new ones are made a block at a time."""

    def __init__(self, mission: Mission) -> None:
        self.mission = mission
        self._by_code: dict[str, tuple[int, int]] = {}
        self._code_by_name: dict[str, str] = {}
        self._learn(Actor.objects.filter(mission=mission))

    def _learn(self, actors: Iterable[Actor]) -> None:
        for actor in actors:
            self._by_code[actor.code] = (actor.pk, actor.marking)
            for name in (actor.name, actor.short_name):
                if name:
                    self._code_by_name.setdefault(name_key(name), actor.code)

    def code_of(self, ref: ActorRef) -> str:
        """Return the code of an actor named in a file: its own, that of the profile with its name, or a new one."""
        return (ref.code or self._code_by_name.get(name_key(ref.name)) or f"name-{slugify(ref.name)}")[:60]

    def ensure(self, drafts: Sequence[PlacedDraft]) -> int:
        """Make profiles for actors that the drafts name and nobody has recorded; return how many.

        A profile made from a file says no more than the file, so it carries the marking of the file.
        """
        missing: dict[str, Actor] = {}
        for placed in drafts:
            for ref in placed.draft.actors:
                code = self.code_of(ref)
                if code not in self._by_code and code not in missing:
                    missing[code] = Actor(
                        mission=self.mission,
                        code=code,
                        name=ref.name[:NAME_MOST],
                        source_of_violence=ref.source,
                        marking=placed.draft.marking,
                    )
        if missing:
            # two imports may meet here: what the other made first is read back
            Actor.objects.bulk_create(missing.values(), ignore_conflicts=True)
            self._learn(Actor.objects.filter(mission=self.mission, code__in=missing))
        return len(missing)

    def get(self, ref: ActorRef) -> tuple[int, int]:
        """Return key and marking of an actor that `ensure` has seen."""
        return self._by_code[self.code_of(ref)]


class BulkContext:
    """What an import asks over and over, read once: offices and areas, actors, sources, forms of violence."""

    def __init__(self, mission: Mission) -> None:
        self.mission = mission
        self.offices = AreaOffices(mission)
        self.areas = AreaBook()
        self.actors = ActorBook(mission)
        self.violence_types: dict[str, int] = dict(ViolenceType.objects.known_in(mission).values_list("code", "pk"))
        self.sources: dict[str, int] = dict(Source.objects.filter(mission=mission).values_list("code", "pk"))

    def ensure(self, rows: Sequence[PlacedDraft], kind: str) -> None:
        """Make the actors and sources that the rows name for the first time."""
        self.actors.ensure(rows)
        new = {code for row in rows for code in row.draft.source_codes} - set(self.sources)
        if new:
            made = [Source(mission=self.mission, code=code, kind=kind) for code in sorted(new)]
            Source.objects.bulk_create(made, ignore_conflicts=True)
            found = Source.objects.filter(mission=self.mission, code__in=new)
            self.sources |= dict(found.values_list("code", "pk"))

    def marking(self, draft: IncidentDraft) -> int:
        """Return the highest of the draft's marking and those of the profiles that it names."""
        return max([draft.marking, *(self.actors.get(ref)[1] for ref in draft.actors)])

    def place(self, incident: Incident, row: PlacedDraft) -> None:
        """Set area, areas above, office and state of the place."""
        above = self.areas.above(row.area_pk)
        incident.area_id, incident.area1_id, incident.area2_id = row.area_pk, above.area1, above.area2
        incident.office = self.offices.office_for(above.path)
        incident.place_state, incident.place_note = row.place_state, row.place_note[:300]


def bulk_record(
    rows: Sequence[PlacedDraft],
    *,
    context: BulkContext,
    origin: Origin,
    by: Any,
    about: models.Model | None = None,
    now: datetime | None = None,
) -> list[int]:
    """Store new incidents and return their keys in the order of the rows, with one audit event for the block.

    `about` is what the event names, such as the run of the import; the mission when left out. `by` needs the
    permission to import in this mission; None stands for an operator's command. Raises `IntegrityError` when the
    origin's id is there already: ask first which are known.
    """
    if not rows:
        return []
    mission = context.mission
    if by is not None:
        require(by, "threats.import_incidents")
    now = now or clock.now(mission)
    with transaction.atomic():
        context.ensure(rows, KINDS_OF_SOURCE.get(origin, Source.Kind.DATASET))
        first = Counter.take(mission, "incident", len(rows))
        incidents = [
            _new(row, context, origin=origin, number=first + index, by=by, now=now) for index, row in enumerate(rows)
        ]
        Incident.objects.bulk_create(incidents, batch_size=BLOCK)
        _write_related([(incident.pk, row.draft) for incident, row in zip(incidents, rows, strict=True)], context)
        span = [incidents[0].ref, incidents[-1].ref]
        changes: dict[str, list[Any]] = {
            "incidents": [None, " to ".join(dict.fromkeys(span))],
            "count": [None, len(rows)],
        }
        record_event(by, "recorded incidents of", about or mission, changes=changes, now=now)
    return [incident.pk for incident in incidents]


def _new(row: PlacedDraft, context: BulkContext, *, origin: Origin, number: int, by: Any, now: datetime) -> Incident:
    draft = row.draft
    incident = Incident(
        mission=context.mission,
        number=number,
        origin=origin,
        origin_id=draft.origin_id,
        origin_hash=row.fingerprint(),
        origin_extra=dict(draft.extra),
        verification=draft.verification,
        marking=context.marking(draft),
        created_at=now,
        created_by=by,
        changed_at=now,
        changed_by=by,
        **{name: getattr(draft, name) for name in (*PLAIN, *POINT)},
    )
    context.place(incident, row)
    return incident


def _write_related(pairs: Sequence[tuple[int, IncidentDraft]], context: BulkContext) -> None:
    """Store actors, forms of violence, sources and counts of incidents that have none yet."""
    kinds, sources = Incident.violence_types.through, Incident.sources.through
    actors = {(pk, context.actors.get(ref)[0], ref.side) for pk, draft in pairs for ref in draft.actors}
    codes = {(pk, code) for pk, draft in pairs for code in draft.violence_types if code in context.violence_types}
    named = {(pk, code) for pk, draft in pairs for code in draft.source_codes}
    IncidentActor.objects.bulk_create(
        [IncidentActor(incident_id=pk, actor_id=actor, side=side) for pk, actor, side in sorted(actors)],
        batch_size=BLOCK,
    )
    kinds.objects.bulk_create(
        [kinds(incident_id=pk, violencetype_id=context.violence_types[code]) for pk, code in sorted(codes)],
        batch_size=BLOCK,
    )
    sources.objects.bulk_create(
        [sources(incident_id=pk, source_id=context.sources[code]) for pk, code in sorted(named)], batch_size=BLOCK
    )
    CasualtyCount.objects.bulk_create(
        [
            CasualtyCount(incident_id=pk, **dict(zip(COUNT_FIELDS, count, strict=True)))
            for pk, draft in pairs
            for count in draft.counts
        ],
        batch_size=BLOCK,
    )


def bulk_update(
    rows: Sequence[tuple[int, PlacedDraft]], *, context: BulkContext, by: Any, now: datetime | None = None
) -> list[int]:
    """Bring incidents up to what their origin says now; return the keys of those that changed, each with its event.

    What people of the mission did is kept: a place settled by a person, a verification that has moved on, a marking
    that is higher, and whatever the origin leaves empty.
    """
    if not rows:
        return []
    if by is not None:
        require(by, "threats.import_incidents")
    now = now or clock.now(context.mission)
    changed: list[Incident] = []
    with transaction.atomic():
        stored = _stored([pk for pk, _row in rows], context.mission)
        origin = next((incident.origin for incident in stored.values()), "")
        context.ensure([row for _pk, row in rows], KINDS_OF_SOURCE.get(origin, Source.Kind.DATASET))
        before = {pk: plain_incident(incident) for pk, incident in stored.items()}
        again: list[tuple[int, IncidentDraft]] = []
        for pk, row in rows:
            incident = stored[pk]
            was = {name: getattr(incident, name) for name in UPDATED}
            _bring_up(incident, row, context)
            incident.version += 1
            incident.changed_at, incident.changed_by = now, by
            # a statement for each: one for all would name every column in a CASE, which is ten times slower
            differs = {name: getattr(incident, name) for name in UPDATED if getattr(incident, name) != was[name]}
            Incident.objects.filter(pk=pk).update(**differs)
            changed.append(incident)
            again.append((pk, _kept_related(row.draft, incident)))
        _clear_related([pk for pk, _draft in again])
        _write_related(again, context)
        _record_changes(changed, before, by, now)
    return [incident.pk for incident in changed]


def _stored(pks: list[int], mission: Mission) -> dict[int, Incident]:
    rows = (
        Incident.objects.select_for_update(of=("self",)).select_related("mission").filter(mission=mission, pk__in=pks)
    )
    related = ("violence_types", "sources", "incident_actors__actor", "counts", "area")
    return {incident.pk: incident for incident in rows.prefetch_related(*related)}


def _bring_up(incident: Incident, row: PlacedDraft, context: BulkContext) -> None:
    draft = row.draft
    for name in PLAIN:
        value = getattr(draft, name)
        if value not in (None, ""):
            setattr(incident, name, value)
    if draft.point or incident.lat is None:
        for name in POINT:
            setattr(incident, name, getattr(draft, name))
    if incident.place_state != PlaceState.SETTLED:
        context.place(incident, row)
    if incident.verification == Verification.REPORTED:
        incident.verification = draft.verification
    incident.marking = max(incident.marking, context.marking(draft))
    incident.origin_hash, incident.origin_extra = row.fingerprint(), dict(draft.extra)


def _kept_related(draft: IncidentDraft, incident: Incident) -> IncidentDraft:
    """Return the draft with the stored related rows where the origin names none."""

    kept: dict[str, Any] = {}
    if not draft.actors:
        kept["actors"] = tuple(
            ActorRef(link.actor.name, link.actor.code, ActorSide(link.side)) for link in incident.incident_actors.all()
        )
    if not draft.violence_types:
        kept["violence_types"] = tuple(kind.code for kind in incident.violence_types.all())
    if not draft.source_codes:
        kept["source_codes"] = tuple(source.code for source in incident.sources.all())
    if not draft.counts:
        kept["counts"] = tuple(tuple(getattr(row, name) for name in COUNT_FIELDS) for row in incident.counts.all())
    return replace(draft, **kept) if kept else draft


def _clear_related(pks: list[int]) -> None:
    for model in (IncidentActor, CasualtyCount, Incident.violence_types.through, Incident.sources.through):
        model.objects.filter(incident__in=pks).delete()


def _record_changes(changed: Sequence[Incident], before: dict[int, dict[str, Any]], by: Any, now: datetime) -> None:
    """Add one event per incident with what differs; read back, so that the trail says what is stored."""
    fresh = _stored([incident.pk for incident in changed], changed[0].mission)
    for incident in changed:
        after = plain_incident(fresh[incident.pk])
        was = before[incident.pk]
        differs = {name: [was[name], value] for name, value in after.items() if was[name] != value}
        record_event(by, "changed by import", fresh[incident.pk], changes=differs, now=now)


def known_ids(mission: Mission, origin: Origin, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return key and fingerprint of the incidents that are stored already, by the origin's id; at most one block."""
    found = Incident.objects.filter(mission=mission, origin=origin, origin_id__in=ids)
    return {origin_id: (pk, digest) for origin_id, pk, digest in found.values_list("origin_id", "pk", "origin_hash")}
