"""Which active networks are amber, and why: silent, unchecked, without a focal point (CM-01)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Q

from coordination.communities import rules_networks as rules
from coordination.communities.choices import NetworkState
from coordination.models import CommunityPeriods, Network

CONSENTING = Q(
    focal_points__is_active=True, focal_points__consent_on__isnull=False, focal_points__withdrawn_on__isnull=True
)


def with_consenting(rows: Any) -> Any:
    """Annotate networks with the number of active focal points whose consent stands, as `calling`."""
    return rows.annotate(calling=Count("focal_points", filter=CONSENTING, distinct=True))


def concerns_of(network: Network, periods: CommunityPeriods, today: date) -> list[tuple[str, str]]:
    """Return why a network read with `with_consenting` is amber, none for one that is not active."""
    if network.state != NetworkState.ACTIVE:
        return []
    watch = rules.Watch(
        set_up_on=network.set_up_on,
        contacted_on=network.contacted_on,
        checked_on=network.checked_on,
        is_technical=rules.is_technical(network.channels),
        consenting=network.calling,  # type: ignore[attr-defined]  # annotated
    )
    return rules.concerns_of(
        watch, contact_days=periods.contact_days, equipment_days=periods.equipment_days, today=today
    )


def amber_of(
    networks: Iterable[Network], periods: CommunityPeriods, today: date
) -> list[tuple[Network, list[tuple[str, str]]]]:
    """Return the amber ones among networks read with `with_consenting`, each with its reasons."""
    found = [(one, concerns_of(one, periods, today)) for one in networks]
    return [(one, why) for one, why in found if why]


def since_of(network: Network, code: str) -> date | None:
    """Return the day from which a reason to worry counts, so that one lapse has one name."""
    last = {"silent": network.contacted_on, "unchecked": network.checked_on}.get(code)
    return max((day for day in (last, network.set_up_on) if day is not None), default=None)
