"""The pages around the matrix, with its threats and incidents behind them: queries, and how long each takes."""

from typing import Any

from django.urls import reverse

from tests.bench.board import Board
from tests.bench.measure import get, queries, seconds, sign_in
from tests.bench.pages import DESK_QUERIES, LIST_QUERIES
from tests.bench.world import World
from threats.models import Incident, Threat


def pages(world: World) -> dict[str, str]:
    """Return the pages by name; those of a matrix are of the office and of the branch above it."""
    found = {f"hotspots, level {level}": reverse("threats:hotspots") + f"?level={level}" for level in (1, 2, 3)}
    names = {
        "gaps": "gap-list",
        "changes": "matrix-changes",
        "leadership": "leadership",
        "outcomes": "outcomes",
        "quality": "quality",
        "response": "response",
        "editions": "edition-list",
    }
    for name, address in names.items():
        for code in ("BAMBARI", "HQ"):
            found[f"{name}, {code}"] = reverse(f"threats:{address}", args=[code])
    return found | {
        "watch": reverse("threats:watch"),
        "calendar": reverse("threats:trigger-list"),
        "presences": reverse("threats:presence-list"),
        "threat": reverse("threats:threat-detail", args=[world.threat_of("BAMBARI").pk]),
        "desk": reverse("pocweb:desk"),
    }


def measure(world: World, board: Board) -> None:
    """Open each page as the adviser: cold and warm in seconds, and the queries of the third time."""
    client = sign_in(world.adviser)
    counts = f"{Threat.objects.count():,} threats, {Incident.objects.count():,} incidents"
    for name, url in pages(world).items():
        board.part(f"Page: {name}", _measure, board, client, name, url, counts)


def _measure(board: Board, client: Any, name: str, url: str, counts: str) -> None:
    cold, warm = (seconds(lambda: get(client, url)) for _turn in range(2))
    with queries() as ran:
        get(client, url)
    limit = DESK_QUERIES if name in ("desk", "threat") else LIST_QUERIES  # pages of many parts
    how = f"{counts}: {1000 * cold:,.0f} ms the first time, {1000 * warm:,.0f} ms the second"
    board.at_most(f"Queries: {name}", limit, ran.count, "", how)
