"""Communities: liaison assistants, alert networks, protection plans, engagement. Source: POC Handbook 2020, 9.2, 10."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from coordination.communities.choices import (
    AgeGroup,
    LocalPlanState,
    NetworkState,
    PlanState,
    ReprisalState,
    RiskResult,
    Semester,
    Sex,
)
from coordination.models.forum import Forum
from coordination.models.meeting import Decision
from coordination.models.warning import WarningCase
from coordination.querysets import (
    AssistantQuerySet,
    EngagementQuerySet,
    LocalPlanQuerySet,
    NetworkAlertQuerySet,
    NetworkPartQuerySet,
    NetworkQuerySet,
    PciaQuerySet,
    PlanQuerySet,
    ReprisalQuerySet,
)
from pocweb.choices import Phase, Tier
from pocweb.models import Area, Component, Mission, MissionRecord, Office
from threats.models import Presence, ProtectionActor, Threat

PERSON = settings.AUTH_USER_MODEL


class CommunityPeriods(models.Model):
    """After how many days a network counts as silent, and its equipment as unchecked; the mission's own (CM-01).

    The Handbook sets no number (9.2): a mission without a row has the defaults, which are ours.
    """

    mission = models.OneToOneField(Mission, on_delete=models.CASCADE, related_name="community_periods")
    contact_days = models.PositiveSmallIntegerField(
        _("days without contact"), default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    equipment_days = models.PositiveSmallIntegerField(
        _("days without a check of the equipment"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("periods of alert networks")
        verbose_name_plural = _("periods of alert networks")

    def __str__(self) -> str:
        return f"{self.mission}: {self.contact_days}, {self.equipment_days}"


class LiaisonAssistant(MissionRecord):
    """An assignment of a community liaison assistant, by a key and not by name. Source: POC Handbook 2020, 9.2."""

    KIND = "community"
    LETTER = "CLA"

    key = models.CharField(_("key of the assistant"), max_length=40)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex, default=Sex.UNKNOWN)
    base = models.ForeignKey(
        Office, on_delete=models.PROTECT, related_name="assistants", verbose_name=_("co-located with")
    )
    areas = models.ManyToManyField(Area, related_name="assistants", verbose_name=_("areas covered"))
    languages = models.CharField(_("languages"), max_length=160)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    is_lent = models.BooleanField(_("lent for a short time"), default=False)
    risk_note = models.TextField(_("risk to the assistant, and what is done about it"), blank=True)

    objects = AssistantQuerySet.as_manager()

    class Meta:
        verbose_name = _("liaison assistant")
        verbose_name_plural = _("liaison assistants")
        ordering = ("-starts_on", "number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="assistant_number_once_per_mission"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="assistant_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.key}"


class Network(MissionRecord):
    """A community alert network: who may call, how, whom, what was promised. Source: Handbook 2020, 9.2 (CM-01)."""

    KIND = "community"
    LETTER = "CAN"

    name = models.CharField(_("name"), max_length=120)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="networks", verbose_name=_("area"))
    communities = models.TextField(_("communities"))
    base = models.ForeignKey(
        Office, on_delete=models.PROTECT, related_name="networks", null=True, blank=True, verbose_name=_("calls base")
    )
    assistant = models.ForeignKey(
        LiaisonAssistant, on_delete=models.PROTECT, related_name="networks", null=True, blank=True,
        verbose_name=_("set up by"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=14, choices=NetworkState, default=NetworkState.AT_RISK)
    channels = models.JSONField(_("channels"), default=list, blank=True)
    equipment = models.TextField(_("equipment"), blank=True)
    checked_on = models.DateField(_("equipment last checked"), null=True, blank=True)
    contacted_on = models.DateField(_("last contact"), null=True, blank=True)
    threat_types = models.TextField(_("threats to call for"), blank=True)
    response_time = models.CharField(_("how fast is answered"), max_length=120, blank=True)
    responder = models.CharField(_("police or military comes"), max_length=120, blank=True)
    limits = models.TextField(_("limits that were explained"), blank=True)
    members = models.PositiveIntegerField(_("active members"), null=True, blank=True)
    women_members = models.PositiveIntegerField(_("women among them"), null=True, blank=True)
    has_crsv_signs = models.BooleanField(_("watches signs of conflict-related sexual violence"), default=False)
    set_up_on = models.DateField(_("active since"), null=True, blank=True, editable=False)

    objects = NetworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("community alert network")
        verbose_name_plural = _("community alert networks")
        ordering = ("area__name", "name")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="network_number_once_per_mission"),
            models.CheckConstraint(
                condition=Q(women_members=None) | Q(members__gte=F("women_members")), name="network_women_among_members"
            ),
            models.CheckConstraint(
                condition=~Q(state="active")
                | (~Q(threat_types="") & ~Q(response_time="") & ~Q(responder="") & ~Q(limits="")),
                name="network_active_has_expectations",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"


class FocalPoint(models.Model):
    """Who calls for a network, by a key alone; the name stays with the collecting unit, outside this system.

    Consent is recorded here (CM-09); one who withdraws is kept out of every further use.
    """

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="focal_points")
    key = models.CharField(_("key"), max_length=40)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex, default=Sex.UNKNOWN)
    role = models.CharField(_("role in the community"), max_length=80, blank=True)
    consent_scope = models.JSONField(_("consented to"), default=list, blank=True)
    consent_on = models.DateField(_("consent given"), null=True, blank=True)
    consent_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    withdrawn_on = models.DateField(_("consent withdrawn"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = NetworkPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("focal point")
        verbose_name_plural = _("focal points")
        ordering = ("key",)
        constraints = [models.UniqueConstraint(fields=("network", "key"), name="focal_point_once_per_network")]

    def __str__(self) -> str:
        return self.key


class NetworkAlert(models.Model):
    """An alert of a network; it opens a case, and closes only with response and result (CM-02)."""

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="alerts")
    case = models.OneToOneField(WarningCase, on_delete=models.PROTECT, related_name="network_alert")
    received_at = models.DateTimeField(_("received"))
    channel = models.CharField(_("came by"), max_length=12, blank=True)
    message = models.TextField(_("message"))
    response = models.TextField(_("what the mission did"), blank=True)
    result = models.TextField(_("result"), blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = NetworkAlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert of a network")
        verbose_name_plural = _("alerts of networks")
        ordering = ("-received_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | (~Q(response="") & ~Q(result="")), name="network_alert_closed_is_answered"
            )
        ]

    def __str__(self) -> str:
        return f"{self.network.ref} {self.received_at:%d.%m.%Y %H:%M}"


class KeptPresence(models.Model):
    """A presence on the map of blind spots that an alert network or an assignment of an assistant keeps in step.

    It is written with the network or assignment alone, so that nobody has to type the same twice (CM-07).
    """

    presence = models.OneToOneField(Presence, on_delete=models.CASCADE, related_name="kept")
    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="kept_presences", null=True)
    assistant = models.ForeignKey(LiaisonAssistant, on_delete=models.CASCADE, related_name="kept_presences", null=True)

    class Meta:
        verbose_name = _("kept presence")
        verbose_name_plural = _("kept presences")
        constraints = [
            models.CheckConstraint(
                condition=Q(network=None, assistant__isnull=False) | Q(network__isnull=False, assistant=None),
                name="kept_presence_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.presence.ref} {self.network or self.assistant}"


class CommunityPlan(MissionRecord):
    """A community protection plan of an area for a semester. Source: POC Handbook 2020, 9.2; Annex V, 8.3 (CM-04).

    From adoption on, `frozen` and `sha256` hold what was adopted; the columns below stay as they were.
    """

    KIND = "community"
    LETTER = "CPP"

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="community_plans", verbose_name=_("area"))
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(1999), MaxValueValidator(2100)])
    semester = models.PositiveSmallIntegerField(_("semester"), choices=Semester)
    due_on = models.DateField(_("to be adopted by"))
    state = models.CharField(_("state"), max_length=12, choices=PlanState, default=PlanState.DRAFT)
    drafters = models.CharField(_("drafted by"), max_length=200, blank=True)
    security = models.TextField(_("security overview"), blank=True)
    threats_text = models.TextField(_("threats and triggers"), blank=True)
    threats = models.ManyToManyField(Threat, related_name="community_plans", blank=True)
    at_risk = models.TextField(_("communities at risk"), blank=True)
    vulnerable = models.TextField(_("vulnerable persons"), blank=True)
    infrastructure = models.TextField(_("vulnerable schools and health posts"), blank=True)
    mapping = models.TextField(_("community mapping: drivers, history, leaders, spoilers, minorities"), blank=True)
    representation = models.TextField(_("how youth and women are represented"), blank=True)
    contact_channels = models.TextField(_("contact channels of actors"), blank=True)
    preventive = models.TextField(_("preventive actions"), blank=True)
    responses = models.TextField(_("planned responses"), blank=True)
    meeting_points = models.TextField(_("meeting points and safe areas"), blank=True)
    networks = models.ManyToManyField(Network, related_name="plans", blank=True, verbose_name=_("alert networks"))
    no_network_reason = models.TextField(_("why there is no alert network"), blank=True)
    engagement = models.TextField(_("how population and potential perpetrators are engaged"), blank=True)
    resources = models.TextField(_("resources"), blank=True)
    forum = models.ForeignKey(
        Forum, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("reviewed by")
    )
    reviewed_on = models.DateField(_("reviewed"), null=True, blank=True, editable=False)
    adopted_at = models.DateTimeField(_("adopted"), null=True, editable=False)
    adopted_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    shared_at = models.DateTimeField(_("shared"), null=True, editable=False)
    recipients = models.JSONField(_("sent to"), default=list, editable=False)
    frozen = models.JSONField(null=True, editable=False, encoder=DjangoJSONEncoder)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("community protection plan")
        verbose_name_plural = _("community protection plans")
        ordering = ("-year", "-semester", "area__name")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="plan_number_once_per_mission"),
            models.UniqueConstraint(fields=("mission", "area", "year", "semester"), name="plan_once_per_semester"),
            models.CheckConstraint(
                condition=~Q(state__in=PlanState.FROZEN) | (Q(adopted_at__isnull=False) & ~Q(sha256="")),
                name="plan_adopted_is_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.area}"


class Consultation(models.Model):
    """A consultation held for a plan; women's organizations have to be among them (CM-05)."""

    plan = models.ForeignKey(CommunityPlan, on_delete=models.CASCADE, related_name="consultations")
    held_on = models.DateField(_("held on"))
    with_whom = models.CharField(_("with whom, by group and not by name"), max_length=200)
    womens_organizations = models.BooleanField(_("women's organizations took part"), default=False)
    was_separate = models.BooleanField(_("women were met apart"), default=False)
    people = models.PositiveIntegerField(_("people"), null=True, blank=True)
    findings = models.TextField(_("what was said"), blank=True)
    engagement = models.ForeignKey(
        "Engagement", on_delete=models.PROTECT, related_name="consultations", null=True, blank=True
    )
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        ordering = ("held_on", "pk")

    def __str__(self) -> str:
        return f"{self.plan.ref} {self.held_on}"


