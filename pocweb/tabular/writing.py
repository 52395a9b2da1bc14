"""Tables for people to download: CSV and XLSX with a row of HXL tags, safe against formulas hidden in text."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from pocweb.glossary import names_in, with_words

MUST_GUARD = re.compile(r"'*[=+\-@\t\r]")
LOOKS_GUARDED = re.compile(r"'+[=+\-@\t\r]")
# Characters that XML 1.0 cannot hold, and with it XLSX.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
XLSX_MAX_TEXT = 32_767
LISTS_SHEET = "lists"
HEADER_FILL = PatternFill("solid", fgColor="FFDCEBF5")
LOCKED_FILL = PatternFill("solid", fgColor="FFF2F2F2")
WRAP = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: where its value is found, its header, its HXL tag, and how XLSX treats it.

    `choices` become a drop-down list, `locked` cells cannot be changed in a protected sheet, `width` counts
    characters. `help` is the sentence that XLSX shows when the cell is chosen.
    """

    name: str
    label: str
    hxl: str = ""
    choices: tuple[str, ...] = ()
    locked: bool = False
    width: int = 18
    help: str = ""


RowValues = Mapping[str, Any] | Sequence[Any]


def guard_text(text: str) -> str:
    """Return `text` with an apostrophe before it if a spreadsheet could take it for a formula.

    Text that begins with apostrophes and then such a sign gets one more, so that reading takes away exactly one
    and every text comes back as it was. Source: OWASP, CSV Injection.
    """
    return "'" + text if MUST_GUARD.match(text) else text


def plain_value(value: Any) -> str | int | float | Decimal | None:
    """Return a value as an export writes it: ISO dates, 'yes' and 'no', lists joined with '; ', nothing for None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        parts = sorted(map(str, value)) if isinstance(value, set | frozenset) else map(str, value)
        return "; ".join(parts)
    return str(value)


def _values(columns: Sequence[Column], row: RowValues) -> list[Any]:
    if isinstance(row, Mapping):
        return [plain_value(row.get(column.name)) for column in columns]
    return [plain_value(value) for value in row]


def iter_csv(columns: Sequence[Column], rows: Iterable[RowValues], *, hxl: bool = True) -> Iterator[bytes]:
    """Yield a CSV file in pieces: UTF-8 with byte-order mark (spreadsheets need it), header, HXL tags, rows.

    A row is a mapping by column name or a sequence in column order. Text that looks like a formula is guarded,
    numbers are written as they are.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([guard_text(column.label) for column in columns])
    if hxl:
        writer.writerow([column.hxl for column in columns])
    for row in rows:
        values = _values(columns, row)
        writer.writerow([guard_text(value) if isinstance(value, str) else value for value in values])
        if buffer.tell() > 64 * 1024:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_csv(columns: Sequence[Column], rows: Iterable[RowValues], out: BinaryIO, *, hxl: bool = True) -> None:
    """Write a CSV file to a binary file, as `iter_csv` makes it."""
    for piece in iter_csv(columns, rows, hxl=hxl):
        out.write(piece)


