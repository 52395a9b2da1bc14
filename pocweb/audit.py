"""The one door to the audit trail: each act is stored with the hash of the one before, per mission."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from pocweb import clock
from pocweb.choices import Marking
from pocweb.models.audit import AuditEvent, AuditHead
from pocweb.models.mission import Mission

START = "0" * 64


def canonical(value: Any) -> str:
    """Return JSON text that is the same for the same content, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder)


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _content(event: AuditEvent) -> dict[str, Any]:
    return {
        "mission": event.mission_id,
        "seq": event.seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor_id,
        "verb": event.verb,
        "object": [event.object_type, event.object_id, event.object_ref, event.object_version],
        "marking": event.marking,
        "changes": json.loads(canonical(event.changes)),
        "note": event.note,
        "previous": event.previous_hash,
    }


def record_event(
    actor: Any,
    verb: str,
    obj: models.Model,
    *,
    changes: dict[str, list[Any]] | None = None,
    note: str = "",
    now: datetime | None = None,
) -> AuditEvent:
    """Add one act to the chain of the object's mission and return it; call inside the transaction of the act itself.

    `changes` maps a field to [before, after] in plain values. The head row is locked until the transaction ends, so
    the order of events is total. Raises `TransactionManagementError` outside a transaction.
    """
    mission: Mission = obj if isinstance(obj, Mission) else obj.mission  # type: ignore[attr-defined]
    if transaction.get_connection().in_atomic_block is False:
        raise transaction.TransactionManagementError("record_event must stand in the transaction of the act.")
    head, _new = AuditHead.objects.select_for_update().get_or_create(mission=mission)
    event = AuditEvent(
        mission=mission,
        seq=head.seq + 1,
        at=now or clock.now(mission),
        actor=actor if getattr(actor, "pk", None) else None,
        verb=verb,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_ref=str(getattr(obj, "ref", "") or obj)[:80],
        object_version=getattr(obj, "version", None),
        marking=getattr(obj, "marking", Marking.UNCLASSIFIED),
        changes=json.loads(canonical(changes or {})),
        note=note,
        previous_hash=head.hash,
    )
    event.hash = fingerprint(_content(event))
    event.save(force_insert=True)
    AuditHead.objects.filter(pk=head.pk).update(seq=event.seq, hash=event.hash)
    return event


def hold_chain(mission: Mission) -> None:
    """Hold the mission's chain until the transaction ends, as `record_event` does.

    For an act that must lock other rows first: whoever holds the chain before them waits for nobody who holds them.
    """
    AuditHead.objects.select_for_update().get_or_create(mission=mission)


def history_of(obj: models.Model) -> models.QuerySet[AuditEvent]:
    """Return the events of one record, newest first."""
    return (
        AuditEvent.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
        .select_related("actor")
        .order_by("-seq")
    )


@dataclass(frozen=True)
class Fault:
    """A place where the chain does not hold."""

    mission: str
    seq: int
    what: str


def verify(mission: Mission) -> Iterator[Fault]:
    """Walk a mission's chain and yield each fault: altered, missing or added events, or a cut end."""
    previous, expected = START, 1
    for event in AuditEvent.objects.filter(mission=mission).order_by("seq").iterator(chunk_size=2000):
        if event.seq != expected:
            yield Fault(mission.code, expected, f"event {expected} is missing")
            expected = event.seq
        if event.previous_hash != previous:
            yield Fault(mission.code, event.seq, "does not follow from the event before")
        if fingerprint(_content(event)) != event.hash:
            yield Fault(mission.code, event.seq, "its content was altered")
        previous, expected = event.hash, expected + 1
    head = AuditHead.objects.filter(mission=mission).first()
    if (head.seq if head else 0) != expected - 1 or (head.hash if head else START) != previous:
        yield Fault(mission.code, expected, "the end of the chain was cut or replaced")
