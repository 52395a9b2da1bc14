"""E-mails of notices: at once, or once a day. They hold a reference, general words and a link, never the notice.

An e-mail leaves the house, so its words come from this file, the labels of topics and `Notice.ref` alone.

Sending is at least once: a row is claimed with a lease, sent, and marked sent. A process killed between the last two
leaves the row to the next, which sends the same e-mail again, with the same Message-ID, by which mail servers and
programs drop the double. Nothing is held locked while the mail server is spoken to.
"""

import logging
import smtplib
import uuid
from datetime import datetime, timedelta
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.audit import fingerprint
from pocweb.choices import MailState
from pocweb.models import Notice
from pocweb.notices import topic_of
from pocweb.people import people_visible_to
from pocweb.schedule import register_tick

log = logging.getLogger(__name__)

AT_ONCE_EVERY_SECONDS = 0  # at each look at the schedule
DIGEST_EVERY_SECONDS = 60
ROUND_SECONDS = 20
"""How long one round sends before the next takes over, so that other rounds are not kept waiting."""
FIRST_WAIT = timedelta(minutes=1)
REFUSED = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError, ValueError)
"""What is wrong with one e-mail; every other error is the server's, and ends the round."""
GENERAL_WORDS = gettext_lazy("Notice")


def send_at_once(now: datetime | None = None) -> int:
    """Send the e-mails that wait for nothing; return how many were sent."""
    return _send_all(lambda moment: _take(Q(mail_group=None), moment), message_of)


def send_digest(now: datetime | None = None) -> int:
    """Send one e-mail to each person for the notices of a day whose hour has come; return how many were sent."""
    return _send_all(lambda moment: _take(Q(mail_group__isnull=False), moment), digest_of)


def _send_all(take: Any, write: Any) -> int:
    """Send until nothing waits, the round is over, or the mail server does not answer; return how many were sent."""
    sent, ends_at = 0, timezone.now() + timedelta(seconds=ROUND_SECONDS)
    connection = get_connection()
    try:
        while timezone.now() < ends_at and (rows := take(timezone.now())):
            with translation.override(settings.LANGUAGE_CODE):
                message = write(rows)
            message.connection = connection
            try:
                connection.open()
                message.send()
            except (OSError, *REFUSED) as error:
                _put_back(rows, error)
                if not isinstance(error, REFUSED):
                    log.warning("The mail server does not answer: %s", error)
                    break
            else:
                _mark(rows, mail_state=MailState.SENT, mail_sent_at=timezone.now(), mail_error="")
                sent += 1
    finally:
        connection.close()
    return sent


# --- claiming ---------------------------------------------------------------------------------------------------------


def _take(which: Q, now: datetime) -> list[Notice]:
    """Claim the next e-mail for this process and return its rows, one for an e-mail at once; empty if none waits.

    Rows that no longer should be told (read meanwhile in the day's e-mail, clearance or account gone) are dropped.
    """
    while True:
        waiting = Notice.objects.filter(which, _claimable(now))
        first = waiting.order_by("mail_from", "pk").values("pk", "person", "mail_group").first()
        if first is None:
            return []
        claim = uuid.uuid4().hex
        mine = Q(person=first["person"], mail_group=first["mail_group"]) if first["mail_group"] else Q(pk=first["pk"])
        Notice.objects.filter(mine, _claimable(now)).update(
            mail_claim=claim,
            mail_claimed_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
            mail_attempts=F("mail_attempts") + 1,
        )
        rows = list(Notice.objects.filter(mail_claim=claim).select_related("person").order_by("pk"))
        dropped = [row for row in rows if not _still_wanted(row)]
        _mark(dropped, mail_state=MailState.NONE)
        if kept := [row for row in rows if _still_wanted(row)]:
            return kept


def _claimable(now: datetime) -> Q:
    free = Q(mail_claimed_until=None) | Q(mail_claimed_until__lt=now)
    return free & Q(mail_state=MailState.WAITING, mail_from__lte=now)


def _still_wanted(row: Notice) -> bool:
    """Say whether a claimed row still belongs into an e-mail.

    What was read in time is left out of the day's e-mail, but not once that was tried: a second try sends the same.
    """
    person = row.person
    read_in_time = row.mail_group is not None and row.read_at is not None and row.mail_attempts == 1
    return _can_arrive(person.email) and person.is_active and person.clearance >= row.marking and not read_in_time


