"""Judgments on alert networks and liaison assistants: the state table, keys, silence, the share of women.

Plain values in, plain values out. `MOVES` is read by the service that moves a network, by the buttons of its page and
by the picture in the README. Source: POC Handbook 2020, 9.2 (CM-01, CM-03); where it is silent, ours.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.communities.choices import AlertChannel
from coordination.communities.choices import NetworkState as S
from pocweb.errors import RuleError

WOMEN_PERCENT = 30
"""Share of active women from which a mechanism counts for indicator 3.2.2. Source: POC Handbook 2020, Annex III."""
CONTACT_DAYS, EQUIPMENT_DAYS = 14, 90
"""Days after which a network is silent, its equipment unchecked, where the mission set none. Ours: 9.2 is silent."""


@dataclass(frozen=True)
class Move:
    """One line of the state table; `needs_reason` where something is given up or taken up again."""

    act: str
    before: tuple[str, ...]
    after: str
    label: str | Promise
    verb: str
    needs_reason: bool = False


SETTING_UP = (S.AT_RISK, S.FOCAL_POINT, S.CHANNEL, S.EXPECTATIONS)
MOVES: tuple[Move, ...] = (
    Move("choose", (S.AT_RISK,), S.FOCAL_POINT, gettext_lazy("The focal point is chosen"), "chose the focal point of"),
    Move("connect", (S.FOCAL_POINT,), S.CHANNEL, gettext_lazy("The channel works"), "set up the channel of"),
    Move("agree", (S.CHANNEL,), S.EXPECTATIONS, gettext_lazy("Expectations are agreed"), "agreed expectations with"),
    Move("activate", (S.EXPECTATIONS,), S.ACTIVE, gettext_lazy("It is active"), "activated"),
    Move("lapse", (S.ACTIVE,), S.LAPSED, gettext_lazy("It has lapsed"), "recorded the lapse of", True),
    Move("revive", (S.LAPSED,), S.ACTIVE, gettext_lazy("It is active again"), "activated again", True),
    Move("close", (*SETTING_UP, S.ACTIVE, S.LAPSED), S.CLOSED, gettext_lazy("Close it"), "closed", True),
)
"""The state table. Way up: POC Handbook 2020, 9.2; lapse, revival and closing are ours."""
WAY: tuple[str, ...] = (*SETTING_UP, S.ACTIVE)


def moves_from(state: str) -> tuple[Move, ...]:
    """Return what may come next, rights and missing parts aside; the buttons of the page are these."""
    return tuple(move for move in MOVES if state in move.before)


def move_for(act: str, *, state: str) -> Move:
    """Return the line of the table. Raises `RuleError` where it has none."""
    for move in moves_from(state):
        if move.act == act:
            return move
    raise RuleError(
        "illegal_move", _("This is not open in the state: %(state)s.") % {"state": str(S(state).label).lower()}
    )


@dataclass(frozen=True)
class Setup:
    """What a network has; `consenting` is the number of active focal points whose consent stands."""

    consenting: int
    channels: Collection[str]
    equipment: str = ""
    threat_types: str = ""
    response_time: str = ""
    responder: str = ""
    limits: str = ""


@dataclass(frozen=True)
class Lacking:
    """One part that a state asks for and that is missing: the field that mends it, and what to do."""

    field: str
    message: str


def lacking_for(state: str, has: Setup) -> list[Lacking]:
    """Return what is missing for a state, in the order of the way; what an earlier state asked for is asked still.

    A lapsed or closed network asks for nothing. Source: POC Handbook 2020, 9.2 (CM-03).
    """
    reached = WAY.index(state) if state in WAY else 0
    found: list[Lacking] = []
    if reached >= WAY.index(S.FOCAL_POINT) and not has.consenting:
        found.append(Lacking("focal_point", _("Name a focal point by its key, with the consent that was given.")))
    if reached >= WAY.index(S.CHANNEL):
        found += _channel(has)
    if reached >= WAY.index(S.EXPECTATIONS):
        found += _expectations(has)
    return found


def _channel(has: Setup) -> list[Lacking]:
    if not has.channels:
        return [Lacking("channels", _("Choose at least one channel."))]
    if set(has.channels) & set(AlertChannel.TECHNICAL) and not has.equipment.strip():
        return [Lacking("equipment", _("Say what equipment the community has, and who charges or pays for it."))]
    return []


def _expectations(has: Setup) -> list[Lacking]:
    asked = (
        ("threat_types", _("Write for which threats the network calls.")),
        ("response_time", _("Write how fast the mission answers a call.")),
        ("responder", _("Write whether police or military come.")),
        ("limits", _("Write which limits of protection were explained.")),
    )
    return [Lacking(name, message) for name, message in asked if not getattr(has, name).strip()]


KEY = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
LONGEST_NUMBER = 4


def check_key(key: str) -> str:
    """Return a key of a person, in capitals. Raises `RuleError` for what may be a name or a telephone number.

    A key has letters, hyphens and a number of up to four digits, and no spaces. No pattern tells every name, so the
    form says it too. Source: POC Handbook 2020, 10.2 (CM-01); the pattern is ours.
    """
    key = key.strip().upper()
    runs = re.findall(r"\d+", key)
    if not KEY.fullmatch(key) or any(len(run) > LONGEST_NUMBER for run in runs) or sum(map(len, runs)) > 6:
        words = _("Write a key such as FP-IPPY-2: letters, hyphens and a short number. Never a name or a telephone.")
        raise RuleError("key_unclear", words, "key")
    return key


@dataclass(frozen=True)
class Watch:
    """What keeps an active network alive: its days, and whether equipment has to be checked at all."""

    set_up_on: date | None
    contacted_on: date | None
    checked_on: date | None
    is_technical: bool
    consenting: int


def concerns_of(watch: Watch, *, contact_days: int, equipment_days: int, today: date) -> list[tuple[str, str]]:
    """Return why an active network is amber, as code and sentence; none where all is well (CM-01).

    A network exactly at a limit is still in time. Days count from its activation where nothing came later. That one
    without a consenting focal point is amber is ours.
    """
    found = []
    if not watch.consenting:
        found.append(("nobody", _("No focal point with consent is left.")))
    days = days_since(watch.contacted_on, watch.set_up_on, today=today)
    if days is not None and days > contact_days:
        found.append(("silent", ngettext("Silent for %(n)d day.", "Silent for %(n)d days.", days) % {"n": days}))
    days = days_since(watch.checked_on, watch.set_up_on, today=today)
    if watch.is_technical and days is not None and days > equipment_days:
        words = ngettext("Equipment unchecked for %(n)d day.", "Equipment unchecked for %(n)d days.", days)
        found.append(("unchecked", words % {"n": days}))
    return found


def days_since(*moments: date | None, today: date) -> int | None:
    """Return how many days ago the latest of these days was, None where none is known."""
    known = [one for one in moments if one is not None]
    return (today - max(known)).days if known else None


def is_technical(channels: Collection[str]) -> bool:
    """Say whether a channel is among them whose equipment has to be checked."""
    return bool(set(channels) & set(AlertChannel.TECHNICAL))


def women_percent(members: int | None, women: int | None) -> int | None:
    """Return the share of women among the active members in whole per cent, rounded down; None where not known."""
    if not members or women is None:
        return None
    return women * 100 // members


def reaches_line(members: int | None, women: int | None) -> bool | None:
    """Say whether at least 30 per cent of the members are women (indicator 3.2.2); None where not known."""
    share = women_percent(members, women)
    return None if share is None else share >= WOMEN_PERCENT


def check_day(day: date | None, *, last: date | None, today: date, field: str) -> date:
    """Return the day of a contact or check. Raises `RuleError` for none, one to come, one before what is recorded."""
    if day is None:
        raise RuleError("day_missing", _("Give the day."), field)
    if day > today:
        raise RuleError("day_to_come", _("This day has not come yet."), field)
    if last is not None and day < last:
        raise RuleError("day_before_last", _("A later day is recorded already."), field)
    return day
