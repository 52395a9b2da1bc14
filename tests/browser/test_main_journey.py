"""The main job from an empty mission to a code cable in hand, each act by the account whose it is.

TH-04, TH-05, TH-11, QR-01 and QR-02, end to end.

The numbers of the cable are counted a second time here, from the file that was imported, with the csv module alone.
"""

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from pocweb.choices import Role
from pocweb.models import Area, Office, Person
from reporting.models import Report
from reporting.services import write_section
from tests.browser.people import sign_in
from tests.factories.coordination_forum import make_forum
from tests.factories.mission import make_mission, make_office, make_person
from threats.choices import EditionState
from threats.figures import figures
from threats.models import Assessment, Incident, MatrixEdition, Threat
from threats.services.threats import add_threat, assess_threat

EVENTS = Path(settings.BASE_DIR) / "threats/reference/ucdp_ged_caf_1991_2020.csv"
ROWS = 1576
QUARTER = "2020-Q4"
FIRST, LAST = date(2020, 10, 1), date(2020, 12, 31)
ACTION = "Hold the bridge at Ngakobo by day and night until 15 January"
PARAGRAPH = "Counted for this journey: [F-01] events, [F-02] killed (best estimate), [F-05] civilians among them."
WRITTEN = "The mission has no information of its own on this for the quarter."
HEADS = (
    ("head_of_office", "Head of Office", Role.HOO, "political"),
    ("head_of_military", "Head of military", Role.FCPC, "force"),
    ("head_of_police", "Head of police", Role.FCPC, "police"),
)


def counted_from_file() -> dict[str, int]:
    """Return events, killed (best) and civilians killed of the quarter, by the first day of each event."""
    with EVENTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "2020-10-01" <= row["date_start"][:10] <= "2020-12-31"]
    return {
        "events": len(rows),
        "killed": sum(int(row["best"]) for row in rows),
        "civilians_killed": sum(int(row["deaths_civilians"]) for row in rows),
    }


@pytest.fixture
def bambari(transactional_db: None) -> Office:
    """A mission on the real geography without a single event: one field office, its people, forum and one threat."""
    call_command("load_reference", verbosity=0)
    hq = make_office(make_mission(), "HQ", name="Mission headquarters")
    areas = Area.objects.filter(pcode__in=("CF43", "CF61", "CF62", "CF63"), valid_to=None)
    office = make_office(hq.mission, "BAMBARI", hq, areas, name="Bambari field office", lat=5.762, lon=20.667)
    adviser = make_person("adviser", Role.POCA, hq, "poc", first_name="N.", last_name="Castell")
    officer = make_person("officer", Role.POCF, office, "poc", first_name="A.", last_name="Bellin")
    for account, _label, role, component in HEADS:
        make_person(account, role, office, component, first_name=account[8].upper() + ".", last_name="Marrow")
    make_forum(office, officer, name="Local protection forum")
    values = {"title": "Reprisals on the Bambari axis", "areas": ["CF43"], "location": "Ngakobo", "action": "Patrol"}
    threat = add_threat(office=office, values=values, by=officer)
    reason = "Attacks every month on the same road."
    assess_threat(threat, likelihood=3, impact=3, reason=reason, inputs=[], confidence=2, by=adviser)
    return office


