"""Enumerations that all apps share: doctrine's tiers and phases, markings, roles, states of a job."""

from enum import StrEnum, nonmember

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.IntegerChoices):
    """The three tiers of POC action; they run side by side, without rank. Source: POC Handbook 2020, 2.2."""

    DIALOGUE = 1, _("I Dialogue and engagement")
    PHYSICAL = 2, _("II Physical protection")
    ENVIRONMENT = 3, _("III Protective environment")


class Phase(models.TextChoices):
    """The four response phases; one action may serve several. Source: POC Handbook 2020, 2.2."""

    PREVENTION = "prevention", _("Prevention")
    PRE_EMPTION = "pre_emption", _("Pre-emption")
    RESPONSE = "response", _("Response")
    CONSOLIDATION = "consolidation", _("Consolidation")


class RiskLevel(models.IntegerChoices):
    """Risk as the 5x5 scheme names it. Source: POC Handbook 2020, 8.2.4."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    EXTREME = 4, _("Extreme")


class Priority(models.IntegerChoices):
    """Priority of a matrix row, 1 first. Source: POC Handbook 2020, 8.3."""

    FIRST = 1, _("First")
    NEXT = 2, _("Next")
    WATCH = 3, _("Watch")


class Marking(models.IntegerChoices):
    """Sensitivity of information, lowest first. Source: ST/SGB/2007/6."""

    UNCLASSIFIED = 1, _("Unclassified")
    CONFIDENTIAL = 2, _("Confidential")
    STRICTLY_CONFIDENTIAL = 3, _("Strictly confidential")


class Level(models.TextChoices):
    """Level of authority of offices, forums and plans. Source: POC Handbook 2020, 1.3."""

    STRATEGIC = "strategic", _("Strategic")
    OPERATIONAL = "operational", _("Operational")
    TACTICAL = "tactical", _("Tactical")


class OfficeKind(models.TextChoices):
    HEADQUARTERS = "headquarters", _("Mission headquarters")
    SECTOR = "sector", _("Sector headquarters")
    FIELD_OFFICE = "field_office", _("Field office")
    BASE = "base", _("Base")


class Role(models.TextChoices):
    """Roles of the application; what each may do stands in `reference/permissions.yaml`."""

    SML = "SML", _("Senior mission leadership")
    LEAD = "LEAD", _("POC lead")
    FCPC = "FCPC", _("Head of military or police")
    HOO = "HOO", _("Head of Office")
    POCA = "POCA", _("POC Adviser")
    POCF = "POCF", _("POC officer or focal point")
    SECT = "SECT", _("Section or uniformed staff")
    JOC = "JOC", _("Joint Operations Centre")
    JMAC = "JMAC", _("Joint Mission Analysis Centre")
    PROT = "PROT", _("Human rights, child and women's protection")
    SCPI = "SCPI", _("Strategic communications")
    DMS = "DMS", _("Mission support")
    SPU = "SPU", _("Planning unit")
    EXT = "EXT", _("External partner")
    ADM = "ADM", _("Administrator")


class Verb(StrEnum):
    """What a letter of the permission table lets a role do to an object."""

    VIEW = "view"
    COMMENT = "comment"
    EDIT = "edit"
    DRAFT = "draft"
    APPROVE = "approve"
    VIEW_RELEASED = "view_released"


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Working")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")

    OPEN_STATES = nonmember(("queued", "running"))


class NoticeMode(models.TextChoices):
    """How a person wants to hear of a topic."""

    OFF = "off", _("Not at all")
    IN_APP = "in_app", _("In pocweb only")
    AT_ONCE = "at_once", _("In pocweb, and by e-mail at once")
    DIGEST = "digest", _("In pocweb, and in one e-mail a day")


class MailState(models.TextChoices):
    """Where the e-mail of a notice stands."""

    NONE = "none", _("No e-mail")
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Could not be sent")
