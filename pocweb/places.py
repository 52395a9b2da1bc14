"""Place matching: from the names and the point of a report to an area with a p-code.

Plain values in, plain values out: the caller loads `Place` and shapes from the database, from files or from a test.
Nothing is guessed: a name counts when it equals, after folding, a name or a remembered other name; a point counts
when it lies in a shape or, because the shapes are simplified, very near to one; where name and point disagree the
named area is kept and a person is told.
"""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

REMEMBERED = 8_192  # answers kept of each kind: more than a country has places, little enough for flat memory
KM_PER_DEGREE = 111.195  # mean of a degree of a great circle
# The COD-AB shapes are simplified, each level by itself: on the Central African Republic's, borders of the levels lie
# up to 2.8 km apart, and points of UCDP GED are rounded to about an arc minute (1.85 km). Together 4.7 km.
TOLERANCE_KM = 5.0
# UCDP's where_prec 2 says "within about 25 km of the point", so such a point may lie that much outside its area.
NEAR_KM = 25.0
# The deepest level that a point may decide, by precision (UCDP GED Codebook, where_prec). At 2 the circle of 25 km
# is about as wide as a second-level area (median 52 km) and wider than most third-level ones. At 3 and 4 the point
# stands for the area as a whole. At 5 and 6 it says nothing.
POINT_DEPTH = {1: 3, 2: 2, 3: 2, 4: 1}
# A report on a region or a line between towns is not tied to the second level even where the file names one.
NAME_DEPTH = {5: 1, 6: 1}

SUFFIXES = frozenset(
    {
        "city",
        "commune",
        "communes",
        "county",
        "departement",
        "department",
        "district",
        "economique",
        "governorate",
        "municipality",
        "prefecture",
        "prefectures",
        "province",
        "provinces",
        "region",
        "regions",
        "sous",
        "state",
        "subprefecture",
        "town",
        "village",
    }
)
PREFIXES = frozenset(
    {
        "city",
        "commune",
        "district",
        "prefecture",
        "province",
        "region",
        "sous",
        "subprefecture",
        "town",
        "village",
        "ville",
    }
)
LINKS = frozenset({"d", "de", "des", "du", "l", "la", "le", "les", "of", "the"})


