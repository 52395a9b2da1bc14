"""The assessment as PDF: what pocweb adds to WeasyPrint's own time, and what a second worker brings."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from django.core.cache import cache
from django.template.loader import render_to_string

from pocweb import jobs
from pocweb.choices import JobState
from pocweb.models import Job
from pocweb.pdf import BASE_URL, count_pages, name_drawings
from pocweb.pdf_fetcher import OwnFilesFetcher
from reporting.models import Report, ReportFile
from reporting.rendering import TEMPLATE, ask_for_pdf, content_of
from tests.bench.board import Board
from tests.bench.measure import MeasureError, compare
from tests.bench.world import World
from tests.factories.threats_threat import NOON
from tests.processes import environment

RATIO, PAGES = 1.3, 5
TWO_WORKERS = 1.7
ROOT = Path(__file__).resolve().parent.parent.parent


def measure(world: World, board: Board, turns: int) -> None:
    """Compare the whole job (records read, charts drawn anew, pages, file kept) with WeasyPrint on the same HTML."""
    report = Report.objects.select_related("mission", "office").get(period="2020-Q4")
    _write(world, report)
    html = render_to_string(TEMPLATE, {"cable": content_of(report, now=NOON)[0]})
    pages = count_pages(weasyprint_alone(html))
    if pages < PAGES:
        raise MeasureError(f"the assessment has {pages} pages, not {PAGES}")
    ratio, mine, theirs = compare(lambda: whole_job(world, report), lambda: weasyprint_alone(html), turns)
    how = f"{pages} pages, whole job {mine:,.2f} s against {theirs:,.2f} s, charts not cached, median of {turns} turns"
    board.at_most("Assessment against WeasyPrint alone", RATIO, ratio, "", how)


def _write(world: World, report: Report) -> None:
    """Fill every section with several paragraphs, so that the document has the length of a real one."""
    for section in report.sections.all():
        paragraphs = [". ".join(next(world.texts) for _line in range(3)) + "." for _paragraph in range(2)]
        section.text = "\n\n".join([section.text, *paragraphs]).strip()
        section.state = "draft"
        section.save(update_fields=["text", "state"])


def weasyprint_alone(html: str) -> bytes:
    """Return the PDF of the HTML with nothing of pocweb around the call but the door to its own files."""
    from weasyprint import HTML  # takes half a second to load, which no part but this one needs

    fetcher = OwnFilesFetcher(static_url=f"{BASE_URL}static/")
    pdf: bytes = HTML(string=name_drawings(html), base_url=BASE_URL, url_fetcher=fetcher).write_pdf(
        pdf_variant="pdf/ua-1"
    )
    return pdf


def forget_drawings() -> None:
    """Throw away finished files and charts, so that all work is done again."""
    ReportFile.objects.all().delete()
    cache.clear()


def whole_job(world: World, report: Report) -> None:
    """Ask for the report's PDF and do the job in this process, from the first query to the stored file."""
    forget_drawings()
    job = ask_for_pdf(report, by=world.adviser)
    jobs.run(job.pk)
    _all_done([job.pk])


def _all_done(pks: list[int]) -> None:
    for job in Job.objects.filter(pk__in=pks).exclude(state=JobState.DONE):
        raise MeasureError(f"job {job.pk} is {job.state}: {job.error}")


# --- two workers ---


def measure_workers(world: World, board: Board, count: int, turns: int) -> None:
    """Compare how long one and two worker processes take for the same reports, both warm before they begin.

    Where other work holds the processors, two processes wait for them rather than work. The time that a worker was
    ready to run and had no processor is taken off; the time on the wall is told beside it.
    """
    reports = list(Report.objects.select_related("mission", "office").order_by("-period")[:count])
    times: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _turn in range(turns):
        for workers in times:
            times[workers].append(_work_off(world, reports, workers))
    one, two = (median(own for own, _wall in times[workers]) for workers in (1, 2))
    walls = [median(wall for _own, wall in times[workers]) for workers in (1, 2)]
    how = (
        f"{len(reports)} assessments: {one:,.1f} s by one process, {two:,.1f} s by two, waits for a processor taken "
        f"off (on the wall {walls[0]:,.1f} s and {walls[1]:,.1f} s), median of {turns} turns"
    )
    board.at_least("Two workers against one", TWO_WORKERS, one / two, "", how)


def _work_off(world: World, reports: list[Report], workers: int) -> tuple[float, float]:
    """Return the seconds of the slowest worker, without its waiting for a processor and with it."""
    forget_drawings()
    processes = [_start(reports[0]) for _worker in range(workers)]
    try:
        for process in processes:
            _wait_for(process, "ready")
        forget_drawings()
        pks = [ask_for_pdf(report, by=world.adviser).pk for report in reports]
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.close()
        spent = [[float(text) for text in process.stdout.readline().split()] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()
    _all_done(pks)
    return max(wall - waited for wall, waited in spent), max(wall for wall, _waited in spent)


def _start(report: Report) -> Any:
    command = [sys.executable, "-m", "tests.bench.worker", str(report.pk)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        start_new_session=True,  # Linux shares the processors out by session first: workers on a server have their own
    )


def _wait_for(process: Any, word: str) -> None:
    said = process.stdout.readline().strip()
    if said != word:
        raise MeasureError(f"a worker said {said!r}, not {word!r}")
