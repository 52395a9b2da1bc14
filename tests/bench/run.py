"""One run of the bench: the scratch database, the parts in order, the table."""

import os
import platform
from argparse import Namespace
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import time

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.bench.board import MISSED, NOT_MEASURED, Board


def run(options: Namespace, folder: Path, stack: ExitStack, began: float) -> int:
    """Measure all parts on a scratch database and return the status to end with."""
    django.setup()
    import_module("pocweb.wsgi")  # pages are measured as the web server loads them
    make_database(folder, stack)
    call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["drf_spectacular_sidecar"])
    from tests.bench.parts import QUICK, Sizes, measure  # models exist only after the setup

    board = Board()
    measure(board, QUICK if options.quick else Sizes(), folder)
    report = f"{heading(options, time() - began)}\n\n{board.table()}\n"
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(report, encoding="utf-8")
    print(f"\n{report}\nWritten to {options.out}.")
    if board.count(NOT_MEASURED):
        return 2
    return 1 if options.strict and board.count(MISSED) else 0


def make_database(folder: Path, stack: ExitStack) -> None:
    """Make a database of the bench's own: a file in the scratch folder, or one beside that which DATABASE_URL names."""
    test = settings.DATABASES["default"].setdefault("TEST", {})
    if connection.vendor == "sqlite":
        test["NAME"] = str(folder / "bench.sqlite3")
    else:
        test.update(NAME=f"bench_pocweb_{os.getpid()}", CHARSET="UTF8", TEMPLATE="template0")
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    stack.callback(connection.creation.destroy_test_db, before, verbosity=0)


def heading(options: Namespace, seconds: float) -> str:
    """Return what a reader must know about the machine and the moment."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    lines = [
        "# Budgets, as measured",
        "",
        f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, {connection.vendor}, Python {platform.python_version()}, "
        f"Django {django.__version__}, {os.cpu_count()} processors, load {load} at the end, {seconds:,.0f} s"
        f"{', quick sizes' if options.quick else ''}.",
        "Times are ratios within this run: both sides take turns, the median of the turns counts. On SQLite times are "
        "processor time of the measuring process, with a database server time on the wall; two workers are always "
        "measured on the wall, which other work on the machine (a load above the number of processors) spoils.",
    ]
    return "\n".join(lines)
