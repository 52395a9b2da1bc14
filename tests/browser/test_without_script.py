"""The main acts in a browser without script: sign in, edit a cell, open a row, rate, follow a job."""

import re

from playwright.sync_api import Page, expect

from pocweb import jobs
from pocweb.demo import DEMO_PASSWORD
from pocweb.models import Job
from tests.browser.people import Demo, sign_in
from threats.models import Assessment, Threat


def _rows() -> list[Threat]:
    return list(Threat.objects.filter(office__code="BOSSANGOA", status="active").order_by("number"))


def _plain(demo: Demo, account: str | None) -> Page:
    return demo.browser_of(account, java_script_enabled=False)


def test_sign_in_edit_a_cell_and_open_the_row(demo: Demo) -> None:
    threat = _rows()[0]
    page = _plain(demo, None)
    sign_in(page, demo.url, "lenz", DEMO_PASSWORD)
    page.get_by_role("link", name="Matrix", exact=True).click()
    page.wait_for_url("**/matrix/BOSSANGOA/")

    page.goto(demo.url + f"/matrix/BOSSANGOA/rows/{threat.pk}/action/")
    page.get_by_role("textbox", name="Action required").fill("Repair the radio of the alert network")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(rf"/matrix/BOSSANGOA/#{threat.ref}$"))
    row = page.locator(f"#{threat.ref}")
    expect(row).to_contain_text("Repair the radio of the alert network")
    expect(page.locator("#toasts")).to_contain_text(f"action required, {threat.ref}.")

    row.locator("a[aria-expanded=false]").click()
    expect(page.get_by_role("heading", name=threat.title)).to_be_visible()
    expect(row.get_by_role("link", name="Reassess")).to_be_visible()
    assert Threat.objects.get(pk=threat.pk).action == "Repair the radio of the alert network"


def test_pencil_leads_to_the_form_of_the_cell(demo: Demo) -> None:
    threat = _rows()[0]
    page = _plain(demo, "lenz")
    page.goto(f"{demo.url}/matrix/BOSSANGOA/")
    pencil = page.get_by_role("link", name=f"Edit action required, {threat.ref}")
    pencil.focus()
    pencil.press("Enter")
    page.wait_for_url(f"**/rows/{threat.pk}/action/")
    expect(page.get_by_role("textbox", name="Action required")).to_be_visible()


def test_opposed_edit_is_chosen_on_a_page_of_its_own(demo: Demo) -> None:
    threat = _rows()[1]
    address = f"{demo.url}/matrix/BOSSANGOA/rows/{threat.pk}/threat/"
    first, second = _plain(demo, "castell"), _plain(demo, "lenz")
    for page in (first, second):
        page.goto(address)
    for page, text in ((first, "Three villages"), (second, "Four villages")):
        page.get_by_role("textbox", name="Threat and scale").fill(text)
        page.get_by_role("button", name="Save").click()
    expect(second.get_by_role("heading", level=1)).to_contain_text("N. Castell saved")
    second.locator("input[name=choice_scale][value=both]").check()
    second.locator("#both_scale").fill("Three villages, or four")
    second.get_by_role("button", name="Save my choices").click()
    second.wait_for_url(re.compile("/matrix/BOSSANGOA/"))
    assert Threat.objects.get(pk=threat.pk).scale == "Three villages, or four"


def test_threat_is_rated(demo: Demo) -> None:
    threat = _rows()[2]
    before = Assessment.objects.filter(threat=threat).count()
    page = _plain(demo, "lenz")
    page.goto(f"{demo.url}/threats/{threat.pk}/assess/")
    page.get_by_role("button", name="Save the rating").click()
    expect(page.locator("#errors")).to_be_visible()

    page.locator("input[name=cell][value='5-4']").check()
    page.get_by_role("textbox", name="Reason").fill("Two attacks within a week on the same road.")
    page.get_by_role("radio", name=re.compile("^High")).check()
    page.get_by_role("button", name="Save the rating").click()
    page.wait_for_url(f"**/threats/{threat.pk}/")

    expect(page.locator("#toasts")).to_contain_text(f"Rated {threat.ref}:")
    ratings = Assessment.objects.filter(threat=threat).order_by("-pk")
    assert ratings.count() == before + 1
    assert (ratings[0].likelihood, ratings[0].impact) == (5, 4)


def test_job_is_followed_by_looking_again(demo: Demo) -> None:
    page = _plain(demo, "lenz")
    page.goto(f"{demo.url}/matrix/BOSSANGOA/editions/")
    page.get_by_role("link", name=re.compile("edition 3", re.IGNORECASE)).first.click()
    page.get_by_role("button", name="Draw the PDF").click()
    page.wait_for_url("**/jobs/*/")
    expect(page.locator("main")).to_contain_text("Waiting for its turn.")

    job = Job.objects.get(pk=int(page.url.rstrip("/").rsplit("/", 1)[1]))
    jobs.run(job.pk)
    page.get_by_role("link", name="Look again").click()
    expect(page.locator("main")).to_contain_text("Done")
    with page.expect_download() as download:
        page.get_by_role("link", name="Open the result").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
