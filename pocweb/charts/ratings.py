"""Ratings of threats over time, as steps between the levels of a scheme (Low to Extreme)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pocweb.charts.drawing import GRID, INK, MUTED, PAPER, RISK_FILLS, DataTable, Drawing
from pocweb.charts.engine import draw

WIDTH, BAND = 290, 34
PADDING = {"left": 62, "right": 44, "top": 6, "bottom": 34}
DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
LINES = ("#17222d", "#00618f", "#6b2c8f", "#4c5a67")
MOST_SERIES = len(DASHES)
CONFIDENCE_FILLS = (PAPER, "#9aa7b2", INK)
"""Low, medium, high: hollow, grey, full."""


@dataclass(frozen=True, slots=True)
class RatingPoint:
    """A rating that holds from `day` on: the level's index from 0 (lowest), or None from when none holds.

    `confidence` is 1 (low) to 3 (high) with its word, `expected` the index of the level expected after the response,
    `scheme` the name of the scheme that it was made by. All three may be unknown; then nothing of them is drawn.
    """

    day: date
    level: int | None
    confidence: int | None = None
    confidence_label: str = ""
    expected: int | None = None
    scheme: str = ""

    @property
    def has_more(self) -> bool:
        """Say whether more than the level is known."""
        return self.confidence is not None or self.expected is not None or bool(self.scheme)


@dataclass(frozen=True, slots=True)
class RatingSeries:
    """One threat's ratings; `name` is short (its reference), as it stands at the end of the line."""

    name: str
    points: tuple[RatingPoint, ...]


def series_chart(
    series: Sequence[RatingSeries], *, levels: Sequence[str], until: date, title: str, label: str = ""
) -> Drawing:
    """Return up to four threats' ratings as steps over `levels` (lowest first), each held until the next or `until`.

    A level of None leaves a gap. Lines differ by dash as well as colour. A rating of known confidence is a dot (hollow,
    grey, full), a level expected after the response a bar joined to it, a change of scheme an upright line. Raises
    ValueError for no or too many series, an empty one, a level outside the scheme, or a rating after `until`.
    """
    if not 1 <= len(series) <= MOST_SERIES or not all(one.points for one in series):
        raise ValueError(f"the chart takes one to {MOST_SERIES} series, none empty")
    points = [point for one in series for point in one.points]
    named = [level for point in points for level in (point.level, point.expected) if level is not None]
    if any(not 0 <= level < len(levels) for level in named):
        raise ValueError("a rating lies outside the levels of its scheme")
    if any(point.day > until for point in points):
        raise ValueError("a rating lies after the end of the chart")
    label = label or _sentence(series, levels, title)
    caption = _caption(points, any(_changes_of_scheme(one) for one in series))
    svg = draw(_spec(series, levels, until), label=label)
    return Drawing(title=title, label=label, caption=caption, svg=svg, table=_table(series, levels))


def _caption(points: Sequence[RatingPoint], has_new_scheme: bool) -> str:
    """Return what the signs mean, of those that are drawn."""
    parts = [_("A step is a new rating. A break in a line: no rating held.")]
    if any(point.confidence is not None for point in points):
        parts.append(_("Dot: confidence; hollow low, grey medium, full high."))
    if any(point.expected is not None for point in points):
        parts.append(_("Dashed down or up to a bar: the risk expected after the response."))
    if has_new_scheme:
        parts.append(_("Upright line: a new scheme of rating."))
    return " ".join(parts)


def _changes_of_scheme(one: RatingSeries) -> list[RatingPoint]:
    """Return the ratings made by another scheme than the one before."""
    points = _ordered(one)
    return [
        point
        for before, point in zip(points, points[1:], strict=False)
        if before.scheme and point.scheme and before.scheme != point.scheme
    ]


def _level(point: RatingPoint, levels: Sequence[str]) -> str:
    return _("no rating") if point.level is None else str(levels[point.level])


def _ordered(one: RatingSeries) -> list[RatingPoint]:
    return sorted(one.points, key=lambda point: point.day)


