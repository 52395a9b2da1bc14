"""The PDF of a report: figures equal to `threats.figures`, marking and page numbers, same bytes, archive, download."""

import hashlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from pocweb import jobs
from pocweb.audit import history_of, verify
from pocweb.choices import JobState, Marking
from pocweb.models import Job, Person
from reporting import services
from reporting.models import Report, ReportFile
from reporting.rendering import content_of, draw, keep
from tests.processes import ROOT, environment
from tests.reporting.conftest import NOW, do_jobs
from threats.figures import figures
from threats.models import Incident

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page, white space folded."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def file_url(kept: ReportFile) -> str:
    return reverse("reporting:report-file", args=[kept.report_id, kept.pk])


def sign_in(client: Client, person: Person) -> Client:
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_figures_in_the_document_equal_those_of_the_register(submitted: Report) -> None:
    """QR-01: what Headquarters reads is what `figures` counts."""
    text = " ".join(pages(draw(content_of(submitted, now=NOW)[0])))
    whole: dict[str, Any] = {"start": submitted.starts_on, "end": submitted.ends_on}
    totals = {
        measure: figures(submitted.mission, measure=measure, by="month", **whole).total
        for measure in ("events", "killed", "civilians_killed")
    }
    assert totals == {"events": 3, "killed": 10, "civilians_killed": 7}

    assert f"F1 {totals['events']} Events, 2020-Q4" in text
    assert f"F2 {totals['killed']} Killed, best estimate, 2020-Q4" in text
    assert f"F5 {totals['civilians_killed']} Civilians killed, 2020-Q4" in text
    assert "F7 not recorded Injured, best estimate, 2020-Q4" in text
    assert re.search(r"10 ?F2 people were killed in 3 ?F1 events", text)
    for row in figures(submitted.mission, measure="killed", by="area1", **whole).rows:
        assert re.search(rf"{row.label} {row.events} {row.value} ", text), row
    for row in figures(submitted.mission, measure="killed", by="month", **whole).rows:
        month = row.label[:3]
        assert re.search(rf"{month} 2020 {row.value or 0} ", text), row


def test_every_page_carries_marking_and_its_number(submitted: Report) -> None:
    """QR-02: classification on top and bottom of each page, page x of y, two to five pages."""
    texts = pages(draw(content_of(submitted, now=NOW)[0]))

    assert 2 <= len(texts) <= 5
    for number, text in enumerate(texts, start=1):
        assert text.count("CONFIDENTIAL") == 2
        assert f"Page {number} of {len(texts)}" in text
        assert "Figures frozen 31 Dec 2020, 09:00 UTC" in text


def test_cable_names_head_signatures_and_number(signed: Report) -> None:
    """QR-02: to, from, info, date, number, drafter, approver, subject."""
    text = " ".join(pages(draw(content_of(signed, now=NOW)[0])))

    for words in (
        "Under-Secretary-General for Peace Operations",
        "Head of Mission, Demo mission",
        "31 December 2020",
        "DEMO-0001",
        "Forward-looking assessment of threats to civilians, fourth quarter 2020",
        "N. Castell",
        "T. Vey",
        "H. Morrow",
    ):
        assert words in text
    assert "not yet" not in text


def test_draft_says_that_its_figures_move(report: Report) -> None:
    text = " ".join(pages(draw(content_of(report, now=NOW)[0])))

    assert "Drafting" in text
    assert "Draft, as of 31 Dec 2020, 09:00 UTC" in text
    assert "frozen on submission" in text
    assert "Figures frozen" not in text


def test_map_says_in_words_what_it_shows(submitted: Report) -> None:
    cable, _content = content_of(submitted, now=NOW)

    drawing = next(drawing for drawing in cable.drawings if drawing.title == "Hotspots and blind spots")
    assert drawing.label == (
        "Map of events by first-level area, fourth quarter 2020. Two events or more: Ouaka. "
        "The table in the annex has the numbers."
    )
    assert {row[0]: row[-1] for row in drawing.table.rows} == {"Ouaka": "Bambari; Bria", "Haute-Kotto": ""}


def test_area_without_office_and_report_is_blind(submitted: Report, poc_lead: Person) -> None:
    """POC Handbook 2020, 8.4: areas without mission presence are included."""
    assert submitted.snapshot["blind"] == []
    Incident.objects.filter(area1__name="Haute-Kotto").delete()
    services.return_report(submitted, reason="Again.", by=poc_lead, now=NOW)
    type(submitted.office).objects.filter(code="BRIA").update(lat=None, lon=None)

    cable, _content = content_of(Report.objects.get(), now=NOW)

    drawing = next(drawing for drawing in cable.drawings if drawing.title == "Hotspots and blind spots")
    assert "Blind spots, without presence and without report: Haute-Kotto." in drawing.label
    assert drawing.table.rows[1][:3] == ("Haute-Kotto", "not recorded", "blind spot")


@pytest.mark.django_db(transaction=True)
def test_other_process_draws_the_same_bytes(submitted: Report, tmp_path: Path) -> None:
    """QR-02: the same input gives the same bytes, whoever draws."""
    here = draw(content_of(submitted, now=NOW)[0])
    out = tmp_path / "report.pdf"
    command = [sys.executable, "manage.py", "render_report", "--mission", "DEMO", "--period", "2020-Q4"]

    subprocess.run([*command, "--out", str(out)], cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE)

    assert hashlib.sha256(out.read_bytes()).hexdigest() == hashlib.sha256(here).hexdigest()


