"""Background jobs of the threats app."""

from typing import Any

from pocweb.jobs import Progress, job_kind
from pocweb.models import Job
from threats.services import imports, matrix_files


@job_kind(imports.CHECK)
def check_import(job: Job, progress: Progress) -> dict[str, Any]:
    """Check an uploaded file of incidents; leads to the import's page."""
    run = imports.check_import(job.arguments["run"], by=job.asked_by, say=progress)
    return {"rows": run.rows, "link": imports.page_of(run)}


@job_kind(imports.WRITE)
def write_import(job: Job, progress: Progress) -> dict[str, Any]:
    """Write a confirmed import; leads to the import's page."""
    run = imports.write_import(job.arguments["run"], by=job.asked_by, say=progress)
    return {"created": run.created, "updated": run.updated, "link": imports.page_of(run)}


@job_kind(matrix_files.MATRIX_PDF)
def draw_matrix(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw a matrix as PDF; leads to its download."""
    return matrix_files.draw_matrix(job, progress)
