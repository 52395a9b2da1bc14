"""What people do with reports: open, write, submit, clear, approve, send, correct."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Mission, Office
from pocweb.periods import Quarter
from pocweb.permissions import require
from reporting import rules
from reporting.choices import ReportState, SectionState
from reporting.drafting import draft_texts
from reporting.figures import ask_figures
from reporting.models import Figure, Report, ReportSection
from reporting.rendering import ask_for_pdf
from reporting.snapshot import build_snapshot


def open_report(
    mission: Mission, *, period: str, by: Any, now: datetime | None = None, corrects: Report | None = None
) -> Report:
    """Open the quarterly assessment of a quarter: figures asked, sections drafted from the records.

    Raises `RuleError` for a bad period and `Conflict` when the quarter has a report already, or the corrected report
    another correction.
    """
    now = now or clock.now(mission)
    report = new_report(mission, Quarter.parse(period), by=by, now=now, corrects=corrects)
    require(by, "reporting.open_report", report)
    try:
        with transaction.atomic():
            fill_report(report, now=now)
            record_event(by, "opened", report, now=now)
    except IntegrityError as error:
        if corrects is not None:
            raise Conflict(
                "corrected", _("A correction of %(number)s is open already.") % {"number": corrects.cable_number}
            ) from error
        raise Conflict(
            "report_exists", _("The quarter %(period)s has a report already.") % {"period": period}
        ) from error
    return report


def new_report(mission: Mission, quarter: Quarter, *, by: Any, now: datetime, corrects: Report | None = None) -> Report:
    """Return the report of a quarter as it begins, not stored yet; it carries the mission's usual marking."""
    return Report(
        mission=mission,
        office=Office.objects.get(mission=mission, depth=1),
        marking=corrects.marking if corrects else mission.default_marking,
        period=str(quarter),
        starts_on=quarter.starts_on,
        ends_on=quarter.ends_on,
        due_on=rules.due_on(quarter.ends_on),
        drafter=by,
        corrects=corrects,
        created_at=now,
        created_by=by,
        changed_at=now,
        changed_by=by,
    )


def fill_report(report: Report, *, now: datetime) -> None:
    """Store a new report with its number, its figures and a first draft of its sections; needs a transaction."""
    report.number = Counter.take(report.mission, "report")
    report.save()
    ask_figures(report, now=now)
    texts = draft_texts(build_snapshot(report, now=now), Quarter.parse(report.period))
    ReportSection.objects.bulk_create(
        ReportSection(
            report=report,
            code=kind.code,
            order=order,
            title=str(kind.title),
            text=texts.get(kind.code, ""),
            state=SectionState.DRAFT if texts.get(kind.code) else SectionState.EMPTY,
            changed_at=now,
        )
        for order, kind in enumerate(rules.SECTIONS)
    )
    report.lead = texts["lead"]
    report.save(update_fields=["lead"])


def _plain_section(section: ReportSection) -> dict[str, Any]:
    return {"text": section.text, "state": section.state}


def _apply_section(section: ReportSection, changes: dict[str, Any]) -> list[str]:
    for name, value in changes.items():
        setattr(section, name, value)
    if not section.text.strip():
        section.state = SectionState.EMPTY
    elif section.state == SectionState.EMPTY:
        section.state = SectionState.DRAFT
    return ["text", "state"]


def write_section(
    section: ReportSection, *, based_on: int, changes: Mapping[str, Any], by: Any, now: datetime | None = None
) -> Saved[ReportSection]:
    """Store a section's text or state, guarded against lost updates; only while the report is being drafted.

    Raises `Conflict` when the figures are frozen, `EditConflict` when somebody else wrote the same field first.
    """
    require(by, "reporting.write_section", section.report)
    with transaction.atomic():
        report = _locked(section.report)  # against a submission at the same moment
        _must_draft(report)
        return save_guarded(
            ReportSection.objects.select_related("report__mission"),
            section.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=_plain_section,
            apply=_apply_section,
            now=now or clock.now(report.mission),
        )


