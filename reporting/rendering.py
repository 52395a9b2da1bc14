"""Making the PDF of a report: what goes in, the job that draws it, the file that is kept."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.jobs import Progress, ask
from pocweb.models import Job
from pocweb.pdf import count_pages, render_pdf
from reporting.cable import CodeCable
from reporting.choices import ReportState
from reporting.figures import ask_figures
from reporting.models import Report, ReportFile
from reporting.quarterly import cable_of
from reporting.snapshot import build_snapshot

TEMPLATE = "reporting/pdf/quarterly.html"
JOB_KIND = "render_report"


def content_of(report: Report, *, now: datetime) -> tuple[CodeCable, str]:
    """Return the cable as it stands (frozen data once submitted, live before) and the fingerprint of its content.

    A draft's figures are asked again first; its moment is that of its latest change, so that an unchanged draft gives
    the same bytes and is not drawn twice.
    """
    if report.snapshot is not None:
        data, as_of = report.snapshot, report.frozen_at or now
    else:
        ask_figures(report, now=now)
        as_of = _last_change(report)
        data = build_snapshot(report, now=as_of)
    signed = [report.state, report.cable_number, report.corrects_id]
    signed += [str(at) for at in (report.submitted_at, report.cleared_at, report.approved_at)]
    return cable_of(report, data, frozen_at=as_of), fingerprint([data, signed])


def _last_change(report: Report) -> datetime:
    moments = [report.changed_at, *report.figures.values_list("asked_at", flat=True)]
    moments += [at for at in report.sections.values_list("changed_at", flat=True) if at]
    return max(moments)


def draw(cable: CodeCable) -> bytes:
    """Return the PDF of a cable; the same cable gives the same bytes."""
    return render_pdf(TEMPLATE, {"cable": cable})


def ask_for_pdf(report: Report, *, by: Any) -> Job:
    """Queue the drawing of the report as it stands now; asked twice while open, it is drawn once."""
    return ask(
        JOB_KIND,
        mission=report.mission,
        by=by,
        title=_("%(report)s as PDF") % {"report": report},
        arguments={"report": report.pk, "version": report.version, "state": report.state},
        marking=report.marking,
    )


def render(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the report and keep the file once; a second run of the same job finds the file and draws nothing."""
    report = Report.objects.select_related("mission", "office", "corrects").get(pk=job.arguments["report"])
    progress(1, 4, _("Reading the records"))
    cable, content = content_of(report, now=clock.now(report.mission))
    kept = report.files.filter(content_sha256=content).first()
    if kept is None:
        progress(2, 4, _("Drawing the pages"))
        pdf = draw(cable)
        progress(3, 4, _("Keeping the file"))
        kept = keep(report, pdf, content, job=job)
    return {"file": kept.pk, "pages": kept.pages, "link": reverse("reporting:report-file", args=[report.pk, kept.pk])}


def keep(report: Report, pdf: bytes, content: str, *, job: Job | None) -> ReportFile:
    """Store the bytes under their own name and one row for them; if another worker was first, return its row."""
    name = f"reports/{report.starts_on.year}/{report.mission.code}-{report.ref}-{content[:16]}.pdf"
    path = Path(settings.MEDIA_ROOT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_suffix(f".{os.getpid()}.part")
    spare.write_bytes(pdf)
    spare.chmod(0o600)
    os.replace(spare, path)
    archived = report.state in (ReportState.APPROVED, ReportState.SENT)
    try:
        with transaction.atomic():
            row = ReportFile.objects.create(
                report=report,
                content_sha256=content,
                sha256=hashlib.sha256(pdf).hexdigest(),
                file=name,
                pages=count_pages(pdf),
                bytes=len(pdf),
                marking=report.marking,
                is_archived=archived,
                rendered_at=clock.now(report.mission),
                job=job,
            )
            verb = "archived" if archived else "rendered"
            record_event(job.asked_by if job else None, verb, report, note=f"SHA-256 {row.sha256}, {row.pages} pages")
    except IntegrityError:
        return ReportFile.objects.get(report=report, content_sha256=content)
    return row
