"""The picture of hotspots and blind spots of a mission: one function behind page, export, reports and dashboard.

Counts incidents as `threats.figures` does (discounted ones left out, an event belongs to the period of its first day),
so that a number here equals the list that it links to. A record counts for the area that it is placed in and for those
above it; what is placed no closer than an area above the level is told apart and not spread. Threats are those that are
active today. Judgments: `rules/hotspots.py`, `rules/blindspots.py`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, Max, Q, Sum

from pocweb.choices import RiskLevel, Verb
from pocweb.models import Mission
from threats.choices import Heat, PresenceKind, Sight
from threats.division import Division, DivisionArea, Offices, read_offices
from threats.filters import apply_filters
from threats.models import Incident, Presence, Threat
from threats.querysets import IncidentQuerySet, PresenceQuerySet, ThreatQuerySet
from threats.rules.blindspots import Glimpse, sight_of, window
from threats.rules.hotspots import Local, heat_of, local_statistics

LEVELS = (1, 2, 3)
MEASURES = ("events", "civilians_killed")
KINDS = ("incident", "presence", "threat")


@dataclass(frozen=True)
class Scope:
    """The records that may be counted, and the branches of offices that they come from (None: the whole mission)."""

    incidents: IncidentQuerySet
    presences: PresenceQuerySet
    threats: ThreatQuerySet
    branches: tuple[str, ...] | None = None

    def highest_marking(self, end: date) -> int:
        """Return the highest marking of what a picture up to a day counts, 0 for nothing. One query."""
        counted = (
            apply_filters(self.incidents, {"to": end}),
            self.presences.filter(starts_on__lte=end),
            self.threats.active(),
        )
        incidents, presences, threats = (rows.order_by().values_list("marking").distinct() for rows in counted)
        return max((marking for (marking,) in incidents.union(presences, threats)), default=0)


def scope_of(user: Any, mission: Mission) -> Scope:
    """Return what a person may see of a mission; their branches are those where all three kinds are theirs to see."""
    grants = [grant for grant in user.grants if grant.mission_id == mission.pk]
    branches = {grant.office_path for grant in grants if all(grant.allows(kind, Verb.VIEW) for kind in KINDS)}
    return Scope(
        Incident.objects.filter(mission=mission).visible_to(user),
        Presence.objects.filter(mission=mission).visible_to(user),
        Threat.objects.filter(mission=mission).visible_to(user),
        tuple(sorted(branches)),
    )


def scope_up_to(mission: Mission, marking: int) -> Scope:
    """Return the records of the whole mission marked at most so, for a document of that marking."""
    here = {"mission": mission, "marking__lte": marking}
    return Scope(Incident.objects.filter(**here), Presence.objects.filter(**here), Threat.objects.filter(**here))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. The days are inclusive; `blind_from` to `end` is the time in which an area must have been seen."""

    level: int
    start: date
    end: date
    blind_from: date
    measure: str = "events"
    actor: str = ""

    @property
    def blind_days(self) -> int:
        return (self.end - self.blind_from).days + 1


