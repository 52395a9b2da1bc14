"""What people add to the lists that missions share: forms of violence, groups at risk."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.models import Mission
from pocweb.permissions import require
from threats.models import AtRiskGroup, ViolenceType
from threats.services.protection_actors import as_rule

Entry = ViolenceType | AtRiskGroup
LISTS: dict[str, type[Entry]] = {"violence": ViolenceType, "groups": AtRiskGroup}
CODE_MOST, STEP = 40, 10


@transaction.atomic
def add_entry(*, mission: Mission, kind: str, name: str, by: Any, now: datetime | None = None) -> Entry:
    """Add a mission's own entry to a list ("violence" or "groups") and return it; other missions never see it.

    Its code is made from the mission's code and the name, so that two missions may use the same name. It stands last.
    Raises `Forbidden`, and `RuleError` with field "name" for a name that the mission's list holds already.
    """
    model = LISTS[kind]
    entry = model(mission=mission, name=_tidy(name))
    require(by, "threats.change_vocabulary", entry)
    _refuse_twice(entry)
    entry.code = _free_code(model, f"{mission.code}-{entry.name}")
    highest = model.objects.known_in(mission).aggregate(highest=Max("order"))["highest"] or 0
    entry.order = highest + STEP
    _store(entry)
    moment = now or clock.now(mission)
    record_event(by, "added", entry, changes={"name": [None, entry.name], "code": [None, entry.code]}, now=moment)
    return entry


@transaction.atomic
def rename_entry(entry: Entry, *, name: str, by: Any, now: datetime | None = None) -> Entry:
    """Rename a mission's own entry and return it; its code stays, so that records and files keep their meaning.

    Raises `Forbidden`; `RuleError` for a shared entry, which belongs to no mission, and for a name that is taken.
    """
    mission = entry.mission
    if mission is None:
        raise RuleError("shared_entry", "This entry is shared by all missions and stays as it is.", "name")
    require(by, "threats.change_vocabulary", entry)
    before, entry.name = entry.name, _tidy(name)
    if before == entry.name:
        return entry
    _refuse_twice(entry)
    _store(entry)
    record_event(by, "renamed", entry, changes={"name": [before, entry.name]}, now=now or clock.now(mission))
    return entry


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _refuse_twice(entry: Entry) -> None:
    if not entry.name:
        raise RuleError("missing", "Give it a name.", "name")
    rows = type(entry).objects.known_in(entry.mission_id).exclude(pk=entry.pk)
    if rows.filter(name__iexact=entry.name).exists():
        raise RuleError("already_there", f"The list holds “{entry.name}” already.", "name")


def _free_code(model: type[Entry], text: str) -> str:
    """Return a code made from the text that no entry has; a number is added where it is taken."""
    begin = slugify(text)[:CODE_MOST].strip("-") or "entry"
    taken = set(model.objects.filter(code__startswith=begin[: CODE_MOST - 4]).values_list("code", flat=True))
    code, number = begin, 2
    while code in taken:
        code, number = f"{begin[: CODE_MOST - 4]}-{number}", number + 1
    return code


def _store(entry: Entry) -> None:
    try:
        entry.full_clean()
    except ValidationError as error:
        raise as_rule(error) from error
    entry.save()
