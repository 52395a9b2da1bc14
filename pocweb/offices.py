"""What is done with offices: add one below another, change its name, point and area of responsibility."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from pocweb.audit import record_event
from pocweb.models import Area, Office
from pocweb.permissions import require


def _plain(office: Office, areas: Iterable[Area]) -> dict[str, Any]:
    values = {"name": office.name, "kind": office.kind, "lat": office.lat, "lon": office.lon}
    return values | {"areas": sorted(f"{area.name} ({area.pcode})" for area in areas)}


@transaction.atomic
def add_office(
    parent: Office,
    *,
    by: Any,
    code: str,
    name: str,
    kind: str,
    lat: float | None = None,
    lon: float | None = None,
    areas: Iterable[Area] = (),
) -> Office:
    """Open an office below another one and return it."""
    require(by, "pocweb.edit_places", parent)
    parent = Office.objects.select_for_update().get(pk=parent.pk)
    columns = {"mission": parent.mission, "code": code, "name": name, "kind": kind, "lat": lat, "lon": lon}
    office: Office = Office.objects.add_child(parent, create_kwargs=columns)
    office.areas.set(areas)
    changes = {key: [None, value] for key, value in _plain(office, office.areas.all()).items() if value}
    record_event(by, "opened", office, changes=changes)
    return office


@transaction.atomic
def edit_office(office: Office, *, by: Any, areas: Iterable[Area], **columns: Any) -> Office:
    """Change an office's name, kind, point and areas, and return it. Closed areas of earlier divisions stay."""
    require(by, "pocweb.edit_places", office)
    office = Office.objects.select_for_update().select_related("mission").get(pk=office.pk)
    before = _plain(office, office.areas.all())
    for key, value in columns.items():
        setattr(office, key, value)
    office.full_clean()
    office.save(update_fields=list(columns))
    office.areas.set([*areas, *office.areas.filter(valid_to__isnull=False)])
    after = _plain(office, office.areas.all())
    changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if changes:
        record_event(by, "changed", office, changes=changes)
    return office
