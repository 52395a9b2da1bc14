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
from pocweb.errors import Conflict
from pocweb.jobs import Progress, ask
from pocweb.models import Job
from pocweb.pdf import count_pages, render_pdf
from reporting.cable import CodeCable
from reporting.choices import ReportState
from reporting.figures import ask_figures
from reporting.models import Report, ReportFile
from reporting.quarterly import cable_of
from reporting.rules import pages_warning
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


def ask_for_pdf(report: Report, *, by: Any, content: str = "") -> Job:
    """Queue the drawing of the report as it stands now; asked twice for the same content, it is drawn once.

    `content` is the fingerprint of what is to be drawn, worked out here when left out.
    """
    content = content or content_of(report, now=clock.now(report.mission))[1]
    return ask(
        JOB_KIND,
        mission=report.mission,
        by=by,
        title=_("%(report)s as PDF") % {"report": report},
        arguments={"report": report.pk},
        marking=report.marking,
        key=f"{JOB_KIND}:{report.pk}:{content}",
    )


def render(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the report and keep the file once; a second run of the same job finds the file and draws nothing."""
    rows = Report.objects.select_related("mission", "office", "corrects", "drafter", "submitted_by", "cleared_by")
    report = rows.select_related("approved_by").get(pk=job.arguments["report"])
    progress(1, 4, _("Reading the records"))
    cable, content = content_of(report, now=clock.now(report.mission))
    kept = report.files.filter(content_sha256=content).first()
    if kept is None:
        progress(2, 4, _("Drawing the pages"))
        pdf = draw(cable)
        progress(3, 4, _("Keeping the file"))
        kept = keep(report, pdf, content, job=job)
    progress(4, 4, pages_warning(kept.pages) or _("Done"))
    return {
        "file": kept.pk,
        "pages": kept.pages,
        "warning": pages_warning(kept.pages),
        "link": reverse("reporting:report-file", args=[report.pk, kept.pk]),
    }


def keep(report: Report, pdf: bytes, content: str, *, job: Job | None) -> ReportFile:
    """Store the bytes under a name of their own and one row for them; if another worker was first, return its row.

    The name holds the fingerprint of the bytes, so that a kept file is never written over by other bytes.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    name = f"reports/{report.starts_on.year}/{report.mission.code}-{report.ref}-{digest[:16]}.pdf"
    _write_whole(Path(settings.MEDIA_ROOT) / name, pdf)
    archived = report.state in ReportState.SIGNED
    try:
        with transaction.atomic():
            row = ReportFile.objects.create(
                report=report,
                content_sha256=content,
                sha256=digest,
                file=name,
                pages=count_pages(pdf),
                bytes=len(pdf),
                marking=report.marking,
                is_archived=archived,
                rendered_at=clock.now(report.mission),
                job=job,
            )
            note = _("SHA-256 %(digest)s, pages: %(pages)s") % {"digest": digest, "pages": row.pages}
            # the signed file is kept by the system, whoever's job came first
            asker = job.asked_by if job and not archived else None
            record_event(asker, "archived" if archived else "drawn", report, note=note)
    except IntegrityError:
        return ReportFile.objects.get(report=report, content_sha256=content)
    return row


def _write_whole(path: Path, data: bytes) -> None:
    """Put the bytes on the disk under a passing name, then give them their own: nobody ever reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_suffix(f".{os.getpid()}.part")
    with spare.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    spare.chmod(0o600)
    os.replace(spare, path)


def read_kept(kept: ReportFile) -> bytes:
    """Return the bytes of a kept file after checking them against the fingerprint that was recorded with them.

    Raises `Conflict` when the file is gone or was altered: such a file is not given out.
    """
    try:
        with kept.file.open("rb") as file:
            data: bytes = file.read()
    except FileNotFoundError as error:
        raise Conflict("file_missing", _("The stored file is gone. Tell your administrator.")) from error
    if hashlib.sha256(data).hexdigest() != kept.sha256:
        raise Conflict("file_altered", _("The stored file is not the one that was kept. Tell your administrator."))
    return data
