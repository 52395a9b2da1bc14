"""A process that dies in the middle of a job: the job is taken up again, and its effect shows once."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from pocweb import jobs
from pocweb.celery import app
from pocweb.choices import JobState, Marking
from pocweb.models import Job, Mission
from tests.processes import LEASE_SECONDS, CeleryWorker, JobProcess, Program, wait_until

TAKEN_UP_WITHIN_SECONDS = 30


def ask_for_job(folder: Path) -> Job:
    """Ask for a job that waits for the file `go` in the folder, as a page would."""
    mission = Mission.objects.create(code="minuland", name="Mission in Minuland", country_code="XXX")
    with transaction.atomic():
        return jobs.ask(
            "tests.wait_for_file",
            mission=mission,
            by=None,
            title="Wait for a file",
            arguments={"folder": str(folder)},
            marking=Marking.CONFIDENTIAL,
        )


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def outcome(job: Job) -> tuple[str, int, int, int, dict[str, str]]:
    """Return state, attempts, parts done, all parts and result."""
    job.refresh_from_db()
    return job.state, job.attempts, job.done_parts, job.all_parts, job.result


def kill_in_the_middle(runner: Program, job: Job, folder: Path) -> None:
    """Kill the process once it has begun the job, and check that it left the job unfinished."""
    wait_until(lambda: lines(folder / "begun"), seconds=TAKEN_UP_WITHIN_SECONDS, what="begin of the job")
    runner.kill()
    job.refresh_from_db()
    assert (job.state, lines(folder / "done")) == (JobState.RUNNING, [])
    (folder / "go").touch()


def is_ended(job: Job) -> bool:
    job.refresh_from_db()
    return job.state not in JobState.OPEN_STATES


@pytest.mark.worker
def test_job_runs_in_the_worker_and_shows_its_result(celery_worker: CeleryWorker, tmp_path: Path) -> None:
    (tmp_path / "go").touch()

    job = ask_for_job(tmp_path)

    wait_until(lambda: is_ended(job), seconds=TAKEN_UP_WITHIN_SECONDS, what="end of the job")
    assert outcome(job) == (JobState.DONE, 1, 1, 2, {"folder": str(tmp_path)})


@pytest.mark.worker
def test_job_of_a_killed_worker_is_done_once_by_the_next(celery_worker: CeleryWorker, tmp_path: Path) -> None:
    job = ask_for_job(tmp_path)
    kill_in_the_middle(celery_worker, job, tmp_path)

    celery_worker.start()

    def is_ended_after_sweep() -> bool:
        app.send_task("pocweb.sweep_jobs")  # what beat sends every half minute
        return is_ended(job)

    wait_until(is_ended_after_sweep, seconds=TAKEN_UP_WITHIN_SECONDS, what="second attempt")
    assert outcome(job) == (JobState.DONE, 2, 1, 2, {"folder": str(tmp_path)})
    assert len(lines(tmp_path / "begun")) == 2
    assert len(lines(tmp_path / "done")) == 1


def test_job_of_a_killed_job_process_is_done_once_by_the_next(transactional_db: None, tmp_path: Path) -> None:
    runner = JobProcess(tmp_path / "jobs.log")
    runner.start()
    job = ask_for_job(tmp_path)
    kill_in_the_middle(runner, job, tmp_path)

    runner.start()

    wait_until(lambda: is_ended(job), seconds=TAKEN_UP_WITHIN_SECONDS, what="second attempt")
    runner.stop()
    assert outcome(job) == (JobState.DONE, 2, 1, 2, {"folder": str(tmp_path)})
    assert len(lines(tmp_path / "begun")) == 2
    assert len(lines(tmp_path / "done")) == 1


def test_job_that_always_kills_its_process_is_given_up(transactional_db: None, tmp_path: Path) -> None:
    job = ask_for_job(tmp_path)
    runner = JobProcess(tmp_path / "jobs.log")
    for attempt in (1, 2, 3):
        runner.start()
        wait_until(
            lambda expected=attempt: len(lines(tmp_path / "begun")) == expected,
            seconds=TAKEN_UP_WITHIN_SECONDS,
            what=f"attempt {attempt}",
        )
        runner.kill()

    runner.start()

    wait_until(lambda: is_ended(job), seconds=TAKEN_UP_WITHIN_SECONDS, what="giving up")
    runner.stop()
    assert outcome(job)[:2] == (JobState.FAILED, 3)
    assert job.error.startswith("The work was begun 3 times and broke off each time.")
    assert job.ended_at - job.queued_at >= timedelta(seconds=2 * LEASE_SECONDS)
