"""Putting a case that is not imminent before the local forum, round by round, and closing it (EW-13).

Source: POC Handbook 2020, Annex V, steps N10 to N12: decide, carry out, reassess, again, until the threat has gone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.choices import MeetingKind, MeetingState
from coordination.meetings.agenda import why_case
from coordination.meetings.services import put_case
from coordination.models import Forum, Meeting, WarningCase
from coordination.warnings.choices import Outcome
from coordination.warnings.emergency import forums_for
from coordination.warnings.moves import locked_case, move_case
from pocweb import clock
from pocweb.errors import RuleError


@dataclass(frozen=True)
class Tabled:
    """The case before its forum: on the agenda of `meeting`, or waiting until one is called."""

    case: WarningCase
    forum: Forum | None
    meeting: Meeting | None


def next_meeting(forum: Forum, *, now: datetime) -> Meeting | None:
    """Return the forum's next regular meeting that takes entries: the one in session, else the next planned one."""
    rows = Meeting.objects.filter(forum=forum, kind=MeetingKind.REGULAR).select_related("mission", "forum", "office")
    in_session = rows.filter(state=MeetingState.OPEN).first()
    planned = rows.filter(state=MeetingState.PLANNED, starts_at__date__gte=now.date())
    return in_session or planned.order_by("starts_at", "pk").first()


def table_case(
    case: WarningCase, *, by: Any, based_on: int | None = None, reason: str = "", now: datetime | None = None
) -> Tabled:
    """Table a case: it goes on the agenda of the local forum's next regular meeting, or waits there as a proposal.

    Raises `Forbidden`, `Conflict`, `RuleError`. Source: step N10 (EW-13).
    """
    with transaction.atomic():
        case = locked_case(case.pk)
        moment = now or clock.now(case.mission)
        forum = next(iter(forums_for(case, by)), None)
        meeting = next_meeting(forum, now=moment) if forum else None
        said = {"meeting": [None, meeting.ref]} if meeting else {}
        case = move_case(case, "table", by=by, based_on=based_on, reason=reason, said=said, now=moment)
        if meeting is not None:
            put_case(meeting, case, why=why_case(case), by=by, now=moment)
    return Tabled(case, forum, meeting)


def close_case(
    case: WarningCase,
    *,
    outcome: str,
    finding: str,
    killed: int | None = None,
    injured: int | None = None,
    neutralised_at: datetime | None = None,
    by: Any,
    based_on: int | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> WarningCase:
    """Close a case with the finding that the threat has gone, on either branch, and return it.

    The imminent branch follows step N12 by analogy; the source names no end for it. People killed or injured belong to
    a threat that came true; None stands for not known. Raises `Forbidden`, `Conflict`, `RuleError` with the field.
    """
    moment = now or clock.now(case.mission)
    check_end(
        outcome=outcome, finding=finding, killed=killed, injured=injured, gone_at=neutralised_at,
        received_at=case.received_at, now=moment,
    )  # fmt: skip
    values = {
        "outcome": outcome,
        "finding": finding.strip(),
        "killed": killed if outcome == Outcome.HAPPENED else None,
        "injured": injured if outcome == Outcome.HAPPENED else None,
        "neutralised_at": neutralised_at,
    }
    return move_case(case, "close", by=by, based_on=based_on, reason=reason, values=values, now=moment)


def check_end(
    *,
    outcome: str,
    finding: str,
    killed: int | None,
    injured: int | None,
    gone_at: datetime | None,
    received_at: datetime,
    now: datetime,
) -> None:
    """Raise `RuleError` for an end that says too little, or against itself (EW-13; step N12)."""
    if outcome not in Outcome.values:
        raise RuleError("outcome_missing", _("Say what became of the threat."), "outcome")
    if not finding.strip():
        raise RuleError("finding_missing", _("Say by what you know that the threat has gone."), "finding")
    if outcome != Outcome.HAPPENED and (killed or injured):
        field = "killed" if killed else "injured"
        raise RuleError("harm_without_event", _("Nobody is harmed by what did not happen. Mend the outcome."), field)
    if outcome == Outcome.AVERTED and gone_at is None:
        raise RuleError("moment_missing", _("Say since when the threat has gone."), "neutralised_at")
    if gone_at is not None and gone_at > now:
        raise RuleError("moment_to_come", _("This moment has not come yet."), "neutralised_at")
    if gone_at is not None and gone_at < received_at:
        raise RuleError("moment_too_early", _("The report was not received yet at that moment."), "neutralised_at")
