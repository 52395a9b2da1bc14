"""Pages of the atrocity watch: the board of 14 factors, and one factor with its readings."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import history_of
from pocweb.charts import DataTable, Drawing
from pocweb.charts.ratings import MOST_SERIES, RatingPoint, RatingSeries, series_chart
from pocweb.choices import Marking
from pocweb.fieldlist import for_people
from pocweb.models import Mission
from pocweb.pages import history_lines, permitted
from threats.choices import FactorKind, SignLevel
from threats.forms.watch import LABELS
from threats.models import FactorReading, FactorWatch, Threat
from threats.rules.watch import quarter_ended
from threats.triggers import being_watched
from threats.watching import FactorLine, board_for, headline, sign_texts

SHORT = (gettext_lazy("None"), gettext_lazy("Single"), gettext_lazy("Several"), gettext_lazy("Strong"))
"""The four levels as short as a chart needs them."""
MOST_EVENTS, MOST_THREATS, MOST_WATCHED = 20, 8, 5
EARLIEST = 1946  # no board of a year before there were missions


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting, or answer 404."""
    mission: Mission | None = request.user.mission  # type: ignore[union-attr]
    if mission is None:
        raise Http404
    return mission


def line_of(request: HttpRequest, number: int) -> FactorLine:
    """Return one factor as the person may see it, or answer 404."""
    mission = mission_of(request)
    lines = board_for(request.user, mission, today=clock.today(mission), numbers=[number])
    if not lines:
        raise Http404
    return lines[0]


def probe(mission: Mission) -> FactorWatch:
    """Return an unsaved watch of the mission, to ask what a person may do where nothing is judged yet."""
    return FactorWatch(mission=mission, marking=Marking.UNCLASSIFIED)


@require_safe
@permitted("threats.view_watch")
def watch_board(request: HttpRequest) -> HttpResponse:
    """Show all 14 factors against their baselines, and what of the calendar is being watched now."""
    user: Any = request.user
    mission = mission_of(request)
    now = clock.today(mission)
    today = _day_asked(request, now)
    lines = board_for(user, mission, today=today)
    kinds = [
        (label, [line for line in lines if line.factor.kind == kind], f"kind-{kind}")
        for kind, label in FactorKind.choices
    ]
    context = {
        "kinds_of_file": ("csv", "xlsx"),
        "kinds": [(label, rows, slug) for label, rows, slug in kinds if rows],
        "headline": headline(lines, today=today) if lines else "",
        "open": [line.factor for line in lines if not line.is_judged],
        "late": sum(line.is_late for line in lines),
        "review_days": mission.review_days,
        "since": quarter_ended(today),
        "today": today,
        "is_past": today != now,
        "watched": being_watched(user, mission, today=today)[:MOST_WATCHED],
        "can_set": user.has_perm("threats.set_baseline", probe(mission)),
        "can_read": user.has_perm("threats.read_factor", probe(mission)),
        "marking": max((line.marking for line in lines), default=Marking.UNCLASSIFIED),
    }
    return render(request, "threats/watch.html", context)


def _day_asked(request: HttpRequest, now: date) -> date:
    """Return the day that the board is asked for (`?on=2020-12-31`), today where none or a later one is named."""
    try:
        day = min(date.fromisoformat(request.GET.get("on", "")), now)
    except ValueError:
        return now
    return day if day.year >= EARLIEST else now


@require_safe
@permitted("threats.view_watch")
def factor_detail(request: HttpRequest, number: int) -> HttpResponse:
    """Show a factor: why it matters here, its baseline, the series of readings, and what its areas lead to."""
    user: Any = request.user
    line = line_of(request, number)
    watch = line.watch
    context = {
        "line": line,
        "factor": line.factor,
        "watch": watch,
        "facts": _facts(watch),
        "readings": [(one, sign_texts(line.factor, one.signs), line.counts(one)) for one in line.readings],
        "chart": _chart(line),
        "places": _places(line, user),
        "events": _history(watch, user),
        "can_set": user.has_perm("threats.set_baseline", watch or probe(mission_of(request))),
        "can_read": line.is_followed and user.has_perm("threats.read_factor", watch),
        "review_days": line.review_days,
        "since": quarter_ended(line.today),
        "marking": line.marking,
    }
    return render(request, "threats/factor_detail.html", context)


