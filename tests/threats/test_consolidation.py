"""TH-06: the matrix of a branch, read upward through three levels without copying: rows, parts, states, exports."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pypdf import PdfReader

from pocweb.audit import fingerprint
from pocweb.choices import OfficeKind, Role
from pocweb.jobs import Progress
from pocweb.models import Job, Office, Person
from tests.factories.mission import make_office, make_person
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_threat import NOON, make_full_threat
from threats.branch_exports import read_branch_sheet
from threats.consolidation import parts_of, read_approved, read_live
from threats.models import MatrixEdition, Threat
from threats.services.matrix_files import MATRIX_PDF, draw_matrix
from threats.services.threats import edit_threat

pytestmark = pytest.mark.django_db
MIDNIGHT = NOON.replace(hour=0)  # the mission's clock has the day of the tests and the hour of the run
KINDS = ("csv", "xlsx", "json")


@pytest.fixture
def sector(hq: Office) -> Office:
    return make_office(hq.mission, "EAST", hq, name="Sector East", kind=OfficeKind.SECTOR)


@pytest.fixture
def near(sector: Office, ouaka) -> Office:
    return make_office(sector.mission, "NEAR", sector, [ouaka])


@pytest.fixture
def far(sector: Office, haute_kotto) -> Office:
    return make_office(sector.mission, "FAR", sector, [haute_kotto])


@pytest.fixture
def heads(hq: Office) -> dict[str, Person]:
    return {
        "head_of_office": make_person("head", Role.SML, hq, "political"),
        "head_of_military": make_person("force", Role.FCPC, hq, "force"),
        "head_of_police": make_person("police", Role.FCPC, hq, "police"),
    }


def in_force(office: Office, by: Person, heads: dict[str, Person], days_ago: int = 0) -> MatrixEdition:
    """Return an edition of the office that came into force so many days ago."""
    edition = make_edition(office, by, "in_force", heads)
    MatrixEdition.objects.filter(pk=edition.pk).update(in_force_at=MIDNIGHT - timedelta(days=days_ago))
    return edition


def refs(response) -> list[str]:
    return re.findall(r'<tbody role="rowgroup" class="mx" id="(T-\d+)"', response.content.decode())


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.fixture
def threats(hq: Office, near: Office, far: Office, adviser: Person, heads: dict[str, Person]) -> dict[str, Threat]:
    """Return three threats, one per office of three levels, each in force: NEAR, FAR (below EAST), and HQ's own."""
    made = {
        "near": make_full_threat(near, "Attacks near", by=adviser, risk=(3, 3)),
        "far": make_full_threat(far, "Attacks far", by=adviser, risk=(5, 5)),
        "hq": make_full_threat(hq, "Incitement everywhere", by=adviser, risk=(4, 4)),
    }
    for office in (near, far, hq):
        in_force(office, adviser, heads)
    return made


def test_three_levels_read_the_same_rows_in_one_order(
    client: Client, adviser: Person, threats: dict[str, Threat]
) -> None:
    """TH-06: office, sector and mission; one list by priority and risk, headquarters' own threats in it."""
    client.force_login(adviser)
    near, far, hq = threats["near"].ref, threats["far"].ref, threats["hq"].ref
    assert refs(client.get("/matrix/HQ/")) == [far, hq, near]
    assert refs(client.get("/matrix/EAST/")) == [far, near]
    assert refs(client.get("/matrix/NEAR/")) == [near]
    page = client.get("/matrix/HQ/").content.decode()
    assert page.count('<span class="was">Far</span>') == 1
    assert refs(client.get("/matrix/HQ/?office=HQ")) == [hq]


def test_change_shows_above_only_when_it_is_in_force(
    client: Client, adviser: Person, threats: dict[str, Threat], near: Office, heads: dict[str, Person]
) -> None:
    """TH-06: drafts never leak into the approved view, at no level and in no file, until an edition carries them."""
    edit_threat(threats["near"], changes={"action": "Move the post"}, based_on=1, by=adviser)
    new = make_full_threat(near, "Abductions", by=adviser)
    client.force_login(adviser)
    approved = [
        f"/matrix/{code}/{rest}"
        for code in ("HQ", "EAST")
        for rest in ("", "leadership/", "export/csv/", "export/json/")
    ]
    drafts = [f"{url}?drafts=1" for url in approved]

    def told(url: str) -> tuple[bool, bool]:
        text = client.get(url).content.decode()
        return "Move the post" in text, new.ref in text

    assert {url: told(url) for url in approved} == dict.fromkeys(approved, (False, False))
    assert {url: told(url) for url in drafts} == dict.fromkeys(drafts, (True, True))
    in_force(near, adviser, heads)
    assert {url: told(url) for url in approved} == dict.fromkeys(approved, (True, True))


