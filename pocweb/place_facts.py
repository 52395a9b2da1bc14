"""What the apps know of a place: numbers with a link, drawn on the place's page. Filled in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from pocweb.models import Area


@dataclass(frozen=True)
class PlaceFact:
    """A number of records in an area or below it that the person may see, and where they are listed."""

    label: str
    count: int
    url: str = ""


Count = Callable[[Any, Area], tuple[int, str] | None]
_counts: dict[str, tuple[int, str | Promise, Count]] = {}


def register_fact(order: int, label: str | Promise, count: Count) -> None:
    """Add a fact; `count(user, area)` returns (number, address of the list), or None for who may not see them."""
    _counts[f"{count.__module__}.{count.__name__}"] = (order, label, count)


def facts_of(user: Any, area: Area) -> list[PlaceFact]:
    """Return the facts of an area for a person, in order."""
    facts = []
    for _order, label, count in sorted(_counts.values(), key=lambda fact: fact[0]):
        found = count(user, area)
        if found is not None:
            facts.append(PlaceFact(str(label), *found))
    return facts
