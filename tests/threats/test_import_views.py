"""The pages of imports, through the browser's requests: upload, check, confirm, cancel, errors (TH-11)."""

import csv
import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from pocweb import jobs
from pocweb.choices import JobState, Role
from pocweb.models import AuditEvent, Job, Mission, Office, Person
from tests.factories.mission import make_person
from tests.factories.threats_import import csv_file, ucdp_rows
from threats.choices import ImportState
from threats.imports import ucdp
from threats.models import Actor, ImportProblem, ImportRun, Incident
from threats.services import import_reading

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def web(client: Client, adviser: Person, bambari: Office, bria: Office) -> Client:
    client.force_login(adviser)
    return client


def upload(web: Client, content: bytes, name: str = "events.csv", layout: str = "") -> Any:
    file = SimpleUploadedFile(name, content)
    return web.post(reverse("threats:import-create"), {"file": file, "layout": layout})


def uploaded(web: Client, content: bytes, name: str = "events.csv") -> ImportRun:
    """Upload a good file and let its check run."""
    answer = upload(web, content, name)
    run = ImportRun.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, reverse("threats:import-detail", args=[run.pk]))
    work()
    run.refresh_from_db()
    return run


def transaction_hooks() -> Any:
    """Do what waits for the end of a transaction, as it would be outside of a test."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def events() -> Any:
    """Return what imports have written to the audit trail."""
    return AuditEvent.objects.filter(object_type="threats.importrun")


def work() -> None:
    """Do the waiting jobs in the test's own connection."""
    while (pk := jobs.next_waiting()) is not None:
        jobs.run(pk)


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def page(web: Client, run: ImportRun) -> str:
    answer = web.get(reverse("threats:import-detail", args=[run.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def good(count: int = 3, **cells: Any) -> bytes:
    return csv_file(ucdp_rows(count, **cells)).getvalue()


def bomb() -> bytes:
    """Return a workbook that unpacks to a hundred times its size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return out.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_import_journey_upload_check_confirm_result(web: Client, adviser: Person) -> None:
    """TH-11: upload, check, preview, confirm, result, each state on its page."""
    answer = upload(web, good())
    run = ImportRun.objects.get()
    assert run.state == ImportState.UPLOADED
    working = page(web, run)
    assert 'hx-trigger="every 2s"' in working
    assert "You can leave this page" in working
    assert Incident.objects.count() == 0

    work()
    fragment = web.get(reverse("threats:import-state", args=[run.pk]), headers=HTMX).content.decode()
    assert "every 2s" not in fragment
    assert "Import 3 rows" in fragment
    assert "<html" not in fragment
    assert "Ouaka (CF42)" in fragment
    assert Incident.objects.count() == 0

    answer = web.post(reverse("threats:import-confirm", args=[run.pk]))
    assert answer.status_code == 302
    work()
    run.refresh_from_db()
    assert (run.state, run.rows, run.created, run.rejected) == (ImportState.DONE, 3, 3, 0)
    assert Incident.objects.count() == 3
    done = page(web, run)
    assert f"{reverse('threats:incident-list')}?origin=ucdp&amp;verification=any" in done
    assert set(Incident.objects.values_list("created_by", flat=True)) == {adviser.pk}
    verbs = list(events().order_by("seq").values_list("verb", flat=True))
    assert verbs == ["uploaded", "confirmed", "recorded incidents of", "imported"]


def test_state_without_script_leads_to_the_page(web: Client) -> None:
    run = uploaded(web, good())
    answer = web.get(reverse("threats:import-state", args=[run.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("threats:import-detail", args=[run.pk]))


def test_confirming_twice_queues_once(web: Client) -> None:
    run = uploaded(web, good())
    for _press in range(2):
        web.post(reverse("threats:import-confirm", args=[run.pk]))
    assert Job.objects.filter(kind="write_import").count() == 1
    work()
    again = web.post(reverse("threats:import-confirm", args=[run.pk]), follow=True)
    assert "does not wait to be confirmed" in again.content.decode()
    assert Incident.objects.count() == 3


def test_cancel_deletes_the_file_and_imports_nothing(web: Client) -> None:
    before = stored_files()
    run = uploaded(web, good())
    assert len(stored_files()) == len(before) + 1
    with transaction_hooks():
        web.post(reverse("threats:import-cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.file.name) == (ImportState.CANCELLED, "")
    assert "Nothing was imported, and the file is deleted." in page(web, run)
    assert Incident.objects.count() == 0
    assert stored_files() == before


def test_large_upload_goes_through_a_file_of_its_own(web: Client) -> None:
    """Above 2.5 MB Django hands over a temporary file, which is read as well as memory is."""
    content = good(1500, source_article="A report on the raid. " * 90)
    assert len(content) > 2_621_440
    run = uploaded(web, content)
    assert (run.state, run.rows, run.created, run.file_bytes) == (ImportState.CHECKED, 1500, 1500, len(content))
    assert stat.S_IMODE(os.stat(run.file.path).st_mode) == 0o600


def test_stored_file_is_private_and_has_no_address(web: Client) -> None:
    run = uploaded(web, good(), name="names of victims.csv")
    path = Path(run.file.path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert "victims" not in path.name
    assert web.get(f"/{run.file.name}").status_code == 404
    assert web.get(f"/files/{run.file.name}").status_code == 404


REFUSED = {
    "wrong encoding": (good().replace(b"Grimari", "Grimarié".encode("cp1252")), "a.csv", "not UTF-8"),
    "no header": (b"\n".join([b"1,2020-01-01,3", b"2,2020-01-02,4"]), "a.csv", "looks like data"),
    "other columns": (b"name,colour\nriver,red\n", "a.csv", "fit no known layout"),
    "empty": (b" \n", "a.csv", "empty"),
    "only a header": (",".join(ucdp.COLUMNS).encode() + b"\n", "a.csv", "no rows"),
    "zip bomb": (bomb(), "a.xlsx", "would unpack"),
    "an archive": (b"PK\x03\x04" + b"\0" * 40, "a.xlsx", "damaged"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "a.csv", "PNG"),
    "a document": (b"%PDF-1.7", "a.csv", "PDF"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_file_is_refused_in_words_and_nothing_is_kept(web: Client, case: str) -> None:
    """TH-11: clear message, nothing half-stored."""
    content, name, words = REFUSED[case]
    before = stored_files()
    answer = upload(web, content, name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert (ImportRun.objects.count(), Job.objects.count(), events().count()) == (0, 0, 0)
    assert stored_files() == before


def test_file_that_breaks_off_inside_fails_whole(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quotation mark that is never closed shows only when the rows are read."""
    monkeypatch.setattr(import_reading, "BLOCK", 10)
    content = good(30) + b'31,"never closed\n'
    before = stored_files()
    with transaction_hooks():
        run = uploaded(web, content)
    assert (run.state, run.file.name) == (ImportState.FAILED, "")
    shown = page(web, run)
    assert "Nothing of it was stored" in shown
    assert "a quotation mark is not closed" in shown
    assert (Incident.objects.count(), ImportProblem.objects.count()) == (0, 0)
    assert stored_files() == before


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + good(), id="byte-order mark"),
        pytest.param(good().decode().encode("utf-16"), id="utf-16 with mark"),
        pytest.param(good().replace(b"\r\n", b"\n"), id="other line ends"),
        pytest.param(good().split(b"\r\n", 1)[1], id="official layout without header"),
    ],
)
def test_odd_but_readable_files_are_taken(web: Client, content: bytes) -> None:
    run = uploaded(web, content)
    assert (run.state, run.rows, run.created, run.rejected) == (ImportState.CHECKED, 3, 3, 0)


