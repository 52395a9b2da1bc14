"""The map of hotspots and blind spots: page, CSV, and the map alone as SVG."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.charts import BOUNDARY_DISCLAIMER
from pocweb.choices import Marking
from pocweb.models import Mission
from pocweb.pages import permitted
from pocweb.permissions import require
from pocweb.tabular import iter_csv
from threats.choices import PresenceKind
from threats.filters import NO_AREA, NO_AREA2, NO_AREA3, as_query
from threats.hotspot_drawing import draw_map, legend
from threats.hotspot_sheet import columns, rows_of
from threats.hotspots import AreaPicture, HotspotMap, Scope, ask, hotspots_for, scope_of
from threats.models import Actor
from threats.rules import hotspots as rules
from threats.views.presences import mission_of
from threats.wording_hotspots import LEVEL_NAMES, ORDER, covers, reason

PERIODS = (30, 90, 180, 365)
USUAL_DAYS = 90
PAGE_SIZE = 40
MEASURES = (("events", gettext_lazy("events")), ("civilians_killed", gettext_lazy("civilians killed")))
TONES = {"blind": "bad", "seen": "ok", "presence": "warn", "reports": "warn", "unsure": "warn"}


class HotspotForm(forms.Form):
    """What the map is asked, sent by GET."""

    level = forms.ChoiceField(label=gettext_lazy("Areas"), required=False)
    period = forms.ChoiceField(label=gettext_lazy("Period"), required=False)
    measure = forms.ChoiceField(label=gettext_lazy("Hotspots by"), required=False, choices=MEASURES)
    actor = forms.ChoiceField(label=gettext_lazy("Actor"), required=False)

    def __init__(self, data: Any, *, user: Any, mission: Mission) -> None:
        super().__init__(data)
        fields: Any = self.fields
        actors = Actor.objects.filter(mission=mission).visible_to(user).values_list("code", "name").order_by("name")
        fields["actor"].choices = lambda: [("", _("All actors")), *actors]  # asked for where one is named or offered
        self.periods = _periods(clock.today(mission))
        fields["period"].choices = [(code, label) for code, label, _start, _end in self.periods]
        fields["level"].choices = [(level, str(name)) for level, name in LEVEL_NAMES.items()]

    def question(self, mission: Mission) -> Any:
        """Return the question; a part that cannot be read is named on the page and left at its usual value."""
        given = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        wanted = given.get("period") or str(USUAL_DAYS)
        start, end = next((first, last) for code, _label, first, last in self.periods if code == wanted)
        return ask(
            mission,
            level=int(given.get("level") or 1),
            start=start,
            end=end,
            measure=given.get("measure") or "events",
            actor=given.get("actor") or "",
        )


def _periods(today: Any) -> list[tuple[str, str, Any, Any]]:
    """Return code, label, first and last day of the periods to choose from; none ends after today."""
    periods: list[tuple[str, str, Any, Any]] = [
        (str(days), _("Last %(days)s days") % {"days": days}, today - timedelta(days=days - 1), today)
        for days in PERIODS
    ]
    first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    last = today
    for _turn in range(4):
        number = (first.month + 2) // 3
        said = _("%(year)d, quarter %(quarter)d") % {"year": first.year, "quarter": number}
        periods.append((f"{first.year}-Q{number}", said, first, last))
        last = first - timedelta(days=1)
        first = last.replace(month=(last.month - 1) // 3 * 3 + 1, day=1)
    return periods


@dataclass(frozen=True)
class Line:
    """One row of the table, with the addresses of the records behind its numbers."""

    picture: AreaPicture
    reason: str
    tone: str
    covers: str
    last_patrol: Any
    events_url: str
    presences_url: str


def _line(one: AreaPicture, found: HotspotMap) -> Line:
    asked = found.question
    events = as_query({"from": asked.start, "to": asked.end, "area": one.area.pcode, "actor": asked.actor})
    seen = as_query({"from": asked.blind_from, "to": asked.end, "area": one.area.pcode})
    return Line(
        picture=one,
        reason=reason(one, found),
        tone=TONES[one.sight],
        covers=covers(one, found.question),
        last_patrol=one.last_on(PresenceKind.PATROL, PresenceKind.VISIT),
        events_url=f"{reverse('threats:incident-list')}?{events}",
        presences_url=f"{reverse('threats:presence-list')}?{seen}",
    )


def _read(request: HttpRequest) -> tuple[HotspotForm, HotspotMap, Scope]:
    for name in ("threats.view_incident", "threats.view_presence"):
        require(request.user, name)
    mission = mission_of(request)
    form = HotspotForm(request.GET, user=request.user, mission=mission)
    scope = scope_of(request.user, mission)
    return form, hotspots_for(mission, form.question(mission), scope), scope


def ordered(found: HotspotMap) -> list[AreaPicture]:
    """Return the areas with hotspots first, then blind spots, then watch, then the rest."""
    return sorted(
        found.areas,
        key=lambda one: (
            ORDER[one.heat] if one.is_hot or not one.is_blind else 3,
            -(one.risk or 0) if one.is_hot else 0,
            -one.tally.events,
            one.area.path,
        ),
    )


@require_safe
@permitted("threats.view_threat")
def hotspot_map(request: HttpRequest) -> HttpResponse:
    """The map with its table: hotspots by events and by threats, blind spots, and what was last seen where."""
    form, found, _scope = _read(request)
    pictures = ordered(found)
    size = len(pictures) or 1 if request.GET.get("all") else PAGE_SIZE
    page = Paginator(pictures, size).get_page(request.GET.get("page"))
    asked = found.question
    context = {
        "form": form,
        "found": found,
        "asked": asked,
        "drawing": draw_map(found),
        "legend": legend(found),
        "page_obj": page,
        "lines": [_line(one, found) for one in page],
        "levels": [(label, _with(request, level=level), level == asked.level) for level, label in LEVEL_NAMES.items()],
        "periods": _choices(request, form, "period", str(USUAL_DAYS)),
        "measures": _choices(request, form, "measure", "events"),
        "level_name": LEVEL_NAMES[asked.level],
        "coarser_url": _coarser_url(found),
        "all_url": _with(request, all=1),
        "query": _with(request)[1:],
        "rules": rules,
        "rate": round(100 * rules.FALSE_DISCOVERY),
        "disclaimer": BOUNDARY_DISCLAIMER,
        "can_add": request.user.has_perm("threats.change_presence"),
    }
    return render(request, "threats/hotspots.html", context, status=200 if form.is_valid() else 422)


def _with(request: HttpRequest, **more: Any) -> str:
    """Return the address with other parts laid over; the page begins anew, and an empty part is left out."""
    parts = {name: request.GET.get(name, "") for name in ("level", "period", "measure", "actor")}
    return "?" + urlencode([(name, value) for name, value in {**parts, **more}.items() if value not in (None, "")])


def _choices(request: HttpRequest, form: HotspotForm, name: str, usual: str) -> list[tuple[str, str, bool]]:
    current = form.cleaned_data.get(name) or usual
    fields: Any = form.fields
    return [(str(label), _with(request, **{name: code}), code == current) for code, label in fields[name].choices]


def _coarser_url(found: HotspotMap) -> str:
    """Return the list of the events that lie no closer than an area above the level."""
    asked = found.question
    area = {1: NO_AREA, 2: NO_AREA2, 3: NO_AREA3}[asked.level]
    query = as_query({"from": asked.start, "to": asked.end, "area": area, "actor": asked.actor})
    return f"{reverse('threats:incident-list')}?{query}"


@require_safe
@permitted("threats.view_threat")
def hotspot_export(request: HttpRequest) -> HttpResponseBase:
    """All areas of the map as CSV with HXL tags; the export is an event of the audit trail."""
    _form, found, scope = _read(request)
    mission = mission_of(request)
    name = _file_name(mission, found, scope)
    _recorded(request, mission, found, "csv")
    response = HttpResponse(
        b"".join(iter_csv(columns(found.question.level), rows_of(found))), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@require_safe
@permitted("threats.view_threat")
def hotspot_svg(request: HttpRequest) -> HttpResponse:
    """The map alone as an SVG file; where no area has a shape, back to the page, which says so."""
    _form, found, scope = _read(request)
    drawing = draw_map(found)
    if drawing is None:
        return redirect(f"{reverse('threats:hotspots')}{_with(request)}")
    mission = mission_of(request)
    name = _file_name(mission, found, scope)
    _recorded(request, mission, found, "svg")
    response = HttpResponse(drawing.svg, content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="{name}.svg"'
    return response


def _recorded(request: HttpRequest, mission: Mission, found: HotspotMap, form: str) -> None:
    changes: dict[str, list[Any]] = {"count": [None, len(found.areas)], "format": [None, form]}
    with transaction.atomic():
        record_event(request.user, "exported hotspots of", mission, changes=changes, note=_with(request)[1:])


def _file_name(mission: Mission, found: HotspotMap, scope: Scope) -> str:
    """Return the name of a file with the highest marking of the records that it counts."""
    asked = found.question
    highest = max(scope.highest_marking(asked.end), Marking.UNCLASSIFIED)
    return f"hotspots-{mission.code}-{asked.end}-{Marking(highest).name.lower().replace('_', '-')}"
