"""Judgments on response activities: plain values in, plain values out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import Phase
from pocweb.errors import RuleError
from strategy.choices import ActivityStatus


@dataclass(frozen=True)
class Move:
    """One line of the state table. `verb` is the word of the audit trail, `needs_day` asks for the day it was done."""

    before: str
    act: str
    after: str
    label: str | Promise
    verb: str
    needs_day: bool = False


START, FINISH, CANCEL, REOPEN = "start", "finish", "cancel", "reopen"

MOVES: tuple[Move, ...] = (
    Move(ActivityStatus.PLANNED, START, ActivityStatus.ONGOING, gettext_lazy("Start"), "started"),
    Move(ActivityStatus.PLANNED, FINISH, ActivityStatus.DONE, gettext_lazy("Done"), "finished", needs_day=True),
    Move(ActivityStatus.ONGOING, FINISH, ActivityStatus.DONE, gettext_lazy("Done"), "finished", needs_day=True),
    Move(ActivityStatus.PLANNED, CANCEL, ActivityStatus.CANCELLED, gettext_lazy("Cancel the activity"), "cancelled"),
    Move(ActivityStatus.ONGOING, CANCEL, ActivityStatus.CANCELLED, gettext_lazy("Cancel the activity"), "cancelled"),
    Move(ActivityStatus.DONE, REOPEN, ActivityStatus.ONGOING, gettext_lazy("Open again"), "reopened"),
    Move(ActivityStatus.CANCELLED, REOPEN, ActivityStatus.PLANNED, gettext_lazy("Open again"), "reopened"),
)
"""The state table. The Handbook names no states of an activity; these are ours, with a way back from a slip."""


def moves_from(status: str) -> tuple[Move, ...]:
    """Return the acts open in a state, in the order of the table; the page's buttons are these."""
    return tuple(move for move in MOVES if move.before == status)


def move_for(status: str, act: str) -> Move:
    """Return the line of the table for an act in a state. Raises `RuleError` where the table has none."""
    for move in moves_from(status):
        if move.act == act:
            return move
    label = ActivityStatus(status).label.lower()
    raise RuleError("illegal_move", _("This cannot be done to an activity that is %(state)s.") % {"state": label})


def check_phases(phases: Any) -> list[str]:
    """Return the phases once each, in doctrine's order. Raises `RuleError` for none and for an unknown one.

    One action may serve several phases. Source: POC Handbook 2020, 2.2.
    """
    if not isinstance(phases, Iterable) or isinstance(phases, str):
        raise RuleError("phases_unknown", _("Name the phases as a list."), "phases")
    given = list(phases)
    unknown = [str(phase) for phase in given if phase not in Phase.values]
    if unknown:
        raise RuleError("phases_unknown", _("There is no phase called %(name)s.") % {"name": unknown[0]}, "phases")
    if not given:
        raise RuleError("phases_missing", _("Choose at least one phase."), "phases")
    return [phase for phase in Phase.values if phase in given]


def check_done_day(done_on: date | None, *, today: date) -> date:
    """Return the day on which an activity was done. Raises `RuleError` when it is missing or lies in the future."""
    if done_on is None:
        raise RuleError("day_missing", _("Say on which day it was done."), "done_on")
    if done_on > today:
        raise RuleError("day_in_future", _("It cannot have been done on a day that is still to come."), "done_on")
    return done_on


def check_period(starts_on: date | None, due_on: date | None) -> None:
    """Raise `RuleError` when the deadline lies before the first day."""
    if starts_on and due_on and due_on < starts_on:
        raise RuleError("due_before_start", _("The deadline lies before the first day."), "due_on")


def is_overdue(*, status: str, due_on: date | None, today: date) -> bool:
    """Say whether an open activity's deadline has passed; on the day itself it is still in time."""
    return status in ActivityStatus.OPEN_STATES and due_on is not None and due_on < today


def highest_marking(own: int, cited: Iterable[int]) -> int:
    """Return the marking of a record that cites others: the highest of all. Source: ST/SGB/2007/6, need to know."""
    return max([own, *cited])
