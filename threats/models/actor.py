"""Who threatens, who is at risk, who else protects; and the forms of violence."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.models import Mission
from threats.choices import SourceOfViolence
from threats.querysets import ActorQuerySet, VocabularyQuerySet


class ViolenceType(models.Model):
    """A form of violence; the shipped list is POC Handbook 2020, 8.1, and a mission may add to it."""

    mission = models.ForeignKey(
        Mission, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("mission")
    )
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    order = models.PositiveSmallIntegerField(default=0)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        verbose_name = _("form of violence")
        verbose_name_plural = _("forms of violence")
        ordering = ("order", "name")

    def __str__(self) -> str:
        return self.name


class AtRiskGroup(models.Model):
    """A group of civilians at risk; the shipped list is POC Handbook 2020, 8.2.2, and a mission may add to it."""

    mission = models.ForeignKey(
        Mission, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("mission")
    )
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    order = models.PositiveSmallIntegerField(default=0)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        verbose_name = _("group at risk")
        verbose_name_plural = _("groups at risk")
        ordering = ("order", "name")

    def __str__(self) -> str:
        return self.name


class Actor(models.Model):
    """A potential perpetrator with the profile of the Handbook's template after 8.2.1 (seven heads)."""

    KIND = "actor"

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="actors")
    code = models.CharField(_("code"), max_length=60, help_text=_("Stable key, for instance the code of a data set."))
    name = models.CharField(_("name"), max_length=160)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    source_of_violence = models.CharField(
        _("source of violence"), max_length=20, choices=SourceOfViolence, default=SourceOfViolence.UNKNOWN
    )
    identity = models.TextField(_("nature, identity, profile"), blank=True)
    motivation = models.TextField(_("motivation, interest, intent"), blank=True)
    capability = models.TextField(_("structure, capabilities, resources, preparedness"), blank=True)
    presence = models.TextField(_("presence and deployment"), blank=True)
    relations = models.TextField(_("relations: supporters, allies, clients, link with the mission"), blank=True)
    mode_of_action = models.TextField(_("mode of action"), blank=True)
    history = models.TextField(_("history of violations"), blank=True)
    opportunity = models.TextField(_("opportunity: time, place, terrain, weather"), blank=True)
    marking = models.IntegerField(_("marking"), choices=Marking, default=Marking.CONFIDENTIAL)
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    objects = ActorQuerySet.as_manager()

    class Meta:
        verbose_name = _("perpetrator profile")
        verbose_name_plural = _("perpetrator profiles")
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("mission", "code"), name="actor_code_once_per_mission")]

    def __str__(self) -> str:
        return self.short_name or self.name


class ProtectionActor(models.Model):
    """Another protection actor: community, State authority, civil society, humanitarian. Source: Handbook 8.2.3."""

    class Kind(models.TextChoices):
        COMMUNITY = "community", _("Community")
        STATE = "state", _("State authorities and forces")
        INTERNATIONAL_FORCE = "international_force", _("International forces")
        CIVIL_SOCIETY = "civil_society", _("Civil society")
        RELIGIOUS = "religious", _("Religious leaders")
        HUMAN_RIGHTS = "human_rights", _("Human rights actors")
        HUMANITARIAN = "humanitarian", _("Humanitarian actors")
        DEVELOPMENT = "development", _("Development actors")
        ARMED_GROUP = "armed_group", _("Non-State armed group")

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="protection_actors")
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    description = models.TextField(
        _("description"), blank=True, help_text=_("What it is and does. Do not write names of people.")
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    class Meta:
        verbose_name = _("protection actor")
        verbose_name_plural = _("protection actors")
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("mission", "name"), name="protection_actor_once")]

    def __str__(self) -> str:
        return self.name
