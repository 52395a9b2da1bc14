"""Three people and the matrix of Bambari and Bouar: offline on a bad line, over a quarter's end, on a phone.

The focal point edits a sheet offline and brings it back (TH-10); the adviser rolls over, compares and consolidates
(TH-05, TH-06); the Head of Office approves on a phone (TH-05).
"""

import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from coordination.models import Forum
from coordination.services import record_endorsement
from pocweb import clock
from pocweb.audit import history_of
from pocweb.models import Person
from tests.browser.looking import faults_of
from tests.browser.people import Demo
from threats.choices import EditionState
from threats.models import MatrixEdition, Threat
from threats.services.editions import consult_edition
from threats.services.threats import edit_threat

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
OFFLINE = "Written on the road: escort the market convoy from Grimari on Thursdays"
OFFLINE_CAPACITY = "Written on the road: one platoon at Grimari until February"
ONLINE = "Written at headquarters: hold the bridge at Ngakobo until the road is open"
MEANWHILE = "Written at headquarters: two joint patrols in December"


def _threats(office: str) -> list[Threat]:
    return list(Threat.objects.filter(office__code=office, status="active").order_by("number"))


# --- the focal point: out, offline, and back --------------------------------------------------------------------------


def _column_of(sheet: Any, label: str) -> int:
    """Return the number of the column under its heading."""
    for row in sheet.iter_rows(min_row=1, max_row=6):
        for cell in row:
            if str(cell.value or "").strip() == label:
                return int(cell.column)
    raise AssertionError(f"No column {label}.")


def _row_of(sheet: Any, ref: str) -> int:
    for row in sheet.iter_rows():
        if any(cell.value == ref for cell in row[:6]):
            return int(row[0].row)
    raise AssertionError(f"No row {ref}.")


def _edit_offline(path: Path, edits: dict[tuple[str, str], str]) -> None:
    """Write texts into cells as a person does in a spreadsheet, and save under the same name."""
    book = load_workbook(path)
    sheet = book["Matrix"]
    for (ref, label), text in edits.items():
        sheet.cell(_row_of(sheet, ref), _column_of(sheet, label)).value = text
    book.save(path)


def test_focal_point_edits_offline_and_imports(demo: Demo, tmp_path: Path) -> None:
    """TH-10: a sheet goes out; colleagues go on; it comes back, one cell is chosen, all other edits are kept."""
    opposed, calm = _threats("BAMBARI")[:2]
    page = demo.browser_of("bellin")
    page.goto(f"{demo.url}/matrix/BAMBARI/")
    page.get_by_role("link", name="Edit offline").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Take a sheet out (XLSX)").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)

    adviser = Person.objects.get(username="castell")
    for threat, changes in ((opposed, {"action": ONLINE, "response": MEANWHILE}), (calm, {"response": MEANWHILE})):
        edit_threat(threat, changes=changes, based_on=threat.version, by=adviser)
    _edit_offline(
        path,
        {(opposed.ref, "Action required"): OFFLINE, (calm.ref, "Mission capacity and resources"): OFFLINE_CAPACITY},
    )

    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="Upload and compare").click()
    expect(page.get_by_role("heading", name="Somebody else changed the same cells: choose")).to_be_visible()
    main = page.locator("main")
    for text in (OFFLINE, ONLINE, OFFLINE_CAPACITY):
        expect(main).to_contain_text(text)
    assert Threat.objects.get(pk=calm.pk).capacity != OFFLINE_CAPACITY
    assert faults_of(page) == []

    page.locator("input[type=radio][value=both]").check()
    page.locator("textarea[name^=both_]").fill(f"{ONLINE}. {OFFLINE}")
    page.get_by_role("button", name=re.compile("Take over 2 rows")).click()
    expect(page.get_by_role("heading", name="What was stored")).to_be_visible()
    assert faults_of(page) == []

    first, second = Threat.objects.get(pk=opposed.pk), Threat.objects.get(pk=calm.pk)
    assert (first.action, first.response) == (f"{ONLINE}. {OFFLINE}", MEANWHILE)
    assert (second.capacity, second.response) == (OFFLINE_CAPACITY, MEANWHILE)
    page.goto(f"{demo.url}/matrix/BAMBARI/")
    expect(page.locator(f"#{opposed.ref}")).to_contain_text(OFFLINE)
    expect(page.locator(f"#{calm.ref}")).to_contain_text(OFFLINE_CAPACITY)
    assert {"bellin", "castell"} <= {event.actor.username for event in history_of(first) if event.actor}


# --- the adviser: over the quarter's end ------------------------------------------------------------------------------


