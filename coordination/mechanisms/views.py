"""Pages of outside mechanisms: list, record, form, export."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from coordination.exports import sheet
from coordination.mechanisms import services
from coordination.mechanisms.fieldlist import LABELS, MECHANISM, Wording, columns
from coordination.mechanisms.forms import MechanismForm
from coordination.models import Mechanism
from pocweb.audit import history_of
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.views.presences import mission_of

PAGE_SIZE, HISTORY = 50, 20


def _visible(request: HttpRequest) -> Any:
    return Mechanism.objects.visible_to(request.user).select_related("office", "mission", "representative")


@require_safe
@permitted("coordination.view_forum")
def mechanism_list(request: HttpRequest) -> HttpResponse:
    """Active mechanisms first, by kind and name."""
    rows = _visible(request).filter(mission=mission_of(request)).order_by("-is_active", "kind", "name")
    context = {
        "page_obj": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "can_add": request.user.has_perm("coordination.change_forum"),
    }
    return render(request, "coordination/mechanism_list.html", context)


@require_safe
@permitted("coordination.view_forum")
def mechanism_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mechanism with its history."""
    mechanism = get_object_or_404(_visible(request), pk=pk)
    events = list(history_of(mechanism)[:HISTORY])
    pairs = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    context = {
        "mechanism": mechanism,
        "facts": MECHANISM.shown(mechanism),
        "events": history_lines(events, labels=LABELS, show=Wording(pairs)),
        "can_change": request.user.has_perm("coordination.change_forum", mechanism),
        "marking": mechanism.marking,
    }
    return render(request, "coordination/mechanism_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_forum")
@sent_once
def mechanism_create(request: HttpRequest) -> HttpResponse:
    """Record a mechanism; `?from=` takes name, kind, chair, cadence and purpose from the catalogue."""
    mission = mission_of(request)
    person: Any = {"user": request.user, "mission": mission}
    if request.method != "POST":
        asked = request.GET.get("from", "")
        entry = next((dict(one) for one in services.catalogue() if one["code"] == asked), {"cadence": "monthly"})
        office = getattr(request.user, "office", None)
        initial = {**entry, "office": office, "marking": mission.default_marking, "is_active": True}
        return _form(request, None, MechanismForm(initial=initial, **person))
    form = MechanismForm(request.POST, **person)
    if form.is_valid():
        try:
            mechanism = services.add_mechanism(mission, by=request.user, **form.values())
        except (RuleError, ValidationError) as error:
            _refuse(form, error)
        else:
            messages.success(request, _("Recorded: %(name)s.") % {"name": mechanism.name})
            return redirect("coordination:mechanism-detail", mechanism.pk)
    return _form(request, None, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.change_forum")
def mechanism_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a mechanism under the lost-update guard."""
    mechanism = get_object_or_404(_visible(request), pk=pk)
    require(request.user, "coordination.change_forum", mechanism)
    person: Any = {"user": request.user, "mission": mechanism.mission, "mechanism": mechanism}
    form = MechanismForm(request.POST or None, initial=services.plain_mechanism(mechanism), **person)
    if request.method != "POST":
        return _form(request, mechanism, form)
    if is_choice(request.POST):
        changes = chosen_values(request.POST, names=services.EDITABLE, texts=services.TEXTS)
    elif form.is_valid():
        changes = form.values()
    else:
        return _form(request, mechanism, form, status=422)
    based_on = stated_version(request.POST)
    try:
        services.edit_mechanism(mechanism, changes=changes, based_on=based_on, by=request.user)
    except EditConflict as error:
        return _choose(request, mechanism, error)
    except (RuleError, ValidationError) as error:
        if is_choice(request.POST):
            raise
        _refuse(form, error)
        return _form(request, mechanism, form, status=422)
    messages.success(request, _("Saved: %(name)s.") % {"name": changes.get("name", mechanism.name)})
    return redirect("coordination:mechanism-detail", pk)


@require_safe
@permitted("coordination.view_forum")
def mechanism_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The mechanisms that the person sees as CSV with HXL tags or as XLSX; an event of the audit trail."""
    mission = mission_of(request)
    rows = list(_visible(request).filter(mission=mission))
    verb = "exported outside mechanisms of"
    return sheet(request.user, mission, rows, MECHANISM, columns(), kind=kind, verb=verb, name="mechanisms")


def _refuse(form: MechanismForm, error: RuleError | ValidationError) -> None:
    """Show a refusal at its field; one that belongs to no field keeps its own page."""
    if isinstance(error, ValidationError):
        form.add_error(None, error.messages)
        return
    if isinstance(error, Forbidden) and not error.field:
        raise error
    form.refuse(error)


def _form(request: HttpRequest, mechanism: Mechanism | None, form: MechanismForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "mechanism": mechanism, "catalogue": services.catalogue()}
    if mechanism is not None:
        context |= {"based_on": request.POST.get("based_on") or mechanism.version, "marking": mechanism.marking}
    return render(request, "coordination/mechanism_form.html", context, status=status)


def _choose(request: HttpRequest, mechanism: Mechanism, error: EditConflict) -> HttpResponse:
    pairs = [(item.name, value) for item in error.opposed for value in (item.base, item.mine, item.theirs)]
    pairs += [(item.name, value) for item in error.kept for value in (item.before, item.now)]
    show = Wording(pairs)
    context = conflict_context(error, record_label=mechanism.name, labels=LABELS, show=show, texts=services.TEXTS)
    context |= {"forum": mechanism, "marking": mechanism.marking, "action": request.path}
    return render(request, "coordination/forum_conflict.html", context, status=409)
