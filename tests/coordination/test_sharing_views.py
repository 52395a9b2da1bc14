"""EW-17, CO-08, CO-09, CO-10: pages of contacts, agreements, shares and blocks."""

import io
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from coordination.models import Contact, ContactShare, Share, SharingAgreement
from coordination.sharing.tasks import draw_list
from pocweb.choices import Marking
from pocweb.models import Job, Mission, Office, Person
from tests.factories.coordination_sharing import DAY, make_agreement, make_contact, make_share
from tests.factories.threats_threat import load_reference, make_actor, make_threat

CONTACT = {
    "name": "Duty officer", "organization": "Prefecture", "kind": "host_state", "phone": "Channel 4", "email": "",
    "languages": "", "office": "BAMBARI", "reviewed_on": "2020-12-01", "note": "Call before noon", "marking": "1",
}  # fmt: skip
AGREEMENT = {
    "partner": "Relief consortium", "kind": "ingo", "what": "Alerts", "use": "Convoys", "how": "By voice",
    "storage": "", "highest_marking": "2", "valid_from": "2020-07-01", "valid_to": "", "marking": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _year_end(mission: Mission) -> None:
    mission.clock_on = DAY
    mission.save(update_fields=["clock_on"])


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(officer: Person) -> Client:
    return as_person(officer)


def test_contact_is_added_once_and_checked_in_one_press(client: Client, bambari: Office) -> None:
    """EW-17."""
    page = client.get("/contacts/new/").content.decode()
    assert "never enter sources, victims or witnesses" in page
    for _turn in range(2):
        client.post("/contacts/new/", {**CONTACT, "once": "token-1"})
    contact = Contact.objects.get()
    answer = client.post(f"/contacts/{contact.pk}/check/", {"next": "/contacts/?review=soon"})
    contact.refresh_from_db()
    assert (answer.url, contact.reviewed_on) == ("/contacts/?review=soon", DAY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reviewed_on": "2021-01-01"}, "This day has not come yet."),
        ({"kind": ""}, "Choose the kind."),
        ({"office": "HQ"}, "Select a valid choice"),
        ({"name": ""}, "Give the name or function."),
    ],
)
def test_bad_contact_keeps_what_was_typed(client: Client, bambari: Office, change: dict[str, str], said: str) -> None:
    """EW-17."""
    answer = client.post("/contacts/new/", {**CONTACT, **change})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Call before noon" in answer.content.decode()
    assert not Contact.objects.exists()


