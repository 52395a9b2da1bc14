"""The Early Warning Matrix as files: sheets at once, PDF by a job, checked again at the download."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.models import ActionPoint, Decision, WarningCase
from coordination.warnings import case_exports
from coordination.warnings.case_exports import matrix_rows
from coordination.warnings.matrix import COLUMNS, MatrixRow, highest_marking
from coordination.warnings.matrix_filters import Filters
from coordination.warnings.matrix_views import mission_of
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job
from pocweb.pages import permitted
from pocweb.pdf import render_pdf
from pocweb.permissions import require
from threats.services.matrix_files import write_private

EW_MATRIX_PDF = "ew_matrix_pdf"
FOLDER = "ew-matrix"
TEMPLATE = "coordination/pdf/ew_matrix.html"
MOST_ROWS = 500


@require_safe
@permitted("coordination.view_case")
def ew_matrix_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The rows of the view as CSV with HXL tags, or XLSX."""
    mission = mission_of(request)
    now = clock.now(mission)
    filters = Filters(request.GET, user=request.user, mission=mission)
    rows = matrix_rows(filters.cases(now), user=request.user, now=now)
    return case_exports.as_file(
        request.user,
        mission,
        case_exports.matrix_columns(),
        [case_exports.matrix_values(row) for row in rows],
        kind=kind,
        name="early-warning-matrix",
        what="Early Warning Matrix",
        marking=highest_marking(rows),
    )


@require_safe
@permitted("coordination.view_case")
def ew_sage_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The cases of the view for SAGE / Unite Aware, CSV or XLSX (EW-23)."""
    mission = mission_of(request)
    cases = Filters(request.GET, user=request.user, mission=mission).cases(clock.now(mission))
    highest = cases.aggregate(highest=Max("marking"))["highest"] or Marking.UNCLASSIFIED
    return case_exports.as_file(
        request.user,
        mission,
        case_exports.sage_columns(),
        list(case_exports.sage_rows(cases, request.user)),
        kind=kind,
        name="alerts-sage",
        what="for SAGE / Unite Aware",
        marking=highest,
    )


@require_POST
@permitted("coordination.view_case")
def ew_matrix_pdf(request: HttpRequest) -> HttpResponse:
    """Ask for the view as PDF."""
    mission = mission_of(request)
    filters = Filters(request.GET, user=request.user, mission=mission)
    if filters.cases(clock.now(mission)).count() > MOST_ROWS:
        words = _("A PDF holds at most %(n)d cases. Narrow the view, or take the XLSX.") % {"n": MOST_ROWS}
        raise RuleError("too_many_rows", words)
    job = ask(
        EW_MATRIX_PDF,
        mission=mission,
        by=request.user,
        title=_("Early Warning Matrix as PDF"),
        arguments={"query": filters.query},
        marking=mission.default_marking,
    )
    return redirect("pocweb:job-detail", job.pk)


@job_kind(EW_MATRIX_PDF)
def draw_matrix(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the matrix that the job asks for, with what its asker may see now; a second run writes the same place."""
    user, mission = job.asked_by, job.mission
    require(user, "coordination.view_case")
    now = clock.now(mission)
    progress(1, 3, _("Reading the cases"))
    filters = Filters(QueryDict(job.arguments["query"]), user=user, mission=mission)
    rows = matrix_rows(filters.cases(now), user=user, now=now)
    marking = highest_marking(rows)
    progress(2, 3, _("Drawing the pages"))
    context = {
        "mission": mission,
        "rows": rows,
        "columns": COLUMNS,
        "now": now,
        "words": filters.behind_words,
        "marking": marking.label,
    }
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, render_pdf(TEMPLATE, context))
    Job.objects.filter(pk=job.pk).update(marking=marking)
    return {
        "file": name,
        "filename": f"early-warning-matrix-{mission.code}-{now.date()}.pdf",
        "marking": int(marking),
        "tells": tells(rows),
        "link": reverse("coordination:ew-matrix-file", args=[job.pk]),
    }


def tells(rows: list[MatrixRow]) -> dict[str, list[int]]:
    """Return the keys of what the file tells of, so that its reader's sight of them is asked at each download."""
    return {
        "cases": [row.case.pk for row in rows],
        "decisions": [one.pk for row in rows for one in row.decisions],
        "actions": [one.pk for row in rows for one in row.actions if one.is_point],
    }


def still_seen(told: dict[str, list[int]], user: Any) -> bool:
    """Say whether a person may see today all that a file tells of."""
    kinds: dict[str, Any] = {"cases": WarningCase, "decisions": Decision, "actions": ActionPoint}
    return all(
        kinds[name].objects.visible_to(user).filter(pk__in=keys).count() == len(set(keys))
        for name, keys in told.items()
    )


@require_safe
@permitted("coordination.view_case")
def ew_matrix_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: for who asked, while they may see all that it tells of."""
    row = get_object_or_404(Job.objects.visible_to(request.user), pk=job, kind=EW_MATRIX_PDF)
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    told = row.result.get("tells")
    if not path.is_file() or told is None or not still_seen(told, request.user):
        raise Http404
    with transaction.atomic():
        note = f"Early Warning Matrix, {len(told['cases'])} cases as pdf"
        record_event(request.user, "exported", row.mission, note=note)
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
