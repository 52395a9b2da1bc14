"""What records of substance share: mission, office, marking, version, who made and changed them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.models.mission import Mission, Office


class Counter(models.Model):
    """The last number given to a kind of record in a mission."""

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="counters")
    kind = models.CharField(max_length=40)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints = [models.UniqueConstraint(fields=("mission", "kind"), name="counter_once")]

    def __str__(self) -> str:
        return f"{self.mission} {self.kind} {self.last}"

    @classmethod
    def take(cls, mission: Mission, kind: str, count: int = 1) -> int:
        """Reserve `count` numbers inside the caller's transaction and return the first of them."""
        row, _new = cls.objects.select_for_update().get_or_create(mission=mission, kind=kind)
        first = row.last + 1
        cls.objects.filter(pk=row.pk).update(last=row.last + count)
        return first


class MissionRecord(models.Model):
    """A record that belongs to a mission and an office, carries a marking, and guards against lost updates.

    `KIND` names its row in the permission table, `LETTER` leads its reference (T-031).
    """

    KIND: ClassVar[str] = ""
    LETTER: ClassVar[str] = ""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="+", verbose_name=_("mission"))
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+", verbose_name=_("office"))
    number = models.PositiveIntegerField(_("number"), editable=False)
    marking = models.IntegerField(_("marking"), choices=Marking, default=Marking.CONFIDENTIAL)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("recorded"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    changed_at = models.DateTimeField(_("changed"), editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        """The reference people say: letter and number, such as T-031."""
        return f"{self.LETTER}-{self.number:03d}"
