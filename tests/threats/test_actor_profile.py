"""The page of a perpetrator profile (TH-09): heads, incidents, threats, activity by month and quarter, changes."""

from datetime import date

import pytest
from django.test import Client

from pocweb.choices import Marking
from pocweb.models import Area, Mission, Office, Person
from tests.factories.threats_incident import make_actor, make_incident
from tests.factories.threats_threat import make_threat
from threats.actor_activity import activity_of
from threats.choices import ActorSide, Verification
from threats.models import Actor, Incident, IncidentActor
from threats.services.actors import edit_actor

pytestmark = pytest.mark.django_db
TODAY = date(2020, 12, 31)


@pytest.fixture
def actor(mission: Mission) -> Actor:
    return make_actor(mission)


def test_activity_adds_up_months_and_quarters(mission: Mission, bambari: Office, ouaka: Area, actor: Actor) -> None:
    """TH-09: changes over time as events and killed; unknown is not zero, discounted and later events are left out."""
    twice = make_incident(mission, ouaka, actors=(actor,), starts_on=date(2020, 11, 3), killed_best=4, killed_high=9)
    IncidentActor.objects.create(incident=twice, actor=actor, side=ActorSide.VICTIM)
    make_incident(
        mission, ouaka, actors=(actor,), starts_on=date(2020, 11, 30), killed_best=2, verification=Verification.VERIFIED
    )
    make_incident(mission, ouaka, actors=(actor,), starts_on=date(2020, 5, 2))
    make_incident(mission, ouaka, actors=(actor,), starts_on=date(2019, 2, 1), killed_best=3)
    make_incident(mission, ouaka, actors=(actor,), starts_on=date(2021, 1, 5), killed_best=50)
    make_incident(mission, ouaka, actors=(actor,), killed_best=50, verification=Verification.DISCOUNTED)
    make_incident(mission, ouaka, killed_best=50)

    found = activity_of(actor, Incident.objects.all(), today=TODAY)

    assert found.chart is not None
    rows = {row[0]: row[1:] for row in found.chart.table.rows}
    assert list(rows)[0::11] == ["Jan 2020", "Dec 2020"]
    assert (rows["Nov 2020"], rows["Dec 2020"][0]) == (("6", "6", "11", "2"), "0")
    assert rows["May 2020"][0] == "not recorded"
    quarters = [(row.key, row.events, row.value) for row in found.quarters]
    assert quarters == [
        ("2020-Q4", 2, 6), ("2020-Q3", 0, 0), ("2020-Q2", 1, None), ("2020-Q1", 0, 0),
        ("2019-Q4", 0, 0), ("2019-Q3", 0, 0), ("2019-Q2", 0, 0), ("2019-Q1", 1, 3),
    ]  # fmt: skip
    assert (found.year_count, found.all_count) == (3, 4)


def test_profile_counts_what_the_list_of_incidents_shows(
    client: Client, mission: Mission, ouaka: Area, actor: Actor, officer: Person
) -> None:
    """TH-09: every number leads to the filtered list, which holds as many."""
    for month in (2, 11, 12):
        make_incident(mission, ouaka, actors=(actor,), starts_on=date(2020, month, 3), killed_best=month)
    make_incident(mission, ouaka, actors=(actor,), marking=Marking.STRICTLY_CONFIDENTIAL, title="Hidden event")
    client.force_login(officer)
    page = client.get(f"/actors/{actor.pk}/").content.decode()
    assert all(text in page for text in ("The 3 incidents of these months", "2020, quarter 4", "latest 3 of 3"))
    assert "Hidden event" not in page
    found = activity_of(actor, Incident.objects.visible_to(officer), today=TODAY)
    for url, count in ((found.year_url, 3), (found.all_url, 3), (found.quarters[0].url, 2)):
        assert client.get(url).context["page_obj"].paginator.count == count


def test_profile_tells_changes_with_before_and_after(
    client: Client, actor: Actor, officer: Person, bambari: Office
) -> None:
    """TH-09: each change of the profile with its words before and after, newest first."""
    edit_actor(actor, changes={"motivation": "Toll on the road"}, based_on=1, by=officer)
    edit_actor(
        actor, changes={"motivation": "Control of mines", "source_of_violence": "foreign"}, based_on=2, by=officer
    )
    threat = make_threat(bambari, actors=[actor])
    hidden = make_threat(bambari, "Hidden row", actors=[actor], marking=3)
    client.force_login(officer)
    page = client.get(f"/actors/{actor.pk}/").content.decode()
    changes = page.split('id="hist"')[1]
    assert "<del>Toll on the road</del>" in changes
    assert changes.index("Control of mines") < changes.rindex("Toll on the road")
    assert "Foreign or regional forces" in changes
    assert (threat.ref in page, hidden.title in page) == (True, False)


def test_profile_without_incidents_says_so(client: Client, actor: Actor, officer: Person) -> None:
    client.force_login(officer)
    page = client.get(f"/actors/{actor.pk}/").content.decode()
    assert "No incident of the last 12 months names this actor." in page
    assert page.count("not recorded") >= 8
