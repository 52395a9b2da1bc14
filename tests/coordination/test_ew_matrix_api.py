"""EW-01 to EW-07, EW-14 in the API: cases read, reported, moved and written on, with the pages' rules and refusals."""

from typing import Any

import pytest
from django.test import Client

from coordination.models import WarningCase
from coordination.warnings.choices import CaseState
from pocweb.choices import Marking
from pocweb.models import Area, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.threats_incident import make_source

JSON = "application/json"


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(officer: Person) -> Client:
    return as_person(officer)


def post(client: Client, url: str, **data: Any) -> Any:
    return client.post(url, data, content_type=JSON)


def test_list_has_what_a_person_may_see_in_the_order_of_the_matrix(
    client: Client, bambari: Office, bria: Office, officer: Person, adviser: Person, django_assert_num_queries: Any
) -> None:
    """EW-14: reach, marking, filters; no source; queries do not grow."""
    make_case(bambari, officer, source=make_source(bambari.mission))
    make_case(bambari, officer, CaseState.DISSEMINATED, "imminent")
    make_case(bambari, officer, CaseState.CLOSED, "imminent")
    make_case(bria, adviser)
    make_case(bambari, adviser, marking=Marking.STRICTLY_CONFIDENTIAL)
    with django_assert_num_queries(6):
        found = client.get("/api/v1/cases/?open=true")
    assert [row["ref"] for row in found.json()["results"]] == ["EW-002", "EW-001"]
    assert "HR-014" not in found.content.decode()
    assert "source" not in found.json()["results"][0]
    assert client.get("/api/v1/cases/?outcome=averted&office=BAMBARI").json()["count"] == 1
    assert client.get(f"/api/v1/cases/{WarningCase.objects.get(office=bria).pk}/").status_code == 404


def test_report_is_filed_as_on_the_page(client: Client, bambari: Office, ouaka: Area, scpi: Person) -> None:
    """EW-01: refused with code and field, stored once it is whole."""
    given = {
        "act": "attack",
        "place": "Lissa",
        "text": "Armed men at the well",
        "channel": "seen",
        "at_risk": ["women"],
    }
    refused = post(client, "/api/v1/cases/", **{**given, "area": "XX99"})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, "unknown_area", "area")
    made = post(client, "/api/v1/cases/", **given, area="CF42")
    assert made.status_code == 201
    assert (made.json()["office"], made.json()["area"], made.json()["state"]) == ("BAMBARI", "CF42", "received")


def test_steps_go_through_the_state_table(client: Client, bambari: Office, officer: Person, colleague: Person) -> None:
    """EW-07: the version guards, skips need a reason, values belong to their step, rights hold."""
    case = make_case(bambari, officer)
    url = f"/api/v1/cases/{case.pk}/step/"
    rated = post(client, url, step="rate-source", based_on=1, reliability="B")
    assert (rated.json()["state"], rated.json()["version"]) == ("source_rated", 2)
    late = post(client, url, step="rate-information", based_on=1, reliability="probable")
    assert (late.status_code, late.json()["code"]) == (409, "case_moved_on")
    skipped = post(client, url, step="rate-impact", based_on=2, civilians=3)
    assert (skipped.status_code, skipped.json()["field"]) == (400, "reason")
    extra = post(client, url, step="rate-information", based_on=2, reliability="probable", branch="imminent")
    assert (extra.status_code, extra.json()["code"]) == (400, "unknown_field")
    assert post(client, url, step="prioritise", based_on=2).status_code == 400
    assert post(client, url, step="close", based_on=2).status_code == 400
    assert post(as_person(colleague), url, step="rate-information", based_on=2, reliability="sure").status_code == 403


def test_cell_is_written_under_the_guard(client: Client, bambari: Office, officer: Person, adviser: Person) -> None:
    """EW-14: one cell at a time; two texts are answered with 409 and both."""
    case = make_case(bambari, officer)
    url = f"/api/v1/cases/{case.pk}/cell/"
    assert post(client, url, based_on=1, remarks="Road cut").json()["remarks"] == "Road cut"
    conflict = post(as_person(adviser), url, based_on=1, remarks="Ferry out")
    assert conflict.status_code == 409
    assert conflict.json()["conflict"]["fields"] == [
        {"field": "remarks", "base": "", "yours": "Ferry out", "theirs": "Road cut"}
    ]
    assert post(client, url, based_on=2, remarks="One", has_operation=True).json()["code"] == "one_cell"
