"""Pages of response activities."""

import io
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.choices import Phase, Tier
from pocweb.errors import Forbidden, RuleError
from pocweb.fieldlist import Face
from pocweb.guard import EditConflict
from pocweb.models import Mission
from pocweb.numbers import whole
from pocweb.pages import (
    back_to,
    chosen_values,
    conflict_context,
    history_lines,
    is_choice,
    permitted,
    sent_once,
    stated_version,
)
from pocweb.tabular import Column, write_csv, write_xlsx
from strategy import rules, services
from strategy.choices import ActivityStatus
from strategy.fieldlists import ACTIVITY
from strategy.filters import ActivityFilter
from strategy.forms import ActivityForm, DoneForm
from strategy.models import Activity
from strategy.wording import LABELS, Wording
from threats.models import Threat

PAGE_SIZE = 50
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TONES = {"planned": "none", "ongoing": "warn", "done": "ok", "cancelled": "none"}


def _mission(request: HttpRequest) -> Mission:
    mission = getattr(request.user, "mission", None)
    if mission is None:
        raise Http404
    return mission


def _load(request: HttpRequest, pk: int) -> Activity:
    rows = Activity.objects.visible_to(request.user).for_lists(request.user, supporting=True)
    return get_object_or_404(rows, pk=pk)


def _grid(counts: dict[tuple[int, str], int], request: HttpRequest) -> list[dict[str, Any]]:
    """Return the table of tier by phase with one link per cell, the other filters kept."""
    kept = request.GET.copy()
    for name in ("page", "tier", "phase"):
        kept.pop(name, None)
    lines = []
    for tier, label in Tier.choices:
        cells = []
        for phase, words in Phase.choices:
            query = kept.copy()
            query["tier"], query["phase"] = str(tier), phase
            cells.append({"count": counts[tier, phase], "query": query.urlencode(), "phase": words})
        lines.append({"label": label, "cells": cells})
    return lines


@permitted("strategy.view_activity")
def activity_list(request: HttpRequest) -> HttpResponse:
    """The list, narrowed by its filters, under the count by tier and phase."""
    seen = Activity.objects.visible_to(request.user)
    chosen = ActivityFilter(request.GET, seen, request=request)
    without = request.GET.copy()
    for name in ("tier", "phase"):
        without.pop(name, None)
    counts = ActivityFilter(without, seen, request=request).qs.grid()
    today = clock.today(_mission(request))
    page = Paginator(chosen.qs.for_lists(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        {
            "activity": activity,
            "tone": TONES[activity.status],
            "overdue": rules.is_overdue(status=activity.status, due_on=activity.due_on, today=today),
            "phases": [Phase(phase).label for phase in activity.phases],
            "can_finish": activity.status in ActivityStatus.OPEN_STATES
            and request.user.has_perm("strategy.report_activity", activity),
        }
        for activity in page
    ]
    return render(
        request,
        "strategy/activity_list.html",
        {
            "rows": rows,
            "page_obj": page,
            "filter": chosen,
            "grid": _grid(counts, request),
            "phases": Phase.labels,
            "today": today,
            "can_add": request.user.has_perm("strategy.add_activity"),
            "query": request.GET.urlencode(),
        },
    )


@permitted("strategy.view_activity")
def activity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _load(request, pk), DoneForm(initial={"done_on": clock.today(_mission(request))}))


def _show(request: HttpRequest, activity: Activity, form: DoneForm, status: int = 200) -> HttpResponse:
    events = list(history_of(activity)[:20])
    pairs = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    can_change = request.user.has_perm("strategy.change_activity", activity)
    can_report = request.user.has_perm("strategy.report_activity", activity)
    allowed = [
        move for move in rules.moves_from(activity.status) if can_change or move.act in (rules.START, rules.FINISH)
    ]
    moves = allowed if can_report else []
    today = clock.today(activity.mission)
    context = {
        "activity": activity,
        "marking": activity.marking,
        "facts": [pair for pair in ACTIVITY.shown(activity) if pair[0] != str(LABELS["threats"])],
        "threats": activity.threats.all(),
        "events": history_lines(events, labels=LABELS, show=Wording(pairs, request.user)),
        "can_change": can_change,
        "moves": [move for move in moves if not move.needs_day],
        "can_finish": any(move.needs_day for move in moves),
        "form": form,
        "tone": TONES[activity.status],
        "overdue": rules.is_overdue(status=activity.status, due_on=activity.due_on, today=today),
    }
    return render(request, "strategy/activity_detail.html", context, status=status)


def _initial(request: HttpRequest, mission: Mission) -> dict[str, Any]:
    """Return what a new activity starts with: from the address (?threat=&tier=&phase=) and the person's office."""
    query = request.GET
    initial: dict[str, Any] = {
        "office": getattr(request.user, "office", None),
        "owner": request.user,
        "marking": mission.default_marking,
        "phases": [phase for phase in query.getlist("phase") if phase in Phase.values],
        "tier": query.get("tier"),
    }
    posting = getattr(request.user, "posting", None)
    if posting and posting.component_id:
        initial["component"] = posting.component_id
    if wanted := whole(query.get("threat", "")):
        threat = Threat.objects.visible_to(request.user).filter(pk=wanted).select_related("office").first()
        if threat:
            initial |= {"threats": [threat.pk], "office": threat.office, "marking": threat.marking}
    return initial


