"""The calendar of forums: when each met last, and when it is due by its cadence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination import rules
from coordination.choices import MeetingState
from coordination.models import Forum, Meeting


@dataclass(frozen=True)
class Turn:
    """A forum's place in the calendar: last meeting, next by cadence, and the next one called."""

    due: rules.Due
    last_met: date | None
    called_for: date | None

    @property
    def tone(self) -> str:
        if self.due.state == "late":
            return "bad" if self.called_for is None else "warn"
        return "warn" if self.due.state == "now" else "none"

    @property
    def words(self) -> str:
        """Return the state in words: due today, 3 days late, in 5 days, as needed."""
        due = self.due
        if due.state == "none":
            return _("As needed")
        if due.state == "now":
            return _("Due today") if self.last_met else _("Has not met yet: due now")
        days = abs(due.days or 0)
        if due.state == "late":
            return ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days}
        return ngettext("In %(n)d day", "In %(n)d days", days) % {"n": days}


def turns_of(forums: Iterable[Forum], *, user: Any, now: datetime) -> dict[int, Turn]:
    """Return the turn of each forum that works today, by its key; meetings that the person may not see do not count.

    Held meetings and one in session count as met; one called for a day to come is told beside the cadence. One query.
    """
    today = now.date()
    working = [forum for forum in forums if works_on(forum, today)]
    met = Q(state__in=(MeetingState.HELD, MeetingState.OPEN))
    called = Q(state=MeetingState.PLANNED, starts_at__gte=now)
    rows = Meeting.objects.visible_to(user).filter(met | called, forum__in=working).order_by()
    last: dict[int, date] = {}
    following: dict[int, date] = {}
    for row in rows.values("forum", "state").annotate(first_at=Min("starts_at"), last_at=Max("starts_at")):
        pk = row["forum"]
        if row["state"] == MeetingState.PLANNED:
            following[pk] = row["first_at"].date()
        else:
            last[pk] = max(row["last_at"].date(), last.get(pk, date.min))
    return {
        forum.pk: Turn(
            rules.next_due(forum.frequency, last_met=last.get(forum.pk), begins=forum.active_from, today=today),
            last.get(forum.pk),
            following.get(forum.pk),
        )
        for forum in working
    }


def works_on(forum: Forum, day: date) -> bool:
    """Say whether the forum works on the day."""
    return rules.is_at_work(
        is_active=forum.is_active, active_from=forum.active_from, active_to=forum.active_to, day=day
    )
