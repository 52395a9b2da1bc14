"""A figure's question and answer, and the act of asking all figures of a draft again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from pocweb.pages import permitted
from reporting import services
from reporting.figures import live_answers
from reporting.models import Figure
from reporting.questions import facts_of, records_query
from reporting.views.shared import figure_lines, load_report


@permitted("reporting.view_report")
def figure_detail(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A figure's question, answer, what it was before, where it stands in the text, and the way to its records."""
    report = load_report(request, pk)
    figure = get_object_or_404(Figure, report=report, code=code)
    name, parts = records_query(figure.question)
    lines: list[dict[str, Any]] = figure_lines(report, live_answers(report))
    context = {
        "report": report,
        "marking": report.marking,
        "figure": figure,
        "line": next(line for line in lines if line["figure"].pk == figure.pk),
        "facts": facts_of(figure.question),
        "records_url": f"{reverse(name)}?{urlencode(parts)}" if parts else reverse(name),
    }
    return render(request, "reporting/figure_detail.html", context)


@require_POST
@permitted("reporting.write_section")
def figures_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the figures of a draft again; the sentence says how many changed."""
    changed = services.refresh_figures(load_report(request, pk), by=request.user)
    if changed:
        words = ngettext("One figure changed: %(codes)s.", "%(count)s figures changed: %(codes)s.", len(changed))
        codes = ", ".join(figure.code for figure in changed)
        messages.success(request, words % {"count": len(changed), "codes": codes})
    else:
        messages.success(request, _("All figures were asked again; none changed."))
    return redirect(reverse("reporting:report-detail", args=[pk]) + "#fig")
