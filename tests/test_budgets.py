"""Budgets that every change keeps: queries of pages and of saving, and no page that asks another host for anything.

Bytes of sheet and script stand in `test_look.py`; times are measured by `make bench`.
"""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from coordination.models import ActionPoint, CaseRecipient, CaseTask, Network
from coordination.sharing.contacts import hand_over
from pocweb.audit import record_event
from pocweb.models import MissionRecord, Office, Person
from reporting.services import open_report
from tests.access_world import NOW, World, make_world
from tests.bench.measure import addresses, body, outside, queries
from tests.factories.coordination_case import make_case
from tests.factories.coordination_forum import make_forum, make_mechanism
from tests.factories.coordination_meeting import make_action
from tests.factories.coordination_sharing import make_agreement, make_contact, make_share
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import make_actor, make_full_threat
from tests.factories.threats_watch import make_reading, make_trigger
from tests.test_access import NAMES, PLACES, address
from threats.models import FactorWatch, Threat
from threats.services.threats import FOLLOWING, assess_threat, edit_threat

LIST_QUERIES, DESK_QUERIES, SAVING_QUERIES = 12, 25, 10
REQUEST_QUERIES = 16
"""Saving a cell through the page: four to know the person, two to load, five to save, five to show the row."""
MOST = {"desk": DESK_QUERIES, "matrix with an edition to approve": 16}
"""Pages with a limit of their own; an office with others below it shows their approved rows beside its own panel."""
LISTS = {
    "incidents": ("threats:incident-list", []),
    "matrix": ("threats:matrix", ["IPPY"]),
    "matrix with an edition to approve": ("threats:matrix", ["BAMBARI"]),
    "matrix of the mission": ("threats:matrix", ["HQ"]),
    "gaps": ("threats:gap-list", ["BAMBARI"]),
    "gaps of the mission": ("threats:gap-list", ["HQ"]),
    "response": ("threats:response", ["HQ"]),
    "leadership": ("threats:leadership", ["HQ"]),
    "editions": ("threats:edition-list", ["IPPY"]),
    "outcomes": ("threats:outcomes", ["HQ"]),
    "quality": ("threats:quality", ["HQ"]),
    "perpetrators": ("threats:actor-list", []),
    "imports": ("threats:import-list", []),
    "atrocity watch": ("threats:watch", []),
    "trigger calendar": ("threats:trigger-list", []),
    "activities": ("strategy:activity-list", []),
    "forums": ("coordination:forum-list", []),
    "usual forums": ("coordination:forum-set-up", []),
    "outside mechanisms": ("coordination:mechanism-list", []),
    "contacts": ("coordination:contact-list", []),
    "contact lists handed over": ("coordination:contact-log", []),
    "shares": ("coordination:share-list", []),
    "agreements": ("coordination:agreement-list", []),
    "recording a share": ("coordination:share-create", []),
    "meetings": ("coordination:meeting-list", []),
    "action points": ("coordination:action-list", []),
    "alerts": ("coordination:case-list", []),
    "reporting an alert": ("coordination:case-create", []),
    "issues": ("coordination:issue-list", []),
    "reports": ("reporting:report-list", []),
    "desk": ("pocweb:desk", []),
}


@pytest.fixture
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world of the access walk, undone afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def client_of(world: World, role: str, *, at_hq: bool = False) -> Client:
    client = Client()
    client.force_login((world.people_at_hq if at_hq else world.people)[role])
    return client


def test_no_page_refers_to_an_outside_host(world: World) -> None:
    """Every page of the access walk is opened by somebody who may; files, frames, forms and links stay with us."""
    found, opened = {}, 0
    for name in NAMES:
        place = PLACES.get(name)
        if place is None or place.posts is not None or place.is_missing:
            continue
        role = place.may.split()[0]
        answer = client_of(world, role, at_hq=place.at_hq).get(address(name, place, world, role))
        content = body(answer)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            opened += 1
            if strange := outside(addresses(content.decode())):
                found[name] = strange

    assert found == {}
    assert opened > 50


def test_outside_host_would_be_found() -> None:
    page = '<script src="/static/a.js"></script><link rel="x" href="//cdn.example/x.css"><img alt="" src="https://b.example/">'

    assert outside(addresses(page)) == ["//cdn.example/x.css", "https://b.example/"]


