"""A person's own activities on their desk."""

from datetime import date

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.desk import Visit
from pocweb.models import Office, Person
from strategy.desk import own_activities
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import NOON


def test_own_open_activities_stand_by_deadline(
    client: Client, officer: Person, head_of_office: Person, bambari: Office
) -> None:
    make_activity(bambari, officer, "Not mine")
    make_activity(bambari, officer, "Someday", owner=officer)
    make_activity(bambari, officer, "Late", owner=officer, due_on=date(2020, 12, 30))
    content = own_activities(Visit(officer, bambari.mission, NOON))
    assert content is not None
    assert [(row["ref"], row["text"], row["state"]) for row in content.context["rows"]] == [
        ("A-003", "Late", "1 day late"),
        ("A-002", "Someday", "No deadline set"),
    ]
    assert content.waiting == ((1, "1 of your activities is overdue"),)
    assert own_activities(Visit(head_of_office, bambari.mission, NOON)) is None
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "1 of your activities is overdue" in client.get("/").text


def test_panel_costs_two_queries_whatever_the_number_of_rows(officer: Person, bambari: Office) -> None:
    assert officer.grants
    for _round in range(2):
        make_activity(bambari, officer, owner=officer)
        with CaptureQueriesContext(connection) as queries:
            own_activities(Visit(officer, bambari.mission, NOON))
        assert len(queries) == 2


def test_head_of_office_sees_and_finishes_own_action(
    client: Client, officer: Person, head_of_office: Person, bambari: Office
) -> None:
    """Who owns an action finds it on the desk with "Done", also where the role edits no activities."""
    made = make_activity(bambari, officer, "Talks", owner=head_of_office, due_on=date(2020, 12, 30))
    client.force_login(head_of_office, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert f'action="/activities/{made.pk}/finish/"' in client.get("/").text
    page = client.get(f"/activities/{made.pk}/").text
    assert "It is done" in page
    assert f"/activities/{made.pk}/edit/" not in page
    assert client.post(f"/activities/{made.pk}/finish/", {"done_on": "2020-12-30"}).status_code == 302
    made.refresh_from_db()
    assert made.status == "done"
