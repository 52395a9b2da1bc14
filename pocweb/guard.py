"""The lost-update guard: a save states the version it was based on; nothing of anybody is lost silently.

A record that moved on is compared field by field: fields that only one side changed are kept from that side; a field
that both changed differently is a conflict, then nothing is stored and the person chooses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Conflict, RuleError

Record = TypeVar("Record", bound=models.Model)


@dataclass(frozen=True)
class Opposed:
    """A field that both sides changed, in plain values."""

    name: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True)
class Kept:
    """A field that only one side changed; `by` is "you" or "them"."""

    name: str
    by: str
    before: Any
    now: Any


class EditConflict(Conflict):
    """Another person saved the same fields first; nothing of this save is stored."""

    def __init__(
        self,
        *,
        based_on: int,
        current: int,
        other: Any,
        at: datetime | None,
        opposed: list[Opposed],
        kept: list[Kept],
    ) -> None:
        who = str(other) if other else "Another person"
        super().__init__("edit_conflict", f"{who} saved this record while you were writing. Nothing of yours is lost.")
        self.based_on, self.current, self.other, self.at = based_on, current, other, at
        self.opposed, self.kept = opposed, kept
        self.details = {
            "based_on": based_on,
            "current_version": current,
            "by": who,
            "at": at.isoformat() if at else None,
            "fields": [{"field": o.name, "base": o.base, "yours": o.mine, "theirs": o.theirs} for o in opposed],
        }


@dataclass
class Saved(Generic[Record]):
    """What a guarded save did: the record, its changed fields, and what others had changed meanwhile."""

    record: Record
    changes: dict[str, list[Any]] = field(default_factory=dict)
    merged: list[Kept] = field(default_factory=list)


def values_at(record: models.Model, version: int, current: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain field values that the record had at an earlier version, read back from its history."""
    values = dict(current)
    events = history_of(record).filter(object_version__gt=version)
    for event in events:
        for name, (before, _after) in event.changes.items():
            if name in values:
                values[name] = before
    return values


def compare(
    base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> tuple[list[Opposed], list[Kept]]:
    """Sort the fields of `mine` and `theirs` against their common base into opposed and kept ones."""
    opposed, kept = [], []
    for name, base_value in base.items():
        i_changed = name in mine and mine[name] != base_value
        they_changed = theirs[name] != base_value
        if i_changed and they_changed and mine[name] != theirs[name]:
            opposed.append(Opposed(name, base_value, mine[name], theirs[name]))
        elif i_changed and not they_changed:
            kept.append(Kept(name, "you", base_value, mine[name]))
        elif they_changed:
            kept.append(Kept(name, "them", base_value, theirs[name]))
    return opposed, kept


def save_guarded(
    queryset: "models.QuerySet[Record]",
    pk: Any,
    *,
    based_on: int,
    changes: Mapping[str, Any],
    by: Any,
    plain: Callable[[Record], dict[str, Any]],
    apply: Callable[[Record, dict[str, Any]], list[str]],
    verb: str = "changed",
    note: str = "",
    now: datetime | None = None,
) -> Saved[Record]:
    """Store `changes` (field -> plain value) on the record if they oppose nothing saved since version `based_on`.

    `plain(record)` returns all guarded fields as plain values; `apply(record, changes)` sets them on the record and
    returns the model columns to write (related rows it writes itself). One event is recorded, only changed columns are
    written. Raises `EditConflict` when another person changed the same field otherwise; `RuleError` for a version that
    never was and for a value that its field cannot hold. Safe against two savers at once: the row is locked, or on
    SQLite the transaction is.
    """
    with transaction.atomic():
        record: Any = queryset.select_for_update(of=("self",)).get(pk=pk)
        if not 0 < based_on <= record.version:
            raise RuleError("unknown_version", "The page that you saved from is not of this record. Open it again.")
        theirs = plain(record)
        merged: list[Kept] = []
        if record.version != based_on:
            base = values_at(record, based_on, theirs)
            opposed, kept = compare(base, theirs, changes)
            if opposed:
                last = history_of(record).first()
                raise EditConflict(
                    based_on=based_on,
                    current=record.version,
                    other=last.actor if last else None,
                    at=last.at if last else None,
                    opposed=opposed,
                    kept=kept,
                )
            merged = [item for item in kept if item.by == "them"]
            changes = {name: value for name, value in changes.items() if value != base.get(name)}
        wanted = {name: value for name, value in changes.items() if theirs.get(name) != value}
        if not wanted:
            return Saved(record, merged=merged)
        columns = apply(record, wanted)
        record.version += 1
        record.changed_at = now or clock.now(record.mission)
        record.changed_by = by
        _check(record, columns)
        record.save(update_fields=[*columns, "version", "changed_at", "changed_by"])
        after = plain(record)
        diff = {name: [theirs[name], after[name]] for name in wanted if theirs.get(name) != after.get(name)}
        record_event(by, verb, record, changes=diff, note=note, now=record.changed_at)
        return Saved(record, changes=diff, merged=merged)


def _check(record: models.Model, columns: list[str]) -> None:
    """Raise `RuleError` for the first of these columns whose value cannot be, or for what contradicts itself."""
    try:
        record.full_clean(exclude=[f.name for f in record._meta.concrete_fields if f.name not in columns])
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise RuleError("invalid", sentences[0], None if name == NON_FIELD_ERRORS else name) from error
