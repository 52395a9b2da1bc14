"""Acts on incidents: record, edit, verify, settle a place; and the search that the area picker asks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.fieldlist import FieldKind
from pocweb.guard import EditConflict, Saved
from pocweb.models import Area
from pocweb.pages import chosen_values, is_choice, raw, sent_once, stated_version
from pocweb.permissions import require
from threats.choices import PlaceState
from threats.fieldlists.incident import INCIDENT, hidden_from, with_related, words
from threats.forms.incidents import IncidentPage, SettleForm, VerifyForm, all_areas, areas_for, find_areas, shown
from threats.models import Incident, ViolenceType
from threats.services.incident_places import area_by_pcode
from threats.services.incident_values import NAMES, plain_incident
from threats.services.incidents import edit_incident, record_incident, settle_place, verify_incident
from threats.views.incidents import mission_of, seen_incident

PAGE = 20
TEXTS = tuple(name for name in NAMES if INCIDENT[name].kind in (FieldKind.TEXT, FieldKind.LONG_TEXT) and name != "area")


@require_http_methods(["GET", "POST"])
@sent_once
def incident_create(request: HttpRequest) -> HttpResponse:
    """Record an incident; a refused form keeps what was typed."""
    require(request.user, "threats.add_incident")
    mission = mission_of(request)
    page = IncidentPage(request.POST or None, person=request.user, mission=mission)
    if request.method == "POST" and page.is_valid():
        try:
            incident = record_incident(mission=mission, values=page.values, by=request.user)
        except RuleError as error:
            page.form.refuse(error)
        else:
            messages.success(request, _("%(ref)s is recorded.") % {"ref": incident.ref})
            return redirect("threats:incident-detail", incident.pk)
    return _form(request, page)


@require_http_methods(["GET", "POST"])
def incident_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit an incident, or choose between two edits of it."""
    incident = seen_incident(request, pk)
    require(request.user, "threats.change_incident", incident)
    based_on = _version(request, incident.version)
    if request.method == "POST" and is_choice(request.POST):
        return _choose(request, incident, based_on)
    values = plain_incident(incident)
    page = IncidentPage(request.POST or None, person=request.user, mission=incident.mission, values=values)
    if request.method == "POST" and page.is_valid():
        try:
            saved = edit_incident(incident.pk, based_on=based_on, changes=page.values, by=request.user)
        except EditConflict as conflict:
            return _conflict(request, incident, conflict)
        except RuleError as error:
            page.form.refuse(error)
        else:
            return _saved(request, saved)
    return _form(request, page, incident=incident, based_on=based_on)


def _version(request: HttpRequest, current: int) -> int:
    """Return the version that the form was opened at; of a form without one, version 0, which no record has."""
    if request.method != "POST":
        return current
    return stated_version(request.POST)


def _form(request: HttpRequest, page: IncidentPage, **more: Any) -> HttpResponse:
    areas = areas_for(request.user, page.form.mission).filter(level__lte=3)
    context = {"page": page, "form": page.form, "areas": shown(list(areas[:400])), **more}
    refused = page.form.is_bound
    return render(request, "threats/incident_form.html", context, status=422 if refused else 200)


def _saved(request: HttpRequest, saved: Saved[Incident]) -> HttpResponse:
    if saved.changes:
        said = _("%(ref)s is saved as version %(version)d.")
        messages.success(request, said % {"ref": saved.record.ref, "version": saved.record.version})
    else:
        messages.info(request, _("Nothing was changed."))
    if saved.merged:
        merged = ", ".join(str(INCIDENT[item.name].label) for item in saved.merged)
        messages.info(request, _("Kept from the other person: %(fields)s.") % {"fields": merged})
    return redirect("threats:incident-detail", saved.record.pk)


def _choose(request: HttpRequest, incident: Incident, based_on: int) -> HttpResponse:
    """Store what a person chose on the conflict page; a new conflict shows the page again."""
    if request.POST.get("all") == "theirs":
        messages.info(request, _("Theirs is kept; yours was dropped."))
        return redirect("threats:incident-detail", incident.pk)
    changes = chosen_values(request.POST, names=NAMES, texts=TEXTS)
    try:
        return _saved(request, edit_incident(incident.pk, based_on=based_on, changes=changes, by=request.user))
    except EditConflict as conflict:
        return _conflict(request, incident, conflict)


