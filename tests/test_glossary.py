"""The glossary explains acronyms on hover and in exports (CO-12)."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.safestring import mark_safe
from openpyxl import load_workbook
from pypdf import PdfReader

from coordination.communities import local_plan_files, plan_files
from coordination.communities.local_plans import adopt_local_plan
from coordination.communities.pcia_files import ask_for_pdf, draw_pcia
from coordination.models import Forum
from coordination.warnings import flash_files, trail_files
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.flash_content import read_flash
from coordination.warnings.trail_build import build_trail
from pocweb.glossary import acronyms, explained, once_per_page, used_in, without_hints
from pocweb.models import Office, Person
from pocweb.pdf import render_pdf, with_acronyms
from pocweb.tabular import Column, open_table, write_csv, write_xlsx
from tests.factories.coordination_case import make_case
from tests.factories.coordination_community import make_pcia
from tests.factories.coordination_flash import SENT, decide_on, make_flash
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import NOON, make_action, make_meeting
from tests.factories.coordination_plans import make_local_plan, make_plan
from tests.factories.threats_threat import make_full_threat
from threats.services.threats import edit_threat


def test_every_acronym_of_the_handbook_is_there() -> None:
    """CO-12: the list of Annex VIII, and those that the text explains beside it; what it never explains stays bare."""
    assert {"EWRR", "MICM", "SAGE", "UTM"} <= set(acronyms())
    assert not {"FCOS", "ODMS", "COB", "FRAGO", "MOP", "NKB", "CPS", "GoCAR"} & set(acronyms())
    assert len(acronyms()) == 185
    assert acronyms()["CAN"] == "Community Alert Network"
    assert acronyms()["T/PCC"] == "Troop / Police Contributing Country"
    assert list(acronyms()) == sorted(acronyms(), key=str.casefold)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The CAN warned.", 'The <abbr title="Community Alert Network">CAN</abbr> warned.'),
        ("CAN and CAN", '<abbr title="Community Alert Network">CAN</abbr> and CAN'),
        ("CANs met", '<abbr title="Community Alert Network">CAN</abbr>s met'),
        ("CANADA, can, A-CAN, CAN-2", "CANADA, can, A-CAN, CAN-2"),
        ("<b>POC</b> & more", '&lt;b&gt;<abbr title="Protection of Civilians">POC</abbr>&lt;/b&gt; &amp; more'),
        ("", ""),
    ],
    ids=["once", "first only", "plural", "whole words", "escaped", "empty"],
)
def test_acronyms_are_explained_where_they_stand_first(text: str, shown: str) -> None:
    assert explained(text) == shown


def test_page_explains_each_acronym_once() -> None:
    """CO-12: what two texts of a page share is explained in the first; on paper nothing hovers."""
    with once_per_page():
        assert [explained("CAN met"), explained("CAN and CLA"), explained(None)] == [
            '<abbr title="Community Alert Network">CAN</abbr> met',
            'CAN and <abbr title="Community Liaison Assistant">CLA</abbr>',
            "",
        ]
        with without_hints():
            assert explained("QRF & CAN") == "QRF &amp; CAN"
        assert explained(mark_safe("<b>QRF</b>")) == "<b>QRF</b>"
    assert explained("CAN") == '<abbr title="Community Alert Network">CAN</abbr>'


def test_open_row_threat_and_desk_explain_once_and_closed_rows_stay_light(
    client: Client, officer: Person, bambari: Office
) -> None:
    """CO-12: the page of a threat, the open row of the matrix; a link to the glossary for who cannot hover."""
    threat = make_full_threat(bambari, "Attacks near the IDP site", by=officer)
    edit_threat(
        threat, changes={"capacity": "QRF in reach", "objective": "The QRF and OCHA act"}, based_on=1, by=officer
    )
    client.force_login(officer)
    closed, opened, page = (
        client.get(url).text
        for url in ("/matrix/BAMBARI/", f"/matrix/BAMBARI/?open={threat.ref}", f"/threats/{threat.pk}/")
    )
    told = '<abbr title="Quick Reaction Force">QRF</abbr>'
    assert [text.count(told) for text in (closed, opened, page)] == [0, 1, 1]
    assert '<abbr title="Internally Displaced Person">IDP</abbr>' in page
    assert all('href="/glossary/"' in text.split("<footer>")[1] for text in (closed, opened, page))


def test_workbook_explains_what_occurs_in_it_on_a_sheet_of_its_own() -> None:
    """CO-12: those of heads and cells, in order; none where nothing occurs, and none in CSV."""
    columns = (Column("who", "Who (UNPOL)"), Column("what", "What"))
    rows = [{"who": "CLA", "what": "=OCHA"}, {"who": None, "what": 3}]
    out, plain, lines = io.BytesIO(), io.BytesIO(), io.BytesIO()
    write_xlsx(columns, rows, out)
    write_xlsx((Column("what", "What"),), [{"what": "Patrol"}], plain)
    write_csv(columns, rows, lines)
    book = load_workbook(out)
    assert [tuple(cell.value for cell in row) for row in book["Acronyms"]] == [
        ("Acronym", "Words"),
        ("CLA", "Community Liaison Assistant"),
        ("OCHA", "United Nations Office for the Coordination of Humanitarian Affairs"),
        ("UNPOL", "United Nations Police"),
    ]
    assert book.sheetnames == ["data", "Acronyms"]
    assert load_workbook(plain).sheetnames == ["data"]
    assert b"Community Liaison" not in lines.getvalue()
    assert [row.values for row in open_table(out, name="t.xlsx")][0]["Who (UNPOL)"] == "CLA"


def test_document_lists_its_acronyms_once_at_its_end() -> None:
    """CO-12: read back from the paper; the same document gives the same bytes, one without acronyms gets no list."""
    document = {"office": "QRF camp", "contacts": [], "day": date(2020, 12, 31), "marking": "Confidential"}
    first, second = (render_pdf("coordination/pdf/contacts.html", document) for _ in range(2))
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(first)).pages)
    assert first == second
    assert "Acronyms\nQRF: Quick Reaction Force" in text
    assert with_acronyms("<main><p title='QRF'>None</p></main>") == "<main><p title='QRF'>None</p></main>"


def test_exports_list_what_they_use() -> None:
    assert used_in(["The CLA called.", "", "UNPOL and CLA"]) == {
        "CLA": "Community Liaison Assistant",
        "UNPOL": "United Nations Police",
    }


def test_page_finds_by_letters_and_by_words(client: Client, officer: Person) -> None:
    client.force_login(officer)
    page = client.get("/glossary/", {"q": "alert network"}).content.decode()
    assert '<th scope="row">CAN</th><td>Community Alert Network</td>' in page
    assert "1 acronym of 185." in page
    assert "No acronym has these letters" in client.get("/glossary/", {"q": "<zzz>"}).content.decode()


def _flash(forum: Forum, officer: Person, head: Person) -> bytes:
    case = make_case(forum.office, officer, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT)
    decide_on(case, forum, officer, text="The QRF leaves.")
    document = read_flash(make_flash(case, head), head)
    return render_pdf(flash_files.TEMPLATE, flash_files.document_of(document))


def _trail(forum: Forum, officer: Person, _adopter: Person) -> bytes:
    case = make_case(forum.office, officer, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT)
    decide_on(case, forum, officer, text="The QRF leaves.")
    loaded = trail_files.load_case(officer, case.pk)
    assert loaded is not None
    trail = build_trail(loaded, officer, now=SENT)
    return render_pdf(trail_files.TEMPLATE, trail_files.document_of(trail))


def _plan(forum: Forum, officer: Person, adopter: Person, form: str = "whole") -> bytes:
    area = forum.office.areas.get()
    plan = make_plan(area, officer, "adopted", forum=forum, adopter=adopter, responses="The QRF comes.")
    return plan_files.draw(plan, form)


def _version(forum: Forum, officer: Person, adopter: Person) -> bytes:
    return _plan(forum, officer, adopter, plan_files.COMMUNITY)


def _local_plan(forum: Forum, officer: Person, _adopter: Person) -> bytes:
    plan = make_local_plan(forum, officer, title="Where the QRF goes")
    meeting = make_meeting(forum, officer, "open")
    make_action(meeting, officer)
    decision = meeting.decisions.get()
    adopted = adopt_local_plan(plan, decision=decision, by=officer, now=NOON)
    return render_pdf("coordination/pdf/local_plan.html", local_plan_files.document_of(adopted))


def _pcia(forum: Forum, officer: Person, _adopter: Person) -> bytes:
    one = make_pcia(forum.office, officer, with_whom="The QRF")
    job = ask_for_pdf(one, by=officer)
    return (Path(settings.MEDIA_ROOT) / draw_pcia(job, lambda *_args: None)["file"]).read_bytes()


@pytest.mark.parametrize("draw", [_flash, _trail, _plan, _version, _local_plan, _pcia])
def test_documents_end_with_their_acronyms(draw: Any, bambari: Office, officer: Person, head_of_office: Person) -> None:
    """CO-12: whichever field of the document an acronym stands in, its words stand once at the end."""
    pdf = draw(make_forum(bambari, officer), officer, head_of_office)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert text.count("QRF: Quick Reaction Force") == 1
    assert text.index("QRF") < text.index("QRF: Quick Reaction Force")
