"""EW-02 to EW-07: steps 3 to 9 of a case, rated first and rated anew; who may; two people at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordination.models import CaseTask, WarningCase
from coordination.warnings import ratings
from coordination.warnings.choices import Branch, CaseState, InformationReliability, SourceReliability
from coordination.warnings.moves import move_case
from coordination.warnings.rules import ORDER, STEPS
from coordination.warnings.sending import send_out
from pocweb.audit import history_of, verify
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.mission import make_person

NOW = datetime(2020, 12, 31, 7, tzinfo=UTC)
Rate = Callable[..., WarningCase]


@pytest.fixture
def joc(bambari: Office) -> Person:
    return make_person("joc", Role.JOC, bambari, "poc", first_name="J.", last_name="Ilunga")


@pytest.fixture
def protection(hq: Office) -> Person:
    return make_person("protection", Role.PROT, hq, "human-rights")


def columns(case: WarningCase, *names: str) -> tuple[Any, ...]:
    fresh = WarningCase.objects.get(pk=case.pk)
    return tuple(getattr(fresh, name) for name in names)


def test_assessment_from_report_to_imminence(bambari: Office, joc: Person) -> None:
    """EW-02 to EW-07: each rating with rater and time; the clock of classing; the priority of the grid."""
    case = make_case(bambari, joc)
    at = [NOW + timedelta(minutes=minute) for minute in range(6)]
    ratings.rate_source(case, reliability="B", by=joc, now=at[0])
    ratings.rate_information(
        case, reliability="probable", is_triangulated=True, triangulation="Two patrols", by=joc, now=at[1]
    )
    ratings.class_case(case, case_class="warning", by=joc, now=at[2])
    ratings.rate_impact(case, civilians=2, by=joc, now=at[3])
    ratings.rate_likelihood(case, level=3, by=joc, now=at[4])
    case = ratings.decide_imminence(case, branch="non_imminent", reason="They wait for the harvest.", by=joc, now=at[5])
    assert columns(case, "state", "branch", "case_class", "impact", "priority", "classed_at", "likelihood_body") == (
        "prioritised", "non_imminent", "warning", 2, 3, at[2], "cell",
    )  # fmt: skip
    steps = list(case.steps.order_by("pk").values_list("key", "act", "after", "begun_at", "ended_at", "by"))[1:]
    begun = [case.received_at, *at]
    keys = ["3 rate-source", "4 rate-information", "5 class", "6 rate-impact", "8 rate-likelihood", "9 prioritise"]
    assert [(f"{key} {act}", after) for key, act, after, *_rest in steps] == list(zip(keys, ORDER[""][1:], strict=True))
    assert [(one[3], one[4], one[5]) for one in steps] == [(begun[n], at[n], joc.pk) for n in range(6)]
    assert [one.verb for one in history_of(case)][:2] == ["decided the imminence of", "rated the likelihood of"]
    assert verify(case.mission)


def test_every_label_can_be_chosen_with_its_meaning() -> None:
    """EW-02: A to F and the six labels, each with its definition."""
    assert [one.label[0] for one in SourceReliability] == list("ABCDEF")
    assert [str(one.label) for one in InformationReliability] == [
        "Sure accuracy", "Confirmed-coherent", "Probable-relevant", "Doubtful", "Non-probable",
        "The truthfulness cannot be estimated",
    ]  # fmt: skip
    assert all(len(str(one.meaning)) > 20 for one in (*SourceReliability, *InformationReliability))


REFUSED: list[tuple[str, Rate, dict[str, Any], str, str]] = [
    ("received", ratings.rate_source, {"reliability": "G"}, "reliability_missing", "reliability"),
    ("received", ratings.rate_information, {"reliability": "sure"}, "reason_missing", "reason"),
    ("source_rated", ratings.rate_source, {"reliability": "C"}, "reason_missing", "reason"),
    ("source_rated", ratings.rate_information, {"reliability": ""}, "reliability_missing", "reliability"),
    ("source_rated", ratings.rate_information, {"reliability": "sure", "is_triangulated": True},
     "triangulation_missing", "triangulation"),
    ("source_rated", ratings.rate_information,
     {"reliability": "doubtful", "is_triangulated": True, "triangulation": "Two"}, "not_validated", "is_triangulated"),
    ("classed", ratings.rate_information, {"reliability": "sure", "reason": "Denied"}, "class_first",
     "is_triangulated"),
    ("info_rated", ratings.class_case, {"case_class": ""}, "case_class_missing", "case_class"),
    ("classed", ratings.class_case, {"case_class": "alert"}, "reason_missing", "reason"),
    ("classed", ratings.rate_impact, {"civilians": 4}, "civilians_missing", "civilians"),
    ("classed", ratings.rate_impact, {"civilians": 1, "overall_level": 3}, "override_without_reason", "impact_reason"),
    ("impact_rated", ratings.rate_likelihood, {"level": None}, "level_missing", "level"),
    ("impact_rated", ratings.rate_likelihood, {"level": 2, "body": "press"}, "body_missing", "body"),
    ("likelihood_rated", ratings.decide_imminence, {"branch": "imminent", "reason": " "}, "reason_missing", "reason"),
    ("likelihood_rated", ratings.decide_imminence, {"branch": "", "reason": "x"}, "branch_missing", "branch"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "rate", "values", "code", "field"), REFUSED)
def test_ratings_that_are_refused(
    bambari: Office, joc: Person, state: str, rate: Rate, values: dict[str, Any], code: str, field: str
) -> None:
    """EW-02, EW-03, EW-05, EW-06, EW-07: nothing is stored, and the field is named."""
    case = make_case(bambari, joc, state)
    with pytest.raises(RuleError) as refused:
        rate(case, by=joc, now=NOW, **values)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert (columns(case, "state", "version"), case.steps.count()) == ((state, 1), 1)


def test_early_warning_only_when_triangulated(bambari: Office, joc: Person) -> None:
    """EW-03: an alert until then; it turns into either at any time, the state stays, old value and reason are kept."""
    case = make_case(bambari, joc, "info_rated", is_triangulated=False, triangulation="")
    with pytest.raises(RuleError, match="triangulated and validated"):
        ratings.class_case(case, case_class="warning", by=joc, now=NOW)
    ratings.class_case(case, case_class="alert", by=joc, now=NOW)
    ratings.rate_information(
        case, reliability="confirmed", is_triangulated=True, triangulation="A patrol saw them", by=joc,
        reason="New report", now=NOW,
    )  # fmt: skip
    case = ratings.class_case(case, case_class="warning", by=joc, reason="Borne out", now=NOW)
    last = case.steps.last()
    assert (case.state, case.case_class, last.said, last.reason, last.by) == (
        "classed", "warning", {"case_class": ["alert", "warning"]}, "Borne out", joc,
    )  # fmt: skip


@pytest.mark.usefixtures("head_of_office")
def test_special_units_are_asked_and_hold_nothing_back(bambari: Office, joc: Person, protection: Person) -> None:
    """EW-04: 7A and 7B are tasks from the class on; not relevant with a reason; the rest goes on without them."""
    case = make_case(bambari, joc, "info_rated", priority=None)
    ratings.class_case(case, case_class="alert", by=joc, now=NOW)
    assert columns(case, "children_rating", "women_rating") == ("asked", "asked")
    assert set(case.tasks.values_list("kind", "done_at")) == {("children", None), ("women", None)}
    ratings.rate_impact(case, civilians=1, by=joc, now=NOW)
    ratings.rate_likelihood(case, level=2, by=joc, now=NOW)
    case = ratings.decide_imminence(case, branch="imminent", reason="Men at the bridge.", by=joc, now=NOW)
    case = send_out(case, by=joc, now=NOW)
    with pytest.raises(Forbidden):
        ratings.rate_special_impact(case, kind="children", level=3, by=joc, now=NOW)
    with pytest.raises(RuleError, match="Say why it is not relevant"):
        ratings.rate_special_impact(case, kind="women", is_relevant=False, by=protection, now=NOW)
    ratings.rate_special_impact(case, kind="children", level=3, by=protection, now=NOW)
    ratings.rate_special_impact(case, kind="women", is_relevant=False, reason="Men only.", by=protection, now=NOW)
    got = columns(case, "state", "impact", "priority", "children_rating", "women_rating", "impact_women")
    assert got == ("disseminated", 3, 3, "rated", "not_relevant", None)
    done = set(case.tasks.values_list("kind", "done_by", "is_relevant", "findings"))
    assert done == {("children", protection.pk, True, ""), ("women", protection.pk, False, "Men only.")}
    assert [one.key for one in case.steps.order_by("-pk")[:2]] == ["7B", "7A"]
    with pytest.raises(RuleError, match="rated before"):
        ratings.rate_special_impact(case, kind="children", level=1, by=protection, now=NOW)
    ratings.rate_special_impact(case, kind="children", level=1, by=protection, reason="They left.", now=NOW)
    assert (columns(case, "impact", "priority"), CaseTask.objects.filter(kind="children").count()) == ((1, 2), 2)


def test_overall_impact_set_by_hand_stays_until_rated_anew(bambari: Office, joc: Person, protection: Person) -> None:
    """EW-05: the highest of the three unless a person says otherwise, with the reason."""
    case = make_case(bambari, joc, "classed")
    ratings.rate_impact(case, civilians=3, overall_level=2, impact_reason="Few live there now.", by=joc, now=NOW)
    ratings.rate_likelihood(case, level=3, by=joc, now=NOW)
    ratings.rate_special_impact(case, kind="women", level=3, by=protection, now=NOW)
    assert columns(case, "impact", "impact_reason", "priority") == (2, "Few live there now.", 3)
    ratings.rate_impact(case, civilians=2, by=joc, reason="They came back.", now=NOW)
    assert columns(case, "impact", "impact_reason", "priority", "state") == (3, "", 4, "likelihood_rated")


def test_forum_confirms_the_likelihood(bambari: Office, joc: Person, officer: Person, protection: Person) -> None:
    """EW-05: the cell proposes; the forum's word is recorded by who steers; another level needs a reason."""
    case = make_case(bambari, joc, "likelihood_rated")
    with pytest.raises(Forbidden):
        ratings.rate_likelihood(case, level=2, body="forum", by=protection, now=NOW)
    case = ratings.rate_likelihood(case, level=2, body="forum", by=officer, now=NOW)
    assert (case.state, case.likelihood_body, case.steps.last().said) == (
        "likelihood_rated", "forum", {"likelihood_body": ["cell", "forum"]},
    )  # fmt: skip
    with pytest.raises(RuleError, match="Say why it changes"):
        ratings.rate_likelihood(case, level=3, body="forum", by=officer, now=NOW)


