"""Who is to be told: the people in roles at an office and above it, worked out from the postings in force.

`Staff` reads a mission's postings once and answers for many records; `holders` and `one_level_up` answer for one.
"""

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from pocweb import clock
from pocweb.models import Mission, Office, Person, Posting, RoleGrant
from pocweb.permissions import grants_from


class Staff:
    """The people posted in a mission today whose accounts are open, as rounds of the schedule ask for them."""

    def __init__(self, mission: Mission) -> None:
        self.mission = mission

    @cached_property
    def people(self) -> dict[int, Person]:
        """People by id, their postings and grants already read: four queries, whatever their number."""
        here = Posting.objects.filter(mission=self.mission, person__is_active=True).values("person")
        people = Person.objects.in_bulk(list(Person.objects.filter(pk__in=here).values_list("pk", flat=True)))
        active: dict[int, list[Posting]] = {}
        rows = Posting.objects.filter(person__in=people).select_related("mission", "office", "component")
        for row in rows.order_by("office__path", "pk"):
            if row.is_active(clock.today(row.mission)):
                active.setdefault(row.person_id, []).append(row)
        departures = list(RoleGrant.objects.filter(mission__in={row.mission_id for row in rows}))
        for pk, person in people.items():
            mine = active.get(pk, [])
            missions = {row.mission_id for row in mine}
            person.active_postings = mine
            person.grants = grants_from(mine, [row for row in departures if row.mission_id in missions])
        return people

    @cached_property
    def postings(self) -> list[Posting]:
        """Postings in force in this mission, the offices highest in the tree first."""
        mine = [row for person in self.people.values() for row in person.active_postings]
        return sorted(
            (row for row in mine if row.mission_id == self.mission.pk), key=lambda row: (row.office.path, row.pk)
        )

    def holders(
        self, roles: Collection[str], office: Office | None, component_kind: str = "", *, nearest: bool = False
    ) -> list[Person]:
        """Return who holds one of the roles in the office or above it, nearest office first; None: headquarters.

        With `nearest`, only those of the nearest office where anybody holds one.
        """
        path = office.path if office else ""
        found = [
            row
            for row in self.postings
            if row.role in roles
            and (path.startswith(row.office.path) if path else row.office.is_headquarters)
            and (not component_kind or (row.component is not None and row.component.kind == component_kind))
        ]
        found.sort(key=lambda row: (-len(row.office.path), row.pk))
        if nearest:
            found = [row for row in found if row.office_id == found[0].office_id]
        return _people(self.people[row.person_id] for row in found)

    def one_level_up(self, office: Office, roles: Collection[str]) -> list[Person]:
        """Return who holds one of the roles in the nearest office strictly above this one; nobody above the top."""
        above = [row for row in self.postings if row.office.path != office.path]
        found = [row for row in above if row.role in roles and office.path.startswith(row.office.path)]
        nearest = max((row.office.path for row in found), key=len, default="")
        return _people(self.people[row.person_id] for row in found if row.office.path == nearest)

    def allowed(self, records: "QuerySet[Any]", wanted: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Return those of the pairs (person, record) where the person may see the record; one query per person.

        `records` is any queryset with `visible_to`.
        """
        by_person: dict[int, set[int]] = {}
        for person, record in wanted:
            by_person.setdefault(person, set()).add(record)
        seen: set[tuple[int, int]] = set()
        for person, ids in by_person.items():
            if person in self.people:
                visible = records.visible_to(self.people[person]).filter(pk__in=ids)  # type: ignore[attr-defined]
                seen |= {(person, pk) for pk in visible.values_list("pk", flat=True)}
        return seen


def _people(found: Iterable[Person]) -> list[Person]:
    """Return each person once, in order."""
    return list({person.pk: person for person in found}.values())


def holders(
    mission: Mission, roles: Collection[str], office: Office | None, component_kind: str = "", *, nearest: bool = False
) -> list[Person]:
    """Return who holds one of the roles in the office or above it, nearest office first."""
    return Staff(mission).holders(roles, office, component_kind, nearest=nearest)


def one_level_up(office: Office, roles: Collection[str]) -> list[Person]:
    """Return who holds one of the roles in the nearest office strictly above this one."""
    return Staff(office.mission).one_level_up(office, roles)
