"""Enumerations that the threats app branches on."""

from enum import nonmember

from django.db import models
from django.utils.translation import gettext_lazy as _


class SourceOfViolence(models.TextChoices):
    """Kinds of perpetrator. Source: POC Handbook 2020, 8.1."""

    ARMED_GROUP = "armed_group", _("Non-State armed group")
    STATE = "state", _("Host-State forces, other State actors and proxies")
    FOREIGN = "foreign", _("Foreign or regional forces")
    COMMUNITY = "community", _("Community (intercommunal, land, self-defence)")
    CRIME = "crime", _("Organized crime")
    MISSION = "mission", _("The mission's own action")
    UNKNOWN = "unknown", _("Not identified")


class EventKind(models.TextChoices):
    """How a conflict event is classed by event data; UCDP's types 1, 2 and 3."""

    STATE_BASED = "state_based", _("State-based conflict")
    NON_STATE = "non_state", _("Non-State conflict")
    ONE_SIDED = "one_sided", _("One-sided violence against civilians")
    OTHER = "other", _("Other or not classed")


class DatePrecision(models.TextChoices):
    DAY = "day", _("Exact day")
    DAYS = "days", _("Within 2 to 6 days")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    YEAR = "year", _("Longer than a month, at most a year")


class PointPrecision(models.IntegerChoices):
    """How exact a place is; UCDP's where_prec."""

    EXACT = 1, _("Exact place")
    NEAR = 2, _("Within about 25 km")
    ADM2 = 3, _("Second administrative level")
    ADM1 = 4, _("First administrative level")
    REGION = 5, _("Region or line only")
    COUNTRY = 6, _("Country only")

    PLOTTED = nonmember((1, 2, 3, 4))


class PlaceState(models.TextChoices):
    """Whether name and point of an incident agree on its area."""

    MATCHED = "matched", _("Matched")
    DISAGREEING = "disagreeing", _("Name and point disagree")
    UNMATCHED = "unmatched", _("No area found")
    SETTLED = "settled", _("Settled by a person")


class Verification(models.TextChoices):
    """States of verification. Source: POC Handbook 2020, 9.3 and 9.4."""

    REPORTED = "reported", _("Reported")
    UNDER_VERIFICATION = "under_verification", _("Under verification")
    VERIFIED = "verified", _("Verified")
    NOT_VERIFIED = "not_verified", _("Could not be verified")
    DISCOUNTED = "discounted", _("Discounted")

    COUNTED = nonmember(("reported", "under_verification", "verified", "not_verified"))


class Origin(models.TextChoices):
    """Where an incident record came from."""

    MISSION = "mission", _("Recorded by the mission")
    UCDP = "ucdp", "UCDP GED"
    ACLED = "acled", "ACLED"
    POCWEB = "pocweb", _("pocweb template")


class Harm(models.TextChoices):
    KILLED = "killed", _("Killed")
    INJURED = "injured", _("Injured")
    ABDUCTED = "abducted", _("Abducted")
    DISPLACED = "displaced", _("Displaced")


class PersonStatus(models.TextChoices):
    """Status of those harmed. Source: OHCHR Guidance on Casualty Recording; SDG 16.1.2."""

    CIVILIAN = "civilian", _("Civilian")
    PROTECTED = "protected", _("Other protected person")
    ARMED_FORCES = "armed_forces", _("Member of armed forces")
    PARTICIPATING = "participating", _("Person directly participating in hostilities")
    UNKNOWN = "unknown", _("Unknown")


class Sex(models.TextChoices):
    WOMAN = "woman", _("Woman or girl")
    MAN = "man", _("Man or boy")
    UNKNOWN = "unknown", _("Unknown")


class Age(models.TextChoices):
    ADULT = "adult", _("Adult (18 and over)")
    CHILD = "child", _("Child")
    UNKNOWN = "unknown", _("Unknown")


class ActorSide(models.TextChoices):
    """Part that an actor had in an incident."""

    PERPETRATOR = "perpetrator", _("Perpetrator")
    PARTY = "party", _("Party to a clash")
    VICTIM = "victim", _("Target")


class Vulnerability(models.IntegerChoices):
    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")


