"""`manage.py serve`: the whole of pocweb on one machine, without a broker server.

Two children are started and watched: gunicorn for the pages, and `run_jobs`, which does the background jobs at lower
priority so that pages stay quick. Whatever ends this command ends both.
"""

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from pocweb import demo
from pocweb.supervision import THREADS, ServerError, Supervisor, end_with_parent


class Command(BaseCommand):
    help = "Serves the pages and does the background jobs, until it is interrupted."
    requires_migrations_checks = False  # refused below with a sentence instead of a notice

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument("--workers", type=int, default=1, help=f"web processes, of {THREADS} threads each")
        parser.add_argument(
            "--end-with-parent", action="store_true", help="end when the program that started this one ends"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["end_with_parent"]:
            end_with_parent(os.getppid())
        refuse_old_database()
        refuse_taken_port(options["bind"], options["port"])
        connection.close()
        supervisor = Supervisor(options["bind"], options["port"], options["workers"], self.note)
        try:
            supervisor.run(on_ready=lambda: self.announce(options["bind"], options["port"]))
        except ServerError as error:
            raise CommandError(str(error)) from error
        self.note("pocweb has ended.")

    def note(self, text: str) -> None:
        """Print a line at once, also when the output is a file or a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def announce(self, bind: str, port: int) -> None:
        """Print the address, and the demo mission's accounts when there are some."""
        host = "127.0.0.1" if bind in ("0.0.0.0", "::") else bind  # noqa: S104 - compared, not bound
        lines = ["", f"pocweb is ready: http://{host}:{port}/"]
        accounts = demo.account_lines()
        if accounts:
            lines += ["", "Accounts of the demo mission:", *(f"  {line}" for line in accounts)]
        self.note("\n".join([*lines, "", "Ctrl-C ends it.", ""]))


def refuse_old_database() -> None:
    """Raise CommandError when the database cannot be reached or lacks migrations."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database cannot be reached: {error}") from error
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations. Run `manage.py migrate` first, or start with `make run`."
        )


def refuse_taken_port(bind: str, port: int) -> None:
    """Raise CommandError when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {bind} cannot be used ({error.strerror}). End the program that holds it,"
                f" or choose another port: make run PORT={port + 1}"
            ) from error
