"""Enumerations that the coordination app branches on."""

from enum import nonmember

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


class ForumBody(models.TextChoices):
    OWN = "own", _("Body of its own")
    ITEM = "item", _("Agenda item of an existing body")


class SeatKind(models.TextChoices):
    MEMBER = "member", _("Member")
    INVITEE = "invitee", _("Invited")
    OBSERVER = "observer", _("Observer")


class MechanismKind(models.TextChoices):
    """Mechanisms outside the mission's own forums. Source: POC Handbook 2020, 6.1.3, 6.2, 6.3."""

    HUMANITARIAN = "humanitarian", _("Humanitarian")
    HOST_STATE = "host_state", _("Host State")
    THEMATIC = "thematic", _("Thematic")


class MeetingKind(models.TextChoices):
    REGULAR = "regular", _("Regular")
    EMERGENCY = "emergency", _("Emergency")


class MeetingState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    OPEN = "open", _("In session")
    HELD = "held", _("Held, minutes closed")
    CANCELLED = "cancelled", _("Called off")


class AgendaKind(models.TextChoices):
    THREAT = "threat", _("Threat to review")
    CASE = "case", _("Open warning")
    EDITION = "edition", _("Edition awaiting endorsement")
    ACTION = "action", _("Overdue action")
    ISSUE = "issue", _("Referral")
    OTHER = "other", _("Other")


class AttendanceState(models.TextChoices):
    PRESENT = "present", _("Present")
    EXCUSED = "excused", _("Excused")
    ABSENT = "absent", _("Absent")


class DecisionKind(models.TextChoices):
    """Kinds of decisions. Source: POC Handbook 2020, 6.1.2, 6.1.3."""

    REACTION = "reaction", _("Rapid reaction")
    PLANNING = "planning", _("Planning")
    REPORTING = "reporting", _("Reporting")
    INFORMATION = "information", _("Public information")
    TRAINING = "training", _("Training")
    RESOURCES = "resources", _("Resources")
    REFERRAL = "referral", _("Referral")


class ActionState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Dropped")


class IssueState(models.TextChoices):
    """Steps of an issue up the chain. Source: POC Handbook 2020, 6.1.1 to 6.1.3, diagram."""

    RAISED = "raised", _("Raised")
    DECIDED_LOCAL = "decided_local", _("Decided by the local forum")
    REFERRED_OPERATIONAL = "referred_operational", _("Referred to the operational level")
    DECIDED_OPERATIONAL = "decided_operational", _("Decided at the operational level")
    REFERRED_STRATEGIC = "referred_strategic", _("Referred to the strategic level")
    DECIDED_STRATEGIC = "decided_strategic", _("Decided at the strategic level")
    REFERRED_LEADERSHIP = "referred_leadership", _("Referred to senior leadership")
    DECIDED_LEADERSHIP = "decided_leadership", _("Decided by senior leadership")
    IMPLEMENTING = "implementing", _("Being carried out")
    REPORTED = "reported", _("Reported back")
    CLOSED = "closed", _("Closed")

    DECIDED = nonmember(("decided_local", "decided_operational", "decided_strategic", "decided_leadership"))


class PartnerKind(models.TextChoices):
    """Kinds of protection stakeholders. Source: POC Handbook 2020, Annex V, note 4; the mission itself added."""

    MISSION = "mission", _("Mission")
    HOST_STATE = "host_state", _("State representative")
    UNCT = "unct", _("United Nations country team")
    ICRC = "icrc", _("International Committee of the Red Cross")
    INGO = "ingo", _("International NGO")
    NGO = "ngo", _("Local NGO")
    RELIGIOUS = "religious", _("Religious leader")
    TRADITIONAL = "traditional", _("Traditional leader")
    NETWORK = "network", _("Focal point of an alert network")
    OTHER = "other", _("Other civil society")
