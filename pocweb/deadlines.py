"""When a deadline is told of, and how far it climbs. Plain values in, plain values out; the numbers are ours.

Source of the climbing: POC Handbook 2020, 6.1 (what one level does not settle goes to the next); it names no days.
"""

from datetime import date, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """What there is to tell of a deadline today."""

    SOON = "soon"
    OVERDUE = "overdue"
    LEVEL_1 = "level1"
    LEVEL_2 = "level2"


LEVEL_1_DAYS, LEVEL_2_DAYS = 3, 7


def stages(due_on: date, today: date, *, days_before: int = 1) -> tuple[Stage, ...]:
    """Return what is to be told today of something that is still open; empty while it has time.

    Soon from `days_before` days before to the day itself, on which it is in time; overdue after it; one level up from
    the third day late, a second level up from the seventh. A round that did not run on a day is made up for on the
    next: each stage holds until the following one, and the levels add up.
    """
    late = (today - due_on).days
    if late <= 0:
        return (Stage.SOON,) if today >= due_on - timedelta(days=days_before) else ()
    found = [Stage.OVERDUE]
    if late >= LEVEL_1_DAYS:
        found.append(Stage.LEVEL_1)
    if late >= LEVEL_2_DAYS:
        found.append(Stage.LEVEL_2)
    return tuple(found)
