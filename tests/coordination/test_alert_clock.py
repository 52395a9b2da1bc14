"""EW-15: the alert clock: what a case took, medians over cases, targets, the pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.models import CaseRecipient, CaseStep, ClockTarget, WarningCase
from coordination.warnings import clock as rules
from coordination.warnings.choices import CaseState, Measure
from coordination.warnings.clock import Reading, Standing, clock_of, duration_words, read_measure, spread_of
from coordination.warnings.step_times import StepTime, step_times
from coordination.warnings.targets import set_targets, shipped_targets, state_of_targets, target_for, targets_of
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import AuditEvent, Office, Person
from tests.factories.coordination_case import make_case

AT = datetime(2020, 12, 30, 8, tzinfo=UTC)
NOW = datetime(2020, 12, 31, 8, tzinfo=UTC)
TARGETS = {("decided", "imminent"): 120, ("decided", "non_imminent"): 10080, ("classed", "imminent"): 30,
           ("classed", "non_imminent"): 1440, ("flashed", "imminent"): 180}  # fmt: skip


def minutes(count: int) -> datetime:
    return AT + timedelta(minutes=count)


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [
        ([], None, None),
        ([7], 7.0, 7),
        ([3, 10], 6.5, 10),
        ([9, 1, 5], 5.0, 9),
        (list(range(1, 10)), 5.0, 9),
        (list(range(1, 11)), 5.5, 9),  # nine of ten took 9 or less
        (list(range(1, 12)), 6.0, 10),
        ([5] * 19 + [500], 5.0, 5),  # one that is far out moves neither
    ],
)
def test_median_and_90th_percentile_of_series_made_by_hand(
    values: list[int], median: float | None, p90: int | None
) -> None:
    """EW-15: nearest rank, also of no, one and two values."""
    assert (rules.median(values), rules.percentile_90(values)) == (median, p90)


@pytest.mark.parametrize(
    ("measure", "branch", "ended", "closed", "expected"),
    [
        ("decided", "imminent", 120, None, Reading("decided", Standing.DONE, 120, 120)),  # at its target: in time
        ("decided", "imminent", 121, None, Reading("decided", Standing.DONE, 121, 120)),
        ("decided", "imminent", None, None, Reading("decided", Standing.RUNNING, 1440, 120)),
        ("decided", "imminent", None, 500, Reading("decided", Standing.NEVER, None, 120)),
        ("decided", "", None, None, Reading("decided", Standing.RUNNING, 1440, None)),
        ("classed", "", 31, None, Reading("classed", Standing.DONE, 31, 30)),  # the stricter target holds
        ("flashed", "non_imminent", None, None, Reading("flashed", Standing.NOT_ASKED)),
    ],
)
def test_one_time_of_a_case(
    measure: str, branch: str, ended: int | None, closed: int | None, expected: Reading
) -> None:
    """EW-15; Annex III, 2.2.3."""
    reading = read_measure(
        measure, begun_at=AT, ended_at=minutes(ended) if ended is not None else None,
        closed_at=minutes(closed) if closed is not None else None, branch=branch, targets=TARGETS, now=NOW,
    )  # fmt: skip
    assert reading == expected


def test_unfinished_cases_are_counted_beside_and_never_dropped() -> None:
    """EW-15: late and in words; neither running nor unreached times enter the median."""
    readings = [
        Reading("decided", Standing.DONE, 100, 120),
        Reading("decided", Standing.DONE, 200, 120),
        Reading("decided", Standing.RUNNING, 130, 120),
        Reading("decided", Standing.RUNNING, 1, 120),
        Reading("decided", Standing.NEVER, None, 120),
        Reading("decided", Standing.NOT_ASKED),
    ]
    spread = spread_of(readings)
    assert (spread.count, spread.median, spread.p90, spread.late) == (2, 150.0, 200, 1)
    assert (spread.running, spread.running_late, spread.never) == (2, 1, 1)
    assert [one.words for one in readings[:5]] == [
        "in time", "late", "late, still running", "running, in time so far", "closed without it",
    ]  # fmt: skip
    assert [duration_words(one) for one in (None, 59, 200, 2880, 3120)] == [
        "no value", "59 min", "3 h 20 min", "2 days", "2 days 4 h",
    ]  # fmt: skip


@pytest.fixture
def cases(bambari: Office, officer: Person) -> dict[str, WarningCase]:
    """One case of each standing to the decision."""
    imminent: dict[str, Any] = {"state": CaseState.EMERGENCY_DECIDED, "branch": "imminent", "at": AT}
    closed: dict[str, Any] = {"state": CaseState.CLOSED, "branch": "imminent", "at": AT, "classed_at": minutes(5)}
    return {
        "in_time": make_case(bambari, officer, **imminent, decided_at=minutes(60), disseminated_at=minutes(20)),
        "late": make_case(bambari, officer, **imminent, decided_at=minutes(121)),
        "running": make_case(bambari, officer, CaseState.RECEIVED, at=NOW - timedelta(minutes=3)),
        "running_late": make_case(bambari, officer, CaseState.DISSEMINATED, "imminent", at=AT),
        "never": make_case(bambari, officer, **closed),
    }


def test_acknowledgement_ends_with_the_last_and_climbs(
    cases: dict[str, WarningCase], head_of_office: Person, head_of_military: Person, adviser: Person
) -> None:
    """EW-15, EW-08: the last of those who got it; a silence that climbed is answered by who stands above."""
    case, sent = cases["in_time"], minutes(20)
    rows: dict[str, Any] = {"case": case, "step": "I10", "sent_at": sent}
    CaseRecipient.objects.create(**rows, person=head_of_office, label="HoO", acknowledged_at=minutes(25))
    silent = CaseRecipient.objects.create(**rows, person=head_of_military, label="Force")

    def reading() -> Reading:
        return next(one for one in clock_of(case, NOW) if one.measure == Measure.ACKNOWLEDGED)

    assert (reading().standing, reading().minutes) == (Standing.RUNNING, 1420)
    CaseRecipient.objects.create(
        **rows, person=adviser, label="POC Unit", level=1, stands_for=silent, acknowledged_at=minutes(50)
    )
    assert (reading().standing, reading().minutes, reading().is_late) == (Standing.DONE, 30, False)


def test_list_behind_a_number_judges_as_the_reading(cases: dict[str, WarningCase], bambari: Office) -> None:
    """EW-15: every number opens exactly the cases that it counts."""
    targets = targets_of(bambari.mission)
    now = NOW
    rows = rules.timed(WarningCase.objects.all())
    for measure in Measure.values:
        spread = spread_of(
            rules.of_measure(rules.read_times(WarningCase.objects.all(), targets=targets, now=now), measure)
        )
        counts = {
            name: rows.filter(rules.standing_q(measure, name, targets, now)).count()
            for name in ("done", "late", "in_time", "running", "running_late", "never")
        }
        assert counts == {
            "done": spread.count, "late": spread.late, "in_time": spread.in_time, "running": spread.running,
            "running_late": spread.running_late, "never": spread.never,
        }, measure  # fmt: skip
    found = {
        name: set(rows.filter(rules.standing_q("decided", name, targets, now)).values_list("pk", flat=True))
        for name in cases
    }
    expected = {name: {case.pk} for name, case in cases.items()}
    assert found == expected | {"running": {cases["running"].pk, cases["running_late"].pk}}


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11])
def test_times_of_steps_are_ranked_by_the_database(bambari: Office, officer: Person, count: int) -> None:
    """EW-15: begin and end of each step; as median and percentile of the clock."""
    case = make_case(bambari, officer, at=AT)
    took = [(index * 7) % 11 + 1 for index in range(count)]
    CaseStep.objects.bulk_create(
        CaseStep(case=case, key="3", act="rate-source", after="source_rated", begun_at=AT, ended_at=minutes(one))
        for one in took
    )
    expected = StepTime(
        "3", "rate-source", "Rate the source", count, rules.median(took) or 0, rules.percentile_90(took) or 0
    )
    assert step_times(WarningCase.objects.all()) == [expected]


def test_targets_are_the_missions_and_guarded(bambari: Office, adviser: Person, officer: Person) -> None:
    """EW-15: shipped defaults until set; set by who may, once per state, with an event."""
    mission = bambari.mission
    assert targets_of(mission) == shipped_targets()
    assert target_for(shipped_targets(), "flashed", "non_imminent") is None
    state = state_of_targets(mission)
    with pytest.raises(Forbidden):
        set_targets(mission, {("decided", "imminent"): 90}, based_on=state, by=officer)
    with pytest.raises(RuleError, match="1 to 525600"):
        set_targets(mission, {("decided", "imminent"): 0}, based_on=state, by=adviser)
    changed = set_targets(mission, {("decided", "imminent"): 90}, based_on=state, by=adviser)
    assert changed == {"decided_imminent": [120, 90]}
    with pytest.raises(Conflict):
        set_targets(mission, {("decided", "imminent"): 60}, based_on=state, by=adviser)
    assert ClockTarget.objects.get().minutes == 90
    assert AuditEvent.objects.get(verb="set the targets of the alert clock").changes == changed


def test_targets_page(bambari: Office, adviser: Person, officer: Person) -> None:
    """EW-15: who may not is refused; minutes that make no sense stay typed; an old page is told."""
    client = as_person(adviser)
    url = "/alerts/clock/targets/"
    assert as_person(officer).get(url).status_code == 403
    given: dict[str, Any] = {"_".join(key): value for key, value in shipped_targets().items()}
    given |= {"based_on": state_of_targets(bambari.mission)}
    bad = client.post(url, {**given, "decided_imminent": "soon"})
    assert (bad.status_code, "soon" in bad.content.decode()) == (422, True)
    assert client.post(url, {**given, "decided_imminent": "45"}).status_code == 302
    assert client.post(url, {**given, "decided_imminent": "50"}).status_code == 409
    assert targets_of(bambari.mission)["decided", "imminent"] == 45


def test_page_shows_times_outcomes_and_leads_to_the_cases(
    cases: dict[str, WarningCase], bria: Office, adviser: Person, officer: Person, stranger: Person,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    """EW-15: medians in words, running beside; nothing of another branch or mission; constant queries."""
    make_case(bria, adviser, CaseState.EMERGENCY_DECIDED, "imminent", at=AT, decided_at=minutes(9999))
    client = as_person(officer)
    page = client.get("/alerts/clock/?measure=decided&branch=all").content.decode()
    assert "5 cases" in page
    assert "1 h 30 min" in page  # the median of 60 and 121 minutes, shown in whole minutes
    assert "Bria" not in page
    assert "clock=decided&amp;is=running_late" in page
    behind = client.get("/alerts/matrix/?clock=decided&is=running_late").content.decode()
    assert "1 case in this view." in behind
    assert cases["running_late"].ref in behind
    text = client.get("/alerts/clock/export.csv?measure=decided&branch=all").content.decode()
    assert "#indicator+num+median" in text
    assert "90.5" in text
    assert "No case was received in this period." in as_person(stranger).get("/alerts/clock/").content.decode()
    assert client.get("/alerts/clock/?since=2020-12-31&until=2020-01-01").status_code == 422
    with django_assert_num_queries(9):
        client.get("/alerts/clock/")
    assert 'href="?measure=decided&amp;branch=all&amp;steps=yes#steps"' in page
    with django_assert_num_queries(10):
        steps = client.get("/alerts/clock/?branch=all&steps=yes").content.decode()
    assert "No step was done yet." in steps


def test_panel_stands_on_the_page_of_a_case(cases: dict[str, WarningCase], officer: Person) -> None:
    """EW-15."""
    page = as_person(officer).get(f"/alerts/{cases['late'].pk}/").content.decode()
    assert "Alert clock" in page
    assert "2 h 1 min" in page
    assert "late" in page
