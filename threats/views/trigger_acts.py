"""Acts of the trigger calendar: add, edit, write down the effect, call off, put back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.guard import EditConflict, Saved
from pocweb.pages import chosen_values, conflict_context, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.forms.triggers import LABELS, CallOffForm, EffectForm, TriggerForm
from threats.models import TriggerEvent
from threats.services import triggers as services
from threats.services.triggers import EDITABLE, TEXTS, plain_trigger
from threats.triggers import entry_of
from threats.views.triggers import TriggerWords, load_trigger
from threats.views.watch import mission_of, probe

Save = Callable[[dict[str, Any]], Saved[TriggerEvent]]


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_trigger")
@sent_once
def trigger_create(request: HttpRequest) -> HttpResponse:
    """Add an event to the calendar of the mission."""
    user: Any = request.user
    mission = mission_of(request)
    require(user, "threats.change_trigger", probe(mission))
    initial = {"marking": int(mission.default_marking)}
    form = TriggerForm(request.POST or None, mission=mission, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            trigger = services.add_trigger(office=user.office, values=form.values(), by=user)
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Added %(ref)s to the calendar.") % {"ref": trigger.ref})
            return redirect("threats:trigger-detail", trigger.pk)
    context = {"form": form, "trigger": None}
    return render(request, "threats/trigger_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_trigger")
def trigger_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit an event under the lost-update guard."""
    user: Any = request.user
    trigger = load_trigger(request, pk)
    require(user, "threats.change_trigger", trigger)
    initial = plain_trigger(trigger)
    form = TriggerForm(request.POST or None, mission=trigger.mission, user=user, trigger=trigger, initial=initial)

    def save(values: dict[str, Any]) -> Saved[TriggerEvent]:
        return services.edit_trigger(trigger, changes=values, based_on=based_on(request), by=user)

    def show(status: int) -> HttpResponse:
        context = {"form": form, "trigger": trigger, "marking": trigger.marking}
        context["based_on"] = request.POST.get("based_on") or trigger.version
        return render(request, "threats/trigger_form.html", context, status=status)

    return _edit(request, trigger, form, save, show)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_trigger")
def trigger_effect(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what an event did this time; the text before stays in the history."""
    user: Any = request.user
    trigger = load_trigger(request, pk)
    require(user, "threats.change_trigger", trigger)
    form = EffectForm(request.POST or None)

    def save(values: dict[str, Any]) -> Saved[TriggerEvent]:
        if not values:  # the person chose the other's text
            return Saved(trigger)
        return services.record_effect(trigger, text=values["past_effect"], based_on=based_on(request), by=user)

    def show(status: int) -> HttpResponse:
        context = {"form": form, "trigger": trigger, "marking": trigger.marking}
        context["entry"] = entry_of(trigger, clock.today(trigger.mission))
        context["based_on"] = request.POST.get("based_on") or trigger.version
        return render(request, "threats/trigger_effect.html", context, status=status)

    return _edit(request, trigger, form, save, show)


def _edit(
    request: HttpRequest, trigger: TriggerEvent, form: Any, save: Save, show: Callable[[int], HttpResponse]
) -> HttpResponse:
    """Save what was sent, or show the form, or the choice when somebody else saved the same field first."""
    if request.method != "POST":
        return show(200)
    if is_choice(request.POST):
        values = chosen_values(request.POST, names=EDITABLE, texts=(*TEXTS, "kind", "action_owner"))
    elif form.is_valid():
        values = form.values() if isinstance(form, TriggerForm) else form.cleaned_data
    else:
        return show(422)
    try:
        saved = save(values)
    except EditConflict as error:
        return _conflict(request, trigger, error)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return show(422)
    text = _("Saved %(ref)s.") if saved.changes else _("Nothing was changed in %(ref)s.")
    messages.success(request, text % {"ref": trigger.ref})
    return redirect("threats:trigger-detail", trigger.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_trigger")
def trigger_call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Call an event off with the reason, or put it back."""
    user: Any = request.user
    trigger = load_trigger(request, pk)
    require(user, "threats.change_trigger", trigger)
    form = CallOffForm(request.POST or None)
    if request.method == "POST" and request.POST.get("act") == "back":
        services.put_back_trigger(trigger, by=user)
        messages.success(request, _("%(ref)s stands in the calendar again.") % {"ref": trigger.ref})
        return redirect("threats:trigger-detail", pk)
    if request.method == "POST" and form.is_valid():
        services.call_off_trigger(trigger, reason=form.cleaned_data["reason"], by=user)
        messages.success(request, _("%(ref)s is called off.") % {"ref": trigger.ref})
        return redirect("threats:trigger-detail", pk)
    context = {"form": form, "trigger": trigger, "marking": trigger.marking}
    return render(request, "threats/trigger_call_off.html", context, status=422 if form.errors else 200)


def based_on(request: HttpRequest) -> int:
    """Return the version that the sent form started from, 0 where none is named."""
    return stated_version(request.POST)


def _conflict(request: HttpRequest, trigger: TriggerEvent, error: EditConflict) -> HttpResponse:
    values = [(item.name, value) for item in error.opposed for value in (item.base, item.mine, item.theirs)]
    values += [(item.name, value) for item in error.kept for value in (item.before, item.now)]
    words, texts = TriggerWords(values), (*TEXTS, "kind", "action_owner")
    context = conflict_context(error, record_label=trigger.ref, labels=LABELS, show=words, texts=texts)
    for field in context["fields"]:
        if field["name"] not in TEXTS:
            field["control"] = ""
    context |= {"action": request.path, "marking": trigger.marking}
    context |= {"back_url": reverse("threats:trigger-detail", args=[trigger.pk]), "back_label": str(trigger)}
    return render(request, "threats/watch_conflict.html", context, status=409)