def test_workbook_is_read(web: Client) -> None:
    rows = [[row.get(name, "") for name in ucdp.COLUMNS] for row in ucdp_rows(2)]
    run = uploaded(web, workbook([list(ucdp.COLUMNS), *rows]), "events.xlsx")
    assert (run.rows, run.created) == (2, 2)


def test_formula_cells_reject_their_row(web: Client) -> None:
    rows = [[row.get(name, "") for name in ucdp.COLUMNS] for row in ucdp_rows(2)]
    rows[0][list(ucdp.COLUMNS).index("best")] = "=1+1"
    run = uploaded(web, workbook([list(ucdp.COLUMNS), *rows]), "events.xlsx")
    assert (run.created, run.rejected) == (1, 1)
    assert "is a formula. Replace it by its value." in page(web, run)


def test_thousand_bad_cells_are_counted_listed_and_given_out(web: Client) -> None:
    """TH-11: 1,000 bad cells in 500 rows; the page shows some, the file all, the good row is imported."""
    bad = list(ucdp_rows(500, best="a dozen", date_start="1/2/20"))
    content = csv_file([*bad, *({**row, "id": "900"} for row in ucdp_rows(1))]).getvalue()
    run = uploaded(web, content)
    assert (run.rows, run.created, run.rejected, run.problem_count) == (501, 1, 500, 1000)
    shown = page(web, run)
    assert "50 of 1000 are shown." in shown
    assert "Import 1 row" in shown
    assert "&quot;a dozen&quot; is not a whole number" in shown

    answer = web.get(reverse("threats:import-errors", args=[run.pk]))
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 1000
    assert lines[0] == {
        **{name: "" for name in ucdp.COLUMNS},
        **bad[0],
        "Row in the file": "2",
        "Column": "date_start",
        "Value": "1/2/20",
        "Why": 'Row 2, date_start: "1/2/20" is not a date. Write it as 2023-02-16.',
        "Row left out": "yes",
    }
    assert AuditEvent.objects.filter(verb="exported the remarks of").count() == 1


