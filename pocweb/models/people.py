"""People and their postings."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import rules
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pocweb import clock
from pocweb.choices import Marking, Role, Verb
from pocweb.models.mission import Component, Mission, Office


@dataclass(frozen=True)
class Grant:
    """What one active posting gives: a role in an office's branch of one mission, and its row of the table."""

    mission_id: int
    office_path: str
    office_id: int
    role: str
    component_kind: str
    verbs: dict[str, frozenset[Verb]] = field(hash=False)

    def allows(self, kind: str, verb: Verb) -> bool:
        return verb in self.verbs.get(kind, frozenset())


class Person(AbstractUser):
    """A member of the mission who signs in. What they may do comes from their postings, never from flags here."""

    clearance = models.IntegerField(_("clearance"), choices=Marking, default=Marking.CONFIDENTIAL)
    function = models.CharField(_("function"), max_length=80, blank=True)
    unread_notices = models.PositiveIntegerField(_("unread notices"), default=0, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @cached_property
    def active_postings(self) -> list["Posting"]:
        """Postings in force today by their mission's clock, own first in order of the tree."""
        rows = self.postings.select_related("mission", "office", "component").order_by("office__path", "pk")
        return [row for row in rows if row.is_active(clock.today(row.mission))]

    @cached_property
    def grants(self) -> list[Grant]:
        """What the active postings give, read once per request."""
        from pocweb.permissions import grants_of  # the table knows this model

        return grants_of(self)

    @property
    def posting(self) -> "Posting | None":
        """The posting that pages start from: the one highest in the tree of offices."""
        return self.active_postings[0] if self.active_postings else None

    @property
    def mission(self) -> Mission | None:
        return self.posting.mission if self.posting else None

    @property
    def office(self) -> Office | None:
        return self.posting.office if self.posting else None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the registry of rules, and nothing else: no flag of the account goes round it.

        Raises `KeyError` for a name that nobody has registered, so that a misspelt permission is found at once.
        """
        if not rules.perm_exists(perm):
            raise KeyError(f"No permission is called {perm}.")
        return self.is_active and rules.has_perm(perm, self, obj)

    def has_role(self, *roles: str) -> bool:
        return any(grant.role in roles for grant in self.grants)


class Posting(models.Model):
    """A person's role in an office for a period."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="postings")
    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="postings")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="postings")
    role = models.CharField(_("role"), max_length=4, choices=Role)
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, related_name="postings", null=True, blank=True, verbose_name=_("component")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.UniqueConstraint(fields=("person", "office", "role", "starts_on"), name="posting_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="posting_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()}, {self.office}"

    def is_active(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
