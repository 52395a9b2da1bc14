"""Judgments on community protection plans: due days, the state table, what a step needs. Plain values in and out.

Source: POC Handbook 2020, 9.2; Annex V, para. 8.3 (CM-04, CM-05).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities.choices import PlanState
from pocweb.errors import RuleError

S = PlanState
CHANGE, ADOPT = "coordination.change_community", "coordination.adopt_community_plan"
SOON = timedelta(days=30)
"""How long before the due day it is told; ours."""


@dataclass(frozen=True)
class Step:
    """One line of the state table. `needs_reason` is for a way back."""

    act: str
    before: tuple[str, ...]
    after: str
    permission: str
    verb: str
    label: str | Promise
    needs_reason: bool = False


STEPS: tuple[Step, ...] = (
    Step("consult", (S.DRAFT,), S.CONSULTED, CHANGE, "closed the consultation of",
         gettext_lazy("The community was consulted")),
    Step("review", (S.CONSULTED,), S.REVIEWED, CHANGE, "recorded the review of",
         gettext_lazy("The local forum reviewed it")),
    Step("rework", (S.CONSULTED, S.REVIEWED), S.DRAFT, CHANGE, "took back to draft",
         gettext_lazy("Take it back to draft"), needs_reason=True),
    Step("adopt", (S.REVIEWED,), S.ADOPTED, ADOPT, "adopted", gettext_lazy("Adopt the plan")),
    Step("share", (S.ADOPTED,), S.SHARED, CHANGE, "shared with headquarters",
         gettext_lazy("Send it to the six offices")),
    Step("bring-into-force", (S.SHARED,), S.IN_FORCE, CHANGE, "brought into force",
         gettext_lazy("Bring it into force")),
)  # fmt: skip
"""The state table. `IN_FORCE` becomes `SUPERSEDED` when the area's next plan comes into force; nobody presses that."""

WAY = (S.DRAFT, S.CONSULTED, S.REVIEWED, S.ADOPTED, S.SHARED, S.IN_FORCE)
CHANGEABLE: tuple[str, ...] = (S.DRAFT, S.CONSULTED)
"""States in which the text may be changed. What the forum reviewed is what the Head of Office adopts; before a change
it goes back to draft, with the reason (ours)."""

RECIPIENTS: tuple[tuple[str, str | Promise], ...] = (
    ("dsrsg-p", gettext_lazy("DSRSG, political")),
    ("dsrsg-rchc", gettext_lazy("DSRSG/RC/HC")),
    ("poc-unit", gettext_lazy("POC Unit")),
    ("cas", gettext_lazy("Civil Affairs Section")),
    ("pad", gettext_lazy("Political Affairs Division")),
    ("hrd", gettext_lazy("Human Rights Division")),
)
"""Who gets an adopted plan. Source: POC Handbook 2020, Annex V, para. 8.3 (CM-04)."""


def step_for(act: str, state: str) -> Step:
    """Return the line of the table. Raises `RuleError` for an act that nobody knows or that this state does not allow.

    The service asks again in the database, so that of two people one is told.
    """
    step = next((one for one in STEPS if one.act == act), None)
    if step is None or state not in step.before:
        raise RuleError("illegal_move", _("The plan is not in a state in which this can be done."))
    return step


def due_on(year: int, semester: int) -> date:
    """Return the day by which a plan is to be adopted: 1 May, 1 November.

    The default of the source; each plan keeps its own, which may be changed (POC Handbook 2020, Annex V, para. 8.3).
    """
    return date(year, 5, 1) if semester == 1 else date(year, 11, 1)


def semester_of(day: date) -> tuple[int, int]:
    """Return year and semester of a day; January to June is the first. The source gives no bounds, so this is ours."""
    return day.year, 1 if day.month <= 6 else 2


def next_semester(year: int, semester: int) -> tuple[int, int]:
    """Return the semester after this one."""
    return (year, 2) if semester == 1 else (year + 1, 1)


class Due(StrEnum):
    """How a plan stands against its due day."""

    DONE = "done"
    LATER = "later"
    SOON = "soon"
    TODAY = "today"
    OVERDUE = "overdue"


def due_state(*, state: str, due: date, today: date) -> Due:
    """Return how a plan stands against its due day: told from 30 days before, overdue from the day after (CM-04)."""
    if state in S.FROZEN:
        return Due.DONE
    if today > due:
        return Due.OVERDUE
    if today == due:
        return Due.TODAY
    return Due.SOON if today >= due - SOON else Due.LATER


def check_consulted(*, has_women: bool, has_network: bool, reason: str) -> None:
    """Raise `RuleError` unless women's organizations were consulted and a network is named, or why there is none.

    Asked before "consulted" and before "reviewed". Source: POC Handbook 2020, 9.2 (CM-05).
    """
    if not has_women:
        words = _("Record first a consultation in which women's organizations took part.")
        raise RuleError("women_not_consulted", words, "consultation")
    if not has_network and not reason.strip():
        words = _("Choose the community alert network of the area, or write why there is none.")
        raise RuleError("no_network", words, "no_network_reason")


def check_reason(step: Step, reason: str) -> str:
    """Return the reason. Raises `RuleError` when a way back has none."""
    if step.needs_reason and not reason.strip():
        raise RuleError("reason_missing", _("Say why it goes back to draft."), "reason")
    return reason.strip()
