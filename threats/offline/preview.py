"""What a sheet that came back would change, row by row and cell by cell, against what is stored now.

Each row is compared with the values of the version it was taken out with (three-way): a cell that only the sheet
changed is taken, a cell that both changed otherwise asks a person. Plain values in, plain lines of JSON out.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from pocweb.numbers import whole
from pocweb.tabular.base import shorten
from threats.offline.cells import CellError, empty_of, normal, not_listed, split, taken
from threats.offline.columns import (
    ACTOR_COLUMNS,
    ACTORS,
    FIELDS,
    GROUP_COLUMNS,
    GROUPS,
    MATRIX,
    RATING,
    SHEETS,
    SheetColumn,
)
from threats.offline.reading import SheetFile, SheetRow
from threats.offline.words import Words

HIDDEN = "?"
"""Stands in a cell for actors that the person may not see; whoever brings the sheet back cannot take them away."""

GROUP_KEY, ACTOR_KEY = ("group", "area"), ("name",)
Line = dict[str, Any]
Fault = dict[str, str]
MEDIUM = 2


@dataclass(frozen=True)
class Known:
    """A threat as stored: its values now and at the version that the sheet was taken out with, its last rating."""

    pk: int
    ref: str
    title: str
    marking: int
    version: int
    closed: bool
    may_edit: bool
    current: Mapping[str, Any]
    base: Mapping[str, Any]
    last: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Stored:
    """All that the comparison asks of the database. `rows` by the sheet's key, `titles` of active threats, folded."""

    rows: Mapping[str, Known]
    titles: Mapping[str, str]
    hidden_actors: Collection[str]
    group_order: Mapping[str, int]
    words: Words


@dataclass
class Preview:
    """Lines that change something or cannot, how many rows are unchanged, and which no longer stand in the sheet."""

    lines: list[Line] = field(default_factory=list)
    same: int = 0
    gone: list[str] = field(default_factory=list)


def preview(file: SheetFile, stored: Stored) -> Preview:
    """Return what the sheet would change."""
    found = Preview()
    refs = Counter(row.text("ref").strip() for row in file.rows if row.text("ref").strip())
    keys = Counter(row.text("key") for row in file.rows if row.text("key"))
    groups, actors = _by_ref(file.groups), _by_ref(file.actors)
    standing = set()
    for row in file.rows:
        ref = row.text("ref").strip()
        own = (groups.pop(ref, ()), actors.pop(ref, ())) if ref else ((), ())
        if not any(own) and _is_empty(row):
            continue
        standing.add(row.text("key"))
        line = _Row(row, *own, stored).line()
        if keys[row.text("key")] > 1 or (ref and refs[ref] > 1):
            line["faults"].append(_fault(row, "ref", _("This reference stands twice in the sheet.")))
        if line["faults"] or line["changes"] or line["rating"] or line["kind"] == "new":
            found.lines.append(line)
        else:
            found.same += 1
    for left in (*groups.values(), *actors.values()):
        found.lines += [_orphan(row) for row in left if any(row.cells.values())]
    found.gone = [stored.rows[key].ref for key in file.keys if key not in standing and key in stored.rows]
    return found


def _by_ref(rows: Iterable[SheetRow]) -> dict[str, tuple[SheetRow, ...]]:
    found: dict[str, tuple[SheetRow, ...]] = {}
    for row in rows:
        if any(text.strip() for text in row.cells.values()) or row.faults:
            ref = row.text("ref").strip()
            found[ref] = (*found.get(ref, ()), row)
    return found


def _is_empty(row: SheetRow) -> bool:
    """Say whether nothing stands in the open cells of a row: an unused green row, or a row that was emptied whole."""
    open_cells = [column.name for column in (*FIELDS, *RATING) if not (column.locked and row.text("version"))]
    return not row.faults and not any(row.text(name).strip() for name in open_cells)


def _fault(row: SheetRow, name: str, message: str) -> Fault:
    labels = {column.name: str(column.label) for column in SHEETS[row.sheet]}
    return {
        "sheet": row.sheet,
        "cell": row.addresses.get(name, f"A{row.number}"),
        "column": labels.get(name, ""),
        "value": shorten(row.text(name), 200),
        "message": message,
    }


def new_line(row: SheetRow, kind: str, **more: Any) -> Line:
    """Return an empty line of the preview."""
    line = {
        "row": row.number, "kind": kind, "pk": None, "ref": row.text("ref").strip(), "key": row.text("key"),
        "title": shorten(row.text("title").strip(), 160), "based_on": None, "base": {}, "changes": {}, "theirs": {},
        "opposed": [], "merged": {}, "rating": None, "faults": [],
    }  # fmt: skip
    return line | more


def _orphan(row: SheetRow) -> Line:
    line = new_line(row, "fault", title=row.sheet)
    said = _("No row of the sheet Matrix has this reference.") if line["ref"] else _("Write the threat's reference.")
    line["faults"] = [_fault(row, "ref", said)]
    line["row"] = f"{row.sheet[0].lower()}{row.number}"
    return line


