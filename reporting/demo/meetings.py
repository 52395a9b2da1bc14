"""Meetings of Bambari's local forum in the demo mission: two held, one called; an issue sent up. All is invented."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from coordination.issues.services import move_issue, raise_issue
from coordination.meetings.agenda import due_for
from coordination.meetings.minutes import close_meeting
from coordination.meetings.records import ItemEntry, finish_action, write_under
from coordination.meetings.services import add_item, call_meeting, open_meeting, record_attendance, take_up
from coordination.models import ActionPoint, Forum, Meeting
from pocweb.choices import Level
from reporting.demo.diary import Diary, person

SECRETARY, PLACE = "bellin", "Bambari, conference room"
OUTSIDE = ["OCHA, head of sub-office"]
BEGINS = time(9, tzinfo=UTC)
MOST = 2  # threats that a meeting takes up


@dataclass(frozen=True)
class Entry:
    """What was said under an item, what was decided, and who does what until when."""

    note: str
    kind: str
    decision: str
    action: str
    owner: str
    due_on: date


@dataclass(frozen=True)
class Plan:
    """A meeting that was held: its day, who was there, who was excused, what was written, and the summary."""

    day: date
    present: tuple[str, ...]
    excused: tuple[str, ...]
    entries: tuple[Entry, ...]
    summary: str


HELD = (
    Plan(
        date(2020, 12, 7),
        ("bellin", "marrow", "tamm", "quill", "orlo"),
        (),
        (
            Entry(
                "The Force saw no movement by night on the last four patrols. OCHA reports families who sleep in the "
                "fields. UNPOL asks for a joint round at the market.",
                "reaction",
                "Two patrols a week by day and one by night until the next meeting, with UNPOL on market days.",
                "Patrol twice a week by day and once by night",
                "tamm",
                date(2020, 12, 14),
            ),
            Entry(
                "The alert network has no telephone in two villages. Civil Affairs knows both committees.",
                "planning",
                "A shelter plan for the displacement site, agreed with its committee.",
                "Agree the shelter plan with the committee of the site",
                "orlo",
                date(2020, 12, 18),
            ),
        ),
        "Patrols by night begin this week. The shelter plan comes before the elections.",
    ),
    Plan(
        date(2020, 12, 21),
        ("bellin", "marrow", "tamm", "quill"),
        ("orlo",),
        (
            Entry(
                "Patrols found the bridge passable for light vehicles only. The Head of Office will write to "
                "headquarters.",
                "resources",
                "Ask headquarters for a crane and a crew for the bridge before the end of January.",
                "Write the request for the bridge to headquarters",
                "bellin",
                date(2021, 1, 8),
            ),
            Entry(
                "Polling days draw people to the town. UNPOL and gendarmerie share the rounds.",
                "reaction",
                "Joint rounds of UNPOL at the polling places from 26 to 28 December.",
                "Report on the rounds at the polling places",
                "quill",
                date(2021, 1, 4),
            ),
        ),
        "The shelter plan is not there yet and stays on the list.",
    ),
)
CALLED_ON, NEXT = date(2020, 12, 28), date(2021, 1, 4)
DONE_ON = date(2020, 12, 13)


def write_meetings(diary: Diary) -> None:
    """Hold two meetings, bring one action point to its end, leave one overdue, and call the next meeting."""
    for plan in HELD:
        diary.put(plan.day, partial(_hold, diary, plan))
    diary.put(DONE_ON, partial(_finish, diary))
    diary.put(HELD[-1].day, partial(_refer, diary))
    diary.put(CALLED_ON, partial(_call, diary))


def _forum(diary: Diary) -> Forum:
    rows = Forum.objects.select_related("office", "mission")
    return rows.get(mission=diary.mission, office__code="BAMBARI", level=Level.TACTICAL)


def _hold(diary: Diary, plan: Plan, now: datetime) -> None:
    by = person(SECRETARY)
    meeting = call_meeting(_forum(diary), starts_at=datetime.combine(plan.day, BEGINS), place=PLACE, by=by, now=now)
    meeting = Meeting.objects.select_related("mission", "office", "forum__office").get(pk=meeting.pk)
    due = due_for(meeting, by, today=now.date())
    keys = [one.key for one in due if one.kind == "threat"][:MOST] + [one.key for one in due if one.kind == "action"]
    items = take_up(meeting, keys=keys, by=by, now=now)
    while len(items) < len(plan.entries):
        items.append(add_item(meeting, title="Any other business", by=by, now=now))
    meeting = open_meeting(meeting, by=by, now=now)
    _attend(meeting, plan, now)
    for item, entry in zip(items, plan.entries, strict=False):
        action: dict[str, Any] = {"text": entry.action, "owner": person(entry.owner), "due_on": entry.due_on}
        decision = {"kind": entry.kind, "text": entry.decision}
        write_under(item, ItemEntry(entry.note, decision, action), based_on=1, by=by, now=now)
    close_meeting(meeting, summary=plan.summary, by=by, now=now + timedelta(minutes=1))


def _attend(meeting: Meeting, plan: Plan, now: datetime) -> None:
    after = {person(one).pk: "present" for one in plan.present} | {person(one).pk: "excused" for one in plan.excused}
    people = {person(one).pk: person(one).active_postings[0].component for one in (*plan.present, *plan.excused)}
    given: dict[str, Any] = {"before": {}, "after": after, "bodies_after": OUTSIDE, "people": people}
    record_attendance(meeting, **given, by=person(SECRETARY), now=now)


def _finish(diary: Diary, now: datetime) -> None:
    rows = ActionPoint.objects.select_related("mission", "office", "meeting")
    point = rows.get(mission=diary.mission, owner=person("tamm"), meeting__forum=_forum(diary))
    result = "Five patrols, one of them by night. No incident was seen."
    finish_action(point, done_on=now.date(), result=result, by=person("tamm"), now=now)


def _refer(diary: Diary, now: datetime) -> None:
    """Send the matter of the bridge up to the working group at headquarters."""
    by = person(SECRETARY)
    text = "The bridge carries light vehicles only; patrols and aid cannot reach the villages behind it."
    issue = raise_issue(_forum(diary), title="A crane and a crew for the bridge", text=text, by=by, now=now)
    move_issue(issue, "refer", reason="The field office has neither crane nor budget.", by=by, now=now)


def _call(diary: Diary, now: datetime) -> None:
    starts_at = datetime.combine(NEXT, BEGINS)
    meeting = call_meeting(_forum(diary), starts_at=starts_at, place=PLACE, by=person(SECRETARY), now=now)
    meeting = Meeting.objects.select_related("mission", "office", "forum__office").get(pk=meeting.pk)
    due = due_for(meeting, person(SECRETARY), today=now.date())
    take_up(meeting, keys=[one.key for one in due][: 2 * MOST], by=person(SECRETARY), now=now)