def write_xlsx(
    columns: Sequence[Column],
    rows: Iterable[RowValues],
    out: BinaryIO,
    *,
    title: str = "data",
    hxl: bool = True,
    protect: bool = False,
    spare_rows: int = 0,
) -> None:
    """Write a workbook to a binary file, row by row; a second sheet explains the acronyms that occur (CO-12).

    The header and the HXL row are frozen. Columns with choices get a drop-down list, kept on a hidden sheet.
    With `protect` the locked columns and the head cannot be changed (a guard against slips, not a secret: there
    is no password); `spare_rows` extends the drop-down lists below the last row for a form to be filled in.
    Formulas are never written: text stays text, whatever it begins with.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "data")
    head = 2 if hxl else 1
    sheet.freeze_panes = f"A{head + 1}"
    for position, column in enumerate(columns, 1):
        dimension = sheet.column_dimensions[get_column_letter(position)]
        dimension.width = column.width
        if protect:
            dimension.protection = Protection(locked=column.locked)
    sheet.append([_head_cell(sheet, column.label) for column in columns])
    if hxl:
        sheet.append([_head_cell(sheet, column.hxl, tag=True) for column in columns])
    count, acronyms = 0, {name for column in columns for name in names_in(column.label)}
    for row in rows:
        values = _values(columns, row)
        acronyms.update(*(names_in(value) for value in values if isinstance(value, str)))
        sheet.append([_cell(sheet, value, column, protect) for value, column in zip(values, columns, strict=True)])
        count += 1
    last = head + max(count + spare_rows, 1)
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{head + max(count, 1)}"
    if protect:
        sheet.protection.sheet = True
        sheet.protection.formatColumns = False
        sheet.protection.autoFilter = False
        sheet.protection.sort = False
        sheet.protection.insertRows = False
    _add_lists(workbook, sheet, columns, head + 1, last)
    _add_acronyms(workbook, acronyms)
    workbook.save(out)


def _add_acronyms(workbook: Workbook, names: set[str]) -> None:
    """Add a sheet with the words of the acronyms, where there are any."""
    if not names:
        return
    sheet = workbook.create_sheet(_("Acronyms"))
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["B"].width = 80
    sheet.append([_head_cell(sheet, _("Acronym")), _head_cell(sheet, _("Words"))])
    for name, words in with_words(names).items():
        sheet.append([_text_cell(sheet, name), _text_cell(sheet, words)])


def _head_cell(sheet: Any, text: str, *, tag: bool = False) -> Cell:
    cell = _text_cell(sheet, text)
    cell.fill = HEADER_FILL
    cell.font = Font(italic=True, color="FF555555", size=9) if tag else Font(bold=True)
    cell.alignment = WRAP
    return cell


def _cell(sheet: Any, value: Any, column: Column, protect: bool) -> Cell:
    cell = _text_cell(sheet, value) if isinstance(value, str) else WriteOnlyCell(sheet, value)
    cell.alignment = WRAP
    if protect:
        cell.protection = Protection(locked=column.locked)
        if column.locked:
            cell.fill = LOCKED_FILL
    return cell


def _text_cell(sheet: Any, text: str) -> Cell:
    """Return a cell that holds text and nothing else: marked as text, so that '=1+1' stays three characters of text.

    The mark is XLSX's own (`quotePrefix`), so people see their text without an apostrophe before it.
    """
    clean = NOT_XML.sub("", text)
    if LOOKS_GUARDED.match(clean):
        clean = "'" + clean
    if len(clean) > XLSX_MAX_TEXT:
        clean = clean[: XLSX_MAX_TEXT - 1] + "…"
    cell: Any = WriteOnlyCell(sheet, None)
    cell._value = clean  # the setter would take text that begins with '=' for a formula
    cell.data_type = "s"
    if MUST_GUARD.match(clean):
        cell.quotePrefix = True
    return cell


def _add_lists(workbook: Workbook, sheet: Any, columns: Sequence[Column], first: int, last: int) -> None:
    """Add a hidden sheet with one column of values per drop-down, and the drop-downs that point at it."""
    with_choices = [(position, column) for position, column in enumerate(columns, 1) if column.choices]
    for position, column in enumerate(columns, 1):
        if column.help and not column.choices:
            letter = get_column_letter(position)
            note = DataValidation(promptTitle=column.label[:32], prompt=column.help[:255], showInputMessage=True)
            note.add(f"{letter}{first}:{letter}{last}")
            sheet.data_validations.append(note)
    if not with_choices:
        return
    lists = workbook.create_sheet(LISTS_SHEET)
    lists.sheet_state = "hidden"
    lists.append([_text_cell(lists, column.label) for _position, column in with_choices])
    longest = max(len(column.choices) for _position, column in with_choices)
    for index in range(longest):
        lists.append(
            [
                _text_cell(lists, column.choices[index]) if index < len(column.choices) else None
                for _position, column in with_choices
            ]
        )
    for list_position, (position, column) in enumerate(with_choices, 1):
        source, letter = get_column_letter(list_position), get_column_letter(position)
        rule = DataValidation(
            type="list",
            formula1=f"{LISTS_SHEET}!${source}$2:${source}${len(column.choices) + 1}",
            allow_blank=True,
            showErrorMessage=True,
            showInputMessage=bool(column.help),
        )
        rule.promptTitle, rule.prompt = (column.label[:32], column.help[:255]) if column.help else (None, None)
        rule.add(f"{letter}{first}:{letter}{last}")
        sheet.data_validations.append(rule)
