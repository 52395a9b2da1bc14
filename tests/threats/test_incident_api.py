"""The API of incidents: the same reads, rules and refusals as the pages (TH-11)."""

from datetime import date
from typing import Any

import pytest

from pocweb.audit import history_of
from tests.factories.threats_incident import make_actor, make_incident, make_source
from threats.models import Incident

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/"


def post(client: Any, body: dict[str, Any]) -> Any:
    return client.post(URL, body, content_type="application/json")


def patch(client: Any, pk: int, body: dict[str, Any]) -> Any:
    return client.patch(f"{URL}{pk}/", body, content_type="application/json")


def body(**more: Any) -> dict[str, Any]:
    return {"title": "Houses burnt", "starts_on": "2020-12-20", "area": "CF42", "killed_best": 2, **more}


def test_list_filters_like_the_page(client, mission, bambari, ouaka, officer):
    make_incident(mission, ouaka, starts_on=date(2020, 11, 1), killed_best=7)
    make_incident(mission, ouaka, killed_best=1)
    make_incident(mission, ouaka, verification="discounted", killed_best=9)
    client.force_login(officer)
    answer = client.get(URL, {"min_killed": 5}).json()
    assert (answer["count"], answer["results"][0]["starts_on"]) == (1, "2020-11-01")
    assert client.get(URL, {"verification": "any"}).json()["count"] == 3


def test_list_refuses_a_filter_that_cannot_be_read(client, bambari, officer):
    client.force_login(officer)
    answer = client.get(URL, {"from": "yesterday"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_filter", "from")


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_number_of_queries(
    client, mission, bambari, ouaka, officer, count, django_assert_num_queries
):
    for _number in range(count):
        make_incident(mission, ouaka, actors=(make_actor(mission, f"a{_number}"),))
    client.force_login(officer)
    with django_assert_num_queries(12):
        assert client.get(URL).json()["count"] == count


def test_create_records_an_incident(client, mission, bambari, ouaka, officer):
    make_actor(mission)
    client.force_login(officer)
    counts = [{"harm": "killed", "status": "civilian", "sex": "woman", "age": "adult", "best": 1}]
    actors = [{"code": "band-1", "side": "perpetrator"}]
    answer = post(client, body(counts=counts, actors=actors))
    assert answer.status_code == 201
    said = answer.json()
    assert (said["ref"], said["office"], said["version"], said["injured_best"]) == ("I-001", "BAMBARI", 1, None)
    assert said["counts"] == [{**counts[0], "low": 1, "high": 1}]
    assert said["actors"] == [{**actors[0], "name": "Red River band"}]
    assert history_of(Incident.objects.get()).get().actor == officer


@pytest.mark.parametrize(
    ("more", "field"),
    [({"killed_low": 5}, "killed_low"), ({"area": "CF99"}, "area"), ({"starts_on": "2021-05-01"}, "starts_on")],
)
def test_create_answers_a_refused_rule_with_its_code_and_field(client, bambari, ouaka, officer, more, field):
    client.force_login(officer)
    answer = post(client, body(**more))
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert Incident.objects.count() == 0


@pytest.mark.parametrize("more", [{"colour": "red"}, {"killed_best": "some"}, {"actors": "band-1"}, {"counts": [{}]}])
def test_create_refuses_what_it_cannot_read(client, bambari, ouaka, officer, more):
    client.force_login(officer)
    assert post(client, body(**more)).status_code == 400
    assert Incident.objects.count() == 0


def test_create_by_a_reader_is_refused(client, ouaka, scpi):
    client.force_login(scpi)
    assert post(client, body()).status_code == 403


def test_patch_needs_the_version(client, mission, bambari, ouaka, officer):
    incident = make_incident(mission, ouaka)
    client.force_login(officer)
    assert patch(client, incident.pk, {"title": "New"}).json()["code"] == "version_missing"
    answer = patch(client, incident.pk, {"title": "New", "version": 1})
    assert (answer.status_code, answer.json()["title"], answer.json()["version"]) == (200, "New", 2)


def test_patch_against_another_edit_answers_409_with_both_values(client, mission, bambari, ouaka, officer, adviser):
    incident = make_incident(mission, ouaka, title="First")
    client.force_login(adviser)
    patch(client, incident.pk, {"title": "Theirs", "version": 1})
    client.force_login(officer)
    answer = patch(client, incident.pk, {"title": "Mine", "version": 1})
    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "edit_conflict")
    assert said["conflict"]["current_version"] == 2
    assert said["conflict"]["fields"] == [{"field": "title", "base": "First", "yours": "Mine", "theirs": "Theirs"}]
    assert Incident.objects.get().title == "Theirs"


def test_incidents_out_of_sight_answer_404(client, mission, bambari, bria, ouaka, haute_kotto, officer, stranger):
    elsewhere = make_incident(mission, haute_kotto)
    strict = make_incident(mission, ouaka, marking=3)
    client.force_login(officer)
    for incident in (elsewhere, strict):
        assert client.get(f"{URL}{incident.pk}/").status_code == 404
        assert patch(client, incident.pk, {"title": "Mine", "version": 1}).status_code == 404
    client.force_login(stranger)
    assert client.get(URL).json()["count"] == 0


def test_sources_are_shown_to_those_who_may_see_them(client, mission, bambari, ouaka, officer, adviser):
    incident = make_incident(mission, ouaka)
    incident.sources.add(make_source(mission))
    client.force_login(officer)
    assert client.get(f"{URL}{incident.pk}/").json()["sources"] == ["HR-014"]
    client.force_login(adviser)
    assert "sources" not in client.get(f"{URL}{incident.pk}/").json()
    assert patch(client, incident.pk, {"sources": ["HR-1"], "version": 1}).status_code == 400


def test_api_is_closed_to_visitors(client):
    assert client.get(URL).status_code in (302, 401, 403)
