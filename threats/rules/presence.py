"""From when to when a presence was there. The rules are ours: the Handbook names the kinds, not how they are kept."""

from datetime import date

from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from threats.choices import PresenceKind


def check_days(*, kind: str, starts_on: date | None, ends_on: date | None, today: date) -> date | None:
    """Return the last day of a presence, None while it goes on.

    A patrol or visit without a last day is of one day, since an open one would count as seeing for ever. Raises
    `RuleError` at the field for a missing or future first day, and for a last day before the first.
    """
    if starts_on is None:
        raise RuleError("start_missing", _("Give the first day."), "starts_on")
    if starts_on > today:
        raise RuleError("not_begun", _("This day has not come yet. Record a presence once it has begun."), "starts_on")
    if ends_on is not None and ends_on < starts_on:
        raise RuleError("ends_before_start", _("The last day lies before the first."), "ends_on")
    if ends_on is None and kind not in PresenceKind.STANDING:
        return starts_on
    return ends_on


def check_end(*, starts_on: date, ended_on: date | None, today: date) -> date:
    """Return the day on which a presence ended; raise `RuleError` for none, one to come, or one before it began."""
    if ended_on is None:
        raise RuleError("end_missing", _("Give the day on which it ended."), "ended_on")
    if ended_on > today:
        raise RuleError("end_to_come", _("This day has not come yet."), "ended_on")
    if ended_on < starts_on:
        raise RuleError("ends_before_start", _("It began after this day."), "ended_on")
    return ended_on
