"""Clusters of events by prefecture and actors: what the demo mission's threats are drawn from."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pocweb.models import Area, Mission
from threats.choices import ActorSide, SourceOfViolence
from threats.models import Actor, Incident

MONTHS_BACK = 12
ACTING = (ActorSide.PERPETRATOR, ActorSide.PARTY)


@dataclass
class Cluster:
    """Events of a year in one prefecture with the same armed actors. Killed is the best estimate.

    `deaths` holds the killed of each event, in the order of `days`.
    """

    area: Area
    actors: tuple[Actor, ...]
    office: str
    days: list[date] = field(default_factory=list)
    deaths: list[int] = field(default_factory=list)
    killed: int = 0
    civilians: int = 0
    against_civilians: int = 0
    places: Counter[str] = field(default_factory=Counter)

    def known(self, day: date) -> tuple[int, int]:
        """Return how many events were known on a day, and how many people they had killed."""
        deaths = [killed for one, killed in zip(self.days, self.deaths, strict=True) if one <= day]
        return len(deaths), sum(deaths)

    @property
    def kind(self) -> str:
        """Return which texts fit: the State alone or in a fight, a group against civilians, groups among themselves."""
        is_state = any(actor.source_of_violence == SourceOfViolence.STATE for actor in self.actors)
        if is_state:
            return "state_abuse" if len(self.actors) == 1 else "state_operation"
        return "attacks" if len(self.actors) == 1 else "clashes"

    @property
    def names(self) -> list[str]:
        """Return the short names of the armed groups first, State forces in their own words."""
        named = [actor for actor in self.actors if actor.source_of_violence != SourceOfViolence.STATE]
        return [str(actor) for actor in named] or ["State forces"]


def clusters_of(mission: Mission, today: date) -> list[Cluster]:
    """Return the clusters of the last twelve months in the order of prefecture and actors."""
    rows = Incident.objects.filter(mission=mission, area1__isnull=False, starts_on__gt=today - timedelta(days=366))
    incidents = rows.select_related("area1", "area2", "office").prefetch_related("incident_actors__actor")
    found: dict[tuple[str, tuple[str, ...]], list[Any]] = defaultdict(list)
    for incident in incidents.order_by("starts_on", "number"):
        acting = {link.actor.code: link.actor for link in incident.incident_actors.all() if link.side in ACTING}
        if acting:
            found[incident.area1.pcode, tuple(sorted(acting))].append((incident, acting))
    return [_cluster(rows) for _key, rows in sorted(found.items())]


def _cluster(rows: list[tuple[Any, dict[str, Actor]]]) -> Cluster:
    first, acting = rows[0]
    cluster = Cluster(first.area1, tuple(acting[code] for code in sorted(acting)), first.office.code)
    for incident, _acting in rows:
        cluster.days.append(incident.starts_on)
        cluster.deaths.append(incident.killed_best or 0)
        cluster.killed += incident.killed_best or 0
        cluster.civilians += incident.civilians_killed or 0
        cluster.against_civilians += incident.event_kind == "one_sided"
        if incident.area2 is not None:
            cluster.places[incident.area2.name] += 1
    return cluster
