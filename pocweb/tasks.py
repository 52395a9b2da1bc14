"""Celery's side of the jobs, and the kinds of jobs that the shared app does."""

from typing import Any

from celery import shared_task
from django.urls import reverse
from django.utils.translation import gettext

from pocweb import audit, jobs, schedule
from pocweb.models import AuditEvent, Job


@shared_task(name="pocweb.run_job", acks_late=True)
def run_job(pk: int) -> bool:
    """Do one job; a second delivery of the same message finds the row taken and does nothing."""
    return jobs.run(pk)


@shared_task(name="pocweb.sweep_jobs")
def sweep_jobs() -> int:
    """Send again what was lost; return how many rows were sent."""
    return len(jobs.sweep())


@shared_task(name="pocweb.tick", acks_late=True)
def tick() -> list[str]:
    """Do the rounds of the schedule that are due; return their names."""
    return schedule.run_due()


@jobs.job_kind("verify_audit")
def verify_audit(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Walk the mission's chain; the result tells the number of events and the faults, in words."""
    progress(0, 1, gettext("Walking the chain of events"))
    faults = [f"{fault.seq}: {fault.what}" for fault in audit.verify(job.mission)]
    events = AuditEvent.objects.filter(mission=job.mission).count()
    progress(1, 1)
    return {"events": events, "faults": faults[:100], "link": reverse("pocweb:audit-list")}
