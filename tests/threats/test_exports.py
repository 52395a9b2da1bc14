"""Files of the matrix, read back: XLSX, CSV with HXL tags, JSON, PDF; in the web and by command (TH-10)."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from pocweb import jobs
from pocweb.audit import fingerprint
from pocweb.errors import RuleError
from pocweb.models import Area, AuditEvent, Job, Office, Person
from tests.factories.mission import make_area
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat, rate
from threats.exports import export_matrix, read_sheet, table_columns
from threats.models import Threat


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


@pytest.fixture
def sign_in(client: Client) -> Callable[[Person], Client]:
    def enter(person: Person) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def matrix(officer: Person, bambari: Office, ouaka: Area) -> list[Threat]:
    """Two threats of Bambari, one in a sub-prefecture with activities, one whose text looks like a formula."""
    town = make_area("CF421", "Bambari", 2, ouaka)
    first = make_matrix_threat(bambari, risk=4, areas=[town], objective="No civilian killed on the road")
    make_activity(bambari, officer, "Escort of the Friday convoy", threats=[first], tier=2, phases=["pre_emption"])
    second = make_matrix_threat(bambari, "Abductions", risk=2, location="=Grimari", capacity_in_reach=False)
    return [first, second]


def _csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_csv_holds_the_rows_under_hxl_tags(matrix: list[Threat], bambari: Office) -> None:
    """TH-10: row 2 holds HXL tags; numbers are numbers, dates ISO, p-codes text, areas with those above them."""
    made = export_matrix(bambari, as_="csv", now=NOON)
    tags, first, second = _csv(made.content)
    assert made.filename == "matrix-DEMO-BAMBARI-live.csv"
    assert (tags["Reference"], tags["Source of violence"], tags["Risk level"]) == (
        "#meta+id",
        "#group+name",
        "#severity+num",
    )
    assert {"#adm1+code", "#severity+likelihood+num", "#activity+tier", "#meta+classification"} <= set(tags.values())
    assert all(tag.startswith("#") for tag in tags.values())
    assert (first["Reference"], first["Risk level"], first["Risk"], first["Last rated"]) == (
        matrix[0].ref,
        "4",
        "Extreme",
        "2020-12-31",
    )
    assert (first["P-code, level 1"], first["P-code, level 2"], first["Area, level 1"]) == ("CF42", "CF421", "Ouaka")
    assert (first["Action required"], first["Tiers"], first["Phases"]) == (
        "A-001 Escort of the Friday convoy",
        "2",
        "pre_emption",
    )
    assert (second["Location"], second["Capacity in reach"], second["Marking"]) == ("'=Grimari", "no", "Confidential")


def test_xlsx_reads_back_with_locked_codes_and_lists(matrix: list[Threat], bambari: Office) -> None:
    """TH-10: what the import would change is open, references, p-codes and ratings are locked."""
    made = export_matrix(bambari, as_="xlsx", now=NOON)
    sheet = load_workbook(io.BytesIO(made.content))["BAMBARI"]
    rows = list(sheet.iter_rows(values_only=True))
    columns = table_columns()
    assert rows[0] == tuple(column.label for column in columns)
    assert rows[1] == tuple(column.hxl for column in columns)
    names = [column.name for column in columns]
    assert [row[names.index("ref")] for row in rows[2:]] == [threat.ref for threat in matrix]
    assert rows[3][names.index("location")] == "=Grimari"
    assert sheet.cell(3, names.index("adm1_code") + 1).value == "CF42"
    locked = {column.name: sheet.cell(3, index).protection.locked for index, column in enumerate(columns, 1)}
    assert (sheet.protection.sheet, locked["adm1_code"], locked["risk"], locked["action"]) == (True, True, True, False)
    assert sum(rule.type == "list" for rule in sheet.data_validations.dataValidation) == sum(
        bool(column.choices) for column in columns
    )


def test_json_carries_the_fingerprint_of_what_was_approved(
    matrix: list[Threat], officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    edition = make_edition(bambari, officer, "in_force", heads)
    Threat.objects.filter(pk=matrix[0].pk).update(location="Moved on")
    data = json.loads(export_matrix(bambari, as_="json", now=NOON).content)
    assert (data["source"], data["state"], data["sha256"]) == ("edition", "in_force", edition.sha256)
    assert fingerprint(data["content"]) == edition.sha256
    assert [row["location"] for row in data["content"]["rows"]] == ["Bambari to Grimari road", "=Grimari"]
    assert {one["slot"] for one in data["approvals"]} == set(heads)
    live = json.loads(export_matrix(bambari, as_="json", live=True, now=NOON).content)
    assert (live["source"], live["content"]["rows"][0]["location"]) == ("live", "Moved on")
    assert fingerprint(live["content"]) == live["sha256"]


def test_pdf_shows_rows_approvals_and_fingerprint_and_repeats_byte_for_byte(
    matrix: list[Threat], officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-10: PDF in landscape, marked on every page; the same edition gives the same bytes."""
    edition = make_edition(bambari, officer, "in_force", heads)
    made = export_matrix(bambari, as_="pdf", now=NOON)
    pages = PdfReader(io.BytesIO(made.content)).pages
    text = " ".join(page.extract_text() for page in pages)
    assert pages[0].mediabox.width > pages[0].mediabox.height
    assert all(page.extract_text().upper().count("CONFIDENTIAL") >= 2 for page in pages)
    joined = text.replace("\n", "")
    for words in (matrix[0].ref, "Extreme", "I. Marrow", "R. Tamm", "S. Quill", "Protection group of Bambari"):
        assert words in text or words.replace(" ", "") in joined.replace(" ", ""), words
    assert edition.sha256 in joined
    assert made.content == export_matrix(bambari, as_="pdf", now=NOON.replace(hour=18)).content


