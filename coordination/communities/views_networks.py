"""Pages of networks: list, sheets, form, record and its steps. The record's page is drawn by `network_page`."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import networks as services
from coordination.communities import rules_networks as rules
from coordination.communities.choices import NetworkState
from coordination.communities.fieldlists_networks import NETWORK
from coordination.communities.forms_lists import NetworkFilterForm
from coordination.communities.forms_networks import KeepForm, MoveForm, NetworkForm, PeriodsForm
from coordination.communities.network_page import network_page
from coordination.communities.pages import PAGE_SIZE, edit_page, mission_of, refuse, sheet
from coordination.communities.periods import periods_of, set_periods
from coordination.communities.plain import CHANGE
from coordination.communities.watch import amber_of, concerns_of, with_consenting
from coordination.communities.wording_networks import state_words
from coordination.models import Network
from pocweb import clock
from pocweb.errors import Conflict, RuleError
from pocweb.pages import back_to, permitted, sent_once, stated_version
from pocweb.permissions import require

VIEW, PERIODS = "coordination.view_community", "coordination.set_community_periods"
ORDERS = {"area": ("area__name", "name"), "contact": ("contacted_on", "set_up_on", "number")}


def _rows(request: HttpRequest) -> Any:
    rows = Network.objects.visible_to(request.user).select_related("mission", "office", "area", "base", "assistant")
    return rows.defer("area__shape")


def load_network(request: HttpRequest, pk: int) -> Network:
    """Return a network that the person sees, else 404."""
    network: Network = get_object_or_404(with_consenting(_rows(request)), pk=pk)
    return network


def _narrowed(request: HttpRequest) -> tuple[NetworkFilterForm, Any, Any]:
    mission = mission_of(request)
    form = NetworkFilterForm(request.GET, user=request.user, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    rows, periods = _rows(request).filter(mission=mission), periods_of(mission)
    state = wanted.get("state")
    if state == "amber":
        active = with_consenting(rows.filter(state=NetworkState.ACTIVE))
        rows = rows.filter(pk__in=[one.pk for one, _why in amber_of(active, periods, clock.today(mission))])
    else:
        rows = rows.filter(state=state) if state else rows.exclude(state=NetworkState.CLOSED)
    if office := wanted.get("office"):
        rows = rows.filter(office__path__startswith=office.path)
    if area := wanted.get("area"):
        rows = rows.filter(area__path__startswith=area.path)
    return form, rows.order_by(*ORDERS.get(wanted.get("sort", ""), ("office__path", "area__path", "number"))), periods


@require_safe
@permitted(VIEW)
def network_list(request: HttpRequest) -> HttpResponse:
    """The networks by office, narrowed by state, office and area."""
    form, rows, periods = _narrowed(request)
    today = clock.today(mission_of(request))
    page = Paginator(with_consenting(rows), PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page_obj": page,
        "lines": [
            (
                one,
                *state_words(one, concerns_of(one, periods, today)),
                rules.women_percent(one.members, one.women_members),
            )
            for one in page
        ],
        "line": rules.WOMEN_PERCENT,
        "periods": periods,
        "query": query.urlencode(),
        "is_filtered": bool(query),
        "can_add": request.user.has_perm(CHANGE),
        "can_set": request.user.has_perm(PERIODS),
        "marking": max((one.marking for one in page), default=None),
    }
    return render(request, "coordination/network_list.html", context, status=200 if form.is_valid() else 422)


@require_safe
@permitted(VIEW)
def network_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as a sheet, without focal points."""
    _form, rows, _periods = _narrowed(request)
    answer: HttpResponse = sheet(
        request, NETWORK, list(rows), name="alert networks", title=_("Alert networks"), kind=kind
    )
    return answer


