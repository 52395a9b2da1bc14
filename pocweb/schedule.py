"""The schedule: rounds that come again, each done by one process at a time whoever wakes it.

Celery beat (the task `pocweb.tick`) and the embedded child (`manage.py run_jobs`) both call `run_due`. A round is a row
of `Tick`, claimed by a conditional update with a lease, so several beats, workers and children do it once. A process
that dies in a round leaves it due: the next call after the lease does it again. Hence a round's function must be
idempotent, as reminders are through their keys and e-mails through their states.

Real time decides when a round runs; what is due in it is for its function to judge by each mission's clock.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from pocweb.models import Tick

log = logging.getLogger(__name__)

Round = Callable[[datetime], object]


@dataclass(frozen=True)
class Entry:
    """A registered round: how often in seconds, and what it does; `work` is handed the real moment."""

    name: str
    every_seconds: int
    work: Round


_rounds: dict[str, Entry] = {}


def register_tick(name: str, every_seconds: int, function: Round) -> None:
    """Add a round; call it in `AppConfig.ready()`. A second registration of the name replaces the first."""
    _rounds[name] = Entry(name, every_seconds, function)


def rounds() -> list[Entry]:
    """Return the registered rounds in the order of their registration."""
    return list(_rounds.values())


def run_due(now: datetime | None = None) -> list[str]:
    """Do the rounds that are due at the real moment `now`, and return the names of those that this call did.

    One query when nothing is due. A round that fails is logged and comes again after its interval; the others run.
    """
    now = now or timezone.now()
    known = {row.name: row for row in Tick.objects.all()}
    missing = [Tick(name=name) for name in _rounds if name not in known]
    if missing:
        Tick.objects.bulk_create(missing, ignore_conflicts=True)
    done = []
    for entry in rounds():
        row = known.get(entry.name)
        if row is None or row.last_at is None or row.last_at <= now - timedelta(seconds=entry.every_seconds):
            done += [entry.name] if _run(entry, now) else []
    return done


def _run(entry: Entry, now: datetime) -> bool:
    """Claim and do one round; return whether this call did it to the end."""
    claim = f"{socket.gethostname()[:30]}:{os.getpid()}:{threading.get_ident()}:{uuid.uuid4().hex[:8]}"[:80]
    due = Q(last_at=None) | Q(last_at__lte=now - timedelta(seconds=entry.every_seconds))
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    if not Tick.objects.filter(due, free, name=entry.name).update(claim=claim, claimed_until=until):
        return False
    error = ""
    try:
        entry.work(now)
    except Exception as failure:  # one round must not keep the others from running
        log.exception("The round %s failed", entry.name)
        error = f"{type(failure).__name__}"[:200]
    Tick.objects.filter(name=entry.name, claim=claim).update(claim="", claimed_until=None, last_at=now, error=error)
    return not error
