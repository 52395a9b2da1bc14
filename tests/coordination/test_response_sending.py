"""EW-08: who gets an alert, who acknowledged, and how silence climbs the chain."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import close_old_connections, connection, transaction

from coordination.models import CaseRecipient, CaseStep, ClockTarget, RecipientRule, WarningCase
from coordination.warnings import recipients
from coordination.warnings.acknowledgement import acknowledge, waiting_of
from coordination.warnings.choices import Branch, CaseState, Measure
from coordination.warnings.moves import move_case
from coordination.warnings.reminders_ew import climb, next_above
from coordination.warnings.sending import Chosen, minutes_to_acknowledge, send_out, share_case
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import AuditEvent, Mission, Notice, Office, Person
from pocweb.recipients import Staff
from tests.factories.coordination_case import make_case
from tests.factories.coordination_response import NOW
from tests.factories.mission import make_person

SPAN = timedelta(minutes=30)


@pytest.fixture
def joc(hq: Office) -> Person:
    return make_person("joc", Role.JOC, hq, "support", function="Chief, JOC")


@pytest.fixture
def everybody(
    head_of_office: Person, head_of_military: Person, head_of_police: Person, officer: Person, adviser: Person,
    joc: Person, mission: Mission,
) -> list[Person]:  # fmt: skip
    """Those whom step I10 names, in its order; 30 minutes to acknowledge."""
    ClockTarget.objects.create(mission=mission, measure=Measure.ACKNOWLEDGED, branch=Branch.IMMINENT, minutes=30)
    return [head_of_office, head_of_military, head_of_police, officer, adviser, joc]


@pytest.fixture
def case(bambari: Office, officer: Person) -> WarningCase:
    with transaction.atomic():  # a number is taken under a lock
        return make_case(bambari, officer, CaseState.PRIORITISED, Branch.IMMINENT)


def told(case: WarningCase) -> list[Person]:
    rows = CaseRecipient.objects.filter(case=case, step="I10").order_by("level", "pk")
    return [row.person for row in rows.select_related("person")]


def test_ew_08_imminent_alert_goes_to_the_six_of_step_i10(case: WarningCase, everybody: list[Person]) -> None:
    officer = everybody[3]
    case = send_out(case, by=officer, based_on=case.version, now=NOW)
    assert (case.state, case.disseminated_at, told(case)) == (CaseState.DISSEMINATED, NOW, everybody)
    assert set(CaseRecipient.objects.values_list("sent_at", "due_at")) == {(NOW, NOW + SPAN)}
    notices = Notice.objects.filter(topic="alert_to_acknowledge")
    assert sorted(notices.values_list("person", flat=True)) == sorted(one.pk for one in everybody)
    step = CaseStep.objects.latest("pk")
    assert (step.key, step.said["sent_to"]) == ("I10", [None, [one.pk for one in everybody]])
    with pytest.raises(Conflict):
        send_out(case, by=officer, based_on=1, now=NOW)


def test_ew_08_lists_who_is_not_cleared_and_what_is_outside(case: WarningCase, everybody: list[Person]) -> None:
    """Nobody is left out silently: the sender sees the function of who may not see the case."""
    Person.objects.filter(pk=everybody[1].pk).update(clearance=Marking.UNCLASSIFIED, function="Sector Commander")
    lines = recipients.recipients_for(case, "I10")
    assert [(one.label, len(one.people), one.not_cleared) for one in lines][:2] == [
        ("Head of Office", 1, ()),
        ("Force, local commander", 0, ("Sector Commander",)),
    ]
    flash = {one.label: (one.is_outside, one.is_vacant) for one in recipients.recipients_for(case, "I12")}
    assert len(flash) == 7  # EW-10: the seven of step I12
    assert (flash["DSRSG-RC/HC"], flash["DSRSG-P"]) == ((True, False), (False, True))
    nobody = frozenset(Person.objects.values_list("pk", flat=True))
    with pytest.raises(RuleError) as refused:
        send_out(case, by=everybody[3], chosen=Chosen(removed=nobody, reason="All are away"), now=NOW)
    assert refused.value.field == "removed"


def test_sender_changes_the_list_with_a_reason(
    case: WarningCase, everybody: list[Person], poc_lead: Person, stranger: Person
) -> None:
    officer, away = everybody[3], frozenset({everybody[2].pk})
    with pytest.raises(RuleError) as refused:
        send_out(case, by=officer, chosen=Chosen(removed=away), now=NOW)
    assert refused.value.field == "change_reason"
    with pytest.raises(RuleError) as refused:
        send_out(case, by=officer, chosen=Chosen(added=(stranger,), reason="He asked"), now=NOW)
    assert (refused.value.field, CaseRecipient.objects.exists()) == ("added", False)
    send_out(case, by=officer, chosen=Chosen(away, (poc_lead,), "No police here this week"), now=NOW)
    assert set(told(case)) == {*everybody, poc_lead} - {everybody[2]}


def test_state_does_not_move_without_recipients_and_colleague_may_not_send(
    case: WarningCase, everybody: list[Person], colleague: Person
) -> None:
    with pytest.raises(RuleError) as refused:
        move_case(case, "send-out", by=everybody[3], now=NOW)
    assert refused.value.code == "nobody_told"
    with pytest.raises(Forbidden):
        send_out(case, by=colleague, now=NOW)


def test_ew_08_one_press_acknowledges_and_a_second_does_nothing(
    case: WarningCase, everybody: list[Person], colleague: Person, stranger: Person
) -> None:
    head = everybody[0]
    send_out(case, by=everybody[3], now=NOW)
    assert [row.case_id for row in waiting_of(head)] == [case.pk]
    assert [acknowledge(case, by=head, now=NOW + SPAN / 2), acknowledge(case, by=head, now=NOW + SPAN)] == [1, 0]
    row = CaseRecipient.objects.get(person=head)
    assert (row.acknowledged_at, waiting_of(head).exists()) == (NOW + SPAN / 2, False)
    assert AuditEvent.objects.filter(verb="acknowledged").count() == 1
    silent = CaseRecipient.objects.filter(case=case, acknowledged_at=None).count()
    assert silent == len(everybody) - 1
    with pytest.raises(RuleError):
        acknowledge(case, by=colleague, now=NOW)
    with pytest.raises(Forbidden):
        acknowledge(case, by=stranger, now=NOW)


def test_sharing_has_no_time_to_acknowledge_and_reminds_nobody(bambari: Office, everybody: list[Person]) -> None:
    watched = make_case(bambari, everybody[3], CaseState.MONITORED, Branch.NON_IMMINENT)
    share_case(watched, "N12", by=everybody[3], now=NOW)
    rows = CaseRecipient.objects.filter(case=watched)
    assert {row.person for row in rows} == {everybody[0], everybody[4], everybody[5]}
    assert (set(rows.values_list("due_at", flat=True)), climb(NOW + timedelta(days=3))) == ({None}, 0)
    share_case(watched, "N12", by=everybody[3], now=NOW + SPAN)  # each round anew, one row per person
    assert rows.filter(sent_at=NOW + SPAN).count() == 3
    assert Notice.objects.filter(person=everybody[0], topic="case_shared").count() == 2


def test_ew_08_silence_reminds_twice_then_climbs_to_the_lead_and_leadership(
    case: WarningCase, everybody: list[Person], poc_lead: Person, head_of_mission: Person
) -> None:
    """Each for themselves: who stands for a silent one does not close the silent one's line."""
    head, others = everybody[0], everybody[1:]
    send_out(case, by=everybody[3], now=NOW)
    for one in others:
        acknowledge(case, by=one, now=NOW)
    assert climb(NOW + SPAN - timedelta(seconds=1)) == 0
    assert [climb(NOW + SPAN), climb(NOW + SPAN)] == [1, 0]  # the second round finds nothing
    assert told(case) == everybody
    assert climb(NOW + 2 * SPAN) == 1
    lead = CaseRecipient.objects.get(person=poc_lead)
    silent = CaseRecipient.objects.get(person=head)
    assert (lead.level, lead.stands_for, lead.due_at) == (1, silent, NOW + 3 * SPAN)
    acknowledge(case, by=poc_lead, now=NOW + 2 * SPAN)
    assert climb(NOW + 9 * SPAN) == 0
    silent.refresh_from_db()
    assert (silent.acknowledged_at, silent.reminders) == (None, 2)
    assert Notice.objects.filter(person=head, topic="alert_to_acknowledge").count() == 3
    assert Notice.objects.filter(person=poc_lead).count() == 1
    CaseRecipient.objects.filter(person=poc_lead).update(acknowledged_at=None)
    assert [climb(NOW + 9 * SPAN), climb(NOW + 9 * SPAN)] == [1, 1]
    assert CaseRecipient.objects.get(person=head_of_mission).stands_for == lead


