"""Notices: told once per key and person, counted exactly, never above the clearance, nothing sensitive by e-mail."""

import smtplib
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pocweb import notice_mail, notices
from pocweb.audit import hold_chain
from pocweb.choices import MailState, Marking, NoticeMode, Role
from pocweb.models import Mission, Notice, NoticeChoice, Office, Person
from pocweb.notices import Line, notify, notify_all
from pocweb.people import end_posting, set_clearance
from tests.factories.mission import TODAY, make_person, make_posting
from tests.factories.notices import make_notice

NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)
SECRET = "Gunmen of Kadjama near the well of Liwa"


@pytest.fixture(autouse=True)
def _topics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know three topics of these tests alone."""
    monkeypatch.setattr(notices, "_topics", {})
    notices.register_topic("plain", "Action point", NoticeMode.AT_ONCE)
    notices.register_topic("daily", "Contact to check", NoticeMode.DIGEST)
    notices.register_topic("alarm", "Early warning", NoticeMode.AT_ONCE, urgent=True)


def tell(people: Any, mission: Mission, *, key: str = "one", topic: str = "plain", **changed: Any) -> int:
    told = {"text": SECRET, "url": "/about/?near=Liwa", "marking": Marking.CONFIDENTIAL, "ref": "A-017", **changed}
    return notify(people, topic=topic, key=key, mission=mission, now=NOW, **told)


def count_of(person: Person) -> tuple[int, int]:
    """Return the count that pages show, and the unread notices that there are."""
    person.refresh_from_db()
    return person.unread_notices, Notice.objects.filter(person=person, read_at=None).count()


def give_address(*people: Person) -> None:
    for person in people:
        person.email = f"{person.username}@example.org"
        person.save(update_fields=["email"])


def test_notice_is_told_once_per_person_and_key(officer: Person, adviser: Person, mission: Mission) -> None:
    told = [
        tell([officer], mission),
        tell([officer, adviser.pk, officer], mission),
        tell([officer, adviser], mission, text="Other words"),
        tell([officer], mission, key="two"),
        tell([officer], mission, key="x" * 500),
        tell([officer], mission, key="x" * 500),
    ]

    assert told == [1, 1, 0, 1, 1, 0]
    assert (count_of(officer), count_of(adviser)) == ((3, 3), (1, 1))
    first = Notice.objects.get(person=officer, key="one")
    assert (first.text, first.ref, first.at, first.mail_state) == (SECRET, "A-017", NOW, MailState.NONE)


@pytest.mark.django_db(transaction=True)
def test_same_thing_told_twice_at_once_counts_once(officer: Person, mission: Mission) -> None:
    """Two that both found nothing told: the second waits for the first, writes nothing and counts nothing."""
    told: list[int] = []

    def tell_too() -> None:
        told.append(tell([officer], mission))
        connection.close()

    other = threading.Thread(target=tell_too)
    with transaction.atomic():
        told.append(tell([officer], mission))
        other.start()
        time.sleep(0.3)
    other.join(20)

    assert (told, count_of(officer)) == ([1, 0], (1, 1))


@pytest.mark.django_db(transaction=True)
def test_telling_and_a_new_clearance_do_not_wait_for_each_other(
    officer: Person, administrator: Person, mission: Mission
) -> None:
    """Both hold the mission's chain before the person, so one goes after the other."""
    holds, told = threading.Event(), []

    def act_and_tell() -> None:
        with transaction.atomic():
            hold_chain(mission)
            holds.set()
            time.sleep(0.3)
            told.append(tell([officer], mission))
        connection.close()

    other = threading.Thread(target=act_and_tell)
    other.start()
    assert holds.wait(20)
    set_clearance(officer, by=administrator, clearance=Marking.STRICTLY_CONFIDENTIAL)
    other.join(20)

    assert (told, count_of(officer), officer.clearance) == ([1], (1, 1), Marking.STRICTLY_CONFIDENTIAL)


def test_undone_transaction_tells_and_counts_nothing(officer: Person, mission: Mission) -> None:
    with transaction.atomic():
        tell([officer], mission)
        transaction.set_rollback(True)

    assert count_of(officer) == (0, 0)