@pytest.mark.usefixtures("head_of_office")
@pytest.mark.parametrize("state", CaseState.ASSESSING)
def test_urgent_case_waits_for_no_rating(bambari: Office, joc: Person, state: str) -> None:
    """EW-06, EW-07: imminent with one reason from any state of the assessment, then sent out; ratings follow later."""
    case = make_case(bambari, joc, state)
    case = ratings.decide_imminence(case, branch="imminent", reason="Shots are heard.", by=joc, now=NOW)
    case = send_out(case, by=joc, now=NOW)
    is_skip = state not in ("likelihood_rated",)
    decided = case.steps.get(act="prioritise")
    assert (case.state, decided.is_out_of_order, decided.reason) == ("disseminated", is_skip, "Shots are heard.")
    case = ratings.rate_source(case, reliability="F", by=joc, reason="Later", now=NOW)
    assert (case.state, case.source_reliability, case.disseminated_at) == ("disseminated", "F", NOW)


def test_ratings_that_were_skipped_need_no_reason_later(bambari: Office, joc: Person) -> None:
    """EW-07: the reason was given when they were skipped; classing later still stops its clock."""
    case = ratings.decide_imminence(make_case(bambari, joc), branch="imminent", reason="Shots.", by=joc, now=NOW)
    later = NOW + timedelta(hours=1)
    ratings.rate_source(case, reliability="F", by=joc, now=later)
    ratings.rate_information(case, reliability="unknown", by=joc, now=later)
    ratings.class_case(case, case_class="alert", by=joc, now=later)
    ratings.rate_impact(case, civilians=3, by=joc, now=later)
    case = ratings.rate_likelihood(case, level=3, by=joc, now=later)
    assert (case.state, case.priority, case.classed_at) == ("prioritised", 4, later)


