"""The board of action points: who owes what until when, its export, and what becomes of each."""

import io
from typing import Any

import django_filters
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.choices import ActionState
from coordination.meetings import records, rules
from coordination.meetings.forms import DoneForm, OverruleForm, ReasonForm
from coordination.meetings.views import mission_of
from coordination.models import ActionPoint, Decision, Forum, Meeting
from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import RuleError
from pocweb.models import Component, Person
from pocweb.pages import back_to, history_lines, permitted, sent_once
from pocweb.permissions import require
from pocweb.tabular import Column, write_csv, write_xlsx
from threats.models import Threat

PAGE_SIZE = 50
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TONES = {"open": "warn", "done": "ok", "cancelled": "none"}
LABELS = {
    "state": gettext_lazy("State"),
    "text": gettext_lazy("What"),
    "owner": gettext_lazy("Who"),
    "due_on": gettext_lazy("Deadline"),
    "done_on": gettext_lazy("Done on"),
    "result": gettext_lazy("Result, or obstacle"),
}


class ActionFilter(django_filters.FilterSet):
    """Narrows action points by state, owner, component, forum and deadline."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=ActionState.choices, empty_label=gettext_lazy("All")
    )
    owner = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Who"), queryset=lambda request: _owners(request), empty_label=gettext_lazy("All")
    )
    component = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Component"),
        queryset=lambda request: Component.objects.filter(mission=request.user.mission),
        empty_label=gettext_lazy("All"),
    )
    forum = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Forum"),
        field_name="meeting__forum",
        queryset=lambda request: Forum.objects.visible_to(request.user).filter(mission=request.user.mission),
        empty_label=gettext_lazy("All"),
    )
    late = django_filters.ChoiceFilter(
        label=gettext_lazy("Deadline"),
        choices=[("yes", gettext_lazy("Overdue"))],
        method="is_late",
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = ActionPoint
        fields = ("state", "owner", "component", "forum", "late")

    def is_late(self, queryset: Any, _name: str, _value: str) -> Any:
        return queryset.overdue(clock.today(self.request.user.mission))


def _owners(request: Any) -> Any:
    seen = ActionPoint.objects.visible_to(request.user).order_by().values("owner")
    return Person.objects.filter(pk__in=seen).order_by("last_name", "username")


def chosen(request: HttpRequest) -> tuple[ActionFilter, Any]:
    """Return the filter and its rows, open ones by deadline first, so that overdue ones lead."""
    mission = mission_of(request)
    seen = ActionPoint.objects.visible_to(request.user).filter(mission=mission)
    narrowed = ActionFilter(request.GET, seen, request=request)
    first = Case(When(state=ActionState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = narrowed.qs.select_related("owner", "component", "meeting__forum", "decision__meeting", "threat", "office")
    return narrowed, rows.order_by(first, "due_on", "number")


@require_safe
@permitted("coordination.view_meeting")
def action_list(request: HttpRequest) -> HttpResponse:
    """The board, overdue first."""
    narrowed, rows = chosen(request)
    today = clock.today(mission_of(request))
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [_line(one, request.user, today) for one in page]
    context = {
        "lines": lines,
        "late": narrowed.qs.overdue(today).count(),
        "page_obj": page,
        "filter": narrowed,
        "query": request.GET.urlencode(),
        "marking": max([line["point"].marking for line in lines], default=None),
    }
    return render(request, "coordination/action_list.html", context)


def _line(one: ActionPoint, user: Any, today: Any) -> dict[str, Any]:
    late = rules.is_late(state=one.state, due_on=one.due_on, today=today)
    return {"point": one, "tone": TONES[one.state], "late": (today - one.due_on).days if late else 0}


@require_safe
@permitted("coordination.view_meeting")
def action_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The rows of the board as a file, under the same filters."""
    _narrowed, found = chosen(request)
    rows = list(found)
    out, columns = io.BytesIO(), _columns()
    if kind == "csv":
        write_csv(columns, [_cells(one) for one in rows], out)
    else:
        write_xlsx(columns, [_cells(one) for one in rows], out, title=_("Action points"))
    with transaction.atomic():
        record_event(request.user, "exported", mission_of(request), note=f"action points: {len(rows)} rows as {kind}")
    response = HttpResponse(out.getvalue(), content_type="text/csv" if kind == "csv" else XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="action-points.{kind}"'
    return response


def _columns() -> list[Column]:
    return [
        Column("ref", _("Reference"), locked=True),
        Column("text", _("What"), width=50),
        Column("owner", _("Who")),
        Column("component", _("Component")),
        Column("due_on", _("Deadline"), "#date+due"),
        Column("state", _("State")),
        Column("done_on", _("Done on"), "#date+done"),
        Column("result", _("Result, or obstacle"), width=40),
        Column("meeting", _("Meeting")),
        Column("forum", _("Forum"), width=30),
        Column("office", _("Office")),
        Column("marking", _("Marking")),
    ]


def _cells(one: ActionPoint) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("ref", "text", "due_on", "done_on", "result")},
        "owner": str(one.owner),
        "component": one.component.name,
        "state": str(one.get_state_display()),
        "meeting": one.meeting.ref,
        "forum": one.meeting.forum.name,
        "office": one.office.name,
        "marking": str(one.get_marking_display()),
    }


