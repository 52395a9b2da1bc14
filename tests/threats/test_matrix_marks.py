"""The live matrix marks what changed since the edition in force."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.models import Office, Person
from tests.factories.threats_edition import make_edition
from tests.factories.threats_threat import NOON, make_full_threat
from threats.comparison import Comparison, compare_rows, live_row
from threats.editions import row_data
from threats.matrix import build_rows
from threats.matrix.columns import cell_texts
from threats.models import MatrixEdition, Threat
from threats.services.threats import assess_threat, edit_threat

pytestmark = pytest.mark.django_db


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {
        "head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police
    }  # fmt: skip


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


@pytest.fixture
def edition(bambari: Office, officer: Person, heads: dict[str, Person], threat: Threat) -> MatrixEdition:
    return make_edition(bambari, officer, "in_force", heads)


def row(client: Client, url: str, threat: Threat) -> str:
    """Return the HTML of one row on one line."""
    page = unescape(re.sub(r"\s+", " ", client.get(url).content.decode()))
    return page.split(f'id="{threat.ref}"', 1)[1].split("</tbody>", 1)[0]


def change(threat: Threat, by: Person, **changes: str) -> None:
    threat.refresh_from_db()
    edit_threat(threat, changes=changes, based_on=threat.version, by=by)


def test_matrix_marks_nothing_when_nothing_changed(
    client: Client, officer: Person, threat: Threat, edition: MatrixEdition
) -> None:
    client.force_login(officer)
    page = client.get("/matrix/BAMBARI/").content.decode()
    assert 'class="chg"' not in page
    assert "show=changed" not in page
    assert f"A blue bar marks what changed since edition {edition.number}." in page


def test_matrix_marks_a_changed_cell_and_no_other(
    client: Client, officer: Person, threat: Threat, edition: MatrixEdition
) -> None:
    change(threat, officer, action="Post on the bridge")
    client.force_login(officer)
    found = row(client, "/matrix/BAMBARI/", threat)
    assert re.findall(r'data-h="([^"]+)" class="chg"', found) == ["Action required"]
    assert 'Post on the bridge <span class="tag">Changed</span>' in found
    part = client.get(f"/matrix/BAMBARI/rows/{threat.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert '<span class="tag">Changed</span>' in part


def test_matrix_says_what_the_risk_was_in_the_edition(
    client: Client, officer: Person, threat: Threat, edition: MatrixEdition
) -> None:
    before = threat.get_risk_display()
    threat.refresh_from_db()
    assess_threat(threat, likelihood=1, impact=1, reason="Calm since the talks", by=officer)
    threat.refresh_from_db()
    assert threat.get_risk_display() != before
    client.force_login(officer)
    assert f"was {before} in edition {edition.number}" in row(client, "/matrix/BAMBARI/", threat)


def test_matrix_marks_new_rows_and_finds_what_changed(
    client: Client, officer: Person, bambari: Office, threat: Threat, edition: MatrixEdition
) -> None:
    new = make_full_threat(bambari, "Roadblocks", by=officer)
    client.force_login(officer)
    assert '<span class="tag">New</span>' in row(client, "/matrix/BAMBARI/", new)
    page = client.get("/matrix/BAMBARI/?show=changed").content.decode()
    assert re.findall(r'class="mx" id="(T-\d+)"', page) == [new.ref]
    assert f"Changed since edition {edition.number}: 1</a>" in page


def test_branch_marks_rows_of_offices_that_have_an_edition(
    client: Client, officer: Person, adviser: Person, bria: Office, threat: Threat, edition: MatrixEdition
) -> None:
    elsewhere = make_full_threat(bria, "In Bria", by=adviser)
    change(threat, officer, action="Post on the bridge")
    client.force_login(adviser)
    assert 'class="chg"' in row(client, "/matrix/HQ/?drafts=1", threat)
    assert 'class="chg"' not in row(client, "/matrix/HQ/?drafts=1", elsewhere)


def test_row_whose_earlier_state_is_hidden_has_no_mark(
    client: Client, officer: Person, threat: Threat, edition: MatrixEdition
) -> None:
    """A threat that was strictly confidential when it was approved does not tell a lesser reader what it said."""
    edition.snapshot["rows"][0]["marking"] = 3
    edition.save()
    change(threat, officer, action="Post on the bridge")
    client.force_login(officer)
    assert 'class="chg"' not in row(client, "/matrix/BAMBARI/", threat)


def test_matrix_under_approval_keeps_its_budget_of_queries(
    client: Client, officer: Person, bambari: Office, heads: dict[str, Person], threat: Threat, edition: MatrixEdition
) -> None:
    """At most 12 queries on the officer's own matrix also while an edition waits and another is in force."""
    make_edition(bambari, officer, "endorsed", heads)
    change(threat, officer, action="Post on the bridge")
    client.force_login(officer)
    client.get("/matrix/BAMBARI/")
    with CaptureQueriesContext(connection) as seen:
        assert "waits for 3 approvals" in client.get("/matrix/BAMBARI/").content.decode()
    assert len(seen) <= 12


def test_light_row_tells_what_the_whole_row_tells(threat: Threat) -> None:
    """TH-05: the live side of a comparison is read from fewer values, never from others."""
    row = build_rows(Threat.objects.filter(pk=threat.pk), now=NOON)[0]
    light, whole = live_row(row, cell_texts(row)), row_data(row)
    assert light == {name: whole[name] for name in light}
    assert compare_rows([whole], [light]) == Comparison(unchanged=(light,))