def _sentence(series: Sequence[RatingSeries], levels: Sequence[str], title: str) -> str:
    parts = [
        f"{one.name}: "
        + ", ".join(f"{_level(point, levels)} {date_format(point.day, 'j M Y')}" for point in _ordered(one))
        for one in series
    ]
    return f"{title}. {'; '.join(parts)}."


def _table(series: Sequence[RatingSeries], levels: Sequence[str]) -> DataTable:
    has_more = any(point.has_more for one in series for point in one.points)
    headers: tuple[str, ...] = (_("Threat"), _("From"), _("Rating"))
    if has_more:
        headers = (*headers, _("Confidence"), _("Expected after the response"), _("Scheme"))
    rows = tuple(_row(one.name, point, levels, has_more) for one in series for point in _ordered(one))
    return DataTable(headers=headers, rows=rows)


def _row(name: str, point: RatingPoint, levels: Sequence[str], has_more: bool) -> tuple[str, ...]:
    row = (name, date_format(point.day, "j F Y"), _level(point, levels))
    if not has_more:
        return row
    unknown = _("not recorded")
    expected = unknown if point.expected is None else str(levels[point.expected])
    return (*row, point.confidence_label or unknown, expected, point.scheme or unknown)


def _spec(series: Sequence[RatingSeries], levels: Sequence[str], until: date) -> dict[str, Any]:
    first = min(point.day for one in series for point in one.points).toordinal()
    last = max(until.toordinal(), first + 1)
    height = BAND * len(levels)
    bands = [
        {
            "x": 0,
            "x2": WIDTH,
            "y": height - BAND * index,
            "y2": height - BAND * (index + 1),
            "fill": _tint(index, levels),
        }
        for index in range(len(levels))
    ]
    names = [{"x": -6, "y": height - BAND * (index + 0.5) + 4, "text": str(name)} for index, name in enumerate(levels)]
    lines, ends = _lines(series, first, last, height)
    marks = _marks(series, first, last, height)
    return {
        "width": WIDTH,
        "height": height,
        "autosize": "none",
        "padding": PADDING,
        "layer": [
            _layer(bands, {"type": "rect", "fillOpacity": 0.28, "stroke": GRID}, fill=True, ends=("x2", "y2")),
            _layer(names, {"type": "text", "align": "right", "fill": MUTED, "baseline": "alphabetic"}, text=True),
            *_days(first, last, height),
            *lines,
            *marks,
            _layer(ends, {"type": "text", "align": "left", "fontWeight": 600, "baseline": "alphabetic"}, True, True),
        ],
    }


def _tint(index: int, levels: Sequence[str]) -> str:
    """Return the risk colour of a level, spread over the scheme's number of levels."""
    return RISK_FILLS[round(index * (len(RISK_FILLS) - 1) / max(len(levels) - 1, 1))]


