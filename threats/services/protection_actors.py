"""What people do to the register of other protection actors: add one, edit it. Source: POC Handbook 2020, 8.2.3."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Mission
from pocweb.permissions import require
from threats.models import ProtectionActor

EDITABLE = ("name", "kind", "description")


def plain_protection_actor(actor: ProtectionActor) -> dict[str, Any]:
    """Return the guarded fields of a protection actor as plain values."""
    return {name: getattr(actor, name) for name in EDITABLE}


@transaction.atomic
def add_protection_actor(
    *, mission: Mission, values: Mapping[str, Any], by: Any, now: datetime | None = None
) -> ProtectionActor:
    """Add a protection actor to the mission's register and return it.

    `values` are name, kind and description. Raises `Forbidden`, and `RuleError` with the field for a value that cannot
    be stored, such as a name that the register holds already.
    """
    actor = ProtectionActor(mission=mission, **{name: values.get(name, "") for name in EDITABLE})
    require(by, "threats.change_protection_actor", actor)
    actor.name = actor.name.strip()
    _refuse_twice(actor)
    actor.changed_at, actor.changed_by = now or clock.now(mission), by
    try:
        actor.full_clean()
    except ValidationError as error:
        raise as_rule(error) from error
    actor.save(force_insert=True)
    changes = {name: [None, value] for name, value in plain_protection_actor(actor).items() if value}
    record_event(by, "added", actor, changes=changes, now=actor.changed_at)
    return actor


def edit_protection_actor(
    actor: ProtectionActor, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[ProtectionActor]:
    """Store changed fields of a protection actor under the lost-update guard and return what was done.

    Raises `Forbidden`, `EditConflict`, and `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.change_protection_actor", actor)

    def apply(record: ProtectionActor, wanted: dict[str, Any]) -> list[str]:
        for name, value in wanted.items():
            setattr(record, name, value)
        if "name" in wanted:
            _refuse_twice(record)
        return list(wanted)

    try:
        return save_guarded(
            ProtectionActor.objects.select_related("mission"),
            actor.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=plain_protection_actor,
            apply=apply,
            now=now,
        )
    except ValidationError as error:
        raise as_rule(error) from error


def as_rule(error: ValidationError) -> RuleError:
    """Return the first complaint of a model's own validation as a refused rule."""
    name, messages = next(iter(error.message_dict.items()))
    return RuleError("invalid", messages[0], None if name == "__all__" else name)


def _refuse_twice(actor: ProtectionActor) -> None:
    same = ProtectionActor.objects.filter(mission=actor.mission_id, name__iexact=actor.name).exclude(pk=actor.pk)
    if same.exists():
        raise RuleError("already_there", "The register holds this name already.", "name")
