"""Offices: the tree, one office with its areas and heads, opening and changing one."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pocweb import clock
from pocweb.choices import Role
from pocweb.errors import Conflict
from pocweb.forms import OfficeForm
from pocweb.models import Area, Office, Posting
from pocweb.office_facts import facts_of
from pocweb.offices import add_office, edit_office, state_of
from pocweb.pages import sent_once
from pocweb.permissions import require

HEADS = (Role.SML, Role.LEAD, Role.HOO, Role.FCPC, Role.POCA, Role.POCF)


def _offices(user: Any) -> "QuerySet[Office]":
    """Return the offices of the missions in which the person is posted."""
    missions = {grant.mission_id for grant in user.grants}
    return Office.objects.filter(mission__in=missions).select_related("mission").order_by("path")


@require_GET
def office_list(request: HttpRequest) -> HttpResponse:
    """Show the tree of offices with the areas that each answers for."""
    require(request.user, "pocweb.view_places")
    offices = list(_offices(request.user).prefetch_related(Prefetch("areas", Area.objects.defer("shape"))))
    for office in offices:
        office.indent = range(office.depth - 1)
    context = {"offices": offices, "may_edit": request.user.has_perm("pocweb.edit_places")}
    return render(request, "pocweb/office_list.html", context)


@require_GET
def office_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one office: areas, what lies above and below, who heads it."""
    require(request.user, "pocweb.view_places")
    office = get_object_or_404(_offices(request.user), pk=pk)
    today = clock.today(office.mission)
    postings = Posting.objects.filter(office=office, role__in=HEADS).select_related("person", "component")
    context = {
        "office": office,
        "above": Office.objects.get_ancestors(office),
        "below": Office.objects.get_children(office),
        "areas": office.areas.defer("shape").order_by("name"),
        "heads": [posting for posting in postings if posting.is_active(today) and posting.person.is_active],
        "facts": facts_of(request.user, office),
        "may_edit": request.user.has_perm("pocweb.edit_places", office),
    }
    return render(request, "pocweb/office_detail.html", context)


@require_http_methods(["GET", "POST"])
@sent_once
def office_create(request: HttpRequest) -> HttpResponse:
    """Open an office below another one."""
    require(request.user, "pocweb.edit_places")
    mission: Any = request.user.mission  # type: ignore[union-attr]
    form = OfficeForm(request.POST or None, mission=mission)
    if request.method == "POST" and form.is_valid():
        office = add_office(form.cleaned_data.pop("parent"), by=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is open.") % {"name": office.name})
        return redirect("pocweb:office-detail", office.pk)
    return render(request, "pocweb/office_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def office_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an office."""
    office = get_object_or_404(_offices(request.user), pk=pk)
    require(request.user, "pocweb.edit_places", office)
    form = OfficeForm(request.POST or None, instance=office, mission=office.mission)
    if request.method == "POST" and form.is_valid():
        try:
            office = edit_office(office, by=request.user, **form.cleaned_data)
        except Conflict as error:
            return _compare(request, form, Office.objects.get(pk=pk), error)
        messages.success(request, _("%(name)s is changed.") % {"name": office.name})
        return redirect("pocweb:office-detail", office.pk)
    context = {"form": form, "office": office}
    return render(request, "pocweb/office_form.html", context, status=422 if form.errors else 200)


def _compare(request: HttpRequest, form: OfficeForm, office: Office, error: Conflict) -> HttpResponse:
    """Show the form with what the person wrote and what another saved meanwhile; saving again decides for theirs."""
    form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
    form.data["based_on"] = state_of(office)  # type: ignore[index]
    form.add_error(None, error.message)
    return render(request, "pocweb/office_form.html", {"form": form, "office": office}, status=409)
