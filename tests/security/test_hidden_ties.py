"""What a case, a response, a network or a plan is tied to stays hidden from whom it is marked above, and stays tied."""

from typing import Any

import pytest
from django.test import Client

from coordination.communities.networks import edit_network
from coordination.communities.plans import edit_plan
from coordination.models import CaseShare, LiaisonAssistant
from coordination.warnings.cited import incident_of, threat_of
from coordination.warnings.matrix import read_rows
from coordination.warnings.responses import edit_response
from coordination.warnings.trail_build import build_trail
from pocweb.choices import Marking, Role
from pocweb.models import Component
from tests.factories.coordination_case import make_case
from tests.factories.coordination_community import NOW, make_assistant, make_network
from tests.factories.coordination_flash import decide_on
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_plans import make_plan
from tests.factories.coordination_response import make_response
from tests.factories.mission import make_area, make_mission, make_office, make_person, make_square
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import load_reference, make_threat
from threats.models import Threat

pytestmark = pytest.mark.django_db
STRICT = Marking.STRICTLY_CONFIDENTIAL


@pytest.fixture
def ground() -> Any:
    """Two field offices beside each other, the officer of one, and an adviser above both who reads everything."""
    load_reference()
    mission = make_mission()
    hq = make_office(mission, "HQ")
    country = make_area("CF", "Country", 0, shape=make_square(20.0, 5.0, 2.0))
    area = make_area("CF43", "Ouaka", 1, country, make_square(20.0, 5.0, 2.0))
    bambari, bria = make_office(mission, "BAMBARI", hq, [area]), make_office(mission, "BRIA", hq)
    poc = "poc" if Component.objects.filter(mission=mission, code="poc").exists() else ""
    people = [make_person(name, role, office, poc, clearance=clearance) for name, role, office, clearance in (
        ("officer", Role.POCF, bambari, Marking.CONFIDENTIAL), ("adviser", Role.POCA, hq, STRICT),
    )]  # fmt: skip
    return (bambari, bria, area, *people)


def test_references_and_figures_of_records_out_of_reach_are_not_given_out(ground: Any) -> None:
    """A case tied to records of another office: its readers learn neither their references nor their figures."""
    bambari, bria, area, officer, adviser = ground
    incident = make_incident(bria.mission, area, killed_best=77)
    type(incident).objects.filter(pk=incident.pk).update(office=bria)
    case = make_case(bambari, adviser, threat=make_threat(bria), incident=incident, state="closed", branch="imminent")
    case.refresh_from_db()
    assert (threat_of(case, officer), incident_of(case, officer)) == (None, None)
    assert (threat_of(case, adviser), incident_of(case, adviser)) == (case.threat, case.incident)
    client = Client()
    client.force_login(officer)
    answer = client.get(f"/api/v1/cases/{case.pk}/").json()
    assert (answer["threat"], answer["incident"]) == (None, None)
    sheet = client.get("/alerts/sage.csv?show=all").content.decode()
    assert case.ref in sheet
    assert [word for word in (incident.ref, "77") if word in sheet] == []


def test_tellings_are_hidden_with_the_decision_that_they_follow(ground: Any) -> None:
    bambari, _bria, _area, officer, adviser = ground
    case = make_case(bambari, officer, "emergency_decided", "imminent")
    decision = decide_on(case, make_forum(bambari, adviser), adviser)
    said: dict[str, Any] = {
        "decision": decision,
        "audience": "population",
        "recipients": "Zyx quarter",
        "text": "Zyx words",
    }
    CaseShare.objects.create(case=case, told_at=NOW, told_by=adviser, **said)
    for marking, is_told in ((Marking.CONFIDENTIAL, True), (STRICT, False)):
        type(decision).objects.filter(pk=decision.pk).update(marking=marking)
        assert ("Zyx" in read_rows([case], user=officer, now=NOW)[0].partners) is is_told
        assert ("Zyx" in str(build_trail(case, officer, now=NOW).entries)) is is_told


def test_what_an_editor_cannot_see_is_not_cut_off_by_their_edit(ground: Any) -> None:
    """A form offers only what its reader sees: an empty field, or a list without it, does not untie the rest."""
    bambari, bria, area, officer, adviser = ground
    case = make_case(bambari, officer, "emergency_decided", "imminent")
    decision = decide_on(case, make_forum(bambari, adviser), adviser)
    response = make_response(case, adviser, decision=decision.pk)
    type(decision).objects.filter(pk=decision.pk).update(marking=STRICT)
    edit_response(response, changes={"decision": None, "text": "At dusk"}, based_on=1, by=officer, now=NOW)
    response.refresh_from_db()
    assert (response.decision_id, response.text) == (decision.pk, "At dusk")

    plan = make_plan(area, adviser, threats=[make_threat(bria)])
    edit_plan(plan, changes={"threats": [], "security": "Tense"}, based_on=1, by=officer, now=NOW)
    plan.refresh_from_db()
    assert (plan.threats.count(), plan.security) == (1, "Tense")
    assert Threat.objects.visible_to(officer).count() == 0

    assistant = make_assistant(bambari, adviser)
    network = make_network(bambari, adviser, assistant=assistant.number)
    LiaisonAssistant.objects.filter(pk=assistant.pk).update(marking=STRICT)
    edit_network(network, changes={"assistant": None, "name": "Road"}, based_on=network.version, by=officer, now=NOW)
    network.refresh_from_db()
    assert (network.assistant_id, network.name) == (assistant.pk, "Road")
