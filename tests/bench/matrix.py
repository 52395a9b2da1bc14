"""The matrix of 500 threats against Django's own list of the same rows."""

from typing import Any

from django.test import override_settings
from django.urls import reverse

from tests.bench.board import Board
from tests.bench.measure import MeasureError, body, compare, get, sign_in
from tests.bench.pages import count_rows
from tests.bench.world import World

RATIO = 0.3
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
