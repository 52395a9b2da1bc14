"""What people do with reports, allowed, refused and twice."""

from datetime import UTC, datetime, timedelta

import pytest

from pocweb.audit import history_of
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.jobs import work_off
from pocweb.models import Job, Person
from reporting import services
from reporting.choices import ReportState
from reporting.figures import ask_figures
from reporting.models import Report, ReportFile
from threats.models import Incident

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 12, 31, 9, 0, tzinfo=UTC)


def test_open_report_asks_figures_and_drafts_sections(report: Report) -> None:
    """QR-01: filled from data; figures carry their question."""
    answers = {figure.label: figure.answer for figure in report.figures.all()}

    assert answers["Events, 2020-Q4"] == 3
    assert answers["Killed, best estimate, 2020-Q4"] == 10
    assert answers["Killed, low estimate, 2020-Q4"] == 8
    assert answers["Killed, high estimate, 2020-Q4"] == 16
    assert answers["Civilians killed, 2020-Q4"] == 7
    assert answers["Killed in verified incidents, 2020-Q4"] == 4
    assert answers["Injured, best estimate, 2020-Q4"] is None
    assert answers["Killed, best estimate, 2020-Q3"] == 3
    assert answers["Active threats of extreme risk"] == 1
    texts = {section.code: section.text for section in report.sections.all()}
    assert "[F-02]" in texts["I.b.iii"]
    assert texts["II.a.ii"] == ""


def test_second_report_of_a_quarter_is_refused(report: Report, adviser: Person) -> None:
    with pytest.raises(Conflict):
        services.open_report(adviser.mission, period="2020-Q4", by=adviser, now=NOW)

    assert Report.objects.count() == 1


def test_focal_point_may_not_open_a_report(officer: Person) -> None:
    with pytest.raises(Forbidden):
        services.open_report(officer.mission, period="2020-Q3", by=officer, now=NOW)

    assert Report.objects.count() == 0


def test_figures_follow_the_records_until_submission(whole_report: Report, adviser: Person) -> None:
    """QR-01: data freeze on submission."""
    Incident.objects.filter(starts_on="2020-12-31").update(killed_best=7)
    changed = ask_figures(whole_report, now=NOW + timedelta(hours=1))
    assert [(figure.code, figure.previous, figure.answer) for figure in changed][:1] == [("F-02", 10, 11)]

    frozen = services.submit_report(whole_report, by=adviser, now=NOW + timedelta(hours=2))
    Incident.objects.filter(starts_on="2020-12-31").update(killed_best=9)

    assert ask_figures(frozen, now=NOW + timedelta(hours=3)) == []
    assert {row["code"]: row["answer"] for row in frozen.snapshot["figures"]}["F-02"] == 11


def test_incomplete_report_cannot_be_submitted(report: Report, adviser: Person) -> None:
    with pytest.raises(RuleError) as refused:
        services.submit_report(report, by=adviser, now=NOW)

    assert refused.value.code == "incomplete"
    assert "II.a.ii" in refused.value.message


def test_two_writers_of_one_section_lose_nothing(report: Report, adviser: Person, officer: Person) -> None:
    section = report.sections.get(code="II.b")
    services.write_section(section, based_on=1, changes={"text": "Mine."}, by=adviser, now=NOW)

    with pytest.raises(EditConflict) as conflict:
        services.write_section(section, based_on=1, changes={"text": "Other."}, by=officer, now=NOW)

    assert [(item.mine, item.theirs) for item in conflict.value.opposed] == [("Other.", "Mine.")]
    section.refresh_from_db()
    assert section.text == "Mine."


