"""Coordination forums and their acts. Meetings, decisions and early warning grow here."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.choices import ActKind, Frequency
from coordination.querysets import ForumQuerySet
from pocweb.choices import Level
from pocweb.models import Component, MissionRecord
from threats.models import MatrixEdition


class Forum(MissionRecord):
    """A body in which components coordinate POC, such as the local senior management group on protection.

    Source: POC Handbook 2020, 6.1.
    """

    KIND = "forum"
    LETTER = "F"

    code = models.SlugField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=120)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    frequency = models.CharField(_("meets"), max_length=10, choices=Frequency, default=Frequency.MONTHLY)
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chaired_forums", null=True, blank=True
    )
    members = models.ManyToManyField(Component, verbose_name=_("member components"), related_name="forums", blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = ForumQuerySet.as_manager()

    class Meta:
        verbose_name = _("forum")
        verbose_name_plural = _("forums")
        ordering = ("office__path", "name")
        constraints = [
            models.UniqueConstraint(fields=("mission", "code"), name="forum_code_once_per_mission"),
            models.UniqueConstraint(fields=("mission", "number"), name="forum_number_once_per_mission"),
        ]

    def __str__(self) -> str:
        return self.name


class ForumAct(models.Model):
    """What a named forum decided on a named edition, on which day, recorded by whom."""

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="acts")
    edition = models.ForeignKey(MatrixEdition, on_delete=models.PROTECT, related_name="forum_acts")
    kind = models.CharField(_("act"), max_length=10, choices=ActKind)
    decided_on = models.DateField(_("decided on"))
    note = models.TextField(_("note"), blank=True)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("act of a forum")
        verbose_name_plural = _("acts of forums")
        ordering = ("-recorded_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("edition", "sha256"),
                condition=models.Q(kind="endorse"),
                name="edition_endorsed_once_per_content",
            )
        ]

    def __str__(self) -> str:
        return f"{self.forum}: {self.get_kind_display()}"
