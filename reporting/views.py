"""Pages of reports: the list, the working page of one report, its sections, figures, acts and files."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Job
from pocweb.pages import chosen_values, conflict_context, history_lines, is_choice, permitted
from reporting import rules, services
from reporting.choices import ReportState, SectionState
from reporting.figures import ask_figures
from reporting.forms import HeadForm, OpenReportForm, ReasonForm, SectionForm
from reporting.models import Figure, Report, ReportFile, ReportSection
from reporting.periods import Quarter
from reporting.quarterly import cable_of, value_of
from reporting.questions import records_query
from reporting.rendering import JOB_KIND, ask_for_pdf, content_of
from reporting.snapshot import build_snapshot

PAGE_SIZE = 25
TONES = {"drafting": "warn", "in_review": "warn", "cleared": "warn", "approved": "ok", "sent": "ok"}
SECTION_TONES = {SectionState.EMPTY: "none", SectionState.DRAFT: "warn", SectionState.READY: "ok"}
LABELS = {
    "text": _("Text"),
    "state": _("State"),
    "lead": _("Lead summary"),
    "precedence": _("Precedence"),
}


def _load(request: HttpRequest, pk: int) -> Report:
    """Return a report that the person may see, with what its pages need, or answer 404."""
    rows = (
        Report.objects.visible_to(request.user)
        .select_related("mission", "office", "drafter", "submitted_by", "cleared_by", "approved_by", "sent_by")
        .select_related("corrects", "corrected_by", "changed_by")
        .prefetch_related(
            Prefetch("sections", queryset=ReportSection.objects.select_related("changed_by", "writer")), "figures"
        )
    )
    return get_object_or_404(rows, pk=pk)


def _shown(name: str, value: Any) -> str:
    if name == "state":
        return str(dict([*SectionState.choices, *ReportState.choices]).get(value, value))
    return str(value or "")


@permitted("reporting.view_report")
def report_list(request: HttpRequest) -> HttpResponse:
    """All reports that the person may see, newest period first."""
    rows = Report.objects.visible_to(request.user).select_related("mission", "drafter", "corrects")
    page = Paginator(rows.defer("snapshot"), PAGE_SIZE).get_page(request.GET.get("page"))
    today = clock.today(getattr(request.user, "mission", None))
    lines = [
        {
            "report": report,
            "tone": TONES[report.state],
            "late": report.state not in (ReportState.APPROVED, ReportState.SENT)
            and report.due_on is not None
            and report.due_on < today,
        }
        for report in page
    ]
    context = {"page_obj": page, "lines": lines, "may_open": request.user.has_perm("reporting.open_report")}
    return render(request, "reporting/report_list.html", context)


@permitted("reporting.open_report")
def report_create(request: HttpRequest) -> HttpResponse:
    """Open the report of a quarter."""
    mission = request.user.mission  # type: ignore[union-attr]
    if mission is None:
        raise Http404
    form = OpenReportForm(request.POST or None, initial={"period": str(Quarter.of(clock.today(mission)))})
    if request.method == "POST" and form.is_valid():
        try:
            report = services.open_report(mission, period=form.cleaned_data["period"], by=request.user)
        except RuleError as error:
            form.add_error("period", error.message)
        else:
            messages.success(request, _("The report is open. Its sections hold a first draft from the records."))
            return redirect("reporting:report-detail", report.pk)
    status = 422 if form.errors else 200
    return render(request, "reporting/report_form.html", {"form": form}, status=status)


def _steps(report: Report) -> list[dict[str, Any]]:
    notes = {
        ReportState.DRAFTING: str(report.drafter or ""),
        ReportState.IN_REVIEW: f"{report.submitted_by}" if report.submitted_by else "",
        ReportState.CLEARED: f"{report.cleared_by}" if report.cleared_by else _("POC lead"),
        ReportState.APPROVED: f"{report.approved_by}" if report.approved_by else report.mission.report_signatory,
        ReportState.SENT: f"{report.sent_by}" if report.sent_by else "",
    }
    at = rules.STEPS.index(ReportState(report.state))
    return [
        {
            "label": step.label,
            "note": notes[step],
            "place": "past" if index < at else "current" if index == at else "coming",
        }
        for index, step in enumerate(rules.STEPS)
    ]


def _acts(request: HttpRequest, report: Report, missing: list[rules.Missing]) -> list[dict[str, Any]]:
    """Return the acts that this person may do now, read from the state table."""
    user: Any = request.user
    own = user.pk in (report.drafter_id, report.submitted_by_id)
    acts = []
    for move in rules.moves_from(report.state):
        if not user.has_perm(move.permission, report):
            continue
        if move.act in ("clear", "approve") and own:
            continue
        acts.append({"move": move, "blocked": move.act == "submit" and bool(missing)})
    return acts


@permitted("reporting.view_report")
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The working page: state, what is missing, sections, figures, preview, files, history."""
    report = _load(request, pk)
    return _render_detail(request, report)


