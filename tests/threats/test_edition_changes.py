"""What moved since an edition, with who, when and why; any two editions side by side; page, CSV and PDF (TH-05)."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from pocweb import jobs
from pocweb.choices import Marking
from pocweb.models import AuditEvent, Job, Office, Person
from strategy.services import edit_activity
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from tests.factories.threats_threat import load_reference
from threats.edition_changes import read_changes
from threats.exports import export_matrix
from threats.models import MatrixEdition, Threat
from threats.services.matrix_files import MATRIX_PDF
from threats.services.threats import assess_threat, close_threat, decide_imminence, edit_threat

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


@pytest.fixture
def enter(client: Client) -> Callable[[Person], Client]:
    def sign_in(person: Person) -> Client:
        client.force_login(person, backend=BACKEND)
        return client

    return sign_in


def text_of(content: bytes) -> str:
    """Return the text of a PDF, all pages."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def rated(threat: Threat, likelihood: int, by: Person, reason: str, *, impact: int = 4, now: Any = LATER) -> None:
    assess_threat(threat, likelihood=likelihood, impact=impact, reason=reason, by=by, now=now)


def edit(threat: Threat, by: Person, **changes: Any) -> None:
    threat.refresh_from_db()
    edit_threat(threat, changes=changes, based_on=threat.version, by=by, now=LATER)


@pytest.fixture
def moved(
    officer: Person, colleague: Person, heads: dict[str, Person], bambari: Office
) -> tuple[MatrixEdition, dict[str, Threat]]:
    """An edition in force with six threats, of which each went another way since."""
    load_reference()
    names = ("rises", "falls", "edited", "stays", "confirmed", "closes")
    threats = {name: make_matrix_threat(bambari, name.capitalize(), risk=None) for name in names}
    for threat in threats.values():
        rated(threat, 3, officer, "First rating", now=NOON - timedelta(hours=1))
    edition = make_edition(bambari, officer, "in_force", heads)
    rated(threats["rises"], 5, colleague, "Three attacks in a week")
    rated(threats["falls"], 1, officer, "The group left the axis", impact=1)
    edit(threats["edited"], colleague, capacity="One platoon")
    rated(threats["confirmed"], 3, officer, "Patrols saw the same")
    close_threat(threats["closes"], reason="Disarmed", by=officer, now=LATER)
    threats["added"] = make_matrix_threat(bambari, "Added", risk=None)
    rated(threats["added"], 2, officer, "Seen for the first time")
    return edition, threats


def told(edition: MatrixEdition, **given: Any) -> dict[str, Any]:
    changes = read_changes(edition, now=LATER, **given)
    return {line.title.lower(): line for line in changes.lines}


def test_rows_stand_in_groups_and_the_headline_counts_them(
    moved: tuple[MatrixEdition, dict[str, Threat]],
) -> None:
    """TH-05: new, up, down, changed otherwise, unchanged, closed; a new trend alone is no change."""
    changes = read_changes(moved[0], now=LATER)
    assert [(line.title, line.group) for line in changes.lines] == [
        ("Added", "new"),
        ("Rises", "up"),
        ("Falls", "down"),
        ("Edited", "changed"),
        ("Stays", "unchanged"),
        ("Confirmed", "unchanged"),
        ("Closes", "closed"),
    ]
    assert changes.comparison.headline == "1 new, 1 up, 1 down, 1 changed, 2 unchanged, 1 closed"


def test_each_change_names_who_when_and_why(moved: tuple[MatrixEdition, dict[str, Threat]]) -> None:
    """TH-05: from the audit trail between the endorsement and now, cell by cell; earlier acts are not told."""
    lines = told(moved[0])
    risk = next(one for one in lines["rises"].cells if one.cell.key == "risk")
    assert [(act.who, act.at, act.why) for act in risk.acts] == [("D. Orlo", LATER, "Three attacks in a week")]
    (cell,) = lines["edited"].cells
    assert (cell.cell.key, cell.cell.before, cell.cell.after) == ("capacity", "not recorded", "One platoon")
    assert [(act.who, act.what) for act in cell.acts] == [("D. Orlo", "changed mission capacity and resources")]
    assert (lines["closes"].reason, lines["closes"].acts[0].who) == ("Disarmed", "A. Bellin")
    assert [act.why for act in lines["confirmed"].acts] == ["Patrols saw the same"]
    assert lines["stays"].acts == ()
    assert [act.why for act in lines["added"].acts] == ["Seen for the first time"]


