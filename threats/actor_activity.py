"""A perpetrator's activity over time: killed per month of a year, events and killed by quarter.

Counted from the incidents that the reader may see, by the rules of `threats.figures`: discounted incidents are left
out, an event belongs to the period of its first day, and what nobody recorded is not zero.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.urls import reverse
from django.utils.translation import gettext as _

from pocweb.charts import Drawing, MonthPoint, monthly_bars
from threats.choices import Verification
from threats.evidence import month_starts
from threats.figures import FigureRow, figures
from threats.filters import apply_filters, as_query
from threats.models import Actor
from threats.querysets import IncidentQuerySet

QUARTERS = 8
LOW, HIGH = Sum(Coalesce("killed_low", "killed_best")), Sum(Coalesce("killed_high", "killed_best"))


@dataclass(frozen=True)
class Activity:
    """What an actor's incidents add up to. `year_count` are events of the chart's months; `year_url` opens them."""

    chart: Drawing | None
    year_count: int
    year_url: str
    quarters: list[FigureRow]
    all_count: int
    all_url: str


def activity_of(actor: Actor, incidents: IncidentQuerySet, *, today: date) -> Activity:
    """Return an actor's activity until today from `incidents`, those within the reader's reach. Four queries.

    Months are the twelve calendar months that end with today's, quarters the eight that end with today's.
    """
    first = month_starts(today)[0]
    asked = {"actor": actor.code, "from": first, "to": today}
    points, count = _months(apply_filters(incidents.filter(mission=actor.mission_id), asked), today)
    title = _("People killed per month in incidents that name %(actor)s") % {"actor": actor}
    quarters = figures(
        actor.mission,
        measure="killed",
        by="quarter",
        start=_first_quarter(today),
        end=today,
        scope=incidents,
        filters={"actor": actor.code},
    )
    listed = reverse("threats:incident-list")
    everything = apply_filters(incidents.filter(mission=actor.mission_id), {"actor": actor.code, "to": today})
    return Activity(
        chart=monthly_bars(points, title=title) if count else None,
        year_count=count,
        year_url=f"{listed}?{as_query(asked)}",
        quarters=list(reversed(quarters.rows)),
        all_count=everything.count(),
        all_url=f"{listed}?{as_query({'actor': actor.code, 'to': today})}",
    )


def _first_quarter(today: date) -> date:
    """Return the first day of the earliest of the quarters shown."""
    number = today.year * 4 + (today.month - 1) // 3 - (QUARTERS - 1)
    return date(number // 4, number % 4 * 3 + 1, 1)


def _months(rows: IncidentQuerySet, today: date) -> tuple[list[MonthPoint], int]:
    """Return one point per month, None where events are there and none has a count, and the number of events."""
    verified = Sum("killed_best", filter=Q(verification=Verification.VERIFIED))
    counted = rows.annotate(month=TruncMonth("starts_on")).order_by().values("month")
    found = {
        row["month"]: row
        for row in counted.annotate(events=Count("pk"), best=Sum("killed_best"), low=LOW, high=HIGH, verified=verified)
    }
    points = []
    for month in month_starts(today):
        row = found.get(month)
        if row is None:
            points.append(MonthPoint(month, 0))
        elif row["best"] is None:
            points.append(MonthPoint(month, None))
        else:
            points.append(MonthPoint(month, row["best"], row["verified"] or 0, row["low"], row["high"]))
    return points, sum(row["events"] for row in found.values())
