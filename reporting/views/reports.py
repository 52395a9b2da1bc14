"""The list of reports, the working page of one, its preview, and the acts that move it on."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pocweb import clock
from pocweb.choices import JobState
from pocweb.errors import Forbidden, RuleError
from pocweb.models import AuditEvent, Job
from pocweb.pages import permitted
from pocweb.periods import Quarter
from reporting import rules, services
from reporting.choices import ReportState, SectionState
from reporting.figures import live_answers
from reporting.foresight import feeds_of
from reporting.forms import OpenReportForm, ReasonForm
from reporting.leftout import foresight_left_out, left_out
from reporting.models import Report
from reporting.quarterly import cable_of
from reporting.rendering import JOB_KIND
from reporting.snapshot import build_snapshot
from reporting.views.shared import figure_lines, history, load_report

PAGE_SIZE = 25
FILES_SHOWN = 5
FED_BY = {"II.a.ii": "threats:trigger-list", "II.a.iii": "threats:trigger-list", "II.b": "threats:watch"}
"""The page behind what the records give to a section."""
TONES = {"drafting": "warn", "in_review": "warn", "cleared": "warn", "approved": "ok", "sent": "ok"}
SECTION_TONES = {SectionState.EMPTY: "none", SectionState.DRAFT: "warn", SectionState.READY: "ok"}


@permitted("reporting.view_report")
def report_list(request: HttpRequest) -> HttpResponse:
    """All reports that the person may see, newest period first."""
    rows = Report.objects.visible_to(request.user).select_related("mission", "drafter", "corrects")
    page = Paginator(rows.defer("snapshot", "corrects__snapshot"), PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [
        {
            "report": report,
            "tone": TONES[report.state],
            "late": rules.is_late(report.state, report.due_on, clock.today(report.mission)),
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
        except Forbidden:
            raise
        except RuleError as error:
            form.add_error("period", error.message)
        else:
            messages.success(request, _("The report is open. Its sections hold a first draft from the records."))
            return redirect("reporting:report-detail", report.pk)
    status = 422 if form.errors else 200
    return render(request, "reporting/report_form.html", {"form": form}, status=status)


@permitted("reporting.view_report")
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The working page: state, what is missing, sections, figures, preview, files, history."""
    return render_detail(request, load_report(request, pk))


def render_detail(request: HttpRequest, report: Report, *, status: int = 200, reason: Any = None) -> HttpResponse:
    """Return the working page of a loaded report; `reason` is the form of a refused return."""
    user: Any = request.user
    drafting = report.state == ReportState.DRAFTING
    missing = services.missing_in(report) if drafting else []
    live = live_answers(report)
    figures = figure_lines(report, live)
    acts = _acts(user, report)
    data = _data(report, live)
    feeds = feeds_of(data)
    files = list(report.files.filter(marking__lte=user.clearance)[:FILES_SHOWN])
    context = {
        "report": report,
        "marking": report.marking,
        "steps": _steps(report, missing),
        "missing": missing,
        "acts": [act for act in acts if not act.needs_reason],
        "returning": next((act for act in acts if act.needs_reason), None),
        "awaited": "" if acts else rules.AWAITED.get(report.state, ""),
        "returned": _returned(report) if drafting else None,
        "reason_form": reason or ReasonForm(),
        "sections": [
            {
                "section": section,
                "tone": SECTION_TONES[SectionState(section.state)],
                "fed": feeds.get(section.code, []),
                "fed_by": FED_BY.get(section.code, ""),
            }
            for section in report.sections.all()
        ],
        "figures": figures,
        "moved": [row for row in figures if row["moved"]],
        "cable": cable_of(report, data, frozen_at=_as_of(report)),
        "left_out": left_out(report, user),
        "foresight_left_out": foresight_left_out(report, user),
        "may_write": drafting and user.has_perm("reporting.write_section", report),
        "may_correct": report.state in ReportState.SIGNED
        and not hasattr(report, "corrected_by")
        and user.has_perm("reporting.open_report", report),
        "files": files,
        "job": _last_job(report),
        "page_warning": rules.pages_warning(files[0].pages) if files else None,
        "history": history(request, report),
    }
    return render(request, "reporting/report_detail.html", context, status=status)


