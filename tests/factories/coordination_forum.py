"""Forums of the fictional mission."""

from typing import Any

from coordination import services
from coordination.mechanisms.services import add_mechanism
from coordination.models import Forum, Mechanism
from pocweb.choices import Level
from pocweb.models import Component, Office

FULL = ("civil-affairs", "force", "police")


def make_forum(
    office: Office, by: Any, name: str = "Protection group", members: tuple[str, ...] = FULL, **values: Any
) -> Forum:
    """Return an active forum of the office, added by the service; `members` are codes of components."""
    components = Component.objects.filter(mission=office.mission_id, code__in=members)
    values = {"code": name.lower().replace(" ", "-"), "level": Level.TACTICAL, "frequency": "weekly", **values}
    values = {"is_active": True, "chair": None, **values}
    return services.add_forum(office.mission, by=by, name=name, office=office, members=components, **values)


def make_mechanism(office: Office, by: Any, name: str = "Protection Cluster", **values: Any) -> Mechanism:
    """Return an active humanitarian mechanism of the office, added by the service."""
    values = {"kind": "humanitarian", "cadence": "monthly", "is_active": True, **values}
    return add_mechanism(office.mission, by=by, name=name, office=office, **values)
