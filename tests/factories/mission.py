"""Missions, offices, areas and people. Names are fictional; passwords are the account's name doubled."""

from datetime import date
from typing import Any

from pocweb.choices import Marking, OfficeKind, Role
from pocweb.models import Area, Component, Mission, Office, Person, Posting
from pocweb.services import COMPONENTS

TODAY = date(2020, 12, 31)


def make_mission(code: str = "DEMO", name: str = "Demo mission", **columns: Any) -> Mission:
    """Return a mission whose clock stands at 31 December 2020, with the usual components."""
    columns = {"country_code": "CAF", "clock_on": TODAY, **columns}
    mission = Mission.objects.create(code=code, name=name, **columns)
    Component.objects.bulk_create(
        Component(mission=mission, code=slug, name=label, kind=kind) for slug, label, kind in COMPONENTS
    )
    return mission


def make_office(mission: Mission, code: str, parent: Office | None = None, areas: Any = (), **columns: Any) -> Office:
    """Return an office: headquarters without a parent, a field office below one. `areas` is what it answers for."""
    columns = {
        "mission": mission,
        "code": code,
        "name": code.title(),
        "kind": OfficeKind.FIELD_OFFICE if parent else OfficeKind.HEADQUARTERS,
        **columns,
    }
    office = _add_node(Office, parent, columns)
    office.areas.set(areas)
    return office


def make_area(
    pcode: str,
    name: str,
    level: int,
    parent: Area | None = None,
    shape: dict[str, Any] | None = None,
    **columns: Any,
) -> Area:
    """Return an area of the tree; `shape` is a GeoJSON geometry in degrees."""
    columns = {
        "pcode": pcode,
        "name": name,
        "level": level,
        "shape": shape,
        "valid_from": date(2019, 6, 6),
        **columns,
    }
    return _add_node(Area, parent, columns)


def _add_node(model: Any, parent: Any, columns: dict[str, Any]) -> Any:
    """Add a node to a tree; the parent is read anew, since its counters move with every child."""
    if parent is None:
        return model.objects.add_root(create_kwargs=columns)
    return model.objects.add_child(model.objects.get(pk=parent.pk), create_kwargs=columns)


def make_square(west: float, south: float, side: float = 1.0) -> dict[str, Any]:
    """Return a square GeoJSON polygon with its south-west corner and side in degrees."""
    east, north = west + side, south + side
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def make_person(
    username: str,
    role: Role | str | None,
    office: Office,
    component: Component | str | None = None,
    clearance: int = Marking.CONFIDENTIAL,
    **columns: Any,
) -> Person:
    """Return a person with one posting since 2020 (none when `role` is None); `component` may be its code.

    The password is the account's name twice.
    """
    person = Person(username=username, clearance=clearance, **columns)
    person.set_password(username * 2)
    person.save()
    if role is not None:
        if isinstance(component, str):
            component = Component.objects.get(mission=office.mission, code=component)
        make_posting(person, role, office, component=component)
    return Person.objects.get(pk=person.pk)


def make_posting(person: Person, role: Role | str, office: Office, **columns: Any) -> Posting:
    """Return a posting of the person since 1 January 2020."""
    columns = {"starts_on": date(2020, 1, 1), **columns}
    return Posting.objects.create(person=person, mission=office.mission, office=office, role=role, **columns)
