"""Pages of peace and conflict impact assessments: list, record, form, completion, PDF (EW-18)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import pcia as services
from coordination.communities import rules_pcia as rules
from coordination.communities.fieldlists_networks import PCIA
from coordination.communities.forms_lists import PciaBeginForm, PciaForm
from coordination.communities.pages import HISTORY, PAGE_SIZE, edit_page, history, mission_of, refuse
from coordination.communities.pcia_due import without_one
from coordination.communities.pcia_files import PCIA_PDF, ask_for_pdf
from coordination.communities.plain import CHANGE
from coordination.communities.wording_networks import pcia_words
from coordination.models import Pcia
from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.fieldlist import Face
from pocweb.models import Job
from pocweb.numbers import whole
from pocweb.pages import back_to, permitted, sent_once, stated_version
from pocweb.permissions import require

VIEW = "coordination.view_community"


def _load(request: HttpRequest, pk: int) -> Pcia:
    rows = Pcia.objects.visible_to(request.user).select_related("mission", "office", "done_by")
    pcia: Pcia = get_object_or_404(rows, pk=pk)
    return pcia


@require_safe
@permitted(VIEW)
def pcia_list(request: HttpRequest) -> HttpResponse:
    """The assessments, the latest year first, and the offices that have none of this year."""
    mission = mission_of(request)
    today = clock.today(mission)
    rows = Pcia.objects.visible_to(request.user).filter(mission=mission).select_related("office", "mission")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "lines": [(one, *pcia_words(one, today)) for one in page],
        "missing": without_one(request.user, mission, today),
        "year": today.year,
        "due_on": rules.default_due(today.year),
        "is_late": today > rules.default_due(today.year),
        "can_add": request.user.has_perm(CHANGE),
        "marking": max((one.marking for one in page), default=None),
    }
    return render(request, "coordination/pcia_list.html", context)


@require_safe
@permitted(VIEW)
def pcia_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One assessment with its three parts, how it stands, and its history."""
    return _show(request, _load(request, pk))


def _show(request: HttpRequest, pcia: Pcia, refused: RuleError | None = None) -> HttpResponse:
    tone, words = pcia_words(pcia, clock.today(pcia.mission))
    can_change = request.user.has_perm(CHANGE, pcia)
    context = {
        "pcia": pcia,
        "tone": tone,
        "words": words,
        "parts": [
            (field.label, getattr(pcia, field.name)) for field in PCIA.on(Face.DETAIL) if field.name in rules.PARTS
        ],
        "missing": [str(PCIA[name].label) for name in rules.PARTS if not getattr(pcia, name).strip()],
        "is_whole": services.is_whole(pcia),
        "events": history(history_of(pcia)[:HISTORY]),
        "can_edit": can_change and pcia.done_at is None,
        "can_carry": can_change and pcia.done_at is not None,
        "next_year": pcia.year + 1,
        "refused": refused,
        "marking": pcia.marking,
    }
    status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 422
    return render(request, "coordination/pcia_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def pcia_create(request: HttpRequest) -> HttpResponse:
    """Begin an assessment with the texts of the one before; `?office=` and `?year=` fill in the form."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        own = getattr(getattr(request.user, "office", None), "code", None)
        year = whole(request.GET.get("year", "")) or clock.today(mission).year
        initial: dict[str, Any] = {"office": request.GET.get("office") or own, "marking": mission.default_marking}
        form = PciaBeginForm(initial=initial | {"year": year}, **person)
        return render(request, "coordination/pcia_form.html", {"form": form})
    form = PciaBeginForm(request.POST, **person)
    if form.is_valid():
        try:
            pcia = services.begin_pcia(mission, by=request.user, **form.values())
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Begun: %(ref)s.") % {"ref": pcia.ref})
            return redirect(back_to(request) or reverse("coordination:pcia-detail", args=[pcia.pk]))
    return render(request, "coordination/pcia_form.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def pcia_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a draft under the lost-update guard."""
    pcia = _load(request, pk)
    require(request.user, CHANGE, pcia)
    person: Any = {"user": request.user, "mission": pcia.mission, "record": pcia}
    form = PciaForm(request.POST or None, initial=services.plain_pcia(pcia), **person)

    def page(form: Any, status: int) -> HttpResponse:
        based_on = request.POST.get("based_on") or pcia.version
        context = {"pcia": pcia, "form": form, "based_on": based_on, "marking": pcia.marking}
        return render(request, "coordination/pcia_form.html", context, status=status)

    answer = edit_page(
        request, pcia, form, names=services.EDITABLE, texts=services.TEXTS, page=page,
        back_url=reverse("coordination:pcia-detail", args=[pk]),
        save=lambda changes, based_on: services.edit_pcia(pcia, changes=changes, based_on=based_on, by=request.user),
    )  # fmt: skip
    if answer is not None:
        return answer
    messages.success(request, _("Saved: %(ref)s.") % {"ref": pcia.ref})
    return redirect("coordination:pcia-detail", pk)


@require_POST
@permitted(CHANGE)
def pcia_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Complete an assessment; what a required part lacks is said on its page."""
    pcia = _load(request, pk)
    try:
        done = services.complete_pcia(pcia, based_on=stated_version(request.POST), by=request.user)
    except RuleError as error:
        if isinstance(error, Forbidden):
            raise
        return _show(request, _load(request, pk), error)
    messages.success(request, _("%(ref)s is complete and stays as it is.") % {"ref": done.ref})
    return redirect("coordination:pcia-detail", pk)


@require_POST
@permitted(VIEW)
def pcia_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for an assessment as PDF."""
    job = ask_for_pdf(_load(request, pk), by=request.user)
    return redirect("pocweb:job-detail", job.pk)


@require_safe
@permitted(VIEW)
def pcia_file(request: HttpRequest, job: int) -> HttpResponseBase:
    """A PDF that a job has drawn: only for who asked, while they may see the assessment."""
    row = get_object_or_404(Job.objects.visible_to(request.user).select_related("mission"), pk=job, kind=PCIA_PDF)
    pcia = _load(request, row.result.get("pcia", 0))
    path = Path(settings.MEDIA_ROOT) / str(row.result.get("file", ""))
    if not row.result.get("file") or not path.is_file():
        raise Http404
    with transaction.atomic():
        record_event(request.user, "downloaded", pcia, note="pdf")
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result["filename"])
