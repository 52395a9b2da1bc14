"""What people do to outside mechanisms: record one, edit it. Source: POC Handbook 2020, 6.1.3, 6.2, 6.3 (CO-07)."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import Mechanism
from coordination.rules import needs_uniform_reason
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Mission, Office, Person, Posting
from pocweb.permissions import refuse_above_clearance, require
from pocweb.reference_data import read_yaml

FILE = Path(__file__).parents[1] / "reference" / "mechanisms.yaml"
COUNTER = "mechanism"
"""Mechanisms count for themselves, beside the forums, whose row of the permission table they share."""
TEXTS = ("name", "chaired_by", "uniformed_reason", "purpose")
LINKS = ("office", "representative")
EDITABLE = (
    "name", "kind", "office", "chaired_by", "representative", "uniformed_reason", "cadence", "purpose", "is_active",
    "marking",
)  # fmt: skip


@cache
def catalogue() -> tuple[Mapping[str, str], ...]:
    """Return the shipped mechanisms to choose from: code, name, kind, chair, cadence, purpose, source."""
    return tuple(read_yaml(FILE)["mechanisms"])


def plain_mechanism(mechanism: Mechanism) -> dict[str, Any]:
    """Return the guarded fields as plain values, ids for links."""
    return {name: getattr(mechanism, f"{name}_id" if name in LINKS else name) for name in EDITABLE}


def _as_plain(mission: Mission, values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A mechanism has no field %(name)s.") % {"name": name}, name)
        plain[name] = (getattr(value, "pk", value) or None) if name in LINKS else value
    for name, rows in (
        ("office", Office.objects.filter(mission=mission)),
        ("representative", Person.objects.filter(postings__mission=mission)),
    ):
        if plain.get(name) is not None and not rows.filter(pk=plain[name]).exists():
            raise RuleError("not_in_mission", _("Choose from this mission."), name)
    return plain


def _apply(mechanism: Mechanism, values: Mapping[str, Any], *, by: Any, now: datetime) -> list[str]:
    """Set plain values, judge the whole, and return the columns that were set."""
    for name, value in values.items():
        setattr(mechanism, f"{name}_id" if name in LINKS else name, value)
    if mechanism.office_id is None:
        raise RuleError("office_missing", _("Choose the office."), "office")
    if "office" in values:
        mechanism.office = Office.objects.get(pk=mechanism.office_id)
    try:
        require(by, "coordination.change_forum", mechanism)
    except Forbidden as error:
        raise Forbidden(error.code, _("Choose an office of your own branch."), "office") from error
    _check_reason(mechanism, now)
    return list(values)


def _check_reason(mechanism: Mechanism, now: datetime) -> None:
    """Raise `RuleError` where a uniformed person represents the mission among humanitarians without a reason (6.2)."""
    if mechanism.representative_id is None or mechanism.uniformed_reason.strip():
        return
    postings = Posting.objects.filter(person=mechanism.representative_id, mission=mechanism.mission_id)
    postings = postings.select_related("component")
    kinds = [row.component.kind for row in postings if row.component and row.is_active(now.date())]
    if needs_uniform_reason(kind=mechanism.kind, name=mechanism.name, component_kinds=kinds):
        raise RuleError(
            "uniformed_without_reason",
            _(
                "This person is of the military or the police. A civilian normally represents the mission among "
                "humanitarians (Handbook 6.2): give the reason, or name a civilian."
            ),
            "uniformed_reason",
        )


@transaction.atomic
def add_mechanism(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Mechanism:
    """Record a mechanism and return it. `values` are those of `EDITABLE`.

    Raises `Forbidden` outside the person's branch, `RuleError` for a uniformed representative without a reason, and
    `ValidationError` for a name that the office has already.
    """
    require(by, "coordination.change_forum")
    given = {"marking": mission.default_marking, **_as_plain(mission, values)}
    refuse_above_clearance(given["marking"], by)
    moment = now or clock.now(mission)
    mechanism = Mechanism(mission=mission, created_at=moment, created_by=by, changed_at=moment, changed_by=by, number=1)
    _apply(mechanism, given, by=by, now=moment)
    mechanism.full_clean(exclude=["number"], validate_constraints=False)
    _refuse_known_name(mechanism)
    mechanism.number = Counter.take(mission, COUNTER)
    mechanism.save(force_insert=True)
    changes = {name: [None, value] for name, value in plain_mechanism(mechanism).items() if value not in (None, "")}
    record_event(by, "added", mechanism, changes=changes, now=moment)
    return mechanism


def _refuse_known_name(mechanism: Mechanism) -> None:
    rows = Mechanism.objects.filter(mission=mechanism.mission_id, office=mechanism.office_id, name=mechanism.name)
    if rows.exclude(pk=mechanism.pk).exists():
        raise RuleError("name_taken", _("This office has a mechanism of that name already."), "name")


@transaction.atomic
def edit_mechanism(
    mechanism: Mechanism, *, based_on: int, changes: Mapping[str, Any], by: Any, now: datetime | None = None
) -> Saved[Mechanism]:
    """Store changes that start from version `based_on`. Raises `EditConflict`, `Forbidden`, `RuleError`."""
    mechanism = Mechanism.objects.select_related("office", "mission").get(pk=mechanism.pk)
    require(by, "coordination.change_forum", mechanism)
    refuse_above_clearance(changes.get("marking"), by)
    moment = now or clock.now(mechanism.mission)

    def apply(record: Mechanism, values: dict[str, Any]) -> list[str]:
        columns = _apply(record, values, by=by, now=moment)
        _refuse_known_name(record)
        return columns

    return save_guarded(
        Mechanism.objects.select_related("mission", "office"),
        mechanism.pk,
        based_on=based_on,
        changes=_as_plain(mechanism.mission, changes),
        by=by,
        plain=plain_mechanism,
        apply=apply,
        now=moment,
    )
