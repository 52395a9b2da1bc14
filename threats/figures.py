"""Figures of incidents: how many events, killed, civilians killed or injured, by time, place, actor or kind.

The one place that counts incidents: pages, charts, reports and the command `figures` all ask here, so their numbers
agree. Killed and injured are best estimates; an event belongs to the period of its first day; discounted incidents
are left out. A count that was not recorded adds nothing and is told apart in `not_recorded`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth, TruncQuarter, TruncYear
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pocweb.models import Mission
from threats.choices import EventKind, Verification
from threats.filters import NO_ACTOR, NO_AREA, NO_AREA2, apply_filters, as_query
from threats.models import Incident, IncidentActor
from threats.querysets import IncidentQuerySet

MEASURES: dict[str, str | None] = {
    "events": None,
    "killed": "killed_best",
    "civilians_killed": "civilians_killed",
    "injured": "injured_best",
}
TRUNCATIONS = {"month": TruncMonth, "quarter": TruncQuarter, "year": TruncYear}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
GROUPINGS = (*TRUNCATIONS, "area1", "area2", "actor", "violence")


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One line of a figure. `value` is None when events are there but none of them has the count recorded.

    `events` are all events of the line, `not_recorded` those of them without the count. `url` opens its records.
    """

    key: str
    label: str
    value: int | None
    events: int = 0
    not_recorded: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The answer with the question that it answers; `total` counts every event once, whatever its rows do."""

    rows: list[FigureRow]
    total: int | None
    not_recorded: int
    question: dict[str, Any] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """The number of distinct events behind the figure."""
        return int(self.question["events"])


def figures(
    mission: Mission,
    *,
    measure: str,
    by: str,
    start: date | None = None,
    end: date | None = None,
    verified_only: bool = False,
    scope: IncidentQuerySet | None = None,
    filters: Mapping[str, Any] | None = None,
) -> FigureTable:
    """Count incidents of a mission and return rows, total, the events without the count, and the question.

    `measure` is one of `MEASURES`, `by` one of `GROUPINGS`; `start` and `end` (both included) limit the first day.
    `scope` are the incidents that may be counted, such as those visible to a reader; the whole mission when left out.
    `filters` are those of `threats.filters.apply_filters`.

    By time, every period from the first to the last is listed, also those without an event. By actor, an event counts
    once for each of its actors, whatever their part, so rows add up to more than the total of distinct events.
    One grouped query; by actor one more for the total. Raises `ValueError` for an unknown measure or grouping.
    """
    if measure not in MEASURES or by not in GROUPINGS:
        raise ValueError(f"There is no figure of {measure} by {by}.")
    asked = {**(filters or {}), "from": start, "to": end}
    if verified_only:
        asked["verification"] = Verification.VERIFIED.value
    rows = Incident.objects.all() if scope is None else scope
    rows = apply_filters(rows.filter(mission=mission), asked)
    found = _grouped(rows, by, MEASURES[measure])
    if by in TRUNCATIONS:
        found = _without_gaps(found, by, start, end)
    lines = [_row(group, measure, by, asked) for group in found]
    total, missing, events = _totals(rows, measure) if by == "actor" else _summed(found, measure)
    question = {
        "mission": mission.code,
        "measure": measure,
        "by": by,
        "from": start.isoformat() if start else None,
        "to": end.isoformat() if end else None,
        "verified_only": verified_only,
        "filters": {name: str(value) for name, value in (filters or {}).items() if value not in (None, "")},
        "events": events,
    }
    return FigureTable(lines, total, missing, question)


@dataclass(frozen=True, slots=True)
class _Group:
    key: Any
    label: str
    events: int
    recorded: int
    total: int | None


def _grouped(rows: IncidentQuerySet, by: str, column: str | None) -> list[_Group]:
    """Run the one grouped query; the model's own order is taken off, since it would split the groups."""
    if by == "actor":
        return _by_actor(rows, column)
    keys: dict[str, Any]
    if by in TRUNCATIONS:
        keys = {"key": TRUNCATIONS[by]("starts_on"), "label": None}
    elif by == "violence":
        keys = {"key": F("event_kind"), "label": None}
    else:
        keys = {"key": F(f"{by}__pcode"), "label": F(f"{by}__name")}
    named = {name: expression for name, expression in keys.items() if expression is not None}
    counted = rows.order_by().values(**named).annotate(**_aggregates("", column))
    return _merged(counted, by)


