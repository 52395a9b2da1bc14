"""Pages of matrix editions: state, frozen rows, comparison, acts and their refusals (TH-05)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb import clock
from pocweb.choices import Role
from pocweb.models import Office, Person
from tests.factories.mission import make_person
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from threats.edition_panel import build_panel
from threats.models import EditionApproval, MatrixEdition, Threat
from threats.services import editions
from threats.views.editions import panel_for

PERIOD = {"starts_on": "2021-01-01", "horizon_on": "2021-03-31", "review_on": "2021-01-31"}


@pytest.fixture
def sign_in(client: Client) -> Callable[[Person], Client]:
    def enter(person: Person) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


def test_edition_goes_its_way_by_the_pages(
    sign_in: Any, officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: open, consult, endorsed by the forum, three approvals by three people, in force."""
    make_matrix_threat(bambari)
    client = sign_in(officer)
    answer = client.post("/matrix/BAMBARI/editions/new/", PERIOD)
    edition = MatrixEdition.objects.get()
    page = f"/editions/{edition.pk}/"
    assert (answer.url, edition.state, str(edition.horizon_on)) == (page, "draft", "2021-03-31")
    assert client.post(f"{page}consult/").url == page
    edition.refresh_from_db()
    edition = editions.endorse_edition(edition, by=officer, endorsed_by="Protection group")
    for slot, person in heads.items():
        client = sign_in(person)
        confirm = client.get(f"{page}approve/?slot={slot}")
        assert edition.sha256[:16] in confirm.text
        given = {"slot": slot, "sha256": edition.sha256, "note": "Read in full"}
        assert client.post(f"{page}approve/", given).url == page
    edition.refresh_from_db()
    assert (edition.state, EditionApproval.objects.count()) == ("in_force", 3)
    text = client.get(page).text
    assert "Edition 1 is in force" in text
    assert edition.sha256 in text
    assert "Content matches its fingerprint" in text
    refused = client.post(f"{page}approve/", {"slot": slot, "sha256": edition.sha256})
    assert (refused.status_code, EditionApproval.objects.count()) == (409, 3)
    assert "S. Quill approved as Head of police" in refused.text