def test_closed_threat_stays_above_until_the_next_edition(
    adviser: Person, threats: dict[str, Threat], hq: Office
) -> None:
    """TH-06: what an office closed stays in the approved view: nobody above has agreed to drop it yet."""
    Threat.objects.filter(pk=threats["near"].pk).update(status="closed", closed_reason="Gone")
    assert threats["near"].ref in [row.ref for row in read_approved(hq, user=adviser, now=NOON).rows]
    assert threats["near"].ref not in [row.ref for row in read_live(hq, user=adviser, now=NOON).rows]


def test_office_without_edition_or_with_a_late_one_is_named(
    client: Client, adviser: Person, hq: Office, near: Office, far: Office, heads: dict[str, Person]
) -> None:
    """TH-06: a missing edition and one older than the review period are said with the office's name."""
    make_full_threat(near, by=adviser)
    late = in_force(near, adviser, heads, days_ago=hq.mission.review_days + 1)
    client.force_login(adviser)
    for code in ("HQ", "EAST"):
        page = text_of(client.get(f"/matrix/{code}/"))
        assert "No edition in force: Far." in page
        assert f"Edition is late: Near, edition {late.number} of {hq.mission.review_days + 1} days ago" in page
    MatrixEdition.objects.update(in_force_at=MIDNIGHT - timedelta(days=hq.mission.review_days))
    assert "Edition is late" not in text_of(client.get("/matrix/HQ/"))


def test_parts_share_out_all_rows(adviser: Person, threats: dict[str, Threat], hq: Office, near: Office) -> None:
    """TH-06: under the mission stand its own threats and each sector; under the sector each office; sums agree."""
    branch = read_approved(hq, user=adviser, now=NOON)
    mission = {part.code: (part.rows, part.risks, part.in_force, part.offices) for part in parts_of(branch)}
    assert mission == {"HQ": (1, (1, 0, 0, 0, 0), 1, 1), "EAST": (2, (1, 1, 0, 0, 0), 2, 2)}
    assert sum(part.rows for part in parts_of(branch)) == len(branch.rows)
    east = read_approved(Office.objects.get(code="EAST"), user=adviser, now=NOON)
    assert {part.code: part.rows for part in parts_of(east)} == {"NEAR": 1, "FAR": 1}


def test_counts_of_parts_open_their_rows(client: Client, adviser: Person, threats: dict[str, Threat]) -> None:
    """TH-06: each number of the table leads to exactly as many rows, approved ones and drafts alike."""
    client.force_login(adviser)
    for start in ("/matrix/HQ/", "/matrix/EAST/", "/matrix/HQ/?drafts=1", "/matrix/EAST/?drafts=1"):
        page = client.get(start).content.decode()
        table = page[page.index("Where these rows come from") : page.index('aria-label="Filters"')]
        found = re.findall(r'<td class="n[^"]*" data-h="(?!Gaps)[^"]+"><a href="([^"]+)">(\d+)</a>', table)
        assert len(found) >= 4
        for url, count in found:
            assert len(refs(client.get(unescape(url)))) == int(count), url


def test_rows_above_the_clearance_are_absent_from_page_and_files(
    client: Client, adviser: Person, threats: dict[str, Threat], heads: dict[str, Person]
) -> None:
    """TH-06: a threat, or an activity that a row names, marked above the reader's clearance since, is nowhere."""
    activity = make_activity(threats["far"].office, adviser, "Quiet talks", threats=[threats["far"]])
    in_force(threats["far"].office, adviser, heads)
    Threat.objects.filter(pk=threats["near"].pk).update(marking=3)
    type(activity).objects.filter(pk=activity.pk).update(marking=3)
    client.force_login(adviser)
    urls = ["/matrix/HQ/", "/matrix/HQ/leadership/", *(f"/matrix/HQ/export/{kind}/" for kind in ("csv", "json"))]
    for url in urls:
        text = client.get(url).content.decode()
        assert threats["hq"].ref in text, url
        assert threats["near"].ref not in text, url
        assert "Quiet talks" not in text, url
    Person.objects.filter(pk=adviser.pk).update(clearance=3)
    assert threats["near"].ref in client.get("/matrix/HQ/").content.decode()


def test_office_outside_the_branch_is_in_no_consolidated_row(
    adviser: Person, threats: dict[str, Threat], near: Office
) -> None:
    """TH-06: a reader of one office gets neither the sector's page nor the mission's."""
    reader = make_person("reader", Role.POCF, near, "poc")
    client = Client()
    client.force_login(reader)
    for code in ("HQ", "EAST", "FAR"):
        for rest in ("", "gaps/", "response/", "leadership/", "export/csv/"):
            assert client.get(f"/matrix/{code}/{rest}").status_code == 404, (code, rest)


# --- files ------------------------------------------------------------------------------------------------------------


