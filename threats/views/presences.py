"""Pages of presences: list, record, form, end, exports."""

import io
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.choices import Marking
from pocweb.errors import Forbidden, RuleError
from pocweb.fieldlist import Face, for_people
from pocweb.guard import EditConflict
from pocweb.models import Area, AuditEvent, Mission, Office
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from pocweb.tabular import write_csv, write_xlsx
from threats.choices import PresenceKind
from threats.fieldlists.presence import LABELS, PRESENCE, columns
from threats.filters import as_query
from threats.forms.presences import EndForm, PresenceFilterForm, PresenceForm
from threats.models import Presence
from threats.presence_keepers import keeper_of, refuse_kept
from threats.querysets import PresenceQuerySet
from threats.services import presences as services

PAGE_SIZE, HISTORY = 50, 20
NAMES = ("kind", "area", "office", "from", "to")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def mission_of(request: HttpRequest) -> Mission:
    """Return the mission of the person's posting; 404 for who has none."""
    mission: Mission | None = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def _visible(request: HttpRequest) -> PresenceQuerySet:
    return Presence.objects.visible_to(request.user).select_related("area", "office", "mission").defer("area__shape")


def _load(request: HttpRequest, pk: int) -> Presence:
    presence: Presence = get_object_or_404(_visible(request), pk=pk)
    return presence


def narrowed(rows: PresenceQuerySet, wanted: Mapping[str, Any]) -> PresenceQuerySet:
    """Return the presences that match: kind, area with what lies below it, office with its branch, days."""
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    if area := wanted.get("area"):
        rows = rows.in_areas(list(Area.objects.filter(pcode=area.pcode).values_list("path", flat=True)))
    if office := wanted.get("office"):
        rows = rows.filter(office__path__startswith=office.path)
    if wanted.get("from") or wanted.get("to"):
        rows = rows.between(wanted.get("from") or date.min, wanted.get("to") or date.max)
    return rows


def _asked(request: HttpRequest) -> tuple[PresenceFilterForm, PresenceQuerySet, str]:
    """Read the filters of the address: the form, the presences, the address without page."""
    mission = mission_of(request)
    form = PresenceFilterForm(request.GET, user=request.user, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    query = request.GET.copy()
    query.pop("page", None)
    return form, narrowed(_visible(request).filter(mission=mission), wanted), query.urlencode()


@require_safe
@permitted("threats.view_presence")
def presence_list(request: HttpRequest) -> HttpResponse:
    """The list, the latest first, narrowed by kind, area, office and days."""
    form, rows, query = _asked(request)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "query": query,
        "today": clock.today(mission_of(request)),
        "is_filtered": bool(query),
        "can_add": request.user.has_perm("threats.change_presence"),
    }
    return render(request, "threats/presence_list.html", context, status=200 if form.is_valid() else 422)


@require_safe
@permitted("threats.view_presence")
def presence_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One presence with its history, and the form that ends it."""
    presence = _load(request, pk)
    return _show(request, presence, EndForm(initial={"ended_on": clock.today(presence.mission)}))


def _show(request: HttpRequest, presence: Presence, form: EndForm, status: int = 200) -> HttpResponse:
    keeper = keeper_of(request.user, presence)
    can_change = keeper is None and request.user.has_perm("threats.change_presence", presence)
    events = list(history_of(presence)[:HISTORY])
    context = {
        "presence": presence,
        "facts": _facts(presence),
        "events": history_lines(events, labels=LABELS, show=_named(presence.mission, events)),
        "can_change": can_change,
        "keeper": keeper,
        "form": form if can_change and presence.ends_on is None else None,
        "list_query": as_query({"area": presence.area.pcode}),
        "marking": presence.marking,
    }
    return render(request, "threats/presence_detail.html", context, status=status)


def _facts(presence: Presence) -> list[tuple[str, str]]:
    """Return what the page tells, area and office by name."""
    words = {"area": f"{presence.area.name} ({presence.area.pcode})", "office": presence.office.name}
    if presence.ends_on is None:
        words["ends_on"] = _("goes on")
    return [
        (str(field.label), words.get(field.name) or for_people(field.value(presence)))
        for field in PRESENCE.on(Face.DETAIL)
        if field.name not in ("ref", "area_name")
    ]


def _named(mission: Mission, events: list[AuditEvent]) -> Callable[[str, Any], str]:
    """Return `show` for the history, with the names of the areas and offices that the events know by code."""
    codes = {name: {code for event in events for code in event.changes.get(name, ())} for name in ("area", "office")}
    areas = Area.objects.filter(pcode__in=codes["area"] - {None})
    offices = Office.objects.filter(mission=mission, code__in=codes["office"] - {None})
    names = {"area": dict(areas.values_list("pcode", "name")), "office": dict(offices.values_list("code", "name"))}

    def shown(name: str, value: Any) -> str:
        return names[name].get(value, show(name, value)) if name in names else show(name, value)

    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_presence")
@sent_once
def presence_create(request: HttpRequest) -> HttpResponse:
    """Record a presence; `?area=` and `?kind=` fill in the form."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        initial = {
            "kind": request.GET.get("kind", PresenceKind.PATROL),
            "area": request.GET.get("area"),
            "office": getattr(getattr(request.user, "office", None), "code", None),
            "starts_on": clock.today(mission),
            "marking": mission.default_marking,
        }
        return render(request, "threats/presence_form.html", {"form": PresenceForm(initial=initial, **person)})
    form = PresenceForm(request.POST, **person)
    if form.is_valid():
        try:
            presence = services.add_presence(mission, by=request.user, **form.values())
        except RuleError as error:
            _refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": presence.ref})
            return redirect("threats:presence-detail", presence.pk)
    return render(request, "threats/presence_form.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_presence")
