"""What people do in the trigger calendar: add, edit, write down an effect, call off, put back. Source: Handbook 8.5."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Office
from pocweb.permissions import refuse_above_clearance, require
from threats.choices import TriggerKind
from threats.models import TriggerEvent
from threats.rules.calendar import Window, fits_in_a_year, last_occurrence
from threats.services.values import as_day, as_person, named_areas, named_groups

COUNTER = "trigger"
TEXTS = ("title", "past_effect", "planned_action")
DATES = ("starts_on", "ends_on", "watch_from")
COLUMNS = ("kind", *TEXTS, *DATES, "is_yearly", "marking", "action_owner")
LISTS = ("areas", "groups")
EDITABLE = (*COLUMNS, *LISTS)
Values = dict[str, Any]


def window_of(trigger: TriggerEvent) -> Window:
    """Return the stored days of an event."""
    return Window(trigger.starts_on, trigger.ends_on, trigger.watch_from)


def plain_trigger(trigger: TriggerEvent) -> Values:
    """Return the guarded fields of an event as plain values: ISO dates, p-codes, codes and a user name."""
    values: Values = {name: getattr(trigger, name) for name in ("kind", *TEXTS, "is_yearly", "marking")}
    values |= {name: getattr(trigger, name).isoformat() for name in DATES}
    values["action_owner"] = trigger.action_owner.username if trigger.action_owner else ""
    values["effect_of"] = trigger.effect_of.isoformat() if trigger.effect_of else ""
    values["areas"] = sorted(area.pcode for area in trigger.areas.all())
    values["groups"] = sorted(group.code for group in trigger.groups.all())
    return values


@transaction.atomic
def add_trigger(*, office: Office, values: Mapping[str, Any], by: Any, now: datetime | None = None) -> TriggerEvent:
    """Add an event to the mission's calendar and return it; of a yearly one the effect given is that of last time.

    Raises `Forbidden`, `RuleError` with the field.
    """
    mission = office.mission
    now = now or clock.now(mission)
    trigger = TriggerEvent(mission=mission, office=office, marking=mission.default_marking)
    require(by, "threats.change_trigger", trigger)
    _apply(trigger, {"past_effect": "", "planned_action": "", **values}, by)
    if trigger.is_yearly and trigger.past_effect:
        last = last_occurrence(window_of(trigger), is_yearly=True, today=now.date())
        trigger.effect_of = last.ends_on if last else None
    trigger.number = Counter.take(mission, COUNTER)
    trigger.created_at = trigger.changed_at = now
    trigger.created_by = trigger.changed_by = by
    try:
        trigger.full_clean(exclude=["number"])
    except ValidationError as error:
        raise _as_rule(error) from error
    trigger.save(force_insert=True)
    _write_lists(trigger, values)
    given = {
        name: [None, value] for name, value in plain_trigger(trigger).items() if value not in ("", None, [], False)
    }
    record_event(by, "added", trigger, changes=given, now=now)
    return trigger


def edit_trigger(
    trigger: TriggerEvent, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[TriggerEvent]:
    """Store changed fields of an event under the lost-update guard.

    Raises `Forbidden`, `EditConflict`, and `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.change_trigger", trigger)

    def apply(record: TriggerEvent, wanted: Values) -> list[str]:
        columns = _apply(record, wanted, by)
        _write_lists(record, wanted)
        return columns

    return _guarded(trigger, changes, based_on, by, apply, verb="changed", now=now)


def record_effect(
    trigger: TriggerEvent, *, text: str, based_on: int, by: Any, now: datetime | None = None
) -> Saved[TriggerEvent]:
    """Write down what an event did this time; the text before stays in the history.

    Raises `Forbidden`, `EditConflict` where somebody else wrote it meanwhile, and `RuleError` while no occurrence is
    over. Source: Handbook 8.5 asks for events that have raised tensions in the past; the prompt after each is ours.
    """
    require(by, "threats.change_trigger", trigger)
    now = now or clock.now(trigger.mission)
    if not text.strip():
        raise RuleError("no_effect", _("Say what happened, or that nothing did."), "past_effect")
    last = last_occurrence(window_of(trigger), is_yearly=trigger.is_yearly, today=now.date())
    if last is None:
        raise RuleError("not_over", _("%(ref)s is not over yet.") % {"ref": trigger.ref}, "past_effect")
    changes = {"past_effect": text.strip(), "effect_of": last.ends_on.isoformat()}

    def apply(record: TriggerEvent, wanted: Values) -> list[str]:
        record.past_effect, record.effect_of = changes["past_effect"], last.ends_on
        return ["past_effect", "effect_of"]

    return _guarded(trigger, changes, based_on, by, apply, verb="recorded the effect", now=now)


def call_off_trigger(trigger: TriggerEvent, *, reason: str, by: Any, now: datetime | None = None) -> TriggerEvent:
    """Mark an event as called off, with the reason; it stays in the calendar. Raises `Forbidden`, `Conflict`."""
    if not reason.strip():
        raise RuleError("no_reason", _("Say why. The reason is kept with the event."), "reason")
    return _turn(trigger, reason.strip(), verb="called off", by=by, now=now)


def put_back_trigger(trigger: TriggerEvent, *, by: Any, now: datetime | None = None) -> TriggerEvent:
    """Take back that an event was called off. Raises `Forbidden`, `Conflict`."""
    return _turn(trigger, "", verb="put back", by=by, now=now)


@transaction.atomic
def _turn(trigger: TriggerEvent, reason: str, *, verb: str, by: Any, now: datetime | None) -> TriggerEvent:
    """Store the reason by a conditional update, so that of two people one is told."""
    require(by, "threats.change_trigger", trigger)
    moment = now or clock.now(trigger.mission)
    rows = TriggerEvent.objects.filter(pk=trigger.pk)
    rows = rows.filter(called_off="") if reason else rows.exclude(called_off="")
    before = trigger.called_off
    if not rows.update(called_off=reason, version=F("version") + 1, changed_at=moment, changed_by=by):
        said = _("%(ref)s is called off already.") if reason else _("%(ref)s is not called off.")
        raise Conflict("already_done", said % {"ref": trigger.ref})
    trigger.refresh_from_db()
    record_event(by, verb, trigger, changes={"called_off": [before, reason]}, now=moment)
    return trigger


def _guarded(
    trigger: TriggerEvent, changes: Mapping[str, Any], based_on: int, by: Any, apply: Any, *, verb: str, now: Any
) -> Saved[TriggerEvent]:
    try:
        return save_guarded(
            TriggerEvent.objects.select_related("mission", "office", "action_owner"),
            trigger.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=plain_trigger,
            apply=apply,
            verb=verb,
            now=now,
        )
    except ValidationError as error:
        raise _as_rule(error) from error


def _apply(trigger: TriggerEvent, values: Mapping[str, Any], by: Any) -> list[str]:
    """Set the given columns and return their names. Raises `RuleError` with the field."""
    columns = [name for name in COLUMNS if name in values]
    for name in columns:
        value = values[name]
        if name in DATES:
            value = as_day(name, value)
        elif name in TEXTS:
            value = str(value or "").strip()
        elif name == "action_owner":
            value = as_person(trigger.mission_id, name, value)
        setattr(trigger, name, value)
    _check(trigger)
    refuse_above_clearance(trigger.marking, by)
    return columns


def _check(trigger: TriggerEvent) -> None:
    if trigger.kind not in TriggerKind.values:
        raise RuleError("unknown_kind", _("Choose the kind of event."), "kind")
    if not trigger.title:
        raise RuleError("no_title", _("Name the event, as people call it."), "title")
    says = {
        "starts_on": _("Say on which day it begins."),
        "ends_on": _("Say on which day it ends; the same day for a single one."),
        "watch_from": _("Say from which day it is watched."),
    }
    for name, text in says.items():
        if getattr(trigger, name) is None:
            raise RuleError("no_day", text, name)
    if trigger.ends_on < trigger.starts_on:
        raise RuleError("ends_first", _("It ends before it begins."), "ends_on")
    if trigger.watch_from > trigger.starts_on:
        raise RuleError(
            "watched_late", _("The watch begins after the event. Name its first day or before."), "watch_from"
        )
    if trigger.is_yearly and not fits_in_a_year(window_of(trigger)):
        raise RuleError("too_long", _("A yearly event and its watch must each end before it comes again."), "is_yearly")


def _write_lists(trigger: TriggerEvent, values: Mapping[str, Any]) -> None:
    if "areas" in values:
        trigger.areas.set(named_areas(values["areas"], held=trigger.areas.values("pk")))
    if "groups" in values:
        trigger.groups.set(named_groups(trigger.mission_id, values["groups"]))


def _as_rule(error: ValidationError) -> RuleError:
    name, messages = next(iter(error.message_dict.items()))
    return RuleError("invalid", messages[0], None if name == "__all__" else name)
