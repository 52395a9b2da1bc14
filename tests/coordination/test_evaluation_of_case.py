"""Step 17: whether a case is evaluated, by whom until when, and to whom the findings go (EW-20)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coordination.models import CaseTask, Forum, ForumSeat, WarningCase
from coordination.warnings.case_tasks import evaluation_of, own_tasks, remind_of_tasks
from coordination.warnings.choices import Branch, CaseState, TaskKind
from coordination.warnings.evaluation import ask_evaluation, decline_evaluation, finish_evaluation
from pocweb.audit import history_of
from pocweb.choices import Level, Marking, OfficeKind, Role
from pocweb.desk import Visit
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Notice, Office, Person
from pocweb.recipients import Staff
from tests.factories.coordination_case import make_case
from tests.factories.coordination_flash import decide_on
from tests.factories.coordination_forum import make_forum
from tests.factories.mission import make_office, make_person

NOW = datetime(2020, 12, 31, 15, tzinfo=UTC)
DUE = date(2021, 1, 10)


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


@pytest.fixture
def case(forum: Forum, officer: Person) -> WarningCase:
    case = make_case(forum.office, officer, CaseState.MONITORED, Branch.IMMINENT)
    decide_on(case, forum, officer, text="Review how the warning was answered.")
    return case


def ask(case: WarningCase, by: Person, **values: Any) -> CaseTask:
    decision = case.agenda_items.get().decisions.get()
    given = {"tool": "after_action", "owner": by, "due_on": DUE, "decision": decision, "based_on": case.version}
    return ask_evaluation(case, by=by, now=NOW, **{**given, **values})


def test_ew_20_evaluation_from_the_question_to_the_findings(
    client: Client, case: WarningCase, hq: Office, officer: Person, colleague: Person, head_of_office: Person,
    adviser: Person,
) -> None:  # fmt: skip
    """EW-20: asked on the case's page, decided by a forum, a task with tool and owner, the report to those named."""
    sector = make_office(hq.mission, "EAST", hq, kind=OfficeKind.SECTOR)
    Office.objects.move(case.office, sector, "last-child")
    officer = Person.objects.get(pk=officer.pk)  # what they may is read anew, as with every request
    make_person("sector_force", Role.FCPC, sector, "force", first_name="G.", last_name="Kessel")
    make_person("local_force", Role.FCPC, Office.objects.get(code="BAMBARI"), "force", last_name="Tamm")
    group = make_forum(hq, adviser, name="Protection Working Group", code="pwg", level=Level.OPERATIONAL)
    member = make_person("member", Role.PROT, hq, "human-rights", first_name="M.", last_name="Solane")
    low = make_person("low", Role.SECT, hq, "civil-affairs", clearance=Marking.UNCLASSIFIED, last_name="Low")
    for person in (member, low):
        ForumSeat.objects.create(forum=group, person=person)
    client.force_login(officer)
    case = WarningCase.objects.select_related("office", "mission").get(pk=case.pk)
    panel = evaluation_of(officer, case)
    assert panel is not None
    assert panel["is_asked"]
    url = f"/alerts/{case.pk}/evaluation/"
    decision = case.agenda_items.get().decisions.get()
    given = {"answer": "yes", "tool": "after_action", "decision": decision.pk, "owner": colleague.pk}
    given |= {"due_on": "2021-01-10", "based_on": case.version}
    assert client.post(url, given).status_code == 302
    task = CaseTask.objects.get()
    case.refresh_from_db()
    assert (task.kind, task.tool, task.owner, task.due_on) == (TaskKind.EVALUATION, "after_action", colleague, DUE)
    assert (case.review_state, case.state) == ("under_review", "monitored")
    assert Notice.objects.filter(topic="case_tasks").get().person == colleague
    client.force_login(colleague)
    page = client.get(url).text
    assert all(words in page for words in ("After Action Review", decision.ref, "Write what was found"))
    assert client.post(f"{url}finish/", {"findings": "The warning reached the base in 12 minutes."}).status_code == 302
    task.refresh_from_db()
    case.refresh_from_db()
    assert (case.review_state, task.done_by) == ("reviewed", colleague)
    assert [(one["label"], one["name"], one["told"]) for one in task.recipients] == [
        ("Protection Working Group", "M. Solane", True),
        ("Protection Working Group", "Low", False),
        ("Head of Office", "I. Marrow", True),
        ("Sector Commander", "G. Kessel", True),
        ("Sector Police Commissioner", "", False),
    ]
    told = Notice.objects.filter(key=f"evaluation:{task.pk}:done").values_list("person__username", flat=True)
    assert set(told) == {"member", "head_of_office", "sector_force"}
    assert [(step.key, step.act) for step in case.steps.order_by("pk")][-2:] == [
        ("17", "evaluate"),
        ("17", "evaluated"),
    ]
    verbs = [event.verb for event in history_of(case)]
    assert verbs == ["finished the evaluation of", "asked for an evaluation of"]
    client.force_login(head_of_office)
    assert "The warning reached the base in 12 minutes." in client.get(url).text
    with pytest.raises(Conflict):
        finish_evaluation(task, findings="Again", by=colleague, now=NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tool": "coffee"}, "tool"),
        ({"decision": None}, "decision"),
        ({"owner": None}, "owner"),
        ({"due_on": None}, "due_on"),
        ({"due_on": date(2020, 12, 30)}, "due_on"),
    ],
    ids=["EW-20 tool", "EW-20 decision of a forum", "EW-20 owner", "EW-20 deadline", "EW-20 deadline passed"],
)
def test_ew_20_evaluation_needs(case: WarningCase, officer: Person, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleError) as refused:
        ask(case, officer, **values)
    assert (refused.value.field, CaseTask.objects.count(), WarningCase.objects.get().review_state) == (field, 0, "open")


