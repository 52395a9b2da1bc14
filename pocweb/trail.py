"""Reading of the audit trail for people: which records its lines lead to, in which words, and what one may see of it.

Each app registers its records in `AppConfig.ready()`, so that this module need not know them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.urls import NoReverseMatch
from django.utils.functional import Promise

from pocweb.models import AuditEvent


@dataclass(frozen=True)
class TrailKind:
    """A kind of record in the trail: its table, and the address of one record."""

    model: type[models.Model]
    url: Callable[[Any], str]


_kinds: dict[str, TrailKind] = {}
_verbs: dict[str, str | Promise] = {}


def register_record(model: type[models.Model], url: Callable[[Any], str]) -> None:
    """Add a kind of record whose queryset knows `visible_to`; `url` gets the record (one query per kind)."""
    _kinds[model._meta.label_lower] = TrailKind(model, url)


def register_verbs(verbs: dict[str, str | Promise]) -> None:
    """Add words for acts; an act without words is shown as it is stored."""
    _verbs.update(verbs)


def verb_words(verb: str) -> str:
    """Return the words of an act."""
    return str(_verbs.get(verb, verb.replace("_", " ")))


@dataclass(frozen=True)
class Line:
    """One line of the trail as a page shows it; `count` is how often the same was done in a row."""

    at: datetime
    actor: str
    verb: str
    ref: str
    url: str
    changes: tuple[tuple[str, Any, Any], ...]
    count: int = 1


def seen_records(user: Any, events: Iterable[AuditEvent]) -> dict[tuple[str, str], str]:
    """Return the addresses of those records of the events that the user may see; one query per kind of record."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.object_type in _kinds:
            wanted[event.object_type].add(event.object_id)
    found = {}
    for label, ids in wanted.items():
        kind = _kinds[label]
        manager: Any = kind.model._default_manager
        rows = manager.visible_to(user).filter(pk__in=ids)
        if any(field.name == "office" for field in kind.model._meta.get_fields()):
            rows = rows.select_related("office")
        for row in rows:
            try:
                found[label, str(row.pk)] = kind.url(row)
            except NoReverseMatch:
                continue
    return found


def lines_since(user: Any, seq: int, *, limit: int = 8) -> list[Line]:
    """Return what others did since an event of the user's mission to records that the user may see, newest first."""
    if user.mission is None:
        return []
    events = list(
        AuditEvent.objects.filter(
            mission=user.mission, seq__gt=seq, marking__lte=user.clearance, object_type__in=_kinds
        )
        .exclude(actor=user)
        .select_related("actor")
        .order_by("-seq")[:200]
    )
    urls = seen_records(user, events)
    groups: dict[tuple[Any, ...], list[AuditEvent]] = {}
    for event in events:
        if (event.object_type, event.object_id) in urls:
            groups.setdefault((event.object_type, event.object_id, event.verb, event.actor_id), []).append(event)
    return [as_line(group[0], urls, count=len(group)) for group in list(groups.values())[:limit]]


def as_line(event: AuditEvent, urls: dict[tuple[str, str], str], *, count: int = 1) -> Line:
    """Return an event as a line of a page."""
    changes = tuple((name, pair[0], pair[1]) for name, pair in event.changes.items() if isinstance(pair, Sequence))
    return Line(
        at=event.at,
        actor=str(event.actor) if event.actor else "",
        verb=verb_words(event.verb),
        ref=event.object_ref,
        url=urls.get((event.object_type, event.object_id), ""),
        changes=changes,
        count=count,
    )
