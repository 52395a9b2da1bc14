"""EW-01: filing a report: whose case it is, how it is marked, who is told, what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from coordination.models import CaseReport, WarningCase
from coordination.warnings import services
from pocweb.audit import history_of
from pocweb.choices import Marking, Role
from pocweb.errors import Forbidden, RuleError
from pocweb.models import Area, Mission, Notice, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.mission import make_person
from tests.factories.threats_threat import make_actor, make_threat

NOW = datetime(2020, 12, 31, 6, 10, tzinfo=UTC)
REPORT: dict[str, Any] = {
    "place": "  Lissa,  road to the market ", "act": "attack", "channel": "network", "expected": "now",
    "text": "Women at the well were told to leave.", "at_risk": ["girls", "women"], "people": 200, "now": NOW,
}  # fmt: skip


@pytest.fixture
def joc(bambari: Office) -> Person:
    return make_person("joc", Role.JOC, bambari, "poc", first_name="J.", last_name="Ilunga")


def told(case: WarningCase) -> set[str]:
    rows = Notice.objects.filter(ref=case.ref, topic="alert")
    return set(rows.values_list("person__username", flat=True))


def test_report_becomes_a_case_of_the_office_of_the_place(
    mission: Mission, haute_kotto: Area, bria: Office, colleague: Person, joc: Person, head_of_office: Person
) -> None:
    """EW-01: a report from another office's area goes there; who wrote it sees it, their colleagues do not."""
    hoo = make_person("hoo_bria", Role.HOO, bria, "political")
    case = services.file_case(mission, by=colleague, area=haute_kotto, **REPORT)
    kept = (case.ref, case.office, case.place, case.at_risk, case.state, case.case_class, case.received_at, case.branch)
    assert kept == (
        "EW-001", bria, "Lissa, road to the market", ["women", "girls"], "received", "alert", NOW, "",
    )  # fmt: skip
    assert told(case) == {"hoo_bria"}  # no operations centre in Bria or above it
    step = case.steps.get()
    assert (step.key, step.act, step.by, step.said) == ("2", "file", colleague, {"told": [None, [hoo.pk]]})
    event = history_of(case).get()
    assert (event.verb, event.changes["place"]) == ("filed", [None, case.place])
    seen = [WarningCase.objects.visible_to(one).count() for one in (colleague, joc, hoo)]
    assert seen == [1, 0, 1]


def test_report_without_an_area_stays_with_ones_own_office(
    mission: Mission, colleague: Person, joc: Person, head_of_office: Person, head_of_military: Person
) -> None:
    """EW-01: Head of Office and operations centre are told once, a civilian copies no hierarchy."""
    case = services.file_case(mission, by=colleague, **REPORT)
    assert (case.office.code, case.hierarchy_copy) == ("BAMBARI", None)
    assert told(case) == {"joc", "head_of_office"}
    own = services.file_case(mission, by=joc, **REPORT)
    assert told(own) == {"head_of_office"}


def test_uniformed_reporter_copies_the_hierarchy(
    mission: Mission, haute_kotto: Area, bria: Office, bambari: Office, head_of_military: Person, head_of_police: Person
) -> None:
    """EW-01: the nearest commander of one's own kind, or the one chosen; nobody else's; the copy lets one read it."""
    soldier = make_person("soldier", Role.SECT, bambari, "force")
    case = services.file_case(mission, by=soldier, area=haute_kotto, **REPORT)
    assert (case.hierarchy_copy, told(case)) == (head_of_military, {"head_of_military"})
    assert WarningCase.objects.visible_to(head_of_military).filter(pk=case.pk).exists()
    with pytest.raises(RuleError) as refused:
        services.file_case(mission, by=soldier, hierarchy_copy=head_of_police, **REPORT)
    assert refused.value.field == "hierarchy_copy"


def test_case_is_at_least_as_marked_as_what_it_cites(
    mission: Mission, bambari: Office, adviser: Person, head_of_office: Person
) -> None:
    """EW-01: profile and threat raise the marking; who is not cleared is not told; one's own clearance is the limit."""
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    chief = Person.objects.get(pk=adviser.pk)
    actor = make_actor(mission, "group-a", marking=Marking.STRICTLY_CONFIDENTIAL)
    threat = make_threat(bambari, "Attack", marking=Marking.STRICTLY_CONFIDENTIAL)
    for cited in ({"actor": actor}, {"threat": threat}):
        case = services.file_case(mission, by=chief, office=bambari, marking=1, **cited, **REPORT)
        assert (case.marking, told(case)) == (Marking.STRICTLY_CONFIDENTIAL, set())
        with pytest.raises(RuleError):
            services.file_case(mission, by=head_of_office, **cited, **REPORT)
    with pytest.raises(RuleError) as refused:
        services.file_case(mission, by=head_of_office, marking=3, **REPORT)
    assert refused.value.field == "marking"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"act": "nothing"}, "act"),
        ({"place": "  "}, "place"),
        ({"expected": "soon"}, "expected"),
        ({"threatening": ""}, "threatening"),
        ({"at_risk": ["women", "cattle"]}, "at_risk"),
        ({"people": -1}, "people"),
        ({"text": " "}, "text"),
        ({"channel": ""}, "channel"),
        ({"received_at": datetime(2020, 12, 31, 6, 11, tzinfo=UTC)}, "received_at"),
        ({"place": "x" * 161}, "place"),
    ],
)
def test_incomplete_reports_are_refused_at_their_question(
    mission: Mission, colleague: Person, changed: dict[str, Any], field: str
) -> None:
    """EW-01: nothing half-saved; a report is never from the future."""
    with pytest.raises(RuleError) as refused:
        services.file_case(mission, by=colleague, **{**REPORT, **changed})
    assert (refused.value.field, WarningCase.objects.count(), Notice.objects.count()) == (field, 0, 0)


def test_who_may_not_report(mission: Mission, administrator: Person, stranger: Person) -> None:
    """EW-01: staff of the mission alone; partners and administrators have no part in it."""
    for person in (administrator, stranger):
        with pytest.raises(RuleError) as refused:
            services.file_case(mission, by=person, **REPORT)
        assert isinstance(refused.value, Forbidden) or refused.value.code == "no_posting"


def test_further_report_keeps_the_state(bambari: Office, colleague: Person, stranger: Person, bria: Office) -> None:
    """EW-01: added by who sees the case, with the step on record; never on a closed one."""
    case = make_case(bambari, colleague, "source_rated")
    report = services.add_report(
        case, by=colleague, text=" A second patrol saw them. ", channel="patrol", corroborates=True, now=NOW
    )
    case.refresh_from_db()
    assert (report.text, report.corroborates, case.state, case.version) == (
        "A second patrol saw them.", True, "source_rated", 2,
    )  # fmt: skip
    assert case.steps.last().act == "report"
    other = make_person("other", Role.SECT, bria, "civil-affairs")
    closed = make_case(bambari, colleague, "closed", "non_imminent")
    for person, one in ((other, case), (stranger, case), (colleague, closed)):
        with pytest.raises(RuleError):
            services.add_report(one, by=person, text="More.", channel="patrol", now=NOW)
    assert CaseReport.objects.count() == 1
