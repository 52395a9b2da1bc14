"""The audit trail as a page, and the check that it is whole."""

from datetime import UTC, datetime, time
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pocweb import jobs
from pocweb.choices import JobState, Marking
from pocweb.forms import TrailFilterForm
from pocweb.models import AuditEvent, Job
from pocweb.people import administered_mission, people_visible_to
from pocweb.permissions import require
from pocweb.trail import as_line, closed_to, seen_records

PER_PAGE = 50


@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    """Show the mission's events, newest first, with filters; events above the reader's clearance are left out."""
    require(request.user, "pocweb.view_audit")
    user: Any = request.user
    mission: Any = administered_mission(user)
    form = TrailFilterForm(request.GET, mission=mission, people=people_visible_to(user))
    events = AuditEvent.objects.filter(mission=mission, marking__lte=user.clearance).select_related("actor")
    events = events.exclude(object_type__in=closed_to(user))
    if form.is_valid():
        events = _filtered(events, form.cleaned_data)
    page = Paginator(events.order_by("-seq"), PER_PAGE).get_page(request.GET.get("page"))
    urls = seen_records(user, page)
    last = Job.objects.filter(mission=mission, kind="verify_audit", state=JobState.DONE).order_by("-ended_at")
    context = {
        "form": form,
        "page_obj": page,
        "rows": [(event.seq, as_line(event, urls, user)) for event in page],
        "check": last.first(),
    }
    return render(request, "pocweb/audit_list.html", context)


def _filtered(events: Any, values: dict[str, Any]) -> Any:
    if values["person"]:
        events = events.filter(actor=values["person"])
    if values["verb"]:
        events = events.filter(verb=values["verb"])
    if values["ref"]:
        events = events.filter(object_ref__icontains=values["ref"])
    if values["start"]:
        events = events.filter(at__gte=datetime.combine(values["start"], time.min, UTC))
    if values["end"]:
        events = events.filter(at__lte=datetime.combine(values["end"], time.max, UTC))
    return events


@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Ask for a check of the whole chain and go to the page that shows how far it is."""
    require(request.user, "pocweb.view_audit")
    user: Any = request.user
    mission: Any = administered_mission(user)
    job = jobs.ask(
        "verify_audit",
        mission=mission,
        by=user,
        title=_("Check of the audit trail"),
        arguments={"mission": mission.pk},
        marking=Marking.UNCLASSIFIED,
    )
    return redirect("pocweb:job-detail", job.pk)
