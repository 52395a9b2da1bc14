"""Tables that people upload and download: safe reading of CSV and XLSX, safe writing of both.

This package knows files, rows and cells; it knows nothing of incidents, threats or the database. What a column
means is the business of a layout (for incidents: `threats.imports`).
"""

from .base import CellProblem, Limits, Row, Table, TableError
from .reading import open_table, open_workbook
from .writing import Column, guard_text, iter_csv, write_csv, write_xlsx
from .xlsx_reading import sheet_records

__all__ = [
    "CellProblem",
    "Column",
    "Limits",
    "Row",
    "Table",
    "TableError",
    "guard_text",
    "iter_csv",
    "open_table",
    "open_workbook",
    "sheet_records",
    "write_csv",
    "write_xlsx",
]
