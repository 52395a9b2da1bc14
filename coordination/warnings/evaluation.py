"""Step 17: whether a case is evaluated, by which tool, by whom until when, and to whom the findings go (EW-20).

A forum decides whether and with which tool; the answer "no" is kept with its reason. The findings go to the members of
the Protection Working Group, the Head of Office, the Sector Commander and the Sector Police Commissioner. Source: POC
Handbook 2020, Annex V, step 17.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import CaseTask, Decision, ForumSeat, WarningCase
from coordination.warnings import rules
from coordination.warnings.choices import CaseState, EvaluationTool, ReviewState, TaskKind
from coordination.warnings.flash import signature
from coordination.warnings.moves import locked_case, refuse_stale, write_step
from coordination.warnings.recipients import marking_of, may_see
from pocweb import clock
from pocweb.choices import OfficeKind, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Component, Person
from pocweb.notices import notify
from pocweb.permissions import require
from pocweb.recipients import Staff

KEY, TOPIC = "17", "case_tasks"
STEER = rules.STEER
AFTER_RESPONSE = (CaseState.IMPLEMENTING, CaseState.MONITORED, CaseState.CLOSED)
WORKING_GROUP = "pwg"  # how the code of the shipped forum begins


def is_asked(case: WarningCase) -> bool:
    """Say whether step 17 asks its question: from the response on, while nobody has answered."""
    return case.state in AFTER_RESPONSE and case.review_state == ReviewState.OPEN


def decisions_on(case: WarningCase, user: Any) -> Any:
    """Return the decisions of forums on the case that the person may see, the latest first."""
    rows = Decision.objects.visible_to(user).filter(item__case=case, overruled_by=None)
    return rows.select_related("meeting__forum").order_by("-decided_at", "-pk")


def _open_case(case: WarningCase, based_on: int, by: Any) -> WarningCase:
    case = locked_case(case.pk)
    require(by, STEER, case)
    refuse_stale(case, based_on)
    if case.state not in AFTER_RESPONSE:
        raise RuleError("too_early", _("A case is evaluated once its response has begun."))
    if case.review_state == ReviewState.UNDER_REVIEW:
        raise Conflict("under_review", _("%(ref)s is under evaluation already.") % {"ref": case.ref})
    return case


@transaction.atomic
def decline_evaluation(
    case: WarningCase, *, reason: str, based_on: int, by: Any, now: datetime | None = None
) -> WarningCase:
    """Keep that a case is not evaluated, and why. Raises `Forbidden`, `Conflict`, `RuleError` without a reason."""
    case = _open_case(case, based_on, by)
    if case.review_state != ReviewState.OPEN:
        raise Conflict("answered", _("The question is answered already."))
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why the case is not evaluated."), "reason")
    return write_step(
        case, key=KEY, act="no-evaluation", verb="decided against evaluating",
        columns={"review_state": ReviewState.NONE}, reason=reason.strip(), by=by, now=now or clock.now(case.mission),
    )  # fmt: skip


@transaction.atomic
def ask_evaluation(
    case: WarningCase, *, tool: str, owner: Person | None, due_on: date | None, decision: Decision | None,
    based_on: int, by: Any, now: datetime | None = None,
) -> CaseTask:  # fmt: skip
    """Begin an evaluation as a forum decided: a task with tool, owner and deadline, and tell the owner.

    A case whose evaluation was declined, or that was evaluated before, may be evaluated (again). Raises `Forbidden`,
    `Conflict`, `RuleError` with the field (EW-20).
    """
    case = _open_case(case, based_on, by)
    now = now or clock.now(case.mission)
    if tool not in EvaluationTool.values:
        raise RuleError("tool_missing", _("Choose the tool."), "tool")
    if decision is None or not decisions_on(case, by).filter(pk=decision.pk).exists():
        raise RuleError("decision_missing", _("Name the forum's decision on this case."), "decision")
    if owner is None:
        raise RuleError("owner_missing", _("Say who evaluates it."), "owner")
    if not may_see(owner, case):
        raise RuleError("owner_cannot_see", _("This person may not see the case. Choose another."), "owner")
    if due_on is None or due_on < now.date():
        raise RuleError("due_missing", _("Set a day from today on."), "due_on")
    task: CaseTask = CaseTask.objects.create(
        case=case, kind=TaskKind.EVALUATION, owner=owner, tool=tool, asked_at=now, asked_by=by, due_on=due_on
    )
    said: dict[str, list[Any]] = {
        "tool": [None, str(EvaluationTool(tool).label)],
        "owner": [None, str(owner)],
        "due_on": [None, due_on.isoformat()],
        "decision": [None, [decision.pk]],
    }
    write_step(
        case, key=KEY, act="evaluate", verb="asked for an evaluation of",
        columns={"review_state": ReviewState.UNDER_REVIEW}, said=said, by=by, now=now,
    )  # fmt: skip
    text = _("%(ref)s: you are asked to evaluate the case.") % {"ref": case.ref}
    _tell([owner], case, f"evaluation:{task.pk}:asked", text, now=now)
    return task


@transaction.atomic
def finish_evaluation(task: CaseTask, *, findings: str, by: Any, now: datetime | None = None) -> CaseTask:
    """Close an evaluation with its findings, keep to whom they go, and tell those who may see the case.

    By its owner, or who steers the case. Raises `Forbidden`, `Conflict` when it is done, `RuleError` without findings.
    """
    case = locked_case(task.case_id)
    require_finish(by, task, case)
    now = now or clock.now(case.mission)
    findings = findings.replace("\r\n", "\n").strip()
    if not findings:
        raise RuleError("findings_missing", _("Write what was found and what follows from it."), "findings")
    told = list(recipients_of(case))
    kept = [
        {
            "label": label,
            "person": person.pk if person else None,
            "name": signature(person) if person else "",
            "told": person is not None and may_see(person, case),
        }
        for label, person in told
    ]
    rows = CaseTask.objects.filter(pk=task.pk, kind=TaskKind.EVALUATION, done_at=None)
    if not rows.update(done_at=now, done_by=by, findings=findings, recipients=kept):
        raise Conflict("already_done", _("This evaluation is finished already."))
    write_step(
        case, key=KEY, act="evaluated", verb="finished the evaluation of",
        columns={"review_state": ReviewState.REVIEWED}, by=by, now=now,
    )  # fmt: skip
    people = {person.pk: person for _label, person in told if person and may_see(person, case) and person.pk != by.pk}
    text = _("%(ref)s: the evaluation is finished. Read what was found.") % {"ref": case.ref}
    _tell(list(people.values()), case, f"evaluation:{task.pk}:done", text, now=now)
    task.refresh_from_db()
    return task


def require_finish(user: Any, task: CaseTask, case: WarningCase) -> None:
    """Raise `Forbidden` for who may not finish an evaluation."""
    if not may_finish(user, task, case):
        raise Forbidden("forbidden", _("Its owner, or who steers the case, says so."))


def may_finish(user: Any, task: CaseTask, case: WarningCase) -> bool:
    """Say whether a person may finish an evaluation: its owner while they see the case, or who steers the case."""
    is_own = task.owner_id == user.pk and may_see(user, case)
    return is_own or bool(user.has_perm(STEER, case))


def recipients_of(case: WarningCase) -> Iterator[tuple[str, Person | None]]:
    """Yield whom the findings go to, None where nobody is recorded in the function (EW-20).

    The sector's commanders are those of the sector above the case's office; where no sector has one, the nearest.
    """
    staff = Staff(case.mission)
    seats = ForumSeat.objects.filter(
        forum__mission=case.mission, forum__is_active=True, forum__code__startswith=WORKING_GROUP
    )
    ids = list(seats.exclude(person=None).order_by("pk").values_list("person", flat=True))
    members = [staff.people[pk] for pk in dict.fromkeys(ids) if pk in staff.people]
    yield from _lines(_("Protection Working Group"), members)
    yield from _lines(_("Head of Office"), staff.holders([Role.HOO], case.office, nearest=True))
    yield from _lines(_("Sector Commander"), _commanders(staff, case, Component.Kind.MILITARY))
    yield from _lines(_("Sector Police Commissioner"), _commanders(staff, case, Component.Kind.POLICE))


def _lines(label: str, people: list[Person]) -> list[tuple[str, Person | None]]:
    return [(label, person) for person in people] or [(label, None)]


def _commanders(staff: Staff, case: WarningCase, kind: str) -> list[Person]:
    sector = [
        staff.people[row.person_id]
        for row in staff.postings
        if row.role == Role.FCPC
        and row.office.kind == OfficeKind.SECTOR
        and case.office.path.startswith(row.office.path)
        and row.component is not None
        and row.component.kind == kind
    ]
    return sector or staff.holders([Role.FCPC], case.office, kind, nearest=True)


def _tell(people: list[Person], case: WarningCase, key: str, text: str, *, now: datetime) -> None:
    notify(
        people, topic=TOPIC, key=key, text=text, ref=case.ref, marking=marking_of(case), mission=case.mission, now=now,
        url=reverse("coordination:case-evaluation", args=[case.pk]),
    )  # fmt: skip
