"""EW-16: indicators 2.2.1 to 2.2.4, 3.2.1 and 3.2.2 from cases and networks. Source: POC Handbook 2020, Annex III."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.models import CaseResponse, Network, WarningCase
from coordination.warnings.choices import CaseState
from coordination.warnings.indicator_facts import RECORDS, CaseFact, Facts, NetworkFact, Period, marked, read_facts
from coordination.warnings.indicators import Figure, Reading, read_indicators, readings
from coordination.warnings.targets import shipped_targets
from pocweb.choices import Marking
from pocweb.models import Area, Component, Counter, Office, Person
from tests.factories.coordination_case import make_case
from tests.factories.threats_incident import make_incident

AT = datetime(2020, 11, 10, 8, tzinfo=UTC)
QUARTER = Period(date(2020, 10, 1), date(2020, 12, 31))
EAST, WEST = "00010001", "00010002"


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def fact(**values: Any) -> CaseFact:
    columns: dict[str, Any] = {
        "received_at": AT, "region": EAST, "at_risk": ("women",), "threatening": "armed_group", "host_at": None,
        "neutralised_at": None, "is_effective": False, "came_true": False, "casualties": None, "is_harmless": False,
        "responders": (),
    }  # fmt: skip
    return CaseFact(**{**columns, **values})


def network(**values: Any) -> NetworkFact:
    columns: dict[str, Any] = {
        "region": EAST, "active_since": date(2020, 7, 1), "contacted_on": date(2020, 12, 1), "members": 10, "women": 3,
    }  # fmt: skip
    return NetworkFact(**{**columns, **values})


def facts(cases: tuple[CaseFact, ...] = (), networks: tuple[NetworkFact, ...] | None = ()) -> Facts:
    return Facts(cases, networks, {EAST: "East", WEST: "West"}, frozenset({EAST, WEST}))


def by_key(found: tuple[Reading, ...]) -> dict[str, Reading]:
    return {one.indicator.key: one for one in found}


def test_figures_of_cases() -> None:
    """EW-16: each definition on cases made by hand; both end points of 2.2.3; unknown is counted apart."""
    hosted: dict[str, Any] = {"host_at": AT + timedelta(hours=2), "responders": ("Host authorities",)}
    cases = (
        fact(**hosted, is_effective=True, neutralised_at=AT + timedelta(hours=30)),
        fact(**hosted),
        fact(region=WEST, host_at=AT - timedelta(hours=1), responders=("Host authorities", "Force")),
        fact(came_true=True, casualties=0, is_harmless=True, responders=("Force",)),
        fact(came_true=True, casualties=4),
        fact(came_true=True, casualties=None),
        fact(received_at=AT - timedelta(days=90), is_effective=True),  # of the quarter before
    )
    found = by_key(readings(facts(cases), QUARTER))
    assert {key: one.figure for key, one in found.items() if not one.indicator.of_networks} == {
        "2.2.1": Figure(1.0, 1, 2, 50.0),  # East: one of two effective; West: none of one
        "2.2.2": Figure(1.0, 1, 6, 16.7),
        "2.2.3-action": Figure(1.3, 4.0, 3),  # a response before the alert counts as none, never below
        "2.2.3-neutralised": Figure(30.0, 30.0, 1),
        "2.2.4": Figure(1.0, 1, 2, 50.0, 1),
    }
    regions = {one.label: (one.figure.numerator, one.figure.denominator) for one in found["2.2.2"].of("region")}
    assert regions == {"East": (1, 5), "West": (0, 1)}
    assert sum(one.figure.denominator for one in found["2.2.2"].of("threatening")) == 6
    actors = {one.label: one.figure.denominator for one in found["2.2.4"].of("actor")}
    assert actors == {"Force": 1, "Host authorities": 0, "no response begun": 1}
    victims = [(one.label, one.figure.denominator) for one in found["2.2.2"].of("victims")]
    assert victims == [("Women", 6)]


def test_nothing_that_could_count_is_no_value_and_not_zero() -> None:
    """EW-16."""
    empty = by_key(readings(Facts((), None, {}, frozenset()), QUARTER))
    assert {key: one.figure.value for key, one in empty.items()} == {
        "2.2.1": None, "2.2.2": None, "2.2.3-action": None, "2.2.3-neutralised": None, "2.2.4": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("networks", "areas", "with_women"),
    [
        ((network(),), (1.0, 1, 2), (1.0, 1, 1, 0)),  # 30% is enough (Annex III, 3.2.2)
        ((network(women=2),), (1.0, 1, 2), (0.0, 0, 1, 0)),
        ((network(), network(women=9)), (1.0, 1, 2), (2.0, 2, 2, 0)),  # two networks, one area
        ((network(contacted_on=date(2020, 10, 1)),), (0.0, 0, 2), (1.0, 1, 1, 0)),  # 91 days
        ((network(contacted_on=date(2020, 10, 2)),), (1.0, 1, 2), (1.0, 1, 1, 0)),  # 90 days
        ((network(active_since=date(2021, 1, 1)),), (0.0, 0, 2), (None, 0, 0, 0)),
        ((network(members=None, women=None),), (1.0, 1, 2), (None, 0, 0, 1)),
        ((network(members=0, women=0),), (1.0, 1, 2), (None, 0, 0, 1)),
        ((network(region="0009"),), (0.0, 0, 2), (1.0, 1, 1, 0)),  # outside the areas answered for
    ],
)
def test_figures_of_networks(networks: Any, areas: Any, with_women: Any) -> None:
    """EW-16, 3.2.1 and 3.2.2."""
    found = by_key(readings(facts(networks=networks), QUARTER))
    one, two = found["3.2.1"].figure, found["3.2.2"].figure
    assert (one.value, one.numerator, one.denominator) == areas
    assert (two.value, two.numerator, two.denominator, two.unknown) == with_women


def respond(case: WarningCase, after: timedelta, host: str = "Gendarmerie") -> None:
    component = None if host else Component.objects.get(mission=case.mission, code="force")
    CaseResponse.objects.create(
        case=case, kind="patrol", host_authority=host, component=component, begun_at=case.received_at + after,
        created_at=AT, changed_at=AT,
    )  # fmt: skip


@pytest.fixture
def cases(bambari: Office, ouaka: Area, officer: Person) -> dict[str, WarningCase]:
    """Cases of each standing, with responses and casualties."""
    closed: dict[str, Any] = {"state": CaseState.CLOSED, "branch": "imminent", "at": AT, "area": ouaka}
    incident = make_incident(bambari.mission, office=bambari, civilians_killed=0, injured_best=0)
    made = {
        "effective": make_case(bambari, officer, **closed),
        "too late": make_case(bambari, officer, **closed),
        "harmless": make_case(bambari, officer, **closed, outcome="happened", incident=incident, acted_at=AT),
        "harmed": make_case(bambari, officer, **closed, outcome="happened", killed=0, injured=2, acted_at=AT),
        "unknown": make_case(bambari, officer, **closed, outcome="happened", acted_at=AT),
        "no answer": make_case(bambari, officer, **closed, outcome="happened", killed=0, injured=0),
        "running": make_case(bambari, officer, at=AT),
    }
    respond(made["effective"], timedelta(minutes=240))  # at the shipped target
    respond(made["too late"], timedelta(minutes=241))
    respond(made["running"], timedelta(hours=1), host="")
    return made


def test_figures_and_the_cases_behind_them_agree(
    cases: dict[str, WarningCase], bambari: Office, adviser: Person
) -> None:
    """EW-16: read from the tables; every number opens exactly its cases."""
    found = by_key(read_indicators(adviser, bambari.mission, QUARTER))
    counts = {key: (one.figure.numerator, one.figure.denominator) for key, one in found.items()}
    assert counts == {
        "2.2.1": (1, 1), "2.2.2": (1, 7), "2.2.3-action": (8.0, 2), "2.2.3-neutralised": (0.0, 2), "2.2.4": (1, 3),
        "3.2.1": (0, 1), "3.2.2": (0, 0),
    }  # fmt: skip
    rows = marked(WarningCase.objects.all(), shipped_targets())
    behind = {key: {one.pk for one in rows.filter(condition)} for key, condition in RECORDS.items()}
    names = {case.pk: name for name, case in cases.items()}
    told = {key: {names[pk] for pk in pks} for key, pks in behind.items()}
    assert told[("2.2.2", "numerator")] == {"effective"}
    assert told[("2.2.3-action", "denominator")] == {"effective", "too late"}
    assert told[("2.2.4", "numerator")] == {"harmless"}
    assert told[("2.2.4", "denominator")] == {"harmless", "harmed", "no answer"}
    assert told[("2.2.4", "unknown")] == {"unknown"}
    assert {one.label for one in found["2.2.2"].of("actor")} == {"Force", "Host authorities", "no response begun"}


def test_reading_costs_the_same_whatever_there_is(
    cases: dict[str, WarningCase], bambari: Office, adviser: Person, django_assert_num_queries: Any
) -> None:
    """EW-16: targets, cases, responses, networks, areas twice."""
    assert adviser.grants
    with django_assert_num_queries(6):
        read_facts(adviser, bambari.mission, QUARTER)


def make_network(office: Office, area: Area, by: Person, **values: Any) -> Network:
    columns: dict[str, Any] = {
        "name": "Well committees", "communities": "Three villages", "state": "active", "threat_types": "Attack",
        "response_time": "An hour", "responder": "Force", "limits": "No escort", "set_up_on": date(2020, 7, 1),
        "contacted_on": date(2020, 12, 1), "members": 10, "women_members": 4,
    }  # fmt: skip
    return Network.objects.create(
        mission=office.mission, office=office, area=area, number=Counter.take(office.mission, "network"), created_at=AT,
        changed_at=AT, created_by=by, **{**columns, **values},
    )  # fmt: skip


def test_page_leads_to_its_records_and_leaks_nothing(
    cases: dict[str, WarningCase], bambari: Office, bria: Office, ouaka: Area, officer: Person, adviser: Person,
    stranger: Person,
) -> None:  # fmt: skip
    """EW-16: value, trend, breakdown; counts in reach alone; networks for who may see them; CSV."""
    make_network(bambari, ouaka, officer)
    WarningCase.objects.filter(pk=cases["running"].pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    make_case(bria, adviser, at=AT)
    client = as_person(officer)
    page = client.get("/alerts/indicators/").content.decode()
    for words in ("16.7% of 6", "4 hours", "over 2 responses", "1 is left out", "2020-Q4", "100% of 1"):
        assert words in page, words
    url = "/alerts/matrix/?indicator=2.2.2&part=denominator&since=2020-10-01&until=2020-12-31&show=all"
    assert url.replace("&", "&amp;") in page
    assert "6 cases in this view." in client.get(url).content.decode()
    assert "Well committees" in client.get("/alerts/indicators/networks/?until=2020-12-31").content.decode()
    text = client.get("/alerts/indicators/export.csv").content.decode()
    assert "2.2.4,Attacks without civilian casualties" in text
    assert "16.7% of 6" not in as_person(stranger).get("/alerts/indicators/").content.decode()
    assert client.get("/alerts/indicators/?since=2021-01-01&until=2020-01-01").status_code == 422
