"""What a forum's secretariat does with local POC plans: draft, risks, lines of actors, adoption, the next period.

A draft's parts are small rows that several people write at once: each edit states the content that it began from, and
one that moved on is refused with what stands there now. Source: POC Handbook 2020, 6.1.3 (CO-11).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max
from django.utils.translation import gettext as _

from coordination.communities import local_plan_rules as rules
from coordination.communities.choices import LocalPlanState
from coordination.models import Decision, Forum, LocalPlan, LocalPlanLine, LocalPlanRisk
from coordination.sharing.services import clean
from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Component, Counter
from pocweb.permissions import require
from threats.models import ProtectionActor, Threat

CHANGE = "coordination.change_local_plan"
LINE_TEXTS = ("activity", "capacity", "role", "responsibility")


def locked_draft(pk: int, *, by: Any) -> LocalPlan:
    """Return a draft with its row locked. Raises `Forbidden`, and `Conflict` once it is adopted."""
    rows = LocalPlan.objects.select_for_update(of=("self",)).select_related("mission", "office", "forum")
    plan: LocalPlan = rows.get(pk=pk)
    require(by, CHANGE, plan)
    if plan.state != LocalPlanState.DRAFT:
        words = {"ref": plan.ref, "state": str(plan.get_state_display()).lower()}
        raise Conflict("plan_closed", _("%(ref)s takes no more changes: %(state)s.") % words)
    return plan


def _touch(plan: LocalPlan, *, by: Any, now: datetime, **columns: Any) -> None:
    stamps = {"version": F("version") + 1, "changed_at": now, "changed_by": by}
    if not LocalPlan.objects.filter(pk=plan.pk, version=plan.version).update(**stamps, **columns):
        raise Conflict("moved_on", _("%(ref)s was changed meanwhile. Look at it again.") % {"ref": plan.ref})
    plan.refresh_from_db()


@transaction.atomic
def add_local_plan(
    forum: Forum, *, title: str, starts_on: date | None, ends_on: date | None, by: Any, now: datetime | None = None
) -> LocalPlan:
    """Begin a local POC plan of a forum and return it; it is at least as marked as the forum. Raises `RuleError`."""
    require(by, CHANGE, forum)
    if not title.strip():
        raise RuleError("title_missing", _("Give the plan a title."), "title")
    rules.check_period(starts_on, ends_on)
    moment = now or clock.now(forum.mission)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    given: dict[str, Any] = {"starts_on": starts_on, "ends_on": ends_on}
    plan = LocalPlan(
        mission=forum.mission, office=forum.office, forum=forum, title=title.strip(), number=1,
        marking=max(forum.marking, forum.mission.default_marking), **given, **stamps,
    )  # fmt: skip
    clean(plan)
    plan.number = Counter.take(forum.mission, "local_plan")
    plan.save(force_insert=True)
    changes: dict[str, list[Any]] = {
        "title": [None, plan.title],
        "starts_on": [None, starts_on],
        "ends_on": [None, ends_on],
    }
    record_event(by, "began", plan, changes=changes, now=moment)
    return plan


@transaction.atomic
def edit_local_plan(
    plan: LocalPlan, *, title: str, starts_on: date | None, ends_on: date | None, based_on: int, by: Any,
    now: datetime | None = None,
) -> LocalPlan:  # fmt: skip
    """Change title and period of a draft. Raises `Conflict` when another person changed these meanwhile."""
    plan = locked_draft(plan.pk, by=by)
    if not title.strip():
        raise RuleError("title_missing", _("Give the plan a title."), "title")
    rules.check_period(starts_on, ends_on)
    if based_on != plan.version:
        words = _("The plan was changed meanwhile: “%(title)s”, %(first)s to %(last)s. Save again to replace that.")
        now_there = {"title": plan.title, "first": plan.starts_on, "last": plan.ends_on}
        raise Conflict("moved_on", words % now_there)
    wanted: dict[str, Any] = {"title": title.strip(), "starts_on": starts_on, "ends_on": ends_on}
    changes = {name: [getattr(plan, name), value] for name, value in wanted.items() if getattr(plan, name) != value}
    if changes:
        moment = now or clock.now(plan.mission)
        _touch(plan, by=by, now=moment, **wanted)
        record_event(by, "changed", plan, changes=changes, now=moment)
    return plan


def threats_for(plan: LocalPlan, user: Any) -> Any:
    """Return the active threats of the forum's area that a person may see."""
    return Threat.objects.visible_to(user).active().of_branch(plan.office).select_related("mission").order_by("number")