def _render_detail(request: HttpRequest, report: Report, *, status: int = 200, reason: Any = None) -> HttpResponse:
    drafting = report.state == ReportState.DRAFTING
    missing = services.missing_in(report) if drafting else []
    cable, warning = _preview(report)
    files = list(report.files.filter(marking__lte=getattr(request.user, "clearance", 0)).select_related("job")[:5])
    jobs = Job.objects.filter(kind=JOB_KIND, arguments__report=report.pk).order_by("-pk")[:1]
    context = {
        "report": report,
        "marking": report.marking,
        "steps": _steps(report),
        "missing": missing,
        "acts": _acts(request, report, missing),
        "reason_form": reason or ReasonForm(),
        "sections": [
            {
                "section": section,
                "tone": SECTION_TONES[SectionState(section.state)],
                "url": reverse("reporting:section-update", args=[report.pk, section.code]),
            }
            for section in report.sections.all()
        ],
        "figures": _figure_lines(report),
        "cable": cable,
        "may_write": drafting and request.user.has_perm("reporting.write_section", report),
        "may_correct": report.state in (ReportState.APPROVED, ReportState.SENT)
        and not hasattr(report, "corrected_by")
        and request.user.has_perm("reporting.open_report"),
        "files": files,
        "job": jobs[0] if jobs and jobs[0].is_open else None,
        "failed_job": jobs[0] if jobs and jobs[0].state == "failed" else None,
        "page_warning": rules.pages_warning(files[0].pages) if files else warning,
        "history": history_lines(history_of(report)[:8], labels=LABELS, show=_shown),
    }
    return render(request, "reporting/report_detail.html", context, status=status)


def _preview(report: Report) -> tuple[Any, str | None]:
    """Return the cable to look at: the frozen one once submitted, the live one before."""
    data = report.snapshot or build_snapshot(report, now=report.changed_at)
    return cable_of(report, data, frozen_at=report.frozen_at or report.changed_at), None


def _figure_lines(report: Report) -> list[dict[str, Any]]:
    used: dict[str, list[str]] = {}
    for place, text in [("lead", report.lead), *((row.code, row.text) for row in report.sections.all())]:
        for code in rules.FIGURE_IN_TEXT.findall(text):
            used.setdefault(code, []).append(place)
    return [
        {"figure": figure, "value": value_of({"answer": figure.answer}), "used": sorted(set(used.get(figure.code, ())))}
        for figure in report.figures.all()
    ]


