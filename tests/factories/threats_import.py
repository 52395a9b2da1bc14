"""Files of incidents for tests of imports. Names are fictional; UCDP rows follow the official layout."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pocweb.models import Mission
from threats.imports import ucdp
from threats.models import ImportRun
from threats.services import imports

REAL_FILE = Path(__file__).parents[2] / "threats" / "reference" / "ucdp_ged_caf_1991_2020.csv"
EVENT: dict[str, Any] = {
    "type_of_violence": "3",
    "dyad_name": "Red River band - Civilians",
    "side_a": "Red River band",
    "side_a_new_id": "9001",
    "side_b": "Civilians",
    "side_b_new_id": "9999",
    "where_prec": "1",
    "where_description": "Grimari",
    "adm_1": "Ouaka",
    "latitude": "5.7",
    "longitude": "20.9",
    "country": "Central African Republic",
    "country_id": "482",
    "date_prec": "1",
    "date_start": "2020-10-02",
    "date_end": "2020-10-02",
    "deaths_civilians": "2",
    "best": "2",
    "low": "1",
    "high": "3",
}


def ucdp_rows(count: int, **cells: Any) -> Iterator[dict[str, Any]]:
    """Yield events of the UCDP layout with ids from 1; `cells` are laid over each."""
    for number in range(1, count + 1):
        yield {**EVENT, "id": str(number), **cells}


def csv_file(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = ucdp.COLUMNS) -> io.BytesIO:
    """Return a CSV file in UTF-8 with a row of column names."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def run_import(mission: Mission, file: Any, *, by: Any = None, name: str = "events.csv", **more: Any) -> ImportRun:
    """Take a file through all its states as the command does, and return the finished run."""
    run = imports.start_import(mission=mission, file=file, name=name, by=by, queue=False, **more)
    imports.check_import(run.pk)
    imports.confirm_import(run, by=by, queue=False)
    return imports.write_import(run.pk, by=by)


def sums(rows: Iterable[Mapping[str, str]], column: str) -> int:
    """Return the sum of a column of a file as text."""
    return sum(int(row[column]) for row in rows)


def read_real() -> list[dict[str, str]]:
    """Return the rows of the real file by other means than ours."""
    with REAL_FILE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
