"""Write an office's POC Threat Matrix to a file."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.models import Mission, Office
from threats.branch_exports import DRAFTS, ROWS, read_branch_sheet
from threats.exports import FORMATS, Sheet, read_sheet, render_sheet
from threats.models import MatrixEdition


class Command(BaseCommand):
    """Takes the edition in force, or the live rows where none is; `--edition`, `--live`, `--branch` choose others."""

    help = "Write an office's POC Threat Matrix to a file: the edition in force, or the live rows where none is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mission", required=True, help="code of the mission")
        parser.add_argument("--office", required=True, help="code of the office")
        parser.add_argument("--as", dest="as_", required=True, choices=FORMATS, help="kind of file")
        parser.add_argument("--out", required=True, type=Path, help="file to write")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--edition", type=int, help="number of an edition that a forum has endorsed")
        which.add_argument("--live", action="store_true", help="the rows as they stand now")
        which.add_argument(
            "--branch", choices=(ROWS, DRAFTS), help="of the office and all below it: rows in force, drafts"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text", help="what standard output says")

    def handle(self, *args: Any, **options: Any) -> None:
        office = _office(options["mission"], options["office"])
        edition = _edition(office, options["edition"]) if options["edition"] is not None else None
        try:
            now = clock.now(office.mission)
            sheet: Sheet
            if options["branch"]:
                sheet = read_branch_sheet(office, drafts=options["branch"] == DRAFTS, now=now)
            else:
                sheet = read_sheet(office, edition=edition, live=options["live"], now=now)
            made = render_sheet(sheet, options["as_"])
        except RuleError as error:
            raise CommandError(error.message) from error
        try:
            options["out"].write_bytes(made.content)
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error.strerror}.") from error
        with transaction.atomic():
            note = f"{office.code}: {sheet.words}, {len(sheet.rows)} rows as {options['as_']}, by command"
            record_event(None, "exported", office.mission, note=note)
        summary = {
            "office": office.code,
            "source": sheet.words,
            "edition": sheet.content["number"] or None,
            "live": sheet.is_live,
            "rows": len(sheet.rows),
            "bytes": len(made.content),
            "file_sha256": hashlib.sha256(made.content).hexdigest(),
            "sha256": sheet.sha256,
            "out": str(options["out"]),
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(f"{sheet.words}: {len(sheet.rows)} rows, {len(made.content)} bytes in {options['out']}.")


def _office(mission_code: str, code: str) -> Office:
    mission = Mission.objects.filter(code=mission_code).first()
    if mission is None:
        raise CommandError(f"There is no mission with the code {mission_code}.")
    office = Office.objects.select_related("mission").filter(mission=mission, code=code).first()
    if office is None:
        raise CommandError(f"The mission {mission_code} has no office with the code {code}.")
    return office


def _edition(office: Office, number: int) -> MatrixEdition:
    rows = MatrixEdition.objects.select_related("office", "mission")
    edition = rows.filter(office=office, number=number).first()
    if edition is None:
        raise CommandError(f"The office {office.code} has no edition {number}.")
    return edition
