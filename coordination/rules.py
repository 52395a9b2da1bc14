"""Judgments on forums and their acts: plain values in, plain values out."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from coordination.choices import Frequency, MechanismKind
from pocweb.choices import Level
from pocweb.errors import RuleError
from pocweb.models import Component

NEEDED_KINDS = (Component.Kind.CIVILIAN, Component.Kind.MILITARY, Component.Kind.POLICE)


def missing_kinds(kinds: Iterable[str], *, is_active: bool) -> list[str]:
    """Return the kinds of component that an active forum lacks: civilian, military, police; none for a closed forum.

    Coordination joins the three. Source: POC Handbook 2020, 6 and 6.1 (CO-01); a warning, since missions adapt.
    """
    given = set(kinds)
    return [kind for kind in NEEDED_KINDS if is_active and kind not in given]


def warning_of(missing: Iterable[str]) -> str:
    """Return the sentence for missing kinds, empty for none."""
    names = [str(Component.Kind(kind).label).lower() for kind in missing]
    if not names:
        return ""
    return _("This forum has no member of these kinds: %(names)s.") % {"names": ", ".join(names)}


def decides_for(forum_path: str, office_path: str) -> bool:
    """Say whether a forum may endorse an office's edition: its office is that office or one above it (tree paths)."""
    return office_path.startswith(forum_path)


def check_decided_on(day: date | None, *, opened_on: date, today: date) -> date:
    """Return the day of a forum's decision. Raises `RuleError` when it is missing, to come, or before the edition."""
    if day is None:
        raise RuleError("day_missing", _("Say on which day the forum decided."), "decided_on")
    if day > today:
        raise RuleError(
            "day_in_future", _("The forum cannot have decided on a day that is still to come."), "decided_on"
        )
    if day < opened_on:
        raise RuleError("day_too_early", _("The edition did not exist on that day."), "decided_on")
    return day


def is_at_work(*, is_active: bool, active_from: date | None, active_to: date | None, day: date) -> bool:
    """Say whether a forum works on a day: active, begun, and not ended before it; both days count."""
    return is_active and (active_from is None or active_from <= day) and (active_to is None or day <= active_to)


def check_days_of_forum(active_from: date | None, active_to: date | None) -> None:
    """Raise `RuleError` for a forum that would end before it begins."""
    if active_from and active_to and active_to < active_from:
        raise RuleError("ends_before", _("The last day lies before the first."), "active_to")


LEVELS = (Level.TACTICAL, Level.OPERATIONAL, Level.STRATEGIC)
"""From the field upwards. Source: POC Handbook 2020, 6.1."""


def is_above(higher: str, lower: str) -> bool:
    """Say whether a forum's level lies above another's, so that the lower may refer matters up to it.

    A chain that always rises has no circles. Source: POC Handbook 2020, 6.1.1 to 6.1.3.
    """
    return LEVELS.index(Level(higher)) > LEVELS.index(Level(lower))


@dataclass(frozen=True)
class Due:
    """When a forum meets next by its cadence: `state` is "none" (as needed), "ahead", "now" or "late".

    `on` is the day, None for "none" and for a forum that never met; `days` are those left, below zero when late.
    """

    state: str
    on: date | None = None
    days: int | None = None

    @property
    def is_waiting(self) -> bool:
        return self.state in ("now", "late")


def next_due(frequency: str, *, last_met: date | None, begins: date | None, today: date) -> Due:
    """Return when a forum is due to meet, counted from its last meeting; one that never met is due now.

    Weekly is 7 days, monthly and quarterly the same day one and three months on (the last day of a shorter month).
    A forum that begins on a day to come is due on that day. The Handbook says "regularly" and names no number (6): the
    cadence is the mission's own setting, and counting from the last meeting is our rule.
    """
    if frequency == Frequency.AS_NEEDED:
        return Due("none")
    if last_met is None:
        if begins is None or begins <= today:
            return Due("now")
        return Due("ahead", begins, (begins - today).days)
    if frequency == Frequency.WEEKLY:
        due = last_met + timedelta(days=7)
    else:
        due = months_later(last_met, 1 if frequency == Frequency.MONTHLY else 3)
    days = (due - today).days
    return Due("late" if days < 0 else "now" if days == 0 else "ahead", due, days)


def months_later(day: date, months: int) -> date:
    """Return the same day some months on, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def needs_uniform_reason(*, kind: str, name: str, component_kinds: Iterable[str]) -> bool:
    """Say whether a mechanism's representative must be explained: uniformed, in a humanitarian mechanism.

    A civilian represents the mission in the Protection Cluster; uniformed staff do so for a given topic only.
    Source: POC Handbook 2020, 6.2 (CO-07). A Cluster recorded under another kind counts too.
    """
    is_uniformed = bool({Component.Kind.MILITARY, Component.Kind.POLICE} & set(component_kinds))
    return is_uniformed and (kind == MechanismKind.HUMANITARIAN or "protection cluster" in name.lower())
