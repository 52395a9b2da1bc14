"""Places of an import: the areas of a mission's countries ready for matching, and what became of each row's place."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from django.utils.translation import gettext as _

from pocweb.models import Area, AreaAlias, Mission
from pocweb.places import Place, PlaceIndex, PlaceMatch
from threats.choices import PointPrecision
from threats.imports import IncidentDraft
from threats.services.incident_bulk import PlacedDraft
from threats.services.incident_places import areas_of_mission

MATCHED_HOW = ("pcode", "name", "alias", "point")
VAGUE = (PointPrecision.REGION, PointPrecision.COUNTRY)


def read_index(mission: Mission) -> tuple[PlaceIndex, tuple[Place, ...]]:
    """Return the index of the areas in the mission's countries (all areas where none is assigned), and its places."""
    areas = list(Area.objects.filter(areas_of_mission(mission)).order_by("path"))
    names: dict[int, list[str]] = defaultdict(list)
    for area_id, name in AreaAlias.objects.filter(area__in=[area.pk for area in areas]).values_list("area_id", "name"):
        names[area_id].append(name)
    codes = {area.path: area.pcode for area in areas}
    places = tuple(
        Place(
            area.pk,
            area.pcode,
            area.name,
            area.level,
            codes.get(area.path[: -Area.steplen], ""),
            tuple(names[area.pk]),
            area.valid_from,
            area.valid_to,
        )
        for area in areas
    )
    return PlaceIndex(places, {area.pk: area.shape for area in areas if area.shape}), places


class PlaceFinder:
    """Answers where the drafts of one import took place; the areas are read once."""

    def __init__(self, mission: Mission) -> None:
        self._index, places = read_index(mission)
        starts = {place.valid_from for place in places if place.valid_from}
        ends = {place.valid_to + timedelta(days=1) for place in places if place.valid_to}
        # With one division for all there is nothing to choose by date, and answers are found again more often.
        self._turns = sorted(starts | ends) if len(starts) > 1 or ends else []

    def find(self, draft: IncidentDraft) -> PlaceMatch:
        """Return what the names, the point and the p-code of a draft say together.

        A row that names an area which nobody knows, and of which no more than the country is found, waits for a
        person, unless its precision says that no more is meant.
        """
        match = self._index.match(
            draft.names, draft.point, draft.point_precision, pcode=draft.pcode, on=self._era(draft.starts_on)
        )
        if match.state == "matched" and match.level == 0 and draft.point_precision not in VAGUE and match.unknown_names:
            return replace(match, state="unmatched")
        return match

    def _era(self, day: date) -> date | None:
        """Return one day for all days between two changes of the division, so that their answers are shared."""
        if not self._turns:
            return None
        position = bisect_right(self._turns, day)
        return self._turns[position - 1] if position else self._turns[0] - timedelta(days=1)


def placed(draft: IncidentDraft, match: PlaceMatch, digest: str) -> PlacedDraft:
    """Return the draft with its area; the sentence is kept only where a person must look."""
    area = int(str(match.place_pk)) if match.place_pk is not None else None
    note = "" if match.state == "matched" else match.detail
    return PlacedDraft(draft, area, match.state, note, digest)


def how_found(match: PlaceMatch) -> str:
    """Return under which head the summary counts a place: each row under one."""
    return match.how if match.state == "matched" and match.how in MATCHED_HOW else match.state


def place_words(draft: IncidentDraft) -> str:
    """Return the place as the file names it, the country left out."""
    names = [name for level, name in draft.names if level > 0]
    return ", ".join(names) or draft.pcode or draft.place or _("no name")
