"""An import in a real browser, done by a real job process: upload, follow, look, confirm; width and accessibility."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from pocweb.models import Office, Person
from tests.factories.threats_import import csv_file, ucdp_rows
from threats.models import Incident

WIDTHS = (360, 1280)


@pytest.fixture
def desk(
    page: Page, live_server: LiveServer, transactional_db: None, adviser: Person, bambari: Office, bria: Office
) -> Page:
    """A browser in which the POC Adviser is signed in."""
    page.goto(f"{live_server.url}/account/login/?next=/imports/")
    page.fill("#id_login", "adviser")
    page.fill("#id_password", "adviser" * 2)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/imports/")
    return page


def look(page: Page) -> None:
    """Find nothing wrong with the page, on a phone and on a desk."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        violations = Axe().run(page).response["violations"]
        assert [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in violations] == [], width


def test_import_is_uploaded_followed_and_confirmed(desk: Page, job_runner: Any, tmp_path: Path) -> None:
    """TH-11: the page follows the work by itself, without being loaded again."""
    rows = list(ucdp_rows(30))
    rows[2] |= {"best": "a dozen"}
    rows[4] |= {"longitude": "23.5"}
    path = tmp_path / "events.csv"
    path.write_bytes(csv_file(rows).getvalue())

    look(desk)
    desk.get_by_role("link", name="Upload a file").first.click()
    look(desk)
    desk.set_input_files("#id_file", path)
    desk.get_by_role("button", name="Upload and check").click()
    confirm = desk.get_by_role("button", name="Import 29 rows")
    expect(confirm).to_be_visible(timeout=30_000)
    expect(desk.get_by_text('"a dozen" is not a whole number').first).to_be_visible()
    look(desk)
    assert Incident.objects.count() == 0

    confirm.click()
    incidents = desk.get_by_role("link", name="All incidents from UCDP GED")
    expect(incidents).to_be_visible(timeout=30_000)
    look(desk)
    assert Incident.objects.count() == 29
    incidents.click()
    desk.wait_for_url("**/incidents/?origin=ucdp*")


def test_too_large_file_is_refused_before_it_is_sent(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/imports/new/")
    desk.evaluate("document.querySelector('#id_file').dataset.maxBytes = '10'")
    desk.set_input_files("#id_file", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"x" * 100})
    said = desk.evaluate("document.querySelector('#id_file').validationMessage")
    assert said == "The file is larger than 100 MB. Split it by year."
