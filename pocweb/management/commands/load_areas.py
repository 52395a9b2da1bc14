"""Load a country's own boundary files as its division from a day on."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb.boundary_files import read_boundaries
from pocweb.errors import RuleError
from pocweb.geography import load_division


class Command(BaseCommand):
    help = (
        "Load COD-AB boundary files (GeoJSON, one per level, country first) as the division in force from a day. "
        "Areas that it changes are closed on the day before; offices keep their areas."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--valid-from", required=True, type=_day, help="first day of the division, as 2020-12-10")
        parser.add_argument("--valid-to", type=_day, help="last day, only for an earlier division")
        parser.add_argument("--source", default="", help="who published the files, under which licence")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            records = read_boundaries(options["files"], valid_from=options["valid_from"])
            done = load_division(
                records,
                valid_from=options["valid_from"],
                valid_to=options["valid_to"],
                source=options["source"][:120],
            )
        except RuleError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{done.created} areas new, {done.kept} kept, {done.closed} closed; "
            f"{done.offices} areas of offices carried on."
        )
        for name in done.left:
            self.stdout.write(f"No place in the new division for {name}; it was closed.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is not a day. Write it as 2020-12-10.") from error
