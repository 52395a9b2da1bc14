"""Where communities are not heard: bases without plan, network or assistant, priority areas without network (CM-07).

A base is an office with a place of its own, or a base recorded as presence that goes on. It has what works in one of
its areas, in one below or above it, or what is linked to the office itself. Source: POC Handbook 2020, 8.3, 9.2; that
each base needs all three is the requirement's reading of them. Read once for page, map and overview: `read_ground`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Prefetch, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities.choices import NetworkState, PlanState
from coordination.communities.periods import periods_of
from coordination.communities.plain import CHANGE, KIND
from coordination.communities.rules_networks import SETTING_UP
from coordination.communities.watch import amber_of, with_consenting
from coordination.models import CommunityPlan, LiaisonAssistant, Network
from pocweb.choices import Priority, Verb
from pocweb.models import Area, Mission, Office
from pocweb.permissions import grants_for
from threats.choices import PresenceKind
from threats.models import Presence, Threat

PLAN, NETWORK, ASSISTANT, THREAT, AMBER = "plan", "network", "assistant", "threat", "amber"
KINDS: dict[str, Any] = {
    THREAT: gettext_lazy("Priority threat without network"),
    AMBER: gettext_lazy("Network to be looked after"),
    PLAN: gettext_lazy("Base without protection plan in force"),
    NETWORK: gettext_lazy("Base without active network"),
    ASSISTANT: gettext_lazy("Base without liaison assistant"),
}


def without_shapes(name: str = "areas") -> Prefetch:
    """Read areas ahead without their shapes, which are heavy."""
    return Prefetch(name, Area.objects.defer("shape"))


AreaName = tuple[str, str, str]
"""Path, p-code and name of an area."""


@dataclass(frozen=True)
class Base:
    """A base of the mission: an office with a place (`office_id`), or a presence; paths are those of its areas."""

    name: str
    office: Office
    areas: tuple[AreaName, ...]
    office_id: int | None = None
    url: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(path for path, _pcode, _name in self.areas)


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: where, since what is known, whose office, and the address that mends it."""

    kind: str
    where: str
    text: str
    office: Office
    url: str
    act: str
    source_url: str = ""

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])


@dataclass(frozen=True)
class Helper:
    """An assignment that goes on: the office that keeps it, the base, and the paths of its areas."""

    office: Office
    base_id: int
    marking: int
    paths: tuple[str, ...]


@dataclass
class Ground:
    """What a person sees of the communities of a mission on a day; each list was read in one query.

    `offices` are all of the mission in tree order, each with the areas that it answers for; `reach` are the paths of
    the person's branches.
    """

    mission: Mission
    today: date
    offices: list[tuple[Office, tuple[AreaName, ...]]] = field(default_factory=list)
    reach: tuple[str, ...] = ()
    bases: list[Base] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    assistants: list[Helper] = field(default_factory=list)
    plans: list[tuple[str, str]] = field(default_factory=list)
    threats: list[tuple[Threat, tuple[AreaName, ...]]] = field(default_factory=list)
    periods: Any = None

    @property
    def active(self) -> list[Network]:
        return [one for one in self.networks if one.state == NetworkState.ACTIVE]

    @property
    def own_offices(self) -> list[Office]:
        """The offices of the person's branches, in tree order."""
        return [office for office, _areas in self.offices if office.path.startswith(self.reach)]

    def assistant_paths(self) -> list[str]:
        return [path for one in self.assistants for path in one.paths]


def touches(path: str, others: Iterable[str]) -> bool:
    """Say whether one of the areas is this one, lies in it or around it."""
    return any(other.startswith(path) or path.startswith(other) for other in others)


