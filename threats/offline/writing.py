"""The workbook for offline editing: locked and open cells, drop-down lists, marking on every sheet, no formula ever."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from pocweb.choices import Marking
from pocweb.tabular.writing import HEADER_FILL, LOCKED_FILL, MUST_GUARD, WRAP
from threats.offline.cells import is_cut, written
from threats.offline.columns import (
    ACTORS,
    FIRST_ROW,
    FORMAT,
    GROUPS,
    HEAD_ROW,
    KEY_ROW,
    LIST_HEADS,
    LISTS,
    MATRIX,
    NEW_LINES,
    NEW_ROWS,
    ORIGIN,
    README,
    SHEETS,
    Kind,
    SheetColumn,
)
from threats.offline.words import Words

NEW_FILL = PatternFill("solid", fgColor="FFF4FAF4")
FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.NUMBER: "#,##0"}
FIRST_DAY, LAST_DAY = 1, 73415
"""The first and the last day (31 December 2100) that a date cell takes, as spreadsheets count days."""

FROZEN = {MATRIX: "E4", GROUPS: "C4", ACTORS: "C4"}


@dataclass(frozen=True)
class OfflineMatrix:
    """What goes into the workbook: plain values of rows by column name, the lists, who took it out and when."""

    mission: str
    office: str
    office_name: str
    marking: int
    at: datetime
    by: str
    token: str
    rows: Sequence[Mapping[str, Any]]
    groups: Sequence[Mapping[str, Any]]
    actors: Sequence[Mapping[str, Any]]
    words: Words

    @property
    def new_refs(self) -> list[str]:
        """Return what stands for the reference of threats that are not there yet."""
        return [f"new {number}" for number in range(1, NEW_ROWS + 1)]


class Style(NamedTuple):
    """The prepared styles of one column: for a value, and for a text that a spreadsheet could take for a formula."""

    plain: Any
    guarded: Any


def write_offline(matrix: OfflineMatrix) -> bytes:
    """Return the workbook as bytes."""
    book = Workbook(write_only=True)
    lines = {MATRIX: (matrix.rows, _new_rows(matrix)), GROUPS: (matrix.groups, _blank(NEW_LINES))}
    lines[ACTORS] = (matrix.actors, _blank(NEW_LINES))
    places = _list_places(matrix)
    for name, columns in SHEETS.items():
        _write_sheet(book, name, columns, matrix, *lines[name], places)
    _write_lists(book, matrix, places)
    _write_read_me(book, matrix)
    _write_origin(book, matrix)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _blank(count: int) -> list[dict[str, Any]]:
    return [{} for _number in range(count)]


def _new_rows(matrix: OfflineMatrix) -> list[dict[str, Any]]:
    return [{"key": f"new-{matrix.token}-{number}", "ref": ref} for number, ref in enumerate(matrix.new_refs, start=1)]


# --- a sheet of rows --------------------------------------------------------------------------------------------------


def _write_sheet(
    book: Workbook,
    name: str,
    columns: Sequence[SheetColumn],
    matrix: OfflineMatrix,
    rows: Sequence[Mapping[str, Any]],
    blank: Sequence[Mapping[str, Any]],
    places: Mapping[str, str],
) -> None:
    sheet = _new_sheet(book, name, matrix)
    sheet.freeze_panes = FROZEN[name]
    for position, column in enumerate(columns, 1):
        dimension = sheet.column_dimensions[get_column_letter(position)]
        dimension.width, dimension.hidden = column.width, column.hidden
    labels, hidden = [str(column.label) for column in columns], sum(column.hidden for column in columns)
    _head(sheet, matrix, [column.name for column in columns], labels, hidden=hidden)
    held = [_style(sheet, column, locked=column.locked) for column in columns]
    shut = [_style(sheet, column, locked=True) for column in columns]
    free = [_style(sheet, column, locked=column.locked and not column.open_when_new, new=True) for column in columns]
    for row in rows:
        sheet.append(
            [
                _cell(sheet, written(column, row.get(column.name), matrix.words), shut[at] if cut else held[at])
                for at, column in enumerate(columns)
                for cut in (column.kind == Kind.TEXT and is_cut(row.get(column.name)),)
            ]
        )
    for row in blank:
        sheet.append([_cell(sheet, row.get(column.name), free[at]) for at, column in enumerate(columns)])
    last = FIRST_ROW + len(rows) + len(blank) - 1
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(columns))}{last}"
    for position, column in enumerate(columns, 1):
        if not column.locked or column.open_when_new:
            letter = get_column_letter(position)
            sheet.data_validations.append(_rule(column, f"{letter}{FIRST_ROW}:{letter}{last}", places))


def _new_sheet(book: Workbook, name: str, matrix: OfflineMatrix) -> Any:
    """Return a protected sheet that prints in landscape with its marking and the headings on every page.

    The protection is a guard against slips, not a secret: there is no password.
    """
    sheet: Any = book.create_sheet(name)
    marking = str(Marking(matrix.marking).label).upper()
    for part in (sheet.oddHeader, sheet.oddFooter):
        part.center.text = marking
    sheet.oddFooter.right.text = "&P / &N"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{HEAD_ROW}"
    sheet.row_dimensions[KEY_ROW].hidden = True
    sheet.protection.sheet = True
    for act in ("formatColumns", "formatRows", "formatCells", "autoFilter"):
        setattr(sheet.protection, act, False)
    return sheet


def _head(sheet: Any, matrix: OfflineMatrix, keys: Sequence[str], labels: Sequence[str], *, hidden: int = 0) -> None:
    """Write the marking with where the sheet is from, the hidden row of column names, and the headings.

    The first line stands in the first column that shows, behind so many `hidden` ones.
    """
    bold = _prepared(sheet, font=Font(bold=True))
    head = _prepared(sheet, font=Font(bold=True), fill=HEADER_FILL, alignment=WRAP)
    sheet.append([None] * hidden + [_cell(sheet, title(matrix), bold)])
    sheet.append([_cell(sheet, key, bold) for key in keys])
    sheet.append([_cell(sheet, label, head) for label in labels])


def title(matrix: OfflineMatrix) -> str:
    """Return the first line of every sheet: the marking, what it is, from which office, when and by whom."""
    said = _("POC Threat Matrix of %(office)s, taken out on %(day)s, %(hour)s UTC by %(by)s")
    day = f"{matrix.at.day} {matrix.at:%B %Y}"
    words = {"office": matrix.office_name, "day": day, "hour": f"{matrix.at:%H:%M}", "by": matrix.by}
    return f"{str(Marking(matrix.marking).label).upper()}   {said % words}"


def _style(sheet: Any, column: SheetColumn, *, locked: bool, new: bool = False) -> Style:
    """Return the styles of a column. Text cells have the format of text, so that nothing typed becomes a formula."""
    given: dict[str, Any] = {"protection": Protection(locked=locked), "alignment": WRAP}
    given["number_format"] = FORMATS.get(column.kind, "@")
    if locked or new:
        given["fill"] = LOCKED_FILL if locked else NEW_FILL
    return Style(_prepared(sheet, **given).plain, _prepared(sheet, **given, quotePrefix=True).plain)


def _prepared(sheet: Any, **given: Any) -> Style:
    cell: Any = WriteOnlyCell(sheet, None)
    for name, value in given.items():
        setattr(cell, name, value)
    return Style(cell._style, cell._style)


def _cell(sheet: Any, value: Any, style: Style) -> Cell:
    """Return a cell with a prepared style: giving each cell its own would take most of the time.

    Text is stored as text, whatever it begins with.
    """
    if not isinstance(value, str):
        cell: Any = WriteOnlyCell(sheet, value)
        cell._style = style.plain
        return cell
    cell = WriteOnlyCell(sheet, None)
    cell._value, cell.data_type = value, "s"  # the setter would take text that begins with '=' for a formula
    cell._style = style.guarded if MUST_GUARD.match(value) else style.plain
    return cell


# --- lists ------------------------------------------------------------------------------------------------------------


def _list_places(matrix: OfflineMatrix) -> dict[str, str]:
    """Return where the sheet Lists holds each list, as a drop-down names it; lists without words have no place."""
    places = {}
    for position, name in enumerate([*LIST_HEADS, "refs"]):
        count = len(matrix.rows) + NEW_ROWS if name == "refs" else len(matrix.words.choices(name))
        letter = get_column_letter(2 * position + 1)
        if count:
            places[name] = f"{LISTS}!${letter}${FIRST_ROW}:${letter}${FIRST_ROW + count - 1}"
    return places


def _rule(column: SheetColumn, cells: str, places: Mapping[str, str]) -> DataValidation:
    """Return the drop-down or the limit of a column; several words in one cell are offered, not enforced."""
    rule = DataValidation(allow_blank=True, showErrorMessage=True, showInputMessage=bool(column.hint))
    if column.words:
        rule.type, rule.formula1 = "list", places.get(column.words, '""')
        rule.showErrorMessage = column.kind == Kind.ONE
        rule.error = _("Choose a word of the list; the sheet Lists holds them.")
    elif column.kind == Kind.DATE:
        rule.type, rule.operator = "date", "between"
        rule.formula1, rule.formula2 = str(FIRST_DAY), str(LAST_DAY)
        rule.error = _("Write a date, such as 2020-12-31.")
    elif column.kind == Kind.NUMBER:
        rule.type, rule.operator, rule.formula1 = "whole", "greaterThanOrEqual", "0"
        rule.error = _("Write a whole number, or leave the cell empty for unknown.")
    else:
        rule.type, rule.operator, rule.formula1 = "textLength", "lessThanOrEqual", str(column.most)
        rule.error = _("The text is longer than %(limit)s characters.") % {"limit": f"{column.most:,}"}
    if column.hint:
        rule.promptTitle, rule.prompt = str(column.label)[:32], str(column.hint)[:255]
    rule.add(cells)
    return rule


def _write_lists(book: Workbook, matrix: OfflineMatrix, places: Mapping[str, str]) -> None:
    """Write one column of words per list, each with a hidden column of the codes behind it."""
    sheet = _new_sheet(book, LISTS, matrix)
    sheet.freeze_panes = "A4"
    columns: list[tuple[str, str, list[Any]]] = []
    for name, label in LIST_HEADS.items():
        pairs = matrix.words.pairs(name)
        columns += [(name, str(label), [word for word, _value in pairs])]
        columns += [(f"{name}:code", "code", [str(value) for _word, value in pairs])]
    refs = [str(row["ref"]) for row in matrix.rows] + matrix.new_refs
    columns.append(("refs", _("Reference"), refs))
    for position, (key, _label, _values) in enumerate(columns, 1):
        dimension = sheet.column_dimensions[get_column_letter(position)]
        dimension.width, dimension.hidden = 30, key.endswith(":code")
    _head(sheet, matrix, [key for key, _label, _values in columns], [label for _key, label, _values in columns])
    style = _prepared(sheet, number_format="@")
    for row in range(max(len(values) for _key, _label, values in columns)):
        sheet.append([_cell(sheet, values[row] if row < len(values) else None, style) for _k, _l, values in columns])


# --- what a person reads, what a program reads ------------------------------------------------------------------------


def read_me() -> list[str]:
    """Return how the workbook is used, sentence by sentence."""
    return [
        _("Write into the white cells of the sheet Matrix. Grey cells are locked: references, p-codes and ratings."),
        _("A cell that you leave as it is changes nothing, even if somebody changes it in pocweb meanwhile."),
        _("To rate a threat anew, fill the last columns: new likelihood, new impact, and the reason."),
        _("A new threat goes into one of the green rows; it needs a title and at least one p-code."),
        _("Groups at risk and protection actors have sheets of their own. A line names its threat by the reference."),
        _("To take such a line away, choose yes in its last column. A line that is missing stays as it is."),
        _("A row that you delete changes nothing. A threat is closed on its page in pocweb, with the reason."),
        _("Several words in one cell are parted with a semicolon (;). The sheet Lists holds all words."),
        _("Dates are written as 2020-12-31. An empty cell means unknown or nothing; emptying a cell removes its text."),
        _("Do not rename columns or sheets, and do not write names of sources, victims or witnesses."),
        _("Save the file as XLSX and bring it back in pocweb: the matrix, Edit offline."),
        _("You then see every change before it is stored. Where somebody else changed the same cell, you choose."),
    ]


def _write_read_me(book: Workbook, matrix: OfflineMatrix) -> None:
    sheet = _new_sheet(book, README, matrix)
    sheet.column_dimensions["A"].width = 110
    sheet.row_dimensions[KEY_ROW].hidden = False
    bold, plain = _prepared(sheet, font=Font(bold=True), alignment=WRAP), _prepared(sheet, alignment=WRAP)
    sheet.append([_cell(sheet, title(matrix), bold)])
    sheet.append([])
    sheet.append([_cell(sheet, _("How to edit the matrix offline"), bold)])
    for number, line in enumerate(read_me(), 1):
        sheet.append([_cell(sheet, f"{number}. {line}", plain)])


def _write_origin(book: Workbook, matrix: OfflineMatrix) -> None:
    """Write what the way back needs to know: where the sheet is from and which rows it held."""
    sheet = _new_sheet(book, ORIGIN, matrix)
    sheet.sheet_state = "hidden"
    plain = _prepared(sheet, number_format="@")
    lines: Iterable[tuple[str, Any]] = (
        ("format", FORMAT),
        ("mission", matrix.mission),
        ("office", matrix.office),
        ("at", matrix.at.isoformat()),
        ("by", matrix.by),
        ("marking", matrix.marking),
        *(("row", row["key"]) for row in matrix.rows),
    )
    for name, value in lines:
        sheet.append([_cell(sheet, name, plain), _cell(sheet, str(value), plain)])
