"""What a person can do with response activities: add, edit, move on."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, Component, Counter, Mission, Office, Person
from pocweb.permissions import refuse_above_clearance, require
from strategy import rules
from strategy.models import Activity
from threats.models import Threat
from threats.services.inheritance import raise_editions_telling

TEXT_FIELDS = ("title", "description", "catalogue_code", "result")
DATE_FIELDS = ("starts_on", "due_on")
LINK_FIELDS = ("component", "owner", "area", "office")
MANY_FIELDS = ("supporting", "threats")
EDITABLE: tuple[str, ...] = (
    *("title", "description", "catalogue_code", "tier", "phases", "component", "supporting", "owner", "threats"),
    *("office", "area", "starts_on", "due_on", "result", "marking"),
)


def plain_activity(activity: Activity) -> dict[str, Any]:
    """Return the guarded fields as plain values: ids for links, sorted lists of ids, ISO days."""
    values: dict[str, Any] = {name: getattr(activity, name) for name in TEXT_FIELDS}
    values |= {name: day.isoformat() if (day := getattr(activity, name)) else None for name in DATE_FIELDS}
    values |= {name: getattr(activity, f"{name}_id") for name in LINK_FIELDS}
    values |= {name: sorted(getattr(activity, name).values_list("pk", flat=True)) for name in MANY_FIELDS}
    return values | {"tier": activity.tier, "phases": list(activity.phases), "marking": activity.marking}


def _as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller gave (records, days, sets) in the form of `plain_activity`."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("An activity has no field %(name)s.") % {"name": name}, name)
        if name in MANY_FIELDS:
            plain[name] = sorted({getattr(item, "pk", item) for item in value})
        elif name in LINK_FIELDS:
            plain[name] = getattr(value, "pk", value)
        elif name in DATE_FIELDS:
            plain[name] = value.isoformat() if isinstance(value, date) else value or None
        elif name in ("tier", "marking"):
            plain[name] = int(value)
        else:
            plain[name] = rules.check_phases(value) if name == "phases" else value
    return plain


def _linked(mission: Mission, values: Mapping[str, Any], by: Any) -> None:
    """Refuse links that lead out of the mission or to what the person may not see."""
    for name, model in (("component", Component), ("office", Office)):
        pk = values.get(name)
        if pk is not None and not model.objects.filter(pk=pk, mission=mission).exists():
            raise RuleError("not_in_mission", _("Choose one of this mission."), name)
    if wanted := set(values.get("supporting") or ()):
        _require_all(wanted, Component.objects.filter(mission=mission), "supporting")
    if wanted := set(values.get("threats") or ()):
        _require_all(wanted, Threat.objects.visible_to(by).filter(mission=mission), "threats")
    if (pk := values.get("owner")) is not None:
        _require_all({pk}, Person.objects.filter(postings__mission=mission), "owner")
    if (pk := values.get("area")) is not None:
        _require_all({pk}, Area.objects.all(), "area")


def _require_all(wanted: set[int], queryset: Any, name: str) -> None:
    if wanted - set(queryset.filter(pk__in=wanted).values_list("pk", flat=True)):
        raise RuleError("not_found", _("One of these is not in your reach. Choose from the list."), name)


def _require_in_branch(activity: Activity, by: Any) -> None:
    """Refuse an office outside the person's branch as a fault of that field."""
    try:
        require(by, "strategy.add_activity", activity)
    except Forbidden as error:
        raise Forbidden(error.code, _("Choose an office of your own branch."), "office") from error