def test_decision_on_imminence_is_told_with_its_reason(
    moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person
) -> None:
    decide_imminence(moved[1]["stays"], imminent=True, reason="They gather at the bridge", by=officer, now=LATER)
    (cell,) = told(moved[0])["stays"].cells
    assert (cell.cell.key, [act.why for act in cell.acts]) == ("imminent", ["They gather at the bridge"])


def test_activity_is_told_in_the_cell_that_names_it_and_not_above_the_clearance(
    moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person, adviser: Person, bambari: Office
) -> None:
    """TH-05: acts on activities count; those on a record above the reader's clearance are not told."""
    activity = make_activity(bambari, officer, "Night patrols", threats=[moved[1]["edited"]])
    cells = {one.cell.key: one for one in told(moved[0], clearance=officer.clearance)["edited"].cells}
    assert [(act.who, act.about) for act in cells["action"].acts] == [("A. Bellin", activity.ref)]
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    cleared = Person.objects.get(pk=adviser.pk)
    edit_activity(activity, based_on=1, changes={"marking": Marking.STRICTLY_CONFIDENTIAL}, by=cleared)
    below = told(moved[0], clearance=officer.clearance)["edited"]
    assert [one.cell.key for one in below.cells] == ["capacity"]
    assert activity.ref not in str(below)
    assert "action" in [one.cell.key for one in told(moved[0], clearance=cleared.clearance)["edited"].cells]


def test_page_tells_groups_filters_and_reasons(
    enter: Any, moved: tuple[MatrixEdition, dict[str, Threat]], scpi: Person
) -> None:
    client = enter(scpi)
    text = client.get("/matrix/BAMBARI/changes/").text
    assert "1 new, 1 up, 1 down, 1 changed, 2 unchanged, 1 closed" in text
    for words in ("Three attacks in a week", "D. Orlo", "Disarmed", "<ins>One platoon</ins>"):
        assert words in text
    narrowed = client.get("/matrix/BAMBARI/changes/?group=up").text
    assert "Three attacks in a week" in narrowed
    assert "Disarmed" not in narrowed
    assert client.get("/matrix/BAMBARI/changes/?group=nonsense").status_code == 200


def test_edition_on_its_way_can_be_compared_with_the_one_in_force(
    enter: Any, moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person, bambari: Office
) -> None:
    """TH-05: with ?of=edition the frozen rows count, and acts after their freezing are not told."""
    make_edition(bambari, officer, "endorsed", now=LATER)
    edit(moved[1]["stays"], officer, objective="Keep the road open")
    client = enter(officer)
    assert "Keep the road open" in client.get("/matrix/BAMBARI/changes/").text
    frozen = client.get("/matrix/BAMBARI/changes/?of=edition").text
    assert "Keep the road open" not in frozen
    assert "1 new, 1 up, 1 down, 1 changed, 2 unchanged, 1 closed" in frozen