def _layer(
    values: list[dict[str, Any]],
    mark: dict[str, Any],
    fill: bool = False,
    text: bool = False,
    ends: tuple[str, ...] = (),
) -> dict[str, Any]:
    encoding: dict[str, Any] = {
        axis: {"field": axis, "type": "quantitative", "scale": None, "axis": None} for axis in ("x", "y")
    }
    encoding |= {end: {"field": end} for end in ends}
    if fill:
        encoding["fill"] = {"field": "fill", "type": "nominal", "scale": None}
    if text:
        encoding["text"] = {"field": "text", "type": "nominal"}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _lines(
    series: Sequence[RatingSeries], first: int, last: int, height: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rules of each series and the names at their ends; series lie a little apart so that all show."""
    layers, ends = [], []
    for number, one in enumerate(series):
        offset = _offset(number, series)
        points = _ordered(one)
        days = [*(_x(point, first, last) for point in points), WIDTH]
        rules: list[dict[str, Any]] = []
        before: float | None = None
        for index, point in enumerate(points):
            if point.level is None:
                before = None
                continue
            y = _y(point.level, height, offset)
            if before is not None and before != y:
                rules.append({"x": days[index], "x2": days[index], "y": before, "y2": y})
            rules.append({"x": days[index], "x2": days[index + 1], "y": y, "y2": y})
            before = y
        paint = {"stroke": LINES[number], "strokeWidth": 2, "strokeDash": DASHES[number]}
        layers.append(_layer(rules, {"type": "rule", **paint}, ends=("x2", "y2")))
        if before is not None:
            ends.append({"x": WIDTH + 5, "y": before + 4, "text": one.name, "fill": LINES[number]})
    return layers, _apart(ends)


def _marks(series: Sequence[RatingSeries], first: int, last: int, height: int) -> list[dict[str, Any]]:
    """Return what stands beside the steps: changes of scheme, expected levels, and a dot for each known confidence."""
    schemes: list[dict[str, Any]] = []
    joins: list[dict[str, Any]] = []
    bars: list[dict[str, Any]] = []
    dots: list[dict[str, Any]] = []
    for number, one in enumerate(series):
        offset = _offset(number, series)
        schemes += [{"x": _x(point, first, last), "y": 0, "y2": height} for point in _changes_of_scheme(one)]
        for point in one.points:
            if point.level is None:
                continue
            x, y = _x(point, first, last), _y(point.level, height, offset)
            if point.expected is not None:
                end = _y(point.expected, height, offset + 4)
                joins.append({"x": x, "y": y, "y2": end})
                bars.append({"x": x - 5, "x2": x + 5, "y": end, "y2": end})
            if point.confidence is not None:
                dots.append({"x": x, "y": y, "fill": CONFIDENCE_FILLS[point.confidence - 1]})
    rule: dict[str, Any] = {"type": "rule", "stroke": INK}
    layers: list[tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]] = [
        (schemes, {**rule, "strokeDash": [1, 2]}, ("y2",)),
        (joins, {**rule, "strokeDash": [2, 2]}, ("y2",)),
        (bars, {**rule, "strokeWidth": 3}, ("x2", "y2")),
    ]
    found = [_layer(values, mark, ends=ends) for values, mark, ends in layers if values]
    if dots:
        dot = {"type": "point", "size": 40, "stroke": INK, "strokeWidth": 1.5, "opacity": 1, "shape": "circle"}
        found.append(_layer(dots, dot, fill=True))
    return found


def _offset(number: int, series: Sequence[RatingSeries]) -> float:
    """Return how far a series lies from the middle of its band, so that all show."""
    return (number - (len(series) - 1) / 2) * 5


def _x(point: RatingPoint, first: int, last: int) -> float:
    return round((point.day.toordinal() - first) / (last - first) * WIDTH, 1)


def _y(level: int, height: int, offset: float) -> float:
    return round(height - BAND * (level + 0.5) + offset, 1)


def _apart(ends: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Move the names at the line ends down until each has a line of text of its own."""
    below = float("-inf")
    for end in sorted(ends, key=lambda end: float(end["y"])):
        end["y"] = max(end["y"], below + 12)
        below = end["y"]
    return ends


def _days(first: int, last: int, height: int) -> list[dict[str, Any]]:
    """Return ticks and dates under the chart: the first and last day and two between, where there is room."""
    count = 3 if last - first >= 60 else 1
    ticks, days, years = [], [], []
    for index in range(count + 1):
        day = date.fromordinal(first + round((last - first) * index / count))
        place = {"x": round(WIDTH * index / count, 1), "y": height}
        ticks.append({**place, "y2": height + 4})
        days.append({**place, "y": height + 16, "text": date_format(day, "j M")})
        years.append({**place, "y": height + 29, "text": str(day.year)})
    mark = {"type": "text", "baseline": "alphabetic", "fill": MUTED}
    return [
        _layer(ticks, {"type": "rule", "stroke": INK}, ends=("y2",)),
        _layer(days, mark, text=True),
        _layer(
            [year for index, year in enumerate(years) if not index or year["text"] != years[index - 1]["text"]],
            mark,
            text=True,
        ),
    ]