def _aggregates(prefix: str, column: str | None) -> dict[str, Any]:
    events = Count("incident" if prefix else "pk")
    if column is None:
        return {"events": events}
    return {"events": events, "recorded": Count(f"{prefix}{column}"), "total": Sum(f"{prefix}{column}")}


def _by_actor(rows: IncidentQuerySet, column: str | None) -> list[_Group]:
    """Group by actor, an actor on two sides of one event once; events without an actor make a line of their own."""
    twice = IncidentActor.objects.filter(incident=OuterRef("incident"), actor=OuterRef("actor"), pk__lt=OuterRef("pk"))
    links = IncidentActor.objects.filter(~Exists(twice), incident__in=rows.order_by().values("pk"))
    keys = {"key": F("actor__code"), "label": F("actor__name")}
    found = _merged(links.order_by().values(**keys).annotate(**_aggregates("incident__", column)), "actor")
    without = rows.filter(actors=None).order_by().aggregate(**_aggregates("", column))
    if without["events"]:
        found.append(_group({"key": None, **without}, "actor"))
    return found


def _merged(counted: Any, by: str) -> list[_Group]:
    """Return the groups in order, an area that was entered for two divisions as one."""
    by_key: dict[Any, _Group] = {}
    for line in counted:
        group = _group(line, by)
        if (same := by_key.get(group.key)) is not None:
            totals = [total for total in (same.total, group.total) if total is not None]
            group = _Group(
                group.key,
                group.label,
                same.events + group.events,
                same.recorded + group.recorded,
                sum(totals) if totals else None,
            )
        by_key[group.key] = group
    if by in TRUNCATIONS:
        return sorted(by_key.values(), key=lambda group: group.key)
    return sorted(by_key.values(), key=lambda group: (group.key is None, -(group.total or 0), group.label))


def _group(line: Mapping[str, Any], by: str) -> _Group:
    events = line["events"]
    return _Group(
        line["key"],
        line.get("label") or _label(line["key"], by),
        events,
        line.get("recorded", events),
        line.get("total", events),
    )


