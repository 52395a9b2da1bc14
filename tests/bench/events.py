"""Events by the hundred thousand: their import against a bare bulk insert, its memory, and figures over them."""

import csv
import random
from pathlib import Path
from statistics import median
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.urls import reverse

from tests.bench.board import Board
from tests.bench.measure import MeasureError, compare, get, queries, seconds, sign_in
from tests.bench.pages import LIST_QUERIES
from tests.bench.world import EVENTS, World
from threats.figures import GROUPINGS, figures
from threats.models import CasualtyCount, Incident, IncidentActor

RATIO, FIGURE_RATIO = 10, 10
FLAT_MB = 20
BLOCK = 1000


def write_file(path: Path, count: int, first: int = 10_000_000) -> None:
    """Write so many events in UCDP's layout: the shipped ones again and again, each with an id and a point of its own.

    Points move by at most a kilometre, so that no place is looked up once and remembered for the next copy. Ids
    count from `first`, so that two files do not hold the same events.
    """
    chance = random.Random(first)
    with EVENTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for number in range(count):
            row = dict(rows[number % len(rows)], id=str(first + number))
            row["latitude"] = f"{float(row['latitude']) + chance.uniform(-0.01, 0.01):.6f}"
            row["longitude"] = f"{float(row['longitude']) + chance.uniform(-0.01, 0.01):.6f}"
            row["geom_wkt"] = f"POINT ({row['longitude']} {row['latitude']})"
            writer.writerow(row)


class Memory:
    """What the process holds in memory as the import goes on, by phase and row."""

    def __init__(self) -> None:
        self.samples: list[list[tuple[int, float]]] = []

    def __call__(self, done: int, of: int, words: str = "") -> None:
        if not self.samples or done < self.samples[-1][-1][0]:
            self.samples.append([])
        self.samples[-1].append((done, resident_mb()))

    def growth_mb(self) -> float:
        """Return by how much it grew at most in a phase after its first fifth, when caches are full."""
        grown = []
        for phase in self.samples:
            start = next(size for done, size in phase if done >= phase[-1][0] / 5)
            grown.append(max(size for done, size in phase if done >= phase[-1][0] / 5) - start)
        return max(grown)


def resident_mb() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def measure_import(world: World, board: Board, folder: Path, count: int) -> None:
    """Import a file with check and confirmation, then insert the same rows bare."""
    path = folder / "events.csv"
    write_file(path, count)
    last = Incident.objects.order_by("-pk").values_list("pk", flat=True)[0]
    memory = Memory()
    runs: list[Any] = []
    took = seconds(lambda: runs.append(world.import_file(path, memory)))
    path.unlink()
    if runs[0].created != count:
        raise MeasureError(f"{runs[0].created} of {count} events were imported, {runs[0].rejected} rejected")
    bare = bare_insert(last, count)
    related = IncidentActor.objects.filter(incident__pk__gt=last).count()
    related += CasualtyCount.objects.filter(incident__pk__gt=last).count()
    how = (
        f"{count:,} rows: {took:,.0f} s (read twice, checked, placed, {related:,} rows of actors and counts beside) "
        f"against {bare:,.1f} s for bulk_create of the incidents alone; one turn"
    )
    board.at_most("Import against a bare bulk insert", RATIO, took / bare, "", how)
    how = f"resident memory from a fifth of the {count:,} rows to the end, the larger of check and writing"
    board.at_most("Import: growth of memory", FLAT_MB, max(memory.growth_mb(), 0), " MB", how)


def bare_insert(after: int, count: int) -> float:
    """Return the seconds that storing the same incidents takes with `bulk_create` alone; they are gone afterwards."""
    last = Incident.objects.order_by("-pk").values_list("pk", flat=True)[0]
    took = 0.0
    for start in range(after, last, BLOCK):
        rows = list(Incident.objects.filter(pk__gt=start, pk__lte=min(start + BLOCK, last)).order_by("pk"))
        for row in rows:
            row.pk, row.number, row.origin_id = None, row.number + 10 * count, f"bare-{row.origin_id}"
        took += seconds(lambda rows=rows: _insert(rows))  # type: ignore[misc]  # bound at once
    copies = Incident.objects.filter(pk__gt=last)
    if copies.count() != count:
        raise MeasureError(f"the bare insert stored {copies.count()} rows, not {count}")
    copies._raw_delete(copies.db)
    return took


@transaction.atomic
def _insert(rows: list[Incident]) -> None:
    Incident.objects.bulk_create(rows)


def measure_figures(world: World, board: Board, turns: int) -> None:
    """Compare every figure over all incidents with one GROUP BY over the same table."""
    incidents = Incident.objects.count()
    ratios: dict[str, tuple[float, float]] = {}
    for grouping in GROUPINGS:
        for measure in ("events", "killed"):
            ratio, mine, _theirs = compare(
                lambda m=measure, g=grouping: figures(world.mission, measure=m, by=g),  # type: ignore[misc]
                one_group_by,
                turns,
            )
            ratios[f"{measure} by {grouping}"] = (ratio, mine)
    slowest = max(ratios, key=lambda name: ratios[name])
    plain = median(seconds(one_group_by) for _turn in range(turns))
    how = (
        f"{incidents:,} incidents: the slowest of {len(ratios)} figures, {slowest}, "
        f"{1000 * ratios[slowest][1]:,.0f} ms; GROUP BY {1000 * plain:,.0f} ms; "
        f"the median figure {median(one for one, _seconds in ratios.values()):.1f}"
    )
    board.at_most("Figures against one GROUP BY", FIGURE_RATIO, ratios[slowest][0], "", how)


def one_group_by() -> list[Any]:
    """Return events and killed by first-level area, in one query without a condition."""
    return list(Incident.objects.order_by().values("area1").annotate(events=Count("pk"), killed=Sum("killed_best")))


def measure_pages(world: World, board: Board, turns: int) -> None:
    """Look at the pages that count incidents, now that there are many."""
    incidents = Incident.objects.count()
    client = sign_in(world.adviser)
    urls = {
        "incident list": reverse("threats:incident-list"),
        "map of incidents": reverse("threats:incident-map"),
        "matrix of Bambari": reverse("threats:matrix", args=["BAMBARI"]),
        "desk": reverse("pocweb:desk"),
    }
    for name, url in urls.items():
        ratio, mine, _theirs = compare(lambda url=url: get(client, url), one_group_by, turns)  # type: ignore[misc]
        board.note(
            f"Page at {incidents:,} incidents: {name}", f"{1000 * mine:,.0f} ms", f"{ratio:.1f} times one GROUP BY"
        )
    with queries() as ran:
        get(client, urls["incident list"])
    board.at_most(f"Queries: incidents, {incidents:,} rows", LIST_QUERIES, ran.count, "", "one GET")
