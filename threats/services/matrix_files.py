"""Drawing of the matrix as a PDF for one reader, kept out of the web's reach until its download is checked."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.jobs import Progress
from pocweb.models import Job, Office
from pocweb.permissions import require
from threats.branch_exports import DRAFTS, read_branch_sheet
from threats.exports import Sheet, compared_with, read_sheet, render_sheet
from threats.models import MatrixEdition, Threat

MATRIX_PDF = "matrix_pdf"
FOLDER = "matrix"
ACTIVITY_LISTS = ("response_activities", "action_activities")


def draw_matrix(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the PDF that the job asks for, with what its asker may see at this moment, and keep it under the job's id.

    A second run of the same job writes the same place again. Raises `Forbidden` when the asker has lost the right
    since, `RuleError` when the edition went back to draft.
    """
    office = Office.objects.select_related("mission").get(pk=job.arguments["office"])
    edition = None
    if job.arguments["edition"]:
        edition = MatrixEdition.objects.select_related("office", "mission").get(pk=job.arguments["edition"])
    probe = edition or MatrixEdition(mission=office.mission, office=office, marking=0)
    require(job.asked_by, "threats.view_edition", probe)
    progress(1, 3, _("Reading the rows"))
    now, live, branch = clock.now(office.mission), job.arguments["live"], job.arguments.get("branch", "")
    sheet: Sheet
    if branch:
        sheet = read_branch_sheet(office, drafts=branch == DRAFTS, user=job.asked_by, now=now)
    else:
        sheet = read_sheet(office, edition=edition, live=live, user=job.asked_by, now=now)
    progress(2, 3, _("Drawing the pages"))
    made = render_sheet(sheet, "pdf")
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, made.content)
    Job.objects.filter(pk=job.pk).update(marking=sheet.marking)
    return {
        "file": name,
        "filename": made.filename,
        "marking": sheet.marking,
        "rows": len(sheet.rows),
        "words": sheet.words,
        "tells": _tells(sheet),
        "link": reverse("threats:matrix-file", args=[job.pk]),
    }


def _tells(sheet: Sheet) -> dict[str, list[int]]:
    """Return the keys of what the file tells of, so that their markings can be asked again at each download."""
    told = [one for row in sheet.rows for name in ACTIVITY_LISTS for one in row[name]]
    before = compared_with(sheet)
    editions = [before] if sheet.is_live else [before, sheet.edition]
    return {
        "threats": sorted({row["pk"] for row in (*sheet.rows, *sheet.content["closed"])}),
        "activities": sorted({one["pk"] for one in told}),
        "editions": sorted({*(one.pk for one in editions if one), *sheet.edition_keys}),
    }


def present_marking(job: Job, office: Office) -> int:
    """Return the marking that the file of a finished job has now: of its drawing, or what its records rose to since.

    A file of which nobody noted what it tells counts as telling of all that the office has.
    """
    told = job.result.get("tells")
    threats = Threat.objects.filter(mission=office.mission_id, office__path__startswith=office.path)
    activities: Any = Threat.activities.rel.related_model  # a later app declares the reverse relation
    editions = MatrixEdition.objects.filter(mission=office.mission_id, office__path__startswith=office.path)
    if told is None:
        answers = activities.objects.filter(threats__in=threats)
    else:
        threats = threats.filter(pk__in=told["threats"])
        answers = activities.objects.filter(pk__in=told["activities"])
        editions = editions.filter(pk__in=told["editions"])
    found = [rows.aggregate(highest=Max("marking"))["highest"] or 0 for rows in (threats, answers, editions)]
    return max([job.result.get("marking", 0), *found])


def write_private(path: Path, content: bytes) -> None:
    """Write a file in one step, readable by the server alone: a killed worker leaves no half file under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_suffix(f".{os.getpid()}.part")
    spare.write_bytes(content)
    spare.chmod(0o600)
    os.replace(spare, path)
