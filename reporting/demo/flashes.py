"""An alert of the demo mission from report to evaluation, for its trail and flash reports. People and events invented.

One imminent case of Bambari lives through both the quick and the slow parts of its chain within a day, so that its
trail has gaps, a decision that was overruled and a step that was skipped; an incident of the data set goes out as an
incident flash.
"""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from coordination.meetings.minutes import close_meeting
from coordination.meetings.records import ItemEntry, finish_action, overrule_decision, write_under
from coordination.meetings.services import record_attendance
from coordination.models import ActionPoint, CaseTask, Decision, Meeting, WarningCase
from coordination.warnings import ratings
from coordination.warnings.acknowledgement import acknowledge
from coordination.warnings.choices import Branch, TaskKind
from coordination.warnings.decisions import record_decision
from coordination.warnings.emergency import call_emergency
from coordination.warnings.evaluation import ask_evaluation, finish_evaluation
from coordination.warnings.flash import send_incident_flash, send_warning_flash
from coordination.warnings.harm import assess_harm, send_harm
from coordination.warnings.moves import move_case
from coordination.warnings.responses import add_response, begin_response, finish_response
from coordination.warnings.sending import send_out
from coordination.warnings.services import add_report, file_case
from coordination.warnings.tabling import close_case
from pocweb.models import Area, Component
from reporting.demo.diary import Diary, person
from threats.models import Incident

DAY, CLOSED_ON, EVALUATED_ON = date(2020, 12, 22), date(2020, 12, 24), date(2020, 12, 29)
PLACE = "Ngakobo, road to the sugar works"


def write_flashes(diary: Diary) -> None:
    """Let the case live through its day, close two days later, be evaluated; send an incident flash."""
    diary.put(DAY, partial(_morning, diary))
    diary.put(CLOSED_ON, partial(_close, diary))
    diary.put(EVALUATED_ON, partial(_evaluate, diary))
    diary.put(EVALUATED_ON, partial(_incident, diary))


def _case(diary: Diary) -> WarningCase:
    rows = WarningCase.objects.select_related("mission", "office", "area")
    return rows.get(mission=diary.mission, place=PLACE)


def _morning(diary: Diary, now: datetime) -> None:
    def at(hours: int, minutes: int = 0) -> datetime:
        return now + timedelta(hours=hours, minutes=minutes)

    case = file_case(
        diary.mission, by=person("orlo"), place=PLACE, act="attack", expected="day", threatening="armed_group",
        at_risk=("women", "girls", "displaced"), people=300, channel="network",
        area=Area.objects.at_level(1).filter(pcode="CF43", valid_to=None).first(), received_at=now, now=now,
        text="Traders were told at a barrier to be gone by nightfall. Some forty men with rifles sleep at the works.",
    )  # fmt: skip
    bellin, marrow = person("bellin"), person("marrow")
    text = "A patrol of UNPOL counted about thirty men and two machine guns at the works."
    add_report(case, by=person("quill"), text=text, channel="patrol", corroborates=True, now=at(0, 35))
    ratings.rate_source(case, reliability="C", by=bellin, now=at(0, 40))
    ratings.rate_information(
        case, reliability="confirmed", is_triangulated=True, by=bellin, now=at(0, 52),
        triangulation="The network and a patrol agree on place and number.",
    )  # fmt: skip
    ratings.class_case(case, case_class="warning", by=bellin, now=at(0, 55))
    ratings.rate_impact(case, civilians=3, by=bellin, now=at(1))
    ratings.rate_likelihood(case, level=3, by=bellin, now=at(1, 4))
    reason = "The men named nightfall, and bring up ammunition."
    ratings.decide_imminence(case, branch=Branch.IMMINENT, reason=reason, by=marrow, now=at(1, 10))
    send_out(case, by=marrow, now=at(1, 12))
    for minutes, account in ((19, "tamm"), (26, "quill"), (41, "bellin"), (55, "castell")):
        acknowledge(_case(diary), by=person(account), now=at(1, minutes))
    _decide(_case(diary), call_emergency(case, by=marrow, now=at(2, 10)).meeting, at)
    _respond(_case(diary), at)


