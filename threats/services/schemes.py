"""What people do to rating schemes: make a mission's own new version. Old versions, and ratings by them, stay."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Mission
from pocweb.permissions import require
from threats.models import Scheme
from threats.rules.scheme_versions import differences, objections
from threats.services.threats import current_scheme

VERB = "made a version of"


def add_scheme_version(
    base: Scheme,
    *,
    mission: Mission,
    name: str,
    data: Mapping[str, Any],
    note: str,
    based_on: int,
    by: Any,
    now: datetime | None = None,
) -> Scheme:
    """Store a new version of a scheme as the mission's own, make it the one for new ratings, and return it.

    `base` is the scheme that it starts from, `based_on` the key of the scheme that was in use when the form was
    opened, `note` says why. Ratings made before keep their scheme. Raises `Forbidden`; `RuleError` for a scheme that
    does not hold together, for one that changes nothing and without a reason; `Conflict` where another version came
    into use meanwhile. Source: POC Handbook 2020, 8.2.4; that a mission may have its own version is ours.
    """
    require(by, "threats.change_vocabulary", Scheme(mission=mission))
    if not note.strip():
        raise RuleError("no_reason", "Say why the scheme changes. The reason is kept with the version.", "note")
    if found := objections(data):
        raise RuleError("faulty_scheme", " ".join(found))
    changes = differences(base.data, data)
    if base.name != name.strip():
        changes = {"name": [base.name, name.strip()]} | changes
    in_use = current_scheme(mission)
    if in_use.pk != based_on:
        raise Conflict("scheme_moved", f"Meanwhile {in_use} came into use. Open the form again from it.")
    if not changes and base.pk == in_use.pk:
        raise RuleError("nothing_changed", "Nothing differs from the version in use.")
    try:
        return _store(base, mission, name.strip(), data, changes, note.strip(), by, now)
    except IntegrityError as error:
        raise Conflict(
            "scheme_moved", "Another person made a version at the same moment. Open the form again."
        ) from error


@transaction.atomic
def _store(
    base: Scheme, mission: Mission, name: str, data: Any, changes: Any, note: str, by: Any, now: datetime | None
) -> Scheme:
    own = Scheme.objects.filter(mission=mission)
    same = Scheme.objects.known_in(mission).filter(code=base.code)
    highest = same.aggregate(highest=Max("edition"))["highest"] or 0
    made = Scheme(mission=mission, code=base.code, edition=highest + 1, name=name, data=dict(data), is_current=True)
    made.source = f"Own version, from {base}"[:160]
    made.full_clean()
    own.filter(is_current=True).update(is_current=False)
    made.save(force_insert=True)
    record_event(by, VERB, made, changes=changes, note=note, now=now or clock.now(mission))
    return made
