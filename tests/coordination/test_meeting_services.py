"""Calling, opening, writing under items, closing; who sees what (CO-04, CO-05, CO-06)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coordination.choices import MeetingState
from coordination.meetings.agenda import due_for
from coordination.meetings.minutes import close_meeting, read_minutes
from coordination.meetings.records import (
    ItemEntry,
    NoteConflict,
    drop_action,
    finish_action,
    overrule_decision,
    write_under,
)
from coordination.meetings.services import (
    add_item,
    attendance_of,
    call_meeting,
    call_off_meeting,
    open_meeting,
    record_attendance,
    remove_item,
    shift_item,
    take_up,
)
from coordination.models import ActionPoint, AgendaItem, Decision, Forum, Meeting
from pocweb.audit import fingerprint
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import AuditEvent, Office, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import DUE, NOON, make_action, make_meeting
from tests.factories.mission import make_person
from tests.factories.threats_edition import make_edition, make_matrix_threat, rate
from threats.models import Threat

TODAY = date(2020, 12, 31)
DECISION = {"kind": "reaction", "text": "Patrol at dawn"}


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


def raise_marking(threat: Threat) -> None:
    Threat.objects.filter(pk=threat.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)


def test_calling_is_for_the_secretariat_of_the_branch(forum: Forum, colleague: Person, stranger: Person) -> None:
    for person in (colleague, stranger):
        with pytest.raises(Forbidden):
            call_meeting(forum, starts_at=NOON, by=person)
    assert not Meeting.objects.exists()


def test_same_moment_is_called_once(forum: Forum, officer: Person) -> None:
    make_meeting(forum, officer)
    with pytest.raises(RuleError) as refused:
        make_meeting(forum, officer)
    assert (refused.value.field, Meeting.objects.count()) == ("starts_at", 1)
    with pytest.raises(RuleError) as refused:
        call_meeting(forum, starts_at=NOON + timedelta(days=1), kind="emergency", by=officer)
    assert refused.value.field == "reason"


def test_of_two_people_one_opens_and_one_calls_off(forum: Forum, officer: Person, adviser: Person) -> None:
    meeting = make_meeting(forum, officer)
    same = Meeting.objects.get(pk=meeting.pk)
    open_meeting(meeting, by=officer)
    with pytest.raises(Conflict):
        call_off_meeting(same, reason="The road is cut", by=adviser)
    with pytest.raises(Conflict):
        open_meeting(same, by=adviser)
    assert Meeting.objects.get().state == MeetingState.OPEN
    assert AuditEvent.objects.filter(verb="opened a meeting").count() == 1


def test_one_meeting_of_a_forum_is_in_session(forum: Forum, officer: Person) -> None:
    make_meeting(forum, officer, "open")
    later = make_meeting(forum, officer, at=NOON + timedelta(hours=2))
    with pytest.raises(Conflict):
        open_meeting(later, by=officer)
    tomorrow = make_meeting(forum, officer, at=NOON + timedelta(days=1))
    with pytest.raises(RuleError):
        open_meeting(tomorrow, by=officer, now=NOON)


def test_co_04_agenda_names_what_is_due_and_why(forum: Forum, officer: Person, bambari: Office) -> None:
    first = make_meeting(forum, officer, "open", at=NOON - timedelta(days=9))
    late = make_action(first, officer, due_on=date(2020, 12, 24))
    close_ready(first, officer)
    threat = make_matrix_threat(bambari, risk=4)
    make_matrix_threat(bambari, risk=1)
    edition = make_edition(bambari, officer, "consultation")
    meeting = make_meeting(forum, officer)
    due = due_for(meeting, officer, today=TODAY)
    assert [(one.kind, one.record, one.why) for one in due] == [
        ("threat", threat, "Priority 1."),
        ("edition", edition, "Waits for the forum's endorsement."),
        ("action", late, f"Was due on 24 December 2020, {officer}."),
    ]
    keys = [one.key for one in due]
    assert len(take_up(meeting, keys=keys, by=officer)) == 3
    assert take_up(meeting, keys=keys, by=officer) == []  # a second click
    assert [item.kind for item in meeting.items.all()] == ["threat", "edition", "action"]


def close_ready(meeting: Meeting, by: Person) -> Meeting:
    record_attendance(meeting, before={}, after={by.pk: "present"}, people={by.pk: None}, by=by)
    return close_meeting(meeting, by=by, now=meeting.starts_at)


def test_co_06_local_forum_takes_its_own_area_and_the_operational_one_all(
    forum: Forum, officer: Person, adviser: Person, hq: Office, bambari: Office, bria: Office
) -> None:
    ours, theirs = make_matrix_threat(bambari, risk=4), make_matrix_threat(bria, risk=4)
    low = make_matrix_threat(bria, risk=3)
    rate(low, 4, now=NOON)
    upper = make_forum(hq, adviser, "Working group", level="operational")
    local = due_for(make_meeting(forum, officer), officer, today=TODAY)
    wide = due_for(make_meeting(upper, adviser), adviser, today=TODAY)
    assert [one.record for one in local] == [ours]
    assert [one.record for one in wide] == [ours, theirs, low]
    with pytest.raises(RuleError) as refused:
        add_item(make_meeting(forum, adviser, at=NOON + timedelta(hours=1)), title="", threat=theirs, by=adviser)
    assert refused.value.field == "threat"


def test_item_above_clearance_is_absent_everywhere(
    forum: Forum, officer: Person, adviser: Person, bambari: Office
) -> None:
    """Leak: a threat whose marking rises takes its item, decision and action point with it, in the minutes too."""
    threat = make_matrix_threat(bambari, risk=4)
    meeting = make_meeting(forum, officer, "open")
    point = make_action(meeting, officer, text="Watch the bridge", threat=threat)
    assert read_minutes(close_ready(meeting, officer), officer).action_count == 1
    raise_marking(threat)
    meeting.refresh_from_db()
    minutes = read_minutes(meeting, officer)
    assert (minutes.items, minutes.marking) == ((), Marking.CONFIDENTIAL)
    assert not AgendaItem.objects.visible_to(officer).exists()
    assert not Decision.objects.visible_to(officer).exists()
    assert not ActionPoint.objects.visible_to(officer).filter(pk=point.pk).exists()
    assert due_for(make_meeting(forum, officer, at=NOON + timedelta(hours=1)), officer, today=TODAY) == []
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    assert read_minutes(meeting, Person.objects.get(pk=adviser.pk)).action_count == 1


def test_other_branch_and_other_mission_see_no_meeting(
    forum: Forum, officer: Person, bria: Office, stranger: Person, adviser: Person
) -> None:
    make_action(make_meeting(forum, officer, "open"), officer)
    neighbour = make_person("neighbour", "POCF", bria, "poc")
    for rows in (Meeting.objects, AgendaItem.objects, Decision.objects, ActionPoint.objects):
        assert [rows.visible_to(one).count() for one in (officer, adviser, neighbour, stranger)] == [1, 1, 0, 0]


def test_owner_elsewhere_sees_the_action_point_alone(forum: Forum, officer: Person, bria: Office) -> None:
    neighbour = make_person("neighbour", "SECT", bria, "civil-affairs")
    point = make_action(make_meeting(forum, officer, "open"), officer, owner=neighbour)
    assert list(ActionPoint.objects.visible_to(neighbour)) == [point]
    assert not Meeting.objects.visible_to(neighbour).exists()
    assert point.component.code == "civil-affairs"
    assert finish_action(point, done_on=TODAY, result="Done", by=neighbour).state == "done"


def test_two_writers_of_a_note_lose_nothing(forum: Forum, officer: Person, adviser: Person) -> None:
    item = add_item(make_meeting(forum, officer, "open"), title="Market", by=officer)
    write_under(item, ItemEntry(note="Theirs"), based_on=1, by=adviser)
    with pytest.raises(NoteConflict) as refused:
        write_under(item, ItemEntry(note="Mine", decision=DECISION), based_on=1, by=officer)
    assert refused.value.item.note == "Theirs"
    assert not Decision.objects.exists()  # nothing half-saved
    write_under(item, ItemEntry(note="Theirs and mine", decision=DECISION), based_on=2, by=officer)
    item.refresh_from_db()
    assert (item.note, item.version, Decision.objects.get().ref) == ("Theirs and mine", 3, "M-001/1")


@pytest.mark.parametrize(
    ("missing", "field"), [("owner", "owner"), ("due_on", "due_on"), ("text", "text")], ids=lambda one: f"CO-04 {one}"
)
def test_co_04_refused_action_point_stores_nothing(forum: Forum, officer: Person, missing: str, field: str) -> None:
    item = add_item(make_meeting(forum, officer, "open"), title="Market", by=officer)
    action = {"text": "Patrol", "owner": officer, "component": None, "due_on": DUE, missing: None}
    with pytest.raises(RuleError) as refused:
        write_under(item, ItemEntry(note="Said", decision=DECISION, action=action), based_on=1, by=officer)
    item.refresh_from_db()
    assert (refused.value.field, item.note, Decision.objects.count()) == (field, "", 0)


def test_owner_must_be_cleared_and_posted(forum: Forum, officer: Person, stranger: Person, colleague: Person) -> None:
    item = add_item(make_meeting(forum, officer, "open"), title="Market", by=officer)
    Person.objects.filter(pk=colleague.pk).update(clearance=Marking.UNCLASSIFIED)
    for owner in (stranger, Person.objects.get(pk=colleague.pk)):
        action = {"text": "Patrol", "owner": owner, "component": None, "due_on": DUE}
        with pytest.raises(RuleError) as refused:
            write_under(item, ItemEntry(action=action), based_on=1, by=officer)
        assert refused.value.field == "owner"


def test_attendance_keeps_what_another_person_ticked(forum: Forum, officer: Person, colleague: Person) -> None:
    meeting = make_meeting(forum, officer, "open")
    people = {officer.pk: None, colleague.pk: None}
    record_attendance(meeting, before={}, after={officer.pk: "present"}, people=people, by=officer)
    ocha, after = ["OCHA, head of office"], {colleague.pk: "excused"}
    record_attendance(meeting, before={}, after=after, bodies_after=ocha, people=people, by=officer)
    assert attendance_of(meeting) == ({officer.pk: "present", colleague.pk: "excused"}, ocha)
    record_attendance(meeting, before={officer.pk: "present"}, after={}, people=people, by=officer)
    assert attendance_of(meeting)[0] == {colleague.pk: "excused"}


def test_minutes_are_frozen_with_their_fingerprint(forum: Forum, officer: Person, adviser: Person) -> None:
    meeting = make_meeting(forum, officer, "open")
    point = make_action(meeting, officer)
    with pytest.raises(RuleError):
        close_meeting(meeting, by=officer)  # nobody is recorded as present
    closed = close_ready(meeting, officer)
    assert (closed.state, closed.sha256) == ("held", fingerprint(closed.minutes))
    for act in (
        lambda: close_meeting(meeting, by=adviser),
        lambda: add_item(meeting, title="Late", by=officer),
        lambda: write_under(point.item, ItemEntry(note="Late"), based_on=1, by=officer),
        lambda: record_attendance(meeting, before={}, after={}, people={}, by=officer),
        lambda: remove_item(point.item, by=officer),
    ):
        with pytest.raises(Conflict):
            act()
    ActionPoint.objects.filter(pk=point.pk).update(text="Something else")
    Person.objects.filter(pk=officer.pk).update(last_name="Renamed")
    closed.refresh_from_db()
    assert closed.sha256 == fingerprint(closed.minutes)
    [line] = read_minutes(closed, officer).items[0].actions
    assert (line.text, line.owner, line.due) == ("Patrol the road", "A. Bellin", "15 January 2021")


def test_order_and_removal_of_items(forum: Forum, officer: Person) -> None:
    meeting = make_meeting(forum, officer)
    first, second = (add_item(meeting, title=name, by=officer) for name in ("First", "Second"))
    shift_item(second, up=True, by=officer)
    shift_item(second, up=True, by=officer)  # at the top already
    assert [one.title for one in meeting.items.all()] == ["Second", "First"]
    remove_item(first, by=officer)
    assert [one.title for one in meeting.items.all()] == ["Second"]


def test_action_point_ends_once_by_owner_or_secretariat(
    forum: Forum, officer: Person, colleague: Person, head_of_police: Person
) -> None:
    point = make_action(make_meeting(forum, officer, "open"), officer, owner=colleague)
    with pytest.raises(Forbidden):
        finish_action(point, done_on=TODAY, result="", by=head_of_police)
    for day in (None, date(2021, 1, 1), date(2020, 12, 30)):
        with pytest.raises(RuleError):
            finish_action(point, done_on=day, result="", by=colleague)
    same = ActionPoint.objects.select_related("meeting").get(pk=point.pk)
    finish_action(point, done_on=TODAY, result="Two patrols", by=colleague)
    with pytest.raises(Conflict):
        drop_action(same, reason="No fuel", by=officer)
    assert (point.state, point.done_on, point.result) == ("done", TODAY, "Two patrols")


def test_co_05_leadership_overrules_and_both_versions_stay(
    forum: Forum, officer: Person, colleague: Person, head_of_mission: Person
) -> None:
    """Source: POC Handbook 2020, Annex V, step 11."""
    meeting = make_meeting(forum, officer, "open")
    decision = make_action(meeting, officer).decision
    assert decision is not None
    closed = close_ready(meeting, officer)
    for person in (officer, colleague):
        with pytest.raises(Forbidden):
            overrule_decision(decision, text="Stay", reason="Risk", by=person)
    with pytest.raises(RuleError) as refused:
        overrule_decision(decision, text="Stay", reason=" ", by=head_of_mission)
    assert refused.value.field == "reason"
    made = overrule_decision(decision, text="Hold the base", reason="Harm to civilians foreseen", by=head_of_mission)
    assert (made.overrules, made.ref, made.marking) == (decision, "M-001/2", decision.marking)
    with pytest.raises(Conflict):
        overrule_decision(decision, text="Else", reason="Else", by=head_of_mission)
    decision.refresh_from_db()
    assert decision.text == "Agreed: Patrol the road"
    assert Meeting.objects.get(pk=meeting.pk).sha256 == closed.sha256
    assert datetime(2020, 12, 31, tzinfo=UTC) < made.decided_at
