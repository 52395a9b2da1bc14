"""From the words in which somebody names a place to an area: for the intake page, where nobody picks from a tree.

Nothing is guessed: a name counts when it equals, after folding, a name or a remembered other name of one area alone;
else the report keeps its words and a person settles the place.
"""

from collections.abc import Iterable

from django.db.models import Q

from pocweb.models import Area, AreaAlias, Mission, Office
from pocweb.places import fold
from threats.services.incident_places import areas_of_mission, paths_above

MOST = 60
"""How many places the page offers to complete a name: about 2 kB."""
DEEP = 2
"""The first admin level that is offered: a sub-prefecture; a prefecture is too wide for an answer to "where"."""


def area_for(words: str, mission: Mission, office: Office | None = None) -> Area | None:
    """Return the one area that the words name, None when they name none or several.

    Parts are read between commas, the first that names an area counts ("Kobadja, Grimari"). Of several areas of that
    name those are taken whose areas above are named in the rest, then those of the office that reports, then the
    deepest. Three queries at most.
    """
    parts = [part.strip() for part in words.split(",") if fold(part)]
    keys = [fold(part) for part in parts]
    if not keys:
        return None
    found = _named(set(keys), mission)
    for number, key in enumerate(keys):
        here = found.get(key, [])
        if here:
            others = set(keys[:number] + keys[number + 1 :])
            return _one(here, others, found, office)
    return None


def _named(keys: set[str], mission: Mission) -> dict[str, list[Area]]:
    """Return the areas in force of the mission's countries by the folded name under which they were asked."""
    where = areas_of_mission(mission)
    rows = Area.objects.filter(where, valid_to=None, level__gte=1) if where else Area.objects.none()
    wanted: dict[int, set[str]] = {}
    for pk, name in rows.values_list("pk", "name"):
        if fold(name) in keys:
            wanted.setdefault(pk, set()).add(fold(name))
    for pk, folded in AreaAlias.objects.filter(folded__in=keys, area__in=rows).values_list("area", "folded"):
        wanted.setdefault(pk, set()).add(folded)
    found: dict[str, list[Area]] = {}
    for area in Area.objects.filter(pk__in=wanted).defer("shape"):
        for key in wanted[area.pk]:
            found.setdefault(key, []).append(area)
    return found


def _one(here: list[Area], others: set[str], found: dict[str, list[Area]], office: Office | None) -> Area | None:
    above = {area.path for key in others for area in found.get(key, [])}
    narrowed = [area for area in here if above & set(paths_above(area.path)[:-1])]
    here = narrowed or here
    if len(here) > 1 and office is not None:
        own = [area.path for area in office.areas.all()]
        here = [area for area in here if any(area.path.startswith(path) for path in own)] or here
    chain = max(here, key=lambda area: area.level)
    is_one_line = all(chain.path.startswith(area.path) for area in here)  # a town and the district of its name
    return chain if is_one_line else None


def places_near(office: Office | None) -> list[str]:
    """Return names of places in the office's areas, those that cases named last first, to complete what is typed."""
    if office is None:
        return []
    where = Q(pk__in=[])
    for path in office.areas.values_list("path", flat=True):
        where |= Q(path__startswith=path)
    rows = Area.objects.filter(where, valid_to=None, level__gte=DEEP).order_by("-level", "name")
    return _unique(rows.values_list("name", flat=True)[: MOST * 2])[:MOST]


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
