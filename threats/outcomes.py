"""Outcomes of an office or a branch, quarter by quarter: the frozen rows held against the incidents that came.

Reads what `threats.rules.outcomes` judges. Six queries, whatever the number of offices, rows and quarters. Everything
is as the reader may see it: editions and incidents through `visible_to`, frozen rows above the clearance left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pocweb.models import Area, Office
from pocweb.periods import Quarter
from threats.choices import Outcome
from threats.evidence import ACTING, MOST_PATHS
from threats.models import Incident, MatrixEdition, Threat
from threats.rules.outcomes import Chosen, Event, InForce, Judged, Row, Score, Tally, choose, score, sum_known, tally

DONE = "done"  # the status of a finished activity, which a later app declares


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as the page names it, beside the event that the rule judges."""

    event: Event
    number: int
    day: date
    pcode: str
    area: str
    actors: tuple[str, ...]
    marking: int

    @property
    def ref(self) -> str:
        return f"{Incident.LETTER}-{self.number:03d}"


@dataclass(frozen=True, slots=True)
class Line:
    """One frozen row with what became of it. `done` are activities against it that were done in the quarter.

    `by_today` says that the edition keeps no codes of actors, so that those of the threat today stood in for them.
    """

    pk: int
    ref: str
    title: str
    risk: int | None
    risk_label: str
    imminent: bool
    outcome: Outcome
    incidents: tuple[Seen, ...]
    done: int
    by_today: bool
    marking: int

    @property
    def killed(self) -> int | None:
        return sum_known(one.event.killed for one in self.incidents)

    @property
    def civilians(self) -> int | None:
        return sum_known(one.event.civilians for one in self.incidents)


@dataclass(frozen=True, slots=True)
class Surprise:
    """Incidents on no row, of one area and the same actors."""

    pcode: str
    area: str
    actors: tuple[str, ...]
    incidents: tuple[Seen, ...]

    @property
    def killed(self) -> int | None:
        return sum_known(one.event.killed for one in self.incidents)

    @property
    def civilians(self) -> int | None:
        return sum_known(one.event.civilians for one in self.incidents)


@dataclass(frozen=True)
class OfficeOutcome:
    """The outcome of one office in one quarter; `score` is None where the reader finds no forward look to score.

    `before` counts the incidents of the quarter from before a late edition came in force; `marking` is the highest of
    the edition and of the incidents that are counted.
    """

    office: Office
    chosen: Chosen | None = None
    score: Score | None = None
    lines: tuple[Line, ...] = ()
    surprises: tuple[Surprise, ...] = ()
    before: int = 0
    marking: int = 0

    @property
    def tally(self) -> Tally:
        return tally([self.score] if self.score else [])

    def of(self, outcome: str) -> list[Line]:
        """Return the rows with this outcome."""
        return [line for line in self.lines if line.outcome == outcome]


@dataclass(frozen=True)
class QuarterOutcome:
    """All offices of a branch in one quarter."""

    quarter: Quarter
    offices: tuple[OfficeOutcome, ...]

    @property
    def scored(self) -> list[OfficeOutcome]:
        return [one for one in self.offices if one.score is not None]

    @property
    def tally(self) -> Tally:
        return tally(one.score for one in self.scored if one.score is not None)


@dataclass
class _Material:
    """What the queries bring: per office its areas, per edition its marking and rows, and all incidents of the span."""

    areas: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    editions: dict[int, int] = field(default_factory=dict)
    paths: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    markings: dict[int, int] = field(default_factory=dict)
    actors: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    done: dict[int, list[date]] = field(default_factory=lambda: defaultdict(list))
    incidents: list[Seen] = field(default_factory=list)


def read_outcomes(
    office: Office, quarters: Sequence[Quarter], *, user: Any, alone: bool = False
) -> dict[Quarter, QuarterOutcome]:
    """Return the outcomes of the office's branch (or with `alone` of the office itself) for closed quarters.

    Offices that answer for no area and never had an edition are left out. The caller asks only for quarters that are
    over, see `threats.rules.outcomes.is_closed`.
    """
    found = _Material()
    offices = _read_offices(office, found, alone=alone)
    chosen, known = _choose(offices, quarters, user)
    _read_rows(chosen, found)
    _read_paths(found)
    _read_threats(found, user)
    _read_incidents(office, quarters, found, user)
    answer = {}
    for quarter in quarters:
        lines = []
        for one in offices:
            if (one.pk, quarter) in chosen:
                lines.append(_office(one, quarter, chosen[one.pk, quarter], found, user))
            elif one.pk in known or found.areas.get(one.pk):
                lines.append(OfficeOutcome(one))
        answer[quarter] = QuarterOutcome(quarter, tuple(lines))
    return answer


