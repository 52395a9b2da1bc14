"""Celery's side of the jobs."""

from celery import shared_task

from pocweb import jobs


@shared_task(name="pocweb.run_job", acks_late=True)
def run_job(pk: int) -> bool:
    """Do one job; a second delivery of the same message finds the row taken and does nothing."""
    return jobs.run(pk)


@shared_task(name="pocweb.sweep_jobs")
def sweep_jobs() -> int:
    """Send again what was lost; return how many rows were sent."""
    return len(jobs.sweep())