@transaction.atomic
def add_risk(
    plan: LocalPlan, *, text: str, threat: Threat | None = None, by: Any, now: datetime | None = None
) -> LocalPlanRisk:
    """Add a risk, of a row of the matrix or in words, and return it; the plan is marked at least as the threat is."""
    plan = locked_draft(plan.pk, by=by)
    if threat is not None and not threats_for(plan, by).filter(pk=threat.pk).exists():
        raise RuleError("not_its_threat", _("Choose a threat of the forum's own area."), "threat")
    if threat is not None and plan.risks.filter(threat=threat).exists():
        raise RuleError("risk_there", _("%(ref)s is in the plan already.") % {"ref": threat.ref}, "threat")
    words = text.strip() or (threat.title if threat is not None else "")
    if not words:
        raise RuleError("risk_missing", _("Choose a threat of the matrix, or say what the risk is."), "text")
    last = plan.risks.aggregate(last=Max("order"))["last"] or 0
    risk = LocalPlanRisk.objects.create(plan=plan, threat=threat, text=words, order=last + 1)
    moment = now or clock.now(plan.mission)
    _touch(plan, by=by, now=moment, marking=max(plan.marking, threat.marking if threat is not None else 0))
    record_event(by, "changed", plan, changes={"risk": [None, words]}, now=moment)
    return risk


@transaction.atomic
def remove_risk(risk: LocalPlanRisk, *, by: Any, now: datetime | None = None) -> None:
    """Take a risk with its lines out of a draft. Raises `Forbidden`, `Conflict`."""
    plan = locked_draft(risk.plan_id, by=by)
    moment = now or clock.now(plan.mission)
    told = [line_words(line) for line in risk.lines.select_related("actor", "component")]
    LocalPlanRisk.objects.filter(pk=risk.pk, plan=plan).delete()
    _touch(plan, by=by, now=moment)
    record_event(by, "changed", plan, changes={"risk": [risk.text, None], "lines": [told, None]}, now=moment)


def who(line: LocalPlanLine) -> str:
    """Return the protection actor or component of a line."""
    return line.actor.name if line.actor else line.component.name if line.component else ""


def line_words(line: LocalPlanLine) -> str:
    """Return a line as one text for the record."""
    return f"{who(line)}: {line.activity}; {line.capacity}; {line.role}; {line.responsibility}"


def line_state(line: LocalPlanLine) -> str:
    """Return the fingerprint of a line's content, which an edit states that it began from."""
    return fingerprint([line.actor_id, line.component_id, *(getattr(line, name) for name in LINE_TEXTS)])[:16]


def _check_line(plan: LocalPlan, values: Mapping[str, Any]) -> dict[str, Any]:
    actor, component = values.get("actor"), values.get("component")
    if (actor is None) == (component is None):
        words = _("Choose one: a protection actor outside the mission, or a component of the mission.")
        raise RuleError("who_missing", words, "actor")
    known = ProtectionActor.objects if actor is not None else Component.objects
    if not known.filter(pk=getattr(actor or component, "pk", 0), mission=plan.mission_id).exists():
        raise RuleError("unknown_choice", _("Choose among those in the list."), "actor" if actor else "component")
    texts = {name: str(values.get(name) or "").replace("\r\n", "\n").strip() for name in LINE_TEXTS}
    missing = {
        "activity": _("Say what they do about this risk."),
        "capacity": _("Say with what they do it."),
        "role": _("Say which role they have."),
        "responsibility": _("Say what they answer for."),
    }
    for name, words in missing.items():
        if not texts[name]:
            raise RuleError(f"{name}_missing", words, name)
    return {"actor": actor, "component": component, **texts, "role": texts["role"][:160]}


