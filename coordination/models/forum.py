"""Coordination forums, who sits in them, what they decided on editions; mechanisms outside the mission."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from coordination.choices import ActKind, ForumBody, Frequency, MechanismKind, SeatKind
from coordination.querysets import ForumQuerySet, MechanismQuerySet
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
    body = models.CharField(_("kind of body"), max_length=8, choices=ForumBody, default=ForumBody.OWN)
    secretariat = models.CharField(_("secretariat"), max_length=120, blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="below",
        null=True,
        blank=True,
        verbose_name=_("refers up to"),
    )
    terms = models.TextField(_("terms of reference"), blank=True)
    active_from = models.DateField(_("active from"), null=True, blank=True)
    active_to = models.DateField(_("active until"), null=True, blank=True)

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


class ForumSeat(models.Model):
    """A person, or a body outside the mission, that sits in a forum. Source: POC Handbook 2020, 6.1."""

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="seats")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    body = models.CharField(_("body outside the mission"), max_length=120, blank=True)
    kind = models.CharField(_("sits as"), max_length=10, choices=SeatKind, default=SeatKind.MEMBER)

    class Meta:
        verbose_name = _("seat in a forum")
        verbose_name_plural = _("seats in forums")
        ordering = ("kind", "pk")
        constraints = [
            models.UniqueConstraint(fields=("forum", "person"), name="forum_seat_once_per_person"),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, body="") | (models.Q(person=None) & ~models.Q(body="")),
                name="forum_seat_person_or_body",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person or self.body)


class Mechanism(MissionRecord):
    """A mechanism that the mission takes part in without owning it: humanitarian, host-State, thematic.

    Source: POC Handbook 2020, 6.1.3, 6.2, 6.3 (CO-07).
    """

    KIND = "forum"
    LETTER = "K"

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=MechanismKind)
    chaired_by = models.CharField(_("chaired by"), max_length=120, blank=True)
    representative = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("represents the mission"),
    )
    uniformed_reason = models.TextField(_("why a uniformed person represents the mission"), blank=True)
    cadence = models.CharField(_("meets"), max_length=10, choices=Frequency, default=Frequency.MONTHLY)
    purpose = models.TextField(_("purpose"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = MechanismQuerySet.as_manager()

    class Meta:
        verbose_name = _("outside mechanism")
        verbose_name_plural = _("outside mechanisms")
        ordering = ("kind", "name")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="mechanism_number_once_per_mission"),
            models.UniqueConstraint(fields=("mission", "office", "name"), name="mechanism_name_once_per_office"),
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
