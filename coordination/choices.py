"""Enumerations that the coordination app branches on."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ActKind(models.TextChoices):
    """What a forum decided."""

    ENDORSE = "endorse", _("Endorsed the matrix edition")
    RETURN = "return", _("Sent the matrix edition back")


class Frequency(models.TextChoices):
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    AS_NEEDED = "as_needed", _("As needed")
