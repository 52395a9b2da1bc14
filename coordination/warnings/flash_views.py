"""Pages of flash reports: list, one report, preview and sending from a case and from an incident."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from coordination.meetings.views import mission_of
from coordination.models import FlashReport, WarningCase
from coordination.warnings import flash as services
from coordination.warnings import rules
from coordination.warnings.choices import FlashKind
from coordination.warnings.flash import Outgoing
from coordination.warnings.flash_content import read_flash
from coordination.warnings.flash_files import load_flash
from pocweb import clock
from pocweb.audit import history_of
from pocweb.choices import Verb
from pocweb.errors import RuleError
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Mission, Office
from pocweb.numbers import whole
from pocweb.pages import history_lines, permitted, sent_once, stated_version
from pocweb.permissions import grants_for, require
from threats.forms.threats import GuardedForm
from threats.models import Incident

PAGE_SIZE, HISTORY = 50, 20


class FlashFilterForm(forms.Form):
    """The filters of the list, sent by GET."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False, choices=[("", gettext_lazy("All")), *FlashKind.choices]
    )
    office = OfficeChoice(
        label=gettext_lazy("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=gettext_lazy("All"),
    )  # fmt: skip
    first = forms.DateField(label=gettext_lazy("Sent from"), required=False, widget=DateInput())
    last = forms.DateField(label=gettext_lazy("Sent until"), required=False, widget=DateInput())

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = Q(pk__in=[])
        for grant in grants_for(user, "case", Verb.VIEW):
            where |= Q(mission=grant.mission_id, path__startswith=grant.office_path)
        offices: Any = self.fields["office"]
        offices.queryset = Office.objects.filter(where, mission=mission).order_by("path")

    def narrow(self, rows: Any) -> Any:
        """Return the rows that match; a filter that cannot be read is named at its field and left out."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if "kind" in given:
            rows = rows.filter(kind=given["kind"])
        if "office" in given:
            rows = rows.filter(office__path__startswith=given["office"].path)
        if "first" in given:
            rows = rows.filter(sent_at__date__gte=given["first"])
        return rows.filter(sent_at__date__lte=given["last"]) if "last" in given else rows


class FlashForm(GuardedForm):
    """What the sender adds: an assessment in a few sentences, and the reason where a step is skipped."""

    assessment = forms.CharField(
        label=gettext_lazy("Your assessment"),
        required=False,
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "Two or three sentences that lead the report: what it means, what you ask for. Do not write names of "
            "sources, victims or witnesses."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why a step is skipped or taken again"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The case is not where this step regularly comes. The reason is kept with it."),
    )

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]


@require_safe
@permitted("coordination.view_case")
def flash_list(request: HttpRequest) -> HttpResponse:
    """The flash reports sent, newest first; the two kinds are counted apart (EW-21)."""
    mission = mission_of(request)
    form = FlashFilterForm(request.GET or None, user=request.user, mission=mission)
    rows = FlashReport.objects.visible_to(request.user).filter(mission=mission)
    rows = form.narrow(rows) if form.is_bound else rows
    counts = rows.order_by().aggregate(
        **{kind.value: Count("pk", filter=Q(kind=kind)) for kind in FlashKind},
    )
    seen = rows.select_related("office", "case", "incident", "created_by").order_by("-sent_at", "-number")
    page = Paginator(seen, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "form": form,
        "counts": counts,
        "marking": max([one.marking for one in page], default=None),
    }
    return render(request, "coordination/flash_list.html", context, status=422 if form.errors else 200)


@require_safe
@permitted("coordination.view_case")
def flash_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One report as it went out, whom it went to, its history."""
    flash = load_flash(request.user, pk)
    if flash is None:
        raise Http404
    document = read_flash(flash, request.user)
    context = {
        "flash": flash,
        "document": document,
        "recipients": flash.recipients,
        "may_see_incident": flash.incident is not None
        and request.user.has_perm("threats.view_incident", flash.incident),
        "events": history_lines(list(history_of(flash)[:HISTORY]), labels={}, show=lambda _name, value: str(value)),
        "marking": flash.marking,
    }
    return render(request, "coordination/flash_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.send_flash")
@sent_once
def flash_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview of a case's early warning flash, and its sending; without a decision there is nothing to send (EW-10)."""
    rows = WarningCase.objects.followed_by(request.user).select_related("mission", "office", "area")
    case = get_object_or_404(rows, pk=pk)
    require(request.user, "coordination.send_flash", case)
    now = clock.now(case.mission)
    context: dict[str, Any] = {"case": case, "marking": case.marking, "based_on": case.version}
    try:
        _step, is_out_of_order = rules.step_for(services.ACT, state=case.state, branch=case.branch)
        outgoing = services.outgoing_of_case(case, request.user)
    except RuleError as error:
        context["refusal"] = error.message
        status = 422 if request.method == "POST" else 200
        return render(request, "coordination/flash_form.html", context, status=status)
    form = FlashForm(request.POST or None, needs_reason=is_out_of_order)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            sent = services.send_warning_flash(
                case, by=request.user, based_on=stated_version(request.POST), **form.cleaned_data
            )
        except RuleError as error:
            form.refuse(error)
        else:
            return _done(request, sent)
    return _preview(request, form, outgoing, context, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.send_flash")
@sent_once
def flash_incident(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview of the flash report on an incident, and its sending (EW-21)."""
    require(request.user, "threats.view_incident")
    rows = Incident.objects.visible_to(request.user).select_related("mission", "office", "area")
    incident = get_object_or_404(rows, pk=pk)
    require(request.user, "coordination.send_flash", incident)
    now = clock.now(incident.mission)
    context: dict[str, Any] = {"incident": incident, "marking": incident.marking}
    context["based_on"] = incident.flashes.count() + 1
    context["earlier"] = list(FlashReport.objects.visible_to(request.user).filter(incident=incident).order_by("pk"))
    try:
        outgoing = services.outgoing_of_incident(incident, request.user, now)
    except RuleError as error:
        context["refusal"] = error.message
        status = 422 if request.method == "POST" else 200
        return render(request, "coordination/flash_form.html", context, status=status)
    form = FlashForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        known = whole(str(request.POST.get("based_on", ""))) - 1
        try:
            sent = services.send_incident_flash(incident, by=request.user, sent_before=known, **form.cleaned_data)
        except RuleError as error:
            form.refuse(error)
        else:
            return _done(request, sent)
    return _preview(request, form, outgoing, context, now=now)


def _preview(
    request: HttpRequest, form: FlashForm, outgoing: Outgoing, context: dict[str, Any], *, now: datetime
) -> HttpResponse:
    assessment = str(form["assessment"].value() or "").strip()
    context |= {
        "form": form,
        "outgoing": outgoing,
        "document": outgoing.document(by=request.user, assessment=assessment, now=now),
        "marking": outgoing.draft.marking,
    }
    return render(request, "coordination/flash_form.html", context, status=422 if form.errors else 200)


def _done(request: HttpRequest, sent: FlashReport) -> HttpResponse:
    messages.success(request, _("%(ref)s is sent.") % {"ref": sent.ref})
    return redirect("coordination:flash-detail", sent.pk)
