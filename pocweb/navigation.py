"""The main menu: a registry that each app fills in its `AppConfig.ready()`.

An entry is shown only to people who hold its permission, and only where its URL exists, so the menu has no dead links.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class Entry:
    """One registered line: where it leads, what it says, who may see it (None: everybody signed in)."""

    order: int
    url_name: str
    label: str | Promise
    permission: str | None
    in_account_menu: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """One line of the menu as a page shows it."""

    url: str
    label: str
    is_current: bool


_entries: dict[str, Entry] = {}
_actions: dict[str, Entry] = {}


def register(
    order: int,
    url_name: str,
    label: str | Promise,
    permission: str | None = None,
    *,
    in_account_menu: bool = False,
    also: tuple[str, ...] = (),
) -> None:
    """Add an entry to the main menu, or to the menu under the person's name for what is seldom needed.

    `also` are further beginnings of addresses whose pages belong to the entry, such as "/editions/". A second
    registration of the same URL name replaces the first.
    """
    _entries[url_name] = Entry(order, url_name, label, permission, in_account_menu, also)


def register_action(order: int, url_name: str, label: str | Promise, permission: str | None = None) -> None:
    """Add an act for the header's button; of those open to a person the first in order is shown."""
    _actions[url_name] = Entry(order, url_name, label, permission)


def links_for(user: Any, path: str, *, in_account_menu: bool = False) -> list[Link]:
    """Return one menu for this user in order; the entry whose address leads `path` furthest is the current one."""
    entries = [entry for entry in _entries.values() if entry.in_account_menu == in_account_menu]
    shown = list(_open_to(user, entries))
    leading = [(begin, entry) for entry, url in shown for begin in (url, *entry.also) if _leads(begin, path)]
    current = max(leading, key=lambda pair: len(pair[0]), default=(None, None))[1]
    return [Link(url, str(entry.label), entry is current) for entry, url in shown]


def action_for(user: Any) -> Link | None:
    """Return the act that the header offers this user, or None."""
    for entry, url in _open_to(user, _actions.values()):
        return Link(url, str(entry.label), is_current=False)
    return None


def _open_to(user: Any, entries: Iterable[Entry]) -> Iterable[tuple[Entry, str]]:
    if not getattr(user, "is_authenticated", False):
        return
    for entry in sorted(entries, key=lambda entry: entry.order):
        if entry.permission and not user.has_perm(entry.permission):
            continue
        try:
            yield entry, reverse(entry.url_name)
        except NoReverseMatch:
            continue


def _leads(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
