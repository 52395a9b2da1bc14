"""Pages of liaison assistants: list, assignment, form, end, sheets."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import assistants as services
from coordination.communities.fieldlists_networks import ASSISTANT
from coordination.communities.forms_lists import AssistantFilterForm
from coordination.communities.forms_networks import AssistantForm, EndForm
from coordination.communities.gaps import without_shapes
from coordination.communities.pages import HISTORY, PAGE_SIZE, edit_page, history, mission_of, refuse, sheet
from coordination.communities.plain import CHANGE
from coordination.communities.wording_networks import assignment_words
from coordination.models import LiaisonAssistant, Network
from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.fieldlist import Face
from pocweb.pages import back_to, permitted, sent_once
from pocweb.permissions import require

VIEW = "coordination.view_community"


def _rows(request: HttpRequest) -> Any:
    rows = LiaisonAssistant.objects.visible_to(request.user).select_related("mission", "office", "base")
    return rows.prefetch_related(without_shapes())


def _load(request: HttpRequest, pk: int) -> LiaisonAssistant:
    assistant: LiaisonAssistant = get_object_or_404(_rows(request), pk=pk)
    return assistant


def _narrowed(request: HttpRequest) -> tuple[AssistantFilterForm, Any]:
    mission = mission_of(request)
    form = AssistantFilterForm(request.GET, user=request.user, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    today = clock.today(mission)
    when = {"coming": Q(starts_on__gt=today), "ended": Q(ends_on__lt=today)}
    going = Q(starts_on__lte=today) & (Q(ends_on=None) | Q(ends_on__gte=today))
    rows = _rows(request).filter(when.get(wanted.get("when", ""), going), mission=mission)
    if office := wanted.get("office"):
        rows = rows.filter(office__path__startswith=office.path)
    return form, rows.order_by("office__path", "-starts_on", "number")


@require_safe
@permitted(VIEW)
def assistant_list(request: HttpRequest) -> HttpResponse:
    """The assignments by office."""
    form, rows = _narrowed(request)
    today = clock.today(mission_of(request))
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page_obj": page,
        "lines": [(one, *assignment_words(one, today), request.user.has_perm(CHANGE, one)) for one in page],
        "query": query.urlencode(),
        "is_filtered": bool(query),
        "can_add": request.user.has_perm(CHANGE),
        "marking": max((one.marking for one in page), default=None),
    }
    return render(request, "coordination/assistant_list.html", context, status=200 if form.is_valid() else 422)


@require_safe
@permitted(VIEW)
def assistant_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as a sheet, without keys and notes on risk."""
    _form, rows = _narrowed(request)
    answer: HttpResponse = sheet(
        request, ASSISTANT, list(rows), name="liaison assistants", title=_("Liaison assistants"), kind=kind
    )
    return answer


@require_safe
@permitted(VIEW)
def assistant_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One assignment with its networks and history."""
    return _show(request, _load(request, pk), None)


def _show(request: HttpRequest, assistant: LiaisonAssistant, form: EndForm | None, status: int = 200) -> HttpResponse:
    """Key and risk note are for who may change the record; others read the reference."""
    today = clock.today(assistant.mission)
    can_change = request.user.has_perm(CHANGE, assistant)
    held_back = () if can_change else ("key", "risk_note")
    if can_change and assistant.ends_on is None and form is None:
        form = EndForm(initial={"ends_on": max(today, assistant.starts_on)})
    tone, words = assignment_words(assistant, today)
    context = {
        "assistant": assistant,
        "tone": tone,
        "words": words,
        "facts": [
            (field.label, shown)
            for field, (_label, shown) in zip(ASSISTANT.on(Face.DETAIL), ASSISTANT.shown(assistant), strict=True)
            if field.name not in ("ref", *held_back)
        ],
        "networks": Network.objects.visible_to(request.user).filter(assistant=assistant).select_related("area"),
        "events": history(history_of(assistant)[:HISTORY], without=held_back),
        "can_change": can_change,
        "form": form,
        "marking": assistant.marking,
    }
    return render(request, "coordination/assistant_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def assistant_create(request: HttpRequest) -> HttpResponse:
    """Record an assignment; `?base=`, `?area=` and `?office=` fill in the form."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        own = getattr(getattr(request.user, "office", None), "code", None)
        initial = {
            "office": request.GET.get("office") or own,
            "base": request.GET.get("base") or own,
            "areas": request.GET.getlist("area"),
            "starts_on": clock.today(mission),
            "marking": mission.default_marking,
        }
        return render(request, "coordination/assistant_form.html", {"form": AssistantForm(initial=initial, **person)})
    form = AssistantForm(request.POST, **person)
    if form.is_valid():
        try:
            assistant = services.add_assistant(mission, by=request.user, **form.values())
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": assistant.ref})
            return redirect(back_to(request) or assistant_url(assistant))
    return render(request, "coordination/assistant_form.html", {"form": form}, status=422)


def assistant_url(assistant: LiaisonAssistant) -> str:
    return reverse("coordination:assistant-detail", args=[assistant.pk])


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def assistant_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit an assignment under the lost-update guard."""
    assistant = _load(request, pk)
    require(request.user, CHANGE, assistant)
    person: Any = {"user": request.user, "mission": assistant.mission, "record": assistant}
    form = AssistantForm(request.POST or None, initial=services.plain_assistant(assistant), **person)

    def page(form: Any, status: int) -> HttpResponse:
        based_on = request.POST.get("based_on") or assistant.version
        context = {"assistant": assistant, "form": form, "based_on": based_on, "marking": assistant.marking}
        return render(request, "coordination/assistant_form.html", context, status=status)

    answer = edit_page(
        request, assistant, form, names=services.EDITABLE, texts=services.TEXTS, page=page,
        back_url=assistant_url(assistant),
        save=lambda changes, based_on: services.edit_assistant(
            assistant, changes=changes, based_on=based_on, by=request.user
        ),
    )  # fmt: skip
    if answer is not None:
        return answer
    messages.success(request, _("Saved: %(ref)s.") % {"ref": assistant.ref})
    return redirect("coordination:assistant-detail", pk)


@require_POST
@permitted(CHANGE)
def assistant_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Say on which day an assignment ends."""
    assistant = _load(request, pk)
    require(request.user, CHANGE, assistant)
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            ended = services.end_assistant(assistant, ends_on=form.cleaned_data["ends_on"], by=request.user)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(ref)s has a last day.") % {"ref": ended.ref})
            return redirect("coordination:assistant-detail", pk)
    return _show(request, assistant, form, status=422)