@transaction.atomic
def add_line(risk: LocalPlanRisk, *, by: Any, now: datetime | None = None, **values: Any) -> LocalPlanLine:
    """Add what a protection actor or component does about a risk, and return it; all four parts are needed (CO-11)."""
    plan = locked_draft(risk.plan_id, by=by)
    line = LocalPlanLine.objects.create(risk=risk, **_check_line(plan, values))
    moment = now or clock.now(plan.mission)
    _touch(plan, by=by, now=moment)
    record_event(by, "changed", plan, changes={"line": [None, line_words(line)]}, note=risk.text[:200], now=moment)
    return line


@transaction.atomic
def edit_line(line: LocalPlanLine, *, was: str, by: Any, now: datetime | None = None, **values: Any) -> LocalPlanLine:
    """Change a line that still says what the page showed (`was`). Raises `Conflict` with what stands there now."""
    plan = locked_draft(line.risk.plan_id, by=by)
    line = LocalPlanLine.objects.select_related("actor", "component", "risk").get(pk=line.pk)
    if was != line_state(line):
        words = _("Another person changed this line meanwhile. It says now: %(text)s. Save again to replace that.")
        raise Conflict("line_moved_on", words % {"text": line_words(line)})
    before = line_words(line)
    for name, value in _check_line(plan, values).items():
        setattr(line, name, value)
    line.save()
    if (after := line_words(line)) != before:
        moment = now or clock.now(plan.mission)
        _touch(plan, by=by, now=moment)
        record_event(by, "changed", plan, changes={"line": [before, after]}, note=line.risk.text[:200], now=moment)
    return line


@transaction.atomic
def remove_line(line: LocalPlanLine, *, by: Any, now: datetime | None = None) -> None:
    """Take a line out of a draft. Raises `Forbidden`, `Conflict`."""
    plan = locked_draft(line.risk.plan_id, by=by)
    moment = now or clock.now(plan.mission)
    LocalPlanLine.objects.filter(pk=line.pk).delete()
    _touch(plan, by=by, now=moment)
    record_event(by, "changed", plan, changes={"line": [line_words(line), None]}, note=line.risk.text[:200], now=moment)


def check_adoption(plan: LocalPlan) -> None:
    """Raise `RuleError` naming what the plan still lacks (CO-11)."""
    rows = plan.risks.annotate(number=Count("lines")).order_by("order", "pk")
    rules.check_complete([(risk.text, risk.number) for risk in rows])


@transaction.atomic
def adopt_local_plan(
    plan: LocalPlan, *, decision: Decision | None, based_on: int | None = None, by: Any, now: datetime | None = None
) -> LocalPlan:
    """Record that the forum adopted the plan by one of its decisions; freeze it with its SHA-256 and return it.

    The forum's earlier plans that are adopted are superseded. Raises `Forbidden`, `Conflict` when it moved on,
    `RuleError` naming each risk without a line, and without a decision of this forum (CO-11).
    """
    plan = locked_draft(plan.pk, by=by)
    if based_on is not None and based_on != plan.version:
        raise Conflict("moved_on", _("%(ref)s was changed meanwhile. Look at it again.") % {"ref": plan.ref})
    check_adoption(plan)
    if decision is None or not decisions_for(plan, by).filter(pk=decision.pk).exists():
        raise RuleError("decision_missing", _("Name the decision by which the forum adopted it."), "decision")
    moment = now or clock.now(plan.mission)
    content = freeze(plan, decision=decision, by=by, now=moment)
    columns = {"decision": decision, "adopted_at": moment, "adopted_by": by, "frozen": content}
    highest = max(plan.marking, decision.marking)
    _touch(
        plan, by=by, now=moment, state=LocalPlanState.ADOPTED, sha256=fingerprint(content), marking=highest, **columns
    )
    states: dict[str, list[Any]] = {"state": [LocalPlanState.DRAFT.value, LocalPlanState.ADOPTED.value]}
    record_event(by, "recorded the adoption of", plan, changes=states, note=f"SHA-256 {plan.sha256}", now=moment)
    for old in (
        LocalPlan.objects.select_for_update().filter(forum=plan.forum, state=LocalPlanState.ADOPTED).exclude(pk=plan.pk)
    ):
        _touch(old, by=by, now=moment, state=LocalPlanState.SUPERSEDED)
        states = {"state": [LocalPlanState.ADOPTED.value, LocalPlanState.SUPERSEDED.value]}
        record_event(by, "superseded", old, changes=states, note=plan.ref, now=moment)
    return plan


