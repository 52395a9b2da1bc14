"""Writing: one section, or the lead summary with precedence and marking. A second writer chooses between both texts."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.guard import EditConflict, Saved
from pocweb.pages import chosen_values, conflict_context, is_choice, permitted, stated_version
from pocweb.periods import Quarter
from pocweb.permissions import require
from reporting import rules, services
from reporting.choices import ReportState, SectionState
from reporting.drafting import draft_texts
from reporting.figures import live_answers
from reporting.foresight import feeds_of
from reporting.forms import HeadForm, SectionForm
from reporting.models import Report, ReportSection
from reporting.snapshot import build_snapshot
from reporting.views.shared import LABELS, figure_lines, history, load_report, shown

Save = Callable[[dict[str, Any]], Saved[Any]]
SECTION_FIELDS, SECTION_TEXTS = ("text", "state"), ("text", "state")
HEAD_FIELDS, HEAD_TEXTS = ("lead", "precedence", "marking"), ("lead", "precedence")


def _based_on(request: HttpRequest) -> int:
    return stated_version(request.POST)


def _save(request: HttpRequest, report: Report, save: Save, values: dict[str, Any], **words: Any) -> HttpResponse:
    """Save, answer with the report's page, or with the choice when another person wrote the same field first."""
    try:
        saved = save(values)
    except EditConflict as error:
        context = conflict_context(
            error, record_label=words["label"], labels=LABELS, show=shown, texts=words["texts"]
        ) | {"report": report, "marking": report.marking}
        return render(request, "reporting/conflict.html", context, status=409)
    line = {"label": words["label"], "version": saved.record.version}
    if saved.changes:
        messages.success(request, _("Saved %(label)s as version %(version)s.") % line)
    else:
        messages.info(request, _("Nothing was changed in %(label)s.") % line)
    for kept in saved.merged:
        words_of = {"field": LABELS.get(kept.name, kept.name)}
        messages.info(request, _("What others changed meanwhile is kept: %(field)s.") % words_of)
    return redirect(reverse("reporting:report-detail", args=[report.pk]) + words["anchor"])


@permitted("reporting.write_section")
def section_update(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Write one section."""
    report = load_report(request, pk)
    require(request.user, "reporting.write_section", report)
    section = get_object_or_404(ReportSection.objects.select_related("report__mission"), report=report, code=code)

    def save(values: dict[str, Any]) -> Saved[ReportSection]:
        return services.write_section(section, based_on=_based_on(request), changes=values, by=request.user)

    words = {"label": str(section), "texts": SECTION_TEXTS, "anchor": f"#s-{section.code}"}
    if request.method == "POST" and is_choice(request.POST):
        values = chosen_values(request.POST, names=SECTION_FIELDS, texts=SECTION_TEXTS)
        return _save(request, report, save, values, **words)
    state = SectionState.DRAFT if section.state == SectionState.EMPTY else section.state
    form = SectionForm(request.POST or None, initial={"text": section.text, "state": state})
    if request.method == "POST" and form.is_valid():
        return _save(request, report, save, form.cleaned_data, **words)
    context = {
        "report": report,
        "marking": report.marking,
        **_feed(report, section),
        "section": section,
        "hint": next(kind.hint for kind in rules.SECTIONS if kind.code == section.code),
        "form": form,
        "figures": figure_lines(report, live_answers(report)),
        "frozen": report.state != ReportState.DRAFTING,
        "history": history(request, report, section),
    }
    return render(request, "reporting/section_form.html", context, status=422 if form.errors else 200)


def _feed(report: Report, section: ReportSection) -> dict[str, Any]:
    """Return what the records give to a section of the forward look, and a draft from it; nothing once frozen."""
    if report.state != ReportState.DRAFTING or not section.code.startswith("II."):
        return {}
    data = build_snapshot(report, now=clock.now(report.mission))
    return {
        "fed": feeds_of(data).get(section.code, []),
        "suggested": draft_texts(data, Quarter.parse(report.period)).get(section.code, ""),
    }


@permitted("reporting.write_section")
def report_head(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the lead summary, precedence and, for drafters, the marking."""
    report = load_report(request, pk)
    require(request.user, "reporting.write_section", report)

    def save(values: dict[str, Any]) -> Saved[Report]:
        return services.write_head(report, based_on=_based_on(request), changes=values, by=request.user)

    words = {"label": _("the lead summary"), "texts": HEAD_TEXTS, "anchor": ""}
    if request.method == "POST" and is_choice(request.POST):
        values = chosen_values(request.POST, names=HEAD_FIELDS, texts=HEAD_TEXTS)
        return _save(request, report, save, values, **words)
    initial = {name: getattr(report, name) for name in HEAD_FIELDS}
    form = HeadForm(request.POST or None, initial=initial, markings=_markings(request, report))
    if request.method == "POST" and form.is_valid():
        return _save(request, report, save, form.cleaned_data, **words)
    context = {
        "report": report,
        "marking": report.marking,
        "form": form,
        "figures": figure_lines(report, live_answers(report)),
        "frozen": report.state != ReportState.DRAFTING,
    }
    return render(request, "reporting/head_form.html", context, status=422 if form.errors else 200)


def _markings(request: HttpRequest, report: Report) -> int | None:
    """Return the highest marking that the person may give the report, None when it is not theirs to set."""
    user: Any = request.user
    return user.clearance if user.has_perm("reporting.submit_report", report) else None
