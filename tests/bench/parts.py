"""The parts of the bench in order, in a mission that grows from a few records to a hundred thousand."""

from dataclasses import dataclass
from pathlib import Path

from tests.bench import documents, events, matrix, matrix_pages, offline, pages, saving, warnings
from tests.bench.board import Board
from tests.bench.world import EVENTS, World


@dataclass(frozen=True)
class Sizes:
    """How much is measured: rows of the large matrix, incidents behind it, turns of comparisons, events to import."""

    threats: int = 500
    incidents: int = 20_000
    turns: int = 7
    events: int = 100_000
    reports: int = 8
    worker_turns: int = 3
    figure_turns: int = 3
    cases: int = 10_000
    actions: int = 5_000


QUICK = Sizes(threats=200, incidents=4_000, turns=3, events=10_000, reports=4, worker_turns=1, cases=1_000, actions=500)


def measure(board: Board, sizes: Sizes, folder: Path) -> None:
    """Run the parts, each in the mission as it has grown until then."""
    world = World.build()
    small = found_mission(world)
    world.add_threats("BAMBARI", 47)
    board.part("Bytes", pages.measure_bytes, world, board)
    large = grow_mission(world, sizes.threats)
    words = f"one GET, warm; 3 and {sizes.threats} threats, 3 and 1,838 incidents"
    board.part("Queries", pages.judge_queries, board, small, large, words)
    board.part("Saving", saving.measure, world, board)
    board.part("Matrix", matrix.measure, world, board, sizes.threats, sizes.turns)
    board.part("Full matrix", matrix.measure_full, world, board, folder, sizes.threats, sizes.incidents, sizes.turns)
    board.part("Pages around the matrix", matrix_pages.measure, world, board)
    board.part("Assessment", documents.measure, world, board, sizes.turns)
    board.part("Workers", documents.measure_workers, world, board, sizes.reports, sizes.worker_turns)
    board.part("Import", events.measure_import, world, board, folder, sizes.events)
    board.part("Figures", events.measure_figures, world, board, sizes.figure_turns)
    board.part("Offline", offline.measure, world, board, sizes.threats, sizes.figure_turns)
    board.part("Early warning", warnings.measure, world, board, sizes.cases, sizes.actions, sizes.figure_turns)
    board.part("Large pages", events.measure_pages, world, board, sizes.figure_turns)
    board.not_built("Dashboard over 1,000,000 incidents against 10,000", "<= 1.5")
    board.not_built("Dashboard at 100,000 incidents against one GROUP BY", "<= 10")


def found_mission(world: World) -> pages.Counts:
    """Give the mission a few records of each kind and return the queries of its pages."""
    world.add_incidents(3)
    for code in ("BAMBARI", "BRIA", "BOUAR", "BOSSANGOA"):
        world.add_threats(code, 3)
    world.add_editions("BRIA", 1)
    world.add_editions("BOSSANGOA", 1)
    world.open_edition("BOSSANGOA")
    world.add_reports(["2020-Q4"])
    world.add_forums("BAMBARI", 1)
    small = pages.count_queries(world)
    world.import_file(EVENTS)
    return small


def grow_mission(world: World, threats: int) -> pages.Counts:
    """Give the mission many records of each kind and return the queries of its pages."""
    world.add_editions("BRIA", 4)
    world.add_editions("BOUAR", 2)
    world.add_threats("BOSSANGOA", 20)
    world.add_reports([f"{year}-Q{quarter}" for year in (2018, 2019) for quarter in (1, 2, 3, 4)])
    world.add_forums("BRIA", 5)
    world.add_threats("BAMBARI", threats - 50)
    return pages.count_queries(world)
