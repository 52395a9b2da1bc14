"""Ways from an incident's page to what later apps do with it. A registry that they fill in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from threats.models import Incident


@dataclass(frozen=True)
class Link:
    """A button on the page of an incident."""

    url: str
    label: str | Promise


Build = Callable[[Any, Incident], Link | None]
_links: dict[str, Build] = {}


def register_link(build: Build) -> None:
    """Add a way; `build(user, incident)` costs no query and returns None for who may not go it."""
    _links[f"{build.__module__}.{build.__name__}"] = build


def links_of(user: Any, incident: Incident) -> list[Link]:
    """Return the ways open to a person."""
    return [link for build in _links.values() if (link := build(user, incident)) is not None]
