"""The rows of the POC Threat Matrix as plain data: page, edition, XLSX, CSV, JSON and PDF read the same."""

from threats.matrix.columns import COLUMNS, Column
from threats.matrix.reading import build_rows
from threats.matrix.row import MatrixRow, RowActivity, RowArea, RowGroup, RowProtectionActor
from threats.rules.gaps import Gap

__all__ = [
    "COLUMNS",
    "Column",
    "Gap",
    "MatrixRow",
    "RowActivity",
    "RowArea",
    "RowGroup",
    "RowProtectionActor",
    "build_rows",
]
