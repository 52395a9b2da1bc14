"""EW-09, EW-13, CO-04, CO-06: where cases meet forums: emergency meetings, agendas, decisions, rounds, closing."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction

from coordination.choices import MeetingState
from coordination.meetings.agenda import due_for
from coordination.meetings.minutes import close_meeting, read_minutes
from coordination.meetings.records import ItemEntry, write_under
from coordination.meetings.services import record_attendance, take_up
from coordination.models import AgendaItem, CaseRecipient, Decision, Forum, Meeting, WarningCase
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.decisions import decisions_now, record_decision
from coordination.warnings.emergency import call_emergency
from coordination.warnings.moves import move_case
from coordination.warnings.tabling import close_case, table_case
from pocweb.choices import Level, Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Notice, Office, Person
from tests.factories.coordination_case import RECEIVED, make_case
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import make_meeting
from tests.factories.coordination_response import NOW, decide_on, make_response
from tests.factories.mission import make_person

I, N = Branch.IMMINENT, Branch.NON_IMMINENT  # noqa: E741  the letters of the steps
LATER = NOW + timedelta(hours=1)
DECISION = ItemEntry(decision={"kind": "reaction", "text": "Patrols at dawn"})


@pytest.fixture
def forum(bambari: Office, officer: Person, head_of_office: Person) -> Forum:
    return make_forum(bambari, officer, chair=head_of_office)


@pytest.fixture
def case(bambari: Office, officer: Person) -> WarningCase:
    with transaction.atomic():  # a number is taken under a lock
        return make_case(bambari, officer, CaseState.DISSEMINATED, I)


def test_ew_09_head_of_office_calls_runs_and_closes_the_emergency_meeting(
    forum: Forum, case: WarningCase, officer: Person, head_of_office: Person, head_of_military: Person
) -> None:
    """One act calls it and puts it in session; its decision is that of the case; a second press leads to the same."""
    called = call_emergency(case, by=head_of_office, now=NOW)
    meeting, item = called.meeting, AgendaItem.objects.get()
    assert (meeting.kind, meeting.state, meeting.forum, item.case) == ("emergency", "open", forum, case)
    assert meeting.reason == f"{case.ref}: Armed men gather at the bridge."
    told = set(Notice.objects.filter(topic="emergency_meeting").values_list("person", flat=True))
    assert head_of_military.pk in told
    assert head_of_office.pk not in told
    again = call_emergency(case, by=head_of_office, now=LATER)
    assert (again.meeting, again.is_new, Meeting.objects.count()) == (meeting, False, 1)
    with pytest.raises(RuleError) as refused:  # the word of the Head of Office is no decision of the forum
        record_decision(case, by=head_of_office, now=LATER)
    assert refused.value.code == "decision_missing"
    write_under(item, DECISION, based_on=item.version, by=head_of_office, now=LATER)
    record_attendance(meeting, before={}, after={head_of_office.pk: "present"}, people={head_of_office.pk: None},
                      by=head_of_office)  # fmt: skip
    assert close_meeting(meeting, by=head_of_office, now=LATER).state == MeetingState.HELD
    decided = record_decision(case, by=officer, now=LATER + timedelta(minutes=20))
    assert (decided.state, decided.decided_at) == (CaseState.EMERGENCY_DECIDED, LATER)
    assert read_minutes(Meeting.objects.get(), head_of_military).items[0].case == case.pk


def test_running_a_meeting_that_one_did_not_call_stays_with_the_secretariat(
    forum: Forum,
    case: WarningCase,
    officer: Person,
    head_of_office: Person,
    head_of_military: Person,
    colleague: Person,
) -> None:
    regular = make_meeting(forum, officer, "open", at=NOW - timedelta(days=1))
    assert not head_of_office.has_perm("coordination.run_meeting", regular)
    assert officer.has_perm("coordination.run_meeting", regular)
    Meeting.objects.filter(pk=regular.pk).update(state="cancelled")
    meeting = call_emergency(case, by=head_of_office, now=NOW).meeting
    assert [one.has_perm("coordination.run_meeting", meeting) for one in (officer, head_of_military, colleague)] == [
        True, False, False,
    ]  # fmt: skip
    with pytest.raises(Forbidden):
        write_under(AgendaItem.objects.get(), DECISION, based_on=1, by=colleague, now=NOW)
    with pytest.raises(Forbidden):
        call_emergency(case, by=colleague, now=NOW)


def test_emergency_is_refused_without_forum_and_where_nothing_is_imminent(
    case: WarningCase, bambari: Office, officer: Person, head_of_office: Person, poc_lead: Person, adviser: Person
) -> None:
    with pytest.raises(RuleError) as refused:
        call_emergency(case, by=head_of_office, now=NOW)
    assert (refused.value.code, Meeting.objects.exists()) == ("no_forum", False)
    calm = make_case(bambari, officer, CaseState.TABLED, N)
    with pytest.raises(RuleError):
        call_emergency(calm, by=head_of_office, now=NOW)
    above = make_forum(adviser.office, adviser, name="Working group", level=Level.OPERATIONAL)
    assert call_emergency(case, by=poc_lead, now=NOW).meeting.forum == above  # leadership calls the next above


def test_forum_in_session_takes_the_case_up_there(
    forum: Forum, case: WarningCase, officer: Person, head_of_office: Person
) -> None:
    session = make_meeting(forum, officer, "open", at=NOW)
    called = call_emergency(case, by=head_of_office, now=NOW)
    assert (called.meeting, called.is_new, AgendaItem.objects.get().case) == (session, False, case)


def test_emergency_meeting_is_marked_as_its_case(
    forum: Forum, bambari: Office, officer: Person, head_of_office: Person
) -> None:
    strict = make_case(bambari, officer, CaseState.DISSEMINATED, I, marking=Marking.STRICTLY_CONFIDENTIAL)
    with pytest.raises(Forbidden):
        call_emergency(strict, by=head_of_office, now=NOW)
    Person.objects.filter(pk=head_of_office.pk).update(clearance=3)
    meeting = call_emergency(strict, by=Person.objects.get(pk=head_of_office.pk), now=NOW).meeting
    assert meeting.marking == Marking.STRICTLY_CONFIDENTIAL
    assert not Meeting.objects.visible_to(officer).exists()
    assert set(Notice.objects.values_list("person", flat=True)) <= {head_of_office.pk}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_calling_at_once_make_one_meeting(
    case: WarningCase, bambari: Office, officer: Person, head_of_office: Person, poc_lead: Person
) -> None:
    with transaction.atomic():
        make_forum(bambari, officer, chair=head_of_office)
    gate, found = Barrier(2), []

    def work(person: Person) -> None:
        close_old_connections()
        gate.wait()
        found.append(call_emergency(case, by=person).meeting.pk)
        connection.close()

    threads = [Thread(target=work, args=[one]) for one in (head_of_office, poc_lead)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(set(found)), len(found), Meeting.objects.count(), AgendaItem.objects.count()) == (1, 2, 1, 1)


def test_co_06_ew_13_agenda_proposes_open_warnings_of_its_own_area(
    forum: Forum, bambari: Office, bria: Office, officer: Person, adviser: Person
) -> None:
    """Imminent and undecided first, then tabled, rated, watched; a working group takes up the whole mission."""
    watched = make_case(bambari, officer, CaseState.MONITORED, N)
    tabled = make_case(bambari, officer, CaseState.TABLED, N)
    rated = make_case(bambari, officer, CaseState.PRIORITISED, N)
    imminent = make_case(bambari, officer, CaseState.DISSEMINATED, I)
    make_case(bambari, officer, CaseState.EMERGENCY_DECIDED, I, decided_at=NOW)
    make_case(bambari, officer, CaseState.CLOSED, N)
    make_case(bambari, officer, CaseState.LIKELIHOOD_RATED)
    make_case(bambari, officer, CaseState.TABLED, N, marking=Marking.STRICTLY_CONFIDENTIAL)
    elsewhere = make_case(bria, adviser, CaseState.TABLED, N)
    meeting = make_meeting(forum, officer)
    due = due_for(meeting, officer, today=date(2020, 12, 31))
    assert [(one.record, one.why) for one in due] == [
        (imminent, "Imminent, and no decision is recorded."),
        (tabled, "Waits for the forum's decision."),
        (rated, "Rated, and not before the forum yet."),
        (watched, "Watched: has the threat gone?"),
    ]
    take_up(meeting, keys=[due[0].key], by=officer)
    assert [one.record for one in due_for(meeting, officer, today=date(2020, 12, 31))] == [tabled, rated, watched]
    group = make_forum(adviser.office, adviser, name="Working group", level=Level.OPERATIONAL)
    whole = due_for(make_meeting(group, adviser), adviser, today=date(2020, 12, 31))
    assert elsewhere in [one.record for one in whole]


def test_due_costs_the_same_for_one_case_and_for_three(
    forum: Forum, bambari: Office, officer: Person, django_assert_num_queries: Any
) -> None:
    meeting = make_meeting(forum, officer)
    meeting = Meeting.objects.select_related("mission", "forum__office").get(pk=meeting.pk)
    for count in (1, 3):
        while WarningCase.objects.count() < count:
            make_case(bambari, officer, CaseState.TABLED, N)
        with django_assert_num_queries(7):
            assert len(due_for(meeting, officer, today=date(2020, 12, 31))) == count


def test_ew_13_tabled_case_comes_on_the_next_agenda_round_after_round(
    forum: Forum, bambari: Office, officer: Person, head_of_office: Person
) -> None:
    case = make_case(bambari, officer, CaseState.PRIORITISED, N)
    make_meeting(forum, officer, at=NOW + timedelta(days=9))
    soon = make_meeting(forum, officer, at=NOW + timedelta(days=2))
    tabled = table_case(case, by=officer, based_on=case.version, now=NOW)
    assert (tabled.meeting, AgendaItem.objects.get().meeting, tabled.case.state) == (soon, soon, CaseState.TABLED)
    with pytest.raises(RuleError):
        move_case(case, "decide", by=officer, now=LATER)
    day = soon.starts_at
    Meeting.objects.filter(pk=soon.pk).update(state="open", opened_at=day)
    write_under(AgendaItem.objects.get(), DECISION, based_on=1, by=officer, now=day)
    case = record_decision(case, by=officer, now=day)
    assert (case.state, case.decided_at) == (CaseState.DECIDED, day)
    assert set(CaseRecipient.objects.values_list("step", "person")) == {("N10", head_of_office.pk)}
    make_response(case, officer, at=day)
    move_case(case, "implement", by=officer, now=day)
    move_case(case, "monitor", by=officer, now=day)
    Meeting.objects.filter(pk=soon.pk).update(state="cancelled")
    again = table_case(case, by=officer, now=day + timedelta(days=1))
    assert (again.meeting is not None, again.case.state) == (True, CaseState.TABLED)
    with pytest.raises(RuleError) as refused:  # the decision of the round before does not count for this one
        record_decision(case, by=officer, now=day + timedelta(days=1))
    assert refused.value.code == "decision_missing"


def test_ew_13_without_a_meeting_called_the_case_waits_as_a_proposal(
    forum: Forum, bambari: Office, officer: Person
) -> None:
    case = make_case(bambari, officer, CaseState.PRIORITISED, N)
    assert (table_case(case, by=officer, now=NOW).meeting, AgendaItem.objects.exists()) == (None, False)
    due = due_for(make_meeting(forum, officer), officer, today=date(2020, 12, 31))
    assert [one.record for one in due] == [case]


def test_overruled_decision_does_not_count_but_what_took_its_place_does(
    forum: Forum, case: WarningCase, officer: Person
) -> None:
    first = decide_on(case, forum, officer)
    assert list(decisions_now(case)) == [first]
    other = Decision.objects.create(
        meeting=first.meeting, number=2, item=first.item, kind="reaction", text="Hold", overrules=first,
        marking=first.marking, decided_at=LATER, recorded_by=officer,
    )  # fmt: skip
    assert list(decisions_now(case)) == [other]


END: dict[str, Any] = {"outcome": "averted", "finding": "The men left.", "neutralised_at": NOW}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": ""}, "outcome"),
        ({"finding": "  "}, "finding"),  # Annex V, step N12: closed with the finding
        ({"neutralised_at": None}, "neutralised_at"),
        ({"neutralised_at": LATER + timedelta(days=1)}, "neutralised_at"),
        ({"neutralised_at": RECEIVED - timedelta(days=1)}, "neutralised_at"),
        ({"outcome": "false", "killed": 2}, "killed"),
        ({"injured": 1}, "injured"),
    ],
)
def test_ew_13_case_is_closed_with_what_was_found(
    bambari: Office, officer: Person, change: dict[str, Any], field: str
) -> None:
    case = make_case(bambari, officer, CaseState.MONITORED, I)
    with pytest.raises(RuleError) as refused:
        close_case(case, by=officer, now=LATER, **{**END, **change})
    assert refused.value.field == field


@pytest.mark.parametrize("branch", [N, I])  # the imminent branch by analogy
def test_ew_13_both_branches_close(bambari: Office, officer: Person, branch: str, colleague: Person) -> None:
    case = make_case(bambari, officer, CaseState.MONITORED, branch)
    with pytest.raises(Forbidden):
        close_case(case, by=colleague, now=LATER, **END)
    happened = {"outcome": "happened", "finding": "The attack is over", "killed": None, "injured": 3}
    case = close_case(case, by=officer, based_on=case.version, now=LATER, **happened)
    assert (case.state, case.closed_at, case.outcome, case.killed, case.injured) == (
        "closed",
        LATER,
        "happened",
        None,
        3,
    )
    with pytest.raises((RuleError, Conflict)):
        close_case(case, by=officer, now=LATER, **END)


def test_case_that_is_not_watched_yet_is_closed_with_a_reason(bambari: Office, officer: Person) -> None:
    case = make_case(bambari, officer, CaseState.DISSEMINATED, I)
    with pytest.raises(RuleError) as refused:
        close_case(case, by=officer, now=LATER, **END)
    assert refused.value.field == "reason"
    assert close_case(case, by=officer, now=LATER, reason="It was a rumour", **END).outcome == "averted"


def test_item_on_a_case_is_hidden_with_its_case(forum: Forum, case: WarningCase, officer: Person) -> None:
    """A case marked higher after the meeting takes its item and decision with it."""
    decide_on(case, forum, officer)
    assert (AgendaItem.objects.visible_to(officer).count(), Decision.objects.visible_to(officer).count()) == (1, 1)
    WarningCase.objects.filter(pk=case.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert (AgendaItem.objects.visible_to(officer).count(), Decision.objects.visible_to(officer).count()) == (0, 0)


def test_decision_above_the_clearance_is_not_recorded_by_that_person(
    forum: Forum, case: WarningCase, officer: Person, hq: Office
) -> None:
    adviser = make_person("strict", Role.POCA, hq, "poc", clearance=3)
    decide_on(case, forum, adviser)
    Decision.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    with pytest.raises(Forbidden):
        record_decision(case, by=officer, now=datetime(2020, 12, 31, 9, tzinfo=UTC))
    assert record_decision(case, by=adviser, now=LATER).state == CaseState.EMERGENCY_DECIDED


def test_ew_13_no_case_closes_without_an_outcome(bambari: Office, officer: Person) -> None:
    """The move itself refuses at the field, before the database would; nothing is stored."""
    case = make_case(bambari, officer, CaseState.MONITORED, Branch.NON_IMMINENT)
    with pytest.raises(RuleError) as refused:
        move_case(case, "close", by=officer, now=LATER)
    assert (refused.value.code, refused.value.field) == ("outcome_missing", "outcome")
    case.refresh_from_db()
    assert (case.state, case.closed_at) == (CaseState.MONITORED, None)
