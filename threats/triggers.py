"""The trigger calendar as somebody reads it: which occurrences, in which state, as pages and files show them.

Page, export, desk and the quarterly report share it. Source: POC Handbook 2020, 8.5.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.models import Mission, Office
from pocweb.tabular import Column
from threats.choices import TriggerKind
from threats.models import TriggerEvent
from threats.rules.calendar import Stage, Window, current, lacks_effect, last_occurrence, occurrences
from threats.services.triggers import window_of

PROMPTED_DAYS = 90
"""How long after an event its effect is asked for; our choice, about a quarter."""
STAGE_TONES = {Stage.COMING: "none", Stage.WATCHED: "warn", Stage.NOW: "warn", Stage.PAST: "none"}


@dataclass(frozen=True)
class Entry:
    """One occurrence of an event, as of `today`."""

    trigger: TriggerEvent
    window: Window
    today: date

    @property
    def stage(self) -> Stage:
        return self.window.stage(self.today)

    @property
    def is_on(self) -> bool:
        """Whether it is being watched or takes place now, and was not called off."""
        return not self.trigger.called_off and self.stage in (Stage.WATCHED, Stage.NOW)

    @property
    def tone(self) -> str:
        return "none" if self.trigger.called_off else STAGE_TONES[self.stage]

    @property
    def words(self) -> str:
        """Where it stands: "watched now, 3 days left"."""
        left = self.window.days_left(self.today)
        if self.trigger.called_off:
            return _("called off")
        if self.stage == Stage.PAST:
            return _("over")
        if self.stage == Stage.NOW:
            return _("takes place now")
        days = ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}
        if self.stage == Stage.WATCHED:
            return _("watched now, %(days)s") % {"days": days}
        return _("coming, %(days)s") % {"days": days}

    @property
    def days(self) -> str:
        return span_words(self.window.starts_on, self.window.ends_on)

    @property
    def place(self) -> str:
        return ", ".join(area.name for area in self.trigger.areas.all()) or _("whole country")

    @property
    def last(self) -> Window | None:
        """The latest occurrence that is over."""
        return last_occurrence(window_of(self.trigger), is_yearly=self.trigger.is_yearly, today=self.today)

    @property
    def lacks_effect(self) -> bool:
        """Whether its last occurrence is over and nobody wrote down what it did."""
        return not self.trigger.called_off and lacks_effect(self.last, effect_of=self.trigger.effect_of)

    @property
    def is_prompted(self) -> bool:
        """Whether the effect is still asked for: lacking, and the end not too long ago."""
        last = self.last
        return self.lacks_effect and last is not None and (self.today - last.ends_on).days <= PROMPTED_DAYS


def day_words(day: date) -> str:
    return date_format(day, "j F Y")


def span_words(start: date, end: date) -> str:
    """Return "27 December 2020", or "20 December 2020 to 5 January 2021"."""
    if start == end:
        return day_words(start)
    first = date_format(start, "j F" if start.year == end.year else "j F Y")
    return _("%(first)s to %(last)s") % {"first": first, "last": day_words(end)}


def read_ahead(rows: Any) -> Any:
    """Return a queryset of events with what an entry shows; two more queries, whatever the number of rows."""
    return rows.select_related("mission", "office", "action_owner").prefetch_related("areas", "groups")


def entries(rows: Iterable[TriggerEvent], *, start: date, end: date, today: date) -> list[Entry]:
    """Return the occurrences of which a day lies in the period, in the order of their days."""
    found = [
        Entry(row, window, today)
        for row in rows
        for window in occurrences(window_of(row), is_yearly=row.is_yearly, start=start, end=end)
    ]
    return sorted(found, key=lambda one: (one.window, one.trigger.number))


def entry_of(row: TriggerEvent, today: date) -> Entry:
    """Return the occurrence that is under way or comes next, else the last one."""
    return Entry(row, current(window_of(row), is_yearly=row.is_yearly, today=today), today)


def concerns(trigger: TriggerEvent, office: Office, paths: Iterable[str]) -> bool:
    """Say whether an event concerns an office that answers for the areas at `paths`.

    It does when it is its own branch's, of the whole country, or in, around or above its areas; mission headquarters is
    concerned by all. The choice is ours.
    """
    if office.is_headquarters or trigger.office.path.startswith(office.path):
        return True
    places = [area.path for area in trigger.areas.all()]
    return not places or any(place.startswith(path) or path.startswith(place) for place in places for path in paths)


def entries_for(user: Any, mission: Mission, *, today: date, paths: Iterable[str] | None = None) -> list[Entry]:
    """Return the events that concern the person's office or that they act on, each as of today, in order of days.

    Called-off events are left out, and single ones that ended more than `PROMPTED_DAYS` ago. Three queries; two
    with the `paths` of the areas that the person's office answers for.
    """
    rows = TriggerEvent.objects.visible_to(user).filter(mission=mission, called_off="")
    rows = rows.filter(Q(is_yearly=True) | Q(ends_on__gte=today - timedelta(days=PROMPTED_DAYS)))
    rows = rows.select_related("mission", "office", "action_owner").prefetch_related("areas")
    if paths is None:
        paths = [] if user.office is None else list(user.office.areas.values_list("path", flat=True))
    found = [
        entry_of(row, today)
        for row in rows
        if row.action_owner_id == user.pk or (user.office and concerns(row, user.office, paths))
    ]
    return sorted(found, key=lambda one: (one.window, one.trigger.number))


def being_watched(user: Any, mission: Mission, *, today: date) -> list[Entry]:
    """Return the events that are watched or take place today, of those that concern the person's office or them."""
    return [one for one in entries_for(user, mission, today=today) if one.is_on]


