"""XLSX reading: the zip directory is judged before anything is unpacked, then cells are streamed as text."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError  # noqa: S405 - only the name of the error that openpyxl lets through

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from .base import HeaderGuess, Limits, Record, Table, TableError, build_table, formula_reason

MAX_PARTS = 2_000
SHEET_ROWS = 1_048_576
NESTED = re.compile(r"\.(zip|xlsx|xlsm|xlsb|docx|pptx|ods|7z|gz|rar|jar)\Z|/embeddings/", re.IGNORECASE)
DAMAGED = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    EOFError,
    OSError,
    IndexError,
    TypeError,
    AttributeError,
    NotImplementedError,
)


def open_xlsx(file: BinaryIO, *, size: int, limits: Limits, headerless: HeaderGuess | None) -> Table:
    """Return the table on the first visible sheet of a workbook.

    Dates come as ISO text, numbers as written without a needless '.0'; formulas and error values are faults of
    their cell. Raises `TableError`.
    """
    workbook = load_safely(file, size=size, limits=limits)
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise TableError("empty", _("The workbook has no visible sheet."))
    return build_table(sheet_records(sheets[0], limits), limits, headerless, ragged=True)


def load_safely(file: BinaryIO, *, size: int, limits: Limits) -> openpyxl.Workbook:
    """Return a workbook for reading after its zip directory has been judged. Raises `TableError`."""
    _check_zip(file, size, limits)
    file.seek(0)
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except DAMAGED as error:
        raise _damaged() from error


def _damaged() -> TableError:
    return TableError("damaged", _("The workbook is damaged and cannot be read. Save it again as XLSX or CSV."))


def _check_zip(file: BinaryIO, size: int, limits: Limits) -> None:
    """Raise `TableError` unless the zip directory is that of an ordinary workbook of bearable size.

    The directory can be trusted for sizes: the zip reader stops at the size that is given there.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            _check_kind(archive, parts, names)
            _check_bomb(parts, size, limits)
            _check_entities(archive, parts)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise _damaged() from error


def _check_kind(archive: zipfile.ZipFile, parts: Sequence[zipfile.ZipInfo], names: set[str]) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise TableError(
            "encrypted", _("The file is protected by a password. Remove the password and upload it again.")
        )
    if "mimetype" in names and b"opendocument" in archive.open("mimetype").read(100):
        raise TableError("opendocument", _("The file is an OpenDocument file. Save it as XLSX or CSV and upload that."))
    if "xl/workbook.bin" in names:
        raise TableError(
            "binary_excel", _("The file is a binary Excel workbook (.xlsb). Save it as XLSX or CSV and upload that.")
        )
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise TableError("macros", _("The workbook holds macros. Save it as XLSX without macros and upload that."))
    if any(NESTED.search(name) for name in names):
        raise TableError("nested", _("The file holds other files inside. Upload a single table as XLSX or CSV."))
    if "xl/workbook.xml" not in names:
        raise TableError(
            "not_a_table", _("The file is an archive, not a workbook. Upload a single table as XLSX or CSV.")
        )


def _check_bomb(parts: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    # Parts that overlap in the file add up to more than the file: the other known way to build a bomb.
    if (
        unpacked > limits.max_unpacked
        or unpacked > limits.max_ratio * max(size, 1)
        or packed > size
        or len(parts) > MAX_PARTS
    ):
        sizes = {"unpacked": f"{unpacked / 1024 / 1024:,.0f} MB", "size": f"{size / 1024 / 1024:,.1f} MB"}
        raise TableError(
            "zip_bomb",
            _("The workbook would unpack from %(size)s to %(unpacked)s and is refused. Save the table as CSV.") % sizes,
        )


def _check_entities(archive: zipfile.ZipFile, parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse XML that declares entities: no spreadsheet program writes it, and it is how XML bombs are made."""
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(8192).replace(b"\0", b"").upper():
                    raise TableError(
                        "entities", _("The workbook holds XML with declarations of its own and is refused.")
                    )


def sheet_records(sheet: Any, limits: Limits) -> Iterator[Record]:
    """Yield the rows of a sheet as text; a cell far to the right is kept as the one after the last allowed column.

    A sheet may skip rows; openpyxl fills them in with one and the same blank row, so that the numbers are those a
    spreadsheet shows. A row number that no spreadsheet has would make it fill in rows without end.
    """
    blank: tuple[Any, ...] | None = None
    sheet.reset_dimensions()  # what the file says of its own size may be wrong or a trap
    try:
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if number > SHEET_ROWS:
                raise _damaged()
            if cells is blank:
                continue
            if len(cells) > limits.max_columns:
                cells = (*cells[: limits.max_columns], cells[-1])
            texts, faults = _row_texts(cells)
            if not texts and not faults:
                blank = cells
                continue
            yield Record(number, texts, faults)
    except DAMAGED as error:
        raise _damaged() from error


def _row_texts(cells: Sequence[Any]) -> tuple[list[str], dict[int, tuple[str, str]]]:
    """Return the texts of a row without blank cells at its end, and the faults by position."""
    texts: list[str] = []
    faults: dict[int, tuple[str, str]] = {}
    for position, cell in enumerate(cells):
        text, fault = cell_text(cell)
        texts.append(text)
        if fault:
            faults[position] = fault
    while texts and not texts[-1]:
        texts.pop()
    return texts, faults


def cell_text(cell: Any) -> tuple[str, tuple[str, str] | None]:
    """Return the text of an openpyxl cell and, if the cell is refused, the code and the reason."""
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f":
        return str(value), ("formula", formula_reason(str(value)))
    if cell.data_type == "e":
        return str(value), ("error_value", _('"%(value)s" is an error of the spreadsheet.') % {"value": value})
    if isinstance(value, str):
        return value, None
    return plain_text(value), None


def plain_text(value: Any) -> str:
    """Return a value of a cell as text: ISO dates, whole numbers without '.0', 'yes' and 'no'."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) and value.tzinfo is None else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)
