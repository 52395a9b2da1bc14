"""Pages of sheets that are edited offline: out, back, the preview with its questions, taken over, cancelled (TH-10)."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.models import AuditEvent, Office, Person
from tests.factories.threats_offline import bring_back, edited, opened, take_out
from tests.factories.threats_threat import make_full_threat, make_threat
from threats.models import MatrixImport, Threat
from threats.offline import reading
from threats.offline.columns import FIRST_ROW, MATRIX
from threats.services.threats import edit_threat

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ACTION = (MATRIX, "action", FIRST_ROW)
MOST_QUERIES = 16
"""The list and a sheet's page: the person, the office or record, lines, names of what they hold, history."""


def _client(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


@pytest.fixture
def threat(officer: Person, bambari: Office) -> Threat:
    return make_full_threat(bambari, by=officer)


def _upload(client: Client, content: bytes, name: str = "matrix.xlsx") -> Any:
    return client.post("/matrix/BAMBARI/offline/upload/", {"file": SimpleUploadedFile(name, content)})


def test_sheet_is_taken_out_edited_brought_back_and_taken_over(threat: Threat, officer: Person) -> None:
    """TH-10: the whole way through the pages."""
    client = _client(officer)
    page = client.get("/matrix/BAMBARI/offline/").content.decode()
    assert "Take a sheet out" in page
    taken = client.get("/matrix/BAMBARI/offline/sheet.xlsx")
    name = 'attachment; filename="matrix-DEMO-BAMBARI-offline-2020-12-31.xlsx"'
    assert (taken.status_code, taken["Content-Disposition"]) == (200, name)
    answer = _upload(client, edited(taken.content, {ACTION: "<b>Road</b> check"}))
    record = MatrixImport.objects.get()
    assert answer.url == f"/sheets/{record.pk}/"
    page = client.get(answer.url).content.decode()
    assert "Take over 1 row" in page
    assert "&lt;b&gt;Road&lt;/b&gt; check" in page
    answer = client.post(f"/sheets/{record.pk}/confirm/")
    page = client.get(answer.url).content.decode()
    assert ("1 row is stored." in page, "What was stored" in page) == (True, True)
    assert Threat.objects.get(pk=threat.pk).action == "<b>Road</b> check"
    again = client.post(f"/sheets/{record.pk}/confirm/", follow=True).content.decode()
    assert "taken over or cancelled already" in again
    assert Threat.objects.get(pk=threat.pk).version == 2


def test_question_is_asked_on_the_page_and_answered_there(threat: Threat, officer: Person, adviser: Person) -> None:
    """TH-10: mine, theirs or a text of both; nothing is stored without the answer."""
    client = _client(officer)
    content = client.get("/matrix/BAMBARI/offline/sheet.xlsx").content
    edit_threat(threat, changes={"action": "From the office"}, based_on=1, by=adviser)
    url = _upload(client, edited(content, {ACTION: "From the field"})).url
    page = client.get(url).content.decode()
    name = f"choice_{FIRST_ROW}_action"
    assert page.count(f'name="{name}"') == 3
    assert "From the office\nFrom the field" in page or "From the field\nFrom the office" in page
    told = client.post(f"{url}confirm/", follow=True).content.decode()
    assert "0 rows are stored. 1 row waits for your choice." in told
    client.post(f"{url}confirm/", {name: "both", f"both_{FIRST_ROW}_action": "Of both"})
    assert (Threat.objects.get(pk=threat.pk).action, MatrixImport.objects.get().state) == ("Of both", "done")


def test_cell_that_cannot_be_taken_stands_on_the_page(threat: Threat, officer: Person) -> None:
    client = _client(officer)
    content = client.get("/matrix/BAMBARI/offline/sheet.xlsx").content
    page = client.get(_upload(client, edited(content, {(MATRIX, "horizon_on", FIRST_ROW): "soon"})).url)
    text = page.content.decode()
    assert "&quot;soon&quot; is not a date. Write it as 2020-12-31." in text
    assert ("No row can be taken over." in text, "Take over" in text.replace("taken over", "")) == (True, False)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"not a workbook", "The file is not an XLSX workbook."), (b"", "The file is empty.")],
)
def test_file_that_is_no_sheet_is_refused_at_the_field(
    threat: Threat, officer: Person, content: bytes, sentence: str
) -> None:
    answer = _upload(_client(officer), content)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not MatrixImport.objects.exists()


