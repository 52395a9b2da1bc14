"""The audit chain's tables. `pocweb/audit.py` is the only writer."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.models.mission import Mission


class AuditHead(models.Model):
    """The end of a mission's chain; locked while an event is added, so that order is total."""

    mission = models.OneToOneField(Mission, on_delete=models.PROTECT, related_name="audit_head")
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = _("end of the audit chain")
        verbose_name_plural = _("ends of the audit chains")

    def __str__(self) -> str:
        return f"{self.mission} {self.seq}"


class AuditEvent(models.Model):
    """One act: who did what to which record, with what changed. Never altered, never removed."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="audit_events")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("who")
    )
    verb = models.CharField(_("act"), max_length=40)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    object_ref = models.CharField(max_length=80)
    object_version = models.PositiveIntegerField(null=True)
    marking = models.IntegerField(choices=Marking, default=Marking.CONFIDENTIAL)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    note = models.TextField(blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("mission", "seq")
        constraints = [models.UniqueConstraint(fields=("mission", "seq"), name="audit_event_seq_once")]
        indexes = [models.Index(fields=("object_type", "object_id"), name="audit_event_object")]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb} {self.object_ref}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An audit event is never altered.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("An audit event is never removed.")
