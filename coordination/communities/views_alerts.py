"""Pages of networks' alerts: an alert came in, what was done, with what result (CM-02)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coordination.communities import alerts as services
from coordination.communities.choices import AlertChannel, NetworkState
from coordination.communities.forms_networks import AlertForm, AnswerForm
from coordination.communities.pages import refuse
from coordination.communities.plain import CHANGE
from coordination.communities.views_networks import VIEW, load_network
from coordination.models import NetworkAlert
from pocweb import clock
from pocweb.errors import Conflict, RuleError
from pocweb.pages import permitted, sent_once, stated_version
from pocweb.permissions import require

FILE = "coordination.file_case"


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(FILE)
@sent_once
def alert_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a call of a network; it opens an early-warning case at once."""
    network = load_network(request, pk)
    if network.state == NetworkState.CLOSED:
        raise RuleError("network_closed", _("%(ref)s is closed. Report the alert as a case.") % {"ref": network.ref})
    initial = {"received_at": clock.now(network.mission), "place": network.area.name}
    form = AlertForm(request.POST or None, network=network, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            alert = services.receive_alert(network, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            said = {"ref": alert.case.ref, "network": network.ref}
            messages.success(request, _("%(ref)s is open; the contact with %(network)s is on record.") % said)
            return redirect("coordination:network-alert", alert.pk)
    context = {"network": network, "form": form, "marking": network.marking}
    return render(request, "coordination/network_alert_form.html", context, status=422 if form.errors else 200)


def _load(request: HttpRequest, pk: int) -> NetworkAlert:
    rows = NetworkAlert.objects.visible_to(request.user)
    rows = rows.select_related("network__mission", "network__office", "network__area", "case", "by")
    alert: NetworkAlert = get_object_or_404(rows.defer("network__area__shape"), pk=pk)
    return alert


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(VIEW)
def alert_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert with its case; write what was done and with what result, then close it."""
    alert = _load(request, pk)
    based_on = alert.version
    form = AnswerForm(initial={"response": alert.response, "result": alert.result})
    theirs: dict[str, str] = {}
    if request.method == "POST":
        require(request.user, CHANGE, alert.network)
        form = AnswerForm(request.POST)
        based_on = stated_version(request.POST)
        if form.is_valid():
            close = request.POST.get("act") == "close"
            try:
                services.answer_alert(alert, close=close, based_on=based_on, by=request.user, **form.cleaned_data)
            except Conflict as error:
                alert = _load(request, pk)
                based_on, theirs = alert.version, {"response": alert.response, "result": alert.result}
                form.add_error(None, error.message)
            except RuleError as error:
                refuse(form, error)
            else:
                messages.success(request, _("The alert is closed.") if close else _("The answer is stored."))
                return redirect("coordination:network-alert", pk)
    return _page(request, alert, form, based_on, theirs)


def _page(
    request: HttpRequest, alert: NetworkAlert, form: AnswerForm, based_on: int, theirs: dict[str, str]
) -> HttpResponse:
    status = 409 if theirs else 422 if form.errors else 200
    channels: dict[str, Any] = dict(AlertChannel.choices)
    context = {
        "alert": alert,
        "network": alert.network,
        "channel": channels.get(alert.channel, alert.channel),
        "form": form if request.user.has_perm(CHANGE, alert.network) and alert.closed_at is None else None,
        "theirs": theirs,
        "based_on": based_on,
        "marking": max(alert.case.marking, alert.network.marking),
    }
    return render(request, "coordination/network_alert.html", context, status=status)
