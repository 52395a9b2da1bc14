"""What people do to community protection plans: draft, edit, consult, move, adopt, share, plan the next semester."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from coordination.communities import plan_rules as rules
from coordination.communities.choices import PlanState
from coordination.communities.places import APPROVE_TOO, office_for
from coordination.communities.plan_content import freeze
from coordination.communities.plan_notices import recipients_of, tell_recipients
from coordination.models import CommunityPlan, Consultation, Engagement, Forum, Network
from coordination.sharing.services import as_rule, clean
from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, Counter, Mission
from pocweb.permissions import refuse_above_clearance, require
from threats.models import Threat
from threats.services.values import as_day

TEXTS = (
    "drafters", "security", "threats_text", "at_risk", "vulnerable", "infrastructure", "mapping", "representation",
    "contact_channels", "preventive", "responses", "meeting_points", "no_network_reason", "engagement", "resources",
)  # fmt: skip
LISTS: dict[str, Any] = {"threats": Threat, "networks": Network}
EDITABLE = (*TEXTS, *LISTS, "due_on", "marking")
CARRIED = tuple(name for name in TEXTS if name != "drafters")


def plain_plan(plan: CommunityPlan) -> dict[str, Any]:
    """Return the guarded fields as plain values: keys of threats and networks in order, ISO day."""
    values: dict[str, Any] = {name: getattr(plan, name) for name in (*TEXTS, "marking")}
    for name in LISTS:
        values[name] = sorted(getattr(plan, name).values_list("pk", flat=True)) if plan.pk else []
    return values | {"due_on": plan.due_on.isoformat() if plan.due_on else None}


def _as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A plan has no field %(name)s.") % {"name": name}, name)
        if name in LISTS:
            plain[name] = sorted({int(getattr(one, "pk", one)) for one in value or ()})
        elif name == "due_on":
            plain[name] = value.isoformat() if isinstance(value, date) else value or None
        else:
            plain[name] = value
    return plain


def _apply(plan: CommunityPlan, values: Mapping[str, Any], *, by: Any) -> list[str]:
    """Set plain values and return the columns that were set; lists are written at once.

    What a plan names is what its writer may see, and it is at least as marked as all that it names.
    """
    columns = []
    for name, value in values.items():
        if name in LISTS:
            _set_list(plan, name, value, by)
            continue
        setattr(plan, name, as_day(name, value) if name == "due_on" else value)
        columns.append(name)
    if plan.due_on is None:
        raise RuleError("due_missing", _("Give the day by which it is to be adopted."), "due_on")
    highest = _highest_cited(plan) if plan.pk else 0
    if plan.marking < highest:
        plan.marking = highest
        columns.append("marking")
    return sorted(set(columns))


def _highest_cited(plan: CommunityPlan) -> int:
    """Return the highest marking of the threats, networks and engagements that a plan names, 0 for none."""
    found = [getattr(plan, name).aggregate(highest=Max("marking"))["highest"] for name in LISTS]
    found.append(plan.consultations.aggregate(highest=Max("engagement__marking"))["highest"])
    return max(one or 0 for one in found)


def _unseen(plan: CommunityPlan, name: str, by: Any) -> set[int]:
    """Return what a plan names outside the person's sight: no form offers it, so leaving it out says nothing."""
    seen = LISTS[name].objects.visible_to(by).values("pk")
    return set(getattr(plan, name).exclude(pk__in=seen).values_list("pk", flat=True))


def _set_list(plan: CommunityPlan, name: str, keys: list[int], by: Any) -> None:
    there = set(getattr(plan, name).values_list("pk", flat=True))
    new = LISTS[name].objects.visible_to(by).filter(mission=plan.mission_id, pk__in=set(keys) - there)
    if len(new) != len(set(keys) - there):
        raise RuleError("unknown_choice", _("Choose among those that you see in the list."), name)
    getattr(plan, name).set(keys)


