"""Where the mission is, hears or goes: what makes an area seen rather than blind."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pocweb.models import Area, MissionRecord
from threats.choices import PresenceKind
from threats.querysets import PresenceQuerySet


class Presence(MissionRecord):
    """A presence in an area: base, patrol, liaison assistant, community alert network, visit; from a day to a day.

    Without an end it goes on. Offices with a place of their own count as bases without being entered here. Source:
    POC Handbook 2020, 8.4, example of hotspot and blind-spot mapping.
    """

    KIND = "presence"
    LETTER = "P"

    kind = models.CharField(_("kind"), max_length=16, choices=PresenceKind)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="presences", verbose_name=_("area"))
    place = models.CharField(_("place, as exact as possible"), max_length=160, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(
        _("until"), null=True, blank=True, help_text=_("Leave empty while it goes on; a patrol ends on a day.")
    )
    note = models.TextField(_("note"), blank=True, help_text=_("Do not write names of sources or assistants."))

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        ordering = ("-starts_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="presence_number_once_per_mission"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="presence_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=("mission", "area", "starts_on"), name="presence_mission_area")]

    def __str__(self) -> str:
        return f"{self.ref} {self.get_kind_display()}, {self.area}"
