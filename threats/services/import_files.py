"""Files of imports: taken in piece by piece under the size limit, kept privately, given out as lists of errors."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from pocweb.tabular import Column, TableError, iter_csv, open_table
from threats.imports import LAYOUTS
from threats.models import ImportProblem, ImportRun
from threats.services.import_reading import limits

PIECE = 1024 * 1024
FORM_BYTES = 64 * 1024  # what a form adds around the file it carries


def limit_words() -> str:
    """Return the largest size of a file in words."""
    return f"{settings.IMPORT_MAX_BYTES // 1024 // 1024} MB"


def too_large() -> RuleError:
    """Return the refusal of a file above the limit."""
    said = _("The file is larger than %(limit)s. Split it by year and upload the parts one after the other.")
    return RuleError("too_large", said % {"limit": limit_words()}, "file")


def measure(file: BinaryIO) -> tuple[str, int]:
    """Return SHA-256 and size of a file, read piece by piece; raise `RuleError` as soon as it passes the limit."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(PIECE):
        size += len(piece)
        if size > settings.IMPORT_MAX_BYTES:
            raise too_large()
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest(), size


def stored_name(digest: str, name: str) -> str:
    """Return the name in our store: nothing of what the person called the file, only whether it is a workbook."""
    return f"{digest[:16]}{'.xlsx' if PurePath(name).suffix.lower() == '.xlsx' else '.csv'}"


def drop_file(run: ImportRun) -> None:
    """Forget the uploaded file of a run, and delete it when the transaction is through."""
    name, storage = run.file.name, run.file.storage
    run.file = ""
    ImportRun.objects.filter(pk=run.pk).update(file="")
    if name:
        transaction.on_commit(lambda: storage.delete(name))


ERROR_COLUMNS = (
    Column("row", "Row in the file"),
    Column("column", "Column"),
    Column("value", "Value"),
    Column("why", "Why"),
    Column("left_out", "Row left out"),
)


def error_lines(run: ImportRun, *, with_sources: bool) -> Iterator[bytes]:
    """Yield a CSV file with one line per remark: place, reason, and the original row as it stood in the file.

    The original columns are missing where the file is no longer kept, the pseudonyms of sources unless the reader may
    see them (`with_sources`).
    """
    problems: dict[int, list[ImportProblem]] = defaultdict(list)
    for problem in run.problems.order_by("row", "pk"):
        problems[problem.row].append(problem)
    if not run.file:
        return iter_csv(ERROR_COLUMNS, _lines(problems, [], {}), hxl=False)
    with run.file.open("rb") as file:
        headers, cells = _original_rows(cast(BinaryIO, file), run, problems)
    if not with_sources:
        meant = LAYOUTS[run.layout].names_of(headers)
        headers = [header for header in headers if meant.get(header) != "source_codes"]
    columns = (*ERROR_COLUMNS, *(Column(header, header) for header in headers))
    return iter_csv(columns, _lines(problems, headers, cells), hxl=False)


def _original_rows(
    file: BinaryIO, run: ImportRun, wanted: Mapping[int, Any]
) -> tuple[Sequence[str], dict[int, Mapping[str, str]]]:
    """Return column names and the wanted rows of the stored file, which was read whole once before."""
    found: dict[int, Mapping[str, str]] = {}
    last = max(wanted, default=0)
    try:
        guess = LAYOUTS[run.layout].headerless
        table = open_table(file, name=run.file_name, limits=limits(), headerless=guess)
        for row in table:
            if row.number in wanted:
                found[row.number] = row.values
            if row.number >= last:
                break
    except TableError:
        return (), {}
    return table.headers, found


def _lines(
    problems: Mapping[int, Sequence[ImportProblem]], headers: Sequence[str], cells: Mapping[int, Mapping[str, str]]
) -> Iterator[list[Any]]:
    for number, listed in problems.items():
        original = cells.get(number, {})
        for problem in listed:
            head = [number, problem.column, problem.value, problem.message, problem.rejects]
            yield [*head, *(original.get(header, "") for header in headers)]
