"""Run the checks of the quality page over a mission or one office."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb import clock
from pocweb.models import Mission, Office
from threats.choices import Severity
from threats.quality import Result, read_facts, run_checks


class Command(BaseCommand):
    """Looks at everything, whatever its marking; the output names references and no content of records."""

    help = "Run the checks of the quality page. Ends with 0; with --strict with 1 when something must be mended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mission", required=True, help="code of the mission")
        parser.add_argument("--office", default="", help="code of the office; without it, the whole mission")
        parser.add_argument("--strict", action="store_true", help="fail when something must be mended")
        parser.add_argument("--format", choices=("text", "json"), default="text", help="what standard output says")

    def handle(self, *args: Any, **options: Any) -> None:
        office = _office(options["mission"], options["office"])
        today = clock.today(office.mission)
        results = run_checks(read_facts(office, today=today))
        summary = {
            "mission": options["mission"],
            "office": office.code,
            "on": today.isoformat(),
            "counts": {level.name.lower(): _count(results, level) for level in Severity},
            "checks": [_told(one) for one in results],
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(summary))
        else:
            self._write(results)
        must = _count(results, Severity.MUST)
        if options["strict"] and must:
            raise CommandError(f"{must} findings must be mended.")

    def _write(self, results: list[Result]) -> None:
        for one in results:
            refs = ", ".join(finding.fact.ref for finding in one.findings[:20])
            more = ", ..." if len(one.findings) > 20 else ""
            self.stdout.write(f"{len(one.findings):5d}  {one.check.title}" + (f": {refs}{more}" if refs else ""))


def _count(results: list[Result], level: Severity) -> int:
    return sum(len(one.findings) for one in results if one.check.severity == level)


def _told(one: Result) -> dict[str, Any]:
    return {
        "code": one.check.code,
        "severity": Severity(one.check.severity).name.lower(),
        "title": str(one.check.title),
        "count": len(one.findings),
        "records": [finding.fact.ref for finding in one.findings],
    }


def _office(mission_code: str, code: str) -> Office:
    mission = Mission.objects.filter(code=mission_code).first()
    if mission is None:
        raise CommandError(f"There is no mission with the code {mission_code}.")
    rows = Office.objects.select_related("mission").filter(mission=mission).order_by("path")
    office = rows.filter(code=code).first() if code else rows.first()
    if office is None:
        named = f" with the code {code}" if code else ""
        raise CommandError(f"The mission {mission_code} has no office{named}.")
    return office
