"""Tasks of cases (7A, 7B, 17) where people see them: the desk, the page of a case, reminders of what is late."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.models import CaseTask, WarningCase
from coordination.warnings import evaluation
from coordination.warnings.case_panels import register_case_panel
from coordination.warnings.choices import CaseState, ReviewState, TaskKind
from pocweb import reminders
from pocweb.choices import NoticeMode, Role
from pocweb.deadlines import Stage, stages
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.fieldlist import for_people
from pocweb.models import Person
from pocweb.notices import register_topic
from pocweb.recipients import Staff
from pocweb.reminders import Due
from pocweb.together import Part
from pocweb.trail import register_record, register_verbs

SPECIAL = (TaskKind.CHILDREN, TaskKind.WOMEN)
MOST, MOST_READ = 8, 100


def tasks_of(user: Any, mission: Any) -> Any:
    """Return the open tasks of a person: those they own, and 7A and 7B for the protection units that hold the role."""
    mine = Q(owner=user)
    if user.has_perm("coordination.rate_special_impact"):
        mine |= Q(owner=None, kind__in=SPECIAL)
    rows = CaseTask.objects.visible_to(user).filter(mine, case__mission=mission, done_at=None)
    rows = rows.exclude(case__state=CaseState.CLOSED, kind__in=SPECIAL)
    return rows.select_related("case").order_by("due_on", "asked_at", "pk")


def page_of(task: CaseTask) -> str:
    """Return where a task is done: an evaluation on its own page, a rating on the page of the case."""
    name = "case-evaluation" if task.kind == TaskKind.EVALUATION else "case-detail"
    return reverse(f"coordination:{name}", args=[task.case_id])


def ask_tasks(visit: Visit) -> Part | None:
    """Ask for what cases ask of the person."""
    if not visit.user.has_perm("coordination.view_case"):
        return None
    columns = ("kind", "asked_at", "due_on", "case__mission_id", "case__number")
    return Part(tasks_of(visit.user, visit.mission), columns, MOST_READ)


def own_tasks(visit: Visit) -> Content | None:
    """Return what cases ask of the person, by deadline; None where nothing is asked. One query."""
    tasks = visit.rows_of(ask_tasks)
    if not tasks:
        return None
    words = ngettext("%(n)d task of a case waits for you", "%(n)d tasks of cases wait for you", len(tasks))
    return Content(
        items=tuple(_item(one, visit.today) for one in tasks[:MOST]), waiting=((len(tasks), words % {"n": len(tasks)}),)
    )


def _item(task: CaseTask, today: date) -> Item:
    tone, state = "warn", _("Asked on %(day)s") % {"day": for_people(task.asked_at.date())}
    if task.due_on is not None:
        late = (today - task.due_on).days
        state = _("Due on %(day)s") % {"day": for_people(task.due_on)}
        if late > 0:
            tone, state = "bad", ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
    words = {"ref": task.case.ref, "task": task.get_kind_display()}
    return Item(text=_("%(ref)s: %(task)s") % words, url=page_of(task), tone=tone, state=state)


def evaluation_of(user: Any, case: WarningCase) -> Mapping[str, Any] | None:
    """Return how step 17 stands, from the response on; None before. One query."""
    if case.state not in evaluation.AFTER_RESPONSE and case.review_state == ReviewState.OPEN:
        return None
    rows = CaseTask.objects.filter(case=case, kind=TaskKind.EVALUATION).select_related("owner")
    return {
        "case": case,
        "is_asked": evaluation.is_asked(case) and user.has_perm(evaluation.STEER, case),
        "task": rows.order_by("-pk").first(),
    }


def remind_of_tasks(staff: Staff, now: datetime) -> int:
    """Tell whose evaluation is due or late: its owner, from the third day late the Head of Office too."""
    rows = CaseTask.objects.filter(
        case__mission=staff.mission, kind=TaskKind.EVALUATION, done_at=None, due_on__lte=now.date()
    )
    tasks = rows.select_related("case__office", "case__threat", "case__incident", "owner").order_by("pk")
    due = [one for task in tasks for one in _of_task(task, staff, now.date())]
    return reminders.remind(staff, CaseTask.objects.all(), due, now=now)


def _of_task(task: CaseTask, staff: Staff, today: date) -> Iterator[Due]:
    if task.due_on is None or task.owner is None:
        return
    for stage in stages(task.due_on, today):
        people: list[Person] = [task.owner]
        if stage in (Stage.LEVEL_1, Stage.LEVEL_2):
            role = Role.HOO if stage == Stage.LEVEL_1 else Role.LEAD
            people = [one for one in staff.holders([role], task.case.office, nearest=True) if one.pk != task.owner_id]
        said = {"ref": task.case.ref, "day": for_people(task.due_on)}
        late = _("%(ref)s: the evaluation was due on %(day)s.") % said
        yield Due(
            record=task,
            people=people,
            topic=evaluation.TOPIC,
            key=f"evaluation:{task.pk}:{stage}:{task.due_on.isoformat()}",
            text=late if stage != Stage.SOON else _("%(ref)s: the evaluation is due on %(day)s.") % said,
            url=page_of(task),
            ref=task.case.ref,
        )


def register() -> None:
    """Called once, when the app is ready."""
    register_topic(evaluation.TOPIC, gettext_lazy("Task of a case"), NoticeMode.DIGEST)
    register_panel(21, gettext_lazy("Tasks of cases"), own_tasks, ask_tasks)
    register_case_panel(
        80, "evaluation", gettext_lazy("Evaluation"), "coordination/_trail_evaluation.html", evaluation_of
    )
    register_record(CaseTask, page_of, needs=("kind",))
    register_verbs(
        {
            "decided against evaluating": gettext_lazy("decided against evaluating"),
            "asked for an evaluation of": gettext_lazy("asked for an evaluation of"),
            "finished the evaluation of": gettext_lazy("finished the evaluation of"),
        }
    )
    reminders.register("case_tasks", remind_of_tasks)