def test_head_reads_what_weighs_before_approving(
    sign_in: Any, officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: how many threats are extreme, and how many are new against the edition before."""
    make_matrix_threat(bambari, risk=3)
    make_edition(bambari, officer, "in_force", heads)
    make_matrix_threat(bambari, risk=4)
    second = make_edition(bambari, officer, "endorsed")
    client = sign_in(heads["head_of_military"])
    page = client.get(f"/editions/{second.pk}/approve/?slot=head_of_military").text
    assert "1 threat is extreme." in page
    assert "1 is new since edition 1." in page
    MatrixEdition.objects.exclude(pk=second.pk).update(marking=3)
    page = client.get(f"/editions/{second.pk}/approve/?slot=head_of_military").text
    assert "There is no earlier edition to compare it with." in page


def test_panel_says_who_signed_who_is_awaited_and_the_one_act_open(
    officer: Person, heads: dict[str, Person], colleague: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari)
    draft = make_edition(bambari, officer, "consultation")
    assert build_panel(bambari, officer, NOON).act.label == "Record the forum's endorsement"  # type: ignore[union-attr]
    edition = editions.endorse_edition(draft, by=officer, endorsed_by="Protection group", now=NOON)
    editions.approve_edition(
        edition, slot="head_of_office", by=heads["head_of_office"], sha256=edition.sha256, now=NOON
    )
    later = NOON.replace(hour=20)
    panel = build_panel(bambari, heads["head_of_police"], later)
    assert panel.heading == "Edition 1 waits for 2 approvals"
    assert [(step.label, step.place) for step in panel.steps] == [
        ("Draft", "past"),
        ("Consultation", "past"),
        ("Endorsed by forum", "past"),
        ("Approval", "current"),
        ("In force", "coming"),
    ]
    assert [(one.slot, one.who, one.waits) for one in panel.signatures] == [
        ("head_of_office", "I. Marrow", ""),
        ("head_of_military", "R. Tamm", "for 8 hours"),
        ("head_of_police", "S. Quill", "for 8 hours"),
    ]
    assert panel.act is not None
    assert (panel.act.label, panel.act.url) == (
        "Approve as Head of police",
        f"/editions/{edition.pk}/approve/?slot=head_of_police",
    )
    assert build_panel(bambari, heads["head_of_office"], later).act.act == "return"  # type: ignore[union-attr]
    assert build_panel(bambari, colleague, later).act is None


def test_changes_since_the_endorsement_are_told_and_shown(
    sign_in: Any, officer: Person, head_of_office: Person, bambari: Office
) -> None:
    threat = make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    client = sign_in(head_of_office)
    page = f"/editions/{edition.pk}/"
    assert "changed live" not in client.get(page).text
    Threat.objects.filter(pk=threat.pk).update(capacity="Second platoon")
    assert "Since the forum endorsed it, 1 cell changed live" in client.get(page).text
    compared = client.get(f"{page}compare/0/").text
    assert "Second platoon" in compared
    assert "Second platoon" not in client.get(page).text


def test_frozen_page_marks_what_is_new_and_changed(
    sign_in: Any, officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: two editions compared row by row, cell by cell; the list offers any two."""
    threat = make_matrix_threat(bambari)
    first = make_edition(bambari, officer, "in_force", heads)
    Threat.objects.filter(pk=threat.pk).update(location="Alindao")
    make_matrix_threat(bambari, "A second threat")
    second = make_edition(bambari, officer, "in_force", heads)
    client = sign_in(officer)
    text = client.get(f"/editions/{second.pk}/").text
    assert "1 new, 0 up, 0 down, 1 changed, 0 unchanged, 0 closed" in text
    answer = client.get(f"/matrix/BAMBARI/editions/?before={first.pk}&after={second.pk}")
    assert answer.url == f"/editions/{first.pk}/compare/{second.pk}/"
    compared = client.get(answer.url).text
    assert "<del>Bambari to Grimari road, Ouaka</del>" in compared
    assert "<ins>Alindao, Ouaka</ins>" in compared
    assert client.get(f"/editions/{second.pk}/compare/{first.pk}/").url == answer.url
    listed = client.get("/matrix/BAMBARI/editions/").text
    assert "Superseded" in listed
    assert second.sha256[:12] in listed


def test_wrong_acts_keep_the_text_or_say_why(
    sign_in: Any, officer: Person, heads: dict[str, Person], colleague: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    page = f"/editions/{edition.pk}/"
    client = sign_in(officer)
    assert client.get(f"{page}consult/").status_code == 400
    assert client.post(f"{page}approve/", {"slot": "head_of_office", "sha256": edition.sha256}).status_code == 403
    assert client.post(f"{page}return/", {"reason": " "}).status_code == 422
    assert client.post("/matrix/BAMBARI/editions/new/", {}).status_code == 409
    client = sign_in(heads["head_of_office"])
    stale = client.post(f"{page}approve/", {"slot": "head_of_office", "sha256": "0" * 64})
    assert (stale.status_code, EditionApproval.objects.count()) == (409, 0)
    assert client.get("/matrix/BAMBARI/editions/new/").status_code == 403
    client = sign_in(colleague)
    assert client.get(f"{page}return/").status_code == 403
    assert client.post(f"{page}return/", {"reason": "No"}).status_code == 403
    client = sign_in(officer)
    assert client.post(f"{page}return/", {"reason": "The road is missing"}).url == page
    assert "The road is missing" in client.get(page).text


def test_what_is_not_seen_is_not_there(
    sign_in: Any, officer: Person, stranger: Person, bambari: Office, bria: Office, adviser: Person
) -> None:
    here, there = make_edition(bambari, officer), make_edition(bria, adviser)
    client = sign_in(officer)
    assert client.get(f"/editions/{here.pk}/").status_code == 200
    for path in (f"/editions/{there.pk}/", "/matrix/BRIA/editions/", f"/editions/{there.pk}/consult/"):
        assert client.get(path).status_code == 404, path
    assert sign_in(stranger).get(f"/editions/{here.pk}/").status_code == 404
    outside = make_person("outside", Role.EXT, bambari)
    assert sign_in(outside).get(f"/editions/{here.pk}/").status_code == 403
    assert panel_for(bambari, outside, clock.now(bambari.mission)) is None


@pytest.mark.parametrize("path", ["/editions/{pk}/", "/matrix/BAMBARI/editions/", "/matrix/BAMBARI/export/csv/?live=1"])
def test_queries_stay_the_same_with_more_rows(sign_in: Any, officer: Person, bambari: Office, path: str) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer)
    client = sign_in(officer)
    address = path.format(pk=edition.pk)
    client.get(address)
    counts = []
    for size in (1, 30):
        while Threat.objects.count() < size:
            make_matrix_threat(bambari)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= (22 if "export" in path else 20), counts


def test_panel_costs_few_queries_beside_the_matrix(officer: Person, bambari: Office) -> None:
    """The panel on the matrix page: one query without an edition, one with a draft."""
    assert officer.grants
    with CaptureQueriesContext(connection) as queries:
        build_panel(bambari, officer, NOON)
    assert len(queries) == 1
    make_edition(bambari, officer)
    with CaptureQueriesContext(connection) as queries:
        build_panel(bambari, officer, NOON)
    assert len(queries) == 1