@transaction.atomic
def add_activity(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Activity:
    """Record a planned activity and return it; its marking is the highest of its own and of its threats.

    `values` are those of `EDITABLE`. Raises `Forbidden` outside the person's branch of offices, `RuleError` for a
    missing or wrong value, `ValidationError` for what the form should have caught.
    """
    given = {"marking": mission.default_marking, **_as_plain(values)}
    if given.get("office") is None:
        raise RuleError("office_missing", _("Choose the office."), "office")
    refuse_above_clearance(given["marking"], by)
    given["phases"] = rules.check_phases(given.get("phases") or [])
    moment = now or clock.now(mission)
    office = Office.objects.filter(pk=given["office"], mission=mission).first()
    if office is None:
        raise RuleError("not_in_mission", _("Choose one of this mission."), "office")
    activity = Activity(
        mission=mission,
        office=office,
        created_at=moment,
        created_by=by,
        changed_at=moment,
        changed_by=by,
        marking=given["marking"],
    )
    _require_in_branch(activity, by)
    _linked(mission, given, by)
    columns = [name for name in given if name not in MANY_FIELDS]
    _set_columns(activity, given, columns)
    activity.marking = _inherited(activity.marking, given.get("threats", ()))
    rules.check_period(activity.starts_on, activity.due_on)
    activity.number = Counter.take(mission, Activity.KIND)
    activity.full_clean()
    activity.save(force_insert=True)
    for name in MANY_FIELDS:
        getattr(activity, name).set(given.get(name, ()))
    changes = {name: [None, value] for name, value in plain_activity(activity).items() if value not in (None, "", [])}
    record_event(by, "added", activity, changes=changes, now=moment)
    return activity


def _inherited(own: int, threats: Any) -> int:
    return rules.highest_marking(own, Threat.objects.filter(pk__in=list(threats)).values_list("marking", flat=True))


def _set_columns(activity: Activity, values: Mapping[str, Any], columns: list[str]) -> None:
    for name in columns:
        if name in LINK_FIELDS:
            setattr(activity, f"{name}_id", values[name])
        elif name in DATE_FIELDS:
            setattr(activity, name, date.fromisoformat(values[name]) if values[name] else None)
        else:
            setattr(activity, name, values[name])


@transaction.atomic
def edit_activity(
    activity: Activity, *, based_on: int, changes: Mapping[str, Any], by: Any, now: datetime | None = None
) -> Saved[Activity]:
    """Store changes that start from version `based_on`; threats that the person cannot see stay linked.

    Raises `EditConflict` when another person changed the same field, `Forbidden`, `RuleError`.
    """
    activity = Activity.objects.select_related("office", "mission").get(pk=activity.pk)
    require(by, "strategy.change_activity", activity)
    wanted = _as_plain(changes)
    refuse_above_clearance(wanted.get("marking"), by)
    if "threats" in wanted:
        hidden = activity.threats.exclude(pk__in=Threat.objects.visible_to(by).values("pk"))
        kept = set(hidden.values_list("pk", flat=True))
        _linked(activity.mission, wanted | {"threats": [pk for pk in wanted["threats"] if pk not in kept]}, by)
        wanted["threats"] = sorted({*wanted["threats"], *kept})
    else:
        _linked(activity.mission, wanted, by)
    if "threats" in wanted or "marking" in wanted:
        cited = wanted.get("threats", activity.threats.values_list("pk", flat=True))
        wanted["marking"] = _inherited(wanted.get("marking", activity.marking), cited)

    def apply(record: Activity, values: dict[str, Any]) -> list[str]:
        columns = [name for name in values if name not in MANY_FIELDS]
        _set_columns(record, values, columns)
        for name in MANY_FIELDS:
            if name in values:
                getattr(record, name).set(values[name])
        marking = _inherited(record.marking, record.threats.values_list("pk", flat=True))
        if marking != record.marking:
            record.marking = marking
            columns.append("marking")
        rules.check_period(record.starts_on, record.due_on)
        if "office" in values:
            record.office = Office.objects.get(pk=values["office"])
            _require_in_branch(record, by)
        if "marking" in columns:
            raise_editions_telling(record, by=by, now=now or clock.now(record.mission))
        return list(dict.fromkeys(columns))

    return save_guarded(
        Activity.objects.select_related("mission", "office"),
        activity.pk,
        based_on=based_on,
        changes=wanted,
        by=by,
        plain=plain_activity,
        apply=apply,
        now=now,
    )


@transaction.atomic
def set_status(
    activity: Activity, *, act: str, by: Any, done_on: date | None = None, result: str = "", now: datetime | None = None
) -> Activity:
    """Move an activity on by an act of the state table and return it fresh from the database.

    The owner may start and finish whatever the role. Of two people at once one succeeds; the other gets a `Conflict`
    that names the first and the moment. Raises `Forbidden`, and `RuleError` for an act that its state does not know
    or a missing day.
    """
    activity = Activity.objects.select_related("office", "mission").get(pk=activity.pk)
    reports = act in (rules.START, rules.FINISH)
    require(by, "strategy.report_activity" if reports else "strategy.change_activity", activity)
    moment = now or clock.now(activity.mission)
    try:
        move = rules.move_for(activity.status, act)
    except RuleError as error:
        raise _already(activity, act) or error from None
    day = rules.check_done_day(done_on, today=moment.date()) if move.needs_day else None
    columns: dict[str, Any] = {"status": move.after, "done_on": day}
    if result.strip():
        # what stood there is another person's word, and stays
        columns["result"] = "\n".join(text for text in (activity.result, result.strip()) if text)
    changed = Activity.objects.filter(pk=activity.pk, status=move.before, result=activity.result).update(
        **columns, version=F("version") + 1, changed_at=moment, changed_by=by
    )
    if not changed:
        raise _already(activity, act) or Conflict("moved_on", _("Another person was first. Load the page again."))
    diff: dict[str, list[Any]] = {"status": [move.before, move.after], "done_on": [activity.done_on, day]}
    if "result" in columns:
        diff["result"] = [activity.result, columns["result"]]
    fresh = Activity.objects.select_related("office", "mission", "component", "owner").get(pk=activity.pk)
    changes = {name: pair for name, pair in diff.items() if pair[0] != pair[1]}
    record_event(by, move.verb, fresh, changes=changes, now=moment)
    return fresh


def _already(activity: Activity, act: str) -> Conflict | None:
    """Return the conflict that says who did the same act before, or None when nobody did as the last act."""
    last = history_of(activity).filter(verb__in=[move.verb for move in rules.MOVES]).first()
    if last is None or last.verb not in {move.verb for move in rules.MOVES if move.act == act}:
        return None
    words = {"ref": activity.ref, "who": last.actor, "when": f"{last.at.day} {last.at:%B %Y, %H:%M}"}
    return Conflict("already_done", _("%(who)s did this to %(ref)s on %(when)s UTC. Nothing was done twice.") % words)
