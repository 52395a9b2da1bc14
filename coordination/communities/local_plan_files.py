"""Adopted local POC plans as PDF: drawn by a job from the frozen content, checked again at the download."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coordination.communities.choices import LocalPlanState
from coordination.communities.local_plan_views import VIEW, load_local_plan
from coordination.models import LocalPlan
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job
from pocweb.pages import permitted
from pocweb.pdf import render_pdf
from threats.services.matrix_files import write_private

LOCAL_PLAN_PDF, FOLDER = "local_plan_pdf", "local-plans"


def document_of(plan: LocalPlan) -> dict[str, Any]:
    """Return what the template draws, all of it from the frozen content."""
    content: Any = plan.frozen
    return {
        "plan": content,
        "starts_on": for_people(date.fromisoformat(content["starts_on"])),
        "ends_on": for_people(date.fromisoformat(content["ends_on"])),
        "adopted_on": for_people(date.fromisoformat(content["adopted_at"][:10])),
        "marking": str(Marking(max(plan.marking, content["marking"])).label),
        "sha256": plan.sha256,
    }


@job_kind(LOCAL_PLAN_PDF)
def draw_local_plan(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw a plan with what its asker may see now. Raises `RuleError` when it is out of their sight since."""
    rows = LocalPlan.objects.visible_to(job.asked_by).select_related("mission")
    plan = rows.filter(pk=job.arguments["plan"]).exclude(state=LocalPlanState.DRAFT).first()
    if plan is None:
        raise RuleError("gone", _("This plan is not open to you any more."))
    progress(1, 2, _("Drawing the pages"))
    name = f"{FOLDER}/{job.pk}.pdf"
    pdf = render_pdf("coordination/pdf/local_plan.html", document_of(plan))
    write_private(Path(settings.MEDIA_ROOT) / name, pdf)
    link = reverse("coordination:local-plan-file", args=[job.pk])
    return {"file": name, "filename": f"local-plan-{plan.ref}.pdf", "plan": plan.pk, "link": link}


@require_POST
@permitted(VIEW)
def local_plan_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for an adopted plan as PDF."""
    plan = load_local_plan(request, pk)
    if plan.state == LocalPlanState.DRAFT:
        raise RuleError("not_adopted", _("The forum has not adopted it yet."))
    job = ask(
        LOCAL_PLAN_PDF, mission=plan.mission, by=request.user, arguments={"plan": plan.pk}, marking=plan.marking,
        title=_("Local POC plan %(ref)s as PDF") % {"ref": plan.ref},
    )  # fmt: skip
    return redirect("pocweb:job-detail", job.pk)


@require_safe
@permitted(VIEW)
def local_plan_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, while they may see the plan."""
    user: Any = request.user
    row = get_object_or_404(Job.objects.visible_to(user).select_related("mission"), pk=job, kind=LOCAL_PLAN_PDF)
    plan = get_object_or_404(LocalPlan.objects.visible_to(user), pk=row.result.get("plan"))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if not row.result.get("file") or not path.is_file():
        raise Http404
    with transaction.atomic():
        record_event(user, "downloaded", plan, note="pdf")
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
