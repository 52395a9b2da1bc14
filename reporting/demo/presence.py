"""Presences of the demo mission in its last quarter: patrols around each office, bases, visits.

Alert networks and liaison assistants keep their own (`communities.py`). All are invented, and they leave blind spots:
nobody goes to Sangha-Mbaéré, Vakaga was last seen in October, and of Haut-Mbomou the mission hears in Obo alone.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from reporting.demo.diary import Diary, person
from threats.choices import PresenceKind
from threats.services.presences import add_presence, end_presence

FIRST, LAST = date(2020, 10, 1), date(2020, 12, 30)
SEED = 1004


@dataclass(frozen=True)
class Rounds:
    """The patrols of an office: who records them, sub-prefectures by how many days pass between two patrols."""

    office: str
    by: str
    near: tuple[str, ...]
    far: tuple[str, ...] = ()
    every_days: int = 9
    far_days: int = 27


ROUNDS = (
    Rounds("BAMBARI", "tamm", ("CF431", "CF433", "CF435"), ("CF432", "CF434", "CF612", "CF611", "CF621")),
    Rounds("BRIA", "kessel", ("CF521",), ("CF522",)),
    Rounds("KAGABANDORO", "kessel", ("CF421", "CF411"), ("CF422", "CF412", "CF511")),
    Rounds("BOUAR", "dahl", ("CF221", "CF222"), ("CF223", "CF211", "CF213")),
    Rounds("BOSSANGOA", "dahl", ("CF321", "CF325"), ("CF326", "CF311", "CF314", "CF312")),
    Rounds("HQ", "brandt", ("CF711", "CF111"), ("CF112", "CF115")),
)
# office, who records it, kind, sub-prefecture, place, first day, and the last day where it has ended
STANDING: tuple[tuple[str, str, PresenceKind, str, str, date, date | None], ...] = (
    ("BAMBARI", "tamm", PresenceKind.BASE, "CF612", "Company base, Alindao", date(2020, 10, 2), None),
    ("BAMBARI", "tamm", PresenceKind.BASE, "CF621", "Company base, Bangassou", date(2020, 10, 2), None),
    ("BAMBARI", "tamm", PresenceKind.BASE, "CF434", "Temporary base, Kouango", FIRST, date(2020, 11, 20)),
    ("KAGABANDORO", "kessel", PresenceKind.BASE, "CF511", "Company base, Ndélé", date(2020, 10, 2), None),
    ("BOSSANGOA", "dahl", PresenceKind.BASE, "CF314", "Company base, Paoua", date(2020, 10, 2), None),
)
VISITS: tuple[tuple[str, str, str, str, date], ...] = (
    ("BRIA", "adair", "CF531", "Birao airstrip", date(2020, 10, 14)),
    ("BRIA", "adair", "CF523", "Yalinga", date(2020, 11, 9)),
    ("BAMBARI", "bellin", "CF631", "Obo", date(2020, 11, 18)),
    ("BAMBARI", "bellin", "CF633", "Zémio", date(2020, 10, 21)),
    ("HQ", "castell", "CF121", "Mbaïki", date(2020, 11, 12)),
)


def write_presences(diary: Diary) -> None:
    """Put the presences of the last quarter into the diary, each recorded on the day that it was done."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable choice, nothing secret
    for plan in ROUNDS:
        for pcodes, days in ((plan.near, plan.every_days), (plan.far, plan.far_days)):
            for pcode in pcodes:
                _patrols(diary, plan, pcode, days, chance)
    for office, by, kind, pcode, place, first, last in STANDING:
        _standing(diary, last, by, office=office, kind=kind, area=pcode, place=place, starts_on=first)
    for office, by, pcode, place, day in VISITS:
        note = "Joint visit by helicopter; half a day on the ground."
        values = {"office": office, "area": pcode, "place": place, "starts_on": day, "note": note}
        _put(diary, day, by, kind=PresenceKind.VISIT, **values)


def _patrols(diary: Diary, plan: Rounds, pcode: str, days: int, chance: random.Random) -> None:
    day = FIRST + timedelta(days=chance.randint(0, days - 1))
    while day <= LAST:
        last = min(day + timedelta(days=chance.choice((0, 0, 1, 2))), LAST)
        _put(
            diary, last, plan.by, kind=PresenceKind.PATROL, office=plan.office, area=pcode, starts_on=day, ends_on=last
        )
        day = last + timedelta(days=days + chance.randint(-2, 2))


def _put(diary: Diary, day: date, by: str, **values: Any) -> None:
    def add(now: datetime) -> None:
        add_presence(diary.mission, by=person(by), now=now, **values)

    diary.put(day, add)


def _standing(diary: Diary, last: date | None, by: str, **values: Any) -> None:
    box: list[Any] = []

    def add(now: datetime) -> None:
        box.append(add_presence(diary.mission, by=person(by), now=now, **values))

    diary.put(values["starts_on"], add)
    if last is not None:
        diary.put(last, lambda now: end_presence(box[0], ended_on=last, by=person(by), now=now))