def test_signed_file_is_archived_once_with_its_hash(signed: Report) -> None:
    """QR-03: archived with SHA-256, who approved; never overwritten."""
    assert do_jobs() == 3

    kept = ReportFile.objects.get(is_archived=True)
    stored = Path(settings.MEDIA_ROOT) / kept.file.name
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == kept.sha256
    assert (kept.bytes, kept.marking) == (stored.stat().st_size, Marking.CONFIDENTIAL)
    event = history_of(signed).first()
    assert event is not None
    assert (event.verb, event.actor, kept.sha256 in event.note) == ("archived", None, True)
    assert list(verify(signed.mission)) == []


def test_each_state_keeps_a_file_of_its_own(submitted: Report, poc_lead: Person, head_of_mission: Person) -> None:
    do_jobs()
    services.clear_report(submitted, by=poc_lead, now=NOW)
    do_jobs()
    services.approve_report(submitted, by=head_of_mission, now=NOW)
    do_jobs()

    files = ReportFile.objects.filter(report=submitted)
    assert len(set(files.values_list("sha256", flat=True))) == 3
    assert len(set(files.values_list("file", flat=True))) == 3
    assert list(files.order_by("pk").values_list("is_archived", flat=True)) == [False, False, True]


def test_second_worker_with_the_same_drawing_finds_the_first_ones_file(submitted: Report) -> None:
    cable, content = content_of(submitted, now=NOW)
    pdf = draw(cable)

    first = keep(submitted, pdf, content, job=None)
    second = keep(submitted, pdf, content, job=None)

    assert first.pk == second.pk
    assert [event.verb for event in history_of(submitted)].count("drawn") == 1


def test_job_tells_progress_pages_and_warning(
    submitted: Report, monkeypatch: pytest.MonkeyPatch, adviser: Person
) -> None:
    """QR-02: a warning outside two to five pages."""
    monkeypatch.setattr("reporting.rules.PAGES_MOST", 1)
    do_jobs()

    job = Job.objects.get()
    assert (job.state, job.done_parts, job.all_parts) == (JobState.DONE, 4, 4)
    assert job.result["warning"] == f"The report has {job.result['pages']} pages. The guidance asks for 2 to 5; " + (
        "shorten the text."
    )
    page = sign_in(Client(), adviser).get(reverse("reporting:report-detail", args=[submitted.pk]))
    assert "shorten the text." in page.text


def test_download_is_given_to_the_cleared_and_recorded(client: Client, signed: Report, adviser: Person) -> None:
    do_jobs()
    kept = ReportFile.objects.get(is_archived=True)

    answer = sign_in(client, adviser).get(file_url(kept))

    assert hashlib.sha256(answer.content).hexdigest() == kept.sha256
    assert answer.headers["Content-Type"] == "application/pdf"
    assert 'filename="DEMO-2020-Q4-DEMO-0001.pdf"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    event = history_of(signed).first()
    assert event is not None
    assert (event.verb, event.actor, event.note) == ("downloaded", adviser, f"SHA-256 {kept.sha256}")


def test_clearance_counts_at_the_moment_of_download(client: Client, signed: Report, adviser: Person) -> None:
    do_jobs()
    kept = ReportFile.objects.get(is_archived=True)
    signed_in = sign_in(client, adviser)
    assert signed_in.get(file_url(kept)).status_code == 200

    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.UNCLASSIFIED)

    assert signed_in.get(file_url(kept)).status_code == 404


def test_file_drawn_under_a_higher_marking_stays_closed(client: Client, signed: Report, adviser: Person) -> None:
    do_jobs()
    kept = ReportFile.objects.get(is_archived=True)
    ReportFile.objects.filter(pk=kept.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)

    signed_in = sign_in(client, adviser)
    assert signed_in.get(file_url(kept)).status_code == 404
    assert file_url(kept) not in signed_in.get(reverse("reporting:report-detail", args=[signed.pk])).text


def test_file_of_another_mission_is_not_there(client: Client, signed: Report, stranger: Person) -> None:
    do_jobs()

    assert sign_in(client, stranger).get(file_url(ReportFile.objects.first())).status_code == 404  # type: ignore[arg-type]


def test_altered_or_lost_file_is_not_given_out(client: Client, signed: Report, adviser: Person) -> None:
    do_jobs()
    kept = ReportFile.objects.get(is_archived=True)
    stored = Path(settings.MEDIA_ROOT) / kept.file.name
    before = history_of(signed).count()
    stored.write_bytes(stored.read_bytes() + b"%")
    altered = sign_in(client, adviser).get(file_url(kept))
    stored.unlink()
    lost = sign_in(client, adviser).get(file_url(kept))

    assert (altered.status_code, lost.status_code) == (409, 409)
    assert "not the one that was kept" in altered.text
    assert history_of(signed).count() == before


def test_job_of_a_report_that_moved_on_draws_it_as_it_is(submitted: Report, poc_lead: Person) -> None:
    services.clear_report(submitted, by=poc_lead, now=NOW)

    for job in Job.objects.order_by("pk"):
        assert jobs.run(job.pk)

    assert ReportFile.objects.count() == 1
