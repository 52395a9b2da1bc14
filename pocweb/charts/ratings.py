"""Ratings of threats over time, as steps between the levels of a scheme (Low to Extreme)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pocweb.charts.drawing import GRID, INK, MUTED, RISK_FILLS, DataTable, Drawing
from pocweb.charts.engine import draw

WIDTH, BAND = 290, 34
PADDING = {"left": 62, "right": 44, "top": 6, "bottom": 34}
DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
LINES = ("#17222d", "#00618f", "#6b2c8f", "#4c5a67")
MOST_SERIES = len(DASHES)


@dataclass(frozen=True, slots=True)
class RatingPoint:
    """A rating that holds from `day` on: the level's index from 0 (lowest), or None from when none holds."""

    day: date
    level: int | None


@dataclass(frozen=True, slots=True)
class RatingSeries:
    """One threat's ratings; `name` is short (its reference), as it stands at the end of the line."""

    name: str
    points: tuple[RatingPoint, ...]


def series_chart(
    series: Sequence[RatingSeries], *, levels: Sequence[str], until: date, title: str, label: str = ""
) -> Drawing:
    """Return up to four threats' ratings as steps over `levels` (lowest first), each held until the next or `until`.

    A level of None leaves a gap. Lines differ by dash as well as colour. Raises ValueError for no or too many series,
    an empty one, a level outside the scheme, or a rating after `until`.
    """
    if not 1 <= len(series) <= MOST_SERIES or not all(one.points for one in series):
        raise ValueError(f"the chart takes one to {MOST_SERIES} series, none empty")
    points = [point for one in series for point in one.points]
    if any(point.level is not None and not 0 <= point.level < len(levels) for point in points):
        raise ValueError("a rating lies outside the levels of its scheme")
    if any(point.day > until for point in points):
        raise ValueError("a rating lies after the end of the chart")
    label = label or _sentence(series, levels, title)
    caption = _("A step is a new rating. A break in a line: no rating held.")
    svg = draw(_spec(series, levels, until), label=label)
    return Drawing(title=title, label=label, caption=caption, svg=svg, table=_table(series, levels))


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
    rows = tuple(
        (one.name, date_format(point.day, "j F Y"), _level(point, levels)) for one in series for point in _ordered(one)
    )
    return DataTable(headers=(_("Threat"), _("From"), _("Rating")), rows=rows)


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
        offset = (number - (len(series) - 1) / 2) * 5
        points = _ordered(one)
        days = [round((point.day.toordinal() - first) / (last - first) * WIDTH, 1) for point in points] + [WIDTH]
        rules: list[dict[str, Any]] = []
        before: float | None = None
        for index, point in enumerate(points):
            if point.level is None:
                before = None
                continue
            y = round(height - BAND * (point.level + 0.5) + offset, 1)
            if before is not None and before != y:
                rules.append({"x": days[index], "x2": days[index], "y": before, "y2": y})
            rules.append({"x": days[index], "x2": days[index + 1], "y": y, "y2": y})
            before = y
        paint = {"stroke": LINES[number], "strokeWidth": 2, "strokeDash": DASHES[number]}
        layers.append(_layer(rules, {"type": "rule", **paint}, ends=("x2", "y2")))
        if before is not None:
            ends.append({"x": WIDTH + 5, "y": before + 4, "text": one.name, "fill": LINES[number]})
    return layers, _apart(ends)


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
