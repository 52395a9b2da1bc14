"""TH-08: pages and API of presences."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.test import Client

from pocweb.choices import Marking
from pocweb.models import Area, Mission, Office, Person
from tests.factories.mission import make_area
from tests.factories.threats_presence import make_presence
from threats.models import Presence

SENT = {
    "kind": "patrol",
    "area": "CF42",
    "place": "Ippy road",
    "starts_on": "2020-12-20",
    "ends_on": "",
    "office": "BAMBARI",
    "note": "Two vehicles",
    "marking": "2",
}


@pytest.fixture
def client(officer: Person) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def test_form_records_a_presence(client: Client) -> None:
    form = client.get("/presences/new/")
    answer = client.post("/presences/new/", SENT, follow=True)

    presence = Presence.objects.get()
    assert "Do not write names of sources or assistants." in form.content.decode()
    assert answer.redirect_chain[-1][0] == f"/presences/{presence.pk}/"
    assert (presence.ref, presence.place, presence.ends_on) == ("P-001", "Ippy road", date(2020, 12, 20))
    assert "P-001 Patrol, Ouaka" in answer.content.decode()


def test_form_that_arrives_twice_is_done_once(client: Client) -> None:
    for _turn in range(2):
        client.post("/presences/new/", {**SENT, "once": "token-1"})

    assert Presence.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"starts_on": "2021-03-01"}, "This day has not come yet."),
        ({"ends_on": "2020-12-01"}, "The last day lies before the first."),
        ({"area": ""}, "Choose the area."),
        ({"kind": ""}, "Choose the kind of presence."),
        ({"office": "HQ"}, "Select a valid choice"),
    ],
)
def test_bad_input_keeps_what_was_typed(client: Client, change: dict[str, str], said: str) -> None:
    answer = client.post("/presences/new/", {**SENT, **change})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "Two vehicles" in page
    assert not Presence.objects.exists()


def test_edit_of_two_people_brings_the_choice(client: Client, bambari: Office, colleague: Person) -> None:
    presence = make_presence(bambari, place="Ippy")
    url = f"/presences/{presence.pk}/edit/"
    base = {**SENT, "kind": "base", "based_on": "1", "starts_on": "2020-12-01", "note": "", "marking": "1"}
    other = Client()
    other.force_login(colleague)

    assert other.post(url, {**base, "place": "Grimari"}).status_code == 302
    answer = client.post(url, {**base, "place": "Bakala"})

    assert answer.status_code == 409
    assert "Grimari" in answer.content.decode()
    assert Presence.objects.get().place == "Grimari"
    assert client.post(url, {"choice_place": "mine", "mine_place": "Bakala", "based_on": "2"}).status_code == 302
    assert Presence.objects.get().place == "Bakala"


def test_end_closes_once_and_a_wrong_day_is_told(client: Client, bambari: Office) -> None:
    presence = make_presence(bambari)
    url = f"/presences/{presence.pk}/end/"

    assert client.post(url, {"ended_on": "2021-05-01"}).status_code == 422
    assert client.post(url, {"ended_on": "2020-12-24"}).status_code == 302
    assert client.post(url, {"ended_on": "2020-12-25"}).status_code == 409
    assert Presence.objects.get().ends_on == date(2020, 12, 24)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 3),
        ({"kind": "network"}, 1),
        ({"area": "CF42"}, 3),
        ({"area": "CF421"}, 1),
        ({"office": "BAMBARI"}, 3),
        ({"from": "2020-12-10"}, 2),
        ({"to": "2020-11-30"}, 1),
        ({"from": "2020-12-10", "to": "2020-12-12", "kind": "base"}, 1),
    ],
)
def test_list_is_narrowed(client: Client, bambari: Office, ouaka: Area, query: dict[str, str], found: int) -> None:
    """TH-08: kind, area with what lies below, office with its branch, and days on which it was there."""
    town = make_area("CF421", "Bambari", 2, ouaka)
    make_presence(bambari)
    make_presence(bambari, kind="network", area=town, starts_on=date(2020, 11, 1))
    make_presence(bambari, kind="patrol", starts_on=date(2020, 12, 3), ends_on=date(2020, 12, 4))

    assert client.get("/presences/", query).context["page_obj"].paginator.count == found


def test_period_that_ends_before_it_begins_is_told(client: Client) -> None:
    answer = client.get("/presences/", {"from": "2020-12-10", "to": "2020-12-01"})

    assert answer.status_code == 422
    assert "The end of the period lies before its beginning." in answer.content.decode()


def test_exports_hold_what_the_list_shows(client: Client, bambari: Office, bria: Office) -> None:
    make_presence(bambari, place="=1+1")
    make_presence(bria, place="Hidden place")
    make_presence(bambari, place="Above", marking=Marking.STRICTLY_CONFIDENTIAL)

    sheet = client.get("/presences/export.csv").content.decode("utf-8-sig").splitlines()
    book = openpyxl.load_workbook(io.BytesIO(client.get("/presences/export.xlsx").content))

    assert sheet[1].startswith("#activity+code,#activity+type,#loc+code,#loc+name")
    assert [line.split(",")[:5] for line in sheet[2:]] == [["P-001", "Base", "CF42", "Ouaka", "'=1+1"]]
    assert book.worksheets[0].max_row == 3


def test_record_outside_the_branch_is_not_there(client: Client, bria: Office, bambari: Office) -> None:
    hidden = make_presence(bria)
    above = make_presence(bambari, marking=Marking.STRICTLY_CONFIDENTIAL)

    for presence in (hidden, above):
        for act in ("", "edit/"):
            assert client.get(f"/presences/{presence.pk}/{act}").status_code == 404
        assert client.get(f"/api/v1/presences/{presence.pk}/").status_code == 404


def test_place_page_counts_presences(client: Client, bambari: Office, ouaka: Area) -> None:
    """TH-08: the page of an area leads to its presences of the days that count for blind spots."""
    make_presence(bambari)
    make_presence(bambari, kind="patrol", starts_on=date(2020, 10, 1), ends_on=date(2020, 10, 1))

    facts = {fact.label: fact for fact in client.get(f"/places/{ouaka.pk}/").context["facts"]}
    fact = facts["Presences of the mission, lately"]

    assert fact.count == client.get(fact.url).context["page_obj"].paginator.count == 1


def test_api_adds_edits_and_ends(client: Client, mission: Mission) -> None:
    """TH-08: the API answers with the same rules and refusals."""
    sent: dict[str, Any] = {"kind": "base", "area": "CF42", "starts_on": "2020-12-20", "office": "BAMBARI"}
    json = {"content_type": "application/json"}

    made = client.post("/api/v1/presences/", sent, **json)
    url = f"/api/v1/presences/{made.json()['id']}/"
    edited = client.patch(url, {"place": "Ippy", "based_on": 1}, **json)
    clashed = client.patch(url, {"place": "Bakala", "based_on": 1}, **json)
    ended = client.post(f"{url}end/", {"ended_on": "2020-12-24"}, **json)
    refused = client.post("/api/v1/presences/", {**sent, "area": "XX"}, **json)

    assert (made.status_code, made.json()["ref"], made.json()["ends_on"]) == (201, "P-001", None)
    assert (edited.json()["place"], edited.json()["version"]) == ("Ippy", 2)
    assert (clashed.status_code, ended.json()["ends_on"]) == (409, "2020-12-24")
    assert (refused.status_code, refused.json()["field"]) == (400, "area")
    assert len(client.get("/api/v1/presences/").json()["results"]) == 1


def test_record_names_area_and_office_in_facts_and_history(client: Client, officer: Person, ouaka: Area) -> None:
    """TH-08: people read names, not codes."""
    client.force_login(officer)
    sent = {"kind": "patrol", "area": "CF42", "starts_on": "2020-12-20", "ends_on": "2020-12-20", "office": "BAMBARI"}
    answer = client.post("/presences/new/", {**sent, "marking": 2}, follow=True)
    page = answer.content.decode()
    assert "Ouaka (CF42)" in page
    assert "BAMBARI" not in page