def test_ew_20_no_needs_a_reason_and_comes_after_the_response(
    client: Client, case: WarningCase, bambari: Office, officer: Person, colleague: Person, stranger: Person
) -> None:
    """EW-20: "no" is kept with its reason; not before the response, not twice, not by everybody."""
    early = make_case(bambari, officer, CaseState.TABLED, Branch.NON_IMMINENT)
    with pytest.raises(RuleError) as refused:
        decline_evaluation(early, reason="Small", based_on=1, by=officer)
    assert (refused.value.code, evaluation_of(officer, early)) == ("too_early", None)
    with pytest.raises(Forbidden):
        decline_evaluation(case, reason="Small", based_on=1, by=colleague)
    url = f"/alerts/{case.pk}/evaluation/"
    client.force_login(officer)
    answer = client.post(url, {"answer": "no", "reason": " ", "based_on": case.version})
    assert (answer.status_code, "Say why the case is not evaluated." in answer.text) == (422, True)
    client.post(url, {"answer": "no", "reason": "The forum saw nothing to learn", "based_on": case.version})
    case.refresh_from_db()
    assert (case.review_state, case.steps.latest("pk").reason) == ("none", "The forum saw nothing to learn")
    assert "The forum saw nothing to learn" in client.get(url).text
    with pytest.raises(Conflict):
        decline_evaluation(case, reason="Again", based_on=case.version, by=officer)
    with pytest.raises(Conflict):
        ask(case, officer, based_on=case.version - 1)
    ask(case, officer)
    client.force_login(stranger)
    assert client.get(url).status_code == 404


def test_owner_must_see_the_case(case: WarningCase, officer: Person, stranger: Person, adviser: Person) -> None:
    with pytest.raises(RuleError) as refused:
        ask(case, officer, owner=stranger)
    assert refused.value.code == "owner_cannot_see"
    task = ask(case, officer, owner=adviser)
    WarningCase.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    with pytest.raises(Forbidden):
        finish_evaluation(task, findings="Seen", by=adviser, now=NOW)


def test_tasks_of_cases_on_the_desk(case: WarningCase, hq: Office, officer: Person, colleague: Person) -> None:
    """One query for all tasks of a person: their evaluations, and 7A and 7B for who rates for the units (EW-04)."""
    unit = make_person("unit", Role.PROT, hq, "human-rights")
    for kind in (TaskKind.CHILDREN, TaskKind.WOMEN):
        CaseTask.objects.create(case=case, kind=kind, asked_at=NOW, asked_by=officer)
    ask(case, officer, owner=colleague)
    late = Visit(colleague, case.mission, NOW + timedelta(days=12))
    with CaptureQueriesContext(connection) as queries:
        content = own_tasks(late)
    assert content is not None
    assert (len(queries), [(one.text, one.state) for one in content.items]) == (
        1, [("EW-001: Evaluate the case (17)", "2 days late")]
    )  # fmt: skip
    own = own_tasks(Visit(unit, case.mission, NOW))
    assert own is not None
    assert [one.text for one in own.items] == [
        "EW-001: Rate the impact on children (7A)",
        "EW-001: Rate the impact on women and girls (7B)",
    ]
    assert own.waiting == ((2, "2 tasks of cases wait for you"),)
    assert own_tasks(Visit(officer, case.mission, NOW)) is None
    WarningCase.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert (own_tasks(late), own_tasks(Visit(unit, case.mission, NOW))) == (None, None)


def test_overdue_evaluation_is_told_once_and_climbs(
    case: WarningCase, officer: Person, colleague: Person, head_of_office: Person
) -> None:
    """EW-20: told to the owner when due and late, from the third day to the Head of Office, never twice."""
    task = ask(case, officer, owner=colleague)
    Notice.objects.all().delete()
    told = []
    for days in (0, 1, 1, 3):
        at = datetime.combine(DUE, NOW.time(), tzinfo=UTC) + timedelta(days=days)
        told.append(remind_of_tasks(Staff(case.mission), at))
    assert told == [1, 1, 0, 1]
    assert Notice.objects.latest("pk").person == head_of_office
    finish_evaluation(task, findings="Done", by=colleague, now=NOW)
    assert remind_of_tasks(Staff(case.mission), NOW + timedelta(days=30)) == 0
