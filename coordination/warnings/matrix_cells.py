"""Writing in the Early Warning Matrix, cell by cell, each change with its history (EW-14).

Focal points and the cell for early warning both write; what was stored before stays in the audit trail, and the
history of a cell is read from there. Ratings, imminence and state are no cells: they change by the steps of the case.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import WarningCase
from coordination.warnings.choices import (
    AssessingBody,
    AtRisk,
    Branch,
    CaseClass,
    CasePriority,
    CaseState,
    ExpectedTime,
    ImpactLevel,
    InformationReliability,
    ResponseState,
    SourceReliability,
    ThreatenedAct,
    Threatening,
    UnitRating,
)
from coordination.warnings.matrix import CELLS, COLUMNS, Column
from pocweb.audit import history_of
from pocweb.errors import Conflict, RuleError
from pocweb.fieldlist import for_people
from pocweb.guard import Saved, save_guarded
from pocweb.models import Area, AuditEvent
from pocweb.permissions import require

EDIT = "coordination.edit_warning_matrix"
VERB = "wrote in the matrix of"
EDITABLE = tuple(name for fields in CELLS.values() for name in fields)
TEXTS = ("partners_informed", "remarks")
_META: Any = WarningCase._meta
LABELS: dict[str, Any] = {
    **{name: _META.get_field(name).verbose_name for column in COLUMNS for name in column.fields},
    "has_operation": gettext_lazy("The response contains an operation"),
}
CODED: dict[str, Any] = {
    "priority": CasePriority, "case_class": CaseClass, "branch": Branch, "state": CaseState, "act": ThreatenedAct,
    "expected": ExpectedTime, "threatening": Threatening, "source_reliability": SourceReliability,
    "information_reliability": InformationReliability, "impact_civilians": ImpactLevel,
    "impact_children": ImpactLevel, "impact_women": ImpactLevel, "children_rating": UnitRating,
    "women_rating": UnitRating, "impact": ImpactLevel, "likelihood": ImpactLevel, "likelihood_body": AssessingBody,
}  # fmt: skip


def plain_cells(case: WarningCase) -> dict[str, Any]:
    """Return what is written in the matrix, as plain values."""
    return {name: getattr(case, name) for name in EDITABLE}


def save_cell(
    case: WarningCase, cell: str, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[WarningCase]:
    """Store what was written in a cell of an open case under the lost-update guard, as one event.

    Raises `Forbidden`, `EditConflict` when another person wrote in the same field since, `Conflict` for a closed case,
    `RuleError` for a field that is not of the cell. Source: POC Handbook 2020, Annex V, steps N10, I14 (EW-14).
    """
    require(by, EDIT, case)
    for name in changes:
        if name not in CELLS.get(cell, ()):
            raise RuleError("unknown_field", _("This is not written in the matrix."), name)

    def apply(record: WarningCase, values: dict[str, Any]) -> list[str]:
        if record.state == CaseState.CLOSED:
            raise Conflict("case_closed", _("The case is closed. Reopen it first."))
        refuse_hidden_operation(record, values)
        for name, value in values.items():
            setattr(record, name, value)
        return list(values)

    return save_guarded(
        WarningCase.objects.select_related("mission", "office"),
        case.pk,
        based_on=based_on,
        changes=changes,
        by=by,
        plain=plain_cells,
        apply=apply,
        verb=VERB,
        now=now,
    )


def refuse_hidden_operation(case: WarningCase, values: Mapping[str, Any]) -> None:
    """Raise `RuleError` when the tick is taken away while an operation is among the responses (EW-11)."""
    open_operations = case.responses.filter(is_operation=True).exclude(state=ResponseState.DONE)
    if values.get("has_operation") is False and open_operations.exists():
        words = _("An operation is among the responses. Change the response first.")
        raise RuleError("operation_among_responses", words, "has_operation")


@dataclass(frozen=True)
class CellChange:
    """One change of a field: who, when, what it said before and after, and why where a reason was given."""

    at: datetime
    who: str
    label: str
    before: str
    after: str
    reason: str


def history_of_cell(case: WarningCase, column: Column) -> list[CellChange]:
    """Return the changes of a column's fields, newest first; two queries."""
    events = [one for one in history_of(case) if set(one.changes) & set(column.fields)]
    areas = {value for one in events for value in one.changes.get("area", ()) if value}
    names = dict(Area.objects.filter(pk__in=areas).values_list("pk", "name")) if areas else {}
    return [
        CellChange(
            event.at, str(event.actor or _("The system")), str(LABELS[name]).capitalize(),
            show(name, event.changes[name][0], names), show(name, event.changes[name][1], names), event.note,
        )
        for event in events
        for name in column.fields
        if name in event.changes
    ]  # fmt: skip


def show(name: str, value: Any, areas: Mapping[int, str] | None = None) -> str:
    """Return a stored plain value of a field as text; unknown and empty as no text at all."""
    if value in (None, "", []):
        return ""
    if name == "area":
        return (areas or {}).get(value, _("an area"))
    if name == "at_risk":
        return ", ".join(str(AtRisk(one).label) for one in value if one in AtRisk.values)
    if name in CODED:
        kinds = CODED[name]
        return str(kinds(value).label) if value in kinds.values else str(value)
    return for_people(value)


def count_changes(cases: Iterable[WarningCase]) -> dict[int, dict[str, int]]:
    """Return how often each column of each case was changed after it was first said; one query for the page."""
    label = WarningCase._meta.label_lower
    keys = [str(one.pk) for one in cases]
    rows = AuditEvent.objects.filter(object_type=label, object_id__in=keys).exclude(verb="filed")
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for pk, changes in rows.values_list("object_id", "changes"):
        for column in COLUMNS:
            if any(name in changes for name in column.fields):
                found[int(pk)][column.key] += 1
    return {pk: dict(counts) for pk, counts in found.items()}
