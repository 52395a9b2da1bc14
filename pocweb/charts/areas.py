"""A map of areas: tint by value, hatch for blind spots, circles for events, squares for offices, no tiles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.charts.drawing import EVENT, GROUND, INK, OFFICE, PAPER, DataTable, Drawing
from pocweb.charts.engine import HATCH, draw
from pocweb.charts.labels import place_labels
from pocweb.charts.projection import Projection
from pocweb.charts.scales import nice_step

BOUNDARY_DISCLAIMER = gettext_lazy(
    "The boundaries and names shown and the designations used on this map do not imply official endorsement or "
    "acceptance by the United Nations."
)
WIDTH, TALLEST = 380, 420
MARGIN = 6
TINTS = ("#fdeee6", "#f9d9c8", "#f3bda1", "#e99f7c")
UNKNOWN = "#f6f8f9"
LARGEST_RADIUS, SMALLEST_RADIUS = 10.0, 2.5


@dataclass(frozen=True, slots=True)
class AreaShape:
    """One area: its p-code, its name and its shape as a GeoJSON Polygon or MultiPolygon in degrees (EPSG:4326)."""

    code: str
    name: str
    geometry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marker:
    """One place to mark, in degrees: an event (circle, its surface by `size`) or an office (square).

    `area` is the p-code of the area that the place lies in; it puts the name into that row of the table.
    """

    longitude: float
    latitude: float
    name: str
    kind: Literal["event", "office"] = "event"
    size: int = 1
    area: str = ""


@dataclass(frozen=True, slots=True)
class TintClass:
    """One step of the tint: values from `low` to `high`, both inclusive."""

    low: int
    high: int
    fill: str

    def __str__(self) -> str:
        """Return the range in words."""
        return (
            str(self.low)
            if self.low == self.high
            else _("%(low)s to %(high)s")
            % {
                "low": self.low,
                "high": self.high,
            }
        )


def area_map(
    features: Sequence[AreaShape],
    *,
    values: Mapping[str, int | None],
    hatched: Collection[str] = (),
    markers: Sequence[Marker] = (),
    labels: Collection[str] = (),
    label: str,
    title: str = "",
    value_name: str = "",
    marks_are: str = "",
) -> Drawing:
    """Return the map of `features`, drawn equirectangular with the longitudes shortened by the middle latitude.

    `values` tints areas by p-code; zero stays on the plain ground, an area that is absent or None is white and reads
    "not recorded" in the table. `hatched` areas are blind spots; hatching goes over any tint. `labels` are the p-codes
    to name on the map; `marks_are` says what the circles are where they are not one event each. Every map must be
    shown with `BOUNDARY_DISCLAIMER`, which ends its caption.
    Raises ValueError for no areas, a negative value, or a shape that is no polygon.
    """
    if not features:
        raise ValueError("a map needs at least one area")
    if any(value is not None and value < 0 for value in values.values()):
        raise ValueError("a map shows counts, which are not negative")
    value_name = value_name or _("Value")
    projection = Projection.fit([feature.geometry for feature in features], width=WIDTH, tallest=TALLEST, margin=MARGIN)
    classes = tint_classes([value for value in values.values() if value])
    fills = {feature.code: _fill(feature.code, values, set(hatched), classes) for feature in features}
    spec = map_spec(features, projection, fills, markers, set(labels))
    return Drawing(
        title=title or label,
        label=label,
        caption=_caption(features, classes, values, set(hatched), markers, value_name, marks_are),
        svg=draw(spec, label=label),
        table=_table(features, values, set(hatched), markers, value_name),
    )


def tint_classes(values: Sequence[int]) -> list[TintClass]:
    """Return at most four steps of equal, round width that cover the positive values; none for no values."""
    if not values:
        return []
    largest = max(values)
    step = nice_step(largest, steps=len(TINTS))
    count = -(-largest // step)
    first = min(len(TINTS) - count, 2)  # a map of one step takes the middle tint, which shows best
    return [
        TintClass(low=index * step + 1, high=(index + 1) * step, fill=TINTS[first + index]) for index in range(count)
    ]


def _fill(code: str, values: Mapping[str, int | None], hatched: set[str], classes: Sequence[TintClass]) -> str:
    value = values.get(code)
    if code in hatched:
        return HATCH
    if value is None:
        return UNKNOWN
    return next((step.fill for step in classes if step.low <= value <= step.high), GROUND)


def map_spec(
    features: Sequence[AreaShape],
    projection: Projection,
    fills: Mapping[str, str],
    markers: Sequence[Marker],
    labels: set[str],
    outlined: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return the specification of a map whose areas have these fills; `outlined` says how wide a dark border is."""
    shapes = [
        {
            "type": "Feature",
            "properties": {"fill": fills[feature.code]},
            "geometry": projection.geometry(feature.geometry),
        }
        for feature in features
    ]
    borders = [
        {"type": "Feature", "properties": {"width": outlined[feature.code]}, "geometry": shape["geometry"]}
        for feature, shape in zip(features, shapes, strict=True)
        if outlined and feature.code in outlined
    ]
    dots = _dots(markers, projection)
    named = [(feature.name, projection.centre(feature.geometry)) for feature in features if feature.code in labels]
    texts = [
        {"x": x, "y": y, "text": text}
        for text, x, y in place_labels(named, dots, width=projection.width, height=projection.height)
    ]
    halo = {"fill": PAPER, "stroke": PAPER, "strokeWidth": 3, "strokeOpacity": 0.85, "strokeJoin": "round"}
    return {
        "width": projection.width,
        "height": projection.height,
        "autosize": "none",
        "padding": 0,
        "layer": [
            {
                "data": {"values": shapes},
                "projection": {"type": "identity", "scale": 1, "translate": [0, 0]},
                "mark": {"type": "geoshape", "clip": False, "stroke": "#a9b4bd", "strokeWidth": 0.7},
                "encoding": {"fill": {"field": "properties.fill", "type": "nominal", "scale": None}},
            },
            *([_border_layer(borders)] if borders else []),
            _dot_layer([dot for dot in dots if dot["kind"] == "event"], "circle", EVENT, 0.8),
            _dot_layer([dot for dot in dots if dot["kind"] == "office"], "square", OFFICE, 1),
            _text_layer(texts, halo),
            _text_layer(texts, {"fill": INK}),
        ],
    }


