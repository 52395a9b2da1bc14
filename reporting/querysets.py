"""Chainable reads of reports."""

from threats.querysets import ScopedQuerySet


class ReportQuerySet(ScopedQuerySet):
    kind = "quarterly"
