"""The usual forums of a mission: what is missing of them, and setting it up.

The catalogue stands in `reference/forums.yaml`. Source: POC Handbook 2020, 6.1.1 to 6.1.3 (CO-02, CO-03).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from coordination.choices import Frequency, SeatKind
from coordination.models import Forum
from coordination.services import add_forum
from pocweb import clock
from pocweb.choices import Level, OfficeKind
from pocweb.models import Component, Mission, Office, Person, Posting
from pocweb.permissions import require
from pocweb.reference_data import read_yaml

FILE = Path(__file__).parent / "reference" / "forums.yaml"
EACH = "each"


@dataclass(frozen=True)
class Proposal:
    """A forum that the mission has not got yet: all its values, and what of it a person wants to read first."""

    code: str
    name: str
    office: Office
    level: str
    frequency: str
    chair: Person | None
    secretariat: str
    members: tuple[Component, ...]
    invited: tuple[str, ...]
    terms: str
    outputs: str
    refers_to: str
    source: str

    @property
    def level_label(self) -> str:
        return str(Level(self.level).label)

    @property
    def frequency_label(self) -> str:
        return str(Frequency(self.frequency).label)


@cache
def catalogue() -> tuple[Mapping[str, Any], ...]:
    """Return the shipped forums from the top of the chain down."""
    return tuple(read_yaml(FILE)["forums"])


def missing_forums(mission: Mission, *, by: Any, now: datetime | None = None) -> list[Proposal]:
    """Return the usual forums that the mission has not got and the person may set up, from the top down.

    A group at headquarters is there when an active one there has its code or its name, a senior group when any active
    strategic forum stands at headquarters. Each office with areas needs an active tactical forum; headquarters answers
    for its own areas through its operational ones (ours). What is marked above the person's clearance counts as there.
    Six queries, whatever the number of offices.
    """
    today = clock.today(mission) if now is None else now.date()
    forums = list(Forum.objects.filter(mission=mission).select_related("office"))
    offices = list(Office.objects.filter(mission=mission).order_by("path"))
    with_areas = set(Office.objects.filter(mission=mission, areas__isnull=False).values_list("pk", flat=True))
    components = list(Component.objects.filter(mission=mission))
    holders = _holders(mission, today)
    taken = {forum.code for forum in forums}
    standing = [one for one in forums if one.is_active and (one.active_to is None or one.active_to >= today)]
    found = []
    for entry in catalogue():
        for office in offices:
            wanted = _is_wanted(entry, office, standing, with_areas)
            proposal = _proposal(entry, office, components, holders) if wanted else None
            probe = Forum(mission=mission, office=office, marking=mission.default_marking)
            if proposal and proposal.code not in taken and by.has_perm("coordination.change_forum", probe):
                found.append(proposal)
    return found


def _is_wanted(entry: Mapping[str, Any], office: Office, forums: Iterable[Forum], with_areas: set[int]) -> bool:
    """Say whether the office needs the entry of the catalogue and has no forum that fills its place."""
    own = [forum for forum in forums if forum.office_id == office.pk]
    if entry["office"] == EACH:
        needed = office.kind != OfficeKind.HEADQUARTERS and office.pk in with_areas
        return needed and not any(forum.level == Level.TACTICAL for forum in own)
    if office.kind != OfficeKind.HEADQUARTERS:
        return False
    if entry["level"] == Level.STRATEGIC:
        return not any(forum.level == Level.STRATEGIC for forum in own)
    return not any(forum.code == entry["code"] or forum.name.lower() == entry["name"].lower() for forum in own)


def _holders(mission: Mission, today: Any) -> dict[tuple[int, str], Person]:
    """Return the person who holds a role in an office today, the one posted first where there are several."""
    roles = {role for entry in catalogue() for role in entry["chair"]}
    rows = Posting.objects.filter(mission=mission, role__in=roles, person__is_active=True).select_related("person")
    holders: dict[tuple[int, str], Person] = {}
    for row in rows.order_by("starts_on", "pk"):
        if row.is_active(today):
            holders.setdefault((row.office_id, row.role), row.person)
    return holders


def _proposal(
    entry: Mapping[str, Any],
    office: Office,
    components: Iterable[Component],
    holders: Mapping[tuple[int, str], Person],
) -> Proposal:
    is_local = entry["office"] == EACH
    chairs = (holders.get((office.pk, role)) for role in entry["chair"])
    return Proposal(
        code=f"smgp-{office.code.lower()}"[:30] if is_local else entry["code"],
        name=entry["name"].format(office=office.name)[:120],
        office=office,
        level=entry["level"],
        frequency=entry["frequency"],
        chair=next((person for person in chairs if person), None),
        secretariat=entry["secretariat"],
        members=tuple(row for row in components if row.kind in entry["kinds"]),
        invited=tuple(entry["invited"]),
        terms=entry["terms"],
        outputs=entry["outputs"],
        refers_to=entry.get("refers_to", ""),
        source=entry["source"],
    )


@transaction.atomic
def set_up_missing(mission: Mission, *, codes: Collection[str], by: Any, now: datetime | None = None) -> list[Forum]:
    """Set up the missing forums of these codes and return them; what stands meanwhile is passed over.

    Runs twice without harm: the mission is locked and the missing ones are read anew. Raises `Forbidden`.
    """
    require(by, "coordination.change_forum")
    mission = Mission.objects.select_for_update().get(pk=mission.pk)
    made = []
    for proposal in missing_forums(mission, by=by, now=now):
        if proposal.code in codes:
            made.append(_set_up(mission, proposal, by=by, now=now))
    return made


def _set_up(mission: Mission, wanted: Proposal, *, by: Any, now: datetime | None) -> Forum:
    terms = f"{wanted.terms}\n\nOutputs: {wanted.outputs}\n\nSource: {wanted.source}."
    return add_forum(
        mission,
        by=by,
        now=now,
        name=wanted.name,
        code=wanted.code,
        level=wanted.level,
        office=wanted.office,
        frequency=wanted.frequency,
        chair=wanted.chair,
        secretariat=wanted.secretariat,
        parent=_forum_above(mission, wanted, by),
        members=wanted.members,
        seats=[{"body": body, "kind": SeatKind.INVITEE} for body in wanted.invited],
        terms=terms,
        is_active=True,
    )


def _forum_above(mission: Mission, wanted: Proposal, by: Any) -> Forum | None:
    """Return the forum that the new one refers up to: of that code, else the one of that level at headquarters."""
    if not wanted.refers_to:
        return None
    level = next(entry["level"] for entry in catalogue() if entry["code"] == wanted.refers_to)
    rows = Forum.objects.referable_by(by).filter(
        mission=mission, level=level, is_active=True, office__kind=OfficeKind.HEADQUARTERS,
        marking__lte=mission.default_marking,
    )  # fmt: skip
    return rows.filter(code=wanted.refers_to).first() or rows.exclude(code="opt").order_by("pk").first()
