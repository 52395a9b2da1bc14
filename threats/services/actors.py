"""What people do to perpetrator profiles: add and edit them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Mission
from pocweb.permissions import refuse_above_clearance, require
from threats.fieldlists.actor import EDITABLE
from threats.models import Actor
from threats.services.inheritance import raise_citing


def plain_actor(actor: Actor) -> dict[str, Any]:
    """Return the guarded fields of a profile as plain values."""
    return {name: getattr(actor, name) for name in EDITABLE}


@transaction.atomic
def add_actor(*, mission: Mission, values: Mapping[str, Any], by: Any, now: datetime | None = None) -> Actor:
    """Add a profile and return it. Its code is made from the short name, else the name, and stays.

    `values` are those of `plain_actor`; what is left out is not recorded. Raises `Forbidden`, and `RuleError` with the
    field for a value that cannot be stored, among them a name that a profile within the person's reach has already.
    """
    actor = Actor(mission=mission, **{name: values[name] for name in EDITABLE if name in values})
    require(by, "threats.change_actor", Actor(mission=mission, marking=0))
    refuse_above_clearance(actor.marking, by)
    _refuse_twice(actor, by)
    actor.code = _free_code(mission, actor.short_name or actor.name)
    actor.changed_at, actor.changed_by = now or clock.now(mission), by
    try:
        actor.full_clean()
    except ValidationError as error:
        raise _as_rule(error) from error
    actor.save(force_insert=True)
    given = {"code": actor.code} | plain_actor(actor)
    changes = {name: [None, value] for name, value in given.items() if value != ""}
    record_event(by, "added", actor, changes=changes, now=actor.changed_at)
    return actor


def _refuse_twice(actor: Actor, by: Any) -> None:
    """Refuse a name that another profile has; one beyond the person's clearance is not given away."""
    same = Actor.objects.visible_to(by).filter(mission=actor.mission, name__iexact=actor.name.strip())
    if found := same.first():
        said = f"There is a profile of this name: {found.name} ({found.code}). Edit that one."
        raise RuleError("already_there", said, "name")


def _free_code(mission: Mission, text: str) -> str:
    """Return a code made from the text that no profile of the mission has; a number is added where it is taken."""
    begin = slugify(text)[:50] or "actor"
    taken = set(Actor.objects.filter(mission=mission, code__startswith=begin).values_list("code", flat=True))
    code, number = begin, 2
    while code in taken:
        code, number = f"{begin}-{number}", number + 1
    return code


def _as_rule(error: ValidationError) -> RuleError:
    name, messages = next(iter(error.message_dict.items()))
    return RuleError("invalid", messages[0], None if name == "__all__" else name)


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
        raise _as_rule(error) from error