@permitted("reporting.write_section")
def section_update(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Write one section; a second writer of the same text chooses between the two."""
    report = _load(request, pk)
    if not request.user.has_perm("reporting.write_section", report):
        raise Forbidden("forbidden", _("Your role does not allow this here."))
    section = get_object_or_404(ReportSection.objects.select_related("report__mission"), report=report, code=code)
    form = SectionForm(request.POST if request.method == "POST" and not is_choice(request.POST) else None)
    if request.method != "POST":
        form = SectionForm(initial={"text": section.text, "state": section.state or SectionState.DRAFT})
    elif is_choice(request.POST):
        values = chosen_values(request.POST, names=("text", "state"), texts=("text", "state"))
        return _save_section(request, section, values)
    elif form.is_valid():
        return _save_section(request, section, form.cleaned_data)
    context = _section_context(report, section, form)
    return render(request, "reporting/section_form.html", context, status=422 if form.errors else 200)


def _section_context(report: Report, section: ReportSection, form: SectionForm) -> dict[str, Any]:
    kind = next(kind for kind in rules.SECTIONS if kind.code == section.code)
    return {
        "report": report,
        "marking": report.marking,
        "section": section,
        "hint": kind.hint,
        "form": form,
        "figures": _figure_lines(report),
        "frozen": report.state != ReportState.DRAFTING,
        "history": history_lines(history_of(section)[:8], labels=LABELS, show=_shown),
    }


def _based_on(request: HttpRequest) -> int:
    given = request.POST.get("based_on", "")
    return int(given) if given.isdecimal() else 0


def _save_section(request: HttpRequest, section: ReportSection, values: dict[str, Any]) -> HttpResponse:
    report = section.report
    try:
        saved = services.write_section(section, based_on=_based_on(request), changes=values, by=request.user)
    except EditConflict as error:
        label = f"{section.code} {section.title}"
        context = conflict_context(error, record_label=label, labels=LABELS, show=_shown, texts=("text", "state"))
        return render(
            request, "reporting/conflict.html", {**context, "report": report, "marking": report.marking}, status=409
        )
    if saved.changes:
        messages.success(request, _("Saved %(code)s as version %(version)s.") % _version(saved.record))
    else:
        messages.info(request, _("Nothing was changed in %(code)s.") % {"code": section.code})
    return redirect(f"{reverse('reporting:report-detail', args=[report.pk])}#s-{section.code}")


def _version(section: ReportSection) -> dict[str, Any]:
    return {"code": section.code, "version": section.version}


@permitted("reporting.write_section")
def report_head(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the lead summary."""
    report = _load(request, pk)
    initial = {"lead": report.lead, "precedence": report.precedence}
    form = HeadForm(initial=initial)
    if request.method == "POST":
        form = HeadForm(None if is_choice(request.POST) else request.POST)
        if is_choice(request.POST) or form.is_valid():
            names = tuple(initial)
            chosen = is_choice(request.POST)
            values = chosen_values(request.POST, names=names, texts=names) if chosen else form.cleaned_data
            try:
                services.write_head(report, based_on=_based_on(request), changes=values, by=request.user)
            except EditConflict as error:
                context = conflict_context(
                    error, record_label=report.ref, labels=LABELS, show=_shown, texts=("lead", "precedence")
                )
                context |= {"report": report, "marking": report.marking}
                return render(request, "reporting/conflict.html", context, status=409)
            messages.success(request, _("Saved the lead summary."))
            return redirect("reporting:report-detail", report.pk)
    context = {"report": report, "marking": report.marking, "form": form, "figures": _figure_lines(report)}
    return render(request, "reporting/head_form.html", context, status=422 if form.errors else 200)


@permitted("reporting.view_report")
def figure_detail(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A figure's question, answer, what it was before, and the way to its records."""
    report = _load(request, pk)
    figure = get_object_or_404(Figure, report=report, code=code)
    name, parts = records_query(figure.question)
    context = {
        "report": report,
        "marking": report.marking,
        "figure": figure,
        "value": value_of({"answer": figure.answer}),
        "before": None if figure.previous is None else value_of({"answer": figure.previous}),
        "records_url": f"{reverse(name)}?{urlencode(parts)}" if parts else reverse(name),
    }
    return render(request, "reporting/figure_detail.html", context)


_SERVICES = {
    "submit": services.submit_report,
    "clear": services.clear_report,
    "approve": services.approve_report,
    "send": services.record_sending,
}


@require_POST
@permitted("reporting.view_report")
def report_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one act of the state table; a refusal is shown on the report's page, where the reason is mended."""
    report = _load(request, pk)
    if act not in {move.act for move in rules.MOVES}:
        raise Http404
    form = ReasonForm(request.POST)
    if act == "return" and not form.is_valid():
        return _render_detail(request, report, status=422, reason=form)
    try:
        if act == "return":
            done = services.return_report(report, reason=form.cleaned_data["reason"], by=request.user)
        else:
            done = _SERVICES[act](report, by=request.user)
    except Forbidden:
        raise
    except RuleError as error:
        messages.error(request, error.message)
        return _render_detail(request, _load(request, pk), status=error.status)
    messages.success(request, _("The report is now: %(state)s.") % {"state": done.get_state_display().lower()})
    return redirect("reporting:report-detail", pk)


@require_POST
@permitted("reporting.open_report")
def report_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a correction of an approved report."""
    new = services.correct_report(_load(request, pk), by=request.user)
    messages.success(request, _("A correction is open. It names %(old)s.") % {"old": new.corrects})
    return redirect("reporting:report-detail", new.pk)


@require_POST
@permitted("reporting.view_report")
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the PDF of the report as it stands: at once if it was drawn before, else as a job."""
    report = _load(request, pk)
    content = content_of(report, now=clock.now(report.mission))[1]
    kept = report.files.filter(content_sha256=content).first()
    if kept is not None:
        return redirect("reporting:report-file", report.pk, kept.pk)
    job = ask_for_pdf(report, by=request.user)
    return redirect("pocweb:job-detail", job.pk)


@permitted("reporting.view_report")
def report_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Download a kept file, checked again at this moment: the reader's place and clearance."""
    report = _load(request, pk)
    rows = ReportFile.objects.filter(report=report, marking__lte=getattr(request.user, "clearance", 0))
    kept = get_object_or_404(rows, pk=file_pk)
    with transaction.atomic():
        record_event(request.user, "downloaded", report, note=f"SHA-256 {kept.sha256}")
    name = f"{report.mission.code}-{report.period}-{report.cable_number or report.ref}.pdf"
    return FileResponse(kept.file.open("rb"), as_attachment=True, filename=name, content_type="application/pdf")


@permitted("reporting.view_report")
def report_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole document as a page; a draft's figures are asked again first."""
    report = _load(request, pk)
    if report.state == ReportState.DRAFTING and request.user.has_perm("reporting.write_section", report):
        ask_figures(report, now=clock.now(report.mission))
        report = _load(request, pk)
    cable, _warning = _preview(report)
    return render(
        request, "reporting/report_preview.html", {"report": report, "marking": report.marking, "cable": cable}
    )
