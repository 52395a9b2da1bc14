"""A worker process of the bench: warms up on one report, says "ready", and at a word does the waiting jobs.

Its last line are the seconds that this took, and those of them in which it waited for a processor.
"""

import sys
import time
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from pocweb.jobs import work_off  # models exist only after the setup
    from reporting.models import Report
    from reporting.rendering import content_of, draw
    from tests.factories.threats_threat import NOON

    report = Report.objects.select_related("mission", "office", "corrects").get(pk=int(sys.argv[1]))
    draw(content_of(report, now=NOON)[0])
    print("ready", flush=True)
    sys.stdin.readline()
    began, waited = time.perf_counter(), waited_seconds()
    work_off()
    print(time.perf_counter() - began, waited_seconds() - waited, flush=True)


def waited_seconds() -> float:
    """Return how long this process was ready to run and had no processor; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except FileNotFoundError:
        return 0.0


if __name__ == "__main__":
    main()
