"""Pages of engagement records: list, record, form, persons, figures, export."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coordination.communities import engagement_rules as rules
from coordination.communities import engagements
from coordination.communities.choices import RiskResult
from coordination.communities.engagement_fields import ENGAGEMENT, LABELS, Show, columns, people_of
from coordination.communities.engagement_figures import figures_of, narrowed
from coordination.communities.engagement_forms import EngagementFilterForm, EngagementForm, PersonsForm, PhotoForm
from coordination.exports import sheet
from coordination.models import Engagement
from coordination.querysets import EngagementQuerySet
from coordination.sharing.views.contacts import mission_of, refuse
from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.choices import Marking
from pocweb.errors import Conflict, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, Component
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require

VIEW, CHANGE = "coordination.view_engagement", engagements.CHANGE
PAGE_SIZE, HISTORY, MOST_EXPORTED = 50, 20, 5000
SORTS = {"held_on": ("-held_on", "-number"), "area": ("area__name", "-held_on"), "ref": ("number",)}
TONES = {"safe": "ok", "conditions": "warn", "cannot_ensure": "bad", "insufficient": "bad"}


def _visible(request: HttpRequest) -> EngagementQuerySet:
    rows = Engagement.objects.visible_to(request.user).select_related("mission", "office", "area", "component")
    return rows.prefetch_related("counts")


def load_engagement(request: HttpRequest, pk: int) -> Engagement:
    """Return a record that the person may see; 404 for others."""
    engagement: Engagement = get_object_or_404(_visible(request), pk=pk)
    return engagement


def _asked(request: HttpRequest) -> tuple[EngagementFilterForm, EngagementQuerySet]:
    """Return the filters and the rows that match them."""
    mission = mission_of(request)
    form = EngagementFilterForm(request.GET, user=request.user, mission=mission)
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    return form, narrowed(_visible(request).filter(mission=mission), wanted)


@require_safe
@permitted(VIEW)
def engagement_list(request: HttpRequest) -> HttpResponse:
    """Engagements, newest first; a group that was met apart is flagged (CM-10)."""
    form, rows = _asked(request)
    order = SORTS.get(request.GET.get("sort", ""), SORTS["held_on"])
    query = request.GET.copy()
    query.pop("page", None)
    page = Paginator(rows.order_by(*order), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "lines": [_line(one) for one in page],
        "query": query.urlencode(),
        "is_filtered": bool(query),
        "can_add": request.user.has_perm(CHANGE),
    }
    return render(request, "coordination/engagement_list.html", context, status=200 if form.is_valid() else 422)


def _line(engagement: Engagement) -> dict[str, Any]:
    return {
        "engagement": engagement,
        "people": people_of(engagement),
        "groups": ENGAGEMENT["groups"].value(engagement),
        "purposes": ENGAGEMENT["purposes"].value(engagement),
        "tone": TONES.get(engagement.risk, "none"),
    }


@require_safe
@permitted(VIEW)
def engagement_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The list as CSV or XLSX: groups and numbers, never anything of persons (CM-09)."""
    mission = mission_of(request)
    _form, rows = _asked(request)
    found = list(rows.order_by("-held_on", "-number")[:MOST_EXPORTED])
    return sheet(
        request.user, mission, found, ENGAGEMENT, columns(), kind=kind, verb="exported engagements of",
        name="engagements",
    )  # fmt: skip


@require_safe
@permitted(VIEW)
def engagement_figures(request: HttpRequest) -> HttpResponse:
    """Figures by sex, age, group, purpose, area and month; each number opens its records (CM-10)."""
    form, rows = _asked(request)
    query = {name: str(value) for name, value in request.GET.items() if value and name in form.fields}
    context = {"form": form, "figures": figures_of(rows, query), "is_filtered": bool(query)}
    return render(request, "coordination/engagement_figures.html", context, status=200 if form.is_valid() else 422)


