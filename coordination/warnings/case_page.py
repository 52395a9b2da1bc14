"""The page of one case: the line of its steps, its ratings with rater and time, what it waits for, its history."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from coordination.models import CaseStep, WarningCase
from coordination.permissions import CALL
from coordination.warnings import decisions, ratings, rules
from coordination.warnings.act_forms import UrgentForm
from coordination.warnings.acts import FORMS, form_for
from coordination.warnings.case_links import hidden_fields
from coordination.warnings.case_panels import panels_of, url_name_of
from coordination.warnings.choices import Branch, CaseState, ImpactLevel, TaskKind, UnitRating
from coordination.warnings.rules import Step, steps_from
from coordination.warnings.views import load_case
from coordination.warnings.wording import LABELS, PRIORITY_TONES, headline, sentence, show, since
from pocweb import clock
from pocweb.audit import history_of
from pocweb.pages import history_lines, permitted

HISTORY = 30
IF_ANY = {
    CaseState.PARTNERS_TOLD: gettext_lazy("if decided"),
    CaseState.HARM_ASSESSED: gettext_lazy("before an operation"),
}
"""States that only some cases pass."""


@require_safe
@permitted("coordination.view_case")
def case_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what, where, when, who; its steps; what can be done now; reports, ties, panels, history."""
    user: Any = request.user
    case = load_case(request, pk)
    now = clock.now(case.mission)
    steps = list(case.steps.select_related("by").order_by("pk"))
    next_acts = acts_of(user, case, steps_from(case.state, case.branch))
    follows = user.has_perm("coordination.view_case", case)
    can_rate = case.is_open and user.has_perm(rules.RATE, case)
    is_urgent_open = case.state in rules.ASSESSING and user.has_perm(rules.IMMINENCE, case)
    context = {
        "case": case,
        "headline": headline(case),
        "sentence": sentence(case),
        "tone": PRIORITY_TONES.get(case.priority or 0, ""),
        "lines": lines_of(case, steps),
        "waits_for": [str(step.label) for step in waiting(case)],
        "since": since(_stands_since(case, steps), now),
        "next_acts": next_acts,
        "for_others": _for_others(case, next_acts),
        "ratings": ratings_of(user, case, steps) if follows and (case.state != CaseState.RECEIVED or can_rate) else [],
        "can_rate": can_rate,
        "can_reopen": not case.is_open and user.has_perm(rules.STEER, case),
        "can_add_threat": can_rate and user.has_perm("threats.add_threat"),
        "can_see_threat": case.threat_id is not None and user.has_perm("threats.view_threat", case.threat),
        "can_see_incident": case.incident_id is not None and user.has_perm("threats.view_incident", case.incident),
        "source": case.source if case.source_id and user.has_perm("threats.view_source") else None,
        "urgent": UrgentForm(auto_id="id_urgent_%s") if is_urgent_open and case.branch != Branch.IMMINENT else None,
        "reports": case.reports.filter(Q() if follows else Q(by=user)).select_related("by"),
        "panels": drawn(request, case),
        "events": history(user, case) if follows else [],
        "marking": case.marking,
    }
    return render(request, "coordination/case_detail.html", context)


def drawn(request: HttpRequest, case: WarningCase) -> list[dict[str, str]]:
    """Return the panels of the other topics, each drawn by its own template with its own context."""
    return [
        {"slug": panel.slug, "title": panel.title,
         "html": render_to_string(panel.template, dict(panel.context), request)}
        for panel in panels_of(request.user, case)
    ]  # fmt: skip


def waiting(case: WarningCase) -> tuple[Step, ...]:
    """Return the steps that a case waits for, without those that only some cases take."""
    found = steps_from(case.state, case.branch)
    needed = tuple(step for step in found if step.after not in IF_ANY)
    return needed or found


def _for_others(case: WarningCase, acts: list[dict[str, Any]]) -> list[str]:
    """Return what the case waits for that the person may not do."""
    mine = {act["step"].act for act in acts}
    return [str(step.label) for step in waiting(case) if step.act not in mine]