def test_report_walks_from_drafting_to_sent(
    whole_report: Report, adviser: Person, poc_lead: Person, head_of_mission: Person
) -> None:
    """QR-01, QR-03: drafter and approver differ; the signed file is archived with its hash."""
    services.submit_report(whole_report, by=adviser, now=NOW)
    services.clear_report(whole_report, by=poc_lead, now=NOW)
    signed = services.approve_report(whole_report, by=head_of_mission, now=NOW)
    assert signed.cable_number == "DEMO-0001"

    with pytest.raises(RuleError, match="still being made"):
        services.record_sending(signed, by=adviser, now=NOW)
    for job in Job.objects.order_by("pk"):
        assert job.kind == "render_report"
    work_off()
    archived = ReportFile.objects.get(report=signed, is_archived=True)
    assert len(archived.sha256) == 64
    sent = services.record_sending(signed, by=adviser, now=NOW)

    assert sent.state == ReportState.SENT
    assert [event.verb for event in history_of(sent)][::-1][:4] == ["opened", "submit", "clear", "approve"]


@pytest.mark.parametrize("act", ["clear_report", "approve_report"])
def test_only_the_named_roles_sign(whole_report: Report, adviser: Person, officer: Person, act: str) -> None:
    services.submit_report(whole_report, by=adviser, now=NOW)

    for person in (adviser, officer):
        with pytest.raises(Forbidden):
            getattr(services, act)(whole_report, by=person, now=NOW)


def test_drafter_with_the_role_may_not_sign_their_own(whole_report: Report, adviser: Person, poc_lead: Person) -> None:
    services.submit_report(whole_report, by=adviser, now=NOW)
    Report.objects.filter(pk=whole_report.pk).update(drafter=poc_lead)

    with pytest.raises(Forbidden, match="another person"):
        services.clear_report(whole_report, by=poc_lead, now=NOW)


def test_second_approval_is_told_who_was_first(
    whole_report: Report, adviser: Person, poc_lead: Person, head_of_mission: Person
) -> None:
    services.submit_report(whole_report, by=adviser, now=NOW)
    services.clear_report(whole_report, by=poc_lead, now=NOW)
    services.approve_report(whole_report, by=head_of_mission, now=NOW)

    with pytest.raises(Conflict, match="H. Morrow"):
        services.approve_report(whole_report, by=head_of_mission, now=NOW)

    assert [event.verb for event in history_of(whole_report)].count("approve") == 1


def test_returned_report_is_free_again_with_its_reason(whole_report: Report, adviser: Person, poc_lead: Person) -> None:
    services.submit_report(whole_report, by=adviser, now=NOW)

    back = services.return_report(whole_report, reason="Name the sources.", by=poc_lead, now=NOW)

    assert (back.state, back.sha256, back.submitted_by) == (ReportState.DRAFTING, "", None)
    assert history_of(back).first().note == "Name the sources."  # type: ignore[union-attr]
    with pytest.raises(RuleError):
        services.return_report(whole_report, reason=" ", by=poc_lead, now=NOW)


def test_correction_is_a_new_report_that_names_the_old(
    whole_report: Report, adviser: Person, poc_lead: Person, head_of_mission: Person
) -> None:
    """QR-03."""
    services.submit_report(whole_report, by=adviser, now=NOW)
    services.clear_report(whole_report, by=poc_lead, now=NOW)
    old = services.approve_report(whole_report, by=head_of_mission, now=NOW)

    new = services.correct_report(old, by=adviser, now=NOW)

    assert (new.corrects, new.state, new.period) == (old, ReportState.DRAFTING, "2020-Q4")
    assert new.sections.get(code="III").text == old.sections.get(code="III").text
    with pytest.raises(Conflict):
        services.correct_report(old, by=adviser, now=NOW)


def test_rendering_twice_keeps_one_file_with_the_same_bytes(whole_report: Report, adviser: Person) -> None:
    """QR-02: the same input gives the same bytes, and a job that runs again shows once."""
    from reporting.rendering import content_of, draw

    services.submit_report(whole_report, by=adviser, now=NOW)
    whole_report.refresh_from_db()
    first, second = (draw(content_of(whole_report, now=NOW + timedelta(days=day))[0]) for day in (0, 3))
    assert first == second

    assert work_off() == 1
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(state="queued", attempts=0)
    assert work_off() == 1

    assert ReportFile.objects.filter(report=whole_report).count() == 1
