"""A workbook that came back: its sheets as rows of texts with their addresses. What a cell means is told later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from pocweb.errors import RuleError
from pocweb.tabular import Limits, TableError, open_workbook, sheet_records
from threats.offline.columns import ACTORS, FORMAT, GROUPS, KEY_ROW, LISTS, MATRIX, ORIGIN, SHEETS

MAX_BYTES = 10 * 1024 * 1024
LIMITS = Limits(max_bytes=MAX_BYTES, max_columns=100, max_unpacked=200 * 1024 * 1024)
MOST_ROWS = 5_000


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet: texts and addresses by column name, and why a cell cannot be read at all."""

    sheet: str
    number: int
    cells: Mapping[str, str]
    addresses: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True)
class SheetFile:
    """A workbook of ours that came back. `origin` says where it is from, `keys` which rows it held when it left."""

    origin: Mapping[str, str]
    keys: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    groups: tuple[SheetRow, ...]
    actors: tuple[SheetRow, ...]
    words: Mapping[str, Mapping[str, str]]


def read_offline(file: BinaryIO) -> SheetFile:
    """Return what a workbook holds. Raises `RuleError` for field "file" when it is none of ours or cannot be read."""
    try:
        book = open_workbook(file, limits=LIMITS)
        missing = [name for name in (*SHEETS, LISTS, ORIGIN) if name not in book.sheetnames]
        if missing:
            raise _not_ours(_("it has no sheet %(name)s") % {"name": missing[0]})
        origin, keys = _origin(book)
        words = _words(book)
        sheets = {name: tuple(_rows(book, name)) for name in SHEETS}
    except TableError as error:
        message = error.message
        if error.code == "too_large":
            message = _("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1024 // 1024}
        raise RuleError(error.code, message, "file") from error
    return SheetFile(origin, keys, sheets[MATRIX], sheets[GROUPS], sheets[ACTORS], words)


def _not_ours(why: str) -> RuleError:
    said = _("This is not a sheet for offline editing from pocweb: %(why)s. Take a new sheet out and write into that.")
    return RuleError("not_ours", said % {"why": why}, "file")


def _origin(book: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    origin: dict[str, str] = {}
    keys = []
    for record in sheet_records(book[ORIGIN], LIMITS):
        name, value = [*record.cells, "", ""][:2]
        if name == "row":
            keys.append(value)
        else:
            origin[name] = value
    if origin.get("format") != str(FORMAT):
        raise RuleError(
            "other_format",
            _("The sheet was taken out of another version of pocweb, whose columns differ. Take a new sheet out."),
            "file",
        )
    if lacking := [name for name in ("mission", "office", "marking") if not origin.get(name)]:
        raise _not_ours(_("it does not say its %(name)s") % {"name": lacking[0]})
    return origin, tuple(keys)


def _words(book: Any) -> dict[str, dict[str, str]]:
    """Return the lists of the file: what each word stood for when the sheet was taken out."""
    words: dict[str, dict[str, str]] = {}
    keys: list[str] = []
    for record in sheet_records(book[LISTS], LIMITS):
        if record.number == KEY_ROW:
            keys = record.cells
        elif record.number > KEY_ROW + 1:
            row = dict(zip(keys, record.cells, strict=False))
            for name, word in row.items():
                if word and row.get(f"{name}:code"):
                    words.setdefault(name, {})[word.casefold()] = row[f"{name}:code"]
    return words


def _rows(book: Any, name: str) -> Iterator[SheetRow]:
    """Yield the filled rows of a sheet; raise `RuleError` when its columns are not those that it left with."""
    wanted = [column.name for column in SHEETS[name]]
    keys: list[str] = []
    for record in sheet_records(book[name], LIMITS):
        if record.number == KEY_ROW:
            keys = record.cells
            _check_keys(name, keys, wanted)
        elif record.number > KEY_ROW + 1 and keys:
            if record.number > MOST_ROWS:
                said = _("The sheet %(name)s has more than %(limit)s rows.")
                raise RuleError("too_many_rows", said % {"name": name, "limit": f"{MOST_ROWS:,}"}, "file")
            letters = {key: get_column_letter(position) for position, key in enumerate(keys, 1)}
            faults = {keys[at]: reason for at, (_code, reason) in record.faults.items() if at < len(keys)}
            cells = dict(zip(keys, record.cells, strict=False))
            yield SheetRow(
                name, record.number, cells, {key: f"{letters[key]}{record.number}" for key in wanted}, faults
            )
    if not keys:
        raise _not_ours(_("the hidden second row of the sheet %(name)s is gone") % {"name": name})


def _check_keys(name: str, keys: list[str], wanted: list[str]) -> None:
    missing = [key for key in wanted if keys.count(key) != 1]
    if missing:
        labels = {column.name: str(column.label) for column in SHEETS[name]}
        said = _("The columns of the sheet %(name)s were changed: %(column)s is missing or stands twice.")
        text = f"{said % {'name': name, 'column': labels[missing[0]]}} {_('Take a new sheet out and write into that.')}"
        raise RuleError("changed_columns", text, "file")
