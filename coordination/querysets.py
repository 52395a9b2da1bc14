"""Chainable reads of forums, meetings, action points, contacts and sharing agreements."""

from threats.querysets import ScopedQuerySet


class ForumQuerySet(ScopedQuerySet):
    kind = "forum"


class MechanismQuerySet(ScopedQuerySet):
    kind = "forum"


class MeetingQuerySet(ScopedQuerySet):
    kind = "forum"


class ActionQuerySet(ScopedQuerySet):
    kind = "forum"


class IssueQuerySet(ScopedQuerySet):
    kind = "forum"


class ContactQuerySet(ScopedQuerySet):
    kind = "contact"


class AgreementQuerySet(ScopedQuerySet):
    kind = "agreement"


class ShareQuerySet(ScopedQuerySet):
    kind = "agreement"