@transaction.atomic
def add_plan(
    mission: Mission, *, area: Area, year: int, semester: int, by: Any, now: datetime | None = None, **values: Any
) -> CommunityPlan:
    """Begin the plan of an area for a semester and return it; without `due_on` it is due on 1 May or 1 November.

    Raises `Forbidden` for an area of another branch, `RuleError` when the semester has its plan already (CM-04).
    """
    require(by, "coordination.change_community")
    moment = now or clock.now(mission)
    office = office_for(area, mission, by, "community", APPROVE_TOO)
    given: dict[str, Any] = {"marking": mission.default_marking, "due_on": rules.due_on(year, semester)}
    given = _as_plain(given | {name: value for name, value in values.items() if value is not None})
    refuse_above_clearance(given["marking"], by)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    plan = CommunityPlan(mission=mission, office=office, area=area, year=year, semester=semester, number=1, **stamps)
    lists = {name: given.pop(name) for name in LISTS if name in given}
    _apply(plan, given, by=by)
    same = CommunityPlan.objects.filter(mission=mission, area=area, year=year, semester=semester)
    if same.exists():
        raise RuleError("planned_already", _("This area has its plan for the semester already."), "semester")
    clean(plan)
    plan.number = Counter.take(mission, "community_plan")
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError as error:
        raise RuleError("planned_already", _("This area has its plan for the semester already."), "semester") from error
    if columns := _apply(plan, lists, by=by):
        plan.save(update_fields=columns)
    told = {name: [None, value] for name, value in plain_plan(plan).items() if value not in (None, "", [])}
    record_event(by, "began", plan, changes=told, now=moment)
    return plan


