"""Early warning in a mission of 10,000 cases and 5,000 action points: queries of its pages, and how they grow."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from coordination.models import ActionPoint, CaseRecipient, CaseResponse, CaseStep, Meeting, WarningCase
from coordination.warnings.choices import AtRisk, Branch, CaseState, Channel, Outcome, ThreatenedAct
from coordination.warnings.rules import ORDER, priority_of
from pocweb.models import Component, Counter
from tests.bench.board import Board
from tests.bench.measure import get, queries, seconds, sign_in
from tests.bench.pages import DESK_QUERIES, LIST_QUERIES
from tests.bench.world import World
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import make_meeting
from tests.factories.threats_threat import NOON

FEW = 100
BRANCHES = (Branch.NON_IMMINENT, Branch.IMMINENT)


def pages(world: World) -> dict[str, str]:
    """Return the pages by name."""
    names = {
        "alerts": "case-list",
        "Early Warning Matrix": "ew-matrix",
        "alert clock": "clock",
        "indicators of early warning": "indicators",
        "action points": "action-list",
        "meetings": "meeting-list",
        "flash reports": "flash-list",
        "resource requests": "request-list",
    }
    return {name: reverse(f"coordination:{address}") for name, address in names.items()} | {
        "closed alerts": reverse("coordination:case-list") + "?state=closed",
        "overdue action points": reverse("coordination:action-list") + "?late=yes",
        "desk": reverse("pocweb:desk"),
    }


def measure(world: World, board: Board, cases: int, actions: int, times: int) -> None:
    """Open each page as the adviser with few records and with many; count queries, compare the time of both."""
    client = sign_in(world.adviser)
    meeting = make_meeting(make_forum(world.offices["BAMBARI"], world.adviser, "Early warning"), world.adviser)
    add_cases(world, FEW)
    add_actions(world, meeting, FEW)
    before = {name: _median(client, url, times) for name, url in pages(world).items()}
    add_cases(world, cases - FEW)
    add_actions(world, meeting, actions - FEW)
    words = f"{WarningCase.objects.count():,} cases, {ActionPoint.objects.count():,} action points"
    for name, url in pages(world).items():
        after = _median(client, url, times)
        with queries() as ran:
            get(client, url)
        how = f"{words}: {1000 * after:,.0f} ms, with {FEW} of each {1000 * before[name]:,.0f} ms, median of {times}"
        board.at_most(f"Queries: {name}", DESK_QUERIES if name == "desk" else LIST_QUERIES, ran.count, "", how)


def _median(client: Any, url: str, times: int) -> float:
    get(client, url)
    found = sorted(seconds(lambda: get(client, url)) for _turn in range(times))
    return found[len(found) // 2]


def add_cases(world: World, count: int) -> None:
    """Store cases over a year in all states of both branches, three of four closed, with what hangs on them."""
    first = Counter.take(world.mission, "case", count)
    made = WarningCase.objects.bulk_create(
        (_case(world, number) for number in range(first, first + count)), batch_size=500
    )
    CaseStep.objects.bulk_create(
        (
            CaseStep(
                case=case, key=key, act=act, after=case.state, begun_at=case.received_at,
                ended_at=case.received_at + timedelta(minutes=20), by=world.officer,
            )
            for case in made
            for key, act in (("2", "file"), ("5", "class"))
        ),
        batch_size=500,
    )  # fmt: skip
    CaseRecipient.objects.bulk_create(
        (
            CaseRecipient(
                case=case, step="I10", label="POC Unit", person=world.adviser, sent_at=case.received_at,
                due_at=case.received_at + timedelta(minutes=30),
                acknowledged_at=case.received_at + timedelta(minutes=10) if case.number % 50 else None,
            )
            for case in made
            if case.branch == Branch.IMMINENT
        ),
        batch_size=500,
    )  # fmt: skip
    force = Component.objects.get(mission=world.mission, code="force")
    CaseResponse.objects.bulk_create(
        (
            CaseResponse(
                case=case, kind="patrol", component=force, state="done", begun_at=case.acted_at,
                created_at=case.received_at, changed_at=case.received_at,
            )
            for case in made
            if case.acted_at
        ),
        batch_size=500,
    )  # fmt: skip


def _case(world: World, number: int) -> WarningCase:
    branch = BRANCHES[number % 2]
    order = ORDER[branch]
    state = CaseState.CLOSED if number % 4 else order[number // 4 % (len(order) - 1)]
    at = NOON - timedelta(hours=number % 8_700)
    is_closed = state == CaseState.CLOSED
    impact, likelihood = number % 3 + 1, number // 3 % 3 + 1
    times = {
        name: at + timedelta(minutes=minutes + number % 60)
        for name, minutes in (
            ("classed_at", 20), ("disseminated_at", 30), ("decided_at", 120), ("flashed_at", 150), ("acted_at", 240),
            ("neutralised_at", 900), ("closed_at", 1_000),
        )
        if is_closed
    }  # fmt: skip
    return WarningCase(
        mission=world.mission,
        office=list(world.offices.values())[number % len(world.offices)],
        number=number,
        marking=1,
        received_at=at,
        created_at=at,
        changed_at=at,
        created_by=world.officer,
        channel=list(Channel)[number % len(Channel)],
        act=list(ThreatenedAct)[number % len(ThreatenedAct)],
        place=f"Village {number % 400}",
        text=next(world.texts),
        at_risk=[list(AtRisk)[number % len(AtRisk)].value],
        state=state,
        branch=branch,
        imminence_reason="Seen by a patrol.",
        is_triangulated=True,
        case_class="warning" if number % 3 else "alert",
        impact_civilians=impact,
        impact=impact,
        likelihood=likelihood,
        likelihood_body="cell",
        priority=priority_of(impact, likelihood),
        outcome=list(Outcome)[number % len(Outcome)] if is_closed else "",
        **times,
    )


def add_actions(world: World, meeting: Meeting, count: int) -> None:
    """Store action points of a meeting, half of them done, some overdue."""
    first = Counter.take(world.mission, "action_point", count)
    component = Component.objects.get(mission=world.mission, code="force")
    ActionPoint.objects.bulk_create(
        (
            ActionPoint(
                mission=world.mission, office=meeting.office, meeting=meeting, number=number, marking=1,
                text=next(world.texts), owner=world.officer, component=component,
                due_on=NOON.date() + timedelta(days=number % 120 - 60), created_at=NOON, changed_at=NOON,
                **({"state": "done", "done_on": NOON.date()} if number % 2 else {}),
            )
            for number in range(first, first + count)
        ),
        batch_size=500,
    )  # fmt: skip