def test_reader_gets_no_row_above_the_clearance(matrix: list[Threat], officer: Person, bambari: Office) -> None:
    strict = make_matrix_threat(bambari, "Strictly kept", risk=4, marking=3)
    refs = [row["ref"] for row in read_sheet(bambari, user=officer, now=NOON).rows]
    assert strict.ref not in refs
    assert refs == [threat.ref for threat in matrix]
    assert strict.ref in [row["ref"] for row in read_sheet(bambari, now=NOON).rows]
    assert b"Strictly kept" not in export_matrix(bambari, as_="json", user=officer, now=NOON).content


def test_an_edition_that_is_not_frozen_is_refused(officer: Person, bambari: Office) -> None:
    edition = make_edition(bambari, officer)
    with pytest.raises(RuleError) as refused:
        export_matrix(bambari, as_="csv", edition=edition)
    assert refused.value.code == "not_frozen"


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_download_is_recorded(sign_in: Any, matrix: list[Threat], officer: Person, bambari: Office, kind: str) -> None:
    answer = sign_in(officer).get(f"/matrix/BAMBARI/export/{kind}/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="matrix-DEMO-BAMBARI-live.{kind}"'
    event = AuditEvent.objects.get(verb="exported")
    assert (event.actor, event.note) == (officer, f"BAMBARI: live matrix, 2 rows as {kind}")


@pytest.mark.django_db(transaction=True)
def test_pdf_is_drawn_by_a_job_and_checked_at_download(
    sign_in: Any, matrix: list[Threat], officer: Person, colleague: Person, bambari: Office
) -> None:
    edition = make_edition(bambari, officer, "endorsed")
    client = sign_in(officer)
    asked = client.post(f"/editions/{edition.pk}/export/pdf/")
    job = Job.objects.get()
    assert asked.url == f"/jobs/{job.pk}/"
    client.post(f"/editions/{edition.pk}/export/pdf/")
    assert Job.objects.count() == 1
    assert jobs.work_off() == 1
    job.refresh_from_db()
    assert (job.state, job.link, job.result["rows"]) == ("done", f"/matrix/files/{job.pk}/", 2)
    answer = client.get(job.link)
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"%PDF")
    assert answer["Content-Disposition"] == 'attachment; filename="matrix-DEMO-BAMBARI-edition-1.pdf"'
    assert AuditEvent.objects.filter(verb="exported", actor=officer).count() == 1
    assert sign_in(colleague).get(job.link).status_code == 404
    Person.objects.filter(pk=officer.pk).update(clearance=1)
    assert sign_in(Person.objects.get(pk=officer.pk)).get(job.link).status_code == 404


def test_command_writes_the_file_and_tells_what_is_in_it(
    matrix: list[Threat],
    officer: Person,
    heads: dict[str, Person],
    bambari: Office,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "matrix.json"
    base = {"mission": "DEMO", "office": "BAMBARI", "as_": "json", "out": out, "format": "json"}
    call_command("export_matrix", **base)
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["bytes"], told["live"], told["edition"]) == (2, out.stat().st_size, True, None)
    edition = make_edition(bambari, officer, "in_force", heads)
    rate(matrix[1], 4)
    call_command("export_matrix", **base)
    told = json.loads(capsys.readouterr().out)
    assert (told["live"], told["edition"], told["sha256"]) == (False, 1, edition.sha256)
    call_command("export_matrix", **base, live=True)
    assert json.loads(capsys.readouterr().out)["live"] is True
    call_command("export_matrix", **{**base, "format": "text"}, edition=1)
    assert capsys.readouterr().out.startswith("edition 1, in force: 2 rows, ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mission": "NOWHERE"}, "There is no mission with the code NOWHERE."),
        ({"office": "NOWHERE"}, "The mission DEMO has no office with the code NOWHERE."),
        ({"edition": 7}, "The office BAMBARI has no edition 7."),
        ({"out": Path("/nowhere/matrix.csv")}, "The file cannot be written: No such file or directory."),
    ],
)
def test_command_says_plainly_what_is_wrong(
    bambari: Office, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    given = {"mission": "DEMO", "office": "BAMBARI", "as_": "csv", "out": tmp_path / "m.csv", **changes}
    with pytest.raises(CommandError) as refused:
        call_command("export_matrix", **given)
    assert str(refused.value) == sentence
