"""Threats with all ten columns, perpetrator profiles and reference data. Names are fictional."""

from datetime import UTC, datetime
from typing import Any

from pocweb.models import Area, Component, Mission, Office
from threats import reference_loader
from threats.models import (
    Actor,
    AtRiskGroup,
    ProtectionActor,
    Scheme,
    Threat,
    ThreatGroup,
    ThreatProtectionActor,
    ViolenceType,
)
from threats.services.threats import assess_threat

NOON = datetime(2020, 12, 31, 12, tzinfo=UTC)


def load_reference() -> Scheme:
    """Load the shipped reference data, once in a test, and return the scheme in use."""
    if not Scheme.objects.filter(code="5x5", edition=1).exists():
        reference_loader.load()
    return Scheme.objects.get(code="5x5", edition=1)


def make_actor(mission: Mission, code: str = "upc", **columns: Any) -> Actor:
    """Return a perpetrator profile."""
    columns = {"name": f"Armed group {code.upper()}", "short_name": code.upper(), **columns}
    columns = {"source_of_violence": "armed_group", **columns}
    return Actor.objects.create(mission=mission, code=code, **columns)


def make_threat(
    office: Office, title: str = "Attacks on villages", *, areas: Any = None, actors: Any = (), **columns: Any
) -> Threat:
    """Return an active threat of the office, not rated; by default it names the office's own areas."""
    last = Threat.objects.filter(mission=office.mission_id).order_by("-number").first()
    columns = {
        "mission": office.mission,
        "office": office,
        "number": last.number + 1 if last else 1,
        "title": title,
        "location": "Villages east of the town",
        "scale": "About 2,000 people within reach",
        "civilians": "Farmers at harvest",
        "perpetrators": "Mobile group of about 40",
        "other_actors": "Two alert networks",
        "capacity": "1 platoon",
        "response": "Joint protection team in November",
        "action": "Road check at the bridge",
        "created_at": NOON,
        "changed_at": NOON,
        **columns,
    }
    threat = Threat.objects.create(**columns)
    threat.areas.set(office.areas.all() if areas is None else areas)
    threat.actors.set(actors)
    return threat


def make_protection_actor(mission: Mission, name: str = "Market committee", **columns: Any) -> ProtectionActor:
    """Return another protection actor of the register."""
    return ProtectionActor.objects.create(**{"mission": mission, "name": name, "kind": "community", **columns})


def make_own_scheme(mission: Mission, *, edition: int = 2, is_current: bool = False, **data: Any) -> Scheme:
    """Return a mission's own version of the 5x5 scheme; `data` replaces parts of it."""
    shared = load_reference()
    columns = {"code": shared.code, "edition": edition, "name": "Ours", "is_current": is_current}
    return Scheme.objects.create(mission=mission, data={**shared.data, **data}, **columns)


def make_full_threat(
    office: Office, title: str = "Attacks on villages", *, by: Any, risk: tuple[int, int] = (4, 4)
) -> Threat:
    """Return a rated threat with every list filled. Loads the reference data where it is missing."""
    load_reference()
    mission = office.mission
    actor = Actor.objects.filter(mission=mission).first() or make_actor(mission)
    threat = make_threat(office, title, actors=[actor])
    threat.violence_types.set(ViolenceType.objects.filter(code__in=("killing", "pillage")))
    threat.components.set(Component.objects.filter(mission=mission)[:2])
    area = Area.objects.filter(offices=office).first()
    for code, number in (("women", 1200), ("older-persons", None)):
        group = AtRiskGroup.objects.get(code=code)
        ThreatGroup.objects.create(threat=threat, group=group, area=area, estimated_number=number, vulnerability=3)
    elders, _new = ProtectionActor.objects.get_or_create(
        mission=mission, name="Council of elders", defaults={"kind": "community"}
    )
    ThreatProtectionActor.objects.create(threat=threat, protection_actor=elders, role="mediates", presence="daily")
    assess_threat(threat, likelihood=risk[0], impact=risk[1], reason="Reports of three weeks", by=by, now=NOON)
    return threat
