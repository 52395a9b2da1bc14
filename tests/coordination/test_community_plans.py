"""CM-04, CM-05, CM-06: rules and services of community protection plans."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from coordination.communities import plan_rules as rules
from coordination.communities import plans
from coordination.communities.plan_content import LABELS, community_text, community_version, differences, without_names
from coordination.communities.plan_files import draw
from coordination.communities.plan_notices import remind_of_plans
from coordination.models import CommunityPlan, FocalPoint
from pocweb.audit import fingerprint, history_of, verify
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, Notice, Office, Person
from pocweb.recipients import Staff
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_plans import DAY, NOW, make_engagement, make_network, make_plan
from tests.factories.mission import make_person
from tests.factories.threats_threat import make_threat


@pytest.mark.parametrize(
    ("year", "semester", "due"),
    [
        (2021, 1, date(2021, 5, 1)),  # Handbook, Annex V, para. 8.3
        (2021, 2, date(2021, 11, 1)),  # Handbook, Annex V, para. 8.3
    ],
)
def test_due_days_of_the_two_semesters(year: int, semester: int, due: date) -> None:
    """CM-04."""
    assert rules.due_on(year, semester) == due


@pytest.mark.parametrize(
    ("state", "days", "expected"),
    [
        ("draft", -31, "later"),
        ("draft", -30, "soon"),
        ("reviewed", 0, "today"),
        ("reviewed", 1, "overdue"),
        ("adopted", 1, "done"),
        ("superseded", 900, "done"),
    ],
)
def test_a_plan_is_told_30_days_before_and_overdue_the_day_after(state: str, days: int, expected: str) -> None:
    """CM-04; the 30 days are ours."""
    due = date(2021, 5, 1)
    assert rules.due_state(state=state, due=due, today=due + timedelta(days=days)) == expected


@pytest.mark.parametrize(
    ("women", "network", "reason", "code"),
    [
        (False, True, "", "women_not_consulted"),  # Handbook 9.2
        (True, False, " ", "no_network"),  # Handbook 9.2
        (True, True, "", ""),
        (True, False, "No line", ""),
    ],
)
def test_what_a_plan_needs_before_review(women: bool, network: bool, reason: str, code: str) -> None:
    """CM-05."""
    if not code:
        rules.check_consulted(has_women=women, has_network=network, reason=reason)
        return
    with pytest.raises(RuleError) as refused:
        rules.check_consulted(has_women=women, has_network=network, reason=reason)
    assert refused.value.code == code


def test_every_state_is_reached_and_no_act_skips() -> None:
    """CM-04: the table leads from draft to in force in its order."""
    forward = [step for step in rules.STEPS if not step.needs_reason]
    assert [(step.before, step.after) for step in forward] == [
        ((a,), b) for a, b in zip(rules.WAY[:-1], rules.WAY[1:], strict=True)
    ]
    for step in rules.STEPS:
        for state in set(rules.S.values) - set(step.before):
            with pytest.raises(RuleError):
                rules.step_for(step.act, state)


def test_a_plan_goes_its_way_and_only_the_head_of_office_adopts(
    bambari: Office, ouaka: Area, officer: Person, colleague: Person, head_of_office: Person, adviser: Person
) -> None:
    """CM-04, CM-05: consultation, review by a named forum, adoption, six offices told, in force; all of it audited."""
    forum = make_forum(bambari, officer)
    plan = plans.add_plan(bambari.mission, area=ouaka, year=2021, semester=1, by=colleague, now=NOW, security="Calm")
    assert (plan.office, plan.due_on, plan.state) == (bambari, date(2021, 5, 1), "draft")
    with pytest.raises(RuleError, match="women's organizations"):
        plans.move_plan(plan, "consult", by=colleague, now=NOW)
    plans.add_consultation(plan, held_on=DAY, with_whom="Elders", by=colleague, now=NOW)
    with pytest.raises(RuleError, match="women's organizations"):
        plans.move_plan(plan, "consult", by=colleague, now=NOW)
    plans.add_consultation(plan, held_on=DAY, with_whom="Women", womens_organizations=True, by=colleague, now=NOW)
    with pytest.raises(RuleError, match="alert network"):
        plans.move_plan(plan, "consult", by=colleague, now=NOW)
    network = make_network(bambari, officer)
    plans.edit_plan(plan, changes={"networks": [network.pk]}, based_on=plan.version, by=colleague, now=NOW)
    plans.move_plan(plan, "consult", by=colleague, now=NOW)
    with pytest.raises(RuleError, match="Name the local forum"):
        plans.move_plan(plan, "review", by=colleague, now=NOW)
    reviewed = plans.move_plan(plan, "review", forum=forum, by=colleague, now=NOW)
    with pytest.raises(Conflict, match="not open to changes"):
        plans.edit_plan(reviewed, changes={"security": "X"}, based_on=reviewed.version, by=colleague, now=NOW)
    for person in (colleague, officer, adviser):
        with pytest.raises(Forbidden):
            plans.move_plan(reviewed, "adopt", by=person, now=NOW)
    with pytest.raises(Conflict, match="changed meanwhile"):
        plans.move_plan(reviewed, "adopt", by=head_of_office, based_on=reviewed.version - 1, now=NOW)
    adopted = plans.move_plan(reviewed, "adopt", by=head_of_office, based_on=reviewed.version, now=NOW)
    with pytest.raises(RuleError):
        plans.move_plan(reviewed, "adopt", by=head_of_office, now=NOW)
    assert adopted.frozen is not None
    assert (adopted.sha256, adopted.frozen["texts"]["security"]) == (fingerprint(adopted.frozen), "Calm")
    shared = plans.move_plan(adopted, "share", by=colleague, now=NOW)
    assert [(one["code"], one["people"]) for one in shared.recipients] == [
        ("dsrsg-p", []), ("dsrsg-rchc", []), ("poc-unit", ["N. Castell"]), ("cas", []), ("pad", []), ("hrd", []),
    ]  # fmt: skip
    assert list(Notice.objects.filter(topic="plans_shared").values_list("person", "ref")) == [(adviser.pk, plan.ref)]
    in_force = plans.move_plan(shared, "bring-into-force", by=colleague, now=NOW)
    assert in_force.state == "in_force"
    assert [event.verb for event in history_of(plan)][::-1] == [
        "began", "recorded a consultation for", "recorded a consultation for", "changed", "closed the consultation of",
        "recorded the review of", "adopted", "shared with headquarters", "brought into force",
    ]  # fmt: skip
    assert list(verify(bambari.mission)) == []


def test_the_six_offices_are_told_by_role_and_component(
    bambari: Office, hq: Office, ouaka: Area, officer: Person, head_of_office: Person, head_of_mission: Person
) -> None:
    """CM-04: DSRSGs, POC Unit, CAS, PAD, HRD; who may not see the plan is not told."""
    expected = {
        "dsrsg-p": head_of_mission,
        "poc-unit": make_person("poc", Role.POCA, hq, "poc", last_name="Unit"),
        "cas": make_person("cas", Role.SECT, hq, "civil-affairs", last_name="Cas"),
        "pad": make_person("pad", Role.SECT, hq, "political", last_name="Pad"),
        "hrd": make_person("hrd", Role.PROT, hq, "human-rights", last_name="Hrd"),
    }
    make_person("low", Role.PROT, hq, "human-rights", clearance=Marking.UNCLASSIFIED, last_name="Low")
    plan = make_plan(ouaka, officer, "shared", make_forum(bambari, officer), adopter=head_of_office)
    told = {one["code"]: one["people"] for one in plan.recipients}
    assert told == {code: [str(one)] for code, one in expected.items()} | {"dsrsg-rchc": [str(head_of_mission)]}
    assert set(Notice.objects.values_list("person", flat=True)) == {one.pk for one in expected.values()}


def test_two_people_edit_one_plan(bambari: Office, ouaka: Area, officer: Person, colleague: Person) -> None:
    """CM-04: sections of two people are merged, the same text brings the choice; a text that was begun is not lost."""
    plan = make_plan(ouaka, officer)
    plans.edit_plan(plan, changes={"security": "Calm"}, based_on=1, by=officer, now=NOW)
    saved = plans.edit_plan(plan, changes={"preventive": "Patrol"}, based_on=1, by=colleague, now=NOW)
    assert (saved.record.security, saved.record.preventive) == ("Calm", "Patrol")
    with pytest.raises(EditConflict):
        plans.edit_plan(plan, changes={"security": "Tense"}, based_on=1, by=colleague, now=NOW)


def test_the_next_semester_takes_the_words_along_and_supersedes(
    bambari: Office, ouaka: Area, officer: Person, head_of_office: Person
) -> None:
    """CM-04: a version per semester; of an area one plan is in force; a second press is told."""
    forum = make_forum(bambari, officer)
    given: dict[str, Any] = {"adopter": head_of_office, "preventive": "Night patrol", "networks": []}
    first = make_plan(ouaka, officer, "in_force", forum, **given)
    second = plans.plan_next(first, by=officer, now=NOW)
    assert (second.year, second.semester, second.state, second.preventive) == (2021, 1, "draft", "Night patrol")
    assert (second.due_on, second.sha256, second.consultations.count()) == (date(2021, 5, 1), "", 0)
    with pytest.raises(RuleError, match="its plan for the semester already"):
        plans.plan_next(first, by=officer, now=NOW)
    plans.edit_plan(second, changes={"preventive": "Day patrol"}, based_on=1, by=officer, now=NOW)
    second.refresh_from_db()
    changed = {one.label: (one.before, one.after) for one in differences(first, second)}
    assert changed == {
        "Preventive actions": ("Night patrol", "Day patrol"),
        "To be adopted by": ("1 November 2020", "1 May 2021"),
    }
    plans.add_consultation(second, held_on=DAY, with_whom="Women", womens_organizations=True, by=officer, now=NOW)
    for act in ("consult", "review", "adopt", "share", "bring-into-force"):
        by = head_of_office if act == "adopt" else officer
        second = plans.move_plan(second, act, by=by, forum=forum if act == "review" else None, now=NOW)
    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "in_force")
    assert history_of(first)[0].verb == "superseded"


def test_a_plan_goes_back_to_draft_only_with_a_reason(bambari: Office, ouaka: Area, officer: Person) -> None:
    """CM-04."""
    plan = make_plan(ouaka, officer, "reviewed", make_forum(bambari, officer))
    with pytest.raises(RuleError, match="Say why"):
        plans.move_plan(plan, "rework", reason=" ", by=officer, now=NOW)
    back = plans.move_plan(plan, "rework", reason="Roads changed", by=officer, now=NOW)
    event = history_of(plan)[0]
    assert (back.state, event.note, event.changes) == ("draft", "Roads changed", {"state": ["reviewed", "draft"]})


def test_a_plan_is_as_marked_as_its_threats_and_hidden_with_them(
    bambari: Office, bria: Office, ouaka: Area, haute_kotto: Area, officer: Person, adviser: Person, stranger: Person
) -> None:
    """CM-04: nobody cites what they may not see; a threat that is marked higher later hides the plan."""
    threat = make_threat(bambari, marking=Marking.CONFIDENTIAL)
    secret = make_threat(bambari, "Hidden", marking=Marking.STRICTLY_CONFIDENTIAL)
    plan = make_plan(ouaka, officer, marking=Marking.UNCLASSIFIED, threats=[threat])
    assert plan.marking == Marking.CONFIDENTIAL
    with pytest.raises(RuleError):
        plans.edit_plan(plan, changes={"threats": [secret.pk]}, based_on=1, by=officer, now=NOW)
    with pytest.raises(Forbidden):
        make_plan(haute_kotto, officer)
    assert list(CommunityPlan.objects.visible_to(officer)) == [plan]
    assert not CommunityPlan.objects.visible_to(stranger).exists()
    type(threat).objects.filter(pk=threat.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert not CommunityPlan.objects.visible_to(adviser).exists()
    type(threat).objects.filter(pk=threat.pk).update(marking=Marking.UNCLASSIFIED)
    network = make_network(bambari, officer, marking=Marking.CONFIDENTIAL)
    other = make_plan(ouaka, officer, marking=Marking.UNCLASSIFIED, year=2021, networks=[network])
    engagement = make_engagement(ouaka, adviser, marking=Marking.CONFIDENTIAL)
    third = make_plan(ouaka, officer, marking=Marking.UNCLASSIFIED, year=2022)
    plans.add_consultation(third, held_on=DAY, with_whom="Elders", engagement=engagement, by=officer, now=NOW)
    third.refresh_from_db()
    assert (other.marking, third.marking) == (Marking.CONFIDENTIAL, Marking.CONFIDENTIAL)
    type(network).objects.filter(pk=network.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert set(CommunityPlan.objects.visible_to(officer)) == {plan, third}


def test_reminders_before_at_and_after_the_due_day_each_once(
    bambari: Office, ouaka: Area, officer: Person, head_of_office: Person, adviser: Person
) -> None:
    """CM-04: 30 days before and at the day its keepers; overdue the level above too."""
    plan = make_plan(ouaka, officer, year=2021, semester=1)
    told = []
    for days in (-31, -30, -29, 0, 1, 2):
        at = NOW.replace(year=2021, month=5, day=1) + timedelta(days=days)
        before = set(Notice.objects.values_list("pk", flat=True))
        remind_of_plans(Staff(plan.mission), at)
        new = Notice.objects.exclude(pk__in=before).order_by("person__username")
        told.append([one.person.username for one in new])
    keepers = ["head_of_office", "officer"]
    assert told == [[], keepers, [], keepers, ["adviser", *keepers], []]


TOKENS = {name: f"TOKEN{number:02d}X" for number, name in enumerate(sorted(LABELS))}


def test_the_community_version_holds_its_positive_list_and_nothing_else(
    bambari: Office, ouaka: Area, officer: Person, head_of_office: Person, colleague: Person
) -> None:
    """CM-06: every other field is filled with a word of its own, and none of them is in the text or the PDF."""
    network = make_network(bambari, officer, name="TOKENNETWORK")
    FocalPoint.objects.create(network=network, key="MAMANORA")
    threat = make_threat(bambari, "TOKENTHREAT")
    texts = {name: TOKENS[name] for name in plans.TEXTS}
    shown = ("preventive", "responses", "meeting_points")
    texts["preventive"] += f" by Bellin and mamanora, call +236 70 11 22 33 or a.b@example.org, see {threat.ref}"
    plan = make_plan(
        ouaka, officer, "adopted", make_forum(bambari, officer, "TOKENFORUM"), adopter=head_of_office,
        networks=[network], threats=[threat], **texts,
    )  # fmt: skip
    pdf = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(draw(plan, "community"))).pages)
    whole = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(draw(plan, "whole"))).pages)
    version = community_version(plan)
    allowed = {TOKENS[name] for name in shown}
    people = {"Bellin", "Marrow", "Orlo", "MAMANORA", "mamanora", "236", "example.org", plan.ref, threat.ref}
    forbidden = (set(texts.values()) - {texts["preventive"]} - allowed) | people
    forbidden |= {"TOKENNETWORK", "TOKENTHREAT", "TOKENFORUM", "Women's association", "Bambari", plan.sha256[:8]}
    for text in (pdf, community_text(version)):
        assert {one for one in allowed if one in text} == allowed
        assert {one for one in forbidden if one in text} == set()
    assert version.removed == 5
    assert {one for one in (TOKENS["vulnerable"], "TOKENTHREAT", "TOKENFORUM") if one in whole} == {
        TOKENS["vulnerable"], "TOKENTHREAT", "TOKENFORUM",
    }  # fmt: skip
    assert "TOKEN" in json.dumps(plan.frozen)


@pytest.mark.parametrize(
    ("text", "expected", "count"),
    [
        ("Call 70112233 now", "Call […] now", 1),
        ("Bring 12 drums by 6 am", "Bring 12 drums by 6 am", 0),
        ("With Orlo, not Orlois", "With […], not Orlois", 1),
        ("As in EW-017", "As in […]", 1),
    ],
)
def test_names_numbers_and_references_are_taken_out(text: str, expected: str, count: int) -> None:
    """CM-06."""
    assert without_names(text, {"Orlo"}) == (expected, count)