def _plain_head(report: Report) -> dict[str, Any]:
    return {"lead": report.lead, "precedence": report.precedence, "marking": report.marking}


def _apply_head(report: Report, changes: dict[str, Any]) -> list[str]:
    for name, value in changes.items():
        setattr(report, name, value)
    return list(changes)


def write_head(
    report: Report, *, based_on: int, changes: Mapping[str, Any], by: Any, now: datetime | None = None
) -> Saved[Report]:
    """Store the lead summary, the precedence or the marking, guarded; only while the report is being drafted.

    The marking is the drafter's to set. A report counts and names only records marked at most as it is itself, so with
    another marking its figures are asked again. Raises `Forbidden` for a marking above the writer's own clearance.
    """
    require(by, "reporting.write_section", report)
    now = now or clock.now(report.mission)
    if "marking" in changes:
        require(by, "reporting.submit_report", report)
        if changes["marking"] > by.clearance:
            raise Forbidden("above_clearance", _("You are not cleared for this marking."), "marking")
    with transaction.atomic():
        _must_draft(_locked(report))
        saved = save_guarded(
            Report.objects.select_related("mission", "office"),
            report.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=_plain_head,
            apply=_apply_head,
            now=now,
        )
        if "marking" in saved.changes:
            ask_figures(saved.record, now=now, stamp=True)
    return saved


def refresh_figures(report: Report, *, by: Any, now: datetime | None = None) -> list[Figure]:
    """Ask all figures of a draft again at a person's wish; return those that changed, which the history names."""
    require(by, "reporting.write_section", report)
    now = now or clock.now(report.mission)
    with transaction.atomic():
        report = _locked(report)
        _must_draft(report)
        changed = ask_figures(report, now=now, stamp=True)
        changes = {figure.code: [figure.previous, figure.answer] for figure in changed}
        record_event(by, "asked the figures again", report, changes=changes, now=now)
    return changed


def _must_draft(report: Report) -> None:
    if report.state != ReportState.DRAFTING:
        raise Conflict("frozen", _("The report is submitted; its text and figures are frozen."))


def missing_in(report: Report) -> list[rules.Missing]:
    """Return what stands between the draft and its submission."""
    texts = {section.code: section.text for section in report.sections.all()}
    known = {figure.code for figure in report.figures.all()}
    return list(rules.missing_for_submission(texts, known, report.lead))


def submit_report(report: Report, *, by: Any, now: datetime | None = None) -> Report:
    """Freeze the figures and hand the report to review. Raises `RuleError` while something is missing."""
    now = now or clock.now(report.mission)
    require(by, "reporting.submit_report", report)
    with transaction.atomic():
        report = _locked(report)
        _allowed(report, "submit")
        if missing := missing_in(report):
            raise RuleError("incomplete", " ".join(item.message for item in missing))
        ask_figures(report, now=now, stamp=True)
        snapshot = build_snapshot(report, now=now)
        _move(
            report,
            "submit",
            by=by,
            now=now,
            snapshot=snapshot,
            sha256=fingerprint(snapshot),
            frozen_at=now,
            submitted_at=now,
            submitted_by=by,
        )
    return report


def clear_report(report: Report, *, by: Any, now: datetime | None = None) -> Report:
    """Clear the report within the POC lead's delegation; the drafter may not."""
    now = now or clock.now(report.mission)
    require(by, "reporting.clear_report", report)
    with transaction.atomic():
        report = _locked(report)
        _allowed(report, "clear")
        _not_by_drafter(report, by)
        _move(report, "clear", by=by, now=now, cleared_at=now, cleared_by=by)
    return report


def approve_report(report: Report, *, by: Any, now: datetime | None = None) -> Report:
    """Approve and sign: the cable gets its number. The drafter may not; a second approver is told who was first."""
    now = now or clock.now(report.mission)
    require(by, "reporting.approve_report", report)
    with transaction.atomic():
        report = _locked(report)
        _allowed(report, "approve")
        _not_by_drafter(report, by)
        number = f"{report.mission.code}-{Counter.take(report.mission, 'cable'):04d}"
        _move(report, "approve", by=by, now=now, approved_at=now, approved_by=by, cable_number=number)
    return report


