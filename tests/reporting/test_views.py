"""Pages of reports: allowed, refused, unseen; conflicts with a choice; refusals in words; queries that do not grow."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pocweb.choices import Marking
from pocweb.models import AuditEvent, Job, Person
from reporting import services
from reporting.choices import ReportState
from reporting.models import Report, ReportFile
from tests.reporting.conftest import NOW, do_jobs
from threats.models import Incident

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]


@pytest.fixture
def sign_in(client: Client) -> SignIn:
    def enter(person: Person) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def url(name: str, *args: Any) -> str:
    return reverse(f"reporting:{name}", args=args)


def pages_of(report: Report) -> list[str]:
    """Return the addresses of a report's pages."""
    return [
        url("report-detail", report.pk),
        url("report-preview", report.pk),
        url("report-head", report.pk),
        url("section-update", report.pk, "II.b"),
        url("figure-detail", report.pk, "F-02"),
    ]


def test_pages_open_for_those_who_write(sign_in: SignIn, report: Report, adviser: Person, officer: Person) -> None:
    for person in (adviser, officer):
        client = sign_in(person)
        assert {page: client.get(page).status_code for page in pages_of(report)} == dict.fromkeys(pages_of(report), 200)


def test_report_of_another_mission_is_not_there(sign_in: SignIn, report: Report, stranger: Person) -> None:
    client = sign_in(stranger)
    acts = [
        url("report-act", report.pk, "submit"),
        url("report-pdf", report.pk),
        url("figures-refresh", report.pk),
        url("section-update", report.pk, "II.b"),
    ]

    assert {client.get(page).status_code for page in pages_of(report)} == {404}
    assert {client.post(page).status_code for page in acts} == {404}
    assert "2020-Q4" not in client.get(url("report-list")).text


def test_role_without_reports_gets_no_page(sign_in: SignIn, report: Report, scpi: Person) -> None:
    client = sign_in(scpi)

    assert client.get(url("report-list")).status_code == 403
    assert "Reports" not in client.get("/").text


def test_report_marked_higher_is_not_there(sign_in: SignIn, report: Report, adviser: Person) -> None:
    Report.objects.filter(pk=report.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)

    assert {sign_in(adviser).get(page).status_code for page in pages_of(report)} == {404}


def test_menu_leads_to_the_reports(sign_in: SignIn, report: Report, adviser: Person) -> None:
    page = sign_in(adviser).get(url("report-list"))

    assert f'<a href="{url("report-list")}" aria-current="page">Reports</a>' in page.text
    assert url("report-detail", report.pk) in page.text


def test_empty_list_says_what_will_stand_there(sign_in: SignIn, adviser: Person, officer: Person) -> None:
    assert url("report-create") in sign_in(adviser).get(url("report-list")).text
    page = sign_in(officer).get(url("report-list"))
    assert "Reports of each quarter will stand here." in page.text
    assert url("report-create") not in page.text


def test_opening_a_quarter_from_the_page(sign_in: SignIn, events: None, adviser: Person) -> None:
    client = sign_in(adviser)

    assert "2020-Q4" in client.get(url("report-create")).text
    refused = client.post(url("report-create"), {"period": "2020-5"})
    assert (refused.status_code, Report.objects.count()) == (422, 0)
    assert "such as 2020-Q4" in refused.text
    opened = client.post(url("report-create"), {"period": "2020-Q4"})
    assert opened.status_code == 302
    again = client.post(url("report-create"), {"period": "2020-Q4"})
    assert (again.status_code, Report.objects.count()) == (422, 1)
    assert "has a report already" in again.text


def test_focal_point_may_not_open_from_the_page(sign_in: SignIn, officer: Person) -> None:
    assert sign_in(officer).post(url("report-create"), {"period": "2020-Q4"}).status_code == 403


def test_page_names_what_is_missing_and_holds_the_button(sign_in: SignIn, report: Report, adviser: Person) -> None:
    """QR-01: a report is not submitted with empty sections."""
    page = sign_in(adviser).get(url("report-detail", report.pk))

    assert "II.a.ii Elections, negotiations, political processes is empty." in page.text
    assert "disabled" in page.text
    refused = sign_in(adviser).post(url("report-act", report.pk, "submit"))
    assert (refused.status_code, Report.objects.get().state) == (400, ReportState.DRAFTING)
    assert "II.a.ii Elections, negotiations, political processes is empty." in refused.text