def _read_offices(office: Office, found: _Material, *, alone: bool) -> list[Office]:
    rows = Office.objects.filter(mission=office.mission_id)
    rows = rows.filter(pk=office.pk) if alone else rows.filter(path__startswith=office.path)
    offices: dict[int, Office] = {}
    for pk, code, name, path, area in rows.order_by("path").values_list("pk", "code", "name", "path", "areas__path"):
        offices.setdefault(pk, Office(pk=pk, mission=office.mission, code=code, name=name, path=path))
        if area:
            found.areas[pk].append(area)
    return list(offices.values())


def _choose(
    offices: Iterable[Office], quarters: Sequence[Quarter], user: Any
) -> tuple[dict[tuple[int, Quarter], Chosen], set[int]]:
    """Return the edition that is scored per office and quarter, and which offices have editions at all.

    An edition above the reader's clearance is chosen like any other and then not told: another in its place would be
    a false score.
    """
    by_office: dict[int, list[InForce]] = defaultdict(list)
    markings: dict[int, int] = {}
    rows = MatrixEdition.objects.filter(office__in=[one.pk for one in offices], in_force_at__isnull=False)
    for pk, office, number, start, end, marking in rows.values_list(
        "pk", "office_id", "number", "in_force_at", "superseded_at", "marking"
    ):
        by_office[office].append(InForce(pk, number, start.date(), end.date() if end else None))
        markings[pk] = marking
    chosen = {}
    for office, editions in by_office.items():
        for quarter in quarters:
            one = choose(editions, first_day=quarter.starts_on, last_day=quarter.ends_on)
            if one is not None and markings[one.edition.pk] <= user.clearance:
                chosen[office, quarter] = one
    return chosen, set(by_office)


def _read_rows(chosen: dict[tuple[int, Quarter], Chosen], found: _Material) -> None:
    wanted = {one.edition.pk for one in chosen.values()}
    for pk, marking, snapshot in MatrixEdition.objects.filter(pk__in=wanted).values_list("pk", "marking", "snapshot"):
        found.editions[pk] = marking
        found.rows[pk] = list((snapshot or {}).get("rows", ()))


def _read_paths(found: _Material) -> None:
    """Read where the p-codes of the frozen rows lie; a p-code may have a place in several divisions."""
    pcodes = {area["pcode"] for rows in found.rows.values() for row in rows for area in row["areas"]}
    for pcode, path in Area.objects.filter(pcode__in=pcodes).values_list("pcode", "path"):
        found.paths[pcode].append(path)


def _read_threats(found: _Material, user: Any) -> None:
    """Read of the threats behind the rows: marking and actors of today, and the days on which activities were done."""
    pks = {row["pk"] for rows in found.rows.values() for row in rows}
    lines = Threat.objects.filter(pk__in=pks).order_by().values_list(
        "pk", "marking", "actors__code", "activities__pk", "activities__status", "activities__done_on",
        "activities__marking",
    )  # fmt: skip
    seen: set[tuple[int, int]] = set()
    for pk, marking, actor, activity, status, day, secrecy in lines:
        found.markings[pk] = marking
        if actor:
            found.actors[pk].add(actor)
        is_done = activity and status == DONE and day and secrecy <= user.clearance
        if is_done and (pk, activity) not in seen:
            seen.add((pk, activity))
            found.done[pk].append(day)


