"""An assessment as PDF: drawn by a job for one reader, checked again at the download."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import Pcia
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job
from pocweb.pdf import render_pdf
from threats.services.matrix_files import write_private

PCIA_PDF = "pcia_pdf"
FOLDER = "pcia"
TEMPLATE = "coordination/pdf/pcia.html"


def ask_for_pdf(pcia: Pcia, *, by: Any) -> Job:
    """Queue the drawing of an assessment for a person who sees it."""
    return ask(
        PCIA_PDF,
        mission=pcia.mission,
        by=by,
        title=_("%(ref)s as PDF") % {"ref": pcia.ref},
        arguments={"pcia": pcia.pk},
        marking=pcia.marking,
        key=f"{PCIA_PDF}:{by.pk}:{pcia.pk}:{pcia.version}",
    )


@job_kind(PCIA_PDF)
def draw_pcia(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the assessment as it stands now, and keep the file out of the web's reach.

    Raises `RuleError` when it is out of the asker's sight since. A second run writes the same place again.
    """
    rows = Pcia.objects.visible_to(job.asked_by).select_related("mission", "office", "done_by")
    pcia = rows.filter(pk=job.arguments["pcia"]).first()
    if pcia is None:
        raise RuleError("gone", _("This assessment is not open to you any more."))
    progress(1, 2, _("Drawing the pages"))
    context = {"pcia": pcia, "marking": Marking(pcia.marking).label}
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, render_pdf(TEMPLATE, context))
    Job.objects.filter(pk=job.pk).update(marking=pcia.marking)
    return {
        "file": name,
        "filename": f"pcia-{pcia.office.code}-{pcia.year}.pdf",
        "pcia": pcia.pk,
        "link": reverse("coordination:pcia-file", args=[job.pk]),
    }