class Confidence(models.IntegerChoices):
    """How sure those who rate are of their rating. The words are ours; the Handbook names no scale."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")

    @property
    def meaning(self) -> str:
        """Return what the level means, in one sentence."""
        meanings = {
            1: _("One source, or reports not verified. The next report may change the rating."),
            2: _("Several sources that agree, not all verified. Some questions are open."),
            3: _("Several independent sources, most of it verified. A change would surprise."),
        }
        return str(meanings[self.value])


class Trend(models.TextChoices):
    RISING = "rising", _("rising")
    STEADY = "steady", _("steady")
    FALLING = "falling", _("falling")
    NEW = "new", _("first rating")


class ThreatStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")


class EditionState(models.TextChoices):
    """States of a matrix edition. Source: POC Handbook 2020, 8.3."""

    DRAFT = "draft", _("Draft")
    CONSULTATION = "consultation", _("Consultation")
    ENDORSED = "endorsed", _("Endorsed by the forum")
    APPROVED = "approved", _("Approved")
    IN_FORCE = "in_force", _("In force")
    SUPERSEDED = "superseded", _("Superseded")

    OPEN_STATES = nonmember(("draft", "consultation", "endorsed", "approved"))


class ApprovalSlot(models.TextChoices):
    """Whose approvals an edition needs: Head of Office and heads of military and police. Source: Handbook 8.3."""

    HEAD_OF_OFFICE = "head_of_office", _("Head of Office")
    HEAD_OF_MILITARY = "head_of_military", _("Head of military")
    HEAD_OF_POLICE = "head_of_police", _("Head of police")


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, waits for your confirmation")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class PresenceKind(models.TextChoices):
    """What makes an area seen. Source: POC Handbook 2020, 8.4, example; the list is ours (bases, community alert
    networks and liaison assistants: 4.1.3)."""

    BASE = "base", _("Base")
    PATROL = "patrol", _("Patrol")
    LIAISON = "liaison", _("Community liaison assistant")
    NETWORK = "network", _("Community alert network")
    VISIT = "visit", _("Visit or flight")

    STANDING = nonmember(("base", "liaison", "network"))


class FactorKind(models.TextChoices):
    """Whether a risk factor is common to all atrocity crimes or points to one.

    Source: United Nations Framework of Analysis for Atrocity Crimes, 2014.
    """

    COMMON = "common", _("All atrocity crimes")
    GENOCIDE = "genocide", _("Genocide")
    HUMANITY = "humanity", _("Crimes against humanity")
    WAR = "war", _("War crimes")


class SignLevel(models.IntegerChoices):
    """How much of a risk factor is seen. The scale is ours; the Framework asks for change against a baseline."""

    NONE = 0, _("No sign")
    SOME = 1, _("Single signs")
    SEVERAL = 2, _("Several signs")
    STRONG = 3, _("Strong and spreading")


class TriggerKind(models.TextChoices):
    """Kinds of events that may set off violence. Source: POC Handbook 2020, 8.5."""

    FORCES = "forces", _("Deployment of forces or start of hostilities")
    SPILLOVER = "spillover", _("Spillover from a neighbouring country")
    POWER = "power", _("Irregular change of power")
    SEASON = "season", _("Season: rains, harvest, cattle movement")
    CULTURAL = "cultural", _("Religious or cultural period")
    INCITEMENT = "incitement", _("Incitement")
    ELECTION = "election", _("Census or election")
    ANNUAL = "annual", _("Fair or other annual event")
    OTHER = "other", _("Other")


class OfflineState(models.TextChoices):
    CHECKED = "checked", _("Checked, waits for your confirmation")
    DONE = "done", _("Taken over")
    CANCELLED = "cancelled", _("Cancelled")


class Heat(models.TextChoices):
    """Whether an area is a hotspot, and by what; `rules/hotspots.py`. Source: POC Handbook 2020, 8.4."""

    BOTH = "both", _("Hotspot by events and threats")
    EVENTS = "events", _("Hotspot by events")
    THREATS = "threats", _("Hotspot by threats")
    WATCH = "watch", _("Watch")
    NONE = "none", _("Nothing recorded")

    HOT = nonmember(("both", "events", "threats"))


class Sight(models.TextChoices):
    """How well the mission sees an area; `rules/blindspots.py`. Source: POC Handbook 2020, 8.4."""

    SEEN = "seen", _("Presence and reports")
    PRESENCE_ONLY = "presence", _("Presence, no report")
    REPORTS_ONLY = "reports", _("Reports only, no presence")
    UNSURE = "unsure", _("Not sure: seen no closer than the area around it")
    BLIND = "blind", _("Blind spot")


class Outcome(models.TextChoices):
    """What became of a row of the matrix in a quarter. The classes are ours; the rule: `threats.rules.outcomes`."""

    HIT = "hit", _("Hit")
    FALSE_ALARM = "false_alarm", _("False alarm")
    MISS = "miss", _("Miss")
    QUIET = "quiet", _("Quiet")


class Severity(models.IntegerChoices):
    """How much a finding of the quality page weighs. The scale is ours."""

    MUST = 1, _("Must be mended")
    SHOULD = 2, _("Should be mended")
    LOOK = 3, _("Worth a look")
