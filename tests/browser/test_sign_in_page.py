"""The sign-in page in the browser: reachable without script trouble, readable by all, asking nothing of other hosts."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer


def test_sign_in_page_loads_only_our_own_files_and_has_no_access_fault(page: Page, live_server: LiveServer) -> None:
    asked: list[tuple[str, int]] = []
    complaints: list[str] = []
    page.on("response", lambda answer: asked.append((answer.url, answer.status)))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{live_server.url}/account/")

    expect(page).to_have_url(f"{live_server.url}/account/login/?next=/account/")
    assert len(asked) > 2
    assert [(url, status) for url, status in asked if not url.startswith(live_server.url) or status >= 400] == []
    assert complaints == []
    assert Axe().run(page).response["violations"] == []
