"""Pages that show incidents: list, map, record, exports."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Max, Prefetch
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.charts import AreaShape, Marker, area_map
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import Face, for_people
from pocweb.models import Area, Mission
from pocweb.permissions import require
from pocweb.tabular import iter_csv, write_xlsx
from threats.choices import Harm, PlaceState, Verification
from threats.evidence import watched
from threats.fieldlists.incident import (
    INCIDENT,
    columns,
    exported,
    fields_for,
    in_blocks,
    with_places,
    with_related,
    words,
)
from threats.figures import Summary, figures, summarize
from threats.filters import NO_ACTOR, NO_AREA, NO_AREA2, NO_AREA3, ORDERS, IncidentFilterForm, apply_filters, as_query
from threats.incident_links import links_of
from threats.models import Actor, Incident, IncidentActor, Source, Threat
from threats.querysets import IncidentQuerySet
from threats.rules.incidents import moves_from
from threats.services.incident_places import areas_of_mission, paths_above
from threats.views.incident_history import places_named, told

PAGE = 50
XLSX_MOST = 20_000
MAP_MARKS = 150
HISTORY = 20
TONES = {
    Verification.VERIFIED: "ok",
    Verification.UNDER_VERIFICATION: "warn",
    Verification.DISCOUNTED: "bad",
}
PICTURED = {"events": gettext_lazy("Events"), "killed": gettext_lazy("Killed, best estimate")}


class CountedPaginator(Paginator):
    """Pages of a list whose length is known already."""

    def __init__(self, rows: Any, per_page: int, count: int) -> None:
        super().__init__(rows, per_page)
        self._known = count

    @cached_property
    def count(self) -> int:
        return self._known


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission whose incidents the page shows: that of the person's posting."""
    user: Any = request.user
    mission: Mission = user.mission
    return mission


@dataclass
class Asked:
    """What a person asked a list for: the filters, the incidents, and the sentence that sums them up."""

    form: IncidentFilterForm
    filters: dict[str, Any]
    rows: IncidentQuerySet

    @cached_property
    def summary(self) -> Summary:
        return summarize(self.rows)

    @property
    def query(self) -> str:
        return as_query(self.filters)

    @property
    def words(self) -> list[str]:
        """The filters in force as people read them: `Area: Ouaka, all of it`."""
        said = []
        for name, value in self.filters.items():
            if name == "sort" or value in (None, ""):
                continue
            field: Any = self.form.fields[name]
            labels = dict(_flat(getattr(field, "choices", ())))
            said.append(f"{field.label}: {labels.get(value, for_people(value))}")
        return said


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Yield stored value and label of choices, those in groups too."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def ask(request: HttpRequest) -> Asked:
    """Read the filters of the address; a filter that cannot be read is named and left out."""
    require(request.user, "threats.view_incident")
    mission = mission_of(request)
    actors: list[tuple[str, Any]] = [(NO_ACTOR, _("Actor not recorded"))]
    actors += Actor.objects.filter(mission=mission).visible_to(request.user).values_list("code", "name")
    threats = Threat.objects.filter(mission=mission).visible_to(request.user)
    areas = area_choices(mission, request.GET.get("area", ""))
    form = IncidentFilterForm(request.GET or None, areas=areas, actors=actors, threats=threats)
    filters = dict(form.cleaned_data) if form.is_valid() else dict(getattr(form, "cleaned_data", {}))
    visible = Incident.objects.filter(mission=mission).visible_to(request.user)
    rows = apply_filters(visible, filters)
    return Asked(form, filters, rows.filter(watched(form.wanted)) if form.wanted else rows)


def area_choices(mission: Mission, wanted: str = "") -> list[tuple[str, Any]]:
    """Return first- and second-level areas for a drop-down, the second under the first.

    `wanted` is what the address asks for: an area of another level or division, or none of a level, is added.
    """
    found = Area.objects.filter(areas_of_mission(mission), level__in=(1, 2)).valid_on(clock.today(mission))
    choices: list[tuple[str, Any]] = [(NO_AREA, _("Area not recorded"))]
    for pcode, name, level in found.values_list("pcode", "name", "level"):
        if level == 1 or len(choices) == 1:
            choices.append((name, [(pcode, _("%(area)s, all of it") % {"area": name})]))
        else:
            choices[-1][1].append((pcode, name))
    return choices + _wanted_choice(mission, wanted, choices)


