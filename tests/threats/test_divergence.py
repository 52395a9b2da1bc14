"""Evidence against rating: the rule as a table, and where the prompt shows, is filtered by and ends."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from pocweb.models import Area, Mission, Office, Person
from tests.factories.mission import make_area
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import NOON, load_reference, make_actor, make_threat
from threats.models import Incident, Threat
from threats.rules.divergence import Code, Seen, Standing, differences, is_clearly_more
from threats.services.threats import assess_threat, close_threat

TODAY = date(2020, 12, 31)
LOW, MEDIUM, HIGH, EXTREME = 1, 2, 3, 4
TAGS = re.compile(r"<[^>]+>")


def standing(
    risk: int = MEDIUM, likelihood: int = 3, trend: str = "steady", steps: int | None = 5, days: int = 10
) -> Standing:
    return Standing(risk, likelihood, steps, trend, TODAY - timedelta(days=days))


def seen(last: int = 0, before: int = 0, year: int = 1, news: int = 0, civilians: int | None = None) -> Seen:
    return Seen(last, before, year, news, civilians)


RISEN = seen(last=6, before=3, year=9, news=2)

# The rule is ours; POC Handbook 2020, 8.2.4 asks to reassess when likelihood or impact changes.
CASES: list[tuple[str, Any, Seen, list[Code]]] = [
    ("not rated", None, RISEN, []),
    ("nothing new", standing(), seen(), []),
    ("1: risk medium, civilians killed since", standing(), seen(civilians=2), [Code.CIVILIANS_KILLED]),
    ("1: unlikely, though high by impact", standing(HIGH, 2), seen(civilians=1), [Code.CIVILIANS_KILLED]),
    ("1: no civilian among them", standing(), seen(news=3, civilians=0), []),
    ("1: nobody recorded civilians", standing(), seen(news=3, civilians=None), []),
    ("1: a high rating expects it", standing(HIGH, 4), seen(civilians=5), []),
    ("2: risk low, clearly more", standing(LOW, 1), RISEN, [Code.MORE_INCIDENTS]),
    ("2: all known when it was rated", standing(LOW, 1), seen(last=6, before=3, news=0), []),
    ("2: two more are not clearly more", standing(LOW, 1), seen(last=5, before=3, news=2), []),
    ("2: three more of many are not clearly more", standing(LOW, 1), seen(last=23, before=20, news=5), []),
    ("2: three where there were none", standing(LOW, 1), seen(last=3, before=0, news=1), [Code.MORE_INCIDENTS]),
    ("1 and 2", standing(), Seen(6, 3, 9, 2, 4), [Code.CIVILIANS_KILLED, Code.MORE_INCIDENTS]),
    ("3: high and steady", standing(HIGH, 4, "steady"), RISEN, [Code.RISING]),
    ("3: high and falling", standing(HIGH, 4, "falling"), RISEN, [Code.RISING]),
    ("3: high and rising already", standing(HIGH, 4, "rising"), RISEN, []),
    ("3: first rating", standing(HIGH, 4, "new"), RISEN, []),
    ("3: cannot be raised", standing(EXTREME, 5, "steady"), RISEN, []),
    ("3: extreme, likelihood can be raised", standing(EXTREME, 4, "steady"), RISEN, [Code.RISING]),
    ("4: high, silent for a year", standing(HIGH, 4, days=30), seen(year=0), [Code.QUIET]),
    ("4: almost certain, silent", standing(MEDIUM, 5, days=30), seen(year=0), [Code.QUIET]),
    ("4: confirmed within 30 days", standing(HIGH, 4, days=29), seen(year=0), []),
    ("4: something within the year", standing(HIGH, 4, days=90), seen(year=1), []),
    ("4: in the 90 days, which may reach into the month before", standing(HIGH, 4, days=90), seen(last=1, year=0), []),
    ("4: medium is no alarm", standing(MEDIUM, 4, days=90), seen(year=0), []),
    ("three steps: low likelihood", standing(HIGH, 1, steps=3), seen(civilians=1), [Code.CIVILIANS_KILLED]),
    ("three steps: medium likelihood", standing(HIGH, 2, steps=3), seen(civilians=1), []),
    ("three steps: high likelihood, silent", standing(MEDIUM, 3, steps=3, days=30), seen(year=0), [Code.QUIET]),
    ("an older row that does not know its steps", standing(HIGH, 1, steps=None), seen(civilians=1), []),
]


@pytest.mark.parametrize(("rating", "found", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_differences(rating: Any, found: Seen, expected: list[Code]) -> None:
    """TH-03: evidence and rating are compared by a rule; every difference says what was found and what to do."""
    result = differences(rating, found, today=TODAY)
    assert [one.code for one in result] == expected
    assert all(one.sentence.endswith(".") and one.suggestion.endswith(".") for one in result)


def test_difference_names_its_figures() -> None:
    [one] = differences(standing(LOW, 1), RISEN, today=TODAY)
    assert one.sentence == "6 incidents in 90 days against 3 in the 90 before, 2 of them since this rating."


@pytest.mark.parametrize(
    ("count", "before", "expected"), [(3, 0, True), (2, 0, False), (9, 6, True), (8, 6, False), (30, 21, False)]
)
def test_clearly_more(count: int, before: int, expected: bool) -> None:
    assert is_clearly_more(count, before) is expected


# --- where it shows ---------------------------------------------------------------------------------------------------


@pytest.fixture
def threat(bambari: Office, ouaka: Area, officer: Person) -> Threat:
    """A threat rated possible x minor (Medium) on 20 December, after which two civilians were killed."""
    load_reference()
    town = make_area("CF421", "Bambari", 2, ouaka)
    band = make_actor(bambari.mission)
    threat = make_threat(bambari, areas=[town], actors=[band])
    rated = NOON - timedelta(days=11)
    assess_threat(threat, likelihood=3, impact=2, reason="Calm weeks", by=officer, now=rated)
    make_incident(bambari.mission, town, actors=(band,), starts_on=date(2020, 12, 20), civilians_killed=9)
    make_incident(bambari.mission, town, actors=(band,), starts_on=date(2020, 12, 24), civilians_killed=2)
    return threat


def words(response: Any) -> str:
    """Return the words of a page, one space between them."""
    return " ".join(unescape(TAGS.sub(" ", response.content.decode())).split())


SENTENCE = "2 civilians were killed in the last 30 days, since this rating."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "place",
    ["/matrix/BAMBARI/?open=T-001", "/threats/{pk}/", "/threats/{pk}/assess/", "/matrix/HQ/?drafts=1&open=T-001"],
)
def test_prompt_stands_beside_the_rating(client: Client, adviser: Person, threat: Threat, place: str) -> None:
    """TH-03: what came on the day of the rating was known; what came after asks a question and changes nothing."""
    client.force_login(adviser)
    page = words(client.get(place.format(pk=threat.pk)))
    assert SENTENCE in page
    assert Threat.objects.get().risk == MEDIUM


@pytest.mark.django_db
def test_row_says_that_evidence_differs_and_leads_to_the_rating(
    client: Client, officer: Person, scpi: Person, threat: Threat
) -> None:
    client.force_login(officer)
    assert (
        f'Evidence differs <a href="/threats/{threat.pk}/assess/">Reassess</a>'
        in client.get("/matrix/BAMBARI/").content.decode()
    )
    client.force_login(scpi)
    page = client.get("/matrix/BAMBARI/").content.decode()
    assert "Evidence differs" in page
    assert f"/threats/{threat.pk}/assess/" not in page


@pytest.mark.django_db
def test_matrix_is_filtered_by_evidence_that_differs(
    client: Client, bambari: Office, officer: Person, threat: Threat
) -> None:
    """TH-04: the filter finds the rows and tells their number."""
    other = make_threat(bambari, "Quiet road", areas=[])
    assess_threat(other, likelihood=2, impact=2, reason="Calm", by=officer, now=NOON)
    client.force_login(officer)
    page = words(client.get("/matrix/BAMBARI/"))
    assert "Evidence differs 1" in page
    page = words(client.get("/matrix/BAMBARI/?show=differs"))
    assert "T-001" in page
    assert "T-002" not in page


@pytest.mark.django_db
def test_prompt_ends_with_the_same_rating_and_a_reason(client: Client, officer: Person, threat: Threat) -> None:
    """TH-03: confirming is rating anew; the question comes back with the next event."""
    client.force_login(officer)
    sent = {"cell": "3-2", "reason": "An attack on fighters; civilians were not meant.", "confidence": 2}
    assert client.post(f"/threats/{threat.pk}/assess/", sent).status_code == 302
    assert SENTENCE not in words(client.get(f"/threats/{threat.pk}/"))
    assert "Evidence differs" not in words(client.get("/matrix/BAMBARI/"))
    Mission.objects.update(clock_on=date(2021, 1, 4))
    town = Area.objects.get(pcode="CF421")
    actor = threat.actors.get()
    make_incident(threat.mission, town, actors=(actor,), starts_on=date(2021, 1, 2), civilians_killed=1)
    page = words(client.get(f"/threats/{threat.pk}/"))
    assert "1 civilian was killed in the last 30 days, since this rating." in page


@pytest.mark.django_db
def test_closed_threat_is_asked_nothing(client: Client, officer: Person, threat: Threat) -> None:
    close_threat(threat, reason="Group disarmed", by=officer)
    client.force_login(officer)
    assert SENTENCE not in words(client.get(f"/threats/{threat.pk}/"))
    assert "Evidence differs" not in words(client.get("/matrix/BAMBARI/?status=closed"))


@pytest.mark.django_db
def test_incidents_above_the_clearance_raise_no_prompt(client: Client, officer: Person, threat: Threat) -> None:
    """What a person may not see appears in no prompt."""
    Incident.objects.update(marking=3)
    client.force_login(officer)
    assert "evidence and the rating differ" not in words(client.get(f"/threats/{threat.pk}/"))


@pytest.mark.django_db
def test_desk_counts_led_threats_whose_evidence_differs(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    assert "differs from the evidence" not in words(client.get("/"))
    Threat.objects.filter(pk=threat.pk).update(lead=officer)
    page = words(client.get("/"))
    assert "1 rating differs from the evidence" in page
    assert "Evidence and rating differ. " in page
