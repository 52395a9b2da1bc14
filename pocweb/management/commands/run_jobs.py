"""Do background jobs and the rounds of the schedule in this process, without a broker (the child of `serve`)."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from pocweb import jobs, schedule


class Command(BaseCommand):
    help = (
        "Do waiting jobs in this process, and what is due by the schedule. With --once: jobs alone, until none waits."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing waits")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"{jobs.work_off()} jobs done.")
            return
        look_at = 0.0
        while True:
            done = jobs.work_off(limit=1)
            if time.monotonic() >= look_at:
                self.run_rounds()
                look_at = time.monotonic() + settings.TICK_EVERY_SECONDS
            elif not done:
                time.sleep(min(1, settings.TICK_EVERY_SECONDS))

    def run_rounds(self) -> None:
        """Do the rounds of the schedule that are due; a database that is away is met again at the next look."""
        try:
            schedule.run_due()
        except DatabaseError as error:
            self.stderr.write(f"The schedule could not be read: {error}")
