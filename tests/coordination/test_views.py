"""Pages of forums and of their decisions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coordination import services
from coordination.fieldlists import FORUM
from coordination.forms import ForumForm
from coordination.models import Forum
from pocweb.fieldlist import Face
from pocweb.models import Component, Office, Person
from tests.factories.coordination_forum import FULL, make_forum
from tests.factories.threats_edition import make_edition, make_matrix_threat, rate


@pytest.fixture
def sign_in(client: Client) -> Callable[[Person], Client]:
    def enter(person: Person) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def _posted(office: Office, codes: tuple[str, ...] = FULL, **values: Any) -> dict[str, Any]:
    members = Component.objects.filter(mission=office.mission_id, code__in=codes).values_list("pk", flat=True)
    return {
        "name": "Protection group",
        "code": "bambari-pg",
        "level": "tactical",
        "body": "own",
        "office": office.pk,
        "frequency": "weekly",
        "members": list(members),
        "is_active": "on",
        "marking": "2",
        **values,
    }


def test_co_01_saving_a_forum_without_police_warns_and_saves(sign_in: Any, officer: Person, bambari: Office) -> None:
    client = sign_in(officer)
    answer = client.post("/forums/new/", _posted(bambari, ("civil-affairs", "force")), follow=True)
    assert Forum.objects.get().name == "Protection group"
    assert answer.text.count("This forum has no member of these kinds: police.") == 2  # told on saving, and on the page
    assert "no member of these kinds" in client.get("/forums/").text
    client.post(f"/forums/{Forum.objects.get().pk}/edit/", {**_posted(bambari), "based_on": "1"})
    assert "no member of these kinds" not in client.get("/forums/").text


def test_form_refuses_a_taken_code_and_keeps_the_text(sign_in: Any, officer: Person, bambari: Office) -> None:
    make_forum(bambari, officer, code="bambari-pg")
    answer = sign_in(officer).post("/forums/new/", _posted(bambari, name="Second group"))
    assert (answer.status_code, Forum.objects.count()) == (422, 1)
    assert "Second group" in answer.text


def test_conflict_page_and_choice(sign_in: Any, officer: Person, adviser: Person, bambari: Office) -> None:
    forum = make_forum(bambari, officer)
    services.edit_forum(forum, based_on=1, changes={"name": "Theirs"}, by=adviser)
    client = sign_in(officer)
    path = f"/forums/{forum.pk}/edit/"
    answer = client.post(path, {**_posted(bambari, name="Mine", code=forum.code), "based_on": "1"})
    assert (answer.status_code, "N. Castell" in answer.text) == (409, True)
    client.post(path, {"based_on": "2", "choice_name": "mine", "mine_name": "Mine"})
    forum.refresh_from_db()
    assert (forum.name, forum.version, forum.members.count()) == ("Mine", 3, 3)


def test_queries_of_the_list_stay_the_same_with_more_rows(sign_in: Any, officer: Person, bambari: Office) -> None:
    client = sign_in(officer)
    make_forum(bambari, officer)
    client.get("/forums/")
    counts = []
    for size in (1, 20):
        while Forum.objects.count() < size:
            make_forum(bambari, officer, f"Group {Forum.objects.count()}")
        with CaptureQueriesContext(connection) as queries:
            client.get("/forums/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_form_and_detail_show_the_fields_of_the_list(sign_in: Any, officer: Person, bambari: Office) -> None:
    forum = make_forum(bambari, officer)
    form = ForumForm(user=officer, mission=bambari.mission)
    assert {*form.fields, "seats"} == set(FORUM.names(Face.FORM)) == set(services.EDITABLE)
    shown = [field.name for _anchor, _heading, fields in form.parts for field in fields]
    assert sorted(shown) == sorted(form.fields)
    page = sign_in(officer).get(f"/forums/{forum.pk}/").text
    assert all(str(field.label) in page for field in FORUM.on(Face.DETAIL))


def test_endorsement_on_the_page(sign_in: Any, officer: Person, bambari: Office) -> None:
    threat = make_matrix_threat(bambari, risk=None)
    edition = make_edition(bambari, officer, "consultation")
    client = sign_in(officer)
    path = f"/editions/{edition.pk}/endorse/"
    assert "No active forum" in client.get(path).text
    forum = make_forum(bambari, officer)
    assert threat.ref in client.get(path).text
    given = {"kind": "endorse", "forum": forum.pk, "decided_on": "2020-12-31", "note": ""}
    assert client.post(path, given).status_code == 422
    warning = f"Nobody has reviewed this row since the edition was opened: {threat.ref}."
    assert warning in client.get(path).text
    rate(threat, 3)
    assert warning not in client.get(path).text
    answer = client.post(path, given)
    edition.refresh_from_db()
    assert (answer.url, edition.state, edition.endorsed_by) == (f"/editions/{edition.pk}/", "endorsed", forum.name)
    assert client.post(path, given).status_code == 409
    assert client.post(path, {**given, "kind": "return"}).status_code == 422
    client.post(path, {**given, "kind": "return", "note": "Grimari is missing"})
    edition.refresh_from_db()
    assert edition.state == "draft"
    assert "Grimari is missing" in client.get(f"/forums/{forum.pk}/").text


def test_who_may_not_is_refused_and_who_does_not_see_finds_nothing(
    sign_in: Any, officer: Person, colleague: Person, stranger: Person, bambari: Office
) -> None:
    edition = make_edition(bambari, officer, "consultation")
    forum = make_forum(bambari, officer)
    client = sign_in(colleague)
    assert client.get(f"/forums/{forum.pk}/").status_code == 200
    assert client.get(f"/forums/{forum.pk}/edit/").status_code == 403
    assert client.get("/forums/new/").status_code == 403
    assert client.get(f"/editions/{edition.pk}/endorse/").status_code == 403
    client = sign_in(stranger)
    assert client.get(f"/forums/{forum.pk}/").status_code == 404
    assert client.get(f"/editions/{edition.pk}/endorse/").status_code == 404
