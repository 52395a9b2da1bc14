"""TH-04 in a browser: two people edit one cell; the second chooses, both texts survive; Undo takes a save back."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from pocweb.models import Office, Person
from tests.factories.threats_threat import make_full_threat
from threats.models import Threat


@pytest.fixture
def threat(live_server: LiveServer, bambari: Office, officer: Person, colleague: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def open_cell(browser: Browser, context_args: dict[str, Any], live_server: LiveServer, name: str, cell: str) -> Page:
    """Sign in, open the matrix and the form of one cell in place."""
    page = browser.new_context(**context_args).new_page()
    page.goto(f"{live_server.url}/account/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", name * 2)
    with page.expect_navigation():
        page.click("button.go")
    page.goto(f"{live_server.url}/matrix/BAMBARI/")
    page.hover("#T-001")
    page.click(f"#T-001 a[href$='/{cell}/']")
    page.wait_for_selector("#T-001 td.edit textarea")
    return page


def test_two_editors_of_one_cell_and_undo(
    live_server: LiveServer, browser: Browser, browser_context_args: dict[str, Any], threat: Threat
) -> None:
    mine = open_cell(browser, browser_context_args, live_server, "officer", "action")
    theirs = open_cell(browser, browser_context_args, live_server, "colleague", "action")
    theirs.fill("#T-001 textarea", "Theirs")
    theirs.click("#T-001 .go")
    theirs.wait_for_selector("#toasts button[name=undo]")
    mine.fill("#T-001 textarea", "Mine")
    mine.click("#T-001 .go")
    mine.wait_for_selector("#conflict")
    mine.check("input[name=choice_action][value=both]")
    with mine.expect_navigation():
        mine.click("#conflict .go")
    assert Threat.objects.get().action == "Mine\nTheirs"
    mine.click("#T-001 a[href$='/capacity/']")
    mine.fill("#T-001 td.edit textarea", "2 platoons")
    mine.click("#T-001 .go")
    with mine.expect_navigation():
        mine.click("#toasts button[name=undo]")
    assert (Threat.objects.get().capacity, Threat.objects.get().version) == ("1 platoon", 5)


def test_keyboard_goes_into_the_form_of_a_cell_and_back_to_its_pencil(
    live_server: LiveServer, browser: Browser, browser_context_args: dict[str, Any], threat: Threat
) -> None:
    """TH-04: who edits by keyboard is led into the form, and after saving stands at the pencil of the same cell."""
    page = open_cell(browser, browser_context_args, live_server, "officer", "capacity")
    page.wait_for_function("document.activeElement.name === 'capacity'")
    page.keyboard.type("Two platoons, ")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts button[name=undo]")
    page.wait_for_function("document.activeElement.matches('#T-001 a.ed')")
    assert str(page.evaluate("document.activeElement.getAttribute('href')")).endswith("/capacity/")
