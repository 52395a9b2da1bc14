"""Response activities. The strategy, its objectives and capacities grow here."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Tier
from pocweb.models import Area, Component, MissionRecord
from strategy.choices import ActivityStatus
from strategy.querysets import ActivityQuerySet
from threats.models import Threat


class Activity(MissionRecord):
    """One thing the mission does or plans against threats, in a tier and one or more phases.

    Source: POC Handbook 2020, 2.2 (tiers and phases) and 8.3 (columns 9 and 10 of the matrix).
    """

    KIND = "activity"
    LETTER = "A"

    title = models.CharField(_("activity"), max_length=200)
    description = models.TextField(_("details"), blank=True)
    catalogue_code = models.CharField(_("code in the catalogue"), max_length=20, blank=True)
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier)
    phases = models.JSONField(_("phases"), default=list)
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, related_name="activities", verbose_name=_("lead component")
    )
    supporting = models.ManyToManyField(
        Component, related_name="supported_activities", blank=True, verbose_name=_("supporting components")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="activities",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )
    threats = models.ManyToManyField(Threat, related_name="activities", blank=True, verbose_name=_("threats"))
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="activities", null=True, blank=True, verbose_name=_("area")
    )
    status = models.CharField(
        _("status"), max_length=10, choices=ActivityStatus, default=ActivityStatus.PLANNED, db_index=True
    )
    starts_on = models.DateField(_("from"), null=True, blank=True)
    due_on = models.DateField(_("deadline"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    result = models.TextField(_("result"), blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("due_on", "number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="activity_number_once_per_mission"),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(due_on=None) | Q(due_on__gte=F("starts_on")),
                name="activity_due_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(done_on__isnull=False), name="activity_done_has_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
