"""Prove that the audit chain is whole."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pocweb import audit
from pocweb.models import AuditEvent, Mission


class Command(BaseCommand):
    help = "Walk the hash chain of one mission or of all; exit with an error when an event was altered or removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mission", help="code of the mission; all missions without it")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        missions = Mission.objects.order_by("code")
        if options["mission"]:
            missions = missions.filter(code=options["mission"])
            if not missions.exists():
                raise CommandError(f"There is no mission with the code {options['mission']}.")
        rows, faults = [], []
        for mission in missions:
            found = [asdict(fault) for fault in audit.verify(mission)]
            faults += found
            rows.append({"mission": mission.code, "events": AuditEvent.objects.filter(mission=mission).count()})
        if options["format"] == "json":
            self.stdout.write(json.dumps({"whole": not faults, "missions": rows, "faults": faults}, indent=1))
        else:
            for row in rows:
                self.stdout.write(f"{row['mission']}: {row['events']} events")
        if faults:
            first = faults[0]
            raise CommandError(
                f"The audit chain is broken in {len(faults)} places, first in {first['mission']} at event "
                f"{first['seq']}: {first['what']}."
            )
        if options["format"] == "text":
            self.stdout.write("The audit chain is whole.")
