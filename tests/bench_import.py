"""How long an import takes against a bare bulk insert of the same incidents, as a ratio of one run.

`measure()` wants an empty database of its own with the shipped places; it makes the mission BENCH in it. By hand:
`python -m tests.bench_import 100000`, with `POCWEB_VAR_DIR` at an empty folder.
"""

import csv
import itertools
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

BUDGET = 10.0
BATCH = 1000


def measure(rows: int = 100_000) -> dict[str, Any]:
    """Return seconds of check, import and bare insert of so many events, their ratio and the growth of memory in MB.

    The events are the shipped ones over and over under new ids; the bare insert stores the very same incidents under
    other ids with `bulk_create` in the same batches, without actors, sources, numbers or audit.
    """
    from pocweb.models import Mission
    from threats.models import Incident
    from threats.services import imports

    mission = _mission()
    before = _peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        size = _write(path, rows)
        began = time.perf_counter()
        with path.open("rb") as file:
            run = imports.start_import(mission=mission, file=file, name=path.name, by=None, queue=False)
        imports.check_import(run.pk)
        checked = time.perf_counter()
        imports.confirm_import(run, by=None, queue=False)
        run = imports.write_import(run.pk, by=None)
        written = time.perf_counter()
    grown = _peak_mb() - before
    if run.created != rows:
        raise AssertionError(f"{run.created} of {rows} rows were created")
    bare = _bare_insert(Incident, Mission.objects.get(pk=mission.pk), rows)
    whole = written - began
    return {
        "rows": rows,
        "file_mb": round(size / 1024 / 1024),
        "check_seconds": round(checked - began, 1),
        "import_seconds": round(written - checked, 1),
        "bare_insert_seconds": round(bare, 1),
        "ratio": round(whole / bare, 2),
        "ratio_of_import_alone": round((written - checked) / bare, 2),
        "budget": BUDGET,
        "memory_growth_mb": round(grown),
    }


def _mission() -> Any:
    from pocweb.geography import load_shipped_places
    from pocweb.models import Area
    from tests.factories.mission import make_mission, make_office

    load_shipped_places()
    mission = make_mission("BENCH", "Mission of measurements")
    headquarters = make_office(mission, "HQ")
    for area in Area.objects.filter(level=1):
        make_office(mission, f"O-{area.pcode}", headquarters, [area])
    return mission


def _write(path: Path, rows: int) -> int:
    """Write so many events and return the size of the file in bytes."""
    from tests.factories.threats_import import read_real

    real = read_real()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(real[0]))
        writer.writeheader()
        for number, row in zip(range(1, rows + 1), itertools.cycle(real), strict=False):
            writer.writerow({**row, "id": str(number)})
    return path.stat().st_size


def _bare_insert(incident: Any, mission: Any, rows: int) -> float:
    """Store copies of the imported incidents and return the seconds that the inserts alone took."""
    seconds = 0.0
    last = 0
    while True:
        block = list(incident.objects.filter(mission=mission, pk__gt=last, number__lte=rows).order_by("pk")[:BATCH])
        if not block:
            return seconds
        last = block[-1].pk
        for row in block:
            row.pk, row.number, row.origin_id = None, row.number + rows, f"copy-{row.origin_id}"
            row._state.adding = True
        began = time.perf_counter()
        incident.objects.bulk_create(block, batch_size=BATCH)
        seconds += time.perf_counter() - began


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    for key, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000).items():
        print(f"{key:>22}: {value}")
