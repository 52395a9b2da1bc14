"""What people do to community alert networks: add, edit, move on, keep contact, check the equipment (CM-01, CM-03)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities import plain as shared
from coordination.communities import rules_networks as rules
from coordination.communities.choices import AlertChannel, NetworkState
from coordination.communities.kept import keep_network
from coordination.communities.plain import CHANGE
from coordination.models import LiaisonAssistant, Network
from coordination.sharing.services import clean
from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved
from pocweb.models import Counter, Mission
from pocweb.permissions import refuse_above_clearance, require

EXPECTATIONS = ("threat_types", "response_time", "responder", "limits")
TEXTS = ("name", "communities", "equipment", *EXPECTATIONS)
EDITABLE = (
    "name", "area", "communities", "base", "assistant", "channels", "equipment", *EXPECTATIONS, "members",
    "women_members", "has_crsv_signs", "office", "marking",
)  # fmt: skip
ROWS = Network.objects.select_related("mission", "office", "area", "base", "assistant").defer("area__shape")


def plain_network(network: Network) -> dict[str, Any]:
    """Return the guarded fields as plain values: codes, p-code, number of the assignment."""
    names = (*TEXTS, "channels", "members", "women_members", "has_crsv_signs", "marking")
    values: dict[str, Any] = {name: getattr(network, name) for name in names}
    values |= {"area": network.area.pcode, "office": network.office.code}
    values["base"] = network.base.code if network.base else None
    return values | {"assistant": network.assistant.number if network.assistant else None}


def as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller gave (records or their codes) in the form of `plain_network`."""
    given = shared.as_plain(values, editable=EDITABLE)
    if "channels" in given:
        given["channels"] = [one.value for one in AlertChannel if one.value in (given["channels"] or [])]
    if "assistant" in given:
        given["assistant"] = getattr(given["assistant"], "number", given["assistant"])
    return given | {name: given[name] or None for name in ("base", "assistant") if name in given}


def setup_of(network: Network) -> rules.Setup:
    """Return what a network has, as the rules ask it; one query."""
    return rules.Setup(
        consenting=consenting(network).count() if network.pk else 0,
        channels=network.channels,
        equipment=network.equipment,
        **{name: getattr(network, name) for name in EXPECTATIONS},
    )


def consenting(network: Network) -> Any:
    """Return the active focal points of a network whose consent stands (CM-09)."""
    return network.focal_points.filter(is_active=True, consent_on__isnull=False, withdrawn_on=None)


def _apply(network: Network, values: Mapping[str, Any], *, by: Any, today: date) -> list[str]:
    """Set plain values, judge the whole, and return the columns that were set."""
    for name, value in values.items():
        if name in ("base", "office"):
            setattr(network, name, shared.office_of(network.mission, value, field=name) if value else None)
        elif name == "area":
            network.area = shared.area_of(network.mission, value, on=today)
        elif name == "assistant":
            network.assistant = _assistant(network, value, by)
        else:
            setattr(network, name, value)
    shared.require_own_branch(by, network)
    if network.area_id is None:
        raise RuleError("area_missing", _("Choose the area."), "area")
    _check_members(network)
    if lacking := rules.lacking_for(network.state, setup_of(network)):
        raise RuleError("part_missing", lacking[0].message, lacking[0].field)
    return list(values)


def _assistant(network: Network, number: int | None, by: Any) -> LiaisonAssistant | None:
    if number is None:
        return None
    found = LiaisonAssistant.objects.visible_to(by).filter(mission=network.mission_id, number=number).first()
    if found is None:
        raise RuleError("unknown_assistant", _("Choose a liaison assistant of your offices."), "assistant")
    return found


def _sees_assistant(network: Network, by: Any) -> bool:
    """Say whether a person sees the assignment that a network names; where it names none, nothing is hidden."""
    rows = LiaisonAssistant.objects.visible_to(by).filter(pk=network.assistant_id)
    return network.assistant_id is None or bool(rows.exists())


def _check_members(network: Network) -> None:
    women, members = network.women_members, network.members
    if women is not None and (members is None or women > members):
        raise RuleError("women_not_among", _("Give all active members, the women among them."), "women_members")


