"""Incidents, actors and forms of violence. Names are fictional."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pocweb.choices import Marking
from pocweb.models import Area, Counter, Mission, Office
from threats.choices import ActorSide, EventKind
from threats.models import Actor, CasualtyCount, Incident, IncidentActor, Source, ViolenceType
from threats.services.incidents import set_area

NOW = datetime(2020, 12, 31, 9, 0, tzinfo=UTC)


def make_actor(mission: Mission, code: str = "band-1", name: str = "Red River band", **columns: Any) -> Actor:
    """Return a perpetrator profile that says no more than a name, hence unclassified."""
    return Actor.objects.create(**{"mission": mission, "code": code, "name": name, "marking": 1, **columns})


def make_violence_type(code: str = "pillage", name: str = "Pillage") -> ViolenceType:
    """Return a form of violence, the stored one where it is there."""
    return ViolenceType.objects.get_or_create(code=code, defaults={"name": name})[0]


def make_source(mission: Mission, code: str = "HR-014") -> Source:
    """Return a source by its pseudonym."""
    return Source.objects.create(mission=mission, code=code, kind=Source.Kind.COMMUNITY)


def make_incident(
    mission: Mission, area: Area | None = None, *, actors: tuple[Actor, ...] = (), **columns: Any
) -> Incident:
    """Return a stored incident, its office that of the area; actors are perpetrators."""
    day = columns.get("starts_on", date(2020, 12, 1))
    columns = {
        "title": "Attack on a market",
        "event_kind": EventKind.ONE_SIDED,
        "starts_on": day,
        "ends_on": day,
        "marking": Marking.UNCLASSIFIED,
        "created_at": NOW,
        "changed_at": NOW,
        "number": Counter.take(mission, "incident"),
        **columns,
    }
    office = columns.pop("office", None)
    incident = Incident(mission=mission, **columns)
    set_area(incident, area)
    if office is not None:
        incident.office = Office.objects.get(pk=office.pk)
    incident.save()
    for actor in actors:
        IncidentActor.objects.create(incident=incident, actor=actor, side=ActorSide.PERPETRATOR)
    return incident


def make_count(incident: Incident, **columns: Any) -> CasualtyCount:
    """Return a count of one woman killed, a civilian, unless told otherwise."""
    numbers = {"low": 1, "best": 1, "high": 1}
    traits = {"harm": "killed", "status": "civilian", "sex": "woman", "age": "adult"}
    return CasualtyCount.objects.create(incident=incident, **{**traits, **numbers, **columns})


def days(first: date, count: int) -> list[date]:
    """Return so many days in a row."""
    return [first + timedelta(days=index) for index in range(count)]
