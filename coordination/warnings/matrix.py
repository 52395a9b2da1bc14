"""The Early Warning Matrix: the live rows of cases with what was decided on them, as page, sheets and PDF read them.

Annex V names the matrix and its keepers, not its columns; they follow the duties of steps 3 to 14 (ours). Source: POC
Handbook 2020, Annex V, steps N10, I11, I14, para. 18 (EW-14).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case as CaseWhen
from django.db.models import F, QuerySet, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import ActionPoint, CaseResponse, CaseShare, Decision, WarningCase
from coordination.warnings.choices import Branch, ImpactLevel, ResponseState
from pocweb.choices import Marking
from pocweb.fieldlist import for_people


@dataclass(frozen=True)
class Column:
    """A column: `fields` are the columns of the case whose changes are its history; `is_cell` says that it is kept."""

    key: str
    label: str | Promise
    fields: tuple[str, ...] = ()
    is_cell: bool = False


RATED = (
    "impact_civilians", "impact_children", "impact_women", "children_rating", "women_rating", "impact",
    "impact_reason",
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    Column("case", gettext_lazy("Case"), ("state",)),
    Column(
        "priority", gettext_lazy("Priority"),
        ("priority", "case_class", "is_triangulated", "triangulation", "branch", "imminence_reason"),
    ),
    Column("threat", gettext_lazy("Threat and place"), ("act", "place", "area", "expected", "threatening", "at_risk")),
    Column("reliability", gettext_lazy("Reliability"), ("source_reliability", "information_reliability")),
    Column("impact", gettext_lazy("Impact"), RATED),
    Column("likelihood", gettext_lazy("Likelihood"), ("likelihood", "likelihood_body")),
    Column("decisions", gettext_lazy("Decisions")),
    Column("partners", gettext_lazy("Partners informed"), ("partners_informed",), True),
    Column("actions", gettext_lazy("Actions: owner, deadline"), ("has_operation",), True),
    Column("remarks", gettext_lazy("Remarks, last update"), ("remarks",), True),
)  # fmt: skip
BY_KEY = {column.key: column for column in COLUMNS}
CELLS: dict[str, tuple[str, ...]] = {column.key: column.fields for column in COLUMNS if column.is_cell}
"""The cells that are written in the matrix; the ratings are given on the page of the case, by their own steps."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action on a case: an action point of a meeting, or a response; `is_late` is past its deadline and open."""

    pk: int
    text: str
    owner: str
    due: date | None
    state: str
    is_late: bool
    is_point: bool
    marking: int = 0

    @property
    def words(self) -> str:
        """Return what, who, until when and how it stands, as sheets and PDF say it."""
        due = _("by %(day)s") % {"day": for_people(self.due)} if self.due else _("no deadline")
        state = f"{self.state}, {_('overdue')}" if self.is_late else self.state
        return f"{self.text} ({self.owner}, {due}, {state})"


@dataclass(frozen=True)
class MatrixRow:
    """One case with what stands beside it, of what a reader may see."""

    case: WarningCase
    decisions: tuple[Decision, ...]
    actions: tuple[Action, ...]
    told: tuple[CaseShare, ...]

    @property
    def impacts(self) -> tuple[tuple[str, str], ...]:
        """The three impacts in words, each unknown one said."""
        case = self.case
        return (
            (_("civilians"), level_words(case.impact_civilians)),
            (_("children"), _special(case.impact_children, case.children_rating)),
            (_("women and girls"), _special(case.impact_women, case.women_rating)),
        )

    @property
    def partners(self) -> str:
        """What is written of partners, and the tellings of step 13."""
        parts = [self.case.partners_informed] if self.case.partners_informed else []
        parts += [
            f"{one.get_audience_display()}: {one.recipients} ({for_people(one.told_at.date())})" for one in self.told
        ]
        return "; ".join(parts)

    @property
    def decision_words(self) -> str:
        return "; ".join(f"{one.text} ({for_people(one.decided_at.date())})" for one in self.decisions)

    @property
    def action_words(self) -> str:
        return "; ".join(one.words for one in self.actions)

    @property
    def marking(self) -> int:
        """The highest marking in the row: of the case, its decisions and actions."""
        told = [one.marking for one in self.decisions] + [one.marking for one in self.actions]
        return max([self.case.marking, *told])


def level_words(level: int | None) -> str:
    return str(ImpactLevel(level).label) if level else _("not rated")


def _special(level: int | None, rating: str) -> str:
    return _("not relevant") if rating == "not_relevant" else level_words(level)


def ordered(cases: "QuerySet[WarningCase]") -> "QuerySet[WarningCase]":
    """Order cases as the matrix and the list show them: imminent first, by priority, early warnings before alerts.

    Then the newest. A case that is not prioritised yet stands below those that are. Source: EW-03; Annex V, step 5.
    """
    # "warning" sorts after "alert"
    return cases.order_by(
        CaseWhen(When(branch=Branch.IMMINENT, then=0), default=1),
        F("priority").desc(nulls_last=True),
        F("case_class").desc(),
        F("received_at").desc(),
        F("pk").desc(),
    )


def read_rows(cases: Iterable[WarningCase], *, user: Any, now: datetime) -> list[MatrixRow]:
    """Return the cases as rows with what the user may see of their decisions, actions and tellings. Four queries."""
    found = list(cases)
    keys = [one.pk for one in found]
    decisions: dict[int, list[Decision]] = defaultdict(list)
    seen = Decision.objects.visible_to(user).filter(item__case__in=keys).select_related("item", "meeting")
    for one in seen.order_by("decided_at", "pk"):
        decisions[one.item.case_id].append(one)
    actions = _actions(keys, user=user, now=now)
    told: dict[int, list[CaseShare]] = defaultdict(list)
    known = {one.pk for several in decisions.values() for one in several}
    for share in CaseShare.objects.filter(case__in=keys).order_by("told_at", "pk"):
        if share.decision_id in known:  # what was told follows from a decision, and is no less marked
            told[share.case_id].append(share)
    return [MatrixRow(one, tuple(decisions[one.pk]), tuple(actions[one.pk]), tuple(told[one.pk])) for one in found]


def _actions(keys: list[int], *, user: Any, now: datetime) -> Mapping[int, list[Action]]:
    found: dict[int, list[Action]] = defaultdict(list)
    points = ActionPoint.objects.visible_to(user).filter(item__case__in=keys)
    for one in points.select_related("owner", "item").order_by("due_on", "pk"):
        is_late = one.state == "open" and one.due_on < now.date()
        owner = str(one.owner)
        words = str(one.get_state_display()).lower()
        found[one.item.case_id].append(Action(one.pk, one.text, owner, one.due_on, words, is_late, True, one.marking))
    for response in CaseResponse.objects.filter(case__in=keys).select_related("owner", "component").order_by("pk"):
        kind = str(response.get_kind_display())
        owner = str(response.owner or response.component or response.host_authority)
        is_open = response.state in (ResponseState.PLANNED, ResponseState.UNDER_WAY)
        is_late = bool(is_open and response.due_at and response.due_at < now)
        due = response.due_at.date() if response.due_at else None
        text = f"{kind}: {response.text.rstrip('. ')}" if response.text else kind
        words = str(response.get_state_display()).lower()
        found[response.case_id].append(Action(response.pk, text, owner, due, words, is_late, False))
    return found


def highest_marking(rows: Iterable[MatrixRow]) -> Marking:
    """Return the marking that a file of these rows carries."""
    return Marking(max((row.marking for row in rows), default=Marking.UNCLASSIFIED))
