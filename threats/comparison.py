"""What differs between two states of an office's matrix, row by row, cell by cell. Plain values in and out.

Both sides are lists of rows as `threats.editions.row_data` makes them, frozen or live; of live rows `live_row` is
enough. Who changed what, and why, is told by `threats.edition_trail`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.fieldlist import for_people
from threats.matrix import COLUMNS, MatrixRow
from threats.matrix import columns as matrix_columns

Content = Mapping[str, Any]
Row = Mapping[str, Any]

BESIDE: tuple[tuple[str, str | Promise], ...] = (
    ("title", gettext_lazy("Title")),
    ("imminent", gettext_lazy("Imminent")),
    ("objective", gettext_lazy("Objective")),
    ("lead", gettext_lazy("Lead")),
    ("components", gettext_lazy("Contributing components")),
    ("horizon_on", gettext_lazy("Horizon")),
)
"""What a row holds besides the ten columns and two editions are compared by. Gaps are left out: they move with time."""

_COMPARED = ("cells", *(key for key, _label in BESIDE))
_RATING = ("risk_label", "likelihood_label", "impact_label")
_TOLD = ("pk", "ref", "office_code", "marking", "title", "risk", *_RATING, "imminent", "objective", "lead")

NEW, UP, DOWN, CHANGED, UNCHANGED, CLOSED = "new", "up", "down", "changed", "unchanged", "closed"
GROUPS: tuple[tuple[str, str | Promise], ...] = (
    (NEW, gettext_lazy("New")),
    (UP, gettext_lazy("Risk up")),
    (DOWN, gettext_lazy("Risk down")),
    (CHANGED, gettext_lazy("Changed otherwise")),
    (UNCHANGED, gettext_lazy("Unchanged")),
    (CLOSED, gettext_lazy("Closed or no longer there")),
)
"""The groups of a comparison in the order in which pages and documents tell them. The order is ours."""


def labels() -> dict[str, str]:
    """Return the headings of the compared cells by key, in the order of the matrix."""
    return column_labels() | {key: str(label) for key, label in BESIDE}


def column_labels() -> dict[str, str]:
    """Return the headings of the ten columns by key."""
    return {column.key: str(column.label) for column in COLUMNS}


@dataclass(frozen=True)
class CellChange:
    """A cell that differs: texts before and after."""

    key: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class RowChange:
    """A row that both sides hold and that differs.

    `risk` is "up", "down" or empty, `was_risk` the level before in words; `was` and `row` are the two stored rows.
    """

    pk: int
    ref: str
    title: str
    cells: tuple[CellChange, ...]
    risk: str = ""
    was_risk: str = ""
    was: Row = field(default_factory=dict)
    row: Row = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(cell.key for cell in self.cells)

    @property
    def group(self) -> str:
        return self.risk or CHANGED


@dataclass(frozen=True)
class Comparison:
    """What differs between two contents. `new`, `closed`, `unchanged` are rows: of the later, earlier, later side."""

    new: tuple[Row, ...] = ()
    closed: tuple[Row, ...] = ()
    changed: tuple[RowChange, ...] = ()
    unchanged: tuple[Row, ...] = ()

    @property
    def same(self) -> int:
        """Return the number of rows that both hold alike."""
        return len(self.unchanged)

    @property
    def cells(self) -> int:
        """Return the number of cells that differ in rows that both hold."""
        return sum(len(row.cells) for row in self.changed)

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.closed or self.changed)

    @property
    def rows(self) -> int:
        return len(self.new) + len(self.closed) + len(self.changed)

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of rows by group; a row is counted once, a risk that moved before other changes."""
        found = {group: sum(row.group == group for row in self.changed) for group in (UP, DOWN, CHANGED)}
        return {NEW: len(self.new), **found, UNCHANGED: self.same, CLOSED: len(self.closed)}

    @property
    def headline(self) -> str:
        """Return the counts as one sentence, as the leadership reads them first."""
        parts = [
            _("%(new)d new, %(up)d up, %(down)d down"),
            _("%(changed)d changed, %(unchanged)d unchanged, %(closed)d closed"),
        ]
        return ", ".join(parts) % self.counts


@dataclass(frozen=True)
class Mark:
    """How one row of the later content is marked: new, or with its changed cells by key."""

    is_new: bool = False
    cells: Mapping[str, CellChange] = field(default_factory=dict)
    risk: str = ""
    was_risk: str = ""


def live_row(row: MatrixRow, cells: Mapping[str, str]) -> Row:
    """Return of a live row, in values of JSON, what is compared and told of it; far quicker than the whole row.

    `cells` are its ten texts, which a page has made already (`threats.matrix.columns.cell_texts`).
    """
    values = {name: getattr(row, name) for name in _TOLD}
    values["components"] = list(row.components)
    values["horizon_on"] = row.horizon_on.isoformat() if row.horizon_on else None
    return {**values, "cells": dict(cells)}


def cell_texts(row: Row) -> dict[str, str]:
    """Return all compared cells of a stored row as text; what nobody has written is empty."""
    cells = dict(row.get("cells") or {})
    if not cells:
        cells = matrix_columns.cell_texts(MatrixRow.from_dict(row))
    for key, _label in BESIDE:
        value = row.get(key)
        if key == "imminent":
            cells[key] = _("yes") if value else ""
        else:
            cells[key] = for_people(value) if value else ""
    return cells


def compare_rows(old: Iterable[Row], new: Iterable[Row], words: Mapping[str, str] | None = None) -> Comparison:
    """Return what differs between two lists of rows, in the order of the later one.

    `words` are the cells to compare with their headings, all of `labels` unless told.
    """
    before = {row["pk"]: row for row in old}
    after = {row["pk"]: row for row in new}
    words = labels() if words is None else words
    changed, same = [], []
    for pk, row in after.items():
        if pk not in before:
            continue
        if cells := _differing(before[pk], row, words):
            moved = _direction(before[pk].get("risk"), row.get("risk"))
            was_risk = str(before[pk].get("risk_label") or "")
            changed.append(RowChange(pk, row["ref"], row["title"], cells, moved, was_risk, before[pk], row))
        else:
            same.append(row)
    return Comparison(
        new=tuple(row for pk, row in after.items() if pk not in before),
        closed=tuple(row for pk, row in before.items() if pk not in after),
        changed=tuple(changed),
        unchanged=tuple(same),
    )


def _differing(before: Row, after: Row, words: Mapping[str, str]) -> tuple[CellChange, ...]:
    """Return the cells that differ. Of the risk, level, likelihood and impact count; the trend moves with time."""
    if all(before.get(name) == after.get(name) for name in _COMPARED) and "cells" in before:
        return ()
    was, now = cell_texts(before), cell_texts(after)
    alike = {"risk"} if _rating(before) is not None and _rating(before) == _rating(after) else set()
    return tuple(
        CellChange(key, label, was.get(key, ""), now.get(key, ""))
        for key, label in words.items()
        if key not in alike and was.get(key, "") != now.get(key, "")
    )


def _rating(row: Row) -> tuple[Any, ...] | None:
    """Return what a row says of the rating besides its trend; None for rows that carry texts alone."""
    return tuple(row[name] for name in _RATING) if all(name in row for name in _RATING) else None


def _direction(before: int | None, after: int | None) -> str:
    if before is None or after is None or before == after:
        return ""
    return UP if after > before else DOWN


def compare(old: Content | None, new: Content | None) -> Comparison:
    """Return what differs between two snapshots; a missing one counts as an empty matrix."""
    return compare_rows((old or {}).get("rows", ()), (new or {}).get("rows", ()))


def marks(comparison: Comparison) -> dict[int, Mark]:
    """Return the marks of rows by the threat's key: new rows and changed ones."""
    found = {row["pk"]: Mark(is_new=True) for row in comparison.new}
    for row in comparison.changed:
        found[row.pk] = Mark(cells={cell.key: cell for cell in row.cells}, risk=row.risk, was_risk=row.was_risk)
    return found
