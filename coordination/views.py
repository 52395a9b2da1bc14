"""Pages of forums, and of what they decide on matrix editions."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from coordination import services
from coordination.choices import ActKind
from coordination.fieldlists import FORUM
from coordination.forms import ForumActForm, ForumForm
from coordination.models import Forum
from coordination.wording import LABELS, Wording
from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Mission
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once
from threats.editions import in_force, live_rows
from threats.models import MatrixEdition
from threats.rules.editions import ENDORSE, RETURN, steps_from, unrated


def _mission(request: HttpRequest) -> Mission:
    mission = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def _load(request: HttpRequest, pk: int) -> Forum:
    rows = Forum.objects.visible_to(request.user).select_related("office", "mission", "chair")
    return get_object_or_404(rows.prefetch_related("members"), pk=pk)


@permitted("coordination.view_forum")
def forum_list(request: HttpRequest) -> HttpResponse:
    """Active forums first, from the top of the tree of offices down."""
    rows = Forum.objects.visible_to(request.user).select_related("office", "chair", "mission")
    rows = rows.prefetch_related("members").order_by("-is_active", "office__path", "name")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    lines = [{"forum": forum, "warning": services.missing_members(forum)} for forum in page]
    context = {"lines": lines, "page_obj": page, "can_add": request.user.has_perm("coordination.change_forum")}
    return render(request, "coordination/forum_list.html", context)


@permitted("coordination.view_forum")
def forum_detail(request: HttpRequest, pk: int) -> HttpResponse:
    forum = _load(request, pk)
    events = list(history_of(forum)[:20])
    pairs = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    visible = MatrixEdition.objects.visible_to(request.user)
    acts = forum.acts.filter(edition__in=visible).select_related("edition__office", "recorded_by")
    context = {
        "forum": forum,
        "marking": forum.marking,
        "facts": FORUM.shown(forum),
        "warning": services.missing_members(forum),
        "acts": acts[:50],
        "events": history_lines(events, labels=LABELS, show=Wording(pairs)),
        "can_change": request.user.has_perm("coordination.change_forum", forum),
    }
    return render(request, "coordination/forum_detail.html", context)


@permitted("coordination.change_forum")
@sent_once
def forum_create(request: HttpRequest) -> HttpResponse:
    mission = _mission(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        initial = {"office": getattr(request.user, "office", None), "marking": mission.default_marking}
        form = ForumForm(initial={**initial, "is_active": True, "level": "tactical"}, **person)
        return render(request, "coordination/forum_form.html", {"form": form})
    form = ForumForm(request.POST, **person)
    if form.is_valid():
        try:
            forum = services.add_forum(mission, by=request.user, **form.values())
        except (RuleError, ValidationError) as error:
            _put(form, error)
        else:
            return _saved(request, forum)
    return render(request, "coordination/forum_form.html", {"form": form}, status=422)


def _put(form: Any, error: RuleError | ValidationError) -> None:
    """Show a refusal at its field; one that belongs to no field of the form keeps its own page."""
    if isinstance(error, ValidationError):
        form.add_error(None, error.messages)
        return
    if isinstance(error, Forbidden) and not error.field:
        raise error
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _saved(request: HttpRequest, forum: Forum) -> HttpResponse:
    messages.success(request, _("Saved: %(name)s.") % {"name": forum.name})
    if warning := services.missing_members(forum):
        messages.warning(request, warning)
    return redirect("coordination:forum-detail", forum.pk)


@permitted("coordination.change_forum")
def forum_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and the choice between two people's texts where they oppose each other."""
    forum = _load(request, pk)
    if not request.user.has_perm("coordination.change_forum", forum):
        raise Forbidden("forbidden", _("Your role does not allow this here."))
    person: Any = {"user": request.user, "mission": forum.mission}
    if request.method != "POST":
        return _form(request, forum, ForumForm(initial=services.plain_forum(forum), **person))
    form = ForumForm(request.POST, **person)
    choosing = is_choice(request.POST)
    if not choosing and not form.is_valid():
        return _form(request, forum, form, status=422)
    chosen = chosen_values(request.POST, names=services.EDITABLE, texts=services.TEXTS)
    changes = chosen if choosing else form.values()
    based_on = request.POST.get("based_on", "")
    try:
        number = int(based_on) if based_on.isdigit() else 0
        saved = services.edit_forum(forum, based_on=number, changes=changes, by=request.user)
    except EditConflict as error:
        return _choose(request, forum, error)
    except (RuleError, ValidationError) as error:
        if choosing:
            raise
        _put(form, error)
        return _form(request, forum, form, status=422)
    return _saved(request, saved.record)


def _form(request: HttpRequest, forum: Forum, form: ForumForm, status: int = 200) -> HttpResponse:
    based_on = request.POST.get("based_on") or forum.version
    context = {"form": form, "forum": forum, "based_on": based_on, "marking": forum.marking}
    return render(request, "coordination/forum_form.html", context, status=status)


def _choose(request: HttpRequest, forum: Forum, error: EditConflict) -> HttpResponse:
    pairs = [(item.name, value) for item in error.opposed for value in (item.base, item.mine, item.theirs)]
    pairs += [(item.name, value) for item in error.kept for value in (item.before, item.now)]
    context = conflict_context(error, record_label=forum.name, labels=LABELS, show=Wording(pairs), texts=services.TEXTS)
    context |= {"forum": forum, "marking": forum.marking, "action": request.path}
    return render(request, "coordination/forum_conflict.html", context, status=409)


@permitted("coordination.record_act")
def edition_endorse(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what a forum decided on an edition: endorsed, or sent back."""
    rows = MatrixEdition.objects.visible_to(request.user).select_related("office", "mission")
    edition = get_object_or_404(rows, pk=pk)
    forums = services.forums_for(edition, request.user)
    today = clock.today(edition.mission)
    kinds = [step.act for step in steps_from(edition.state)]
    if request.method != "POST":
        initial = {
            "kind": ActKind.ENDORSE if ActKind.ENDORSE in kinds else ActKind.RETURN,
            "decided_on": today,
            "forum": forums[0].pk if forums else None,
        }
        return _act_page(request, edition, ForumActForm(initial=initial, forums=forums, kinds=kinds), forums)
    form = ForumActForm(request.POST, forums=forums, kinds=ActKind.values)
    if not form.is_valid():
        return _act_page(request, edition, form, forums, status=422)
    given = form.cleaned_data
    act = services.record_endorsement if given["kind"] == ActKind.ENDORSE else services.record_return
    try:
        act(edition, forum=given["forum"], decided_on=given["decided_on"], note=given["note"], by=request.user)
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _act_page(request, edition, form, forums, status=422)
    messages.success(
        request, _("Recorded: %(forum)s, edition %(ref)s.") % {"forum": given["forum"], "ref": edition.ref}
    )
    return redirect("threats:edition-detail", edition.pk)


def _act_page(
    request: HttpRequest, edition: MatrixEdition, form: ForumActForm, forums: list[Forum], status: int = 200
) -> HttpResponse:
    user: Any = request.user
    now = clock.now(edition.mission)
    previous = in_force(edition.office)
    rows = live_rows(edition.office, now=now, clearance=user.clearance, previous=previous)
    context = {
        "edition": edition,
        "marking": edition.marking,
        "form": form,
        "forums": forums,
        "count": len(rows),
        "unrated": unrated((row["ref"], row["risk"]) for row in rows),
        "can_endorse": any(step.act == ENDORSE for step in steps_from(edition.state)),
        "can_return": any(step.act == RETURN for step in steps_from(edition.state)),
    }
    return render(request, "coordination/edition_endorse.html", context, status=status)
