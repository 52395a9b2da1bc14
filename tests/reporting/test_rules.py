"""The judgments of reporting."""

import pytest

from reporting import rules
from reporting.choices import ReportState
from reporting.questions import records_query

FULL = {kind.code: "Text." for kind in rules.SECTIONS}


@pytest.mark.parametrize(
    ("pages", "warns"), [(1, True), (2, False), (5, False), (6, True)], ids=["one", "two", "five", "six"]
)
def test_report_outside_two_to_five_pages_is_warned_of(pages: int, warns: bool) -> None:
    """QR-02. POC Handbook 2020, 8.4."""
    assert bool(rules.pages_warning(pages)) is warns


def test_sections_follow_the_structure_of_the_handbook() -> None:
    """QR-01. POC Handbook 2020, 8.4."""
    assert [kind.code for kind in rules.SECTIONS] == [
        "I.a",
        "I.b.i",
        "I.b.ii",
        "I.b.iii",
        "II.a.i",
        "II.a.ii",
        "II.a.iii",
        "II.a.iv",
        "II.b",
        "III",
    ]


def test_whole_report_misses_nothing() -> None:
    assert list(rules.missing_for_submission(FULL, {"F-01"}, "Lead with [F-01].")) == []


def test_empty_section_lead_and_unknown_figure_are_named() -> None:
    texts = {**FULL, "II.b": "  ", "III": "See [F-99]."}

    missing = list(rules.missing_for_submission(texts, {"F-01"}, ""))

    assert [(item.code, item.section) for item in missing] == [
        ("no_lead", "lead"),
        ("empty_section", "II.b"),
        ("unknown_figure", "III"),
    ]


ALLOWED = {
    ("drafting", "submit"): "in_review",
    ("in_review", "clear"): "cleared",
    ("in_review", "return"): "drafting",
    ("cleared", "approve"): "approved",
    ("cleared", "return"): "drafting",
    ("approved", "send"): "sent",
}


@pytest.mark.parametrize("act", ["submit", "clear", "return", "approve", "send"])
@pytest.mark.parametrize("state", ReportState.values)
def test_state_table_allows_just_these_moves(state: str, act: str) -> None:
    """QR-01: drafting, in review, cleared, approved, sent."""
    move = rules.move_for(state, act)

    assert (move.target if move else None) == ALLOWED.get((state, act))


def test_every_permission_of_the_state_table_is_registered() -> None:
    import rules as registry

    assert [move.permission for move in rules.MOVES if not registry.perm_exists(move.permission)] == []


@pytest.mark.parametrize(
    ("person", "is_drafter"),
    [(1, True), (2, True), (3, False), (None, False)],
    ids=["drafter", "sender", "other", "nobody"],
)
def test_drafter_and_signer_differ(person: int | None, is_drafter: bool) -> None:
    """QR-01."""
    assert rules.drafted_by(person, drafter=1, submitter=2) is is_drafter
    assert rules.drafted_by(None, drafter=None, submitter=None) is False


def test_figure_of_threats_opens_the_live_rows_that_it_counted() -> None:
    """QR-01: active threats are counted, so the link shows live rows, also where the page is an approved one."""
    assert records_query({"kind": "threats", "imminent": True}) == (
        "threats:matrix-start",
        {"drafts": "1", "show": "imminent"},
    )
