"""After how many days a network is silent or unchecked: the mission's own numbers, or the defaults (CM-01)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities.rules_networks import CONTACT_DAYS, EQUIPMENT_DAYS
from coordination.models import CommunityPeriods, Network
from coordination.sharing.services import as_rule
from pocweb.audit import record_event
from pocweb.errors import Conflict
from pocweb.models import Mission
from pocweb.permissions import require


def periods_of(mission: Mission) -> CommunityPeriods:
    """Return the mission's periods; an unsaved row with the defaults where it set none."""
    found = CommunityPeriods.objects.filter(mission=mission).first()
    return found or CommunityPeriods(mission=mission, contact_days=CONTACT_DAYS, equipment_days=EQUIPMENT_DAYS)


def periods_in(networks: Iterable[Network], mission: Mission) -> CommunityPeriods:
    """Return the mission's periods as read with its networks (`mission__community_periods`); no query."""
    first = next(iter(networks), None)
    found = getattr(first.mission, "community_periods", None) if first else None
    return found or CommunityPeriods(mission=mission, contact_days=CONTACT_DAYS, equipment_days=EQUIPMENT_DAYS)


@transaction.atomic
def set_periods(
    mission: Mission, *, contact_days: int, equipment_days: int, based_on: int, by: Any
) -> CommunityPeriods:
    """Store the mission's periods, in days, and return them.

    `based_on` is the version that the page showed. Raises `Forbidden`, `RuleError` at the field, and `Conflict` when
    another person set them meanwhile.
    """
    require(by, "coordination.set_community_periods")
    row, _new = CommunityPeriods.objects.select_for_update().get_or_create(mission=mission)
    before = (row.contact_days, row.equipment_days)
    row.contact_days, row.equipment_days = contact_days, equipment_days
    try:
        row.full_clean(exclude=["mission"])
    except ValidationError as error:
        raise as_rule(error) from error
    values = {"contact_days": contact_days, "equipment_days": equipment_days}
    if not CommunityPeriods.objects.filter(pk=row.pk, version=based_on).update(version=F("version") + 1, **values):
        words = _("Another person set the periods meanwhile: %(contact)d and %(check)d days. Look at them again.")
        raise Conflict("periods_moved_on", words % {"contact": before[0], "check": before[1]})
    changes = {name: [old, new] for (name, new), old in zip(values.items(), before, strict=True) if old != new}
    record_event(by, "set the periods of alert networks of", mission, changes=changes)
    row.refresh_from_db()
    return row
