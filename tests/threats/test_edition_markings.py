"""A marking that is raised after an edition was frozen: no reader of the old marking goes on reading it (TH-05)."""

from typing import Any

import pytest
from django.test import Client

from pocweb import jobs
from pocweb.audit import fingerprint, history_of
from pocweb.choices import Marking
from pocweb.models import Job, Office, Person
from strategy.services import edit_activity
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from tests.factories.threats_threat import make_actor
from threats.models import MatrixEdition, Threat
from threats.services.actors import edit_actor
from threats.services.matrix_files import MATRIX_PDF
from threats.services.threats import edit_threat

HIGH = Marking.STRICTLY_CONFIDENTIAL
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


@pytest.fixture
def cleared(adviser: Person) -> Person:
    """The POC Adviser with the highest clearance."""
    Person.objects.filter(pk=adviser.pk).update(clearance=HIGH)
    return Person.objects.get(pk=adviser.pk)


def raise_threat(threat: Threat, by: Person) -> None:
    threat.refresh_from_db()
    edit_threat(threat, changes={"marking": HIGH}, based_on=threat.version, by=by, now=NOON)


def test_frozen_editions_rise_with_a_threat_that_they_hold(
    officer: Person, cleared: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: only the marking of the edition moves; content, fingerprint and approvals stay; the trail says why."""
    threat = make_matrix_threat(bambari)
    old = make_edition(bambari, officer, "in_force", heads)
    Threat.objects.filter(pk=threat.pk).update(status="closed", closed_reason="Gone", closed_on=NOON.date())
    other = make_matrix_threat(bambari, "Another threat")
    tells_of_closed = make_edition(bambari, officer, "in_force", heads)
    Threat.objects.filter(pk=threat.pk).update(status="active", closed_on=None)
    before = {one.pk: (one.snapshot, one.sha256, one.state) for one in MatrixEdition.objects.all()}
    raise_threat(threat, cleared)
    for edition in (old, tells_of_closed):
        edition.refresh_from_db()
        assert edition.marking == HIGH
        assert (edition.snapshot, edition.sha256, edition.state) == before[edition.pk]
        assert fingerprint(edition.snapshot) == edition.sha256
        event = history_of(edition).first()
        assert event is not None
        assert (event.verb, event.note, event.changes["marking"][1]) == ("changed", f"follows {threat.ref}", HIGH)
    assert not MatrixEdition.objects.visible_to(officer).exists()
    assert MatrixEdition.objects.visible_to(cleared).count() == 2
    assert other.ref in {row["ref"] for row in tells_of_closed.snapshot["rows"]}


def test_editions_without_the_threat_and_drafts_stay(
    officer: Person, cleared: Person, heads: dict[str, Person], bambari: Office
) -> None:
    make_matrix_threat(bambari)
    old = make_edition(bambari, officer, "in_force", heads)
    draft = make_edition(bambari, officer)
    added = make_matrix_threat(bambari, "Added later")
    raise_threat(added, cleared)
    assert set(MatrixEdition.objects.visible_to(officer)) == {old, draft}


def test_editions_rise_with_an_activity_and_with_a_profile_that_they_tell_of(
    officer: Person, cleared: Person, bambari: Office, bria: Office
) -> None:
    """TH-05: a frozen row tells of activities and names actors; the copy rises with these too."""
    threat = make_matrix_threat(bambari)
    activity = make_activity(bambari, officer, threats=[threat])
    first = make_edition(bambari, officer, "endorsed")
    edit_activity(activity, based_on=activity.version, changes={"marking": HIGH}, by=cleared)
    first.refresh_from_db()
    assert first.marking == HIGH

    actor = make_actor(bambari.mission, "band", name="The band", short_name="Band")
    elsewhere = make_matrix_threat(bria, "Raids")
    elsewhere.actors.add(actor)
    second = make_edition(bria, cleared, "endorsed")
    elsewhere.actors.clear()
    edit_actor(actor, changes={"marking": HIGH}, based_on=actor.version, by=cleared)
    second.refresh_from_db()
    elsewhere.refresh_from_db()
    assert second.marking == HIGH
    assert elsewhere.marking < HIGH


def drawn(client: Client, address: str, given: dict[str, Any] | None = None) -> Job:
    """Ask for a PDF, let it be drawn, and return the job."""
    client.post(address, given or {})
    job = Job.objects.filter(kind=MATRIX_PDF).latest("pk")
    if job.is_open:
        jobs.run(job.pk)
        job.refresh_from_db()
    return job


def answers(client: Client, address: str) -> int:
    """Return the status of a download, its file closed."""
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)  # type: ignore[arg-type]  # a synchronous client
    return answer.status_code


@pytest.mark.parametrize("what", ["edition", "live", "closed"])
def test_stored_pdf_is_asked_again_at_each_download(
    what: str, client: Client, officer: Person, cleared: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: a PDF drawn before the marking was raised is no longer handed to who may not read its rows now."""
    threat = make_matrix_threat(bambari)
    make_edition(bambari, officer, "in_force", heads)
    if what == "closed":
        Threat.objects.filter(pk=threat.pk).update(status="closed", closed_reason="Gone", closed_on=NOON.date())
        make_matrix_threat(bambari, "Another threat")
    client.force_login(officer, backend=BACKEND)
    job = drawn(client, "/matrix/BAMBARI/export/pdf/", {"live": "1" if what != "edition" else ""})
    address = f"/matrix/files/{job.pk}/"
    assert answers(client, address) == 200
    Threat.objects.filter(pk=threat.pk).update(status="active")
    raise_threat(threat, cleared)
    assert answers(client, address) == 404
    Person.objects.filter(pk=officer.pk).update(clearance=HIGH)
    assert answers(client, address) == 200


def test_raised_edition_leaks_through_no_page(
    client: Client, officer: Person, cleared: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: list, page, comparison, exports, matrix and API say nothing of the copy to a lower clearance."""
    threat = make_matrix_threat(bambari, "Secret raid on Liwa", location="Secret raid ground")
    edition = make_edition(bambari, officer, "in_force", heads)
    client.force_login(officer, backend=BACKEND)
    pages = [
        "/matrix/BAMBARI/",
        "/matrix/BAMBARI/changes/",
        "/matrix/BAMBARI/editions/",
        f"/editions/{edition.pk}/",
        f"/editions/{edition.pk}/compare/0/",
        f"/editions/{edition.pk}/compare/0/csv/",
        f"/editions/{edition.pk}/export/csv/",
        f"/editions/{edition.pk}/export/json/",
        "/matrix/BAMBARI/export/csv/",
        f"/api/v1/editions/{edition.pk}/",
    ]
    assert [page for page in pages if "Secret raid" not in client.get(page).text] == ["/matrix/BAMBARI/editions/"]
    raise_threat(threat, cleared)
    for page in pages:
        answer = client.get(page)
        assert answer.status_code in (200, 404), page
        assert "Secret raid" not in answer.text, page
        assert threat.ref not in answer.text, page
