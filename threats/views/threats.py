"""Pages of one threat: the whole record, its form, rating, imminence, closing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.fieldlist import Face, for_people
from pocweb.guard import EditConflict
from pocweb.models import Office
from pocweb.pages import chosen_values, history_lines, is_choice, permitted, sent_once
from pocweb.permissions import require
from threats.evidence import evidence_for, watched
from threats.fieldlists.threat import CRITERIA, LABELS, THREAT
from threats.forms.threats import (
    GroupFormSet,
    ImminenceForm,
    ProtectionActorFormSet,
    ReasonForm,
    ThreatForm,
    areas_for,
    plain_lines,
)
from threats.matrix.reading import read_rows
from threats.models import Incident, ProtectionActor, Threat
from threats.services import threats as services
from threats.services.threat_values import GUARDED, TEXTS, plain_values
from threats.views.conflicts import conflict
from threats.views.evidence_strip import strip_of
from threats.views.matrix import office_of
from threats.views.matrix_details import response_grid
from threats.views.matrix_filters import tiers_and_phases
from threats.views.matrix_html import SIGNS, Words, add_activity_url, gaps_to_mend
from threats.views.ratings import chart_of, differences_of, lines_of
from threats.wording import Wording

IN_OWN_PANEL = {
    *CRITERIA, "ref", "title", "office", "status", "priority", "risk", "likelihood", "impact", "trend", "confidence",
    "expected_risk", "groups", "protection_actors", "marking", "imminent_since",
}  # fmt: skip
MOST_INCIDENTS, MOST_EVENTS = 20, 12


@require_safe
@permitted("threats.view_threat")
def threat_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything about one threat: facts, ratings, evidence, people, activities, history."""
    user: Any = request.user
    threat = _load(request, pk)
    now = clock.now(threat.mission)
    rows, watch = read_rows(_visible(request).filter(pk=pk), now=now, clearance=user.clearance)
    today = now.date()
    given = {"mission": threat.mission, "user": user, "today": today, "watch": watch}
    evidence = evidence_for([pk], **given, rated_on={pk: threat.assessed_on})[pk]
    can_edit = user.has_perm("threats.change_threat", threat) and threat.status == "active"
    ratings = lines_of(threat.assessments.select_related("scheme", "assessed_by"))
    context = {
        "threat": threat,
        "row": rows[0],
        "facts": _facts(threat),
        "criteria": [(str(LABELS[name]), getattr(threat, name)) for name in CRITERIA],
        "gaps": gaps_to_mend(rows[0], Words.of_page(threat.office.code)),
        "sign": SIGNS.get(rows[0].trend, "none"),  # type: ignore[call-overload]
        "ratings": ratings,
        "chart": chart_of(threat, ratings, today),
        "evidence": evidence,
        "strip": strip_of(threat.ref, evidence, today),
        "differences": differences_of(threat, ratings[0].one.scheme if ratings else None, evidence, today),
        "incidents": _incidents(threat, user),
        "most_incidents": MOST_INCIDENTS,
        "groups": threat.threat_groups.select_related("group", "area").order_by("group__order"),
        "activities": (*rows[0].response_activities, *rows[0].action_activities),
        "grid": response_grid(rows[0], can_edit=can_edit),
        "phases": tiers_and_phases()[1],
        "decisions": threat.imminence_decisions.select_related("decided_by"),
        "events": _history(threat, user),
        "can_edit": can_edit,
        "can_reopen": user.has_perm("threats.change_threat", threat) and threat.status == "closed",
        "can_assess": threat.status == "active" and user.has_perm("threats.assess_threat", threat),
        "can_decide": threat.status == "active" and user.has_perm("threats.decide_imminence", threat),
        "add_url": add_activity_url(pk),
        "marking": rows[0].marking,
    }
    return render(request, "threats/threat_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.add_threat")