class Pcia(MissionRecord):
    """A peace and conflict impact assessment of an office, yearly. Source: Annex V, para. 8.1, 8.2 (EW-18)."""

    KIND = "community"
    LETTER = "PCIA"

    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(1999), MaxValueValidator(2100)])
    due_on = models.DateField(_("due"))
    conflict_map = models.TextField(_("conflict map: social, political, economic"), blank=True)
    stakeholder_map = models.TextField(_("stakeholder map"), blank=True)
    risks = models.TextField(_("POC risks and opportunities per conflict"), blank=True)
    with_whom = models.CharField(_("made with"), max_length=200, blank=True)
    done_at = models.DateTimeField(_("completed"), null=True, editable=False)
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)

    objects = PciaQuerySet.as_manager()

    class Meta:
        verbose_name = _("peace and conflict impact assessment")
        verbose_name_plural = _("peace and conflict impact assessments")
        ordering = ("-year", "office__path")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="pcia_number_once_per_mission"),
            models.UniqueConstraint(fields=("office", "year"), name="pcia_once_per_office_and_year"),
            models.CheckConstraint(
                condition=Q(done_at=None) | (~Q(conflict_map="") & ~Q(stakeholder_map="") & ~Q(risks="")),
                name="pcia_done_has_parts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.office} {self.year}"


class Engagement(MissionRecord):
    """A meeting with a community: why, with whom by group, at what risk, with whose consent. Source: 10.1, 10.2."""

    KIND = "engagement"
    LETTER = "EN"

    purposes = models.JSONField(_("purposes"), default=list)
    held_on = models.DateField(_("held on"))
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="engagements", verbose_name=_("area"))
    place = models.CharField(_("place"), max_length=160, blank=True)
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("component")
    )
    groups = models.JSONField(_("groups met"), default=list)
    was_separate = models.BooleanField(_("a group was met apart"), default=False)
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier)
    phase = models.CharField(_("phase"), max_length=14, choices=Phase)
    risk = models.CharField(_("risk assessment"), max_length=14, choices=RiskResult)
    risks_weighed = models.TextField(_("risks that were weighed"), blank=True)
    consent_scope = models.JSONField(_("consented to"), default=list, blank=True)
    consent_on = models.DateField(_("consent given"), null=True, blank=True)
    consent_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    withdrawn_on = models.DateField(_("consent withdrawn"), null=True, blank=True)
    personal_details = models.TextField(_("details of persons, by key"), blank=True)
    findings = models.TextField(_("findings"))
    follow_up = models.TextField(_("follow-up"), blank=True)
    duplication = models.CharField(_("checked with other protection actors"), max_length=200, blank=True)
    concerns_child_victim = models.BooleanField(_("concerns a child victim"), default=False)
    problem = models.TextField(_("recurring problem"), blank=True)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        verbose_name = _("engagement with a community")
        verbose_name_plural = _("engagements with communities")
        ordering = ("-held_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="engagement_number_once_per_mission"),
            models.CheckConstraint(
                condition=~Q(risk__in=RiskResult.NO_PERSONS) | Q(personal_details=""),
                name="engagement_unsafe_holds_no_person",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(personal_details=""), name="engagement_withdrawn_holds_no_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.area}"


class EngagementCount(models.Model):
    """How many people of a sex and age group took part (CM-10)."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="counts")
    sex = models.CharField(_("sex"), max_length=8, choices=Sex)
    age = models.CharField(_("age"), max_length=8, choices=AgeGroup)
    people = models.PositiveIntegerField(_("people"))

    class Meta:
        verbose_name = _("people at an engagement")
        verbose_name_plural = _("people at engagements")
        ordering = ("sex", "age")
        constraints = [models.UniqueConstraint(fields=("engagement", "sex", "age"), name="engagement_count_once")]

    def __str__(self) -> str:
        return f"{self.get_sex_display()}, {self.get_age_display()}: {self.people}"


class EngagementPhoto(models.Model):
    """A photograph of an engagement, stored without where and when it was taken (CM-12)."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="photos")
    file = models.CharField(max_length=200)
    caption = models.CharField(_("what it shows"), max_length=160)
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("photograph")
        verbose_name_plural = _("photographs")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.caption


class Reprisal(MissionRecord):
    """An allegation of intimidation or reprisal for cooperating with the mission; a closed register (CM-11)."""

    KIND = "reprisal"
    LETTER = "RP"

    received_at = models.DateTimeField(_("received"))
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("area")
    )
    text = models.TextField(_("what is alleged, without names"))
    alleged_by = models.CharField(_("who is said to have done it"), max_length=160, blank=True)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ReprisalState, default=ReprisalState.RECEIVED)
    measures = models.TextField(_("what was done"), blank=True)

    objects = ReprisalQuerySet.as_manager()

    class Meta:
        verbose_name = _("allegation of reprisal")
        verbose_name_plural = _("allegations of reprisals")
        ordering = ("-received_at",)
        constraints = [models.UniqueConstraint(fields=("mission", "number"), name="reprisal_number_once_per_mission")]

    def __str__(self) -> str:
        return self.ref


