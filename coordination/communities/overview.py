"""The communities of each office at a glance: assistants, networks by state, plans, assessment, gaps."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from coordination.communities.choices import NetworkState
from coordination.communities.gaps import Gap, Ground
from coordination.communities.rules_networks import SETTING_UP
from coordination.communities.rules_pcia import default_due
from coordination.communities.watch import amber_of
from coordination.communities.wording_networks import pcia_words
from coordination.models import Pcia
from pocweb.choices import OfficeKind
from pocweb.models import Office


@dataclass(frozen=True)
class OfficeLine:
    """One office with what is kept by it and by those below it. `pcia` is its own latest, None where there is none."""

    office: Office
    assistants: int
    setting_up: int
    active: int
    amber: int
    lapsed: int
    plans: int
    gaps: int
    pcia: Pcia | None
    pcia_tone: str
    pcia_words: str
    pcia_missing: str
    """What is said of an office that owes this year's assessment and has not begun it; empty otherwise."""
    is_late: bool


def overview_of(user: Any, ground: Ground, gaps: list[Gap], today: date) -> list[OfficeLine]:
    """Return a line for each office in the person's branches; one query beside the ground's."""
    latest: dict[int, Pcia] = {}
    rows = Pcia.objects.visible_to(user).filter(mission=ground.mission, year__lte=today.year).select_related("office")
    for one in rows.order_by("year"):
        latest[one.office_id] = one
    amber = [one.office.path for one, _why in amber_of(ground.networks, ground.periods, today)]
    return [_line(office, ground, gaps, amber, latest.get(office.pk), today) for office in ground.own_offices]


def _line(
    office: Office, ground: Ground, gaps: list[Gap], amber: list[str], pcia: Pcia | None, today: date
) -> OfficeLine:
    networks = [one.state for one in ground.networks if one.office.path.startswith(office.path)]
    tone, words = pcia_words(pcia, today) if pcia else ("none", "")
    owes = office.kind == OfficeKind.FIELD_OFFICE and (pcia is None or pcia.year < today.year)
    is_late = owes and today > default_due(today.year)
    missing = (_("%(year)d overdue, not begun") if is_late else _("%(year)d not begun")) % {"year": today.year}
    return OfficeLine(
        office=office,
        assistants=_below(office, [one.office.path for one in ground.assistants]),
        setting_up=sum(state in SETTING_UP for state in networks),
        active=networks.count(NetworkState.ACTIVE),
        amber=_below(office, amber),
        lapsed=networks.count(NetworkState.LAPSED),
        plans=_below(office, [path for _area, path in ground.plans]),
        gaps=_below(office, [one.office.path for one in gaps]),
        pcia=pcia,
        pcia_tone=tone,
        pcia_words=words,
        pcia_missing=missing if owes else "",
        is_late=is_late,
    )


def _below(office: Office, paths: list[str]) -> int:
    return sum(path.startswith(office.path) for path in paths)
