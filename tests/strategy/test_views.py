"""Pages of response activities: list, filters, form, conflict chooser, acts, exports."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from pocweb.fieldlist import Face
from pocweb.models import AuditEvent, Component, Office, Person
from strategy import services
from strategy.fieldlists import ACTIVITY
from strategy.forms import ActivityForm
from strategy.models import Activity
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_matrix_threat

LIST = "/activities/"


@pytest.fixture
def sign_in(client: Client) -> Callable[[Person], Client]:
    def enter(person: Person) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


def _posted(office: Office, **values: Any) -> dict[str, Any]:
    component = Component.objects.get(mission=office.mission_id, code="force")
    return {
        "title": "Market post",
        "tier": "2",
        "phases": ["response"],
        "office": office.pk,
        "component": component.pk,
        "marking": "2",
        **values,
    }


def test_list_filters_and_counts(sign_in: Any, officer: Person, bambari: Office) -> None:
    threat = make_matrix_threat(bambari)
    patrol = make_activity(bambari, officer, "Patrol by night", due_on=date(2020, 12, 1), threats=[threat])
    make_activity(bambari, officer, "Meeting of elders", tier=1, phases=["prevention"], component="civil-affairs")
    page = sign_in(officer).get(LIST)
    assert [row["activity"].title for row in page.context["rows"]] == ["Patrol by night", "Meeting of elders"]
    assert "Overdue" in page.text
    for query in (
        "tier=2",
        "phase=response",
        f"component={patrol.component_id}",
        f"threat={threat.pk}",
        "overdue=yes",
        "tier=2&phase=response&status=open",
        f"office={bambari.pk}&tier=2",
    ):
        found = sign_in(officer).get(f"{LIST}?{query}").context["rows"]
        assert [row["activity"] for row in found] == [patrol], query
    assert sign_in(officer).get(f"{LIST}?status=done").context["rows"] == []
    grid = page.context["grid"]
    assert [[cell["count"] for cell in line["cells"]] for line in grid] == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("path", [LIST, "/activities/export.csv", "/api/v1/activities/"])
def test_queries_stay_the_same_with_more_rows(sign_in: Any, officer: Person, bambari: Office, path: str) -> None:
    """One and thirty rows under one query count, at most twelve for the list."""
    client = sign_in(officer)
    threat = make_matrix_threat(bambari)
    make_activity(bambari, officer, threats=[threat])
    client.get(path)
    counts = []
    for size in (1, 30):
        while Activity.objects.count() < size:
            make_activity(bambari, officer, threats=[threat])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert path != LIST or counts[0] <= 12, counts


def test_new_activity_starts_from_the_gap_and_is_recorded(sign_in: Any, officer: Person, bambari: Office) -> None:
    threat = make_matrix_threat(bambari)
    client = sign_in(officer)
    page = client.get(f"/activities/new/?threat={threat.pk}&tier=1&phase=response")
    form = page.context["form"]
    assert (form["threats"].value(), form["tier"].value(), form["phases"].value()) == ([threat.pk], "1", ["response"])
    answer = client.post("/activities/new/", _posted(bambari, threats=[threat.pk]))
    activity = Activity.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/activities/{activity.pk}/")
    assert list(activity.threats.all()) == [threat]
    assert "A-001" in client.get(answer.url).text


def test_wrong_input_keeps_the_text_and_names_the_field(sign_in: Any, officer: Person, bambari: Office) -> None:
    answer = sign_in(officer).post("/activities/new/", _posted(bambari, phases=[], starts_on="2021-02-01"))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["phases"])
    answer = sign_in(officer).post(
        "/activities/new/", _posted(bambari, starts_on="2021-02-01", due_on="2021-01-01", title="Kept text")
    )
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["due_on"])
    assert "Kept text" in answer.text
    assert not Activity.objects.exists()


def test_offices_of_the_form_are_those_of_the_branch(
    sign_in: Any, officer: Person, adviser: Person, hq: Office, bambari: Office, bria: Office
) -> None:
    form = ActivityForm(user=officer, mission=bambari.mission)
    assert list(form.fields["office"].queryset) == [bambari]
    assert set(ActivityForm(user=adviser, mission=hq.mission).fields["office"].queryset) == {hq, bambari, bria}
    assert sign_in(officer).post("/activities/new/", _posted(bria)).status_code == 422


def test_two_writing_one_field_the_second_chooses_on_the_page(
    sign_in: Any, officer: Person, adviser: Person, bambari: Office
) -> None:
    activity = make_activity(bambari, officer, "First text", description="Old")
    client = sign_in(officer)
    services.edit_activity(activity, based_on=1, changes={"title": "Theirs", "tier": 1}, by=adviser)
    mine = _posted(bambari, title="Mine", description="New words", based_on="1")
    answer = client.post(f"/activities/{activity.pk}/edit/", mine)
    assert answer.status_code == 409
    assert all(words in answer.text for words in ("N. Castell", "Mine", "Theirs", "New words"))
    activity.refresh_from_db()
    assert activity.title == "Theirs"
    choice = {
        "based_on": "2",
        "choice_title": "both",
        "both_title": "Theirs and mine",
        "mine_title": "Mine",
        "choice_description": "mine",
        "mine_description": "New words",
    }
    answer = client.post(f"/activities/{activity.pk}/edit/", choice)
    activity.refresh_from_db()
    assert (answer.status_code, activity.title, activity.description) == (302, "Theirs and mine", "New words")
    assert (activity.tier, activity.phases, activity.version) == (1, ["response"], 3)
    client.post(f"/activities/{activity.pk}/edit/", {"based_on": "3", "all": "theirs", "mine_title": "Lost"})
    activity.refresh_from_db()
    assert (activity.title, activity.version) == ("Theirs and mine", 3)


def test_done_by_one_press_and_with_a_day(sign_in: Any, officer: Person, bambari: Office) -> None:
    first, second = make_activity(bambari, officer), make_activity(bambari, officer)
    client = sign_in(officer)
    answer = client.post(f"/activities/{first.pk}/finish/", {"next": "list"})
    first.refresh_from_db()
    assert (answer.url, first.status, first.done_on) == (LIST, "done", date(2020, 12, 31))
    answer = client.post(f"/activities/{second.pk}/finish/", {"done_on": "2021-03-01", "result": "Kept result"})
    assert answer.status_code == 422
    assert "Kept result" in answer.text
    client.post(f"/activities/{second.pk}/finish/", {"done_on": "2020-12-24", "result": "Calm"})
    second.refresh_from_db()
    assert (second.status, second.done_on, second.result) == ("done", date(2020, 12, 24), "Calm")
    assert client.post(f"/activities/{second.pk}/finish/", {"next": "list"}).status_code == 409
    assert client.get(f"/activities/{second.pk}/finish/").status_code == 405


def test_what_is_not_seen_is_not_there_and_what_is_seen_may_be_closed(
    sign_in: Any,
    officer: Person,
    head_of_office: Person,
    stranger: Person,
    bambari: Office,
    bria: Office,
    adviser: Person,
) -> None:
    near, far = make_activity(bambari, officer), make_activity(bria, adviser)
    client = sign_in(officer)
    assert client.get(f"/activities/{far.pk}/").status_code == 404
    client = sign_in(head_of_office)
    assert client.get(f"/activities/{near.pk}/").status_code == 200
    assert client.get(f"/activities/{near.pk}/edit/").status_code == 403
    assert client.post(f"/activities/{near.pk}/start/").status_code == 403
    assert client.get("/activities/new/").status_code == 403
    assert sign_in(stranger).get(f"/activities/{near.pk}/").status_code == 404


def test_exports_hold_every_field_and_are_recorded(sign_in: Any, officer: Person, bambari: Office) -> None:
    make_activity(bambari, officer, "=Patrol", due_on=date(2021, 1, 5))
    client = sign_in(officer)
    lines = client.get("/activities/export.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].split(",")[0] == "Reference"
    assert lines[1].startswith("#activity+code,#activity+name,")
    assert lines[2].startswith("A-001,'=Patrol,")
    sheet = load_workbook(io.BytesIO(client.get("/activities/export.xlsx?tier=2").content)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == tuple(str(field.label) for field in ACTIVITY.on(Face.EXPORT))
    assert (rows[2][0], rows[2][1], len(rows)) == ("A-001", "=Patrol", 3)
    notes = AuditEvent.objects.filter(verb="exported", actor=officer).order_by("seq").values_list("note", flat=True)
    assert list(notes) == ["1 activities as csv", "1 activities as xlsx"]


def test_form_detail_and_api_show_the_fields_of_the_list(sign_in: Any, officer: Person, bambari: Office) -> None:
    """The one field list drives every face: none misses a field."""
    activity = make_activity(bambari, officer)
    form = ActivityForm(user=officer, mission=bambari.mission)
    assert set(form.fields) == set(ACTIVITY.names(Face.FORM)) == set(services.EDITABLE)
    drawn = [field.name for _heading, fields in form.fieldsets for field in fields]
    assert sorted(drawn) == sorted(form.fields)
    shown = sign_in(officer).get(f"/api/v1/activities/{activity.pk}/").json()
    assert set(ACTIVITY.names(Face.API)) <= set(shown)
    page = sign_in(officer).get(f"/activities/{activity.pk}/").text
    assert all(str(field.label) in page for field in ACTIVITY.on(Face.DETAIL) if field.name != "threats")


def test_api_adds_edits_moves_and_refuses_alike(
    sign_in: Any, officer: Person, adviser: Person, scpi: Person, bambari: Office, bria: Office
) -> None:
    client = sign_in(officer)
    json = "application/json"
    body = _posted(bambari, tier=2, marking=2)
    made = client.post("/api/v1/activities/", body, content_type=json)
    assert (made.status_code, made.json()["ref"]) == (201, "A-001")
    path = f"/api/v1/activities/{made.json()['id']}/"
    services.edit_activity(Activity.objects.get(), based_on=1, changes={"title": "Theirs"}, by=adviser)
    refused = client.patch(path, {"based_on": 1, "title": "Mine"}, content_type=json)
    assert (refused.status_code, refused.json()["code"]) == (409, "edit_conflict")
    assert refused.json()["conflict"]["fields"] == [
        {"field": "title", "base": "Market post", "yours": "Mine", "theirs": "Theirs"}
    ]
    saved = client.patch(path, {"based_on": 2, "title": "Mine"}, content_type=json)
    assert (saved.status_code, saved.json()["title"], saved.json()["version"]) == (200, "Mine", 3)
    assert client.patch(path, {"title": "No version"}, content_type=json).json()["code"] == "version_missing"
    assert client.post("/api/v1/activities/", _posted(bria), content_type=json).status_code == 403
    done = client.post(f"{path}move/", {"act": "finish", "done_on": "2020-12-30"}, content_type=json)
    assert (done.status_code, done.json()["status"]) == (200, "done")
    assert client.post(f"{path}move/", {"act": "start"}, content_type=json).json()["code"] == "illegal_move"
