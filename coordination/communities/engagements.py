"""What people do with engagement records: record, edit, keep or remove details of persons, withdraw consent.

Details of persons go round the lost-update guard and the audit trail on purpose: an event says that they were set or
removed, never what they said, so that a withdrawal leaves nothing behind (CM-09).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities import engagement_rules as rules
from coordination.communities.choices import AgeGroup, ConsentScope, Interlocutor, Purpose, Sex
from coordination.communities.photos import forget_photos
from coordination.communities.places import office_for
from coordination.models import Engagement, EngagementCount
from coordination.sharing.services import as_rule, clean
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, Component, Counter, Mission
from pocweb.permissions import refuse_above_clearance, require
from threats.services.values import as_day

CHANGE = "coordination.change_engagement"
TEXTS = ("place", "risks_weighed", "findings", "follow_up", "duplication", "problem")
LISTS: dict[str, Any] = {"purposes": Purpose, "groups": Interlocutor}
FLAGS = ("was_separate", "concerns_child_victim")
PLAIN = (*TEXTS, *LISTS, *FLAGS, "tier", "phase", "risk", "marking")
EDITABLE = (*PLAIN, "held_on", "area", "component", "counts")
SET, REMOVED = "recorded", "removed"
"""All that the trail says of details of persons."""


def plain_engagement(engagement: Engagement) -> dict[str, Any]:
    """Return the guarded fields as plain values; details of persons and consent are not among them."""
    values: dict[str, Any] = {name: getattr(engagement, name) for name in PLAIN}
    values |= {"held_on": engagement.held_on.isoformat() if engagement.held_on else None}
    values |= {"area": engagement.area_id, "component": engagement.component_id}
    return values | {"counts": counts_of(engagement)}


def counts_of(engagement: Engagement) -> dict[str, int]:
    """Return how many people of each sex and age group took part, by "female:child"."""
    if not engagement.pk:
        return {}
    return {f"{one.sex}:{one.age}": one.people for one in engagement.counts.all()}


def _as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("An engagement has no field %(name)s.") % {"name": name}, name)
        if name in ("area", "component"):
            plain[name] = getattr(value, "pk", value)
        elif name in LISTS:
            plain[name] = [one for one in LISTS[name].values if one in (value or ())]
        elif name == "held_on":
            plain[name] = value.isoformat() if isinstance(value, date) else value or None
        elif name == "counts":
            plain[name] = {key: int(people) for key, people in sorted((value or {}).items()) if people is not None}
        else:
            plain[name] = value
    return plain


def _apply(engagement: Engagement, values: Mapping[str, Any], *, by: Any, today: date) -> list[str]:
    """Set plain values, judge the whole, and return the columns that were set; counts are written apart."""
    columns = []
    for name, value in values.items():
        if name == "counts":
            continue
        if name == "area":
            engagement.area = _area(value)
            engagement.office = office_for(engagement.area, engagement.mission, by, "engagement")
            columns.append("office")
        elif name == "component":
            engagement.component = Component.objects.filter(mission=engagement.mission_id, pk=value or 0).first()
        else:
            setattr(engagement, name, as_day(name, value) if name == "held_on" else value)
        columns.append(name)
    _judge(engagement, today=today)
    return columns


def _area(key: Any) -> Area:
    area: Area | None = Area.objects.filter(pk=key or 0).first()
    if area is None:
        raise RuleError("area_missing", _("Choose the area."), "area")
    return area


def _judge(engagement: Engagement, *, today: date) -> None:
    if not engagement.purposes:
        raise RuleError("purpose_missing", _("Say why you met them."), "purposes")
    if not engagement.groups:
        raise RuleError("groups_missing", _("Say whom you met, by group."), "groups")
    if engagement.held_on is None or engagement.held_on > today:
        raise RuleError("day_missing", _("Give the day on which you met, today at the latest."), "held_on")
    if not engagement.risk:
        raise RuleError("risk_missing", _("Assess the risk for the people first."), "risk")
    if not (engagement.findings or "").strip():
        raise RuleError("findings_missing", _("Write what you learned, without names."), "findings")
    rules.check_edit(
        risk=engagement.risk,
        concerns_child_victim=engagement.concerns_child_victim,
        has_details=bool(engagement.personal_details),
        has_photos=bool(engagement.pk) and engagement.photos.exists(),
    )


def _write_counts(engagement: Engagement, counts: Mapping[str, int]) -> None:
    """Store how many people of which sex and age took part; a row that is not sent is not known and goes."""
    keys = {f"{sex}:{age}" for sex in Sex.values for age in AgeGroup.values}
    if set(counts) - keys or any(not 0 <= people <= 100_000 for people in counts.values()):
        raise RuleError("bad_count", _("Give a number of people for each group, or leave it empty."), "counts")
    engagement.counts.all().delete()
    EngagementCount.objects.bulk_create(
        EngagementCount(engagement=engagement, sex=key.split(":")[0], age=key.split(":")[1], people=people)
        for key, people in counts.items()
        if people
    )


@transaction.atomic
def add_engagement(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Engagement:
    """Record an engagement with a community and return it; `values` are those of `EDITABLE`.

    Without the result of a risk assessment nothing is recorded; details of persons come after it (CM-08). Raises
    `Forbidden`, and `RuleError` with the field. Source: POC Handbook 2020, 10.1, 10.2.
    """
    require(by, CHANGE)
    moment = now or clock.now(mission)
    given = {"marking": mission.default_marking, **_as_plain(values)}
    refuse_above_clearance(given["marking"], by)
    counts = given.pop("counts", {})
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    engagement = Engagement(mission=mission, number=1, **stamps)
    _apply(engagement, {"area": None, **given}, by=by, today=moment.date())
    clean(engagement)
    engagement.number = Counter.take(mission, "engagement")
    engagement.save(force_insert=True)
    _write_counts(engagement, counts)
    told = plain_engagement(engagement).items()
    changes = {name: [None, value] for name, value in told if value not in (None, "", [], {}, False)}
    record_event(by, "recorded", engagement, changes=changes, now=moment)
    return engagement


def edit_engagement(
    engagement: Engagement, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Engagement]:
    """Store changed fields under the lost-update guard. Raises `Forbidden`, `EditConflict`, `RuleError`."""
    require(by, CHANGE, engagement)
    wanted = _as_plain(changes)
    refuse_above_clearance(wanted.get("marking"), by)
    today = (now or clock.now(engagement.mission)).date()

    def apply(record: Engagement, values: dict[str, Any]) -> list[str]:
        columns = _apply(record, values, by=by, today=today)
        if "counts" in values:
            _write_counts(record, values["counts"])
        return columns

    try:
        return save_guarded(
            Engagement.objects.select_related("mission", "office", "area"),
            engagement.pk, based_on=based_on, changes=wanted, by=by, plain=plain_engagement, apply=apply, now=now,
        )  # fmt: skip
    except ValidationError as error:
        raise as_rule(error) from error


def locked(pk: int) -> Engagement:
    """Return a record with its row locked until the transaction ends: risk, consent and photographs wait in turn."""
    rows = Engagement.objects.select_for_update(of=("self",)).select_related("mission", "office", "area")
    engagement: Engagement = rows.get(pk=pk)
    return engagement


@transaction.atomic
def keep_persons(
    engagement: Engagement,
    *,
    personal_details: str,
    consent_scope: Collection[str],
    consent_on: date | None,
    based_on: int | None = None,
    by: Any,
    now: datetime | None = None,
) -> Engagement:
    """Store the consent of persons, and details of them by key, and return the record; empty details remove them.

    `by` is who took the consent. Raises `Forbidden`, `Conflict` when the record moved on, and `RuleError` where the
    risk, a missing consent or its withdrawal forbids it: then nothing of what was given is stored (CM-08, CM-09).
    """
    engagement = locked(engagement.pk)
    require(by, CHANGE, engagement)
    _refuse_stale(engagement, based_on)
    moment = now or clock.now(engagement.mission)
    details = personal_details.replace("\r\n", "\n").strip()
    scope = [one for one in ConsentScope.values if one in consent_scope]
    rules.check_persons(
        risk=engagement.risk, withdrawn_on=engagement.withdrawn_on, consent_on=consent_on, scope=scope,
        today=moment.date(),
    )  # fmt: skip
    changes = _said(engagement, details)
    changes |= {"consent_scope": [engagement.consent_scope, scope]} if scope != engagement.consent_scope else {}
    columns = {
        "personal_details": details,
        "consent_scope": scope,
        "consent_on": consent_on,
        "consent_by": engagement.consent_by if consent_on == engagement.consent_on else by,
    }
    _store(engagement, columns, by=by, now=moment)
    record_event(by, "recorded consent for", engagement, changes=changes, now=moment)
    return engagement


def _said(engagement: Engagement, details: str) -> dict[str, list[Any]]:
    """Return what the trail says of details: that they were set, changed or removed, never what they say."""
    before = SET if engagement.personal_details else ""
    if details == engagement.personal_details:
        return {}
    return {"personal_details": [before, SET if details else REMOVED]}


@transaction.atomic
def remove_persons(engagement: Engagement, *, by: Any, now: datetime | None = None) -> Engagement:
    """Remove the details of persons from a record and return it; a second press changes nothing. Raises `Forbidden`."""
    engagement = locked(engagement.pk)
    require(by, CHANGE, engagement)
    if not engagement.personal_details:
        return engagement
    moment = now or clock.now(engagement.mission)
    _store(engagement, {"personal_details": ""}, by=by, now=moment)
    record_event(
        by, "removed the details of persons from", engagement, changes={"personal_details": [SET, REMOVED]}, now=moment
    )
    return engagement


@transaction.atomic
def withdraw_consent(engagement: Engagement, *, by: Any, now: datetime | None = None) -> Engagement:
    """Record that consent was withdrawn: details of persons and photographs are removed for good; return the record.

    From then on none can be stored in it. What was handed on before cannot be called back by this; the page says so.
    Raises `Forbidden`, `Conflict` when it was withdrawn before, `RuleError` where none was given (CM-09).
    """
    engagement = locked(engagement.pk)
    require(by, CHANGE, engagement)
    if engagement.withdrawn_on is not None:
        raise Conflict("withdrawn_already", _("Consent was withdrawn for %(ref)s before.") % {"ref": engagement.ref})
    if engagement.consent_on is None:
        raise RuleError("no_consent", _("No consent is recorded that could be withdrawn."))
    moment = now or clock.now(engagement.mission)
    changes = _said(engagement, "") | {"consent_scope": [engagement.consent_scope, []]}
    changes |= {"withdrawn_on": [None, moment.date().isoformat()]}
    columns = {"withdrawn_on": moment.date(), "personal_details": "", "consent_scope": []}
    if removed := forget_photos(engagement):
        changes["photos"] = [removed, 0]
    _store(engagement, columns, by=by, now=moment)
    record_event(by, "recorded the withdrawal of consent for", engagement, changes=changes, now=moment)
    return engagement


def _refuse_stale(engagement: Engagement, based_on: int | None) -> None:
    if based_on is not None and based_on != engagement.version:
        words = _("%(ref)s was changed meanwhile. Look at it again; what you typed still stands here.")
        raise Conflict("moved_on", words % {"ref": engagement.ref})


def _store(engagement: Engagement, columns: Mapping[str, Any], *, by: Any, now: datetime) -> None:
    rows = Engagement.objects.filter(pk=engagement.pk, version=engagement.version)
    if not rows.update(version=F("version") + 1, changed_at=now, changed_by=by, **columns):
        raise Conflict("moved_on", _("%(ref)s was changed meanwhile. Look at it again.") % {"ref": engagement.ref})
    engagement.refresh_from_db()
