"""Acts on focal points of a network: add one, stand one down, withdraw consent (CM-09)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from coordination.communities import focal_points as services
from coordination.communities.forms_networks import FocalPointForm
from coordination.communities.network_page import network_page
from coordination.communities.pages import refuse
from coordination.communities.plain import CHANGE
from coordination.communities.views_networks import load_network
from pocweb.errors import RuleError
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require


@require_POST
@permitted(CHANGE)
@sent_once
def focal_point_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a focal point with its consent; what was refused stays in the form of the network's page."""
    network = load_network(request, pk)
    require(request.user, CHANGE, network)
    form = FocalPointForm(request.POST, auto_id="point_%s")
    if form.is_valid():
        try:
            point = services.add_focal_point(network, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(key)s is a focal point of %(ref)s.") % {"key": point, "ref": network.ref})
            return redirect("coordination:network-detail", pk)
    return network_page(request, network, {"point": form}, status=422)


@require_POST
@permitted(CHANGE)
def focal_point_leave(request: HttpRequest, pk: int, point: int) -> HttpResponse:
    """Stand a focal point down; with `act=withdraw` take them out of every use."""
    network = load_network(request, pk)
    require(request.user, CHANGE, network)
    row = get_object_or_404(network.focal_points.select_related("network__mission"), pk=point)
    if request.POST.get("act") == "withdraw":
        services.withdraw_consent(row, by=request.user)
        messages.success(request, _("Consent is withdrawn. The key and all that was written of the person are erased."))
    else:
        services.stand_down(row, by=request.user)
        messages.success(request, _("The focal point no longer counts as calling."))
    return redirect("coordination:network-detail", pk)
