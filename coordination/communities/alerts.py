"""Alerts of networks: each opens an early-warning case, and closes only with response and result (CM-02)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities.choices import AlertChannel, NetworkState
from coordination.communities.networks import note_call
from coordination.communities.plain import CHANGE
from coordination.models import Network, NetworkAlert, WarningCase
from coordination.warnings.choices import Channel
from coordination.warnings.services import file_case
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.permissions import require

ROWS = NetworkAlert.objects.select_related("network__mission", "network__office", "case__mission", "case__office")


@transaction.atomic
def receive_alert(
    network: Network,
    *,
    channel: str,
    text: str,
    received_at: datetime | None = None,
    marking: int | None = None,
    by: Any,
    now: datetime | None = None,
    **report: Any,
) -> NetworkAlert:
    """Record a call of a network: the early-warning case, the alert and the contact, all or nothing.

    Whoever sees the network and may report may do this; nobody waits for an editor. `report` are further parts of the
    report (`place`, `act`, `expected`, `threatening`, `at_risk`, `people`). The case is marked at least as the network.
    Raises `Forbidden`, and `RuleError` with the field. Source: POC Handbook 2020, 9.2; Annex V, step 2.
    """
    require(by, "coordination.view_community", network)
    if network.state == NetworkState.CLOSED:
        raise RuleError("network_closed", _("%(ref)s is closed. Report the alert as a case.") % {"ref": network.ref})
    if channel not in AlertChannel.values:
        raise RuleError("channel_missing", _("Choose how the call came."), "channel")
    moment = now or clock.now(network.mission)
    stated = network.mission.default_marking if marking is None else marking
    case = file_case(
        network.mission, by=by, text=text, channel=Channel.NETWORK, area=network.area, office=network.office,
        marking=max(int(stated), int(network.marking)), received_at=received_at or moment, now=moment, **report,
    )  # fmt: skip
    alert = NetworkAlert(network=network, case=case, received_at=case.received_at, channel=channel, by=by)
    alert.message = case.text
    alert.full_clean(exclude=["closed_at"])
    alert.save(force_insert=True)
    note_call(network, called_on=alert.received_at.date(), by=by, now=moment)
    return alert


@transaction.atomic
def answer_alert(
    alert: NetworkAlert,
    *,
    response: str,
    result: str,
    close: bool,
    based_on: int,
    by: Any,
    now: datetime | None = None,
) -> NetworkAlert:
    """Store what the mission did and with what result, close the alert if asked, and return it fresh.

    Raises `Forbidden`; `RuleError` at the field that a closing lacks; `Conflict` when the alert is closed or another
    person wrote since version `based_on` (nothing is stored then). Source: POC Handbook 2020, 9.2 (CM-02).
    """
    alert = ROWS.get(pk=alert.pk)
    require(by, CHANGE, alert.network)
    values: dict[str, Any] = {"response": response.strip(), "result": result.strip()}
    if close:
        check_answered(**values)
        values["closed_at"] = now or clock.now(alert.network.mission)
    rows = NetworkAlert.objects.filter(pk=alert.pk, version=based_on, closed_at=None)
    if not rows.update(version=F("version") + 1, **values):
        raise Conflict("alert_moved_on", _("Another person wrote meanwhile. Nothing of yours is stored yet."))
    changes = {name: [getattr(alert, name), values[name]] for name in ("response", "result")}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    verb = "closed the network's alert on" if close else "answered the network's alert on"
    fresh = ROWS.get(pk=alert.pk)
    record_event(by, verb, fresh.case, changes=changes, now=now or clock.now(alert.network.mission))
    return fresh


def check_answered(*, response: str, result: str) -> None:
    """Raise `RuleError` at the field for an alert without response or result (CM-02)."""
    if not response:
        raise RuleError("response_missing", _("Write what the mission did."), "response")
    if not result:
        raise RuleError("result_missing", _("Write with what result."), "result")


def guard_close(case: WarningCase, _step: Any) -> None:
    """Refuse the closing of a case while the network that called has neither response nor result on record (CM-02)."""
    alert = NetworkAlert.objects.filter(case=case).first()
    if alert is not None and not (alert.response and alert.result):
        words = _("An alert network called. Write in its alert what the mission did and with what result; then close.")
        raise RuleError("network_alert_open", words)