@sent_once
def threat_create(request: HttpRequest) -> HttpResponse:
    """Add a threat to the office that the address names, else to the person's own."""
    user: Any = request.user
    code = request.POST.get("office") or request.GET.get("office") or user.office.code
    office = office_of(request, code)
    require(user, "threats.add_threat", Threat(mission=office.mission, office=office, marking=0))
    if request.method != "POST":
        initial = {"marking": int(office.mission.default_marking)}
        return _form(request, office, None, ThreatForm(initial=initial, office=office, user=user), *_lines(office))
    form = ThreatForm(request.POST, office=office, user=user)
    lines = _lines(office, request.POST)
    if not all([form.is_valid(), *(one.is_valid() for one in lines)]):
        return _form(request, office, None, form, *lines, status=422)
    values = form.changes() | {"groups": plain_lines(lines[0]), "protection_actors": plain_lines(lines[1])}
    try:
        threat = services.add_threat(office=office, values=values, by=user)
    except RuleError as error:
        form.refuse(error)
        return _form(request, office, None, form, *lines, status=422)
    messages.success(
        request, _("Added %(ref)s. Rate it, so that it takes its place in the matrix.") % {"ref": threat.ref}
    )
    return redirect("threats:threat-detail", threat.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_threat")
def threat_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit the whole record with its lists, under the lost-update guard."""
    user: Any = request.user
    threat = _load(request, pk)
    require(user, "threats.change_threat", threat)
    given = {"office": threat.office, "user": user, "threat": threat}
    if request.method != "POST":
        values = plain_values(threat)
        lines = _lines(threat.office, None, values)
        return _form(request, threat.office, threat, ThreatForm(initial=values, **given), *lines)
    form = ThreatForm(request.POST, **given)
    if is_choice(request.POST):
        changes, lines = chosen_values(request.POST, names=GUARDED, texts=TEXTS), _lines(threat.office)
    else:
        lines = _lines(threat.office, request.POST)
        if not all([form.is_valid(), *(one.is_valid() for one in lines)]):
            return _form(request, threat.office, threat, form, *lines, status=422)
        changes = form.changes() | {"groups": plain_lines(lines[0]), "protection_actors": plain_lines(lines[1])}
    based_on = int(text) if (text := request.POST.get("based_on", "")).isdigit() else 0
    try:
        saved = services.edit_threat(threat, changes=changes, based_on=based_on, by=user)
    except EditConflict as error:
        return show_conflict(request, threat, error)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return _form(request, threat.office, threat, form, *lines, status=422)
    fields = ", ".join(str(LABELS.get(name, name)).lower() for name in saved.changes)
    text = _("Saved: %(fields)s.") % {"fields": fields} if fields else _("Nothing was changed.")
    if saved.merged:
        others = ", ".join(str(LABELS.get(item.name, item.name)).lower() for item in saved.merged)
        text += " " + _("Meanwhile another person changed: %(fields)s.") % {"fields": others}
    messages.success(request, text)
    return redirect("threats:threat-detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.decide_imminence")
@sent_once
def threat_imminence(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide, with the reason, whether a threat is imminent."""
    threat = _load(request, pk)
    require(request.user, "threats.decide_imminence", threat)
    form = ImminenceForm(request.POST or None, initial={"imminent": "yes" if threat.imminent else "no"})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.decide_imminence(threat, by=request.user, **form.cleaned_data)
        except RuleError as error:
            form.refuse(error)
        else:
            text = _("%(ref)s is imminent.") if made.imminent else _("%(ref)s is not imminent.")
            messages.success(request, text % {"ref": threat.ref})
            return redirect("threats:threat-detail", pk)
    return _small_form(request, threat, form, _("Decide on imminence"), _("Record the decision"))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_threat")
def threat_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a threat with the reason, or bring a closed one back."""
    threat = _load(request, pk)
    require(request.user, "threats.change_threat", threat)
    form = ReasonForm(request.POST or None)
    closes = threat.status == "active"
    if request.method == "POST" and form.is_valid():
        act = services.close_threat if request.POST.get("act") == "close" else services.reopen_threat
        act(threat, reason=form.cleaned_data["reason"], by=request.user)
        text = _("Closed %(ref)s.") if threat.status == "closed" else _("Reopened %(ref)s.")
        messages.success(request, text % {"ref": threat.ref})
        return redirect("threats:threat-detail", pk)
    title = _("Close the threat") if closes else _("Reopen the threat")
    return _small_form(request, threat, form, title, title, act="close" if closes else "reopen")


def show_conflict(request: HttpRequest, threat: Threat, error: EditConflict) -> HttpResponse:
    """Answer 409 with the page on which the person chooses, field by field."""
    return render(request, "threats/threat_conflict.html", conflict(request, threat, error), status=409)


def _visible(request: HttpRequest) -> Any:
    return Threat.objects.visible_to(request.user)


def _load(request: HttpRequest, pk: int) -> Threat:
    return get_object_or_404(_visible(request).select_related("mission", "office", "lead"), pk=pk)


def _facts(threat: Threat) -> list[tuple[str, str]]:
    return [
        (str(field.label), for_people(field.value(threat)))
        for field in THREAT.on(Face.DETAIL)
        if field.name not in IN_OWN_PANEL and (field.name != "closed_reason" or threat.closed_reason)
    ]


def _incidents(threat: Threat, user: Any) -> Any:
    rows = Incident.objects.visible_to(user).counted().filter(watched(threat), mission=threat.mission)
    rows = rows.filter(starts_on__lte=clock.today(threat.mission)).select_related("area")
    return rows.order_by("-starts_on", "-number")[:MOST_INCIDENTS]


def _history(threat: Threat, user: Any) -> list[dict[str, Any]]:
    events = list(history_of(threat)[:MOST_EVENTS])
    values = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    return history_lines(events, labels=LABELS, show=Wording(values, user))


def _lines(office: Office, data: Any = None, values: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """Return the formsets of groups at risk and of other protection actors.

    Sent lines are read without the stored ones beside them: another person may have changed those meanwhile, and the
    lost-update guard compares the whole lists.
    """
    values = values or {}
    actors = ProtectionActor.objects.filter(mission=office.mission)
    groups = GroupFormSet(
        data, prefix="groups", initial=values.get("groups", []), form_kwargs={"areas": areas_for(office)}
    )
    protection = ProtectionActorFormSet(
        data,
        prefix="protection_actors",
        initial=values.get("protection_actors", []),
        form_kwargs={"protection_actors": actors},
    )
    return groups, protection


def _form(
    request: HttpRequest, office: Office, threat: Threat | None, form: ThreatForm, groups: Any, protection: Any,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form,
        "groups": groups,
        "protection": protection,
        "office": office,
        "threat": threat,
        "based_on": (request.POST.get("based_on") or threat.version) if threat else None,
        "back_url": reverse("threats:threat-detail", args=[threat.pk])
        if threat
        else reverse("threats:matrix", args=[office.code]),
        "marking": threat.marking if threat else None,
    }
    return render(request, "threats/threat_form.html", context, status=status)


def _small_form(
    request: HttpRequest, threat: Threat, form: Any, title: str, submit_label: str, act: str = ""
) -> HttpResponse:
    if threat.status != "active" and act != "reopen":
        raise Http404
    context = {"threat": threat, "form": form, "title": title, "submit_label": submit_label, "act": act}
    context |= {"decisions": threat.imminence_decisions.select_related("decided_by"), "marking": threat.marking}
    return render(request, "threats/threat_act.html", context, status=422 if form.is_bound else 200)
