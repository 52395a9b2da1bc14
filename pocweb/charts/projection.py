"""Degrees to pixels: equirectangular, with the longitudes shortened by the cosine of the middle latitude.

Right to about one per cent over a mission's area, and it needs no library of projections.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Ring = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Projection:
    """A fitted projection; `width` and `height` are the drawing's size in pixels."""

    west: float
    north: float
    x_scale: float
    y_scale: float
    margin: float
    width: int
    height: int

    @classmethod
    def fit(cls, geometries: Sequence[Mapping[str, Any]], *, width: int, tallest: int, margin: float) -> "Projection":
        """Return the projection that fills `width`, or less where the drawing would grow past `tallest` pixels."""
        points = [point for geometry in geometries for ring in rings(geometry) for point in ring]
        if not points:
            raise ValueError("the shapes hold no points")
        west, east = min(point[0] for point in points), max(point[0] for point in points)
        south, north = min(point[1] for point in points), max(point[1] for point in points)
        shrink = math.cos(math.radians((south + north) / 2))
        across, down = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
        scale = min((width - 2 * margin) / across, (tallest - 2 * margin) / down)
        return cls(
            west=west,
            north=north,
            x_scale=scale * shrink,
            y_scale=scale,
            margin=margin,
            width=math.ceil(across * scale + 2 * margin),
            height=math.ceil(down * scale + 2 * margin),
        )

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return the pixel of a place, to half a pixel: neighbours then still share their border point for point."""
        x = self.margin + (longitude - self.west) * self.x_scale
        y = self.margin + (self.north - latitude) * self.y_scale
        return round(x * 2) / 2, round(y * 2) / 2

    def holds(self, longitude: float, latitude: float) -> bool:
        """Say whether a place lies inside the drawing."""
        x, y = self.point(longitude, latitude)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def shows(self, geometry: Mapping[str, Any]) -> bool:
        """Say whether the frame around a shape reaches into the drawing."""
        pixels = [self.point(point[0], point[1]) for ring in rings(geometry) for point in ring]
        across, down = [x for x, _y in pixels], [y for _x, y in pixels]
        return min(across) < self.width and max(across) > 0 and min(down) < self.height and max(down) > 0

    def ring(self, ring: Sequence[Sequence[float]]) -> Ring:
        """Return a closed ring in pixels without points that fall on the one before."""
        pixels: Ring = []
        for position in ring:
            pixel = self.point(position[0], position[1])
            if not pixels or pixel != pixels[-1]:
                pixels.append(pixel)
        return pixels

    def geometry(self, geometry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shape in pixels as a MultiPolygon; rings smaller than a pixel are left out."""
        polygons = []
        for polygon in _polygons(geometry):
            drawn = [ring for ring in (self.ring(ring) for ring in polygon) if len(ring) > 3]
            if drawn:
                polygons.append(drawn)
        return {"type": "MultiPolygon", "coordinates": polygons}

    def centre(self, geometry: Mapping[str, Any]) -> tuple[float, float]:
        """Return the pixel at the centre of gravity of the shape's largest part, where its name is written."""
        outlines = [self.ring(polygon[0]) for polygon in _polygons(geometry)]
        return max((_gravity(outline) for outline in outlines), key=lambda found: found[0])[1]


def _polygons(geometry: Mapping[str, Any]) -> list[Any]:
    if geometry.get("type") == "Polygon":
        return [geometry["coordinates"]]
    if geometry.get("type") == "MultiPolygon":
        return list(geometry["coordinates"])
    raise ValueError(f"an area is a Polygon or MultiPolygon, not {geometry.get('type')}")


def rings(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    """Yield every ring of a GeoJSON Polygon or MultiPolygon; raise ValueError for another shape."""
    for polygon in _polygons(geometry):
        yield from polygon


def _gravity(ring: Ring) -> tuple[float, tuple[float, float]]:
    """Return the surface of a ring and its centre of gravity (shoelace formula)."""
    twice, sum_x, sum_y = 0.0, 0.0, 0.0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = x1 * y2 - x2 * y1
        twice += cross
        sum_x += (x1 + x2) * cross
        sum_y += (y1 + y2) * cross
    if abs(twice) < 1e-9:
        return 0.0, ring[0]
    return abs(twice) / 2, (round(sum_x / (3 * twice), 1), round(sum_y / (3 * twice), 1))
