"""Enumerations that the reporting app branches on."""

from enum import nonmember

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportKind(models.TextChoices):
    QUARTERLY = "quarterly", _("Quarterly forward-looking assessment")


class ReportState(models.TextChoices):
    """States of a report on its way to Headquarters. Source: POC Handbook 2020, 8.4."""

    DRAFTING = "drafting", _("Drafting")
    IN_REVIEW = "in_review", _("In review")
    CLEARED = "cleared", _("Cleared")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("Sent")

    SIGNED = nonmember(("approved", "sent"))


class SectionState(models.TextChoices):
    EMPTY = "empty", _("Empty")
    DRAFT = "draft", _("Draft")
    READY = "ready", _("Ready")
