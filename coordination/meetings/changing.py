"""Changing a meeting that is still planned: when and where it begins, why it was called, its marking (CO-04)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.choices import MeetingState
from coordination.meetings import rules
from coordination.meetings.members import members_of
from coordination.models import Meeting
from pocweb import clock
from pocweb.choices import Marking, NoticeMode
from pocweb.errors import Conflict, RuleError
from pocweb.fieldlist import for_people
from pocweb.guard import Saved, save_guarded
from pocweb.notices import notify, register_topic
from pocweb.permissions import refuse_above_clearance, require
from pocweb.recipients import Staff
from pocweb.trail import register_verbs

TEXTS = ("place", "reason")
EDITABLE = ("starts_at", *TEXTS, "marking")
TOPIC = "meeting_changed"
CHANGE = "coordination.change_meeting"


def plain_meeting(meeting: Meeting) -> dict[str, Any]:
    """Return the guarded fields as plain values: the moment as ISO text in UTC, the marking as a number."""
    starts_at = meeting.starts_at.astimezone(UTC).isoformat()
    return {"starts_at": starts_at, "place": meeting.place, "reason": meeting.reason, "marking": int(meeting.marking)}


@transaction.atomic
def change_meeting(
    meeting: Meeting, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Meeting]:
    """Store changed fields (plain values) of a planned meeting under the lost-update guard, and tell the members once.

    A higher marking lifts the items of its agenda; a lower one leaves them, and never lies below the forum's. Raises
    `Forbidden`, `EditConflict`, `Conflict` once the meeting is no longer planned, and `RuleError` with the field.
    The Handbook is silent on meetings that are moved; ours.
    """
    require(by, CHANGE, meeting)
    wanted = _as_plain(changes)
    refuse_above_clearance(wanted.get("marking"), by)
    moment = now or clock.now(meeting.mission)
    try:
        with transaction.atomic():
            saved = save_guarded(
                Meeting.objects.select_related("mission", "office", "forum__office"),
                meeting.pk,
                based_on=based_on,
                changes=wanted,
                by=by,
                plain=plain_meeting,
                apply=lambda record, values: _apply(record, values, now=moment),
                verb="changed a meeting",
                now=moment,
            )
    except IntegrityError as error:
        raise _called_already() from error
    if saved.changes:
        _tell(saved, by=by, now=moment)
    return saved


def refuse_unless_planned(meeting: Meeting) -> None:
    """Raise `Conflict` for a meeting that is in session, held or called off: its call is history."""
    if meeting.state != MeetingState.PLANNED:
        words = {"ref": meeting.ref, "state": str(meeting.get_state_display()).lower()}
        raise Conflict("not_planned", _("Only a planned meeting can be changed. %(ref)s is: %(state)s.") % words)


def _as_plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A meeting has no field %(name)s.") % {"name": name}, name)
        if isinstance(value, datetime):
            plain[name] = value.astimezone(UTC).isoformat()
        else:
            plain[name] = value.strip() if name in TEXTS else value
    return plain


def _apply(meeting: Meeting, values: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Set plain values, judge the whole, lift the items, and return the columns that were set."""
    refuse_unless_planned(meeting)
    for name, value in values.items():
        setattr(meeting, name, parse_datetime(value or "") if name == "starts_at" else value)
    rules.check_call(kind=meeting.kind, reason=meeting.reason, starts_at=meeting.starts_at, now=now)
    if meeting.marking < meeting.forum.marking:
        words = {"marking": str(Marking(meeting.forum.marking).label).lower()}
        sentence = _("A meeting is marked at least as its forum: %(marking)s.") % words
        raise RuleError("below_forum", sentence, "marking")
    same = Meeting.objects.filter(forum=meeting.forum_id, starts_at=meeting.starts_at).exclude(pk=meeting.pk)
    if "starts_at" in values and same.exists():
        raise _called_already()
    if "marking" in values:
        meeting.items.filter(marking__lt=meeting.marking).update(marking=meeting.marking)
    return list(values)


def _called_already() -> RuleError:
    return RuleError("called_already", _("The forum has a meeting at this moment already."), "starts_at")


def _tell(saved: Saved[Meeting], *, by: Any, now: datetime) -> None:
    """Tell the members who may see the meeting as it is marked now; the notice names its fields, not their words."""
    meeting = saved.record
    people = [one for one in members_of(meeting.forum, Staff(meeting.mission)) if one.pk != by.pk]
    said = {
        "starts_at": _("it begins %(moment)s") % {"moment": for_people(meeting.starts_at)},
        "place": _("another place"),
        "reason": _("another reason"),
        "marking": _("another marking"),
    }
    what = ", ".join(said[name] for name in EDITABLE if name in saved.changes)
    words = {"ref": meeting.ref, "forum": meeting.forum, "what": what}
    notify(
        [one for one in people if one.has_perm("coordination.view_meeting", meeting)],
        topic=TOPIC,
        key=f"meeting-{meeting.pk}-version-{meeting.version}",
        ref=meeting.ref,
        text=_("%(forum)s, %(ref)s was changed: %(what)s.") % words,
        url=reverse("coordination:meeting-detail", args=[meeting.pk]),
        marking=max(meeting.marking, meeting.forum.marking),
        mission=meeting.mission,
        now=now,
    )


def register() -> None:
    """Add the topic of notices and the word of the audit trail."""
    register_topic(TOPIC, gettext_lazy("A meeting that was moved or changed"), NoticeMode.AT_ONCE)
    register_verbs({"changed a meeting": gettext_lazy("changed the call of the meeting")})
