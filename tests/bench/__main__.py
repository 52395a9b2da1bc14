"""`python -m tests.bench`: measure every budget, print the table, write it to var/bench.md."""

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Run the bench; return 0, 1 for a missed budget under --strict, 2 for a measurement that could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer turns")
    parser.add_argument("--strict", action="store_true", help="end with status 1 when a budget is missed")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.md", help="where the table is written")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pocweb-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        set_environment(folder)
        from tests.bench.run import run  # the settings read the environment that was set just now

        return run(options, folder, stack, time.time())


def set_environment(folder: Path) -> None:
    """Keep files, cache and jobs of the bench apart from everything else on this machine."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="tests.bench.settings",
        POCWEB_VAR_DIR=str(folder),
        POCWEB_FILES_DIR=str(folder / "files"),
        POCWEB_PRODUCTION="off",
        POCWEB_DEBUG="off",
        REDIS_URL="",  # jobs are worked off by processes of the bench, and never reach a broker in use
    )


if __name__ == "__main__":
    sys.exit(main())
