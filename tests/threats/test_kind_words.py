"""What forms of the matrix say where something is missing: what to do, never "This field is required."."""

import pytest
from django.test import Client
from django.utils.html import escape

from pocweb.models import Office, Person
from tests.factories.threats_threat import make_full_threat


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


MISSING = (
    ("assess/", "Say what speaks for this rating."),
    ("imminence/", "Say what was seen, or what is no longer seen."),
    ("close/", "Say why. The reason is kept with the threat."),
    ("edit/", "Say in one line who threatens whom, and where."),
)


@pytest.mark.parametrize(("act", "sentence"), MISSING)
def test_missing_words_are_asked_for_kindly(bambari: Office, officer: Person, act: str, sentence: str) -> None:
    """TH-01, TH-03: the sentence at the field says what is wanted."""
    threat = make_full_threat(bambari, by=officer)

    answer = signed_in(officer).post(f"/threats/{threat.pk}/{act}", {"based_on": threat.version, "imminent": "yes"})

    assert answer.status_code == 422
    assert escape(sentence) in answer.content.decode()


def test_line_without_group_names_what_to_do(bambari: Office, officer: Person) -> None:
    """TH-01: a line of civilians at risk without a group, and a number below zero."""
    threat = make_full_threat(bambari, by=officer)
    total = threat.groups.count()
    sent = {"groups-TOTAL_FORMS": 1, "groups-INITIAL_FORMS": 0, "groups-0-number": "-5", "groups-0-exposure": "Arrest"}

    answer = signed_in(officer).post(
        f"/matrix/BAMBARI/rows/{threat.pk}/civilians/", {"based_on": threat.version, "act": "save", **sent}
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose a group, or remove this line." in page
    assert "Write 0 or more, or leave it empty where nobody knows." in page
    assert threat.groups.count() == total
