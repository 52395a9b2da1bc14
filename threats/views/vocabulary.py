"""Pages of the lists that missions share and extend: forms of violence, groups at risk."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb.errors import RuleError
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require
from threats.choices import ThreatStatus
from threats.forms.registers import EntryForm
from threats.models import Threat
from threats.services.vocabulary import LISTS, add_entry, rename_entry


@require_safe
@permitted("threats.view_vocabulary")
def vocabulary(request: HttpRequest) -> HttpResponse:
    """Show both lists: what all missions share, and this mission's own entries."""
    user: Any = request.user
    context = {
        "lists": [(kind, heading, text, _entries(request, kind)) for kind, heading, text in _headings()],
        "can_add": user.has_perm("threats.change_vocabulary"),
        "sees_threats": user.has_perm("threats.view_threat"),
    }
    return render(request, "threats/vocabulary.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_vocabulary")
@sent_once
def entry_create(request: HttpRequest, kind: str) -> HttpResponse:
    """Add the mission's own entry to a list."""
    user: Any = request.user
    _refuse_unknown(kind)
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entry = add_entry(mission=user.mission, kind=kind, name=form.cleaned_data["name"], by=user)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Added %(name)s. Forms offer it from now on.") % {"name": entry.name})
            return redirect("threats:vocabulary")
    return _form(request, kind, None, form)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_vocabulary")
def entry_rename(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Rename the mission's own entry; shared entries are not found here."""
    user: Any = request.user
    _refuse_unknown(kind)
    rows = LISTS[kind].objects.filter(mission=user.mission).select_related("mission")
    entry: Any = get_object_or_404(rows, pk=pk)
    require(user, "threats.change_vocabulary", entry)
    form = EntryForm(request.POST or None, initial={"name": entry.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_entry(entry, name=form.cleaned_data["name"], by=user)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Renamed to %(name)s.") % {"name": entry.name})
            return redirect("threats:vocabulary")
    return _form(request, kind, entry, form)


def _headings() -> list[tuple[str, str, str]]:
    """Return kind, heading and explanation of each list."""
    return [
        ("violence", _("Forms of violence"), _("Named by threats and incidents. Shared list: POC Handbook 2020, 8.1.")),
        ("groups", _("Groups at risk"), _("Named by threats. Shared list: POC Handbook 2020, 8.2.2.")),
    ]


def _refuse_unknown(kind: str) -> None:
    if kind not in LISTS:
        raise Http404


def _entries(request: HttpRequest, kind: str) -> Any:
    """Return the entries that the mission may use, each with the number of active threats that the reader sees."""
    user: Any = request.user
    threats = Threat.objects.visible_to(user).filter(status=ThreatStatus.ACTIVE)
    named = Count("threats", filter=Q(threats__in=threats), distinct=True)
    return LISTS[kind].objects.known_in(user.mission).annotate(threat_count=named).order_by("order", "name")


def _form(request: HttpRequest, kind: str, entry: Any, form: EntryForm) -> HttpResponse:
    heading = next(heading for one, heading, _text in _headings() if one == kind)
    context = {"kind": kind, "heading": heading, "entry": entry, "form": form}
    return render(request, "threats/vocabulary_form.html", context, status=422 if form.is_bound else 200)
