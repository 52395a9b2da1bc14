"""The evidence beside a rating: incidents in a threat's areas by its actors, as counts that prompt and never decide.

Two queries for all threats of a page: what each threat watches, and the incidents of a year in those areas.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast

from threats.choices import ActorSide, Trend, Verification
from threats.models import Incident, IncidentActor, Threat
from threats.rules.trend import direction

MONTHS = 12
SHORT, LONG = 30, 90
ACTING = (ActorSide.PERPETRATOR, ActorSide.PARTY)
MOST_PATHS = 400  # alternatives in one condition; beyond that the areas are compared here


@dataclass(slots=True)
class Evidence:
    """What incidents say about one threat. Windows end today, today included; months are calendar months.

    Killed, civilians and injured are of the last 90 days; None where no incident of the window records them. `before`
    counts the incidents of the 90 days before those. `by_actor` is False where the threat names no actor: then all
    incidents in its areas count. `months` holds killed (best estimate) per month, oldest first.
    """

    by_actor: bool = True
    last_30: int = 0
    last_90: int = 0
    before: int = 0
    year: int = 0
    killed_low: int | None = None
    killed: int | None = None
    killed_high: int | None = None
    civilians: int | None = None
    injured: int | None = None
    verified: int = 0
    months: list[int] = field(default_factory=lambda: [0] * MONTHS)

    @property
    def trend(self) -> Trend:
        """Return the direction of the last 90 days against the 90 days before."""
        return direction(self.last_90, self.before)


@dataclass
class Watch:
    """What each threat watches: tree paths of its areas, and the keys of its actors (none: anybody)."""

    threats_by_path: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    actors: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, kind: str, threat: int, key: str) -> None:
        """Take in one area (its tree path) or one actor (its key) of a threat; other kinds are passed over."""
        if kind == "areas":
            self.threats_by_path[key].add(threat)
        elif kind == "actors":
            self.actors[threat].add(int(key))


def evidence_for(
    threat_pks: Iterable[int], *, mission: Any, user: Any, today: date, watch: Watch | None = None
) -> dict[int, Evidence]:
    """Return the evidence for each threat, from the incidents that the user may see. Two queries, whatever the number.

    `watch`, where the caller has read it with the rows, saves one of them.
    Discounted incidents are left out. An incident is of a threat when it lies in one of the threat's areas or below,
    and one of the threat's actors was perpetrator or party. Incidents are read one by one, not grouped by the
    database: an incident with two of a threat's actors must count once for it and may count for other threats too.
    """
    pks = list(threat_pks)
    found = {pk: Evidence() for pk in pks}
    watch = watch or _read_watch(pks)
    if not watch.threats_by_path:
        return found
    for pk in pks:
        found[pk].by_actor = bool(watch.actors.get(pk))
    counted: set[tuple[int, int]] = set()
    for incident, path, starts_on, *figures, actor, side in _read_incidents(watch, pks, mission, user, today):
        for threat in _threats_at(path, watch):
            actors = watch.actors.get(threat)
            if (actors and (actor not in actors or side not in ACTING)) or (threat, incident) in counted:
                continue
            counted.add((threat, incident))
            _count(found[threat], starts_on, figures, today)
    return found


def watched(threat: Threat) -> Q:
    """Return the condition "is an incident of this threat" for a list of incidents; the same rule as `evidence_for`."""
    where = Q(pk__in=[])
    for path in threat.areas.values_list("path", flat=True):
        where |= Q(area__path__startswith=path)
    if actors := list(threat.actors.values_list("pk", flat=True)):
        acting = IncidentActor.objects.filter(actor__in=actors, side__in=ACTING)
        where &= Q(pk__in=acting.values("incident"))
    return where


def month_starts(today: date) -> list[date]:
    """Return the first days of the twelve calendar months that end with today's month, oldest first."""
    last = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(last - MONTHS + 1, last + 1)]


def _read_watch(pks: list[int]) -> Watch:
    watch = Watch()
    areas: Any = Threat.areas.through.objects.filter(threat__in=pks).annotate(key=Cast("area__path", CharField()))
    actors: Any = Threat.actors.through.objects.filter(threat__in=pks).annotate(key=Cast("actor_id", CharField()))
    first = areas.annotate(kind=Value("areas"), of=F("threat_id")).values_list("kind", "of", "key")
    second = actors.annotate(kind=Value("actors"), of=F("threat_id")).values_list("kind", "of", "key")
    for kind, threat, key in first.union(second):
        watch.add(kind, threat, key)
    return watch


def _read_incidents(watch: Watch, pks: list[int], mission: Any, user: Any, today: date) -> Iterable[tuple[Any, ...]]:
    start = min(month_starts(today)[0], today - timedelta(days=2 * LONG - 1))
    rows = Incident.objects.visible_to(user).counted().between(start, today).filter(mission=mission)
    shortest: list[str] = []
    for path in sorted(watch.threats_by_path):
        if not shortest or not path.startswith(shortest[-1]):
            shortest.append(path)
    if len(shortest) <= MOST_PATHS:
        rows = rows.in_areas(shortest)
    if all(watch.actors.get(pk) for pk in pks):
        wanted = set().union(*watch.actors.values())
        rows = rows.filter(incident_actors__actor__in=wanted, incident_actors__side__in=ACTING)
    return rows.order_by().values_list(
        "pk", "area__path", "starts_on", "killed_low", "killed_best", "killed_high", "civilians_killed",
        "injured_best", "verification", "incident_actors__actor", "incident_actors__side",
    )  # fmt: skip


def _threats_at(path: str | None, watch: Watch) -> set[int]:
    """Return the threats that watch the area with this tree path, or one above it."""
    found: set[int] = set()
    for end in range(len(path or "")):
        if path and path[: end + 1] in watch.threats_by_path:
            found |= watch.threats_by_path[path[: end + 1]]
    return found


def _count(evidence: Evidence, starts_on: date, figures: list[Any], today: date) -> None:
    low, best, high, civilians, injured, verification = figures
    days = (today - starts_on).days
    month = MONTHS - 1 - ((today.year - starts_on.year) * 12 + today.month - starts_on.month)
    if 0 <= month < MONTHS:
        evidence.year += 1
        evidence.months[month] += best or 0
    if days < SHORT:
        evidence.last_30 += 1
    if LONG <= days < 2 * LONG:
        evidence.before += 1
    if days < LONG:
        evidence.last_90 += 1
        evidence.verified += verification == Verification.VERIFIED
        evidence.killed_low = _add(evidence.killed_low, low if low is not None else best)
        evidence.killed = _add(evidence.killed, best)
        evidence.killed_high = _add(evidence.killed_high, high if high is not None else best)
        evidence.civilians = _add(evidence.civilians, civilians)
        evidence.injured = _add(evidence.injured, injured)


def _add(total: int | None, number: int | None) -> int | None:
    return total if number is None else (total or 0) + number
