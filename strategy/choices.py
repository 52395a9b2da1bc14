"""Enumerations that the strategy app branches on."""

from enum import nonmember

from django.db import models
from django.utils.translation import gettext_lazy as _


class ActivityStatus(models.TextChoices):
    """Where a response activity stands. Planned ones are "action required", the others "response to date"."""

    PLANNED = "planned", _("Planned")
    ONGOING = "ongoing", _("Under way")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")

    OPEN_STATES = nonmember(("planned", "ongoing"))
    TO_DATE = nonmember(("ongoing", "done"))
