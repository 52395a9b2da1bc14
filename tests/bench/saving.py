"""What saving one cell and one rating costs in queries, and which columns it writes.

The budget is that of the act itself. The whole request knows the person first (session, account, postings, grants) and
reads afterwards what it shows; it is told beside the budget.
"""

from typing import Any

from django.urls import reverse

from tests.bench.board import HOLDS, MISSED, Board, Line
from tests.bench.measure import MeasureError, Queries, queries, sign_in
from tests.bench.world import World
from threats.models import Threat
from threats.services.threats import assess_threat, edit_threat

LIMIT = 10
OF_GUARD = {"version", "changed_at", "changed_by_id"}
OF_RATING = {"likelihood", "impact", "risk", "priority", "trend", "assessed_on", "confidence", "expected_risk"}


def measure(world: World, board: Board) -> None:
    """Save by the services, then through the pages as a person does."""
    threat = world.threat_of("BAMBARI")
    officer = world.fresh(world.officer)
    _ = officer.grants
    with queries() as ran:
        edit_threat(threat, changes={"action": "Road check at the bridge"}, based_on=threat.version, by=officer)
    _judge(board, "Saving a cell, the service", ran, {"action"} | OF_GUARD)
    threat = world.threat_of("BAMBARI")
    with queries() as ran:
        assess_threat(threat, likelihood=5, impact=4, reason="Reports of three weeks", by=officer)
    _judge(board, "Saving a rating, the service", ran, OF_RATING)
    client = sign_in(world.officer)
    threat.refresh_from_db()
    cell = reverse("threats:matrix-cell", args=["BAMBARI", threat.pk, "action"])
    sent = {"action": "Road check at both bridges", "based_on": threat.version}
    client.get(cell)
    with queries() as ran:
        _answered(client.post(cell, sent, headers={"hx-request": "true"}), 200)
    _tell(board, "Saving a cell, the whole request", ran, "with the row that it shows")
    rating = reverse("threats:threat-assess", args=[threat.pk])
    sent = {"cell": "4-5", "reason": "Second week of attacks", "confidence": 2}
    client.get(rating)
    with queries() as ran:
        _answered(client.post(rating, sent), 302)
    _tell(board, "Saving a rating, the whole request", ran, "then leads to the threat's page")


def _answered(answer: Any, status: int) -> None:
    if answer.status_code != status:
        raise MeasureError(f"{answer.request['PATH_INFO']} answered {answer.status_code}, not {status}")


def _tell(board: Board, name: str, ran: Queries, words: str) -> None:
    reads = sum(text.startswith("SELECT") for text in ran.texts)
    board.note(name, f"{ran.count} queries", f"{reads} of them read; {words}")


def _judge(board: Board, name: str, ran: Queries, allowed: set[str]) -> None:
    updates = ran.updates_of(Threat._meta.db_table)
    written = {column for update in updates for column in update}
    if not written:
        raise MeasureError(f"{name}: no UPDATE of the threat was seen")
    state = HOLDS if ran.count <= LIMIT and written <= allowed else MISSED
    how = f"UPDATE of {', '.join(sorted(written))}; {ran.of_transaction} statements of transactions not counted"
    board.add(Line(name, f"<= {LIMIT}, changed columns", f"{ran.count} queries", state, how))