@require_safe
@permitted(VIEW)
def engagement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One record with its photographs and its history; what is of persons has a page of its own."""
    engagement = load_engagement(request, pk)
    return engagement_page(request, engagement, PhotoForm())


def engagement_page(request: HttpRequest, engagement: Engagement, form: PhotoForm, status: int = 200) -> HttpResponse:
    events = list(history_of(engagement)[:HISTORY])
    kept = engagement.photos.select_related("added_by")
    can_change = request.user.has_perm(CHANGE, engagement)
    context = {
        **_line(engagement),
        "facts": ENGAGEMENT.shown(engagement)[1:],
        "photos": kept,
        "photo_form": form if can_change and _takes_photo(engagement) else None,
        "has_details": bool(engagement.personal_details),
        "events": history_lines(events, labels=LABELS, show=_show(events)),
        "can_change": can_change,
        "marking": engagement.marking,
    }
    return render(request, "coordination/engagement_detail.html", context, status=status)


def _takes_photo(engagement: Engagement) -> bool:
    """Say whether a photograph may be kept; the service asks again under a lock."""
    try:
        rules.check_photo(
            concerns_child_victim=engagement.concerns_child_victim,
            risk=engagement.risk,
            withdrawn_on=engagement.withdrawn_on,
            consent_on=engagement.consent_on,
            scope=engagement.consent_scope,
        )
    except RuleError:
        return False
    return True


def _show(events: Any) -> Show:
    named: dict[str, set[int]] = {"area": set(), "component": set()}
    for event in events:
        for name, keys in named.items():
            keys |= {key for key in event.changes.get(name, ()) if isinstance(key, int)}
    areas = dict(Area.objects.filter(pk__in=named["area"]).values_list("pk", "name")) if named["area"] else {}
    components = Component.objects.filter(pk__in=named["component"]).values_list("pk", "name")
    return Show(areas, dict(components) if named["component"] else {})


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
@sent_once
def engagement_create(request: HttpRequest) -> HttpResponse:
    """Record an engagement."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        initial = {"held_on": clock.today(mission), "marking": mission.default_marking, "area": request.GET.get("area")}
        return _form(request, None, EngagementForm(initial=initial, **person))
    form = EngagementForm(request.POST, **person)
    if form.is_valid():
        try:
            engagement = engagements.add_engagement(mission, by=request.user, **form.values())
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(ref)s.") % {"ref": engagement.ref})
            return redirect("coordination:engagement-detail", engagement.pk)
    return _form(request, None, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def engagement_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a record under the lost-update guard."""
    engagement = load_engagement(request, pk)
    require(request.user, CHANGE, engagement)
    person: Any = {"user": request.user, "mission": engagement.mission}
    form = EngagementForm(request.POST or None, initial=engagements.plain_engagement(engagement), **person)
    if request.method != "POST":
        return _form(request, engagement, form)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=engagements.EDITABLE, texts=engagements.TEXTS)
    elif form.is_valid():
        changes = form.values()
    else:
        return _form(request, engagement, form, status=422)
    try:
        engagements.edit_engagement(engagement, changes=changes, based_on=stated_version(request.POST), by=request.user)
    except EditConflict as error:
        show = _show(list(history_of(engagement)[:HISTORY]))
        texts = engagements.TEXTS
        context = conflict_context(error, record_label=engagement.ref, labels=LABELS, show=show, texts=texts)
        context |= {"action": request.path, "record": engagement, "marking": engagement.marking}
        context["back_url"] = reverse("coordination:engagement-detail", args=[pk])
        return render(request, "coordination/sharing_conflict.html", context, status=409)
    except RuleError as error:
        form.is_valid()
        refuse(form, error)
        return _form(request, engagement, form, status=422)
    messages.success(request, _("Saved: %(ref)s.") % {"ref": engagement.ref})
    return redirect("coordination:engagement-detail", pk)


def _form(request: HttpRequest, engagement: Engagement | None, form: EngagementForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"engagement": engagement, "form": form}
    if engagement is not None:
        based_on = request.POST.get("based_on") or engagement.version
        context |= {"based_on": based_on, "marking": engagement.marking}
    return render(request, "coordination/engagement_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(CHANGE)
def engagement_persons(request: HttpRequest, pk: int) -> HttpResponse:
    """Consent of persons and details of them: for who may change the record alone; reading it is recorded.

    Where the risk lets nothing be kept, a refused text stays in the form and nowhere else (CM-08).
    """
    engagement = load_engagement(request, pk)
    require(request.user, CHANGE, engagement)
    if request.method != "POST":
        if engagement.personal_details:
            with transaction.atomic():
                record_event(request.user, "read the details of persons in", engagement)
        initial = {
            "consent_scope": engagement.consent_scope,
            "consent_on": engagement.consent_on or clock.today(engagement.mission),
            "personal_details": engagement.personal_details,
        }
        return _persons(request, engagement, PersonsForm(initial=initial))
    form = PersonsForm(request.POST)
    if form.is_valid():
        try:
            based_on = stated_version(request.POST)
            engagements.keep_persons(engagement, based_on=based_on, by=request.user, **form.cleaned_data)
        except Conflict as error:
            form.add_error(None, error.message)
            engagement = load_engagement(request, pk)
            return _persons(request, engagement, form, theirs=engagement.personal_details, status=409)
        except RuleError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved: %(ref)s.") % {"ref": engagement.ref})
            return redirect("coordination:engagement-detail", pk)
    return _persons(request, engagement, form, status=422)


def _persons(
    request: HttpRequest, engagement: Engagement, form: PersonsForm, *, theirs: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "engagement": engagement,
        "form": form,
        "based_on": engagement.version,
        "theirs": theirs,
        "is_unsafe": engagement.risk in RiskResult.NO_PERSONS,
        "marking": max(engagement.marking, Marking.CONFIDENTIAL),
    }
    response = render(request, "coordination/engagement_persons.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@permitted(CHANGE)
def engagement_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Withdraw consent, or remove the details of persons."""
    engagement = load_engagement(request, pk)
    require(request.user, CHANGE, engagement)
    try:
        if act == "withdraw":
            engagements.withdraw_consent(engagement, by=request.user)
            words = _("Consent is withdrawn: details of persons and photographs of %(ref)s are removed.")
        else:
            engagements.remove_persons(engagement, by=request.user)
            words = _("No details of persons are kept in %(ref)s.")
    except RuleError as error:
        if error.status != RuleError.status:
            raise
        messages.error(request, error.message)
    else:
        messages.success(request, words % {"ref": engagement.ref})
    return redirect("coordination:engagement-detail", pk)
