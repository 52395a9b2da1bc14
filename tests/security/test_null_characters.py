"""A null character in an address or a form is refused in words; PostgreSQL would break on it."""

from typing import Any

import pytest
from django.test import Client

from pocweb.models import Office, Person
from tests.factories.threats_threat import make_protection_actor
from threats.models import ProtectionActor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("url", ["/actors/?q=%00", "/protection-actors/?q=a%00", "/incidents/?%00=1", "/watch/?on=%00"])
def test_address_with_a_null_character_is_refused(url: str, client: Client, bambari: Office, officer: Person) -> None:
    client.force_login(officer)
    answer = client.get(url)
    assert answer.status_code == 400
    assert "null character" in answer.content.decode()


def test_api_says_so_in_its_own_form(client: Client, officer: Person) -> None:
    client.force_login(officer)
    answer: Any = client.get("/api/v1/gaps/?office=%00")
    assert (answer.status_code, answer.json()["code"]) == (400, "null_character")


def test_form_with_a_null_character_stores_nothing(client: Client, bambari: Office, officer: Person) -> None:
    actor = make_protection_actor(bambari.mission)
    client.force_login(officer)
    sent = {"choice_description": "mine", "mine_description": "a\0b", "based_on": "1"}
    answer = client.post(f"/protection-actors/{actor.pk}/edit/", sent)
    assert (answer.status_code, ProtectionActor.objects.get().description) == (400, actor.description)
