"""Pages of a threat's ratings: the form that rates, and the series with its chart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pocweb import clock
from pocweb.charts import Drawing
from pocweb.charts.ratings import RatingPoint, RatingSeries, series_chart
from pocweb.choices import RiskLevel
from pocweb.errors import RuleError
from pocweb.pages import permitted, sent_once
from pocweb.permissions import require
from threats.choices import Confidence, ThreatStatus, Trend
from threats.evidence import Evidence, differing, evidence_for, standing_of
from threats.forms.ratings import AssessForm
from threats.models import Assessment, Scheme, Threat
from threats.reference_loader import assessment_inputs
from threats.rules.divergence import Divergence
from threats.rules.scheme import label_of, risk_of, steps
from threats.services import threats as services
from threats.views.evidence_strip import strip_of
from threats.views.matrix_html import SIGNS


@dataclass(frozen=True)
class Line:
    """One rating in words. `is_new_scheme`: the rating before was made with another scheme or version."""

    one: Assessment
    likelihood: str
    impact: str
    expected: str
    inputs: tuple[str, ...]
    sign: str
    is_new_scheme: bool

    @property
    def words(self) -> str:
        return f"{self.likelihood} × {self.impact}".lower()

    @property
    def confidence_meaning(self) -> str:
        return Confidence(self.one.confidence).meaning


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("threats.assess_threat")
@sent_once
def threat_assess(request: HttpRequest, pk: int) -> HttpResponse:
    """Rate a threat: pick likelihood and impact by their definitions, say why and from what, and what is expected."""
    threat = load_threat(request, pk)
    require(request.user, "threats.assess_threat", threat)
    scheme = services.current_scheme(threat.mission)
    last = threat.assessments.select_related("scheme").first()
    form = AssessForm(request.POST or None, scheme=scheme, initial=_initial(last, scheme))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.assess_threat(threat, by=request.user, **form.rating())
        except RuleError as error:
            form.refuse(error)
        else:
            _say(request, threat, made)
            return redirect("threats:threat-detail", pk)
    context = _assess_context(request, threat, form, scheme, last)
    return render(request, "threats/threat_assess.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@permitted("threats.view_threat")
def threat_ratings(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all ratings of a threat: the chart of the series and each rating with its reason, inputs and scheme."""
    threat = load_threat(request, pk)
    lines = lines_of(threat.assessments.select_related("scheme", "assessed_by"))
    context = {
        "threat": threat,
        "lines": lines,
        "chart": chart_of(threat, lines, clock.today(threat.mission)),
        "levels": list(Confidence),
        "can_assess": threat.status == ThreatStatus.ACTIVE and request.user.has_perm("threats.assess_threat", threat),
        "marking": threat.marking,
    }
    return render(request, "threats/threat_ratings.html", context)


def load_threat(request: HttpRequest, pk: int) -> Threat:
    """Return a threat that the person may see; 404 for any other."""
    rows = Threat.objects.visible_to(request.user).select_related("mission", "office", "lead")
    return get_object_or_404(rows, pk=pk)


def lines_of(assessments: Iterable[Assessment]) -> list[Line]:
    """Return ratings, newest first as they come, in the words of the scheme that each was made with."""
    rows = list(assessments)
    names = dict(assessment_inputs())
    return [_line(one, before, names) for one, before in zip(rows, [*rows[1:], None], strict=False)]


def chart_of(threat: Threat, lines: Sequence[Line], today: date) -> Drawing | None:
    """Return the chart of the series of ratings, None without any."""
    if not lines:
        return None
    points = tuple(_point(line) for line in reversed(lines))
    levels = [str(label) for label in RiskLevel.labels]
    title = _("Risk of %(ref)s over time") % {"ref": threat.ref}
    series = [RatingSeries(threat.ref, points)]
    return series_chart(series, levels=levels, until=max(today, points[-1].day), title=title)


def differences_of(threat: Threat, scheme: Scheme | None, evidence: Evidence, today: date) -> list[Divergence]:
    """Return where evidence and rating differ, for an active threat. `scheme` is that of its last rating."""
    if threat.status != ThreatStatus.ACTIVE:
        return []
    steps_of_scheme = len(scheme.data["likelihood"]) if scheme else None
    return differing(evidence, standing_of(threat, steps_of_scheme), today=today)


def _line(one: Assessment, before: Assessment | None, names: dict[str, str]) -> Line:
    data = one.scheme.data
    expected = ""
    if one.expected_risk:
        words = (
            label_of(data, "likelihood", one.expected_likelihood),
            label_of(data, "impact", one.expected_impact),
        )
        expected = " × ".join(words).lower()
    return Line(
        one,
        label_of(data, "likelihood", one.likelihood),
        label_of(data, "impact", one.impact),
        expected,
        tuple(names.get(code, code) for code in one.inputs),
        SIGNS[Trend(one.trend)],
        before is not None and before.scheme_id != one.scheme_id,
    )


def _point(line: Line) -> RatingPoint:
    one = line.one
    expected = one.expected_risk - 1 if one.expected_risk else None
    return RatingPoint(
        one.assessed_at.date(),
        one.risk - 1,
        confidence=one.confidence,
        confidence_label=one.get_confidence_display(),
        expected=expected,
        scheme=str(one.scheme),
    )


def _initial(last: Assessment | None, scheme: Scheme) -> dict[str, Any]:
    """Return what the form starts from: the rating in force, where it was made with the scheme in use."""
    if last is None or last.scheme_id != scheme.pk:
        return {}
    names = ("confidence", "expected_likelihood", "expected_impact")
    return {"cell": f"{last.likelihood}-{last.impact}"} | {name: getattr(last, name) for name in names}


def _say(request: HttpRequest, threat: Threat, made: Assessment) -> None:
    text = _("Rated %(ref)s: %(risk)s, priority %(priority)s, %(trend)s.")
    words = {"ref": threat.ref, "risk": made.get_risk_display(), "priority": made.priority}
    messages.success(request, text % (words | {"trend": made.get_trend_display()}))


def _assess_context(
    request: HttpRequest, threat: Threat, form: AssessForm, scheme: Scheme, last: Assessment | None
) -> dict[str, Any]:
    today = clock.today(threat.mission)
    rated_on = {threat.pk: threat.assessed_on}
    found = evidence_for(rated_on, mission=threat.mission, user=request.user, today=today, rated_on=rated_on)
    evidence = found[threat.pk]
    return {
        "threat": threat,
        "form": form,
        "scheme": scheme,
        "grid": _risk_grid(scheme.data, form["cell"].value()),
        "impacts": steps(scheme.data, "impact"),
        "definitions": [
            (_("Likelihood"), list(reversed(steps(scheme.data, "likelihood")))),
            (_("Impact"), list(reversed(steps(scheme.data, "impact")))),
        ],
        "last": last,
        "evidence": evidence,
        "strip": strip_of(threat.ref, evidence, today),
        "differences": differences_of(threat, last.scheme if last else None, evidence, today),
        "marking": threat.marking,
    }


def _risk_grid(data: Any, chosen: str) -> list[dict[str, Any]]:
    """Return the scheme's grid, highest likelihood first, each cell with its risk and whether it is chosen."""
    return [
        {
            "label": row["label"],
            "cells": [
                {
                    "risk": (level := risk_of(data, row["value"], column["value"])),
                    "label": str(RiskLevel(level).label),
                    "impact": column["label"],
                    "value": (value := f"{row['value']}-{column['value']}"),
                    "is_chosen": value == chosen,
                }
                for column in steps(data, "impact")
            ],
        }
        for row in reversed(steps(data, "likelihood"))
    ]
