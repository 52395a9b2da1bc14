"""People killed per month: verified and unverified share as bars, low to high estimate as a line, gaps shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pocweb.charts.drawing import INK, MUTED, PAPER, UNVERIFIED, VERIFIED, DataTable, Drawing
from pocweb.charts.engine import HATCH, draw
from pocweb.charts.scales import ticks_from_zero

WIDTH, HEIGHT = 340, 150
PADDING = {"left": 34, "right": 6, "top": 14, "bottom": 34}
MOST_NUMBERED = 14
"""Above this many months the bars are too thin to stand a number on each."""


@dataclass(frozen=True, slots=True)
class MonthPoint:
    """One month's killed. `best` None means that nothing is recorded, which is not zero.

    `verified` is the part of `best` that has passed verification. `low` and `high` bound the estimate; sources break
    that order at times (19 of 1,576 events in UCDP GED 23.1 for one country), so it is drawn and not refused.
    """

    month: date
    best: int | None
    verified: int = 0
    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when the numbers contradict each other."""
        if self.best is None:
            if self.verified or self.low is not None or self.high is not None:
                raise ValueError(f"{self.month:%Y-%m}: estimates without a best estimate")
            return
        if not 0 <= self.verified <= self.best:
            raise ValueError(f"{self.month:%Y-%m}: verified must lie between 0 and the best estimate")
        if self.bottom < 0:
            raise ValueError(f"{self.month:%Y-%m}: a count is not negative")

    @property
    def bottom(self) -> int:
        """Return where the estimate begins: low, or best where no low is known or the source's low lies above it."""
        best = self.best or 0
        return best if self.low is None else min(self.low, best)

    @property
    def top(self) -> int:
        """Return where the estimate ends: high, or best where no high is known or the source's high lies below it."""
        best = self.best or 0
        return best if self.high is None else max(self.high, best)


def monthly_bars(points: Sequence[MonthPoint], *, title: str, label: str = "") -> Drawing:
    """Return the bars of killed per month, from zero, with low to high lines.

    Months missing between the first and the last are added as gaps. `label` is the sentence for those who cannot see
    the drawing; without one it is made from the figures. Raises ValueError for no points or a month given twice.
    """
    months = fill_gaps(points)
    label = label or _sentence(months, title)
    spec = _spec(months)
    return Drawing(
        title=title, label=label, caption=_caption(months), svg=draw(spec, label=label), table=_table(months)
    )


def fill_gaps(points: Sequence[MonthPoint]) -> list[MonthPoint]:
    """Return the points in order, with a point without figures for each month that is missing in between."""
    by_month = {(point.month.year, point.month.month): point for point in points}
    if not points or len(by_month) != len(points):
        raise ValueError("monthly bars need at least one month, and each month once")
    first, last = min(by_month), max(by_month)
    months = []
    for index in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1]):
        year, month = index // 12, index % 12 + 1
        months.append(by_month.get((year, month)) or MonthPoint(month=date(year, month, 1), best=None))
    return months


def _month_name(point: MonthPoint) -> str:
    return date_format(point.month, "M Y")


def _sentence(months: Sequence[MonthPoint], title: str) -> str:
    values = "; ".join(
        f"{_month_name(point)} {_('not recorded') if point.best is None else point.best}" for point in months
    )
    return _("%(title)s, best estimate: %(values)s. The table has low, high and verified.") % {
        "title": title,
        "values": values,
    }


def _caption(months: Sequence[MonthPoint]) -> str:
    parts = [_("Dark: verified. Light: not verified. Line: low to high estimate.")]
    if any(point.best is None for point in months):
        parts.append(_("Hatched: nothing recorded, which is not zero."))
    return " ".join(parts)


def _table(months: Sequence[MonthPoint]) -> DataTable:
    unknown = _("not recorded")
    rows = []
    for point in months:
        if point.best is None:
            rows.append((_month_name(point), unknown, unknown, unknown, unknown))
        else:
            low = unknown if point.low is None else str(point.low)
            high = unknown if point.high is None else str(point.high)
            rows.append((_month_name(point), str(point.best), low, high, str(point.verified)))
    return DataTable(headers=(_("Month"), _("Best"), _("Low"), _("High"), _("Verified")), rows=tuple(rows))


