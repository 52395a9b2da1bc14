"""Reminders of the quarter's end and of reports that are due or late."""

from datetime import date, datetime, timedelta

from pocweb.models import Mission, Notice, Person
from pocweb.recipients import Staff
from reporting.models import Report
from reporting.reminders import remind_of_reports
from reporting.services import open_report
from tests.reporting.conftest import NOW


def told(mission: Mission, now: datetime) -> list[tuple[str, str, str]]:
    """Run the round twice and return what is new: to whom, in which words, with which reference."""
    known = set(Notice.objects.values_list("pk", flat=True))
    first = remind_of_reports(Staff(mission), now)
    assert remind_of_reports(Staff(mission), now) == 0
    rows = Notice.objects.exclude(pk__in=known)
    assert first == len(rows)
    return sorted(rows.values_list("person__username", "text", "ref"))


def test_quarterly_report_is_told_before_the_quarters_end_and_until_it_is_signed(
    mission: Mission, adviser: Person, poc_lead: Person, officer: Person
) -> None:
    """QR: POC Handbook 2020, 8.4; the days are ours."""
    end = "The quarter 2020-Q4 ends on 31 December 2020. Its assessment is due on 5 January 2021."
    assert told(mission, NOW - timedelta(days=15)) == []
    assert told(mission, NOW - timedelta(days=14)) == [("adviser", end, "2020-Q4")]
    report = open_report(mission, period="2020-Q4", by=adviser, now=NOW)
    ref, due = report.ref, date(2021, 1, 5)
    assert report.due_on == due

    found = {days: told(mission, NOW + timedelta(days=5 + days)) for days in (-2, -1, 0, 1, 3, 8)}

    assert {days: rows for days, rows in found.items() if rows} == {
        -1: [("adviser", f"Report {ref} on 2020-Q4 is due on 5 January 2021.", ref)],
        1: [("adviser", f"Report {ref} on 2020-Q4 was due on 5 January 2021 and is not signed.", ref)],
        3: [("poc_lead", f"Report {ref} on 2020-Q4 was due on 5 January 2021 and is not signed.", ref)],
    }
    Report.objects.filter(pk=report.pk).update(state="approved", sha256="a", due_on=due + timedelta(days=1))
    assert told(mission, NOW + timedelta(days=30)) == []