def return_report(report: Report, *, reason: str, by: Any, now: datetime | None = None) -> Report:
    """Send the report back to its drafter with a reason; figures are free again, signatures are taken back."""
    now = now or clock.now(report.mission)
    if not reason.strip():
        raise RuleError("no_reason", _("Say what must change."), "reason")
    with transaction.atomic():
        report = _locked(report)
        move = _allowed(report, "return")
        require(by, move.permission, report)
        _move(
            report,
            "return",
            by=by,
            now=now,
            note=reason,
            snapshot=None,
            sha256="",
            frozen_at=None,
            submitted_at=None,
            submitted_by=None,
            cleared_at=None,
            cleared_by=None,
        )
    return report


def record_sending(report: Report, *, by: Any, now: datetime | None = None) -> Report:
    """Record that the signed cable was sent."""
    now = now or clock.now(report.mission)
    require(by, "reporting.send_report", report)
    with transaction.atomic():
        report = _locked(report)
        _allowed(report, "send")
        if not report.files.filter(is_archived=True).exists():
            raise RuleError("not_archived", _("The signed PDF is still being made. Send it when it is there."))
        _move(report, "send", by=by, now=now, sent_at=now, sent_by=by)
    return report


def correct_report(report: Report, *, by: Any, now: datetime | None = None) -> Report:
    """Open a correction of an approved or sent report: a new report that names the old, with its texts."""
    require(by, "reporting.open_report", report)
    if report.state not in ReportState.SIGNED:
        raise RuleError("not_final", _("Only an approved report is corrected; this one can still be edited."))
    with transaction.atomic():
        new = open_report(report.mission, period=report.period, by=by, now=now, corrects=report)
        texts = dict(report.sections.values_list("code", "text"))
        for section in new.sections.all():
            section.text, section.state = texts[section.code], SectionState.DRAFT
            section.save(update_fields=["text", "state"])
        Report.objects.filter(pk=new.pk).update(lead=report.lead, precedence=report.precedence)
        record_event(by, "corrected", report, note=f"Corrected by {new.ref}", now=now)
    new.refresh_from_db()
    return new


def _locked(report: Report) -> Report:
    rows = Report.objects.select_for_update(of=("self",)).select_related("mission", "office")
    return rows.get(pk=report.pk)


def _allowed(report: Report, act: str) -> rules.Move:
    """Return the state table's row for the act; say who was first where it was already done."""
    move = rules.move_for(report.state, act)
    if move is None:
        words = {
            "state": report.get_state_display(),
            "at": date_format(report.changed_at, "j M H:i"),
            "who": report.changed_by or _("the system"),
        }
        raise Conflict("wrong_state", _("%(who)s was first: the state is “%(state)s” since %(at)s.") % words)
    return move


def _not_by_drafter(report: Report, by: Any) -> None:
    """Drafter and approver must differ: our rule, POC Handbook 2020, 8.4 is silent."""
    if rules.drafted_by(by.pk, drafter=report.drafter_id, submitter=report.submitted_by_id):
        raise Forbidden("own_draft", _("You drafted this report; another person must sign it."))


def _move(report: Report, act: str, *, by: Any, now: datetime, note: str = "", **columns: Any) -> None:
    """Do the act as a conditional update and record it; raise `Conflict` when another was first."""
    move = _allowed(report, act)
    before = report.state
    values = {**columns, "state": move.target, "changed_at": now, "changed_by": by}
    done = Report.objects.filter(pk=report.pk, state=before).update(version=models.F("version") + 1, **values)
    if not done:
        raise Conflict("wrong_state", _("Somebody else acted on this report a moment ago. Open it again."))
    report.refresh_from_db()
    record_event(by, move.done, report, changes={"state": [before, move.target]}, note=note, now=now)
    if move.target not in (ReportState.DRAFTING, ReportState.SENT):
        ask_for_pdf(report, by=by)