def test_nobody_is_told_what_they_may_not_see(
    officer: Person, stranger: Person, colleague: Person, adviser: Person, bambari: Office, mission: Mission
) -> None:
    Person.objects.filter(pk=colleague.pk).update(is_active=False)
    past = make_person("past", Role.SECT, bambari, "poc")
    past.postings.update(ends_on=TODAY - timedelta(days=1))
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)  # the object knows it not yet

    people = [officer, stranger, colleague, past, adviser]
    assert tell(people, mission, marking=Marking.STRICTLY_CONFIDENTIAL) == 1
    assert list(Notice.objects.values_list("person", flat=True)) == [adviser.pk]
    assert tell(people, mission, key="two") == 2


def test_queries_do_not_grow_with_people_and_lines(officer: Person, adviser: Person, mission: Mission) -> None:
    def queries(people: list[int], keys: list[str]) -> int:
        lines = [Line(tuple(people), "plain", key, "Words", "/about/", Marking.CONFIDENTIAL) for key in keys]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            notify_all(lines, mission=mission, now=NOW)
        return len(seen)

    tell([officer], mission, key="first")  # the mission's chain begins
    few = queries([officer.pk], ["a"])
    assert queries([officer.pk, adviser.pk], ["b", "c", "d"]) == few <= 11
    assert queries([officer.pk, adviser.pk], ["b", "c", "d"]) <= 3


@pytest.mark.parametrize(
    ("topic", "choice", "expected"),
    [
        ("plain", None, MailState.WAITING),
        ("plain", NoticeMode.IN_APP, MailState.NONE),
        ("plain", NoticeMode.OFF, None),
        ("daily", None, MailState.WAITING),
        ("alarm", NoticeMode.IN_APP, MailState.NONE),
        ("alarm", NoticeMode.OFF, MailState.WAITING),  # cannot be switched off
        ("alarm", NoticeMode.DIGEST, MailState.WAITING),
    ],
)
def test_choice_decides_how_a_person_hears(
    officer: Person, mission: Mission, topic: str, choice: str | None, expected: str | None
) -> None:
    give_address(officer)
    if choice:
        NoticeChoice.objects.create(person=officer, topic=topic, how=choice)

    tell([officer], mission, topic=topic)

    row = Notice.objects.filter(person=officer).first()
    assert (row.mail_state if row else None) == expected
    if row and row.mail_state == MailState.WAITING:
        assert (row.mail_group is not None) == (topic == "daily")


def test_email_holds_reference_topic_and_link_and_no_other_word_of_the_notice(
    officer: Person, mission: Mission
) -> None:
    """Nothing sensitive in the text of an e-mail, at once or daily: a reference and a link."""
    give_address(officer)
    tell([officer], mission, key="a", url="/threats/7/?near=Liwa")
    tell([officer], mission, key="b", topic="daily", ref="well of Liwa")
    row, daily = Notice.objects.order_by("key")
    Notice.objects.update(mail_from=NOW)

    assert (notice_mail.send_at_once(), notice_mail.send_digest()) == (1, 1)

    first, second = mail.outbox
    told = "E-mails hold no more than this on purpose. Choose which of them you get:"
    end = f"\n{told}\nhttp://127.0.0.1:8000/notices/choices/\n"
    link = "http://127.0.0.1:8000/notices/{}/open/"
    assert (first.subject, first.to) == ("pocweb: Action point, A-017", ["officer@example.org"])
    words = "A notice waits for you in pocweb: Action point, A-017."
    assert first.body == f"{words}\n\n{link.format(row.pk)}\n{end}"
    assert second.subject == "pocweb: 1 notice waits for you in pocweb"
    line = f"- Contact to check\n  {link.format(daily.pk)}\n"
    assert second.body == f"1 notice waits for you in pocweb:\n\n{line}{end}"
    for message in mail.outbox:
        whole = message.message().as_string()
        assert not [word for word in (*SECRET.split(), "/threats/") if len(word) > 3 and word in whole]
    assert set(Notice.objects.values_list("mail_state", flat=True)) == {MailState.SENT}
    assert (notice_mail.send_at_once(), notice_mail.send_digest(), len(mail.outbox)) == (0, 0, 2)