def exported(client: Client, kind: str, query: str = "") -> list[str]:
    """Return the references in a file, in its order."""
    response = client.get(f"/matrix/HQ/export/{kind}/{query}")
    assert response.status_code == 200
    if kind == "json":
        return [row["ref"] for row in json.loads(response.content)["content"]["rows"]]
    if kind == "csv":
        return [row[0] for row in list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))[2:]]
    sheet = load_workbook(io.BytesIO(response.content)).worksheets[0]
    return [cell.value for cell in sheet["A"] if str(cell.value).startswith("T-")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("query", ["", "?drafts=1"])
def test_file_holds_the_rows_of_the_page(
    client: Client, adviser: Person, threats: dict[str, Threat], near: Office, kind: str, query: str
) -> None:
    """TH-06, TH-10: the consolidated file has the rows of the page in the page's order, approved or drafts."""
    make_full_threat(near, "Abductions", by=adviser)
    client.force_login(adviser)
    shown = refs(client.get(f"/matrix/HQ/{query}"))
    assert len(shown) == (4 if query else 3)
    assert exported(client, kind, query) == shown


def test_json_names_its_editions_and_its_highest_marking(
    client: Client, adviser: Person, threats: dict[str, Threat]
) -> None:
    """TH-06: where rows come from, with the fingerprint of each edition; the marking is the highest inside."""
    client.force_login(adviser)
    data = json.loads(client.get("/matrix/HQ/export/json/").content)
    assert data["source"] == "branch"
    assert data["sha256"] == fingerprint(data["content"])
    assert data["marking"] == "Confidential"
    known = dict(MatrixEdition.objects.filter(state="in_force").values_list("office__code", "sha256"))
    assert {one["office"]: one["sha256"] for one in data["content"]["editions"]} == known
    Threat.objects.filter(pk=threats["far"].pk).update(marking=3)
    Person.objects.filter(pk=adviser.pk).update(clearance=3)
    drafts = json.loads(client.get("/matrix/HQ/export/json/?drafts=1").content)
    assert (drafts["source"], drafts["marking"]) == ("branch_drafts", "Strictly confidential")


def test_pdf_of_a_branch_is_drawn_and_named(
    client: Client, adviser: Person, threats: dict[str, Threat], hq: Office
) -> None:
    """TH-06, TH-10: the PDF says that it is consolidated, names each row's office, and who has no edition."""
    make_office(hq.mission, "NEW", Office.objects.get(code="EAST"))
    client.force_login(adviser)
    assert client.post("/matrix/HQ/export/pdf/").status_code == 302
    job = Job.objects.get(kind=MATRIX_PDF)
    result = draw_matrix(job, Progress(job))
    text = " ".join(
        " ".join(page.extract_text() for page in PdfReader(Path(settings.MEDIA_ROOT) / result["file"]).pages).split()
    )
    assert "Mission headquarters, consolidated, approved rows" in text
    assert all(one.ref in text for one in threats.values())
    assert "No edition in force: New." in text
    assert "Drawn together from approved editions: no edition of its own." in text
    assert "Not frozen" not in text
    for edition in MatrixEdition.objects.filter(state="in_force"):
        assert f"{edition.office}, edition {edition.number} ({edition.sha256[:12]})" in text
    assert result["filename"] == "matrix-DEMO-HQ-consolidated.pdf"
    assert set(result["tells"]["threats"]) == {one.pk for one in threats.values()}


def test_pdf_is_refused_when_a_row_was_marked_higher_since(
    client: Client, adviser: Person, threats: dict[str, Threat], hq: Office
) -> None:
    """TH-06: the download asks the markings of the offices below again."""
    client.force_login(adviser)
    client.post("/matrix/HQ/export/pdf/")
    job = Job.objects.get(kind=MATRIX_PDF)
    Job.objects.filter(pk=job.pk).update(result=draw_matrix(job, Progress(job)), state="done")
    assert client.get(f"/matrix/files/{job.pk}/").getvalue().startswith(b"%PDF")  # type: ignore[attr-defined]
    Threat.objects.filter(pk=threats["near"].pk).update(marking=3)
    assert client.get(f"/matrix/files/{job.pk}/").status_code == 404


def test_commands_read_everything(threats: dict[str, Threat], hq: Office) -> None:
    """Without a reader nothing is left out."""
    Threat.objects.update(marking=3)
    assert len(read_branch_sheet(hq, now=NOON).rows) == 3
    assert len(read_branch_sheet(hq, drafts=True, now=NOON).rows) == 3


@pytest.mark.parametrize(
    "url", ["/matrix/HQ/", "/matrix/HQ/?drafts=1", "/matrix/HQ/leadership/", "/matrix/HQ/response/"]
)
def test_branch_takes_at_most_twelve_queries_whatever_the_offices(
    client: Client, adviser: Person, threats: dict[str, Threat], heads: dict[str, Person], url: str
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        return len(seen)

    client.force_login(adviser)
    one = count()
    for number in range(3):
        office = make_office(adviser.mission, f"O{number}", Office.objects.get(code="EAST"))
        make_full_threat(office, f"Threat {number}", by=adviser)
        in_force(office, adviser, heads)
    assert (count(), one <= 12) == (one, True), one
