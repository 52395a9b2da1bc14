"""Telling people: the one door to notices, and the registry of topics.

`notify` stands in the transaction of the act that it tells of. What a person may not see is not told to them at all,
and the list is filtered again by the reader's clearance. A record may be marked higher later, so the text holds
references and dates rather than substance. An e-mail holds less still: reference, topic and link (`notice_mail.py`).
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.functional import Promise

from pocweb import clock
from pocweb.audit import fingerprint, hold_chain
from pocweb.choices import MailState, NoticeMode
from pocweb.models import Mission, Notice, NoticeChoice, Person

REF = re.compile(r"[A-Z]{1,4}-\d{1,6}|\d{4}-Q[1-4]")
LONGEST_KEY = 200
LONGEST_TEXT = 300


@dataclass(frozen=True)
class Topic:
    """A kind of notice that people choose for. `label` is general words: it is all that an e-mail says of the matter.

    An urgent topic cannot be switched off, and its e-mail does not wait for the daily one.
    """

    code: str
    label: str | Promise
    default_mode: NoticeMode
    urgent: bool = False

    @property
    def modes(self) -> tuple[NoticeMode, ...]:
        """What a person may choose for it."""
        return (NoticeMode.IN_APP, NoticeMode.AT_ONCE) if self.urgent else tuple(NoticeMode)


@dataclass(frozen=True)
class Line:
    """One thing to be told to some people. `url` is an address of ours, `ref` the record's reference ("EW-017")."""

    people: tuple[int, ...]
    topic: str
    key: str
    text: str
    url: str
    marking: int
    ref: str = ""


_topics: dict[str, Topic] = {}


def register_topic(
    code: str, label: str | Promise, default_mode: str = NoticeMode.DIGEST, urgent: bool = False
) -> None:
    """Add a topic. Call it in `AppConfig.ready()`; `label` must be general words, since e-mails show it."""
    topic = Topic(code, label, NoticeMode(default_mode), urgent)
    if topic.default_mode not in topic.modes:
        raise ValueError(f"The topic {code} cannot begin as {default_mode}.")
    _topics[code] = topic


def topics() -> list[Topic]:
    """Return all topics, urgent ones first, then by their label."""
    return sorted(_topics.values(), key=lambda topic: (not topic.urgent, str(topic.label)))


def topic_of(code: str) -> Topic | None:
    return _topics.get(code)


def notify(
    people: Iterable[Any],
    *,
    topic: str,
    key: str,
    text: str,
    url: str,
    marking: int,
    mission: Mission,
    ref: str = "",
    now: datetime | None = None,
) -> int:
    """Tell each of the people (or ids) once per `key`, in the caller's transaction; return how many notices are new.

    People whose account is closed, who are not posted in the mission today, or whose clearance does not reach `marking`
    are told nothing; that they may see the record in every other way is for the caller to know. Call it at the end,
    beside `record_event`: it holds the mission's chain first, as every act does, so that no two wait for each other.
    Raises `KeyError` for a topic that nobody has registered. `now` is a moment of the mission's clock.
    """
    line = Line(tuple(getattr(one, "pk", one) for one in people), topic, key, text, url, int(marking), ref)
    return notify_all([line], mission=mission, now=now)


@transaction.atomic
def notify_all(lines: Iterable[Line], *, mission: Mission, now: datetime | None = None) -> int:
    """Tell several things at once, as `notify` does; its queries do not grow with the lines."""
    lines = [line for line in lines if line.people and _topics[line.topic]]
    wanted = {(_key(line), person): line for line in lines for person in line.people}
    for told in Notice.objects.filter(key__in={key for key, _person in wanted}).values_list("key", "person"):
        wanted.pop(told, None)
    if not wanted:
        return 0
    hold_chain(mission)
    now = now or clock.now(mission)
    addresses = _reachable({person for _key, person in wanted}, mission, now)
    modes = _modes({person for _key, person in wanted}, {line.topic for line in lines})
    batch = uuid.uuid4()
    rows = []
    for (key, person), line in sorted(wanted.items(), key=lambda item: (item[0][1], item[0][0])):
        clearance, address = addresses.get(person, (-1, ""))
        mode = modes.get((person, line.topic), _topics[line.topic].default_mode)
        if clearance >= line.marking and mode != NoticeMode.OFF:
            rows.append(_row(line, key, person, mission, now, batch, mode if address else NoticeMode.IN_APP))
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return _count_new(batch)