def presence_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a presence under the lost-update guard."""
    presence = _load(request, pk)
    require(request.user, "threats.change_presence", presence)
    refuse_kept(request.user, presence)
    person: Any = {"user": request.user, "mission": presence.mission, "presence": presence}
    form = PresenceForm(request.POST or None, initial=services.plain_presence(presence), **person)
    if request.method != "POST":
        return _form(request, presence, form)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=services.EDITABLE, texts=services.TEXTS)
    elif form.is_valid():
        changes = form.values()
    else:
        return _form(request, presence, form, status=422)
    based_on = stated_version(request.POST)
    try:
        services.edit_presence(presence, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        context = conflict_context(error, record_label=presence.ref, labels=LABELS, show=show, texts=services.TEXTS)
        context |= {"action": request.path, "presence": presence, "marking": presence.marking}
        return render(request, "threats/presence_conflict.html", context, status=409)
    except RuleError as error:
        form.is_valid()
        _refuse(form, error)
        return _form(request, presence, form, status=422)
    messages.success(request, _("Saved: %(ref)s.") % {"ref": presence.ref})
    return redirect("threats:presence-detail", pk)


@require_POST
@permitted("threats.change_presence")
def presence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Say on which day a presence ended."""
    presence = _load(request, pk)
    require(request.user, "threats.change_presence", presence)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _show(request, presence, form, status=422)
    try:
        ended = services.end_presence(presence, ended_on=form.cleaned_data["ended_on"], by=request.user)
    except RuleError as error:
        if error.field != "ended_on":
            raise
        form.refuse(error)
        return _show(request, presence, form, status=422)
    messages.success(request, _("%(ref)s has ended.") % {"ref": ended.ref})
    return redirect("threats:presence-detail", pk)


@require_safe
@permitted("threats.view_presence")
def presence_export(request: HttpRequest, form: str) -> HttpResponse:
    """The filtered list as CSV with HXL tags or as XLSX; the export is an event of the audit trail."""
    mission = mission_of(request)
    _filters, rows, query = _asked(request)
    found = list(rows)
    out = io.BytesIO()
    if form == "csv":
        write_csv(columns(), PRESENCE.rows(found), out)
    else:
        write_xlsx(columns(), PRESENCE.rows(found), out, title=_("Presences"))
    changes: dict[str, list[Any]] = {"count": [None, len(found)], "format": [None, form]}
    with transaction.atomic():
        record_event(request.user, "exported presences of", mission, changes=changes, note=query)
    marking = Marking(max((row.marking for row in found), default=Marking.UNCLASSIFIED))
    name = f"presences-{mission.code}-{clock.today(mission)}-{marking.name.lower().replace('_', '-')}.{form}"
    response = HttpResponse(out.getvalue(), content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _refuse(form: Any, error: RuleError) -> None:
    """Show a refused rule at its field; a refusal that belongs to no field keeps its own page."""
    if isinstance(error, Forbidden) and not error.field:
        raise error
    form.refuse(error)


def _form(request: HttpRequest, presence: Presence, form: PresenceForm, status: int = 200) -> HttpResponse:
    based_on = request.POST.get("based_on") or presence.version
    context = {"presence": presence, "form": form, "based_on": based_on, "marking": presence.marking}
    return render(request, "threats/presence_form.html", context, status=status)


def show(name: str, value: Any) -> str:
    """Return a stored plain value as text."""
    if value is None or value == "":
        return ""
    if name == "marking":
        return str(Marking(value).label)
    if name == "kind":
        return str(PresenceKind(value).label)
    return for_people(date.fromisoformat(value)) if name in services.DAYS else str(value)