def _conflict(request: HttpRequest, incident: Incident, conflict: EditConflict) -> HttpResponse:
    known = ViolenceType.objects.known_in(incident.mission_id)
    kinds = {"violence_types": {kind.code: kind.name for kind in known}}
    fields = [
        {
            "name": item.name,
            "label": INCIDENT[item.name].label,
            "base": _shown(item.name, item.base, kinds),
            "mine": _shown(item.name, item.mine, kinds),
            "theirs": _shown(item.name, item.theirs, kinds),
            "mine_value": raw(item.name, item.mine, TEXTS),
            "control": _control(item.name, item.mine, item.theirs),
        }
        for item in conflict.opposed
    ]
    kept = [
        {
            "label": INCIDENT[item.name].label,
            "by": _("you") if item.by == "you" else conflict.other or _("another person"),
            "before": _shown(item.name, item.before, kinds),
            "now": _shown(item.name, item.now, kinds),
            "name": item.name if item.by == "you" else "",
            "value": raw(item.name, item.now, TEXTS),
        }
        for item in conflict.kept
        if item.name not in hidden_from(request.user, incident)
    ]
    context = {
        "incident": incident,
        "marking": incident.marking,
        "record_label": incident.ref,
        "other_name": conflict.other or _("Another person"),
        "other_at": conflict.at,
        "based_on": conflict.based_on,
        "current_version": conflict.current,
        "fields": fields,
        "kept": kept,
    }
    return render(request, "threats/incident_conflict.html", context, status=409)


def _shown(name: str, value: Any, kinds: Any) -> str:
    """Return a value as people read it, nothing for an empty one: the page then says that there is no value."""
    return "" if value in (None, "", []) else words(name, value, kinds)


def _control(name: str, mine: Any, theirs: Any) -> str:
    """Return the box for a text of both, where the field is a text."""
    if name not in TEXTS:
        return ""
    both = f"{mine}\n{theirs}" if INCIDENT[name].kind is FieldKind.LONG_TEXT else str(mine)
    box = forms.Textarea() if INCIDENT[name].kind is FieldKind.LONG_TEXT else forms.TextInput()
    return box.render(f"both_{name}", both, attrs={"id": f"both_{name}"})


@require_http_methods(["GET", "POST"])
def incident_verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the verification of an incident on, with the grounds of the judgment."""
    incident = seen_incident(request, pk)
    require(request.user, "threats.verify_incident", incident)
    form = VerifyForm(request.POST or None, state=incident.verification)
    if request.method == "POST" and form.is_valid():
        try:
            fresh = verify_incident(incident, **form.cleaned_data, by=request.user)
        except (Conflict, Forbidden):
            raise
        except RuleError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            words_of = {"ref": fresh.ref, "state": fresh.get_verification_display()}
            messages.success(request, _("%(ref)s: %(state)s.") % words_of)
            return redirect("threats:incident-detail", fresh.pk)
    context = {"incident": incident, "marking": incident.marking, "form": form}
    return render(request, "threats/incident_verify.html", context, status=422 if form.is_bound else 200)


@require_safe
def incident_places(request: HttpRequest) -> HttpResponse:
    """The incidents whose name and point disagree, or for which no area was found."""
    return _places(request)


def _places(request: HttpRequest, refused: SettleForm | None = None, pk: int | None = None) -> HttpResponse:
    require(request.user, "threats.settle_place")
    mission = mission_of(request)
    rows = Incident.objects.filter(mission=mission, place_state__in=(PlaceState.DISAGREEING, PlaceState.UNMATCHED))
    rows = with_related(rows.visible_to(request.user)).order_by("place_state", "-starts_on", "-number")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = []
    user: Any = request.user
    areas = all_areas(mission)
    for incident in page:
        form = refused if refused is not None and incident.pk == pk else None
        if form is None and user.has_perm("threats.settle_place", incident):
            initial = {"version": incident.version, "remember": ""}
            form = SettleForm(areas=areas, prefix=f"i{incident.pk}", initial=initial)
        lines.append({"incident": incident, "form": form})
    context = {
        "lines": lines,
        "page_obj": page,
        "areas": shown(list(areas.filter(level__lte=3)[:400])) if lines else [],
    }
    return render(request, "threats/incident_places.html", context, status=422 if refused else 200)


@require_POST
def incident_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an incident the area that a person chose."""
    incident = seen_incident(request, pk)
    require(request.user, "threats.settle_place", incident)
    form = SettleForm(request.POST, areas=all_areas(incident.mission), prefix=f"i{incident.pk}")
    if not form.is_valid():
        return _places(request, form, incident.pk)
    area = area_by_pcode(form.cleaned_data["area"], on=incident.starts_on)
    if area is None:
        raise RuleError("unknown_area", _("This area is gone from the list. Load the page again."), "area")
    incident.version = form.cleaned_data["version"]
    fresh = settle_place(incident, area, by=request.user, remember_alias=form.cleaned_data["remember"])
    said = _("%(ref)s lies in %(area)s now; %(office)s answers for it.")
    messages.success(request, said % {"ref": fresh.ref, "area": area, "office": fresh.office})
    return redirect("threats:incident-places")


@require_safe
def incident_areas(request: HttpRequest) -> HttpResponse:
    """The options of the area picker for what was typed so far: a fragment for htmx."""
    require(request.user, "threats.view_incident")
    typed = next((str(value) for name, value in request.GET.items() if name.endswith("area")), "")
    found = find_areas(_pickable(request), typed)
    return render(request, "threats/_incident_areas.html", {"areas": found})


def _pickable(request: HttpRequest) -> Any:
    mission = mission_of(request)
    if "all" in request.GET:
        return all_areas(mission)
    user: Any = request.user
    return areas_for(user, mission) if user.has_perm("threats.add_incident") else Area.objects.none()
