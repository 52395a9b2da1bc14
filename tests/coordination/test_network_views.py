"""Pages of networks, focal points, assistants, alerts; sheets and API."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from coordination.communities import networks as services
from coordination.communities.focal_points import add_focal_point
from coordination.models import FocalPoint, LiaisonAssistant, Network, NetworkAlert, WarningCase
from pocweb.choices import Marking
from pocweb.models import Mission, Office, Person
from tests.factories.coordination_community import DAY, EXPECTATIONS, NOW, make_assistant, make_network
from tests.factories.threats_threat import load_reference, make_threat

ASSISTANT = {
    "key": "CLA-BAM-7", "sex": "male", "base": "BAMBARI", "areas": ["CF42"], "languages": "Sango",
    "starts_on": "2020-12-01", "ends_on": "", "risk_note": "Threatened in May", "office": "BAMBARI", "marking": "1",
}  # fmt: skip
NETWORK = {
    "name": "Ippy road", "area": "CF42", "communities": "Seven villages", "base": "BAMBARI", "assistant": "",
    "channels": ["mobile"], "equipment": "", "members": "10", "women_members": "3", "office": "BAMBARI",
    "marking": "1", **EXPECTATIONS,
}  # fmt: skip


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(officer: Person) -> Client:
    return as_person(officer)


def text_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_network_goes_its_way_on_its_page(client: Client, bambari: Office, officer: Person) -> None:
    """CM-01, CM-03: added once, the button comes when its parts are there, active at the end."""
    for _turn in range(2):
        client.post("/networks/new/", {**NETWORK, "once": "token-1"})
    network = Network.objects.get()
    url = f"/networks/{network.pk}/"
    page = text_of(client, url)
    assert "3 of 10 are women: 30 per cent, counted for indicator 3.2.2." in page
    assert "Name a focal point by its key" in page
    assert "moves/choose/" not in page
    refused = client.post(f"{url}focal-points/", {"key": "Marie Ngaya", "sex": "female", "role": "Market"})
    assert (refused.status_code, "Never a name or a telephone" in refused.content.decode()) == (422, True)
    assert "Market" in refused.content.decode()
    point = {"key": "fp-ippy-1", "sex": "female", "consent_scope": ["record"], "consent_on": "2020-12-30"}
    assert client.post(f"{url}focal-points/", point).status_code == 302
    for act, state in (("choose", "at_risk"), ("connect", "focal_point")):
        assert client.post(f"{url}moves/{act}/", {"state": state}).status_code in (302, 422)
    network.refresh_from_db()
    assert network.state == "focal_point"
    assert "#id_equipment" in text_of(client, url)
    edit = {**NETWORK, "equipment": "Two handsets", "based_on": str(network.version)}
    assert client.post(f"{url}edit/", edit).status_code == 302
    for act, state in (("connect", "focal_point"), ("agree", "channel"), ("activate", "expectations")):
        client.post(f"{url}moves/{act}/", {"state": state})
    assert client.post(f"{url}moves/activate/", {"state": "expectations"}).status_code == 409
    assert Network.objects.get().state == "active"
    refused = client.post(f"{url}moves/lapse/", {"state": "active", "reason": ""})
    assert (refused.status_code, "Say why." in refused.content.decode()) == (422, True)
    refused = client.post(f"{url}contact/", {"day": "2021-01-01", "note": "Spoke at noon"})
    assert (refused.status_code, "Spoke at noon" in refused.content.decode()) == (422, True)
    assert client.post(f"{url}contact/", {"day": "2020-12-30", "note": ""}).status_code == 302
    assert client.post(f"{url}check/", {"day": "2020-12-30", "note": "Works"}).status_code == 302


def test_bad_forms_keep_what_was_typed(client: Client, bambari: Office) -> None:
    """CM-01, CM-03."""
    for url, form, field, said in (
        ("/networks/new/", {**NETWORK, "area": ""}, "Seven villages", "Choose the area."),
        ("/networks/new/", {**NETWORK, "women_members": "11"}, "Seven villages", "the women among them"),
        ("/assistants/new/", {**ASSISTANT, "key": "Jean Marie"}, "Threatened in May", "Never a name or a telephone"),
        ("/assistants/new/", {**ASSISTANT, "is_lent": "on"}, "Threatened in May", "has a last day"),
    ):
        answer = client.post(url, form)
        page = answer.content.decode()
        assert (answer.status_code, said in page, field in page) == (422, True, True)
    assert not Network.objects.exists()
    assert not LiaisonAssistant.objects.exists()


def test_keys_and_risk_notes_are_for_who_keeps_the_record(
    client: Client, bambari: Office, officer: Person, adviser: Person, scpi: Person, stranger: Person
) -> None:
    """CM-01, CM-09: no key and no note on another's page, in a history, a sheet, the API; nothing for a stranger."""
    client.post("/assistants/new/", ASSISTANT)
    assistant = LiaisonAssistant.objects.get()
    network = make_network(bambari, officer, state="active", assistant=assistant, point="FP-IPPY-9", marking=1)
    own = text_of(client, f"/assistants/{assistant.pk}/") + text_of(client, f"/networks/{network.pk}/")
    hidden = ("CLA-BAM-7", "Threatened in May", "FP-IPPY-9")
    assert [word in own for word in hidden] == [True, True, True]
    reader = as_person(scpi)
    urls = (
        f"/assistants/{assistant.pk}/", "/assistants/", f"/networks/{network.pk}/", "/networks/", "/communities/",
        "/communities/gaps/", "/", f"/api/v1/networks/{network.pk}/",
    )  # fmt: skip
    told = "".join(text_of(reader, url) for url in urls)
    for path in ("assistants", "networks"):
        told += text_of(client, f"/{path}/export.csv")
        sheet = load_workbook(io.BytesIO(client.get(f"/{path}/export.xlsx").content)).active
        told += str([[cell.value for cell in row] for row in sheet.iter_rows()])
    assert "1 focal point calls, with consent on record." in told
    assert [word in told for word in hidden] == [False, False, False]
    assert as_person(stranger).get(f"/networks/{network.pk}/").status_code == 404
    Network.objects.filter(pk=network.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/networks/{network.pk}/").status_code == 404
    for url in ("/networks/", "/networks/export.csv", "/communities/gaps/", "/api/v1/networks/", "/"):
        assert "Ippy road" not in text_of(client, url)


def test_focal_point_who_withdrew_is_offered_nowhere(client: Client, bambari: Office, officer: Person) -> None:
    """CM-09."""
    network = make_network(bambari, officer, state="active", point="FP-GONE-1")
    point = FocalPoint.objects.get()
    url = f"/networks/{network.pk}/"
    client.post(f"{url}focal-points/{point.pk}/leave/", {"act": "withdraw"})
    page = text_of(client, url)
    assert ("FP-GONE-1" in page, "WITHDRAWN-" in page) == (False, False)
    assert "1 withdrew consent; nothing of the person is kept." in page
    assert "No focal point with consent is left." in page
    second = add_focal_point(network, key="FP-2", consent_scope=["record"], consent_on=DAY, by=officer, now=NOW)
    client.post(f"{url}focal-points/{second.pk}/leave/", {"act": "down"})
    assert "stood down" in text_of(client, url)


def test_alert_is_recorded_answered_and_closed(
    client: Client, bambari: Office, officer: Person, colleague: Person
) -> None:
    """CM-02: the case opens at once; a text that another person was faster with is shown, mine is kept."""
    network = make_network(bambari, officer, state="active")
    form = {
        "channel": "mobile", "received_at": "2020-12-31T08:00", "act": "attack", "place": "Ippy",
        "text": "Strangers ask for cattle", "expected": "day", "threatening": "unknown", "people": "",
    }  # fmt: skip
    url = f"/networks/{network.pk}/alerts/new/"
    refused = client.post(url, {**form, "act": ""})
    assert (refused.status_code, "Strangers ask for cattle" in refused.content.decode()) == (422, True)
    for _turn in range(2):
        client.post(url, {**form, "once": "a"})
    alert = NetworkAlert.objects.get()
    assert WarningCase.objects.get() == alert.case
    case = text_of(client, f"/alerts/{alert.case_id}/")
    assert "The network that called" in case
    page = f"/network-alerts/{alert.pk}/"
    refused = client.post(page, {"response": "Patrol", "result": "", "act": "close", "based_on": "1"})
    assert (refused.status_code, "Write with what result." in refused.content.decode()) == (422, True)
    as_person(colleague).post(page, {"response": "Called back", "result": "", "act": "save", "based_on": "1"})
    late = client.post(page, {"response": "My words", "result": "Left", "act": "close", "based_on": "1"})
    words = late.content.decode()
    assert (late.status_code, "Called back" in words, "My words" in words) == (409, True, True)
    client.post(page, {"response": "Called back, my words", "result": "Left", "act": "close", "based_on": "2"})
    alert.refresh_from_db()
    assert (alert.closed_at is not None, alert.response) == (True, "Called back, my words")
    WarningCase.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(page).status_code == 404
    assert "Strangers ask for cattle" not in text_of(client, f"/networks/{network.pk}/")


def test_lists_are_narrowed_and_cost_the_same(
    client: Client, bambari: Office, officer: Person, django_assert_max_num_queries: Any
) -> None:
    """CM-01: state, amber, sorting; at most 12 queries at one row and at three."""
    long_ago = NOW - timedelta(days=100)
    counts: dict[str, list[int]] = {}
    plans: tuple[tuple[tuple[str, str, Any], ...], ...] = (
        (("Quiet one", "active", long_ago),),
        (("Good one", "active", NOW), ("New one", "at_risk", NOW)),
    )
    urls = ("/networks/", "/networks/?state=amber", "/assistants/", "/communities/", "/communities/gaps/")
    for turn, plan in enumerate(plans):
        for name, state, moment in plan:
            make_network(bambari, officer, name, state=state, now=moment)
            make_assistant(bambari, officer, f"CLA-{name[0]}-{turn}")
        for url in urls:
            client.get(url)
            with django_assert_max_num_queries(12) as queries:
                client.get(url)
            counts.setdefault(url, []).append(len(queries))
    assert {url: pair for url, pair in counts.items() if pair[0] != pair[1]} == {}
    amber = text_of(client, "/networks/?state=amber")
    assert ("Quiet one" in amber, "Good one" in amber) == (True, False)
    assert "Silent for 100 days. Equipment unchecked for 100 days." in amber
    assert "1 alert network has to be looked after" in text_of(client, "/")
    assert "Active alert networks" in text_of(client, f"/offices/{bambari.pk}/")


def test_api_is_for_reading_and_names_no_focal_point(client: Client, bambari: Office, officer: Person) -> None:
    """CM-01."""
    network = make_network(bambari, officer, state="active", members=10, women_members=2)
    found = client.get("/api/v1/networks/?state=active").json()["results"]
    assert [(one["ref"], one["women_percent"], one["counts_for_3_2_2"]) for one in found] == [("CAN-001", 20, False)]
    assert "focal" not in str(found)
    assert client.post("/api/v1/networks/", {"name": "x"}).status_code == 405
    assert client.delete(f"/api/v1/networks/{network.pk}/").status_code == 405


def test_periods_are_set_by_who_keeps_the_mission(
    client: Client, mission: Mission, bambari: Office, adviser: Person
) -> None:
    """CM-01: amber after the mission's own days."""
    assert client.get("/communities/periods/").status_code == 403
    keeper = as_person(adviser)
    refused = keeper.post("/communities/periods/", {"contact_days": "0", "equipment_days": "30", "based_on": "1"})
    assert refused.status_code == 422
    keeper.post("/communities/periods/", {"contact_days": "7", "equipment_days": "30", "based_on": "1"})
    assert "no contact for more than 7 days" in text_of(client, "/networks/")
    stale = keeper.post("/communities/periods/", {"contact_days": "9", "equipment_days": "30", "based_on": "1"})
    assert (stale.status_code, "Another person set the periods" in stale.content.decode()) == (422, True)


def test_threat_page_tells_its_networks(client: Client, bambari: Office, officer: Person) -> None:
    """CM-07: a priority threat without network says so, with the way to the gaps."""
    load_reference()
    threat = make_threat(bambari, "Raids", priority=1, marking=1)
    threat.areas.set(bambari.areas.all())
    url = f"/threats/{threat.pk}/"
    assert "No active alert network in Ouaka." in text_of(client, url)
    network = make_network(bambari, officer, state="active")
    page = text_of(client, url)
    assert ("No active alert network" in page, network.name in page) == (False, True)
    services.move_network(network, "lapse", state="active", reason="Gone", by=officer, now=NOW)
    assert "No active alert network in Ouaka." in text_of(client, url)