def test_contacts_are_narrowed_and_never_leak(
    client: Client, bambari: Office, bria: Office, officer: Person, adviser: Person, stranger: Person
) -> None:
    """EW-17: kind, overdue, office; no contact above the clearance, of another branch or of another mission."""
    make_contact(bambari, officer, "Late desk", reviewed_on="2020-05-01", kind="ngo")
    make_contact(bambari, officer, "Good desk")
    make_contact(bria, adviser, "Bria desk")
    hidden = make_contact(bambari, officer, "Hidden desk")
    Contact.objects.filter(pk=hidden.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    everything = client.get("/contacts/").content.decode()
    assert "2 contacts in this view." in everything
    assert "60 days overdue" in everything
    assert "Bria desk" not in everything
    assert "Hidden desk" not in everything
    for query, named in (("review=overdue", "Late desk"), ("kind=host_state", "Good desk")):
        page = client.get(f"/contacts/?{query}").content.decode()
        assert "1 contact in this view." in page
        assert named in page
    facts = client.get(f"/offices/{bambari.pk}/").content.decode()
    assert "past their six-month check" in facts
    assert client.get(f"/contacts/{hidden.pk}/").status_code == 404
    assert as_person(stranger).get(f"/contacts/{Contact.objects.first().pk}/").status_code == 404
    assert "1 contact is past its check" in client.get("/").content.decode()


def test_list_is_handed_over_as_a_file(client: Client, bambari: Office, officer: Person) -> None:
    """EW-17: the file comes at once, and the log tells it."""
    make_contact(bambari, officer)
    assert client.post("/contacts/hand-over/", {"office": bambari.pk, "form": "csv"}).status_code == 422
    answer = client.post("/contacts/hand-over/", {"office": bambari.pk, "recipient": "OCHA desk", "form": "csv"})
    log = client.get("/contacts/handed-over/").content.decode()
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="contacts-BAMBARI-2020-12-31')
    assert "OCHA desk" in log
    assert ContactShare.objects.get().sha256[:16] in log


def test_list_as_pdf_is_drawn_once_by_a_job(
    client: Client, bambari: Office, officer: Person, colleague: Person, settings: Any, tmp_path: Any
) -> None:
    """EW-17: a second run of the job records nothing more; the file is its asker's, while the clearance reaches."""
    settings.MEDIA_ROOT = tmp_path
    contact = make_contact(bambari, officer)
    client.post("/contacts/hand-over/", {"office": bambari.pk, "recipient": "OCHA desk", "form": "pdf"})
    job = Job.objects.get(kind="contacts_pdf")
    for _turn in range(2):
        result = draw_list(job, lambda *_args: None)
    Job.objects.filter(pk=job.pk).update(state="done", result=result)
    answer = client.get(f"/contacts/files/{job.pk}/")
    text = PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages[0].extract_text()  # type: ignore[attr-defined]
    assert "Duty officer" in text
    assert "OCHA desk" not in text
    assert ContactShare.objects.count() == 1
    assert as_person(colleague).get(f"/contacts/files/{job.pk}/").status_code == 404
    Contact.objects.filter(pk=contact.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert client.get(f"/contacts/files/{job.pk}/").status_code == 404


def test_agreement_from_form_to_end(bambari: Office, adviser: Person) -> None:
    """CO-08."""
    client = as_person(adviser)
    client.post("/agreements/new/", {**AGREEMENT, "valid_to": "2021-01-20"})
    agreement = SharingAgreement.objects.get()
    url = f"/agreements/{agreement.pk}/"
    assert "expires in 20 days" in client.get("/agreements/").content.decode()
    answer = client.post(f"{url}edit/", {**AGREEMENT, "valid_to": "2020-01-01", "based_on": "1"})
    assert answer.status_code == 422
    assert "The last day lies before the first." in answer.content.decode()
    assert client.post(f"{url}edit/", {**AGREEMENT, "use": "All staff", "based_on": "1"}).status_code == 302
    assert client.post(f"{url}edit/", {**AGREEMENT, "use": "Drivers", "based_on": "1"}).status_code == 409
    assert client.post(f"{url}end/", {"reason": ""}).status_code == 422
    assert client.post(f"{url}end/", {"reason": "Replaced"}).status_code == 302
    assert "ended" in client.get(url).content.decode()


def share_form(agreement: SharingAgreement, **values: Any) -> dict[str, Any]:
    return {
        "agreement": agreement.pk, "recipient": "Security desk", "what": "Roads to avoid", "marking": "1", "how": "",
        "shared_at": "2020-12-31T00:00", "consent": "", **values,
    }  # fmt: skip


def test_share_is_recorded_once_and_told_on_the_threat(
    client: Client, bambari: Office, officer: Person, adviser: Person, scpi: Person
) -> None:
    """CO-08: the log, the threat's page; who may not see agreements is told nothing."""
    load_reference()
    threat = make_threat(bambari)
    agreement = make_agreement(bambari, adviser)
    data = share_form(agreement, threats=[threat.pk], once="token-1")
    for _turn in range(2):
        client.post("/shares/new/", data)
    share = Share.objects.get()
    told = f"Shared with Security desk on 31 December 2020 under {agreement.ref}"
    assert told in client.get(f"/threats/{threat.pk}/").content.decode()
    assert told not in as_person(scpi).get(f"/threats/{threat.pk}/").content.decode()
    assert "1 share in this view." in client.get(f"/shares/?threat={threat.ref}&kind=ingo").content.decode()
    assert "0 shares in this view." in client.get("/shares/?threat=T-999").content.decode()
    assert client.post(f"/shares/{share.pk}/", data).status_code == 405


def test_share_without_valid_agreement_is_refused_at_its_field(
    client: Client, bambari: Office, adviser: Person
) -> None:
    """CO-08: expired, with what was typed kept."""
    agreement = make_agreement(bambari, adviser, valid_to="2020-11-30")
    assert f"{agreement.ref} Relief consortium (expired)" in client.get("/shares/new/").content.decode()
    answer = client.post("/shares/new/", share_form(agreement))
    assert answer.status_code == 422
    assert "G-001 had expired at that moment." in answer.content.decode()
    assert "Roads to avoid" in answer.content.decode()
    assert not Share.objects.exists()


def test_block_page_lifts_with_a_reason(bambari: Office, officer: Person, adviser: Person, poc_lead: Person) -> None:
    """CO-09: the page says why, a senior person lifts, the threat's page shows it; CO-10: consent is asked."""
    load_reference()
    threat = make_threat(bambari, actors=[make_actor(bambari.mission, "army", source_of_violence="state")])
    url = f"/threats/{threat.pk}/sharing/"
    page = as_person(officer).get(url).content.decode()
    assert "Blocked for host authorities by rule" in page
    assert "Lift the block" not in page
    assert as_person(officer).post(url, {"act": "lift", "reason": "Mine"}).status_code == 403
    police = make_agreement(bambari, adviser, kind="host_state", individual_cases=True)
    answer = as_person(officer).post("/shares/new/", share_form(police, threats=[threat.pk]))
    assert "Blocked for host authorities: T-001." in answer.content.decode()
    answer = as_person(officer).post("/shares/new/", share_form(police, has_individuals="on"))
    assert "Without recorded consent nothing is shared of individuals" in answer.content.decode()
    assert as_person(poc_lead).post(url, {"act": "lift", "reason": ""}).status_code == 422
    assert as_person(poc_lead).post(url, {"act": "lift", "reason": "New commander"}).status_code == 302
    assert "New commander" in as_person(officer).get(url).content.decode()
    assert (
        "The block for host authorities was lifted."
        in as_person(officer).get(f"/threats/{threat.pk}/").content.decode()
    )


def test_log_hides_what_tells_of_a_hidden_threat(
    client: Client, bambari: Office, bria: Office, adviser: Person, stranger: Person
) -> None:
    """CO-08: a share of another branch's threat is neither listed, counted nor opened."""
    agreement = make_agreement(bambari, adviser)
    hidden = make_share(agreement, adviser, threats=[make_threat(bria)], what="Bria roads")
    assert "0 shares in this view." in client.get("/shares/").content.decode()
    assert "Bria roads" not in client.get(f"/agreements/{agreement.pk}/").content.decode()
    assert client.get(f"/shares/{hidden.pk}/").status_code == 404
    assert as_person(stranger).get(f"/agreements/{agreement.pk}/").status_code == 404
