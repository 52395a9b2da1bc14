"""What people do to assignments of community liaison assistants: add, edit, end. Source: POC Handbook 2020, 9.2."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities import plain as shared
from coordination.communities.choices import Sex
from coordination.communities.kept import keep_assistant
from coordination.communities.plain import CHANGE
from coordination.communities.rules_networks import check_key
from coordination.models import LiaisonAssistant
from coordination.sharing.services import clean
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved
from pocweb.models import Area, Counter, Mission
from pocweb.permissions import refuse_above_clearance, require
from threats.services.values import as_day

TEXTS = ("key", "languages", "risk_note")
DAYS = ("starts_on", "ends_on")
EDITABLE = ("key", "sex", "base", "areas", "languages", *DAYS, "is_lent", "risk_note", "office", "marking")
ROWS = LiaisonAssistant.objects.select_related("mission", "office", "base")


def plain_assistant(assistant: LiaisonAssistant) -> dict[str, Any]:
    """Return the guarded fields as plain values: codes of offices, p-codes in order, ISO days."""
    names = ("key", "sex", "languages", "is_lent", "risk_note", "marking")
    values: dict[str, Any] = {name: getattr(assistant, name) for name in names}
    values |= {name: day.isoformat() if (day := getattr(assistant, name)) else None for name in DAYS}
    areas = sorted(assistant.areas.values_list("pcode", flat=True)) if assistant.pk else []
    return values | {"base": assistant.base.code, "office": assistant.office.code, "areas": areas}


def as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller gave (records or their codes) in the form of `plain_assistant`."""
    given = shared.as_plain(values, editable=EDITABLE)
    if "areas" in given:
        given["areas"] = sorted(getattr(one, "pcode", one) for one in given["areas"] or [])
    return given | {name: given[name] or None for name in DAYS if name in given}


def _apply(assistant: LiaisonAssistant, values: Mapping[str, Any], *, by: Any) -> tuple[list[str], list[Area] | None]:
    """Set plain values, judge the whole, and return the columns that were set and the areas where they change."""
    for name, value in values.items():
        if name in DAYS:
            setattr(assistant, name, as_day(name, value))
        elif name in ("base", "office"):
            setattr(assistant, name, shared.office_of(assistant.mission, value, field=name))
        elif name != "areas":
            setattr(assistant, name, value)
    shared.require_own_branch(by, assistant)
    assistant.key = check_key(assistant.key)
    assistant.languages = " ".join(assistant.languages.split())
    if assistant.sex not in Sex.values:
        raise RuleError("sex_missing", _("Choose the sex, or not known."), "sex")
    if assistant.base_id is None:
        raise RuleError("base_missing", _("Choose the base."), "base")
    _check_days(assistant)
    areas = None
    if "areas" in values:
        day = assistant.starts_on
        areas = [shared.area_of(assistant.mission, code, on=day, field="areas") for code in values["areas"]]
        if not areas:
            raise RuleError("areas_missing", _("Choose at least one area."), "areas")
    return [name for name in values if name != "areas"], areas


def _check_days(assistant: LiaisonAssistant) -> None:
    if assistant.starts_on is None:
        raise RuleError("start_missing", _("Give the first day."), "starts_on")
    if assistant.ends_on is not None and assistant.ends_on < assistant.starts_on:
        raise RuleError("ends_before_start", _("The last day lies before the first."), "ends_on")
    if assistant.is_lent and assistant.ends_on is None:
        raise RuleError("end_missing", _("Who is lent for a short time has a last day. Give it."), "ends_on")


@transaction.atomic
def add_assistant(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> LiaisonAssistant:
    """Record an assignment and return it; its areas count as seen from its first day on.

    `values` are those of `EDITABLE`. Raises `Forbidden` outside the person's branch, `RuleError` with the field.
    """
    require(by, CHANGE)
    moment = now or clock.now(mission)
    given = {"marking": mission.default_marking, "areas": [], **as_plain(values)}
    refuse_above_clearance(given["marking"], by)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    assistant = LiaisonAssistant(mission=mission, number=1, **stamps)
    _columns, areas = _apply(assistant, given, by=by)
    clean(assistant)
    assistant.number = Counter.take(mission, "assistant")
    assistant.save(force_insert=True)
    assistant.areas.set(areas or [])
    record_event(by, "added", assistant, changes=shared.told(plain_assistant(assistant)), now=moment)
    keep_assistant(assistant, before=(assistant.starts_on, None), by=by, now=moment)
    return assistant


@transaction.atomic
def edit_assistant(
    assistant: LiaisonAssistant, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[LiaisonAssistant]:
    """Store changed fields under the lost-update guard, the presences with them.

    Raises `Forbidden`, `EditConflict`, and `RuleError` with the field.
    """
    require(by, CHANGE, assistant)
    moment = now or clock.now(assistant.mission)
    before: list[tuple[date, date | None]] = []

    def apply(record: LiaisonAssistant, values: dict[str, Any]) -> list[str]:
        before.append((record.starts_on, record.ends_on))
        columns, areas = _apply(record, values, by=by)
        if areas is not None:
            record.areas.set(areas)
        return columns

    saved = shared.save_edit(
        ROWS.all(), assistant, changes=as_plain(changes), by=by, based_on=based_on, plain=plain_assistant,
        apply=apply, now=moment,
    )  # fmt: skip
    if before:
        keep_assistant(saved.record, before=before[0], by=by, now=moment)
    return saved


@transaction.atomic
def end_assistant(
    assistant: LiaisonAssistant, *, ends_on: date | None, by: Any, now: datetime | None = None
) -> LiaisonAssistant:
    """Say on which day an assignment without a last day ends, and return it fresh.

    Of two people at once one succeeds; the other gets a `Conflict`. Raises `Forbidden`, `RuleError` at `ends_on`.
    """
    assistant = ROWS.get(pk=assistant.pk)
    require(by, CHANGE, assistant)
    if ends_on is None or ends_on < assistant.starts_on:
        words = _("It began after this day.") if ends_on else _("Give the last day.")
        raise RuleError("wrong_end", words, "ends_on")
    moment = now or clock.now(assistant.mission)
    stamps: dict[str, Any] = {"version": F("version") + 1, "changed_at": moment, "changed_by": by}
    rows = LiaisonAssistant.objects.filter(pk=assistant.pk, ends_on=None)
    if not rows.update(ends_on=ends_on, **stamps):
        raise Conflict("already_ended", _("%(ref)s has a last day already.") % {"ref": assistant.ref})
    fresh = ROWS.get(pk=assistant.pk)
    record_event(by, "ended", fresh, changes={"ends_on": [None, ends_on.isoformat()]}, now=moment)
    keep_assistant(fresh, before=(fresh.starts_on, None), by=by, now=moment)
    return fresh