@require_safe
@permitted(VIEW)
def network_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One network: how it stands, its steps, focal points, alerts, contacts and checks."""
    return network_page(request, load_network(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def network_create(request: HttpRequest) -> HttpResponse:
    """Record a community at risk that needs a network; `?area=`, `?base=` and `?office=` fill in the form."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        own = getattr(getattr(request.user, "office", None), "code", None)
        initial: dict[str, Any] = {name: request.GET.get(name) for name in ("area", "base")}
        initial |= {"office": request.GET.get("office") or own, "marking": mission.default_marking}
        return render(request, "coordination/network_form.html", {"form": NetworkForm(initial=initial, **person)})
    form = NetworkForm(request.POST, **person)
    if form.is_valid():
        try:
            network = services.add_network(mission, by=request.user, **form.values())
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s. Next: choose a focal point.") % {"ref": network.ref})
            return redirect(back_to(request) or reverse("coordination:network-detail", args=[network.pk]))
    return render(request, "coordination/network_form.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def network_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a network under the lost-update guard."""
    network = load_network(request, pk)
    require(request.user, CHANGE, network)
    person: Any = {"user": request.user, "mission": network.mission, "record": network}
    form = NetworkForm(request.POST or None, initial=services.plain_network(network), **person)

    def page(form: Any, status: int) -> HttpResponse:
        based_on = request.POST.get("based_on") or network.version
        context = {"network": network, "form": form, "based_on": based_on, "marking": network.marking}
        return render(request, "coordination/network_form.html", context, status=status)

    answer = edit_page(
        request, network, form, names=services.EDITABLE, texts=services.TEXTS, page=page,
        back_url=reverse("coordination:network-detail", args=[pk]),
        save=lambda changes, based_on: services.edit_network(
            network, changes=changes, based_on=based_on, by=request.user
        ),
    )  # fmt: skip
    if answer is not None:
        return answer
    messages.success(request, _("Saved: %(ref)s.") % {"ref": network.ref})
    return redirect("coordination:network-detail", pk)


@require_POST
@permitted(CHANGE)
def network_move(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Take one step of the state table."""
    network = load_network(request, pk)
    require(request.user, CHANGE, network)
    needs_reason = any(move.act == act and move.needs_reason for move in rules.MOVES)
    form = MoveForm(request.POST, needs_reason=needs_reason, auto_id=f"{act}_%s")
    if not form.is_valid():
        return network_page(request, network, {act: form}, status=422)
    try:
        moved = services.move_network(network, act, by=request.user, **form.cleaned_data)
    except RuleError as error:
        refuse(form, error)
        return network_page(request, network, {act: form}, status=422)
    words = _("%(ref)s now stands at: %(state)s.")
    messages.success(request, words % {"ref": moved.ref, "state": str(moved.get_state_display()).lower()})
    return redirect(back_to(request) or reverse("coordination:network-detail", args=[pk]))


@require_POST
@permitted(CHANGE)
@sent_once
def network_keep(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Record a contact (`contact`) or a check of the equipment (`check`)."""
    network = load_network(request, pk)
    require(request.user, CHANGE, network)
    form = KeepForm(request.POST, auto_id=f"{act}_%s")
    if form.is_valid():
        day, note = form.cleaned_data["day"], form.cleaned_data["note"]
        try:
            if act == "contact":
                services.record_contact(network, contacted_on=day, note=note, by=request.user)
            else:
                services.record_check(network, checked_on=day, note=note, by=request.user)
        except RuleError as error:
            if error.field is None:
                raise
            form.add_error("day", error.message)
        else:
            said = (
                _("Contact with %(ref)s is on record.") if act == "contact" else _("The check of %(ref)s is on record.")
            )
            messages.success(request, said % {"ref": network.ref})
            return redirect(back_to(request) or reverse("coordination:network-detail", args=[pk]))
    return network_page(request, network, {act: form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(PERIODS)
def community_periods(request: HttpRequest) -> HttpResponse:
    """Set after how many days a network counts as silent or unchecked."""
    mission = mission_of(request)
    now = periods_of(mission)
    initial = {"contact_days": now.contact_days, "equipment_days": now.equipment_days}
    form = PeriodsForm(request.POST or None, initial=initial)
    based_on = now.version
    if request.method == "POST" and form.is_valid():
        try:
            set_periods(mission, by=request.user, based_on=stated_version(request.POST), **form.cleaned_data)
        except Conflict as error:
            form.add_error(None, error.message)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The periods hold from now on."))
            return redirect("coordination:community-periods")
    context = {"form": form, "based_on": based_on}
    return render(request, "coordination/network_periods.html", context, status=422 if form.errors else 200)
