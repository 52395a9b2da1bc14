"""Sheets of the matrix as people edit them offline: taken out, cells written into, brought back."""

import io
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from pocweb.models import Office, Person
from tests.factories.threats_edition import NOON
from threats.models import MatrixImport
from threats.offline.columns import SHEETS
from threats.services.offline import receive_sheet
from threats.services.offline_sheets import export_offline

Edits = Mapping[tuple[str, str, int], Any]
"""New cells by sheet, column name and row of the sheet."""


def take_out(office: Office, by: Person) -> bytes:
    """Return the office's sheet for offline editing."""
    with transaction.atomic():
        return export_offline(office, by=by, now=NOON)[0]


def letter_of(sheet: str, column: str) -> str:
    """Return the letter of a column."""
    names = [one.name for one in SHEETS[sheet]]
    return get_column_letter(names.index(column) + 1)


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited(content: bytes, edits: Edits) -> bytes:
    """Return the workbook with some cells written anew, saved by another program than the one that wrote it."""
    book = opened(content)
    for (sheet, column, row), value in edits.items():
        cell = book[sheet][f"{letter_of(sheet, column)}{row}"]
        cell.value = value
        if isinstance(value, str) and value.startswith("="):
            cell.data_type = "s"
    return saved(book)


def bring_back(content: bytes, office: Office, by: Person, name: str = "matrix.xlsx") -> MatrixImport:
    """Return the sheet as it was taken in, with its preview."""
    return receive_sheet(office, file=io.BytesIO(content), name=name, by=by, now=NOON)
