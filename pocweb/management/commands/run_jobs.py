"""Do background jobs in this process, without a broker (the child of `serve`)."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from pocweb import jobs


class Command(BaseCommand):
    help = "Do waiting jobs in this process. Stops with --once when none waits, else looks every second."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing waits")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            done = jobs.work_off()
            if options["once"]:
                self.stdout.write(f"{done} jobs done.")
                return
            if not done:
                time.sleep(1)
