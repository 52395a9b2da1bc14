"""The PDF of a report: asking for it, and giving out what was kept."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from pocweb import clock
from pocweb.audit import record_event
from pocweb.pages import permitted
from reporting.models import ReportFile
from reporting.rendering import ask_for_pdf, content_of, read_kept
from reporting.views.shared import load_report


@require_POST
@permitted("reporting.view_report")
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the PDF of the report as it stands: at once if it was drawn before, else as a job."""
    report = load_report(request, pk)
    content = content_of(report, now=clock.now(report.mission))[1]
    kept = report.files.filter(content_sha256=content).first()
    if kept is not None:
        return redirect("reporting:report-file", report.pk, kept.pk)
    job = ask_for_pdf(report, by=request.user, content=content)
    if job.asked_by_id != getattr(request.user, "pk", None):
        return redirect("reporting:report-detail", report.pk)  # another person's job, which only they may open
    return redirect("pocweb:job-detail", job.pk)


@permitted("reporting.view_report")
def report_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Download a kept file; the reader's place and clearance are checked at this moment, whatever they were before."""
    report = load_report(request, pk)
    user: Any = request.user
    kept = get_object_or_404(ReportFile, report=report, marking__lte=user.clearance, pk=file_pk)
    data = read_kept(kept)
    with transaction.atomic():
        record_event(user, "downloaded", report, note=f"SHA-256 {kept.sha256}")
    name = f"{report.mission.code}-{report.period}-{report.cable_number or report.ref}.pdf"
    return HttpResponse(
        data,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )
