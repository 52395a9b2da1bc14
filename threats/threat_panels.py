"""What later apps tell of a threat on its page: panels of lines. Filled in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from threats.models import Threat


@dataclass(frozen=True)
class ThreatLine:
    """One line of a panel: words, where they lead, and a tone where they say a state (ok, warn, bad, none)."""

    text: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ThreatPanel:
    """A panel ready to be drawn; `slug` is its id in the page."""

    slug: str
    title: str
    lines: tuple[ThreatLine, ...]


Build = Callable[[Any, Threat], tuple[ThreatLine, ...] | None]
_panels: dict[str, tuple[int, str | Promise, Build]] = {}


def register_panel(order: int, title: str | Promise, build: Build) -> None:
    """Add a panel; `build(user, threat)` returns None for who may not see it. A function counts once."""
    _panels[f"{build.__module__}.{build.__name__}"] = (order, title, build)


def panels_of(user: Any, threat: Threat) -> list[ThreatPanel]:
    """Return the panels of a threat for a person, in order."""
    found = []
    for number, (_order, title, build) in enumerate(sorted(_panels.values(), key=lambda one: one[0]), start=1):
        lines = build(user, threat)
        if lines is not None:
            found.append(ThreatPanel(f"more-{number}", str(title), lines))
    return found
