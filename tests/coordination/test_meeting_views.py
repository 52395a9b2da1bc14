"""Pages of meetings in session and of action points (CO-04, CO-05, CO-06, CO-12)."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from coordination.meetings.files import TEMPLATE, document_of
from coordination.meetings.minutes import read_minutes
from coordination.meetings.services import add_item
from coordination.models import ActionPoint, AgendaItem, Decision, Forum, Meeting
from pocweb import jobs
from pocweb.choices import Marking
from pocweb.models import Job, Office, Person
from pocweb.pdf import render_pdf
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import NOON, make_action, make_meeting
from tests.factories.threats_edition import make_matrix_threat
from threats.models import Threat


@pytest.fixture
def sign_in(client: Client) -> Callable[[Person], Client]:
    def enter(person: Person) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


def hidden(page: str, item: int, name: str) -> str:
    """Return the value of a hidden field in the form of one item."""
    part = page[page.index(f'id="item-{item}"') :]
    found = re.search(rf'name="{name}" value="([^"]*)"', part)
    assert found
    return found[1]


def sent(page: str, item: AgendaItem, **values: Any) -> dict[str, Any]:
    names = ("based_on", "note_was", "once")
    return {name: hidden(page, item.pk, name) for name in names} | {"note": item.note} | values


def test_a_meeting_from_the_call_to_closed_minutes(
    sign_in: Any, officer: Person, bambari: Office, forum: Forum
) -> None:
    """CO-04, CO-12: called, agenda, decision and action point, minutes with acronyms explained."""
    threat = make_matrix_threat(bambari, risk=4)
    client = sign_in(officer)
    call = {"forum": forum.pk, "kind": "regular", "starts_at": "2020-12-31T10:00", "marking": "2"}
    assert client.post("/meetings/new/", {**call, "kind": "emergency"}).status_code == 422
    answer = client.post("/meetings/new/", call)
    meeting = Meeting.objects.get()
    assert answer.url == f"/meetings/{meeting.pk}/agenda/"
    assert "Priority 1." in client.get(answer.url).text
    client.post(answer.url, {"act": "due", "due": f"threat-{threat.pk}"})
    assert client.post(f"/meetings/{meeting.pk}/open/").url == f"/meetings/{meeting.pk}/session/"
    page = client.get(f"/meetings/{meeting.pk}/session/").text
    item = AgendaItem.objects.get()
    given = {"note": "OCHA reports movement", "decision_kind": "reaction", "decision_text": "Patrol at dawn"}
    given |= {"action_text": "Send a patrol", "action_owner": officer.pk, "action_due": "2021-01-04"}
    client.post(f"/meetings/{meeting.pk}/session/items/{item.pk}/", sent(page, item, **given))
    client.post(
        f"/meetings/{meeting.pk}/session/attendance/", {"present": officer.pk, "bodies": "OCHA, head of office"}
    )
    client.post(f"/meetings/{meeting.pk}/close/", {"summary": "One patrol"})
    page = client.get(f"/meetings/{meeting.pk}/").text
    meeting.refresh_from_db()
    assert meeting.state == "held"
    for words in ("Patrol at dawn", "Send a patrol", "4 January 2021", "One patrol", meeting.sha256, threat.ref):
        assert words in page
    assert '<abbr title="' in page


def test_minutes_as_pdf_for_their_reader(client: Client, officer: Person, bambari: Office, forum: Forum) -> None:
    """Marking on each page, the same bytes twice, and no download once the reader may not see what it tells of."""
    threat = make_matrix_threat(bambari, risk=4)
    meeting = make_meeting(forum, officer, "open")
    make_action(meeting, officer, text="Watch the bridge", threat=threat)
    client.force_login(officer)
    client.post(f"/meetings/{meeting.pk}/session/attendance/", {"present": officer.pk})
    assert client.post(f"/meetings/{meeting.pk}/pdf/").status_code == 400
    client.post(f"/meetings/{meeting.pk}/close/", {"summary": "Agreed with OCHA"})
    client.post(f"/meetings/{meeting.pk}/pdf/")
    job = Job.objects.get()
    jobs.run(job.pk)
    pdf = b"".join(client.get(f"/meetings/files/{job.pk}/").streaming_content)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert all(page.upper().count("CONFIDENTIAL") >= 2 for page in pages)
    assert all(words in "".join(pages) for words in ("Watch the bridge", "15 January 2021", "Page 1 of", "OCHA:"))
    meeting.refresh_from_db()
    minutes = read_minutes(meeting, officer)
    assert render_pdf(TEMPLATE, document_of(minutes)) == pdf
    Threat.objects.filter(pk=threat.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/meetings/files/{job.pk}/").status_code == 404


@pytest.mark.parametrize("missing", ["action_owner", "action_due"], ids=lambda name: f"CO-04 {name}")
def test_co_04_action_point_without_owner_or_deadline_is_refused_at_the_field(
    sign_in: Any, officer: Person, forum: Forum, missing: str
) -> None:
    item = add_item(make_meeting(forum, officer, "open"), title="Market", by=officer)
    client, path = sign_in(officer), f"/meetings/{item.meeting_id}/session/"
    given = {"note": "Kept words", "action_text": "Patrol", "action_owner": officer.pk, "action_due": "2021-01-04"}
    del given[missing]
    answer = client.post(f"{path}items/{item.pk}/", sent(client.get(path).text, item, **given))
    assert (answer.status_code, ActionPoint.objects.count(), AgendaItem.objects.get().note) == (422, 0, "")
    assert f'id="i{item.pk}_{missing}_error"' in answer.text
    assert "Kept words" in answer.text


def test_double_click_stores_once(sign_in: Any, officer: Person, forum: Forum) -> None:
    item = add_item(make_meeting(forum, officer, "open"), title="Market", by=officer)
    client, path = sign_in(officer), f"/meetings/{item.meeting_id}/session/"
    data = sent(client.get(path).text, item, decision_kind="planning", decision_text="Plan a round")
    answers = [client.post(f"{path}items/{item.pk}/", data) for _turn in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    assert Decision.objects.count() == 1


def test_two_writers_both_see_their_texts(sign_in: Any, officer: Person, adviser: Person, forum: Forum) -> None:
    item = add_item(make_meeting(forum, officer, "open"), title="Market", by=officer)
    client, path = sign_in(officer), f"/meetings/{item.meeting_id}/session/"
    before = client.get(path).text
    AgendaItem.objects.filter(pk=item.pk).update(note="Their words", version=2)
    answer = client.post(f"{path}items/{item.pk}/", sent(before, item, note="My words"))
    assert answer.status_code == 409
    assert "Their words" in answer.text
    assert "My words" in answer.text
    # somebody who touched only the decision takes nothing away
    client.post(f"{path}items/{item.pk}/", sent(before, item, decision_kind="planning", decision_text="Plan"))
    assert AgendaItem.objects.get().note == "Their words"
    client.post(f"{path}items/{item.pk}/", sent(answer.text, item, note="Their words and mine"))
    assert AgendaItem.objects.get().note == "Their words and mine"


def test_lists_cost_the_same_with_more_rows(sign_in: Any, officer: Person, bambari: Office, forum: Forum) -> None:
    client = sign_in(officer)
    session = make_meeting(forum, officer, "open")
    held = make_meeting(make_forum(bambari, officer, "Other group"), officer, "held")
    pages = ["/meetings/", "/actions/", f"/meetings/{session.pk}/session/", f"/meetings/{held.pk}/"]
    counts = []
    for size in (1, 4):
        while ActionPoint.objects.count() < size:
            number = ActionPoint.objects.count()
            threat = make_matrix_threat(bambari, risk=4)
            make_action(session, officer, text=f"Patrol {number}", threat=threat)
            make_meeting(forum, officer, at=NOON + timedelta(days=number + 1))
        found = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0][:2]) <= 12
    assert max(counts[0]) <= 16


def test_action_above_clearance_is_in_no_list_export_or_desk(
    sign_in: Any, officer: Person, bambari: Office, forum: Forum
) -> None:
    threat = make_matrix_threat(bambari, risk=4)
    session = make_meeting(forum, officer, "open")
    make_action(session, officer, text="Hidden act", threat=threat)
    make_action(session, officer, text="Open act")
    client = sign_in(officer)
    pages = ["/actions/", "/actions/export.csv", "/", f"/meetings/{session.pk}/session/", "/meetings/"]
    assert "Hidden act" in client.get("/actions/").text
    Threat.objects.filter(pk=threat.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    for page in pages:
        assert "Hidden act" not in client.get(page).content.decode(), page
    assert "Open act" in client.get("/").text


def test_co_04_overdue_stand_first_and_on_the_page_of_the_head_of_office(
    client: Client, officer: Person, head_of_office: Person, forum: Forum
) -> None:
    session = make_meeting(forum, officer, "open", at=NOON - timedelta(days=20))
    make_action(session, officer, text="In time")
    make_action(session, officer, text="Too late", due_on=date(2020, 12, 20))
    client.force_login(head_of_office)
    desk = client.get("/").text
    assert ("Too late" in desk, "In time" in desk) == (True, False)
    board = client.get("/actions/").text
    assert board.index("Too late") < board.index("In time")
    assert "11 days late" in board
    rows = list(csv.reader(io.StringIO(client.get("/actions/export.csv?late=yes").content.decode("utf-8-sig"))))
    assert [row[1] for row in rows if row[1].startswith(("Too", "In "))] == ["Too late"]


def test_owner_marks_done_on_the_page(client: Client, officer: Person, colleague: Person, forum: Forum) -> None:
    point = make_action(make_meeting(forum, officer, "open"), officer, owner=colleague)
    client.force_login(colleague)
    path = f"/actions/{point.pk}/"
    assert client.post(f"{path}finish/", {"done_on": "2021-02-01", "result": "Kept"}).status_code == 422
    assert client.post(f"{path}drop/", {"reason": ""}).status_code == 422
    client.post(f"{path}finish/", {"done_on": "2020-12-31", "result": "Two patrols"})
    assert client.post(f"{path}finish/", {"done_on": "2020-12-31"}).status_code == 409
    assert "Two patrols" in client.get(path).text


def test_co_05_both_decisions_stand_in_the_minutes(
    client: Client, officer: Person, head_of_mission: Person, forum: Forum
) -> None:
    decision = make_action(make_meeting(forum, officer, "open"), officer).decision
    assert decision is not None
    client.force_login(officer)
    path = f"/meetings/{decision.meeting_id}/"
    client.post(f"{path}session/attendance/", {"present": officer.pk})
    client.post(f"{path}close/", {})
    client.force_login(head_of_mission)
    url = f"/decisions/{decision.pk}/overrule/"
    assert client.post(url, {"text": "Hold the base", "reason": ""}).status_code == 422
    client.post(url, {"text": "Hold the base", "reason": "Harm foreseen"})
    page = client.get(path).text
    assert all(words in page for words in (decision.text, "Hold the base", "Harm foreseen", "Overruled"))


def test_co_06_page_of_a_threat_tells_what_forums_decided_on_it(
    client: Client, officer: Person, bambari: Office, forum: Forum
) -> None:
    threat = make_matrix_threat(bambari, risk=4)
    point = make_action(make_meeting(forum, officer, "open"), officer, text="Watch the bridge", threat=threat)
    client.force_login(officer)
    page = client.get(f"/threats/{threat.pk}/").text
    assert all(words in page for words in ("Agreed: Watch the bridge", f"/actions/{point.pk}/", "M-001/1"))
    ActionPoint.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    Decision.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert "Watch the bridge" not in client.get(f"/threats/{threat.pk}/").text
