"""Pages, files and API of whole forums and of outside mechanisms (CO-01, CO-02, CO-03, CO-07)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coordination import services
from coordination.desk_forums import due_forums
from coordination.models import Forum, Mechanism
from pocweb import clock
from pocweb.choices import Marking
from pocweb.desk import Visit
from pocweb.models import AuditEvent, Office, Person
from tests.coordination.test_views import _posted
from tests.factories.coordination_forum import make_forum, make_mechanism
from tests.factories.threats_threat import make_threat
from threats.models import Threat

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def sign_in() -> Callable[[Person], Client]:
    def enter(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend=BACKEND)
        return client

    return enter


def _lines(*seats: dict[str, Any]) -> dict[str, Any]:
    sent = {"seats-TOTAL_FORMS": len(seats), "seats-INITIAL_FORMS": 0}
    return sent | {f"seats-{n}-{name}": value for n, seat in enumerate(seats) for name, value in seat.items()}


def test_co_01_form_keeps_seats_terms_and_days(sign_in: Any, officer: Person, bambari: Office) -> None:
    client = sign_in(officer)
    seats = _lines({"person": officer.pk, "kind": "member"}, {"body": "OCHA", "kind": "invitee"}, {"kind": "member"})
    values = {"terms": "Rates\r\nthreats.", "secretariat": "POC Unit", "active_from": "2020-06-01"}
    client.post("/forums/new/", _posted(bambari, **values, **seats))
    forum = Forum.objects.get()
    assert (forum.terms, forum.secretariat, str(forum.active_from)) == ("Rates\nthreats.", "POC Unit", "2020-06-01")
    assert {str(seat) for seat in forum.seats.all()} == {"A. Bellin", "OCHA"}
    page = client.get(f"/forums/{forum.pk}/").text
    assert all(words in page for words in ("Rates", "OCHA", "POC Unit", "Has not met yet: due now"))
    edit = client.get(f"/forums/{forum.pk}/edit/").text
    assert "OCHA, invited" in edit
    gone = _lines({"body": "OCHA", "kind": "invitee", "DELETE": "on"}, {"person": officer.pk, "kind": "observer"})
    client.post(f"/forums/{forum.pk}/edit/", _posted(bambari, **values, **gone, based_on="1"))
    assert services.plain_forum(forum)["seats"] == [{"person": officer.pk, "body": "", "kind": "observer"}]
    client.post(f"/forums/{forum.pk}/edit/", _posted(bambari, **values, based_on="2"))
    assert forum.seats.count() == 1  # a form without the lines leaves them as they are


def test_co_01_another_line_without_script_keeps_what_was_typed(sign_in: Any, officer: Person, bambari: Office) -> None:
    client = sign_in(officer)
    seats = _lines({"body": "UNHCR", "kind": "observer"})
    answer = client.post("/forums/new/", _posted(bambari, name="", **seats, act="add-seats"))
    assert (answer.status_code, Forum.objects.count()) == (200, 0)
    assert "UNHCR" in answer.text
    assert 'name="seats-1-person"' in answer.text
    assert "thing to mend" not in answer.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (_lines({"person": "x", "kind": "member"}), "Something is to be mended in the seats."),
        (_lines({"body": "OCHA", "kind": "member"}, {"body": "ocha", "kind": "member"}), "sits here twice"),
        ({"active_from": "2020-02-02", "active_to": "2020-02-01"}, "The last day lies before the first."),
        ({"parent": "999"}, "Refers up to"),
    ],
)
def test_co_01_form_refuses_at_the_field_and_keeps_the_text(
    sign_in: Any, officer: Person, bambari: Office, values: dict[str, Any], said: str
) -> None:
    answer = sign_in(officer).post("/forums/new/", _posted(bambari, name="Evening group", **values))
    assert (answer.status_code, Forum.objects.count()) == (422, 0)
    assert said in answer.text
    assert "Evening group" in answer.text


def test_co_02_gap_leads_to_the_forum_in_one_click(
    sign_in: Any, officer: Person, colleague: Person, bambari: Office
) -> None:
    Threat.objects.filter(pk=make_threat(bambari).pk).update(priority=1)
    client = sign_in(officer)
    page = client.get("/forums/").text
    assert "No active local forum; 1 active threat of priority 1 or 2." in page
    path = "/forums/set-up/?office=BAMBARI"
    assert path in page
    assert path not in sign_in(colleague).get("/forums/").text
    assert 'value="smgp-bambari" id="pick-smgp-bambari" checked' in client.get(path).text
    for _turn in range(2):
        client.post("/forums/set-up/", {"codes": ["smgp-bambari", "smgp"]})
    assert [forum.code for forum in Forum.objects.all()] == ["smgp-bambari"]
    assert "No active local forum" not in client.get("/forums/").text
    assert "None of the usual forums is missing" in client.get("/forums/set-up/").text


def test_co_01_files_hold_what_the_person_sees(
    sign_in: Any, officer: Person, adviser: Person, bambari: Office, bria: Office
) -> None:
    make_forum(bambari, officer, seats=[{"body": "OCHA", "kind": "invitee"}], terms="=1+1")
    make_forum(bria, adviser, "Bria group")
    strict = make_forum(bambari, officer, "Crisis cell")
    Forum.objects.filter(pk=strict.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    client = sign_in(officer)
    answer = client.get("/forums/export.csv")
    content = answer.content.decode("utf-8-sig")
    assert ["Protection group" in content, "Bria group" in content, "Crisis cell" in content] == [True, False, False]
    assert "OCHA (invited)" in content
    assert "'=1+1" in content
    assert answer.headers["Content-Disposition"].endswith('-confidential.csv"')
    assert client.get("/forums/export.xlsx").content[:2] == b"PK"
    assert AuditEvent.objects.filter(verb="exported forums of").count() == 2
    found = client.get("/api/v1/forums/").json()["results"]
    assert [(row["name"], row["office"], row["seats"]) for row in found] == [
        ("Protection group", "BAMBARI", [{"who": "OCHA", "kind": "invitee"}])
    ]
    assert client.get(f"/api/v1/forums/{strict.pk}/").status_code == 404


def test_co_01_history_does_not_name_a_forum_above_the_clearance(
    sign_in: Any, officer: Person, adviser: Person, hq: Office, bambari: Office
) -> None:
    above = make_forum(hq, adviser, "Crisis cell", level="operational")
    forum = make_forum(bambari, officer, parent=above)
    assert "Crisis cell" in sign_in(officer).get(f"/forums/{forum.pk}/").text
    services.edit_forum(forum, based_on=1, changes={"parent": None}, by=officer)
    Forum.objects.filter(pk=above.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    page = sign_in(officer).get(f"/forums/{forum.pk}/").text
    assert ("Crisis cell" in page, "not shown to you" in page) == (False, True)


def test_co_07_form_asks_for_the_reason_before_it_stores(
    sign_in: Any, officer: Person, head_of_police: Person, bambari: Office
) -> None:
    client = sign_in(officer)
    assert "UNHCR, normally, in conflict" in client.get("/mechanisms/new/?from=protection-cluster").text
    given = {
        "name": "Protection Cluster", "kind": "humanitarian", "office": bambari.pk, "cadence": "monthly",
        "representative": head_of_police.pk, "purpose": "Analysis", "is_active": "on", "marking": "2",
    }  # fmt: skip
    answer = client.post("/mechanisms/new/", given)
    assert (answer.status_code, Mechanism.objects.count()) == (422, 0)
    assert "This person is of the military or the police." in answer.text
    client.post("/mechanisms/new/", {**given, "uniformed_reason": "Escorts"})
    mechanism = Mechanism.objects.get()
    assert "Escorts" in client.get(f"/mechanisms/{mechanism.pk}/").text
    path = f"/mechanisms/{mechanism.pk}/edit/"
    answer = client.post(path, {**given, "uniformed_reason": "", "based_on": "1"})
    assert (answer.status_code, Mechanism.objects.get().version) == (422, 1)
    client.post(path, {**given, "uniformed_reason": "Mines", "based_on": "1"})
    answer = client.post(path, {**given, "uniformed_reason": "Roads", "based_on": "1"})
    assert answer.status_code == 409
    assert "Protection Cluster" in client.get("/mechanisms/export.csv").content.decode("utf-8-sig")


def test_co_07_mechanisms_of_other_offices_and_missions_stay_unseen(
    sign_in: Any, officer: Person, adviser: Person, stranger: Person, bria: Office, bambari: Office
) -> None:
    mechanism = make_mechanism(bria, adviser, "Cluster of Bria")
    for person in (officer, stranger):
        client = sign_in(person)
        assert client.get(f"/mechanisms/{mechanism.pk}/").status_code == 404
        assert "Cluster of Bria" not in client.get("/mechanisms/").text
        assert "Cluster of Bria" not in client.get("/mechanisms/export.csv").content.decode()
        assert client.get(f"/api/v1/mechanisms/{mechanism.pk}/").status_code == 404
    assert "Cluster of Bria" in sign_in(adviser).get("/mechanisms/").text


def test_co_01_desk_tells_chair_and_secretariat_alone(
    officer: Person, colleague: Person, head_of_office: Person, bambari: Office, django_assert_num_queries: Any
) -> None:
    make_forum(bambari, officer, chair=head_of_office)
    make_forum(bambari, officer, "As needed", frequency="as_needed")
    for person, expected in ((officer, ["Protection group"]), (head_of_office, ["Protection group"])):
        visit = Visit(person, bambari.mission, clock.now(bambari.mission))
        assert person.grants
        with django_assert_num_queries(2):
            content = due_forums(visit)
        assert content is not None
        assert [item.text for item in content.items] == expected
    assert due_forums(Visit(colleague, bambari.mission, clock.now(bambari.mission))) is None
