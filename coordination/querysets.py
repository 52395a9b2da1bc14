"""Chainable reads of forums."""

from threats.querysets import ScopedQuerySet


class ForumQuerySet(ScopedQuerySet):
    kind = "forum"
