"""CO-11: local POC plans name risks and, per protection actor, activity, capacity, role and responsibility."""

import io
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from coordination.communities import local_plan_rules as rules
from coordination.communities import local_plans
from coordination.communities.local_plan_files import document_of
from coordination.models import LocalPlan, LocalPlanLine
from pocweb.audit import fingerprint, history_of
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Office, Person
from pocweb.pdf import render_pdf
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import make_action, make_meeting
from tests.factories.coordination_plans import NOW, line_values, make_local_plan
from tests.factories.threats_threat import make_protection_actor, make_threat


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("risks", "said"),
    [
        ([], "names no risk"),
        ([("Raids", 0), ("Roadblocks", 2)], "“Raids”"),  # Handbook 6.1.3
        ([("Raids", 0), ("Fires", 0)], "“Raids”; “Fires”"),  # Handbook 6.1.3
        ([("Raids", 1)], ""),
    ],
)
def test_an_adoption_names_what_is_missing(risks: list[tuple[str, int]], said: str) -> None:
    """CO-11."""
    if not said:
        rules.check_complete(risks)
        return
    with pytest.raises(RuleError, match=said):
        rules.check_complete(risks)


def test_the_next_period_is_as_long_and_begins_the_day_after() -> None:
    """CO-11."""
    assert rules.next_period(date(2021, 1, 1), date(2021, 3, 31)) == (date(2021, 4, 1), date(2021, 6, 29))


@pytest.mark.parametrize("missing", ["activity", "capacity", "role", "responsibility", "who", "both"])
def test_a_line_needs_all_four_parts_and_one_actor(bambari: Office, officer: Person, missing: str) -> None:
    """CO-11: Handbook 6.1.3."""
    plan = make_local_plan(make_forum(bambari, officer), officer, lines=0)
    component = bambari.mission.components.get(code="police")
    values = line_values(
        component=None if missing == "who" else component, **{missing: " "} if missing in line_values() else {}
    )
    if missing == "both":
        values["actor"] = make_protection_actor(bambari.mission)
    with pytest.raises(RuleError) as refused:
        local_plans.add_line(plan.risks.get(), by=officer, now=NOW, **values)
    assert refused.value.field == ("actor" if missing in ("who", "both") else missing)
    assert not LocalPlanLine.objects.exists()


