"""The page of one network: how it stands, what may come next, who calls, what came in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from coordination.communities import rules_networks as rules
from coordination.communities.choices import ConsentScope, NetworkState
from coordination.communities.fieldlists_networks import NETWORK
from coordination.communities.forms_networks import FocalPointForm, KeepForm, MoveForm
from coordination.communities.networks import setup_of
from coordination.communities.pages import HISTORY, history
from coordination.communities.periods import periods_of
from coordination.communities.plain import CHANGE
from coordination.communities.watch import concerns_of
from coordination.communities.wording_networks import state_words, women_words
from coordination.models import Network, NetworkAlert
from pocweb import clock
from pocweb.audit import history_of
from pocweb.fieldlist import Face

ALERTS = 10
APART = ("ref", "name", "state", "area", "members", "women_members", "women_percent", "contacted_on", "checked_on")


def network_page(
    request: HttpRequest, network: Network, bound: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Draw the page; `bound` holds forms that were refused, by act. Network read with `with_consenting`."""
    today = clock.today(network.mission)
    can_change = request.user.has_perm(CHANGE, network)
    is_open = network.state != NetworkState.CLOSED
    concerns = concerns_of(network, periods_of(network.mission), today)
    tone, words = state_words(network, concerns)
    context: dict[str, Any] = {
        "network": network,
        "tone": tone,
        "words": words,
        "steps": _steps(network),
        "women": women_words(network),
        "facts": [
            (label, shown)
            for field, (label, shown) in zip(NETWORK.on(Face.DETAIL), NETWORK.shown(network), strict=True)
            if field.name not in APART
        ],
        "alerts": _alerts(request, network),
        "events": history(history_of(network)[:HISTORY]),
        "can_change": can_change,
        "can_edit": can_change and is_open,
        "can_call": is_open and request.user.has_perm("coordination.file_case"),
        "calling": network.calling,  # type: ignore[attr-defined]  # annotated
        "is_technical": rules.is_technical(network.channels),
        "marking": network.marking,
    }
    if can_change:
        context |= _acts(network, today, bound or {}, is_open, {code for code, _said in concerns})
    return render(request, "coordination/network_detail.html", context, status=status)


def _acts(network: Network, today: Any, bound: dict[str, Any], is_open: bool, codes: set[str]) -> dict[str, Any]:
    """Return what only those see who may change the network: steps, forms, focal points by key (CM-09)."""
    points = list(network.focal_points.filter(withdrawn_on=None).select_related("consent_by"))
    scopes = dict(ConsentScope.choices)
    day = {"day": today}
    return {
        "moves": _moves(network, bound),
        "points": [(one, [scopes[code] for code in one.consent_scope if code in scopes]) for one in points],
        "withdrawn": network.focal_points.exclude(withdrawn_on=None).count(),
        "keep_forms": [
            (act, label, bound.get(act) or KeepForm(initial=day, auto_id=f"{act}_%s"), hint, code in codes)
            for act, label, hint, code in _keeping(network)
            if is_open
        ],
        "point_form": (bound.get("point") or FocalPointForm(auto_id="point_%s")) if is_open else None,
        "point_is_bound": "point" in bound,
    }


def _keeping(network: Network) -> list[tuple[str, str, str, str]]:
    acts = [("contact", _("Record the contact"), "", "silent")]
    if rules.is_technical(network.channels):
        acts.append(("check", _("Record the check"), _("The equipment was tried and works."), "unchecked"))
    return acts


def _steps(network: Network) -> list[dict[str, str]]:
    """Return the way of the network for the bar of states; one that lapsed or closed has a last step of its own."""
    way = list(rules.WAY)
    if network.state not in way:
        way.append(network.state)
    at = way.index(network.state)
    if network.state == NetworkState.CLOSED and network.set_up_on is None:
        way, at = [NetworkState.CLOSED.value], 0
    return [
        {
            "label": str(NetworkState(state).label),
            "note": "",
            "place": "past" if index < at else "current" if index == at else "coming",
        }
        for index, state in enumerate(way)
    ]


def _moves(network: Network, bound: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the open lines of the state table, each with its form, or with what is still missing for it."""
    has, found = setup_of(network), []
    for move in rules.moves_from(network.state):
        lacking = rules.lacking_for(move.after, has)
        initial = {"state": network.state}
        form = bound.get(move.act) or MoveForm(
            initial=initial, needs_reason=move.needs_reason, auto_id=f"{move.act}_%s"
        )
        found.append({"move": move, "lacking": lacking, "form": form, "is_bound": move.act in bound})
    return found


def _alerts(request: HttpRequest, network: Network) -> list[NetworkAlert]:
    rows = NetworkAlert.objects.visible_to(request.user).filter(network=network).select_related("case")
    return list(rows[:ALERTS])