@require_safe
@permitted("coordination.view_meeting")
def action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One action point: where it comes from, how it stands, what became of it."""
    point = _load(request, pk)
    return _page(request, point, DoneForm(initial={"done_on": clock.today(point.mission)}), ReasonForm())


def _load(request: HttpRequest, pk: int) -> ActionPoint:
    rows = ActionPoint.objects.visible_to(request.user).select_related(
        "mission", "office", "meeting__forum", "decision__meeting", "owner", "component", "threat"
    )
    point: ActionPoint = get_object_or_404(rows, pk=pk)
    return point


def _page(
    request: HttpRequest, point: ActionPoint, done: DoneForm, drop: ReasonForm, status: int = 200
) -> HttpResponse:
    user: Any = request.user
    today = clock.today(point.mission)
    sees_meeting = Meeting.objects.visible_to(user).filter(pk=point.meeting_id).exists()
    sees_decision = Decision.objects.visible_to(user).filter(pk=point.decision_id).exists()
    context = {
        **_line(point, user, today),
        "sees_meeting": sees_meeting,
        "decision": point.decision if sees_decision else None,
        "threat": Threat.objects.visible_to(user).filter(pk=point.threat_id).first(),
        "can_end": point.state == ActionState.OPEN and records.may_end(user, point),
        "done": done,
        "drop": drop,
        "events": history_lines(history_of(point)[:20], labels=LABELS, show=_words),
        "marking": point.marking,
    }
    return render(request, "coordination/action_detail.html", context, status=status)


def _words(name: str, value: Any) -> str:
    if name == "state" and value:
        return str(ActionState(value).label)
    return str(value or "")


@require_POST
@permitted("coordination.view_meeting")
def action_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Mark an action point done, or drop it; by its owner or the secretariat."""
    point = _load(request, pk)
    done = DoneForm(request.POST if act == rules.FINISH else None, initial={"done_on": clock.today(point.mission)})
    drop = ReasonForm(request.POST if act == rules.DROP else None)
    form: Any = done if act == rules.FINISH else drop
    if form.is_valid():
        service: Any = records.finish_action if act == rules.FINISH else records.drop_action
        try:
            service(point, by=request.user, **form.cleaned_data)
        except RuleError as error:
            if error.status != RuleError.status:
                raise
            form.refuse(error)
        else:
            words = {"ref": point.ref, "state": str(point.get_state_display()).lower()}
            messages.success(request, _("%(ref)s: %(state)s.") % words)
            return redirect(back_to(request, reverse("coordination:action-detail", args=[pk])))
    return _page(request, point, done, drop, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.overrule_decision")
@sent_once
def decision_overrule(request: HttpRequest, pk: int) -> HttpResponse:
    """Senior leadership decides otherwise; both versions stay (CO-05)."""
    rows = Decision.objects.visible_to(request.user).select_related(
        "meeting__mission", "meeting__office", "threat", "item"
    )
    decision = get_object_or_404(rows, pk=pk)
    require(request.user, "coordination.overrule_decision", decision.meeting)
    form = OverruleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            records.overrule_decision(decision, by=request.user, **form.cleaned_data)
        except RuleError as error:
            if error.status != RuleError.status:
                raise
            form.refuse(error)
        else:
            messages.success(request, _("Recorded. Both decisions stay on record."))
            return redirect("coordination:meeting-detail", decision.meeting_id)
    context = {"form": form, "decision": decision, "marking": decision.marking}
    return render(request, "coordination/decision_overrule.html", context, status=422 if form.errors else 200)
