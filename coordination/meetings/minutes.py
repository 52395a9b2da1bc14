"""Minutes: frozen as plain values when a meeting closes, and read back for one person, for page and PDF alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from coordination.choices import AgendaKind, AttendanceState, DecisionKind, MeetingKind, MeetingState
from coordination.meetings import rules
from coordination.meetings.services import locked, move
from coordination.models import ActionPoint, AgendaItem, Attendance, Decision, Meeting
from pocweb import clock
from pocweb.audit import fingerprint
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people


@transaction.atomic
def close_meeting(meeting: Meeting, *, summary: str = "", by: Any, now: datetime | None = None) -> Meeting:
    """Close a meeting: its minutes are frozen with their SHA-256, and nothing in them changes afterwards.

    Raises `Forbidden`, `Conflict` when it is closed, `RuleError` while nobody is recorded as present. A correction is
    a decision of a later meeting; ours, since the Handbook is silent on minutes.
    """
    meeting = locked(meeting.pk, states=(MeetingState.OPEN,), by=by)
    moment = now or clock.now(meeting.mission)
    if not meeting.attendances.filter(state=AttendanceState.PRESENT).exists():
        raise RuleError("nobody_there", _("Record first who was there."))
    meeting.summary, meeting.closed_at = summary.replace("\r\n", "\n").strip(), moment
    content = freeze(meeting)
    columns = {"summary": meeting.summary, "closed_at": moment, "minutes": content, "sha256": fingerprint(content)}
    return move(meeting, rules.CLOSE, by=by, columns=columns, note=f"SHA-256 {columns['sha256']}", now=moment)


def freeze(meeting: Meeting) -> dict[str, Any]:
    """Return the whole content of a meeting as plain values, moments as ISO text; items above any clearance too."""
    decisions = list(meeting.decisions.select_related("threat").order_by("number"))
    actions = list(meeting.actions.select_related("owner", "component", "threat").order_by("number"))
    attendances = meeting.attendances.select_related("person", "component")
    return {
        "mission": meeting.mission.name,
        "forum": meeting.forum.name,
        "office": meeting.office.name,
        "level": meeting.forum.level,
        "ref": meeting.ref,
        "kind": meeting.kind,
        "reason": meeting.reason,
        "place": meeting.place,
        "marking": meeting.marking,
        "starts_at": meeting.starts_at.isoformat(),
        "opened_at": meeting.opened_at.isoformat() if meeting.opened_at else None,
        "closed_at": meeting.closed_at.isoformat() if meeting.closed_at else None,
        "summary": meeting.summary,
        "attendance": [_present(one) for one in attendances],
        "items": [
            {
                "pk": item.pk,
                "kind": item.kind,
                "title": item.title,
                "why": item.why,
                "note": item.note,
                "marking": item.marking,
                "threat": item.threat_id,
                "case": item.case_id,
                "decisions": [_decision(one) for one in decisions if one.item_id == item.pk],
                "actions": [_action(one) for one in actions if one.item_id == item.pk],
            }
            for item in meeting.items.all()
        ],
    }


def _present(one: Attendance) -> dict[str, Any]:
    return {
        "name": str(one.person) if one.person else one.body,
        "function": one.person.function if one.person else "",
        "component": one.component.name if one.component else "",
        "is_outside": one.person_id is None,
        "state": one.state,
    }


def _decision(one: Decision) -> dict[str, Any]:
    return {"pk": one.pk, "ref": one.ref, "kind": one.kind, "text": one.text, "marking": one.marking}


def _action(one: ActionPoint) -> dict[str, Any]:
    values = {"pk": one.pk, "ref": one.ref, "text": one.text, "owner": str(one.owner), "marking": one.marking}
    return values | {"component": one.component.name, "due_on": one.due_on.isoformat()}


@dataclass(frozen=True)
class DecisionLine:
    """A decision as the minutes give it."""

    pk: int
    ref: str
    kind: str
    text: str


@dataclass(frozen=True)
class ActionLine:
    """An action point as the minutes give it; `due` is a day in words."""

    pk: int
    ref: str
    text: str
    owner: str
    component: str
    due: str


@dataclass(frozen=True)
class ItemLine:
    """An item of the agenda with all under it; `number` counts what this reader sees."""

    number: int
    pk: int
    kind: str
    title: str
    why: str
    note: str
    threat: int | None
    case: int | None
    decisions: tuple[DecisionLine, ...]
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True)
class Minutes:
    """The minutes of one meeting as one person may read them. Moments are aware, UTC."""

    mission: str
    forum: str
    office: str
    ref: str
    kind: str
    reason: str
    place: str
    starts_at: datetime | None
    opened_at: datetime | None
    closed_at: datetime | None
    summary: str
    present: tuple[tuple[str, tuple[str, ...]], ...]
    excused: tuple[str, ...]
    items: tuple[ItemLine, ...]
    marking: int
    sha256: str

    @property
    def marking_words(self) -> str:
        """The marking at the top and bottom of each page."""
        return str(Marking(self.marking).label)

    @property
    def decision_count(self) -> int:
        """How many decisions this reader sees."""
        return sum(len(item.decisions) for item in self.items)

    @property
    def action_count(self) -> int:
        """How many action points this reader sees."""
        return sum(len(item.actions) for item in self.items)


def read_minutes(meeting: Meeting, user: Any) -> Minutes:
    """Return the frozen minutes of a held meeting without what the person may not see now. Three queries.

    The text is that of the day of the close; whether it is shown is asked of the records as they are marked today.
    """
    content: dict[str, Any] = meeting.minutes or {}
    seen = {
        "items": set(AgendaItem.objects.visible_to(user).filter(meeting=meeting).values_list("pk", flat=True)),
        "decisions": set(Decision.objects.visible_to(user).filter(meeting=meeting).values_list("pk", flat=True)),
        "actions": set(ActionPoint.objects.visible_to(user).filter(meeting=meeting).values_list("pk", flat=True)),
    }
    shown = [item for item in content["items"] if item["pk"] in seen["items"]]
    items = tuple(_item(number, item, seen) for number, item in enumerate(shown, start=1))
    there = [one for one in content["attendance"] if one["state"] == AttendanceState.PRESENT]
    return Minutes(
        **{name: content[name] for name in ("mission", "forum", "office", "ref", "reason", "place", "summary")},
        kind=str(MeetingKind(content["kind"]).label),
        starts_at=_moment(content["starts_at"]),
        opened_at=_moment(content["opened_at"]),
        closed_at=_moment(content["closed_at"]),
        present=tuple((name, tuple(people)) for name, people in by_component(there).items()),
        excused=tuple(_who(one) for one in content["attendance"] if one["state"] == AttendanceState.EXCUSED),
        items=items,
        marking=max([meeting.marking, content["marking"], *(item["marking"] for item in shown)]),
        sha256=meeting.sha256,
    )


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def by_component(rows: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """Return who was there by component, bodies outside the mission last, each as name and function."""
    groups: dict[str, list[str]] = {}
    ordered = sorted(rows, key=lambda one: (one["is_outside"], one["component"] or "~", one["name"]))
    for one in ordered:
        name = _("Outside the mission") if one["is_outside"] else one["component"] or _("No component named")
        groups.setdefault(name, []).append(_who(one))
    return groups


def _who(one: dict[str, Any]) -> str:
    return f"{one['name']}, {one['function']}" if one["function"] else str(one["name"])


def _item(number: int, item: dict[str, Any], seen: dict[str, set[int]]) -> ItemLine:
    return ItemLine(
        number=number,
        pk=item["pk"],
        kind=str(AgendaKind(item["kind"]).label),
        title=item["title"],
        why=item["why"],
        note=item["note"],
        threat=item["threat"],
        case=item.get("case"),  # minutes closed before cases were taken up have none
        decisions=tuple(
            DecisionLine(one["pk"], one["ref"], str(DecisionKind(one["kind"]).label), one["text"])
            for one in item["decisions"]
            if one["pk"] in seen["decisions"]
        ),
        actions=tuple(
            ActionLine(
                pk=one["pk"],
                ref=one["ref"],
                text=one["text"],
                owner=one["owner"],
                component=one["component"],
                due=for_people(date.fromisoformat(one["due_on"])),
            )
            for one in item["actions"]
            if one["pk"] in seen["actions"]
        ),
    )
