"""Pages of rating schemes: all versions, one with its words, grid and use, and the form of a new version."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb.audit import history_of
from pocweb.choices import Priority, RiskLevel
from pocweb.errors import RuleError
from pocweb.models import AuditEvent
from pocweb.numbers import whole
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require
from threats.forms.schemes import AXIS_LABELS, SchemeForm
from threats.models import Scheme, Threat
from threats.rules.scheme import label_of, priority_of, risk_of, steps
from threats.rules.scheme_versions import AXES, LEVELS, has_priority
from threats.services.schemes import VERB, add_scheme_version
from threats.services.threats import current_scheme


@require_safe
@permitted("threats.view_vocabulary")
def scheme_list(request: HttpRequest) -> HttpResponse:
    """List the versions that the mission may use, the one in use first: who made each, how many ratings used it."""
    user: Any = request.user
    in_use = current_scheme(user.mission)
    rows = sorted(
        _counted(request), key=lambda one: (one.pk != in_use.pk, one.mission_id is None, one.code, -one.edition)
    )
    events = AuditEvent.objects.filter(
        mission=user.mission, verb=VERB, object_type=Scheme._meta.label_lower
    ).select_related("actor")
    makers = {event.object_id: event for event in events}
    context = {
        "lines": [(one, makers.get(str(one.pk))) for one in rows],
        "in_use": in_use,
        "can_change": user.has_perm("threats.change_vocabulary"),
        "sees_threats": user.has_perm("threats.view_threat"),
    }
    return render(request, "threats/scheme_list.html", context)


@require_safe
@permitted("threats.view_vocabulary")
def scheme_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version: its words with definitions, the grid, the priorities, what it changed and who made it."""
    user: Any = request.user
    scheme = get_object_or_404(_counted(request), pk=pk)
    made = history_of(scheme).filter(mission=user.mission).first()
    context = {
        "scheme": scheme,
        "in_use": current_scheme(user.mission),
        "words": [(AXIS_LABELS[axis], list(reversed(steps(scheme.data, axis)))) for axis in AXES],
        "impacts": steps(scheme.data, "impact"),
        "grid": grid_of(scheme.data),
        "priorities": [(level, str(RiskLevel(level).label), *_priority(scheme.data, level)) for level in LEVELS],
        "made": made,
        "changes": [_change(scheme.data, key, *pair) for key, pair in made.changes.items()] if made else [],
        "can_change": user.has_perm("threats.change_vocabulary"),
        "sees_threats": user.has_perm("threats.view_threat"),
    }
    return render(request, "threats/scheme_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_vocabulary")
@sent_once
def scheme_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new version from this one, as the mission's own, and put it into use."""
    user: Any = request.user
    base = get_object_or_404(Scheme.objects.known_in(user.mission), pk=pk)
    require(user, "threats.change_vocabulary", Scheme(mission=user.mission))
    in_use = current_scheme(user.mission)
    form = SchemeForm(request.POST or None, base=base)
    based_on = request.POST.get("based_on", "") if form.is_bound else str(in_use.pk)
    if request.method == "POST" and form.is_valid():
        given = {"name": form.cleaned_data["name"], "note": form.cleaned_data["note"], "data": form.data_of_version()}
        try:
            made = add_scheme_version(base, mission=user.mission, based_on=whole(based_on), by=user, **given)
        except RuleError as error:
            form.refuse(error)
        else:
            text = _("%(scheme)s is in use for new ratings. Ratings made before stay as they were.")
            messages.success(request, text % {"scheme": made})
            return redirect("threats:scheme-detail", made.pk)
    context = {
        "base": base,
        "in_use": in_use,
        "form": form,
        "based_on": based_on,
        "impacts": steps(base.data, "impact"),
    }
    return render(request, "threats/scheme_form.html", context, status=422 if form.is_bound else 200)


def grid_of(data: Any) -> list[tuple[str, list[tuple[int, str, str]]]]:
    """Return the rows of the grid, highest likelihood first: label and cells of (risk, its word, impact's word)."""
    return [
        (
            row["label"],
            [
                (risk, str(RiskLevel(risk).label), column["label"])
                for column in steps(data, "impact")
                for risk in [risk_of(data, row["value"], column["value"])]
            ],
        )
        for row in reversed(steps(data, "likelihood"))
    ]


def _counted(request: HttpRequest) -> Any:
    """Return the schemes of the mission with the number of ratings, of threats within the reader's reach, by each."""
    user: Any = request.user
    seen = Threat.objects.visible_to(user).filter(mission=user.mission)
    used = Count("assessments", filter=Q(assessments__threat__in=seen), distinct=True)
    return Scheme.objects.known_in(user.mission).annotate(use_count=used)


def _priority(data: Any, level: int) -> tuple[int | None, str]:
    if not has_priority(data, level):
        return None, _("not used")
    priority = priority_of(data, level)
    return priority, str(Priority(priority).label)


def _change(data: Any, key: str, before: Any, after: Any) -> tuple[str, str, str]:
    """Return one stored difference in words: what, before, after."""
    parts = key.split()
    if key == "name":
        return _("Name"), str(before), str(after)
    if parts[0] == "priority":
        words = [str(Priority(one).label) if one else _("not used") for one in (before, after)]
        return _("Priority of %(risk)s") % {"risk": RiskLevel(int(parts[-1])).label}, words[0], words[1]
    if parts[1] == "x":
        words = [label_of(data, axis, int(value)) for axis, value in zip(AXES, (parts[0], parts[2]), strict=True)]
        return " × ".join(words), str(RiskLevel(before).label), str(RiskLevel(after).label)
    what = _("word") if parts[2] == "label" else _("definition")
    return f"{AXIS_LABELS[parts[0]]} {parts[1]}, {what}", str(before or ""), str(after or "")
