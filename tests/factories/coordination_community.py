"""Liaison assistants, alert networks and impact assessments of the fictional mission, made by the services."""

from datetime import UTC, date, datetime
from typing import Any

from coordination.communities import assistants, focal_points, networks, pcia
from coordination.communities.choices import NetworkState
from coordination.communities.rules_networks import MOVES, WAY
from coordination.models import LiaisonAssistant, Network, Pcia
from pocweb.models import Area, Office

DAY = date(2020, 12, 31)
NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)
EXPECTATIONS = {
    "threat_types": "Armed men on the road, by day or night",
    "response_time": "A patrol within an hour by day",
    "responder": "The company in Bambari",
    "limits": "No patrol at night beyond the bridge",
}


def make_assistant(office: Office, by: Any, key: str = "CLA-BAM-1", **values: Any) -> LiaisonAssistant:
    """Return an assignment since 1 December 2020 at the office, for its first area."""
    areas = values.pop("areas", None) or [office.areas.first()]
    values = {"base": office, "languages": "Sango, French", "starts_on": date(2020, 12, 1), **values}
    values = {"sex": "female", "office": office, "marking": 2, **values}
    return assistants.add_assistant(office.mission, by=by, key=key, areas=areas, now=values.pop("now", NOW), **values)


def make_network(
    office: Office, by: Any, name: str = "Ippy road", state: str = NetworkState.AT_RISK, **values: Any
) -> Network:
    """Return a network of the office's first area, brought to a state by its steps; `now` is when that was."""
    now, point = values.pop("now", NOW), values.pop("point", "FP-IPPY-1")
    area: Area = values.pop("area", None) or office.areas.first()
    values = {"communities": "Three villages", "office": office, "area": area, "marking": 2, **values}
    if state != NetworkState.AT_RISK:
        values = {"channels": ["mobile"], "equipment": "Two handsets, charged at school", **EXPECTATIONS, **values}
    network = networks.add_network(office.mission, by=by, name=name, now=now, **values)
    if state == NetworkState.AT_RISK:
        return network
    focal_points.add_focal_point(
        network, key=point, sex="female", consent_scope=["record", "share"], consent_on=now.date(), by=by, now=now
    )
    way = [*WAY, state] if state not in WAY else list(WAY[: WAY.index(state) + 1])
    for after in way[1:]:
        network.refresh_from_db()
        act = next(move.act for move in MOVES if move.after == after and network.state in move.before)
        network = networks.move_network(network, act, state=network.state, reason="Agreed", by=by, now=now)
    return network


def make_pcia(office: Office, by: Any, year: int = 2020, **values: Any) -> Pcia:
    """Return a draft of the office's assessment of a year with its three parts, due on 15 June of the year."""
    parts = {"conflict_map": "Cattle and gold", "stakeholder_map": "Two committees", "risks": "Raids in the dry season"}
    values = {**parts, "office": office, "marking": 2, **values}
    return pcia.begin_pcia(office.mission, by=by, year=year, now=values.pop("now", NOW), **values)
