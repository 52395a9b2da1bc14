"""What people do to presences: add, edit, end."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, Counter, Mission, Office
from pocweb.permissions import refuse_above_clearance, require
from threats.choices import PresenceKind
from threats.models import Presence
from threats.presence_keepers import refuse_kept
from threats.rules.presence import check_days, check_end
from threats.services.incident_places import area_by_pcode, areas_of_mission

TEXTS = ("place", "note")
DAYS = ("starts_on", "ends_on")
EDITABLE = ("kind", "area", "place", "starts_on", "ends_on", "note", "office", "marking")


def plain_presence(presence: Presence) -> dict[str, Any]:
    """Return the guarded fields as plain values: p-code of the area, code of the office, ISO days."""
    values: dict[str, Any] = {name: getattr(presence, name) for name in ("kind", "place", "note", "marking")}
    values |= {name: day.isoformat() if (day := getattr(presence, name)) else None for name in DAYS}
    return values | {"area": presence.area.pcode, "office": presence.office.code}


def as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller gave (records or their codes, days or ISO text) in the form of `plain_presence`."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A presence has no field %(name)s.") % {"name": name}, name)
        if name in DAYS:
            plain[name] = value.isoformat() if isinstance(value, date) else value or None
        elif name == "area":
            plain[name] = getattr(value, "pcode", value)
        elif name == "office":
            plain[name] = getattr(value, "code", value)
        else:
            plain[name] = int(value) if name == "marking" else value
    return plain


@transaction.atomic
def add_presence(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Presence:
    """Record a presence and return it; a patrol or visit without a last day is of one day.

    `values` are those of `EDITABLE`. Raises `Forbidden` outside the person's branch of offices, and `RuleError` with
    the field for what cannot be stored.
    """
    require(by, "threats.change_presence")
    moment = now or clock.now(mission)
    given = {"marking": mission.default_marking, **as_plain(values)}
    refuse_above_clearance(given["marking"], by)
    presence = Presence(mission=mission, created_at=moment, created_by=by, changed_at=moment, changed_by=by, number=1)
    _apply(presence, given, by=by, today=moment.date())
    _clean(presence)
    presence.number = Counter.take(mission, Presence.KIND)
    presence.save(force_insert=True)
    changes = {name: [None, value] for name, value in plain_presence(presence).items() if value not in (None, "")}
    record_event(by, "added", presence, changes=changes, now=moment)
    return presence


def _apply(presence: Presence, values: dict[str, Any], *, by: Any, today: date) -> list[str]:
    """Set plain values on a presence, judge the whole, and return the columns that were set."""
    _set_columns(presence, values)
    if presence.office_id is None:
        raise RuleError("office_missing", _("Choose the office."), "office")
    try:
        require(by, "threats.change_presence", presence)
    except Forbidden as error:
        raise Forbidden(error.code, _("Choose an office of your own branch."), "office") from error
    kind = presence.kind
    if kind not in PresenceKind.values:
        raise RuleError("kind_missing", _("Choose the kind of presence."), "kind")
    last = check_days(kind=kind, starts_on=presence.starts_on, ends_on=presence.ends_on, today=today)
    columns = list(values)
    if last != presence.ends_on:
        presence.ends_on = last
        columns.append("ends_on")
    if "area" in values:  # after the days, which choose between divisions that followed each other
        presence.area = _area(presence.mission, values["area"], on=presence.starts_on)
    return list(dict.fromkeys(columns))


def _set_columns(presence: Presence, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in DAYS:
            setattr(presence, name, _day(value, name))
        elif name == "office":
            presence.office = _office(presence.mission, value)
        elif name != "area":
            setattr(presence, name, value)


def _day(value: Any, name: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise RuleError("no_day", _("Write the day as 2020-12-31."), name) from error


def _office(mission: Mission, code: str | None) -> Office:
    office = Office.objects.filter(mission=mission, code=code or "").first()
    if office is None:
        raise RuleError("office_missing", _("Choose an office of this mission."), "office")
    return office


def _area(mission: Mission, pcode: str | None, *, on: date) -> Area:
    area = area_by_pcode(pcode, on=on) if pcode else None
    if area is None or not Area.objects.filter(areas_of_mission(mission), pk=area.pk).exists():
        raise RuleError("area_unknown", _("Choose an area of the mission, by its p-code."), "area")
    return area


def _clean(presence: Presence) -> None:
    try:
        presence.full_clean(exclude=["number"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise RuleError("invalid", messages[0], None if name == "__all__" else name) from error


def edit_presence(
    presence: Presence, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Presence]:
    """Store changed fields under the lost-update guard and return what was done.

    Raises `Forbidden`, `EditConflict`, and `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.change_presence", presence)
    refuse_kept(by, presence)
    wanted = as_plain(changes)
    refuse_above_clearance(wanted.get("marking"), by)
    today = (now or clock.now(presence.mission)).date()
    try:
        return save_guarded(
            Presence.objects.select_related("mission", "office", "area"),
            presence.pk,
            based_on=based_on,
            changes=wanted,
            by=by,
            plain=plain_presence,
            apply=lambda record, values: _apply(record, values, by=by, today=today),
            now=now,
        )
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise RuleError("invalid", messages[0], None if name == "__all__" else name) from error


@transaction.atomic
def end_presence(presence: Presence, *, ended_on: date | None, by: Any, now: datetime | None = None) -> Presence:
    """Say on which day a presence that goes on ended, and return it fresh from the database.

    Of two people at once one succeeds; the other gets a `Conflict` that names the first. Raises `Forbidden`, and
    `RuleError` at `ended_on` for a day that cannot be.
    """
    presence = Presence.objects.select_related("mission", "office", "area").get(pk=presence.pk)
    require(by, "threats.change_presence", presence)
    refuse_kept(by, presence)
    moment = now or clock.now(presence.mission)
    day = check_end(starts_on=presence.starts_on, ended_on=ended_on, today=moment.date())
    changed = Presence.objects.filter(pk=presence.pk, ends_on=None).update(
        ends_on=day, version=F("version") + 1, changed_at=moment, changed_by=by
    )
    fresh = Presence.objects.select_related("mission", "office", "area").get(pk=presence.pk)
    if not changed:
        last = history_of(presence).first()
        said = {"who": last.actor if last and last.actor else _("Another person"), "ref": fresh.ref}
        raise Conflict("already_ended", _("%(who)s has given the last day of %(ref)s already.") % said)
    record_event(by, "ended", fresh, changes={"ends_on": [None, day.isoformat()]}, now=moment)
    return fresh
