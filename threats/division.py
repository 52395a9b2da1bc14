"""The areas of one admin level as a map and a statistic see them: which row of which division, and who touches whom.

Reads plain columns and leaves the shapes, which are heavy, to the moments when they are measured; what is measured is
kept in the cache under a fingerprint of the division.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.core.cache import cache

from pocweb.audit import fingerprint
from pocweb.models import Area, Mission, Office
from threats.services.incident_places import STEP

TOUCHING_DEGREES = 0.005
"""Areas so near to each other touch: about half a kilometre. The shapes are simplified, so that a common border may
leave a sliver; of the 175 communes of the Central African Republic four pairs more touch than without it."""
CACHE_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DivisionArea:
    """An area in force, with the names of the areas above it, the nearest first."""

    pk: int
    pcode: str
    name: str
    path: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """An office with a place of its own, in degrees."""

    pk: int
    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Offices:
    """The offices of a mission, read once: their places, and the areas of those that a person reaches."""

    posts: tuple[Post, ...]
    roots: frozenset[str]
    reached: tuple[str, ...]
    reaches_all: bool

    def reaches(self, path: str) -> bool:
        """Say whether an area lies in the area of responsibility of a reached office, or all areas are in reach."""
        return self.reaches_all or any(path.startswith(own) for own in self.reached)


def read_offices(mission: Mission, branches: Iterable[str] | None) -> Offices:
    """Return the offices in one query; `branches` are the tree paths in a person's reach, None for all of them."""
    rows = list(
        Office.objects.filter(mission=mission)
        .order_by("path")
        .values_list("pk", "name", "path", "lat", "lon", "areas__path")
    )
    wanted = None if branches is None else tuple(branches)
    posts = {pk: Post(pk, name, lat, lon) for pk, name, _path, lat, lon, _area in rows if None not in (lat, lon)}
    own = {area for _pk, _name, path, _lat, _lon, area in rows if area and (wanted is None or path.startswith(wanted))}
    top = rows[0][2] if rows else ""
    return Offices(
        posts=tuple(posts.values()),
        roots=frozenset(row[5][:STEP] for row in rows if row[5]),
        reached=tuple(sorted(own)),
        reaches_all=wanted is None or top.startswith(wanted),
    )


class Division:
    """The areas of one level in force on a day, and the way from any record's area to them."""

    def __init__(self, roots: Iterable[str], level: int, day: date) -> None:
        self.level, self.day = level, day
        self.roots = tuple(sorted(roots))
        self._width = 0
        self._pcodes: dict[str, str] = {}
        self.areas: dict[str, DivisionArea] = {}
        self.source = ""
        self._read()

    def _read(self) -> None:
        rows = Area.objects.filter(level__lte=self.level).order_by("path")
        names: dict[str, str] = {}
        sources: set[str] = set()
        fields = ("pk", "pcode", "name", "path", "level", "valid_from", "valid_to", "source")
        for pk, pcode, name, path, level, begun, ended, source in rows.values_list(*fields):
            names[path] = name
            if level != self.level or path[:STEP] not in self.roots:
                continue
            self._width = len(path)
            self._pcodes[path] = pcode
            if (begun is None or begun <= self.day) and (ended is None or ended >= self.day):
                above = tuple(names.get(path[:end], "") for end in range(len(path) - STEP, STEP, -STEP))
                self.areas[pcode] = DivisionArea(pk, pcode, name, path, above)
                sources.add(source)
        self.source = "; ".join(sorted(sources - {""}))

    def code_of(self, path: str | None) -> str:
        """Return the p-code of the level's area that holds a record's area, whatever division it belongs to.

        "" where the record is placed no closer than an area above the level, or nowhere.
        """
        return self._pcodes.get(path[: self._width], "") if path and self._width else ""

    def is_coarser(self, path: str | None) -> bool:
        """Say whether a record's area lies above the level and yet below the country."""
        return bool(path) and STEP < len(path or "") < self._width

    @cached_property
    def key(self) -> str:
        """A fingerprint of the areas in force; rows of a division are never overwritten, so their keys tell them."""
        return fingerprint([self.level, sorted(area.pk for area in self.areas.values())])[:24]

    def neighbours(self) -> dict[str, list[str]]:
        """Return the p-codes of the areas that touch each area; measured once for a division."""
        return self._measured((), ())[0]

    def measured(self, posts: tuple[Post, ...]) -> tuple[dict[str, list[str]], dict[int, str]]:
        """Return the areas that touch each area, and the area in which each post lies, "" where none holds it."""
        spots = tuple((post.pk, post.lat, post.lon) for post in posts)
        return self._measured(posts, spots)

    def _measured(
        self, posts: tuple[Post, ...], spots: tuple[tuple[int, float, float], ...]
    ) -> tuple[dict[str, list[str]], dict[int, str]]:
        key = f"pocweb:division:{self.key}:{fingerprint(spots)[:16]}"
        found: tuple[dict[str, list[str]], dict[int, str]] | None = cache.get(key)
        if found is None:
            found = measure(self.shapes(), posts)
            cache.set(key, found, CACHE_SECONDS)
        return found

    def shapes(self) -> dict[str, dict[str, object]]:
        """Return the shapes as GeoJSON geometries by p-code; areas without one are left out."""
        rows = Area.objects.filter(pk__in=[area.pk for area in self.areas.values()], shape__isnull=False)
        return dict(rows.values_list("pcode", "shape"))


def measure(shapes: dict[str, dict[str, object]], posts: Iterable[Post]) -> tuple[dict[str, list[str]], dict[int, str]]:
    """Return who touches whom and which area holds which post, from GeoJSON geometries in degrees."""
    import shapely  # costs a tenth of a second to load, and a kept answer does without it
    from shapely.geometry import shape

    codes = sorted(shapes)
    outlines = [shape(shapes[code]) for code in codes]
    if not codes:
        return {}, {post.pk: "" for post in posts}
    tree = shapely.STRtree(outlines)
    near: dict[str, list[str]] = {code: [] for code in codes}
    for first, second in zip(*tree.query(outlines, predicate="dwithin", distance=TOUCHING_DEGREES), strict=True):
        if first != second:
            near[codes[int(first)]].append(codes[int(second)])
    held = {}
    for post in posts:
        inside = sorted(int(index) for index in tree.query(shapely.Point(post.lon, post.lat), predicate="covered_by"))
        held[post.pk] = codes[inside[0]] if inside else ""
    return {code: sorted(around) for code, around in near.items()}, held
