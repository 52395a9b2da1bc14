"""What is done with offices: add one below another, change its name, point and area of responsibility."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from pocweb.audit import fingerprint, history_of, record_event
from pocweb.errors import Conflict
from pocweb.models import Area, Office
from pocweb.permissions import require


def _plain(office: Office, areas: Iterable[Area]) -> dict[str, Any]:
    values = {"name": office.name, "kind": office.kind, "lat": office.lat, "lon": office.lon}
    return values | {"areas": sorted(f"{area.name} ({area.pcode})" for area in areas)}


def state_of(office: Office) -> str:
    """Return the fingerprint of what people edit of an office; a save states the one that it was based on."""
    return fingerprint(_plain(office, office.areas.all()))


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
def edit_office(office: Office, *, by: Any, based_on: str, areas: Iterable[Area], **columns: Any) -> Office:
    """Change an office's name, kind, point and areas, and return it. Closed areas of earlier divisions stay.

    `based_on` is the `state_of` that the person saw; raises `Conflict` naming who changed what since.
    """
    require(by, "pocweb.edit_places", office)
    office = Office.objects.select_for_update().select_related("mission").get(pk=office.pk)
    before = _plain(office, office.areas.all())
    if fingerprint(before) != based_on:
        raise Conflict("edit_conflict", _moved_on(office))
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


def _moved_on(office: Office) -> str:
    """Return in words what another person changed last, for who would otherwise write over it."""
    last = history_of(office).first()
    if last is None:
        return _("Another person changed this office meanwhile. Compare, then save again.")
    pairs = "; ".join(f"{name}: {before} → {after}" for name, (before, after) in last.changes.items())
    words = {"who": last.actor, "changes": pairs}
    return _("%(who)s changed this office meanwhile (%(changes)s). Compare with yours below, then save again.") % words
