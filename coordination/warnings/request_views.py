"""Pages of resource requests: list by rank, form, record with answer; the panel of a case, the line on the desk."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.models import ResourceRequest, WarningCase
from coordination.sharing.forms import MomentInput
from coordination.warnings.choices import RequestKind, RequestState
from coordination.warnings.matrix_filters import offices_in_reach
from coordination.warnings.matrix_views import mission_of
from coordination.warnings.requests import (
    ANSWER,
    ASK,
    SECOND,
    WORDS,
    answer_request,
    ask_for_resources,
    may_withdraw,
    ranked,
    withdraw_request,
)
from pocweb import clock
from pocweb.audit import history_of
from pocweb.desk import Content, Item, Visit
from pocweb.errors import Forbidden, RuleError
from pocweb.fieldlist import for_people
from pocweb.forms import OfficeChoice
from pocweb.models import Mission, Office
from pocweb.pages import history_lines, permitted, sent_once
from threats.forms.threats import GuardedForm

PAGE_SIZE, MOST, MOST_CASES = 50, 5, 200
TONES = {
    RequestState.ASKED: "warn",
    RequestState.GRANTED: "ok",
    RequestState.REFUSED: "bad",
    RequestState.WITHDRAWN: "none",
}
LABELS = {
    "kind": gettext_lazy("For"),
    "what": gettext_lazy("What is needed"),
    "needed_at": gettext_lazy("Needed"),
    "state": gettext_lazy("State"),
    "answer": gettext_lazy("Answer"),
    "case": gettext_lazy("Case"),
}


class RequestForm(GuardedForm):
    """What is asked of mission support."""

    kind = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=[("", gettext_lazy("choose one")), *RequestKind.choices],
        help_text=gettext_lazy(
            "It decides the rank: MEDEVAC, CASEVAC and military operations first; then responses to early warnings "
            "and Joint Protection Teams; then responses to alerts; then all else."
        ),
        error_messages={"required": gettext_lazy("Choose what it is for.")},
    )
    case = forms.ModelChoiceField(
        label=gettext_lazy("Case"),
        queryset=WarningCase.objects.none(),
        required=False,
        empty_label=gettext_lazy("none"),
        help_text=gettext_lazy("The alert or early warning that it responds to."),
        error_messages={"invalid_choice": gettext_lazy("Choose an open case from the list.")},
    )
    what = forms.CharField(
        label=gettext_lazy("What is needed"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("How many, where to, for how long. No names of sources, victims or witnesses."),
        error_messages={"required": gettext_lazy("Say what is needed: how many, where to, for how long.")},
    )
    needed_at = forms.DateTimeField(
        label=gettext_lazy("Needed (UTC)"),
        widget=MomentInput(),
        error_messages={
            "required": gettext_lazy("Say until when it is needed."),
            "invalid": gettext_lazy("Write day and hour, such as 2020-12-31 14:00."),
        },
    )

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cases: Any = self.fields["case"]
        rows = WarningCase.objects.visible_to(user).filter(mission=mission).open()
        cases.queryset = rows.select_related("mission").order_by("-received_at", "-pk")


class RequestFilterForm(forms.Form):
    """The filters of the list, sent by GET."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", gettext_lazy("All")), *RequestState.choices]
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("For"), required=False, choices=[("", gettext_lazy("All")), *RequestKind.choices]
    )
    office = OfficeChoice(
        label=gettext_lazy("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=gettext_lazy("All"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = offices_in_reach(user, mission)


class AnswerForm(GuardedForm):
    """The answer of mission support, in words."""

    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Granted: what is given and from when. Refused: why, and what could be given instead."),
        required=False,
    )


def _visible(request: HttpRequest) -> Any:
    rows = ResourceRequest.objects.visible_to(request.user)
    return ranked(rows).select_related("mission", "office", "case", "created_by", "answered_by")


def _line(one: Any, now: Any) -> dict[str, Any]:
    is_open = one.state == RequestState.ASKED
    return {
        "one": one,
        "rank": one.rank,
        "words": WORDS[one.rank],
        "shares_rank": one.rank == SECOND,
        "tone": TONES[one.state],
        "is_open": is_open,
        "is_late": is_open and one.needed_at < now,
    }


@require_safe
@permitted("coordination.view_case")
def request_list(request: HttpRequest) -> HttpResponse:
    """The requests for means: open ones first, by rank, then by when they are needed (EW-19)."""
    mission = mission_of(request)
    form = RequestFilterForm(request.GET, user=request.user, mission=mission)
    form.is_valid()
    rows = _visible(request).filter(mission=mission)
    for name in ("state", "kind"):
        if form.cleaned_data.get(name):
            rows = rows.filter(**{name: form.cleaned_data[name]})
    if office := form.cleaned_data.get("office"):
        rows = rows.filter(office__path__startswith=office.path)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    now = clock.now(mission)
    context = {
        "form": form,
        "page_obj": page,
        "lines": [_line(one, now) for one in page],
        "is_filtered": bool(any(form.cleaned_data.values())),
        "can_ask": request.user.has_perm(ASK),
        "marking": max((one.marking for one in page), default=None),
    }
    return render(request, "coordination/request_list.html", context, status=200 if form.is_valid() else 422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.request_resources")
@sent_once
def request_create(request: HttpRequest) -> HttpResponse:
    """Ask mission support for means; `?case=` names the case that it is for."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        case = request.GET.get("case", "")
        initial = {"case": case, "kind": RequestKind.RESPONSE} if case.isdigit() else {}
        return render(request, "coordination/request_form.html", {"form": RequestForm(initial=initial, **person)})
    form = RequestForm(request.POST, **person)
    if form.is_valid():
        try:
            made = ask_for_resources(mission, by=request.user, **form.cleaned_data)
        except RuleError as error:
            if isinstance(error, Forbidden):
                raise
            form.refuse(error)
        else:
            messages.success(request, _("Asked: %(ref)s. Mission support is told.") % {"ref": made.ref})
            return redirect("coordination:request-detail", made.pk)
    return render(request, "coordination/request_form.html", {"form": form}, status=422)


@require_safe
@permitted("coordination.view_case")
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request with its rank, its answer and its history."""
    return _detail(request, get_object_or_404(_visible(request), pk=pk), AnswerForm())


def _detail(request: HttpRequest, one: Any, form: AnswerForm, status: int = 200) -> HttpResponse:
    is_open = one.state == RequestState.ASKED
    context = {
        **_line(one, clock.now(one.mission)),
        "form": form,
        "can_answer": is_open and request.user.has_perm(ANSWER, one),
        "can_withdraw": is_open and may_withdraw(one, request.user),
        "events": history_lines(history_of(one), labels=LABELS, show=_show),
        "marking": one.marking,
    }
    return render(request, "coordination/request_detail.html", context, status=status)


def _show(name: str, value: Any) -> str:
    choices: dict[str, Any] = {"kind": RequestKind, "state": RequestState}
    if name in choices and value in choices[name].values:
        return str(choices[name](value).label)
    if name == "needed_at" and value:
        return for_people(parse_datetime(str(value)))
    return "" if value in (None, "") else for_people(str(value))


@require_POST
@permitted("coordination.answer_request")
def request_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse a request: `act` is grant or refuse."""
    one = get_object_or_404(_visible(request), pk=pk)
    form = AnswerForm(request.POST)
    form.is_valid()
    granted = request.POST.get("act") == "grant"
    try:
        answer_request(one, granted=granted, answer=form.cleaned_data.get("answer", ""), by=request.user)
    except RuleError as error:
        if error.field is None:
            raise
        form.refuse(error)
        return _detail(request, one, form, status=422)
    words = _("%(ref)s is granted. The asker is told.") if granted else _("%(ref)s is refused. The asker is told.")
    messages.success(request, words % {"ref": one.ref})
    return redirect("coordination:request-detail", pk)


@require_POST
@permitted("coordination.request_resources")
def request_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back."""
    one = withdraw_request(get_object_or_404(_visible(request), pk=pk), by=request.user)
    messages.success(request, _("%(ref)s is withdrawn.") % {"ref": one.ref})
    return redirect("coordination:request-detail", pk)


def panel(user: Any, case: WarningCase) -> dict[str, Any] | None:
    """Return the requests of a case for its page; None for who neither sees nor may ask for any. One query."""
    rows = ranked(ResourceRequest.objects.visible_to(user).filter(case=case)).select_related("mission")
    can_ask = case.is_open and user.has_perm(ASK, case)
    now = clock.now(case.mission)
    lines = [_line(one, now) for one in rows[:MOST_CASES]]
    if not lines and not can_ask:
        return None
    return {"lines": lines, "can_ask": can_ask, "case": case}


def requests_to_answer(visit: Visit) -> Content | None:
    """Return the open requests that the person may answer, by rank; one query."""
    if not visit.user.has_perm(ANSWER) or not visit.user.has_role("DMS"):
        return None
    rows = ResourceRequest.objects.visible_to(visit.user).filter(Q(state=RequestState.ASKED), mission=visit.mission)
    found: Any = list(ranked(rows).select_related("office")[:200])
    if not found:
        return None
    words = ngettext("%(n)d request for means waits", "%(n)d requests for means wait", len(found)) % {"n": len(found)}
    items = tuple(
        Item(
            text=f"{one.ref} {one.get_kind_display()}, {one.office}",
            url=reverse("coordination:request-detail", args=[one.pk]),
            tone="bad" if one.needed_at < visit.now else "warn",
            state=_("rank %(n)d") % {"n": one.rank},
            note=_("needed %(at)s") % {"at": for_people(one.needed_at)},
        )
        for one in found[:MOST]
    )
    url = reverse("coordination:request-list") + "?state=asked"
    return Content(items=items, more_url=url, more_label=_("All open requests"), waiting=((len(found), words),))
