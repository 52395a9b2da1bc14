"""Documents of community protection plans: the whole plan for the mission, and the community's version (CM-06).

Both are drawn by a job from the frozen content, for one reader, and checked again at the download.
"""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities.choices import PlanState
from coordination.communities.plan_content import (
    CommunityVersion,
    community_text,
    community_version,
    parts_of,
    semester_words,
)
from coordination.models import CommunityPlan
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from pocweb.jobs import Progress, ask, job_kind
from pocweb.models import Job
from pocweb.pages import permitted
from pocweb.pdf import render_pdf
from pocweb.permissions import require
from threats.services.matrix_files import write_private

PLAN_PDF = "community_plan_pdf"
FOLDER = "community-plans"
WHOLE, COMMUNITY = "whole", "community"
VIEW, CHANGE = "coordination.view_community", "coordination.change_community"


def load_frozen(user: Any, pk: int) -> CommunityPlan:
    """Return an adopted plan that the person may see; 404 for others, a refusal for a draft."""
    rows = CommunityPlan.objects.visible_to(user).select_related("mission", "office", "area")
    plan: CommunityPlan = get_object_or_404(rows, pk=pk)
    if plan.state not in PlanState.FROZEN:
        raise RuleError("not_adopted", _("Only an adopted plan leaves the house. Have it adopted first."))
    return plan


def document_of(plan: CommunityPlan) -> dict[str, Any]:
    """Return what the template of the whole plan draws, all of it from the frozen content."""
    content: Any = plan.frozen
    parts = parts_of(plan)
    reviewed = content["reviewed_on"]
    held = [{**one, "held_on": for_people(date.fromisoformat(one["held_on"]))} for one in content["consultations"]]
    return {
        "plan": content,
        "semester": semester_words(content["year"], content["semester"]),
        "parts": parts,
        "consultations": held,
        "adopted_on": for_people(date.fromisoformat(content["adopted_at"][:10])),
        "reviewed_on": for_people(date.fromisoformat(reviewed)) if reviewed else "",
        "marking": str(Marking(max(plan.marking, content["marking"])).label),
        "sha256": plan.sha256,
    }


def draw(plan: CommunityPlan, form: str) -> bytes:
    """Return the PDF of a plan in one of its two forms; it takes seconds and belongs in a job."""
    if form == COMMUNITY:
        return render_pdf("coordination/pdf/community_version.html", {"version": community_version(plan)})
    return render_pdf("coordination/pdf/community_plan.html", document_of(plan))


@job_kind(PLAN_PDF)
def draw_plan(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw a plan with what its asker may see now. Raises `RuleError` when it is out of their sight since."""
    rows = CommunityPlan.objects.visible_to(job.asked_by).select_related("mission", "office", "area")
    plan = rows.filter(pk=job.arguments["plan"], state__in=PlanState.FROZEN).first()
    if plan is None:
        raise RuleError("gone", _("This plan is not open to you any more."))
    progress(1, 2, _("Drawing the pages"))
    form = job.arguments["form"]
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, draw(plan, form))
    stem = f"plan-{plan.ref}" if form == WHOLE else f"community-plan-{plan.year}-{plan.semester}"
    link = reverse("coordination:plan-file", args=[job.pk])
    return {"file": name, "filename": f"{stem}.pdf", "plan": plan.pk, "form": form, "link": link}


def _ask(request: HttpRequest, plan: CommunityPlan, form: str, title: str) -> HttpResponse:
    job = ask(
        PLAN_PDF, mission=plan.mission, by=request.user, title=title, arguments={"plan": plan.pk, "form": form},
        marking=plan.marking,
    )  # fmt: skip
    return redirect("pocweb:job-detail", job.pk)


@require_POST
@permitted(VIEW)
def plan_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the whole plan as PDF."""
    plan = load_frozen(request.user, pk)
    return _ask(request, plan, WHOLE, _("Community protection plan %(ref)s as PDF") % {"ref": plan.ref})


@require_safe
@permitted(VIEW)
def plan_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, while they may see the plan."""
    user: Any = request.user
    row = get_object_or_404(Job.objects.visible_to(user).select_related("mission"), pk=job, kind=PLAN_PDF)
    plan = get_object_or_404(CommunityPlan.objects.visible_to(user), pk=row.result.get("plan"))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if not row.result.get("file") or not path.is_file():
        raise Http404
    with transaction.atomic():
        record_event(user, "downloaded", plan, note=f"pdf, {row.result.get('form', WHOLE)}")
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def plan_community(request: HttpRequest, pk: int) -> HttpResponse:
    """The community's version to be read by a person; it goes out only when they say that they did (CM-06)."""
    plan = load_frozen(request.user, pk)
    require(request.user, CHANGE, plan)
    version = community_version(plan)
    is_read = request.POST.get("read") == "yes"
    if request.method == "POST" and is_read:
        return _send_out(request, plan, version)
    context = {"plan": plan, "version": version, "marking": plan.marking, "is_unread": request.method == "POST"}
    status = 422 if request.method == "POST" else 200
    return render(request, "coordination/community_plan_community.html", context, status=status)


def _send_out(request: HttpRequest, plan: CommunityPlan, version: CommunityVersion) -> HttpResponse:
    """Answer with the text, or ask for the PDF; either is recorded with who read it."""
    form = "text" if request.POST.get("form") == "text" else "pdf"
    with transaction.atomic():
        record_event(request.user, "exported for the community", plan, changes={"format": [None, form]})
    if form == "pdf":
        return _ask(request, plan, COMMUNITY, _("Community version of %(ref)s as PDF") % {"ref": plan.ref})
    response = HttpResponse(community_text(version), content_type="text/plain; charset=utf-8")
    name = f"community-plan-{plan.year}-{plan.semester}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