@pytest.mark.parametrize("branch", Branch.values)
def test_case_changes_branches_with_a_reason(bambari: Office, joc: Person, branch: str) -> None:
    """EW-06, 3.4: from any state of one branch to the parting of the other; both reasons are kept."""
    other = next(one for one in Branch.values if one != branch)
    for state in ORDER[branch][6:-1]:
        case = make_case(bambari, joc, state, branch)
        with pytest.raises(RuleError, match="decided so already"):
            ratings.decide_imminence(case, branch=branch, reason="Again.", by=joc, now=NOW)
        case = ratings.decide_imminence(case, branch=other, reason="It turned.", by=joc, now=NOW)
        last = case.steps.last()
        assert (case.state, case.branch, last.reason) == ("prioritised", other, "It turned.")
        assert last.said["branch"] == [branch, other]


def test_moves_of_the_table_that_are_refused(bambari: Office, joc: Person) -> None:
    """EW-07: each act of the other branch and each on a closed case, by the service that moves; nothing is stored."""
    tried = 0
    for branch in Branch.values:
        closed, standing = make_case(bambari, joc, "closed", branch), make_case(bambari, joc, "prioritised", branch)
        foreign = {one.act for one in STEPS if one.branch not in ("", branch)}
        foreign -= {one.act for one in STEPS if one.branch in ("", branch)}
        for case, acts in ((closed, {one.act for one in STEPS}), (standing, foreign)):
            for act in acts:
                with pytest.raises(RuleError) as refused:
                    move_case(case, act, by=joc, reason="Because.", now=NOW)
                assert refused.value.code in ("illegal_move", "case_closed")
                tried += 1
            assert case.steps.count() == 1
    assert tried == 2 * len({one.act for one in STEPS}) + 8


