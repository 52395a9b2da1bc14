"""`open_table`: decide what kind of file this is, refuse what is no table, hand over to the CSV or XLSX reader."""

from typing import BinaryIO

import openpyxl
from django.utils.translation import gettext as _

from .base import HeaderGuess, Limits, Table, TableError
from .csv_reading import open_csv
from .xlsx_reading import load_safely, open_xlsx

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
OTHER_MAGIC = {
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}


def open_table(
    file: BinaryIO, *, name: str, limits: Limits | None = None, headerless: HeaderGuess | None = None
) -> Table:
    """Return the table in an uploaded file, its rows still unread so that memory stays flat.

    `file` is a seekable binary file, `name` what the person called it; what the file really is decides, not its
    ending. `headerless` may give the column names for a file whose first row is already data. The size, the
    encoding and the zip directory are checked here; faults further down raise `TableError` while reading, or
    stand in `Row.problems` when they concern single cells. Raises `TableError`.
    """
    limits = limits or Limits()
    size = _check_size(file, limits)
    start = file.read(16)
    file.seek(0)
    if start.startswith(OLE_MAGIC):
        raise _ole_error(file)
    if start.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return open_xlsx(file, size=size, limits=limits, headerless=headerless)
    for magic, kind in OTHER_MAGIC.items():
        if start.startswith(magic):
            raise TableError(
                "not_a_table", _("The file is a %(kind)s file, not a table. Upload CSV or XLSX.") % {"kind": kind}
            )
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        raise TableError(
            "damaged", _("The file is not a workbook, whatever its name says. Save it again as XLSX or CSV.")
        )
    return open_csv(file, limits=limits, headerless=headerless)


def open_workbook(file: BinaryIO, *, limits: Limits) -> openpyxl.Workbook:
    """Return an uploaded workbook with all its sheets, for reading; `sheet_records` runs through one of them.

    What the file is decides, not its name; size and zip directory are judged before anything is unpacked. Raises
    `TableError`.
    """
    size = _check_size(file, limits)
    start = file.read(16)
    file.seek(0)
    if start.startswith(OLE_MAGIC):
        raise _ole_error(file)
    if not start.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        raise TableError("not_xlsx", _("The file is not an XLSX workbook."))
    return load_safely(file, size=size, limits=limits)


def _check_size(file: BinaryIO, limits: Limits) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise TableError("empty", _("The file is empty."))
    if size > limits.max_bytes:
        sizes = {"size": megabytes(size), "limit": megabytes(limits.max_bytes)}
        raise TableError("too_large", _("The file is %(size)s; the limit is %(limit)s. Split it by year.") % sizes)
    return size


def megabytes(size: int) -> str:
    """Return a size in bytes for people: '200 MB', below ten megabytes with one decimal."""
    value = size / 1024 / 1024
    return f"{value:.0f} MB" if value >= 10 else f"{value:.1f} MB"


def _ole_error(file: BinaryIO) -> TableError:
    """Return the refusal of an old or encrypted workbook; both are compound files, told apart by a stream name."""
    head = file.read(1024 * 1024)
    if "EncryptedPackage".encode("utf-16-le") in head:
        return TableError(
            "encrypted", _("The workbook is protected by a password. Remove the password and upload it again.")
        )
    return TableError(
        "old_excel", _("The file is in the old Excel format (.xls). Save it as XLSX or CSV and upload that.")
    )
