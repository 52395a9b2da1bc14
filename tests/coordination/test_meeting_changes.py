"""Changing a planned meeting: who may, what is refused, nothing lost, the members told once (CO-04)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.meetings.changing import change_meeting
from coordination.meetings.services import add_item, open_meeting
from coordination.models import AgendaItem, Forum, Meeting
from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Notice, Office, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import NOON, make_meeting

LATER = NOON + timedelta(days=3)
SECRET, CONFIDENTIAL = Marking.STRICTLY_CONFIDENTIAL, Marking.CONFIDENTIAL


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


def test_change_is_stored_audited_and_told_once(
    forum: Forum, officer: Person, head_of_military: Person, colleague: Person, scpi: Person, stranger: Person
) -> None:
    """CO-04: the members of the forum are told of the moment, never who changed it, nobody twice for one change."""
    meeting = make_meeting(forum, officer, place="Annex")
    for _turn in range(2):  # a second press stores and tells nothing
        change_meeting(meeting, changes={"starts_at": LATER, "place": " Hall "}, based_on=1, by=officer)
    meeting.refresh_from_db()
    assert (meeting.starts_at, meeting.place, meeting.version) == (LATER, "Hall", 2)
    event = history_of(meeting)[0]
    assert (event.verb, event.changes) == (
        "changed a meeting",
        {"starts_at": ["2020-12-31T12:00:00+00:00", "2021-01-03T12:00:00+00:00"], "place": ["Annex", "Hall"]},
    )
    told = Notice.objects.filter(topic="meeting_changed")
    assert set(told.values_list("person", flat=True)) == {head_of_military.pk, colleague.pk}
    begins = "it begins 3 January 2021, 12:00 UTC"
    assert {one.text for one in told} == {f"Protection group, M-001 was changed: {begins}, another place."}
    change_meeting(meeting, changes={"reason": "The road is cut"}, based_on=2, by=officer)
    assert ["road" in one.text for one in told.all()] == [False] * 4


def test_higher_marking_lifts_the_agenda_and_is_told_to_the_cleared_alone(
    forum: Forum, officer: Person, adviser: Person, colleague: Person
) -> None:
    """Leak: who may not see the meeting any more hears nothing of it; its items are marked with it."""
    Person.objects.filter(pk__in=(adviser.pk, officer.pk)).update(clearance=SECRET)
    Person.objects.filter(pk=colleague.pk).update(clearance=CONFIDENTIAL)
    adviser, officer = Person.objects.get(pk=adviser.pk), Person.objects.get(pk=officer.pk)
    meeting = make_meeting(forum, officer)
    add_item(meeting, title="Market", by=officer)
    change_meeting(meeting, changes={"marking": int(SECRET)}, based_on=1, by=officer)
    assert (AgendaItem.objects.get().marking, Notice.objects.count()) == (SECRET, 0)
    change_meeting(meeting, changes={"marking": int(CONFIDENTIAL)}, based_on=2, by=officer)
    assert AgendaItem.objects.get().marking == SECRET
    assert list(Notice.objects.values_list("person", "marking")) == [(colleague.pk, CONFIDENTIAL)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": NOON + timedelta(days=400)}, "starts_at"),
        ({"starts_at": LATER}, "starts_at"),
        ({"reason": " "}, "reason"),
        ({"marking": 1}, "marking"),
        ({"marking": 3}, "marking"),
        ({"place": "x" * 121}, "place"),
        ({"state": "held"}, "state"),
    ],
    ids=["no moment", "far away", "taken", "no reason", "below forum", "above clearance", "too long", "not a field"],
)
def test_refused_changes_store_and_tell_nothing(
    forum: Forum, officer: Person, colleague: Person, changes: dict[str, Any], field: str
) -> None:
    make_meeting(forum, officer, at=LATER)
    meeting = make_meeting(forum, officer, kind="emergency", reason="Attack", place="Hall")
    with pytest.raises(RuleError) as refused:
        change_meeting(meeting, changes={"place": "Elsewhere", **changes}, based_on=1, by=officer)
    assert refused.value.field == field
    meeting.refresh_from_db()
    assert (meeting.version, meeting.place, Notice.objects.count()) == (1, "Hall", 0)


def test_only_the_secretariat_changes_and_only_while_it_is_planned(
    forum: Forum, officer: Person, adviser: Person, colleague: Person, stranger: Person
) -> None:
    """Of two at once one opens the meeting, the other is told; two who change the same field are both heard."""
    meeting = make_meeting(forum, officer)
    for person in (colleague, stranger):
        with pytest.raises(Forbidden):
            change_meeting(meeting, changes={"place": "Hall"}, based_on=1, by=person)
    change_meeting(meeting, changes={"place": "Hall"}, based_on=1, by=officer)
    change_meeting(meeting, changes={"reason": "Weekly"}, based_on=1, by=adviser)
    with pytest.raises(EditConflict):
        change_meeting(meeting, changes={"place": "Tent"}, based_on=1, by=adviser)
    open_meeting(Meeting.objects.get(), by=officer, now=NOON)
    with pytest.raises(Conflict):
        change_meeting(meeting, changes={"starts_at": LATER}, based_on=3, by=adviser)
    meeting = Meeting.objects.get()
    assert (meeting.place, meeting.reason, meeting.starts_at) == ("Hall", "Weekly", NOON)


def test_page_of_the_change(client: Client, forum: Forum, officer: Person, adviser: Person, colleague: Person) -> None:
    """The link stands for who may; refused at the field, what was typed stays; a conflict shows both texts."""
    meeting = make_meeting(forum, officer)
    path = f"/meetings/{meeting.pk}/"
    client.force_login(colleague)
    assert f"{path}edit/" not in client.get(path).text
    client.force_login(officer)
    assert f"{path}edit/" in client.get(path).text
    assert 'value="2020-12-31T12:00"' in client.get(f"{path}edit/").text
    data = {"based_on": 1, "starts_at": "2022-12-31T12:00", "place": "Hall", "reason": "", "marking": 2}
    refused = client.post(f"{path}edit/", data)
    assert (refused.status_code, 'id="id_starts_at_error"' in refused.text, "Hall" in refused.text) == (422, True, True)
    assert client.post(f"{path}edit/", {**data, "starts_at": "2021-01-03T12:00"}).url == path
    page = client.get(path).text
    assert all(words in page for words in ("Its members are told", "changed the call of the meeting", "Hall"))
    opposed = client.post(f"{path}edit/", {**data, "starts_at": "2020-12-31T12:00", "place": "Tent"})
    assert (opposed.status_code, "Tent" in opposed.text, "Hall" in opposed.text) == (409, True, True)
    chosen = {"based_on": 2, "choice_place": "mine", "mine_place": "Tent"}
    assert client.post(f"{path}edit/", chosen).url == path
    meeting.refresh_from_db()
    assert (meeting.place, meeting.starts_at, meeting.version) == ("Tent", LATER, 3)
    open_meeting(meeting, by=officer, now=LATER)
    assert f"{path}edit/" not in client.get(path).text
    assert client.get(f"{path}edit/").status_code == 409
