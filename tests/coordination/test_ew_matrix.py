"""EW-14, EW-23: the Early Warning Matrix, its cells with their history, its files."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from coordination.models import AgendaItem, CaseResponse, Decision, WarningCase
from coordination.warnings.choices import CaseState
from coordination.warnings.matrix import BY_KEY, ordered
from coordination.warnings.matrix_cells import history_of_cell, save_cell
from coordination.warnings.matrix_files import EW_MATRIX_PDF, draw_matrix
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, AuditEvent, Component, Job, Office, Person
from tests.factories.coordination_case import RECEIVED, make_case
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import make_action, make_meeting
from tests.factories.mission import make_person
from tests.factories.threats_incident import make_incident

HTMX = {"HX-Request": "true"}
NOW = datetime(2020, 12, 31, 12, tzinfo=UTC)


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def cell_officer(bambari: Office) -> Person:
    """An officer of the early-warning cell in Bambari."""
    return make_person("cell_officer", "JOC", bambari, "support", first_name="Q.", last_name="Ardent")


@pytest.fixture
def case(bambari: Office, officer: Person) -> WarningCase:
    return make_case(bambari, officer, CaseState.DISSEMINATED, "imminent")


def test_rows_stand_by_imminence_priority_class_and_day(bambari: Office, officer: Person) -> None:
    """EW-03, EW-14: imminent first, then priority, early warnings before alerts, then the newest."""
    later = RECEIVED + timedelta(hours=1)
    rows = {
        "new": make_case(bambari, officer, CaseState.RECEIVED),
        "high alert": make_case(bambari, officer, CaseState.PRIORITISED, "non_imminent", case_class="alert"),
        "high warning": make_case(bambari, officer, CaseState.PRIORITISED, "non_imminent"),
        "high newer": make_case(bambari, officer, CaseState.PRIORITISED, "non_imminent", at=later),
        "top": make_case(bambari, officer, CaseState.PRIORITISED, "non_imminent", priority=4),
        "imminent low": make_case(bambari, officer, CaseState.DISSEMINATED, "imminent", priority=1),
    }
    names = {case.pk: name for name, case in rows.items()}
    assert [names[one.pk] for one in ordered(WarningCase.objects.all())] == [
        "imminent low", "top", "high newer", "high warning", "high alert", "new",
    ]  # fmt: skip


def test_focal_point_and_cell_write_and_each_change_is_kept(
    case: WarningCase, officer: Person, cell_officer: Person, adviser: Person, colleague: Person
) -> None:
    """EW-14: both may edit; who, when, before and after; the POC Unit sees it; others are refused."""
    save_cell(case, "partners", changes={"partners_informed": "OCHA"}, based_on=1, by=officer, now=NOW)
    with pytest.raises(EditConflict):  # the cell wrote from the version before
        save_cell(case, "partners", changes={"partners_informed": "ICRC"}, based_on=1, by=cell_officer, now=NOW)
    save_cell(case, "remarks", changes={"remarks": "Road cut"}, based_on=1, by=cell_officer, now=NOW)
    save_cell(case, "partners", changes={"partners_informed": "OCHA, ICRC"}, based_on=3, by=cell_officer, now=NOW)
    kept = [(one.who, one.before, one.after) for one in history_of_cell(case, BY_KEY["partners"])]
    assert kept == [("Q. Ardent", "OCHA", "OCHA, ICRC"), ("A. Bellin", "", "OCHA")]
    with pytest.raises(Forbidden):
        save_cell(case, "remarks", changes={"remarks": "Mine"}, based_on=4, by=colleague)
    page = as_person(adviser).get(f"/alerts/matrix/{case.pk}/partners/history/").content.decode()
    assert "Q. Ardent" in page
    assert "OCHA, ICRC" in page
    assert "2 changes" in as_person(adviser).get("/alerts/matrix/").content.decode()


def test_cells_keep_to_their_rules(case: WarningCase, bambari: Office, officer: Person) -> None:
    """EW-14, EW-11: no rating by the back door, no operation hidden from the harm assessment, no closed case."""
    with pytest.raises(RuleError, match="not written in the matrix"):
        save_cell(case, "remarks", changes={"state": "closed"}, based_on=1, by=officer)
    save_cell(case, "actions", changes={"has_operation": True}, based_on=1, by=officer)
    CaseResponse.objects.create(
        case=case, kind="robust_patrol", is_operation=True, component=Component.objects.first(), created_at=NOW,
        changed_at=NOW,
    )  # fmt: skip
    with pytest.raises(RuleError, match="among the responses"):
        save_cell(case, "actions", changes={"has_operation": False}, based_on=2, by=officer)
    closed = make_case(bambari, officer, CaseState.CLOSED, "imminent")
    with pytest.raises(Conflict):
        save_cell(closed, "remarks", changes={"remarks": "Late"}, based_on=1, by=officer)
    assert as_person(officer).get(f"/alerts/matrix/{closed.pk}/state/").status_code == 404


def test_cell_is_written_in_place_and_without_script(case: WarningCase, officer: Person, cell_officer: Person) -> None:
    """EW-14: the form in the cell, the row in answer, the choice between two texts."""
    client, url = as_person(officer), f"/alerts/matrix/{case.pk}/remarks/"
    form = client.get(url, headers=HTMX).content.decode()
    assert form.lstrip().startswith("<td")
    row = client.post(url, {"based_on": "1", "remarks": "Bridge cut"}, headers=HTMX).content.decode()
    assert row.lstrip().startswith("<tbody")
    assert "Bridge cut" in row
    assert "1 change" in row
    assert as_person(cell_officer).post(url, {"based_on": "1", "remarks": "Ferry out"}).status_code == 409
    choice = {"based_on": "2", "choice_remarks": "both", "both_remarks": "Bridge cut, ferry out"}
    answer: Any = as_person(cell_officer).post(url, choice)
    assert answer.url == f"/alerts/matrix/#{case.ref}"
    case.refresh_from_db()
    assert (case.remarks, case.version) == ("Bridge cut, ferry out", 3)
    assert client.post(url, {"based_on": "3", "remarks": "x" * 2001}).status_code == 422
    assert client.get(f"/alerts/matrix/{case.pk}/").headers["Location"] == f"/alerts/matrix/#{case.ref}"


def test_rows_show_only_what_a_reader_may_see(
    case: WarningCase, bria: Office, officer: Person, adviser: Person, stranger: Person, colleague: Person
) -> None:
    """EW-14: own branch and clearance; the POC Unit all; who may not write gets no pencil."""
    other = make_case(bria, adviser, place="Bria road")
    strict = make_case(case.office, adviser, place="Hidden ford", marking=Marking.STRICTLY_CONFIDENTIAL)
    page = as_person(officer).get("/alerts/matrix/").content.decode()
    assert ("1 case in this view" in page, "Bria road" in page, "Hidden ford" in page) == (True, False, False)
    for hidden in (other, strict):
        for path in ("", "remarks/", "remarks/history/"):
            assert as_person(officer).get(f"/alerts/matrix/{hidden.pk}/{path}").status_code == 404
    assert "2 cases in this view" in as_person(adviser).get("/alerts/matrix/").content.decode()
    assert "No case is open" in as_person(stranger).get("/alerts/matrix/").content.decode()
    assert 'class="ed"' in page
    assert 'aria-label="Edit remarks' not in as_person(colleague).get("/alerts/matrix/").content.decode()
    text = as_person(officer).get("/alerts/matrix/export.csv").content.decode()
    assert ("Bria road" in text, "Hidden ford" in text) == (False, False)
    text = as_person(officer).get("/alerts/sage.csv").content.decode()
    assert ("Bria road" in text, "Hidden ford" in text) == (False, False)


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("show=closed", 1), ("show=all", 4), ("branch=imminent", 1), ("branch=open", 2), ("kind=alert", 2),
     ("since=2020-12-31", 2), ("office=BAMBARI", 3), ("clock=nothing&is=late", 0), ("show=all&outcome=averted", 1)],
)  # fmt: skip
def test_filters(case: WarningCase, bambari: Office, officer: Person, query: str, count: int) -> None:
    """EW-14."""
    make_case(bambari, officer)
    make_case(bambari, officer, at=RECEIVED - timedelta(days=9))
    make_case(bambari, officer, CaseState.CLOSED, "non_imminent")
    page = as_person(officer).get(f"/alerts/matrix/?{query}").content.decode()
    assert f" {count} case{'' if count == 1 else 's'} in this view." in page


def test_query_count_does_not_grow(
    case: WarningCase, bambari: Office, officer: Person, django_assert_num_queries: Any
) -> None:
    """EW-14: at most 12, at one row and at four with what hangs on them."""
    client = as_person(officer)
    with django_assert_num_queries(12):
        client.get("/alerts/matrix/")
    for _number in range(3):
        one = make_case(bambari, officer, CaseState.DISSEMINATED, "imminent")
        CaseResponse.objects.create(
            case=one, kind="patrol", component=Component.objects.first(), created_at=NOW, changed_at=NOW
        )
        save_cell(one, "remarks", changes={"remarks": "Seen"}, based_on=1, by=officer)
    with django_assert_num_queries(12):
        client.get("/alerts/matrix/")


def test_decisions_and_actions_stand_in_the_row(
    case: WarningCase, bambari: Office, officer: Person, cell_officer: Person
) -> None:
    """EW-14, EW-09: decisions of the meeting with owner and deadline; responses; what is past its deadline."""
    meeting = make_meeting(make_forum(bambari, officer), officer, "open")
    point: Any = make_action(meeting, officer, text="Brief the patrol", due_on=NOW.date())
    AgendaItem.objects.filter(pk=point.item_id).update(case=case)
    type(point).objects.update(due_on=NOW.date() - timedelta(days=1))
    page = as_person(cell_officer).get("/alerts/matrix/").content.decode()
    for words in ("Agreed: Brief the patrol", "A. Bellin", "overdue"):
        assert words in page
    text = as_person(officer).get("/alerts/matrix/export.csv").content.decode()
    assert "Brief the patrol (A. Bellin, by 30 December 2020, open, overdue)" in text
    Decision.objects.filter(pk=point.decision_id).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert "Agreed: Brief" not in as_person(cell_officer).get("/alerts/matrix/").content.decode()


def test_export_for_sage_has_casualties_and_threats_apart(
    bambari: Office, ouaka: Area, officer: Person, cell_officer: Person
) -> None:
    """EW-23: casualties of case or incident, women and children by themselves, blank where unknown; audited."""
    incident = make_incident(bambari.mission, office=bambari, killed_best=4, injured_best=2)
    make_case(
        bambari, officer, area=ouaka, at_risk=["women", "boys"], impact_women=3, impact_children=None, text="Secret"
    )
    make_case(bambari, officer, incident=incident, at_risk=["men"])
    make_case(bambari, officer, CaseState.CLOSED, "imminent", killed=0, injured=1, incident=incident)
    answer = as_person(cell_officer).get("/alerts/sage.xlsx?show=all")
    sheet: Any = load_workbook(io.BytesIO(answer.content)).active
    header, tags, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    names = ("Admin 1 p-code", "Killed", "Injured", "Women or girls at risk", "Threat to women and girls",
             "Children at risk", "Threat to children")  # fmt: skip
    places = [header.index(name) for name in names]
    assert [[row[place] for place in places] for row in rows] == [
        ["CF42", None, None, "yes", "High", "yes", "not rated"],
        [None, 4, 2, "no", "not rated", "no", "not rated"],
        [None, 0, 1, "yes", "not rated", "yes", "not rated"],
    ]
    assert [tags[header.index(name)] for name in names[1:3]] == ["#affected+killed", "#affected+injured"]
    assert not [value for row in rows for value in row if value and "Secret" in str(value)]
    assert AuditEvent.objects.get(verb="exported").note == "for SAGE / Unite Aware, 3 cases as xlsx"


def test_pdf_is_drawn_by_a_job_and_checked_at_the_download(
    case: WarningCase, officer: Person, colleague: Person, settings: Any, tmp_path: Any
) -> None:
    """EW-14: landscape, header on each page; only for who asked, while they see all that it tells."""
    settings.MEDIA_ROOT = tmp_path
    client = as_person(officer)
    client.post("/alerts/matrix/pdf/?branch=imminent")
    job = Job.objects.get(kind=EW_MATRIX_PDF)
    result = draw_matrix(job, lambda *_args: None)  # type: ignore[arg-type]
    Job.objects.filter(pk=job.pk).update(state="done", result=result)
    answer: Any = client.get(f"/alerts/matrix/files/{job.pk}/")
    page = PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages[0]
    assert page.mediabox.width > page.mediabox.height
    assert case.ref in page.extract_text()
    assert as_person(colleague).get(f"/alerts/matrix/files/{job.pk}/").status_code == 404
    WarningCase.objects.filter(pk=case.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/alerts/matrix/files/{job.pk}/").status_code == 404