def decisions_for(plan: LocalPlan, user: Any) -> Any:
    """Return the forum's decisions that a person may see, newest first."""
    rows = Decision.objects.visible_to(user).filter(meeting__forum=plan.forum_id)
    return rows.select_related("meeting__mission").order_by("-pk")


def freeze(plan: LocalPlan, *, decision: Decision, by: Any, now: datetime) -> dict[str, Any]:
    """Return the whole plan as plain values."""
    return {
        "mission": plan.mission.name,
        "office": plan.office.name,
        "forum": plan.forum.name,
        "ref": plan.ref,
        "title": plan.title,
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(),
        "marking": max(plan.marking, decision.marking),
        "risks": risks_of(plan),
        "decision": decision.ref,
        "adopted_by": str(by),
        "adopted_at": now.isoformat(),
    }


def risks_of(plan: LocalPlan) -> list[dict[str, Any]]:
    """Return the risks with their lines as plain values, for page, document and frozen content; two queries."""
    lines: dict[int, list[LocalPlanLine]] = {}
    rows = LocalPlanLine.objects.filter(risk__plan=plan).select_related("actor", "component").order_by("pk")
    for line in rows:
        lines.setdefault(line.risk_id, []).append(line)
    return [
        {
            "pk": risk.pk,
            "threat": risk.threat_id,
            "ref": risk.threat.ref if risk.threat else "",
            "text": risk.text,
            "lines": [
                {"pk": one.pk, "who": who(one), **{name: getattr(one, name) for name in LINE_TEXTS}}
                for one in lines.get(risk.pk, ())
            ],
        }
        for risk in plan.risks.select_related("threat").order_by("order", "pk")
    ]


@transaction.atomic
def plan_next_period(plan: LocalPlan, *, by: Any, now: datetime | None = None) -> LocalPlan:
    """Begin the plan of the next period with the risks and lines of this one, and return it; closed threats stay behind
    as words. Raises `RuleError` when a later plan of the forum is there."""
    require(by, CHANGE, plan)
    if LocalPlan.objects.filter(forum=plan.forum, starts_on__gt=plan.ends_on).exists():
        raise RuleError("later_there", _("The forum has a plan for a later period already."))
    first, last = rules.next_period(plan.starts_on, plan.ends_on)
    made = add_local_plan(plan.forum, title=plan.title, starts_on=first, ends_on=last, by=by, now=now)
    active = set(threats_for(plan, by).values_list("pk", flat=True))
    highest = made.marking
    for risk in plan.risks.select_related("threat").prefetch_related("lines"):
        threat = risk.threat if risk.threat_id in active else None
        highest = max(highest, threat.marking if threat else plan.marking)
        copy = LocalPlanRisk.objects.create(plan=made, threat=threat, text=risk.text, order=risk.order)
        LocalPlanLine.objects.bulk_create(
            LocalPlanLine(
                risk=copy, actor_id=line.actor_id, component_id=line.component_id,
                **{name: getattr(line, name) for name in LINE_TEXTS},
            )
            for line in risk.lines.all()
        )  # fmt: skip
    LocalPlan.objects.filter(pk=made.pk).update(marking=max(highest, plan.marking))
    made.refresh_from_db()
    return made
