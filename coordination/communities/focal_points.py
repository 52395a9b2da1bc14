"""Focal points of networks: a key and its consent; who withdraws is taken out of every further use (CM-09).

The audit trail holds how many there are, never their keys, so that a withdrawal leaves none behind. Names and numbers
stay with the collecting unit, outside this system. Source: POC Handbook 2020, 10.1, 10.2.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities import rules_networks as rules
from coordination.communities.choices import ConsentScope, NetworkState, Sex
from coordination.communities.networks import consenting, locked_network
from coordination.communities.plain import CHANGE
from coordination.models import FocalPoint, Network
from coordination.sharing.services import clean
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.permissions import require


@transaction.atomic
def add_focal_point(
    network: Network,
    *,
    key: str,
    sex: str = Sex.UNKNOWN,
    role: str = "",
    consent_scope: Collection[str] = (),
    consent_on: date | None,
    by: Any,
    now: datetime | None = None,
) -> FocalPoint:
    """Record a focal point with the consent that was given, and return it.

    Without consent to be recorded nobody is recorded. Raises `Forbidden`, and `RuleError` at its field. Source: POC
    Handbook 2020, 10.2 (CM-09).
    """
    network = locked_network(network.pk)
    require(by, CHANGE, network)
    if network.state == NetworkState.CLOSED:
        raise RuleError("network_closed", _("%(ref)s is closed and stays as it was.") % {"ref": network.ref})
    moment = now or clock.now(network.mission)
    key = rules.check_key(key)
    scope = [one.value for one in ConsentScope if one.value in consent_scope]
    if ConsentScope.RECORD not in scope:
        words = _("Without consent to be recorded nobody is recorded here. Ask first.")
        raise RuleError("consent_missing", words, "consent_scope")
    if consent_on is None or consent_on > moment.date():
        words = _("This day has not come yet.") if consent_on else _("Give the day on which consent was given.")
        raise RuleError("consent_day", words, "consent_on")
    if network.focal_points.filter(key=key).exists():
        raise RuleError("key_taken", _("This network has a focal point with this key already."), "key")
    consent = {"consent_scope": scope, "consent_on": consent_on, "consent_by": by}
    point = FocalPoint(network=network, key=key, sex=sex, role=" ".join(role.split()), **consent)
    clean(point)
    before = consenting(network).count()
    point.save(force_insert=True)
    _record(network, before, "added a focal point to", by=by, now=moment)
    return point


@transaction.atomic
def stand_down(point: FocalPoint, *, by: Any, now: datetime | None = None) -> None:
    """Say that a focal point no longer calls; key and consent stay on record. Raises `Forbidden`, `Conflict`."""
    _leave(point, {"is_active": False}, "stood down a focal point of", by=by, now=now, only={"is_active": True})


@transaction.atomic
def withdraw_consent(point: FocalPoint, *, by: Any, now: datetime | None = None) -> None:
    """Take a person who withdrew consent out of every further use: key, sex, role and scope are erased (CM-09).

    What stays is that consent was given and withdrawn, and when. Raises `Forbidden`, `Conflict` on a second time.
    """
    moment = now or clock.now(point.network.mission)
    erased: dict[str, Any] = {"key": f"WITHDRAWN-{point.pk}", "sex": Sex.UNKNOWN, "role": "", "consent_scope": []}
    erased |= {"is_active": False, "withdrawn_on": moment.date()}
    _leave(point, erased, "took out a focal point of", by=by, now=moment, only={"withdrawn_on": None})


def _leave(
    point: FocalPoint, values: dict[str, Any], verb: str, *, by: Any, now: datetime | None, only: dict[str, Any]
) -> None:
    network = locked_network(point.network_id)
    require(by, CHANGE, network)
    before = consenting(network).count()
    if not FocalPoint.objects.filter(pk=point.pk, **only).update(**values):
        raise Conflict("already_left", _("Another person has done this already."))
    _record(network, before, verb, by=by, now=now or clock.now(network.mission))


def _record(network: Network, before: int, verb: str, *, by: Any, now: datetime) -> None:
    stamps = {"version": F("version") + 1, "changed_at": now, "changed_by": by}
    Network.objects.filter(pk=network.pk).update(**stamps)
    network.refresh_from_db()
    changes: dict[str, list[Any]] = {"focal_points": [before, consenting(network).count()]}
    record_event(by, verb, network, changes=changes, now=now)
