"""The desk of people with few rights, and what the news on it leave out."""

import pytest
from django.db import transaction
from django.test import Client

from pocweb.audit import record_event
from pocweb.choices import Role
from pocweb.models import Office, Person
from pocweb.trail import lines_since
from tests.factories.mission import make_person
from tests.factories.threats_threat import make_full_threat

pytestmark = pytest.mark.django_db


def text(client: Client, person: Person, url: str = "/") -> str:
    client.force_login(person)
    return " ".join(client.get(url).content.decode().split())


def test_desk_tells_a_partner_what_the_role_opens(client: Client, hq: Office) -> None:
    page = text(client, make_person("partner", Role.EXT, hq))
    assert "Your role: External partner" in page
    assert "Your role opens no records of the mission." in page


def test_desk_leads_an_administrator_to_people_and_trail(client: Client, hq: Office) -> None:
    page = text(client, make_person("clerk", Role.ADM, hq))
    assert "What your role works with:" in page
    assert '<a class="btn" href="/people/">' in page
    assert '<a class="btn" href="/audit/">' in page


def test_desk_of_an_officer_says_nothing_of_the_role(client: Client, officer: Person) -> None:
    assert "Your role:" not in text(client, officer)


def test_refused_page_names_no_code(client: Client, hq: Office) -> None:
    page = text(client, make_person("partner", Role.EXT, hq), "/incidents/")
    assert "Not open to you" in page
    assert "forbidden" not in page


def test_news_leave_out_who_read_or_exported(bambari: Office, officer: Person, adviser: Person) -> None:
    threat = make_full_threat(bambari, by=officer)
    for verb in ("exported", "downloaded", "changed"):
        with transaction.atomic():
            record_event(officer, verb, threat)
    assert [line.verb for line in lines_since(adviser, 0) if line.ref == threat.ref][0] == "changed"
    assert {line.verb for line in lines_since(adviser, 0)}.isdisjoint({"exported", "downloaded"})
