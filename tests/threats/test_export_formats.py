"""What programs and printers rely on in the files of the matrix: HXL tags and values, landscape, repeated headings."""

import csv
import io
import re
from datetime import date

import pytest
from pypdf import PdfReader

from pocweb.audit import fingerprint
from pocweb.models import Office
from pocweb.tabular import open_table
from tests.factories.threats_edition import NOON, make_matrix_threat
from threats.exports import export_matrix, table_columns

TAG = re.compile(r"#[a-z]+[a-z0-9]*(\+[a-z][a-z0-9_]*)*\Z")
WANTED = {
    "#meta+id", "#date+start", "#date+end", "#adm1+code", "#adm1+name", "#adm2+code", "#loc+name", "#group+name",
    "#beneficiary+name", "#severity+likelihood+num", "#severity+impact+num", "#severity+num", "#severity+name",
    "#activity+tier", "#activity+phase", "#org+impl", "#status+name", "#meta+classification",
}  # fmt: skip
NUMBERS = re.compile(r"\d+\Z")


@pytest.fixture
def rows(bambari: Office) -> list[dict[str, str]]:
    """The CSV of two threats, one rated with a horizon, one of which nothing is known but its title, by HXL tag."""
    make_matrix_threat(bambari, horizon_on=date(2021, 3, 31))
    make_matrix_threat(bambari, "Not rated", risk=None, location="", scale="")
    lines = list(csv.reader(io.StringIO(export_matrix(bambari, as_="csv", now=NOON).content.decode("utf-8-sig"))))
    return [dict(zip(lines[1], line, strict=True)) for line in lines[2:]]


def test_every_column_has_a_tag_of_its_own(rows: list[dict[str, str]]) -> None:
    """TH-10: row 2 holds one well-formed tag per column, none twice, those of the threat matrix among them."""
    tags = [column.hxl for column in table_columns()]
    assert all(TAG.match(tag) for tag in tags)
    assert len(set(tags)) == len(tags)
    assert set(tags) >= WANTED


def test_dates_and_numbers_are_iso_and_digits_or_blank(rows: list[dict[str, str]]) -> None:
    """TH-10: no column tagged as date or number ever holds a word; what nobody recorded is blank."""
    found = {"date": [], "num": []}  # type: dict[str, list[str]]
    for row in rows:
        for tag, value in row.items():
            if tag.startswith("#date"):
                found["date"].append(value)
            if tag.endswith("+num") or tag.startswith(("#affected", "#inneed", "#population")):
                found["num"].append(value)
    assert [value for value in found["date"] if value and not date.fromisoformat(value)] == []
    assert sorted(set(found["date"])) == ["", "2020-12-31", "2021-03-31"]
    assert all(not value or NUMBERS.match(value) for value in found["num"])
    assert {row["#severity+num"] for row in rows} == {"3", ""}
    assert [row["#loc+name"] for row in rows] == ["Bambari to Grimari road", ""]


def test_csv_reads_back_with_its_tags(bambari: Office) -> None:
    """TH-10: an HXL reader finds the row of tags where the standard wants it, directly under the headings."""
    make_matrix_threat(bambari)
    table = open_table(io.BytesIO(export_matrix(bambari, as_="csv", now=NOON).content), name="matrix.csv")
    assert table.hxl["Risk level"] == "#severity+num"
    assert [row.values["Reference"] for row in table] == ["T-001"]


def test_fingerprint_of_the_json_moves_with_every_cell(bambari: Office) -> None:
    """TH-10: the file names the fingerprint of its content; another text gives another."""
    import json

    threat = make_matrix_threat(bambari)
    first = json.loads(export_matrix(bambari, as_="json", now=NOON).content)
    threat.action = "Another action"
    threat.save()
    second = json.loads(export_matrix(bambari, as_="json", now=NOON).content)
    assert [fingerprint(one["content"]) == one["sha256"] for one in (first, second)] == [True, True]
    assert first["sha256"] != second["sha256"]


def test_pdf_repeats_its_headings_in_landscape_on_every_page_of_rows(bambari: Office) -> None:
    """TH-10: ten columns under their headings on each page that holds rows, marked at head and foot."""
    for number in range(14):
        make_matrix_threat(bambari, f"Threat {number}", scale="Killing and looting on the road. " * 12)
    pages = PdfReader(io.BytesIO(export_matrix(bambari, as_="pdf", now=NOON).content)).pages
    with_rows = [
        page for page in pages if re.search(r"T-\s*0\d\d", page.extract_text()) and "Gaps\n" not in page.extract_text()
    ]
    assert len(with_rows) > 1
    for page in with_rows:
        text = " ".join(page.extract_text().split())
        assert page.mediabox.width > page.mediabox.height
        assert "Threat and scale" in text
        assert "Civilians at risk" in text
        assert text.upper().count("CONFIDENTIAL") >= 2
