"""Enumerations of communities. Source: POC Handbook 2020, 9.2, 10.1 to 10.3; Annex V, para. 8."""

from enum import nonmember

from django.db import models
from django.utils.translation import gettext_lazy as _


class NetworkState(models.TextChoices):
    """How far a community alert network is set up. Source: POC Handbook 2020, 9.2 (CM-01, CM-03)."""

    AT_RISK = "at_risk", _("Community at risk identified")
    FOCAL_POINT = "focal_point", _("Focal point chosen")
    CHANNEL = "channel", _("Channel set up")
    EXPECTATIONS = "expectations", _("Expectations agreed")
    ACTIVE = "active", _("Active")
    LAPSED = "lapsed", _("Lapsed")
    CLOSED = "closed", _("Closed")


class AlertChannel(models.TextChoices):
    """How a network passes an alert. Source: POC Handbook 2020, 9.2."""

    WHISTLE = "whistle", _("Whistle")
    KITCHENWARE = "kitchenware", _("Kitchenware")
    MOTORCYCLE = "motorcycle", _("Motorcycle")
    BICYCLE = "bicycle", _("Bicycle")
    MESSENGER = "messenger", _("Messenger relay")
    WALKING = "walking", _("Walking to a covered town")
    MOBILE = "mobile", _("Mobile telephone or SMS")
    CREDIT = "credit", _("Mobile with credit from the mission")
    HOTLINE = "hotline", _("Free hotline")
    SATELLITE = "satellite", _("Satellite telephone")
    HF_RADIO = "hf_radio", _("HF radio")

    TECHNICAL = nonmember(("mobile", "credit", "hotline", "satellite", "hf_radio"))
    """Channels whose equipment has to be checked."""


class PlanState(models.TextChoices):
    """States of a community protection plan. Source: POC Handbook 2020, 9.2; Annex V, para. 8.3 (CM-04)."""

    DRAFT = "draft", _("Draft")
    CONSULTED = "consulted", _("Community consulted")
    REVIEWED = "reviewed", _("Reviewed by the local forum")
    ADOPTED = "adopted", _("Adopted")
    SHARED = "shared", _("Shared")
    IN_FORCE = "in_force", _("In force")
    SUPERSEDED = "superseded", _("Superseded")

    FROZEN = nonmember(("adopted", "shared", "in_force", "superseded"))


class Semester(models.IntegerChoices):
    FIRST = 1, _("First semester")
    SECOND = 2, _("Second semester")


class LocalPlanState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ADOPTED = "adopted", _("Adopted")
    SUPERSEDED = "superseded", _("Superseded")


class Purpose(models.TextChoices):
    """Why the mission engages with a community. Source: POC Handbook 2020, 10.1."""

    AWARENESS = "awareness", _("Awareness of the situation")
    THREAT = "threat", _("How the threat is perceived")
    SELF_PROTECTION = "self_protection", _("Self-protection")
    PEACEKEEPERS = "peacekeepers", _("Threats to peacekeepers")
    MANDATE = "mandate", _("Explaining the mandate")
    AUTHORITIES = "authorities", _("View of the authorities")
    MISSION = "mission", _("View of the mission")
    PROJECTS = "projects", _("Projects")
    POLICING = "policing", _("Community-oriented policing")


class Interlocutor(models.TextChoices):
    """Who was met. Source: POC Handbook 2020, 10.1."""

    WOMEN = "women", _("Women")
    YOUTH = "youth", _("Youth")
    ELDERS = "elders", _("Elders")
    MINORITIES = "minorities", _("Minorities")
    RELIGIOUS_ETHNIC = "religious_ethnic", _("Religious or ethnic groups")
    DISABILITIES = "disabilities", _("Persons with disabilities")
    OLDER = "older", _("Older persons")
    DISPLACED = "displaced", _("Displaced people")


class RiskResult(models.TextChoices):
    """Result of the risk assessment before, during and after a contact. Source: POC Handbook 2020, 10.2 (CM-08)."""

    SAFE = "safe", _("Safety can be ensured")
    CONDITIONS = "conditions", _("Only under conditions")
    CANNOT_ENSURE = "cannot_ensure", _("Safety cannot be ensured")
    INSUFFICIENT = "insufficient", _("Too little is known to judge")

    NO_PERSONS = nonmember(("cannot_ensure", "insufficient"))
    """Results with which no personal detail is stored."""


class ConsentScope(models.TextChoices):
    """What a person consented to. Source: POC Handbook 2020, 10.1, 10.2."""

    RECORD = "record", _("To be recorded")
    SHARE = "share", _("To be shared inside the mission")
    REFER = "refer", _("To be referred to a partner")
    ACT = "act", _("To action on their behalf")


class AgeGroup(models.TextChoices):
    CHILD = "child", _("Under 18")
    ADULT = "adult", _("18 to 59")
    OLDER = "older", _("60 and above")
    UNKNOWN = "unknown", _("Not known")


class Sex(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    UNKNOWN = "unknown", _("Not known")


class ReprisalState(models.TextChoices):
    """Routing of an allegation of reprisal (CM-11); fixed: human rights first, POC Adviser informed."""

    RECEIVED = "received", _("Received")
    TAKEN_UP = "taken_up", _("Taken up by human rights")
    CLOSED = "closed", _("Closed")