def read_ground(user: Any, mission: Mission, today: date) -> Ground:
    """Return what the person sees; seven queries, whatever the number of rows."""
    here: dict[str, Any] = {"mission": mission}
    networks = Network.objects.visible_to(user).filter(**here).exclude(state=NetworkState.CLOSED)
    rows = with_consenting(networks).select_related("office", "area", "mission").defer("area__shape")
    plans = CommunityPlan.objects.visible_to(user).filter(state=PlanState.IN_FORCE, **here)
    offices = list(_with_areas(Office.objects.filter(**here).order_by("path")))
    for office, _areas in offices:
        office.mission = mission
    reach = tuple(grant.office_path for grant in grants_for(user, KIND, Verb.VIEW) if grant.mission_id == mission.pk)
    ground = Ground(
        mission=mission,
        today=today,
        offices=offices,
        reach=reach,
        networks=list(rows.order_by("office__path", "number")),
        assistants=_assistants(user, mission, today),
        plans=list(plans.order_by().values_list("area__path", "office__path")),
        threats=_threats(user, mission),
        periods=periods_of(mission),
    )
    ground.bases = [*_posts(ground), *_recorded(user, mission, today)]
    return ground


def _with_areas(rows: Any) -> Iterator[tuple[Any, tuple[AreaName, ...]]]:
    """Yield each record with path, p-code and name of its areas, in one query."""
    columns = {"area_path": F("areas__path"), "area_pcode": F("areas__pcode"), "area_name": F("areas__name")}
    for _pk, group in groupby(rows.annotate(**columns).order_by(*rows.query.order_by, "pk"), key=lambda row: row.pk):
        found = list(group)
        areas = [(one.area_path, one.area_pcode, one.area_name) for one in found if one.area_path]
        yield found[0], tuple(sorted(areas))


def _assistants(user: Any, mission: Mission, today: date) -> list[Helper]:
    rows = LiaisonAssistant.objects.visible_to(user).filter(mission=mission, starts_on__lte=today)
    rows = rows.filter(Q(ends_on=None) | Q(ends_on__gte=today)).select_related("office").order_by("number")
    return [
        Helper(one.office, one.base_id, one.marking, tuple(path for path, _pcode, _name in areas))
        for one, areas in _with_areas(rows)
    ]


def _posts(ground: Ground) -> Iterator[Base]:
    """Yield the offices with a place of their own in the person's branches."""
    for office, areas in ground.offices:
        if office.lat is not None and office.lon is not None and office.path.startswith(ground.reach):
            yield Base(office.name, office, areas, office.pk, reverse("pocweb:office-detail", args=[office.pk]))


def _recorded(user: Any, mission: Mission, today: date) -> Iterator[Base]:
    """Yield the bases recorded as presences that go on."""
    rows = Presence.objects.visible_to(user).filter(mission=mission, kind=PresenceKind.BASE, starts_on__lte=today)
    rows = rows.filter(Q(ends_on=None) | Q(ends_on__gte=today)).select_related("area", "office").defer("area__shape")
    for row in rows.order_by("office__path", "area__path"):
        row.office.mission = mission
        area = ((row.area.path, row.area.pcode, row.area.name),)
        name = row.place or _("Base in %(area)s") % {"area": row.area.name}
        yield Base(name, row.office, area, None, reverse("threats:presence-detail", args=[row.pk]))


def _threats(user: Any, mission: Mission) -> list[tuple[Threat, tuple[AreaName, ...]]]:
    rows = Threat.objects.visible_to(user).active().filter(mission=mission, priority__lte=Priority.NEXT)
    return list(_with_areas(rows.select_related("office").order_by("priority", "number")))


def gaps_of(ground: Ground, user: Any, *, back: str) -> list[Gap]:
    """Return the gaps, the gravest kind first; `back` is the page that mending leads back to."""
    links = _Links(user, ground.mission, back)
    gaps = [*_threat_gaps(ground, links), *_amber_gaps(ground, links)]
    for kind in (PLAN, NETWORK, ASSISTANT):
        gaps += [_base_gap(kind, base, links) for base in ground.bases if not has(ground, base, kind)]
    return gaps


