"""CM-04, CM-05, CM-06: pages of community protection plans, on the desk and on an office's page."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from coordination.communities.plan_files import draw_plan
from coordination.models import CommunityPlan
from pocweb.choices import Marking
from pocweb.jobs import Progress
from pocweb.models import Area, AuditEvent, Job, Office, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_plans import make_plan


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(officer: Person) -> Client:
    return as_person(officer)


def test_a_plan_goes_its_way_on_its_pages(
    client: Client, bambari: Office, ouaka: Area, officer: Person, head_of_office: Person
) -> None:
    """CM-04, CM-05: begun once, edited by section with the choice of texts, moved on when nothing is missing."""
    forum = make_forum(bambari, officer)
    for _turn in range(2):
        posted = {"area": ouaka.pk, "year": "2021", "semester": "1", "marking": "2", "once": "token"}
        client.post("/community-plans/new/", posted)
    plan = CommunityPlan.objects.get()
    own = f"/community-plans/{plan.pk}/"
    refused = client.post(f"{own}do/consult/", {"based_on": "1"})
    assert (refused.status_code, "women&#x27;s organizations took part" in refused.content.decode()) == (422, True)
    client.post(f"{own}edit/action/", {"preventive": "Patrol", "no_network_reason": "No line", "based_on": "1"})
    clash = client.post(f"{own}edit/action/", {"preventive": "Escort", "based_on": "1"})
    assert (clash.status_code, "Escort" in clash.content.decode()) == (409, True)
    chosen = {"based_on": "2", "choice_preventive": "mine", "mine_preventive": "Escort"}
    assert client.post(f"{own}edit/action/", chosen).status_code == 302
    consultation = {
        "held_on": "2020-12-30",
        "with_whom": "Women",
        "womens_organizations": "on",
        "findings": "Dark road",
    }
    assert client.post(f"{own}consultations/new/", {**consultation, "held_on": "2021-02-01"}).status_code == 422
    client.post(f"{own}consultations/new/", consultation)
    client.post(f"{own}do/consult/", {})
    assert client.post(f"{own}do/review/", {}).status_code == 422
    client.post(f"{own}do/review/", {"forum": forum.pk})
    assert "It waits for the Head of Office" in client.get(own).content.decode()
    assert client.post(f"{own}do/adopt/", {}).status_code == 403
    plan.refresh_from_db()
    head = as_person(head_of_office)
    assert "Adopt it" in head.get("/").content.decode()
    assert head.post(f"{own}do/adopt/", {"based_on": plan.version - 1}).status_code == 409
    assert head.post(f"{own}do/adopt/", {"based_on": plan.version}).status_code == 302
    page = client.get(own).content.decode()
    assert ("Adopted by I. Marrow" in page, "Escort" in page, "Dark road" in page) == (True, True, True)
    assert client.get(f"{own}edit/nothing/").status_code == 404


def test_the_community_version_goes_out_only_when_a_person_has_read_it(
    client: Client, bambari: Office, ouaka: Area, officer: Person, head_of_office: Person, head_of_police: Person
) -> None:
    """CM-06: an unread one is refused, drafts have none; text and PDF are recorded and checked again at download."""
    draft = make_plan(ouaka, officer, year=2022)
    assert client.get(f"/community-plans/{draft.pk}/community/").status_code == 400
    forum = make_forum(bambari, officer)
    plan = make_plan(
        ouaka, officer, "adopted", forum, adopter=head_of_office, responses="Ring the bell", mapping="Spoilers"
    )
    address = f"/community-plans/{plan.pk}/community/"
    assert client.post(address, {"form": "text"}).status_code == 422
    text = client.post(address, {"form": "text", "read": "yes"})
    assert (text["Content-Type"], "Ring the bell" in text.content.decode(), "Spoilers" in text.content.decode()) == (
        "text/plain; charset=utf-8",
        True,
        False,
    )
    assert AuditEvent.objects.filter(verb="exported for the community").count() == 1
    assert as_person(head_of_police).get(address).status_code == 403
    client.post(f"/community-plans/{plan.pk}/pdf/")
    job = Job.objects.get(kind="community_plan_pdf")
    Job.objects.filter(pk=job.pk).update(result=draw_plan(job, Progress(job)), state="done")
    file = client.get(f"/community-plans/files/{job.pk}/")
    assert (file.status_code, b"".join(file.streaming_content)[:5]) == (200, b"%PDF-")  # type: ignore[attr-defined]
    CommunityPlan.objects.filter(pk=plan.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/community-plans/files/{job.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_lists_and_lines_of_plans_ask_the_same_whatever_their_rows(
    client: Client, bambari: Office, ouaka: Area, officer: Person, count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    """CM-04: the list within 12 queries; overdue ones are filtered, and told on the desk and the office's page."""
    for number in range(count):
        make_plan(ouaka, officer, year=2018 + number)
    late = make_plan(ouaka, officer, year=2017, semester=1)
    coming = make_plan(ouaka, officer, year=2030)
    with django_assert_max_num_queries(12):
        page = client.get("/community-plans/?due=overdue").content.decode()
    assert (f">{late.ref}<" in page, f">{coming.ref}<" in page) == (True, False)
    assert "community plans are overdue" in client.get("/").content.decode()
    assert "Community plans overdue" in client.get(f"/offices/{bambari.pk}/").content.decode()
    with django_assert_max_num_queries(25):
        assert client.get(f"/community-plans/{late.pk}/").status_code == 200
    compared = client.get(f"/community-plans/{coming.pk}/since/{late.pk}/").content.decode()
    assert "To be adopted by" in compared
