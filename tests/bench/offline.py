"""The sheet for offline editing: writing it against writing the same cells bare, and how long its way back takes."""

import io
from datetime import timedelta
from time import perf_counter, process_time

from django.db import connection, transaction
from openpyxl import Workbook, load_workbook

from tests.bench.board import Board
from tests.bench.measure import MeasureError, compare
from tests.bench.world import World
from tests.factories.threats_offline import edited
from tests.factories.threats_threat import NOON
from threats.offline.columns import FIRST_ROW, MATRIX
from threats.services.offline import confirm_sheet, receive_sheet
from threats.services.offline_sheets import export_offline

RATIO = 10


def measure(world: World, board: Board, rows: int, turns: int) -> None:
    """Compare taking the sheet out, with all queries, lists and locks, with openpyxl's own writing of the cells."""
    content = _take_out(world)
    book = load_workbook(io.BytesIO(content), read_only=True)
    cells = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    ratio, mine, theirs = compare(lambda: _take_out(world), lambda: _bare(cells), turns)
    how = f"{rows} rows, all columns and lists: {mine:,.2f} s against {theirs:,.2f} s, median of {turns} turns"
    board.at_most("Sheet for offline editing against bare openpyxl", RATIO, ratio, "", how)
    _measure_back(world, board, content, rows)


def _take_out(world: World) -> bytes:
    with transaction.atomic():
        return export_offline(world.offices["BAMBARI"], by=world.fresh(world.officer), now=NOON)[0]


def _bare(cells: dict[str, list[tuple[object, ...]]]) -> bytes:
    book = Workbook(write_only=True)
    for name, rows in cells.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _measure_back(world: World, board: Board, content: bytes, rows: int) -> None:
    """Note how long the preview and the taking over of a sheet take in which every row was edited."""
    edits = {(MATRIX, "action", FIRST_ROW + number): f"Road check {number}" for number in range(rows)}
    file, by = io.BytesIO(edited(content, edits)), world.fresh(world.officer)
    clock = process_time if connection.vendor == "sqlite" else perf_counter  # as in `compare`
    began = clock()
    record = receive_sheet(world.offices["BAMBARI"], file=file, name="sheet.xlsx", by=by, now=NOON)
    compared = clock()
    record = confirm_sheet(record, by=by, now=NOON + timedelta(hours=1))
    took = clock() - compared
    if len(record.result["stored"]) != rows:
        raise MeasureError(f"{len(record.result['stored'])} of {rows} rows were stored")
    board.note("Sheet brought back: preview", f"{compared - began:,.1f} s", f"{rows} rows, each with one changed cell")
    board.note("Sheet brought back: taken over", f"{took:,.1f} s", f"{rows} rows, each stored under the guard")
