"""Meetings, action points and contacts in the API: for reading alone, as their pages show them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coordination.models import ActionPoint, Contact, Meeting
from pocweb.choices import Marking
from pocweb.models import Office, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import make_action, make_meeting
from tests.factories.coordination_sharing import make_contact

KINDS: list[tuple[str, Any]] = [("meetings", Meeting), ("actions", ActionPoint), ("contacts", Contact)]


@pytest.fixture
def records(bambari: Office, officer: Person) -> None:
    make_action(make_meeting(make_forum(bambari, officer), officer, "open"), officer)
    make_contact(bambari, officer)


def results(client: Client, name: str) -> list[dict[str, Any]]:
    content: dict[str, Any] = client.get(f"/api/v1/{name}/").json()
    return list(content["results"])


@pytest.mark.usefixtures("records")
def test_read_alone_with_codes_and_names(client: Client, officer: Person) -> None:
    client.force_login(officer)
    found = {name: results(client, name)[0] for name, _model in KINDS}
    names = ("ref", "office", "forum", "state", "kind", "starts_at")
    assert [found["meetings"][name] for name in names] == [
        "M-001", "BAMBARI", "protection-group", "open", "regular", "2020-12-31T12:00:00Z",
    ]  # fmt: skip
    names = ("ref", "meeting", "office", "owner", "due_on", "state", "done_on")
    assert [found["actions"][name] for name in names] == [
        "D-001", "M-001", "BAMBARI", "A. Bellin", "2021-01-15", "open", None,
    ]  # fmt: skip
    assert found["contacts"]["office"] == "BAMBARI"
    for name, row in found.items():
        assert client.get(f"/api/v1/{name}/{row['id']}/").json() == row
        for answer in (client.post(f"/api/v1/{name}/"), client.delete(f"/api/v1/{name}/{row['id']}/")):
            assert answer.status_code == 405


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(("name", "model"), KINDS)
def test_what_one_may_not_see_is_absent(
    client: Client, officer: Person, stranger: Person, name: str, model: Any
) -> None:
    """Leak: another mission's person, and a marking above the reader's clearance: no line, no record, no count."""
    pk = model.objects.get().pk
    client.force_login(stranger)
    assert (results(client, name), client.get(f"/api/v1/{name}/{pk}/").status_code) == ([], 404)
    model.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    Person.objects.filter(pk=officer.pk).update(clearance=Marking.CONFIDENTIAL)
    client.force_login(officer)
    answer = client.get(f"/api/v1/{name}/").json()
    assert (answer["count"], client.get(f"/api/v1/{name}/{pk}/").status_code) == (0, 404)


def test_lists_cost_the_same_for_three(client: Client, officer: Person, bambari: Office) -> None:
    meeting = make_meeting(make_forum(bambari, officer), officer, "open")
    client.force_login(officer)
    costs: list[list[int]] = []
    for texts in (("One",), ("Two", "Three")):
        for text in texts:
            make_action(meeting, officer, text=text)
            make_contact(bambari, officer, organization=text)
        costs.append([])
        for name, _model in KINDS:
            with CaptureQueriesContext(connection) as caught:
                results(client, name)
            costs[-1].append(len(caught))
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 12