@dataclass(frozen=True, slots=True)
class ThreatMark:
    """An active threat that names an area; `risk` is None while nobody has rated it."""

    pk: int
    ref: str
    risk: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of the period and whom they killed; a sum is None where no event has the count recorded."""

    events: int = 0
    killed: int | None = 0
    killed_not_recorded: int = 0
    civilians: int | None = 0
    civilians_not_recorded: int = 0


@dataclass(frozen=True, slots=True)
class AreaPicture:
    """One area: what happened, what is feared, what the mission sees, and the two words for it."""

    area: DivisionArea
    tally: Tally
    threats: tuple[ThreatMark, ...]
    local: Local
    heat: Heat
    sight: Sight
    offices: tuple[str, ...]
    glimpses: tuple[Glimpse, ...]
    presences: int
    last_report_on: date | None

    @property
    def risk(self) -> int | None:
        """The highest risk of the threats that name it, None without a rated one."""
        return max((mark.risk for mark in self.threats if mark.risk), default=None)

    @property
    def risk_label(self) -> str:
        return str(RiskLevel(self.risk).label) if self.risk else ""

    @property
    def is_blind(self) -> bool:
        return self.sight == Sight.BLIND

    @property
    def is_hot(self) -> bool:
        return self.heat in Heat.HOT

    def last_on(self, *kinds: PresenceKind) -> date | None:
        """Return the last day of these kinds of presence, None for never."""
        return max((one.last_on for one in self.glimpses if one.kind in kinds), default=None)


@dataclass(frozen=True, slots=True)
class Coarser:
    """How many records lie no closer than an area above the level, or in no area at all.

    `gone` are events in areas that are no longer in force on the last day.
    """

    events: int = 0
    gone: int = 0
    threats: int = 0
    presences: int = 0


@dataclass(frozen=True)
class HotspotMap:
    """The answer: the areas in reach, in the order of the tree, those out of reach, and what could not be placed."""

    question: Question
    areas: tuple[AreaPicture, ...]
    outside: tuple[DivisionArea, ...]
    coarser: Coarser
    division: Division
    offices: Offices

    @property
    def hot(self) -> tuple[AreaPicture, ...]:
        return tuple(one for one in self.areas if one.is_hot)

    @property
    def blind(self) -> tuple[AreaPicture, ...]:
        return tuple(one for one in self.areas if one.is_blind)

    @cached_property
    def has_statistic(self) -> bool:
        """Say whether the areas were enough, and different enough, for the statistic."""
        return any(one.local.p is not None for one in self.areas)


def ask(mission: Mission, *, level: int, start: date, end: date, measure: str = "events", actor: str = "") -> Question:
    """Return the question with the mission's own number of days for blind spots; `ValueError` for an unknown part."""
    if level not in LEVELS or measure not in MEASURES or start > end:
        raise ValueError(f"There is no picture of {measure} at level {level} from {start} to {end}.")
    return Question(level, start, end, window(end, mission.blind_days), measure, actor)


def hotspots_for(mission: Mission, question: Question, scope: Scope) -> HotspotMap:
    """Return the picture of the areas in force on the last day of the question.

    Six queries, whatever the number of areas and records, and one more when the division has not been measured yet.
    """
    offices = read_offices(mission, scope.branches)
    division = Division(offices.roots, question.level, question.end)
    near, held = division.measured(offices.posts)
    tallies, events_above = _tallies(scope, question, division)
    marks, threats_above = _threats(scope, division)
    seen, presences_above, patrolled = _presences(scope, question, division)
    reports, reported = _reports(scope, question, division)
    around = tuple(patrolled | reported)
    reached = {code: area for code, area in division.areas.items() if offices.reaches(area.path)}
    values = {code: _measured(tallies.get(code, Tally()), question.measure) for code in reached}
    local = local_statistics(values, near)
    based: dict[str, list[str]] = defaultdict(list)
    for post in offices.posts:
        based[held[post.pk]].append(post.name)
    pictures = [
        _picture(
            area, question, tallies.get(code, Tally()), marks.get(code, ()), local[code], tuple(based.get(code, ())),
            seen.get(code, {}), reports.get(code), area.path.startswith(around),
        )
        for code, area in reached.items()
    ]  # fmt: skip
    return HotspotMap(
        question=question,
        areas=tuple(pictures),
        outside=tuple(area for code, area in division.areas.items() if code not in reached),
        coarser=Coarser(
            events=events_above,
            gone=sum(tally.events for code, tally in tallies.items() if code not in division.areas),
            threats=threats_above,
            presences=presences_above,
        ),
        division=division,
        offices=offices,
    )


def _picture(
    area: DivisionArea,
    question: Question,
    tally: Tally,
    threats: tuple[ThreatMark, ...],
    local: Local,
    offices: tuple[str, ...],
    seen: Mapping[str, tuple[date, int]],
    last_report_on: date | None,
    is_seen_around: bool,
) -> AreaPicture:
    glimpses = tuple(Glimpse(PresenceKind(kind), last, count) for kind, (last, count) in sorted(seen.items()))
    risk = max((mark.risk for mark in threats if mark.risk), default=None)
    return AreaPicture(
        area=area,
        tally=tally,
        threats=threats,
        local=local,
        heat=heat_of(events=tally.events, stands_out=local.stands_out, highest_risk=risk, threats=len(threats)),
        sight=sight_of(
            has_office=bool(offices),
            presences=glimpses,
            last_report_on=last_report_on,
            since=question.blind_from,
            is_seen_around=is_seen_around,
        ),
        offices=offices,
        glimpses=glimpses,
        presences=sum(one.count for one in glimpses),
        last_report_on=last_report_on,
    )


