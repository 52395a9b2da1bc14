"""Figures of engagement: people by sex and age, records by group, purpose, area and month; each with its own list.

Everything is asked of the same rows that the list shows a person, so figures and list agree (CM-10).
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum, TextField
from django.db.models.functions import Cast, TruncMonth
from django.utils.translation import gettext as _

from coordination.communities.choices import AgeGroup, Interlocutor, Purpose, Sex
from coordination.models import EngagementCount
from coordination.querysets import EngagementQuerySet


def with_lists(rows: EngagementQuerySet) -> EngagementQuerySet:
    """Return the rows with purposes and groups as text, in which both databases look for a stored value alike."""
    casts = {"purposes_text": Cast("purposes", TextField()), "groups_text": Cast("groups", TextField())}
    return rows.annotate(**casts)


def has(name: str, value: str) -> Q:
    """Return the condition that a list of `with_lists` holds a value."""
    return Q(**{f"{name}_text__contains": f'"{value}"'})


def narrowed(rows: EngagementQuerySet, wanted: Mapping[str, Any]) -> EngagementQuerySet:
    """Return the records that match the filters of `EngagementFilterForm`."""
    rows = with_lists(rows)
    if wanted.get("office"):
        rows = rows.filter(office__path__startswith=wanted["office"].path)
    if wanted.get("area"):
        rows = rows.filter(area__path__startswith=wanted["area"].path)
    for name, column in (("purpose", "purposes"), ("group", "groups")):
        if wanted.get(name):
            rows = rows.filter(has(column, wanted[name]))
    counted = {name: wanted[name] for name in ("sex", "age") if wanted.get(name)}
    if counted:
        matching = EngagementCount.objects.filter(people__gt=0, **counted)
        rows = rows.filter(pk__in=matching.values("engagement"))
    if wanted.get("separate"):
        rows = rows.filter(was_separate=wanted["separate"] == "yes")
    if wanted.get("problem"):
        rows = rows.exclude(problem="")
    if wanted.get("start"):
        rows = rows.filter(held_on__gte=wanted["start"])
    if wanted.get("end"):
        rows = rows.filter(held_on__lte=wanted["end"])
    return rows


@dataclass(frozen=True)
class Figure:
    """A number, and the filters of the list behind it."""

    label: str
    count: int
    query: str


@dataclass(frozen=True)
class Grid:
    """People of one sex by age group, with their sum."""

    label: str
    cells: tuple[Figure, ...]


@dataclass(frozen=True)
class Figures:
    """All that the page of figures draws."""

    total: Figure
    people: int
    uncounted: int
    separate: Figure
    share: str
    grid: tuple[Grid, ...]
    groups: tuple[Figure, ...]
    purposes: tuple[Figure, ...]
    areas: tuple[Figure, ...]
    months: tuple[Figure, ...]


def figures_of(rows: EngagementQuerySet, query: Mapping[str, str]) -> Figures:
    """Return the figures of these (already narrowed) records; four queries whatever their number.

    `query` are the filters in force, which each number's list keeps.
    """
    wanted = {f"g_{one}": Count("pk", filter=has("groups", one)) for one in Interlocutor.values}
    wanted |= {f"p_{one}": Count("pk", filter=has("purposes", one)) for one in Purpose.values}
    wanted |= {"total": Count("pk"), "separate": Count("pk", filter=Q(was_separate=True))}
    sums = rows.order_by().aggregate(**wanted)
    counted = EngagementCount.objects.filter(engagement__in=rows.order_by().values("pk"))
    cells = {
        (one["sex"], one["age"]): one["people"]
        for one in counted.order_by().values("sex", "age").annotate(people=Sum("people"))
    }
    with_count = counted.aggregate(records=Count("engagement", distinct=True))["records"]
    areas = rows.order_by().values("area", "area__name").annotate(count=Count("pk")).order_by("-count", "area__name")
    months = rows.order_by().annotate(month=TruncMonth("held_on")).values("month").annotate(count=Count("pk"))

    def link(**more: Any) -> str:
        return urlencode({**query, **{name: str(value) for name, value in more.items()}})

    def of(prefix: str, name: str, choices: Any) -> tuple[Figure, ...]:
        found = [Figure(str(one.label), sums[f"{prefix}_{one.value}"], link(**{name: one.value})) for one in choices]
        return tuple(sorted(found, key=lambda one: -one.count))

    total = sums["total"]
    return Figures(
        total=Figure(_("Engagements"), total, link()),
        people=sum(cells.values()),
        uncounted=total - with_count,
        separate=Figure(_("with a group met apart"), sums["separate"], link(separate="yes")),
        share=_("%(n)d of 100") % {"n": round(100 * sums["separate"] / total)} if total else "",
        grid=tuple(_row(sex, cells, link) for sex in Sex),
        groups=of("g", "group", Interlocutor),
        purposes=of("p", "purpose", Purpose),
        areas=tuple(Figure(one["area__name"], one["count"], link(area=one["area"])) for one in areas),
        months=tuple(_month(one, link) for one in months.order_by("-month")),
    )


def _row(sex: Any, cells: Mapping[tuple[str, str], int], link: Any) -> Grid:
    ages = [Figure(str(age.label), cells.get((sex.value, age.value), 0), link(sex=sex, age=age)) for age in AgeGroup]
    ages.append(Figure(_("All ages"), sum(one.count for one in ages), link(sex=sex)))
    return Grid(str(sex.label), tuple(ages))


def _month(row: Mapping[str, Any], link: Any) -> Figure:
    first = row["month"]
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return Figure(f"{first:%B %Y}", row["count"], link(start=first.isoformat(), end=last.isoformat()))