def _count(world: World) -> dict[str, int]:
    counts = {}
    for name, (url_name, parts) in LISTS.items():
        client = client_of(world, "POCA", at_hq=True)
        url = reverse(url_name, args=parts)
        assert client.get(url).status_code == 200
        with queries() as ran:
            client.get(url)
        counts[name] = ran.count
    return counts


def _add_edition(world: World) -> None:
    """Bring one more edition of Ippy into force."""
    heads = {"head_of_office": world.people["HOO"], "head_of_military": world.people["FCPC"]}
    heads["head_of_police"] = Person.objects.get(username="police")
    make_edition(Office.objects.get(code="IPPY"), world.people["POCF"], "in_force", heads)


def _grow(world: World) -> None:
    """Add three records of each kind that lists show."""
    records, officer, adviser = world.records, world.people["POCF"], world.people_at_hq["POCA"]
    ippy = Office.objects.get(code="IPPY")
    for turn in range(3):
        _add_edition(world)
        actor = make_actor(records.mission, f"band-{turn}")
        make_incident(records.mission, records.ouaka, actors=(actor,), starts_on=date(2020, 11, turn + 1))
        threat = make_full_threat(records.bambari, f"Threat {turn}", by=officer)
        make_full_threat(ippy, f"Threat near the base {turn}", by=officer)
        make_activity(records.bambari, officer, f"Patrol {turn}", threats=[threat])
        make_forum(records.bambari, officer, f"Forum {turn}")
        make_mechanism(records.bambari, officer, f"Mechanism {turn}")
        make_case(records.bambari, officer, "likelihood_rated")
        make_contact(records.bambari, officer, f"Desk {turn}", reviewed_on="2020-05-01")
        hand_over(records.bambari, recipient=f"Partner {turn}", form="csv", by=officer, now=NOW)
        agreement = make_agreement(records.bambari, adviser, f"Partner {turn}")
        make_share(agreement, officer, threats=[threat], marking=2)
        make_trigger(records.bambari, officer, title=f"Trigger {turn}", areas=[records.ouaka.pcode], groups=["women"])
        make_reading(FactorWatch.objects.get(), officer, f"2020-12-0{turn + 1}", 2, area=records.ouaka.pcode)
        open_report(records.mission, period=f"2019-Q{turn + 1}", by=adviser, now=NOW)


def test_queries_of_lists_do_not_grow_with_their_rows(world: World) -> None:
    world.records.consulted.delete()
    make_full_threat(Office.objects.get(code="IPPY"), by=world.people["POCF"])
    _add_edition(world)
    hand_over(world.records.bambari, recipient="Partner", form="csv", by=world.people["POCF"], now=NOW)
    small = _count(world)
    _grow(world)
    large = _count(world)

    assert large == small
    assert {name: count for name, count in large.items() if count > MOST.get(name, LIST_QUERIES)} == {}


DESK_ROLES = ("HOO", "POCA", "POCF", "JOC", "PROT", "DMS", "SML")
DESK_PANELS = {
    "Alerts to acknowledge", "Alerts to rate and decide", "What you must act on", "Matrix editions",
    "Reviews that are late", "Reports", "My actions by deadline", "Tasks of cases", "My action points",
    "Overdue action points of the office", "Requests for means to answer", "Since your last visit", "Threats you lead",
    "Coming triggers", "Forums due to meet", "Incidents", "Contacts to check", "Alert networks to look after",
    "Impact assessments due", "Community plans", "Restricted register", "Files being made",
}  # fmt: skip


def _fill_desk(world: World, person: Person) -> None:
    """Give a person something of each kind that a desk shows."""
    records, officer, adviser = world.records, world.people["POCF"], world.people_at_hq["POCA"]
    case = make_case(records.bambari, officer, "monitored", "imminent")
    columns = {"label": "Head", "sent_at": NOW, "due_at": NOW}
    CaseRecipient.objects.create(case=case, step="I10", person=person, **columns)
    CaseTask.objects.create(case=case, kind="evaluation", owner=person, asked_at=NOW, asked_by=officer)
    action = make_action(records.session, officer, owner=person, text=f"Call {person}")
    ActionPoint.objects.filter(pk=action.pk).update(due_on=date(2020, 12, 1))
    Threat.objects.filter(pk=make_full_threat(records.bambari, f"Raid on {person}", by=adviser).pk).update(
        lead=person, review_on=date(2020, 11, 1)
    )
    make_activity(records.bambari, officer, f"Patrol for {person}", owner=person, threats=[records.threat])
    forum = make_forum(person.office, adviser, f"Forum of {person}", frequency="weekly")
    type(forum).objects.filter(pk=forum.pk).update(chair=person)


