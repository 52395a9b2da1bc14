"""The code cable and the matrix on paper, read back from the PDF."""

import hashlib
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from pocweb.charts import BOUNDARY_DISCLAIMER
from pocweb.pdf import count_pages, render_pdf
from reporting.cable import Paragraph, Run, Section, TriggerLine, TriggerTable
from tests.documents import COLUMNS, sample_cable, sample_matrix

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def cable_pdf(**options: object) -> bytes:
    """Return the PDF of the sample cable, drawn once for each set of options."""
    return render_pdf("reporting/pdf/quarterly.html", {"cable": sample_cable(**options)})  # type: ignore[arg-type]


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page, white space folded."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize("marking", ["CONFIDENTIAL", "STRICTLY CONFIDENTIAL", "UNCLASSIFIED"])
def test_cable_carries_marking_number_and_page_count_on_every_page(marking):
    texts = pages(cable_pdf(marking=marking, paragraphs=9))
    assert len(texts) >= 3
    for number, text in enumerate(texts, start=1):
        assert len(re.findall(rf"(?<!STRICTLY ){marking}", text)) == 2
        assert f"Page {number} of {len(texts)}" in text
        assert "DEMO-0412" in text
        assert "Figures frozen 4 Oct 2026, 16:10 UTC" in text


def test_cable_numbers_paragraphs_through_all_sections():
    text = " ".join(pages(cable_pdf()))
    assert [int(number) for number in re.findall(r"(\d+)\. (?:Pattern|Casualties)\.", text)] == list(range(1, 10))


def test_cable_says_head_figures_and_signatures():
    text = " ".join(pages(cable_pdf()))
    for sentence in (
        "OUTGOING CODE CABLE",
        "Correction of DEMO-0411, which this cable replaces",
        "Headquarters",
        "18 people were killed F1",
        "T-001. Killing; Blue Front",
        "18 (17–21)",
        "Verification. 16 of 18 verified. Method. Events by start date. Injured are not recorded here",
        "F1 18 Killed, all parties 16 verified Mission records, Best estimate",
        "N. Castell POC Adviser 4 Oct 2026, 17:10 UTC",
        "H. Morrow Head of Mission not yet",
        str(BOUNDARY_DISCLAIMER),
    ):
        assert sentence.replace(" F1", "F1") in text.replace(" F1,", "F1,").replace("killed F1", "killedF1"), sentence


def test_cable_prints_a_dash_for_what_is_not_recorded():
    total = re.search(r"Total 3 18 \(17–21\) (\S+) 16", " ".join(pages(cable_pdf())))
    assert total is not None
    assert total.group(1) == "–"


def test_cable_repeats_the_figures_of_its_drawings_as_tables():
    text = " ".join(pages(cable_pdf()))
    assert "Annex B. The drawings as tables" in text
    assert "Aug 2026 not recorded not recorded not recorded not recorded" in text
    assert re.search(r"Cedar not recorded blind spot", text)


def test_cable_shows_moments_in_the_zone_they_come_in():
    moment = datetime(2026, 10, 4, 17, 10, tzinfo=timezone(timedelta(hours=1), "WAT"))
    html = render_to_string("reporting/_quarterly_body.html", {"cable": replace(sample_cable(), frozen_at=moment)})
    assert "4 October 2026, 17:10 WAT" in html


def test_cable_knows_the_figure_notes_it_lacks():
    assert sample_cable().missing_notes() == ()
    assert replace(sample_cable(), figures=()).missing_notes() == (1,)


def test_cable_links_each_figure_reference_to_its_note():
    html = render_to_string("reporting/_quarterly_body.html", {"cable": sample_cable()})
    targets = re.findall(r'href="#([^"]+)"', html)
    assert targets
    assert all(f'id="{target}"' in html for target in targets)


