"""Two people at two browsers: no text is lost, nothing is signed twice, each is told of the other (TH-04, TH-05)."""

import re

import pytest
from playwright.sync_api import Page, expect

from pocweb.audit import history_of
from tests.browser.looking import faults_of
from tests.browser.people import Demo
from threats.models import EditionApproval, MatrixEdition, Threat

MINE, THEIRS = "Move the post to the bridge by 3 January", "Escort the market convoy twice a week"
BOTH = f"{THEIRS}. {MINE}."


def _rows() -> list[Threat]:
    """Return the threats of Kaga-Bandoro; each test finds them as the demo mission was built."""
    return list(Threat.objects.filter(office__code="KAGABANDORO", status="active").order_by("number"))


def _open_cell(page: Page, threat: Threat, column: str) -> None:
    """Open a cell in place, as the pencil does that shows on hover."""
    page.get_by_role("link", name=f"Edit {column.lower()}, {threat.ref}").dispatch_event("click")
    expect(page.locator("td.edit form")).to_be_visible()


def _matrix(demo: Demo, account: str) -> Page:
    page = demo.browser_of(account)
    page.goto(f"{demo.url}/matrix/KAGABANDORO/")
    return page


def _save(page: Page, threat: Threat, column: str, text: str) -> None:
    page.get_by_role("textbox", name=column).fill(text)
    page.locator("td.edit").get_by_role("button", name="Save").click()


def _action(threat: Threat) -> str:
    return Threat.objects.values_list("action", flat=True).get(pk=threat.pk)


@pytest.mark.parametrize(
    ("place", "choice", "stored"),
    [(0, "mine", MINE), (1, "theirs", THEIRS), (2, "both", BOTH)],
    ids=["mine", "theirs", "both"],
)
def test_same_cell_keeps_both_texts_and_the_second_person_chooses(
    demo: Demo, place: int, choice: str, stored: str
) -> None:
    threat = _rows()[place]
    before = threat.action
    first, second = _matrix(demo, "castell"), _matrix(demo, "petri")
    _open_cell(first, threat, "Action required")
    _open_cell(second, threat, "Action required")

    _save(first, threat, "Action required", THEIRS)
    expect(first.locator(f"#{threat.ref}")).to_contain_text(THEIRS)
    _save(second, threat, "Action required", MINE)

    expect(second.get_by_role("heading", level=1)).to_have_text(f"N. Castell saved {threat.ref} while you were writing")
    chooser = second.locator("#conflict")
    for text in (before, THEIRS, MINE):
        expect(chooser).to_contain_text(text)
    assert _action(threat) == THEIRS
    if choice == "both":
        assert faults_of(second) == []
        second.locator("input[name=choice_action][value=both]").check()
        second.locator("#both_action").fill(BOTH)
    second.locator(f"input[name=choice_action][value={choice}]").check()
    second.get_by_role("button", name="Save my choices").click()

    second.wait_for_url(re.compile("/matrix/KAGABANDORO/"))
    expect(second.locator(f"#{threat.ref}")).to_contain_text(stored)
    assert _action(threat) == stored
    texts = {str(value) for event in history_of(threat) for value in event.changes.get("action", ())}
    assert {before, THEIRS, stored} <= texts


def test_different_cells_of_one_row_are_both_kept_and_told(demo: Demo) -> None:
    threat = _rows()[0]
    first, second = _matrix(demo, "castell"), _matrix(demo, "petri")
    _open_cell(first, threat, "Action required")
    _open_cell(second, threat, "Threat and scale")

    _save(first, threat, "Action required", THEIRS)
    expect(first.locator(f"#{threat.ref}")).to_contain_text(THEIRS)
    _save(second, threat, "Threat and scale", "About 700 people on both banks")

    row = second.locator(f"#{threat.ref}")
    expect(row).to_contain_text("About 700 people on both banks")
    expect(row).to_contain_text(THEIRS)
    expect(second.locator("#toasts")).to_contain_text("Meanwhile another person changed: action required.")
    threat.refresh_from_db()
    assert (threat.action, threat.scale) == (THEIRS, "About 700 people on both banks")


def test_of_two_people_who_approve_at_once_one_is_recorded_and_the_other_told(demo: Demo) -> None:
    edition = MatrixEdition.objects.get(office__code="BRIA", state="endorsed")
    address = f"{demo.url}/editions/{edition.pk}/approve/?slot=head_of_military"
    sector, force = demo.browser_of("kessel"), demo.browser_of("brandt")
    for page in (sector, force):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Approve edition {edition.number}")

    sector.get_by_role("button", name=f"Approve edition {edition.number}").click()
    expect(sector.locator("#toasts")).to_contain_text(f"Your approval of edition {edition.number} is recorded.")
    force.get_by_role("button", name=f"Approve edition {edition.number}").click()
    expect(force.locator("main")).to_contain_text("G. Kessel approved as Head of military on")
    expect(force.locator("main")).to_contain_text("Nothing was recorded twice.")

    acts = EditionApproval.objects.filter(edition=edition, slot="head_of_military")
    assert [one.person.username for one in acts] == ["kessel"]
    approvals = [event for event in history_of(edition) if event.changes.get("approval") == [None, "head_of_military"]]
    assert [event.actor.username for event in approvals if event.actor] == ["kessel"]