def test_chain_passes_over_rungs_that_nobody_holds_or_may_see(
    case: WarningCase, everybody: list[Person], hq: Office, head_of_mission: Person
) -> None:
    above = make_person("head_hq", Role.HOO, hq, "political")
    staff = Staff(case.mission)
    assert next_above(everybody[1], case, staff) == [above]  # a commander's silence: the Head of Office above
    assert next_above(everybody[5], case, staff) == [head_of_mission]  # at headquarters, no POC lead is posted
    assert next_above(head_of_mission, case, staff) == []
    Person.objects.filter(pk=above.pk).update(clearance=Marking.UNCLASSIFIED)
    assert next_above(everybody[1], case, Staff(case.mission)) == [head_of_mission]


@pytest.mark.parametrize(
    "columns", [{"state": "closed", "outcome": "false", "closed_at": NOW}, {"branch": "non_imminent"}]
)
def test_closed_or_no_longer_imminent_reminds_nobody(
    case: WarningCase, everybody: list[Person], columns: dict[str, object]
) -> None:
    send_out(case, by=everybody[3], now=NOW)
    WarningCase.objects.filter(pk=case.pk).update(**columns)
    assert climb(NOW + 5 * SPAN) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_remind_and_climb_once(case: WarningCase, everybody: list[Person], poc_lead: Person) -> None:
    """EW-08: two processes of the schedule at the same moment."""
    send_out(case, by=everybody[3], now=NOW)
    for one in everybody[1:]:
        acknowledge(case, by=one, now=NOW)
    climb(NOW + SPAN)
    moved: list[int] = []
    gate = Barrier(3)

    def work() -> None:
        close_old_connections()
        gate.wait()
        moved.append(climb(NOW + 2 * SPAN))
        connection.close()

    threads = [Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(moved) == [0, 0, 1]
    assert CaseRecipient.objects.filter(person=poc_lead).count() == 1
    assert Notice.objects.filter(person=poc_lead).count() == 1
    assert Notice.objects.filter(person=everybody[0], topic="alert_to_acknowledge").count() == 3


def test_lists_are_loaded_once_and_edits_stay(mission: Mission, adviser: Person, officer: Person) -> None:
    before = len(recipients.shipped_rules(mission))
    assert recipients.load() == {"recipients": (before, 0)}
    recipients.add_rule(mission, step="I11", label="Brigade", reach="office", role="FCPC", by=adviser)
    recipients.remove_rule(mission, step="I11", label="Joint Operations Centre, headquarters", by=adviser)
    assert recipients.load() == {"recipients": (0, before)}
    assert [rule.label for rule in recipients.rules_of(mission, "I11")] == ["Brigade"]
    assert AuditEvent.objects.filter(verb="changed the recipients of a step in").count() == 2
    with pytest.raises(RuleError):
        recipients.remove_rule(mission, step="I11", label="Brigade", by=adviser)  # the last one
    with pytest.raises(Conflict):
        recipients.remove_rule(mission, step="I10", label="Nobody", by=adviser)
    with pytest.raises(RuleError) as refused:
        recipients.add_rule(mission, step="I11", label="Brigade", reach="outside", by=adviser)
    assert refused.value.field == "label"
    with pytest.raises(Forbidden):
        recipients.add_rule(mission, step="I11", label="Friends", reach="outside", by=officer)


def test_mission_without_lists_takes_the_shipped_ones_and_keeps_them_at_its_first_edit(
    mission: Mission, adviser: Person
) -> None:
    shipped = [rule.label for rule in recipients.rules_of(mission, "I10")]
    assert (len(shipped), RecipientRule.objects.count()) == (6, 0)
    recipients.add_rule(mission, step="I10", label="Prefect", reach="outside", by=adviser)
    assert [rule.label for rule in recipients.rules_of(mission, "I10")] == [*shipped, "Prefect"]


def test_time_to_acknowledge_is_the_missions(mission: Mission) -> None:
    shipped = minutes_to_acknowledge(mission)
    ClockTarget.objects.create(mission=mission, measure=Measure.ACKNOWLEDGED, branch=Branch.IMMINENT, minutes=7)
    assert (shipped > 0, minutes_to_acknowledge(mission)) == (True, 7)
