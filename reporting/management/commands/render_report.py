"""Draw a report at once, without the queue."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.models import Mission, Office
from pocweb.pdf import count_pages
from pocweb.periods import Quarter
from reporting import rules
from reporting.cable import CodeCable
from reporting.choices import ReportKind
from reporting.models import Report
from reporting.rendering import content_of, draw
from reporting.services import fill_report, new_report


class Command(BaseCommand):
    help = (
        "Draw the report of a period into a PDF file. A quarter that nobody has opened yet is drawn as a first draft "
        "from the records, of which nothing is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mission", required=True, help="code of the mission")
        parser.add_argument("--kind", default=ReportKind.QUARTERLY, choices=ReportKind.values)
        parser.add_argument("--period", required=True, help="such as 2020-Q4")
        parser.add_argument("--out", required=True, type=Path, help="file to write")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        mission = Mission.objects.filter(code=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission with the code {options['mission']}.")
        try:
            quarter = Quarter.parse(options["period"])
        except RuleError as error:
            raise CommandError(error.message) from error
        rows = Report.objects.filter(mission=mission, kind=options["kind"], period=str(quarter))
        report = rows.select_related("mission", "office", "corrects").order_by("-number").first()
        if report is not None:
            cable, content = content_of(report, now=clock.now(mission))
            told = self._facts(report, content)
        else:
            cable, told = self._passing_draft(mission, quarter)
        pdf = draw(cable)
        try:
            options["out"].write_bytes(pdf)
        except OSError as error:
            raise CommandError(f"The file {options['out']} could not be written: {error.strerror}.") from error
        self._tell(told, pdf, options)

    def _passing_draft(self, mission: Mission, quarter: Quarter) -> tuple[CodeCable, dict[str, Any]]:
        """Return the cable of a report that is opened, read and taken back in one transaction."""
        now = clock.now(mission)
        if not Office.objects.filter(mission=mission).exists():
            raise CommandError(f"The mission {mission.code} has no office, so no report can be drawn.")
        with transaction.atomic():
            report = new_report(mission, quarter, by=None, now=now)
            fill_report(report, now=now)
            cable, content = content_of(report, now=now)
            told = self._facts(report, content)
            transaction.set_rollback(True)
        return cable, {**told, "report": None, "state": "not opened"}

    def _facts(self, report: Report, content: str) -> dict[str, Any]:
        return {
            "report": report.ref,
            "period": report.period,
            "state": report.state,
            "content_sha256": content,
            "figures": [
                {"code": row.code, "label": row.label, "question": row.question, "answer": row.answer}
                for row in report.figures.all()
            ],
        }

    def _tell(self, told: dict[str, Any], pdf: bytes, options: dict[str, Any]) -> None:
        pages = count_pages(pdf)
        warning = rules.pages_warning(pages)
        if options["format"] == "json":
            told |= {"out": str(options["out"]), "pages": pages, "bytes": len(pdf), "warning": warning}
            told["sha256"] = hashlib.sha256(pdf).hexdigest()
            self.stdout.write(json.dumps(told, indent=1, ensure_ascii=False))
            return
        self.stdout.write(f"{told['report'] or 'First draft'} for {told['period']}: {pages} pages in {options['out']}.")
        if told["report"] is None:
            self.stdout.write(
                f"Nobody has opened the report of {told['period']}; nothing was kept. "
                "A POC Adviser opens it on the page /reports/new/."
            )
        if warning:
            self.stdout.write(warning)
