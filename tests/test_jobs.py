"""Background jobs: one row per open work, claimed once, taken up after a death, given up after three, progress kept."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pocweb import jobs
from pocweb.choices import JobState
from pocweb.errors import RuleError
from pocweb.models import Job, Mission, Person

calls: list[int] = []


@jobs.job_kind("test_plain")
def plain(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    calls.append(job.pk)
    progress(1, 2, "half done")
    progress(2, 2, "done")
    return {"link": "/somewhere/", "sum": 3}


@jobs.job_kind("test_refused")
def refused(job: Job, progress: jobs.Progress) -> None:
    raise RuleError("too_large", "The file grew past 20 MB. Split it by quarter.")


@jobs.job_kind("test_broken")
def broken(job: Job, progress: jobs.Progress) -> None:
    raise ZeroDivisionError("secret detail")


@pytest.fixture(autouse=True)
def _no_calls() -> Iterator[None]:
    calls.clear()
    yield
    calls.clear()


def ask(mission: Mission, by: Person | None = None, kind: str = "test_plain", **more: Any) -> Job:
    return jobs.ask(kind, mission=mission, by=by, title="Work", arguments={"n": 1}, marking=1, **more)


def make_dead(job: Job, attempts: int) -> None:
    """Leave the row as a worker leaves it that was killed long ago."""
    old = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, attempts=attempts, heartbeat_at=old, claimed_by="dead:1:1:1"
    )


@pytest.mark.django_db
def test_same_work_asked_twice_is_one_row_while_it_is_open(mission: Mission) -> None:
    first, second = ask(mission), ask(mission)
    assert first.pk == second.pk
    assert ask(mission, key="other").pk != first.pk
    jobs.run(first.pk)
    assert ask(mission).pk != first.pk


@pytest.mark.django_db
def test_claim_takes_a_row_once(mission: Mission) -> None:
    job = ask(mission)
    claimed = jobs.claim(job.pk)
    assert claimed is not None
    assert (claimed.state, claimed.attempts) == (JobState.RUNNING, 1)
    assert jobs.claim(job.pk) is None
    assert jobs.run(job.pk) is False
    assert calls == []


@pytest.mark.django_db(transaction=True)
def test_run_does_the_work_and_keeps_result_and_link(mission: Mission) -> None:
    job = ask(mission)
    assert jobs.run(job.pk) is True
    job.refresh_from_db()
    assert (job.state, job.link, job.result) == (JobState.DONE, "/somewhere/", {"link": "/somewhere/", "sum": 3})
    assert (job.done_parts, job.all_parts, job.words) == (2, 2, "done")
    assert jobs.run(job.pk) is False
    assert calls == [job.pk]


@pytest.mark.django_db(transaction=True)
def test_refused_rule_is_the_error_in_plain_words(mission: Mission) -> None:
    job = ask(mission, kind="test_refused")
    assert jobs.run(job.pk) is True
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The file grew past 20 MB. Split it by quarter.")


@pytest.mark.django_db(transaction=True)
def test_broken_work_fails_without_telling_its_inside(mission: Mission) -> None:
    job = ask(mission, kind="test_broken")
    with pytest.raises(ZeroDivisionError):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "secret" not in job.error


@pytest.mark.django_db(transaction=True)
def test_unknown_kind_fails_in_words(mission: Mission) -> None:
    job = ask(mission, kind="test_never_registered")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.error == "This installation does not know jobs of kind test_never_registered."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempts", [1, 2])
def test_dead_workers_job_is_taken_up_again(mission: Mission, attempts: int) -> None:
    job = ask(mission)
    make_dead(job, attempts)
    assert jobs.next_waiting() == job.pk
    assert jobs.run(job.pk) is True
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, attempts + 1)


@pytest.mark.django_db
def test_job_is_given_up_after_three_attempts(mission: Mission) -> None:
    job = ask(mission)
    make_dead(job, 3)
    assert jobs.claim(job.pk) is None
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error == "The work was begun 3 times and broke off each time. Ask your administrator."
    assert jobs.next_waiting() is None


@pytest.mark.django_db
def test_living_worker_keeps_its_job(mission: Mission) -> None:
    job = ask(mission)
    jobs.claim(job.pk)
    assert jobs.next_waiting() is None
    assert jobs.sweep() == []


@pytest.mark.django_db
def test_worker_that_lost_its_claim_writes_nothing(mission: Mission) -> None:
    """A worker thought dead that wakes up again neither moves the bar nor ends the job of the one after it."""
    job = ask(mission)
    first = jobs.claim(job.pk)
    assert first is not None
    make_dead(job, 1)
    second = jobs.claim(job.pk)
    assert second is not None
    jobs.Progress(first)(5, 5, "late")
    jobs._end(first, JobState.FAILED, error="late")
    job.refresh_from_db()
    assert (job.state, job.done_parts, job.error) == (JobState.RUNNING, 0, "")


@pytest.mark.django_db(transaction=True)
def test_heartbeat_stays_fresh_while_the_work_runs(mission: Mission, settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 0.3
    job = ask(mission)
    claimed = jobs.claim(job.pk)
    assert claimed is not None
    before = claimed.heartbeat_at
    with jobs.heartbeat(claimed):
        deadline = timezone.now() + timedelta(seconds=10)
        while timezone.now() < deadline:
            fresh = Job.objects.get(pk=job.pk).heartbeat_at
            if fresh and before and fresh > before:
                break
    assert fresh is not None
    assert before is not None
    assert fresh > before


@pytest.mark.django_db(transaction=True)
def test_work_off_does_all_and_outlives_a_broken_one(mission: Mission) -> None:
    ask(mission, kind="test_broken", key="1")
    last = ask(mission, key="2")
    assert jobs.work_off() == 2
    last.refresh_from_db()
    assert last.state == JobState.DONE


@pytest.mark.django_db
def test_jobs_are_seen_by_who_asked(mission: Mission, officer: Person, adviser: Person) -> None:
    job = ask(mission, officer)
    assert list(Job.objects.visible_to(officer)) == [job]
    assert list(Job.objects.visible_to(adviser)) == []
