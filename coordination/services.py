"""What a person can do with forums: add and edit them, record what they decided on a matrix edition."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination import rules
from coordination.choices import ActKind
from coordination.forum_values import (
    CHAIN,
    EDITABLE,
    TEXTS,
    as_plain,
    check_forum,
    plain_forum,
    set_columns,
    set_rows,
)
from coordination.models import Forum, ForumAct
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Mission, Office
from pocweb.permissions import refuse_above_clearance, require
from threats.models import MatrixEdition
from threats.services import editions

__all__ = [
    "EDITABLE",
    "TEXTS",
    "add_forum",
    "edit_forum",
    "forums_for",
    "missing_members",
    "plain_forum",
    "record_endorsement",
    "record_return",
]


def _require_in_branch(forum: Forum, by: Any) -> None:
    try:
        require(by, "coordination.change_forum", forum)
    except Forbidden as error:
        raise Forbidden(error.code, _("Choose an office of your own branch."), "office") from error


def _hold_chain(mission: Mission, values: Mapping[str, Any]) -> None:
    """Lock the mission's forums, in one order for all, so that two changes at once cannot turn a chain upside down."""
    if CHAIN & set(values):
        list(Forum.objects.filter(mission=mission).order_by("pk").select_for_update().values_list("pk", flat=True))


@transaction.atomic
def add_forum(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Forum:
    """Record a forum and return it. `values` are those of `EDITABLE`.

    Raises `Forbidden` outside the person's branch of offices and `ValidationError` for a code that is taken. What an
    active forum lacks is no error: `missing_members` tells it.
    """
    given = {"marking": mission.default_marking, **as_plain(mission, values)}
    refuse_above_clearance(given["marking"], by)
    moment = now or clock.now(mission)
    _hold_chain(mission, given)
    forum = Forum(mission=mission, created_at=moment, created_by=by, changed_at=moment, changed_by=by)
    set_columns(forum, given)
    if forum.office_id is None:
        raise RuleError("office_missing", _("Choose the office."), "office")
    _require_in_branch(forum, by)
    check_forum(forum, given, by=by)
    forum.number = Counter.take(mission, Forum.KIND)
    forum.full_clean()
    forum.save(force_insert=True)
    set_rows(forum, given)
    changes = {name: [None, value] for name, value in plain_forum(forum).items() if value not in (None, "", [])}
    record_event(by, "added", forum, changes=changes, now=moment)
    return forum


@transaction.atomic
def edit_forum(
    forum: Forum, *, based_on: int, changes: Mapping[str, Any], by: Any, now: datetime | None = None
) -> Saved[Forum]:
    """Store changes that start from version `based_on`. Raises `EditConflict`, `Forbidden`, `RuleError`."""
    forum = Forum.objects.select_related("office", "mission").get(pk=forum.pk)
    require(by, "coordination.change_forum", forum)
    refuse_above_clearance(changes.get("marking"), by)
    _hold_chain(forum.mission, changes)

    def apply(record: Forum, values: dict[str, Any]) -> list[str]:
        columns = set_columns(record, values)
        if "office" in values:
            record.office = Office.objects.get(pk=values["office"])
            _require_in_branch(record, by)
        check_forum(record, values, by=by)
        set_rows(record, values)
        return columns

    return save_guarded(
        Forum.objects.select_related("mission", "office"),
        forum.pk,
        based_on=based_on,
        changes=as_plain(forum.mission, changes),
        by=by,
        plain=plain_forum,
        apply=apply,
        now=now,
    )


def missing_members(forum: Forum) -> str:
    """Return the warning that an active forum lacks a civilian, military or police member; empty when it lacks none."""
    kinds = [component.kind for component in forum.members.all()]
    return rules.warning_of(rules.missing_kinds(kinds, is_active=forum.is_active))


def forums_for(edition: MatrixEdition, by: Any) -> list[Forum]:
    """Return the active forums that may decide on the edition and whose acts the person may record, nearest first."""
    rows = Forum.objects.filter(mission=edition.mission_id, is_active=True).select_related("office", "mission")
    found = [one for one in rows if rules.decides_for(one.office.path, edition.office.path)]
    allowed = [one for one in found if by.has_perm("coordination.record_act", one)]
    return sorted(allowed, key=lambda one: (-len(one.office.path), one.name))


def _check_act(edition: MatrixEdition, forum: Forum, decided_on: date | None, by: Any, now: datetime) -> date:
    require(by, "coordination.record_act", forum)
    in_reach = forum.mission_id == edition.mission_id and rules.decides_for(forum.office.path, edition.office.path)
    if not in_reach or not forum.is_active:
        raise RuleError("wrong_forum", _("This forum does not decide on this office's matrix."), "forum")
    day = rules.check_decided_on(decided_on, opened_on=edition.created_at.date(), today=now.date())
    days = {"active_from": forum.active_from, "active_to": forum.active_to}
    if not rules.is_at_work(is_active=True, day=day, **days):
        raise RuleError("not_at_work", _("This forum did not work on that day."), "decided_on")
    return day


def _record(edition: MatrixEdition, forum: Forum, kind: ActKind, **columns: Any) -> ForumAct:
    act = ForumAct.objects.create(forum=forum, edition=edition, kind=kind, **columns)
    changes: dict[str, list[Any]] = {"decided_on": [None, act.decided_on], "sha256": [None, act.sha256]}
    verb = "endorsed an edition" if kind == ActKind.ENDORSE else "sent an edition back"
    record_event(act.recorded_by, verb, forum, changes=changes, note=edition.ref, now=act.recorded_at)
    return act


@transaction.atomic
def record_endorsement(
    edition: MatrixEdition,
    *,
    forum: Forum,
    decided_on: date | None,
    note: str = "",
    by: Any,
    now: datetime | None = None,
) -> ForumAct:
    """Record that the forum endorsed the edition: the rows freeze and the act keeps their fingerprint, or neither.

    Raises `RuleError` for a forum of another office, a wrong day or threats without rating, `Conflict` when another
    person recorded it first, `Forbidden`. Source: POC Handbook 2020, 8.3.
    """
    moment = now or clock.now(edition.mission)
    day = _check_act(edition, forum, decided_on, by, moment)
    frozen = editions.endorse_edition(edition, by=by, endorsed_by=forum.name, now=moment)
    return _record(
        frozen,
        forum,
        ActKind.ENDORSE,
        decided_on=day,
        note=note.strip(),
        sha256=frozen.sha256,
        recorded_at=moment,
        recorded_by=by,
    )


@transaction.atomic
def record_return(
    edition: MatrixEdition, *, forum: Forum, decided_on: date | None, note: str, by: Any, now: datetime | None = None
) -> ForumAct:
    """Record that the forum sent the edition back to draft; the note is the reason."""
    moment = now or clock.now(edition.mission)
    day = _check_act(edition, forum, decided_on, by, moment)
    digest = MatrixEdition.objects.only("sha256").get(pk=edition.pk).sha256
    try:
        returned = editions.return_edition(edition, by=by, reason=note, now=moment)
    except RuleError as error:
        if error.field == "reason":
            error.field = "note"
        raise
    return _record(
        returned,
        forum,
        ActKind.RETURN,
        decided_on=day,
        note=note.strip(),
        sha256=digest,
        recorded_at=moment,
        recorded_by=by,
    )
