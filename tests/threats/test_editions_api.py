"""Matrix editions in the API."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.audit import fingerprint
from pocweb.models import Office, Person
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat

PATH = "/api/v1/editions/"


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


def test_editions_are_read_with_their_snapshot(
    client: Client, officer: Person, heads: dict[str, Person], stranger: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "in_force", heads)
    draft = make_edition(bambari, officer)
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    listed = client.get(f"{PATH}?office=BAMBARI").json()
    assert [(row["ref"], row["state"]) for row in listed["results"]] == [
        ("BAMBARI-2", "draft"),
        ("BAMBARI-1", "in_force"),
    ]
    assert "snapshot" not in listed["results"][0]
    one = client.get(f"{PATH}{edition.pk}/").json()
    assert fingerprint(one["snapshot"]) == one["sha256"] == edition.sha256
    assert [(row["slot"], row["person"]) for row in one["approvals"]] == [
        ("head_of_office", "I. Marrow"),
        ("head_of_military", "R. Tamm"),
        ("head_of_police", "S. Quill"),
    ]
    assert client.get(f"{PATH}{draft.pk}/").json()["snapshot"] is None
    assert client.post(PATH, {}).status_code == 405
    client.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"{PATH}{edition.pk}/").status_code == 404
    assert client.get(PATH).json()["results"] == []


def test_queries_of_the_list_stay_the_same_with_more_rows(
    client: Client, officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    make_matrix_threat(bambari)
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    make_edition(bambari, officer, "in_force", heads)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PATH).status_code == 200
        counts.append(len(queries))
        make_edition(bambari, officer, "in_force", heads, now=NOON)
    assert counts[0] == counts[1] <= 12
