"""Pages of the register of other protection actors: list, one with the threats that name it, form."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.guard import EditConflict
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
from pocweb.permissions import require
from threats.choices import ThreatStatus
from threats.forms.registers import ProtectionActorForm
from threats.models import ProtectionActor, Threat, ThreatProtectionActor
from threats.services.protection_actors import (
    EDITABLE,
    add_protection_actor,
    edit_protection_actor,
    plain_protection_actor,
)

PAGE_SIZE = 50
LABELS = {"name": gettext_lazy("Name"), "kind": gettext_lazy("Kind"), "description": gettext_lazy("Description")}
TEXTS = ("name", "description")


@require_safe
@permitted("threats.view_protection_actor")
def protection_actor_list(request: HttpRequest) -> HttpResponse:
    """List the register, those that most threats name first; `?q=` searches names, `?kind=` the kind."""
    user: Any = request.user
    threats = Threat.objects.visible_to(user).filter(status=ThreatStatus.ACTIVE)
    named = Count("threats", filter=Q(threats__in=threats), distinct=True)
    rows = _register(request).annotate(threat_count=named)
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(Q(name__icontains=words) | Q(description__icontains=words))
    kind = request.GET.get("kind", "")
    if kind in ProtectionActor.Kind.values:
        rows = rows.filter(kind=kind)
    page = Paginator(rows.order_by("-threat_count", "name"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "kinds": ProtectionActor.Kind.choices,
        "q": words,
        "kind": kind,
        "can_add": user.has_perm("threats.change_protection_actor"),
    }
    return render(request, "threats/protection_actor_list.html", context)


@require_safe
@permitted("threats.view_protection_actor")
def protection_actor_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a protection actor is, and how each threat within the reader's reach judges it."""
    user: Any = request.user
    actor = _load(request, pk)
    threats = Threat.objects.visible_to(user).filter(mission=actor.mission_id)
    lines = ThreatProtectionActor.objects.filter(protection_actor=actor, threat__in=threats)
    lines = lines.select_related("threat__office").order_by("threat__status", "threat__priority", "threat__number")
    context = {
        "actor": actor,
        "lines": lines,
        "events": history_lines(history_of(actor)[:30], labels=LABELS, show=_show),
        "can_edit": user.has_perm("threats.change_protection_actor", actor),
        "marking": max((line.threat.marking for line in lines), default=None),
    }
    return render(request, "threats/protection_actor_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_protection_actor")
@sent_once
def protection_actor_create(request: HttpRequest) -> HttpResponse:
    """Add a protection actor to the mission's register."""
    user: Any = request.user
    form = ProtectionActorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actor = add_protection_actor(mission=user.mission, values=form.changes(), by=user)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Added %(actor)s. Threats can name it now.") % {"actor": actor})
            return redirect(back_to(request, reverse("threats:protection-actor-detail", args=[actor.pk])))
    return _form(request, None, form, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_protection_actor")
def protection_actor_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a protection actor under the lost-update guard."""
    actor = _load(request, pk)
    require(request.user, "threats.change_protection_actor", actor)
    form = ProtectionActorForm(request.POST or None, initial=plain_protection_actor(actor))
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
        edit_protection_actor(actor, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        context = conflict_context(error, record_label=str(actor), labels=LABELS, show=_show, texts=TEXTS)
        context |= {"action": request.path, "actor": actor}
        return render(request, "threats/protection_actor_conflict.html", context, status=409)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return _form(request, actor, form, status=422)
    messages.success(request, _("Saved %(actor)s.") % {"actor": changes.get("name", actor.name)})
    return redirect("threats:protection-actor-detail", pk)


def _register(request: HttpRequest) -> Any:
    user: Any = request.user
    return ProtectionActor.objects.filter(mission=user.mission).select_related("mission")


def _load(request: HttpRequest, pk: int) -> ProtectionActor:
    actor: ProtectionActor = get_object_or_404(_register(request), pk=pk)
    return actor


def _form(
    request: HttpRequest, actor: ProtectionActor | None, form: ProtectionActorForm, status: int = 200
) -> HttpResponse:
    based_on = (request.POST.get("based_on") or actor.version) if actor else None
    return render(
        request,
        "threats/protection_actor_form.html",
        {"actor": actor, "form": form, "based_on": based_on},
        status=status,
    )


def _show(name: str, value: Any) -> str:
    if not value:
        return ""
    return str(ProtectionActor.Kind(value).label) if name == "kind" else str(value)
