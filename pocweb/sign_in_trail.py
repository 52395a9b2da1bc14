"""Sign-in, sign-out and refused sign-in as audit events, and the point from which "since your last visit" counts.

A name that belongs to no account is never written down: people type passwords into the wrong field.
"""

from typing import Any

from allauth.account.signals import password_changed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from pocweb.audit import record_event
from pocweb.models import AuditEvent, Person, Posting

SESSION_KEY = "last_visit"


def last_own_event(user: Any) -> AuditEvent | None:
    """Return the last act of the person in the mission of their posting: where their last visit ended."""
    if user.posting is None:
        return None
    return AuditEvent.objects.filter(actor=user, mission=user.mission).order_by("-seq").first()


@receiver(user_logged_in, dispatch_uid="pocweb_signed_in")
def signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Remember where the last visit ended, and record the sign-in."""
    if user.posting is None:
        return
    before = last_own_event(user)
    if before is not None and hasattr(request, "session"):
        request.session[SESSION_KEY] = {"seq": before.seq, "at": before.at.isoformat()}
    _record(user, "signed in", user.posting)


@receiver(user_logged_out, dispatch_uid="pocweb_signed_out")
def signed_out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Record the sign-out of somebody who was signed in."""
    if user is not None and user.posting is not None:
        _record(user, "signed out", user.posting)


@receiver(user_login_failed, dispatch_uid="pocweb_sign_in_refused")
def sign_in_refused(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Record a refused sign-in under the posting of the account that was named, if there is one."""
    person = Person.objects.filter(username__iexact=str(credentials.get("username") or "")).first()
    if person is not None and person.posting is not None:
        _record(None, "sign-in refused", person.posting)


@receiver(password_changed, dispatch_uid="pocweb_password_changed")
def password_was_changed(sender: Any, user: Any, **kwargs: Any) -> None:
    """Record that a person changed their own password."""
    if user.posting is not None:
        _record(user, "password changed", user.posting)


def _record(actor: Any, verb: str, posting: Posting) -> None:
    with transaction.atomic():
        record_event(actor, verb, posting)
