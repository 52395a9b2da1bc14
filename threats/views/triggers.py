"""Pages of the trigger calendar: the year by month, and one event."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.fieldlist import for_people
from pocweb.models import Area, Person
from pocweb.pages import history_lines, permitted
from threats.choices import TriggerKind
from threats.forms.triggers import LABELS, CalendarFilterForm
from threats.forms.watch import areas_to_name
from threats.models import AtRiskGroup, TriggerEvent
from threats.rules.calendar import lies_in, months_from, next_occurrence
from threats.services.triggers import DATES, window_of
from threats.triggers import Entry, day_words, entries, entry_of, read_ahead
from threats.views.watch import mission_of, probe

MOST_EVENTS = 20
FILES = (("csv", "CSV"), ("xlsx", "XLSX"), ("ics", gettext_lazy("iCalendar: references, kinds and days alone")))
DAYS = (*DATES, "effect_of")


@dataclass(frozen=True)
class Asked:
    """What of the calendar somebody asks for: the rows, the months (twelve, or fewer), and the entries in them."""

    form: CalendarFilterForm
    months: list[tuple[date, date]]
    found: list[Entry]
    today: date
    kept: dict[str, str]

    def query(self, years: int) -> str:
        """Return the address's query some years away, with the same filters."""
        first = self.months[0][0]
        return urlencode({**self.kept, "start": first.replace(year=first.year + years).isoformat()})


def asked_for(request: HttpRequest) -> Asked:
    """Return the entries that the address asks for, of those that the person may see; a wrong filter shows all."""
    mission = mission_of(request)
    today = clock.today(mission)
    form = CalendarFilterForm(request.GET or None, areas=list(areas_to_name(mission)))
    given: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    start = given.get("start") or today
    start = start if 1901 <= start.year <= 2999 else today
    months = months_from(start.replace(day=1), given.get("months") or 12)
    rows = TriggerEvent.objects.visible_to(request.user).filter(mission=mission)
    kept = {"months": str(len(months))} if len(months) < 12 else {}
    if kind := given.get("kind"):
        rows, kept["kind"] = rows.filter(kind=kind), kind
    if pcode := given.get("area"):
        area = Area.objects.filter(pcode=pcode, valid_to=None).first()
        rows, kept["area"] = _about(rows, area), pcode
    found = entries(read_ahead(rows), start=months[0][0], end=months[-1][1], today=today)
    return Asked(form, months, found, today, kept)


def _about(rows: Any, area: Area | None) -> Any:
    """Return the events that name the area, one in it or one that holds it; those of the whole country are left out."""
    if area is None:
        return rows.none()
    above = [area.path[:end] for end in range(Area.steplen, len(area.path), Area.steplen)]
    inside = rows.filter(areas__path__startswith=area.path) | rows.filter(areas__path__in=above)
    return rows.filter(pk__in=inside.values("pk"))


@require_safe
@permitted("threats.view_watch")
def trigger_list(request: HttpRequest) -> HttpResponse:
    """Show twelve months, or fewer: what is watched now, a strip of the year, and the events by month."""
    user: Any = request.user
    asked = asked_for(request)
    months = [
        (date_format(first, "F Y"), [one for one in asked.found if _month_of(one, asked) == first])
        for first, _last in asked.months
    ]
    context = {
        "form": asked.form,
        "files": FILES,
        "months": [(name, rows) for name, rows in months if rows],
        "heads": [date_format(first, "M y") for first, _last in asked.months],
        "strip": [(one, [lies_in(one.window, *month) for month in asked.months]) for one in asked.found],
        "watched": [one for one in asked.found if one.is_on],
        "to_write": [one for one in asked.found if one.is_prompted and one.last == one.window],
        "count": len(asked.found),
        "first": asked.months[0][0],
        "last": asked.months[-1][1],
        "before": asked.query(-1),
        "after": asked.query(1),
        "query": urlencode({**asked.kept, "start": asked.months[0][0].isoformat()}),
        "can_add": user.has_perm("threats.change_trigger", probe(mission_of(request))),
        "marking": max((one.trigger.marking for one in asked.found), default=Marking.UNCLASSIFIED),
    }
    return render(request, "threats/trigger_list.html", context)


def _month_of(one: Entry, asked: Asked) -> date:
    """Return the month under which an entry stands: that of its first day, the first shown where it began before."""
    return max(one.window.starts_on.replace(day=1), asked.months[0][0])


@require_safe
@permitted("threats.view_watch")
def trigger_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an event: when it comes, whom it concerns, what it did last time, what is planned, and its history."""
    user: Any = request.user
    trigger = load_trigger(request, pk)
    today = clock.today(trigger.mission)
    window = window_of(trigger)
    coming = next_occurrence(window, is_yearly=trigger.is_yearly, today=today)
    context = {
        "trigger": trigger,
        "entry": entry_of(trigger, today),
        "coming": coming,
        "stored": window,
        "can_edit": user.has_perm("threats.change_trigger", trigger),
        "events": trigger_history(trigger, user),
        "marking": trigger.marking,
    }
    return render(request, "threats/trigger_detail.html", context)


def load_trigger(request: HttpRequest, pk: int) -> TriggerEvent:
    """Return an event that the person may see, or answer 404."""
    return get_object_or_404(read_ahead(TriggerEvent.objects.visible_to(request.user)), pk=pk)


def trigger_history(trigger: TriggerEvent, user: Any) -> list[dict[str, Any]]:
    """Return the latest events of the record in words."""
    events = list(history_of(trigger).filter(marking__lte=user.clearance)[:MOST_EVENTS])
    values = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    return history_lines(events, labels=LABELS, show=TriggerWords(values))


class TriggerWords:
    """Shows stored plain values of an event: codes become names, in one query per kind of code."""

    def __init__(self, values: list[tuple[str, Any]]) -> None:
        wanted: dict[str, set[str]] = {"areas": set(), "groups": set(), "action_owner": set()}
        for name, value in values:
            if name in wanted and value:
                wanted[name].update([value] if isinstance(value, str) else value)
        self.names: dict[str, dict[str, str]] = {}
        if wanted["areas"]:
            rows = Area.objects.filter(pcode__in=wanted["areas"])
            self.names["areas"] = dict(rows.values_list("pcode", "name"))
        if wanted["groups"]:
            self.names["groups"] = dict(
                AtRiskGroup.objects.filter(code__in=wanted["groups"]).values_list("code", "name")
            )
        if wanted["action_owner"]:
            people = Person.objects.filter(username__in=wanted["action_owner"])
            self.names["action_owner"] = {one.username: str(one) for one in people}

    def __call__(self, name: str, value: Any) -> str:
        """Return the text of one value, empty for none."""
        if value is None or value in ("", []):
            return ""
        if name in DAYS:
            return day_words(date.fromisoformat(value))
        if name == "kind":
            return str(TriggerKind(value).label)
        if name == "marking":
            return str(Marking(value).label)
        names = self.names.get(name, {})
        if isinstance(value, list):
            return ", ".join(str(names.get(code, code)) for code in value)
        return names.get(value, for_people(value)) if isinstance(value, str) else for_people(value)
