"""The evidence beside a rating: incidents in a threat's areas by its actors, as counts that prompt and never decide.

Two queries for all threats of a page: what each threat watches, and the incidents of a year in those areas.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast

from threats.choices import ActorSide, Trend, Verification
from threats.models import Incident, IncidentActor, Threat
from threats.rules.divergence import Divergence, Seen, Standing, differences
from threats.rules.trend import direction

MONTHS = 12
SHORT, LONG = 30, 90
ACTING = (ActorSide.PERPETRATOR, ActorSide.PARTY)
MOST_PATHS = 400  # alternatives in one condition; beyond that the areas are compared here


@dataclass(slots=True)
class Window:
    """What the incidents of a number of days say, today included.

    `before` counts the incidents of as many days before those. Killed (low, best, high), civilians and injured (best)
    are None where no incident of the window records them; the numbers `no_...` count its incidents without the figure.
    """

    incidents: int = 0
    before: int = 0
    killed_low: int | None = None
    killed: int | None = None
    killed_high: int | None = None
    no_killed: int = 0
    civilians: int | None = None
    no_civilians: int = 0
    injured: int | None = None
    no_injured: int = 0
    verified: int = 0

    @property
    def trend(self) -> Trend:
        """Return the direction of the window against the one before of the same length."""
        return direction(self.incidents, self.before)

    @property
    def verified_share(self) -> int | None:
        """Return how many in a hundred incidents are verified, rounded; None without any."""
        return round(100 * self.verified / self.incidents) if self.incidents else None

    def add(self, figures: Sequence[Any]) -> None:
        """Take in an incident: killed low, best and high, civilians, injured, verification."""
        low, best, high, civilians, injured, verification = figures
        self.incidents += 1
        self.verified += verification == Verification.VERIFIED
        if best is None:
            self.no_killed += 1
        else:
            self.killed = (self.killed or 0) + best
        self.killed_low = _add(self.killed_low, low if low is not None else best)
        self.killed_high = _add(self.killed_high, high if high is not None else best)
        if civilians is None:
            self.no_civilians += 1
        else:
            self.civilians = (self.civilians or 0) + civilians
        if injured is None:
            self.no_injured += 1
        else:
            self.injured = (self.injured or 0) + injured


@dataclass(slots=True)
class Evidence:
    """What incidents say about one threat. Windows end today, today included; months are calendar months.

    `short` and `long` are the last 30 and 90 days. `by_actor` is False where the threat names no actor: then all
    incidents in its areas count. `is_open` is False for a reader who may not see incidents at all: nothing is known
    then, and a count of 0 means nothing. `months` holds killed (best estimate) per month, oldest first. `news` and
    `civilians_since` count what began after the day of the rating: incidents of the last 90 days, and civilians killed
    in the last 30 (None where no such incident records them).
    """

    by_actor: bool = True
    is_open: bool = True
    short: Window = field(default_factory=Window)
    long: Window = field(default_factory=Window)
    year: int = 0
    months: list[int] = field(default_factory=lambda: [0] * MONTHS)
    news: int = 0
    civilians_since: int | None = None

    @property
    def last_30(self) -> int:
        return self.short.incidents

    @property
    def last_90(self) -> int:
        return self.long.incidents


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
    threat_pks: Iterable[int],
    *,
    mission: Any,
    user: Any,
    today: date,
    watch: Watch | None = None,
    rated_on: Mapping[int, date | None] | None = None,
) -> dict[int, Evidence]:
    """Return the evidence for each threat, from the incidents that the user may see. Two queries, whatever the number.

    `watch`, where the caller has read it with the rows, saves one of them. `rated_on` is the day of each threat's
    rating, from which news counts: what began on that day was known to those who rated.
    Discounted incidents are left out. An incident is of a threat when it lies in one of the threat's areas or below,
    and one of the threat's actors was perpetrator or party. Incidents are read one by one, not grouped by the
    database: an incident with two of a threat's actors must count once for it and may count for other threats too.
    """
    pks = list(threat_pks)
    is_open = user.has_perm("threats.view_incident")
    found = {pk: Evidence(is_open=is_open) for pk in pks}
    watch = watch or _read_watch(pks)
    if not watch.threats_by_path:
        return found
    for pk in pks:
        found[pk].by_actor = bool(watch.actors.get(pk))
    rated_on = rated_on or {}
    counted: set[tuple[int, int]] = set()
    for incident, path, starts_on, *figures, actor, side in _read_incidents(watch, pks, mission, user, today):
        for threat in _threats_at(path, watch):
            actors = watch.actors.get(threat)
            if (actors and (actor not in actors or side not in ACTING)) or (threat, incident) in counted:
                continue
            counted.add((threat, incident))
            _count(found[threat], starts_on, figures, today, rated_on.get(threat))
    return found


def standing_of(rated: Any, steps: int | None) -> Standing | None:
    """Return the rating in force of a threat or matrix row; None without one. `steps`: of likelihood in its scheme."""
    if not rated.risk or rated.assessed_on is None:
        return None
    return Standing(rated.risk, rated.likelihood, steps, rated.trend, rated.assessed_on)


def differing(evidence: Evidence, rating: Standing | None, *, today: date) -> list[Divergence]:
    """Return where the evidence differs from the rating; nothing for a reader who may not see incidents."""
    if not evidence.is_open:
        return []
    seen = Seen(evidence.long.incidents, evidence.long.before, evidence.year, evidence.news, evidence.civilians_since)
    return differences(rating, seen, today=today)


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


def _count(evidence: Evidence, starts_on: date, figures: list[Any], today: date, rated_on: date | None) -> None:
    days = (today - starts_on).days
    month = MONTHS - 1 - ((today.year - starts_on.year) * 12 + today.month - starts_on.month)
    if 0 <= month < MONTHS:
        evidence.year += 1
        evidence.months[month] += figures[1] or 0
    for window, length in ((evidence.short, SHORT), (evidence.long, LONG)):
        if days < length:
            window.add(figures)
        elif days < 2 * length:
            window.before += 1
    if rated_on is not None and starts_on > rated_on and days < LONG:
        evidence.news += 1
        if days < SHORT:
            evidence.civilians_since = _add(evidence.civilians_since, figures[3])


def _add(total: int | None, number: int | None) -> int | None:
    return total if number is None else (total or 0) + number
