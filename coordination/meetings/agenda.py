"""What is due on a forum's agenda, read for one person; nothing above their clearance is proposed to them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.choices import AgendaKind, IssueState, MeetingState
from coordination.meetings.rules import ThreatFacts, rank, takes_up_all, why_due
from coordination.models import ActionPoint, Forum, Issue, Meeting, WarningCase
from coordination.warnings.choices import Branch, CaseState
from pocweb.fieldlist import for_people
from threats.choices import EditionState, Trend
from threats.models import Assessment, MatrixEdition, Threat

WAITING = (
    IssueState.RAISED,
    IssueState.REFERRED_OPERATIONAL,
    IssueState.REFERRED_STRATEGIC,
    IssueState.REFERRED_LEADERSHIP,
)
MOST = 100
"""The most proposals of one kind; a forum that has more takes up the gravest."""


@dataclass(frozen=True)
class Proposal:
    """Something that is due: its kind and record, what the item would say, why, and its marking."""

    kind: str
    record: Any
    title: str
    why: str
    marking: int

    @property
    def key(self) -> str:
        """What the tick of the form carries, such as "threat-12"."""
        return f"{self.kind}-{self.record.pk}"


def due_for(meeting: Meeting, user: Any, *, today: date) -> list[Proposal]:
    """Return what is due and not on the agenda yet, in the order of the agenda. Seven queries."""
    taken = set()
    for item in meeting.items.values("threat_id", "edition_id", "action_id", "issue_id", "case_id"):
        taken |= {(name.removesuffix("_id"), pk) for name, pk in item.items() if pk}
    forum = meeting.forum
    found = [
        *_cases(forum, user),
        *_threats(forum, user, today, since=last_met(forum)),
        *_editions(forum, user),
        *_actions(forum, user, today),
        *_issues(forum, user),
    ]
    return [one for one in found if (one.kind, one.record.pk) not in taken]


def last_met(forum: Forum) -> datetime | None:
    """Return when the forum last closed a meeting, None before its first."""
    rows = Meeting.objects.filter(forum=forum, state=MeetingState.HELD).order_by("-closed_at")
    return rows.values_list("closed_at", flat=True).first()


def threats_of(forum: Forum, user: Any) -> Any:
    """Return the active threats that a forum may take up and the person sees: its own area, or the mission (CO-06)."""
    rows = Threat.objects.visible_to(user).active()
    return rows.filter(mission=forum.mission_id) if takes_up_all(forum.level) else rows.of_branch(forum.office)


def _threats(forum: Forum, user: Any, today: date, *, since: datetime | None) -> list[Proposal]:
    rows = threats_of(forum, user)
    if since:
        rose = Assessment.objects.filter(threat=OuterRef("pk"), trend=Trend.RISING, assessed_at__gt=since)
        rows = rows.annotate(rated_up=Exists(rose))
    due = []
    for threat in rows:
        rated_up = bool(since and threat.rated_up)
        facts = ThreatFacts(
            threat.priority, threat.risk, threat.imminent, threat.review_on, rated_up=rated_up, ref=threat.ref
        )
        if grounds := why_due(facts, today=today):
            title = f"{threat.ref} {threat.title}"
            due.append((rank(facts), Proposal(AgendaKind.THREAT, threat, title, " ".join(grounds), threat.marking)))
    return [one for _key, one in sorted(due, key=lambda pair: pair[0])][:MOST]


OPEN_CASES = {
    CaseState.TABLED: gettext_lazy("Waits for the forum's decision."),
    CaseState.PRIORITISED: gettext_lazy("Rated, and not before the forum yet."),
    CaseState.MONITORED: gettext_lazy("Watched: has the threat gone?"),
}
"""Why a case that is not imminent is due, the most pressing first (Annex V, steps N10 and N12; EW-13)."""


def cases_of(forum: Forum, user: Any) -> Any:
    """Return the open cases that a forum may take up and the person sees: its own area, or the mission (CO-06)."""
    rows = WarningCase.objects.visible_to(user).open().filter(mission=forum.mission_id)
    return rows if takes_up_all(forum.level) else rows.filter(office__path__startswith=forum.office.path)


def why_case(case: WarningCase) -> str:
    """Return why a forum should take up a case, "" when nothing waits for it."""
    if case.branch == Branch.IMMINENT:
        return _("Imminent, and no decision is recorded.") if case.decided_at is None else ""
    return str(OPEN_CASES.get(CaseState(case.state), "")) if case.branch else ""


def case_proposal(case: WarningCase, why: str) -> Proposal:
    """Return a case as an agenda shows it."""
    marking = max([case.marking, *(one.marking for one in (case.threat, case.incident) if one is not None)])
    return Proposal(AgendaKind.CASE, case, str(case)[:200], why[:200], marking)


def _cases(forum: Forum, user: Any) -> list[Proposal]:
    """Return the open cases that wait for a forum: imminent and undecided first, then by state, graver first."""
    order = list(OPEN_CASES)
    rows = cases_of(forum, user).exclude(branch="").select_related("mission", "threat", "incident")
    due = [(case, why) for case in rows if (why := why_case(case))]
    due.sort(
        key=lambda one: (
            one[0].branch != Branch.IMMINENT,
            order.index(one[0].state) if one[0].state in order else 0,
            -(one[0].priority or 0),
            one[0].received_at,
        )
    )
    return [case_proposal(case, why) for case, why in due][:MOST]


def _editions(forum: Forum, user: Any) -> list[Proposal]:
    rows = MatrixEdition.objects.visible_to(user).filter(mission=forum.mission_id, state=EditionState.CONSULTATION)
    rows = rows.filter(office__path__startswith=forum.office.path).select_related("office").order_by("office__path")
    why = _("Waits for the forum's endorsement.")
    words = _("Edition %(number)d of the matrix, %(office)s")
    return [
        Proposal(AgendaKind.EDITION, one, words % {"number": one.number, "office": one.office}, why, one.marking)
        for one in rows[:MOST]
    ]


def _actions(forum: Forum, user: Any, today: date) -> list[Proposal]:
    rows = ActionPoint.objects.visible_to(user).filter(meeting__forum=forum).overdue(today).select_related("owner")
    why = _("Was due on %(day)s, %(owner)s.")
    return [
        Proposal(
            AgendaKind.ACTION,
            one,
            f"{one.ref} {one.text}"[:200],
            why % {"day": for_people(one.due_on), "owner": one.owner},
            one.marking,
        )
        for one in rows[:MOST]
    ]


def _issues(forum: Forum, user: Any) -> list[Proposal]:
    rows = Issue.objects.visible_to(user).filter(forum=forum, state__in=WAITING).select_related("raised_in")
    return [
        Proposal(
            AgendaKind.ISSUE, one, f"{one.ref} {one.title}"[:200], f"{one.get_state_display()}. {one.raised_in}"[:200],
            one.marking,
        )
        for one in rows.order_by("number")[:MOST]
    ]  # fmt: skip
