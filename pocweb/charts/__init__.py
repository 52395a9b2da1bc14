"""Charts and maps as SVG for page and PDF alike: plain values in, a `Drawing` out.

Marks are drawn by Vega-Lite on the server (`engine`), tiny marks by hand (`sparkline`). Nothing here reads the
database, the clock or the network; the same values give the same bytes.
"""

from pocweb.charts.areas import BOUNDARY_DISCLAIMER, AreaShape, Marker, area_map
from pocweb.charts.drawing import DataTable, Drawing
from pocweb.charts.monthly import MonthPoint, monthly_bars
from pocweb.charts.ratings import RatingPoint, RatingSeries, series_chart
from pocweb.charts.spark import sparkline
from pocweb.charts.states import AreaState, state_map

__all__ = [
    "BOUNDARY_DISCLAIMER",
    "AreaShape",
    "AreaState",
    "DataTable",
    "Drawing",
    "Marker",
    "MonthPoint",
    "RatingPoint",
    "RatingSeries",
    "area_map",
    "monthly_bars",
    "series_chart",
    "sparkline",
    "state_map",
]
