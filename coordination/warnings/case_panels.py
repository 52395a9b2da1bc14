"""What stands on the page of a case below its facts and steps: panels of each topic. Filled in `AppConfig.ready()`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from coordination.models import WarningCase


@dataclass(frozen=True)
class CasePanel:
    """A panel ready to be drawn by its template; `slug` is its id in the page."""

    slug: str
    title: str
    template: str
    context: Mapping[str, Any]


Build = Callable[[Any, WarningCase], Mapping[str, Any] | None]
_panels: dict[str, tuple[int, str, str | Promise, str, Build]] = {}


def register_case_panel(order: int, slug: str, title: str | Promise, template: str, build: Build) -> None:
    """Add a panel; `build(user, case)` returns the context of its template, None for who has nothing to do with it."""
    _panels[slug] = (order, slug, title, template, build)


def panels_of(user: Any, case: WarningCase) -> list[CasePanel]:
    """Return the panels of a case for a person, in order; each costs a fixed number of queries.

    None for who reported it, or got a copy, and does not follow it: what was decided and planned is not theirs.
    """
    found: list[CasePanel] = []
    if not user.has_perm("coordination.view_case", case):
        return found
    for _order, slug, title, template, build in sorted(_panels.values(), key=lambda one: one[0]):
        context = build(user, case)
        if context is not None:
            found.append(CasePanel(slug, str(title), template, context))
    return found


@dataclass(frozen=True)
class Act:
    """Where an act of the state table is done when it is more than the form of the case page."""

    url_name: str


_acts: dict[str, Act] = {}


def register_act(act: str, url_name: str) -> None:
    """Say on which page (named address with the case's key) an act is done; others are done on the case's own form."""
    _acts[act] = Act(url_name)


def url_name_of(act: str) -> str:
    """Return the named address where an act is done, "" for the case's own form."""
    return _acts[act].url_name if act in _acts else ""
