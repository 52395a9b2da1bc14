"""Judgments on forums and their acts: plain values in, plain values out."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

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
