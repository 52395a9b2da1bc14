"""Evidence beside a rating: windows, actors, areas below, unknown counts, queries whatever the number of threats."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.models import Area, Office, Person
from tests.factories.mission import make_area
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import make_actor, make_threat
from threats.evidence import Evidence, evidence_for, month_starts, watched
from threats.models import Incident

pytestmark = pytest.mark.django_db
TODAY = date(2020, 12, 31)


@pytest.fixture
def town(ouaka: Area) -> Area:
    return make_area("CF421", "Bambari", 2, ouaka)


def test_evidence_counts_windows_and_figures(bambari: Office, town: Area, officer: Person) -> None:
    mission = bambari.mission
    upc, other = make_actor(mission), make_actor(mission, "cpc")
    threat = make_threat(bambari, actors=[upc])
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 12, 31), killed_low=2, killed_best=3,
                  killed_high=5, civilians_killed=2, verification="verified")  # fmt: skip
    make_incident(mission, town, actors=(upc, other), starts_on=date(2020, 12, 1), killed_best=1)
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 10, 3))
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 10, 2), killed_best=9)
    make_incident(mission, town, actors=(other,), starts_on=date(2020, 12, 20), killed_best=50)
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 12, 20), killed_best=50, verification="discounted")
    found = evidence_for([threat.pk], mission=mission, user=officer, today=TODAY)[threat.pk]
    assert found == Evidence(
        by_actor=True,
        last_30=1,
        last_90=3,
        before=1,
        year=4,
        killed_low=3,
        killed=4,
        killed_high=6,
        civilians=2,
        injured=None,
        verified=1,
        months=[0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 4],
    )
    assert found.trend == "rising"


def test_evidence_without_actor_counts_everybody(bambari: Office, town: Area, officer: Person) -> None:
    threat = make_threat(bambari)
    make_incident(bambari.mission, town, actors=(make_actor(bambari.mission),), starts_on=TODAY)
    make_incident(bambari.mission, town, starts_on=TODAY)
    found = evidence_for([threat.pk], mission=bambari.mission, user=officer, today=TODAY)[threat.pk]
    assert (found.by_actor, found.last_30) == (False, 2)


def test_one_incident_counts_for_each_threat_once(bambari: Office, ouaka: Area, town: Area, officer: Person) -> None:
    mission = bambari.mission
    upc, cpc = make_actor(mission), make_actor(mission, "cpc")
    both = make_threat(bambari, actors=[upc, cpc], areas=[ouaka, town])
    one = make_threat(bambari, actors=[cpc])
    make_incident(mission, town, actors=(upc, cpc), starts_on=TODAY)
    found = evidence_for([both.pk, one.pk], mission=mission, user=officer, today=TODAY)
    assert (found[both.pk].last_30, found[one.pk].last_30) == (1, 1)


def test_evidence_leaves_out_what_the_reader_may_not_see(
    bambari: Office, town: Area, officer: Person, stranger: Person
) -> None:
    threat = make_threat(bambari)
    make_incident(bambari.mission, town, starts_on=TODAY, marking=3)
    for person in (officer, stranger):
        found = evidence_for([threat.pk], mission=bambari.mission, user=person, today=TODAY)
        assert found[threat.pk].last_30 == 0


def test_list_of_incidents_follows_the_same_rule(bambari: Office, town: Area, haute_kotto: Area) -> None:
    upc = make_actor(bambari.mission)
    threat = make_threat(bambari, actors=[upc])
    meant = make_incident(bambari.mission, town, actors=(upc,), starts_on=TODAY)
    make_incident(bambari.mission, town, starts_on=TODAY)
    make_incident(bambari.mission, haute_kotto, actors=(upc,), starts_on=TODAY)
    assert list(Incident.objects.filter(watched(threat))) == [meant]


@pytest.mark.parametrize("number", [1, 6])
def test_evidence_takes_two_queries(bambari: Office, town: Area, officer: Person, number: int) -> None:
    upc = make_actor(bambari.mission)
    threats = [make_threat(bambari, actors=[upc]) for _index in range(number)]
    for _index in range(number):
        make_incident(bambari.mission, town, actors=(upc,), starts_on=TODAY)
    assert officer.grants
    with CaptureQueriesContext(connection) as seen:
        found = evidence_for([one.pk for one in threats], mission=bambari.mission, user=officer, today=TODAY)
    assert (len(seen), {one.last_30 for one in found.values()}) == (2, {number})


def test_month_starts_cross_the_year() -> None:
    starts = month_starts(date(2021, 2, 28))
    assert (starts[0], starts[-1], len(starts)) == (date(2020, 3, 1), date(2021, 2, 1), 12)


def test_numbers_of_the_strip_lead_to_the_incidents_that_they_count(
    client: Client, bambari: Office, town: Area, officer: Person
) -> None:
    """Each number of the evidence is a link to its records, and the list it opens holds just as many."""
    band, other = make_actor(bambari.mission), make_actor(bambari.mission, "other")
    threat = make_threat(bambari, areas=[town], actors=[band])
    for on, actor in ((date(2020, 12, 2), band), (date(2020, 10, 3), band), (date(2020, 2, 1), band)):
        make_incident(bambari.mission, town, starts_on=on, actors=(actor,))
    make_incident(bambari.mission, town, starts_on=date(2020, 12, 3), actors=(other,))
    client.force_login(officer)
    page = unescape(client.get(f"/matrix/BAMBARI/?open={threat.ref}").content.decode())
    links = dict.fromkeys(re.findall(r'href="(/incidents/\?[^"]+)"', page))
    counts = [client.get(link).context["page_obj"].paginator.count for link in links]
    assert counts == [1, 2, 3]
    assert "Filters in force: From: 1 January 2020" in " ".join(client.get(list(links)[2]).content.decode().split())


def test_incidents_of_an_unknown_threat_are_refused_in_words(client: Client, bambari: Office, officer: Person) -> None:
    client.force_login(officer)
    answer = client.get("/incidents/?threat=T-999")
    assert answer.status_code == 422
    assert "No threat with this reference is among those that you may see." in answer.content.decode()
