"""Pages of ratings: the series with its chart, the form with confidence and what is expected, and the API."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.models import Office, Person
from tests.factories.threats_threat import NOON, load_reference, make_full_threat, make_threat
from threats.choices import Confidence
from threats.models import Scheme, Threat
from threats.services.threats import assess_threat

pytestmark = pytest.mark.django_db


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def test_series_page_shows_every_rating_whole(client: Client, officer: Person, threat: Threat) -> None:
    """TH-03: date, who, likelihood, impact, risk, priority, trend, confidence, expected, inputs, reason, scheme."""
    given: dict[str, Any] = {"by": officer, "reason": "Talks hold", "confidence": 1, "inputs": ["human-rights"]}
    assess_threat(threat, likelihood=3, impact=4, expected_likelihood=2, expected_impact=2, now=NOON, **given)
    client.force_login(officer)
    page = client.get(f"/threats/{threat.pk}/ratings/").content.decode()
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert (
        "31 Dec 2020 A. Bellin Possible Major High 2 Next falling Low Medium unlikely × minor Human rights monitoring "
        "Talks hold 5x5, version 1"
    ) in words
    assert "31 Dec 2020 A. Bellin Likely Major Extreme 1 First first rating Medium not recorded not recorded" in words
    assert "Scheme changed" not in words
    assert all(one.meaning in words for one in Confidence)


@pytest.mark.parametrize("number", [0, 1, 40])
def test_series_page_holds_any_number_of_ratings(client: Client, bambari: Office, officer: Person, number: int) -> None:
    """TH-03: no rating, one, and many; the queries do not grow with them."""
    load_reference()
    threat = make_threat(bambari)
    for index in range(number):
        given: dict[str, Any] = {"by": officer, "now": NOON - timedelta(days=number - index)}
        assess_threat(threat, likelihood=index % 5 + 1, impact=index % 4 + 1, reason=f"Week {index}", **given)
    client.force_login(officer)
    client.get(f"/threats/{threat.pk}/ratings/")
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(f"/threats/{threat.pk}/ratings/")
    page = answer.content.decode()
    assert (answer.status_code, page.count("Week "), "<svg" in page) == (200, number, number > 0)
    assert len(seen) <= 6
    if not number:
        assert "The ratings of this threat will stand here, each with its reason." in page


def test_change_of_scheme_shows_in_series_and_chart(client: Client, officer: Person, threat: Threat) -> None:
    """TH-02: the rating made by the older scheme stays, and the page tells where the scheme changed."""
    old = Scheme.objects.get(code="5x5")
    Scheme.objects.filter(pk=old.pk).update(is_current=False)
    given: dict[str, Any] = {"code": "5x5", "edition": 2, "name": "5x5", "data": old.data, "is_current": True}
    Scheme.objects.create(mission=threat.mission, **given)
    client.force_login(officer)
    form = client.get(f"/threats/{threat.pk}/assess/").content.decode()
    assert "It was made by scheme 5x5, version 1; the new one is made by 5x5, version 2." in form
    assert "checked" not in re.findall(r'<input type="radio" name="cell"[^>]*>', form)
    assess_threat(threat, likelihood=3, impact=4, reason="New scheme", by=officer, now=NOON)
    page = client.get(f"/threats/{threat.pk}/ratings/").content.decode()
    assert page.count("Scheme changed") == 1
    assert page.index("version 2") < page.index("Scheme changed") < page.index("version 1")
    assert "Upright line: a new scheme of rating." in page


def test_rating_form_takes_what_is_expected_after_the_response(client: Client, officer: Person, threat: Threat) -> None:
    """TH-03: now and after the response; the form keeps what was typed and starts from the last rating."""
    client.force_login(officer)
    url = f"/threats/{threat.pk}/assess/"
    sent = {"cell": "4-4", "reason": "Moves seen", "confidence": 3, "expected_likelihood": 2, "expected_impact": 3}
    assert client.post(url, sent).status_code == 302
    made = threat.assessments.order_by("-pk").first()
    assert made is not None
    assert (made.expected_likelihood, made.expected_impact, made.expected_risk, made.confidence) == (2, 3, 2, 3)
    page = client.get(url).content.decode()
    assert page.count("selected") == 2
    assert "after the response: Medium" in client.get("/matrix/BAMBARI/").content.decode()
    assert "after the response: Medium" in client.get(f"/threats/{threat.pk}/").content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [({"expected_likelihood": 2}, "expected_impact"), ({"expected_impact": 2}, "expected_likelihood")],
)
def test_rating_form_refuses_half_an_expectation(
    client: Client, officer: Person, threat: Threat, given: dict[str, int], field: str
) -> None:
    client.force_login(officer)
    sent = {"cell": "4-4", "reason": "Moves seen", "confidence": 3, **given}
    answer = client.post(f"/threats/{threat.pk}/assess/", sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: ["Give likelihood and impact after the response, or neither."]}
    assert "Moves seen" in answer.content.decode()
    assert threat.assessments.count() == 1


def test_expected_risk_above_that_of_today_is_asked_about_and_may_be_stored(
    client: Client, officer: Person, threat: Threat
) -> None:
    client.force_login(officer)
    url = f"/threats/{threat.pk}/assess/"
    sent = {"cell": "2-2", "reason": "Calm", "confidence": 2, "expected_likelihood": 4, "expected_impact": 4}
    assert 'name="above"' not in client.get(url).content.decode()
    answer = client.post(url, sent)
    assert answer.status_code == 422
    assert "Extreme after the response is above Medium of today." in answer.content.decode()
    assert 'name="above"' in answer.content.decode()
    assert client.post(url, sent | {"above": "on"}).status_code == 302
    assert Threat.objects.get().expected_risk == 4


def test_api_rates_with_confidence_and_expectation(client: Client, officer: Person, threat: Threat) -> None:
    """TH-03: page and API store the same, and refuse the same at the same field."""
    client.force_login(officer)
    url = f"/api/v1/threats/{threat.pk}/assess/"
    sent: dict[str, Any] = {"likelihood": 4, "impact": 4, "reason": "Why", "confidence": 1}
    answer = client.post(url, sent | {"expected_likelihood": 2, "expected_impact": 2}, content_type="application/json")
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in ("confidence", "expected_likelihood", "expected_impact")} == {
        "confidence": 1,
        "expected_likelihood": 2,
        "expected_impact": 2,
    }
    data = client.get(f"/api/v1/threats/{threat.pk}/").json()
    assert (data["confidence"], data["expected_risk"], answer.json()["expected_risk"]) == (1, 2, 2)
    for given in ({"expected_likelihood": 2}, {"expected_likelihood": 9, "expected_impact": 2}):
        refused = client.post(url, sent | given, content_type="application/json")
        assert (refused.status_code, "expected_" in refused.content.decode()) == (400, True), refused.content


def test_history_tells_confidence_and_expectation_in_words(client: Client, officer: Person, threat: Threat) -> None:
    given: dict[str, Any] = {"by": officer, "reason": "Talks hold", "confidence": 1}
    assess_threat(threat, likelihood=4, impact=4, expected_likelihood=2, expected_impact=2, **given)
    client.force_login(officer)
    page = client.get(f"/threats/{threat.pk}/").content.decode()
    history = " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index('id="hist"') :])).split())
    assert "Confidence : Medium Low" in history
    assert "Risk expected after the response : Medium" in history
