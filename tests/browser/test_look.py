"""The frame in a real browser: width, policy, accessibility, and what the small script does."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from pocweb.models import Mission, Office, Person, Posting

PASSWORD = "seven-dry-rivers"
PAGES = ["/account/", "/account/password/", "/account/two-step/", "/account/confirm/", "/account/logout/", "/no/page/"]
WIDTHS = [360, 640, 1280, 1600]
# A form and a region as the app's pages have them; the acts go to addresses whose answers are known.
PROBE = """() => {
  const box = document.createElement("div");
  box.innerHTML = `<form id="probe" method="post" action="/account/" data-guard><textarea name="t"></textarea></form>
    <button id="fetch" hx-get="/account/" hx-target="#region" hx-select="h1">Fetch</button>
    <button id="gone" hx-get="/no/page/" hx-target="#region">Gone</button><div id="region">before</div>`;
  document.querySelector("main").prepend(box);
  htmx.process(box);
}"""


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, transactional_db: None) -> Page:
    mission = Mission.objects.create(
        code="look", name="Mission of the look", country_code="CAF", clock_on=date(2020, 12, 31)
    )
    office = Office.objects.add_root(
        {"mission": mission, "code": "hq", "name": "Mission headquarters", "kind": "headquarters"}
    )
    person = Person.objects.create_user(
        "castell", password=PASSWORD, first_name="N.", last_name="Castell", function="Senior Adviser, Protection"
    )
    Posting.objects.create(person=person, mission=mission, office=office, role="POCA", starts_on=date(2020, 1, 1))
    page.goto(f"{live_server.url}/account/login/?next=/account/")
    page.fill("#id_login", "castell")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
    return page


def _faults(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in violations]


@pytest.mark.parametrize("path", PAGES)
def test_page_never_scrolls_sideways_and_axe_finds_nothing(signed_in: Page, live_server: LiveServer, path: str) -> None:
    refused: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            refused.append(message.text)

    signed_in.on("console", note)
    for width in WIDTHS:
        signed_in.set_viewport_size({"width": width, "height": 740})
        signed_in.goto(f"{live_server.url}{path}")
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= width, width
        if width in (360, 1280):
            assert _faults(signed_in) == [], width
    assert refused == []


def test_refused_login_moves_the_focus_to_the_summary(
    page: Page, live_server: LiveServer, transactional_db: None
) -> None:
    page.goto(f"{live_server.url}/account/login/")
    page.fill("#id_login", "nobody")
    page.fill("#id_password", "wrong-wrong-wrong")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#errors")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert _faults(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_account_menu_lies_inside_the_window_and_closes_on_escape(signed_in: Page, width: int) -> None:
    signed_in.set_viewport_size({"width": width, "height": 740})
    signed_in.locator("details.menu > summary").first.click()
    box = signed_in.get_by_role("link", name="Two-step login").first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    signed_in.keyboard.press("Escape")
    assert signed_in.locator("details[open]").count() == 0
    assert signed_in.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_fragment_is_swapped_and_the_region_is_not_left_busy(signed_in: Page) -> None:
    signed_in.evaluate(PROBE)
    signed_in.click("#fetch")
    signed_in.wait_for_selector("#region h1")
    assert signed_in.inner_text("#region") == "N. Castell"
    assert signed_in.get_attribute("#region", "aria-busy") is None


@pytest.mark.parametrize(
    ("act", "said"),
    [("gone", "This record is not here"), ("offline", "No line to the server"), ("signed_out", "You are signed out")],
)
def test_failed_request_says_what_to_do_and_leaves_the_page(signed_in: Page, act: str, said: str) -> None:
    signed_in.evaluate(PROBE)
    if act == "offline":
        signed_in.context.set_offline(True)
    if act == "signed_out":
        signed_in.context.clear_cookies()
    signed_in.click("#gone" if act == "gone" else "#fetch")
    signed_in.wait_for_selector("#toasts .toast")
    assert said in signed_in.inner_text("#toasts")
    assert signed_in.inner_text("#region") == "before"


@pytest.mark.parametrize(
    ("status", "region", "said"),
    [(422, "Mend this", ""), (409, "Mend this", ""), (500, "before", "nothing was stored")],
)
def test_answers_that_people_can_mend_are_swapped_and_faults_are_not(
    signed_in: Page, status: int, region: str, said: str
) -> None:
    signed_in.route("**/no/page/", lambda route: route.fulfill(status=status, body="<p>Mend this</p>"))
    signed_in.evaluate(PROBE)
    with signed_in.expect_response("**/no/page/"):
        signed_in.click("#gone")
    signed_in.wait_for_selector("#region:not([aria-busy])")
    assert signed_in.inner_text("#region").strip() == region
    assert said in signed_in.inner_text("#toasts")


def test_leaving_a_form_with_unsaved_text_asks_first(signed_in: Page, live_server: LiveServer) -> None:
    asked: list[str] = []
    signed_in.evaluate(PROBE)
    signed_in.locator("#probe textarea").press_sequentially("Men seen on the road")
    signed_in.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    signed_in.goto(f"{live_server.url}/account/password/")
    assert asked == ["beforeunload"]


def test_leaving_an_untouched_form_asks_nothing(signed_in: Page, live_server: LiveServer) -> None:
    asked: list[str] = []
    signed_in.evaluate(PROBE)
    signed_in.click("main h1")
    signed_in.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    signed_in.goto(f"{live_server.url}/account/password/")
    assert asked == []


def test_pages_work_without_script(signed_in: Page, live_server: LiveServer) -> None:
    browser = signed_in.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page = context.new_page()
    page.goto(f"{live_server.url}/account/")
    page.locator("details.menu > summary").first.click()
    page.get_by_role("button", name="Sign out").click()
    assert page.url.startswith(f"{live_server.url}/account/login/")
    context.close()
