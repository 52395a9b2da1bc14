"""Pages of one threat: the whole record, its form, rating, imminence, closing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.fieldlist import Face, for_people
from pocweb.pages import history_lines, permitted, sent_once
from pocweb.permissions import require
from threats.evidence import evidence_for, watched
from threats.fieldlists.threat import CRITERIA, LABELS, THREAT
from threats.forms.threats import ImminenceForm, ReasonForm
from threats.matrix.reading import read_rows
from threats.models import Incident, Threat
from threats.services import threats as services
from threats.threat_panels import panels_of
from threats.views.evidence_strip import strip_of
from threats.views.matrix_details import component_shares, response_grid
from threats.views.matrix_filters import tiers_and_phases
from threats.views.matrix_html import SIGNS, Words, add_activity_url, gaps_to_mend
from threats.views.ratings import chart_of, differences_of, lines_of
from threats.wording import Wording

IN_OWN_PANEL = {
    *CRITERIA, "ref", "title", "office", "status", "priority", "risk", "likelihood", "impact", "trend", "confidence",
    "expected_risk", "groups", "protection_actors", "marking", "imminent_since",
}  # fmt: skip
MOST_INCIDENTS, MOST_EVENTS = 20, 12


@require_safe
@permitted("threats.view_threat")
def threat_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything about one threat: facts, ratings, evidence, people, activities, history."""
    user: Any = request.user
    threat = _load(request, pk)
    now = clock.now(threat.mission)
    rows, watch = read_rows(_visible(request).filter(pk=pk), now=now, clearance=user.clearance)
    today = now.date()
    given = {"mission": threat.mission, "user": user, "today": today, "watch": watch}
    evidence = evidence_for([pk], **given, rated_on={pk: threat.assessed_on})[pk]
    can_edit = user.has_perm("threats.change_threat", threat) and threat.status == "active"
    can_add = threat.status == "active" and user.has_perm("strategy.add_activity", threat)
    ratings = lines_of(threat.assessments.select_related("scheme", "assessed_by"))
    context = {
        "threat": threat,
        "row": rows[0],
        "facts": _facts(threat),
        "criteria": [(str(LABELS[name]), getattr(threat, name)) for name in CRITERIA],
        "gaps": gaps_to_mend(rows[0], Words.of_page(threat.office.code, back=request.path)),
        "sign": SIGNS.get(rows[0].trend, "none"),  # type: ignore[call-overload]
        "ratings": ratings,
        "chart": chart_of(threat, ratings, today),
        "evidence": evidence,
        "strip": strip_of(threat.ref, evidence, today),
        "differences": differences_of(threat, ratings[0].one.scheme if ratings else None, evidence, today),
        "incidents": _incidents(threat, user),
        "most_incidents": MOST_INCIDENTS,
        "groups": threat.threat_groups.select_related("group", "area").order_by("group__order"),
        "activities": (*rows[0].response_activities, *rows[0].action_activities),
        "grid": response_grid(rows[0], can_edit=can_add, back=f"{request.path}#act"),
        "shares": component_shares(rows[0]),
        "phases": tiers_and_phases()[1],
        "decisions": threat.imminence_decisions.select_related("decided_by"),
        "forum_decisions": threat.decisions.visible_to(user).select_related("meeting__forum").order_by("-decided_at"),
        "forum_actions": threat.action_points.visible_to(user).select_related("owner").order_by("due_on", "number"),
        "events": _history(threat, user),
        "can_edit": can_edit,
        "can_reopen": user.has_perm("threats.change_threat", threat) and threat.status == "closed",
        "can_assess": threat.status == "active" and user.has_perm("threats.assess_threat", threat),
        "can_decide": threat.status == "active" and user.has_perm("threats.decide_imminence", threat),
        "add_url": add_activity_url(pk, back=f"{request.path}#act") if can_add else "",
        "panels": panels_of(user, threat),
        "marking": rows[0].marking,
    }
    return render(request, "threats/threat_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.decide_imminence")
@sent_once
def threat_imminence(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide, with the reason, whether a threat is imminent."""
    threat = _load(request, pk)
    require(request.user, "threats.decide_imminence", threat)
    form = ImminenceForm(request.POST or None, initial={"imminent": "yes" if threat.imminent else "no"})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.decide_imminence(threat, by=request.user, **form.cleaned_data)
        except RuleError as error:
            form.refuse(error)
        else:
            text = _("%(ref)s is imminent.") if made.imminent else _("%(ref)s is not imminent.")
            messages.success(request, text % {"ref": threat.ref})
            return redirect("threats:threat-detail", pk)
    return _small_form(request, threat, form, _("Decide on imminence"), _("Record the decision"))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.change_threat")
def threat_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a threat with the reason, or bring a closed one back."""
    threat = _load(request, pk)
    require(request.user, "threats.change_threat", threat)
    form = ReasonForm(request.POST or None)
    closes = threat.status == "active"
    if request.method == "POST" and form.is_valid():
        act = services.close_threat if request.POST.get("act") == "close" else services.reopen_threat
        act(threat, reason=form.cleaned_data["reason"], by=request.user)
        text = _("Closed %(ref)s.") if threat.status == "closed" else _("Reopened %(ref)s.")
        messages.success(request, text % {"ref": threat.ref})
        return redirect("threats:threat-detail", pk)
    title = _("Close the threat") if closes else _("Reopen the threat")
    return _small_form(request, threat, form, title, title, act="close" if closes else "reopen")


def _visible(request: HttpRequest) -> Any:
    return Threat.objects.visible_to(request.user)


def _load(request: HttpRequest, pk: int) -> Threat:
    return get_object_or_404(_visible(request).select_related("mission", "office", "lead"), pk=pk)


def _facts(threat: Threat) -> list[tuple[str, str]]:
    return [
        (str(field.label), for_people(field.value(threat)))
        for field in THREAT.on(Face.DETAIL)
        if field.name not in IN_OWN_PANEL and (field.name != "closed_reason" or threat.closed_reason)
    ]


def _incidents(threat: Threat, user: Any) -> Any:
    rows = Incident.objects.visible_to(user).counted().filter(watched(threat), mission=threat.mission)
    rows = rows.filter(starts_on__lte=clock.today(threat.mission)).select_related("area")
    return rows.order_by("-starts_on", "-number")[:MOST_INCIDENTS]


def _history(threat: Threat, user: Any) -> list[dict[str, Any]]:
    events = list(history_of(threat)[:MOST_EVENTS])
    values = [(name, value) for event in events for name, pair in event.changes.items() for value in pair]
    return history_lines(events, labels=LABELS, show=Wording(values, user))


def _small_form(
    request: HttpRequest, threat: Threat, form: Any, title: str, submit_label: str, act: str = ""
) -> HttpResponse:
    if threat.status != "active" and act != "reopen":
        raise Http404
    context = {"threat": threat, "form": form, "title": title, "submit_label": submit_label, "act": act}
    context |= {"decisions": threat.imminence_decisions.select_related("decided_by"), "marking": threat.marking}
    return render(request, "threats/threat_act.html", context, status=422 if form.is_bound else 200)
