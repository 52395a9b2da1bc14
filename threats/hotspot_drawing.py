"""The map of hotspots and blind spots as a drawing, with its legend in words; drawings are kept in the cache."""

from collections import Counter
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pocweb.audit import fingerprint
from pocweb.charts import AreaShape, AreaState, Drawing, Marker, state_map
from pocweb.charts.drawing import GROUND, RISK_FILLS
from pocweb.charts.engine import code_version
from threats.choices import Heat, Sight
from threats.hotspots import AreaPicture, HotspotMap

CACHE_SECONDS = 7 * 24 * 3600
NAMED = 8
FILLS = {Heat.EVENTS: RISK_FILLS[1], Heat.WATCH: "#fdeee6", Heat.NONE: GROUND}
"""Fills of what no threat rated high or extreme names; such an area takes the colour of its highest risk."""
BORDER, EVENTS_BORDER = 1.2, 3.0
"""Pixels of the dark border: of a hotspot, and of one where the events stand out."""


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One line of the legend: a picture of the fill, the word, and how many areas that are."""

    swatch: SafeString
    word: str
    count: int


UNSURE = AreaState("", "#f6f8f9")
"""The pale hatch of what is neither seen nor blind; its ground names the hatch."""


def _is_unsure(one: AreaPicture) -> bool:
    """Say whether the map shows doubt: on a hotspot its own colour is the louder word."""
    return one.sight == Sight.UNSURE and not one.is_hot


def state_of(one: AreaPicture) -> AreaState:
    """Return how an area is drawn: filled by its highest risk; a hotspot is bordered, one by events widely."""
    word = str(one.heat.label)
    if one.heat in (Heat.BOTH, Heat.THREATS) and one.risk:
        said = _("%(heat)s, risk %(risk)s") % {"heat": word, "risk": one.risk_label.lower()}
        return AreaState(said, RISK_FILLS[one.risk - 1], EVENTS_BORDER if one.heat == Heat.BOTH else BORDER)
    return AreaState(word, FILLS[one.heat], EVENTS_BORDER if one.heat == Heat.EVENTS else 0)


def legend(found: HotspotMap) -> list[LegendLine]:
    """Return the legend of what the map shows, in words; states that no area has are left out."""
    order = list(Heat)
    areas = sorted(found.areas, key=lambda one: (order.index(one.heat), -(one.risk or 0)))
    counts = Counter(state_of(one) for one in areas)
    lines = [LegendLine(state.swatch(), state.word, count) for state, count in counts.items()]
    if count := sum(_is_unsure(one) for one in found.areas):
        lines.append(LegendLine(UNSURE.swatch(hatched=True), str(Sight.UNSURE.label), count))
    if found.blind:
        word = _("Blind spot: no presence, no report")
        lines.append(LegendLine(AreaState("", "#ffffff").swatch(hatched=True), word, len(found.blind)))
    if found.outside:
        word = _("Outside your reach")
        lines.append(LegendLine(AreaState("", "#f6f8f9").swatch(), word, len(found.outside)))
    return lines


def draw_map(found: HotspotMap) -> Drawing | None:
    """Return the map, None where no area has a shape. Shapes are read only when the same map was not drawn before."""
    states = {one.area.pcode: [one.heat.value, one.risk if one.is_hot else None] for one in found.areas}
    unsure = {one.area.pcode for one in found.areas if _is_unsure(one)}
    hatched = sorted({one.area.pcode for one in found.blind} | unsure)
    named = sorted(found.hot, key=lambda one: (-(one.local.z or 0), -(one.risk or 0), one.area.name))[:NAMED]
    labels = sorted(one.area.pcode for one in named)
    posts = [(post.lon, post.lat, post.name) for post in found.offices.posts]
    asked = [code_version(), found.division.key, states, hatched, sorted(unsure), labels, posts, get_language()]
    key = f"pocweb:hotspots:{fingerprint(asked)}"
    drawing: Drawing | None = cache.get(key)
    if drawing is None:
        drawing = _draw(found, hatched, unsure, labels)
        if drawing is not None:
            cache.set(key, drawing, CACHE_SECONDS)
    return drawing


def _drawn(one: AreaPicture, unsure: set[str]) -> AreaState:
    if one.area.pcode not in unsure:
        return state_of(one)
    return AreaState(str(one.heat.label), UNSURE.fill)


def _draw(found: HotspotMap, hatched: list[str], unsure: set[str], labels: list[str]) -> Drawing | None:
    shapes = found.division.shapes()
    areas = [area for code, area in found.division.areas.items() if code in shapes]
    if not areas:
        return None
    return state_map(
        [AreaShape(area.pcode, area.name, shapes[area.pcode]) for area in areas],
        states={one.area.pcode: _drawn(one, unsure) for one in found.areas},
        hatched=hatched,
        hatch_word=_("blind spot; pale: not sure") if unsure else _("blind spot"),
        markers=[Marker(post.lon, post.lat, post.name, kind="office") for post in found.offices.posts],
        labels=labels,
        focus=[one.area.pcode for one in found.areas] if found.outside else (),
        label=_("Map of hotspots and blind spots: %(hot)s hotspots, %(blind)s blind spots of %(all)s areas")
        % {"hot": len(found.hot), "blind": len(found.blind), "all": len(found.areas)},
    )
