"""A form that arrives twice is done once: a double click, or a connection that broke before the answer."""

import re
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from pocweb import jobs
from pocweb.models import Area, Job, Mission, Office, Person, SentForm
from strategy.models import Activity
from tests.factories.threats_threat import load_reference, make_threat
from tests.security.test_sources import form_data
from threats.models import Assessment, Incident, Threat

TOKEN = re.compile(r'name="once" value="([^"]+)"')


def token_of(client: Client, url: str) -> str:
    found = TOKEN.search(client.get(url).content.decode())
    assert found is not None, url
    return found[1]


def send_twice(client: Client, url: str, data: dict[str, Any]) -> list[Any]:
    """Send what a browser sends twice when the button is clicked twice, and return both answers."""
    data = {**data, "once": token_of(client, url)}
    return [client.post(url, data) for _time in range(2)]


@pytest.mark.django_db
def test_incident_sent_twice_is_recorded_once(client: Client, bambari: Office, ouaka: Area, officer: Person) -> None:
    client.force_login(officer)
    first, second = send_twice(client, "/incidents/new/", form_data())
    assert Incident.objects.count() == 1
    assert first.url == second.url == f"/incidents/{Incident.objects.get().pk}/"
    assert "arrived twice" in client.get(second.url).content.decode()


@pytest.mark.django_db
def test_what_was_changed_after_going_back_is_no_repetition(
    client: Client, bambari: Office, ouaka: Area, officer: Person
) -> None:
    """The page that a browser goes back to has the same token; what a person then writes anew is never dropped."""
    client.force_login(officer)
    data = form_data(once=token_of(client, "/incidents/new/"))
    client.post("/incidents/new/", data)
    client.post("/incidents/new/", {**data, "title": "Another night, another village"})
    assert Incident.objects.count() == 2


@pytest.mark.django_db
def test_a_refused_form_can_be_sent_again(client: Client, bambari: Office, ouaka: Area, officer: Person) -> None:
    client.force_login(officer)
    data = form_data(once=token_of(client, "/incidents/new/"), area="Nowhere")
    assert [client.post("/incidents/new/", data).status_code for _time in range(2)] == [422, 422]
    assert client.post("/incidents/new/", {**data, "area": "Ouaka (CF42)"}).status_code == 302
    assert SentForm.objects.exclude(url="").count() == 1


@pytest.mark.django_db
def test_token_of_one_person_does_nothing_for_another(
    client: Client, bambari: Office, ouaka: Area, officer: Person, adviser: Person
) -> None:
    client.force_login(officer)
    data = form_data(once=token_of(client, "/incidents/new/"))
    client.post("/incidents/new/", data)
    client.force_login(adviser)
    answer = client.post("/incidents/new/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Incident.objects.count() == 2


@pytest.mark.django_db
def test_rating_sent_twice_keeps_its_trend(client: Client, bambari: Office, officer: Person) -> None:
    """The same rating again would compare with itself and say that nothing rises."""
    load_reference()
    threat = make_threat(bambari)
    client.force_login(officer)
    url = f"/threats/{threat.pk}/assess/"
    client.post(url, {"cell": "2-2", "reason": "Quiet so far", "confidence": "2", "once": token_of(client, url)})
    send_twice(client, url, {"cell": "4-5", "reason": "Attacks each week", "confidence": "2"})
    assert Assessment.objects.count() == 2
    assert Threat.objects.get().trend == "rising"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "model", "data"),
    [
        ("/threats/new/", Threat, {"title": "Raids", "areas": ["CF42"], "marking": "2"}),
        ("/activities/new/", Activity, {"title": "Patrols", "tier": "2", "phases": ["response"], "marking": "2"}),
    ],
)
def test_new_records_sent_twice_are_recorded_once(
    client: Client, bambari: Office, officer: Person, url: str, model: Any, data: dict[str, Any]
) -> None:
    component = bambari.mission.components.first()
    more = {"office": "BAMBARI" if model is Threat else bambari.pk, "component": component.pk}
    lists = {f"{name}-{part}_FORMS": 0 for name in ("groups", "protection_actors") for part in ("TOTAL", "INITIAL")}
    client.force_login(officer)
    first, second = send_twice(client, url, {**data, **more, **lists})
    assert (first.status_code, second.status_code) == (302, 302)
    assert model.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sendings_at_the_same_moment_record_one(bambari: Office, ouaka: Area, officer: Person) -> None:
    clients = [Client(), Client()]
    for one in clients:
        one.force_login(officer)
    data = form_data(once=token_of(clients[0], "/incidents/new/"))
    start, answers = Barrier(2), []

    def send(one: Client) -> None:
        start.wait(timeout=20)
        answers.append(one.post("/incidents/new/", data))
        connections.close_all()

    threads = [Thread(target=send, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Incident.objects.count() == 1


@pytest.mark.django_db
def test_work_with_long_arguments_is_not_taken_for_other_work(mission: Mission, officer: Person) -> None:
    """Two exports whose filters differ in their last letters are two pieces of work."""
    for end in ("a", "b"):
        arguments = {"filters": "x" * 200 + end}
        jobs.ask("export", mission=mission, by=officer, title="Export", arguments=arguments, marking=1)
    assert Job.objects.count() == 2


@pytest.mark.django_db
def test_two_people_who_ask_for_the_same_work_each_see_a_job(
    client: Client, mission: Mission, officer: Person, adviser: Person
) -> None:
    for person in (officer, adviser):
        job = jobs.ask("check", mission=mission, by=person, title="Check", arguments={"of": 1}, marking=1)
        assert job.asked_by == person