def _fill_desks(world: World) -> list[Person]:
    """Fill the desks of all roles of the mission, after the last act of each; return their people."""
    records, officer = world.records, world.people["POCF"]
    people = [world.people[role] for role in DESK_ROLES] + [world.people_at_hq[role] for role in DESK_ROLES]
    Network.objects.filter(pk=records.network.pk).update(set_up_on=date(2019, 1, 1), contacted_on=date(2019, 1, 1))
    make_contact(records.bambari, officer, "Old desk", reviewed_on="2019-05-01")
    for person in people:
        record_event(person, "changed", records.threat)
    for person in people:
        _fill_desk(world, person)
    seen = [value for value in vars(records).values() if getattr(value, "mission_id", 0) == records.mission.pk]
    for record in seen:
        if isinstance(record, MissionRecord):
            record_event(world.people["FCPC"], "changed", record)
    return people


def test_desk_of_every_role_keeps_the_budget(world: World) -> None:
    """My desk takes at most 25 queries for each role, with records of all kinds; every panel is drawn for somebody."""
    drawn, counts = set(), {}
    for person in _fill_desks(world):
        client = Client()
        client.force_login(person)
        with queries() as ran:
            page = client.get(reverse("pocweb:desk"))
        counts[person.username] = ran.count
        drawn |= {panel.title for panel in page.context["panels"]}

    assert DESK_PANELS - drawn == set()
    assert {name: count for name, count in counts.items() if count > DESK_QUERIES} == {}


@pytest.mark.parametrize("number", [1, 4])
def test_matrix_of_an_office_whose_edition_waits_keeps_the_budget(world: World, number: int) -> None:
    """TH-05: rows, evidence, what differs, panel with approvals and awaited heads, for an adviser of another office."""
    world.records.consulted.delete()
    ippy = Office.objects.get(code="IPPY")
    for turn in range(number):
        make_full_threat(ippy, f"Threat {turn}", by=world.people["POCF"])
    _add_edition(world)
    make_edition(ippy, world.people["POCF"], "endorsed")
    client = client_of(world, "POCA", at_hq=True)
    url = reverse("threats:matrix", args=["IPPY"])
    assert "waits for 3 approvals" in client.get(url).content.decode()

    with queries() as ran:
        client.get(url)

    assert ran.count <= LIST_QUERIES


def test_saving_a_cell_takes_few_queries_and_writes_changed_columns(world: World) -> None:
    threat = Threat.objects.select_related("mission", "office").get(pk=world.records.threat.pk)
    officer = world.people["POCF"]

    with queries() as ran:
        edit_threat(threat, changes={"action": "Road check"}, based_on=threat.version, by=officer)

    assert ran.count <= SAVING_QUERIES
    [columns] = ran.updates_of("threats_threat")
    assert set(columns) == {"action", "version", "changed_at", "changed_by_id"}


def test_saving_a_cell_through_the_page_takes_few_queries(world: World) -> None:
    threat = Threat.objects.get(pk=world.records.threat.pk)
    client = client_of(world, "POCF")
    url = reverse("threats:matrix-cell", args=["BAMBARI", threat.pk, "action"])
    client.get(url)

    with queries() as ran:
        answer = client.post(url, {"action": "Road check", "based_on": threat.version}, headers={"hx-request": "true"})

    assert answer.status_code == 200
    assert ran.updates_of("threats_threat") != []
    assert ran.count <= REQUEST_QUERIES


def test_rating_takes_few_queries_and_writes_its_columns(world: World) -> None:
    threat = Threat.objects.select_related("mission", "office").get(pk=world.records.threat.pk)

    with queries() as ran:
        assess_threat(threat, likelihood=2, impact=3, reason="Calmer weeks", by=world.people["POCF"])

    assert ran.count <= SAVING_QUERIES
    [columns] = ran.updates_of("threats_threat")
    assert set(columns) == {*FOLLOWING, "assessed_on"}
