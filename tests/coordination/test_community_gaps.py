"""CM-07: bases without plan, network or assistant; priority areas without network; amber networks; their map."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.communities import networks
from coordination.communities.gaps import gaps_of, read_ground
from coordination.communities.gaps_map import map_of
from coordination.models import CommunityPlan
from pocweb.models import Area, Office, Person
from tests.factories.coordination_community import DAY, NOW, make_assistant, make_network
from tests.factories.mission import make_area, make_square
from tests.factories.threats_presence import make_presence
from tests.factories.threats_threat import load_reference, make_threat


@pytest.fixture
def ippy(ouaka: Area) -> Area:
    """A sub-prefecture of Ouaka."""
    return make_area("CF425", "Ippy", 2, ouaka, shape=make_square(20.0, 5.0, 1.0))


@pytest.fixture
def bambari_town(ouaka: Area) -> Area:
    return make_area("CF421", "Bambari town", 2, ouaka, shape=make_square(21.0, 5.0, 1.0))


def kinds(user: Person, office: Office) -> list[tuple[str, str]]:
    ground = read_ground(user, office.mission, DAY)
    return [(gap.kind, gap.where) for gap in gaps_of(ground, user, back="/communities/gaps/")]


def make_plan(office: Office, area: Area, by: Person, state: str = "in_force") -> CommunityPlan:
    """Return a plan in a state, set straight; its own services bring it there in their tests."""
    stamps: dict[str, Any] = {"created_at": NOW, "changed_at": NOW, "created_by": by, "changed_by": by}
    return CommunityPlan.objects.create(
        mission=office.mission, office=office, area=area, number=1, marking=1, year=2020, semester=2, due_on=DAY,
        state=state, adopted_at=NOW, adopted_by=by, sha256="0" * 64, **stamps,
    )  # fmt: skip


def test_each_base_needs_plan_network_and_assistant(
    bambari: Office, ouaka: Area, ippy: Area, officer: Person, adviser: Person
) -> None:
    """CM-07: the office and the recorded base; a gap closes with what works in its areas, below or above them."""
    make_presence(bambari, area=ippy, place="Company base, Ippy", marking=1)
    name, base = "Bambari, Ouaka", "Company base, Ippy"
    assert kinds(officer, bambari) == [
        ("plan", name), ("plan", base), ("network", name), ("network", base), ("assistant", name),
        ("assistant", base),
    ]  # fmt: skip
    network = make_network(bambari, officer, area=ippy, state="expectations")
    assert ("network", base) in kinds(officer, bambari)
    networks.move_network(network, "activate", state="expectations", by=officer, now=NOW)
    make_assistant(bambari, officer, areas=[ouaka])
    plan = make_plan(bambari, ippy, officer, state="adopted")
    assert kinds(officer, bambari) == [("plan", name), ("plan", base)]
    CommunityPlan.objects.filter(pk=plan.pk).update(state="in_force")
    assert kinds(officer, bambari) == []


def test_priority_areas_and_amber_networks_lead_to_their_mending(
    bambari: Office, bria: Office, ippy: Area, bambari_town: Area, officer: Person, scpi: Person
) -> None:
    """CM-07: gravest first; the link leads back to the list; who may not mend gets none; other branches stay out."""
    load_reference()
    threat = make_threat(bambari, "Raids", priority=2, marking=1)
    threat.areas.set([ippy, bambari_town])
    make_threat(bambari, "Third rank", priority=3, marking=1).areas.set([ippy])
    network = make_network(bambari, officer, area=ippy)
    make_network(bambari, officer, "Silent one", state="active", now=NOW - timedelta(days=30), area=bambari_town)
    client = Client()
    client.force_login(officer)
    page = client.get("/communities/gaps/").content.decode()
    assert f"{threat.ref} names this area; no alert network is active." in page
    assert f'href="/networks/{network.pk}/?next=%2Fcommunities%2Fgaps%2F"' in page
    assert f"Finish {network.ref}" in page
    assert "Silent for 30 days." in page
    assert "Third rank" not in page
    assert "Bria" not in page
    found = read_ground(officer, bambari.mission, DAY)
    gaps = gaps_of(found, officer, back="/communities/gaps/")
    assert [(gap.kind, gap.where.split(",")[0]) for gap in gaps[:2]] == [
        ("threat", "Ippy"), ("amber", "CAN-002 Silent one"),
    ]  # fmt: skip
    form = client.get("/networks/new/?area=CF425&office=BAMBARI&next=/communities/gaps/").content.decode()
    assert 'name="next" value="/communities/gaps/"' in form
    assert {gap.url for gap in gaps_of(read_ground(scpi, bambari.mission, DAY), scpi, back="/")} == {""}
    narrowed = client.get("/communities/gaps/?kind=amber").content.decode()
    assert ("Silent for 30 days." in narrowed, "names this area" in narrowed) == (True, False)
    sheet = client.get("/communities/gaps/export.csv?kind=amber").content.decode()
    assert ("Silent for 30 days." in sheet, "names this area" in sheet) == (True, False)


def test_map_shows_blind_spots_with_a_table(bambari: Office, ippy: Area, bambari_town: Area, officer: Person) -> None:
    """CM-07: network, assistant, nobody; the drawing says so in words too."""
    make_assistant(bambari, officer, areas=[bambari_town])
    found = map_of(read_ground(officer, bambari.mission, DAY))
    states = {line.area.name: line.state for line in found.lines}
    assert states == {"Bambari town": "seen", "Ippy": "nobody"}
    make_network(bambari, officer, area=ippy, state="active")
    found = map_of(read_ground(officer, bambari.mission, DAY))
    assert found.drawing is not None
    assert {row[0]: row[1] for row in found.drawing.table.rows} == {
        "Bambari town": "Liaison assistant, no network",
        "Ippy": "Active alert network",
    }
    assert found.blind == []


def test_overview_counts_what_its_links_list(
    bambari: Office, bria: Office, ippy: Area, officer: Person, adviser: Person
) -> None:
    """CM-07, EW-18: offices with those below them; assessments that are overdue and not begun."""
    make_network(bambari, officer, area=ippy, state="active", now=NOW - timedelta(days=40))
    make_network(bambari, officer, "Second", area=ippy)
    make_assistant(bambari, officer, areas=[ippy])
    client = Client()
    client.force_login(adviser)
    page = client.get("/communities/").content.decode()
    assert "1 alert network is active" in page
    assert page.count("1 to be looked after") == 2
    assert page.count("2020 overdue, not begun") == 2
    assert "none yet" not in page
    client.force_login(officer)
    assert "Bria" not in client.get("/communities/").content.decode()