# --- files ------------------------------------------------------------------------------------------------------------

COLUMNS = (
    Column("ref", "Reference", "#event+code"),
    Column("kind", "Kind", "#event+type"),
    Column("title", "Event", "#event+name", width=40),
    Column("starts_on", "From", "#date+start"),
    Column("ends_on", "Until", "#date+end"),
    Column("watch_from", "Watch from", "#date+watch"),
    Column("is_yearly", "Comes back every year", "#event+yearly"),
    Column("pcodes", "P-codes", "#adm+code+list"),
    Column("areas", "Areas", "#adm+name+list", width=30),
    Column("groups", "Groups at risk", "#affected+group+list", width=30),
    Column("past_effect", "Effect last time", "#description+effect", width=40),
    Column("planned_action", "Planned action", "#response+description", width=40),
    Column("action_owner", "Who acts", "#contact+name"),
    Column("called_off", "Called off because", "#status+reason", width=30),
    Column("marking", "Marking", "#meta+marking"),
)


def table_rows(found: Iterable[Entry]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries as rows of a sheet."""
    for one in found:
        row = one.trigger
        yield {
            "ref": row.ref,
            "kind": str(TriggerKind(row.kind).label),
            "title": row.title,
            "starts_on": one.window.starts_on,
            "ends_on": one.window.ends_on,
            "watch_from": one.window.watch_from,
            "is_yearly": row.is_yearly,
            "pcodes": [area.pcode for area in row.areas.all()],
            "areas": [area.name for area in row.areas.all()],
            "groups": [group.name for group in row.groups.all()],
            "past_effect": row.past_effect,
            "planned_action": row.planned_action,
            "action_owner": str(row.action_owner or ""),
            "called_off": row.called_off,
            "marking": str(row.get_marking_display()),
        }


def as_ics(found: Iterable[Entry], *, mission: Mission) -> bytes:
    """Return the entries as iCalendar: reference, kind and days alone, since a calendar file travels.

    Titles, places, groups and plans stay behind; the reference leads whoever may see it to the rest. Source of the
    format: RFC 5545 (days are whole days, the end is the day after the last).
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//pocweb//trigger calendar//EN", "CALSCALE:GREGORIAN"]
    for one in found:
        stamp = one.trigger.changed_at.astimezone(UTC)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.trigger.ref}-{one.window.starts_on:%Y}@{mission.code.lower()}.pocweb",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{one.window.starts_on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one.window.ends_on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(f'{one.trigger.ref} {TriggerKind(one.trigger.kind).label}')}",
            f"STATUS:{'CANCELLED' if one.trigger.called_off else 'CONFIRMED'}",
            "CLASS:CONFIDENTIAL",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _escaped(text: str) -> str:
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text


def _folded(line: str) -> str:
    """Break a line after 70 characters; kinds are plain Latin text, so that is within 75 octets."""
    return "\r\n ".join(line[at : at + 70] for at in range(0, len(line), 70))
