"""Reading of the facts that checks look at: six queries for a branch of offices, whatever the number of records.

A first reading after the boundaries changed takes one more, for the shapes in which offices are looked for.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast

from pocweb.models import Office
from threats.choices import EditionState, PlaceState, SourceOfViolence, ThreatStatus, Verification
from threats.division import Division, Post
from threats.evidence import ACTING
from threats.fieldlists.incident import INCIDENT
from threats.fieldlists.threat import CRITERIA
from threats.models import Assessment, Incident, MatrixEdition, Threat, ThreatGroup
from threats.quality.base import (
    LOOK_BACK_DAYS,
    EditionFact,
    Facts,
    IncidentFact,
    OfficeFact,
    ThreatFact,
)
from threats.services.incident_places import STEP

HARMS = ("killed", "injured", "abducted", "displaced")
OPEN_ACTIVITIES = ("planned", "ongoing")  # states of a later app
DEEPEST_SHAPES = 3  # admin level of the smallest areas with a shape of their own
NEEDED = ("objective", "lead", *CRITERIA)
_THREAT = (
    "pk", "number", "title", "office_id", "marking", "status", "closed_on", "priority", "risk", "imminent",
    "near_mission_presence", "assessed_on", "horizon_on", "review_on", "perpetrators", "objective", "lead_id",
    *CRITERIA, "last_confidence", "last_inputs", "last_expected", "has_number", "has_violence", "has_state",
    "has_open_activity",
)  # fmt: skip


@dataclass
class _Places:
    """Where offices and threats lie: tree paths, levels, and the keys of the actors that threats name."""

    posts: tuple[Post, ...] = ()
    roots: frozenset[str] = frozenset()
    paths: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    levels: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    actors: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


def read_facts(office: Office, *, today: date, user: Any = None) -> Facts:
    """Return the facts of the office and all below it, up to what `user` may see; without one (commands) everything."""
    places = _Places()
    offices = _read_offices(office, places)
    rows = list(_threat_rows(office, user))
    _read_places([row["pk"] for row in rows], places)
    incidents = _read_incidents(office, user, today)
    threats = [_threat(row, places) for row in rows]
    threats = _with_offices(threats, places, today)
    threats = _with_incidents(threats, {row["pk"]: row["closed_on"] for row in rows}, incidents, places)
    editions, held = _read_editions(office, user)
    named = _with_threats(incidents, [one for one in threats if one.is_active], places)
    counts: dict[int, int] = defaultdict(int)
    for one in threats:
        counts[one.office] += one.is_active
    return Facts(
        today=today,
        review_days=office.mission.review_days,
        threats=tuple(threats),
        incidents=tuple(named),
        editions=tuple(editions),
        offices=tuple(OfficeFact(pk, code, name, path, pk in held, counts[pk]) for pk, code, name, path in offices),
    )


# --- offices and places -----------------------------------------------------------------------------------------------


def _read_offices(office: Office, places: _Places) -> list[tuple[int, str, str, str]]:
    """Return the offices of the branch; the places of all offices of the mission go to `places`."""
    branch: dict[int, tuple[int, str, str, str]] = {}
    posts: dict[int, Post] = {}
    roots = set()
    rows = Office.objects.filter(mission=office.mission_id).order_by("path")
    for pk, code, name, path, lat, lon, area in rows.values_list(
        "pk", "code", "name", "path", "lat", "lon", "areas__path"
    ):
        if lat is not None and lon is not None:
            posts[pk] = Post(pk, name, lat, lon)
        if area:
            roots.add(area[:STEP])
        if path.startswith(office.path):
            branch[pk] = (pk, code, name, path)
    places.posts, places.roots = tuple(posts.values()), frozenset(roots)
    return list(branch.values())


def _read_places(pks: list[int], places: _Places) -> None:
    """Read areas and actors of the threats in one query."""
    areas: Any = Threat.areas.through.objects.filter(threat__in=pks).annotate(
        kind=Value("areas", CharField()), of=F("threat_id"), key=Cast("area__path", CharField()), level=F("area__level")
    )
    actors: Any = Threat.actors.through.objects.filter(threat__in=pks).annotate(
        kind=Value("actors", CharField()),
        of=F("threat_id"),
        key=Cast("actor_id", CharField()),
        level=Value(0, IntegerField()),
    )
    names = ("kind", "of", "key", "level")
    for kind, threat, key, level in areas.values_list(*names).union(actors.values_list(*names), all=True):
        if kind == "areas":
            places.paths[threat].append(key)
            places.levels[threat].append(level)
        else:
            places.actors[threat].add(int(key))


def _with_offices(threats: list[ThreatFact], places: _Places, today: date) -> list[ThreatFact]:
    """Name the offices that lie in the areas of active threats that nobody marked as near the mission."""
    asked = {one.pk for one in threats if one.is_active and not one.near_presence}
    level = max((min(level, DEEPEST_SHAPES) for pk in asked for level in places.levels[pk]), default=0)
    if not level or not places.posts:
        return threats
    division = Division(places.roots, level, today)
    held = division.measured(places.posts)[1]
    lies = {post.name: division.areas[held[post.pk]].path for post in places.posts if held.get(post.pk)}

    def inside(pk: int) -> tuple[str, ...]:
        below = tuple(path for path, level in zip(places.paths[pk], places.levels[pk], strict=True) if level)
        return tuple(name for name, path in lies.items() if below and path.startswith(below))

    return [replace(one, offices_inside=inside(one.pk)) if one.pk in asked else one for one in threats]


# --- threats ----------------------------------------------------------------------------------------------------------


def _threat_rows(office: Office, user: Any) -> Iterable[dict[str, Any]]:
    rows: Any = Threat.objects.visible_to(user) if user is not None else Threat.objects.all()
    last = Assessment.objects.filter(threat=OuterRef("pk")).order_by("-assessed_at", "-pk")
    here = {"threat": OuterRef("pk")}
    activities = Threat.activities.through.objects.filter(**here, activity__status__in=OPEN_ACTIVITIES)
    if user is not None:
        activities = activities.filter(activity__marking__lte=user.clearance)
    state = Threat.actors.through.objects.filter(**here, actor__source_of_violence=SourceOfViolence.STATE)
    rows = rows.of_branch(office).annotate(
        last_confidence=Subquery(last.values("confidence")[:1]),
        last_inputs=Subquery(last.values("inputs")[:1]),
        last_expected=Subquery(last.values("expected_risk")[:1]),
        has_number=Exists(ThreatGroup.objects.filter(**here, estimated_number__isnull=False)),
        has_violence=Exists(Threat.violence_types.through.objects.filter(**here)),
        has_state=Exists(state),
        has_open_activity=Exists(activities),
    )
    found: Iterable[dict[str, Any]] = rows.order_by("number").values(*_THREAT)
    return found


def _threat(row: dict[str, Any], places: _Places) -> ThreatFact:
    pk = row["pk"]
    written = {"lead": row["lead_id"], **{name: row[name] for name in ("objective", *CRITERIA)}}
    return ThreatFact(
        pk=pk,
        ref=f"{Threat.LETTER}-{row['number']:03d}",
        title=row["title"],
        office=row["office_id"],
        marking=row["marking"],
        is_active=row["status"] == ThreatStatus.ACTIVE,
        priority=row["priority"],
        risk=row["risk"],
        imminent=row["imminent"],
        near_presence=row["near_mission_presence"],
        assessed_on=row["assessed_on"],
        horizon_on=row["horizon_on"],
        review_on=row["review_on"],
        confidence=row["last_confidence"],
        inputs=tuple(row["last_inputs"] or ()),
        expected_risk=row["last_expected"],
        missing=tuple(name for name in NEEDED if not written[name]),
        area_level=max(places.levels[pk], default=None),
        has_number=row["has_number"],
        has_violence=row["has_violence"],
        has_source=bool(places.actors[pk] or row["perpetrators"]),
        has_state=row["has_state"],
        has_open_activity=row["has_open_activity"],
    )


def _with_incidents(
    threats: list[ThreatFact], closed_on: dict[int, date | None], incidents: list["_Found"], places: _Places
) -> list[ThreatFact]:
    """Count, for closed threats, the incidents after the closing that would be theirs."""
    found = []
    for one in threats:
        day, paths = closed_on[one.pk], tuple(places.paths[one.pk])
        if not one.is_active and day and paths:
            actors = places.actors[one.pk]
            after = [each for each in incidents if each.fact.day > day and each.path.startswith(paths)]
            one = replace(one, since=sum(not actors or bool(actors & set(each.fact.acting)) for each in after))
        found.append(one)
    return found


# --- incidents --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident with the tree path of its area, "" without one."""

    fact: IncidentFact
    path: str


def _broken(harm: str) -> Q:
    low, best, high = (f"{harm}_{end}" for end in ("low", "best", "high"))
    return Q(**{f"{low}__gt": F(best)}) | Q(**{f"{best}__gt": F(high)}) | Q(**{f"{low}__gt": F(high)})


def _read_incidents(office: Office, user: Any, today: date) -> list[_Found]:
    """Read the incidents of the last year, and of older ones those that cannot be right or have no place."""
    rows: Any = Incident.objects.visible_to(user) if user is not None else Incident.objects.all()
    unplaced = Q(area=None) | Q(place_state__in=(PlaceState.UNMATCHED, PlaceState.DISAGREEING))
    wanted = Q(starts_on__gte=today - timedelta(days=LOOK_BACK_DAYS)) | unplaced
    for harm in HARMS:
        wanted |= _broken(harm)
    rows = rows.filter(wanted, mission=office.mission_id, office__path__startswith=office.path)
    rows = rows.exclude(verification=Verification.DISCOUNTED).order_by("number")
    counts = [f"{harm}_{end}" for harm in HARMS for end in ("low", "best", "high")]
    names = (
        "pk", "number", "title", "office_id", "marking", "starts_on", "created_at", "area_id", "area__path",
        "place_state", "origin", "verification", *counts, "incident_actors__actor_id", "incident_actors__side",
    )  # fmt: skip
    found: dict[int, dict[str, Any]] = {}
    parts: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in rows.values(*names):
        found[row["pk"]] = row
        if row["incident_actors__actor_id"]:
            parts[row["pk"]].append((row["incident_actors__actor_id"], row["incident_actors__side"]))
    return [_Found(_incident(row, parts[pk]), row["area__path"] or "") for pk, row in found.items()]


