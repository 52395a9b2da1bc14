"""Real processes draw the report; one killed in the middle is replaced by the next, and the report appears once."""

import hashlib
from pathlib import Path

import pytest
from django.conf import settings

from pocweb.audit import history_of, verify
from pocweb.celery import app
from pocweb.choices import JobState
from pocweb.models import Job, Person
from reporting.models import Report, ReportFile
from reporting.rendering import ask_for_pdf, content_of, draw
from tests.processes import CeleryWorker, JobProcess, Program, wait_until
from tests.reporting.conftest import NOW

WITHIN_SECONDS = 90
DRAWING = 2


def reached(job: Job, part: int) -> bool:
    job.refresh_from_db()
    return job.done_parts >= part


def is_ended(job: Job) -> bool:
    job.refresh_from_db()
    return job.state not in JobState.OPEN_STATES


def kill_while_drawing(runner: Program, job: Job) -> None:
    """Kill the process once it says that it draws the pages, and check that it left nothing finished."""
    wait_until(lambda: reached(job, DRAWING), seconds=WITHIN_SECONDS, what="begin of the drawing")
    runner.kill()
    job.refresh_from_db()
    assert (job.state, job.done_parts, job.attempts) == (JobState.RUNNING, DRAWING, 1)
    assert ReportFile.objects.count() == 0


def check_appeared_once(report: Report, job: Job) -> None:
    """Check that the second attempt left one file, one entry in the history, and the bytes that drawing here gives."""
    assert (job.state, job.attempts, job.error) == (JobState.DONE, 2, "")
    kept = ReportFile.objects.get()
    assert job.result["file"] == kept.pk
    assert kept.sha256 == hashlib.sha256(draw(content_of(report, now=NOW)[0])).hexdigest()
    folder = (Path(settings.MEDIA_ROOT) / kept.file.name).parent
    assert [path.name for path in folder.glob("*.pdf")].count(Path(kept.file.name).name) == 1
    assert [event.verb for event in history_of(report)].count("drawn") == 1
    assert list(verify(report.mission)) == []


@pytest.mark.worker
def test_report_of_a_killed_worker_appears_once(
    celery_worker: CeleryWorker, whole_report: Report, adviser: Person
) -> None:
    """QR-02: drawn by a worker; one that dies in the middle costs nothing but time."""
    job = ask_for_pdf(whole_report, by=adviser)
    kill_while_drawing(celery_worker, job)

    celery_worker.start()

    def is_ended_after_sweep() -> bool:
        app.send_task("pocweb.sweep_jobs")  # what beat sends every half minute
        return is_ended(job)

    wait_until(is_ended_after_sweep, seconds=WITHIN_SECONDS, what="second attempt")
    check_appeared_once(whole_report, job)


def test_report_of_a_killed_job_process_appears_once(
    transactional_db: None, whole_report: Report, adviser: Person, tmp_path: Path
) -> None:
    """The same without a broker, where `run_jobs` does the work."""
    job = ask_for_pdf(whole_report, by=adviser)
    runner = JobProcess(tmp_path / "jobs.log")
    runner.start()
    kill_while_drawing(runner, job)

    runner.start()

    wait_until(lambda: is_ended(job), seconds=WITHIN_SECONDS, what="second attempt")
    runner.stop()
    check_appeared_once(whole_report, job)
