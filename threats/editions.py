"""Contents of matrix editions: the frozen snapshot, and what differs between two of them, row by row, cell by cell."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.audit import canonical
from pocweb.fieldlist import for_people
from pocweb.models import Office
from threats.choices import EditionState, ThreatStatus
from threats.matrix import COLUMNS, MatrixRow, build_rows
from threats.models import MatrixEdition, Threat

FORMAT = 1
Content = Mapping[str, Any]

BESIDE: tuple[tuple[str, str | Promise], ...] = (
    ("title", gettext_lazy("Title")),
    ("imminent", gettext_lazy("Imminent")),
    ("objective", gettext_lazy("Objective")),
    ("lead", gettext_lazy("Lead")),
    ("components", gettext_lazy("Contributing components")),
    ("horizon_on", gettext_lazy("Horizon")),
)
"""What a row holds besides the ten columns and two editions are compared by. Gaps are left out: they move with time."""


def labels() -> dict[str, str]:
    """Return the headings of the compared cells by key, in the order of the matrix."""
    return {column.key: str(column.label) for column in COLUMNS} | {key: str(label) for key, label in BESIDE}


# --- building ---------------------------------------------------------------------------------------------------------


def in_force(office: Office) -> MatrixEdition | None:
    """Return the office's edition in force, if any."""
    return MatrixEdition.objects.filter(office=office, state=EditionState.IN_FORCE).first()


def open_edition_of(office: Office) -> MatrixEdition | None:
    """Return the office's edition on its way, from draft to approved; there is at most one."""
    return MatrixEdition.objects.filter(office=office, state__in=EditionState.OPEN_STATES).first()


def own_threats(office: Office, *, clearance: int | None = None) -> Any:
    """Return the office's own active threats, with `clearance` those up to it; offices below keep their own matrix."""
    rows = Threat.objects.active().filter(mission=office.mission_id, office=office)
    return rows if clearance is None else rows.filter(marking__lte=clearance)


def row_data(row: MatrixRow) -> dict[str, Any]:
    """Return a row in values of JSON with its ten cells as people read them."""
    return {**row.as_dict(), "cells": {column.key: column.text(row) for column in COLUMNS}}


def live_rows(
    office: Office, *, now: datetime, clearance: int | None = None, previous: MatrixEdition | None = None
) -> list[dict[str, Any]]:
    """Return the rows of the office's live matrix, in the installation's language: frozen texts have one language.

    `previous` is the edition in force, from which the rule on late editions counts.
    """
    since = previous.in_force_at if previous else None
    with translation.override(settings.LANGUAGE_CODE):
        rows = build_rows(own_threats(office, clearance=clearance), now=now, in_force_at=since, clearance=clearance)
        return [row_data(row) for row in rows]


def _closed_since(office: Office, previous: MatrixEdition | None) -> list[dict[str, Any]]:
    """Return the threats of the edition before that were closed since, with the reason."""
    known = [row["pk"] for row in (previous.snapshot or {}).get("rows", ())] if previous else []
    closed = Threat.objects.filter(office=office, pk__in=known, status=ThreatStatus.CLOSED).order_by("number")
    return [
        {
            "pk": threat.pk,
            "ref": threat.ref,
            "title": threat.title,
            "closed_on": threat.closed_on.isoformat() if threat.closed_on else None,
            "closed_reason": threat.closed_reason,
            "marking": threat.marking,
        }
        for threat in closed
    ]


def build_content(
    edition: MatrixEdition, *, now: datetime, endorsed_by: str = "", clearance: int | None = None
) -> dict[str, Any]:
    """Return the content of an edition as the office's matrix stands now: what an endorsement freezes.

    Plain values of JSON, so that the fingerprint of what is stored equals that of what is read back. An endorsement
    takes everything; `clearance` is for a reader who looks at the content before.
    """
    previous = in_force(edition.office)
    rows = live_rows(edition.office, now=now, previous=previous, clearance=clearance)
    closed = _closed_since(edition.office, previous)
    if endorsed_by:
        # the gap "no approved edition" is what this very edition ends
        rows = [row | {"gaps": [gap for gap in row["gaps"] if gap["field"] != "edition"]} for row in rows]
    least = edition.marking
    if clearance is not None:
        closed = [row for row in closed if row["marking"] <= clearance]
        least = min(least, clearance)
    schemes = sorted({f"{row['scheme_name']}, {row['scheme_version']}" for row in rows if row["scheme_version"]})
    content = {
        "format": FORMAT,
        "mission": edition.mission.code,
        "mission_name": edition.mission.name,
        "office": edition.office.code,
        "office_name": edition.office.name,
        "number": edition.number,
        "horizon_on": edition.horizon_on,
        "frozen_at": now.isoformat(),
        "endorsed_by": endorsed_by,
        "compared_with": previous.number if previous else None,
        "marking": max([least, *(row["marking"] for row in rows), *(row["marking"] for row in closed)]),
        "schemes": schemes,
        "rows": rows,
        "closed": closed,
    }
    plain: dict[str, Any] = json.loads(canonical(content))
    return plain


