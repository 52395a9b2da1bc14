"""The state table of matrix editions (TH-05)."""

import pytest

from pocweb.errors import RuleError
from threats.choices import ApprovalSlot, EditionState
from threats.rules import editions as rules

OPEN = {
    ("draft", "consult", ""): "consultation",
    ("consultation", "endorse", ""): "endorsed",
    ("consultation", "return", ""): "draft",
    ("endorsed", "approve", "head_of_office"): "endorsed",
    ("endorsed", "approve", "head_of_military"): "endorsed",
    ("endorsed", "approve", "head_of_police"): "endorsed",
    ("endorsed", "return", ""): "draft",
    ("endorsed", "complete", ""): "approved",
    ("approved", "enter_force", ""): "in_force",
    ("in_force", "supersede", ""): "superseded",
}
ALL_ACTS = ("consult", "endorse", "approve", "return", "complete", "enter_force", "supersede")
WALK = [
    (state, act, slot)
    for state in EditionState.values
    for act in ALL_ACTS
    for slot in (ApprovalSlot.values if act == "approve" else [""])
]


@pytest.mark.parametrize(("state", "act", "slot"), WALK)
def test_each_state_and_act_is_open_or_refused(state: str, act: str, slot: str) -> None:
    """TH-05: POC Handbook 2020, 8.3; every pair of state and act, 6 states by 9 acts."""
    expected = OPEN.get((state, act, slot))
    if expected is None:
        with pytest.raises(RuleError) as refused:
            rules.step_for(state, act, slot)
        assert refused.value.code == "illegal_move"
    else:
        assert rules.step_for(state, act, slot).after == expected


def test_the_table_has_no_line_twice_and_each_act_of_people_names_permission_and_button() -> None:
    keys = [(step.before, step.act, step.slot) for step in rules.STEPS]
    assert len(keys) == len(set(keys)) == len(OPEN)
    assert all(step.permission and step.label for step in rules.STEPS if step.act in rules.ACTS)
    assert not any(step.permission for step in rules.STEPS if step.act not in rules.ACTS)


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        ("draft", ["consult"]),
        ("consultation", ["endorse", "return"]),
        ("endorsed", ["approve", "approve", "approve", "return"]),
        ("approved", []),
        ("in_force", []),
        ("superseded", []),
    ],
)
def test_buttons_of_a_state(state: str, acts: list[str]) -> None:
    assert [step.act for step in rules.steps_from(state)] == acts


def test_all_rated_names_the_threats_without_rating() -> None:
    rules.check_all_rated([("T-001", 3), ("T-002", 1)])
    with pytest.raises(RuleError, match=r"T-002, T-004") as refused:
        rules.check_all_rated([("T-001", 3), ("T-002", None), ("T-003", 1), ("T-004", None)])
    assert refused.value.code == "not_rated"


@pytest.mark.parametrize(
    ("person", "drafter", "signed", "code"),
    [
        (1, 2, [], None),
        (1, 2, [3], None),
        (1, None, [], None),
        (1, 1, [], "drafter_approves"),
        (1, 2, [1], "approves_twice"),
    ],
)
def test_who_may_sign(person: int, drafter: int | None, signed: list[int], code: str | None) -> None:
    if code is None:
        rules.check_may_sign(person=person, drafter=drafter, signed=signed)
        return
    with pytest.raises(RuleError) as refused:
        rules.check_may_sign(person=person, drafter=drafter, signed=signed)
    assert refused.value.code == code


def test_a_return_needs_a_reason() -> None:
    assert rules.check_reason("  Two threats are missing. ") == "Two threats are missing."
    with pytest.raises(RuleError) as refused:
        rules.check_reason(" \n")
    assert (refused.value.code, refused.value.field) == ("reason_missing", "reason")


@pytest.mark.parametrize(
    ("slots", "complete"),
    [([], False), (["head_of_office"], False), (["head_of_office", "head_of_police"], False)]
    + [(["head_of_police", "head_of_office", "head_of_military"], True)],
)
def test_three_different_approvals_are_complete(slots: list[str], complete: bool) -> None:
    assert rules.all_signed(slots) is complete
