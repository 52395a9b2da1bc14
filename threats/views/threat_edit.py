"""The form of a threat with its lists: adding one, editing the whole record."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pocweb.errors import RuleError
from pocweb.guard import EditConflict
from pocweb.models import Office
from pocweb.pages import back_to, chosen_values, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.fieldlists.threat import LABELS
from threats.forms.threat_lines import ThreatLines, asks_for_more
from threats.forms.threats import ThreatForm
from threats.models import Threat
from threats.services import threats as services
from threats.services.threat_values import GUARDED, TEXTS, plain_values
from threats.views.conflicts import conflict
from threats.views.matrix import office_of


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.add_threat")
@sent_once
def threat_create(request: HttpRequest) -> HttpResponse:
    """Add a threat to the office that the address names, else to the person's own."""
    user: Any = request.user
    code = request.POST.get("office") or request.GET.get("office") or user.office.code
    office = office_of(request, code)
    require(user, "threats.add_threat", Threat(mission=office.mission, office=office, marking=0))
    given = {"office": office, "user": user, "action": request.path}
    if request.method != "POST":
        form = ThreatForm(initial={"marking": int(office.mission.default_marking)}, **given)
        return _form(request, office, None, form, ThreatLines(office))
    more = asks_for_more(request.POST)
    form, lines = ThreatForm(request.POST, more=more, **given), ThreatLines(office, data=request.POST, more=more)
    if more is not None:
        return _form(request, office, None, form, lines)
    if not all([form.is_valid(), lines.is_valid()]):
        return _form(request, office, None, form, lines, status=422)
    try:
        threat = services.add_threat(office=office, values=form.changes() | lines.changes(), by=user)
    except RuleError as error:
        return _refused(request, office, None, form, lines, error)
    messages.success(
        request, _("Added %(ref)s. Rate it, so that it takes its place in the matrix.") % {"ref": threat.ref}
    )
    return redirect("threats:threat-detail", threat.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_threat")
def threat_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit the whole record with its lists, under the lost-update guard."""
    user: Any = request.user
    rows = Threat.objects.visible_to(user).select_related("mission", "office", "lead")
    threat = get_object_or_404(rows, pk=pk)
    require(user, "threats.change_threat", threat)
    office = threat.office
    office.mission = threat.mission
    given: dict[str, Any] = {"office": office, "user": user, "threat": threat, "action": request.path}
    if request.method != "POST":
        values = plain_values(threat)
        lines = ThreatLines(office, threat=threat, values=values)
        return _form(request, office, threat, ThreatForm(initial=values, **given), lines)
    more = asks_for_more(request.POST)
    form = ThreatForm(request.POST, more=more, **given)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=GUARDED, texts=TEXTS)
        lines = ThreatLines(office, threat=threat)
    else:
        lines = ThreatLines(office, threat=threat, data=request.POST, more=more)
        if more is not None:
            return _form(request, office, threat, form, lines)
        if not all([form.is_valid(), lines.is_valid()]):
            return _form(request, office, threat, form, lines, status=422)
        changes = form.changes() | lines.changes()
    based_on = stated_version(request.POST)
    try:
        saved = services.edit_threat(threat, changes=changes, based_on=based_on, by=user)
    except EditConflict as error:
        return render(request, "threats/threat_conflict.html", conflict(request, threat, error), status=409)
    except RuleError as error:
        return _refused(request, office, threat, form, lines, error)
    _say(request, saved)
    return redirect(back_to(request, reverse("threats:threat-detail", args=[pk])))


def _say(request: HttpRequest, saved: Any) -> None:
    """Tell what was saved, and what others changed meanwhile."""
    fields = ", ".join(str(LABELS.get(name, name)).lower() for name in saved.changes)
    text = _("Saved: %(fields)s.") % {"fields": fields} if fields else _("Nothing was changed.")
    if saved.merged:
        others = ", ".join(str(LABELS.get(item.name, item.name)).lower() for item in saved.merged)
        text += " " + _("Meanwhile another person changed: %(fields)s.") % {"fields": others}
    messages.success(request, text)


def _refused(
    request: HttpRequest, office: Office, threat: Threat | None, form: ThreatForm, lines: ThreatLines, error: RuleError
) -> HttpResponse:
    form.is_valid()
    if not lines.refuse(error):
        form.refuse(error)
    return _form(request, office, threat, form, lines, status=422)


def _form(
    request: HttpRequest,
    office: Office,
    threat: Threat | None,
    form: ThreatForm,
    lines: ThreatLines,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "lines": lines,
        "office": office,
        "threat": threat,
        "action": request.path,
        "based_on": (request.POST.get("based_on") or threat.version) if threat else None,
        "back_url": reverse("threats:threat-detail", args=[threat.pk])
        if threat
        else reverse("threats:matrix", args=[office.code]),
        "can_name_actors": request.user.has_perm("threats.change_protection_actor"),
        "can_add_words": request.user.has_perm("threats.change_vocabulary"),
        "next": back_to(request),
        "marking": threat.marking if threat else None,
    }
    return render(request, "threats/threat_form.html", context, status=status)
