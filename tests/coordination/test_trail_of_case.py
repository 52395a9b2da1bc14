"""The trail of a case: what we knew, what we did, in time and for one reader (Annex V, steps 2 to 17)."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from coordination.meetings.records import finish_action, overrule_decision
from coordination.models import (
    ActionPoint,
    CaseRecipient,
    CaseReport,
    CaseResponse,
    CaseShare,
    Decision,
    FlashReport,
    Forum,
    HarmAssessment,
    WarningCase,
)
from coordination.warnings import rules
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.moves import move_case, write_step
from coordination.warnings.trail import DID, KNEW, Entry, duration
from coordination.warnings.trail_build import build_trail
from coordination.warnings.trail_files import TEMPLATE, document_of, load_case
from pocweb import jobs
from pocweb.audit import history_of
from pocweb.choices import Marking, Role
from pocweb.models import Area, Component, Job, Office, Person
from pocweb.pdf import render_pdf
from tests.factories.coordination_case import RECEIVED, make_case
from tests.factories.coordination_flash import SENT, action_on, decide_on, make_flash
from tests.factories.coordination_forum import make_forum
from tests.factories.mission import make_person
from tests.factories.threats_incident import make_incident, make_source

NOW = datetime(2020, 12, 31, 18, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2020, 12, 31, hour, minute, tzinfo=UTC)


@pytest.fixture
def forum(bambari: Office, officer: Person) -> Forum:
    return make_forum(bambari, officer)


@pytest.fixture
def analyst(hq: Office) -> Person:
    """POC focal point at headquarters, whose role may see the keys of sources."""
    return make_person("analyst", Role.JMAC, hq, "political", first_name="C.", last_name="Ferro")


@pytest.fixture
def case(
    forum: Forum, ouaka: Area, officer: Person, head_of_office: Person, head_of_military: Person, poc_lead: Person
) -> WarningCase:
    """A case that lived through its whole chain, each part at its minute."""
    source = make_source(forum.mission)
    case = make_case(
        forum.office, officer, CaseState.LIKELIHOOD_RATED, area=ouaka, source=source, threatening="armed_group"
    )
    CaseReport.objects.create(
        case=case,
        received_at=at(6),
        channel="patrol",
        source=source,
        text="Tracks of trucks",
        corroborates=True,
        by=officer,
    )
    _step(case, "rate-source", "3", {"source_reliability": "C"}, officer, at(6, 20), reason="It failed twice")
    branch = {"branch": Branch.IMMINENT, "imminence_reason": "Men at the bridge"}
    move_case(case, "prioritise", by=head_of_office, values=branch, now=at(6, 40))
    sent = {"case": case, "step": "I10", "sent_at": at(6, 45), "due_at": at(7, 15)}
    CaseRecipient.objects.create(**sent, person=head_of_military, label="Force", acknowledged_at=at(6, 57))
    CaseRecipient.objects.create(**sent, person=poc_lead, label="POC Unit", reminders=1, reminded_at=at(7, 15))
    move_case(case, "send-out", by=head_of_office, now=at(6, 45))
    decision = decide_on(case, forum, officer, owner=head_of_military)
    case.refresh_from_db()
    move_case(case, "decide-emergency", by=head_of_office, values={"decided_at": decision.decided_at}, now=at(8, 55))
    overrule_decision(decision, text="Evacuate the quarter", reason="Too few patrols", by=poc_lead, now=at(9))
    case.refresh_from_db()
    make_flash(case, head_of_office)
    CaseShare.objects.create(
        case=case, decision=decision, audience="population", recipients="Quarter chiefs", text="Stay away",
        told_at=at(9, 20), told_by=officer,
    )  # fmt: skip
    HarmAssessment.objects.create(
        case=case, operation="Cordon", foreseen_harm="Houses", mitigation="Warn", response_strategy="Compensate",
        consulted="JMAC, 31 December", made_at=at(9, 30), made_by=head_of_office, sent_at=at(9, 31),
    )  # fmt: skip
    force = Component.objects.get(mission=case.mission, code="force")
    CaseResponse.objects.create(
        case=case, decision=decision, kind="robust_patrol", component=force,
        begun_at=at(9, 40), ended_at=at(11), effect="The men left", state="done", created_at=at(9, 5),
        created_by=head_of_office, changed_at=at(11),
    )  # fmt: skip
    move_case(case, "implement", by=head_of_office, reason="No time for the matrix", now=at(9, 40))
    finish_action(action_on(case), done_on=date(2020, 12, 31), result="Patrolled", by=officer, now=at(12))
    killed: dict[str, Any] = {"killed_low": 1, "killed_best": 1, "killed_high": 1, "marking": 1, "place": "Lissa"}
    make_incident(forum.mission, ouaka, starts_on=date(2020, 12, 31), title="Shots at Lissa", **killed)
    move_case(case, "monitor", by=head_of_office, now=at(13))
    end = {"outcome": "happened", "finding": "One man was killed before the patrol came.", "killed": 1}
    move_case(case, "close", by=head_of_office, values=end | {"neutralised_at": at(11)}, now=at(14))
    return WarningCase.objects.get(pk=case.pk)


def _step(case: WarningCase, act: str, key: str, values: dict[str, Any], by: Any, now: datetime, reason: str) -> None:
    write_step(case, key=key, act=act, verb="rated", columns=values, by=by, now=now, reason=reason)


def seen(case: WarningCase, person: Person) -> dict[str, list[Entry]]:
    loaded = load_case(person, case.pk)
    assert loaded is not None
    sides: dict[str, list[Entry]] = {KNEW: [], DID: []}
    for entry in build_trail(loaded, person, now=NOW).entries:
        sides[entry.side].append(entry)
    return sides


def test_trail_tells_the_whole_chain_in_time(case: WarningCase, adviser: Person) -> None:
    """Report to effect: each moment to the minute, each person, old and new values, clocks in words (EW-07, EW-15)."""
    sides = seen(case, adviser)
    assert [(f"{one.at:%H:%M}", one.title) for one in sides[KNEW]] == [
        ("05:40", "The report came in: alert network"),
        ("06:00", "A further report bears it out: a patrol"),
        ("06:20", "Step 3: Rate the source"),
        ("06:40", "Step 9: Decide whether it is imminent"),
        ("09:30", "Harm of the operation assessed"),
        ("11:00", "The threat is neutralised"),
        ("23:59", "Incident in the area"),
    ]
    assert [(f"{one.at:%H:%M}", one.title) for one in sides[DID]] == [
        ("06:45", "Step I10: sent to its recipients"),
        ("06:57", "Acknowledged step I10 after 12 min"),
        ("07:15", "Reminder 1 to acknowledge: T. Vey"),
        ("08:50", "Protection group met"),
        ("08:50", "Decision of Protection group"),
        ("08:50", "Action point assigned"),
        ("08:55", "Step I11: Record the emergency decision"),
        ("09:00", "Decision of Protection group"),
        ("09:05", "Response planned: Robust patrolling, Force"),
        ("09:10", "Early warning flash sent"),
        ("09:20", "Told: the exposed population"),
        ("09:31", "Harm assessment sent to the POC Unit"),
        ("09:40", "Step I15: Begin the response"),
        ("09:40", "Action taken: Robust patrolling, Force"),
        ("11:00", "Response completed: Robust patrolling, Force"),
        ("12:00", "Action point: done"),
        ("13:00", "Step I15: Reassess it"),
        ("14:00", "Step N12: Close it"),
    ]
    by_title: dict[str, list[Entry]] = {}
    for entry in (*sides[KNEW], *sides[DID]):
        by_title.setdefault(entry.title, []).append(entry)
    rated = by_title["Step 3: Rate the source"][0]
    assert (rated.changes, rated.reason, rated.who, rated.gap) == (
        (("Source", "B Usually reliable", "C Rather reliable"),), "It failed twice", "A. Bellin", ""
    )  # fmt: skip
    assert by_title["Step I10: sent to its recipients"][0].lines[-1] == "Not acknowledged: T. Vey."
    first, second = by_title["Decision of Protection group"]
    assert (first.is_struck, first.clocks[0].words) == (True, "3 h 10 min until the decision; target 2 h")
    assert (second.reason, second.lines[-1]) == ("Too few patrols", f"It takes the place of {first.ref}.")
    skipped = by_title["Step I15: Begin the response"][0]
    assert (skipped.is_out_of_order, skipped.reason, skipped.clocks[0].is_late) == (
        True,
        "No time for the matrix",
        False,
    )
    assert by_title["Protection group met"][0].gap == "1 h 35 min later"
    assert by_title["Incident in the area"][0].lines[-1] == "Killed: 1. Injured: not recorded. Verification: reported."
    closed = {label: after for label, _before, after in by_title["Step N12: Close it"][0].changes}
    assert (closed["Outcome"], closed["Finding at the end"]) == (
        "It happened",
        "One man was killed before the patrol came.",
    )


def test_sources_by_key_and_only_for_who_may_see_keys(
    client: Any, case: WarningCase, analyst: Person, head_of_office: Person
) -> None:
    assert "Source: HR-014." in str(seen(case, analyst))
    assert "HR-014" not in str(seen(case, head_of_office))
    client.force_login(head_of_office)
    assert "HR-014" not in client.get(f"/alerts/{case.pk}/trail/").text
    assert "HR-014" not in str(client.get(f"/api/v1/cases/{case.pk}/trail/").json())


def test_trail_leaves_out_silently_what_is_marked_above_the_reader(
    client: Any, case: WarningCase, forum: Forum, adviser: Person
) -> None:
    """Neither text nor count nor reference of a decision, action, meeting, flash or incident above the clearance."""
    client.force_login(adviser)
    strict = Marking.STRICTLY_CONFIDENTIAL
    client.post(f"/alerts/{case.pk}/trail/pdf/")
    job = Job.objects.get()
    jobs.run(job.pk)
    assert b"".join(client.get(f"/alerts/trail-files/{job.pk}/").streaming_content).startswith(b"%PDF")
    Decision.objects.update(marking=strict)
    ActionPoint.objects.update(marking=strict)
    FlashReport.objects.update(marking=strict)
    Decision.objects.first().meeting.items.update(marking=strict)  # type: ignore[union-attr]
    type(make_incident(forum.mission, title="Hidden")).objects.update(marking=strict)
    page = client.get(f"/alerts/{case.pk}/trail/").text
    for words in ("Evacuate the quarter", "Patrol the road", "M-001", "FR-001", "Shots at Lissa", "D-001", "above"):
        assert words not in page
    assert client.get(f"/alerts/trail-files/{job.pk}/").status_code == 404
    WarningCase.objects.update(marking=strict)
    answers = [
        client.get(f"/alerts/{case.pk}/trail/"),
        client.post(f"/alerts/{case.pk}/trail/pdf/"),
        client.get(f"/api/v1/cases/{case.pk}/trail/"),
    ]
    assert [one.status_code for one in answers] == [404] * 3


def test_trail_as_pdf_is_an_audited_export(client: Any, case: WarningCase, adviser: Person) -> None:
    """Marking on each page, the same bytes for the same moment, and each reading of the file an event."""
    client.force_login(adviser)
    client.post(f"/alerts/{case.pk}/trail/pdf/")
    job = Job.objects.get()
    jobs.run(job.pk)
    pdf = b"".join(client.get(f"/alerts/trail-files/{job.pk}/").streaming_content)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert all(page.upper().count("CONFIDENTIAL") >= 2 for page in pages)
    text = " ".join(" ".join(pages).split())
    for words in ("EW-001", "31 Dec 2020 08:50", "target 2 h (late)", "FR-001", "C Rather reliable", "The men left"):
        assert words in text
    loaded = load_case(adviser, case.pk)
    assert loaded is not None
    as_of = datetime.fromisoformat(job.arguments["as_of"])
    assert render_pdf(TEMPLATE, document_of(build_trail(loaded, adviser, now=as_of))) == pdf
    event = history_of(case).filter(verb="exported").get()
    assert (event.actor, event.note) == (adviser, "trail, pdf")


def test_trail_costs_the_same_whatever_it_holds(
    client: Any, case: WarningCase, forum: Forum, officer: Person, adviser: Person
) -> None:
    client.force_login(adviser)
    client.get(f"/alerts/{case.pk}/trail/")
    counts = []
    for _size in range(2):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/alerts/{case.pk}/trail/")
        counts.append((answer.status_code, len(queries)))
        for number in range(3):
            moment = SENT + timedelta(minutes=number)
            CaseReport.objects.create(case=case, received_at=moment, channel="media", text="Radio", by=officer)
        decide_on(case, forum, officer, text="Go on", meeting=Decision.objects.all()[0].meeting)
    assert counts[0] == counts[1]
    assert counts[0][1] <= 30


def test_open_case_says_what_is_still_waited_for(forum: Forum, officer: Person, adviser: Person) -> None:
    case = make_case(forum.office, officer, CaseState.DISSEMINATED, Branch.IMMINENT)
    loaded = load_case(adviser, case.pk)
    assert loaded is not None
    trail = build_trail(loaded, adviser, now=RECEIVED + timedelta(hours=3))
    words = [one.words for one in trail.waiting if one.is_late]
    assert words == ["no decision for 3 h; target 2 h"]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (120, "2 h"),
        (190, "3 h 10 min"),
        (2820, "47 h"),
        (2881, "2 days"),
        (3000, "2 days 2 h"),
    ],
)
def test_duration_in_words(minutes: int, words: str) -> None:
    assert duration(minutes) == words


def test_every_act_of_the_state_table_has_its_words(forum: Forum, officer: Person, adviser: Person) -> None:
    """A step of any line of the table is told by its label, never by the name of its code."""
    case = make_case(forum.office, officer, CaseState.MONITORED, Branch.IMMINENT)
    for number, step in enumerate(rules.STEPS):
        case.refresh_from_db()
        write_step(
            case, key=step.key, act=step.act, verb=step.verb, columns={}, by=officer, is_out_of_order=True,
            now=at(8) + timedelta(minutes=number),
        )  # fmt: skip
    titles = [one.title for entries in seen(case, adviser).values() for one in entries]
    assert {f"Step {step.key}: {step.label}" for step in rules.STEPS} <= set(titles)