def test_error_file_guards_formulas(web: Client) -> None:
    run = uploaded(web, good(1, best="=cmd|'/c calc'!A1"))
    text = web.get(reverse("threats:import-errors", args=[run.pk])).content.decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert "'=cmd|'/c calc'!A1" in cells
    assert not [cell for cell in cells if cell.startswith("=")]


class Line(io.RawIOBase):
    """A request body of a stated size that notes how it is read."""

    def __init__(self, size: int) -> None:
        self.left, self.largest, self.total = size, 0, 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read whole"
        piece = min(size, self.left)
        self.largest, self.total, self.left = max(self.largest, piece), self.total + piece, self.left - piece
        return b"x" * piece


def test_upload_of_200_megabytes_is_refused_by_its_stated_length(web: Client) -> None:
    """TH-11: never parsed, never whole in memory, no temporary file, a page in words."""
    size = 200 * 1024 * 1024
    body = Line(size)
    stated: dict[str, Any] = {"CONTENT_LENGTH": str(size), "wsgi.input": body}
    answer = web.generic(
        "POST", reverse("threats:import-create"), content_type="multipart/form-data; boundary=x", **stated
    )
    assert answer.status_code == 413
    assert "The file is larger than 100 MB." in answer.content.decode()
    assert body.largest <= 1024 * 1024
    assert ImportRun.objects.count() == 0


def test_upload_above_the_limit_is_refused_while_it_is_measured(web: Client) -> None:
    before = stored_files()
    with override_settings(IMPORT_MAX_BYTES=1000):
        answer = upload(web, good(10))
    assert answer.status_code == 422
    assert "The file is larger than" in answer.content.decode()
    assert (ImportRun.objects.count(), stored_files()) == (0, before)


def test_upload_needs_the_token(adviser: Person, bambari: Office) -> None:
    """The view parses bodies late, and still refuses a form without its token."""
    web = Client(enforce_csrf_checks=True)
    web.force_login(adviser)
    assert upload(web, good()).status_code == 403
    assert ImportRun.objects.count() == 0


