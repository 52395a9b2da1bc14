"""Rated threats and editions of the fictional mission, brought to a state through the services."""

from datetime import UTC, datetime
from typing import Any

from pocweb.models import Area, Office, Person
from threats.choices import ApprovalSlot
from threats.models import Assessment, MatrixEdition, Scheme, Threat
from threats.services import editions

NOON = datetime(2020, 12, 31, 12, tzinfo=UTC)
LEVELS = ("Very low", "Low", "Moderate", "High", "Very high")


def make_scheme() -> Scheme:
    """Return the shared scheme of 5 by 5 that ratings of the tests name."""
    steps = [{"value": value, "code": str(value), "label": label} for value, label in enumerate(LEVELS, 1)]
    data = {"likelihood": steps, "impact": steps, "grid": [[1] * 5] * 5, "priority": {"1": 3, "2": 3, "3": 2, "4": 1}}
    scheme, _new = Scheme.objects.get_or_create(
        mission=None, code="test", edition=1, defaults={"name": "Test scheme", "data": data}
    )
    return scheme


def make_matrix_threat(
    office: Office, title: str = "Attacks on the road", risk: int | None = 3, **columns: Any
) -> Threat:
    """Return an active threat of the office, rated unless `risk` is None; numbers count within the mission."""
    last = Threat.objects.filter(mission=office.mission_id).order_by("-number").first()
    areas = columns.pop("areas", Area.objects.filter(offices=office))
    columns = {
        "mission": office.mission,
        "office": office,
        "number": (last.number if last else 0) + 1,
        "title": title,
        "location": "Bambari to Grimari road",
        "scale": "Killing and looting on the road",
        "created_at": NOON,
        "changed_at": NOON,
        **columns,
    }
    threat = Threat.objects.create(**columns)
    threat.areas.set(areas)
    if risk is not None:
        rate(threat, risk)
    return threat


def rate(threat: Threat, risk: int, *, now: datetime = NOON) -> None:
    """Give a threat a rating, with the columns that repeat it."""
    priority = {4: 1, 3: 2, 2: 3, 1: 3}[risk]
    Assessment.objects.create(
        threat=threat,
        scheme=make_scheme(),
        likelihood=risk,
        impact=risk,
        risk=risk,
        priority=priority,
        trend="new",
        reason="Test",
        assessed_at=now,
    )
    Threat.objects.filter(pk=threat.pk).update(
        likelihood=risk, impact=risk, risk=risk, priority=priority, trend="new", assessed_on=now.date()
    )
    threat.refresh_from_db()


def make_edition(
    office: Office,
    by: Person,
    state: str = "draft",
    heads: dict[str, Person] | None = None,
    now: datetime = NOON,
) -> MatrixEdition:
    """Return a new edition of the office in a state up to "in_force"; `heads` are the approvers by slot."""
    edition = editions.open_edition(office, by=by, now=now)
    if state == "draft":
        return edition
    edition = editions.consult_edition(edition, by=by, now=now)
    if state == "consultation":
        return edition
    edition = editions.endorse_edition(edition, by=by, endorsed_by="Protection group of Bambari", now=now)
    if state == "endorsed":
        return edition
    for slot in ApprovalSlot.values:
        person = (heads or {})[slot]
        edition = editions.approve_edition(edition, slot=slot, by=person, sha256=edition.sha256, now=now)
    return edition
