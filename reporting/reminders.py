"""Reminders of the reporting app: the quarter that nears its end, and a quarterly report that is due or late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb import reminders
from pocweb.choices import Marking, NoticeMode, Role
from pocweb.deadlines import Stage, stages
from pocweb.fieldlist import for_people
from pocweb.notices import Line, notify_all, register_topic
from pocweb.periods import Quarter
from pocweb.recipients import Staff
from pocweb.reminders import Due
from reporting.choices import ReportKind, ReportState
from reporting.models import Report
from reporting.rules import due_on

REPORTS = "reports"
DAYS_BEFORE_END = 14
"""Days before a quarter's end at which its assessment is told of; the number is ours."""


def remind_of_reports(staff: Staff, now: datetime) -> int:
    """Tell POC Advisers of the quarter's end, and those who draft and lead of a report that is due or late (8.4)."""
    today = now.date()
    rows = Report.objects.filter(mission=staff.mission, due_on__lte=today + timedelta(days=1))
    rows = rows.exclude(state__in=ReportState.SIGNED).defer("snapshot").select_related("office", "drafter")
    due = [one for report in rows for one in _of_report(report, staff, now)]
    return _of_quarter(staff, now) + reminders.remind(staff, Report.objects.all(), due, now=now)


def _of_quarter(staff: Staff, now: datetime) -> int:
    """Tell of the quarter under way when it ends within 14 days and its report is not signed. No record is named."""
    quarter = Quarter.of(now.date())
    if (quarter.ends_on - now.date()).days > DAYS_BEFORE_END:
        return 0
    mine = Report.objects.filter(mission=staff.mission, kind=ReportKind.QUARTERLY, period=str(quarter))
    advisers = [person for person in staff.holders([Role.POCA], None) if person.has_perm("reporting.open_report")]
    if not advisers or mine.filter(state__in=ReportState.SIGNED).exists():
        return 0
    words = {"period": quarter, "end": for_people(quarter.ends_on), "day": for_people(due_on(quarter.ends_on))}
    text = _("The quarter %(period)s ends on %(end)s. Its assessment is due on %(day)s.") % words
    line = Line(
        people=tuple(person.pk for person in advisers),
        topic=REPORTS,
        key=f"quarter:{staff.mission.pk}:{quarter}:ends",
        text=text,
        url=reverse("reporting:report-list"),
        marking=Marking.UNCLASSIFIED,
        ref=str(quarter),
    )
    return notify_all([line], mission=staff.mission, now=now)


def _of_report(report: Report, staff: Staff, now: datetime) -> Iterator[Due]:
    if report.due_on is None:
        return
    for stage in stages(report.due_on, now.date()):
        if stage == Stage.LEVEL_2:
            continue  # above the POC lead stands the Head of Mission's side, which hears of it from the lead
        drafters = staff.holders([Role.POCA], report.office, nearest=True)
        lead = staff.holders([Role.LEAD], report.office, nearest=True)
        words = {"ref": report.ref, "period": report.period, "day": for_people(report.due_on)}
        said = _("Report %(ref)s on %(period)s is due on %(day)s.")
        if stage != Stage.SOON:
            said = _("Report %(ref)s on %(period)s was due on %(day)s and is not signed.")
        yield Due(
            record=report,
            people=lead if stage == Stage.LEVEL_1 else drafters,
            topic=REPORTS,
            key=f"report:{report.pk}:{stage}:{report.due_on}",
            text=said % words,
            url=reverse("reporting:report-detail", args=[report.pk]),
            ref=report.ref,
        )


def register() -> None:
    """Add the topic and the round."""
    register_topic(REPORTS, gettext_lazy("Quarterly reports"), NoticeMode.DIGEST)
    reminders.register("reports", remind_of_reports)
