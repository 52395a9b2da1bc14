"""Nobody raises their own rights, and two administrators do not overwrite each other (design: scope, lost updates)."""

from typing import Any

import pytest
from django.test import Client

from pocweb.audit import history_of
from pocweb.choices import Marking, Role
from pocweb.errors import Forbidden
from pocweb.models import Mission, Office, Person, RoleGrant
from pocweb.people import add_posting, set_clearance, set_permission
from strategy.services import set_status
from tests.factories.mission import make_mission, make_office, make_person, make_posting
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_incident import make_incident

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.ADM, Role.POCF])
def test_administrator_widens_no_role_of_their_own(mission: Mission, bambari: Office, hq: Office, role: str) -> None:
    """Else an administrator would let themselves read incidents; a second one decides, on record."""
    person = make_person("double", Role.ADM, hq)
    make_posting(person, Role.POCF, bambari)
    person = Person.objects.get(pk=person.pk)
    with pytest.raises(Forbidden, match="own role"):
        set_permission(mission, by=person, role=role, kind="source", letter="E")
    assert not RoleGrant.objects.exists()
    set_permission(mission, by=person, role=Role.SECT, kind="source", letter="V")
    assert RoleGrant.objects.get().role == Role.SECT


def test_page_answers_a_refused_cell_as_forbidden(client: Client, administrator: Person) -> None:
    client.force_login(administrator)
    answer = client.post("/access/set/", {"role": "ADM", "kind": "incident", "letter": "E"})
    assert answer.status_code == 403
    assert not RoleGrant.objects.exists()


def test_administrator_of_one_mission_reaches_nobody_of_another(
    mission: Mission, officer: Person, hq: Office, bambari: Office
) -> None:
    elsewhere = make_office(make_mission("ELSE"), "HQ")
    foreign = make_person("foreign", Role.ADM, elsewhere)
    for act in (
        lambda: set_clearance(officer, by=foreign, clearance=Marking.STRICTLY_CONFIDENTIAL),
        lambda: add_posting(officer, by=foreign, office=hq, role=Role.SML, starts_on=mission.clock_on),
        lambda: add_posting(foreign, by=foreign, office=hq, role=Role.SML, starts_on=mission.clock_on),
        lambda: set_permission(mission, by=foreign, role=Role.SECT, kind="source", letter="E"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_two_people_who_change_an_office_do_not_overwrite_each_other(
    client: Client, adviser: Person, bambari: Office
) -> None:
    client.force_login(adviser)
    url = f"/offices/{bambari.pk}/edit/"
    opened = client.get(url).context["form"]["based_on"].value()
    areas = [area.pk for area in bambari.areas.all()]
    sent = {"kind": bambari.kind, "lat": "5.76", "lon": "20.67", "areas": areas, "based_on": opened}
    assert client.post(url, {**sent, "name": "Bambari town"}).status_code == 302
    answer = client.post(url, {**sent, "name": "Bambari east"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Bambari town" in text
    assert 'value="Bambari east"' in text
    assert Office.objects.get(pk=bambari.pk).name == "Bambari town"
    again = answer.context["form"]["based_on"].value()
    assert client.post(url, {**sent, "name": "Bambari east", "based_on": again}).status_code == 302
    assert Office.objects.get(pk=bambari.pk).name == "Bambari east"


def test_result_written_at_the_end_keeps_the_result_that_stood_there(bambari: Office, officer: Person) -> None:
    activity = make_activity(bambari, officer, result="Two patrols went out.")
    set_status(activity, act="start", by=officer)
    done = set_status(activity, act="finish", by=officer, done_on=bambari.mission.clock_on, result="The road is open.")
    assert done.result == "Two patrols went out.\nThe road is open."
    assert history_of(done)[0].changes["result"] == ["Two patrols went out.", done.result]


@pytest.mark.parametrize("name", ["verification", "office", "mission", "number", "created_by", "origin"])
def test_api_takes_no_field_that_a_person_may_not_set(
    client: Client, mission: Mission, officer: Person, bambari: Office, bria: Office, ouaka: Any, name: str
) -> None:
    """What has acts or rules of its own is not set by naming it in a change."""
    incident = make_incident(mission, ouaka)
    before = type(incident).objects.filter(pk=incident.pk).values().get()
    values = {
        "verification": "verified",
        "office": "BRIA",
        "mission": 1,
        "number": 9,
        "created_by": 1,
        "origin": "ucdp",
    }
    client.force_login(officer)
    data = {"version": 1, name: values[name]}
    client.patch(f"/api/v1/incidents/{incident.pk}/", data, content_type="application/json")
    assert type(incident).objects.filter(pk=incident.pk).values().get() == before
