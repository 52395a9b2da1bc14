"""Presences that another record keeps in step, so that nobody types the same twice: the registry of those records.

A later app registers how it finds the keeper of a presence, in `AppConfig.ready()`. A kept presence is changed with its
keeper alone; its own page says where.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from pocweb.errors import RuleError
from threats.models import Presence


@dataclass(frozen=True)
class Keeper:
    """The record that keeps a presence: its reference and address, both empty for who may not see it."""

    ref: str = ""
    url: str = ""


Find = Callable[[Any, Presence], Keeper | None]
_finders: dict[str, Find] = {}


def register_keeper(find: Find) -> None:
    """Add a way to find keepers; `find(user, presence)` returns None for a presence that is not kept."""
    _finders[f"{find.__module__}.{find.__name__}"] = find


def keeper_of(user: Any, presence: Presence) -> Keeper | None:
    """Return what keeps a presence in step, None for one that people keep by hand."""
    return next((keeper for find in _finders.values() if (keeper := find(user, presence))), None)


def refuse_kept(user: Any, presence: Presence) -> None:
    """Raise `RuleError` for a presence that another record keeps in step."""
    keeper = keeper_of(user, presence)
    if keeper is not None:
        words = _("This presence is kept in step with %(ref)s. Change it there.")
        raise RuleError("presence_kept", words % {"ref": keeper.ref or _("another record")})
