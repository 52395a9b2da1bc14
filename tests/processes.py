"""Real processes that tests start on the test database: a Celery worker, and the embedded job process.

Both know, beside pocweb's own kinds of job, those of `tests/job_kinds.py`.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

READY_WITHIN_SECONDS = 60
LEASE_SECONDS = 2
ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """Return the DATABASE_URL of the test database that this process is connected to."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    who = f"{quote(at['USER'])}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT']}" if at["HOST"] else ""
    return f"postgres://{who}/{at['NAME']}"


def environment() -> dict[str, str]:
    """Return the environment in which a process shares database, files and broker with the test."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "POCWEB_FILES_DIR": str(settings.MEDIA_ROOT),
        "POCWEB_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def wait_until(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Return as soon as the condition holds; raise AssertionError naming what did not happen in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} seconds")
        time.sleep(0.1)


class Program:
    """A program in a process group of its own, writing to a log file."""

    command: list[str] = []
    ready_words = ""

    def __init__(self, log: Path, **variables: str) -> None:
        self.log = log
        self.variables = variables
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env=environment() | self.variables,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._is_ready, seconds=READY_WITHIN_SECONDS, what=f"start of {' '.join(self.command)}")

    def _is_ready(self) -> bool:
        text = self.log.read_text(errors="replace")
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"{' '.join(self.command)} ended at once:\n{text}")
        return self.ready_words in text

    def kill(self) -> None:
        """Kill the program and all its children outright, as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """Ask for an orderly end and wait for it; kill what stays longer than ten seconds."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None


class CeleryWorker(Program):
    """A Celery worker with one child, on a queue emptied of what earlier tests left."""

    command = ["-m", "celery", "-A", "tests.job_kinds", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    ready_words = " ready."

    def start(self) -> None:
        """Empty the queue, then start the worker."""
        from pocweb.celery import app  # the broker's address is known only after Django's start

        app.control.purge()
        super().start()


class TwoHandedWorker(CeleryWorker):
    """A Celery worker with two children, which does two rounds of the schedule at a time."""

    command = ["-m", "celery", "-A", "tests.job_kinds", "worker", "--concurrency", "2", "--loglevel", "INFO"]


class CeleryBeat(Program):
    """Celery's beat, with its memory beside its log; `POCWEB_TICK_SECONDS` says how often it looks at the schedule."""

    ready_words = "beat: Starting"

    def __init__(self, log: Path, **variables: str) -> None:
        super().__init__(log, **variables)
        memory = str(log.with_suffix(".schedule"))
        beat = ["-m", "celery", "-A", "tests.job_kinds", "beat", "--loglevel", "INFO"]
        self.command = [*beat, "--schedule", memory, "--pidfile", ""]


class JobProcess(Program):
    """The process that does jobs where there is no broker: `manage.py run_jobs`."""

    command = ["-m", "tests.job_kinds"]