def _facts(watch: FactorWatch | None) -> list[tuple[str, str]]:
    if watch is None:
        return []
    names = ("relevance", "baseline", "who", "triggers", "protection") if watch.is_relevant else ("relevance",)
    return [(str(LABELS[name]), getattr(watch, name)) for name in names]


def _chart(line: FactorLine) -> Drawing | None:
    """Return the national series and those of the areas read last, each from the baseline on; None before any."""
    watch = line.watch
    if watch is None or not watch.is_relevant:
        return None
    found: dict[str, list[FactorReading]] = defaultdict(list)
    for one in sorted(line.readings, key=lambda one: (one.read_on, one.pk)):
        if line.counts(one):
            found[one.area.pcode if one.area else ""].append(one)
    national = found.pop("", [])
    points = {watch.baseline_on: watch.baseline_level} | {one.read_on: one.level for one in national}
    series = [_series(_("All"), points)]
    latest = sorted(found, key=lambda code: found[code][-1].read_on, reverse=True)[: MOST_SERIES - 1]
    series += [_series(code, {one.read_on: one.level for one in found[code]}) for code in latest]
    title = _("Level of factor %(number)s over time") % {"number": line.factor.number}
    drawn = series_chart(series, levels=[str(word) for word in SHORT], until=line.today, title=title)
    caption = _("A step is a new reading. All: the baseline, then national readings. Codes: areas read apart.")
    table = DataTable(headers=(_("Place"), _("From"), _("Level")), rows=tuple(row[:3] for row in drawn.table.rows))
    return replace(drawn, caption=caption, table=table)


def _series(name: str, levels: dict[date, int]) -> RatingSeries:
    """Return a series with one point a day: of two readings the later one counts."""
    return RatingSeries(name, tuple(RatingPoint(day, level) for day, level in sorted(levels.items())))


def _places(line: FactorLine, user: Any) -> list[dict[str, Any]]:
    """Return the areas that readings name, each with its latest reading and the active threats there; one query."""
    latest: dict[int, FactorReading] = {}
    for one in sorted(line.readings, key=lambda one: (one.read_on, one.pk)):
        if one.area_id is not None:
            latest[one.area_id] = one
    rows = sorted((one for one in latest.values() if one.area), key=lambda one: one.area.name if one.area else "")
    threats = _threats_in([one.area.path for one in rows if one.area], user, line)
    found = []
    for one in rows:
        path = one.area.path if one.area else ""
        here = {pk: ref for pk, ref, place in threats if place.startswith(path)}
        found.append({"area": one.area, "reading": one, "threats": list(here.items())[:MOST_THREATS]})
    return found


def _threats_in(paths: list[str], user: Any, line: FactorLine) -> list[tuple[int, str, str]]:
    """Return the active threats in these areas that the person may see, as key, reference and path of the area."""
    if not paths or line.watch is None or not user.has_perm("threats.view_threat"):
        return []
    where = Q(pk__in=[])
    for path in paths:
        where |= Q(areas__path__startswith=path)
    rows = Threat.objects.visible_to(user).active().filter(where, mission=line.watch.mission_id)
    columns = rows.order_by("number").values_list("pk", "number", "areas__path")
    return [(pk, f"{Threat.LETTER}-{number:03d}", path) for pk, number, path in columns]


def _history(watch: FactorWatch | None, user: Any) -> list[dict[str, Any]]:
    if watch is None:
        return []
    events = history_of(watch).filter(marking__lte=user.clearance)[:MOST_EVENTS]
    return history_lines(events, labels=LABELS, show=shown)


def shown(name: str, value: Any) -> str:
    """Return a stored plain value of a watch as people read it."""
    if value is None or value == "":
        return ""
    if name == "marking":
        return str(Marking(value).label)
    if name == "baseline_level":
        return str(SignLevel(value).label)
    if name == "baseline_on":
        return for_people(date.fromisoformat(value))
    return for_people(value)
