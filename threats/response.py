"""The response to the threats of a branch, counted by tier, phase and component.

Activities belong to a later app and come through the reverse relation that it declares. Source: POC Handbook 2020, 2.2
(tiers and phases) and 8.3 (the contribution of each component).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pocweb.choices import Phase, Tier
from pocweb.models import Component, Office
from threats.models import Threat


@dataclass(frozen=True, slots=True)
class Answer:
    """An activity in answer to a threat, as far as it is counted. `is_open`: planned or under way."""

    pk: int
    tier: int
    phases: tuple[str, ...]
    component: int
    is_open: bool
    due_on: date | None

    def is_overdue(self, today: date) -> bool:
        return self.is_open and self.due_on is not None and self.due_on < today


def read_answers(office: Office, user: Any) -> list[Answer]:
    """Return the activities that answer active threats of the office and all below it, each once. One query.

    Threats and activities count as far as the person may see both; cancelled activities do not.
    """
    activities: Any = Threat.activities.rel.related_model
    threats = Threat.objects.visible_to(user).active().of_branch(office)
    links = Threat.activities.through.objects.filter(threat__in=threats.order_by().values("pk"))
    rows = activities.objects.visible_to(user).filter(pk__in=links.values("activity_id")).exclude(status="cancelled")
    columns = rows.order_by("pk").values_list("pk", "tier", "phases", "component_id", "status", "due_on")
    return [
        Answer(pk, tier, tuple(phases), component, status != "done", due_on)
        for pk, tier, phases, component, status, due_on in columns
    ]


def count_grid(answers: list[Answer]) -> dict[tuple[int, str], int]:
    """Return how many activities stand in each tier and phase; one may count in several phases."""
    return {
        (tier, phase): sum(one.tier == tier and phase in one.phases for one in answers)
        for tier in Tier.values
        for phase in Phase.values
    }


@dataclass(frozen=True)
class Share:
    """What one component contributes: counts by tier and by phase, open ones, overdue ones, all."""

    component: Component
    tiers: tuple[int, ...]
    phases: tuple[int, ...]
    open: int
    overdue: int
    total: int


def shares_of(answers: list[Answer], components: list[Component], *, today: date) -> list[Share]:
    """Return the contribution of each component, those without any included, the largest first."""

    def share(component: Component) -> Share:
        own = [one for one in answers if one.component == component.pk]

        def count(test: Callable[[Answer], bool]) -> int:
            return sum(map(test, own))

        return Share(
            component,
            tuple(sum(one.tier == tier for one in own) for tier in Tier.values),
            tuple(sum(phase in one.phases for one in own) for phase in Phase.values),
            count(lambda one: one.is_open),
            count(lambda one: one.is_overdue(today)),
            len(own),
        )

    return sorted(map(share, components), key=lambda one: (-one.total, one.component.name))
