"""Pages of a quarter's lesson: its form under the guard, and the text with its history."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Office
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.periods import Quarter
from pocweb.permissions import require
from threats.forms.lessons import LessonForm
from threats.models import OutcomeLesson
from threats.rules.outcomes import is_closed
from threats.services import lessons as services
from threats.views.editions import office_of

LABELS = {
    "text": gettext_lazy("What we learned"),
    "marking": gettext_lazy("Marking"),
    "period": gettext_lazy("Quarter"),
}


def _show(name: str, value: Any) -> str:
    if name == "marking" and value:
        return str(Marking(value).label)
    return str(value or "")


@require_safe
@permitted("threats.view_edition")
def lesson_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The lesson of one office and quarter, with its history."""
    rows = OutcomeLesson.objects.visible_to(request.user).select_related("office", "mission", "changed_by")
    lesson = get_object_or_404(rows, pk=pk)
    user: Any = request.user
    context = {
        "lesson": lesson,
        "quarter": Quarter.parse(lesson.period),
        "can_change": user.has_perm("threats.write_lesson", lesson),
        "events": history_lines(history_of(lesson)[:20], labels=LABELS, show=_show),
        "marking": lesson.marking,
    }
    return render(request, "threats/lesson_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.view_edition")
@sent_once
def lesson_write(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Write the lesson of a closed quarter, or edit the one that is there."""
    office = office_of(request, code)
    quarter = _quarter(period)
    rows = OutcomeLesson.objects.filter(office=office, period=str(quarter)).select_related("office", "mission")
    lesson = rows.first()
    require(request.user, "threats.write_lesson", OutcomeLesson(mission=office.mission, office=office, marking=0))
    if lesson is not None and not OutcomeLesson.objects.visible_to(request.user).filter(pk=lesson.pk).exists():
        raise Http404
    if not is_closed(quarter.ends_on, today=clock.today(office.mission)):
        raise RuleError("quarter_open", _("The %(quarter)s is not over yet.") % {"quarter": quarter.words})
    if request.method != "POST":
        initial = services.plain_lesson(lesson) if lesson else {"marking": _first_marking(office, request.user)}
        return _form(request, office, quarter, lesson, LessonForm(initial=initial, user=request.user))
    return _save(request, office, quarter, lesson)


def _quarter(period: str) -> Quarter:
    try:
        quarter = Quarter.parse(period)
        quarter.starts_on  # noqa: B018  year 0 is no year
    except (RuleError, ValueError) as error:
        raise Http404 from error
    return quarter


def _first_marking(office: Office, user: Any) -> int:
    return min(office.mission.default_marking, user.clearance)


def _save(request: HttpRequest, office: Office, quarter: Quarter, lesson: OutcomeLesson | None) -> HttpResponse:
    form = LessonForm(request.POST, user=request.user)
    choosing = lesson is not None and is_choice(request.POST)
    if lesson is not None and not request.POST.get("based_on"):
        # the form was opened before anybody had written; the other text is shown above what was typed
        form.add_error(None, _("Another person wrote this lesson first. Read it, and save a text of both."))
        return _form(request, office, quarter, lesson, form, status=HTTPStatus.CONFLICT)
    if not choosing and not form.is_valid():
        return _form(request, office, quarter, lesson, form, status=422)
    try:
        if lesson is None:
            lesson = services.write_lesson(office, period=str(quarter), values=form.values(), by=request.user)
        else:
            changes = (
                chosen_values(request.POST, names=services.EDITABLE, texts=services.TEXTS)
                if choosing
                else form.values()
            )
            based_on = stated_version(request.POST)
            services.edit_lesson(lesson, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        return _choose(request, lesson, error)
    except (Conflict, Forbidden):
        raise
    except RuleError as error:
        if choosing:
            raise
        form.refuse(error)
        return _form(request, office, quarter, lesson, form, status=422)
    messages.success(request, _("The lesson of the %(quarter)s is saved.") % {"quarter": quarter.words})
    return redirect(f"{reverse('threats:outcomes', args=[office.code])}?period={quarter}&alone=1#lesson")


def _form(
    request: HttpRequest,
    office: Office,
    quarter: Quarter,
    lesson: OutcomeLesson | None,
    form: LessonForm,
    status: int = 200,
) -> HttpResponse:
    based_on = (request.POST.get("based_on") or lesson.version) if lesson else None
    context = {"office": office, "quarter": quarter, "lesson": lesson, "form": form, "based_on": based_on}
    context["theirs"] = lesson if status == HTTPStatus.CONFLICT else None
    context["marking"] = lesson.marking if lesson else _first_marking(office, request.user)
    return render(request, "threats/lesson_form.html", context, status=status)


def _choose(request: HttpRequest, lesson: OutcomeLesson | None, error: EditConflict) -> HttpResponse:
    context = conflict_context(error, record_label=str(lesson), labels=LABELS, show=_show, texts=services.TEXTS)
    context |= {"lesson": lesson, "marking": lesson.marking if lesson else None, "action": request.path}
    return render(request, "threats/lesson_conflict.html", context, status=HTTPStatus.CONFLICT)
