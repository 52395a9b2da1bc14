"""What the quarterly assessment shows, as plain data: asked once, frozen on submission, drawn from ever after."""

from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Prefetch, Q, Sum
from django.db.models.functions import TruncMonth

from pocweb.choices import RiskLevel
from pocweb.models import Area, Mission, Office
from reporting.models import Figure, Report
from reporting.periods import Quarter
from strategy.models import Activity
from threats.choices import PointPrecision, Verification
from threats.models import Actor, Incident, Scheme, Threat

MAX_THREATS = 12
MAX_ACTORS = 6


def build_snapshot(report: Report, *, now: datetime) -> dict[str, Any]:
    """Return everything that the document shows, in plain values; the same records give the same content.

    Counts only records marked at most as the report is. Areas, threats and actors come in a stable order.
    """
    quarter = Quarter.parse(report.period)
    rows = _incidents(report.mission, quarter, report.marking)
    return {
        "report": {"ref": report.ref, "period": report.period, "marking": report.marking, "lead": report.lead},
        "mission": {"code": report.mission.code, "name": report.mission.name},
        "taken_at": now.isoformat(),
        "sections": [
            {"code": section.code, "title": section.title, "text": section.text} for section in report.sections.all()
        ],
        "figures": [_figure(figure) for figure in report.figures.all()],
        "threats": _threats(report),
        "scheme": _scheme(report.mission),
        "heat": _heat(report),
        "months": _months(report.mission, quarter, report.marking),
        "areas": _areas(rows),
        "actors": _actors(rows),
        "markers": _markers(rows),
        "blind": _blind(report.mission, quarter, report.marking),
        "offices": _offices(report.mission),
        "activities": _activities(report, quarter),
        "origins": sorted(set(rows.order_by().values_list("origin", flat=True))),
        "shape_sources": _shape_sources(report.mission, quarter),
        "division_on": quarter.ends_on.isoformat(),
    }


def _incidents(mission: Mission, quarter: Quarter, marking: int) -> Any:
    rows = Incident.objects.filter(mission=mission, marking__lte=marking).counted()
    return rows.between(quarter.starts_on, quarter.ends_on)


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "code": figure.code,
        "label": figure.label,
        "question": figure.question,
        "answer": figure.answer,
        "verified_only": figure.verified_only,
        "asked_at": figure.asked_at.isoformat(),
    }


def _active_threats(report: Report) -> Any:
    return Threat.objects.filter(mission=report.mission, marking__lte=report.marking).active()


def _threats(report: Report) -> list[dict[str, Any]]:
    rows = (
        _active_threats(report)
        .exclude(priority=None)
        .select_related("office")
        .prefetch_related(
            Prefetch("actors", queryset=Actor.objects.order_by("name")),
            Prefetch("areas", queryset=Area.objects.order_by("path")),
            "violence_types",
        )
        .order_by("priority", F("risk").desc(nulls_last=True), "number")[:MAX_THREATS]
    )
    return [
        {
            "ref": row.ref,
            "title": row.title,
            "priority": row.priority,
            "risk": row.risk,
            "likelihood": row.likelihood,
            "impact": row.impact,
            "trend": row.trend,
            "imminent": row.imminent,
            "place": row.location or ", ".join(area.name for area in row.areas.all()),
            "violence": [kind.name for kind in row.violence_types.all()],
            "actors": [str(actor) for actor in row.actors.all()],
            "office": row.office.name,
        }
        for row in rows
    ]


def _scheme(mission: Mission) -> dict[str, Any] | None:
    """Return the scheme in use: the mission's own, else the shared one."""
    own = Q(mission=mission) | Q(mission=None)
    row = Scheme.objects.filter(own, is_current=True).order_by(F("mission").asc(nulls_last=True)).first()
    return {"name": row.name, "edition": row.edition, **row.data} if row else None


def _heat(report: Report) -> list[list[int]]:
    """Return [likelihood, impact, number of active threats] for each cell that holds any."""
    rows = (
        _active_threats(report)
        .exclude(likelihood=None)
        .values_list("likelihood", "impact")
        .annotate(count=Count("pk"))
        .order_by("likelihood", "impact")
    )
    return [[likelihood, impact, count] for likelihood, impact, count in rows]


def _months(mission: Mission, quarter: Quarter, marking: int) -> list[dict[str, Any]]:
    """Return the twelve months that end with the quarter: killed best, low, high and the verified part."""
    first = date(quarter.after.starts_on.year - 1, quarter.after.starts_on.month, 1)
    found = {
        row["month"]: row
        for row in Incident.objects.filter(mission=mission, marking__lte=marking)
        .counted()
        .between(first, quarter.ends_on)
        .annotate(month=TruncMonth("starts_on"))
        .values("month")
        .annotate(
            events=Count("pk"),
            best=Sum("killed_best"),
            low=Sum("killed_low"),
            high=Sum("killed_high"),
            verified=Sum("killed_best", filter=Q(verification=Verification.VERIFIED)),
        )
        .order_by("month")
    }
    months = []
    for offset in range(12):
        year, month = divmod(first.year * 12 + first.month - 1 + offset, 12)
        day = date(year, month + 1, 1)
        row = found.get(day)
        months.append(
            {
                "month": day.isoformat(),
                "events": row["events"] if row else 0,
                "best": (row["best"] if row else 0),
                "low": row["low"] if row else 0,
                "high": row["high"] if row else 0,
                "verified": (row["verified"] or 0) if row else 0,
            }
        )
    return months


def _areas(rows: Any) -> list[dict[str, Any]]:
    found = (
        rows.values("area1__pcode", "area1__name")
        .annotate(
            events=Count("pk"),
            best=Sum("killed_best"),
            low=Sum("killed_low"),
            high=Sum("killed_high"),
            civilians=Sum("civilians_killed"),
            verified=Sum("killed_best", filter=Q(verification=Verification.VERIFIED)),
            injured=Sum("injured_best"),
        )
        .order_by(F("best").desc(nulls_last=True), "-events", "area1__pcode")
    )
    return [
        {
            "pcode": row["area1__pcode"] or "",
            "name": row["area1__name"] or "",
            **{name: row[name] for name in ("events", "best", "low", "high", "civilians", "injured")},
            "verified": row["verified"] or 0,
        }
        for row in found
    ]


def _actors(rows: Any) -> list[dict[str, Any]]:
    """Return the actors with most events; an event counts once for each actor that took part as a party."""
    found = (
        Actor.objects.filter(incident_actors__incident__in=rows.values("pk"))
        .exclude(incident_actors__side="victim")
        .annotate(
            events=Count("incident_actors__incident", distinct=True),
            best=Sum("incident_actors__incident__killed_best"),
            civilians=Sum("incident_actors__incident__civilians_killed"),
        )
        .order_by("-events", "name")[:MAX_ACTORS]
    )
    return [
        {
            "name": str(row),
            "source_of_violence": row.source_of_violence,
            "events": row.events,
            "best": row.best,
            "civilians": row.civilians,
        }
        for row in found
    ]


def _markers(rows: Any) -> list[dict[str, Any]]:
    """Return the events with a point exact enough to draw."""
    drawn = rows.exclude(lat=None).filter(point_precision__in=PointPrecision.PLOTTED).select_related("area1")
    return [
        {
            "lat": round(row.lat, 4),
            "lon": round(row.lon, 4),
            "name": row.place or row.title,
            "size": row.killed_best or 0,
            "area": row.area1.name if row.area1 else "",
        }
        for row in drawn.order_by("starts_on", "number")
    ]


def _blind(mission: Mission, quarter: Quarter, marking: int) -> list[dict[str, str]]:
    """Return first-level areas without any incident report in the quarter and without an office: silence is no calm.

    Source: POC Handbook 2020, 8.4, asks that areas without mission presence be included; the measure is ours.
    """
    heard = set(_incidents(mission, quarter, marking).values_list("area1__pcode", flat=True))
    areas = Area.objects.at_level(1).valid_on(quarter.ends_on).filter(_of_country(mission))
    seats = [(office.lat, office.lon) for office in Office.objects.filter(mission=mission).exclude(lat=None)]
    return [
        {"pcode": area.pcode, "name": area.name}
        for area in areas
        if area.pcode not in heard and not any(_holds(area, lat, lon) for lat, lon in seats)
    ]


def _holds(area: Area, lat: float, lon: float) -> bool:
    from shapely.geometry import Point, shape  # geometry is needed here only, and costs a tenth of a second to load

    return bool(area.shape and shape(area.shape).covers(Point(lon, lat)))


def _of_country(mission: Mission) -> Q:
    """Return the filter of areas that the mission's offices answer for."""
    roots = Office.objects.filter(mission=mission).values_list("areas__path", flat=True)
    steps = {path[:4] for path in roots if path}
    where = Q(pk__in=[])
    for step in sorted(steps):
        where |= Q(path__startswith=step)
    return where


def _shape_sources(mission: Mission, quarter: Quarter) -> list[str]:
    rows = Area.objects.at_level(1).valid_on(quarter.ends_on).filter(_of_country(mission)).exclude(source="")
    return sorted(set(rows.order_by().values_list("source", flat=True)))


def _offices(mission: Mission) -> list[dict[str, Any]]:
    rows = Office.objects.filter(mission=mission).exclude(lat=None).order_by("path")
    return [{"name": row.name, "lat": row.lat, "lon": row.lon} for row in rows]


def _activities(report: Report, quarter: Quarter) -> dict[str, Any]:
    rows = Activity.objects.filter(mission=report.mission, marking__lte=report.marking)
    by_tier = rows.open().values("tier").annotate(count=Count("pk")).order_by("tier")
    return {"open_by_tier": {str(row["tier"]): row["count"] for row in by_tier}}


def risk_word(level: int | None) -> str:
    """Return the word for a risk level, or a dash where nothing was rated."""
    return str(RiskLevel(level).label) if level else "–"
