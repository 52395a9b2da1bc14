"""The emergency meeting of the local forum on an imminent case, called and put in session by one act (EW-09).

Source: POC Handbook 2020, Annex V, step 11: the Head of Office calls it, the forum decides at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.choices import MeetingKind, MeetingState
from coordination.meetings.members import members_of as seated_in
from coordination.meetings.services import CHANGEABLE, open_meeting, put_case, store_call
from coordination.models import Forum, Meeting, WarningCase
from coordination.permissions import CALL
from coordination.warnings.moves import locked_case, write_step
from coordination.warnings.recipients import marking_of, may_see
from coordination.warnings.sending import refuse_closed
from pocweb import clock
from pocweb.choices import Level
from pocweb.errors import RuleError
from pocweb.models import Person
from pocweb.notices import notify
from pocweb.permissions import require
from pocweb.recipients import Staff

TOPIC = "emergency_meeting"
LEVELS = {Level.TACTICAL: 0, Level.OPERATIONAL: 1, Level.STRATEGIC: 2}


@dataclass(frozen=True)
class Called:
    """The meeting that takes the case up; `is_new` says that this act called it."""

    meeting: Meeting
    is_new: bool


def forums_for(case: WarningCase, by: Any) -> list[Forum]:
    """Return the active forums that may decide on a case and that the person sees, the one to call first.

    Those of its own office come first, then of the offices above; at one office the local level first.
    """
    office = case.office
    paths = [office.path[:end] for end in range(office.steplen, len(office.path) + 1, office.steplen)]
    today = clock.today(case.mission)
    rows = Forum.objects.visible_to(by).filter(mission=case.mission_id, is_active=True, office__path__in=paths)
    found = [one for one in rows.select_related("office", "mission") if not one.active_to or one.active_to >= today]
    return sorted(found, key=lambda one: (-len(one.office.path), LEVELS[Level(one.level)], one.pk))


def local_forum(case: WarningCase, by: Any) -> Forum | None:
    """Return the forum that takes up a case: the local one of its office, or the next above it."""
    return next(iter(forums_for(case, by)), None)


@transaction.atomic
def call_emergency(
    case: WarningCase, *, by: Any, forum: Forum | None = None, reason: str = "", now: datetime | None = None
) -> Called:
    """Call an emergency meeting now, put it in session with the case on its agenda, and tell the members.

    The reason is that of the imminence where none is given. Of two people at once the second is led to the meeting of
    the first; a forum that is in session already takes the case up in that session. Raises `Forbidden`, and
    `RuleError` for a case that is not imminent, and where there is no forum to call.
    """
    case = locked_case(case.pk)
    require(by, CALL, case)
    refuse_closed(case)
    if not case.is_imminent:
        raise RuleError("not_imminent", _("An emergency meeting answers an imminent case. Decide its imminence first."))
    moment = now or clock.now(case.mission)
    there = _called_already(case)
    if there is not None:
        return Called(there, False)
    forum = _forum(case, forum, by)
    given = reason.strip() or case.imminence_reason
    meeting = Meeting.objects.filter(forum=forum, state=MeetingState.OPEN).select_related("mission").first()
    is_new = meeting is None
    if meeting is None:
        words = f"{case.ref}: {given}"
        meeting = store_call(
            forum, starts_at=moment, kind=MeetingKind.EMERGENCY, reason=words,
            marking=max(marking_of(case), forum.marking), by=by, now=moment,
        )  # fmt: skip
    put_case(meeting, case, why=_("Imminent: %(why)s") % {"why": given}, by=by, now=moment)
    if is_new:
        meeting = open_meeting(meeting, by=by, now=moment)
    said = {"meeting": [None, meeting.ref]}
    write_step(
        case, key="I11", act="call-emergency", verb="called an emergency meeting on", columns={}, said=said, by=by,
        now=moment,
    )  # fmt: skip
    _tell(meeting, case, by=by, now=moment)
    return Called(meeting, is_new)


def _called_already(case: WarningCase) -> Meeting | None:
    """Return the meeting that is to deal with the case and is not over: an emergency one, or one in session."""
    rows = Meeting.objects.filter(items__case=case, state__in=CHANGEABLE).select_related("mission", "office", "forum")
    found = [one for one in rows if one.kind == MeetingKind.EMERGENCY or one.state == MeetingState.OPEN]
    return found[0] if found else None


def _forum(case: WarningCase, wanted: Forum | None, by: Any) -> Forum:
    choices = forums_for(case, by)
    if not choices:
        words = _("%(office)s has no forum that you could call. Set up its local forum first.")
        raise RuleError("no_forum", words % {"office": case.office}, "forum")
    forum = next((one for one in choices if wanted is None or one.pk == wanted.pk), None)
    if forum is None:
        raise RuleError("wrong_forum", _("Choose a forum of the office of the case, or of one above it."), "forum")
    return forum


def members_of(forum: Forum, case: WarningCase) -> list[Person]:
    """Return who sits in a forum and may see the case: its chair, its seats, and its office's people of the components.

    Six queries, whatever their number.
    """
    return [one for one in seated_in(forum, Staff(case.mission)) if may_see(one, case)]


def _tell(meeting: Meeting, case: WarningCase, *, by: Any, now: datetime) -> None:
    people = [one for one in members_of(meeting.forum, case) if one.pk != by.pk]
    words = {"forum": meeting.forum, "ref": case.ref}
    notify(
        people, topic=TOPIC, key=f"meeting-{meeting.pk}-case-{case.pk}", ref=meeting.ref,
        marking=max(meeting.marking, marking_of(case)), mission=case.mission,
        text=_("%(forum)s meets now in emergency on %(ref)s. Join it.") % words,
        url=reverse("coordination:meeting-session", args=[meeting.pk]), now=now,
    )  # fmt: skip
