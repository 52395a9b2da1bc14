"""What people do with reports, allowed, refused and twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Job, Mission, Person
from reporting import services
from reporting.choices import ReportState
from reporting.figures import ask_figures, live_answers
from reporting.leftout import left_out
from reporting.models import Report, ReportFile
from reporting.rendering import content_of
from reporting.snapshot import build_snapshot
from tests.reporting.conftest import do_jobs
from threats.figures import MEASURES, figures
from threats.models import Actor, Incident, IncidentActor, Threat

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


def test_each_figure_equals_the_one_that_pages_and_command_give(report: Report) -> None:
    """QR-01: the same count on page, in the command `figures` and in the report."""
    for figure in report.figures.all():
        question = figure.question
        if question["kind"] != "incidents" or question["measure"] not in MEASURES:
            continue
        table = figures(
            report.mission,
            measure=question["measure"],
            by="year",
            start=date.fromisoformat(question["from"]),
            end=date.fromisoformat(question["to"]),
            verified_only=question.get("verified_only", False),
        )
        assert (figure.code, figure.answer) == (figure.code, table.total)


def test_looking_at_live_figures_stores_nothing(report: Report) -> None:
    Incident.objects.filter(starts_on="2020-12-31").update(killed_best=7)

    assert live_answers(report)["F-02"] == 11
    assert report.figures.get(code="F-02").answer == 10


def test_new_look_at_the_figures_is_an_act_in_the_history(report: Report, adviser: Person) -> None:
    Incident.objects.filter(starts_on="2020-12-31").update(killed_best=7)
    later = NOW + timedelta(hours=1)

    changed = services.refresh_figures(report, by=adviser, now=later)

    assert [figure.code for figure in changed] == ["F-02", "F-09"]
    assert set(report.figures.values_list("asked_at", flat=True)) == {later}
    event = history_of(report).first()
    assert event is not None
    assert (event.verb, event.changes) == ("asked the figures again", {"F-02": [10, 11], "F-09": [6, 7]})


def test_submission_freezes_the_figures_against_a_new_look(submitted: Report, adviser: Person) -> None:
    with pytest.raises(Conflict):
        services.refresh_figures(submitted, by=adviser, now=NOW)


def test_figures_leave_out_what_is_marked_higher(report: Report, adviser: Person) -> None:
    """The report never holds what its own marking does not cover; those cleared for it are told how much."""
    Incident.objects.filter(starts_on="2020-12-31").update(marking=Marking.STRICTLY_CONFIDENTIAL)

    assert live_answers(report)["F-02"] == 4
    assert left_out(report, adviser) == {"threats": 0, "incidents": 0}
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    cleared = Person.objects.get(pk=adviser.pk)
    assert left_out(report, cleared) == {"threats": 0, "incidents": 1}

    services.write_head(
        report, based_on=report.version, changes={"marking": Marking.STRICTLY_CONFIDENTIAL}, by=cleared, now=NOW
    )
    assert report.figures.get(code="F-02").answer == 10
    report.refresh_from_db()
    assert left_out(report, cleared) == {"threats": 0, "incidents": 0}


def test_actor_marked_higher_is_not_named(report: Report, threat: Threat) -> None:
    Actor.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    threat.actors.set(Actor.objects.all())

    data = build_snapshot(report, now=NOW)

    assert (data["actors"], data["threats"][0]["actors"]) == ([], [])


def test_marking_above_the_writers_clearance_is_refused(report: Report, adviser: Person) -> None:
    with pytest.raises(Forbidden, match="not cleared"):
        services.write_head(report, based_on=1, changes={"marking": Marking.STRICTLY_CONFIDENTIAL}, by=adviser, now=NOW)


def test_contributor_writes_text_but_does_not_set_the_marking(report: Report, officer: Person) -> None:
    saved = services.write_head(report, based_on=1, changes={"lead": "Short."}, by=officer, now=NOW)
    assert saved.changes == {"lead": [report.lead, "Short."]}

    with pytest.raises(Forbidden):
        services.write_head(report, based_on=2, changes={"marking": Marking.UNCLASSIFIED}, by=officer, now=NOW)


def test_actor_on_two_sides_of_an_event_counts_once(report: Report) -> None:
    event = Incident.objects.get(starts_on="2020-12-31")
    IncidentActor.objects.create(incident=event, actor=Actor.objects.get(), side="party")

    assert [(row["name"], row["events"]) for row in build_snapshot(report, now=NOW)["actors"]] == [("Demo group", 2)]


def test_target_of_one_event_is_still_an_actor_of_another(report: Report) -> None:
    event = Incident.objects.get(starts_on="2020-12-01")
    IncidentActor.objects.create(incident=event, actor=Actor.objects.get(), side="victim")

    assert [(row["name"], row["events"]) for row in build_snapshot(report, now=NOW)["actors"]] == [("Demo group", 2)]


def test_missing_low_estimate_counts_as_the_best(report: Report) -> None:
    Incident.objects.filter(starts_on="2020-12-31").update(killed_low=None)

    data = build_snapshot(report, now=NOW)

    assert live_answers(report)["F-03"] == 9
    assert {row["name"]: row["low"] for row in data["areas"]}["Ouaka"] == 9
    assert data["months"][-1]["low"] == 6


def test_text_cannot_be_written_after_submission(submitted: Report, adviser: Person) -> None:
    section = submitted.sections.get(code="III")

    with pytest.raises(Conflict):
        services.write_section(section, based_on=section.version, changes={"text": "Late."}, by=adviser, now=NOW)
    with pytest.raises(Conflict):
        services.write_head(submitted, based_on=submitted.version, changes={"lead": "Late."}, by=adviser, now=NOW)


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
    assert {job.kind for job in Job.objects.all()} == {"render_report"}
    do_jobs()
    archived = ReportFile.objects.get(report=signed, is_archived=True)
    assert len(archived.sha256) == 64
    sent = services.record_sending(signed, by=adviser, now=NOW)

    assert sent.state == ReportState.SENT
    assert [event.verb for event in history_of(sent)][::-1][:4] == ["opened", "submitted", "cleared", "approved"]


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

    assert [event.verb for event in history_of(whole_report)].count("approved") == 1


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

    assert do_jobs() == 1
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(state="queued", attempts=0)
    assert do_jobs() == 1

    assert ReportFile.objects.filter(report=whole_report).count() == 1


def test_head_of_a_frozen_cable_stays_what_it_was(submitted: Report) -> None:
    """Who signs and who gets a cable are frozen with it; a later setting of the mission counts for later cables."""
    before = content_of(submitted, now=NOW)
    Mission.objects.filter(pk=submitted.mission_id).update(report_signatory="Acting Head", report_addressee="Nobody")
    again = Report.objects.select_related("mission").get(pk=submitted.pk)
    assert again.mission.report_signatory == "Acting Head"
    assert content_of(again, now=NOW) == before
