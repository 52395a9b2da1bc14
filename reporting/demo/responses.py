"""Three open warnings of Bambari's area, played through the services: one carried out, one just sent out and not
acknowledged by all, one that waits for the forum's next meeting. Everything is invented.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from coordination.meetings.minutes import close_meeting
from coordination.meetings.records import ItemEntry, write_under
from coordination.meetings.services import record_attendance
from coordination.models import AgendaItem, CaseResponse, Meeting, WarningCase
from coordination.warnings import harm, ratings, responses
from coordination.warnings.acknowledgement import acknowledge
from coordination.warnings.decisions import decisions_of, record_decision
from coordination.warnings.emergency import call_emergency
from coordination.warnings.flash import send_warning_flash
from coordination.warnings.moves import move_case
from coordination.warnings.reminders_ew import climb_in
from coordination.warnings.sending import minutes_to_acknowledge, send_out
from coordination.warnings.services import file_case
from coordination.warnings.tabling import table_case
from coordination.warnings.telling import tell_of_case
from pocweb.models import Area, Component
from reporting.demo.diary import Diary, person

FILED_ON, SENT_ON = date(2020, 12, 28), date(2020, 12, 30)
EVENING = timedelta(hours=13)
"""The alert of the 30th comes in the evening, after all else of that day."""


@dataclass(frozen=True)
class Report:
    """What was reported and how it was rated."""

    place: str
    text: str
    act: str
    expected: str
    people: int
    branch: str
    why: str
    impact: int
    likelihood: int


CARRIED_OUT = Report(
    "Kobadja, road to the gravel pits",
    "Armed men on motorcycles asked at the pits which day the pay comes. Two families sent their children away.",
    "attack", "day", 900, "imminent",
    "The men named a day, and scouts were seen at the ferry this morning.", 3, 3,
)  # fmt: skip
JUST_SENT = Report(
    "Lissa, well below the school",
    "Women at the well were told to leave before the market day. Shots in the air at dusk.",
    "displacement", "now", 200, "imminent",
    "Shots were fired already, and the people told to leave have nowhere to go by night.", 3, 2,
)  # fmt: skip
WAITS = Report(
    "Bakala, cattle track",
    "Herders and farmers quarrel over the track before the return of the herds; both sides buy powder.",
    "attack", "days", 350, "non_imminent",
    "The herds are ten days away, and both committees still talk.", 2, 2,
)  # fmt: skip


def write_responses(diary: Diary) -> None:
    """Put down the three warnings with all that became of them."""
    diary.put(FILED_ON, partial(_carry_out, diary))
    diary.put(FILED_ON, partial(_wait, diary))
    diary.put(SENT_ON, partial(_send, diary))


def _rated(diary: Diary, report: Report, now: datetime) -> WarningCase:
    """File a report and rate it up to the parting of the branches, a few minutes for each step."""
    desk = person("haske")
    case = file_case(
        diary.mission, by=person("orlo"), place=report.place, act=report.act, text=report.text, channel="network",
        expected=report.expected, threatening="armed_group", at_risk=["women", "men", "girls", "boys"],
        people=report.people, area=Area.objects.filter(pcode="CF43").first(), now=now,
    )  # fmt: skip
    ratings.rate_source(case, reliability="B", by=desk, now=now + timedelta(minutes=4))
    ratings.rate_information(
        case, reliability="probable", is_triangulated=True, triangulation="The committee and a patrol say the same.",
        by=desk, now=now + timedelta(minutes=12),
    )  # fmt: skip
    ratings.class_case(case, case_class="warning", by=desk, now=now + timedelta(minutes=14))
    ratings.rate_impact(case, civilians=report.impact, by=desk, now=now + timedelta(minutes=18))
    ratings.rate_likelihood(case, level=report.likelihood, by=desk, now=now + timedelta(minutes=20))
    return ratings.decide_imminence(
        case, branch=report.branch, reason=report.why, by=desk, now=now + timedelta(minutes=22)
    )


def _carry_out(diary: Diary, now: datetime) -> None:
    """Play the whole of phase E: sent out, decided in emergency, told, assessed, carried out, watched."""
    head, officer = person("marrow"), person("bellin")
    case = _rated(diary, CARRIED_OUT, now)
    at = now + timedelta(minutes=25)
    case = send_out(case, by=person("haske"), now=at)
    for minutes, account in enumerate(("marrow", "tamm", "quill", "bellin", "castell", "haske"), start=2):
        acknowledge(case, by=person(account), now=at + timedelta(minutes=minutes))
    meeting = call_emergency(case, by=head, now=at + timedelta(minutes=20)).meeting
    _decide(case, meeting, head, at + timedelta(minutes=50))
    case = record_decision(case, by=officer, now=at + timedelta(minutes=55))
    send_warning_flash(case, by=person("haske"), based_on=case.version, now=at + timedelta(minutes=70))
    tell_of_case(
        case, decision=decisions_of(case)[0], audience="population", recipients="Committee of the pits, by radio",
        text="Stay off the road to the pits until the patrols say otherwise.", is_clean=True, by=officer,
        now=at + timedelta(minutes=80),
    )  # fmt: skip
    move_case(case, "update-matrix", by=officer, now=at + timedelta(minutes=85))
    _respond(case, at + timedelta(minutes=90))


def _decide(case: WarningCase, meeting: Meeting, head: Any, now: datetime) -> None:
    people = {person(name).pk: None for name in ("marrow", "tamm", "quill", "bellin")}
    record_attendance(
        meeting,
        before={},
        after=dict.fromkeys(people, "present"),
        people=people,
        by=head,
        now=now - timedelta(minutes=9),
    )
    item = AgendaItem.objects.get(meeting=meeting, case=case)
    entry = ItemEntry(
        note="The Force can hold the ferry from noon. UNPOL knows the quarter of the workers.",
        decision={"kind": "reaction", "text": "Hold the ferry from noon; joint foot patrols until pay day."},
        action={"text": "Foot patrols with the committee", "owner": person("quill"), "component": None,
                "due_on": date(2021, 1, 5)},
    )  # fmt: skip
    write_under(item, entry, based_on=item.version, by=head, now=now)
    close_meeting(meeting, summary="Decided within the hour.", by=head, now=now + timedelta(minutes=2))


def _respond(case: WarningCase, now: datetime) -> None:
    officer = person("bellin")
    parts = {row.code: row.pk for row in Component.objects.filter(mission=case.mission)}
    hold: dict[str, Any] = {"kind": "robust_patrol", "text": "Two sections hold the ferry from noon until pay day."}
    hold |= {"component": parts["force"], "owner": person("tamm").pk, "decision": decisions_of(case)[0].pk}
    walk: dict[str, Any] = {"kind": "patrol", "text": "Joint foot patrols in the workers' quarter."}
    walk |= {"component": parts["police"], "owner": person("quill").pk, "decision": hold["decision"]}
    operation = responses.add_response(case, given=hold, by=officer, now=now)
    patrols = responses.add_response(case, given=walk, by=officer, now=now + timedelta(minutes=2))
    given = {
        "operation": "Two sections hold the ferry and search who crosses, from noon until pay day.",
        "foreseen_harm": "Traders may be held up; reprisals against the ferrymen after the troops leave.",
        "mitigation": "Women search women; a lane for traders; the ferrymen are not named in any report.",
        "response_strategy": "Medical team at the pits; the committee calls UNPOL at any hour for a month.",
        "consulted": "JMAC (C. Ferro) and U2, 28 December",
    }
    made = harm.assess_harm(case, given=given, by=person("marrow"), now=now + timedelta(minutes=10))
    harm.send_harm(made, by=person("marrow"), now=now + timedelta(minutes=11))
    responses.begin_response(operation, by=person("tamm"), now=now + timedelta(minutes=40))
    responses.begin_response(patrols, by=person("quill"), now=now + timedelta(minutes=45))
    move_case(case, "implement", by=officer, now=now + timedelta(minutes=46))
    responses.note_effect(
        CaseResponse.objects.get(pk=patrols.pk), effect="The pits stayed open; families brought their children back.",
        by=person("quill"), now=now + timedelta(minutes=200),
    )  # fmt: skip
    move_case(case, "monitor", by=officer, now=now + timedelta(minutes=210))


def _wait(diary: Diary, now: datetime) -> None:
    """A warning that is not imminent: on the agenda of the local forum's next regular meeting."""
    case = _rated(diary, WAITS, now + timedelta(hours=7))
    table_case(case, by=person("bellin"), now=now + timedelta(hours=7, minutes=30))


def _send(diary: Diary, now: datetime) -> None:
    """An alert of the last evening: four know of it, two are silent, and their silence has climbed to the POC lead."""
    at = now + EVENING
    case = send_out(_rated(diary, JUST_SENT, at), by=person("haske"), now=at + timedelta(minutes=24))
    for minutes, account in enumerate(("haske", "marrow", "bellin", "tamm"), start=26):
        acknowledge(case, by=person(account), now=at + timedelta(minutes=minutes))
    span = timedelta(minutes=minutes_to_acknowledge(diary.mission))
    for number in (1, 2):
        climb_in(diary.mission, at + timedelta(minutes=24) + number * span)
