"""EW-08, EW-09, EW-11 to EW-13: pages of sending, deciding, responding, telling and closing; case page and desk."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.meetings.services import put_case
from coordination.models import CaseRecipient, CaseResponse, HarmAssessment, Meeting, RecipientRule, WarningCase
from coordination.warnings import response_panels as panels
from coordination.warnings.case_page import acts_of
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.rules import STEPS
from coordination.warnings.sending import send_out, share_case
from pocweb import clock
from pocweb.desk import Visit
from pocweb.models import Mission, Notice, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import make_meeting
from tests.factories.coordination_response import HARM, decide_on, make_harm, make_response

I, N = Branch.IMMINENT, Branch.NON_IMMINENT  # noqa: E741  the letters of the steps


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(officer: Person) -> Client:
    return as_person(officer)


@pytest.fixture
def case(bambari: Office, officer: Person, head_of_office: Person, adviser: Person) -> WarningCase:
    return make_case(bambari, officer, CaseState.PRIORITISED, I)


def url(case: WarningCase, end: str) -> str:
    return f"/alerts/{case.pk}/{end}/"


def test_ew_08_alert_is_sent_seen_on_the_desk_and_acknowledged_there(
    client: Client, case: WarningCase, head_of_office: Person, head_of_police: Person
) -> None:
    """The journey of an alert: preview, sending, first panel of the desk, one press, the list of who is silent."""
    page = client.get(url(case, "send")).content.decode()
    assert str(head_of_office) in page
    assert "nobody holds this function" in page  # no local commander of the Force is posted
    post = {"based_on": case.version, "once": "one"}
    assert [client.post(url(case, "send"), post).status_code for _turn in range(2)] == [302, 302]
    assert CaseRecipient.objects.filter(case=case).count() == 4
    notice = Notice.objects.get(person=head_of_office, topic="alert_to_acknowledge")
    head = as_person(head_of_office)
    desk = head.get("/").content.decode()
    assert desk.index("Alerts to acknowledge") < desk.index("</section>")
    assert notice.url == url(case, "acknowledge")
    assert "Acknowledge" in head.get(notice.url).content.decode()
    assert [head.post(notice.url).status_code for _turn in range(2)] == [302, 302]
    assert "Alerts to acknowledge" not in head.get("/").content.decode()
    seen = client.get(f"/alerts/{case.pk}/").content.decode()
    assert "1 of 4 have acknowledged the alert." in seen
    assert "Awaited until" in seen


def test_ew_09_imminent_case_stays_on_the_desk_and_its_first_act_is_to_call_the_meeting(
    client: Client, case: WarningCase, officer: Person, head_of_office: Person
) -> None:
    """What was sent out waits on the desk for a decision, then the flash report; the call comes before the record."""
    head, call = as_person(head_of_office), f'class="btn go" href="{url(case, "emergency")}"'
    for state, waits in (
        (CaseState.DISSEMINATED, True),
        (CaseState.EMERGENCY_DECIDED, True),
        (CaseState.FLASH_SENT, False),
    ):
        WarningCase.objects.filter(pk=case.pk).update(state=state)
        assert [("waits for its next step" in one.get("/").content.decode()) for one in (head, client)] == [waits] * 2
    WarningCase.objects.filter(pk=case.pk).update(state=CaseState.DISSEMINATED)
    page = head.get(f"/alerts/{case.pk}/").content.decode()
    assert page.index(call) < page.index(f'href="{url(case, "decision")}"')
    assert url(case, "emergency") not in client.get(f"/alerts/{case.pk}/").content.decode()
    decide_on(case, make_forum(case.office, officer), officer)
    assert call not in head.get(f"/alerts/{case.pk}/").content.decode()


def test_ew_07_every_step_of_the_state_table_has_its_button_on_the_case(
    client: Client, case: WarningCase, officer: Person, head_of_office: Person
) -> None:
    """Annex V, steps 3 to 17: no case stops at a step without a page; I14 and N12 keep the words."""
    for step in STEPS:
        WarningCase.objects.filter(pk=case.pk).update(state=step.before[0], branch=step.branch)
        case.refresh_from_db()
        acts = acts_of(head_of_office, case, [step]) or acts_of(officer, case, [step])
        assert [one["step"] for one in acts][-1:] == [step]
    for state, act, after in (
        (CaseState.FLASH_SENT, "update-matrix", CaseState.MATRIX_UPDATED),
        (CaseState.IMPLEMENTING, "monitor", CaseState.MONITORED),
    ):
        WarningCase.objects.filter(pk=case.pk).update(state=state, branch=I)
        case.refresh_from_db()
        assert url(case, f"do/{act}") in client.get(f"/alerts/{case.pk}/").content.decode()
        post = {"based_on": case.version, "reason": "The row is right", "once": act}
        assert [client.post(url(case, f"do/{act}"), post).status_code for _turn in range(2)] == [302, 302]
        case.refresh_from_db()
        assert (case.state, case.steps.latest("pk").reason) == (after, "The row is right")
    assert client.post(url(case, "do/update-matrix"), {"based_on": case.version}).status_code == 422  # a way back


def test_changed_list_without_reason_keeps_what_was_ticked(
    client: Client, case: WarningCase, head_of_office: Person
) -> None:
    answer = client.post(url(case, "send"), {"based_on": case.version, "removed": [head_of_office.pk]})
    page = answer.content.decode()
    assert (answer.status_code, "Say why the list is changed." in page) == (422, True)
    assert f'value="{head_of_office.pk}" id="id_removed_0" checked' in page.replace("  ", " ") or "checked" in page
    assert not CaseRecipient.objects.exists()


def test_stale_page_is_refused_in_words(client: Client, case: WarningCase) -> None:
    WarningCase.objects.filter(pk=case.pk).update(version=7)
    answer = client.post(url(case, "send"), {"based_on": 1})
    assert (answer.status_code, b"has moved on meanwhile" in answer.content) == (422, True)


def test_acts_that_are_not_open_lead_back_to_the_case(client: Client, case: WarningCase) -> None:
    assert client.get(url(case, "table")).url == f"/alerts/{case.pk}/"  # of the other branch


def test_ew_09_one_press_on_the_case_leads_to_the_session(
    case: WarningCase, bambari: Office, officer: Person, head_of_office: Person, client: Client
) -> None:
    head = as_person(head_of_office)
    refused = head.post(url(case, "emergency"))
    assert (refused.status_code, b"no forum that you could call" in refused.content) == (422, True)
    make_forum(bambari, officer, chair=head_of_office)
    answer = head.post(url(case, "emergency"), {"once": "now"})
    meeting = Meeting.objects.get()
    assert answer.url == f"/meetings/{meeting.pk}/session/"
    item = meeting.items.get()
    page = head.get(answer.url).content.decode()
    assert f'href="/alerts/{case.pk}/"' in page
    assert "Close the minutes" in page
    written = {"based_on": 1, "note": "", "note_was": "", "decision_text": "Patrol", "decision_kind": "reaction"}
    assert head.post(f"/meetings/{meeting.pk}/session/items/{item.pk}/", written).status_code == 302
    assert "Patrol" in client.get(f"/alerts/{case.pk}/").content.decode()
    WarningCase.objects.filter(pk=case.pk).update(state=CaseState.DISSEMINATED)
    answer = client.post(url(case, "decision"), {"based_on": case.version + 1})
    case.refresh_from_db()
    assert (answer.status_code, case.state) == (302, CaseState.EMERGENCY_DECIDED)


def test_decision_page_without_a_decision_shows_the_way(client: Client, bambari: Office, officer: Person) -> None:
    case = make_case(bambari, officer, CaseState.TABLED, N)
    assert b"Write it under the case in the meeting" in client.get(url(case, "decision")).content
    meeting = make_meeting(make_forum(bambari, officer), officer)
    put_case(meeting, case, why="Tabled", by=officer, now=meeting.starts_at)
    assert f'href="/meetings/{meeting.pk}/"' in client.get(url(case, "decision")).content.decode()
    answer = client.post(url(case, "decision"), {"based_on": case.version})
    assert (answer.status_code, b"No decision of a forum on" in answer.content) == (422, True)


def test_ew_11_page_refuses_with_the_link_to_the_form_and_a_reason_does_not_help(
    client: Client, bambari: Office, officer: Person, adviser: Person
) -> None:
    case = make_case(bambari, officer, CaseState.EMERGENCY_DECIDED, I)
    plan = {"kind": "robust_patrol", "text": "Hold the bridge", "component": "", "host_authority": "", "once": "a"}
    answer = client.post(url(case, "responses/new"), plan)
    assert (answer.status_code, b"Say who acts" in answer.content) == (422, True)
    assert b"Hold the bridge" in answer.content  # what was typed is kept
    client.post(url(case, "responses/new"), {**plan, "host_authority": "Gendarmerie"})
    response = CaseResponse.objects.get()
    assert response.is_operation
    version = WarningCase.objects.get().version
    answer = client.post(url(case, "implement"), {"based_on": version, "reason": "They come now"})
    assert (answer.status_code, f'href="{url(case, "harm")}"' in answer.content.decode()) == (422, True)
    assert client.post(f"/responses/{response.pk}/begin/", {}).status_code == 422
    half = client.post(url(case, "harm"), {**HARM, "mitigation": "", "act": "send"})
    assert (half.status_code, HarmAssessment.objects.exists()) == (422, False)
    assert client.post(url(case, "harm"), {**HARM, "act": "store"}).status_code == 302
    assert client.post(f"/harm-assessments/{HarmAssessment.objects.get().pk}/send/").status_code == 302
    assert client.post(f"/responses/{response.pk}/begin/", {"begun_at": ""}).status_code == 302
    version = WarningCase.objects.get().version
    answer = client.post(url(case, "implement"), {"based_on": version, "reason": "They come now"})
    assert (answer.status_code, WarningCase.objects.get().state) == (302, CaseState.IMPLEMENTING)


def test_response_is_edited_reported_and_shown_with_its_history(
    client: Client, bambari: Office, officer: Person, adviser: Person, colleague: Person
) -> None:
    case = make_case(bambari, officer, CaseState.IMPLEMENTING, I)
    response = make_response(case, officer, owner=colleague.pk)
    page, form = f"/responses/{response.pk}/", {"kind": "dialogue", "text": "Talk", "host_authority": "Prefect"}
    assert client.post(f"{page}edit/", {**form, "based_on": 1}).status_code == 302
    clash = as_person(adviser).post(f"{page}edit/", {**form, "text": "Wait", "based_on": 1})
    assert (clash.status_code, b"Talk" in clash.content, b"Wait" in clash.content) == (409, True, True)
    refused = client.post(f"{page}hinder/", {"obstacle": ""})
    assert (refused.status_code, b"Say what hinders it." in refused.content) == (422, True)
    CaseResponse.objects.update(owner=colleague)
    assert as_person(colleague).post(f"{page}hinder/", {"obstacle": "Rain"}).status_code == 302
    seen = client.get(page).content.decode()
    assert all(words in seen for words in ("Met an obstacle", "Rain", "Note the action", "met an obstacle in"))


def test_ew_12_telling_is_refused_at_its_field_and_shown_on_the_case(
    client: Client, bambari: Office, officer: Person
) -> None:
    case = make_case(bambari, officer, CaseState.FLASH_SENT, I)
    assert b"No decision of a forum" in client.get(url(case, "tell")).content
    decision = decide_on(case, make_forum(bambari, officer), officer)
    form = {"decision": decision.pk, "audience": "population", "recipients": "Quarter committee", "marking": 1}
    form |= {"text": "Stay off the road.", "based_on": WarningCase.objects.get().version}
    answer = client.post(url(case, "tell"), form)
    assert (answer.status_code, b"Stay off the road." in answer.content) == (422, True)
    assert client.post(url(case, "tell"), {**form, "is_clean": "on", "once": "a"}).status_code == 302
    assert "Quarter committee" in client.get(f"/alerts/{case.pk}/").content.decode()


def test_ew_13_tabling_names_the_agenda_and_closing_asks_for_the_finding(
    client: Client, bambari: Office, officer: Person
) -> None:
    forum = make_forum(bambari, officer)
    case = make_case(bambari, officer, CaseState.MONITORED, N)
    assert b"has no meeting called" in client.get(url(case, "table")).content
    assert client.post(url(case, "table"), {"based_on": case.version}).status_code == 302
    assert forum.meetings.count() == 0
    late = client.post(url(case, "close"), {"based_on": case.version + 1, "outcome": "false", "finding": "Rumour"})
    assert (late.status_code, b"Say why." in late.content) == (422, True)  # it is before the forum, not watched
    WarningCase.objects.update(state=CaseState.MONITORED)
    post = {"based_on": case.version + 1, "outcome": "false", "finding": "A rumour"}
    assert client.post(url(case, "close"), post).status_code == 302
    assert WarningCase.objects.get().state == CaseState.CLOSED


def test_lists_of_recipients_are_edited_on_their_page(adviser: Person, client: Client, mission: Mission) -> None:
    editor = as_person(adviser)
    page = editor.get("/alerts/recipients/").content.decode()
    assert "POC focal points" in page
    given = {"step": "I10", "label": "Brigade", "reach": "office", "role": ""}
    assert b"Choose the role" in editor.post("/alerts/recipients/", given).content
    assert editor.post("/alerts/recipients/", {**given, "role": "FCPC"}).status_code == 302
    editor.post("/alerts/recipients/I10/remove/", {"label": "POC focal points"})
    assert RecipientRule.objects.filter(mission=mission, step="I10").count() == 6
    assert client.get("/alerts/recipients/").status_code == 403


def test_share_page_shares_without_a_time(client: Client, bambari: Office, officer: Person, adviser: Person) -> None:
    case = make_case(bambari, officer, CaseState.MONITORED, N)
    assert client.post(url(case, "share/N12"), {"based_on": case.version}).status_code == 302
    assert CaseRecipient.objects.get(person=adviser).due_at is None
    assert client.get(url(case, "share/I10")).status_code == 404


def test_panels_and_desk_cost_the_same_for_one_line_and_for_three(
    bambari: Office, officer: Person, head_of_office: Person, adviser: Person, django_assert_num_queries: Any
) -> None:
    """Each panel of the case page has its number of queries; the desk's panel one."""
    now = clock.now(bambari.mission)
    case = make_case(bambari, officer, CaseState.PRIORITISED, I)
    send_out(case, by=officer, now=now - timedelta(hours=2))
    forum = make_forum(bambari, officer)
    for count in (1, 3):
        while CaseResponse.objects.count() < count:
            response = make_response(case, officer, kind="buffer", at=now)
            make_harm(case, officer, at=now)
            decide_on(case, forum, officer, at=now)
            share_case(case, "6", by=officer, now=now)
            assert response.pk
        fresh = WarningCase.objects.select_related("mission", "office", "threat", "incident").get(pk=case.pk)
        costs = {panels.recipients_panel: 1, panels.decisions_panel: 3, panels.responses_panel: 1}
        costs |= {panels.harm_panel: 2, panels.told_panel: 3}
        for build, queries in costs.items():
            with django_assert_num_queries(queries):
                assert build(officer, fresh) is not None
        visit = Visit(head_of_office, bambari.mission, now)
        assert head_of_office.grants  # read once per request
        with django_assert_num_queries(1):
            content = panels.alerts_waiting(visit)
        assert content is not None
        assert [(item.tone, item.act, item.is_post) for item in content.items] == [("bad", "Acknowledge", True)]


def test_who_may_not_see_a_case_finds_nothing_of_it(
    case: WarningCase, client: Client, stranger: Person, colleague: Person, officer: Person
) -> None:
    response = make_response(case, officer)
    for end in ("acknowledge", "send", "tell", "close", "harm"):
        assert as_person(stranger).get(url(case, end)).status_code == 404
    assert as_person(stranger).get(f"/responses/{response.pk}/").status_code == 404
    page = as_person(colleague).get(f"/alerts/{case.pk}/").content.decode()
    assert all(words not in page for words in ("Call the emergency", "Record who is told", "Plan a response"))
    WarningCase.objects.filter(pk=case.pk).update(marking=3)
    assert client.get(f"/responses/{response.pk}/").status_code == 404
