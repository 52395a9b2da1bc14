"""Kinds of job for tests of the machinery, and the entry points of processes that know them.

`celery -A tests.job_kinds worker` is a worker that knows them, `python -m tests.job_kinds` is `run_jobs` that does.
"""

import os
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after the setup

from pocweb.celery import app  # noqa: E402
from pocweb.jobs import Progress, job_kind  # noqa: E402
from pocweb.models import Job  # noqa: E402

__all__ = ["app"]


@job_kind("tests.wait_for_file")
def wait_for_file(job: Job, progress: Progress) -> dict[str, Any]:
    """Note the beginning, wait for the file `go` in the job's folder, note the end."""
    folder = Path(job.arguments["folder"])
    with (folder / "begun").open("a") as file:
        file.write(f"{os.getpid()}\n")
    progress(0, 2, "waiting")
    while not (folder / "go").exists():
        time.sleep(0.05)
    progress(1, 2, "nearly there")
    with (folder / "done").open("a") as file:
        file.write(f"{os.getpid()}\n")
    return {"folder": str(folder)}


if __name__ == "__main__":
    call_command("run_jobs")
