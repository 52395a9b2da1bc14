"""My desk: what waits for a person. A registry of panels that each app fills in its `AppConfig.ready()`.

A panel costs a fixed number of queries, whatever the number of its rows, and the whole page at most 25. Rows of single
tables are asked for beforehand, those of all panels in one query; a panel without rows then costs none of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise

from pocweb.together import Part, read_together


@dataclass(frozen=True)
class Visit:
    """Who looks at the desk, and when by the mission's clock; `since` is the number of their last event before."""

    user: Any
    mission: Any
    now: datetime
    since: int | None = None
    since_at: datetime | None = None
    found: dict["Ask", list[Any]] = field(default_factory=dict, compare=False)

    @property
    def today(self) -> date:
        return self.now.date()

    def read_ahead(self, asks: Iterable["Ask"]) -> None:
        """Read the rows of all that is asked, in one query, for `rows_of`."""
        self.found.update(self._read(asks))

    def rows_of(self, ask: "Ask") -> list[Any]:
        """Return the rows of what is asked: those read ahead, else by a query now."""
        return self.found[ask] if ask in self.found else self._read([ask])[ask]

    def _read(self, asks: Iterable["Ask"]) -> dict["Ask", list[Any]]:
        asked = {f"{number:03d}": ask for number, ask in enumerate(dict.fromkeys(asks))}
        parts = {name: part for name, ask in asked.items() if (part := ask(self)) is not None}
        found = read_together(parts, given=(self.mission, self.user, getattr(self.user, "office", None)))
        return {ask: found.get(name, []) for name, ask in asked.items()}


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


Ask = Callable[[Visit], Part | None]
Build = Callable[[Visit], Content | None]
_panels: dict[str, tuple[int, str | Promise, Build]] = {}
_asks: dict[str, Ask] = {}


def register_panel(order: int, title: str | Promise, build: Build, *asks: Ask) -> None:
    """Add a panel; `build` returns None where the person has nothing to do with it. A function counts once.

    `asks` name the rows that it takes with `Visit.rows_of`, None where the person can have none; several panels may
    ask for the same.
    """
    _panels[f"{build.__module__}.{build.__name__}"] = (order, title, build)
    _asks.update({f"{ask.__module__}.{ask.__name__}": ask for ask in asks})


def panels_for(visit: Visit) -> list[Panel]:
    """Return the panels of this person in order."""
    visit.read_ahead(_asks.values())
    panels = []
    for number, (_order, title, build) in enumerate(sorted(_panels.values(), key=lambda panel: panel[0]), start=1):
        content = build(visit)
        if content is not None:
            panels.append(Panel(f"panel-{number}", str(title), content))
    return panels


def waiting_in(panels: Iterable[Panel]) -> list[tuple[int, str]]:
    """Return what waits for the person in all panels, in their order; zeros are left out."""
    return [(count, words) for panel in panels for count, words in panel.content.waiting if count]
