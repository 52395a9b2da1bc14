"""Build the demo mission."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb.errors import RuleError
from reporting.demo import build_demo


class Command(BaseCommand):
    help = "Build the fictional demo mission on real places and events. Runs twice without harm."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = build_demo()
        except RuleError as error:
            raise CommandError(error.message) from error
        for line in lines:
            self.stdout.write(line)