class _Row:
    """One row of the sheet Matrix with its lines of the other sheets, compared with the threat it stands for."""

    def __init__(self, row: SheetRow, groups: Iterable[SheetRow], actors: Iterable[SheetRow], stored: Stored) -> None:
        self.row, self.groups, self.actors, self.stored = row, groups, actors, stored
        self.known = stored.rows.get(row.text("key"))
        self.faults: list[Fault] = []

    def line(self) -> Line:
        if self.known is None:
            is_new = not self.row.text("version") and not self.row.text("key").isdigit()
            return self._new() if is_new else self._unknown()
        line = new_line(
            self.row, "changed", pk=self.known.pk, ref=self.known.ref, title=self.known.title,
            based_on=self.known.version,
        )  # fmt: skip
        if refusal := self._refusal(self.known):
            return line | {"kind": "fault", "faults": [_fault(self.row, "ref", refusal)]}
        mine = self._values(self.known.base, is_new=False)
        line |= _compared(self.known.base, self.known.current, mine)
        line["rating"] = self._rating(self.known.last)
        line["faults"] = self.faults
        return line

    def _unknown(self) -> Line:
        said = _("This threat is not in the matrix of this office, or it is outside your reach.")
        return new_line(self.row, "fault", title="", faults=[_fault(self.row, "ref", said)])

    def _refusal(self, known: Known) -> str:
        ref = self.row.text("ref").strip()
        if self.row.text("version") and ref != known.ref:
            return _("The hidden cells of this row belong to %(ref)s. Rows may not be moved or copied.") % {
                "ref": known.ref
            }
        version = self.row.text("version") or "1"
        if not 0 < whole(version) <= known.version:
            return _("The hidden version of this row was changed. Take a new sheet out.")
        if known.closed:
            return _("%(ref)s was closed meanwhile. Reopen it on its page first.") % {"ref": known.ref}
        return "" if known.may_edit else _("You may not edit %(ref)s.") % {"ref": known.ref}

    def _new(self) -> Line:
        empty = {column.name: empty_of(column) for column in FIELDS} | {"groups": [], "protection_actors": []}
        mine = self._values(empty, is_new=True)
        line = new_line(self.row, "new", rating=self._rating(None))
        line["changes"] = {name: value for name, value in mine.items() if value not in ("", None, [], False)}
        line["base"] = {name: empty[name] for name in line["changes"]}
        known = self.stored.titles.get(str(mine.get("title", "")).casefold())
        if not self.row.text("title").strip():
            self._refuse("title", _("A threat needs a title."))
        elif known:
            said = _("%(ref)s has this title already. Write into its row, or choose another title.")
            self._refuse("title", said % {"ref": known})
        if not self.row.text("areas").strip():
            self._refuse("areas", _("Name at least one area by its p-code."))
        line["faults"] = self.faults
        return line

    def _refuse(self, name: str, message: str, row: SheetRow | None = None) -> None:
        self.faults.append(_fault(row or self.row, name, message))

    def _values(self, base: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
        """Return the values that the row stands for; what cannot be taken becomes a fault of its cell."""
        mine = dict(base)
        for column in FIELDS:
            value = self._cell(self.row, column, base.get(column.name))
            if column.name == "areas" and not is_new and value != base.get("areas"):
                self._refuse("areas", _("P-codes are locked in a sheet. Change them on the threat's page."))
            elif column.name == "title" and not value and not is_new:
                self._refuse("title", _("A threat needs a title."))
            else:
                mine[column.name] = value
        mine["groups"] = self._lines(self.groups, GROUP_COLUMNS, GROUP_KEY, base.get("groups") or [])
        mine["protection_actors"] = self._lines(
            self.actors, ACTOR_COLUMNS, ACTOR_KEY, base.get("protection_actors") or []
        )
        return mine

    def _cell(self, row: SheetRow, column: SheetColumn, base: Any) -> Any:
        if column.name in row.faults:
            self._refuse(column.name, row.faults[column.name], row)
            return base
        try:
            if column.name == "actors":
                return self._actors(column, row.text("actors"), list(base or ()))
            return taken(column, row.text(column.name), base, self.stored.words)
        except CellError as error:
            self._refuse(column.name, str(error), row)
            return base

    def _actors(self, column: SheetColumn, text: str, base: list[str]) -> list[str]:
        """Return the actors of a cell: those that the person may not see stay, and none of them can be added."""
        hidden = set(base) & set(self.stored.hidden_actors)
        shown = [code for code in base if code not in hidden] + ([HIDDEN] if hidden else [])
        mine = taken(column, text, shown, self.stored.words)
        if strange := (set(mine) & set(self.stored.hidden_actors)) - hidden:
            # refused in the words of an actor that does not exist, as it was typed
            typed = [part for part in split(normal(text)) if self.stored.words.value("actors", part) in strange]
            raise not_listed(column, typed[0], self.stored.words)
        found = sorted((set(mine) - {HIDDEN}) | hidden)
        return base if found == sorted(base) else found

    # --- lines of the other sheets ---

    def _lines(
        self, rows: Iterable[SheetRow], columns: Iterable[SheetColumn], key: tuple[str, ...], base: list[Any]
    ) -> list[Any]:
        """Return a list after the lines of its sheet: changed, added and taken away; lines not there stay."""
        found = {_key(one, key): dict(one) for one in base}
        told = [column for column in columns if column.name not in ("line", "ref", "remove")]
        for row in rows:
            self._take_line(row, told, key, found)
        mine = sorted(found.values(), key=self._order)
        return base if mine == sorted(base, key=self._order) else mine

    def _take_line(
        self, row: SheetRow, columns: list[SheetColumn], key: tuple[str, ...], found: dict[str, Any]
    ) -> None:
        held = row.text("line")
        if held and held not in found:
            return self._refuse("ref", _("This line is not one of the threat. Write it anew in a green line."), row)
        before = found.get(held) or {}
        line = {column.name: self._cell(row, column, before.get(column.name, empty_of(column))) for column in columns}
        if normal(row.text("remove")).strip():
            found.pop(held, None)
            return None
        now = _key(line, key)
        if not line[key[0]]:
            return self._refuse(key[0], _("The cell is empty."), row)
        if held and now != held:
            return self._refuse(key[0], _("This cell is locked. Take the line away and write a new one."), row)
        # a green row that was stored before brings its own lines again
        if not held and now in found and found[now] != line and self.row.text("version"):
            return self._refuse(key[0], _("It stands already in another line of this threat."), row)
        found[now] = before | line
        return None

    def _order(self, one: Mapping[str, Any]) -> tuple[Any, ...]:
        if "group" in one:
            return self.stored.group_order.get(one["group"], 0), one["group"], one["area"]
        return (one["name"],)

    # --- the rating ---

    def _rating(self, last: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return the new rating of a row, None where the cells are empty or say what the last rating says."""
        if not any(self.row.text(column.name).strip() or column.name in self.row.faults for column in RATING):
            return None
        values = {column.name.removeprefix("new_"): self._cell(self.row, column, empty_of(column)) for column in RATING}
        for name, said in (
            ("likelihood", _("A new rating needs likelihood and impact.")),
            ("impact", _("A new rating needs likelihood and impact.")),
            ("reason", _("Say why. The reason is kept with the rating.")),
        ):
            if not values[name] and not any(
                fault["cell"] == self.row.addresses[f"new_{name}"] for fault in self.faults
            ):
                self._refuse(f"new_{name}", said)
        values["confidence"] = values["confidence"] or MEDIUM
        if last and all(values[name] == last[name] for name in ("likelihood", "impact", "confidence", "reason")):
            return None
        seen = self.row.text("rating").strip()
        values["last"] = last["pk"] if last else None
        values["opposed"] = bool(last and seen != str(last["pk"]))
        values["theirs"] = dict(last) if last and values["opposed"] else None
        return values


def _key(one: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return "|".join(str(one.get(name) or "") for name in names)


def line_key(one: Mapping[str, Any], sheet: str) -> str:
    """Return what names a line of a list within its threat, as the hidden first cell of its row holds it."""
    return _key(one, {GROUPS: GROUP_KEY, ACTORS: ACTOR_KEY}[sheet])


def _compared(base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> Line:
    """Return what a row changes, what both sides changed otherwise, and what only others changed since."""
    line: Line = {"base": {}, "changes": {}, "theirs": {}, "opposed": [], "merged": {}}
    for name, value in mine.items():
        before, now = base[name], theirs[name]
        if value == before:
            if now != before:
                line["merged"][name] = [before, now]
            continue
        if value == now:
            continue
        line["changes"][name], line["base"][name] = value, before
        if now != before:
            line["opposed"].append(name)
            line["theirs"][name] = now
    return line


def storable(line: Line) -> bool:
    """Say whether a line could be stored once its choices are made."""
    return not line["faults"] and bool(line["changes"] or line["rating"])


def open_choices(line: Line) -> list[str]:
    """Return the fields of a line that ask a person, "rating" among them."""
    if line["faults"]:
        return []
    asked = list(line["opposed"])
    return [*asked, "rating"] if line["rating"] and line["rating"]["opposed"] else asked


def address_of(line: Line, name: str | None) -> tuple[str, str]:
    """Return column label and cell address of a field in a line's row, as the sheet left us."""
    for position, column in enumerate(SHEETS[MATRIX], 1):
        if column.name == name:
            return str(column.label), f"{get_column_letter(position)}{line['row']}"
    return "", f"D{line['row']}"
