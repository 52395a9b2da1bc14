"""Chainable reads of activities."""

from datetime import date

from strategy.choices import ActivityStatus
from threats.querysets import ScopedQuerySet


class ActivityQuerySet(ScopedQuerySet):
    """Activities by state and deadline."""

    kind = "activity"

    def open(self) -> "ActivityQuerySet":
        return self.filter(status__in=ActivityStatus.OPEN_STATES)

    def overdue(self, today: date) -> "ActivityQuerySet":
        """Open activities whose deadline lies before today."""
        return self.open().filter(due_on__lt=today)