def test_a_plan_is_adopted_by_a_decision_of_its_forum_and_frozen(
    bambari: Office, bria: Office, officer: Person, colleague: Person, adviser: Person, stranger: Person
) -> None:
    """CO-11: refused while a risk has no line, by others, with another forum's decision; then nothing changes it."""
    forum = make_forum(bambari, officer)
    decision = make_action(make_meeting(forum, officer, "open"), officer).decision
    other = make_forum(bria, adviser, "Other group")
    foreign = make_action(make_meeting(other, adviser, "open"), adviser).decision
    threat = make_threat(bambari, "Raids", marking=Marking.CONFIDENTIAL)
    plan = make_local_plan(forum, officer)
    risk = local_plans.add_risk(plan, text="", threat=threat, by=officer, now=NOW)
    with pytest.raises(RuleError, match="“Raids”"):
        local_plans.adopt_local_plan(plan, decision=decision, by=officer, now=NOW)
    actor = make_protection_actor(bambari.mission)
    line = local_plans.add_line(risk, by=officer, now=NOW, **line_values(actor=actor))
    was = local_plans.line_state(line)
    local_plans.edit_line(line, was=was, by=officer, now=NOW, **line_values(actor=actor, activity="Escort"))
    with pytest.raises(Conflict, match="Escort"):
        local_plans.edit_line(line, was=was, by=adviser, now=NOW, **line_values(actor=actor, activity="Watch"))
    with pytest.raises(Forbidden):
        local_plans.adopt_local_plan(plan, decision=decision, by=colleague, now=NOW)
    for wrong in (None, foreign):
        with pytest.raises(RuleError, match="Name the decision"):
            local_plans.adopt_local_plan(plan, decision=wrong, by=officer, now=NOW)
    adopted = local_plans.adopt_local_plan(plan, decision=decision, by=officer, now=NOW)
    assert adopted.frozen is not None
    assert (adopted.state, adopted.sha256, adopted.marking) == ("adopted", fingerprint(adopted.frozen), 2)
    for change in (
        lambda: local_plans.adopt_local_plan(plan, decision=decision, by=officer, now=NOW),
        lambda: local_plans.add_risk(plan, text="New", by=officer, now=NOW),
        lambda: local_plans.remove_line(line, by=officer, now=NOW),
    ):
        with pytest.raises(Conflict, match="takes no more changes"):
            change()
    text = "\n".join(
        page.extract_text()
        for page in PdfReader(io.BytesIO(render_pdf("coordination/pdf/local_plan.html", document_of(adopted)))).pages
    )
    parts = (
        "Raids",
        "Escort",
        "One platoon",
        "Leads",
        "Reports to the forum",
        actor.name,
        adopted.sha256,
        "Confidential",
    )
    assert [part for part in parts if part.lower() not in text.lower()] == []
    second = local_plans.plan_next_period(adopted, by=officer, now=NOW)
    assert [(one["text"], len(one["lines"])) for one in local_plans.risks_of(second)] == [("Risk 1", 1), ("Raids", 1)]
    with pytest.raises(RuleError, match="later period"):
        local_plans.plan_next_period(adopted, by=officer, now=NOW)
    local_plans.adopt_local_plan(second, decision=decision, by=officer, now=NOW)
    adopted.refresh_from_db()
    assert (adopted.state, history_of(adopted)[0].verb) == ("superseded", "superseded")
    type(threat).objects.filter(pk=threat.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert not LocalPlan.objects.visible_to(officer).exists()
    assert not LocalPlan.objects.visible_to(stranger).exists()


def test_a_plan_is_made_on_its_pages(bambari: Office, officer: Person, colleague: Person) -> None:
    """CO-11: from the forum's page to adoption; a refusal names what is missing and keeps the words."""
    forum = make_forum(bambari, officer)
    decision = make_action(make_meeting(forum, officer, "open"), officer).decision
    client = as_person(officer)
    address = f"/forums/{forum.pk}/local-plans/new/"
    assert address in client.get(f"/forums/{forum.pk}/").content.decode()
    assert address not in as_person(colleague).get(f"/forums/{forum.pk}/").content.decode()
    period = {"title": "Plan", "starts_on": "2021-01-01", "ends_on": "2020-01-01"}
    assert client.post(address, period).status_code == 422
    page = client.post(address, {**period, "ends_on": "2021-06-30"}, follow=True)
    plan = LocalPlan.objects.get()
    own = f"/local-plans/{plan.pk}/"
    assert "The plan names no risk." in page.content.decode()
    client.post(f"{own}risks/", {"text": "Raids at night"})
    refused = client.post(f"{own}adopt/", {"decision": decision.pk})
    assert (refused.status_code, "“Raids at night”" in refused.content.decode()) == (422, True)
    police: Any = bambari.mission.components.get(code="police")
    lines = f"{own}risks/{plan.risks.get().pk}/lines/"
    posted = {
        "component": police.pk,
        "activity": "Night patrol",
        "capacity": "",
        "role": "Leads",
        "responsibility": "x",
    }
    kept = client.post(lines, posted)
    assert (kept.status_code, "Night patrol" in kept.content.decode()) == (422, True)
    client.post(lines, {**posted, "capacity": "One platoon"})
    stale = client.post(f"{own}lines/{LocalPlanLine.objects.get().pk}/", {**posted, "capacity": "Two", "was": "old"})
    assert (stale.status_code, "Another person changed this line" in stale.content.decode()) == (409, True)
    plan.refresh_from_db()
    assert client.post(f"{own}adopt/", {"decision": decision.pk, "based_on": plan.version}).status_code == 302
    assert "Plan the next period" in client.get(own).content.decode()
    assert plan.ref in client.get(f"/forums/{forum.pk}/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_pages_of_local_plans_ask_the_same_whatever_their_rows(
    bambari: Office, officer: Person, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """CO-11: the list within 12 queries, a plan with more risks and lines within 20."""
    forum = make_forum(bambari, officer)
    for number in range(count):
        plan = make_local_plan(forum, officer, count, count, title=f"Plan {number}")
    client = as_person(officer)
    with django_assert_max_num_queries(12):
        assert client.get("/local-plans/").status_code == 200
    with django_assert_max_num_queries(20):
        assert client.get(f"/local-plans/{plan.pk}/").status_code == 200
