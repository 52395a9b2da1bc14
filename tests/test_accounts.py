"""Signing in, the second step, and the pages of one's own account."""

import base64
import hmac
import re
import time
from datetime import date

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from pocweb.models import Mission, Office, Person, Posting

PASSWORD = "seven-dry-rivers"  # noqa: S105  a test's own password
NEXT = "/account/"


@pytest.fixture
def person(db: None) -> Person:
    mission = Mission.objects.create(code="acc", name="Mission of accounts", country_code="CAF")
    office = Office.objects.add_root({"mission": mission, "code": "hq", "name": "Headquarters", "kind": "headquarters"})
    person = Person.objects.create_user("castell", password=PASSWORD, first_name="N.", last_name="Castell")
    Posting.objects.create(person=person, mission=mission, office=office, role="POCA", starts_on=date(2020, 1, 1))
    return person


def _sign_in(client: Client, password: str = PASSWORD) -> str:
    """Send the login form and return where the answer leads, or the page when it leads nowhere."""
    answer = client.post(reverse("account_login"), {"login": "castell", "password": password, "next": NEXT})
    return answer.headers.get("Location") or answer.content.decode()


def test_signing_in_opens_the_page_asked_for(client: Client, person: Person) -> None:
    assert _sign_in(client) == NEXT
    page = client.get(NEXT).content.decode()
    assert "N. Castell" in page
    assert "POC Adviser" in page
    assert "Mission of accounts" in page


def test_wrong_password_says_what_to_do_and_keeps_the_name(client: Client, person: Person) -> None:
    page = _sign_in(client, "wrong")
    assert "This name and password do not belong together. Check both." in page
    assert 'value="castell"' in page


def test_sixth_attempt_is_refused_even_with_the_right_password(client: Client, person: Person) -> None:
    for _ in range(5):
        assert "do not belong together" in _sign_in(client, "wrong")
    assert "Wait 5 minutes" in _sign_in(client)
    assert client.get(NEXT).status_code == 302


def test_closed_account_does_not_open(client: Client, person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(is_active=False)
    _sign_in(client)
    assert client.get(NEXT).status_code == 302


def test_signing_out_needs_a_post(client: Client, person: Person) -> None:
    client.force_login(person)
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get(NEXT).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(NEXT).status_code == 302


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "password/reset/", "password/set/", "confirm-email/", "login/code/"]
)
def test_pages_of_allauth_that_we_do_not_offer_are_not_there(client: Client, person: Person, path: str) -> None:
    client.force_login(person)
    assert client.get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password"])
def test_names_of_pages_not_offered_do_not_resolve(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_new_password_must_be_long_and_then_opens_the_account(client: Client, person: Person, settings) -> None:  # type: ignore[no-untyped-def]
    settings.LOGIN_REDIRECT_URL = "account_overview"
    client.force_login(person)
    address = reverse("account_change_password")
    short = client.post(address, {"oldpassword": PASSWORD, "password1": "short", "password2": "short"})
    assert "at least 12 characters" in short.content.decode()
    new = "nine-slow-ferries"
    done = client.post(address, {"oldpassword": PASSWORD, "password1": new, "password2": new}, follow=True)
    assert "Your password is changed." in done.content.decode()
    assert _sign_in(Client(), new) == NEXT


def _code(secret: str) -> str:
    """Return the six digits that an app shows now for the secret. Source: RFC 6238, 4 and RFC 4226, 5.3."""
    digest = hmac.digest(base64.b32decode(secret), int(time.time() // 30).to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def _switch_on(client: Client) -> str:
    """Switch the second step on for the signed-in person and return the secret of their app."""
    address = reverse("mfa_activate_totp")
    asked = client.get(address)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": address})
    page = client.get(address).content.decode()
    assert "<svg" in page
    secret = re.search(r'<code class="pre">([A-Z2-7]+)</code>', page)
    assert secret is not None
    answer = client.post(address, {"code": _code(secret[1])})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    return secret[1]


def test_second_step_is_asked_once_it_is_on(client: Client, person: Person) -> None:
    _sign_in(client)
    _switch_on(client)
    other = Client()
    assert _sign_in(other).startswith(reverse("mfa_authenticate"))
    assert other.get(NEXT).status_code == 302
    page = other.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert "This code is not right, or no longer." in page


def test_recovery_code_opens_the_account_once(client: Client, person: Person) -> None:
    _sign_in(client)
    _switch_on(client)
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"<li>(\d{8})</li>", page)
    assert len(codes) == 10
    other = Client()
    _sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": codes[0]}).headers["Location"] == NEXT
    third = Client()
    _sign_in(third)
    assert "This code is not right" in third.post(reverse("mfa_authenticate"), {"code": codes[0]}).content.decode()


def test_every_account_page_is_ours_and_has_no_inline_style(client: Client, person: Person) -> None:
    _sign_in(client)
    _switch_on(client)
    names = ["account_overview", "account_change_password", "mfa_index", "mfa_view_recovery_codes", "account_logout"]
    names += ["mfa_deactivate_totp", "mfa_generate_recovery_codes", "account_reauthenticate", "mfa_reauthenticate"]
    names += ["account_inactive"]
    for name in names:
        answer = client.get(reverse(name))
        page = answer.content.decode()
        assert answer.status_code == 200, name
        assert '<link rel="stylesheet" href="/static/css/pocweb.css">' in page, name
        assert " style=" not in page, name
        assert "please" not in page.lower(), name
        assert "Are you sure" not in page, name


def test_second_step_can_be_switched_off_again(client: Client, person: Person) -> None:
    _sign_in(client)
    _switch_on(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert _sign_in(Client()) == NEXT


def test_form_without_its_token_is_told_what_to_do(person: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("account_login"), {"login": "castell", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form was open too long" in answer.content.decode()


def test_unknown_address_says_what_to_do(client: Client, person: Person) -> None:
    client.force_login(person)
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "This page is not here" in answer.content.decode()
