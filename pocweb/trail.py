"""Reading of the audit trail for people: which records its lines lead to, in which words, and what one may see of it.

Each app registers its records in `AppConfig.ready()`, so that this module need not know them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.urls import NoReverseMatch
from django.utils.functional import Promise

from pocweb.models import AuditEvent
from pocweb.together import Part, read_together


@dataclass(frozen=True)
class TrailKind:
    """A kind of record in the trail: its table, and the address of one record."""

    model: type[models.Model]
    url: Callable[[Any], str]
    hidden: Callable[[Any, Any], Collection[str]]
    needs: tuple[str, ...] = ()

    def part(self, user: Any, ids: Collection[str]) -> Part:
        """Return what to ask for to know which of the records the person may see, and where they are."""
        manager: Any = self.model._default_manager
        keys = [field.attname for field in self.model._meta.concrete_fields if field.is_relation or field.primary_key]
        return Part(manager.visible_to(user).filter(pk__in=ids).order_by("pk"), (*keys, *self.needs))


READINGS = (
    *("read", "exported", "downloaded", "exported the remarks of", "exported incidents of"),
    *("exported presences of", "exported hotspots of", "exported engagements of", "exported for the community"),
    *("read the details of persons in", "looked at a photograph of"),
)
_kinds: dict[str, TrailKind] = {}
_closed: dict[str, str] = {}
_verbs: dict[str, str | Promise] = {}


def register_record(
    model: type[models.Model],
    url: Callable[[Any], str],
    *,
    hidden: Callable[[Any, Any], Collection[str]] = lambda _user, _event: (),
    needs: tuple[str, ...] = (),
) -> None:
    """Add a kind of record whose queryset knows `visible_to`; `url` gets the record with its keys alone.

    `needs` names the columns that `url` reads beside keys, as "watch__factor__number".
    `hidden` gets a person and an event and names the fields that the person may not see though they see the record.
    """
    _kinds[model._meta.label_lower] = TrailKind(model, url, hidden, needs)


def close_record(model: type[models.Model], permission: str) -> None:
    """Keep the events of a kind of record out of the trail's page for who lacks the permission, reference included."""
    _closed[model._meta.label_lower] = permission


def closed_to(user: Any) -> list[str]:
    """Return the kinds of records whose events this person is shown nothing of."""
    return [label for label, permission in _closed.items() if not user.has_perm(permission)]


def register_verbs(verbs: dict[str, str | Promise]) -> None:
    """Add words for acts; an act without words is shown as it is stored."""
    _verbs.update(verbs)


def verb_words(verb: str) -> str:
    """Return the words of an act."""
    return str(_verbs.get(verb, verb.replace("_", " ")))


@dataclass(frozen=True)
class Line:
    """One line of the trail as a page shows it; `count` is how often the same was done in a row.

    `is_closed` says that changes and note are left out, since the person may not see the record.
    """

    at: datetime
    actor: str
    verb: str
    ref: str
    url: str
    changes: tuple[tuple[str, Any, Any], ...]
    count: int = 1
    note: str = ""
    is_closed: bool = False


def seen_records(user: Any, events: Iterable[AuditEvent]) -> dict[tuple[str, str], str]:
    """Return the addresses of those records of the events that the user may see; one query, whatever their kinds."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.object_type in _kinds:
            wanted[event.object_type].add(event.object_id)
    found = {}
    for label, rows in read_together({label: _kinds[label].part(user, ids) for label, ids in wanted.items()}).items():
        for row in rows:
            try:
                found[label, str(row.pk)] = _kinds[label].url(row)
            except NoReverseMatch:
                continue
    return found


def lines_since(user: Any, seq: int, *, limit: int = 8) -> list[Line]:
    """Return what others did since an event of the user's mission to records that the user may see, newest first.

    Who read, exported or downloaded something changed nothing and is left to the trail itself.
    """
    if user.mission is None:
        return []
    events = list(
        AuditEvent.objects.filter(
            mission=user.mission, seq__gt=seq, marking__lte=user.clearance, object_type__in=_kinds
        )
        .exclude(actor=user)
        .exclude(verb__in=READINGS)
        .select_related("actor")
        .order_by("-seq")[:200]
    )
    urls = seen_records(user, events)
    groups: dict[tuple[Any, ...], list[AuditEvent]] = {}
    for event in events:
        if (event.object_type, event.object_id) in urls:
            groups.setdefault((event.object_type, event.object_id, event.verb, event.actor_id), []).append(event)
    return [as_line(group[0], urls, user, count=len(group)) for group in list(groups.values())[:limit]]


def as_line(event: AuditEvent, urls: dict[tuple[str, str], str], user: Any, *, count: int = 1) -> Line:
    """Return an event as a line of a page; `urls` are those of `seen_records`.

    What was written into a record of substance is told only to who may see the record now: the right to read the
    trail is none to read incidents, threats or reports. Acts on accounts, offices and the mission are told whole.
    """
    key = (event.object_type, event.object_id)
    is_closed = key not in urls and not event.object_type.startswith("pocweb.")
    hidden = _kinds[event.object_type].hidden(user, event) if event.object_type in _kinds else ()
    pairs = [] if is_closed else [(name, pair) for name, pair in event.changes.items() if name not in hidden]
    changes = tuple((name, pair[0], pair[1]) for name, pair in pairs if isinstance(pair, Sequence))
    return Line(
        at=event.at,
        actor=str(event.actor) if event.actor else "",
        verb=verb_words(event.verb),
        ref=event.object_ref,
        url=urls.get(key, ""),
        changes=changes,
        count=count,
        note="" if is_closed else event.note,
        is_closed=is_closed,
    )
