"""The trail as PDF: drawn by a job for one reader, asked again at each download, each an audited export."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.models import ActionPoint, AgendaItem, Decision, FlashReport, ResourceRequest, WarningCase
from coordination.warnings.trail import Trail
from coordination.warnings.trail_build import build_trail
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job
from pocweb.pages import permitted
from pocweb.pdf import render_pdf
from threats.models import Incident
from threats.services.matrix_files import write_private

TRAIL_PDF = "case_trail_pdf"
FOLDER = "trails"
TEMPLATE = "coordination/pdf/trail.html"
PARTS: dict[str, Any] = {
    "items": AgendaItem, "decisions": Decision, "actions": ActionPoint, "flashes": FlashReport,
    "requests": ResourceRequest, "incidents": Incident,
}  # fmt: skip


def load_case(user: Any, pk: Any) -> WarningCase | None:
    """Return a case that the person may see, with what its trail asks for; else None."""
    rows = WarningCase.objects.followed_by(user)
    found: WarningCase | None = (
        rows.select_related("mission", "office", "area", "source", "created_by").filter(pk=pk).first()
    )
    return found


def document_of(trail: Trail) -> dict[str, Any]:
    """Return what the template draws; the words behind its acronyms are added at its end (CO-12)."""
    return {"trail": trail}


@job_kind(TRAIL_PDF)
def draw_trail(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the trail that the job asks for with what its asker may see now, as of the moment when it was asked for.

    Raises `RuleError` when the case is out of the asker's sight since.
    """
    case = load_case(job.asked_by, job.arguments["case"])
    if case is None:
        raise RuleError("gone", _("This case is not open to you any more."))
    trail = build_trail(case, job.asked_by, now=parse_datetime(job.arguments["as_of"]) or clock.now(case.mission))
    progress(1, 2, _("Drawing the pages"))
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, render_pdf(TEMPLATE, document_of(trail)))
    Job.objects.filter(pk=job.pk).update(marking=trail.marking)
    return {
        "file": name,
        "filename": f"trail-{case.ref}.pdf",
        "case": case.pk,
        "with_sources": bool(job.asked_by is not None and job.asked_by.has_perm("threats.view_source")),
        "tells": trail.tells,
        "link": reverse("coordination:case-trail-file", args=[job.pk]),
    }


@require_POST
@permitted("coordination.view_case")
def trail_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the trail as PDF."""
    case = load_case(request.user, pk)
    if case is None:
        raise Http404
    as_of = clock.now(case.mission).replace(second=0, microsecond=0)
    job = ask(
        TRAIL_PDF,
        mission=case.mission,
        by=request.user,
        title=_("Trail of %(ref)s as PDF") % {"ref": case.ref},
        arguments={"case": case.pk, "as_of": as_of.isoformat()},
        marking=case.marking,
    )
    return redirect("pocweb:job-detail", job.pk)


@require_safe
@permitted("coordination.view_case")
def trail_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, while they may see all that it tells of."""
    user: Any = request.user
    row = get_object_or_404(Job.objects.visible_to(user), pk=job, kind=TRAIL_PDF)
    case = load_case(user, row.result.get("case"))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if case is None or not row.result.get("file") or not path.is_file():
        raise Http404
    if row.result.get("with_sources") and not user.has_perm("threats.view_source"):
        raise Http404
    for kind, keys in row.result.get("tells", {}).items():
        if PARTS[kind].objects.visible_to(user).filter(pk__in=keys).count() != len(keys):
            raise Http404
    with transaction.atomic():
        record_event(user, "exported", case, note="trail, pdf")
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