def _incident(row: dict[str, Any], parts: list[tuple[int, str]]) -> IncidentFact:
    return IncidentFact(
        pk=row["pk"],
        ref=f"{Incident.LETTER}-{row['number']:03d}",
        title=row["title"],
        office=row["office_id"],
        marking=row["marking"],
        day=row["starts_on"],
        known_on=max(row["starts_on"], row["created_at"].date()),
        area=row["area_id"],
        place_state=row["place_state"],
        origin=row["origin"],
        verification=row["verification"],
        killed=row["killed_best"],
        broken=tuple(_broken_names(row)),
        actors=tuple(sorted({actor for actor, _side in parts})),
        acting=tuple(sorted({actor for actor, side in parts if side in ACTING})),
    )


def _broken_names(row: dict[str, Any]) -> Iterable[str]:
    for harm in HARMS:
        known = [row[f"{harm}_{end}"] for end in ("low", "best", "high") if row[f"{harm}_{end}"] is not None]
        if known != sorted(known):
            yield str(INCIDENT[f"{harm}_best"].label)


def _with_threats(incidents: list[_Found], active: list[ThreatFact], places: _Places) -> Iterable[IncidentFact]:
    """Name for incidents without an actor the first active threat in whose areas they lie."""
    by_path: dict[str, str] = {}
    for one in active:
        for path in places.paths[one.pk]:
            by_path.setdefault(path, one.ref)
    for each in incidents:
        ends = range(len(each.path), 0, -STEP) if not each.fact.actors else ()
        ref = next((by_path[each.path[:end]] for end in ends if each.path[:end] in by_path), "")
        yield replace(each.fact, threat=ref) if ref else each.fact


# --- editions ---------------------------------------------------------------------------------------------------------


def _read_editions(office: Office, user: Any) -> tuple[list[EditionFact], set[int]]:
    """Return the editions on their way or in force that the reader may see, and the offices that have one in force.

    An edition in force above the clearance still keeps its office from being told to have none.
    """
    states = (*EditionState.OPEN_STATES, EditionState.IN_FORCE)
    rows = MatrixEdition.objects.filter(
        mission=office.mission_id, office__path__startswith=office.path, state__in=states
    )
    names = (
        "pk", "number", "office_id", "office__code", "office__name", "marking", "state", "horizon_on", "endorsed_at",
        "changed_at",
    )  # fmt: skip
    found, held = [], set()
    for row in rows.order_by("office__path", "number").values(*names):
        if row["state"] == EditionState.IN_FORCE:
            held.add(row["office_id"])
        if user is not None and row["marking"] > user.clearance:
            continue
        found.append(
            EditionFact(
                pk=row["pk"],
                ref=f"{row['office__code']}-{row['number']}",
                title=row["office__name"],
                office=row["office_id"],
                marking=row["marking"],
                state=row["state"],
                horizon_on=row["horizon_on"],
                endorsed_on=row["endorsed_at"].date() if row["endorsed_at"] else None,
                changed_on=row["changed_at"].date(),
            )
        )
    return found, held
