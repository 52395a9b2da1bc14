"""Load what is shipped: areas, and each app's reference tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb.errors import RuleError
from pocweb.reference_data import load_all


class Command(BaseCommand):
    help = "Load the shipped areas, names, schemes and lists. Runs twice without harm; local edits stay."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = load_all()
        except RuleError as error:
            raise CommandError(error.message) from error
        for table, (created, present) in counts.items():
            self.stdout.write(f"{table}: {created} new, {present} there already")
