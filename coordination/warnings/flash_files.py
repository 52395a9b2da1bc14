"""A flash report as PDF: drawn by a job for one reader, asked again at each download."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.models import FlashReport
from coordination.warnings.flash_content import FlashDocument, read_flash, seen_parts
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.glossary import used_in
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job
from pocweb.pages import permitted
from pocweb.pdf import render_pdf
from threats.services.matrix_files import write_private

FLASH_PDF = "flash_pdf"
FOLDER = "flashes"
TEMPLATE = "coordination/pdf/flash.html"


def document_of(document: FlashDocument) -> dict[str, Any]:
    """Return what the template draws: the report, and the words behind the acronyms in it (CO-12)."""
    texts = [document.subject, document.assessment, document.sender, *document.to, *document.info]
    texts += [*document.by_registry, *(one.text for part in document.sections for one in part.paragraphs)]
    return {"flash": document, "acronyms": used_in(texts)}


def load_flash(user: Any, pk: Any) -> FlashReport | None:
    """Return a flash report that the person may see, else None."""
    rows = FlashReport.objects.visible_to(user).select_related("mission", "office", "case", "incident", "created_by")
    found: FlashReport | None = rows.filter(pk=pk).first()
    return found


@job_kind(FLASH_PDF)
def draw_flash(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the report that the job asks for with what its asker may see now, and keep it under the job's id.

    Raises `RuleError` when the report is out of the asker's sight since.
    """
    flash = load_flash(job.asked_by, job.arguments["flash"])
    if flash is None:
        raise RuleError("gone", _("This flash report is not open to you any more."))
    document = read_flash(flash, job.asked_by)
    progress(1, 2, _("Drawing the pages"))
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, render_pdf(TEMPLATE, document_of(document)))
    Job.objects.filter(pk=job.pk).update(marking=document.marking)
    return {
        "file": name,
        "filename": f"flash-{flash.ref}.pdf",
        "flash": flash.pk,
        "tells": cited_in(document),
        "link": reverse("coordination:flash-file", args=[job.pk]),
    }


def cited_in(document: FlashDocument) -> dict[str, list[int]]:
    """Return the keys of what the file tells of, so that its reader's sight of them can be asked at each download."""
    told: dict[str, list[int]] = {}
    for section in document.sections:
        for one in section.paragraphs:
            for kind, key in one.cites.items():
                told.setdefault(kind, []).append(key)
    return told


@require_POST
@permitted("coordination.view_case")
def flash_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a flash report as PDF."""
    flash = load_flash(request.user, pk)
    if flash is None:
        raise Http404
    job = ask(
        FLASH_PDF,
        mission=flash.mission,
        by=request.user,
        title=_("Flash report %(ref)s as PDF") % {"ref": flash.ref},
        arguments={"flash": flash.pk},
        marking=flash.marking,
    )
    return redirect("pocweb:job-detail", job.pk)


@require_safe
@permitted("coordination.view_case")
def flash_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, while they may see all that it tells of."""
    user: Any = request.user
    row = get_object_or_404(Job.objects.visible_to(user), pk=job, kind=FLASH_PDF)
    flash = load_flash(user, row.result.get("flash"))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if flash is None or not row.result.get("file") or not path.is_file():
        raise Http404
    told = {kind: set(keys) for kind, keys in row.result.get("tells", {}).items()}
    if seen_parts(told, user) != told:
        raise Http404
    with transaction.atomic():
        record_event(user, "downloaded", flash, note="pdf")
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