# --- comparing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellChange:
    """A cell that differs: texts before and after."""

    key: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class RowChange:
    """A row that both editions hold and that differs. `risk` is "up", "down" or empty, `was_risk` the level before."""

    pk: int
    ref: str
    title: str
    cells: tuple[CellChange, ...]
    risk: str = ""
    was_risk: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(cell.key for cell in self.cells)


@dataclass(frozen=True)
class Comparison:
    """What differs between two contents. `new` and `closed` are rows that only the later or the earlier one holds."""

    new: tuple[Mapping[str, Any], ...] = ()
    closed: tuple[Mapping[str, Any], ...] = ()
    changed: tuple[RowChange, ...] = ()
    same: int = 0

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


@dataclass(frozen=True)
class Mark:
    """How one row of the later content is marked: new, or with its changed cells by key."""

    is_new: bool = False
    cells: Mapping[str, CellChange] = field(default_factory=dict)
    risk: str = ""
    was_risk: str = ""


def cell_texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Return all compared cells of a stored row as text; what nobody has written is empty."""
    cells = dict(row.get("cells") or {})
    if not cells:
        read = MatrixRow.from_dict(row)
        cells = {column.key: column.text(read) for column in COLUMNS}
    for key, _label in BESIDE:
        value = row.get(key)
        if key == "imminent":
            cells[key] = _("yes") if value else ""
        else:
            cells[key] = for_people(value) if value else ""
    return cells


def compare_rows(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Comparison:
    """Return what differs between two lists of stored rows, in the order of the later one."""
    before = {row["pk"]: row for row in old}
    after = {row["pk"]: row for row in new}
    words = labels()
    changed, same = [], 0
    for pk, row in after.items():
        if pk not in before:
            continue
        was, now = cell_texts(before[pk]), cell_texts(row)
        cells = tuple(
            CellChange(key, label, was.get(key, ""), now.get(key, ""))
            for key, label in words.items()
            if was.get(key, "") != now.get(key, "")
        )
        if cells:
            moved = _direction(before[pk].get("risk"), row.get("risk"))
            was_risk = str(before[pk].get("risk_label") or "")
            changed.append(RowChange(pk, row["ref"], row["title"], cells, moved, was_risk))
        else:
            same += 1
    return Comparison(
        new=tuple(row for pk, row in after.items() if pk not in before),
        closed=tuple(row for pk, row in before.items() if pk not in after),
        changed=tuple(changed),
        same=same,
    )


def _direction(before: int | None, after: int | None) -> str:
    if before is None or after is None or before == after:
        return ""
    return "up" if after > before else "down"


def compare(old: Content | None, new: Content | None) -> Comparison:
    """Return what differs between two snapshots; a missing one counts as an empty matrix."""
    return compare_rows((old or {}).get("rows", ()), (new or {}).get("rows", ()))


def marks(comparison: Comparison) -> dict[int, Mark]:
    """Return the marks of rows by the threat's key: new rows and changed ones."""
    found = {row["pk"]: Mark(is_new=True) for row in comparison.new}
    for row in comparison.changed:
        found[row.pk] = Mark(cells={cell.key: cell for cell in row.cells}, risk=row.risk, was_risk=row.was_risk)
    return found


def changes_since(
    edition: MatrixEdition,
    *,
    now: datetime,
    clearance: int | None = None,
    rows: Iterable[Mapping[str, Any]] | None = None,
) -> Comparison:
    """Return what the live matrix holds otherwise than the frozen edition; it comes with the next edition.

    `rows` are the live rows where the caller has them already. With `clearance`, threats above it count on neither
    side, so that a raised marking does not look like a closed threat.
    """
    frozen = list((edition.snapshot or {}).get("rows", ()))
    live = list(rows) if rows is not None else live_rows(edition.office, now=now, clearance=clearance)
    gone = {row["pk"] for row in frozen} - {row["pk"] for row in live}
    if clearance is not None and gone:
        hidden = own_threats(edition.office).filter(marking__gt=clearance, pk__in=gone)
        above = set(hidden.values_list("pk", flat=True))
        frozen = [row for row in frozen if row["pk"] not in above]
    return compare_rows(frozen, live)


def changes_since_endorsement(edition: MatrixEdition, *, now: datetime, clearance: int | None = None) -> Comparison:
    """Return what changed live since the forum endorsed the edition; nothing for an edition that is not frozen."""
    return changes_since(edition, now=now, clearance=clearance) if edition.sha256 else Comparison()
