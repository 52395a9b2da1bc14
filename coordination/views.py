"""Pages of forums, and of what they decide on matrix editions."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination import services
from coordination.cadence import turns_of
from coordination.choices import ActKind
from coordination.defaults import missing_forums, set_up_missing
from coordination.exports import sheet
from coordination.fieldlists import FORUM, columns
from coordination.forms import ForumActForm, ForumForm
from coordination.forum_gaps import gaps_of
from coordination.models import Forum
from coordination.seat_lines import ForumSeats
from coordination.wording import LABELS, Wording
from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Mission, Office
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.editions import in_force, live_rows
from threats.forms.threat_lines import asks_for_more
from threats.models import MatrixEdition
from threats.rounds import reviewed
from threats.rules.editions import ENDORSE, RETURN, steps_from, unrated


def _mission(request: HttpRequest) -> Mission:
    mission = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def _load(request: HttpRequest, pk: int) -> Forum:
    rows = Forum.objects.visible_to(request.user).select_related("office", "mission", "chair", "parent")
    return get_object_or_404(rows.prefetch_related("members", "seats__person"), pk=pk)


@require_safe
@permitted("coordination.view_forum")
def forum_list(request: HttpRequest) -> HttpResponse:
    """What is missing, then the forums: active first, from the top of the tree of offices down, each with its turn."""
    mission = _mission(request)
    rows = Forum.objects.visible_to(request.user).filter(mission=mission).select_related("office", "chair", "mission")
    forums = list(rows.prefetch_related("members").order_by("-is_active", "office__path", "name"))
    page = Paginator(forums, 50).get_page(request.GET.get("page"))
    now = clock.now(mission)
    turns = turns_of(forums, user=request.user, now=now)
    context = {
        "lines": [
            {"forum": forum, "warning": services.missing_members(forum), "turn": turns.get(forum.pk)} for forum in page
        ],
        "gaps": gaps_of(mission, forums, user=request.user, today=now.date()),
        "late": sum(turn.due.state == "late" for turn in turns.values()),
        "waiting": sum(turn.due.is_waiting for turn in turns.values()),
        "page_obj": page,
        "can_add": request.user.has_perm("coordination.change_forum"),
    }
    return render(request, "coordination/forum_list.html", context)


@require_safe
@permitted("coordination.view_forum")
def forum_detail(request: HttpRequest, pk: int) -> HttpResponse:
    forum = _load(request, pk)
    events = list(history_of(forum)[:20])
    pairs = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    visible = MatrixEdition.objects.visible_to(request.user)
    acts = forum.acts.filter(edition__in=visible).select_related("edition__office", "recorded_by")
    seen = Forum.objects.visible_to(request.user)
    context = {
        "forum": forum,
        "marking": forum.marking,
        "facts": FORUM.shown(forum),
        "warning": services.missing_members(forum),
        "turn": turns_of([forum], user=request.user, now=clock.now(forum.mission)).get(forum.pk),
        "above": seen.filter(pk=forum.parent_id).first(),
        "below": seen.filter(parent=forum).select_related("office").order_by("office__path", "name"),
        "acts": acts[:50],
        "events": history_lines(events, labels=LABELS, show=Wording(pairs, request.user)),
        "can_change": request.user.has_perm("coordination.change_forum", forum),
    }
    return render(request, "coordination/forum_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_forum")
@sent_once
def forum_create(request: HttpRequest) -> HttpResponse:
    """Add a forum; `?office=` names the office to begin with."""
    mission = _mission(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        initial: dict[str, Any] = {"office": _office_asked(request, mission), "marking": mission.default_marking}
        form = ForumForm(initial={**initial, "is_active": True, "level": "tactical", "body": "own"}, **person)
        return _form(request, None, form, ForumSeats(form.people))
    more = asks_for_more(request.POST)
    form = ForumForm(request.POST, more=more, **person)
    seats = ForumSeats(form.people, data=request.POST, more=more)
    if more is not None:
        return _form(request, None, form, seats)
    if all([form.is_valid(), seats.is_valid()]):
        try:
            forum = services.add_forum(mission, by=request.user, **(form.values() | seats.changes()))
        except (RuleError, ValidationError) as error:
            _put(form, seats, error)
        else:
            return _saved(request, forum)
    return _form(request, None, form, seats, status=422)


def _office_asked(request: HttpRequest, mission: Mission) -> Any:
    asked = Office.objects.filter(mission=mission, code=request.GET.get("office", "")).first()
    return asked or getattr(request.user, "office", None)


def _put(form: ForumForm, seats: ForumSeats, error: RuleError | ValidationError) -> None:
    """Show a refusal at its field; one that belongs to no field of the form keeps its own page."""
    if isinstance(error, ValidationError):
        form.add_error(None, error.messages)
        return
    if isinstance(error, Forbidden) and not error.field:
        raise error
    if not seats.refuse(error):
        form.add_error(error.field if error.field in form.fields else None, error.message)


def _saved(request: HttpRequest, forum: Forum) -> HttpResponse:
    messages.success(request, _("Saved: %(name)s.") % {"name": forum.name})
    if warning := services.missing_members(forum):
        messages.warning(request, warning)
    return redirect("coordination:forum-detail", forum.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_forum")
def forum_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and the choice between two people's texts where they oppose each other."""
    forum = _load(request, pk)
    require(request.user, "coordination.change_forum", forum)
    person: Any = {"user": request.user, "mission": forum.mission, "forum": forum}
    if request.method != "POST":
        values = services.plain_forum(forum)
        form = ForumForm(initial=values, **person)
        return _form(request, forum, form, ForumSeats(form.people, values=values["seats"]))
    more = asks_for_more(request.POST)
    form = ForumForm(request.POST, more=more, **person)
    seats = ForumSeats(form.people, data=request.POST, more=more)
    if more is not None:
        return _form(request, forum, form, seats)
    choosing = is_choice(request.POST)
    if not choosing and not all([form.is_valid(), seats.is_valid()]):
        return _form(request, forum, form, seats, status=422)
    based_on = stated_version(request.POST)
    try:
        if choosing:
            changes = chosen_values(request.POST, names=services.EDITABLE, texts=services.TEXTS)
        else:
            changes = form.values() | seats.changes()
        saved = services.edit_forum(forum, based_on=based_on, changes=changes, by=request.user)
    except EditConflict as error:
        return _choose(request, forum, error)
    except (RuleError, ValidationError) as error:
        if choosing:
            raise
        _put(form, seats, error)
        return _form(request, forum, form, seats, status=422)
    return _saved(request, saved.record)