class LocalPlan(MissionRecord):
    """A local POC plan of a forum: its risks, and what each protection actor does about them (CO-11).

    Source: POC Handbook 2020, 6.1.3: at least the risks, and each actor's activities, capacity, role, responsibilities.
    """

    KIND = "forum"
    LETTER = "LP"

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="local_plans")
    title = models.CharField(_("title"), max_length=160)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=10, choices=LocalPlanState, default=LocalPlanState.DRAFT)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    adopted_at = models.DateTimeField(_("adopted"), null=True, editable=False)
    adopted_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    frozen = models.JSONField(null=True, editable=False, encoder=DjangoJSONEncoder)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)

    objects = LocalPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("local POC plan")
        verbose_name_plural = _("local POC plans")
        ordering = ("-starts_on", "forum__name")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="local_plan_number_once_per_mission"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="local_plan_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state="draft") | (Q(adopted_at__isnull=False) & ~Q(sha256="")),
                name="local_plan_adopted_is_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class LocalPlanRisk(models.Model):
    """A risk of a local plan, of a matrix row or in words."""

    plan = models.ForeignKey(LocalPlan, on_delete=models.CASCADE, related_name="risks")
    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    text = models.TextField(_("risk"))
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("risk of a local plan")
        verbose_name_plural = _("risks of local plans")
        ordering = ("order", "pk")
        constraints = [models.UniqueConstraint(fields=("plan", "threat"), name="local_plan_threat_once")]

    def __str__(self) -> str:
        return self.text


class LocalPlanLine(models.Model):
    """What one protection actor does about a risk: activity, capacity, role, responsibility (CO-11)."""

    risk = models.ForeignKey(LocalPlanRisk, on_delete=models.CASCADE, related_name="lines")
    actor = models.ForeignKey(
        ProtectionActor, on_delete=models.PROTECT, related_name="+", null=True, blank=True,
        verbose_name=_("protection actor"),
    )  # fmt: skip
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    activity = models.TextField(_("activity"))
    capacity = models.TextField(_("capacity"))
    role = models.CharField(_("role"), max_length=160)
    responsibility = models.TextField(_("responsibility"))

    class Meta:
        verbose_name = _("line of a local plan")
        verbose_name_plural = _("lines of local plans")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(actor__isnull=False) | Q(component__isnull=False), name="local_plan_line_names_actor"
            )
        ]

    def __str__(self) -> str:
        return self.activity
