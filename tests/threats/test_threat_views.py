"""Pages of threats and perpetrator profiles, and their API: who may, forms, conflicts, queries whatever the rows."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.fieldlist import Face
from pocweb.models import Office, Person
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import load_reference, make_actor, make_full_threat, make_threat
from threats.fieldlists.actor import ACTOR
from threats.fieldlists.threat import THREAT
from threats.forms.threats import SECTIONS, WHOLE
from threats.models import Actor, Threat
from threats.services.actors import edit_actor
from threats.services.threat_values import GUARDED, plain_values
from threats.services.threats import edit_threat

pytestmark = pytest.mark.django_db
PAGES = ("", "edit/", "assess/", "imminence/", "close/")


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def lines(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    return data | {f"{prefix}-{index}-{name}": value for index, row in enumerate(rows) for name, value in row.items()}


FORM = {
    "title": "Attacks on the market road",
    "areas": ["CF42"],
    "capacity_in_reach": "true",
    "violence_types": ["killing"],
    "marking": 2,
}


def test_field_list_drives_form_detail_and_api(client: Client, officer: Person, threat: Threat) -> None:
    """TH-01: no face of the record misses a field."""
    assert {name for _anchor, _heading, names in SECTIONS for name in names} == set(WHOLE)
    assert set(THREAT.names(Face.FORM)) == set(GUARDED)
    client.force_login(officer)
    data = client.get(f"/api/v1/threats/{threat.pk}/").json()
    assert set(THREAT.names(Face.API)) - {"area_pcodes"} <= set(data)
    assert {name: data[name] for name in GUARDED} == plain_values(threat)
    page = client.get(f"/threats/{threat.pk}/").content.decode()
    hidden = {"ref", "office", "status", "priority", "risk", "likelihood", "impact", "trend", "confidence",
              "expected_risk", "groups", "protection_actors", "marking", "imminent_since", "title",
              "closed_reason"}  # fmt: skip
    assert [
        field.name for field in THREAT.on(Face.DETAIL) if field.name not in hidden and str(field.label) not in page
    ] == []


def test_pages_open_to_those_who_may(
    client: Client, officer: Person, scpi: Person, stranger: Person, threat: Threat
) -> None:
    for person, expected in ((officer, [200] * 5), (scpi, [200, 403, 403, 403, 403]), (stranger, [404] * 5)):
        client.force_login(person)
        assert [client.get(f"/threats/{threat.pk}/{page}").status_code for page in PAGES] == expected, person


def test_threat_is_added_with_its_lists(client: Client, bambari: Office, officer: Person) -> None:
    load_reference()
    client.force_login(officer)
    group = {"group": "women", "area": "CF42", "number": "1200", "vulnerability": "3"}
    sent = FORM | lines("groups", group, {}) | lines("protection_actors", {})
    response = client.post("/threats/new/?office=BAMBARI", sent)
    threat = Threat.objects.get()
    assert response.headers["Location"] == f"/threats/{threat.pk}/"
    assert (threat.office, threat.title, threat.capacity_in_reach) == (bambari, "Attacks on the market road", True)
    assert [(one.group.code, one.estimated_number) for one in threat.threat_groups.all()] == [("women", 1200)]


def test_threat_form_with_errors_answers_422_and_keeps_the_text(
    client: Client, bambari: Office, officer: Person
) -> None:
    load_reference()
    client.force_login(officer)
    sent = FORM | {"areas": [], "scale": "Kept text"} | lines("groups", {}) | lines("protection_actors", {})
    response = client.post("/threats/new/", sent)
    assert response.status_code == 422
    assert "Kept text" in response.content.decode()
    assert Threat.objects.count() == 0


def test_threat_form_saves_and_removes_lines(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    women = {"group": "women", "area": "CF42", "number": "1300", "vulnerability": "3"}
    gone = {"group": "older-persons", "area": "CF42", "vulnerability": "3", "DELETE": "on"}
    sent = FORM | lines("groups", gone, women, {}, initial=2) | lines("protection_actors", {}) | {"based_on": 1}
    assert client.post(f"/threats/{threat.pk}/edit/", sent).status_code == 302
    stored = Threat.objects.get()
    assert [(one.group.code, one.estimated_number) for one in stored.threat_groups.all()] == [("women", 1300)]
    assert (stored.threat_protection_actors.count(), stored.version) == (0, 2)


def test_threat_form_meets_another_editor(client: Client, officer: Person, colleague: Person, threat: Threat) -> None:
    """TH-04: on the whole form too, the second person chooses."""
    edit_threat(threat, changes={"title": "Theirs"}, based_on=1, by=colleague)
    client.force_login(officer)
    sent = FORM | {"title": "Mine"} | lines("groups", {}) | lines("protection_actors", {}) | {"based_on": 1}
    response = client.post(f"/threats/{threat.pk}/edit/", sent)
    assert response.status_code == 409
    assert all(text in response.content.decode() for text in ("Mine", "Theirs", "choice_title"))
    answer = {"based_on": 2, "choice_title": "mine", "mine_title": "Mine"}
    assert client.post(f"/threats/{threat.pk}/edit/", answer).status_code == 302
    assert Threat.objects.get().title == "Mine"


def test_rating_page_shows_the_grid_and_stores(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    page = client.get(f"/threats/{threat.pk}/assess/").content.decode()
    assert page.count('name="cell"') == 25
    assert 'value="4-4" checked' in page
    sent = {"cell": "2-2", "reason": "Calm", "confidence": 3, "inputs": ["human-rights"]}
    assert client.post(f"/threats/{threat.pk}/assess/", sent).status_code == 302
    made = threat.assessments.order_by("-pk").first()
    assert made is not None
    assert (made.likelihood, made.impact, made.risk, made.confidence, made.inputs) == (2, 2, 2, 3, ["human-rights"])
    assert client.post(f"/threats/{threat.pk}/assess/", {"cell": "2-2"}).status_code == 422
    assert client.post(f"/threats/{threat.pk}/assess/", {"cell": "9-9", "reason": "x"}).status_code == 422


def test_rating_series_stands_on_the_page(client: Client, officer: Person, threat: Threat) -> None:
    """TH-03: the series with reasons and a chart."""
    client.force_login(officer)
    page = client.get(f"/threats/{threat.pk}/").content.decode()
    assert "Reports of three weeks" in page
    assert "Risk of T-001 over time" in page


def test_imminence_and_closing_by_page(client: Client, officer: Person, colleague: Person, threat: Threat) -> None:
    client.force_login(colleague)
    assert client.get(f"/threats/{threat.pk}/imminence/").status_code == 403
    client.force_login(officer)
    assert client.post(f"/threats/{threat.pk}/imminence/", {"imminent": "yes"}).status_code == 422
    assert client.post(f"/threats/{threat.pk}/imminence/", {"imminent": "yes", "reason": "Moves"}).status_code == 302
    assert client.post(f"/threats/{threat.pk}/close/", {"act": "close", "reason": "Gone"}).status_code == 302
    assert (Threat.objects.get().imminent, Threat.objects.get().status) == (True, "closed")
    assert client.post(f"/threats/{threat.pk}/close/", {"act": "close", "reason": "Gone"}).status_code == 409
    assert client.post(f"/threats/{threat.pk}/close/", {"act": "reopen", "reason": "Back"}).status_code == 302
    assert Threat.objects.get().status == "active"


def test_profile_shows_heads_incidents_threats_and_changes(client: Client, officer: Person, threat: Threat) -> None:
    """TH-09: seven heads and opportunity, its incidents, threats and changes over time."""
    actor = Actor.objects.get()
    make_incident(actor.mission, threat.areas.get(), actors=(actor,), title="Attack on a mill")
    edit_actor(actor, changes={"motivation": "Control of the road"}, based_on=1, by=officer)
    client.force_login(officer)
    page = client.get(f"/actors/{actor.pk}/").content.decode()
    labels = [str(ACTOR[name].label) for name in ("identity", "motivation", "capability", "presence", "relations")]
    labels += [str(ACTOR[name].label) for name in ("mode_of_action", "history", "opportunity")]
    assert [label for label in labels if label not in page] == []
    assert page.count("Control of the road") == 2
    assert all(text in page for text in ("Attack on a mill", threat.ref))


def test_profile_is_edited_under_the_guard(client: Client, officer: Person, adviser: Person, bambari: Office) -> None:
    actor = make_actor(bambari.mission)
    edit_actor(actor, changes={"motivation": "Theirs"}, based_on=1, by=adviser)
    client.force_login(officer)
    sent = {"name": actor.name, "short_name": "UPC", "source_of_violence": "armed_group", "marking": 2, "based_on": 1}
    assert client.post(f"/actors/{actor.pk}/edit/", sent | {"motivation": "Mine"}).status_code == 409
    assert client.post(f"/actors/{actor.pk}/edit/", {"name": "", "based_on": 2}).status_code == 422
    assert (
        client.post(f"/actors/{actor.pk}/edit/", sent | {"motivation": "Theirs", "presence": "North"}).status_code
        == 302
    )
    stored = Actor.objects.get()
    assert (stored.motivation, stored.presence, stored.version) == ("Theirs", "North", 3)


def test_profile_is_refused(client: Client, colleague: Person, scpi: Person, stranger: Person, bambari: Office) -> None:
    actor = make_actor(bambari.mission)
    for person, statuses in ((colleague, [200, 403]), (scpi, [403, 403]), (stranger, [404, 404])):
        client.force_login(person)
        assert [client.get(f"/actors/{actor.pk}/{page}").status_code for page in ("", "edit/")] == statuses


def test_raised_marking_of_a_profile_lifts_its_threats(bambari: Office, adviser: Person) -> None:
    actor = make_actor(bambari.mission)
    threat = make_threat(bambari, actors=[actor])
    adviser.clearance = 3
    edit_actor(actor, changes={"marking": 3}, based_on=1, by=adviser)
    assert Threat.objects.get(pk=threat.pk).marking == 3


def test_api_edits_with_version_and_answers_409(
    client: Client, officer: Person, colleague: Person, threat: Threat
) -> None:
    client.force_login(officer)
    url, kind = f"/api/v1/threats/{threat.pk}/", "application/json"
    body = {"action": "By API", "violence_types": ["rape"], "based_on": 1}
    done = client.patch(url, body, content_type=kind)
    assert (done.status_code, done.json()["version"], done.json()["violence_types"]) == (200, 2, ["rape"])
    edit_threat(threat, changes={"action": "Theirs"}, based_on=2, by=colleague)
    refused = client.patch(url, {"action": "Mine", "based_on": 2}, content_type=kind)
    assert refused.status_code == 409
    assert refused.json()["conflict"]["fields"] == [
        {"field": "action", "base": "By API", "yours": "Mine", "theirs": "Theirs"}
    ]
    missing = client.patch(url, {"action": "Mine"}, content_type=kind)
    assert (missing.status_code, missing.json()["code"]) == (400, "version_missing")


def test_api_assesses(client: Client, officer: Person, scpi: Person, threat: Threat) -> None:
    url, body = f"/api/v1/threats/{threat.pk}/assess/", {"likelihood": 5, "impact": 5, "reason": "Moves"}
    client.force_login(officer)
    made = client.post(url, body, content_type="application/json")
    assert (made.status_code, made.json()["risk"], made.json()["scheme_version"]) == (201, 4, 1)
    assert client.post(url, body | {"impact": 7}, content_type="application/json").json()["code"] == "not_in_scheme"
    client.force_login(scpi)
    assert client.post(url, body, content_type="application/json").status_code == 403


def test_api_hides_what_is_out_of_reach(client: Client, stranger: Person, threat: Threat) -> None:
    client.force_login(stranger)
    assert client.get(f"/api/v1/threats/{threat.pk}/").status_code == 404
    assert client.get(f"/api/v1/actors/{Actor.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("url", ["/api/v1/threats/", "/api/v1/actors/", "/actors/", "/threats/{}/"])
def test_lists_take_the_same_queries_whatever_the_rows(
    client: Client, bambari: Office, officer: Person, threat: Threat, url: str
) -> None:
    client.force_login(officer)
    counts = []
    for _size in (1, 3):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url.format(threat.pk)).status_code == 200
        counts.append(len(seen))
        for number in range(2):
            make_actor(bambari.mission, f"group-{number}-{_size}")
            make_full_threat(bambari, f"More {number}", by=officer)
    assert counts[0] == counts[1]
