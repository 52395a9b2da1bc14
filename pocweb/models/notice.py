"""What a person was told, how they want to be told, and when the rounds of the schedule last ran."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb.choices import MailState, Marking, NoticeMode
from pocweb.models.mission import Mission


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Chainable reads of notices."""

    def visible_to(self, user: Any) -> "NoticeQuerySet":
        """A person's own notices of missions where they are posted today, up to their clearance of today."""
        missions = {posting.mission_id for posting in getattr(user, "active_postings", ())}
        return self.filter(person=user, mission__in=missions, marking__lte=getattr(user, "clearance", 0))

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """A sentence for one person with a link. The same key tells the same person once, however often it is told.

    `ref` is all of the record that an e-mail may name. The columns of the e-mail hold real time, `at` the mission's.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(_("topic"), max_length=40)
    key = models.CharField(max_length=200)
    ref = models.CharField(_("reference"), max_length=20, blank=True)
    text = models.CharField(_("notice"), max_length=300)
    url = models.CharField(max_length=200)
    marking = models.IntegerField(_("marking"), choices=Marking)
    at = models.DateTimeField(_("told"))
    read_at = models.DateTimeField(_("read"), null=True)
    batch = models.UUIDField(help_text=_("Rows written by one call, to know which of them are new."))
    mail_state = models.CharField(_("e-mail"), max_length=10, choices=MailState, default=MailState.NONE)
    mail_from = models.DateTimeField(null=True, help_text=_("Not before this moment."))
    mail_group = models.DateTimeField(null=True, help_text=_("The daily e-mail that it belongs to, if any."))
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_claim = models.CharField(max_length=80, blank=True)
    mail_claimed_until = models.DateTimeField(null=True)
    mail_sent_at = models.DateTimeField(null=True)
    mail_error = models.CharField(max_length=200, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=("key", "person"), name="notice_once_per_person")]
        indexes = [
            models.Index(fields=("person", "-at"), name="notice_person_at"),
            models.Index(fields=("batch",), name="notice_batch"),
            models.Index(fields=("mail_from",), condition=Q(mail_state="waiting"), name="notice_mail_waiting"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_read(self) -> bool:
        return self.read_at is not None


class NoticeChoice(models.Model):
    """How a person wants to hear of one topic, where they chose otherwise than its default."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choices")
    topic = models.CharField(_("topic"), max_length=40)
    how = models.CharField(_("how"), max_length=10, choices=NoticeMode)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [models.UniqueConstraint(fields=("person", "topic"), name="notice_choice_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.topic} {self.how}"


class Tick(models.Model):
    """A round of the schedule: when it last ran through, and who holds it now. Real time."""

    name = models.CharField(max_length=80, unique=True)
    last_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=80, blank=True)
    claimed_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("round of the schedule")
        verbose_name_plural = _("rounds of the schedule")

    def __str__(self) -> str:
        return self.name
