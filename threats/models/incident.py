"""Incidents, their actors, counts and sources."""

from typing import TYPE_CHECKING

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pocweb.models import Area, Mission, MissionRecord
from threats.choices import (
    ActorSide,
    Age,
    DatePrecision,
    EventKind,
    Harm,
    Origin,
    PersonStatus,
    PlaceState,
    PointPrecision,
    Sex,
    Verification,
)
from threats.models.actor import Actor, ViolenceType
from threats.querysets import IncidentQuerySet


class Source(models.Model):
    """Where reports come from, as a pseudonym: the name stays with the collecting unit, outside this system."""

    class Kind(models.TextChoices):
        MISSION = "mission", _("Mission personnel")
        COMMUNITY = "community", _("Community alert network")
        CIVIL_SOCIETY = "civil_society", _("NGO or civil society")
        GOVERNMENT = "government", _("Government")
        MEDIA = "media", _("Traditional media")
        NEW_MEDIA = "new_media", _("New media")
        DATASET = "dataset", _("Public data set")
        EARLY_WARNING = "early_warning", _("Early warning")

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="sources")
    code = models.CharField(_("pseudonym code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    reliability = models.CharField(_("reliability, A to F"), max_length=1, blank=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("code",)
        constraints = [models.UniqueConstraint(fields=("mission", "code"), name="source_code_once_per_mission")]

    def __str__(self) -> str:
        return self.code


if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _count(label: "StrOrPromise") -> models.PositiveIntegerField:
    return models.PositiveIntegerField(label, null=True, blank=True)


class Incident(MissionRecord):
    """One event of violence: where, when, what, by whom, against whom, how well known. Source: Handbook 8.2.2, 9.4.

    Counts are None when not recorded, never 0 for "unknown". The totals here are what figures add up; the rows of
    `CasualtyCount` break them down by status, sex and age as far as known.
    """

    KIND = "incident"
    LETTER = "I"

    title = models.CharField(_("title"), max_length=200)
    event_kind = models.CharField(_("kind of event"), max_length=12, choices=EventKind, default=EventKind.OTHER)
    violence_types = models.ManyToManyField(
        ViolenceType, verbose_name=_("forms of violence"), related_name="incidents", blank=True
    )
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="incidents", null=True, blank=True, verbose_name=_("area")
    )
    area1 = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False)
    area2 = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False)
    place = models.CharField(_("place in words"), max_length=300, blank=True)
    place_state = models.CharField(_("state of the place"), max_length=12, choices=PlaceState, default="matched")
    place_note = models.CharField(_("what disagrees"), max_length=300, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    point_precision = models.PositiveSmallIntegerField(
        _("precision of the place"), choices=PointPrecision, null=True, blank=True
    )
    starts_on = models.DateField(_("date"), db_index=True)
    ends_on = models.DateField(_("until"))
    date_precision = models.CharField(_("precision of the date"), max_length=8, choices=DatePrecision, default="day")
    killed_low = _count(_("killed, low"))
    killed_best = _count(_("killed, best"))
    killed_high = _count(_("killed, high"))
    civilians_killed = _count(_("civilians killed"))
    injured_low = _count(_("injured, low"))
    injured_best = _count(_("injured, best"))
    injured_high = _count(_("injured, high"))
    abducted_low = _count(_("abducted, low"))
    abducted_best = _count(_("abducted, best"))
    abducted_high = _count(_("abducted, high"))
    displaced_low = _count(_("displaced, low"))
    displaced_best = _count(_("displaced, best"))
    displaced_high = _count(_("displaced, high"))
    verification = models.CharField(
        _("verification"), max_length=20, choices=Verification, default=Verification.REPORTED, db_index=True
    )
    sources = models.ManyToManyField(Source, verbose_name=_("sources"), related_name="incidents", blank=True)
    number_of_reports = models.PositiveSmallIntegerField(_("number of reports"), null=True, blank=True)
    source_note = models.TextField(_("public reports cited"), blank=True)
    narrative = models.TextField(_("what happened"), blank=True)
    mission_response = models.TextField(_("response of the mission"), blank=True)
    actors = models.ManyToManyField(Actor, through="IncidentActor", related_name="incidents")
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.MISSION)
    origin_id = models.CharField(_("id at the origin"), max_length=60, blank=True)
    origin_hash = models.CharField(max_length=64, blank=True, editable=False)
    origin_extra = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-starts_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="incident_number_once_per_mission"),
            models.UniqueConstraint(
                fields=("mission", "origin", "origin_id"),
                condition=~Q(origin_id=""),
                name="incident_once_per_origin",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="incident_ends_after_start"),
            models.CheckConstraint(
                condition=Q(lat=None, lon=None) | Q(lat__range=(-90, 90), lon__range=(-180, 180)),
                name="incident_point_whole_or_absent",
            ),
        ]
        indexes = [
            models.Index(fields=("mission", "starts_on"), name="incident_mission_day"),
            models.Index(fields=("mission", "area1", "starts_on"), name="incident_mission_area_day"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class IncidentActor(models.Model):
    """The part of one actor in one incident."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="incident_actors")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="incident_actors")
    side = models.CharField(_("part"), max_length=12, choices=ActorSide)

    class Meta:
        verbose_name = _("actor of an incident")
        verbose_name_plural = _("actors of incidents")
        constraints = [models.UniqueConstraint(fields=("incident", "actor", "side"), name="incident_actor_once")]

    def __str__(self) -> str:
        return f"{self.actor} ({self.get_side_display()})"


class CasualtyCount(models.Model):
    """A count of people harmed in one incident, by status, sex and age; "unknown" is a value, not a gap."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="counts")
    harm = models.CharField(_("harm"), max_length=10, choices=Harm)
    status = models.CharField(_("status"), max_length=14, choices=PersonStatus, default=PersonStatus.UNKNOWN)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex, default=Sex.UNKNOWN)
    age = models.CharField(_("age"), max_length=8, choices=Age, default=Age.UNKNOWN)
    low = models.PositiveIntegerField(_("low"))
    best = models.PositiveIntegerField(_("best"))
    high = models.PositiveIntegerField(_("high"))

    class Meta:
        verbose_name = _("count of people harmed")
        verbose_name_plural = _("counts of people harmed")
        constraints = [
            models.UniqueConstraint(fields=("incident", "harm", "status", "sex", "age"), name="casualty_count_once"),
            models.CheckConstraint(
                condition=Q(low__lte=F("best")) & Q(best__lte=F("high")), name="casualty_count_low_best_high"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_harm_display()} {self.best}"