def has(ground: Ground, base: Base, kind: str) -> bool:
    """Say whether a base has a plan in force, an active network, or an assistant."""
    if kind == PLAN:
        paths: Iterable[str] = [path for path, _office in ground.plans]
        return any(touches(path, paths) for path in base.paths)
    if kind == NETWORK:
        linked = any(base.office_id and one.base_id == base.office_id for one in ground.active)
        return linked or any(touches(path, [one.area.path for one in ground.active]) for path in base.paths)
    linked = any(base.office_id and one.base_id == base.office_id for one in ground.assistants)
    return linked or any(touches(path, ground.assistant_paths()) for path in base.paths)


class _Links:
    """The addresses that mend gaps, for who may; each answer about an office is asked once."""

    def __init__(self, user: Any, mission: Mission, back: str) -> None:
        self.user, self.mission, self.back = user, mission, back
        self._may: dict[int, bool] = {}

    def may(self, office: Office) -> bool:
        if office.pk not in self._may:
            office.mission = self.mission
            probe = Network(mission=self.mission, office=office, marking=0)
            self._may[office.pk] = self.user.has_perm(CHANGE, probe)
        return self._may[office.pk]

    def to(self, name: str, keeper: Office, *args: Any, **query: Any) -> str:
        if not self.may(keeper):
            return ""
        try:
            url = reverse(f"coordination:{name}", args=args)
        except NoReverseMatch:
            return ""
        wanted = {key: value for key, value in query.items() if value} | {"next": self.back}
        return f"{url}?{urlencode(wanted)}"


def _base_gap(kind: str, base: Base, links: _Links) -> Gap:
    path, pcode, area = base.areas[0] if base.areas else ("", "", "")
    where = f"{base.name}, {area}" if area and area not in base.name else base.name
    asked = {"area": pcode, "office": base.office.code}
    code = base.office.code if base.office_id else ""
    said = {
        PLAN: (_("No community protection plan is in force."), "plan-create", _("Begin a plan"), {}),
        NETWORK: (_("No alert network is active."), "network-create", _("Add a network"), {"base": code}),
        ASSISTANT: (
            _("No liaison assistant covers it."), "assistant-create", _("Add an assignment"),
            {"base": base.office.code},
        ),
    }  # fmt: skip
    text, name, act, more = said[kind]
    return Gap(kind, where, text, base.office, links.to(name, base.office, **asked, **more), act, base.url)


def _threat_gaps(ground: Ground, links: _Links) -> list[Gap]:
    """An area that a threat of priority 1 or 2 names, without an active network in it, below or above it."""
    gaps = []
    heard = [one.area.path for one in ground.active]
    begun = [one for one in ground.networks if one.state in SETTING_UP]
    for threat, areas in ground.threats:
        for path, pcode, name in areas:
            if touches(path, heard):
                continue
            said = _("%(ref)s names this area; no alert network is active.") % {"ref": threat.ref}
            source = reverse("threats:threat-detail", args=[threat.pk])
            near = next((one for one in begun if touches(path, [one.area.path])), None)
            if near is not None:
                url = links.to("network-detail", near.office, near.pk)
                act = _("Finish %(ref)s") % {"ref": near.ref}
            else:
                url = links.to("network-create", threat.office, area=pcode, office=threat.office.code)
                act = _("Add a network")
            gaps.append(Gap(THREAT, name, said, threat.office, url, act, source))
    return gaps


def _amber_gaps(ground: Ground, links: _Links) -> list[Gap]:
    gaps = []
    for network, why in amber_of(ground.networks, ground.periods, ground.today):
        text = " ".join(words for _code, words in why)
        url = links.to("network-detail", network.office, network.pk)
        source = reverse("coordination:network-detail", args=[network.pk])
        where = f"{network.ref} {network.name}, {network.area.name}"
        gaps.append(Gap(AMBER, where, text, network.office, url, _("Record the contact or check"), source))
    return gaps