def test_layout_that_was_chosen_wrongly_is_named(web: Client) -> None:
    answer = upload(web, good(), layout="acled")
    assert answer.status_code == 422
    assert "The ACLED layout needs these columns too" in answer.content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_template_can_be_filled_in_and_imported(web: Client, form: str) -> None:
    content = web.get(reverse(f"threats:import-template-{form}")).content
    values = {"Incident id": "OUR-1", "Title": "Houses burnt", "Date": "2020-11-02", "Admin 1": "Ouaka"}
    if form == "xlsx":
        book = load_workbook(io.BytesIO(content))
        sheet = book.active
        assert sheet is not None
        headers = [cell.value for cell in sheet[1]]
        for name, value in values.items():
            sheet.cell(row=3, column=headers.index(name) + 1, value=value)
        out = io.BytesIO()
        book.save(out)
        filled = out.getvalue()
    else:
        text = content.decode("utf-8-sig")
        line = ",".join(values.get(name, "") for name in next(csv.reader(io.StringIO(text))))
        filled = f"{text}{line}\r\n".encode()
    run = uploaded(web, filled, f"ours.{form}")
    assert (run.layout, run.rows, run.created, run.rejected) == ("pocweb", 1, 1, 0)


ROLES = {Role.POCA: 200, Role.JOC: 200, Role.JMAC: 200, Role.PROT: 200, Role.POCF: 403, Role.SML: 403, Role.ADM: 403}


@pytest.mark.parametrize(("role", "status"), ROLES.items())
def test_only_four_roles_at_headquarters_import(hq: Office, client: Client, role: Role, status: int) -> None:
    """TH-11: POC Adviser, JOC, JMAC, human rights and protection."""
    client.force_login(make_person("somebody", role, hq))
    assert client.get(reverse("threats:import-create")).status_code == status
    assert client.get(reverse("threats:import-list")).status_code == status


def test_role_at_a_field_office_does_not_import_for_the_mission(bambari: Office, client: Client) -> None:
    client.force_login(make_person("somebody", Role.JMAC, bambari))
    assert client.get(reverse("threats:import-create")).status_code == 403
    assert upload(client, good()).status_code == 403
    assert ImportRun.objects.count() == 0


def test_import_of_another_mission_is_not_there(web: Client, stranger: Person) -> None:
    run = uploaded(web, good())
    other = make_person("outsider", Role.POCA, Office.objects.get(mission__code="ELSE"))
    web.force_login(other)
    for name in ("detail", "state", "errors"):
        assert web.get(reverse(f"threats:import-{name}", args=[run.pk]), headers=HTMX).status_code == 404
    for name in ("confirm", "cancel"):
        assert web.post(reverse(f"threats:import-{name}", args=[run.pk])).status_code == 404
    run.refresh_from_db()
    assert run.state == ImportState.CHECKED


def test_list_costs_the_same_for_one_and_three(
    web: Client, django_assert_max_num_queries: Any, mission: Mission
) -> None:
    counts = []
    for _more in range(2):
        uploaded(web, good())
        with django_assert_max_num_queries(12) as asked:
            assert web.get(reverse("threats:import-list")).status_code == 200
        counts.append(len(asked))
        uploaded(web, good())
    assert counts[0] == counts[1]


def test_page_of_a_check_costs_a_fixed_number_of_queries(web: Client, django_assert_max_num_queries: Any) -> None:
    run = uploaded(web, good(60, best="many"))
    with django_assert_max_num_queries(20):
        page(web, run)


def test_same_file_again_says_so_and_offers_nothing(web: Client) -> None:
    first = uploaded(web, good())
    web.post(reverse("threats:import-confirm", args=[first.pk]))
    work()
    again = uploaded(web, good())
    shown = page(web, again)
    assert f"The same file was imported before as {first.ref}." in shown
    assert "every row that can be read is there already" in shown
    assert reverse("threats:import-confirm", args=[again.pk]) not in shown


def test_broken_work_can_be_taken_up_by_a_person(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    run = uploaded(web, good())
    web.post(reverse("threats:import-confirm", args=[run.pk]))
    Job.objects.filter(kind="write_import").update(state=JobState.FAILED, error="The machine stopped.")
    shown = page(web, run)
    assert "The work broke off." in shown
    assert "Go on with the import" in shown
    web.post(reverse("threats:import-confirm", args=[run.pk]))
    work()
    run.refresh_from_db()
    assert (run.state, run.created, Actor.objects.count()) == (ImportState.DONE, 3, 1)
