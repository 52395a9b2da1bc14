"""What people do with issues: raise, decide, refer up, carry out, report, close. Each step is kept (CO-05)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.issues.rules import Step, step_for, steps_from
from coordination.meetings.agenda import threats_of
from coordination.models import Decision, Forum, Issue, IssueMove
from coordination.rules import decides_for
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Counter
from pocweb.permissions import require

COUNTER = "issue"


@transaction.atomic
def raise_issue(
    forum: Forum, *, title: str, text: str = "", threat: Any = None, by: Any, now: datetime | None = None
) -> Issue:
    """Raise an issue in an active forum and return it; its marking is at least that of its threat.

    Raises `Forbidden`, and `RuleError` with the field. Source: POC Handbook 2020, 6.1.3.
    """
    require(by, "coordination.raise_issue", forum)
    moment = now or clock.now(forum.mission)
    if not forum.is_active:
        raise RuleError("forum_inactive", _("This forum is not active."), "forum")
    if not title.strip():
        raise RuleError("title_missing", _("Say what the issue is."), "title")
    if threat is not None and not threats_of(forum, by).filter(pk=threat.pk).exists():
        raise RuleError("not_its_threat", _("A forum takes up the threats of its own area."), "threat")
    issue = Issue(
        mission=forum.mission,
        office=forum.office,
        number=Counter.take(forum.mission, COUNTER),
        marking=max(forum.marking, forum.mission.default_marking, getattr(threat, "marking", 0)),
        title=title.strip()[:200],
        text=text.replace("\r\n", "\n").strip(),
        threat=threat,
        raised_in=forum,
        forum=forum,
        created_at=moment,
        created_by=by,
        changed_at=moment,
        changed_by=by,
    )
    issue.save(force_insert=True)
    record_event(by, "raised an issue", issue, changes={"title": [None, issue.title]}, now=moment)
    return issue


def open_steps(issue: Issue, user: Any) -> tuple[Step, ...]:
    """Return the steps that a person may take now; the buttons of the page are these."""
    level = issue.forum.level if issue.forum else ""
    return tuple(step for step in steps_from(issue.state, level=level) if _may(user, issue, step))


def _may(user: Any, issue: Issue, step: Step) -> bool:
    """Say whether a person may take a step: who keeps the forum that it lies with; down the chain, who raised it."""
    if step.is_down:
        return bool(user.has_perm("coordination.move_issue", issue))
    if issue.forum is not None:
        return bool(user.has_perm("coordination.move_issue", issue.forum))
    last = issue.moves.last()  # it lies with senior leadership, above the forum that referred it
    above = last.from_forum if last else issue.raised_in
    return bool(user.has_perm("coordination.overrule_decision", above))


@transaction.atomic
def move_issue(
    issue: Issue,
    act: str,
    *,
    reason: str,
    decision: Decision | None = None,
    by: Any,
    now: datetime | None = None,
) -> IssueMove:
    """Take one step of the state table and return what is kept of it.

    Raises `Forbidden`, `Conflict` when somebody moved it first, `RuleError` with the field: no reason, no decision of
    the forum, no forum above.
    """
    issue = Issue.objects.select_related("mission", "office", "forum__office", "raised_in__office").get(pk=issue.pk)
    step = step_for(issue.state, act, level=issue.forum.level if issue.forum else "")
    if not _may(by, issue, step):
        require(by, "coordination.overrule_decision", issue.forum or Forum(mission=issue.mission, marking=99))
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why, in a sentence that the others understand."), "reason")
    made = _decision(issue, step, decision, by)
    target = _forum_after(issue, step)
    moment = now or clock.now(issue.mission)
    rows = Issue.objects.filter(pk=issue.pk, state=issue.state, version=issue.version)
    columns: dict[str, Any] = {"state": step.after, "forum": target, "changed_at": moment, "changed_by": by}
    if not rows.update(version=F("version") + 1, **columns):
        raise Conflict("moved", _("%(ref)s was moved meanwhile.") % {"ref": issue.ref})
    move = IssueMove.objects.create(
        issue=issue,
        before=issue.state,
        after=step.after,
        from_forum=issue.forum,
        to_forum=target,
        decision=made,
        reason=reason.strip(),
        moved_at=moment,
        moved_by=by,
    )
    changes = {"state": [issue.state, step.after]}
    record_event(by, "moved an issue", issue, changes=changes, note=move.reason, now=moment)
    return move


def _decision(issue: Issue, step: Step, decision: Decision | None, by: Any) -> Decision | None:
    if not step.needs_decision:
        return None
    if decision is None or not decisions_for(issue, by).filter(pk=decision.pk).exists():
        raise RuleError("decision_missing", _("Choose the decision of the forum."), "decision")
    return decision


def decisions_for(issue: Issue, user: Any) -> Any:
    """Return the decisions of the forum that the issue lies with, as far as the person sees them, newest first.

    One that is marked above the issue is left out, since the issue's readers would learn of it.
    """
    rows = Decision.objects.visible_to(user).filter(meeting__forum=issue.forum_id, marking__lte=issue.marking)
    return rows.select_related("meeting").order_by("-decided_at", "-pk")


def _forum_after(issue: Issue, step: Step) -> Forum | None:
    """Return the forum that the issue lies with after a step; None stands for senior leadership."""
    if step.act != "refer":
        return issue.forum
    if not step.level or issue.forum is None:
        return None
    rows = Forum.objects.filter(mission=issue.mission_id, level=step.level, is_active=True).select_related("office")
    above = [one for one in rows if decides_for(one.office.path, issue.forum.office.path)]
    named = next((one for one in above if one.pk == issue.forum.parent_id), None)
    found = named or max(above, key=lambda one: (len(one.office.path), -one.pk), default=None)
    if found is None:
        raise RuleError("no_forum_above", _("There is no active forum at the next level. Set one up first."))
    return found
