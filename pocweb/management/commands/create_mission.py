"""Found a mission with its first administrator."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from pocweb.errors import RuleError
from pocweb.services import found_mission


class Command(BaseCommand):
    help = "Create a mission, its headquarters and one administrator. Asks for the password, or reads POCWEB_PASSWORD."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="short code, such as MINX")
        parser.add_argument("name", help="name in full")
        parser.add_argument("--country", required=True, help="ISO 3166-1 alpha-3 code, such as CAF")
        parser.add_argument("--admin", required=True, help="account name of the first administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("POCWEB_PASSWORD") or getpass.getpass(f"Password for {options['admin']}: ")
        try:
            mission = found_mission(
                code=options["code"],
                name=options["name"],
                country_code=options["country"],
                admin=options["admin"],
                password=password,
            )
        except RuleError as error:
            raise CommandError(error.message) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Mission {mission.code} is founded. {options['admin']} can sign in.")
