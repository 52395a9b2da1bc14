"""Which office answers for an area, and which first- and second-level areas stand above it."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Substr

from pocweb.models import Area, Mission, Office
from pocweb.places import Place, in_force

STEP = Area.steplen


def paths_above(path: str) -> list[str]:
    """Return the tree paths of an area and of all areas above it, the country first."""
    return [path[:length] for length in range(STEP, len(path) + 1, STEP)]


class AreaOffices:
    """The offices of a mission by area, read once; asking costs no query."""

    def __init__(self, mission: Mission) -> None:
        offices = list(Office.objects.filter(mission=mission).prefetch_related("areas").order_by("path"))
        if not offices:
            raise LookupError(f"The mission {mission.code} has no office.")
        self.headquarters = offices[0]
        self._by_path: dict[str, Office] = {}
        for office in offices:
            for area in office.areas.all():
                held = self._by_path.get(area.path)
                if held is None or office.depth > held.depth:
                    self._by_path[area.path] = office
        self._answers: dict[str, Office] = {}

    def office_for(self, path: str | None) -> Office:
        """Return the deepest office whose areas hold the area or one above it; headquarters where there is none.

        Of offices equally deep, the one with the smaller area answers.
        """
        if not path:
            return self.headquarters
        if path not in self._answers:
            held = [(self._by_path[above], len(above)) for above in paths_above(path) if above in self._by_path]
            best = max(held, key=lambda pair: (pair[0].depth, pair[1]), default=None)
            self._answers[path] = best[0] if best else self.headquarters
        return self._answers[path]


class Above(NamedTuple):
    """What an incident stores of its area: the path, and the keys of the first- and second-level areas above it."""

    path: str
    area1: int | None
    area2: int | None


class AreaBook:
    """All areas by key, read once for a bulk write: about 100 bytes an area."""

    def __init__(self, areas: Iterable[tuple[int, str, int]] | None = None) -> None:
        """Take (key, path, level) of each area, from the database when left out."""
        rows = list(areas if areas is not None else Area.objects.values_list("pk", "path", "level").iterator())
        by_path = {path: (pk, level) for pk, path, level in rows}
        self._above: dict[int, Above] = {}
        for pk, path, _level in rows:
            levels = {by_path[above][1]: by_path[above][0] for above in paths_above(path) if above in by_path}
            self._above[pk] = Above(path, levels.get(1), levels.get(2))

    def above(self, pk: int | None) -> Above:
        """Return path and ancestors of an area; of None, nothing."""
        return self._above[pk] if pk is not None else Above("", None, None)


def areas_above(area: Area) -> dict[int, Area]:
    """Return the areas above an area and itself by admin level, in one query."""
    return {found.level: found for found in Area.objects.filter(path__in=paths_above(area.path)).defer("shape")}


def area_by_pcode(pcode: str, *, on: date) -> Area | None:
    """Return the area with the p-code in the division that was in force on the day, None if no area has it."""
    found = {area.pk: area for area in Area.objects.filter(pcode=pcode.strip().upper()).defer("shape")}
    if not found:
        return None
    places = [
        Place(pk, area.pcode, area.name, area.level, "", (), area.valid_from, area.valid_to)
        for pk, area in found.items()
    ]
    chosen = in_force(places, on)
    return next((area for pk, area in found.items() if chosen and pk == chosen[0].pk), None)


def areas_of_mission(mission: Mission) -> Q:
    """Return the filter of areas in the countries that the mission's offices work in; empty if none is assigned."""
    assigned = Area.objects.filter(offices__mission=mission).annotate(root=Substr("path", 1, STEP))
    where = Q()
    for root in sorted(set(assigned.values_list("root", flat=True))):
        where |= Q(path__startswith=root)
    return where
