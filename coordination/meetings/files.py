"""Closed minutes as PDF: drawn by a job for one reader, checked again at the download."""

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

from coordination.choices import MeetingState
from coordination.meetings.minutes import Minutes, read_minutes
from coordination.meetings.views import load_meeting
from coordination.models import ActionPoint, AgendaItem, Decision, Meeting
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.glossary import used_in
from pocweb.jobs import Progress, ask
from pocweb.models import Job
from pocweb.pages import permitted
from pocweb.pdf import render_pdf
from threats.services.matrix_files import write_private

MINUTES_PDF = "minutes_pdf"
FOLDER = "minutes"
TEMPLATE = "coordination/pdf/minutes.html"
PARTS: dict[str, Any] = {"items": AgendaItem, "decisions": Decision, "actions": ActionPoint}


def document_of(minutes: Minutes) -> dict[str, Any]:
    """Return what the template draws: the minutes, and the words behind the acronyms in them (CO-12)."""
    texts = [minutes.summary, minutes.reason]
    for item in minutes.items:
        texts += [item.title, item.note, *(one.text for one in item.decisions), *(one.text for one in item.actions)]
    return {"minutes": minutes, "acronyms": used_in(texts)}


def draw_minutes(job: Job, progress: Progress) -> dict[str, Any]:
    """Draw the minutes that the job asks for, with what its asker may see now, and keep them under the job's id.

    Raises `RuleError` when the meeting is out of the asker's sight since.
    """
    rows = Meeting.objects.visible_to(job.asked_by).select_related("mission", "office", "forum")
    meeting = rows.filter(pk=job.arguments["meeting"], state=MeetingState.HELD).first()
    if meeting is None:
        raise RuleError("gone", _("These minutes are not open to you any more."))
    minutes = read_minutes(meeting, job.asked_by)
    progress(1, 2, _("Drawing the pages"))
    name = f"{FOLDER}/{job.pk}.pdf"
    write_private(Path(settings.MEDIA_ROOT) / name, render_pdf(TEMPLATE, document_of(minutes)))
    Job.objects.filter(pk=job.pk).update(marking=minutes.marking)
    return {
        "file": name,
        "filename": f"minutes-{meeting.ref}.pdf",
        "meeting": meeting.pk,
        "tells": _tells(minutes),
        "link": reverse("coordination:meeting-file", args=[job.pk]),
    }


def _tells(minutes: Minutes) -> dict[str, list[int]]:
    """Return the keys of what the file tells of, so that its reader's sight of them can be asked at each download."""
    return {
        "items": [item.pk for item in minutes.items],
        "decisions": [one.pk for item in minutes.items for one in item.decisions],
        "actions": [one.pk for item in minutes.items for one in item.actions],
    }


@require_POST
@permitted("coordination.view_meeting")
def meeting_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the minutes as PDF."""
    meeting = load_meeting(request, pk)
    if meeting.state != MeetingState.HELD:
        raise RuleError("not_held", _("The minutes are not closed yet."))
    job = ask(
        MINUTES_PDF,
        mission=meeting.mission,
        by=request.user,
        title=_("Minutes of %(ref)s as PDF") % {"ref": meeting.ref},
        arguments={"meeting": meeting.pk},
        marking=meeting.marking,
    )
    return redirect("pocweb:job-detail", job.pk)


@require_safe
@permitted("coordination.view_meeting")
def meeting_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, while they may see all that it tells of."""
    user: Any = request.user
    row = get_object_or_404(Job.objects.visible_to(user).select_related("mission"), pk=job, kind=MINUTES_PDF)
    meeting = get_object_or_404(Meeting.objects.visible_to(user), pk=row.result.get("meeting"))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    for name, keys in row.result.get("tells", {}).items():
        if PARTS[name].objects.visible_to(user).filter(pk__in=keys).count() != len(keys):
            raise Http404
    if not row.result.get("file") or not path.is_file():
        raise Http404
    with transaction.atomic():
        record_event(user, "downloaded", meeting, note="pdf")
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