def edit_plan(
    plan: CommunityPlan, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[CommunityPlan]:
    """Store changed sections under the lost-update guard, while the plan is a draft or consulted on.

    Raises `Forbidden`, `EditConflict`, `Conflict` once it was reviewed, `RuleError`.
    """
    require(by, rules.CHANGE, plan)
    wanted = _as_plain(changes)
    wanted |= {name: sorted({*keys, *_unseen(plan, name, by)}) for name, keys in wanted.items() if name in LISTS}
    refuse_above_clearance(wanted.get("marking"), by)

    def apply(record: CommunityPlan, values: dict[str, Any]) -> list[str]:
        refuse_closed(record)
        return _apply(record, values, by=by)

    try:
        return save_guarded(
            CommunityPlan.objects.select_related("mission", "office", "area"),
            plan.pk, based_on=based_on, changes=wanted, by=by, plain=plain_plan, apply=apply, now=now,
        )  # fmt: skip
    except ValidationError as error:
        raise as_rule(error) from error


def refuse_closed(plan: CommunityPlan) -> None:
    """Raise `Conflict` when the words of a plan may not change any more."""
    if plan.state not in rules.CHANGEABLE:
        words = {"ref": plan.ref, "state": str(plan.get_state_display()).lower()}
        raise Conflict("plan_closed", _("%(ref)s is not open to changes: %(state)s.") % words)


def locked(pk: int) -> CommunityPlan:
    """Return a plan with its row locked until the transaction ends."""
    rows = CommunityPlan.objects.select_for_update(of=("self",)).select_related("mission", "office", "area", "forum")
    return rows.get(pk=pk)


@transaction.atomic
def add_consultation(
    plan: CommunityPlan,
    *,
    held_on: date | None,
    with_whom: str,
    womens_organizations: bool = False,
    was_separate: bool = False,
    people: int | None = None,
    findings: str = "",
    engagement: Engagement | None = None,
    by: Any,
    now: datetime | None = None,
) -> Consultation:
    """Record a consultation for a plan and return it. Raises `Forbidden`, `Conflict`, `RuleError` with the field."""
    plan = locked(plan.pk)
    require(by, rules.CHANGE, plan)
    refuse_closed(plan)
    moment = now or clock.now(plan.mission)
    if held_on is None or held_on > moment.date():
        raise RuleError("day_missing", _("Give the day on which it was held, today at the latest."), "held_on")
    if not with_whom.strip():
        raise RuleError("whom_missing", _("Say with whom, by group and not by name."), "with_whom")
    if engagement is not None and not Engagement.objects.visible_to(by).filter(pk=engagement.pk).exists():
        raise RuleError("unknown_choice", _("Choose among those that you see in the list."), "engagement")
    made = Consultation.objects.create(
        plan=plan, held_on=held_on, with_whom=with_whom.strip(), womens_organizations=womens_organizations,
        was_separate=was_separate, people=people, findings=findings.strip(), engagement=engagement, by=by,
        recorded_at=moment,
    )  # fmt: skip
    changes: dict[str, list[Any]] = {"held_on": [None, held_on], "womens_organizations": [None, womens_organizations]}
    if engagement is not None and engagement.marking > plan.marking:
        _store(plan, plan.state, {"marking": engagement.marking}, by=by, now=moment)
    record_event(by, "recorded a consultation for", plan, changes=changes, note=made.with_whom, now=moment)
    return made


def check_move(plan: CommunityPlan, step: rules.Step, *, forum: Forum | None = None) -> None:
    """Raise `RuleError` for what a step still lacks (CM-05)."""
    if step.act in ("consult", "review"):
        rules.check_consulted(
            has_women=plan.consultations.filter(womens_organizations=True).exists(),
            has_network=plan.networks.exists(),
            reason=plan.no_network_reason,
        )
    if step.act == "review" and forum is None:
        raise RuleError("forum_missing", _("Name the local forum that reviewed it."), "forum")


@transaction.atomic
def move_plan(
    plan: CommunityPlan,
    act: str,
    *,
    by: Any,
    based_on: int | None = None,
    reason: str = "",
    forum: Forum | None = None,
    now: datetime | None = None,
) -> CommunityPlan:
    """Take one line of the state table and return the plan as it now stands.

    `based_on` is the version that the page showed: nobody adopts words that they have not seen. Adoption freezes the
    content with its SHA-256; sharing tells the six offices; coming into force supersedes the area's earlier plan.
    Raises `Forbidden`, `Conflict` when it moved on meanwhile, `RuleError` for what is missing (CM-04, CM-05).
    """
    plan = locked(plan.pk)
    if based_on is not None and based_on != plan.version:
        words = {"ref": plan.ref, "state": str(plan.get_state_display()).lower()}
        raise Conflict("moved_on", _("%(ref)s has changed meanwhile: %(state)s. Look at it again.") % words)
    step = next((one for one in rules.STEPS if one.act == act), None)
    require(by, step.permission if step else rules.CHANGE, plan)
    step = rules.step_for(act, plan.state)
    moment = now or clock.now(plan.mission)
    given = rules.check_reason(step, reason)
    if forum is not None and not Forum.objects.visible_to(by).filter(pk=forum.pk, mission=plan.mission_id).exists():
        raise RuleError("unknown_choice", _("Choose among those that you see in the list."), "forum")
    check_move(plan, step, forum=forum)
    columns, before = _columns(plan, step, by=by, forum=forum, now=moment), plan.state
    _store(plan, step.after, columns, by=by, now=moment)
    note = given or (f"SHA-256 {plan.sha256}" if act == "adopt" else "")
    note = forum.name if act == "review" and forum is not None else note
    record_event(by, step.verb, plan, changes={"state": [before, plan.state]}, note=note, now=moment)
    if act == "share":
        tell_recipients(plan, now=moment)
    if act == "bring-into-force":
        _supersede(plan, by=by, now=moment)
    return plan


def _columns(plan: CommunityPlan, step: rules.Step, *, by: Any, forum: Forum | None, now: datetime) -> dict[str, Any]:
    """Return what a step sets besides the state."""
    if step.act == "review":
        return {"forum": forum, "reviewed_on": now.date()}
    if step.act == "adopt":
        content = freeze(plan, adopted_by=by, now=now)
        return {"adopted_at": now, "adopted_by": by, "frozen": content, "sha256": fingerprint(content)}
    if step.act == "share":
        return {"shared_at": now, "recipients": recipients_of(plan)}
    return {}


def _store(plan: CommunityPlan, after: str, columns: Mapping[str, Any], *, by: Any, now: datetime) -> None:
    rows = CommunityPlan.objects.filter(pk=plan.pk, state=plan.state, version=plan.version)
    stamps = {"version": F("version") + 1, "changed_at": now, "changed_by": by}
    if not rows.update(state=after, **stamps, **columns):
        raise Conflict("moved_on", _("%(ref)s has changed meanwhile. Look at it again.") % {"ref": plan.ref})
    plan.refresh_from_db()


def _supersede(plan: CommunityPlan, *, by: Any, now: datetime) -> None:
    """End the area's earlier plans that are in force; of one area only one is."""
    rows = CommunityPlan.objects.select_for_update(of=("self",)).select_related("mission", "office")
    for old in rows.filter(mission=plan.mission, area=plan.area, state=PlanState.IN_FORCE).exclude(pk=plan.pk):
        _store(old, PlanState.SUPERSEDED, {}, by=by, now=now)
        changes: dict[str, list[Any]] = {"state": [PlanState.IN_FORCE.value, PlanState.SUPERSEDED.value]}
        record_event(by, "superseded", old, changes=changes, note=plan.ref, now=now)


@transaction.atomic
def plan_next(plan: CommunityPlan, *, by: Any, now: datetime | None = None) -> CommunityPlan:
    """Begin the plan of the next semester with the words of this one, and return it; its consultations start anew.

    Raises `RuleError` when there is one, `Forbidden` (CM-04).
    """
    require(by, rules.CHANGE, plan)
    year, semester = rules.next_semester(plan.year, plan.semester)
    threats = Threat.objects.visible_to(by).active().filter(pk__in=plan.threats.values("pk"))
    values: dict[str, Any] = {name: getattr(plan, name) for name in CARRIED}
    values |= {"threats": list(threats), "networks": list(plan.networks.all()), "marking": plan.marking}
    return add_plan(plan.mission, area=plan.area, year=year, semester=semester, by=by, now=now, **values)