def test_adviser_rolls_over_compares_and_consolidates(demo: Demo) -> None:
    """TH-05, TH-06: the next edition carries everything; any two compare; the mission's view reads approved rows."""
    page = demo.browser_of("castell")
    page.goto(f"{demo.url}/matrix/BOUAR/")
    page.get_by_role("link", name="Roll over to the next period").click()
    expect(page.get_by_role("heading", name="What is carried")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("button", name="Roll over and open the draft").click()
    expect(page.locator("#toasts")).to_contain_text("Edition 3 is open as a draft; everything was carried.")
    edition = MatrixEdition.objects.get(office__code="BOUAR", number=3)
    assert edition.carried_from == MatrixEdition.objects.get(office__code="BOUAR", state=EditionState.IN_FORCE)
    threat = _threats("BOUAR")[0]
    row = page.locator("#round tbody tr").filter(has_text=threat.ref)
    expect(row).to_contain_text("Not yet")
    row.get_by_role("link", name="Confirm the rating").click()
    page.get_by_role("textbox").first.fill("Nothing new is known; the patrols confirm it.")
    page.locator("main form button.go").click()
    expect(page.locator("#round tbody tr").filter(has_text=threat.ref)).to_contain_text("Yes")

    page.goto(f"{demo.url}/matrix/BAMBARI/changes/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("since the last edition")
    expect(page.locator("main")).to_contain_text("A. Bellin")
    assert faults_of(page) == []
    first, second = MatrixEdition.objects.filter(office__code="BAMBARI", snapshot__isnull=False).order_by("number")
    page.goto(f"{demo.url}/editions/{first.pk}/compare/{second.pk}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"dition {first.number}")
    assert faults_of(page) == []

    approved = _approved_refs("EAST") | _approved_refs("WEST") | _approved_refs("HQ")
    page.goto(f"{demo.url}/matrix/HQ/")
    assert _shown(page) == approved
    drafted = set(Threat.objects.filter(status="active", office__mission__code="DEMO"))
    page.get_by_role("link", name="Show drafts").click()
    page.wait_for_url(re.compile("drafts=1"))
    assert _shown(page) == {one.ref for one in drafted}
    page.goto(f"{demo.url}/matrix/EAST/")
    assert _shown(page) == _approved_refs("EAST")
    page.goto(f"{demo.url}/matrix/HQ/leadership/")
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ threats? must be acted on"))
    assert faults_of(page) == []


def _approved_refs(code: str) -> set[str]:
    """Return the rows that the offices of a branch have in force, counted from the frozen editions themselves."""
    editions = MatrixEdition.objects.filter(state=EditionState.IN_FORCE).select_related("office")
    heads = {"HQ": lambda one: one.office.code == "HQ"}
    path = MatrixEdition._meta.get_field("office").related_model.objects.get(code=code).path
    wanted = heads.get(code, lambda one: one.office.path.startswith(path))
    return {row["ref"] for one in editions if wanted(one) for row in (one.snapshot or {})["rows"]}


def _shown(page: Page) -> set[str]:
    return set(page.locator("table.matrix tbody[id^='T-']").evaluate_all("rows => rows.map(row => row.id)"))


# --- the Head of Office: on a phone -----------------------------------------------------------------------------------


@pytest.fixture
def waiting(demo: Demo) -> MatrixEdition:
    """Bambari's draft, consulted and endorsed: it waits for the three heads."""
    officer = Person.objects.get(username="bellin")
    edition = MatrixEdition.objects.get(office__code="BAMBARI", state=EditionState.DRAFT)
    edition = consult_edition(edition, by=officer)
    forum = Forum.objects.filter(office__code="BAMBARI", is_active=True).first()
    assert forum is not None
    record_endorsement(edition, forum=forum, decided_on=clock.now(edition.mission).date(), by=officer)
    return MatrixEdition.objects.get(pk=edition.pk)


def test_head_of_office_approves_on_a_phone(demo: Demo, waiting: MatrixEdition) -> None:
    """TH-05: from the desk by touch to the approval; the other two heads follow, and the edition is in force."""
    roles = {"marrow": "Head of Office", "tamm": "Head of military", "quill": "Head of police"}
    for account, role in roles.items():
        page = demo.browser_of(account, **PHONE)
        page.goto(demo.url)
        page.locator(f"a[href*='/editions/{waiting.pk}/']").first.tap()
        page.wait_for_url(re.compile(f"/editions/{waiting.pk}/"), wait_until="load")
        if "approve" not in page.url:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            page.get_by_role("link", name=f"Approve as {role}").first.tap()
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"as {role}")
        button = page.get_by_role("button", name=f"Approve edition {waiting.number}")
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 36, "Too small for a thumb."
        button.tap()
        done = "Approved" if account == "quill" else "Your approval"
        expect(page.locator("#toasts")).to_contain_text(done)
        if account == "marrow":
            page.goto(f"{demo.url}/matrix/BAMBARI/leadership/")
            expect(page.locator("main")).to_contain_text("must be acted on")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
    waiting.refresh_from_db()
    assert waiting.state == EditionState.IN_FORCE
    assert {one.person.username for one in waiting.approvals.select_related("person")} == set(roles)
    assert {one.sha256 for one in waiting.approvals.all()} == {waiting.sha256}