def test_who_may_rate(
    bambari: Office, bria: Office, joc: Person, colleague: Person, head_of_office: Person, scpi: Person,
    stranger: Person,
) -> None:  # fmt: skip
    """EW-02, EW-06: staff with the case rate; imminence is for who steers; other branches and partners not at all."""
    elsewhere = make_person("joc_bria", Role.JOC, bria, "poc")
    case = make_case(bambari, joc, "likelihood_rated")
    secret = make_case(bambari, joc, "received", marking=Marking.STRICTLY_CONFIDENTIAL)
    for person in (colleague, scpi, stranger, elsewhere):
        with pytest.raises(Forbidden):
            ratings.decide_imminence(case, branch="imminent", reason="x", by=person, now=NOW)
    for person in (scpi, stranger, elsewhere):
        with pytest.raises(Forbidden):
            ratings.rate_source(case, reliability="A", reason="x", by=person, now=NOW)
    with pytest.raises(Forbidden):
        ratings.rate_source(secret, reliability="A", by=joc, now=NOW)
    ratings.decide_imminence(case, branch="imminent", reason="The Head of Office decides.", by=head_of_office, now=NOW)


def test_second_of_two_raters_is_told(bambari: Office, joc: Person, officer: Person) -> None:
    """EW-07: what a page showed has moved on; the second rating is refused and nothing is lost."""
    case = make_case(bambari, joc)
    ratings.rate_source(case, reliability="B", by=joc, based_on=1, now=NOW)
    with pytest.raises(Conflict, match="moved on"):
        ratings.rate_source(case, reliability="E", by=officer, reason="I think so", based_on=1, now=NOW)
    assert columns(case, "source_reliability", "version") == ("B", 2)
