"""From a field report at 05:40 to a flash report: five people, a silence that climbs, an emergency meeting.

A civil affairs officer reports on a phone; the operations centre rates; the Head of Office decides that it is imminent,
sends it out and calls the emergency meeting; one commander acknowledges, one is silent (EW-01 to EW-11, EW-15).
"""

import io
import re
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from coordination.models import ActionPoint, CaseRecipient, FlashReport, WarningCase
from coordination.warnings.reminders_ew import climb
from pocweb import clock, jobs
from pocweb.models import Mission, Notice, Person
from tests.browser.looking import faults_of
from tests.browser.people import Demo

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
SEEN = "Women at the well were told to leave before the market opens on Friday."
DECIDED = "Two joint patrols hold the market road from noon on; the well is guarded overnight."
TO_DO = "Lead the joint patrol to the market road"


def _press(page: Page, label: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).first.click()


def _dawn() -> datetime:
    """Return 05:40 of the mission's day, or of the day before while the day is younger than that."""
    now = clock.now(Mission.objects.get(code="DEMO"))
    dawn = now.replace(hour=5, minute=40, second=0, microsecond=0)
    return dawn if dawn < now else dawn - timedelta(days=1)


def _report(demo: Demo) -> WarningCase:
    """File the report on a phone, in under a minute of typing (EW-01)."""
    page = demo.browser_of("orlo", **PHONE)
    page.goto(f"{demo.url}/")
    page.get_by_role("link", name="Report an alert").first.click()
    for label in ("Attack on people", "Within 24 hours", "Armed group", "Women", "Girls", "Alert network"):
        page.get_by_label(label, exact=True).check()
    page.fill("input[name=people]", "200")
    page.fill("textarea[name=text]", SEEN)
    page.get_by_text("Received earlier").click()
    page.fill("input[name=received_at]", f"{_dawn():%Y-%m-%dT%H:%M}")
    _press(page, "Send the alert")
    expect(page.locator("main")).to_contain_text("Name a village, quarter or road")
    expect(page.locator("textarea[name=text]")).to_have_value(SEEN)
    page.fill("input[name=place]", "Lissa, Grimari")
    _press(page, "Send the alert")
    expect(page.locator("main")).to_contain_text("I. Marrow")
    assert faults_of(page) == []
    case: WarningCase = WarningCase.objects.get(text=SEEN)
    assert (case.received_at, case.office.code) == (_dawn(), "BAMBARI")
    return case


def _rate(demo: Demo, case: WarningCase) -> None:
    """Rate source, information, class, impact and likelihood, each on the case's page (EW-02 to EW-05)."""
    page = demo.browser_of("haske")
    page.goto(f"{demo.url}/")
    page.get_by_role("link", name=re.compile(case.ref)).first.click()
    page.locator("input[name=reliability][value=B]").check()
    _press(page, "Rate the source")
    page.locator("input[name=reliability][value=probable]").check()
    page.locator("input[name=is_triangulated]").check()
    page.fill("[name=triangulation]", "Two patrols and a partner saw the same men.")
    _press(page, "Rate the information")
    page.locator("input[name=case_class][value=warning]").check()
    _press(page, "Class it")
    page.locator("input[name=civilians][value='3']").check()
    _press(page, "Rate the impact")
    page.locator("input[name=level][value='3']").check()
    page.locator("input[name=body][value=cell]").check()
    _press(page, "Rate the likelihood")
    expect(page.locator("main")).to_contain_text("Top priority")
    assert faults_of(page) == []


def _send_out(page: Page, demo: Demo, case: WarningCase) -> None:
    """Decide that it is imminent, with the reason, and send it out (EW-06, EW-08)."""
    page.goto(f"{demo.url}/alerts/{case.pk}/")
    page.locator("form[action$='prioritise/'] input[value=imminent]").check()
    page.locator("form[action$='prioritise/'] [name=why]").fill("The men said Friday, and their camp is an hour away.")
    _press(page, "Decide whether it is imminent")
    page.get_by_role("link", name="Send it out").click()
    expect(page.locator("main")).to_contain_text("S. Quill")
    assert faults_of(page) == []
    _press(page, "Send the alert")
    assert CaseRecipient.objects.filter(case=case, person__username__in=("tamm", "quill")).count() == 2


