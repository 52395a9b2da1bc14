"""Evidence beside a rating: windows, actors, areas below, unknown counts, queries whatever the number of threats."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.models import Area, Office, Person, RoleGrant
from tests.factories.mission import make_area
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import load_reference, make_actor, make_full_threat, make_threat
from threats.evidence import Evidence, Window, evidence_for, month_starts, watched
from threats.models import Incident, Threat

TAGS = re.compile(r"<[^>]+>")
pytestmark = pytest.mark.django_db
TODAY = date(2020, 12, 31)


def plain_text(response: Any) -> str:
    """Return the words of a page, one space between them."""
    return " ".join(unescape(TAGS.sub(" ", response.content.decode())).split())


@pytest.fixture
def town(ouaka: Area) -> Area:
    return make_area("CF421", "Bambari", 2, ouaka)


def test_evidence_counts_windows_and_figures(bambari: Office, town: Area, officer: Person) -> None:
    """TH-03: two windows, each against as many days before; what is unknown is kept apart from 0."""
    mission = bambari.mission
    upc, other = make_actor(mission), make_actor(mission, "cpc")
    threat = make_threat(bambari, actors=[upc])
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 12, 31), killed_low=2, killed_best=3,
                  killed_high=5, civilians_killed=2, verification="verified")  # fmt: skip
    make_incident(mission, town, actors=(upc, other), starts_on=date(2020, 12, 1), killed_best=1, injured_best=7)
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 10, 3))
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 10, 2), killed_best=9)
    make_incident(mission, town, actors=(other,), starts_on=date(2020, 12, 20), killed_best=50)
    make_incident(mission, town, actors=(upc,), starts_on=date(2020, 12, 20), killed_best=50, verification="discounted")
    found = evidence_for([threat.pk], mission=mission, user=officer, today=TODAY)[threat.pk]
    assert found == Evidence(
        by_actor=True,
        is_open=True,
        short=Window(
            incidents=1, before=1, killed_low=2, killed=3, killed_high=5, civilians=2, no_injured=1, verified=1
        ),
        long=Window(
            incidents=3,
            before=1,
            killed_low=3,
            killed=4,
            killed_high=6,
            no_killed=1,
            civilians=2,
            no_civilians=2,
            injured=7,
            no_injured=2,
            verified=1,
        ),
        year=4,
        months=[0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 4],
    )
    assert (found.short.trend, found.long.trend) == ("steady", "rising")
    assert (found.long.verified_share, Window().verified_share) == (33, None)


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


@pytest.mark.parametrize("place", ["/matrix/BAMBARI/?open=T-001", "/threats/{pk}/", "/threats/{pk}/assess/"])
def test_numbers_of_the_strip_lead_to_the_incidents_that_they_count(
    client: Client, bambari: Office, town: Area, officer: Person, place: str
) -> None:
    """TH-03: each number of the evidence is a link to its records, and the list it opens holds just as many."""
    load_reference()
    band, other = make_actor(bambari.mission), make_actor(bambari.mission, "other")
    threat = make_threat(bambari, areas=[town], actors=[band])
    # first and last day of each window: 30 days, the 30 before, 90, the 90 before, the year
    for on in ((2020, 12, 31), (2020, 12, 2), (2020, 12, 1), (2020, 11, 2), (2020, 11, 1), (2020, 10, 3), (2020, 10, 2),
               (2020, 7, 5), (2020, 7, 4), (2020, 1, 1), (2019, 12, 31)):  # fmt: skip
        make_incident(bambari.mission, town, starts_on=date(*on), actors=(band,))
    make_incident(bambari.mission, town, starts_on=date(2020, 12, 3), actors=(other,))
    make_incident(bambari.mission, town, starts_on=date(2020, 12, 3), actors=(band,), verification="discounted")
    client.force_login(officer)
    page = unescape(client.get(place.format(pk=threat.pk)).content.decode())
    links = re.findall(r'<a href="(/incidents/\?[^"]+)">([^<]+)</a>', page)
    counts = [client.get(link).context["page_obj"].paginator.count for link, _words in links]
    assert [words for _link, words in links] == [
        "2", "against 2", "6", "against 2", "Open the 10 incidents of 12 months"
    ]  # fmt: skip
    assert counts == [2, 2, 6, 2, 10]
    last = client.get(links[-1][0]).content.decode()
    assert "Filters in force: From: 1 January 2020" in " ".join(last.split())


def test_strip_writes_what_is_not_recorded_in_words(
    client: Client, bambari: Office, town: Area, officer: Person
) -> None:
    threat = make_threat(bambari, areas=[town])
    make_incident(bambari.mission, town, starts_on=TODAY)
    make_incident(bambari.mission, town, starts_on=date(2020, 11, 1), killed_best=1200, injured_best=0)
    client.force_login(officer)
    page = plain_text(client.get(f"/threats/{threat.pk}/"))
    assert "Last 30 days 1 not recorded not recorded not recorded 0 of 1 (0 %) rising against 0" in page
    assert "Last 90 days 2 1 200 (1 200 to 1 200) not recorded for 1 not recorded 0 not recorded for 1 0 of 2" in page


def test_strip_of_a_quiet_threat_says_so(client: Client, bambari: Office, town: Area, officer: Person) -> None:
    threat = make_threat(bambari, areas=[town])
    client.force_login(officer)
    page = plain_text(client.get(f"/threats/{threat.pk}/"))
    assert "Last 90 days 0 no incident steady against 0" in page


def test_reader_without_incidents_is_told_no_zeros(
    client: Client, bambari: Office, town: Area, officer: Person
) -> None:
    """Who may not see incidents reads that, not a count of nothing, and is asked nothing about a rating."""
    threat = make_full_threat(bambari, by=officer)
    Threat.objects.filter(pk=threat.pk).update(assessed_on=date(2020, 1, 5))
    RoleGrant.objects.create(mission=bambari.mission, role=officer.posting.role, kind="incident", letter="-")
    client.force_login(Person.objects.get(pk=officer.pk))
    page = plain_text(client.get(f"/threats/{threat.pk}/"))
    assert "You may not see incidents" in page
    assert "Last 90 days" not in page
    assert "The evidence and the rating differ." not in page


def test_incidents_of_an_unknown_threat_are_refused_in_words(client: Client, bambari: Office, officer: Person) -> None:
    client.force_login(officer)
    answer = client.get("/incidents/?threat=T-999")
    assert answer.status_code == 422
    assert "No threat with this reference is among those that you may see." in answer.content.decode()
