"""Background work: asking for it, claiming it, telling how far it is, taking it up again.

The Job row is the truth. A message to a worker, or the embedded child process, only says "look". A worker claims the
row by a conditional update and keeps a heartbeat; a row whose heartbeat is older than the lease is taken up again, at
most `JOB_MAX_ATTEMPTS` times. Work functions must be idempotent: they may run twice, their effect must show once.
"""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, models, transaction
from django.utils import timezone

from pocweb.audit import fingerprint
from pocweb.choices import JobState
from pocweb.errors import RuleError
from pocweb.models import Job, Mission

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """What a work function is handed to say how far it is."""

    job: Job

    def __call__(self, done: int, of: int, words: str = "") -> None:
        """Store that `done` parts of `of` are finished; `words` tell a person what is going on."""
        Job.objects.filter(pk=self.job.pk, claimed_by=self.job.claimed_by).update(
            done_parts=done, all_parts=of, words=words[:200], heartbeat_at=timezone.now()
        )


Work = Callable[[Job, Progress], dict[str, Any] | None]
_kinds: dict[str, Work] = {}


def job_kind(name: str) -> Callable[[Work], Work]:
    """Register the function that does jobs of this kind; it returns the result, which may hold a "link"."""

    def register(work: Work) -> Work:
        _kinds[name] = work
        return work

    return register


def ask(
    kind: str,
    *,
    mission: Mission,
    by: Any,
    title: str,
    arguments: dict[str, Any],
    marking: int,
    key: str = "",
) -> Job:
    """Queue work and return its row; the same work asked for twice while it is open returns the open row.

    `key` names the work where it is the same for everybody; else it is the same person's with the same arguments.
    Sent to the broker when the transaction is through; without a broker the embedded child process finds it.
    """
    key = key or f"{kind}:{getattr(by, 'pk', None)}:{fingerprint(arguments)}"
    try:
        with transaction.atomic():
            job = Job.objects.create(
                mission=mission,
                kind=kind,
                title=title,
                arguments=arguments,
                asked_by=by,
                marking=marking,
                key=key,
                queued_at=timezone.now(),
            )
    except IntegrityError:
        return Job.objects.get(key=key, state__in=JobState.OPEN_STATES)
    transaction.on_commit(lambda: send(job.pk))
    return job


def send(pk: int) -> None:
    """Tell a worker that the row waits; a broker that cannot be reached loses nothing, the sweep sends again.

    The moment of sending stands in `heartbeat_at` while the row waits, so that the sweep leaves fresh messages alone.
    """
    if not settings.CELERY_BROKER_URL:
        return
    Job.objects.filter(pk=pk, state=JobState.QUEUED).update(heartbeat_at=timezone.now())
    from kombu.exceptions import OperationalError  # only with a broker

    from pocweb.tasks import run_job  # tasks import this module

    try:
        run_job.delay(pk)
    except OperationalError as error:
        log.warning("Job %s waits for the sweep, the broker does not answer: %s", pk, error)


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _claimable() -> models.Q:
    old = timezone.now() - _lease()
    return models.Q(state=JobState.QUEUED) | models.Q(state=JobState.RUNNING, heartbeat_at__lt=old)


def claim(pk: int) -> Job | None:
    """Take the row for this process, or return None when it is done, given up or in living hands."""
    give_up(pk)
    me = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}:{timezone.now().timestamp()}"[:80]
    now = timezone.now()
    taken = (
        Job.objects.filter(_claimable(), pk=pk)
        .filter(attempts__lt=settings.JOB_MAX_ATTEMPTS)
        .update(
            state=JobState.RUNNING,
            claimed_by=me,
            attempts=models.F("attempts") + 1,
            heartbeat_at=now,
            started_at=now,
        )
    )
    return Job.objects.select_related("mission", "asked_by").get(pk=pk) if taken else None


def give_up(pk: int) -> None:
    """Mark a job failed whose last allowed attempt died without a word."""
    Job.objects.filter(_claimable(), pk=pk, attempts__gte=settings.JOB_MAX_ATTEMPTS).update(
        state=JobState.FAILED,
        ended_at=timezone.now(),
        error=f"The work was begun {settings.JOB_MAX_ATTEMPTS} times and broke off each time. Ask your administrator.",
    )


@contextlib.contextmanager
def heartbeat(job: Job) -> Iterator[None]:
    """Keep the row's heartbeat fresh from a thread of its own while the work runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.JOB_LEASE_SECONDS / 3):
            try:
                Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by).update(heartbeat_at=timezone.now())
            except DatabaseError as error:
                log.warning("The heartbeat of job %s was missed: %s", job.pk, error)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def run(pk: int) -> bool:
    """Claim and do one job; return whether this call did it. A refused rule is its error in plain words."""
    job = claim(pk)
    if job is None:
        return False
    work = _kinds.get(job.kind)
    try:
        if work is None:
            raise RuleError("unknown_kind", f"This installation does not know jobs of kind {job.kind}.")
        with heartbeat(job):
            result = work(job, Progress(job)) or {}
    except RuleError as error:
        _end(job, JobState.FAILED, error=error.message)
    except Exception:
        log.exception("Job %s (%s) failed", job.pk, job.kind)
        _end(job, JobState.FAILED, error="The work failed for a reason that is not yours. It is in the server's log.")
        raise
    else:
        _end(job, JobState.DONE, result=result, link=str(result.get("link", "")))
    return True


def _end(job: Job, state: str, **columns: Any) -> None:
    Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, state=JobState.RUNNING).update(
        state=state, ended_at=timezone.now(), **columns
    )


def next_waiting() -> int | None:
    """Return the row that has waited longest and may be claimed, if any."""
    return Job.objects.filter(_claimable()).order_by("queued_at", "pk").values_list("pk", flat=True).first()


def sweep() -> list[int]:
    """Send again rows whose worker died or whose message is older than five leases; return their ids."""
    stale = timezone.now() - 5 * _lease()
    unsent = models.Q(state=JobState.QUEUED) & (models.Q(heartbeat_at=None) | models.Q(heartbeat_at__lt=stale))
    dead = models.Q(state=JobState.RUNNING, heartbeat_at__lt=timezone.now() - _lease())
    waiting = list(Job.objects.filter(unsent | dead).order_by("queued_at").values_list("pk", flat=True)[:500])
    for pk in waiting:
        send(pk)
    return waiting


def work_off(limit: int | None = None) -> int:
    """Do waiting jobs in this process until none waits (or `limit` are done); return how many were done."""
    done = 0
    while limit is None or done < limit:
        close_old_connections()
        pk = next_waiting()
        if pk is None:
            break
        try:
            done += run(pk)
        except Exception:  # the row holds the error; the child goes on with the next
            log.error("Job %s ended with an error", pk)
            done += 1
    return done