def _wanted_choice(mission: Mission, wanted: str, choices: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    unplaced = {NO_AREA2: _("Second-level area not recorded"), NO_AREA3: _("Third-level area not recorded")}
    if not wanted or wanted in dict(_flat(choices)):
        return []
    if wanted in unplaced:
        return [(wanted, unplaced[wanted])]
    names = Area.objects.filter(areas_of_mission(mission), pcode=wanted).values_list("name", flat=True)[:1]
    return [(wanted, f"{name} ({wanted})") for name in names]


@require_safe
def incident_list(request: HttpRequest) -> HttpResponse:
    """The incidents that match the filters, with totals equal to those of `figures`."""
    asked = ask(request)
    user: Any = request.user
    links = Prefetch("incident_actors", IncidentActor.objects.select_related("actor").order_by("pk"))
    rows = asked.rows.select_related("area1").defer("area1__shape", "narrative", "source_note", "mission_response")
    rows = rows.defer("origin_extra", "area1__shape").prefetch_related(links)
    rows = rows.order_by(*ORDERS[asked.filters.get("sort") or ""])
    page = CountedPaginator(rows, PAGE, asked.summary.events).get_page(request.GET.get("page"))
    visible = Incident.objects.filter(mission=mission_of(request)).visible_to(request.user)
    context = {
        "asked": asked,
        "page_obj": page,
        "lines": [line_of(incident) for incident in page],
        "headers": [field for field in INCIDENT.on(Face.TABLE)],
        "to_settle": visible.filter(place_state__in=(PlaceState.DISAGREEING, PlaceState.UNMATCHED)).count(),
        "headline": headline(asked.summary),
        "sentences": sentences(asked.summary),
        "can_add": user.has_perm("threats.add_incident"),
        "can_settle": user.has_perm("threats.settle_place"),
        "can_import": user.has_perm("threats.import_incidents"),
        "is_filtered": bool(asked.words),
    }
    return render(
        request, "threats/incident_list.html", context, status=200 if asked.form.is_valid() or not request.GET else 422
    )


def line_of(incident: Incident) -> dict[str, Any]:
    """Return one row of the list: its cells from the field list, and what the page adds to them."""
    cells = []
    for field in INCIDENT.on(Face.TABLE):
        value = field.value(incident)
        if field.name == "actors":
            text = for_people(list(dict.fromkeys(actor["name"] for actor in value)))
        else:
            text = words(field.name, value)
        cells.append({"name": field.name, "label": field.label, "text": text, "known": value not in (None, "", [])})
    span = ""
    if incident.killed_low != incident.killed_high:
        span = _("%(low)s to %(high)s") % {
            "low": for_people(incident.killed_low),
            "high": for_people(incident.killed_high),
        }
    tone = TONES.get(Verification(incident.verification), "none")
    url = reverse("threats:incident-detail", args=[incident.pk])
    return {"incident": incident, "cells": cells, "span": span, "tone": tone, "url": url}


def headline(summary: Summary) -> str:
    """Return how many incidents there are and of what time; empty for none."""
    if not summary.events or summary.first is None:
        return ""
    said = {"n": for_people(summary.events), "first": for_people(summary.first), "last": for_people(summary.last)}
    if summary.events == 1:
        return _("1 incident, %(first)s.") % said
    return _("%(n)s incidents from %(first)s to %(last)s.") % said


def sentences(summary: Summary) -> list[str]:
    """Return what a set of incidents amounts to, in sentences; unknown is said, never counted as nothing."""
    if not summary.events:
        return []
    numbers = {name: for_people(getattr(summary, name)) for name in summary.__dataclass_fields__}
    said = []
    if summary.killed_best is None:
        said.append(_("How many were killed is not recorded for any of them."))
    else:
        said.append(
            _("%(killed_best)s people killed, best estimate (%(killed_low)s to %(killed_high)s); %(civilians)s.")
            % {**numbers, "civilians": _civilians(summary, numbers)}
        )
        if summary.killed_not_recorded:
            said.append(_("Not recorded for %(killed_not_recorded)s incidents.") % numbers)
    if summary.injured_best is None:
        said.append(_("Injured: not recorded."))
    else:
        said.append(_("%(injured_best)s injured, not recorded for %(injured_not_recorded)s.") % numbers)
    said.append(_("%(percent)d %% of the incidents are verified.") % {"percent": summary.verified_percent})
    return said


def _civilians(summary: Summary, numbers: dict[str, str]) -> str:
    if summary.civilians_killed is None:
        return _("how many of them civilians is not recorded")
    return _("%(civilians_killed)s of them civilians") % numbers


@require_safe
def incident_map(request: HttpRequest) -> HttpResponse:
    """Where the incidents lie: first-level areas tinted by number, the places with most of them marked."""
    asked = ask(request)
    mission = mission_of(request)
    measure = request.GET.get("measure", "")
    measure = measure if measure in PICTURED else "events"
    filters = {**asked.filters, "from": None, "to": None}
    start, end = asked.filters.get("from"), asked.filters.get("to")
    visible = Incident.objects.visible_to(request.user)
    table = figures(mission, measure=measure, by="area1", start=start, end=end, scope=visible, filters=filters)
    shaped = Area.objects.filter(areas_of_mission(mission), level=1, shape__isnull=False)
    areas = list(shaped.valid_on(clock.today(mission)))
    values: dict[str, int | None] = {area.pcode: 0 for area in areas}
    values |= {row.key: row.value for row in table.rows if row.key in values}
    drawing = None
    if areas:
        drawing = area_map(
            [AreaShape(area.pcode, area.name, area.shape) for area in areas],
            values=values,
            markers=_marks(asked.rows),
            labels=[row.key for row in table.rows[:6] if row.key in values],
            label=_("Map of %(what)s by first-level area") % {"what": str(PICTURED[measure]).lower()},
            value_name=str(PICTURED[measure]),
            marks_are=_("the places with most incidents, by their number"),
        )
    context = {
        "asked": asked,
        "drawing": drawing,
        "table": table,
        "measure": measure,
        "pictured": [(code, label, as_query(asked.filters)) for code, label in PICTURED.items()],
        "headline": headline(asked.summary),
        "sentences": sentences(asked.summary),
        "unplaced": next((row for row in table.rows if not row.key), None),
    }
    return render(request, "threats/incident_map.html", context)


def _marks(rows: IncidentQuerySet) -> list[Marker]:
    """Return the places with most incidents; rounding to a hundredth of a degree (1 km) joins what lies together."""
    counted: dict[tuple[float, float], list[Any]] = {}
    points = rows.filter(lat__isnull=False).order_by().values_list("lat", "lon", "area1__pcode", "place")
    for lat, lon, pcode, place in points.iterator(chunk_size=2000):
        mark = counted.setdefault((round(lat, 2), round(lon, 2)), [0, pcode or "", place])
        mark[0] += 1
    most = sorted(counted.items(), key=lambda item: (-item[1][0], item[0]))[:MAP_MARKS]
    return [
        Marker(longitude=lon, latitude=lat, name=place, size=count, area=pcode)
        for (lat, lon), (count, pcode, place) in most
    ]


def seen_incident(request: HttpRequest, pk: int) -> Incident:
    """Return an incident that the person may see, whatever its mission; 404 otherwise."""
    require(request.user, "threats.view_incident")
    rows = with_related(Incident.objects.visible_to(request.user))
    incident: Incident = get_object_or_404(rows, pk=pk)
    return incident


@require_safe
def incident_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One incident: facts, counts, actors, sources by pseudonym, response, threats of the area, history."""
    incident = seen_incident(request, pk)
    with_places([incident])
    if incident.marking == Marking.STRICTLY_CONFIDENTIAL:
        with transaction.atomic():
            record_event(request.user, "read", incident)
    user: Any = request.user
    events = list(history_of(incident)[:HISTORY])
    places = places_named(events)
    moves = moves_from(incident.verification) if user.has_perm("threats.verify_incident", incident) else ()
    context = {
        "incident": incident,
        "marking": incident.marking,
        "facts": facts_of(incident, user),
        "harms": [harm_line(incident, harm) for harm in Harm],
        "civilians": for_people(incident.civilians_killed),
        "counts": sorted(incident.counts.all(), key=lambda row: (row.harm, row.status, row.sex, row.age)),
        "links": sorted(incident.incident_actors.all(), key=lambda link: (link.side, link.actor.name)),
        "threats": threats_in(incident.area, user, incident.mission) if incident.area else [],
        "history": [told(event, user, places) for event in events],
        "can_change": user.has_perm("threats.change_incident", incident),
        "can_settle": user.has_perm("threats.settle_place", incident),
        "moves": moves,
        "ways": links_of(user, incident),
        "tone": TONES.get(Verification(incident.verification), "none"),
    }  # fmt: skip
    return render(request, "threats/incident_detail.html", context)


def harm_line(incident: Incident, harm: Harm) -> dict[str, Any]:
    """Return low, best and high of a harm in words, and whether any of them is recorded."""
    numbers = {part: getattr(incident, f"{harm}_{part}") for part in ("low", "best", "high")}
    known = any(value is not None for value in numbers.values())
    return {"label": harm.label, "known": known, **{part: for_people(value) for part, value in numbers.items()}}


COUNTED_APART = frozenset({"civilians_killed", "counts"} | {f"{h}_{p}" for h in Harm for p in ("low", "best", "high")})
TOLD_APART = COUNTED_APART | {"narrative", "mission_response", "title", "ref"}


def facts_of(incident: Incident, user: Any) -> list[tuple[str, str]]:
    """Return label and text of the facts that the page does not show in a table or a text of its own."""
    kinds = {kind.code: kind.name for kind in incident.violence_types.all()}
    areas = {incident.area.pcode: f"{incident.area.name} ({incident.area.pcode})"} if incident.area else {}
    names = {"violence_types": kinds, "area": areas, "office": {incident.office.code: incident.office.name}}
    shown = [field for field in fields_for(user, Face.DETAIL, incident) if field.name not in TOLD_APART]
    return [(str(field.label), words(field.name, field.value(incident), names)) for field in shown]


def threats_in(area: Area, user: Any, mission: Mission) -> list[Threat]:
    """Return the active threats that a person may see in the area, around it or inside it; at most ten."""
    paths = paths_above(area.path)
    here = Area.objects.filter(path__in=paths[1:] or paths) | Area.objects.filter(path__startswith=area.path)
    rows = Threat.objects.visible_to(user).filter(mission=mission).active()
    linked = Threat.areas.through.objects.filter(area__in=here.order_by().values("pk")).values("threat")
    return list(rows.filter(pk__in=linked).order_by("priority", "-risk", "number")[:10])


@require_safe
def incident_export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The incidents that match the filters as CSV or XLSX with HXL tags, up to the reader's clearance."""
    asked = ask(request)
    mission = mission_of(request)
    fields = fields_for(request.user, Face.EXPORT, Source(mission=mission))
    found = asked.rows.order_by().aggregate(most=Max("marking"))
    count = asked.summary.events
    if form == "xlsx" and count > XLSX_MOST:
        said = _("These are %(count)s incidents. A workbook takes %(most)s; take the CSV file, or narrow the filters.")
        raise RuleError("too_many_rows", said % {"count": for_people(count), "most": for_people(XLSX_MOST)})
    with transaction.atomic():
        changes: dict[str, list[Any]] = {"count": [None, count], "format": [None, form]}
        record_event(request.user, "exported incidents of", mission, changes=changes, note=asked.query)
    marking = Marking(found["most"] or Marking.UNCLASSIFIED)
    name = f"incidents-{mission.code}-{clock.today(mission)}-{marking.name.lower().replace('_', '-')}.{form}"
    rows = (exported(incident, fields) for incident in in_blocks(asked.rows.order_by("starts_on", "number")))
    if form == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(iter_csv(columns(fields), rows), content_type="text/csv")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    write_xlsx(columns(fields), rows, file, title=_("Incidents"))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name)
