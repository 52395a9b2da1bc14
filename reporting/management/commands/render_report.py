"""Draw a report at once, without the queue."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.models import Mission
from pocweb.pdf import count_pages
from reporting import rules
from reporting.choices import ReportKind
from reporting.models import Report
from reporting.periods import Quarter
from reporting.rendering import content_of, draw


class Command(BaseCommand):
    help = "Draw the report of a period into a PDF file. The report must have been opened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mission", required=True, help="code of the mission")
        parser.add_argument("--kind", default=ReportKind.QUARTERLY, choices=ReportKind.values)
        parser.add_argument("--period", required=True, help="such as 2020-Q4")
        parser.add_argument("--out", required=True, help="file to write")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        report = self._report(options)
        cable, content = content_of(report, now=clock.now(report.mission))
        pdf = draw(cable)
        out = Path(options["out"])
        try:
            out.write_bytes(pdf)
        except OSError as error:
            raise CommandError(f"The file {out} could not be written: {error.strerror}.") from error
        pages = count_pages(pdf)
        told = {
            "report": report.ref,
            "period": report.period,
            "state": report.state,
            "out": str(out),
            "pages": pages,
            "bytes": len(pdf),
            "sha256": hashlib.sha256(pdf).hexdigest(),
            "content_sha256": content,
            "warning": rules.pages_warning(pages),
            "figures": {row.code: row.answer for row in report.figures.all()},
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=1, ensure_ascii=False))
        else:
            self.stdout.write(f"{report} ({report.get_state_display()}): {pages} pages in {out}.")
            if told["warning"]:
                self.stdout.write(str(told["warning"]))

    def _report(self, options: dict[str, Any]) -> Report:
        mission = Mission.objects.filter(code=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission with the code {options['mission']}.")
        try:
            period = str(Quarter.parse(options["period"]))
        except RuleError as error:
            raise CommandError(error.message) from error
        rows = Report.objects.filter(mission=mission, kind=options["kind"], period=period)
        report = rows.select_related("mission", "office", "corrects").order_by("-number").first()
        if report is None:
            raise CommandError(f"Mission {mission.code} has not opened a report for {period}. Open it first.")
        return report
