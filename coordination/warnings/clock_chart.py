"""The chart of the alert clock: the median time of each month as a bar, the mission's targets as lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from coordination.warnings.clock import duration_words
from pocweb.charts.drawing import EVENT, INK, MUTED, VERIFIED, DataTable, Drawing
from pocweb.charts.engine import HATCH, draw
from pocweb.charts.scales import ticks_from_zero

WIDTH, HEIGHT = 340, 140
PADDING = {"left": 40, "right": 6, "top": 14, "bottom": 34}


@dataclass(frozen=True, slots=True)
class MonthMedian:
    """A month's median in minutes over `count` cases, None where no case reached the moment."""

    month: date
    minutes: float | None
    count: int


def median_bars(months: Sequence[MonthMedian], *, title: str, targets: Sequence[tuple[str, int]]) -> Drawing:
    """Return medians per month as bars with the targets (name, minutes) as lines; months without a value are hatched.

    The unit is hours, or days where the longest is above four days. A target far above every median is left out of the
    scale and said in the caption alone.
    """
    longest = max((one.minutes or 0 for one in months), default=0)
    drawn = [(name, minutes) for name, minutes in targets if minutes <= max(longest * 3, 60)]
    top = max([longest, *(minutes for _name, minutes in drawn)])
    unit, words = (1440, _("days")) if top > 4 * 1440 else (60, _("hours"))
    label = _sentence(months, title)
    spec = _spec(months, drawn, unit, top / unit)
    caption = _("Median per month of receipt, in %(unit)s.") % {"unit": words}
    caption += " " + _("Line: target") + " " + "; ".join(f"{name} {duration_words(n)}" for name, n in targets) + "."
    if any(one.minutes is None for one in months):
        caption += " " + _("Hatched: no case of this month reached it.")
    return Drawing(title=title, label=label, caption=caption, svg=draw(spec, label=label), table=_table(months))


def _sentence(months: Sequence[MonthMedian], title: str) -> str:
    said = "; ".join(f"{date_format(one.month, 'M Y')} {duration_words(one.minutes)}" for one in months)
    return f"{title}: {said}."


def _table(months: Sequence[MonthMedian]) -> DataTable:
    rows = tuple((date_format(one.month, "M Y"), duration_words(one.minutes), str(one.count)) for one in months)
    return DataTable(headers=(_("Month"), _("Median"), _("Cases")), rows=rows)


def _spec(
    months: Sequence[MonthMedian], targets: Sequence[tuple[str, int]], unit: int, largest: float
) -> dict[str, Any]:
    ticks = ticks_from_zero(largest)
    band = WIDTH / max(len(months), 1)
    bars, gaps, names, numbers = [], [], [], []
    every = -(-len(months) // 12) or 1
    for index, one in enumerate(months):
        middle = round((index + 0.5) * band, 1)
        edges = {"x": round((index + 0.2) * band, 1), "x2": round((index + 0.8) * band, 1), "y": 0}
        if one.minutes is None:
            gaps.append({**edges, "y2": ticks[-1]})
        else:
            bars.append({**edges, "y2": round(one.minutes / unit, 2)})
            numbers.append({"x": middle, "y": round(one.minutes / unit, 2), "text": f"{one.minutes / unit:.1f}"})
        if index % every == 0:
            names.append({"x": middle, "y": 0, "text": date_format(one.month, "M")})
    lines = [{"x": 0, "x2": WIDTH, "y": round(minutes / unit, 2)} for _name, minutes in targets]
    text = {"type": "text", "baseline": "alphabetic"}
    axis = {"values": ticks, "title": None, "format": "d", "tickSize": 4}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": "none",
        "padding": PADDING,
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "scale": {"domain": [0, WIDTH], "nice": False}, "axis": None},
            "y": {
                "field": "y",
                "type": "quantitative",
                "scale": {"domain": [0, ticks[-1]], "nice": False, "zero": True},
                "axis": axis,
            },
        },
        "layer": [
            _layer(gaps, {"type": "bar", "fill": HATCH, "fillOpacity": 0.6, "stroke": None}, ("x2", "y2")),
            _layer(bars, {"type": "bar", "fill": VERIFIED, "stroke": None}, ("x2", "y2")),
            _layer(lines, {"type": "rule", "stroke": EVENT, "strokeWidth": 1.5, "strokeDash": [5, 3]}, ("x2",)),
            _layer([{"x": 0, "x2": WIDTH, "y": 0}], {"type": "rule", "stroke": MUTED}, ("x2",)),
            _layer(numbers if len(months) <= 14 else [], {**text, "fill": INK, "dy": -5}, (), text=True),
            _layer(names, {**text, "fill": MUTED, "dy": 14}, (), text=True),
        ],
    }


def _layer(
    values: list[dict[str, Any]], mark: dict[str, Any], ends: tuple[str, ...], *, text: bool = False
) -> dict[str, Any]:
    encoding: dict[str, Any] = {end: {"field": end} for end in ends}
    if text:
        encoding["text"] = {"field": "text", "type": "nominal"}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}
