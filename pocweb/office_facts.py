"""What the apps know of an office: numbers with a link, drawn on the office's page. Filled in `AppConfig.ready()`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pocweb.models import Office


@dataclass(frozen=True)
class OfficeFact:
    """A number of records of an office, as far as the person may see them, and where they are listed.

    `is_part` says that the number is one of those that the number before it adds up.
    """

    label: str
    count: int
    url: str = ""
    is_part: bool = False


Facts = Callable[[Any, Office], Iterable[OfficeFact]]
_builders: dict[str, tuple[int, Facts]] = {}


def register_facts(order: int, build: Facts) -> None:
    """Add facts; `build(user, office)` yields them, none for who may not see the records. A function counts once."""
    _builders[f"{build.__module__}.{build.__name__}"] = (order, build)


def facts_of(user: Any, office: Office) -> list[OfficeFact]:
    """Return the facts of an office for a person, in order."""
    builders = sorted(_builders.values(), key=lambda one: one[0])
    return [fact for _order, build in builders for fact in build(user, office)]
