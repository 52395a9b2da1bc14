"""Issues up the chain and decisions down, each step kept with reason, sender and time (CO-05)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coordination.issues import rules
from coordination.issues.services import move_issue, open_steps, raise_issue
from coordination.meetings.agenda import due_for
from coordination.models import Forum, Issue, IssueMove
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Office, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import NOON, make_action, make_meeting
from tests.factories.threats_edition import make_matrix_threat
from threats.models import Threat


@pytest.fixture
def chain(bambari: Office, hq: Office, officer: Person, adviser: Person) -> dict[str, Forum]:
    levels = {"operational": "Working group", "strategic": "Senior group"}
    above = {level: make_forum(hq, adviser, name, level=level) for level, name in levels.items()}
    return {"tactical": make_forum(bambari, officer), **above}


def test_co_05_every_state_can_be_reached_and_left() -> None:
    """Source: POC Handbook 2020, 6.1.1 to 6.1.3, diagram."""
    reached = {step.after for step in rules.STEPS} | {"raised"}
    assert reached == set(rules.S.values)
    assert {step.before for step in rules.STEPS} == set(rules.S.values) - {"closed"}
    assert [step.act for step in rules.steps_from("raised", level="tactical")] == ["decide", "refer"]
    own = rules.steps_from("raised", level="operational")
    assert [step.after for step in own] == ["decided_operational", "referred_strategic"]


def test_co_05_up_the_chain_and_down_again(
    chain: dict[str, Forum], officer: Person, adviser: Person, head_of_office: Person, head_of_mission: Person
) -> None:
    issue = raise_issue(chain["tactical"], title="Bridge", by=officer)
    with pytest.raises(RuleError) as refused:
        move_issue(issue, "refer", reason=" ", by=officer)
    assert refused.value.field == "reason"
    move_issue(issue, "refer", reason="We have no crane", by=officer)
    with pytest.raises(Forbidden):  # it lies with headquarters now
        move_issue(issue, "refer", reason="Again", by=officer)
    move_issue(issue, "refer", reason="No money", by=adviser)
    move_issue(issue, "refer", reason="Political", by=adviser)
    for person in (adviser, head_of_office):
        with pytest.raises(Forbidden):
            move_issue(issue, "decide", reason="Yes", by=person)
    move_issue(issue, "decide", reason="Build it", by=head_of_mission)
    for act in ("implement", "report", "close"):
        move_issue(issue, act, reason="Done", by=officer)
    kept = list(IssueMove.objects.values_list("after", "reason", "moved_by__username"))
    assert kept == [
        ("referred_operational", "We have no crane", "officer"),
        ("referred_strategic", "No money", "adviser"),
        ("referred_leadership", "Political", "adviser"),
        ("decided_leadership", "Build it", "head_of_mission"),
        ("implementing", "Done", "officer"),
        ("reported", "Done", "officer"),
        ("closed", "Done", "officer"),
    ]


def test_co_05_a_forum_decides_by_a_decision_of_its_own(
    chain: dict[str, Forum], officer: Person, adviser: Person
) -> None:
    issue = raise_issue(chain["tactical"], title="Bridge", by=officer)
    other = make_action(make_meeting(chain["operational"], adviser, "open"), adviser).decision
    ours = make_action(make_meeting(chain["tactical"], officer, "open"), officer).decision
    for wrong in (None, other):
        with pytest.raises(RuleError) as refused:
            move_issue(issue, "decide", reason="Agreed", decision=wrong, by=adviser)
        assert refused.value.field == "decision"
    assert move_issue(issue, "decide", reason="Agreed", decision=ours, by=officer).decision == ours
    issue.refresh_from_db()
    assert (issue.state, [step.act for step in open_steps(issue, officer)]) == ("decided_local", ["implement"])


def test_referral_is_due_on_the_agenda_of_the_next_forum(
    chain: dict[str, Forum], officer: Person, adviser: Person
) -> None:
    issue = raise_issue(chain["tactical"], title="Bridge", by=officer)
    move_issue(issue, "refer", reason="We have no crane", by=officer)
    due = due_for(make_meeting(chain["operational"], adviser), adviser, today=NOON.date())
    assert [(one.kind, one.record) for one in due] == [("issue", issue)]
    assert due_for(make_meeting(chain["tactical"], officer), officer, today=NOON.date()) == []


def test_no_forum_above_is_said(bambari: Office, officer: Person) -> None:
    issue = raise_issue(make_forum(bambari, officer), title="Bridge", by=officer)
    with pytest.raises(RuleError) as refused:
        move_issue(issue, "refer", reason="We have no crane", by=officer)
    assert (refused.value.code, IssueMove.objects.count()) == ("no_forum_above", 0)


def test_issue_on_the_pages(client: Client, chain: dict[str, Forum], bambari: Office, officer: Person) -> None:
    """Raised, refused without a reason, referred; hidden with its threat; a fixed number of queries."""
    threat = make_matrix_threat(bambari, risk=4)
    client.force_login(officer)
    given = {"forum": chain["tactical"].pk, "title": "Bridge", "threat": threat.pk}
    path = client.post("/issues/new/", given).url
    assert client.post(f"{path}refer/", {"reason": ""}).status_code == 422
    client.post(f"{path}refer/", {"reason": "We have no crane"})
    assert all(words in client.get(path).text for words in ("We have no crane", "Working group", threat.ref))
    assert client.post(f"{path}close/", {"reason": "x"}).status_code == 400
    counts = []
    for size in (1, 5):
        while Issue.objects.count() < size:
            raise_issue(chain["tactical"], title=f"Issue {Issue.objects.count()}", by=officer)
        with CaptureQueriesContext(connection) as queries:
            client.get("/issues/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
    Threat.objects.filter(pk=threat.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(path).status_code == 404
    assert "Bridge" not in client.get("/issues/").text


def test_of_two_people_one_moves_an_issue(chain: dict[str, Forum], officer: Person, adviser: Person) -> None:
    issue = raise_issue(chain["tactical"], title="Bridge", by=officer)
    move_issue(issue, "refer", reason="First", by=officer)
    with pytest.raises((Conflict, Forbidden)):
        move_issue(issue, "refer", reason="Second", by=officer)
    assert IssueMove.objects.count() == 1
