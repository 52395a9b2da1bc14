"""Editions on the desk: what waits for whom."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.desk import Visit
from pocweb.models import Office, Person
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from threats.desk_editions import editions_waiting
from threats.services import editions


def test_each_finds_the_act_that_waits_for_them(
    client: Client, officer: Person, head_of_office: Person, colleague: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")

    def acts(person: Person) -> list[str] | None:
        content = editions_waiting(Visit(person, bambari.mission, NOON))
        return None if content is None else [item.act for item in content.items]

    assert (acts(officer), acts(head_of_office), acts(colleague)) == (["Record the forum's endorsement"], [], None)
    edition = editions.endorse_edition(edition, by=officer, endorsed_by="Protection group")
    assert (acts(officer), acts(head_of_office)) == ([], ["Approve as Head of Office"])
    client.force_login(head_of_office, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "1 edition waits for your approval" in client.get("/").text
    editions.approve_edition(edition, slot="head_of_office", by=head_of_office, sha256=edition.sha256)
    assert acts(head_of_office) == []


def test_panel_costs_two_queries(adviser: Person, bambari: Office, bria: Office) -> None:
    assert adviser.grants
    for office in (bambari, bria):
        make_edition(office, adviser)
        with CaptureQueriesContext(connection) as queries:
            editions_waiting(Visit(adviser, office.mission, NOON))
        assert len(queries) == 2
