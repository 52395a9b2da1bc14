"""The page of one background job: how far it is, what came of it, and trying again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from pocweb import jobs
from pocweb.choices import JobState
from pocweb.errors import Conflict
from pocweb.models import Job
from pocweb.permissions import require


@require_GET
@vary_on_headers("HX-Request")
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a job to the person who asked for it; htmx gets the part that moves, until the job has ended."""
    require(request.user, "pocweb.view_desk")
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    is_part = getattr(request, "htmx", False) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    return render(request, "pocweb/_job.html" if is_part else "pocweb/job_detail.html", {"job": job})


@require_POST
def job_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the work of a failed job again and go to the new one."""
    require(request.user, "pocweb.view_desk")
    job = get_object_or_404(Job.objects.visible_to(request.user).select_related("mission"), pk=pk)
    if job.state != JobState.FAILED:
        raise Conflict("not_failed", _("Only what failed is tried again."))
    again = jobs.ask(
        job.kind,
        mission=job.mission,
        by=request.user,
        title=job.title,
        arguments=job.arguments,
        marking=job.marking,
        key=job.key,
    )
    messages.success(request, _("The work is begun again."))
    return redirect("pocweb:job-detail", again.pk)
