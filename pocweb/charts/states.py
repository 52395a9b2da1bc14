"""A map of areas by state: one fill for each word, hatch for what is not seen, a dark border for what stands out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pocweb.charts.areas import BOUNDARY_DISCLAIMER, MARGIN, TALLEST, UNKNOWN, WIDTH, AreaShape, Marker, map_spec
from pocweb.charts.drawing import DataTable, Drawing
from pocweb.charts.engine import HATCH, HATCHED, draw
from pocweb.charts.projection import Projection

AROUND = 28
"""Pixels between the areas in focus and the edge: enough to know the neighbours by their borders."""


@dataclass(frozen=True, slots=True)
class AreaState:
    """How areas of one state are drawn: the word, the fill, and how wide a dark border lifts them out, in pixels."""

    word: str
    fill: str
    border: float = 0

    @property
    def hatched_fill(self) -> str:
        """The placeholder of the hatch over this fill; on pale fills, the hatch on white."""
        return next((name for name, (ground, _stripes) in HATCHED.items() if ground == self.fill), HATCH)

    def swatch(self, *, hatched: bool = False) -> SafeString:
        """Return a small picture of the fill for a legend; it says nothing to those who read the words."""
        ground, stripes = HATCHED[self.hatched_fill] if hatched else (self.fill, "none")
        edge, width = ("#17222d", self.border) if self.border else ("#6b7884", 1)
        return format_html(
            '<svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true"><path fill="{}" stroke="{}" '
            'stroke-width="{}" d="M1 1h16v10H1z"/><path stroke="{}" stroke-width="1.6" d="M3 10 10 2M8 10l7-8"/></svg>',
            ground,
            edge,
            width,
            stripes,
        )


def state_map(
    features: Sequence[AreaShape],
    *,
    states: Mapping[str, AreaState],
    hatched: Collection[str] = (),
    hatch_word: str = "",
    markers: Sequence[Marker] = (),
    labels: Collection[str] = (),
    focus: Collection[str] = (),
    label: str,
    title: str = "",
) -> Drawing:
    """Return the map of `features`, each filled by its state; one without a state is white and is said to be so.

    The drawing shows all of `features`, or where `focus` names some, these and what lies around them. `hatched` areas
    keep the colour of their state under the hatch, or lie on white where the state is pale; `hatch_word` says what
    hatching means. The caption ends with `BOUNDARY_DISCLAIMER`. Raises ValueError for no areas or a shape that is no
    polygon.
    """
    if not features:
        raise ValueError("a map needs at least one area")
    near = [feature.geometry for feature in features if feature.code in focus]
    shown = near or [feature.geometry for feature in features]
    projection = Projection.fit(shown, width=WIDTH, tallest=TALLEST, margin=AROUND if near else MARGIN)
    features = [feature for feature in features if projection.shows(feature.geometry)]
    markers = [marker for marker in markers if projection.holds(marker.longitude, marker.latitude)]
    fills = {feature.code: _fill(states.get(feature.code), feature.code in hatched) for feature in features}
    outlined = {code: state.border for code, state in states.items() if state.border}
    spec = map_spec(features, projection, fills, markers, set(labels), outlined)
    return Drawing(
        title=title or label,
        label=label,
        caption=_caption(bool(hatched), hatch_word, markers),
        svg=draw(spec, label=label),
        table=_table(features, states, hatched, hatch_word),
    )


def _fill(state: AreaState | None, is_hatched: bool) -> str:
    if is_hatched:
        return state.hatched_fill if state else HATCH
    return state.fill if state else UNKNOWN


def _caption(is_hatched: bool, hatch_word: str, markers: Sequence[Marker]) -> str:
    parts = []
    if is_hatched and hatch_word:
        parts.append(_("Hatched: %(what)s.") % {"what": hatch_word})
    if any(marker.kind == "office" for marker in markers):
        parts.append(_("Square: office."))
    return " ".join([*parts, str(BOUNDARY_DISCLAIMER)])


def _table(
    features: Sequence[AreaShape], states: Mapping[str, AreaState], hatched: Collection[str], hatch_word: str
) -> DataTable:
    rows = []
    for feature in features:
        state = states.get(feature.code)
        word = state.word if state else _("not shown")
        rows.append((feature.name, word, hatch_word if feature.code in hatched else ""))
    return DataTable(headers=(_("Area"), _("State"), _("Information")), rows=tuple(rows))