def _label(key: Any, by: str) -> str:
    if key is None:
        return _("actor not recorded") if by == "actor" else _("area not recorded")
    if by == "violence":
        return str(EventKind(key).label)
    if by == "year":
        return str(key.year)
    if by == "quarter":
        return _("%(year)d, quarter %(quarter)d") % {"year": key.year, "quarter": (key.month + 2) // 3}
    return date_format(key, "F Y")


def _without_gaps(found: list[_Group], by: str, start: date | None, end: date | None) -> list[_Group]:
    """Return one group for every period of the range asked for, or from the first to the last event."""
    if not found and not (start and end):
        return []
    first = _begin(start, by) if start else found[0].key
    last = end or found[-1].key
    by_key = {group.key: group for group in found}
    empty = (_Group(key, _label(key, by), 0, 0, 0) for key in _periods(first, last, by))
    return [by_key.get(group.key, group) for group in empty]


def _begin(day: date, by: str) -> date:
    months = MONTHS[by]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next(day: date, by: str) -> date:
    month = day.month - 1 + MONTHS[by]
    return date(day.year + month // 12, month % 12 + 1, 1)


def _periods(first: date, last: date, by: str) -> Iterator[date]:
    while first <= last:
        yield first
        first = _next(first, by)


def period_key(day: date, by: str) -> str:
    """Return the key of the period that begins on the day: 2020-03, 2020-Q1 or 2020."""
    if by == "year":
        return f"{day.year:04d}"
    if by == "quarter":
        return f"{day.year:04d}-Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}"


def _row(group: _Group, measure: str, by: str, asked: Mapping[str, Any]) -> FigureRow:
    key, more = _key_and_filter(group, by, asked)
    value = group.events if measure == "events" else group.total
    missing = group.events - group.recorded
    url = f"{reverse('threats:incident-list')}?{as_query(asked, **more)}"
    return FigureRow(key, group.label, value, group.events, missing, url)


def _key_and_filter(group: _Group, by: str, asked: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if by in TRUNCATIONS:
        last = _next(group.key, by) - timedelta(days=1)
        start, end = asked.get("from"), asked.get("to")
        more = {"from": max(group.key, start or group.key), "to": min(last, end or last)}
        return period_key(group.key, by), more
    if by == "violence":
        return group.key, {"kind": group.key}
    if by == "actor":
        return group.key or "", {"actor": group.key or NO_ACTOR}
    return group.key or "", {"area": group.key or (NO_AREA if by == "area1" else NO_AREA2)}


def _summed(found: list[_Group], measure: str) -> tuple[int | None, int, int]:
    events = sum(group.events for group in found)
    if measure == "events":
        return events, 0, events
    known = [group.total for group in found if group.total is not None and group.recorded]
    missing = sum(group.events - group.recorded for group in found)
    return sum(known) if known or not events else None, missing, events


def _totals(rows: IncidentQuerySet, measure: str) -> tuple[int | None, int, int]:
    """Return total, events without the count and events, each event once."""
    column = MEASURES[measure]
    found = rows.order_by().aggregate(**_aggregates("", column))
    if column is None:
        return found["events"], 0, found["events"]
    total = found["total"] if found["events"] else 0
    return total, found["events"] - found["recorded"], found["events"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sentence over a list says; counts are None when no event has them recorded."""

    events: int
    first: date | None
    last: date | None
    killed_low: int | None
    killed_best: int | None
    killed_high: int | None
    killed_not_recorded: int
    civilians_killed: int | None
    civilians_not_recorded: int
    injured_best: int | None
    injured_not_recorded: int
    verified: int

    @property
    def verified_percent(self) -> int | None:
        """The share of verified events, rounded to whole per cent; None of nothing."""
        return round(100 * self.verified / self.events) if self.events else None


def summarize(rows: IncidentQuerySet) -> Summary:
    """Return the totals of a set of incidents in one query, counted as `figures` counts them.

    Where low or high is not recorded, the best estimate stands in, so that low <= best <= high holds for the sums.
    """
    known = Q(killed_best__isnull=False)
    found = rows.order_by().aggregate(
        n=Count("pk"),
        begin=Min("starts_on"),
        until=Max("starts_on"),
        low=Sum(Coalesce("killed_low", "killed_best"), filter=known),
        best=Sum("killed_best"),
        high=Sum(Coalesce("killed_high", "killed_best"), filter=known),
        best_recorded=Count("killed_best"),
        civilians=Sum("civilians_killed"),
        civilians_recorded=Count("civilians_killed"),
        injured=Sum("injured_best"),
        injured_recorded=Count("injured_best"),
        verified=Count("pk", filter=Q(verification=Verification.VERIFIED)),
    )
    return Summary(
        events=found["n"],
        first=found["begin"],
        last=found["until"],
        killed_low=found["low"],
        killed_best=found["best"],
        killed_high=found["high"],
        killed_not_recorded=found["n"] - found["best_recorded"],
        civilians_killed=found["civilians"],
        civilians_not_recorded=found["n"] - found["civilians_recorded"],
        injured_best=found["injured"],
        injured_not_recorded=found["n"] - found["injured_recorded"],
        verified=found["verified"],
    )
