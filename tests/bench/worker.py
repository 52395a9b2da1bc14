"""A worker process of the bench: warms up on one report, says "ready", and at a word does the waiting jobs."""

import sys

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
    work_off()
    print("done", flush=True)


if __name__ == "__main__":
    main()