def _key(line: Line) -> str:
    return line.key if len(line.key) <= LONGEST_KEY else fingerprint(line.key)


def _reachable(people: set[int], mission: Mission, now: datetime) -> dict[int, tuple[int, str]]:
    """Return clearance and e-mail address, as they are today, of those whom the mission may tell something."""
    today = now.date()
    posted = Person.objects.filter(
        Q(postings__ends_on=None) | Q(postings__ends_on__gte=today),
        pk__in=people,
        is_active=True,
        postings__mission=mission,
        postings__starts_on__lte=today,
    )
    return {pk: (clearance, email) for pk, clearance, email in posted.values_list("pk", "clearance", "email")}


def _modes(people: set[int], codes: set[str]) -> dict[tuple[int, str], str]:
    """Return the choices that still can be chosen; an urgent topic that was switched off before falls back."""
    rows = NoticeChoice.objects.filter(person__in=people, topic__in=codes).values_list("person", "topic", "how")
    return {(person, code): how for person, code, how in rows if how in _topics[code].modes}


def _row(line: Line, key: str, person: int, mission: Mission, now: datetime, batch: uuid.UUID, mode: str) -> Notice:
    moment = timezone.now()
    group = next_digest(moment) if mode == NoticeMode.DIGEST else None
    by_mail = mode in (NoticeMode.AT_ONCE, NoticeMode.DIGEST)
    return Notice(
        person_id=person,
        mission=mission,
        topic=line.topic,
        key=key,
        ref=line.ref if REF.fullmatch(line.ref) else "",
        text=line.text[:LONGEST_TEXT],
        url=line.url if line.url.startswith("/") and not line.url.startswith("//") else "/",
        marking=line.marking,
        at=now,
        batch=batch,
        mail_state=MailState.WAITING if by_mail else MailState.NONE,
        mail_from=(group or moment) if by_mail else None,
        mail_group=group,
    )


def _count_new(batch: uuid.UUID) -> int:
    """Raise the unread counts by what this batch really wrote (a conflicting row was told before) and return it."""
    per_person: dict[int, int] = {}
    for person in Notice.objects.filter(batch=batch).values_list("person", flat=True):
        per_person[person] = per_person.get(person, 0) + 1
    by_count: dict[int, list[int]] = {}
    for person, count in per_person.items():
        by_count.setdefault(count, []).append(person)
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=per_person).order_by("pk").values_list("pk"))
    for count, people in by_count.items():
        Person.objects.filter(pk__in=people).update(unread_notices=F("unread_notices") + count)
    return sum(per_person.values())


def next_digest(moment: datetime) -> datetime:
    """Return the next moment, in UTC, at which the daily e-mail goes out (`POCWEB_DIGEST_HOUR`)."""
    at = moment.replace(hour=settings.DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return at if at > moment else at + timedelta(days=1)


@transaction.atomic
def mark_read(person: Any, notices: "models.QuerySet[Notice]", *, now: datetime | None = None) -> int:
    """Mark the person's unread notices among these as read and lower the count by as many; return how many."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    read = notices.filter(person=person, read_at=None).update(read_at=now or timezone.now())
    if read:
        left = Greatest(F("unread_notices") - read, 0)
        Person.objects.filter(pk=person.pk).update(unread_notices=left)
        person.refresh_from_db(fields=["unread_notices"])
    return read


@transaction.atomic
def recount(person: Any) -> int:
    """Count the unread notices that the person may see anew, after clearance or postings changed; return them."""
    locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    count = Notice.objects.visible_to(locked).unread().count()
    if locked.unread_notices != count:
        Person.objects.filter(pk=person.pk).update(unread_notices=count)
    person.unread_notices = count
    return count


def choices_of(person: Any) -> Mapping[str, str]:
    """Return how the person hears of each topic, by its code."""
    own = _modes({person.pk}, set(_topics))
    return {code: own.get((person.pk, code), topic.default_mode) for code, topic in _topics.items()}


@transaction.atomic
def choose(person: Any, how: Mapping[str, str]) -> None:
    """Store how the person wants to hear of topics; what is unknown, or not offered for a topic, is left as it is."""
    for code, mode in how.items():
        topic = _topics.get(code)
        if topic is None or mode not in topic.modes:
            continue
        NoticeChoice.objects.update_or_create(person=person, topic=code, defaults={"how": mode})
