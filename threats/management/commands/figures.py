"""Count incidents: `manage.py figures --mission DEMO --measure killed --by month`."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb.fieldlist import for_people
from pocweb.models import Mission
from threats.figures import GROUPINGS, MEASURES, FigureTable, figures


class Command(BaseCommand):
    """Print what `threats.figures` counts, over all incidents of a mission, as JSON or as lines of text."""

    help = (
        "Count events, killed, civilians killed or injured of a mission. Killed and injured are best estimates; an "
        "event belongs to the period of its first day; discounted incidents are left out. By actor, an event counts "
        "for each of its actors, and the total is that of distinct events."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mission", required=True, metavar="CODE")
        parser.add_argument("--measure", required=True, choices=tuple(MEASURES))
        parser.add_argument("--by", required=True, choices=GROUPINGS)
        parser.add_argument("--from", dest="start", metavar="YYYY-MM-DD", help="first day that counts")
        parser.add_argument("--to", dest="end", metavar="YYYY-MM-DD", help="last day that counts")
        parser.add_argument("--verified-only", action="store_true", help="count verified incidents only")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        mission = Mission.objects.filter(code=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission with the code {options['mission']}.")
        start, end = _day(options["start"], "--from"), _day(options["end"], "--to")
        if start and end and start > end:
            raise CommandError("The period ends before it begins: --from lies after --to.")
        table = figures(
            mission,
            measure=options["measure"],
            by=options["by"],
            start=start,
            end=end,
            verified_only=options["verified_only"],
        )
        self.stdout.write(_json(table) if options["format"] == "json" else _text(table))


def _day(value: str | None, option: str) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise CommandError(f"{option} is no date: write it as year-month-day, such as 2020-12-31.") from error


def _json(table: FigureTable) -> str:
    asked = {name: table.question[name] for name in ("mission", "measure", "by", "from", "to", "verified_only")}
    rows = [{"key": row.key, "label": row.label, "value": row.value} for row in table.rows]
    answer = {**asked, "rows": rows, "total": table.total, "not_recorded": table.not_recorded}
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _text(table: FigureTable) -> str:
    lines = [(row.key or "-", row.label, for_people(row.value)) for row in table.rows]
    lines.append(("", "Total", for_people(table.total)))
    keys, labels = (max(len(line[position]) for line in lines) for position in (0, 1))
    text = [f"{key:<{keys}}  {label:<{labels}}  {value:>12}" for key, label, value in lines]
    if table.not_recorded:
        text.append(f"Not recorded in {for_people(table.not_recorded)} events.")
    return "\n".join(text)
