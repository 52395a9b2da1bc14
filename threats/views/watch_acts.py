"""Acts of the atrocity watch: judge a factor and set its baseline, add a reading."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pocweb import clock
from pocweb.errors import RuleError
from pocweb.guard import EditConflict
from pocweb.pages import chosen_values, conflict_context, is_choice, permitted, sent_once, stated_version
from pocweb.permissions import require
from threats.forms.watch import LABELS, BaselineForm, ReadingForm
from threats.models import FactorWatch
from threats.services import watch as services
from threats.services.watch import GUARDED, TEXTS, plain_watch
from threats.views.watch import line_of, mission_of, probe, shown
from threats.watching import FactorLine


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.set_baseline")
@sent_once
def factor_baseline(request: HttpRequest, number: int) -> HttpResponse:
    """Judge a factor for the first time, or set its baseline and texts anew under the lost-update guard."""
    user: Any = request.user
    line = line_of(request, number)
    mission = mission_of(request)
    require(user, "threats.set_baseline", line.watch or probe(mission))
    form = BaselineForm(request.POST or None, user=user, initial=_initial(request, line))
    if request.method != "POST":
        return _form(request, line, form)
    if line.watch and is_choice(request.POST):
        values = chosen_values(request.POST, names=GUARDED, texts=TEXTS)
    elif form.is_valid():
        values = form.values()
    else:
        return _form(request, line, form, status=422)
    try:
        if line.watch is None:
            services.set_baseline(mission, line.factor, values=values, by=user)
        else:
            services.edit_watch(line.watch, changes=values, based_on=_based_on(request), by=user)
    except EditConflict as error:
        return _conflict(request, line, error)
    except RuleError as error:
        form.is_valid()
        form.refuse(error)
        return _form(request, line, form, status=error.status if error.status == 409 else 422)
    messages.success(request, _("Saved what is held of factor %(number)s.") % {"number": number})
    return redirect("threats:factor-detail", number)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.read_factor")
@sent_once
def factor_read(request: HttpRequest, number: int) -> HttpResponse:
    """Add a reading of a factor; a correction is another reading."""
    user: Any = request.user
    line = line_of(request, number)
    mission = mission_of(request)
    require(user, "threats.read_factor", line.watch or probe(mission))
    if not line.is_followed or line.watch is None:
        messages.info(request, _("Set a baseline first; change is read against it."))
        return redirect("threats:factor-detail", number)
    initial = {
        "read_on": clock.today(mission),
        "marking": int(mission.default_marking),
        "area": request.GET.get("area"),
    }
    form = ReadingForm(request.POST or None, user=user, mission=mission, factor=line.factor, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = services.add_reading(line.watch, values=form.values(), by=user)
            except RuleError as error:
                form.refuse(error)
            else:
                words = {"number": number, "level": made.get_level_display().lower()}
                messages.success(request, _("Recorded a reading of factor %(number)s: %(level)s.") % words)
                return redirect(reverse("threats:factor-detail", args=[number]) + "#readings")
        status = 422
    context = {"line": line, "factor": line.factor, "watch": line.watch, "form": form, "marking": line.marking}
    return render(request, "threats/factor_read.html", context, status=status)


def _initial(request: HttpRequest, line: FactorLine) -> dict[str, Any]:
    if line.watch is None:
        mission = mission_of(request)
        return {"is_relevant": "yes", "baseline_on": line.today, "marking": int(mission.default_marking)}
    return plain_watch(line.watch) | {"is_relevant": "yes" if line.watch.is_relevant else "no"}


def _based_on(request: HttpRequest) -> int:
    return stated_version(request.POST)


def _form(request: HttpRequest, line: FactorLine, form: BaselineForm, status: int = 200) -> HttpResponse:
    watch: FactorWatch | None = line.watch
    context = {
        "line": line,
        "factor": line.factor,
        "watch": watch,
        "form": form,
        "based_on": request.POST.get("based_on") or (watch.version if watch else ""),
        "marking": line.marking,
    }
    return render(request, "threats/factor_baseline.html", context, status=status)


def _conflict(request: HttpRequest, line: FactorLine, error: EditConflict) -> HttpResponse:
    label = _("factor %(number)s") % {"number": line.factor.number}
    context = conflict_context(error, record_label=label, labels=LABELS, show=shown, texts=TEXTS)
    context |= {"action": request.path, "marking": line.marking}
    context |= {"back_url": reverse("threats:factor-detail", args=[line.factor.number]), "back_label": str(line.factor)}
    return render(request, "threats/watch_conflict.html", context, status=409)