def _acknowledge_and_climb(demo: Demo, case: WarningCase) -> None:
    """One commander acknowledges from the desk; the other is reminded, then the silence climbs, each once (EW-08)."""
    page = demo.browser_of("tamm", **PHONE)
    page.goto(f"{demo.url}/")
    row = page.locator("main li, main tr").filter(has_text=case.ref).filter(has=page.get_by_role("button"))
    with page.expect_navigation():
        row.first.get_by_role("button", name=re.compile("Acknowledge")).click()
    assert CaseRecipient.objects.get(case=case, step="I10", person__username="tamm").acknowledged_at

    quill = CaseRecipient.objects.get(case=case, step="I10", person__username="quill")
    assert quill.due_at
    before = set(case.recipients.values_list("person__username", flat=True))
    for hours in (1, 1, 3, 3):  # each round of the schedule comes twice and does its work once
        climb(quill.due_at + timedelta(hours=hours))
    quill.refresh_from_db()
    assert (quill.acknowledged_at, quill.reminders) == (None, 2)
    assert Notice.objects.filter(person=quill.person, ref=case.ref).count() >= 3
    above = case.recipients.get(level=1, person__username="vey")  # the POC lead stands for all who are silent
    assert "vey" not in before
    told = Notice.objects.filter(person=above.person, ref=case.ref, text__contains=quill.label)
    assert told.count() == 1


def _meet(page: Page, demo: Demo, case: WarningCase) -> None:
    """Call the emergency meeting in one act, decide in session by keyboard, record the decision (EW-09)."""
    page.goto(f"{demo.url}/alerts/{case.pk}/")
    expect(page.locator("#recipients")).to_contain_text("S. Quill")
    _press(page, "Call the emergency meeting now")
    expect(page).to_have_url(re.compile(r"/meetings/\d+/session/"))
    item = page.locator("form").filter(has=page.locator("[name=decision_text]")).first
    item.locator("select[name=decision_kind]").select_option("reaction")
    item.locator("[name=decision_text]").fill(DECIDED)
    _fill_action(item)
    item.locator("[name=action_due]").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Saved")
    assert ActionPoint.objects.get(text=TO_DO).owner == Person.objects.get(username="tamm")
    assert faults_of(page) == []
    page.goto(f"{demo.url}/alerts/{case.pk}/")
    page.get_by_role("link", name="Record the emergency decision").click()
    expect(page.locator("main")).to_contain_text(DECIDED)
    _press(page, "The case is decided")


def _fill_action(item: Any) -> None:
    """Write the action point of an item: what, who, until when."""
    today = clock.today(Mission.objects.get(code="DEMO"))
    item.locator("[name=action_text]").fill(TO_DO)
    item.locator("select[name=action_owner]").select_option(label="Tamm, R.")
    item.locator("input[name=action_due]").fill(f"{today + timedelta(days=2):%Y-%m-%d}")


def _flash(demo: Demo, case: WarningCase) -> None:
    """Send the flash report, refused before there was a decision; its PDF says what was decided (EW-10)."""
    page = demo.browser_of("haske")
    page.goto(f"{demo.url}/alerts/{case.pk}/")
    page.get_by_role("link", name="Send the flash report").first.click()
    expect(page.locator("main")).to_contain_text(DECIDED)
    assert faults_of(page) == []
    _press(page, "Send the flash report")
    flash = FlashReport.objects.get(case=case)
    page.goto(f"{demo.url}/flashes/{flash.pk}/")
    _press(page, "Draw the PDF")
    jobs.work_off()
    answer = page.request.get(f"{demo.url}{jobs.Job.objects.latest('pk').link}")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body())).pages)
    words = " ".join(text.split())
    for said in (case.ref, "Lissa, Grimari", DECIDED, TO_DO):
        assert said in words


def test_report_at_dawn_becomes_a_flash_report(demo: Demo) -> None:
    """EW-01 to EW-10: reported at 05:40, rated, imminent, sent out, one silent, decided in emergency, flashed."""
    case = _report(demo)
    _rate(demo, case)
    head = demo.browser_of("marrow", **PHONE)
    head.goto(f"{demo.url}/alerts/{case.pk}/flash/")
    expect(head.locator("main")).not_to_contain_text(DECIDED)
    _send_out(head, demo, case)
    _acknowledge_and_climb(demo, case)
    _meet(head, demo, case)
    _flash(demo, case)
    case.refresh_from_db()
    assert (case.state, case.is_imminent, case.case_class) == ("flash_sent", True, "warning")
    moments = [case.received_at, case.classed_at, case.disseminated_at, case.decided_at, case.flashed_at]
    assert all(moments)
    assert moments == sorted(moments)  # type: ignore[type-var]
    # step I11 stands twice: the meeting was called, and it decided
    assert [step.key for step in case.steps.order_by("pk") if step.key != "2"] == [
        "3", "4", "5", "6", "8", "9", "I10", "I11", "I11", "I12",
    ]  # fmt: skip
