"""Judgments on early-warning cases: the state table with its two branches, and the priority grid.

Plain values in, plain values out. `STEPS` is read by the service that moves a case, by the pages' buttons and by the
picture in the README. Source: POC Handbook 2020, Annex V, steps 2 to 17 (EW-05, EW-07).
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.warnings.choices import Branch, CasePriority, CaseState
from pocweb.errors import RuleError

S = CaseState
STEER, RATE, RESPOND = "coordination.steer_case", "coordination.rate_case", "coordination.respond_to_case"
IMMINENCE, SEND_FLASH, HARM = (
    "coordination.decide_case_imminence",
    "coordination.send_flash",
    "coordination.assess_harm",
)


@dataclass(frozen=True)
class Step:
    """One line of the state table.

    `key` is the step of Annex V with its branch; `before` the states it regularly follows; `branch` is "" for steps
    before the branches part. `clock` names the moment of the case that is set when it is first done.
    """

    key: str
    act: str
    before: tuple[str, ...]
    after: str
    branch: str
    permission: str
    verb: str
    label: str | Promise
    clock: str = ""


N, I = Branch.NON_IMMINENT, Branch.IMMINENT  # noqa: E741  the letters of the steps
STEPS: tuple[Step, ...] = (
    Step("3", "rate-source", (S.RECEIVED,), S.SOURCE_RATED, "", RATE, "rated the source of",
         gettext_lazy("Rate the source")),
    Step("4", "rate-information", (S.SOURCE_RATED,), S.INFO_RATED, "", RATE, "rated the information of",
         gettext_lazy("Rate the information")),
    Step("5", "class", (S.INFO_RATED,), S.CLASSED, "", RATE, "classed", gettext_lazy("Class it"), "classed_at"),
    Step("6", "rate-impact", (S.CLASSED,), S.IMPACT_RATED, "", RATE, "rated the impact of",
         gettext_lazy("Rate the impact")),
    Step("8", "rate-likelihood", (S.IMPACT_RATED,), S.LIKELIHOOD_RATED, "", RATE, "rated the likelihood of",
         gettext_lazy("Rate the likelihood")),
    Step("9", "prioritise", (S.LIKELIHOOD_RATED,), S.PRIORITISED, "", IMMINENCE, "decided the imminence of",
         gettext_lazy("Decide whether it is imminent")),
    Step("N10", "table", (S.PRIORITISED, S.MONITORED), S.TABLED, N, STEER, "tabled",
         gettext_lazy("Put it before the local forum")),
    Step("N10", "decide", (S.TABLED,), S.DECIDED, N, STEER, "recorded the decision on",
         gettext_lazy("Record the decision"),
         "decided_at"),
    Step("N11", "implement", (S.DECIDED,), S.IMPLEMENTING, N, RESPOND, "began the response to",
         gettext_lazy("Begin the response"),
         "acted_at"),
    Step("N12", "monitor", (S.IMPLEMENTING,), S.MONITORED, N, STEER, "reassessed", gettext_lazy("Reassess it")),
    Step("I10", "send-out", (S.PRIORITISED,), S.DISSEMINATED, I, STEER, "sent out", gettext_lazy("Send it out"),
         "disseminated_at"),
    Step("I11", "decide-emergency", (S.DISSEMINATED,), S.EMERGENCY_DECIDED, I, STEER,
         "recorded the emergency decision on",
         gettext_lazy("Record the emergency decision"), "decided_at"),
    Step("I12", "flash", (S.EMERGENCY_DECIDED,), S.FLASH_SENT, I, SEND_FLASH, "sent the flash report on",
         gettext_lazy("Send the flash report"), "flashed_at"),
    Step("I13", "tell", (S.FLASH_SENT,), S.PARTNERS_TOLD, I, STEER, "told partners of",
         gettext_lazy("Tell partners or people")),
    Step("I14", "update-matrix", (S.FLASH_SENT, S.PARTNERS_TOLD), S.MATRIX_UPDATED, I, STEER,
         "updated the matrix with",
         gettext_lazy("Update the matrix")),
    Step("I16", "assess-harm", (S.MATRIX_UPDATED,), S.HARM_ASSESSED, I, HARM, "assessed the harm of the response to",
         gettext_lazy("Assess the harm of the operation")),
    Step("I15", "implement", (S.MATRIX_UPDATED, S.HARM_ASSESSED), S.IMPLEMENTING, I, RESPOND, "began the response to",
         gettext_lazy("Begin the response"), "acted_at"),
    Step("I15", "monitor", (S.IMPLEMENTING,), S.MONITORED, I, STEER, "reassessed", gettext_lazy("Reassess it")),
    Step("N12", "close", (S.MONITORED,), S.CLOSED, N, STEER, "closed", gettext_lazy("Close it"), "closed_at"),
    # the closing rule of the imminent branch follows step N12 by analogy; the source names none
    Step("N12", "close", (S.MONITORED,), S.CLOSED, I, STEER, "closed", gettext_lazy("Close it"), "closed_at"),
)  # fmt: skip
"""The state table. Side acts (7A, 7B, class and imminence changed later, 17) change no state; see `moves.py`."""

ASSESSING: tuple[str, ...] = (
    S.RECEIVED, S.SOURCE_RATED, S.INFO_RATED, S.CLASSED, S.IMPACT_RATED, S.LIKELIHOOD_RATED, S.PRIORITISED,
)  # fmt: skip
ORDER: dict[str, tuple[str, ...]] = {
    "": ASSESSING,
    N: (*ASSESSING, S.TABLED, S.DECIDED, S.IMPLEMENTING, S.MONITORED, S.CLOSED),
    I: (
        *ASSESSING, S.DISSEMINATED, S.EMERGENCY_DECIDED, S.FLASH_SENT, S.PARTNERS_TOLD, S.MATRIX_UPDATED,
        S.HARM_ASSESSED, S.IMPLEMENTING, S.MONITORED, S.CLOSED,
    ),
}  # fmt: skip
"""The order of states by branch, against which a skip and a way back are told."""


def steps_from(state: str, branch: str) -> tuple[Step, ...]:
    """Return the steps that regularly follow, rights and guards aside; the buttons of the page are these."""
    return tuple(step for step in STEPS if state in step.before and step.branch in ("", branch))


def step_for(act: str, *, state: str, branch: str) -> tuple[Step, bool]:
    """Return the step of an act, and whether taking it from this state skips or goes back (then it needs a reason).

    Raises `RuleError` for an act that nobody knows, one of the other branch, or any on a closed case. A step that
    leads to where the case stands is a correction and counts as going back. Source: EW-07.
    """
    step = next((one for one in STEPS if one.act == act and one.branch in ("", branch)), None)
    if step is None:
        raise RuleError("illegal_move", _("This step is not of the branch that the case is on."))
    if state == S.CLOSED:
        raise RuleError("case_closed", _("The case is closed. Reopen it first."))
    if state in step.before:
        return step, False
    return step, True


def is_later(state: str, than: str, *, branch: str) -> bool:
    """Say whether a state stands later than another in the order of the branch."""
    order = ORDER[branch]
    return state in order and than in order and order.index(state) > order.index(than)


def check_reason(reason: str, *, needed: bool) -> str:
    """Return the reason without spaces around it. Raises `RuleError` when one is needed and missing (EW-07)."""
    if needed and not reason.strip():
        raise RuleError("reason_missing", _("This skips a step or goes back. Say why."), "reason")
    return reason.strip()


GRID: dict[tuple[int, int], int] = {
    (1, 1): CasePriority.LOW, (1, 2): CasePriority.MEDIUM, (1, 3): CasePriority.HIGH,
    (2, 1): CasePriority.MEDIUM, (2, 2): CasePriority.MEDIUM, (2, 3): CasePriority.HIGH,
    (3, 1): CasePriority.HIGH, (3, 2): CasePriority.HIGH, (3, 3): CasePriority.TOP,
}  # fmt: skip
"""Priority by impact and likelihood. Source: POC Handbook 2020, Annex V, annex 6; the grid is symmetric (EW-05)."""


def overall_impact(civilians: int | None, children: int | None, women: int | None) -> int | None:
    """Return the highest of the impacts that are rated, None when none is. The rule is ours (EW-05)."""
    return max((one for one in (civilians, children, women) if one is not None), default=None)


def priority_of(impact: int | None, likelihood: int | None) -> int | None:
    """Return the priority of the 3x3 grid, None while either axis is unknown (EW-05)."""
    if impact is None or likelihood is None:
        return None
    return GRID[(impact, likelihood)]
