"""What people do to perpetrator profiles: edit them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.permissions import require
from threats.fieldlists.actor import EDITABLE
from threats.models import Actor
from threats.services.inheritance import raise_citing


def plain_actor(actor: Actor) -> dict[str, Any]:
    """Return the guarded fields of a profile as plain values."""
    return {name: getattr(actor, name) for name in EDITABLE}


def edit_actor(
    actor: Actor, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Actor]:
    """Store changed fields of a profile under the lost-update guard and return what was done.

    A raised marking raises that of the incidents and threats that cite the actor. Raises `Forbidden`, `EditConflict`,
    and `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.change_actor", actor)
    if int(changes.get("marking", actor.marking)) > by.clearance:
        raise RuleError("marking_above_clearance", "This marking is above your own clearance.", "marking")

    def apply(record: Actor, wanted: dict[str, Any]) -> list[str]:
        for name, value in wanted.items():
            setattr(record, name, value)
        if "marking" in wanted:
            raise_citing(record, by=by, now=now or clock.now(record.mission))
        return list(wanted)

    try:
        return save_guarded(
            Actor.objects.select_related("mission"),
            actor.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=plain_actor,
            apply=apply,
            now=now,
        )
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise RuleError("invalid", messages[0], None if name == "__all__" else name) from error
