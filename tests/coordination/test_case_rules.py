"""EW-05, EW-07: the priority grid, and every line of the state table against every state."""

from typing import Any

import pytest
from django.conf import settings

from coordination.warnings import rules
from coordination.warnings.choices import Branch, CasePriority, CaseState
from coordination.warnings.rules import STEPS
from pocweb.errors import RuleError

L, M, H, T = CasePriority.LOW, CasePriority.MEDIUM, CasePriority.HIGH, CasePriority.TOP
ACTS = sorted({step.act for step in STEPS})
BRANCHES = ("", *Branch.values)


@pytest.mark.parametrize(
    ("impact", "likelihood", "priority"),
    [(1, 1, L), (1, 2, M), (1, 3, H), (2, 1, M), (2, 2, M), (2, 3, H), (3, 1, H), (3, 2, H), (3, 3, T)],
)
def test_ew_05_grid(impact: int, likelihood: int, priority: CasePriority) -> None:
    """EW-05: all nine cells. Source: POC Handbook 2020, Annex V, annex 6."""
    assert rules.priority_of(impact, likelihood) == priority


@pytest.mark.parametrize(
    ("three", "highest"),
    [((None, None, None), None), ((1, None, None), 1), ((1, 3, 2), 3), ((None, 2, 3), 3), ((2, None, 1), 2)],
)
def test_ew_05_overall_impact_is_the_highest(three: tuple[Any, Any, Any], highest: int | None) -> None:
    """EW-05; with one axis unknown there is no priority."""
    assert rules.overall_impact(*three) == highest
    assert rules.priority_of(None, 2) is None
    assert rules.priority_of(2, None) is None


def answer(act: str, state: str, branch: str) -> str:
    """Return what the table says of an act from a state of a branch."""
    try:
        step, is_out_of_order = rules.step_for(act, state=state, branch=branch)
    except RuleError as error:
        return error.code
    return "needs a reason" if is_out_of_order else f"{step.key} {step.after}"


def expected(act: str, state: str, branch: str) -> str:
    lines = [step for step in STEPS if step.act == act and step.branch in ("", branch)]
    if not lines:
        return "illegal_move"
    if state == CaseState.CLOSED:
        return "case_closed"
    regular = next((step for step in lines if state in step.before), None)
    return f"{regular.key} {regular.after}" if regular else "needs a reason"


def test_ew_07_every_act_from_every_state() -> None:
    """EW-07: of the other branch never, on a closed case never, out of order with a reason alone."""
    cells = [(act, state, branch) for branch in BRANCHES for state in CaseState.values for act in ACTS]
    assert {cell: answer(*cell) for cell in cells} == {cell: expected(*cell) for cell in cells}


def test_ew_07_two_branches_by_the_letter() -> None:
    """EW-07: the table of the domain, 3.4, written out once more; keys of the branches differ."""
    lines = [f"{step.key} {step.act}: {'|'.join(step.before)} > {step.after}" for step in STEPS]
    assert lines == [
        "3 rate-source: received > source_rated",
        "4 rate-information: source_rated > info_rated",
        "5 class: info_rated > classed",
        "6 rate-impact: classed > impact_rated",
        "8 rate-likelihood: impact_rated > likelihood_rated",
        "9 prioritise: likelihood_rated > prioritised",
        "N10 table: prioritised|monitored > tabled",
        "N10 decide: tabled > decided",
        "N11 implement: decided > implementing",
        "N12 monitor: implementing > monitored",
        "I10 send-out: prioritised > disseminated",
        "I11 decide-emergency: disseminated > emergency_decided",
        "I12 flash: emergency_decided > flash_sent",
        "I13 tell: flash_sent > partners_told",
        "I14 update-matrix: flash_sent|partners_told > matrix_updated",
        "I16 assess-harm: matrix_updated > harm_assessed",
        "I15 implement: matrix_updated|harm_assessed > implementing",
        "I15 monitor: implementing > monitored",
        "N12 close: monitored > closed",
        "N12 close: monitored > closed",
    ]
    own = {branch: {step.key[0] for step in STEPS if step.branch == branch} for branch in Branch.values}
    assert own == {"non_imminent": {"N"}, "imminent": {"I", "N"}}
    assert {step.key for step in STEPS if step.branch == "imminent" and step.key[0] == "N"} == {"N12"}


def picture() -> str:
    """Return the state table as the README shows it."""
    names = {"": "both", "non_imminent": "not imminent", "imminent": "imminent"}
    rows = [
        f"| {step.key} | {step.act} | {', '.join(step.before)} | {step.after} | {names[step.branch]} |"
        for step in STEPS
    ]  # fmt: skip
    return "\n".join(["| Step | Act | From | To | Branch |", "|---|---|---|---|---|", *rows])


def test_ew_07_readme_shows_the_table() -> None:
    """EW-07: the picture in the README is the table that moves cases."""
    readme = (settings.BASE_DIR / "coordination" / "README.md").read_text(encoding="utf-8")
    assert picture() in readme
