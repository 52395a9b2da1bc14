"""The schedule: each round once by whoever is first, again after its interval, again when its process died."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pocweb import schedule
from pocweb.deadlines import Stage, stages
from pocweb.models import Tick
from pocweb.tasks import tick

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
DUE = datetime(2020, 12, 31, tzinfo=UTC).date()
Runs = list[tuple[str, datetime]]


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def runs(db: None, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Know two rounds alone, one of a minute and one of an hour, and note when they run."""
    found: Runs = []
    monkeypatch.setattr(schedule, "_rounds", {})
    schedule.register_tick("minute", 60, lambda now: found.append(("minute", now)))
    schedule.register_tick("hour", 3600, lambda now: found.append(("hour", now)))
    return found


def test_round_runs_at_once_and_then_after_its_interval(runs: Runs) -> None:
    done = [schedule.run_due(later(seconds)) for seconds in (0, 20, 59, 60, 3600)]

    assert done == [["minute", "hour"], [], [], ["minute"], ["minute", "hour"]]
    assert runs == [
        ("minute", NOW),
        ("hour", NOW),
        ("minute", later(60)),
        ("minute", later(3600)),
        ("hour", later(3600)),
    ]


def test_task_of_beat_does_what_is_due_and_looks_once_when_nothing_is(runs: Runs) -> None:
    assert tick() == ["minute", "hour"]
    with CaptureQueriesContext(connection) as seen:
        assert tick() == []
    assert len(seen) == 1


def test_round_that_another_holds_is_left_and_taken_up_when_its_process_died(runs: Runs, settings: Any) -> None:
    """The claim is a conditional update: a second caller, still in the first one's round, finds it taken."""
    settings.JOB_LEASE_SECONDS = 30
    inner: list[list[str]] = []
    schedule.register_tick("minute", 60, lambda now: inner.append(schedule.run_due(now)))

    assert schedule.run_due(NOW) == ["minute"]
    assert inner == [["hour"]]  # not "minute" again

    Tick.objects.filter(name="hour").update(last_at=None, claim="dead", claimed_until=later(30))
    assert schedule.run_due(later(29)) == []
    assert schedule.run_due(later(31)) == ["hour"]
    assert Tick.objects.get(name="hour").claim == ""


def test_failing_round_is_noted_and_keeps_no_other_from_running(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_now: datetime) -> None:
        raise ValueError("broken")

    schedule.register_tick("minute", 60, fail)

    assert schedule.run_due(NOW) == ["hour"]
    row = Tick.objects.get(name="minute")
    assert (row.error, row.last_at, row.claimed_until) == ("ValueError", NOW, None)
    assert "The round minute failed" in caplog.text
    schedule.register_tick("minute", 60, lambda now: None)
    assert schedule.run_due(later(60)) == ["minute"]
    assert Tick.objects.get(name="minute").error == ""


@pytest.mark.parametrize(
    ("days_late", "days_before", "expected"),
    [
        (-2, 1, ()),
        (-1, 1, (Stage.SOON,)),
        (0, 1, (Stage.SOON,)),  # on the day itself it is in time
        (1, 1, (Stage.OVERDUE,)),
        (2, 1, (Stage.OVERDUE,)),
        (3, 1, (Stage.OVERDUE, Stage.LEVEL_1)),
        (6, 1, (Stage.OVERDUE, Stage.LEVEL_1)),
        (7, 1, (Stage.OVERDUE, Stage.LEVEL_1, Stage.LEVEL_2)),
        (400, 1, (Stage.OVERDUE, Stage.LEVEL_1, Stage.LEVEL_2)),
        (-31, 30, ()),
        (-30, 30, (Stage.SOON,)),
    ],
)
def test_deadline_is_told_from_before_it_and_climbs(
    days_late: int, days_before: int, expected: tuple[Stage, ...]
) -> None:
    assert stages(DUE, DUE + timedelta(days=days_late), days_before=days_before) == expected
