"""My desk: what waits for a person. A registry of panels that each app fills in its `AppConfig.ready()`.

A panel costs a fixed number of queries, whatever the number of its rows, and the whole page at most 25.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Visit:
    """Who looks at the desk, and when by the mission's clock; `since` is the number of their last event before."""

    user: Any
    mission: Any
    now: datetime
    since: int | None = None
    since_at: datetime | None = None

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True)
class Item:
    """One line of a panel: what, its state as tone and words, a note, and one act."""

    text: str
    url: str = ""
    tone: str = "none"
    state: str = ""
    note: str = ""
    act: str = ""
    act_url: str = ""
    is_post: bool = False


@dataclass(frozen=True)
class Content:
    """What a panel shows: lines, or a template with a context of its own.

    `waiting` are sentences of what waits for the person, with their numbers, for the headline of the page.
    """

    items: tuple[Item, ...] = ()
    empty: str = ""
    more_url: str = ""
    more_label: str = ""
    waiting: tuple[tuple[int, str], ...] = ()
    template: str = "pocweb/_desk_items.html"
    context: Mapping[str, Any] = field(default_factory=dict)
    is_wide: bool = False


@dataclass(frozen=True)
class Panel:
    """A panel ready to be drawn; `slug` is its id in the page."""

    slug: str
    title: str
    content: Content


Build = Callable[[Visit], Content | None]
_panels: dict[str, tuple[int, str | Promise, Build]] = {}


def register_panel(order: int, title: str | Promise, build: Build) -> None:
    """Add a panel; `build` returns None where the person has nothing to do with it. A function counts once."""
    _panels[f"{build.__module__}.{build.__name__}"] = (order, title, build)


def panels_for(visit: Visit) -> list[Panel]:
    """Return the panels of this person in order."""
    panels = []
    for number, (_order, title, build) in enumerate(sorted(_panels.values(), key=lambda panel: panel[0]), start=1):
        content = build(visit)
        if content is not None:
            panels.append(Panel(f"panel-{number}", str(title), content))
    return panels


def waiting_in(panels: Iterable[Panel]) -> list[tuple[int, str]]:
    """Return what waits for the person in all panels, in their order; zeros are left out."""
    return [(count, words) for panel in panels for count, words in panel.content.waiting if count]
