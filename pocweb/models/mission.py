"""The mission, its offices, and the places it works in."""

from datetime import date

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from pocweb.choices import Marking, OfficeKind


class Mission(models.Model):
    """A peacekeeping mission. Everything belongs to one; one installation can hold several."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    country_code = models.CharField(_("country (ISO 3166-1 alpha-3)"), max_length=3)
    clock_on = models.DateField(
        _("clock stands at"),
        null=True,
        blank=True,
        help_text=_("Only for demo missions: the day that counts as today."),
    )
    default_marking = models.IntegerField(_("default marking"), choices=Marking, default=Marking.CONFIDENTIAL)
    review_days = models.PositiveSmallIntegerField(
        _("review period in days"),
        default=31,
        help_text=_("A matrix older than this is late: forums review it weekly or monthly (Handbook 5.1)."),
    )
    blind_days = models.PositiveSmallIntegerField(
        _("days after which an area is blind"),
        default=30,
        validators=[MinValueValidator(1)],
        help_text=_("An area without base, network, liaison assistant, patrol, visit or report for so long is blind."),
    )
    report_signatory = models.CharField(_("signs the quarterly cable"), max_length=120, default="Head of Mission")
    report_addressee = models.CharField(
        _("cable is addressed to"),
        max_length=200,
        default="Under-Secretary-General for Peace Operations, United Nations, New York",
    )
    report_info = models.CharField(
        _("cable for information"),
        max_length=300,
        blank=True,
        default="Policy, Evaluation and Training Division, POC team; Office of Military Affairs; Police Division",
    )

    class Meta:
        verbose_name = _("mission")
        verbose_name_plural = _("missions")

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """A part of the mission that contributes: military, police, a civilian section, support."""

    class Kind(models.TextChoices):
        CIVILIAN = "civilian", _("Civilian")
        MILITARY = "military", _("Military")
        POLICE = "police", _("Police")
        SUPPORT = "support", _("Mission support")

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="components")
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    class Meta:
        verbose_name = _("component")
        verbose_name_plural = _("components")
        ordering = ("kind", "name")
        constraints = [models.UniqueConstraint(fields=("mission", "code"), name="component_code_once_per_mission")]

    def __str__(self) -> str:
        return self.name


class AreaQuerySet(MP_NodeQuerySet):
    """Chainable reads of areas."""

    def valid_on(self, day: date) -> "AreaQuerySet":
        """Areas of the division that is in force on the day."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))

    def at_level(self, level: int) -> "AreaQuerySet":
        return self.filter(level=level)


class AreaManager(MP_NodeManager.from_queryset(AreaQuerySet)):  # type: ignore[misc]  # built at run time
    """Areas in the order of the tree."""

    def get_queryset(self) -> AreaQuerySet:
        return AreaQuerySet(self.model, using=self._db).order_by("path")


class Area(MP_Node):
    """A place with a p-code: country, prefecture, sub-prefecture, commune, locality. Divisions change, so it has dates.

    `shape` is a GeoJSON geometry in EPSG:4326; localities have only a centre.
    """

    pcode = models.CharField(_("p-code"), max_length=20, db_index=True)
    name = models.CharField(_("name"), max_length=120)
    level = models.PositiveSmallIntegerField(_("admin level"))
    centre_lat = models.FloatField(_("latitude of the centre"), null=True, blank=True)
    centre_lon = models.FloatField(_("longitude of the centre"), null=True, blank=True)
    shape = models.JSONField(_("shape"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=120, blank=True)

    objects = AreaManager()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ("path",)
        constraints = [
            models.UniqueConstraint(fields=("pcode", "valid_from"), name="area_pcode_once_per_division"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="area_valid_to_after_from",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AreaAlias(models.Model):
    """Another spelling of a place that a person has confirmed; imports remember it."""

    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("other name"), max_length=120)
    folded = models.CharField(_("folded name"), max_length=120, db_index=True, editable=False)
    level = models.PositiveSmallIntegerField(_("admin level"))
    source = models.CharField(_("where it is used"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("other name of an area")
        verbose_name_plural = _("other names of areas")
        constraints = [models.UniqueConstraint(fields=("folded", "level", "area"), name="area_alias_once")]

    def __str__(self) -> str:
        return f"{self.name} = {self.area}"


class Office(MP_Node):
    """A post of the mission: headquarters, sector, field office, base. The tree is the chain of responsibility."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="offices")
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=OfficeKind)
    areas = models.ManyToManyField(Area, verbose_name=_("area of responsibility"), related_name="offices", blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ("path",)
        constraints = [models.UniqueConstraint(fields=("mission", "code"), name="office_code_once_per_mission")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_headquarters(self) -> bool:
        return self.kind == OfficeKind.HEADQUARTERS