def _read_incidents(office: Office, quarters: Sequence[Quarter], found: _Material, user: Any) -> None:
    first, last = min(one.starts_on for one in quarters), max(one.ends_on for one in quarters)
    rows = Incident.objects.visible_to(user).counted().between(first, last).filter(mission=office.mission_id)
    paths = {path for several in (*found.areas.values(), *found.paths.values()) for path in several}
    if len(paths) <= MOST_PATHS:
        rows = rows.in_areas(sorted(paths))
    lines = rows.order_by("starts_on", "number").values_list(
        "pk", "number", "starts_on", "area__path", "area1__pcode", "area1__name", "area__pcode", "area__name",
        "killed_best", "civilians_killed", "marking", "incident_actors__actor__code",
        "incident_actors__actor__short_name", "incident_actors__actor__name", "incident_actors__side",
    )  # fmt: skip
    facts: dict[int, tuple[Any, ...]] = {}
    actors: dict[int, dict[str, str]] = defaultdict(dict)
    for pk, *several in lines:
        *fact, code, short, name, side = several
        facts[pk] = tuple(fact)
        if code and side in ACTING:
            actors[pk][code] = short or name
    for pk, (number, day, path, pcode1, name1, pcode, name, killed, civilians, marking) in facts.items():
        event = Event(pk, path or "", killed, civilians, frozenset(actors[pk]))
        names = tuple(sorted(set(actors[pk].values())))
        found.incidents.append(Seen(event, number, day, pcode1 or pcode or "", name1 or name or "", names, marking))


def _office(office: Office, quarter: Quarter, chosen: Chosen, found: _Material, user: Any) -> OfficeOutcome:
    """Hold one office's frozen rows against the quarter's incidents."""
    data = {row["pk"]: row for row in found.rows.get(chosen.edition.pk, ())}
    rows = [_row(one, found) for one in data.values()]
    closed = {pk for pk, one in data.items() if max(one["marking"], found.markings.get(pk, 0)) > user.clearance}
    inside = [one for one in found.incidents if quarter.starts_on <= one.day <= quarter.ends_on]
    seen = {one.event.pk: one for one in inside if one.day >= chosen.counts_from}
    areas = found.areas.get(office.pk, [])
    whole = score(rows, (one.event for one in seen.values()), paths=areas)
    judged = _without(whole, closed)
    early = [one for one in inside if one.day < chosen.counts_from]
    return OfficeOutcome(
        office,
        chosen,
        judged,
        tuple(_line(one, data[one.row.pk], seen, quarter, found) for one in judged.judged),
        _group(seen[event.pk] for event in judged.surprises),
        len(score(rows, (one.event for one in early), paths=areas).events),
        max([found.editions[chosen.edition.pk], *(seen[event.pk].marking for event in judged.events)]),
    )


def _without(whole: Score, closed: set[int]) -> Score:
    """Return the score without rows above the clearance, and without the incidents that only such rows know.

    Those incidents are no surprises, so they may not be told as such.
    """
    if not closed:
        return whole
    open_rows = tuple(one for one in whole.judged if one.row.pk not in closed)
    kept = {event.pk for one in open_rows for event in one.events}
    gone = {event.pk for one in whole.judged if one.row.pk in closed for event in one.events} - kept
    warned = {event.pk for one in open_rows if one.row.warned for event in one.events}
    return Score(
        open_rows,
        tuple(event for event in whole.events if event.pk not in gone),
        tuple(event for event in whole.foreseen if event.pk in warned),
        whole.surprises,
    )


def _row(data: dict[str, Any], found: _Material) -> Row:
    paths = tuple(path for area in data["areas"] for path in found.paths.get(area["pcode"], ()))
    codes = data["actor_codes"] if "actor_codes" in data else found.actors.get(data["pk"], ())
    return Row(data["pk"], data["risk"], bool(data["imminent"]), paths, frozenset(codes))


def _line(judged: Judged, data: dict[str, Any], seen: dict[int, Seen], quarter: Quarter, found: _Material) -> Line:
    return Line(
        pk=data["pk"],
        ref=data["ref"],
        title=data["title"],
        risk=data["risk"],
        risk_label=data["risk_label"],
        imminent=bool(data["imminent"]),
        outcome=judged.outcome,
        incidents=tuple(seen[event.pk] for event in judged.events),
        done=sum(quarter.starts_on <= day <= quarter.ends_on for day in found.done.get(data["pk"], ())),
        by_today="actor_codes" not in data and bool(data["actors"]),
        marking=max(
            data["marking"], found.markings.get(data["pk"], 0), *(seen[one.pk].marking for one in judged.events)
        ),
    )


def _group(incidents: Iterable[Seen]) -> tuple[Surprise, ...]:
    """Return incidents on no row by first-level area and actors, most incidents first."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Seen]] = defaultdict(list)
    for one in incidents:
        groups[one.pcode, one.area, one.actors].append(one)
    found = [Surprise(*key, tuple(several)) for key, several in groups.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.incidents), one.area, one.actors)))
