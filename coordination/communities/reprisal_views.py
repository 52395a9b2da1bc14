"""Pages of the restricted register: a form for all staff, and what human rights and the POC Adviser read (CM-11)."""

from datetime import timedelta
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import reprisals
from coordination.communities.choices import ReprisalState
from coordination.communities.places import areas_of
from coordination.communities.plan_forms import AreaPick
from coordination.models import Engagement, Reprisal
from coordination.sharing.views.contacts import mission_of, refuse
from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.models import Area, Mission, Office
from pocweb.numbers import whole
from pocweb.pages import View, history_lines, permitted, sent_once, stated_version
from threats.forms.threats import GuardedForm

PAGE_SIZE, MOST = 50, 100
TONES = {"received": "bad", "taken_up": "warn", "closed": "ok"}


class ReprisalForm(GuardedForm):
    """What is alleged. The place and the engagement may be left out where they would tell who it is about."""

    text = forms.CharField(
        label=gettext_lazy("What happened"), widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
        help_text=gettext_lazy("When, what, and why you think it is because of contact with the mission. No names."),
        error_messages={"required": gettext_lazy("Say what happened, without names.")},
    )  # fmt: skip
    alleged_by = forms.CharField(
        label=gettext_lazy("Who is said to have done it"), max_length=160, required=False,
        help_text=gettext_lazy("A group, a service, a post."),
    )  # fmt: skip
    area = AreaPick(
        label=gettext_lazy("Area"), queryset=Area.objects.none(), required=False,
        empty_label=gettext_lazy("not recorded"),
    )  # fmt: skip
    engagement = forms.ModelChoiceField(
        label=gettext_lazy("After which engagement"), queryset=Engagement.objects.none(), required=False,
        empty_label=gettext_lazy("not recorded"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["area"].queryset = areas_of(Office.objects.filter(mission=mission))
        rows = Engagement.objects.visible_to(user).filter(mission=mission).select_related("mission", "area")
        fields["engagement"].queryset = rows.order_by("-held_on", "-number")
        if not user.has_perm("coordination.view_engagement"):
            del self.fields["engagement"]


class MeasuresForm(GuardedForm):
    """What was done about an allegation."""

    measures = forms.CharField(
        label=gettext_lazy("What was done"), widget=forms.Textarea(attrs={"rows": 3}), required=False,
        help_text=gettext_lazy("It is added under the day and your name; what stands there stays."),
    )  # fmt: skip


def _closed(view: View) -> View:
    """Answer as if there were no such record to who may not read the register."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(reprisals.VIEW):
            raise Http404
        return view(request, *args, **kwargs)

    guarded.permission = reprisals.VIEW  # type: ignore[attr-defined]
    return guarded


def _load(request: HttpRequest, pk: int) -> Reprisal:
    rows = Reprisal.objects.visible_to(request.user).select_related("mission", "office", "area", "created_by")
    reprisal: Reprisal = get_object_or_404(rows.select_related("engagement__area"), pk=pk)
    return reprisal


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(reprisals.FILE)
@sent_once
def reprisal_create(request: HttpRequest) -> HttpResponse:
    """File an allegation. Where nobody of human rights could read it, the page says whom to call and keeps the text."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    form = ReprisalForm(request.POST or None, **person)
    if request.method == "POST" and form.is_valid():
        try:
            made = reprisals.file_reprisal(mission, by=request.user, **form.cleaned_data)
        except RuleError as error:
            refuse(form, error)
        else:
            return redirect(f"{reverse('coordination:reprisal-filed')}?n={made.number}")
    route = reprisals.route_of(mission)
    context = {"form": form, "is_read": bool(route.readers), "call": reprisals.call_list(route)}
    response = render(request, "coordination/reprisal_form.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store, private"
    return response


@require_safe
@permitted(reprisals.FILE)
def reprisal_filed(request: HttpRequest) -> HttpResponse:
    """What the filer sees afterwards: that it arrived, for a day its reference (`?n=`), and nothing else."""
    mission = mission_of(request)
    own = Reprisal.objects.filter(mission=mission, created_by=request.user.pk, number=whole(request.GET.get("n", "")))
    filed = own.filter(received_at__gte=clock.now(mission) - timedelta(days=1)).select_related("mission").first()
    return render(request, "coordination/reprisal_filed.html", {"ref": filed.ref if filed else ""})


@require_safe
@permitted(reprisals.VIEW)
def reprisal_list(request: HttpRequest) -> HttpResponse:
    """The register, open ones first."""
    rows = Reprisal.objects.visible_to(request.user).filter(mission=mission_of(request))
    if request.GET.get("state") in ReprisalState.values:
        rows = rows.filter(state=request.GET["state"])
    rows = rows.select_related("area", "created_by", "mission").order_by("-state", "-received_at", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [{"reprisal": one, "tone": TONES[one.state]} for one in page]
    context = {"page_obj": page, "lines": lines, "marking": reprisals.KEPT_AS}
    return render(request, "coordination/reprisal_list.html", context)


@require_safe
@_closed
def reprisal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One allegation with what was done."""
    return _page(request, _load(request, pk), MeasuresForm())


def _page(request: HttpRequest, reprisal: Reprisal, form: MeasuresForm, status: int = 200) -> HttpResponse:
    can_change = request.user.has_perm(reprisals.CHANGE, reprisal)
    engagement = reprisal.engagement
    if engagement is not None and not Engagement.objects.visible_to(request.user).filter(pk=engagement.pk).exists():
        engagement = None
    context = {
        "reprisal": reprisal,
        "engagement": engagement,
        "tone": TONES[reprisal.state],
        "form": form,
        "acts": [one for one in reprisals.STEPS if reprisal.state in one.before] if can_change else [],
        "events": history_lines(history_of(reprisal)[:MOST], labels={}, show=lambda _name, value: str(value or "")),
        "marking": reprisal.marking,
    }
    response = render(request, "coordination/reprisal_detail.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@_closed
@sent_once
def reprisal_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an allegation up, add what was done, or close it; the act is the button that was pressed."""
    reprisal = _load(request, pk)
    form = MeasuresForm(request.POST)
    form.is_valid()
    try:
        act, based_on = request.POST.get("act", ""), stated_version(request.POST) or None
        measures = form.cleaned_data.get("measures", "")
        reprisals.move_reprisal(reprisal, act, measures=measures, based_on=based_on, by=request.user)
    except RuleError as error:
        refuse(form, error)
        return _page(request, reprisal, form, status=422)
    messages.success(request, _("Saved: %(ref)s.") % {"ref": reprisal.ref})
    return redirect("coordination:reprisal-detail", pk)
