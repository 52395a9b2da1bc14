"""Threats with the matrix's ten columns as data, their ratings, and decisions on imminence."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Priority, RiskLevel
from pocweb.models import Area, Component, Mission, MissionRecord
from threats.choices import Confidence, ThreatStatus, Trend, Vulnerability
from threats.models.actor import Actor, AtRiskGroup, ProtectionActor, ViolenceType
from threats.querysets import ThreatQuerySet, VocabularyQuerySet


class Scheme(models.Model):
    """A versioned way of rating: levels with definitions, grid, mapping to priority. Source: Handbook 8.2.4.

    A stored rating names its scheme and never changes when a newer version comes. `data` holds `likelihood` and
    `impact` (lists of {value, code, label, definition}), `grid` (rows likelihood 1..n, columns impact 1..n, risk level
    1..4), and `priority` (risk level -> 1..3).
    """

    mission = models.ForeignKey(
        Mission, on_delete=models.PROTECT, related_name="schemes", null=True, blank=True, verbose_name=_("mission")
    )
    code = models.SlugField(_("code"), max_length=30)
    edition = models.PositiveSmallIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=80)
    data = models.JSONField(encoder=DjangoJSONEncoder)
    source = models.CharField(_("source"), max_length=160, blank=True)
    is_current = models.BooleanField(_("used for new ratings"), default=False)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating scheme")
        verbose_name_plural = _("rating schemes")
        constraints = [
            models.UniqueConstraint(fields=("mission", "code", "edition"), name="scheme_version_once"),
            models.UniqueConstraint(
                fields=("code", "edition"), condition=Q(mission=None), name="shared_scheme_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.edition}"


class Threat(MissionRecord):
    """A threat to civilians: one row of an office's POC Threat Matrix (ten columns). Source: Handbook 8.3.

    Priority and risk repeat the latest assessment, so that lists sort and filter in the database.
    """

    KIND = "threat"
    LETTER = "T"

    title = models.CharField(_("title"), max_length=160)
    status = models.CharField(_("status"), max_length=8, choices=ThreatStatus, default=ThreatStatus.ACTIVE)
    closed_reason = models.TextField(_("why it was closed"), blank=True)
    closed_on = models.DateField(_("closed"), null=True, blank=True, editable=False)
    # 1 and 2: from the latest assessment
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, null=True, editable=False)
    risk = models.PositiveSmallIntegerField(_("risk level"), choices=RiskLevel, null=True, editable=False)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), null=True, editable=False)
    impact = models.PositiveSmallIntegerField(_("impact"), null=True, editable=False)
    trend = models.CharField(_("trend"), max_length=8, choices=Trend, blank=True, editable=False)
    confidence = models.PositiveSmallIntegerField(
        _("confidence in the rating"), choices=Confidence, null=True, editable=False
    )
    expected_risk = models.PositiveSmallIntegerField(
        _("risk expected after the response"), choices=RiskLevel, null=True, editable=False
    )
    assessed_on = models.DateField(_("last rated"), null=True, editable=False)
    # 3
    areas = models.ManyToManyField(Area, verbose_name=_("areas"), related_name="threats")
    location = models.CharField(_("location, as exact as possible"), max_length=300, blank=True)
    # 4
    violence_types = models.ManyToManyField(
        ViolenceType, verbose_name=_("forms of violence"), related_name="threats", blank=True
    )
    scale = models.TextField(_("threat and scale"), blank=True)
    # 5
    groups = models.ManyToManyField(AtRiskGroup, through="ThreatGroup", related_name="threats")
    civilians = models.TextField(_("civilians at risk and vulnerabilities"), blank=True)
    # 6
    actors = models.ManyToManyField(Actor, verbose_name=_("source of violence"), related_name="threats", blank=True)
    perpetrators = models.TextField(_("source of violence, in words"), blank=True)
    # 7
    protection_actors = models.ManyToManyField(ProtectionActor, through="ThreatProtectionActor", related_name="threats")
    other_actors = models.TextField(_("other actors present and their role"), blank=True)
    # 8, 9, 10
    capacity = models.TextField(_("mission capacity and resources"), blank=True)
    capacity_in_reach = models.BooleanField(
        _("capacity in reach"), null=True, blank=True, help_text=_("Unknown until somebody has said so.")
    )
    response = models.TextField(_("mission response to date"), blank=True)
    action = models.TextField(_("action required"), blank=True)
    # what the row needs besides
    objective = models.TextField(_("objective"), blank=True)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="led_threats",
        null=True,
        blank=True,
        verbose_name=_("lead"),
    )
    components = models.ManyToManyField(
        Component, verbose_name=_("contributing components"), related_name="threats", blank=True
    )
    horizon_on = models.DateField(_("horizon"), null=True, blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    red_lines = models.TextField(_("red lines"), blank=True)
    triggers = models.TextField(_("triggers"), blank=True)
    near_mission_presence = models.BooleanField(
        _("near mission presence"),
        default=False,
        help_text=_("Violence near the mission is always acted on, whatever its scale (Handbook 8.1)."),
    )
    imminent = models.BooleanField(_("imminent"), default=False, editable=False)
    imminent_since = models.DateTimeField(_("imminent since"), null=True, editable=False)
    # five criteria for the response (Handbook 8.2.5)
    criterion_nature = models.TextField(_("nature of the threat and risk"), blank=True)
    criterion_host_state = models.TextField(_("ability and willingness of the host State"), blank=True)
    criterion_mission = models.TextField(_("ability of the mission, alone or with others"), blank=True)
    criterion_advantage = models.TextField(_("comparative advantage and expected effect"), blank=True)
    criterion_consequences = models.TextField(_("negative consequences of acting and of not acting"), blank=True)

    objects = ThreatQuerySet.as_manager()

    class Meta:
        verbose_name = _("threat")
        verbose_name_plural = _("threats")
        ordering = ("priority", "-risk", "number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="threat_number_once_per_mission"),
            models.CheckConstraint(
                condition=~Q(status="closed") | ~Q(closed_reason=""), name="threat_closed_with_reason"
            ),
        ]
        indexes = [models.Index(fields=("mission", "office", "status"), name="threat_mission_office")]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class ThreatGroup(models.Model):
    """A group at risk under one threat: how many, exposed to what, how vulnerable and why. Source: Handbook 8.2.2."""

    threat = models.ForeignKey(Threat, on_delete=models.CASCADE, related_name="threat_groups")
    group = models.ForeignKey(AtRiskGroup, on_delete=models.PROTECT, related_name="threat_groups")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    estimated_number = models.PositiveIntegerField(_("estimated number"), null=True, blank=True)
    exposure = models.CharField(_("exposed to"), max_length=200, blank=True)
    vulnerability = models.PositiveSmallIntegerField(_("vulnerability"), choices=Vulnerability, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    as_of = models.DateField(_("as of"), null=True, blank=True)

    class Meta:
        verbose_name = _("group at risk under a threat")
        verbose_name_plural = _("groups at risk under threats")
        constraints = [
            models.UniqueConstraint(fields=("threat", "group", "area"), name="threat_group_once_per_area"),
            models.UniqueConstraint(
                fields=("threat", "group"), condition=Q(area=None), name="threat_group_once_without_area"
            ),
        ]

    def __str__(self) -> str:
        return str(self.group)


class ThreatProtectionActor(models.Model):
    """Another protection actor under one threat with the seven variables. Source: Handbook 8.2.3."""

    threat = models.ForeignKey(Threat, on_delete=models.CASCADE, related_name="threat_protection_actors")
    protection_actor = models.ForeignKey(ProtectionActor, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=200, blank=True)
    presence = models.CharField(_("presence or reach"), max_length=200, blank=True)
    capability = models.CharField(_("capability against this threat"), max_length=200, blank=True)
    acceptance = models.CharField(_("neutrality, relationship, acceptance"), max_length=200, blank=True)
    constraint = models.CharField(_("legal or policy constraint"), max_length=200, blank=True)
    potential_harm = models.CharField(_("potential to harm"), max_length=200, blank=True)
    willingness = models.CharField(_("willingness to act"), max_length=200, blank=True)
    coordination = models.CharField(_("readiness to coordinate with the mission"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("protection actor under a threat")
        verbose_name_plural = _("protection actors under threats")
        constraints = [
            models.UniqueConstraint(fields=("threat", "protection_actor"), name="threat_protection_actor_once")
        ]

    def __str__(self) -> str:
        return str(self.protection_actor)


class Assessment(models.Model):
    """One rating of a threat: likelihood x impact under a named scheme, with inputs and reason. Kept as a series."""

    threat = models.ForeignKey(Threat, on_delete=models.CASCADE, related_name="assessments")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="assessments")
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), validators=[MinValueValidator(1)])
    impact = models.PositiveSmallIntegerField(_("impact"), validators=[MinValueValidator(1), MaxValueValidator(9)])
    risk = models.PositiveSmallIntegerField(_("risk level"), choices=RiskLevel)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    trend = models.CharField(_("trend"), max_length=8, choices=Trend)
    confidence = models.PositiveSmallIntegerField(_("confidence"), choices=Confidence, default=Confidence.MEDIUM)
    inputs = models.JSONField(_("inputs used"), default=list)
    reason = models.TextField(_("reason"))
    factors = models.JSONField(_("factors"), default=dict, blank=True)
    expected_likelihood = models.PositiveSmallIntegerField(_("likelihood expected after the response"), null=True)
    expected_impact = models.PositiveSmallIntegerField(_("impact expected after the response"), null=True)
    expected_risk = models.PositiveSmallIntegerField(
        _("risk expected after the response"), choices=RiskLevel, null=True
    )
    assessed_at = models.DateTimeField(_("rated"))
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ("-assessed_at", "-pk")
        indexes = [models.Index(fields=("threat", "assessed_at"), name="assessment_threat_moment")]
        constraints = [
            models.CheckConstraint(
                condition=Q(expected_likelihood=None, expected_impact=None, expected_risk=None)
                | Q(expected_likelihood__isnull=False, expected_impact__isnull=False, expected_risk__isnull=False),
                name="assessment_expected_whole_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"{self.threat.ref} {self.get_risk_display()}"


class ImminenceDecision(models.Model):
    """A human decision that a threat is, or is no longer, imminent; never computed. Source: Handbook 8.2.5."""

    threat = models.ForeignKey(Threat, on_delete=models.CASCADE, related_name="imminence_decisions")
    imminent = models.BooleanField(_("imminent"))
    reason = models.TextField(_("reason"))
    decided_at = models.DateTimeField(_("decided"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("decision on imminence")
        verbose_name_plural = _("decisions on imminence")
        ordering = ("-decided_at", "-pk")

    def __str__(self) -> str:
        return f"{self.threat.ref} {self.imminent}"
