"""The presences that networks and assignments of assistants keep in step on the map of blind spots (CM-07).

A network is a presence of its area from its activation to its last sign of life: one that lapsed in silence did not let
the mission hear until the day on which somebody wrote that down. An assignment is one of each of its areas, from its
first to its last day. Each service calls `keep_*` in its own transaction. Source: POC Handbook 2020, 8.4; 9.2.
"""

from datetime import date, datetime
from typing import Any

from django.urls import reverse

from coordination.communities.choices import NetworkState
from coordination.models import KeptPresence, LiaisonAssistant, Network
from threats.choices import PresenceKind
from threats.models import Presence
from threats.presence_keepers import Keeper
from threats.services.kept_presences import add_kept, set_kept

Days = tuple[date, date | None]


def _kept(holder: Network | LiaisonAssistant) -> list[Presence]:
    """Return all presences that the record has kept, ended ones too, the oldest first."""
    name = "network" if isinstance(holder, Network) else "assistant"
    rows = Presence.objects.filter(**{f"kept__{name}": holder})
    return list(rows.select_related("mission", "office", "area").order_by("pk"))


def keep_network(network: Network, *, by: Any, now: datetime) -> None:
    """Bring the presences of a network into step with its state, area, office and marking."""
    standing = {"office": network.office, "marking": network.marking}
    is_active = network.state == NetworkState.ACTIVE
    has_open = False
    for presence in _kept(network):
        values: dict[str, Any] = dict(standing)
        if presence.ends_on is None:
            if is_active and presence.area_id == network.area_id:
                has_open = True
            elif is_active:
                values["ends_on"] = max(now.date(), presence.starts_on)
            else:
                values["ends_on"] = max(network.contacted_on or presence.starts_on, presence.starts_on)
        set_kept(presence, values, by=by, now=now)
    if is_active and not has_open:
        kind, first = PresenceKind.NETWORK, now.date()
        presence = add_kept(
            network.office, kind=kind, area=network.area, starts_on=first, ends_on=None, marking=network.marking,
            by=by, now=now,
        )  # fmt: skip
        KeptPresence.objects.create(presence=presence, network=network)


def keep_assistant(assistant: LiaisonAssistant, *, before: Days, by: Any, now: datetime) -> None:
    """Bring the presences of an assignment into step with its areas, days, office and marking.

    `before` are the first and last day that it had until now: a presence that ended on another day was taken off
    before, one that began on another day came later and keeps its first day. An area that comes now counts from today.
    """
    today, wanted = now.date(), {area.pk: area for area in assistant.areas.defer("shape")}
    standing = {"office": assistant.office, "marking": assistant.marking}
    rows = _kept(assistant)
    for presence in rows:
        values: dict[str, Any] = dict(standing)
        if presence.ends_on == before[1]:
            if wanted.pop(presence.area_id, None) is not None:
                values |= _days(presence, assistant, before)
            else:
                last = assistant.ends_on or today
                values["ends_on"] = max(min(last, today), presence.starts_on)
        set_kept(presence, values, by=by, now=now)
    for area in wanted.values():
        first = max(assistant.starts_on, today) if rows else assistant.starts_on
        if assistant.ends_on is None or first <= assistant.ends_on:
            presence = add_kept(
                assistant.office, kind=PresenceKind.LIAISON, area=area, starts_on=first, ends_on=assistant.ends_on,
                marking=assistant.marking, by=by, now=now,
            )  # fmt: skip
            KeptPresence.objects.create(presence=presence, assistant=assistant)


def _days(presence: Presence, assistant: LiaisonAssistant, before: Days) -> dict[str, Any]:
    first = assistant.starts_on if presence.starts_on == before[0] else presence.starts_on
    first = max(first, assistant.starts_on)
    if assistant.ends_on is not None:
        first = min(first, assistant.ends_on)
    return {"starts_on": first, "ends_on": assistant.ends_on}


def find_keeper(user: Any, presence: Presence) -> Keeper | None:
    """Return the network or assignment that keeps a presence, without its reference for who may not see it."""
    kept = KeptPresence.objects.filter(presence=presence).first()
    if kept is None:
        return None
    model: Any = Network if kept.network_id else LiaisonAssistant
    found = model.objects.visible_to(user).filter(pk=kept.network_id or kept.assistant_id).first()
    if found is None:
        return Keeper()
    name = "coordination:network-detail" if kept.network_id else "coordination:assistant-detail"
    return Keeper(found.ref, reverse(name, args=[found.pk]))