class Journey:
    """What the acts of the journey share: the server, a page per person, the threat and its office."""

    def __init__(self, url: str, browser: Browser, context_args: dict[str, Any], office: Office) -> None:
        self.url, self.office = url, office
        self._browser, self._context_args = browser, context_args
        self.threat = Threat.objects.get(office=office)
        self.adviser = self.page_of("adviser")

    def page_of(self, account: str) -> Page:
        """Return a page of a browser in which the person has signed in with their own password."""
        page = self._browser.new_context(base_url=self.url, **self._context_args).new_page()
        sign_in(page, self.url, account, account * 2)
        return page

    def import_events(self) -> None:
        """Upload the file, look at the check, confirm, and wait for the worker."""
        page = self.adviser
        page.goto("/imports/new/")
        page.set_input_files("#id_file", EVENTS)
        page.get_by_role("button", name="Upload and check").click()
        confirm = page.get_by_role("button", name=re.compile(r"Import 1\D?576 rows"))
        expect(confirm).to_be_visible(timeout=60_000)
        expect(page.get_by_role("heading", name="Places")).to_be_visible()
        assert Incident.objects.count() == 0
        confirm.click()
        expect(page.get_by_role("link", name="All incidents from UCDP GED")).to_be_visible(timeout=60_000)
        assert Incident.objects.filter(mission=self.office.mission).count() == ROWS

    def see_events(self) -> None:
        """Find the events of the quarter in the list and on the map."""
        page = self.adviser
        page.get_by_role("link", name="All incidents from UCDP GED").click()
        expect(page.locator("section[aria-label='What was found']")).to_contain_text(re.compile(r"1\D?576"))
        page.goto(f"/incidents/?from={FIRST}&to={LAST}")
        expect(page.locator("section[aria-label='What was found']")).to_contain_text(
            f"{counted_from_file()['events']} incidents"
        )
        page.get_by_role("link", name="Show on the map").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Map of incidents")
        expect(page.locator("main figure svg")).to_be_visible()
        expect(page.locator("main table")).to_contain_text("Ouaka")

    def change_rating_and_action(self) -> None:
        """Rate the threat anew beside its evidence, and edit its action in the cell."""
        page = self.adviser
        page.goto(f"/matrix/{self.office.code}/")
        row = page.locator(f"#{self.threat.ref}")
        row.locator("a[aria-expanded=false]").click()
        row.get_by_role("link", name="Reassess").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Rate {self.threat.ref}")
        page.locator("input[name=cell][value='5-4']").check()
        page.get_by_role("textbox", name="Reason").fill("The imported events show attacks in each of the last months.")
        page.get_by_role("radio", name=re.compile("^High")).check()
        page.get_by_role("button", name="Save the rating").click()
        expect(page.locator("#toasts")).to_contain_text(f"Rated {self.threat.ref}:")
        assert Assessment.objects.filter(threat=self.threat).count() == 2

        page.goto(f"/matrix/{self.office.code}/")
        row.get_by_role("link", name=f"Edit action required, {self.threat.ref}").dispatch_event("click")
        page.get_by_role("textbox", name="Action required").fill(ACTION)
        page.locator("td.edit").get_by_role("button", name="Save").click()
        expect(row).to_contain_text(ACTION)

    def bring_edition_into_force(self) -> None:
        """Open an edition and its consultation; the officer records the forum's decision; three heads approve."""
        page = self.adviser
        page.get_by_role("link", name="Roll over to the next period").click()
        page.locator("#id_horizon_on").fill("2021-03-31")
        page.get_by_role("button", name="Roll over and open the draft").click()
        page.get_by_role("link", name="Open for consultation").click()
        page.get_by_role("button", name="Open for consultation").click()
        expect(page.locator("#toasts")).to_contain_text("Edition 1 is open for consultation.")
        edition = MatrixEdition.objects.get(office=self.office)

        officer = self.page_of("officer")
        officer.goto(f"/editions/{edition.pk}/endorse/")
        officer.get_by_role("button", name="Record the decision").click()
        expect(officer.locator("#toasts")).to_contain_text("Recorded: Local protection forum")
        officer.context.close()

        for account, label, _role, _component in HEADS:
            head = self.page_of(account)
            head.goto(f"/editions/{edition.pk}/")
            head.get_by_role("link", name=f"Approve as {label}").click()
            expect(head.get_by_role("heading", level=1)).to_contain_text(f"as {label}")
            head.get_by_role("button", name="Approve edition 1").click()
            last = "Approved. Edition 1 is in force."
            expect(head.locator("#toasts")).to_contain_text(
                last if account == HEADS[-1][0] else "Your approval of edition 1 is recorded."
            )
            head.context.close()

        page.goto(f"/matrix/{self.office.code}/")
        expect(page.locator("#edition-panel")).to_contain_text("in force")
        edition.refresh_from_db()
        assert edition.state == EditionState.IN_FORCE
        assert edition.snapshot is not None
        assert ACTION in str(edition.snapshot["rows"])
        assert set(edition.approvals.values_list("slot", flat=True)) == {slot for slot, *_rest in HEADS}

    def write_report(self) -> Report:
        """Open the quarter's report, write a paragraph, and submit it; what is empty else is filled beside."""
        page = self.adviser
        page.goto("/reports/new/")
        expect(page.locator("#id_period")).to_have_value(QUARTER)
        page.locator("main form").get_by_role("button").first.click()
        report = Report.objects.get(period=QUARTER)
        page.wait_for_url(f"**/reports/{report.pk}/")
        adviser = Person.objects.get(username="adviser")
        for section in report.sections.select_related("report__mission", "report__office").filter(text=""):
            write_section(section, based_on=section.version, changes={"text": WRITTEN}, by=adviser)

        page.goto(f"/reports/{report.pk}/")
        page.get_by_role("link", name="Patterns of attacks").click()
        text = page.get_by_role("textbox", name="Text")
        text.fill(f"{text.input_value()}\n\n{PARAGRAPH}")
        page.get_by_role("button", name="Save the section").click()
        page.wait_for_url(f"**/reports/{report.pk}/**")
        page.get_by_role("button", name="Submit for review").click()
        expect(page.locator("#toasts")).to_contain_text("The report is now: in review.")
        expect(page.locator("main")).to_contain_text("Figures and texts frozen")
        return report

    def download_pdf(self, report: Report) -> Path:
        """Have the PDF drawn by the worker and download it."""
        page = self.adviser
        page.get_by_role("button", name="PDF", exact=True).click()
        result = page.get_by_role("link", name="Open the result")
        expect(result).to_be_visible(timeout=90_000)
        with page.expect_download() as download:
            result.click()
        assert download.value.suggested_filename.startswith(f"DEMO-{report.period}-")
        return download.value.path()


def test_from_events_to_a_cable_with_their_numbers(
    live_server: LiveServer, browser: Browser, browser_context_args: dict[str, Any], bambari: Office, job_runner: Any
) -> None:
    journey = Journey(live_server.url, browser, browser_context_args, bambari)
    journey.import_events()
    journey.see_events()
    journey.change_rating_and_action()
    journey.bring_edition_into_force()
    report = journey.write_report()
    reader = PdfReader(journey.download_pdf(report))
    journey.adviser.context.close()

    expected = counted_from_file()
    answers = {
        measure: figures(bambari.mission, measure=measure, by="quarter", start=FIRST, end=LAST).total
        for measure in expected
    }
    assert answers == expected
    assert min(expected.values()) > 0
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))
    # each number is followed by that of its note, small and raised
    found = re.search(r"journey: (\d+)F1 events, (\d+)F2 killed \(best estimate\), (\d+)F5 civilians among them", text)
    assert found is not None, text
    assert dict(zip(expected, map(int, found.groups()), strict=True)) == expected