def _border_layer(borders: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": {"values": borders},
        "projection": {"type": "identity", "scale": 1, "translate": [0, 0]},
        "mark": {"type": "geoshape", "clip": False, "filled": False, "stroke": INK},
        "encoding": {"strokeWidth": {"field": "properties.width", "type": "quantitative", "scale": None}},
    }


def _dots(markers: Sequence[Marker], projection: Projection) -> list[dict[str, Any]]:
    """Return the marks in pixels, large ones first, so that small ones stay visible on top of them."""
    largest = max((marker.size for marker in markers if marker.kind == "event"), default=1) or 1
    dots = []
    for marker in sorted(markers, key=lambda marker: (-marker.size, marker.name, marker.longitude, marker.latitude)):
        x, y = projection.point(marker.longitude, marker.latitude)
        radius = 3.2
        if marker.kind == "event":
            radius = max(LARGEST_RADIUS * (max(marker.size, 0) / largest) ** 0.5, SMALLEST_RADIUS)
        surface = round((2 * radius) ** 2, 1)
        dots.append({"x": x, "y": y, "size": surface, "radius": radius, "kind": marker.kind})
    return dots


def _pixels() -> dict[str, Any]:
    return {axis: {"field": axis, "type": "quantitative", "scale": None, "axis": None} for axis in ("x", "y")}


def _dot_layer(dots: list[dict[str, Any]], shape: str, fill: str, opacity: float) -> dict[str, Any]:
    return {
        "data": {"values": [{name: dot[name] for name in ("x", "y", "size")} for dot in dots]},
        "mark": {
            "type": "point",
            "shape": shape,
            "fill": fill,
            "stroke": PAPER,
            "strokeWidth": 1,
            "fillOpacity": opacity,
        },
        "encoding": {**_pixels(), "size": {"field": "size", "type": "quantitative", "scale": None}},
    }


def _text_layer(texts: list[dict[str, Any]], paint: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"values": texts},
        "mark": {"type": "text", "fontWeight": 600, "baseline": "alphabetic", "align": "center", **paint},
        "encoding": {**_pixels(), "text": {"field": "text", "type": "nominal"}},
    }


def _caption(
    features: Sequence[AreaShape],
    classes: Sequence[TintClass],
    values: Mapping[str, int | None],
    hatched: set[str],
    markers: Sequence[Marker],
    value_name: str,
    marks_are: str,
) -> str:
    parts = []
    if classes:
        steps = "; ".join(str(step) for step in classes)
        parts.append(_("Tint, light to dark: %(name)s %(steps)s.") % {"name": value_name.lower(), "steps": steps})
    if any(values.get(feature.code) is None and feature.code not in hatched for feature in features):
        parts.append(_("White: not recorded."))
    if hatched:
        parts.append(_("Hatched: blind spot."))
    events = sum(marker.kind == "event" for marker in markers)
    if events and marks_are:
        parts.append(_("Circles: %(marks)s.") % {"marks": marks_are})
    elif events:
        parts.append(
            ngettext("Circle: %(count)d event, by size.", "Circles: %(count)d events, by size.", events)
            % {"count": events}
        )
    if any(marker.kind == "office" for marker in markers):
        parts.append(_("Square: office."))
    return " ".join([*parts, str(BOUNDARY_DISCLAIMER)])


def _table(
    features: Sequence[AreaShape],
    values: Mapping[str, int | None],
    hatched: set[str],
    markers: Sequence[Marker],
    value_name: str,
) -> DataTable:
    rows = []
    for feature in features:
        value = values.get(feature.code)
        inside = [marker for marker in markers if marker.area == feature.code]
        rows.append(
            (
                feature.name,
                _("not recorded") if value is None else str(value),
                _("blind spot") if feature.code in hatched else "",
                str(sum(marker.kind == "event" for marker in inside)),
                "; ".join(marker.name for marker in inside if marker.kind == "office"),
            )
        )
    headers = (_("Area"), value_name, _("Information"), _("Events drawn"), _("Offices"))
    # A column that no row fills is left out; the first two always stay.
    kept = [0, 1, *(column for column in (2, 3, 4) if any(row[column] not in {"", "0"} for row in rows))]
    return DataTable(
        headers=tuple(headers[column] for column in kept),
        rows=tuple(tuple(row[column] for column in kept) for row in rows),
    )