def _decide(case: WarningCase, meeting: Meeting, at: Any) -> None:
    bellin, vey = person("bellin"), person("vey")
    item = meeting.items.get(case=case)
    text = "Patrol the road from noon until midnight, two vehicles."
    action = {"text": "Patrol the road to the works", "owner": person("tamm"), "due_on": DAY, "component": None}
    note = "The Force has two vehicles free, a third from Ippy by evening. UNPOL stays at the market."
    entry = ItemEntry(note, {"kind": "reaction", "text": text}, action)
    write_under(item, entry, based_on=1, by=bellin, now=at(2, 38))
    people = {person(one).pk: person(one).active_postings[0].component for one in ("bellin", "marrow", "tamm", "quill")}
    record_attendance(
        meeting, before={}, after=dict.fromkeys(people, "present"), people=people, by=bellin, now=at(2, 40)
    )
    record_decision(case, by=person("marrow"), now=at(2, 45))
    overrule_decision(
        Decision.objects.get(item=item), by=vey, now=at(3, 30), reason="Two vehicles do not hold the road at night.",
        text="A standing post at the sugar works from this afternoon, one platoon, until the men have left.",
    )  # fmt: skip
    close_meeting(meeting, summary="A post at the works, and a road patrol by day.", by=bellin, now=at(3, 40))


def _respond(case: WarningCase, at: Any) -> None:
    marrow, tamm = person("marrow"), person("tamm")
    case.refresh_from_db()
    send_warning_flash(
        case, by=marrow, based_on=case.version, now=at(3, 55),
        assessment="Two accounts agree. We expect an attack on the traders' quarter by nightfall; the post at the "
        "works is being set up. We ask for one helicopter flight over the road before 17:00.",
    )  # fmt: skip
    force = Component.objects.get(mission=case.mission, code="force")
    given = {"kind": "robust_patrol", "component": force.pk, "owner": tamm.pk}
    given |= {"text": "One platoon to the sugar works, a post until the men have left."}
    response = add_response(case, given=given, by=marrow, now=at(4, 5))
    harm = {
        "operation": "One platoon sets up a post at the sugar works; vehicles on the road until midnight.",
        "foreseen_harm": "Fire exchanged near the traders' quarter; people who walk home at dusk stopped at the post.",
        "mitigation": "Traders are told to stay north of the road; warning shots only; no search of homes.",
        "response_strategy": "The wounded go to the Bambari hospital by escort; claims are taken the next day.",
        "consulted": "JMAC and U2, 22 December, by radio",
    }
    send_harm(assess_harm(case, given=harm, by=marrow, now=at(4, 20)), by=marrow, now=at(4, 25))
    begin_response(response, by=tamm, now=at(5))
    case.refresh_from_db()
    if case.state != "implementing":
        move_case(case, "implement", by=marrow, reason="The platoon was at the works before the matrix.", now=at(5, 5))
    effect = "The men left the works at dusk without a shot. No trader was harmed."
    finish_response(response, effect=effect, by=tamm, now=at(9, 30))
    point = ActionPoint.objects.select_related("mission", "office", "meeting").get(item__case=case)
    result = "Patrolled until the post stood at 13:00, then overtaken by it."
    finish_action(point, done_on=DAY, result=result, by=tamm, now=at(9, 40))


def _close(diary: Diary, now: datetime) -> None:
    case, marrow = _case(diary), person("marrow")
    move_case(case, "monitor", by=marrow, now=now)
    gone = now - timedelta(hours=6)
    finding = "The men are seen 40 km to the east. The market at the works is open again."
    close_case(
        _case(diary), outcome="averted", finding=finding, neutralised_at=gone, by=marrow,
        now=now + timedelta(minutes=1),
    )  # fmt: skip


def _evaluate(diary: Diary, now: datetime) -> None:
    case, bellin = _case(diary), person("bellin")
    if not CaseTask.objects.filter(case=case, kind=TaskKind.EVALUATION).exists():
        decision = Decision.objects.filter(item__case=case).latest("pk")
        task = ask_evaluation(
            case, tool="after_action", owner=bellin, due_on=EVALUATED_ON, decision=decision, based_on=case.version,
            by=person("marrow"), now=now,
        )  # fmt: skip
        findings = (
            "The warning was with the commanders an hour after the report, and the platoon at the works four hours "
            "later. The first decision asked for less than the road needed; it was put right within the hour. The "
            "network had no number to call at night: Civil Affairs gives it one by 10 January."
        )
        finish_evaluation(task, findings=findings, by=bellin, now=now + timedelta(minutes=1))


def _incident(diary: Diary, now: datetime) -> None:
    """Send the flash report on the latest event of the data set in Bambari's area."""
    rows = Incident.objects.filter(mission=diary.mission, office__code="BAMBARI", starts_on__lte=now.date())
    incident = (
        rows.exclude(verification="discounted").select_related("mission", "office").order_by("-starts_on").first()
    )
    if incident is not None:
        words = "Entered from public reports; human rights has not been on the spot yet."
        send_incident_flash(incident, by=person("marrow"), sent_before=0, assessment=words, now=now)