def _spec(months: Sequence[MonthPoint]) -> dict[str, Any]:
    ticks = ticks_from_zero(max((point.top for point in months if point.best is not None), default=0))
    band = WIDTH / len(months)
    scale = {"domain": [0, ticks[-1]], "nice": False, "zero": True}
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
                "scale": scale,
                "axis": {"values": ticks, "title": None, "format": "d", "tickSize": 4},
            },
        },
        "layer": [
            _layer(
                _gaps(months, band, ticks[-1]),
                {"type": "bar", "fill": HATCH, "fillOpacity": 0.6, "stroke": None},
                ("x2", "y2"),
            ),
            _layer(_bars(months, band), {"type": "bar", "stroke": None}, ("x2", "y2"), fill=True),
            _layer([{"x": 0, "x2": WIDTH, "y": 0}], {"type": "rule", "stroke": MUTED}, ("x2",)),
            *_whiskers(months, band),
            _layer(
                _numbers(months, band), {"type": "text", "fill": INK, "dy": -5, "baseline": "alphabetic"}, text=True
            ),
            *_month_names(months, band),
        ],
    }


def _layer(
    values: list[dict[str, Any]],
    mark: dict[str, Any],
    ends: tuple[str, ...] = (),
    *,
    fill: bool = False,
    text: bool = False,
) -> dict[str, Any]:
    encoding: dict[str, Any] = {end: {"field": end} for end in ends}
    if fill:
        encoding["fill"] = {"field": "fill", "type": "nominal", "scale": None}
    if text:
        encoding["text"] = {"field": "text", "type": "nominal"}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _gaps(months: Sequence[MonthPoint], band: float, top: int) -> list[dict[str, Any]]:
    return [
        {"x": (index + 0.1) * band, "x2": (index + 0.9) * band, "y": 0, "y2": top}
        for index, point in enumerate(months)
        if point.best is None
    ]


def _bars(months: Sequence[MonthPoint], band: float) -> list[dict[str, Any]]:
    bars = []
    for index, point in enumerate(months):
        edges = {"x": round((index + 0.2) * band, 1), "x2": round((index + 0.8) * band, 1)}
        best = point.best or 0
        if point.verified:
            bars.append({**edges, "y": 0, "y2": point.verified, "fill": VERIFIED})
        if best > point.verified:
            bars.append({**edges, "y": point.verified, "y2": best, "fill": UNVERIFIED})
    return bars


def _whiskers(months: Sequence[MonthPoint], band: float) -> list[dict[str, Any]]:
    """Return the low to high lines with caps, on a white edge so that they show on the dark part of a bar."""
    lines, caps = [], []
    half = min(band * 0.18, 4)
    for index, point in enumerate(months):
        if point.best is None or point.bottom == point.top:
            continue
        middle = round((index + 0.5) * band, 1)
        lines.append({"x": middle, "y": point.bottom, "y2": point.top})
        caps += [{"x": middle - half, "x2": middle + half, "y": value} for value in (point.bottom, point.top)]
    white = {"type": "rule", "stroke": PAPER, "strokeWidth": 3.5}
    ink = {"type": "rule", "stroke": INK, "strokeWidth": 1.3}
    return [
        _layer(lines, white, ("y2",)),
        _layer(caps, white, ("x2",)),
        _layer(lines, ink, ("y2",)),
        _layer(caps, ink, ("x2",)),
    ]


def _numbers(months: Sequence[MonthPoint], band: float) -> list[dict[str, Any]]:
    if len(months) > MOST_NUMBERED:
        return []
    return [
        {"x": round((index + 0.5) * band, 1), "y": point.top, "text": str(point.best)}
        for index, point in enumerate(months)
        if point.best is not None
    ]


def _month_names(months: Sequence[MonthPoint], band: float) -> list[dict[str, Any]]:
    """Return the month names under the bars, thinned to what fits, and the year under each first month named."""
    every = -(-len(months) // 12)
    names: list[dict[str, Any]] = []
    years: list[dict[str, Any]] = []
    for index, point in enumerate(months):
        if index % every:
            continue
        place = {"x": round((index + 0.5) * band, 1), "y": 0}
        names.append({**place, "text": date_format(point.month, "M")})
        year = str(point.month.year)
        if not years or years[-1]["text"] != year:
            years.append({**place, "text": year})
    mark = {"type": "text", "fill": MUTED, "baseline": "alphabetic"}
    return [
        _layer(names, {**mark, "dy": 14}, text=True),
        _layer(years, {**mark, "dy": 28}, text=True),
    ]
