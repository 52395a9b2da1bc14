"""Notices: what a person was told, written as `notify` writes it."""

import uuid
from typing import Any

from pocweb import clock
from pocweb.choices import Marking
from pocweb.models import Notice, Person


def make_notice(person: Person, **columns: Any) -> Notice:
    """Return an unread notice of the person's mission; the person's count is raised with it."""
    columns = {
        "mission": person.mission,
        "topic": "actions",
        "key": f"test:{uuid.uuid4()}",
        "ref": "A-001",
        "text": "A-001 is due tomorrow.",
        "url": "/about/",
        "marking": Marking.CONFIDENTIAL,
        "at": clock.now(person.mission),
        "batch": uuid.uuid4(),
        **columns,
    }
    person.unread_notices += 1
    person.save(update_fields=["unread_notices"])
    return Notice.objects.create(person=person, **columns)
