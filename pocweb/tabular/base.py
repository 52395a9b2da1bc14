"""The plain values of table reading: limits, rows, problems, the table itself, and the checks of a header row."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from django.utils.translation import gettext as _

HeaderGuess = Callable[[Sequence[str]], Sequence[str] | None]

HXL_TAG = re.compile(r"#[A-Za-z][A-Za-z0-9_]*(\s*\+\s*[A-Za-z][A-Za-z0-9_]*)*\Z")
MAX_HEADER = 200
NUMBER_OR_DATE = re.compile(r"[-+]?\d[\d.,]*([eE][-+]?\d+)?\Z|\d{4}-\d\d-\d\d([T ].*)?\Z")
# Text that a spreadsheet could take for a formula, behind the apostrophe that guards it.
GUARDED = re.compile(r"'+[=+\-@\t\r]")


class TableError(Exception):
    """A file that cannot be read as a table. `code` is stable, `message` is a sentence for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Limits:
    """What one upload may hold. Sizes are bytes; `max_unpacked` and `max_ratio` concern the zip inside an XLSX."""

    max_bytes: int = 64 * 1024 * 1024
    max_rows: int = 1_000_000
    max_columns: int = 300
    max_cell: int = 32_767
    max_unpacked: int = 512 * 1024 * 1024
    max_ratio: int = 150


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell that is not right. `row` is the row a spreadsheet shows (1 is the first), `message` names both."""

    row: int
    column: str
    value: str
    code: str
    message: str


def cell_problem(row: int, column: str, value: str, code: str, reason: str) -> CellProblem:
    """Return a problem whose sentence starts with the place of the cell: 'Row 14, best: "12a" is not a number.'"""
    where = (
        _("Row %(row)s, %(column)s:") % {"row": row, "column": column} if column else _("Row %(row)s:") % {"row": row}
    )
    return CellProblem(row, column, shorten(value), code, f"{where} {reason}")


def shorten(value: str, length: int = 80) -> str:
    """Return `value` cut to `length` characters, with an ellipsis where it was cut."""
    return value if len(value) <= length else value[: length - 1] + "…"


@dataclass(frozen=True, slots=True)
class Record:
    """A raw row: its number in the file, its cells, and faults by position of the cell as (code, reason)."""

    number: int
    cells: list[str]
    faults: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data: its number in the file, its cells by column name, and what was wrong with single cells."""

    number: int
    values: Mapping[str, str]
    problems: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """An opened table. `rows` can be run through once; `hxl` holds the tags of row 2 by column, if there were any."""

    headers: tuple[str, ...]
    rows: Iterator[Row]
    hxl: Mapping[str, str]
    headers_assumed: bool = False

    def __iter__(self) -> Iterator[Row]:
        return self.rows

    def rename(self, names: Mapping[str, str]) -> "Table":
        """Return the table with columns called by other names; a column without a new name keeps its own."""
        headers = tuple(names.get(header, header) for header in self.headers)
        if headers == self.headers:
            return self
        rows = (
            replace(row, values={names.get(key, key): value for key, value in row.values.items()}) for row in self.rows
        )
        hxl = {names.get(key, key): tag for key, tag in self.hxl.items()}
        return Table(headers, rows, hxl, self.headers_assumed)


def build_table(records: Iterator[Record], limits: Limits, headerless: HeaderGuess | None, *, ragged: bool) -> Table:
    """Return the table behind raw records: header checked, HXL row taken, rows streamed.

    `headerless` may name the columns of a file whose first row is data. `ragged` says that short rows are normal,
    as in XLSX; in CSV a row with fewer cells than the header is a fault. Raises `TableError`.
    """
    first = next((record for record in records if not _is_blank(record)), None)
    if first is None:
        raise TableError("empty", _("The file is empty."))
    assumed = headerless(first.cells) if headerless else None
    if assumed is not None:
        headers, rest = tuple(assumed), chain([first], records)
    else:
        headers, rest = check_headers(first.cells, limits), chain(records)
    second = next(rest, None)
    hxl = hxl_tags(headers, second.cells) if second else {}
    if second and not hxl:
        rest = chain([second], rest)
    rows = _rows(headers, rest, limits, ragged=ragged)
    first_row = next(rows, None)
    if first_row is None:
        raise TableError("no_rows", _("The file has column names and no rows."))
    return Table(headers, chain([first_row], rows), hxl, assumed is not None)