def _steps(report: Report, missing: list[rules.Missing]) -> list[dict[str, Any]]:
    todo = _("still missing: %(count)s") % {"count": len(missing)} if missing else str(report.drafter or "")
    notes = {
        ReportState.DRAFTING: todo,
        ReportState.IN_REVIEW: str(report.submitted_by or ""),
        ReportState.CLEARED: str(report.cleared_by or _("POC lead")),
        ReportState.APPROVED: str(report.approved_by or report.mission.report_signatory),
        ReportState.SENT: str(report.sent_by or ""),
    }
    at = rules.STEPS.index(ReportState(report.state))
    places = ["past"] * at + ["current"] + ["coming"] * (len(rules.STEPS) - at - 1)
    return [
        {"label": step.label, "note": notes[step], "place": place}
        for step, place in zip(rules.STEPS, places, strict=True)
    ]


def _acts(user: Any, report: Report) -> list[rules.Move]:
    """Return the acts that this person may do now, read from the state table."""
    own = rules.drafted_by(user.pk, drafter=report.drafter_id, submitter=report.submitted_by_id)
    return [
        move
        for move in rules.moves_from(report.state)
        if user.has_perm(move.permission, report) and not (own and move.act in ("clear", "approve"))
    ]


def _returned(report: Report) -> AuditEvent | None:
    """Return the act by which a draft came back from review, if that is how it became a draft again."""
    moves = AuditEvent.objects.filter(
        object_type=Report._meta.label_lower, object_id=str(report.pk), verb__in=[move.done for move in rules.MOVES]
    )
    last = moves.select_related("actor").order_by("-seq").first()
    return last if last and last.verb == "returned" else None


def _last_job(report: Report) -> Job | None:
    """Return the latest drawing where it goes on or failed; of a finished one its file is shown."""
    last = Job.objects.filter(kind=JOB_KIND, arguments__report=report.pk).order_by("-pk").first()
    return last if last and last.state != JobState.DONE else None


def _as_of(report: Report) -> datetime:
    return report.frozen_at or clock.now(report.mission)


def _data(report: Report, live: dict[str, int | None]) -> dict[str, Any]:
    """Return what the report shows: frozen once submitted, before that what the records say now."""
    return report.snapshot or build_snapshot(report, now=_as_of(report), answers=live)


@permitted("reporting.view_report")
def report_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole document as a page, annexes included."""
    report = load_report(request, pk)
    context = {
        "report": report,
        "marking": report.marking,
        "cable": cable_of(report, _data(report, live_answers(report)), frozen_at=_as_of(report)),
    }
    return render(request, "reporting/report_preview.html", context)


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
    report = load_report(request, pk)
    if act not in {move.act for move in rules.MOVES}:
        raise Http404
    form = ReasonForm(request.POST)
    if act == "return" and not form.is_valid():
        return render_detail(request, report, status=422, reason=form)
    try:
        if act == "return":
            done = services.return_report(report, reason=form.cleaned_data["reason"], by=request.user)
        else:
            done = _SERVICES[act](report, by=request.user)
    except Forbidden:
        raise
    except RuleError as error:
        messages.error(request, error.message)
        return render_detail(request, load_report(request, pk), status=error.status)
    messages.success(request, _("The report is now: %(state)s.") % {"state": done.get_state_display().lower()})
    return redirect("reporting:report-detail", pk)


@require_POST
@permitted("reporting.open_report")
def report_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a correction of an approved report."""
    report = load_report(request, pk)
    new = services.correct_report(report, by=request.user)
    messages.success(request, _("A correction is open. It names %(old)s.") % {"old": report.cable_number})
    return redirect("reporting:report-detail", new.pk)
