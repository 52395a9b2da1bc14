"""Signing in, sessions, headers: the doors of the house."""

from typing import Any

import pytest
from django.test import Client

from pocweb.models import Area, Job, Mission, Office, Person
from pocweb.people import set_open, set_password
from tests.factories.threats_incident import make_incident
from tests.security.test_sources import text_of

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"


def sign_in(client: Client, name: str, password: str, **more: str) -> Any:
    return client.post(LOGIN, {"login": name, "password": password, **more})


def test_five_wrong_passwords_close_the_name_for_a_while_and_no_other(
    client: Client, officer: Person, adviser: Person
) -> None:
    for _time in range(5):
        assert sign_in(client, "officer", "wrong-password").status_code == 200
    assert "_auth_user_id" not in client.session
    sign_in(client, "officer", "officerofficer")
    assert "_auth_user_id" not in client.session
    assert sign_in(Client(), "adviser", "adviseradviser").status_code == 302


def test_unknown_name_and_wrong_password_are_answered_alike(client: Client, officer: Person) -> None:
    said = []
    for name in ("officer", "nobody1"):
        page = text_of(sign_in(Client(), name, "wrong-password"))
        said.append("do not belong together" in page)
    assert said == [True, True]


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_host(client: Client, officer: Person, address: str) -> None:
    answer = sign_in(client, "officer", "officerofficer", next=address)
    assert answer.status_code == 302
    assert answer.url == "/"


def test_session_is_a_new_one_after_signing_in(client: Client, officer: Person) -> None:
    client.get(LOGIN)
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = before = session.session_key or ""
    sign_in(client, "officer", "officerofficer")
    assert client.session.session_key != before


def test_new_password_and_closed_account_end_open_sessions(
    client: Client, officer: Person, administrator: Person
) -> None:
    client.force_login(officer)
    assert client.get("/").status_code == 200
    set_password(officer, by=administrator, password="river-stone-lamp-9")
    assert client.get("/").status_code == 302
    client.force_login(Person.objects.get(pk=officer.pk))
    set_open(officer, by=administrator, is_active=False)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("url", ["/", "/incidents/", "/incidents/export.csv", "/matrix/BAMBARI/export/csv/", LOGIN])
def test_every_answer_forbids_foreign_script_frames_and_guessed_types(
    client: Client, mission: Mission, bambari: Office, ouaka: Area, officer: Person, url: str
) -> None:
    make_incident(mission, ouaka)
    if url != LOGIN:
        client.force_login(officer)
    answer = client.get(url)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    if "export" in url:
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize("url", ["/incidents/new/", "/api/v1/incidents/", "/imports/new/", "/access/set/"])
def test_posts_without_a_token_are_refused(adviser: Person, administrator: Person, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator if "access" in url else adviser)
    answer = client.post(url, {"title": "Forged"})
    assert answer.status_code == 403
    assert "CSRF" in text_of(answer) or "403_csrf.html" in [one.name for one in answer.templates]


def test_cells_of_exports_are_no_formulas(
    client: Client, mission: Mission, bambari: Office, ouaka: Area, officer: Person
) -> None:
    make_incident(mission, ouaka, title='=HYPERLINK("http://evil.example","look")', place="@SUM(A1)")
    client.force_login(officer)
    text = text_of(client.get("/incidents/export.csv"))
    assert not any(cell.lstrip('"').startswith(("=", "@")) for cell in text.split(","))


def test_reading_an_address_starts_no_work(client: Client, bambari: Office, officer: Person) -> None:
    """A link from elsewhere is followed with the person's session; it draws no PDF."""
    client.force_login(officer)
    assert client.get("/matrix/BAMBARI/export/pdf/").status_code == 405
    assert not Job.objects.exists()
    assert client.post("/matrix/BAMBARI/export/pdf/").status_code == 302
    assert Job.objects.count() == 1