def check_headers(cells: Sequence[str], limits: Limits) -> tuple[str, ...]:
    """Return the column names of a first row, or raise `TableError` when it cannot be one."""
    names = [guarded_text(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.max_columns:
        raise TableError(
            "too_many_columns",
            _("The file has more than %(limit)s columns.") % {"limit": f"{limits.max_columns:,}"},
        )
    filled = [name for name in names if name]
    # A fifth of numbers and dates is more than any header has and less than any row of events.
    if sum(bool(NUMBER_OR_DATE.match(name)) for name in filled) * 5 >= len(filled):
        raise TableError(
            "no_header",
            _("The first row looks like data, not like column names. Add a first row with the column names."),
        )
    for position, name in enumerate(names, 1):
        if not name:
            raise TableError(
                "blank_header", _("Column %(number)s has no name in the first row.") % {"number": position}
            )
        if len(name) > MAX_HEADER:
            raise TableError(
                "long_header",
                _("The name of column %(number)s is longer than %(limit)s characters.")
                % {"number": position, "limit": MAX_HEADER},
            )
    folded = Counter(name.casefold() for name in names)
    twice = [name for name in dict.fromkeys(names) if folded[name.casefold()] > 1]
    if twice:
        quoted = ", ".join(f'"{name}"' for name in twice[:5])
        raise TableError(
            "duplicate_header", _("The first row holds the same column name twice: %(names)s.") % {"names": quoted}
        )
    return tuple(names)


def hxl_tags(headers: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return the tags of an HXL row by column, or nothing when the row is not one (HXL standard 1.1, section 4)."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or not all(HXL_TAG.match(cell) for cell in filled):
        return {}
    return {name: cell.strip() for name, cell in zip(headers, cells, strict=False) if cell.strip()}


def guarded_text(text: str) -> str:
    """Return `text` without the apostrophe that our own exports put before formula-like text."""
    return text[1:] if text[:1] == "'" and GUARDED.match(text) else text


def _is_blank(record: Record) -> bool:
    return not record.faults and not any(cell and not cell.isspace() for cell in record.cells)


def _rows(headers: tuple[str, ...], records: Iterable[Record], limits: Limits, *, ragged: bool) -> Iterator[Row]:
    """Yield the rows that hold anything, each with its faults; raise `TableError` past the limit of rows."""
    width, count = len(headers), 0
    for record in records:
        if _is_blank(record):
            continue
        count += 1
        if count > limits.max_rows:
            raise TableError(
                "too_many_rows",
                _("The file has more than %(limit)s rows. Split it by year.") % {"limit": f"{limits.max_rows:,}"},
            )
        cells = record.cells
        problems: tuple[CellProblem, ...] = ()
        if record.faults or len(cells) != width or max(map(len, cells)) > limits.max_cell:
            problems = tuple(_row_problems(headers, record, limits, ragged=ragged))
        if any(cell[:1] == "'" for cell in cells):
            cells = [guarded_text(cell) for cell in cells]
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        yield Row(record.number, dict(zip(headers, cells, strict=False)), problems)


def _row_problems(headers: tuple[str, ...], record: Record, limits: Limits, *, ragged: bool) -> Iterator[CellProblem]:
    """Yield what is wrong with the cells of one row as cells of a file, before anyone asks what they mean."""
    number, cells = record.number, record.cells
    for position, (code, reason) in record.faults.items():
        column = headers[position] if position < len(headers) else str(position + 1)
        yield cell_problem(number, column, cells[position], code, reason)
    if len(cells) < len(headers) and not ragged:
        counts = {"found": len(cells), "expected": len(headers)}
        reason = _("the row has %(found)s cells; the first row names %(expected)s columns.") % counts
        yield cell_problem(number, "", "", "short_row", reason)
    if len(cells) > len(headers) and any(cell.strip() for cell in cells[len(headers) :]):
        counts = {"found": len(cells), "expected": len(headers)}
        reason = _("the row has %(found)s cells; the first row names %(expected)s columns.") % counts
        yield cell_problem(number, "", "", "long_row", reason)
    for column, cell in zip(headers, cells, strict=False):
        if len(cell) > limits.max_cell:
            sizes = {"found": f"{len(cell):,}", "limit": f"{limits.max_cell:,}"}
            reason = _("the text has %(found)s characters; the limit is %(limit)s.") % sizes
            yield cell_problem(number, column, cell, "too_long", reason)


def formula_reason(cell: str) -> str:
    """Return the sentence that refuses a formula."""
    return _('"%(value)s" is a formula. Replace it by its value.') % {"value": shorten(cell, 40)}
