"""Reminders of action points and contacts: who is told what on which day, once, by the mission's clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coordination.meetings.records import drop_action, finish_action
from coordination.models import ActionPoint, Contact, Meeting
from coordination.reminders import remind_of_actions, remind_of_contacts
from pocweb import schedule
from pocweb.choices import Marking, Role
from pocweb.models import Mission, Notice, Office, Person
from pocweb.recipients import Staff, holders, one_level_up
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import DUE, make_action, make_meeting
from tests.factories.coordination_sharing import make_contact
from tests.factories.mission import TODAY, make_person

Told = list[tuple[str, str, str]]


@pytest.fixture
def meeting(bambari: Office, officer: Person) -> Meeting:
    return make_meeting(make_forum(bambari, officer), officer, "open")


@pytest.fixture
def point(meeting: Meeting, officer: Person, colleague: Person) -> ActionPoint:
    """An action point of the colleague, due on 15 January 2021."""
    return make_action(meeting, officer, owner=colleague)


def moment(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


def told_on(day: date, mission: Mission, remind: object = remind_of_actions) -> Told:
    """Run the round on a day, twice, and return what is new: to whom, of what, in which words."""
    known = set(Notice.objects.values_list("pk", flat=True))
    first = remind(Staff(mission), moment(day))  # type: ignore[operator]
    assert remind(Staff(mission), moment(day)) == 0  # type: ignore[operator]
    rows = Notice.objects.exclude(pk__in=known).order_by("pk")
    assert first == len(rows)
    return sorted((row.person.username, row.topic, row.text) for row in rows.select_related("person"))


def test_action_point_is_told_before_and_after_its_deadline_and_climbs(
    point: ActionPoint, mission: Mission, head_of_office: Person, poc_lead: Person
) -> None:
    """CO-04: the owner from the day before; the Head of Office on the third day late, the POC lead on the seventh."""
    ref = point.ref
    late = f"Action point {ref} of D. Orlo is {{}} days late. It was due on 15 January 2021."
    overdue = f"Your action point {ref} was due on 15 January 2021. Report it, or say what stands in the way."

    found = {days: told_on(DUE + timedelta(days=days), mission) for days in (-2, -1, 0, 1, 2, 3, 6, 7, 30)}

    assert {days: told for days, told in found.items() if told} == {
        -1: [("colleague", "actions", f"Your action point {ref} is due on 15 January 2021.")],
        1: [("colleague", "actions", overdue)],
        3: [("head_of_office", "late_actions", late.format(3))],
        7: [("poc_lead", "late_actions", late.format(7))],
    }
    assert set(Notice.objects.values_list("ref", "marking")) == {(ref, point.marking)}


def test_moved_deadline_tells_anew_and_what_was_done_is_not_told(
    point: ActionPoint, meeting: Meeting, mission: Mission, officer: Person, colleague: Person
) -> None:
    other = make_action(meeting, officer, owner=colleague, text="Repair the bridge")
    done = make_action(meeting, officer, owner=colleague, text="Call the prefect")
    assert len(told_on(DUE - timedelta(days=1), mission)) == 3
    finish_action(done, by=officer, result="Called", done_on=TODAY)
    drop_action(other, by=officer, reason="Built by others")
    ActionPoint.objects.filter(pk=point.pk).update(due_on=DUE + timedelta(days=5))

    assert told_on(DUE + timedelta(days=1), mission) == []
    assert [text for _who, _topic, text in told_on(DUE + timedelta(days=4), mission)] == [
        f"Your action point {point.ref} is due on 20 January 2021."
    ]
    assert len(told_on(DUE + timedelta(days=6), mission)) == 1


def test_nobody_is_reminded_of_what_they_may_not_see(
    point: ActionPoint, mission: Mission, head_of_office: Person, poc_lead: Person, colleague: Person
) -> None:
    ActionPoint.objects.filter(pk=point.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert told_on(DUE + timedelta(days=8), mission) == []

    Person.objects.filter(pk=poc_lead.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    assert [who for who, _topic, _text in told_on(DUE + timedelta(days=8), mission)] == ["poc_lead"]


def test_rounds_cost_the_same_for_one_action_point_and_three(
    point: ActionPoint, meeting: Meeting, mission: Mission, officer: Person, colleague: Person
) -> None:
    def queries(days: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            remind_of_actions(Staff(mission), moment(DUE + timedelta(days=days)))
        return len(seen)

    soon = queries(-1)
    for number in range(2):
        make_action(meeting, officer, owner=colleague, text=f"Task {number}")
    assert queries(-1) == soon
    assert queries(0) <= 7  # all told: staff, points, what was told


def test_contact_is_told_a_month_before_its_check_and_after_it(
    bambari: Office, officer: Person, adviser: Person, mission: Mission
) -> None:
    """EW-17: before six months and after; checked in between, the reminder begins anew."""
    contact = make_contact(bambari, officer)  # checked on 31 December 2020: until 30 June 2021
    last_day = date(2021, 6, 30)

    found = {
        days: told_on(last_day + timedelta(days=days), mission, remind_of_contacts) for days in (-31, -30, 0, 1, 9)
    }

    assert {days: told for days, told in found.items() if told} == {
        -30: [("officer", "contacts", f"Contact {contact.ref} is to be checked by 30 June 2021.")],
        1: [
            (
                "officer",
                "contacts",
                f"Contact {contact.ref} is past its six-month check, which ended on 30 June 2021.",
            )
        ],
    }
    Contact.objects.filter(pk=contact.pk).update(reviewed_on=date(2021, 7, 5))
    assert told_on(date(2021, 7, 12), mission, remind_of_contacts) == []
    assert len(told_on(date(2021, 12, 20), mission, remind_of_contacts)) == 1
    Contact.objects.filter(pk=contact.pk).update(is_active=False)
    assert told_on(date(2022, 2, 1), mission, remind_of_contacts) == []


def test_round_of_the_schedule_judges_by_each_missions_clock(point: ActionPoint, mission: Mission) -> None:
    """Real time runs the round; what is due in a demo mission is said by the day on which its clock stands."""
    schedule.run_due(timezone.now())
    assert Notice.objects.filter(topic="actions").count() == 0
    Mission.objects.filter(pk=mission.pk).update(clock_on=DUE - timedelta(days=1))

    schedule.run_due(timezone.now() + timedelta(days=1))

    assert [(row.person_id, row.at.date()) for row in Notice.objects.filter(topic="actions")] == [
        (point.owner_id, DUE - timedelta(days=1))
    ]


def test_recipients_are_those_in_force_at_the_office_and_above(
    mission: Mission,
    hq: Office,
    bambari: Office,
    bria: Office,
    officer: Person,
    head_of_office: Person,
    poc_lead: Person,
    adviser: Person,
    head_of_military: Person,
    head_of_police: Person,
) -> None:
    make_person("elsewhere", Role.HOO, bria, "political")
    past = make_person("past", Role.HOO, bambari, "political")
    past.postings.update(ends_on=TODAY - timedelta(days=1))
    closed = make_person("closed", Role.HOO, bambari, "political", is_active=False)

    assert closed not in holders(mission, [Role.HOO], bambari)
    assert holders(mission, [Role.HOO], bambari) == [head_of_office]
    assert holders(mission, [Role.HOO], hq) == []
    assert holders(mission, [Role.POCA, Role.POCF], bambari) == [officer, adviser]
    assert holders(mission, [Role.POCA, Role.POCF], bambari, nearest=True) == [officer]
    assert holders(mission, [Role.POCA, Role.POCF], bria, nearest=True) == [adviser]
    assert holders(mission, [Role.POCA, Role.HOO], None) == [adviser]
    assert holders(mission, [Role.FCPC], bambari, "police") == [head_of_police]
    assert one_level_up(bambari, [Role.LEAD, Role.HOO]) == [poc_lead]
    assert one_level_up(hq, [Role.LEAD]) == []