@transaction.atomic
def add_network(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Network:
    """Record a community at risk that needs a network, and return it; `values` are those of `EDITABLE`.

    It is marked at least as the assignment that it names. Raises `Forbidden` outside the person's branch of offices,
    and `RuleError` with the field. Source: POC Handbook 2020, 9.2 (CM-01).
    """
    require(by, CHANGE)
    moment = now or clock.now(mission)
    given = {"marking": mission.default_marking, **as_plain(values)}
    refuse_above_clearance(given["marking"], by)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    network = Network(mission=mission, number=1, **stamps)
    _apply(network, given, by=by, today=moment.date())
    _raise_marking(network)
    clean(network)
    network.number = Counter.take(mission, "network")
    network.save(force_insert=True)
    record_event(by, "added", network, changes=shared.told(plain_network(network)), now=moment)
    return network


def _raise_marking(network: Network) -> bool:
    """Raise the marking to that of the assignment which the network names; say whether it rose."""
    least = network.assistant.marking if network.assistant else 0
    if network.marking >= least:
        return False
    network.marking = least
    return True


@transaction.atomic
def edit_network(
    network: Network, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Network]:
    """Store changed fields under the lost-update guard; what the state asks for stays filled (CM-03).

    Raises `Forbidden`, `EditConflict`, and `RuleError` with the field; a closed network stays as it was.
    """
    require(by, CHANGE, network)
    moment = now or clock.now(network.mission)
    did: list[bool] = []

    def apply(record: Network, values: dict[str, Any]) -> list[str]:
        if record.state == NetworkState.CLOSED:
            raise RuleError("network_closed", _("%(ref)s is closed and stays as it was.") % {"ref": record.ref})
        columns = _apply(record, values, by=by, today=moment.date())
        did.append(True)
        return list(dict.fromkeys([*columns, "marking"])) if _raise_marking(record) else columns

    given = as_plain(changes)
    if given.get("assistant", 0) is None and not _sees_assistant(network, by):
        del given["assistant"]  # no form offers whom the person may not see, so an empty field says nothing
    saved = shared.save_edit(
        ROWS.all(), network, changes=given, by=by, based_on=based_on, plain=plain_network, apply=apply,
        now=moment,
    )  # fmt: skip
    if did:
        keep_network(saved.record, by=by, now=moment)
    return saved


def locked_network(pk: int) -> Network:
    """Return the network with its row locked until the transaction ends."""
    network: Network = ROWS.select_for_update(of=("self",)).get(pk=pk)
    return network


@transaction.atomic
def move_network(
    network: Network, act: str, *, state: str, reason: str = "", by: Any, now: datetime | None = None
) -> Network:
    """Take one line of the state table and return the network as it now stands; the map of blind spots follows.

    `state` is the one that the page showed: of two people at once one succeeds, the other gets a `Conflict`. Raises
    `Forbidden`, `RuleError` for an illegal act, a missing reason, or a missing part at its field (CM-03).
    """
    network = locked_network(network.pk)
    require(by, CHANGE, network)
    if network.state != state:
        raise _moved_on(network)
    move = rules.move_for(act, state=network.state)
    if move.needs_reason and not reason.strip():
        raise RuleError("reason_missing", _("Say why."), "reason")
    if lacking := rules.lacking_for(move.after, setup_of(network)):
        raise RuleError("part_missing", lacking[0].message, lacking[0].field)
    moment = now or clock.now(network.mission)
    columns: dict[str, Any] = {"state": move.after}
    if move.after == NetworkState.ACTIVE:
        columns["set_up_on"] = moment.date()
    _update(network, columns, state=state, by=by, now=moment)
    changes: dict[str, list[Any]] = {"state": [state, move.after]}
    changes |= {"reason": [None, reason.strip()]} if reason.strip() else {}
    record_event(by, move.verb, network, changes=changes, now=moment)
    keep_network(network, by=by, now=moment)
    return network


def _moved_on(network: Network) -> Conflict:
    last = history_of(network).first()
    said = {"who": last.actor if last and last.actor else _("Another person"), "ref": network.ref}
    said |= {"state": str(network.get_state_display()).lower()}
    return Conflict("network_moved_on", _("%(who)s was faster: %(ref)s now stands at: %(state)s.") % said)


def _update(network: Network, columns: dict[str, Any], *, state: str, by: Any, now: datetime) -> None:
    """Store columns where the network still stands at the state, and read it again. Raises `Conflict`."""
    stamps = {"version": F("version") + 1, "changed_at": now, "changed_by": by if by.pk else None}
    if not Network.objects.filter(pk=network.pk, state=state).update(**columns, **stamps):
        raise _moved_on(network)
    network.refresh_from_db()


@transaction.atomic
def record_contact(
    network: Network, *, contacted_on: date | None, by: Any, note: str = "", now: datetime | None = None
) -> Network:
    """Note that the network was spoken to on a day, and return it. A second press without a note changes nothing.

    Raises `Forbidden`, and `RuleError` at `contacted_on` for a day to come or one before the contact on record.
    """
    return _keep(network, "contacted_on", contacted_on, verb="was in contact with", note=note, by=by, now=now)


@transaction.atomic
def record_check(
    network: Network, *, checked_on: date | None, by: Any, note: str = "", now: datetime | None = None
) -> Network:
    """Note that the equipment was checked on a day and works, and return the network; as `record_contact`."""
    return _keep(network, "checked_on", checked_on, verb="checked the equipment of", note=note, by=by, now=now)


def _keep(
    network: Network, field: str, day: date | None, *, verb: str, note: str, by: Any, now: datetime | None
) -> Network:
    network = locked_network(network.pk)
    require(by, CHANGE, network)
    if network.state == NetworkState.CLOSED:
        raise RuleError("network_closed", _("%(ref)s is closed and stays as it was.") % {"ref": network.ref})
    moment = now or clock.now(network.mission)
    last = getattr(network, field)
    day = rules.check_day(day, last=last, today=moment.date(), field=field)
    if day == last and not note.strip():
        return network
    _update(network, {field: day}, state=network.state, by=by, now=moment)
    changes: dict[str, list[Any]] = {field: [last.isoformat() if last else None, day.isoformat()]}
    changes |= {"note": [None, note.strip()]} if note.strip() else {}
    record_event(by, verb, network, changes=changes, now=moment)
    return network


def note_call(network: Network, *, called_on: date, by: Any, now: datetime) -> None:
    """Let the contact date follow a call that came in; inside the caller's transaction, without asking a right."""
    fresh = locked_network(network.pk)
    if fresh.state == NetworkState.CLOSED or (fresh.contacted_on and fresh.contacted_on >= called_on):
        return
    before = fresh.contacted_on.isoformat() if fresh.contacted_on else None
    _update(fresh, {"contacted_on": called_on}, state=fresh.state, by=by, now=now)
    record_event(by, "had a call from", fresh, changes={"contacted_on": [before, called_on.isoformat()]}, now=now)
