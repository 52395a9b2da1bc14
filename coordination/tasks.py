"""Background jobs of meetings; those of contact lists stand beside them in `sharing.tasks`."""

from typing import Any

from coordination.meetings import files
from pocweb.jobs import Progress, job_kind
from pocweb.models import Job


@job_kind(files.MINUTES_PDF)
def draw_minutes(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw closed minutes as PDF; leads to their download."""
    return files.draw_minutes(job, progress)
