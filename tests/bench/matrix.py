"""The matrix of 500 threats against Django's own list of the same rows."""

from pathlib import Path
from typing import Any

from django.test import override_settings
from django.urls import reverse

from tests.bench.board import Board
from tests.bench.events import write_file
from tests.bench.measure import MeasureError, body, compare, get, queries, seconds, sign_in
from tests.bench.pages import LIST_QUERIES, count_rows
from tests.bench.world import World
from threats.models import Incident, MatrixEdition

RATIO = 0.3
EDITIONS = 10
ADMINS = {
    "with the same content": "/bench-content/threats/threat/?office={office}",
    "with ten plain columns": "/bench-admin/threats/threat/?office={office}",
}


def measure(world: World, board: Board, rows: int, times: int) -> None:
    """Compare the pages, all through all middleware, in turns."""
    client = sign_in(world.officer)
    url = reverse("threats:matrix", args=["BAMBARI"])
    for words, admin in ADMINS.items():
        admin = admin.format(office=world.offices["BAMBARI"].pk)
        with override_settings(ROOT_URLCONF="tests.bench.admin_site"):
            _same_rows(client, url, admin, rows)
            pair = (lambda: get(client, url), lambda admin=admin: get(client, admin))  # type: ignore[misc]
            ratio, mine, theirs = compare(*pair, times)
        how = (
            f"{rows} rows, ten columns: {1000 * mine:,.0f} ms against {1000 * theirs:,.0f} ms, median of {times} turns"
        )
        board.at_most(f"Matrix against Django's admin list {words}", RATIO, ratio, "", how)


def _same_rows(client: Any, url: str, admin: str, rows: int) -> None:
    """Make sure that both pages show all rows, so that the comparison is one."""
    mine = count_rows(body(get(client, url)).decode())
    theirs = body(get(client, admin)).decode().count('class="action-select"')
    if (mine, theirs) != (rows, rows):
        raise MeasureError(f"the matrix shows {mine} and the admin list {theirs} rows, not {rows}")


def measure_full(world: World, board: Board, folder: Path, rows: int, incidents: int, times: int) -> None:
    """Measure the matrix with everything that hangs on it: incidents behind each rating, editions behind each mark."""
    path = folder / "more-events.csv"
    write_file(path, max(incidents - Incident.objects.count(), 0), first=50_000_000)
    world.import_file(path)
    path.unlink()
    bambari = world.offices["BAMBARI"]
    took = seconds(
        lambda: world.add_editions("BAMBARI", EDITIONS - MatrixEdition.objects.filter(office=bambari).count())
    )
    board.note(f"Bringing {EDITIONS} editions of {rows} rows into force", f"{took:,.0f} s", "with three approvals each")
    world.open_edition("BAMBARI")
    words = f"{rows} threats, {Incident.objects.count():,} incidents, {EDITIONS} editions and one to approve"
    url = reverse("threats:matrix", args=["BAMBARI"])
    for who, person in (("officer", world.officer), ("adviser", world.adviser)):
        client = sign_in(person)
        get(client, url)
        with queries() as ran:
            get(client, url)
        board.at_most(f"Queries: full matrix, {who}", LIST_QUERIES, ran.count, "", words)
    client = sign_in(world.officer)
    for name, address in ADMINS.items():
        admin = address.format(office=bambari.pk)
        with override_settings(ROOT_URLCONF="tests.bench.admin_site"):
            pair = (lambda: get(client, url), lambda admin=admin: get(client, admin))  # type: ignore[misc]
            ratio, mine, theirs = compare(*pair, times)
        how = f"{words}: {1000 * mine:,.0f} ms against {1000 * theirs:,.0f} ms, median of {times} turns"
        board.at_most(f"Full matrix against Django's admin list {name}", RATIO, ratio, "", how)
