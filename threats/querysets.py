"""Chainable reads of incidents, threats and editions."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from pocweb.permissions import scope_q
from threats.choices import ThreatStatus, Verification


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that know who may see them."""

    kind = ""

    def visible_to(self, user: Any) -> Self:
        """Return the rows in the user's branch of offices up to their clearance; the view permission as a set."""
        return self.filter(scope_q(user, self.kind))


class VocabularyQuerySet(models.QuerySet[Any]):
    """Rows that all missions share and that each may add its own to: lists of words, rating schemes."""

    def known_in(self, mission: Any) -> Self:
        """Return what a mission (or its key) may use: the shared entries and its own, never another mission's."""
        return self.filter(Q(mission=None) | Q(mission=mission))


class ActorQuerySet(ScopedQuerySet):
    kind = "actor"


class ImportQuerySet(ScopedQuerySet):
    kind = "import"


class PresenceQuerySet(ScopedQuerySet):
    kind = "presence"

    def between(self, start: date, end: date) -> "PresenceQuerySet":
        """Presences that were there on a day of the period, both ends included."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=start), starts_on__lte=end)

    def in_areas(self, paths: list[str]) -> "PresenceQuerySet":
        """Presences in any of the areas (tree paths) or below them."""
        where = Q(pk__in=[])
        for path in paths:
            where |= Q(area__path__startswith=path)
        return self.filter(where)


class WatchQuerySet(ScopedQuerySet):
    kind = "watch"

    def visible_to(self, user: Any) -> "WatchQuerySet":
        return super().visible_to(user).select_related("factor")


class ReadingQuerySet(ScopedQuerySet):
    """Readings of watched factors: a reader must be cleared for the watch and for the reading itself."""

    kind = "watch"

    def visible_to(self, user: Any) -> "ReadingQuerySet":
        rows = self.filter(scope_q(user, self.kind, prefix="watch__"))
        return rows.filter(marking__lte=getattr(user, "clearance", 0)).select_related("watch__factor")


class TriggerQuerySet(ScopedQuerySet):
    kind = "watch"


class MatrixImportQuerySet(ScopedQuerySet):
    kind = "threat"


class LessonQuerySet(ScopedQuerySet):
    kind = "edition"


class EditionQuerySet(ScopedQuerySet):
    kind = "edition"


class IncidentQuerySet(ScopedQuerySet):
    """Incidents by period, place, actor and verification."""

    kind = "incident"

    def counted(self, *, verified_only: bool = False) -> "IncidentQuerySet":
        """Incidents that figures count: not discounted; with `verified_only` just the verified."""
        if verified_only:
            return self.filter(verification=Verification.VERIFIED)
        return self.filter(verification__in=Verification.COUNTED)

    def between(self, start: date | None, end: date | None) -> "IncidentQuerySet":
        """Incidents whose first day lies in the period, both ends included."""
        rows = self
        if start:
            rows = rows.filter(starts_on__gte=start)
        if end:
            rows = rows.filter(starts_on__lte=end)
        return rows

    def in_areas(self, paths: list[str]) -> "IncidentQuerySet":
        """Incidents in any of the areas (tree paths) or below them."""
        where = Q(pk__in=[])
        for path in paths:
            where |= Q(area__path__startswith=path)
        return self.filter(where)


class ThreatQuerySet(ScopedQuerySet):
    kind = "threat"

    def active(self) -> "ThreatQuerySet":
        return self.filter(status=ThreatStatus.ACTIVE)

    def of_branch(self, office: Any) -> "ThreatQuerySet":
        """Threats of the office and of all below it."""
        return self.filter(mission=office.mission_id, office__path__startswith=office.path)
