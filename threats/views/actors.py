"""Pages of perpetrator profiles: list, profile with its incidents, threats and activity, form."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.guard import EditConflict
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.actor_activity import activity_of
from threats.choices import SourceOfViolence, ThreatStatus
from threats.fieldlists.actor import EDITABLE, HEADS, LABELS
from threats.filters import apply_filters
from threats.forms.actors import ActorForm
from threats.models import Actor, Incident, Threat
from threats.services.actors import add_actor, edit_actor, plain_actor

PAGE_SIZE, MOST_INCIDENTS = 50, 20
TEXTS = tuple(name for name in EDITABLE if name != "marking")


@require_safe
@permitted("threats.view_actor")
def actor_list(request: HttpRequest) -> HttpResponse:
    """List the profiles, those with most threats first; `?q=` searches names, `?source=` the kind."""
    user: Any = request.user
    threats = Threat.objects.visible_to(user).filter(status=ThreatStatus.ACTIVE)
    rows = _visible(request).annotate(threat_count=Count("threats", filter=Q(threats__in=threats), distinct=True))
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(Q(name__icontains=words) | Q(short_name__icontains=words))
    if request.GET.get("source") in SourceOfViolence.values:
        rows = rows.filter(source_of_violence=request.GET["source"])
    page = Paginator(rows.order_by("-threat_count", "name"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "sources": SourceOfViolence.choices,
        "q": words,
        "source": request.GET.get("source", ""),
        "can_add": user.has_perm("threats.change_actor"),
        "sees_protection": user.has_perm("threats.view_protection_actor"),
    }
    return render(request, "threats/actor_list.html", context)


@require_safe
@permitted("threats.view_actor")
def actor_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a profile: seven heads, opportunity, its incidents and threats, activity and changes over time."""
    user: Any = request.user
    actor = _load(request, pk)
    today = clock.today(actor.mission)
    seen = Incident.objects.visible_to(user)
    incidents = apply_filters(seen.filter(mission=actor.mission_id), {"actor": actor.code, "to": today})
    latest = incidents.select_related("area").defer("area__shape").order_by("-starts_on", "-number")
    events = history_of(actor)[:30]
    context = {
        "actor": actor,
        "heads": [(str(LABELS[name]), getattr(actor, name)) for name in HEADS],
        "threats": Threat.objects.visible_to(user).filter(actors=actor).select_related("office"),
        "incidents": latest[:MOST_INCIDENTS],
        "activity": activity_of(actor, seen, today=today),
        "today": today,
        "sees_incidents": user.has_perm("threats.view_incident"),
        "events": history_lines(events, labels=LABELS, show=_show),
        "can_edit": user.has_perm("threats.change_actor", actor),
        "marking": actor.marking,
    }
    return render(request, "threats/actor_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_actor")
@sent_once
def actor_create(request: HttpRequest) -> HttpResponse:
    """Add a profile; what is not known yet stays empty."""
    user: Any = request.user
    initial = {"marking": int(user.mission.default_marking), "source_of_violence": SourceOfViolence.UNKNOWN}
    form = ActorForm(request.POST or None, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actor = add_actor(mission=user.mission, values=form.changes(), by=user)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Added the profile of %(actor)s.") % {"actor": actor})
            return redirect("threats:actor-detail", actor.pk)
    return _form(request, None, form, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_actor")
def actor_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a profile under the lost-update guard."""
    actor = _load(request, pk)
    require(request.user, "threats.change_actor", actor)
    form = ActorForm(request.POST or None, user=request.user, initial=plain_actor(actor))
    if request.method != "POST":
        return _form(request, actor, form)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=EDITABLE, texts=TEXTS)
    elif form.is_valid():
        changes = form.changes()
    else:
        return _form(request, actor, form, status=422)
    based_on = stated_version(request.POST)
    try:
        edit_actor(actor, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        context = conflict_context(error, record_label=str(actor), labels=LABELS, show=_show, texts=TEXTS)
        context |= {"action": request.path, "actor": actor, "marking": actor.marking}
        return render(request, "threats/actor_conflict.html", context, status=409)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return _form(request, actor, form, status=422)
    messages.success(request, _("Saved the profile of %(actor)s.") % {"actor": actor})
    return redirect("threats:actor-detail", pk)


def _visible(request: HttpRequest) -> Any:
    return Actor.objects.visible_to(request.user)


def _load(request: HttpRequest, pk: int) -> Actor:
    return get_object_or_404(_visible(request).select_related("mission"), pk=pk)


def _form(request: HttpRequest, actor: Actor | None, form: ActorForm, status: int = 200) -> HttpResponse:
    based_on = (request.POST.get("based_on") or actor.version) if actor else None
    context = {"actor": actor, "form": form, "based_on": based_on, "marking": actor.marking if actor else None}
    return render(request, "threats/actor_form.html", context, status=status)


def _show(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name == "marking":
        return str(Marking(value).label)
    return str(SourceOfViolence(value).label) if name == "source_of_violence" else str(value)
