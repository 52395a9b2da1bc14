"""The map of where communities are heard: networks, assistants, nobody; bases that lack one are named (CM-07)."""

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from coordination.communities.gaps import ASSISTANT, NETWORK, PLAN, Base, Ground, has
from pocweb.audit import fingerprint
from pocweb.charts import AreaShape, AreaState, Drawing, Marker, state_map
from pocweb.charts.engine import code_version
from threats.division import Division, DivisionArea, Offices, Post
from threats.services.incident_places import STEP

LEVEL = 2
CACHE_SECONDS = 7 * 24 * 3600
HEARD, SEEN, PLANNED, NOBODY = "heard", "seen", "planned", "nobody"
FILLS = {HEARD: "#cfe5d8", SEEN: "#e6f4fb", PLANNED: "#fdeee6", NOBODY: "#ffffff"}
NAMED = 10


@dataclass(frozen=True)
class Line:
    """One area in reach: its state and word, and what stands there."""

    area: DivisionArea
    state: str
    word: str
    networks: int
    assistants: int
    has_plan: bool


@dataclass(frozen=True)
class CommunityMap:
    """The areas with their words, the drawing (None where no area has a shape), and the legend with counts."""

    lines: list[Line]
    drawing: Drawing | None
    legend: list[tuple[SafeString, str, int]]

    @property
    def blind(self) -> list[Line]:
        return [line for line in self.lines if line.state == NOBODY]


def words() -> dict[str, str]:
    return {
        HEARD: _("Active alert network"),
        SEEN: _("Liaison assistant, no network"),
        PLANNED: _("Protection plan alone"),
        NOBODY: _("Blind spot: no network, no assistant, no plan"),
    }


def map_of(ground: Ground) -> CommunityMap:
    """Return the map of the second-level areas in the person's reach; one query, two where it was not drawn."""
    offices = _offices(ground)
    division = Division(offices.roots, LEVEL, ground.today)
    said = words()
    lines = []
    for area in division.areas.values():
        if offices.reaches(area.path):
            lines.append(_line(area, ground, said))
    return CommunityMap(lines, _draw(lines, ground, division, offices), _legend(lines, said))


def _offices(ground: Ground) -> Offices:
    """Return the offices of the ground as a division sees them."""
    own = {
        area
        for office, areas in ground.offices
        for area, _pcode, _name in areas
        if office.path.startswith(ground.reach)
    }
    held = [area for _office, areas in ground.offices for area, _pcode, _name in areas]
    posts = [
        Post(office.pk, office.name, office.lat, office.lon)
        for office, _areas in ground.offices
        if office.lat is not None and office.lon is not None
    ]
    top = ground.offices[0][0].path if ground.offices else ""
    return Offices(
        tuple(posts), frozenset(path[:STEP] for path in held), tuple(sorted(own)), top.startswith(ground.reach)
    )


def _line(area: DivisionArea, ground: Ground, said: dict[str, str]) -> Line:
    """What lies in the area or above it counts for it; what an area above has is not more than it says (ours)."""
    networks = sum(one.area.path.startswith(area.path) for one in ground.active)
    assistants = sum(path.startswith(area.path) for path in ground.assistant_paths())
    wide_network = any(area.path.startswith(one.area.path) for one in ground.active)
    wide_assistant = any(area.path.startswith(path) for path in ground.assistant_paths())
    has_plan = any(area.path.startswith(path) or path.startswith(area.path) for path, _office in ground.plans)
    state = PLANNED if has_plan else NOBODY
    if networks or wide_network:
        state = HEARD
    elif assistants or wide_assistant:
        state = SEEN
    return Line(area, state, said[state], networks, assistants, has_plan)


def _legend(lines: list[Line], said: dict[str, str]) -> list[tuple[SafeString, str, int]]:
    counts = {state: sum(line.state == state for line in lines) for state in said}
    return [
        (AreaState("", FILLS[state]).swatch(hatched=state == NOBODY), word, counts[state])
        for state, word in said.items()
        if counts[state]
    ]


def _draw(lines: list[Line], ground: Ground, division: Division, offices: Offices) -> Drawing | None:
    states = {line.area.pcode: line.state for line in lines}
    lacking = {base.office_id for base in ground.bases if base.office_id and lacks(ground, base)}
    posts = [(post.lon, post.lat, _post_name(post.name, post.pk in lacking)) for post in offices.posts]
    asked = ["communities", code_version(), division.key, states, posts, get_language()]
    key = f"pocweb:communities:{fingerprint(asked)}"
    drawing: Drawing | None = cache.get(key)
    if drawing is None and lines:
        shapes = division.shapes()
        areas = [area for code, area in division.areas.items() if code in shapes]
        if not areas:
            return None
        said = words()
        blind = [code for code, state in states.items() if state == NOBODY]
        drawing = state_map(
            [AreaShape(area.pcode, area.name, shapes[area.pcode]) for area in areas],
            states={code: AreaState(said[state], FILLS[state]) for code, state in states.items()},
            hatched=blind,
            hatch_word=_("blind spot: no network, no assistant, no plan"),
            markers=[Marker(lon, lat, name, kind="office") for lon, lat, name in posts],
            focus=list(states) if len(states) < len(division.areas) else (),
            label=_("Map of communities: %(blind)s of %(all)s areas are blind spots")
            % {"blind": len(blind), "all": len(states)},
        )
        cache.set(key, drawing, CACHE_SECONDS)
    return drawing


def lacks(ground: Ground, base: Base) -> list[str]:
    """Return which of plan, network and assistant a base lacks."""
    return [kind for kind in (PLAN, NETWORK, ASSISTANT) if not has(ground, base, kind)]


def _post_name(name: str, is_lacking: bool) -> str:
    return _("%(name)s (gap)") % {"name": name} if is_lacking else name