@lru_cache(maxsize=32_768)
def fold(name: str) -> str:
    """Return the key under which spellings of one place name meet: no accents, case, punctuation, spaces or kind words.

    'Ombella-M'Poko province' and "Ombella M'Poko" both give 'ombellampoko'. Kind words ('province', 'sous-préfecture',
    'town') are taken from the end, and with 'de', 'du' from the start ('Préfecture de la Ouaka'), never the last word.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    letters = "".join(sign if sign.isalnum() else " " for sign in text if not unicodedata.combining(sign))
    words = letters.split()
    while len(words) > 1 and words[-1] in SUFFIXES:
        words.pop()
    start = 0
    while start < len(words) - 1 and words[start] in PREFIXES:
        start += 1
    if start:
        while start < len(words) - 1 and words[start] in LINKS:
            start += 1
    return "".join(words[start:])


@dataclass(frozen=True, slots=True)
class Place:
    """An area as matching sees it. `level` 0 is the country; localities (level 4) have no shape."""

    pk: Hashable
    pcode: str
    name: str
    level: int
    parent_pcode: str = ""
    aliases: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


class NameHit(NamedTuple):
    """A place found by name; `how` is 'name' or 'alias'."""

    place: Place
    how: str


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """What matching found.

    `how` says what decided the first-level area: 'pcode', 'name', 'alias', 'point' or 'none'. `state` is 'matched',
    'disagreeing' (kept at the named first-level area, a person should look) or 'unmatched'. `detail` is a sentence
    for that person. `unknown_names` are names that no area has, as (level, name), ready to be remembered as aliases.
    """

    place_pk: Hashable | None
    pcode: str
    level: int | None
    how: str
    state: str
    detail: str = ""
    distance_km: float | None = None
    unknown_names: tuple[tuple[int, str], ...] = ()


class _Named(NamedTuple):
    place: Place | None
    how: str
    unknown: tuple[tuple[int, str], ...]
    clash: str


class PlaceIndex:
    """All places of a mission, ready to be asked by name and by point. Answers are cached; build one per import."""

    def __init__(self, places: Iterable[Place], shapes: Mapping[Hashable, Mapping[str, Any]]) -> None:
        """Take the places and, by `Place.pk`, their GeoJSON geometries in EPSG:4326 (longitude first)."""
        self.places = tuple(sorted(places, key=lambda place: (place.level, place.pcode, str(place.valid_from or ""))))
        self._by_pcode: dict[str, list[Place]] = defaultdict(list)
        self._by_name: dict[tuple[int, str], list[NameHit]] = defaultdict(list)
        for place in self.places:
            self._by_pcode[place.pcode].append(place)
            for name, how in [(place.name, "name"), *((alias, "alias") for alias in place.aliases)]:
                hits = self._by_name[place.level, fold(name)]
                if name and all(hit.place is not place for hit in hits):
                    hits.append(NameHit(place, how))
        self._load_shapes(shapes)
        self._has_country = any(place.level == 0 for place in self.places)
        # Caches of this index alone: real files repeat a few hundred points and names over all their rows.
        self._covering = lru_cache(maxsize=REMEMBERED)(self._find_covering)
        self._distance = lru_cache(maxsize=REMEMBERED)(self._find_distance)
        self._match = lru_cache(maxsize=REMEMBERED)(self._find_match)

    def _load_shapes(self, shapes: Mapping[Hashable, Mapping[str, Any]]) -> None:
        import shapely  # here: loading it costs 0.2 s and 30 MB, which only imports need to pay
        from shapely.geometry import shape

        self._shapely = shapely
        with_shape = [place for place in self.places if shapes.get(place.pk)]
        raw = [shape(dict(shapes[place.pk])) for place in with_shape]
        bounds = shapely.total_bounds(raw) if raw else (0, 0, 0, 0)
        # Equirectangular: x is shrunk once for the whole index, so that a unit is a degree of latitude both ways.
        self._squeeze = math.cos(math.radians((bounds[1] + bounds[3]) / 2))
        scaled: Any = shapely.transform(raw, lambda xy: xy * (self._squeeze, 1.0)) if raw else []
        shapely.prepare(scaled)
        self._shaped = tuple(with_shape)
        self._shapes = dict(zip((place.pk for place in with_shape), scaled, strict=True))
        self._tree = shapely.STRtree(scaled)

    def by_name(self, name: str, level: int, within: Place | None = None, *, on: date | None = None) -> NameHit | None:
        """Return the one place of that level with that name or other name, inside `within`; None if none or several."""
        hits = self._by_name.get((level, fold(name)), [])
        if within is not None:
            hits = [hit for hit in hits if self.is_within(hit.place, within)]
        keep = {id(place) for place in in_force([hit.place for hit in hits], on)}
        hits = [hit for hit in hits if id(hit.place) in keep]
        exact = [hit for hit in hits if hit.how == "name"]
        hits = exact or hits
        return hits[0] if len(hits) == 1 else None

    def by_point(self, lat: float, lon: float, *, on: date | None = None) -> tuple[Place, ...]:
        """Return the places at a point from the country down; empty when the point is beyond `TOLERANCE_KM` of all.

        Each level is looked for among the children of the one above: the area that holds the point, else, in the
        slivers that simplified borders leave, the nearest within `TOLERANCE_KM`.
        """
        near = self._covering(lat, lon)
        chain: list[Place] = []
        for level in sorted({place.level for place, _km in near}):
            parent = chain[-1] if chain else None
            options = [(place, km) for place, km in near if place.level == level]
            keep = {id(place) for place in in_force([place for place, _km in options], on)}
            options = [
                (place, km)
                for place, km in options
                if id(place) in keep and (parent is None or self.is_within(place, parent))
            ]
            if not options:
                break
            chain.append(min(options, key=lambda option: (option[1], option[0].pcode))[0])
        return tuple(chain)

    def is_within(self, place: Place, ancestor: Place) -> bool:
        """Say whether a place is the ancestor or lies below it, by p-code of the parents."""
        code, seen = place.pcode, 0
        while code != ancestor.pcode:
            parents = self._by_pcode.get(code)
            if not parents or not parents[0].parent_pcode or seen > 10:
                return False
            code, seen = parents[0].parent_pcode, seen + 1
        return True

    def ancestor(self, place: Place, level: int) -> Place | None:
        """Return the place of that level above a place, the place itself at its own level, None if there is none."""
        current: Place | None = place
        while current is not None and current.level > level:
            parents = self._by_pcode.get(current.parent_pcode)
            current = parents[0] if parents else None
        return current if current is not None and current.level == level else None

    def distance_km(self, place: Place, lat: float, lon: float) -> float | None:
        """Return how far a point lies outside a place, 0.0 inside it, None when the place has no shape."""
        return self._distance(place.pk, lat, lon)

    def match(
        self,
        names: Sequence[tuple[int, str]],
        point: tuple[float, float] | None,
        precision: int | None = None,
        *,
        pcode: str = "",
        on: date | None = None,
    ) -> PlaceMatch:
        """Return the area of a report.

        `names` are (level, name) from the country down, blank ones are passed over; `point` is (latitude, longitude);
        `precision` is the code 1 to 6 of UCDP's where_prec, None counts as 1; `pcode` decides when it is known;
        `on` is the day of the event, which chooses between divisions that followed each other.

        The named first-level area is the place, deepened by names inside it, and by the point when the point lies
        inside and its precision allows. A point outside the named area by more than the tolerance makes the match
        'disagreeing', kept at the named first-level area. Without a usable name the point decides.
        """
        usable = tuple((level, name.strip()) for level, name in names if name and name.strip())
        if precision in NAME_DEPTH:
            point = None
        return self._match(usable, point, precision or 1, pcode.strip().upper(), on)

    def _find_match(
        self,
        names: tuple[tuple[int, str], ...],
        point: tuple[float, float] | None,
        precision: int,
        pcode: str,
        on: date | None,
    ) -> PlaceMatch:
        named = self._named(names, precision, pcode, on)
        chain = self.by_point(*point, on=on) if point else ()
        if named.place is None:
            return self._match_by_point(chain, point, precision, named)
        if named.clash:
            return self._disagreeing(named.place, named, named.clash, None)
        if point is None:
            return _found(named.place, named.how, named, self._unknown_words(named))
        return self._match_with_point(named.place, named, chain, point, precision)

    def _named(self, names: tuple[tuple[int, str], ...], precision: int, pcode: str, on: date | None) -> _Named:
        """Follow the p-code and the names from the country down to the deepest area they give."""
        found, how, clash = None, "none", ""
        unknown: list[tuple[int, str]] = []
        if pcode:
            found = next(iter(in_force(self._by_pcode.get(pcode, []), on)), None)
            how = "pcode" if found else "none"
            if found is None:
                unknown.append((-1, pcode))
        for level, name in names:
            if level > NAME_DEPTH.get(precision, level) or (found is not None and level <= found.level):
                continue
            hit = self.by_name(name, level, found, on=on)
            if hit is not None:
                found = hit.place
                how = hit.how if how == "none" or found.level <= 1 else how
            elif level == 0 and self._has_country:
                return _Named(None, "none", ((level, name),), "")
            elif found is not None and found.level and (elsewhere := self.by_name(name, level, on=on)):
                clash = _("the names disagree: %(name)s lies in %(parent)s, not in %(stated)s") % {
                    "name": elsewhere.place.name,
                    "parent": self._parent_name(elsewhere.place),
                    "stated": found.name,
                }
            else:
                unknown.append((level, name))
        return _Named(found, how, tuple(unknown), clash)

    def _match_by_point(
        self, chain: tuple[Place, ...], point: tuple[float, float] | None, precision: int, named: _Named
    ) -> PlaceMatch:
        allowed = [place for place in chain if place.level <= POINT_DEPTH.get(precision, 0)]
        words = self._unknown_words(named)
        if not allowed:
            reason = _("the point lies in no known area") if point else _("there is no name and no point to go by")
            return PlaceMatch(None, "", None, "none", "unmatched", _join(words, reason), None, named.unknown)
        return _found(allowed[-1], "point", named, words)

    def _match_with_point(
        self, place: Place, named: _Named, chain: tuple[Place, ...], point: tuple[float, float], precision: int
    ) -> PlaceMatch:
        """Judge a named area and a point together: agree and deepen, or disagree."""
        words = self._unknown_words(named)
        distance = self._shape_distance(place, point)
        limit = TOLERANCE_KM + (NEAR_KM if precision == 2 else 0.0)
        if distance is not None and distance > limit:
            level = [area.name for area in chain if area.level <= place.level]
            there = level[-1] if level else _("no known area")
            said = _("the name says %(name)s; the point lies in %(there)s, %(km)s km outside %(name)s") % {
                "name": place.name,
                "there": there,
                "km": f"{distance:.0f}",
            }
            return self._disagreeing(place, named, said, distance)
        how = named.how
        deeper = [area for area in chain if place.level < area.level <= POINT_DEPTH.get(precision, 0)]
        if deeper and place in chain:
            how = "point" if place.level == 0 else how
            place = deeper[-1]
        return _found(place, how, named, words, distance)

    def _disagreeing(self, place: Place, named: _Named, said: str, distance: float | None) -> PlaceMatch:
        kept = self.ancestor(place, 1) or place
        detail = _join(self._unknown_words(named), said)
        rounded = None if distance is None else round(distance, 2)
        return PlaceMatch(kept.pk, kept.pcode, kept.level, named.how, "disagreeing", detail, rounded, named.unknown)

    def _unknown_words(self, named: _Named) -> str:
        listed = ", ".join(f'"{name}"' for _level, name in named.unknown)
        return _("not known as an area: %(names)s") % {"names": listed} if listed else ""

    def _parent_name(self, place: Place) -> str:
        parents = self._by_pcode.get(place.parent_pcode)
        return parents[0].name if parents else ""

    def _shape_distance(self, place: Place, point: tuple[float, float]) -> float | None:
        """Return the distance to the place, or to the nearest area above it that has a shape."""
        current: Place | None = place
        while current is not None and current.pk not in self._shapes:
            parents = self._by_pcode.get(current.parent_pcode)
            current = parents[0] if parents else None
        return None if current is None else self.distance_km(current, *point)

    def _find_covering(self, lat: float, lon: float) -> tuple[tuple[Place, float], ...]:
        """Return the places within `TOLERANCE_KM` of a point with their distance, 0.0 for those that hold it."""
        spot = self._shapely.Point(lon * self._squeeze, lat)
        indexes = self._tree.query(spot, predicate="dwithin", distance=TOLERANCE_KM / KM_PER_DEGREE)
        return tuple((self._shaped[i], self._km(self._shapes[self._shaped[i].pk], spot)) for i in sorted(indexes))

    def _find_distance(self, pk: Hashable, lat: float, lon: float) -> float | None:
        area = self._shapes.get(pk)
        return None if area is None else self._km(area, self._shapely.Point(lon * self._squeeze, lat))

    def _km(self, area: Any, spot: Any) -> float:
        return float(self._shapely.distance(area, spot)) * KM_PER_DEGREE


def _found(place: Place, how: str, named: _Named, words: str, distance: float | None = None) -> PlaceMatch:
    rounded = None if distance is None else round(distance, 2)
    return PlaceMatch(place.pk, place.pcode, place.level, how, "matched", words, rounded, named.unknown)


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def in_force(places: Sequence[Place], on: date | None) -> list[Place]:
    """Return those places whose division was in force on a day.

    Divisions are often entered only with the day of their publication, so a day before all of them falls to the
    earliest ones, and without a day those without an end are taken.
    """
    if len(places) < 2:
        return list(places)
    if on is None:
        return [place for place in places if place.valid_to is None] or list(places)
    open_then = [place for place in places if place.valid_to is None or place.valid_to >= on]
    begun = [place for place in open_then if place.valid_from is None or place.valid_from <= on]
    if begun or not open_then:
        return begun or list(places)
    first = min(place.valid_from for place in open_then if place.valid_from is not None)
    return [place for place in open_then if place.valid_from == first]