def test_file_above_the_limit_is_refused(threat: Threat, officer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from threats.forms import offline

    monkeypatch.setattr(offline, "MAX_BYTES", 1000)
    answer = _upload(_client(officer), b"x" * 1001)
    assert (answer.status_code, "The file is larger than" in answer.content.decode()) == (422, True)
    assert reading.LIMITS.max_bytes == reading.MAX_BYTES


def test_double_click_on_the_upload_brings_one_sheet(threat: Threat, officer: Person) -> None:
    client = _client(officer)
    content = client.get("/matrix/BAMBARI/offline/sheet.xlsx").content
    urls = [
        client.post(
            "/matrix/BAMBARI/offline/upload/", {"once": "token", "file": SimpleUploadedFile("m.xlsx", content)}
        ).url
        for _turn in range(2)
    ]
    assert (urls[0], MatrixImport.objects.count()) == (urls[1], 1)


def test_who_may_not_edit_sees_and_does_not_touch(
    threat: Threat, officer: Person, scpi: Person, stranger: Person, bambari: Office
) -> None:
    """TH-10: a reader sees the sheets without acts; a stranger finds nothing; the file asks the clearance anew."""
    record = bring_back(edited(take_out(bambari, officer), {ACTION: "New"}), bambari, officer)
    url = f"/sheets/{record.pk}/"
    reader = _client(scpi)
    page = reader.get(url).content.decode()
    assert ("New" in page, "Take over" in page, "Download the file" in page) == (True, False, False)
    assert "Take a sheet out (XLSX)" not in reader.get("/matrix/BAMBARI/offline/").content.decode()
    for act in ("confirm/", "cancel/"):
        assert reader.post(url + act).status_code == 403
    assert reader.get(f"{url}file.xlsx").status_code == 403
    other = _client(stranger)
    assert {other.get(url + part).status_code for part in ("", "file.xlsx")} == {404}
    assert other.get("/matrix/BAMBARI/offline/").status_code == 404
    assert {other.post(url + act).status_code for act in ("confirm/", "cancel/")} == {404}
    client = _client(officer)
    answer = client.get(f"{url}file.xlsx")
    assert opened(b"".join(answer.streaming_content)).sheetnames[0] == MATRIX
    assert AuditEvent.objects.filter(verb="exported", object_ref=record.ref).count() == 1
    Threat.objects.filter(pk=threat.pk).update(marking=3)
    assert client.get(f"{url}file.xlsx").status_code == 404


def test_row_marked_above_the_clearance_since_is_counted_not_shown(
    threat: Threat, officer: Person, bambari: Office
) -> None:
    make_threat(bambari, "Open")
    record = bring_back(edited(take_out(bambari, officer), {ACTION: "Kept words"}), bambari, officer)
    Threat.objects.filter(pk=threat.pk).update(marking=3)
    page = _client(officer).get(f"/sheets/{record.pk}/").content.decode()
    assert ("Kept words" in page, "1 row is outside your reach" in page) == (False, True)


def test_pages_cost_the_same_queries_for_more_rows(officer: Person, adviser: Person, bambari: Office) -> None:
    """TH-10: the list with one and four sheets, a sheet's page with one and six rows."""
    counts = []
    client = _client(officer)
    for more in (1, 5):
        for number in range(more):
            make_full_threat(bambari, f"Threat {more} {number}", by=officer)
        rows = Threat.objects.count()
        edits = {(MATRIX, name, FIRST_ROW + row): "Changed" for row in range(rows) for name in ("action", "scale")}
        for turn in range(more):
            record = bring_back(edited(take_out(bambari, officer), edits), bambari, officer, f"{turn}.xlsx")
        found = []
        for url in ("/matrix/BAMBARI/offline/", f"/sheets/{record.pk}/"):
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES


def test_damaged_zip_and_entities_are_refused(threat: Threat, officer: Person, bambari: Office) -> None:
    """TH-10: a workbook with XML declarations of its own, or that would unpack without end, is not opened."""
    import zipfile

    content = take_out(bambari, officer)
    for name, put in (("xl/evil.xml", b'<!DOCTYPE a [<!ENTITY b "c">]>'), ("xl/zeros.xml", b"0" * 250_000_000)):
        out = io.BytesIO(content)
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, put)
        answer = _upload(_client(officer), out.getvalue())
        assert (answer.status_code, "is refused" in answer.content.decode()) == (422, True)