@permitted("strategy.add_activity")
@sent_once
def activity_create(request: HttpRequest) -> HttpResponse:
    mission = _mission(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        form = ActivityForm(initial=_initial(request, mission), **person)
        return render(request, "strategy/activity_form.html", {"form": form, "back": back_to(request)})
    form = ActivityForm(request.POST, **person)
    if form.is_valid():
        try:
            activity = services.add_activity(mission, by=request.user, **form.values())
        except RuleError as error:
            _put(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": activity.ref})
            return redirect(back_to(request, reverse("strategy:activity-detail", args=[activity.pk])))
    return render(request, "strategy/activity_form.html", {"form": form, "back": back_to(request)}, status=422)


def _put(form: Any, error: RuleError) -> None:
    """Show a refused rule at its field; a refusal that belongs to no field keeps its own page."""
    if isinstance(error, Forbidden) and not error.field:
        raise error
    form.add_error(error.field if error.field in form.fields else None, error.message)


@permitted("strategy.change_activity")
def activity_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and the choice between two people's texts where they oppose each other."""
    activity = _load(request, pk)
    if not request.user.has_perm("strategy.change_activity", activity):
        raise Forbidden("forbidden", _("Your role does not allow this here."))
    person: Any = {"user": request.user, "mission": activity.mission, "activity": activity}
    if request.method != "POST":
        return _form(request, activity, ActivityForm(initial=services.plain_activity(activity), **person))
    form = ActivityForm(request.POST, **person)
    choosing = is_choice(request.POST)
    if not choosing and not form.is_valid():
        return _form(request, activity, form, status=422)
    if choosing:
        changes = chosen_values(request.POST, names=services.EDITABLE, texts=services.TEXT_FIELDS)
    else:
        changes = form.values()
    try:
        based_on = stated_version(request.POST)
        saved = services.edit_activity(activity, based_on=based_on, changes=changes, by=request.user)
    except EditConflict as error:
        return _choose(request, activity, error)
    except RuleError as error:
        if choosing:
            raise
        _put(form, error)
        return _form(request, activity, form, status=422)
    _say(request, saved)
    return redirect(back_to(request, reverse("strategy:activity-detail", args=[activity.pk])))


def _form(request: HttpRequest, activity: Activity, form: ActivityForm, status: int = 200) -> HttpResponse:
    based_on = request.POST.get("based_on") or activity.version
    context = {
        "form": form,
        "activity": activity,
        "based_on": based_on,
        "marking": activity.marking,
        "back": back_to(request),
    }
    return render(request, "strategy/activity_form.html", context, status=status)


def _choose(request: HttpRequest, activity: Activity, error: EditConflict) -> HttpResponse:
    pairs = [(item.name, value) for item in error.opposed for value in (item.base, item.mine, item.theirs)]
    pairs += [(item.name, value) for item in error.kept for value in (item.before, item.now)]
    context = conflict_context(
        error,
        record_label=activity.ref,
        labels=LABELS,
        show=Wording(pairs, request.user),
        texts=services.TEXT_FIELDS,
    )
    context |= {"activity": activity, "marking": activity.marking, "action": request.path}
    return render(request, "strategy/activity_conflict.html", context, status=409)


def _say(request: HttpRequest, saved: Any) -> None:
    activity = saved.record
    if not saved.changes:
        messages.info(request, _("Nothing of %(ref)s changed.") % {"ref": activity.ref})
        return
    names = ", ".join(str(LABELS.get(name, name)).lower() for name in saved.changes)
    messages.success(request, _("Saved: %(names)s, %(ref)s.") % {"names": names, "ref": activity.ref})
    if saved.merged:
        others = ", ".join(str(LABELS.get(item.name, item.name)).lower() for item in saved.merged)
        messages.info(request, _("Another person changed meanwhile, and it stays: %(names)s.") % {"names": others})


@require_POST
@permitted("strategy.report_activity")
def activity_move(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """One act of the state table: start, finish, cancel, reopen. Without a day, "finish" counts from today."""
    activity = _load(request, pk)
    day = None
    result = ""
    if act == rules.FINISH:
        form = DoneForm(request.POST if "done_on" in request.POST else {"done_on": clock.today(activity.mission)})
        if not form.is_valid():
            return _show(request, activity, form, status=422)
        day, result = form.cleaned_data["done_on"], form.cleaned_data["result"]
    try:
        moved = services.set_status(activity, act=act, by=request.user, done_on=day, result=result)
    except RuleError as error:
        if error.field != "done_on":
            raise
        form.add_error("done_on", error.message)
        return _show(request, activity, form, status=422)
    messages.success(
        request, _("%(ref)s is now: %(state)s.") % {"ref": moved.ref, "state": moved.get_status_display().lower()}
    )
    if request.POST.get("next") == "list":
        return redirect("strategy:activity-list")
    return redirect(back_to(request, reverse("strategy:activity-detail", args=[activity.pk])))


@permitted("strategy.view_activity")
def activity_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV with HXL tags or as XLSX; the export is an event of the audit trail."""
    mission = _mission(request)
    seen = Activity.objects.visible_to(request.user).for_lists(request.user, supporting=True)
    activities = list(ActivityFilter(request.GET, seen, request=request).qs)
    columns = [
        Column(
            field.name,
            str(field.label),
            field.hxl,
            choices=tuple(str(label) for _value, label in field.choices) if field.name != "phases" else (),
            locked=field.locked,
        )
        for field in ACTIVITY.on(Face.EXPORT)
    ]
    out = io.BytesIO()
    if kind == "csv":
        write_csv(columns, ACTIVITY.rows(activities), out)
    else:
        write_xlsx(columns, ACTIVITY.rows(activities), out, title=_("Activities"), protect=True)
    with transaction.atomic():
        record_event(request.user, "exported", mission, note=f"{len(activities)} activities as {kind}")
    types = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX_TYPE}
    response = HttpResponse(out.getvalue(), content_type=types[kind])
    response["Content-Disposition"] = f'attachment; filename="activities-{mission.code}.{kind}"'
    return response
