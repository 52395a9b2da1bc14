"""Early warning: the case, its steps, recipients, responses, flash reports. Source: POC Handbook 2020, Annex V."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from coordination.models.meeting import Decision
from coordination.models.sharing import Share
from coordination.querysets import CasePartQuerySet, CaseQuerySet, FlashQuerySet, RequestQuerySet
from coordination.warnings.choices import (
    AssessingBody,
    AtRisk,
    Audience,
    Branch,
    CaseClass,
    CasePriority,
    CaseState,
    Channel,
    EvaluationTool,
    ExpectedTime,
    FlashKind,
    ImpactLevel,
    InformationReliability,
    Measure,
    Outcome,
    RequestKind,
    RequestState,
    ResponseKind,
    ResponseState,
    ReviewState,
    SourceReliability,
    TaskKind,
    ThreatenedAct,
    Threatening,
    UnitRating,
)
from pocweb.choices import Role
from pocweb.models import Area, Component, Mission, MissionRecord, Office
from threats.models import Actor, AtRiskGroup, Incident, Source, Threat

PERSON = settings.AUTH_USER_MODEL


class WarningCase(MissionRecord):
    """A report of a threat and all that became of it, from the intake to its effect.

    The moments of the alert clock are kept as columns, each set once, when its step was first done: `received_at`,
    `classed_at`, `disseminated_at`, `decided_at`, `flashed_at`, `acted_at`, `neutralised_at`, `closed_at`. What each
    step said stands in `CaseStep`; the columns hold what counts now.
    """

    KIND = "case"
    LETTER = "EW"

    # intake (step 2)
    received_at = models.DateTimeField(_("received"))
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("component")
    )
    channel = models.CharField(_("how do you know"), max_length=12, choices=Channel)
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="cases", null=True, blank=True, verbose_name=_("source key")
    )
    act = models.CharField(_("what may happen"), max_length=16, choices=ThreatenedAct)
    place = models.CharField(_("where"), max_length=160)
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="cases", null=True, blank=True, verbose_name=_("area")
    )
    expected = models.CharField(_("when"), max_length=8, choices=ExpectedTime, default=ExpectedTime.UNKNOWN)
    threatening = models.CharField(_("who threatens"), max_length=14, choices=Threatening, default=Threatening.UNKNOWN)
    actor = models.ForeignKey(
        Actor, on_delete=models.PROTECT, related_name="cases", null=True, blank=True, verbose_name=_("profile")
    )
    at_risk = models.JSONField(_("who is at risk"), default=list, blank=True)
    groups = models.ManyToManyField(AtRiskGroup, related_name="cases", blank=True, verbose_name=_("groups at risk"))
    people = models.PositiveIntegerField(_("how many, if known"), null=True, blank=True)
    un_staff = models.BooleanField(_("UN staff are threatened too"), default=False)
    text = models.TextField(_("what was seen or heard"))
    hierarchy_copy = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("copy to")
    )

    # where it stands
    state = models.CharField(_("state"), max_length=18, choices=CaseState, default=CaseState.RECEIVED)
    branch = models.CharField(_("imminence"), max_length=14, choices=Branch, blank=True)
    case_class = models.CharField(_("class"), max_length=8, choices=CaseClass, default=CaseClass.ALERT)

    # ratings (steps 3 to 9)
    source_reliability = models.CharField(_("source"), max_length=1, choices=SourceReliability, blank=True)
    information_reliability = models.CharField(
        _("information"), max_length=10, choices=InformationReliability, blank=True
    )
    is_triangulated = models.BooleanField(_("triangulated and validated"), default=False)
    triangulation = models.TextField(_("how it was triangulated"), blank=True)
    impact_civilians = models.PositiveSmallIntegerField(_("impact on civilians"), choices=ImpactLevel, null=True)
    impact_children = models.PositiveSmallIntegerField(_("impact on children"), choices=ImpactLevel, null=True)
    impact_women = models.PositiveSmallIntegerField(_("impact on women and girls"), choices=ImpactLevel, null=True)
    children_rating = models.CharField(_("7A"), max_length=12, choices=UnitRating, blank=True)
    women_rating = models.CharField(_("7B"), max_length=12, choices=UnitRating, blank=True)
    impact = models.PositiveSmallIntegerField(_("overall impact"), choices=ImpactLevel, null=True)
    impact_reason = models.TextField(_("why the overall impact differs"), blank=True)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), choices=ImpactLevel, null=True)
    likelihood_body = models.CharField(_("likelihood given by"), max_length=6, choices=AssessingBody, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=CasePriority, null=True)
    scheme = models.CharField(_("scheme of the priority"), max_length=20, default="ew-3x3-1")
    imminence_reason = models.TextField(_("why imminent, or why not"), blank=True)

    # response and end
    has_operation = models.BooleanField(_("the response contains an operation"), default=False)
    remarks = models.TextField(_("remarks in the matrix"), blank=True)
    partners_informed = models.TextField(_("partners informed"), blank=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True)
    finding = models.TextField(_("finding at the end"), blank=True)
    killed = models.PositiveIntegerField(_("killed although warned"), null=True, blank=True)
    injured = models.PositiveIntegerField(_("injured although warned"), null=True, blank=True)
    review_state = models.CharField(_("evaluation"), max_length=12, choices=ReviewState, default=ReviewState.OPEN)
    threat = models.ForeignKey(
        Threat, on_delete=models.PROTECT, related_name="cases", null=True, blank=True, verbose_name=_("threat")
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="cases", null=True, blank=True, verbose_name=_("incident")
    )

    # the alert clock
    classed_at = models.DateTimeField(null=True, editable=False)
    disseminated_at = models.DateTimeField(null=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    flashed_at = models.DateTimeField(null=True, editable=False)
    acted_at = models.DateTimeField(null=True, editable=False)
    neutralised_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("early-warning case")
        verbose_name_plural = _("early-warning cases")
        ordering = ("-received_at", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="case_number_once_per_mission"),
            models.CheckConstraint(
                condition=~Q(case_class="warning") | Q(is_triangulated=True), name="case_warning_is_triangulated"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="case_closed_has_outcome",
            ),
            models.CheckConstraint(condition=Q(branch="") | ~Q(imminence_reason=""), name="case_imminence_has_reason"),
        ]
        indexes = [
            models.Index(fields=("mission", "state", "-received_at"), name="case_mission_state"),
            models.Index(fields=("office", "-received_at"), name="case_office_received"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.get_act_display()}, {self.place}"

    @property
    def is_imminent(self) -> bool:
        return self.branch == Branch.IMMINENT

    @property
    def is_open(self) -> bool:
        return self.state != CaseState.CLOSED

    @property
    def at_risk_labels(self) -> list[str]:
        """The words of those ticked as at risk, in the order of the list."""
        return [str(one.label) for one in AtRisk if one.value in self.at_risk]


class CasePart(models.Model):
    """What hangs on a case: its mission, office and marking are those of the case."""

    class Meta:
        abstract = True

    @property
    def mission(self) -> Mission:
        return self.case.mission  # type: ignore[attr-defined]

    @property
    def office(self) -> Office:
        return self.case.office  # type: ignore[attr-defined]

    @property
    def mission_id(self) -> int:
        return self.case.mission_id  # type: ignore[attr-defined]

    @property
    def office_id(self) -> int:
        return self.case.office_id  # type: ignore[attr-defined]

    @property
    def marking(self) -> int:
        return self.case.marking  # type: ignore[attr-defined]

    @property
    def ref(self) -> str:
        return self.case.ref  # type: ignore[attr-defined]


class CaseStep(CasePart):
    """One step that was done: when begun, when ended, by whom, what it said. Kept as a series, never rewritten.

    `key` is the step of Annex V with its branch (2, 3, 4, 5, 6, 7A, 7B, 8, 9, N10 to N12, I10 to I16, 17); `act` the
    act of the state table. `before` and `after` are states; `said` holds what was stated: field to [before, after].
    `begun_at` is when the step before ended, so that the time a step took is `ended_at - begun_at` (EW-15).
    """

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(max_length=4)
    act = models.CharField(max_length=20)
    before = models.CharField(max_length=18, choices=CaseState, blank=True)
    after = models.CharField(max_length=18, choices=CaseState)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True)
    reason = models.TextField(_("reason"), blank=True)
    said = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    is_out_of_order = models.BooleanField(_("skipped or went back"), default=False)

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a case")
        verbose_name_plural = _("steps of cases")
        ordering = ("pk",)
        indexes = [models.Index(fields=("case", "key"), name="case_step_key")]

    def __str__(self) -> str:
        return f"{self.case.ref} {self.key}"


class CaseReport(CasePart):
    """A further report on the same threat, or one that bears the first out. Never rewritten."""

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="reports")
    received_at = models.DateTimeField(_("received"))
    channel = models.CharField(_("how do you know"), max_length=12, choices=Channel)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    text = models.TextField(_("what was seen or heard"))
    corroborates = models.BooleanField(_("bears out what was reported"), default=False)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("further report")
        verbose_name_plural = _("further reports")
        ordering = ("received_at", "pk")

    def __str__(self) -> str:
        return f"{self.case.ref} {self.received_at:%d.%m.%Y %H:%M}"


class CaseRecipient(CasePart):
    """A person to whom a step of a case was sent, and whether they acknowledged it (EW-08).

    `level` is 0 for the person of the default list and grows by one each time a silence climbed the chain; `stands_for`
    leads to the one whose silence brought it here.
    """

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="recipients")
    step = models.CharField(_("step"), max_length=4)
    label = models.CharField(_("as"), max_length=80)
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(_("sent"))
    due_at = models.DateTimeField(_("to acknowledge until"), null=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    reminded_at = models.DateTimeField(_("last reminded"), null=True)
    level = models.PositiveSmallIntegerField(_("level"), default=0)
    stands_for = models.ForeignKey("self", on_delete=models.CASCADE, related_name="climbed", null=True, blank=True)

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient of a case")
        verbose_name_plural = _("recipients of cases")
        ordering = ("step", "level", "pk")
        constraints = [
            models.UniqueConstraint(fields=("case", "step", "person"), name="case_recipient_once_per_step"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_at__gte=F("sent_at")),
                name="case_acknowledged_after_sending",
            ),
        ]
        indexes = [models.Index(fields=("person", "acknowledged_at"), name="case_recipient_waiting")]

    def __str__(self) -> str:
        return f"{self.case.ref} {self.person}"


class CaseTask(CasePart):
    """What a case asks of a unit: 7A, 7B, an evaluation. Done, or not relevant with the reason (EW-04, EW-20)."""

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(_("task"), max_length=12, choices=TaskKind)
    owner = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    tool = models.CharField(_("tool"), max_length=12, choices=EvaluationTool, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True)
    is_relevant = models.BooleanField(_("relevant"), default=True)
    findings = models.TextField(_("findings"), blank=True)
    recipients = models.JSONField(_("sent to"), default=list, blank=True)

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("task of a case")
        verbose_name_plural = _("tasks of cases")
        ordering = ("asked_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("case", "kind"), condition=Q(done_at=None), name="case_task_open_once_per_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case.ref} {self.get_kind_display()}"


class CaseResponse(CasePart):
    """A response to a case: what, by which part of the mission or which host authority, since when, to what effect.

    `begun_at` is the moment of "action taken" (Annex III, 2.2.3); a response by host authorities feeds 2.2.2.
    `planned_at` is when what is planned was last changed; a harm assessment must not be older (EW-11).
    """

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="responses")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="responses", null=True, blank=True)
    kind = models.CharField(_("response"), max_length=16, choices=ResponseKind)
    text = models.TextField(_("what is done"), blank=True)
    is_operation = models.BooleanField(_("is an operation"), default=False)
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("component")
    )
    host_authority = models.CharField(_("host authority"), max_length=120, blank=True)
    owner = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    due_at = models.DateTimeField(_("until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ResponseState, default=ResponseState.PLANNED)
    planned_at = models.DateTimeField(_("planned"), null=True, editable=False)
    begun_at = models.DateTimeField(_("action taken"), null=True, blank=True)
    ended_at = models.DateTimeField(_("completed"), null=True, blank=True)
    obstacle = models.TextField(_("obstacle"), blank=True)
    effect = models.TextField(_("effect"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    changed_at = models.DateTimeField(editable=False)
    changed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, editable=False)

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("response to a case")
        verbose_name_plural = _("responses to cases")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(component__isnull=False) | ~Q(host_authority=""), name="case_response_has_actor"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case.ref} {self.get_kind_display()}"


class HarmAssessment(CasePart):
    """Step 16: what harm an operation may do and how it is held down; gates the operation (EW-11).

    Kept as a series: a changed operation is assessed anew. `sent_at` is when it went to the POC Unit.
    """

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="harm_assessments")
    operation = models.TextField(_("operation"))
    foreseen_harm = models.TextField(_("harm that is foreseen"))
    mitigation = models.TextField(_("how it is mitigated"))
    response_strategy = models.TextField(_("what is done if harm occurs"))
    consulted = models.CharField(_("JMAC and U2 consulted: who, when"), max_length=200)
    made_at = models.DateTimeField(editable=False)
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", editable=False)
    sent_at = models.DateTimeField(_("sent to the POC Unit"), null=True, editable=False)

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("harm assessment")
        verbose_name_plural = _("harm assessments")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.case.ref} {self.made_at:%d.%m.%Y}"


class CaseShare(CasePart):
    """Step 13: that partners, structures or the population were told, as a forum decided, in which words (EW-12).

    Partners are told through the sharing register (`share`), with its agreements and blocks.
    """

    case = models.ForeignKey(WarningCase, on_delete=models.CASCADE, related_name="told")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(_("who is told"), max_length=10, choices=Audience)
    recipients = models.TextField(_("to whom"))
    text = models.TextField(_("what is told"))
    share = models.ForeignKey(Share, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    told_at = models.DateTimeField(_("told"))
    told_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")

    objects = CasePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("telling of a case")
        verbose_name_plural = _("tellings of cases")
        ordering = ("told_at", "pk")

    def __str__(self) -> str:
        return f"{self.case.ref} {self.get_audience_display()}"


class FlashReport(MissionRecord):
    """A flash report, frozen as it went out: of a case and its decision, or of an incident (EW-10, EW-21)."""

    KIND = "case"
    LETTER = "FR"

    kind = models.CharField(_("kind"), max_length=8, choices=FlashKind)
    case = models.ForeignKey(WarningCase, on_delete=models.PROTECT, related_name="flashes", null=True, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="flashes", null=True, blank=True)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    recipients = models.JSONField(_("to"), default=list)
    sent_at = models.DateTimeField(_("sent"))

    objects = FlashQuerySet.as_manager()

    class Meta:
        verbose_name = _("flash report")
        verbose_name_plural = _("flash reports")
        ordering = ("-sent_at", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="flash_number_once_per_mission"),
            models.CheckConstraint(
                condition=Q(kind="warning", case__isnull=False, decision__isnull=False, incident=None)
                | Q(kind="incident", incident__isnull=False, case=None),
                name="flash_has_its_ground",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.get_kind_display()}"


class RecipientRule(models.Model):
    """Who gets a step by default: a role near the case's office, or a body outside pocweb by its name.

    Shipped in `reference/warning_recipients.yaml` with the guidance's lists; a mission edits its own rows. `reach` says
    where the role is looked for: the office of the case and those above it up to the first that holds it, or
    headquarters.
    """

    class Reach(models.TextChoices):
        OFFICE = "office", _("Office of the case, or the next above it")
        HEADQUARTERS = "headquarters", _("Headquarters")
        OUTSIDE = "outside", _("Outside this application")

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="recipient_rules")
    step = models.CharField(_("step"), max_length=4)
    order = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(_("recipient"), max_length=80)
    reach = models.CharField(_("where"), max_length=12, choices=Reach)
    role = models.CharField(_("role"), max_length=4, choices=Role, blank=True)
    component_kind = models.CharField(_("kind of component"), max_length=10, choices=Component.Kind, blank=True)

    class Meta:
        verbose_name = _("default recipient")
        verbose_name_plural = _("default recipients")
        ordering = ("step", "order", "pk")
        constraints = [
            models.UniqueConstraint(fields=("mission", "step", "label"), name="recipient_rule_once"),
            models.CheckConstraint(
                condition=Q(reach="outside", role="") | (~Q(reach="outside") & ~Q(role="")),
                name="recipient_rule_role_or_outside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.label}"


class ClockTarget(models.Model):
    """In how many minutes a mission means to reach a moment of the alert clock (EW-15); shipped defaults are ours."""

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="clock_targets")
    measure = models.CharField(_("time"), max_length=14, choices=Measure)
    branch = models.CharField(_("imminence"), max_length=14, choices=Branch)
    minutes = models.PositiveIntegerField(_("minutes"))

    class Meta:
        verbose_name = _("target of the alert clock")
        verbose_name_plural = _("targets of the alert clock")
        ordering = ("branch", "pk")
        constraints = [
            models.UniqueConstraint(fields=("mission", "measure", "branch"), name="clock_target_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="clock_target_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()}: {self.minutes}"


class ResourceRequest(MissionRecord):
    """A request for means of mission support, with the rank that its purpose gives it (EW-19)."""

    KIND = "case"
    LETTER = "RR"

    kind = models.CharField(_("for"), max_length=10, choices=RequestKind)
    case = models.ForeignKey(WarningCase, on_delete=models.PROTECT, related_name="requests", null=True, blank=True)
    what = models.TextField(_("what is needed"))
    needed_at = models.DateTimeField(_("needed"))
    state = models.CharField(_("state"), max_length=10, choices=RequestState, default=RequestState.ASKED)
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answered_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=True, editable=False)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource request")
        verbose_name_plural = _("resource requests")
        ordering = ("needed_at", "number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="request_number_once_per_mission"),
            models.CheckConstraint(
                condition=~Q(kind="response") | Q(case__isnull=False), name="request_for_response_names_case"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.get_kind_display()}"


__all__ = [
    "CaseRecipient",
    "CaseReport",
    "CaseResponse",
    "CaseShare",
    "CaseStep",
    "CaseTask",
    "ClockTarget",
    "FlashReport",
    "HarmAssessment",
    "RecipientRule",
    "ResourceRequest",
    "WarningCase",
]
