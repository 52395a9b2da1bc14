"""Chainable reads of activities."""

from datetime import date
from typing import Any

from django.db.models import Count, F, Prefetch, Q, TextField
from django.db.models.functions import Cast

from pocweb.choices import Phase, Tier
from strategy.choices import ActivityStatus
from threats.querysets import ScopedQuerySet


def _in_phase(phase: str) -> Q:
    return Q(phases_text__contains=f'"{phase}"')


class ActivityQuerySet(ScopedQuerySet):
    """Activities by state, deadline, tier and phase."""

    kind = "activity"

    def open(self) -> "ActivityQuerySet":
        return self.filter(status__in=ActivityStatus.OPEN_STATES)

    def overdue(self, today: date) -> "ActivityQuerySet":
        """Open activities whose deadline lies before today."""
        return self.open().filter(due_on__lt=today)

    def with_phases_text(self) -> "ActivityQuerySet":
        """Add the phases as JSON text: both databases can search in text, only one can search in JSON."""
        return self.annotate(phases_text=Cast("phases", TextField()))

    def in_phase(self, phase: str) -> "ActivityQuerySet":
        """Activities that serve the phase, alone or among others."""
        return self.with_phases_text().filter(_in_phase(phase))

    def grid(self) -> dict[tuple[int, str], int]:
        """Return how many activities stand in each tier and phase, in one query; one may count in several phases."""
        keys = [(tier, phase) for tier in Tier.values for phase in Phase.values]
        columns: dict[str, Any] = {
            f"t{tier}_{phase}": Count("pk", filter=Q(tier=tier) & _in_phase(phase), distinct=True)
            for tier, phase in keys
        }
        counted = self.with_phases_text().order_by().aggregate(**columns)
        return {(tier, phase): counted[f"t{tier}_{phase}"] for tier, phase in keys}

    def for_lists(self, user: Any, *, supporting: bool = False) -> "ActivityQuerySet":
        """Add what a row of a list or an export reads, in a fixed number of queries; threats as far as `user` may see.

        `supporting` adds the supporting components, which only exports show.
        """
        from threats.models import Threat  # models ask this module for their manager

        rows = self.select_related("office", "component", "owner", "area", "mission").prefetch_related(
            Prefetch("threats", Threat.objects.visible_to(user))
        )
        rows = rows.defer("area__shape")  # kilobytes that no list draws
        # the two databases put a missing deadline at different ends
        rows = rows.order_by(F("due_on").asc(nulls_last=True), "number")
        return rows.prefetch_related("supporting") if supporting else rows
