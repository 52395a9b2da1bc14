"""How people sign in: the rules given to django-allauth, and the page of one's own account.

Accounts are made by the mission's administrator; nobody signs up, and a forgotten password is set anew by the
administrator, since mail is not a safe channel for it. What to write into the audit trail listens to allauth's signals.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET


class AccountAdapter(DefaultAccountAdapter):
    """allauth with sign-up closed and our own words."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Ask your administrator to open it."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("Too many attempts. Wait 5 minutes, then try again."),
        "too_many_login_attempts": _(
            "Too many wrong attempts. Wait 5 minutes, then try again, or ask your administrator for a new password."
        ),
        "username_password_mismatch": _("This name and password do not belong together. Check both."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are made by the administrator."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the start page, where the message says that the password was changed."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)


class SecondStepAdapter(DefaultMFAAdapter):
    """The second step of login in our own words."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_generate_recovery_codes": _("Switch the second step on first; recovery codes belong to it."),
        "incorrect_code": _("This code is not right, or no longer. Take the one that is shown now."),
    }

    def get_totp_label(self, user: Any) -> str:
        """Return the name that the app on the phone shows beside the code: the name for signing in, not an address."""
        return user.get_username()


@require_GET
def account_overview(request: HttpRequest) -> HttpResponse:
    """Show the signed-in person what the system knows of them: name, clearance, postings, second step of login."""
    person: Any = request.user
    context = {"person": person, "postings": person.active_postings, "has_second_step": is_mfa_enabled(person)}
    return render(request, "account/overview.html", context)