def test_preview_body_is_safe_under_a_strict_policy():
    html = render_to_string("reporting/_quarterly_body.html", {"cable": sample_cable()})
    assert not re.search(r"\sstyle=|<style|<script|javascript:|\son\w+=", html)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_text_of_people_is_escaped():
    cable = replace(sample_cable(), subject="<b>Bold</b>", marking='"><script>')
    html = render_to_string("reporting/pdf/quarterly.html", {"cable": cable})
    assert "<script>" not in html
    assert "<b>Bold</b>" not in html


@pytest.mark.parametrize("kind", ["cable", "matrix"])
def test_document_has_the_same_bytes_twice_and_in_another_process(kind):
    if kind == "cable":
        first, second = cable_pdf(), cable_pdf()
    else:
        document = {"matrix": sample_matrix(lines=30)}
        first, second = (render_pdf("threats/pdf/matrix.html", document) for _ in range(2))
    assert first == second
    command = [sys.executable, "-m", "tests.documents", kind]
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout == hashlib.sha256(first).hexdigest()


def test_matrix_repeats_its_ten_columns_on_every_page():
    texts = pages(render_pdf("threats/pdf/matrix.html", {"matrix": sample_matrix(lines=30)}))
    with_threats = [text for text in texts if "T-0" in text.split("Gaps")[0]]
    assert len(with_threats) >= 3
    for number, text in enumerate(texts, start=1):
        assert text.count("CONFIDENTIAL") == 2
        assert f"Page {number} of {len(texts)}" in text
        assert "SHA-256 9f2c9f2c9f2c9f2c" in text
    for text in with_threats:
        head = text.index("First")
        assert [column for column in COLUMNS if column not in text[:head]] == []


def test_matrix_names_approvals_gaps_and_fingerprint():
    text = " ".join(pages(render_pdf("threats/pdf/matrix.html", {"matrix": sample_matrix()})))
    assert "Approved Head of Office I. Marrow 2 October 2026, 09:05 UTC" in text
    assert "Approved Head of police S. Quill not yet" in text
    assert "3 threats, 1 gap." in text
    assert "T-003, River road, Amber: No response in tier I." in text
    assert "9f2c" * 16 in text.replace(" ", "")


def test_draft_matrix_says_that_it_is_no_approved_edition():
    draft = replace(sample_matrix(), fingerprint="", frozen_at=None, state="Draft")
    text = " ".join(pages(render_pdf("threats/pdf/matrix.html", {"matrix": draft})))
    assert "this print is no approved edition" in text
    assert "Not frozen" in text


def test_matrix_does_not_cut_a_threat_between_pages():
    texts = pages(render_pdf("threats/pdf/matrix.html", {"matrix": sample_matrix(lines=30)}))
    for number in range(1, 31):
        page = next(text for text in texts if f"T-{number:03d}" in text)
        after = page[page.index(f"T-{number:03d}") :]
        assert "No one killed on the road until 31 December." in after


def test_long_cable_stays_within_the_five_pages_of_the_handbook():
    """A cable of 27 paragraphs with all exhibits and annexes fits the 2 to 5 pages of POC Handbook 2020, 8.4."""
    assert 2 <= count_pages(cable_pdf(paragraphs=9)) <= 5


@pytest.mark.parametrize("lines", range(28, 34))
def test_title_of_a_table_stays_with_its_first_row(lines: int) -> None:
    """QR-02: wherever a table falls on the page, its title and note never stand alone at the foot."""
    row = TriggerLine("1 Jan 2021", "Market day", "Ouaka", "calm", "Patrols", "C-001")
    table = TriggerTable("Coming triggers", (row,) * 9, "One more stands in the calendar.")
    filled = Section("Before", tuple(Paragraph((Run(f"Line {number}."),)) for number in range(lines)))
    cable = replace(sample_cable(), sections=(filled, Section("Calendar", exhibits=((table,),))))
    texts = pages(render_pdf("reporting/pdf/quarterly.html", {"cable": cable}))
    found = [text for text in texts if "Coming triggers" in text]
    assert len(found) == 1
    assert re.search(r"Coming triggers One more stands in the calendar\. Days .* Market day", found[0])