def _form(
    request: HttpRequest, forum: Forum | None, form: ForumForm, seats: ForumSeats, status: int = 200
) -> HttpResponse:
    context = {"form": form, "seats": seats.formset, "forum": forum, "action": request.path}
    if forum is not None:
        context |= {"based_on": request.POST.get("based_on") or forum.version, "marking": forum.marking}
    return render(request, "coordination/forum_form.html", context, status=status)


def _choose(request: HttpRequest, forum: Forum, error: EditConflict) -> HttpResponse:
    pairs = [(item.name, value) for item in error.opposed for value in (item.base, item.mine, item.theirs)]
    pairs += [(item.name, value) for item in error.kept for value in (item.before, item.now)]
    show = Wording(pairs, request.user)
    context = conflict_context(error, record_label=forum.name, labels=LABELS, show=show, texts=services.TEXTS)
    context |= {"forum": forum, "marking": forum.marking, "action": request.path}
    return render(request, "coordination/forum_conflict.html", context, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_forum")
@sent_once
def forum_set_up(request: HttpRequest) -> HttpResponse:
    """Show the usual forums that are missing and set up those ticked; `?office=` ticks that office's alone."""
    mission = _mission(request)
    if request.method == "POST":
        made = set_up_missing(mission, codes=request.POST.getlist("codes"), by=request.user)
        if made:
            names = ", ".join(forum.name for forum in made)
            messages.success(request, _("Set up: %(names)s.") % {"names": names})
        else:
            messages.info(request, _("Nothing was set up: no missing forum was ticked, or it stands meanwhile."))
        return redirect("coordination:forum-list")
    missing = missing_forums(mission, by=request.user)
    asked = Office.objects.filter(mission=mission, code=request.GET.get("office", "")).first()
    lines = [{"proposal": one, "is_ticked": asked is None or one.office.pk == asked.pk} for one in missing]
    context = {"lines": lines, "asked": asked, "is_met": any(line["is_ticked"] for line in lines)}
    return render(request, "coordination/forum_set_up.html", context)


@require_safe
@permitted("coordination.view_forum")
def forum_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The forums that the person sees as CSV with HXL tags or as XLSX; the export is an event of the audit trail."""
    mission = _mission(request)
    rows = Forum.objects.visible_to(request.user).filter(mission=mission)
    rows = rows.select_related("office", "chair", "parent").prefetch_related("members", "seats__person")
    return sheet(
        request.user, mission, list(rows), FORUM, columns(), kind=kind, verb="exported forums of", name="forums"
    )


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
        "not_reviewed": [one.row["ref"] for one in reviewed(edition, rows) if one.at is None],
        "can_endorse": any(step.act == ENDORSE for step in steps_from(edition.state)),
        "can_return": any(step.act == RETURN for step in steps_from(edition.state)),
    }
    return render(request, "coordination/edition_endorse.html", context, status=status)
