"""What people do to perpetrator profiles: edit them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.permissions import require
from threats.fieldlists.actor import EDITABLE
from threats.models import Actor, Threat


def _raise_threats(actor: Actor, by: Any) -> None:
    """Lift the threats that cite the actor to its marking, each on record, so that they never fall below it."""
    citing = Threat.objects.filter(actors=actor, marking__lt=actor.marking).select_related("mission")
    for threat in citing.select_for_update(of=("self",)):
        before, threat.marking = threat.marking, actor.marking
        threat.version += 1
        threat.save(update_fields=["marking", "version"])
        note = f"follows {actor}"
        record_event(by, "changed", threat, changes={"marking": [before, actor.marking]}, note=note)


def plain_actor(actor: Actor) -> dict[str, Any]:
    """Return the guarded fields of a profile as plain values."""
    return {name: getattr(actor, name) for name in EDITABLE}


def edit_actor(
    actor: Actor, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Actor]:
    """Store changed fields of a profile under the lost-update guard and return what was done.

    A raised marking raises that of the threats that cite the actor. Raises `Forbidden`, `EditConflict`, and
    `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.change_actor", actor)
    if int(changes.get("marking", actor.marking)) > by.clearance:
        raise RuleError("marking_above_clearance", "This marking is above your own clearance.", "marking")

    def apply(record: Actor, wanted: dict[str, Any]) -> list[str]:
        for name, value in wanted.items():
            setattr(record, name, value)
        if "marking" in wanted:
            _raise_threats(record, by)
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
