"""Background jobs of the reporting app."""

from pocweb.jobs import job_kind
from reporting import rendering

job_kind(rendering.JOB_KIND)(rendering.render)
