"""Action points on people's desks, and how the menu and the audit trail name meetings and what is done with them."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.choices import ActionState
from coordination.models import ActionPoint, AgendaItem, Decision, Issue, Meeting
from pocweb.choices import Role
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.navigation import register as register_entry
from pocweb.together import Part
from pocweb.trail import register_record, register_verbs

MOST, MOST_READ = 8, 100


NAMES = ("username", "first_name", "last_name")
COLUMNS = ("mission_id", "number", "text", "due_on", "meeting__mission_id", "meeting__number")


def ask_own(visit: Visit) -> Part | None:
    """Ask for the person's open action points, the nearest deadline first."""
    if not visit.user.has_perm("coordination.view_meeting"):
        return None
    rows = ActionPoint.objects.visible_to(visit.user).filter(owner=visit.user, mission=visit.mission)
    return Part(rows.filter(state=ActionState.OPEN).order_by("due_on", "number"), COLUMNS, MOST_READ)


def ask_late(visit: Visit) -> Part | None:
    """Ask for the overdue action points of others, for a Head of Office alone."""
    if not any(grant.role == Role.HOO for grant in visit.user.grants):
        return None
    rows = ActionPoint.objects.visible_to(visit.user).filter(mission=visit.mission).overdue(visit.today)
    rows = rows.exclude(owner=visit.user).order_by("due_on", "number")
    return Part(rows, (*COLUMNS, *(f"owner__{name}" for name in NAMES)), MOST_READ)


def own_points(visit: Visit) -> Content | None:
    """Return the person's open action points by deadline, overdue ones counted; None where they owe none. One query."""
    points = visit.rows_of(ask_own)
    if not points:
        return None
    late = sum(one.due_on < visit.today for one in points)
    words = ngettext("%(n)d of your action points is overdue", "%(n)d of your action points are overdue", late)
    return _content(points, visit.today, late, words, query=f"?state=open&owner={visit.user.pk}")


def late_points(visit: Visit) -> Content | None:
    """Return the overdue action points of the offices that a Head of Office answers for (CO-04). One query."""
    points = visit.rows_of(ask_late)
    if not points:
        return None
    words = ngettext(
        "%(n)d action point of your office is overdue", "%(n)d action points of your office are overdue", len(points)
    )
    return _content(points, visit.today, len(points), words, query="?late=yes", with_owner=True)


def _content(
    points: list[ActionPoint], today: date, late: int, words: str, *, query: str, with_owner: bool = False
) -> Content:
    return Content(
        items=tuple(_item(one, today, with_owner=with_owner) for one in points[:MOST]),
        more_url=reverse("coordination:action-list") + query,
        more_label=_("All of these"),
        waiting=((late, words % {"n": late}),) if late else (),
    )


def _item(point: ActionPoint, today: date, *, with_owner: bool) -> Item:
    days = (point.due_on - today).days
    if days < 0:
        tone, state = "bad", ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}
    elif days == 0:
        tone, state = "warn", _("Due today")
    else:
        tone = "warn" if days <= 2 else "none"
        state = ngettext("Due in %(n)s day", "Due in %(n)s days", days) % {"n": days}
    note = f"{point.ref}, {point.meeting.ref}"
    return Item(
        text=point.text,
        url=reverse("coordination:action-detail", args=[point.pk]),
        tone=tone,
        state=state,
        note=f"{point.owner}, {note}" if with_owner else note,
    )


def _page_of(part: Any) -> str:
    return reverse("coordination:meeting-detail", args=[part.meeting_id])


def register() -> None:
    """Add the menu entry, the panels and the words of the audit trail."""
    register_entry(
        51,
        "coordination:meeting-list",
        gettext_lazy("Meetings"),
        "coordination.view_meeting",
        also=("/actions/", "/issues/"),
    )
    register_panel(22, gettext_lazy("My action points"), own_points, ask_own)
    register_panel(23, gettext_lazy("Overdue action points of the office"), late_points, ask_late)
    register_record(Meeting, lambda meeting: reverse("coordination:meeting-detail", args=[meeting.pk]))
    register_record(ActionPoint, lambda point: reverse("coordination:action-detail", args=[point.pk]))
    register_record(Issue, lambda issue: reverse("coordination:issue-detail", args=[issue.pk]))
    register_record(AgendaItem, _page_of)
    register_record(Decision, _page_of)
    register_verbs(
        {
            "called a meeting": gettext_lazy("called a meeting"),
            "opened a meeting": gettext_lazy("opened the meeting"),
            "called off a meeting": gettext_lazy("called the meeting off"),
            "closed the minutes": gettext_lazy("closed the minutes"),
            "put on the agenda": gettext_lazy("put on the agenda"),
            "took off the agenda": gettext_lazy("took off the agenda"),
            "recorded attendance": gettext_lazy("recorded who was there"),
            "wrote a note": gettext_lazy("wrote what was said"),
            "recorded a decision": gettext_lazy("recorded a decision"),
            "raised an issue": gettext_lazy("raised an issue"),
            "moved an issue": gettext_lazy("moved an issue on"),
            "overruled a decision": gettext_lazy("decided otherwise"),
            "assigned an action point": gettext_lazy("assigned an action point"),
            "finished an action point": gettext_lazy("finished the action point"),
            "dropped an action point": gettext_lazy("dropped the action point"),
        }
    )