def test_page_without_an_edition_says_what_will_stand_there(enter: Any, officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    answer = enter(officer).get("/matrix/BAMBARI/changes/")
    assert answer.status_code == 200
    assert "once an edition is in force" in answer.text


def test_any_two_sides_can_be_chosen(
    enter: Any,
    moved: tuple[MatrixEdition, dict[str, Threat]],
    officer: Person,
    heads: dict[str, Person],
    bambari: Office,
) -> None:
    """TH-05: two selects without script, the live matrix as one side; the wrong order is turned round."""
    first, second = moved[0], make_edition(bambari, officer, "in_force", heads, now=LATER)
    client, listed = enter(officer), "/matrix/BAMBARI/editions/"
    for before, after, leads in (
        (first.pk, second.pk, f"/editions/{first.pk}/compare/{second.pk}/"),
        (second.pk, first.pk, f"/editions/{first.pk}/compare/{second.pk}/"),
        (0, first.pk, f"/editions/{first.pk}/compare/0/"),
        (first.pk, 0, f"/editions/{first.pk}/compare/0/"),
    ):
        answer = client.get(listed, {"before": before, "after": after}, follow=True)
        assert answer.redirect_chain[-1][0] == leads
        assert '<select name="before"' in answer.text
    same = client.get(listed, {"before": first.pk, "after": first.pk})
    assert (same.status_code, "Choose two different ones." in same.text) == (200, True)
    assert client.get(listed, {"before": "x", "after": 999}).status_code == 200


def test_comparison_as_csv_has_a_line_per_cell_with_who_and_why(
    enter: Any, moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person
) -> None:
    answer = enter(officer).get(f"/editions/{moved[0].pk}/compare/0/csv/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
    found = {(row["Title"], row["Cell"]): row for row in rows}
    assert found["Edited", "Mission capacity"]["The live matrix"] == "One platoon"
    assert found["Rises", "Risk"]["Why"] == "Three attacks in a week"
    assert (found["Closes", ""]["Who"], found["Closes", ""]["Why"]) == ("A. Bellin", "Disarmed")
    assert found["Stays", ""]["Who"] == "not recorded"
    assert AuditEvent.objects.filter(verb="exported", note__contains="comparison of").count() == 1
    only = enter(officer).get(f"/editions/{moved[0].pk}/compare/0/csv/?group=closed").content.decode()
    assert "Disarmed" in only
    assert "Three attacks" not in only


@pytest.mark.parametrize("address", ["/matrix/BAMBARI/changes/", "/editions/{pk}/compare/0/"])
def test_queries_stay_the_same_with_more_rows(
    address: str, enter: Any, moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person, bambari: Office
) -> None:
    """TH-05: who and why are read in a fixed number of queries for all rows."""
    client, url = enter(officer), address.format(pk=moved[0].pk)
    make_activity(bambari, officer, "Patrol", threats=[moved[1]["edited"]])
    counts = []
    for _turn in range(2):
        client.get(url)
        with CaptureQueriesContext(connection) as ran:
            client.get(url)
        counts.append(len(ran))
        for index in range(3):
            threat = make_matrix_threat(bambari, f"More {index}", risk=None)
            rated(threat, 3, officer, "More")
            make_activity(bambari, officer, f"Patrol {index}", threats=[threat])
    assert counts[0] == counts[1]
    assert counts[0] <= 16


def test_pdf_of_a_frozen_edition_has_its_page_of_changes(
    moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: since edition 1: new, up, down, closed with why, the unchanged counted; the same bytes a second time."""
    second = make_edition(bambari, officer, "in_force", heads, now=LATER)
    made = export_matrix(bambari, as_="pdf", edition=second, user=officer)
    text = " ".join(text_of(made.content).split())
    assert "Since edition 1" in text
    assert "1 new, 1 up, 1 down, 1 changed, 2 unchanged, 1 closed" in text
    for words in ("Three attacks in a week", "The group left the axis", "Disarmed", "D. Orlo"):
        assert words in text
    edit(moved[1]["stays"], officer, objective="Keep the road open")
    again = export_matrix(bambari, as_="pdf", edition=second, user=officer)
    assert again.content == made.content


def test_pdf_of_the_changes_page_holds_the_live_changes(
    enter: Any, moved: tuple[MatrixEdition, dict[str, Threat]], officer: Person
) -> None:
    client = enter(officer)
    client.post("/matrix/BAMBARI/export/pdf/", {"live": "1"})
    job = Job.objects.get(kind=MATRIX_PDF)
    if job.is_open:
        jobs.run(job.pk)
    answer = client.get(f"/matrix/files/{job.pk}/")
    text = " ".join(text_of(b"".join(answer.streaming_content)).split())
    assert "Since edition 1" in text
    assert "Three attacks in a week" in text


def test_first_edition_has_no_page_of_changes(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    first = make_edition(bambari, officer, "endorsed")
    made = export_matrix(bambari, as_="pdf", edition=first, user=officer)
    assert "Since edition" not in text_of(made.content)