def _can_arrive(address: str) -> bool:
    """Say whether an address can receive: one that ends in "invalid" (RFC 2606), as in the demo, reaches files only."""
    to_server = settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
    return bool(address) and not (to_server and address.endswith(".invalid"))


def _mark(rows: list[Notice], **columns: Any) -> None:
    """Store what became of rows of one claim, as far as this process still holds them."""
    held = Notice.objects.filter(pk__in=[row.pk for row in rows], mail_claim__in={row.mail_claim for row in rows})
    held.update(**columns, mail_claim="", mail_claimed_until=None)


def _put_back(rows: list[Notice], error: Exception) -> None:
    """Let an e-mail wait twice as long as after its last attempt, or give it up after the last."""
    said = f"{type(error).__name__}: {error}"[:200]
    attempts = min(row.mail_attempts for row in rows)
    if attempts >= settings.MAIL_MAX_ATTEMPTS:
        _mark(rows, mail_state=MailState.FAILED, mail_error=said)
        log.error("The e-mail of notice %s was given up: %s", rows[0].pk, said)
    else:
        _mark(rows, mail_from=timezone.now() + FIRST_WAIT * 2 ** (attempts - 1), mail_error=said)


# --- writing ----------------------------------------------------------------------------------------------------------


def general_words(row: Notice) -> str:
    """Return all that an e-mail says of a notice: its topic in general words, and the reference."""
    label = topic_label(row)
    return f"{label}, {row.ref}" if row.ref else label


def topic_label(row: Notice) -> str:
    """Return the words of the notice's topic; of one that this installation no longer knows, "Notice"."""
    topic = topic_of(row.topic)
    return str(topic.label if topic else GENERAL_WORDS)


def _link(row: Notice) -> str:
    return settings.PUBLIC_URL + reverse("pocweb:notice-open", args=[row.pk])


def message_of(rows: list[Notice]) -> EmailMessage:
    """Return the e-mail of one notice."""
    row = rows[0]
    words = general_words(row)
    body = _("A notice waits for you in pocweb: %(words)s.") % {"words": words}
    return _message(row, f"pocweb: {words}", f"{body}\n\n{_link(row)}\n", f"notice-{row.pk}")


def digest_of(rows: list[Notice]) -> EmailMessage:
    """Return the daily e-mail: a line and a link for each notice.

    Its Message-ID names the notices in it, so that one that came late in its own e-mail is never taken for a double.
    """
    count = ngettext("%(n)s notice waits for you in pocweb", "%(n)s notices wait for you in pocweb", len(rows))
    subject = count % {"n": len(rows)}
    lines = "".join(f"- {general_words(row)}\n  {_link(row)}\n" for row in rows)
    name = f"day-{rows[0].person_id}-{fingerprint([row.pk for row in rows])[:32]}"
    return _message(rows[0], f"pocweb: {subject}", f"{subject}:\n\n{lines}", name)


def _message(row: Notice, subject: str, body: str, name: str) -> EmailMessage:
    why = _("E-mails hold no more than this on purpose. Choose which of them you get:")
    end = f"\n{why}\n{settings.PUBLIC_URL}{reverse('pocweb:notice-choices')}\n"
    headers = {
        "Message-ID": f"<{name}@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}>",
        "Date": formatdate(),
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(subject, body + end, to=[row.person.email], headers=headers)


# --- what could not be sent -------------------------------------------------------------------------------------------


def failed_for(user: Any) -> Any:
    """Return the notices whose e-mail was given up, of the people whose accounts the user sees."""
    return Notice.objects.filter(mail_state=MailState.FAILED, person__in=people_visible_to(user))


def send_again(user: Any) -> int:
    """Let the e-mails that were given up wait anew; return how many."""
    return failed_for(user).update(
        mail_state=MailState.WAITING, mail_attempts=0, mail_from=timezone.now(), mail_error=""
    )


def register() -> None:
    """Add the two rounds that send."""
    register_tick("send_mail", AT_ONCE_EVERY_SECONDS, send_at_once)
    register_tick("send_digest", DIGEST_EVERY_SECONDS, send_digest)