def test_daily_email_waits_for_its_hour_and_leaves_out_what_was_read(officer: Person, mission: Mission) -> None:
    give_address(officer)
    for key in "abc":
        tell([officer], mission, key=key, topic="daily", ref=f"K-00{ord(key) - 96}")
    assert (notice_mail.send_at_once(), notice_mail.send_digest(), mail.outbox) == (0, 0, [])

    notices.mark_read(officer, Notice.objects.filter(key="b"))
    Notice.objects.update(mail_from=NOW)
    notice_mail.send_digest()

    (message,) = mail.outbox
    assert [line for line in message.body.splitlines() if line.startswith("-")] == [
        "- Contact to check, K-001",
        "- Contact to check, K-003",
    ]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 3, 1, 5, 59, tzinfo=UTC), datetime(2026, 3, 1, 6, tzinfo=UTC)),
        (datetime(2026, 3, 1, 6, 0, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)),
        (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), datetime(2027, 1, 1, 6, tzinfo=UTC)),
    ],
)
def test_daily_email_goes_at_its_hour(now: datetime, expected: datetime) -> None:
    assert notices.next_digest(now) == expected


@pytest.mark.parametrize(
    "columns",
    [
        {"is_active": False},
        {"email": ""},
        {"clearance": Marking.UNCLASSIFIED},
        {"email": "officer@demo.invalid"},  # nothing goes out to the people of a demo mission
    ],
)
def test_email_is_dropped_for_who_may_no_longer_get_it(
    officer: Person, mission: Mission, columns: dict[str, Any], settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # where nobody listens
    give_address(officer)
    tell([officer], mission)
    Person.objects.filter(pk=officer.pk).update(**columns)

    assert (notice_mail.send_at_once(), mail.outbox) == (0, [])
    assert Notice.objects.get().mail_state == MailState.NONE


def test_row_claimed_by_a_dead_process_is_sent_again_with_the_same_message_id(
    officer: Person, mission: Mission, settings: Any
) -> None:
    """At least once: the process died after sending and before it said so."""
    give_address(officer)
    tell([officer], mission)
    tell([officer], mission, key="day", topic="daily")
    Notice.objects.update(mail_from=NOW)
    notice_mail.send_at_once(), notice_mail.send_digest()
    held = notices.timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    Notice.objects.update(mail_state=MailState.WAITING, mail_claim="dead", mail_claimed_until=held)

    assert (notice_mail.send_at_once(), notice_mail.send_digest()) == (0, 0)  # in living hands, as far as is known
    Notice.objects.update(mail_claimed_until=NOW, read_at=NOW)
    assert (notice_mail.send_at_once(), notice_mail.send_digest()) == (1, 1)

    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert (ids[0], ids[1]) == (ids[2], ids[3])
    assert len(set(ids)) == 2


class Refusing(EmailBackend):
    """A mail server that knows everybody but the officer, or does not answer at all."""

    is_away = False
    tries = 0

    def send_messages(self, messages: Any) -> int:
        type(self).tries += 1
        if self.is_away:
            raise ConnectionRefusedError("no line")
        if messages[0].to == ["officer@example.org"]:
            raise smtplib.SMTPRecipientsRefused({"officer@example.org": (550, b"unknown")})
        return super().send_messages(messages)


def test_refused_email_waits_longer_each_time_and_is_given_up_and_shown(
    officer: Person, adviser: Person, administrator: Person, mission: Mission, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.test_notices.Refusing"
    settings.MAIL_MAX_ATTEMPTS = 2
    Refusing.is_away, Refusing.tries = False, 0
    give_address(officer, adviser)
    tell([officer, adviser], mission)

    assert (notice_mail.send_at_once(), Refusing.tries) == (1, 2)  # one refusal does not keep the other waiting
    row = Notice.objects.get(person=officer)
    assert (row.mail_state, row.mail_attempts) == (MailState.WAITING, 1)
    assert row.mail_from > notices.timezone.now() + timedelta(seconds=50)
    Notice.objects.filter(pk=row.pk).update(mail_from=NOW)
    assert notice_mail.send_at_once() == 0
    row.refresh_from_db()
    assert (row.mail_state, "550" in row.mail_error) == (MailState.FAILED, True)

    client = Client()
    client.force_login(administrator)
    page = client.get(reverse("pocweb:person-list")).content.decode()
    assert "1 e-mail of a notice could not be sent." in page
    assert "550" in page
    client.post(reverse("pocweb:notice-mail-again"))
    row.refresh_from_db()
    assert (row.mail_state, row.mail_attempts) == (MailState.WAITING, 0)


def test_silent_mail_server_costs_one_try_a_round(
    officer: Person, adviser: Person, mission: Mission, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.test_notices.Refusing"
    Refusing.is_away, Refusing.tries = True, 0
    give_address(officer, adviser)
    tell([officer, adviser], mission)

    assert (notice_mail.send_at_once(), Refusing.tries) == (0, 1)
    assert set(Notice.objects.values_list("mail_state", flat=True)) == {MailState.WAITING}


def test_count_follows_reading_clearance_and_postings(
    officer: Person, administrator: Person, mission: Mission, bambari: Office
) -> None:
    for key in "abc":
        tell([officer], mission, key=key)
    tell([officer], mission, key="d", marking=Marking.UNCLASSIFIED)

    assert notices.mark_read(officer, Notice.objects.filter(key="a")) == 1
    assert notices.mark_read(officer, Notice.objects.filter(key="a")) == 0
    assert (officer.unread_notices, count_of(officer)) == (3, (3, 3))
    set_clearance(officer, by=administrator, clearance=Marking.UNCLASSIFIED)
    assert count_of(officer)[0] == 1
    notices.mark_read(officer, Notice.objects.all())
    assert count_of(officer)[0] == 0
    set_clearance(officer, by=administrator, clearance=Marking.CONFIDENTIAL)
    assert count_of(officer)[0] == 0


def test_list_shows_ones_own_up_to_the_clearance_of_today(
    officer: Person, adviser: Person, administrator: Person, mission: Mission
) -> None:
    make_notice(officer, text="Mine, unread", topic="plain")
    make_notice(officer, text="Mine, of another topic", topic="daily", marking=Marking.UNCLASSIFIED)
    hidden = make_notice(officer, text="Above me", marking=Marking.STRICTLY_CONFIDENTIAL)
    other = make_notice(adviser, text="Of another")
    client = Client()
    client.force_login(officer)

    page = client.get(reverse("pocweb:notice-list"))

    assert [row.text for row in page.context["page_obj"]] == ["Mine, of another topic", "Mine, unread"]
    assert (page.context["unread"], count_of(officer)[0]) == (2, 2)  # the count heals itself
    assert '<b>2<span class="vh"> unread</span></b>' in client.get(reverse("pocweb:about")).content.decode()
    for notice in (hidden, other):
        assert client.get(reverse("pocweb:notice-open", args=[notice.pk])).status_code == 404
    only = client.get(reverse("pocweb:notice-list") + "?topic=daily").context["page_obj"]
    assert [row.text for row in only] == ["Mine, of another topic"]
    client.post(reverse("pocweb:notice-read-all"), {"topic": "daily"})
    assert count_of(officer)[0] == 1
    answer = client.get(reverse("pocweb:notice-open", args=[Notice.objects.get(text="Mine, unread").pk]))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/about/")
    assert count_of(officer)[0] == 0
    posting = officer.postings.get()
    notices.recount(officer)
    make_notice(officer, text="Told before they left")
    end_posting(posting, by=administrator, ends_on=TODAY - timedelta(days=1))
    assert count_of(officer)[0] == 0
    assert list(client.get(reverse("pocweb:notice-list")).context["page_obj"]) == []


def test_list_costs_the_same_for_one_notice_and_three(officer: Person, mission: Mission) -> None:
    client = Client()
    client.force_login(officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("pocweb:notice-list"))
        return len(seen)

    tell([officer], mission, key="a")
    client.get(reverse("pocweb:notice-list"))
    one = queries()
    for key in "bc":
        tell([officer], mission, key=key, topic="daily")
    assert queries() == one <= 12


def test_choices_page_keeps_what_is_offered_and_nothing_else(officer: Person) -> None:
    client = Client()
    client.force_login(officer)
    url = reverse("pocweb:notice-choices")

    assert client.post(url, {"plain": "off", "daily": "at_once", "alarm": "in_app"}).status_code == 302
    refused = client.post(url, {"plain": "in_app", "daily": "at_once", "alarm": "off"})

    assert refused.status_code == 422
    assert notices.choices_of(officer) == {"plain": "off", "daily": "at_once", "alarm": "in_app"}
    make_posting(officer, Role.SECT, officer.office)  # a second posting chooses nothing anew
    assert client.get(url).context["form"]["plain"].initial == "off"
