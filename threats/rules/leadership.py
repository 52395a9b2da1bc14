"""What leadership must, should and could decide on: the threats of a matrix in three lists, and what each asks.

Source: the POC Handbook 2020, 8.3, asks to rank threats by probability and impact, to flag gaps and to recommend their
correction; 4.2.1 asks leadership to decide and to see that plans are followed; by 8.1 violence near the mission's
presence is always acted on, whatever its scale. 4.1.3 names a "Must-Should-Could Protect Matrix" among the tools of a
mission without giving its rule: the three lists and their limits are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pocweb.choices import RiskLevel
from threats.choices import Trend

FIRST, NEXT = 1, 2


class Call(StrEnum):
    """In which list a threat stands."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"


class Why(StrEnum):
    """Why a threat stands in its list."""

    IMMINENT = "imminent"
    FIRST = "first"
    NEAR = "near"
    NEXT = "next"
    RISING = "rising"
    REST = "rest"


DECIDED = ("no_lead", "no_capacity", "activity_overdue", "no_activity", "rising_unanswered", "no_edition")
"""Gaps that need a decision of leadership, in this order: who leads, with what, who is late, what is done at all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rule needs of one threat: priority 1 to 3, risk 1 to 4; None where nobody has rated it."""

    priority: int | None
    risk: int | None
    trend: str = ""
    imminent: bool = False
    near_mission_presence: bool = False


def call_of(one: Standing) -> tuple[Call, tuple[Why, ...]]:
    """Return in which list a threat stands, and all reasons for that list.

    Must: imminent, or priority 1, or near the mission's presence with high or extreme risk. Should: priority 2, or risk
    rising. Could: the rest, also what nobody has rated yet. The rule is ours; for its grounds see the module.
    """
    is_grave = one.risk is not None and one.risk >= RiskLevel.HIGH
    must = (
        (one.imminent, Why.IMMINENT),
        (one.priority == FIRST, Why.FIRST),
        (one.near_mission_presence and is_grave, Why.NEAR),
    )
    should = ((one.priority == NEXT, Why.NEXT), (one.trend == Trend.RISING, Why.RISING))
    for call, reasons in ((Call.MUST, must), (Call.SHOULD, should)):
        if found := tuple(why for holds, why in reasons if holds):
            return call, found
    return Call.COULD, (Why.REST,)


def to_decide(codes: Sequence[str]) -> list[int]:
    """Return the places of those gaps that need a decision of leadership, in the order of `DECIDED`."""
    return sorted(
        (index for index, code in enumerate(codes) if code in DECIDED), key=lambda at: DECIDED.index(codes[at])
    )