def test_looking_writes_nothing_and_shows_what_the_records_say(
    sign_in: SignIn, report: Report, adviser: Person
) -> None:
    Incident.objects.filter(starts_on="2020-12-31").update(killed_best=7)
    client = sign_in(adviser)
    before = AuditEvent.objects.count()

    with CaptureQueriesContext(connection) as queries:
        page = client.get(url("report-detail", report.pk))

    assert "2 figures have changed since they were last stored." in page.text
    assert "was 10" in page.text
    assert "11<sup>" in page.text
    writes = [row["sql"] for row in queries if row["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert (writes, AuditEvent.objects.count()) == ([], before)
    assert report.figures.get(code="F-02").answer == 10


def test_asking_the_figures_again_stores_them(sign_in: SignIn, report: Report, adviser: Person) -> None:
    Incident.objects.filter(starts_on="2020-12-31").update(killed_best=7)

    page = sign_in(adviser).post(url("figures-refresh", report.pk), follow=True)

    assert "2 figures changed: F-02, F-09." in page.text
    assert report.figures.get(code="F-02").answer == 11


def test_section_is_saved_with_its_version(sign_in: SignIn, report: Report, adviser: Person) -> None:
    given = {"text": "Families flee to the bush.\r\n\r\nAid does not follow.", "state": "ready", "based_on": "1"}

    page = sign_in(adviser).post(url("section-update", report.pk, "II.b"), given, follow=True)

    assert "Saved II.b Likely effect on civilians as version 2." in page.text
    section = report.sections.get(code="II.b")
    assert (section.text, section.state) == ("Families flee to the bush.\n\nAid does not follow.", "ready")
    assert (section.changed_by, section.version) == (adviser, 2)


def test_section_that_is_too_long_keeps_the_text(sign_in: SignIn, report: Report, adviser: Person) -> None:
    text = "word " * 5000

    page = sign_in(adviser).post(url("section-update", report.pk, "II.b"), {"text": text, "based_on": "1"})

    assert page.status_code == 422
    assert text.strip() in page.text
    assert report.sections.get(code="II.b").version == 1


def test_second_writer_chooses_and_both_texts_survive(
    sign_in: SignIn, report: Report, adviser: Person, officer: Person
) -> None:
    section = report.sections.get(code="II.b")
    services.write_section(section, based_on=1, changes={"text": "First text."}, by=adviser, now=NOW)
    client, address = sign_in(officer), url("section-update", report.pk, "II.b")

    page = client.post(address, {"text": "Second text.", "state": "ready", "based_on": "1"})

    assert page.status_code == 409
    for words in ("N. Castell", "First text.", "Second text."):
        assert words in page.text
    section.refresh_from_db()
    assert section.text == "First text."
    chosen = {"based_on": "2", "choice_text": "both", "both_text": "First text.\r\nSecond text.", "mine_text": "x"}
    client.post(address, chosen)
    section.refresh_from_db()
    assert (section.text, section.version, section.changed_by) == ("First text.\nSecond text.", 3, officer)


def test_summary_conflict_keeps_both_and_its_choice_is_saved(
    sign_in: SignIn, report: Report, adviser: Person, officer: Person
) -> None:
    services.write_head(report, based_on=1, changes={"lead": "First lead."}, by=officer, now=NOW)
    client, address = sign_in(adviser), url("report-head", report.pk)

    page = client.post(address, {"lead": "Mine.", "precedence": "Priority", "marking": "2", "based_on": "1"})

    assert page.status_code == 409
    assert "First lead." in page.text
    client.post(address, {"based_on": "2", "choice_lead": "mine", "mine_lead": "Mine."})
    report.refresh_from_db()
    assert report.lead == "Mine."


def test_contributor_is_not_offered_the_marking(
    sign_in: SignIn, report: Report, adviser: Person, officer: Person
) -> None:
    address = url("report-head", report.pk)

    assert 'name="marking"' not in sign_in(officer).get(address).text
    page = sign_in(adviser).get(address)
    assert 'name="marking"' in page.text
    assert "Strictly confidential" not in page.text
    refused = sign_in(adviser).post(
        address, {"lead": "x", "precedence": "Routine", "marking": "3", "based_on": str(report.version)}
    )
    assert refused.status_code == 422


def test_frozen_section_is_shown_without_a_form(sign_in: SignIn, submitted: Report, adviser: Person) -> None:
    address = url("section-update", submitted.pk, "II.b")
    client = sign_in(adviser)

    assert "frozen" in client.get(address).text
    assert "<textarea" not in client.get(address).text
    assert client.post(address, {"text": "Late.", "based_on": "1"}).status_code == 409


def test_report_walks_its_states_from_the_pages(
    sign_in: SignIn, whole_report: Report, adviser: Person, poc_lead: Person, head_of_mission: Person
) -> None:
    """QR-01: drafting, in review, cleared, approved, sent; the buttons stand only where they work."""
    detail = url("report-detail", whole_report.pk)
    steps = [
        (adviser, "submit", "in_review"),
        (poc_lead, "clear", "cleared"),
        (head_of_mission, "approve", "approved"),
    ]
    for person, act, state in steps:
        address = url("report-act", whole_report.pk, act)
        assert address in sign_in(person).get(detail).text
        assert sign_in(person).post(address).status_code == 302
        whole_report.refresh_from_db()
        assert whole_report.state == state
        assert address not in sign_in(person).get(detail).text
    early = sign_in(adviser).post(url("report-act", whole_report.pk, "send"))
    assert (early.status_code, "still being made" in early.text) == (400, True)
    do_jobs()
    sign_in(adviser).post(url("report-act", whole_report.pk, "send"))
    whole_report.refresh_from_db()
    assert whole_report.state == ReportState.SENT


def test_others_read_whom_the_report_waits_for(sign_in: SignIn, submitted: Report, adviser: Person) -> None:
    page = sign_in(adviser).get(url("report-detail", submitted.pk))

    assert "It waits to be cleared by the POC lead" in page.text
    refused = sign_in(adviser).post(url("report-act", submitted.pk, "clear"))
    assert refused.status_code == 403


def test_report_is_sent_back_with_a_reason_that_the_drafter_reads(
    sign_in: SignIn, submitted: Report, poc_lead: Person, adviser: Person
) -> None:
    address = url("report-act", submitted.pk, "return")

    empty = sign_in(poc_lead).post(address, {"reason": " "})
    assert empty.status_code == 422
    assert sign_in(poc_lead).post(address, {"reason": "Name the roads."}).status_code == 302
    page = sign_in(adviser).get(url("report-detail", submitted.pk))
    assert "T. Vey sent it back on 31 Dec" in page.text
    assert "Name the roads." in page.text


def test_second_approval_is_told_who_was_first(sign_in: SignIn, signed: Report, head_of_mission: Person) -> None:
    page = sign_in(head_of_mission).post(url("report-act", signed.pk, "approve"))

    assert page.status_code == 409
    assert "H. Morrow was first" in page.text
    assert Report.objects.get().cable_number == "DEMO-0001"


def test_unknown_act_and_get_on_an_act_are_refused(sign_in: SignIn, report: Report, adviser: Person) -> None:
    client = sign_in(adviser)

    assert client.post(url("report-act", report.pk, "burn")).status_code == 404
    assert client.get(url("report-act", report.pk, "submit")).status_code == 405


def test_figure_page_says_question_and_leads_to_the_records(sign_in: SignIn, report: Report, adviser: Person) -> None:
    """QR-01: each figure leads back to its records."""
    client = sign_in(adviser)
    page = client.get(url("figure-detail", report.pk, "F-06"))

    assert "1 October 2020 to 31 December 2020" in page.text
    address = "/incidents/?from=2020-10-01&amp;to=2020-12-31&amp;verification=verified"
    assert address in page.text
    for figure in report.figures.all():
        link = client.get(url("figure-detail", report.pk, figure.code)).context["records_url"]
        assert client.get(link, follow=True).status_code == 200


def test_records_left_out_are_told_only_to_those_cleared(sign_in: SignIn, report: Report, adviser: Person) -> None:
    Incident.objects.filter(starts_on="2020-12-31").update(marking=Marking.STRICTLY_CONFIDENTIAL)
    address = url("report-detail", report.pk)

    assert "Left out because" not in sign_in(adviser).get(address).text
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    page = sign_in(adviser).get(address)
    assert "0 threats, 1 incident of the period." in page.text


def test_pdf_button_asks_once_and_then_gives_the_file(sign_in: SignIn, report: Report, adviser: Person) -> None:
    """QR-02: drawn in the background; the same content is not drawn again."""
    client, address = sign_in(adviser), url("report-pdf", report.pk)

    first, second = client.post(address), client.post(address)
    assert first.headers["Location"] == second.headers["Location"] == f"/jobs/{Job.objects.get().pk}/"
    assert do_jobs() == 1
    kept = ReportFile.objects.get()
    assert client.post(address).headers["Location"] == url("report-file", report.pk, kept.pk)
    assert Job.objects.get().link == url("report-file", report.pk, kept.pk)


def test_text_written_while_the_job_waits_gets_a_drawing_of_its_own(
    sign_in: SignIn, report: Report, adviser: Person
) -> None:
    client, address = sign_in(adviser), url("report-pdf", report.pk)
    client.post(address)
    section = report.sections.get(code="II.b")
    services.write_section(section, based_on=1, changes={"text": "New."}, by=adviser, now=NOW + timedelta(hours=1))

    client.post(address)

    assert Job.objects.count() == 2


def _asked(sign_in: SignIn, person: Person, report: Report) -> int:
    """Return how many queries the list and the page of a report take together."""
    client = sign_in(person)
    client.get(url("report-detail", report.pk))  # drawings into the cache
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url("report-list")).status_code == 200
    return len(queries)


def test_list_takes_the_same_queries_for_one_and_three_reports(
    sign_in: SignIn, report: Report, adviser: Person
) -> None:
    one = _asked(sign_in, adviser, report)
    for period in ("2020-Q3", "2020-Q2"):
        services.open_report(adviser.mission, period=period, by=adviser, now=NOW)
    three = _asked(sign_in, adviser, report)

    assert one == three
    assert three <= 12


def test_page_takes_the_same_queries_with_more_records(
    sign_in: SignIn, submitted: Report, report: Report, adviser: Person
) -> None:
    client, address = sign_in(adviser), url("report-detail", report.pk)

    def count() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    frozen = count()
    do_jobs()
    assert count() == frozen
    assert frozen <= 25