def _measured(tally: Tally, measure: str) -> int:
    """Return the value that the statistic takes; civilians who were not counted add nothing, which the page says."""
    return tally.events if measure == "events" else tally.civilians or 0


def _tallies(scope: Scope, question: Question, division: Division) -> tuple[dict[str, Tally], int]:
    """Return the events of the period by area, and how many are placed no closer than an area above. One query."""
    asked = {"from": question.start, "to": question.end, "actor": question.actor}
    rows = apply_filters(scope.incidents, asked).order_by().values_list("area__path")
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    found = rows.annotate(
        n=Count("pk"), k=Sum("killed_best"), kn=Count("killed_best"), c=Sum("civilians_killed"),
        cn=Count("civilians_killed"),
    )  # fmt: skip
    for path, *numbers in found:
        total = sums[division.code_of(path)]
        for place, number in enumerate(numbers):
            total[place] += number or 0
    above = sums.pop("", [0])[0]
    return {code: _tally(*numbers) for code, numbers in sums.items()}, above


def _tally(events: int, killed: int, with_killed: int, civilians: int, with_civilians: int) -> Tally:
    return Tally(
        events=events,
        killed=killed if with_killed else None,
        killed_not_recorded=events - with_killed,
        civilians=civilians if with_civilians else None,
        civilians_not_recorded=events - with_civilians,
    )


def _reports(scope: Scope, question: Question, division: Division) -> tuple[dict[str, date], set[str]]:
    """Return the first day of the latest incident in each area, whoever took part in it, and the areas above the
    level in which one was reported since `blind_from`. One query."""
    rows = apply_filters(scope.incidents, {"to": question.end}).order_by().values_list("area__path")
    last: dict[str, date] = {}
    above: set[str] = set()
    for path, day in rows.annotate(last=Max("starts_on")):
        if division.is_coarser(path) and day >= question.blind_from:
            above.add(path)
        code = division.code_of(path)
        last[code] = max(day, last.get(code, day))
    return last, above


def _presences(
    scope: Scope, question: Question, division: Division
) -> tuple[dict[str, dict[str, tuple[date, int]]], int, set[str]]:
    """Return by area and kind the last day of presence and the number since `blind_from`; how many of these lie no
    closer than an area above the level, and in which areas. One query."""
    lately = Q(ends_on=None) | Q(ends_on__gte=question.blind_from)
    rows = scope.presences.filter(starts_on__lte=question.end).order_by().values_list("area__path", "kind")
    found = rows.annotate(going=Count("pk", filter=Q(ends_on=None)), last=Max("ends_on"), n=Count("pk", filter=lately))
    seen: dict[str, dict[str, tuple[date, int]]] = defaultdict(dict)
    above, paths = 0, set()
    for path, kind, going, last, count in found:
        code = division.code_of(path)
        if not code:
            above += count
            if count and division.is_coarser(path):
                paths.add(path)
            continue
        day = question.end if going or last is None else min(last, question.end)
        before, counted = seen[code].get(kind, (day, 0))
        seen[code][kind] = (max(day, before), counted + count)
    return dict(seen), above, paths


def _threats(scope: Scope, division: Division) -> tuple[dict[str, tuple[ThreatMark, ...]], int]:
    """Return the active threats by area, the highest risk first, and how many name no area so close. One query."""
    marks: dict[str, dict[int, ThreatMark]] = defaultdict(dict)
    every: set[int] = set()
    for pk, number, risk, path in scope.threats.active().order_by().values_list("pk", "number", "risk", "areas__path"):
        every.add(pk)
        if code := division.code_of(path):
            marks[code][pk] = ThreatMark(pk, f"{Threat.LETTER}-{number:03d}", risk)
    placed = {pk for found in marks.values() for pk in found}
    ordered = {
        code: tuple(sorted(found.values(), key=lambda mark: (-(mark.risk or 0), mark.ref)))
        for code, found in marks.items()
    }
    return ordered, len(every - placed)
