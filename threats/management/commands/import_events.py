"""Import a file of incidents: UCDP GED, ACLED or our own template. The browser's import by other means."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pocweb.errors import RuleError
from pocweb.models import Mission
from threats.choices import ImportState
from threats.imports import LAYOUTS
from threats.models import ImportRun
from threats.services import imports
from threats.services.import_files import measure
from threats.services.import_preview import no_places

COUNTS = ("rows", "created", "updated", "unchanged", "rejected")
PLACE_CODES = ("place_unmatched", "place_disagreeing")


class Command(BaseCommand):
    """Check a file whole, then write it; rejected rows are listed and do not stop the others."""

    help = "Import a file of incidents. With --dry-run nothing at all is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--layout", choices=sorted(LAYOUTS), help="left out: recognised from the columns")
        parser.add_argument("--mission", required=True, help="code of the mission")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--strict", action="store_true", help="end with status 1 when a row was rejected")

    def handle(self, *args: Any, **options: Any) -> None:
        mission = Mission.objects.filter(code=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission with the code {options['mission']}.")
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                result = self.work(mission, file, path.name, options)
        except OSError as error:
            raise CommandError(f"The file {path} cannot be opened: {error.strerror}.") from error
        except RuleError as error:
            raise CommandError(error.message) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=1))
        else:
            self.stdout.write(as_text(result))
        if options["strict"] and result["rejected"]:
            raise SystemExit(1)

    def work(self, mission: Mission, file: BinaryIO, name: str, options: dict[str, Any]) -> dict[str, Any]:
        """Return what was done, or with --dry-run what would be done."""
        layout = options["layout"]
        if options["dry_run"]:
            measure(file)
            tally = imports.survey(mission=mission, file=file, name=name, layout=layout, by=None)
            problems = [{**asdict(finding.problem), "left_out": finding.rejects} for finding in tally.findings]
            counts = {key: getattr(tally, key) for key in COUNTS}
            return as_result(counts, tally.places, problems, tally.problem_count) | {"dry_run": True}
        run = imports.start_import(mission=mission, file=file, name=name, by=None, layout=layout, queue=False)
        imports.check_import(run.pk)
        imports.confirm_import(run, by=None, queue=False)
        run = imports.write_import(run.pk, by=None)
        if run.state != ImportState.DONE:
            raise RuleError("not_done", f"{run.ref} was changed by somebody else while it was imported.")
        return self.result_of(run) | {"dry_run": False, "import": run.ref}

    def result_of(self, run: ImportRun) -> dict[str, Any]:
        """Return what a finished run holds."""
        names = ("row", "column", "value", "code", "message", "rejects")
        problems = [dict(zip(names, row, strict=True)) for row in run.problems.values_list(*names)]
        for problem in problems:
            problem["left_out"] = problem.pop("rejects")
        return as_result({key: getattr(run, key) for key in COUNTS}, run.places, problems, run.problem_count)


def as_result(
    counts: dict[str, int], places: dict[str, int], problems: list[dict[str, Any]], problem_count: int
) -> dict[str, Any]:
    """Return the answer of the command; `problems` holds the first 5,000, `problem_count` says how many there are."""
    to_settle = [problem for problem in problems if problem["code"] in PLACE_CODES]
    listed = [{key: problem[key] for key in ("row", "value", "code", "message")} for problem in to_settle]
    return {
        **counts,
        "problem_count": problem_count,
        "problems": problems,
        "places": {**no_places(), **places, "to_settle": listed},
    }


def as_text(result: dict[str, Any]) -> str:
    """Return the answer for people."""
    places = dict(result["places"])
    places.pop("to_settle")
    lines = ["Nothing was written: this was a trial."] if result["dry_run"] else [f"Import {result['import']}."]
    lines.append(", ".join(f"{key} {result[key]:,}" for key in COUNTS) + ".")
    lines.append("Places: " + ", ".join(f"{key} {value:,}" for key, value in places.items()) + ".")
    lines += [problem["message"] for problem in result["problems"][:50]]
    more = result["problem_count"] - min(50, len(result["problems"]))
    if more > 0:
        lines.append(f"And {more:,} more remarks; --format json lists up to 5,000.")
    return "\n".join(lines)
