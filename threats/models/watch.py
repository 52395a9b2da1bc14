"""The atrocity watch and the calendar of triggers. Source: POC Handbook 2020, 8.5."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pocweb.models import Area, MissionRecord
from threats.choices import FactorKind, SignLevel, TriggerKind
from threats.models.actor import AtRiskGroup
from threats.querysets import ReadingQuerySet, TriggerQuerySet, WatchQuerySet


class AtrocityFactor(models.Model):
    """One of the 14 risk factors of the United Nations Framework of Analysis for Atrocity Crimes (2014).

    `indicators` are the shipped signs to look for: a list of {code, text}; the words are ours.
    """

    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    name = models.CharField(_("risk factor"), max_length=160)
    kind = models.CharField(_("crime it points to"), max_length=12, choices=FactorKind)
    indicators = models.JSONField(_("indicators"), default=list, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("risk factor of atrocity crimes")
        verbose_name_plural = _("risk factors of atrocity crimes")
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class FactorWatch(MissionRecord):
    """A risk factor that a mission has judged, relevant or not, with the baseline against which change is read.

    One per factor and mission; local signs are readings with their area, so that local and national events are read
    together (Handbook 8.5). `level` and `read_on` repeat what `rules.watch.standing` says of those readings that are
    marked at most as the watch itself is, so that whoever may see the row may see them. Pages, exports and reports ask
    the readings that their reader may see.
    """

    KIND = "watch"
    LETTER = "W"

    factor = models.ForeignKey(AtrocityFactor, on_delete=models.PROTECT, related_name="watches")
    is_relevant = models.BooleanField(_("relevant here"), default=True)
    relevance = models.TextField(_("why it is relevant, or why not"), blank=True)
    baseline_level = models.PositiveSmallIntegerField(_("baseline"), choices=SignLevel)
    baseline_on = models.DateField(_("baseline of"))
    baseline = models.TextField(_("baseline in words"), blank=True)
    who = models.TextField(_("who is vulnerable, and what intensifies it"), blank=True)
    triggers = models.TextField(_("what may trigger it"), blank=True)
    protection = models.TextField(_("how to protect before, how to deter"), blank=True)
    level = models.PositiveSmallIntegerField(_("level now"), choices=SignLevel, editable=False)
    read_on = models.DateField(_("last read"), null=True, editable=False)

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watched risk factor")
        verbose_name_plural = _("watched risk factors")
        ordering = ("factor__number",)
        constraints = [
            models.UniqueConstraint(fields=("mission", "factor"), name="factor_watch_once_per_mission"),
            models.UniqueConstraint(fields=("mission", "number"), name="factor_watch_number_once_per_mission"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.factor}"


class FactorReading(models.Model):
    """What somebody saw of a watched factor on a day: level, signs, evidence. Kept as a series, never rewritten.

    `signs` holds codes of the factor's indicators, and signs in a person's own words as they were written.
    """

    watch = models.ForeignKey(FactorWatch, on_delete=models.CASCADE, related_name="readings")
    read_on = models.DateField(_("read on"))
    level = models.PositiveSmallIntegerField(_("level"), choices=SignLevel)
    signs = models.JSONField(_("signs seen"), default=list, blank=True)
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("area")
    )
    evidence = models.TextField(_("what was seen"))
    marking = models.IntegerField(_("marking"))
    made_at = models.DateTimeField(_("recorded"), editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    objects = ReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("reading of a risk factor")
        verbose_name_plural = _("readings of risk factors")
        ordering = ("-read_on", "-pk")
        indexes = [models.Index(fields=("watch", "read_on"), name="factor_reading_day")]

    def __str__(self) -> str:
        return f"{self.watch.ref} {self.read_on}: {self.get_level_display()}"

    @property
    def mission(self) -> Any:
        """The mission of the watch; the audit trail asks for it."""
        return self.watch.mission

    @property
    def ref(self) -> str:
        """The reference in the audit trail; it says no level."""
        return f"{self.watch.ref} reading {self.pk}"


class TriggerEvent(MissionRecord):
    """An event of the calendar that may set off violence: a date or a window, who and where, when to begin watching.

    `effect_of` is the last day of the occurrence that `past_effect` tells of; an event that was called off keeps its
    place in the calendar with the reason.
    """

    KIND = "watch"
    LETTER = "C"

    kind = models.CharField(_("kind"), max_length=16, choices=TriggerKind)
    title = models.CharField(_("title"), max_length=160)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    is_yearly = models.BooleanField(_("comes back every year"), default=False)
    areas = models.ManyToManyField(Area, verbose_name=_("areas"), related_name="trigger_events", blank=True)
    groups = models.ManyToManyField(
        AtRiskGroup, verbose_name=_("groups at risk"), related_name="trigger_events", blank=True
    )
    past_effect = models.TextField(_("effect last time"), blank=True)
    watch_from = models.DateField(_("watch from"))
    planned_action = models.TextField(_("planned action"), blank=True)
    action_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("who acts"),
    )
    effect_of = models.DateField(_("effect of the occurrence that ended on"), null=True, editable=False)
    called_off = models.TextField(_("called off because"), blank=True, editable=False)

    objects = TriggerQuerySet.as_manager()

    class Meta:
        verbose_name = _("event of the trigger calendar")
        verbose_name_plural = _("trigger calendar")
        ordering = ("starts_on", "number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="trigger_number_once_per_mission"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="trigger_ends_after_start"),
            models.CheckConstraint(condition=Q(watch_from__lte=F("starts_on")), name="trigger_watched_before_start"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
