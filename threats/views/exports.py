"""Downloads of the matrix: sheets at once, the PDF through a background job whose file is checked again at download."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.audit import record_event
from pocweb.jobs import ask
from pocweb.models import Job, Office
from pocweb.pages import permitted
from threats.branch_exports import DRAFTS, ROWS, read_branch_sheet
from threats.exports import Sheet, read_sheet, render_sheet
from threats.models import MatrixEdition
from threats.services.matrix_files import MATRIX_PDF, present_marking
from threats.views.editions import edition_of, office_of


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.view_edition")
def matrix_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The rows of the matrix page.

    Of a single office the edition in force, else the live rows; `?live=1` asks for the live rows. Of an office with
    others below it the rows that all of them have in force; `?drafts=1` asks for those as they stand.
    """
    office = office_of(request, code)
    asked = request.POST if request.method == "POST" else request.GET
    live = asked.get("live") == "1"
    if not office.is_leaf() and not live:
        return _answer(request, office, None, kind, live=False, branch=DRAFTS if asked.get("drafts") == "1" else ROWS)
    return _answer(request, office, None, kind, live=live)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.view_edition")
def edition_export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One edition; while it is not frozen, the live rows that it would take."""
    edition = edition_of(request, pk)
    return _answer(request, edition.office, edition, kind, live=not edition.sha256)


def _answer(
    request: HttpRequest, office: Office, edition: MatrixEdition | None, kind: str, *, live: bool, branch: str = ""
) -> HttpResponse:
    """Answer with the file and record the export; a PDF becomes a job."""
    user: Any = request.user
    if kind == "pdf":
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])  # drawing is work, and a link from elsewhere asks for none
        return _ask(office, edition, user, live=live, branch=branch)
    now = clock.now(office.mission)
    sheet: Sheet
    if branch:
        sheet = read_branch_sheet(office, drafts=branch == DRAFTS, user=user, now=now)
    else:
        sheet = read_sheet(office, edition=edition, live=live, user=user, now=now)
    made = render_sheet(sheet, kind)
    with transaction.atomic():
        subject: Any = edition or office.mission
        record_event(user, "exported", subject, note=f"{office.code}: {sheet.words}, {len(sheet.rows)} rows as {kind}")
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    return response


def _ask(office: Office, edition: MatrixEdition | None, user: Any, *, live: bool, branch: str = "") -> HttpResponse:
    arguments = {"office": office.pk, "edition": edition.pk if edition else None, "live": live, "branch": branch}
    job = ask(
        MATRIX_PDF,
        mission=office.mission,
        by=user,
        title=_("Threat matrix of %(office)s as PDF") % {"office": office},
        arguments=arguments,
        marking=edition.marking if edition else office.mission.default_marking,
        key=f"{MATRIX_PDF}:{user.pk}:{office.pk}:{arguments['edition']}:{live}:{branch}",
    )
    return redirect("pocweb:job-detail", job.pk)


@require_safe
@permitted("threats.view_edition")
def matrix_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, whose clearance and office still reach all that it tells of."""
    user: Any = request.user
    row = get_object_or_404(Job.objects.visible_to(user).select_related("mission"), pk=job, kind=MATRIX_PDF)
    office = get_object_or_404(Office.objects.select_related("mission"), pk=row.arguments["office"])
    probe = MatrixEdition(mission=office.mission, office=office, marking=present_marking(row, office))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if not user.has_perm("threats.view_edition", probe) or not row.result.get("file") or not path.is_file():
        raise Http404
    with transaction.atomic():
        note = f"{office.code}: {row.result['words']}, {row.result['rows']} rows as pdf"
        record_event(user, "exported", office.mission, note=note)
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
