"""What the quarterly assessment shows, as plain data: asked once, frozen on submission, drawn from ever after."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Prefetch, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth

from pocweb.choices import RiskLevel
from pocweb.models import Area, Mission, Office
from pocweb.periods import Quarter
from reporting.foresight import coming, moved_factors
from reporting.models import Figure, Report
from strategy.models import Activity
from threats.choices import ActorSide, PointPrecision, Verification
from threats.models import Actor, Incident, IncidentActor, Presence, Scheme, Threat
from threats.services.incident_places import areas_of_mission

MAX_THREATS = 8
MAX_ACTORS = 6

LOW, HIGH = Sum(Coalesce("killed_low", "killed_best")), Sum(Coalesce("killed_high", "killed_best"))
"""Sums of the estimates; where one was not recorded the best estimate stands in, as in `threats.figures.summarize`."""


def build_snapshot(report: Report, *, now: datetime, answers: Mapping[str, int | None] | None = None) -> dict[str, Any]:
    """Return everything that the document shows, in plain values; the same records give the same content.

    Counts only records marked at most as the report is. Areas, threats and actors come in a stable order. `answers`
    are laid over the stored ones, so that a preview shows what the records say at this moment.
    """
    quarter = Quarter.parse(report.period)
    rows = _incidents(report.mission, quarter, report.marking)
    areas = list(Area.objects.at_level(1).valid_on(quarter.ends_on).filter(_of_mission(report.mission)))
    offices = list(Office.objects.filter(mission=report.mission).exclude(lat=None).order_by("path"))
    located = _located(offices, areas)
    counted = _areas(rows)
    return {
        "report": {"ref": report.ref, "period": report.period, "marking": report.marking, "lead": report.lead},
        "mission": {
            "code": report.mission.code,
            "name": report.mission.name,
            "signatory": report.mission.report_signatory,
            "addressee": report.mission.report_addressee,
            "info": report.mission.report_info,
        },
        "taken_at": now.isoformat(),
        "sections": [
            {"code": section.code, "title": section.title, "text": section.text} for section in report.sections.all()
        ],
        "figures": [_figure(figure, answers) for figure in report.figures.all()],
        "threats": _threats(report),
        "threat_count": _active_threats(report).count(),
        "scheme": _scheme(report.mission),
        "heat": _heat(report),
        "months": _months(report.mission, quarter, report.marking),
        "areas": counted,
        "actors": _actors(rows, report.marking),
        "markers": _markers(rows),
        "map": [area.pcode for area in areas if area.shape],
        "blind": _blind(areas, {*located.values(), *_present(report, quarter, areas)}, counted),
        "offices": [
            {"name": office.name, "lat": office.lat, "lon": office.lon, "area": located[office.pk]}
            for office in offices
        ],
        "activities": _activities(report),
        "triggers": coming(report.mission, quarter, marking=report.marking),
        "watch": moved_factors(report.mission, quarter, marking=report.marking),
        "origins": sorted(rows.order_by().values_list("origin", flat=True).distinct()),
        "shape_sources": sorted({area.source for area in areas if area.source}),
        "division_on": quarter.ends_on.isoformat(),
    }


def _incidents(mission: Mission, quarter: Quarter, marking: int) -> Any:
    rows = Incident.objects.filter(mission=mission, marking__lte=marking).counted()
    return rows.between(quarter.starts_on, quarter.ends_on)


def _figure(figure: Figure, answers: Mapping[str, int | None] | None) -> dict[str, Any]:
    return {
        "code": figure.code,
        "label": figure.label,
        "question": figure.question,
        "answer": figure.answer if answers is None else answers[figure.code],
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
            Prefetch("actors", queryset=Actor.objects.filter(marking__lte=report.marking).order_by("name")),
            Prefetch("areas", queryset=Area.objects.order_by("path").defer("shape")),
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
            low=LOW,
            high=HIGH,
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
        rows.values("area1__pcode")
        .annotate(
            name=Max("area1__name"),
            events=Count("pk"),
            best=Sum("killed_best"),
            low=LOW,
            high=HIGH,
            civilians=Sum("civilians_killed"),
            verified=Sum("killed_best", filter=Q(verification=Verification.VERIFIED)),
            injured=Sum("injured_best"),
        )
        .order_by(F("best").desc(nulls_last=True), "-events", "area1__pcode")
    )
    return [
        {
            "pcode": row["area1__pcode"] or "",
            "name": row["name"] or "",
            **{name: row[name] for name in ("events", "best", "low", "high", "civilians", "injured")},
            "verified": row["verified"] or 0,
        }
        for row in found
    ]


def _actors(rows: Any, marking: int) -> list[dict[str, Any]]:
    """Return the actors with most events; an event counts once for each actor that attacked or fought in it."""
    found = (
        IncidentActor.objects.filter(incident__in=rows.order_by().values("pk"), actor__marking__lte=marking)
        .exclude(side=ActorSide.VICTIM)
        .values("actor__name", "actor__short_name", "actor__source_of_violence")
        .annotate(events=Count("incident", distinct=True))
        .order_by("-events", "actor__name")[:MAX_ACTORS]
    )
    return [
        {
            "name": row["actor__short_name"] or row["actor__name"],
            "source_of_violence": row["actor__source_of_violence"],
            "events": row["events"],
        }
        for row in found
    ]


def _markers(rows: Any) -> list[dict[str, Any]]:
    """Return the events with a point exact enough to draw."""
    drawn = rows.exclude(lat=None).filter(point_precision__in=PointPrecision.PLOTTED).order_by("starts_on", "number")
    return [
        {
            "lat": round(lat, 4),
            "lon": round(lon, 4),
            "name": place or title,
            "size": killed or 0,
            "area": pcode or "",
        }
        for lat, lon, place, title, killed, pcode in drawn.values_list(
            "lat", "lon", "place", "title", "killed_best", "area1__pcode"
        )
    ]


def _located(offices: list[Office], areas: list[Area]) -> dict[int, str]:
    """Return the p-code of the first-level area that each office lies in, "" where none holds it."""
    from shapely.geometry import Point, shape  # costs a tenth of a second to load, and only reports need it here

    shapes = [(area.pcode, shape(area.shape)) for area in areas if area.shape]
    return {
        office.pk: next((pcode for pcode, outline in shapes if outline.covers(Point(office.lon, office.lat))), "")
        for office in offices
        if office.lat is not None and office.lon is not None
    }


def _present(report: Report, quarter: Quarter, areas: list[Area]) -> set[str]:
    """Return the first-level areas in which the mission was present on a day of the quarter, by patrol or otherwise."""
    rows = Presence.objects.filter(mission=report.mission, marking__lte=report.marking)
    paths = set(rows.between(quarter.starts_on, quarter.ends_on).order_by().values_list("area__path", flat=True))
    return {area.pcode for area in areas if any(path.startswith(area.path) for path in paths)}


def _blind(areas: list[Area], present: set[str], counted: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return first-level areas without presence of the mission and without any incident report in the quarter.

    Source: POC Handbook 2020, 8.4, asks that areas without mission presence be included; what counts as
    presence is that of `threats.rules.blindspots`, over the quarter: silence is no calm.
    """
    known = {row["pcode"] for row in counted} | present
    return [{"pcode": area.pcode, "name": area.name} for area in areas if area.pcode not in known]


def _of_mission(mission: Mission) -> Q:
    """Return the filter of areas in the mission's countries; none where no office has an area yet."""
    return areas_of_mission(mission) or Q(pk__in=[])


def _activities(report: Report) -> dict[str, Any]:
    rows = Activity.objects.filter(mission=report.mission, marking__lte=report.marking)
    by_tier = rows.open().values("tier").annotate(count=Count("pk")).order_by("tier")
    return {"open_by_tier": {str(row["tier"]): row["count"] for row in by_tier}}


def risk_word(level: int | None) -> str:
    """Return the word for a risk level, or a dash where nothing was rated."""
    return str(RiskLevel(level).label) if level else "–"
