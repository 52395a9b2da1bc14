"""EW-11, EW-12 and steps N11, I15: responses, the gate before an operation, telling as a forum decided."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.models import CaseResponse, CaseShare, CaseStep, Decision, Forum, HarmAssessment, Share, WarningCase
from coordination.sharing.services import lift_block
from coordination.warnings.choices import Branch, CaseState, ResponseKind, Threatening
from coordination.warnings.harm import assess_harm, send_harm
from coordination.warnings.moves import move_case
from coordination.warnings.responses import (
    add_response,
    begin_response,
    edit_response,
    finish_response,
    hinder_response,
    is_operation_by_kind,
    note_effect,
)
from coordination.warnings.telling import tell_of_case
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import AuditEvent, Notice, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_response import NOW, decide_on, make_harm, make_response
from tests.factories.coordination_sharing import make_agreement
from tests.factories.mission import make_person
from tests.factories.threats_threat import load_reference, make_actor, make_threat
from threats.choices import SourceOfViolence

I, N = Branch.IMMINENT, Branch.NON_IMMINENT  # noqa: E741  the letters of the steps
HOUR = timedelta(hours=1)


@pytest.fixture
def case(bambari: Office, officer: Person, adviser: Person) -> WarningCase:
    return make_case(bambari, officer, CaseState.MATRIX_UPDATED, I)


@pytest.mark.parametrize(
    ("kind", "is_operation"),  # POC Handbook 2020, Annex V, para. 14, notes 5 and 6; which are operations is ours
    [(kind.value, kind in ("robust_patrol", "buffer", "force", "urgent_measures")) for kind in ResponseKind],
)
def test_kind_says_whether_a_response_is_an_operation(kind: str, is_operation: bool) -> None:
    assert is_operation_by_kind(kind) == is_operation


def test_ew_11_operation_waits_for_its_harm_assessment_whatever_the_reason(
    case: WarningCase, officer: Person, adviser: Person
) -> None:
    """Recorded, then sent, then changed: implementing and beginning are refused until the present plan is assessed."""
    with pytest.raises(RuleError) as refused:
        move_case(case, "implement", by=officer, now=NOW)
    assert refused.value.code == "response_missing"
    operation = make_response(case, officer, kind="robust_patrol")
    case.refresh_from_db()
    assert case.has_operation
    skipped = make_case(case.office, officer, CaseState.EMERGENCY_DECIDED, I)
    make_response(skipped, officer, kind="force")

    def refuse(code: str = "harm_not_assessed") -> None:
        for one, reason in ((case, ""), (case, "It burns"), (skipped, "No time to lose")):
            with pytest.raises(RuleError) as refused:
                move_case(one, "implement", by=officer, reason=reason, now=NOW + 9 * HOUR)
            assert refused.value.code == code
        with pytest.raises(RuleError):
            begin_response(operation, by=officer, now=NOW + 9 * HOUR)

    refuse()
    with pytest.raises(RuleError):
        move_case(case, "assess-harm", by=officer, now=NOW)
    stored = make_harm(case, officer, NOW + HOUR, is_sent=False)
    refuse()
    send_harm(stored, by=officer, now=NOW + 2 * HOUR)
    case.refresh_from_db()
    assert case.state == CaseState.HARM_ASSESSED
    assert Notice.objects.filter(topic="harm_assessment").get().person == adviser
    edit_response(operation, changes={"text": "Cross the bridge too"}, based_on=1, by=officer, now=NOW + 3 * HOUR)
    refuse()
    make_harm(case, officer, NOW + 4 * HOUR)
    operation = begin_response(operation, by=officer, now=NOW + 5 * HOUR)
    done = move_case(case, "implement", by=officer, now=NOW + 6 * HOUR)
    assert (done.state, done.acted_at, operation.begun_at) == (CaseState.IMPLEMENTING, NOW + 5 * HOUR, NOW + 5 * HOUR)
    move_case(done, "implement", by=officer, reason="Corrected", now=NOW + 7 * HOUR)  # begun is not changed


def test_case_said_to_hold_an_operation_waits_for_the_assessment_too(case: WarningCase, officer: Person) -> None:
    make_response(case, officer)
    WarningCase.objects.filter(pk=case.pk).update(has_operation=True)
    with pytest.raises(RuleError) as refused:
        move_case(case, "implement", by=officer, now=NOW)
    assert refused.value.code == "harm_not_assessed"


def test_assessment_is_whole_sent_once_and_the_latest(case: WarningCase, officer: Person, colleague: Person) -> None:
    make_response(case, officer, kind="buffer")
    first = make_harm(case, officer, is_sent=False)
    second = make_harm(case, officer, NOW + HOUR, is_sent=False)
    with pytest.raises(RuleError):
        send_harm(first, by=officer, now=NOW + HOUR)
    with pytest.raises(Forbidden):
        send_harm(second, by=colleague, now=NOW + HOUR)
    send_harm(second, by=officer, now=NOW + HOUR)
    with pytest.raises(Conflict):
        send_harm(second, by=officer, now=NOW + HOUR)
    with pytest.raises(RuleError) as refused:
        assess_harm(case, given={"operation": "Hold the bridge"}, by=officer, now=NOW)
    assert (refused.value.field, HarmAssessment.objects.count()) == ("foreseen_harm", 2)


def test_response_without_operation_begins_at_once_and_sets_the_clock(
    case: WarningCase, officer: Person, head_of_military: Person
) -> None:
    first, second = make_response(case, officer), make_response(case, head_of_military, kind="dialogue")
    with pytest.raises(RuleError) as refused:
        begin_response(first, begun_at=NOW + HOUR, by=officer, now=NOW)
    assert refused.value.field == "begun_at"
    begin_response(first, by=officer, now=NOW + HOUR)
    begin_response(second, begun_at=NOW, by=head_of_military, now=NOW + HOUR)
    with pytest.raises(Conflict):
        begin_response(first, by=officer, now=NOW + HOUR)
    case.refresh_from_db()
    assert (case.acted_at, case.has_operation) == (NOW, False)  # the earliest moment of action counts
    keys = list(CaseStep.objects.filter(case=case).values_list("key", "act"))
    assert keys[1:] == [("I15", "plan-response")] * 2 + [("I15", "begin-response")] * 2


def test_completion_and_obstacle_reach_those_of_step_n11(
    case: WarningCase, officer: Person, head_of_office: Person, hq: Office, colleague: Person
) -> None:
    joc, jmac = make_person("joc", Role.JOC, hq), make_person("jmac", Role.JMAC, hq)
    response = make_response(case, officer)
    with pytest.raises(Forbidden):
        hinder_response(response, obstacle="The bridge is cut", by=colleague, now=NOW)
    edit_response(response, changes={"owner": colleague.pk}, based_on=1, by=officer, now=NOW)
    with pytest.raises(RuleError):
        hinder_response(response, obstacle=" ", by=colleague, now=NOW)
    hinder_response(response, obstacle="The bridge is cut", by=colleague, now=NOW)
    assert set(Notice.objects.filter(topic="case_response").values_list("person", flat=True)) == {
        head_of_office.pk, officer.pk, joc.pk, jmac.pk,
    }  # fmt: skip
    with pytest.raises(Conflict):
        finish_response(response, by=colleague, now=NOW)
    begin_response(response, by=colleague, now=NOW + HOUR)
    done = finish_response(response, effect="The market opened", by=colleague, now=NOW + 2 * HOUR)
    assert (done.state, done.ended_at, done.begun_at) == ("done", NOW + 2 * HOUR, NOW + HOUR)
    assert note_effect(done, effect="300 people came back", by=colleague, now=NOW).effect == "300 people came back"
    assert Notice.objects.filter(topic="case_response", person=head_of_office).count() == 2
    verbs = AuditEvent.objects.filter(object_type="coordination.caseresponse").values_list("verb", flat=True)
    assert list(verbs.order_by("seq")) == [
        "planned a response", "changed a response", "met an obstacle in", "began a response", "completed a response",
        "noted the effect of",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"component": None}, "component"),
        ({"kind": "other", "text": ""}, "text"),
        ({"owner": 10**6}, "owner"),
        ({"decision": 10**6}, "decision"),
        ({"host_authority": "x" * 121}, "host_authority"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_response_is_refused_at_its_field(
    case: WarningCase, officer: Person, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleError) as refused:
        make_response(case, officer, **given)
    assert (refused.value.field, CaseResponse.objects.exists()) == (field, False)


def test_host_authority_may_respond_and_owner_must_see_the_case(
    case: WarningCase, officer: Person, stranger: Person
) -> None:
    made = add_response(case, given={"kind": "patrol", "host_authority": "Gendarmerie"}, by=officer, now=NOW)
    assert (made.host_authority, made.component, made.is_operation) == ("Gendarmerie", None, False)
    blind = make_person("blind", Role.SECT, case.office, clearance=Marking.UNCLASSIFIED)
    for person in (blind, stranger):
        with pytest.raises(RuleError) as refused:
            make_response(case, officer, owner=person.pk)
        assert refused.value.field == "owner"


def test_response_is_guarded_against_lost_edits(case: WarningCase, officer: Person, adviser: Person) -> None:
    response = make_response(case, officer)
    saved = edit_response(response, changes={"text": "At noon"}, based_on=1, by=adviser, now=NOW + HOUR)
    assert saved.record.planned_at == NOW + HOUR
    other = edit_response(response, changes={"host_authority": "Police"}, based_on=1, by=officer, now=NOW + HOUR)
    assert (other.record.text, other.record.host_authority) == ("At noon", "Police")
    with pytest.raises(EditConflict):
        edit_response(response, changes={"text": "At dusk"}, based_on=1, by=officer, now=NOW + HOUR)
    edit_response(response, changes={"is_operation": True}, based_on=3, by=officer, now=NOW + HOUR)
    case.refresh_from_db()
    assert case.has_operation


def test_closed_case_takes_no_response(case: WarningCase, officer: Person, head_of_military: Person) -> None:
    scpi = make_person("scpi-b", Role.SCPI, case.office)
    with pytest.raises(Forbidden):
        make_response(case, scpi)
    closed = make_case(case.office, officer, CaseState.CLOSED, N)
    with pytest.raises(RuleError) as refused:
        make_response(closed, head_of_military)
    assert refused.value.code == "case_closed"


# telling (I13, EW-12)

TOLD = {"recipients": "Traders of the market", "text": "Do not take the road tomorrow."}


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


@pytest.fixture
def decision(case: WarningCase, forum: Forum, officer: Person) -> Decision:
    WarningCase.objects.filter(pk=case.pk).update(state=CaseState.FLASH_SENT)
    return decide_on(case, forum, officer)


def test_ew_12_population_is_told_as_decided_in_confirmed_words(
    case: WarningCase, decision: Decision, officer: Person
) -> None:
    with pytest.raises(RuleError) as refused:
        tell_of_case(case, decision=decision, audience="population", by=officer, now=NOW, **TOLD)
    assert refused.value.field == "is_clean"
    with pytest.raises(RuleError) as refused:
        tell_of_case(case, decision=None, audience="population", is_clean=True, by=officer, now=NOW, **TOLD)
    assert (refused.value.field, CaseShare.objects.exists()) == ("decision", False)
    with pytest.raises(RuleError):
        move_case(case, "tell", by=officer, now=NOW)
    told = tell_of_case(case, decision=decision, audience="population", is_clean=True, by=officer, now=NOW, **TOLD)
    case.refresh_from_db()
    assert (told.decision, told.recipients, told.text, told.share) == (decision, *TOLD.values(), None)
    assert case.state == CaseState.PARTNERS_TOLD
    tell_of_case(case, decision=decision, audience="population", is_clean=True, by=officer, now=NOW, **TOLD)
    case.refresh_from_db()
    assert (case.state, case.told.count()) == (CaseState.PARTNERS_TOLD, 2)


def test_ew_12_partners_are_told_under_an_agreement_alone(
    case: WarningCase, decision: Decision, officer: Person, adviser: Person, colleague: Person
) -> None:
    """CO-08: the register of shares refuses what it refuses everywhere."""
    given: dict[str, Any] = {"decision": decision, "by": officer, "now": NOW, **TOLD}
    for audience in ("partners", "structures"):
        with pytest.raises(RuleError) as refused:
            tell_of_case(case, audience=audience, **given)
        assert refused.value.field == "agreement"
    low = make_agreement(case.office, adviser, highest_marking=1)
    with pytest.raises(RuleError) as refused:
        tell_of_case(case, audience="partners", agreement=low, marking=2, **given)
    assert refused.value.field == "marking"
    with pytest.raises(RuleError) as refused:
        tell_of_case(case, audience="partners", agreement=low, marking=3, **given)
    assert refused.value.code == "marking_above_case"
    assert not Share.objects.exists()
    told = tell_of_case(case, audience="partners", agreement=low, marking=1, **given)
    assert told.share == Share.objects.get()
    assert told.share.what == f"{case.ref}: {TOLD['text']}"
    with pytest.raises(Forbidden):
        tell_of_case(case, audience="partners", agreement=low, **{**given, "by": colleague})


def test_ew_12_co_09_host_authorities_are_not_told_of_state_forces(
    case: WarningCase, decision: Decision, officer: Person, adviser: Person, poc_lead: Person
) -> None:
    load_reference()
    state = make_agreement(case.office, adviser, partner="Prefecture", kind="host_state")
    given: dict[str, Any] = {"decision": decision, "audience": "structures", "agreement": state, "by": officer}
    WarningCase.objects.filter(pk=case.pk).update(threatening=Threatening.STATE)
    with pytest.raises(RuleError) as refused:
        tell_of_case(case, now=NOW, **given, **TOLD)
    assert refused.value.code == "blocked"
    actor = make_actor(case.mission, source_of_violence=SourceOfViolence.STATE)
    threat = make_threat(case.office, actors=[actor])
    WarningCase.objects.filter(pk=case.pk).update(threat=threat)
    with pytest.raises(RuleError):
        tell_of_case(case, now=NOW, **given, **TOLD)
    assert not Share.objects.exists()
    lift_block(threat, reason="The garrison was exchanged", by=poc_lead, now=NOW)
    told = tell_of_case(case, now=NOW, **given, **TOLD)
    assert list(told.share.threats.all()) == [threat]
