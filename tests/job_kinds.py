"""Kinds of job and a round of the schedule for tests of the machinery, and the entry points of processes with them.

`celery -A tests.job_kinds worker` is a worker that knows them, `python -m tests.job_kinds` is `run_jobs` that does.
"""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after the setup

from pocweb import notices, schedule  # noqa: E402
from pocweb.celery import app  # noqa: E402
from pocweb.jobs import Progress, job_kind  # noqa: E402
from pocweb.models import Job, Mission, Person  # noqa: E402

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


def tell_slowly(now: datetime) -> None:
    """Tell every owner of an address 20 things, each in a transaction of its own; killed, it leaves some untold."""
    mission = Mission.objects.get()
    people = list(Person.objects.exclude(email="").order_by("pk"))
    for number in range(20):
        told = {"text": f"Thing {number}", "url": "/about/", "marking": 2, "ref": f"X-{number}"}
        notices.notify(people, topic="tests", key=f"tests:{number}", mission=mission, **told)
        time.sleep(0.1)


if os.environ.get("TEST_ROUND"):
    notices.register_topic("tests", "Thing of the tests", "at_once")
    schedule.register_tick("tests", 600, tell_slowly)

if __name__ == "__main__":
    call_command("run_jobs")
