"""Judgments on meetings: the state tables, what is due on an agenda, deadlines. Plain values in, plain values out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.choices import ActionState, MeetingKind, MeetingState
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people

OPEN, CALL_OFF, CLOSE = "open", "call-off", "close"
FINISH, DROP = "finish", "drop"
REACH = timedelta(days=366)
"""How far a meeting may lie from today; ours, against slips of the year."""


@dataclass(frozen=True)
class Move:
    """One line of a state table; `verb` is the word of the audit trail, `label` the button."""

    before: str
    act: str
    after: str
    verb: str
    label: str | Promise


MOVES: tuple[Move, ...] = (
    Move(MeetingState.PLANNED, OPEN, MeetingState.OPEN, "opened a meeting", gettext_lazy("Open the meeting")),
    Move(MeetingState.PLANNED, CALL_OFF, MeetingState.CANCELLED, "called off a meeting", gettext_lazy("Call it off")),
    Move(MeetingState.OPEN, CLOSE, MeetingState.HELD, "closed the minutes", gettext_lazy("Close the minutes")),
)
"""The states of a meeting. The Handbook names none; ours."""

ACTION_MOVES: tuple[Move, ...] = (
    Move(ActionState.OPEN, FINISH, ActionState.DONE, "finished an action point", gettext_lazy("It is done")),
    Move(ActionState.OPEN, DROP, ActionState.CANCELLED, "dropped an action point", gettext_lazy("Drop it")),
)


def move_for(state: str, act: str) -> Move:
    """Return the line of the meetings' table. Raises `RuleError` where the act is not open in this state."""
    return _line(MOVES, state, act, str(MeetingState(state).label))


def action_move_for(state: str, act: str) -> Move:
    """Return the line of the action points' table. Raises `RuleError` where the act is not open in this state."""
    return _line(ACTION_MOVES, state, act, str(ActionState(state).label))


def _line(table: Iterable[Move], state: str, act: str, words: str) -> Move:
    for move in table:
        if (move.before, move.act) == (state, act):
            return move
    raise RuleError("illegal_move", _("This is not open in the state: %(state)s.") % {"state": words.lower()})


def acts_from(state: str) -> tuple[Move, ...]:
    """Return what people may do with a meeting in a state, rights aside; the buttons of the page are these."""
    return tuple(move for move in MOVES if move.before == state)


def check_call(*, kind: str, reason: str, starts_at: datetime | None, now: datetime) -> None:
    """Raise `RuleError` for a meeting without a moment or far from today, and an emergency without a reason.

    Source: an emergency meeting answers a named warning (POC Handbook 2020, Annex V, step 10); the reason is ours.
    """
    if starts_at is None:
        raise RuleError("moment_missing", _("Say when it begins."), "starts_at")
    if abs(starts_at - now) > REACH:
        raise RuleError("far_away", _("This is more than a year from today. Look at the year."), "starts_at")
    if kind == MeetingKind.EMERGENCY and not reason.strip():
        raise RuleError("reason_missing", _("Say why it cannot wait for the regular meeting."), "reason")


def check_reason(reason: str) -> str:
    """Return a reason without spaces around it. Raises `RuleError` when nobody wrote one."""
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why."), "reason")
    return reason.strip()


def check_opens(*, starts_on: date, today: date) -> None:
    """Raise `RuleError` when a meeting would be opened before its day; ours."""
    if today < starts_on:
        words = {"day": for_people(starts_on)}
        raise RuleError("too_early", _("It is called for %(day)s and opens on that day.") % words)


def check_action(*, text: str, has_owner: bool, due_on: date | None, met_on: date) -> str:
    """Return the text of an action point. Raises `RuleError` at the field that is missing.

    Without a responsible person and a deadline it is not saved. Source: POC Handbook 2020, Annex V, step 10 (CO-04).
    """
    if not text.strip():
        raise RuleError("text_missing", _("Say what is to be done."), "text")
    if not has_owner:
        raise RuleError("owner_missing", _("Say who does it. An action point needs one person."), "owner")
    if due_on is None:
        raise RuleError("deadline_missing", _("Say until when. An action point needs a deadline."), "due_on")
    if due_on < met_on:
        words = {"day": for_people(met_on)}
        raise RuleError("deadline_past", _("The deadline lies before the meeting of %(day)s.") % words, "due_on")
    return text.strip()


def check_done(*, done_on: date | None, met_on: date, today: date) -> date:
    """Return the day on which an action point was done. Raises `RuleError` for none, one to come or before it."""
    if done_on is None:
        raise RuleError("day_missing", _("Say on which day it was done."), "done_on")
    if done_on > today:
        raise RuleError("day_in_future", _("This day is still to come."), "done_on")
    if done_on < met_on:
        raise RuleError("day_too_early", _("The meeting had not decided it yet on that day."), "done_on")
    return done_on


def is_late(*, state: str, due_on: date, today: date) -> bool:
    """Say whether an action point is overdue: open after its deadline; on the day itself it is in time (CO-04)."""
    return state == ActionState.OPEN and due_on < today


@dataclass(frozen=True)
class ThreatFacts:
    """What decides whether a threat is due; `rated_up` says that its risk rose since the forum's last meeting."""

    priority: int | None
    risk: int | None
    imminent: bool
    review_on: date | None
    rated_up: bool
    ref: str = ""


def why_due(threat: ThreatFacts, *, today: date) -> list[str]:
    """Return why a forum should take up a threat, in sentences, the gravest first; empty when nothing is due.

    Source: the matrix ranks what the forum takes up (POC Handbook 2020, 8.3, 6.1.2); the four grounds are ours.
    """
    grounds = []
    if threat.imminent:
        grounds.append(_("Imminent."))
    if threat.rated_up:
        grounds.append(_("Rated up since the last meeting."))
    if threat.priority == 1:
        grounds.append(_("Priority 1."))
    if threat.review_on and threat.review_on < today:
        grounds.append(_("Review was due on %(day)s.") % {"day": for_people(threat.review_on)})
    return grounds


def rank(threat: ThreatFacts) -> tuple[bool, int, int, str]:
    """Return the key that sorts threats as the matrix does: imminent, priority 1 first, higher risk first (CO-06)."""
    return (not threat.imminent, threat.priority or 9, -(threat.risk or 0), threat.ref)


def takes_up_all(level: str) -> bool:
    """Say whether a forum of this level takes up the threats of the whole mission, or its own area alone (CO-06).

    Source: POC Handbook 2020, 6.1.2 and 6.1.3.
    """
    return level != "tactical"


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())