def acts_of(user: Any, case: WarningCase, steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return what the person may do of these steps: a form of its own, or the address where it is done."""
    acts: list[dict[str, Any]] = []
    for step in steps:
        if not user.has_perm(step.permission, case):
            continue
        url = url_of(case, step.act)
        if url is None:
            continue
        form = form_for(step.act, case, user) if step.act in FORMS else None
        is_main = step.after not in IF_ANY and not any(act["is_main"] for act in acts)
        acts.append({"step": step, "label": step.label, "url": url, "form": form, "is_main": is_main})
        if step.act == "decide-emergency":
            acts[-1:] = _ways_to_decision(user, case, acts[-1])
    return acts


def _ways_to_decision(user: Any, case: WarningCase, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the call of the emergency meeting before the record of what it decided, until a forum has (EW-09)."""
    if not user.has_perm(CALL, case) or decisions.decisions_now(case).visible_to(user).exists():
        return [record]
    call = {
        "step": record["step"],
        "label": _("Call the emergency meeting"),
        "url": reverse("coordination:case-emergency", args=[case.pk]),
        "form": None,
        "is_main": True,
    }
    return [call, {**record, "is_main": False}]


def url_of(case: WarningCase, act: str) -> str | None:
    """Return the address where an act is done: the page that its topic registered, else the general one."""
    name = url_name_of(act)
    if name:
        try:
            return reverse(name, args=[case.pk])
        except NoReverseMatch:
            return None
    return reverse("coordination:case-act", args=[case.pk, act]) if act in FORMS else None


def _stands_since(case: WarningCase, steps: list[CaseStep]) -> datetime:
    """Return when the case came to where it stands."""
    moved = [one for one in steps if one.before != one.after]
    return moved[-1].ended_at if moved else case.received_at


def lines_of(case: WarningCase, steps: list[CaseStep]) -> list[dict[str, Any]]:
    """Return the state table as lines of steps: the assessment, and one per branch, the case's own once it has one."""
    done = {one.after: one for one in steps if one.before != one.after}
    assessing = {"title": _("Assessment"), "steps": _line(case, rules.ASSESSING, done)}
    lines = [assessing]
    for branch in (Branch.IMMINENT, Branch.NON_IMMINENT):
        if case.branch in ("", branch):
            states = rules.ORDER[branch][len(rules.ASSESSING) :]
            lines.append({"title": str(branch.label), "steps": _line(case, states, done)})
    return lines


def _line(case: WarningCase, states: Iterable[str], done: dict[str, CaseStep]) -> list[dict[str, str]]:
    order = rules.ORDER[case.branch]
    here = order.index(case.state)
    items = []
    for state in states:
        at = order.index(state) if state in order else len(order)
        place = "past" if at < here else "current" if at == here else "coming"
        step = done.get(state)
        note = str(IF_ANY.get(CaseState(state), ""))
        if place != "coming":
            note = _who(step) if step else _("passed over")
            place = place if step or place == "current" else "coming"
        items.append({"label": str(CaseState(state).label), "note": note, "place": place})
    return items


def _who(step: CaseStep | None) -> str:
    if step is None:
        return ""
    return f"{date_format(localtime(step.ended_at), 'j M, H:i')}, {step.by or _('the system')}"


def ratings_of(user: Any, case: WarningCase, steps: list[CaseStep]) -> list[dict[str, Any]]:
    """Return the ratings as rows: what, value, its meaning or words, by whom and when, where it is rated anew."""
    last = {one.act: one for one in steps}
    rows = [
        _row(case, last, user, "rate-source", _("Source"), *_labelled(case, "source_reliability")),
        _row(case, last, user, "rate-information", _("Information"), *_labelled(case, "information_reliability")),
        _row(case, last, user, "class", _("Class"), case.get_case_class_display() if case.classed_at else "",
             _triangulated(case)),
        _row(case, last, user, "rate-impact", _("Impact on civilians"), _level(case.impact_civilians)),
        _special(case, last, user, TaskKind.CHILDREN, _("Impact on children (7A)")),
        _special(case, last, user, TaskKind.WOMEN, _("Impact on women and girls (7B)")),
        {"label": _("Overall impact"), "value": _level(case.impact),
         "said": case.impact_reason or (_("the highest of the ratings") if case.impact else "")},
        _row(case, last, user, "rate-likelihood", _("Likelihood"), _level(case.likelihood),
             case.get_likelihood_body_display()),
        _row(case, last, user, "prioritise", _("Imminence"), case.get_branch_display(), case.imminence_reason),
    ]  # fmt: skip
    return rows


def _labelled(case: WarningCase, name: str) -> tuple[str, str]:
    value = getattr(case, name)
    field: Any = WarningCase._meta.get_field(name)
    enum = {"source_reliability": ratings.SourceReliability}.get(name, ratings.InformationReliability)
    return (str(dict(field.choices)[value]), str(enum(value).meaning)) if value else ("", "")


def _triangulated(case: WarningCase) -> str:
    if not case.is_triangulated:
        return _("not triangulated and validated")
    return _("Triangulated: %(words)s") % {"words": case.triangulation}


def _level(value: int | None) -> str:
    return str(ImpactLevel(value).label) if value else ""


def _row(
    case: WarningCase, last: dict[str, CaseStep], user: Any, act: str, label: str, value: str, said: str = ""
) -> dict[str, Any]:
    step = last.get(act)
    permission = rules.IMMINENCE if act == "prioritise" else rules.RATE
    can = case.is_open and user.has_perm(permission, case)
    return {
        "label": label, "value": value, "said": said if value else "", "by": step.by if step else None,
        "at": step.ended_at if step else None,
        "url": reverse("coordination:case-act", args=[case.pk, act]) if can else "",
    }  # fmt: skip


def _special(case: WarningCase, last: dict[str, CaseStep], user: Any, kind: TaskKind, label: str) -> dict[str, Any]:
    _key, column, flag, _verb = ratings.SPECIAL[kind]
    state, step = getattr(case, flag), last.get(f"rate-{kind}")
    value = _level(getattr(case, column)) if state != UnitRating.NOT_RELEVANT else _("not relevant")
    said = _("asked, not answered yet; nothing waits for it") if state == UnitRating.ASKED else ""
    can = case.is_open and user.has_perm(ratings.RATE_SPECIAL, case)
    return {
        "label": label, "value": value, "said": step.reason if step else said, "by": step.by if step else None,
        "at": step.ended_at if step else None,
        "url": reverse("coordination:case-special", args=[case.pk, kind.value]) if can else "",
    }  # fmt: skip


def history(user: Any, case: WarningCase) -> list[dict[str, Any]]:
    """Return what happened to the case, without the keys of sources for who may not see them."""
    events = list(history_of(case)[:HISTORY])
    for event in events:
        hidden = hidden_fields(user, event)
        event.changes = {name: pair for name, pair in event.changes.items() if name not in hidden}
    return history_lines(events, labels=LABELS, show=show)
