"""Meetings of forums: agenda, attendance, decisions, action points, and issues on their way up the chain."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coordination.choices import (
    ActionState,
    AgendaKind,
    AttendanceState,
    DecisionKind,
    IssueState,
    MeetingKind,
    MeetingState,
)
from coordination.models.forum import Forum
from coordination.querysets import (
    ActionQuerySet,
    AgendaItemQuerySet,
    DecisionQuerySet,
    IssueQuerySet,
    MeetingQuerySet,
)
from pocweb.models import Component, Mission, MissionRecord
from threats.models import MatrixEdition, Threat


class Meeting(MissionRecord):
    """One meeting of a forum, regular or emergency. Source: POC Handbook 2020, 6.1; Annex V, step 10."""

    KIND = "forum"
    LETTER = "M"

    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="meetings", verbose_name=_("forum"))
    kind = models.CharField(_("kind"), max_length=10, choices=MeetingKind, default=MeetingKind.REGULAR)
    state = models.CharField(_("state"), max_length=10, choices=MeetingState, default=MeetingState.PLANNED)
    starts_at = models.DateTimeField(_("begins"))
    place = models.CharField(_("place"), max_length=120, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    reason = models.TextField(_("why it was called, or called off"), blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    minutes = models.JSONField(null=True, editable=False)
    sha256 = models.CharField(_("fingerprint of the minutes"), max_length=64, blank=True, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ("-starts_at", "-number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="meeting_number_once_per_mission"),
            models.UniqueConstraint(fields=("forum", "starts_at"), name="meeting_once_per_forum_and_moment"),
            models.UniqueConstraint(
                fields=("forum",), condition=Q(state="open"), name="meeting_one_in_session_per_forum"
            ),
            models.CheckConstraint(condition=~Q(state="held") | ~Q(sha256=""), name="meeting_held_has_minutes"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.forum}, {self.starts_at:%d.%m.%Y}"


class AgendaItem(models.Model):
    """One item of a meeting's agenda, with what was said about it. At most one record stands behind it."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="items")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=8, choices=AgendaKind, default=AgendaKind.OTHER)
    title = models.CharField(_("item"), max_length=200)
    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="agenda_items", null=True, blank=True)
    edition = models.ForeignKey(MatrixEdition, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    action = models.ForeignKey("ActionPoint", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    case = models.ForeignKey(
        "WarningCase", on_delete=models.PROTECT, related_name="agenda_items", null=True, blank=True
    )
    why = models.CharField(_("why it is due"), max_length=200, blank=True)
    note = models.TextField(_("what was said"), blank=True)
    marking = models.IntegerField(_("marking"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ("order", "pk")
        constraints = [
            models.UniqueConstraint(fields=("meeting", "threat"), name="agenda_threat_once"),
            models.UniqueConstraint(fields=("meeting", "edition"), name="agenda_edition_once"),
            models.UniqueConstraint(fields=("meeting", "action"), name="agenda_action_once"),
            models.UniqueConstraint(fields=("meeting", "issue"), name="agenda_issue_once"),
            models.UniqueConstraint(fields=("meeting", "case"), name="agenda_case_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def mission(self) -> Mission:
        """The mission whose audit trail tells of it."""
        return self.meeting.mission


class Attendance(models.Model):
    """Who was at a meeting: a person of the mission, or somebody of a body outside it, by function and not by name."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendances")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    body = models.CharField(_("body outside the mission"), max_length=120, blank=True)
    state = models.CharField(_("was"), max_length=8, choices=AttendanceState, default=AttendanceState.PRESENT)

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        ordering = ("component__kind", "pk")
        constraints = [models.UniqueConstraint(fields=("meeting", "person"), name="attendance_once_per_person")]

    def __str__(self) -> str:
        return str(self.person or self.body)


class Decision(models.Model):
    """What a meeting decided. A decision that is overruled stays, with the one that took its place.

    Source: POC Handbook 2020, 6.1.2, 6.1.3; Annex V, step 11 (CO-05).
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveSmallIntegerField(_("number"))
    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=DecisionKind)
    text = models.TextField(_("decision"))
    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True)
    overrules = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="overruled_by", null=True, blank=True, editable=False
    )
    overrule_reason = models.TextField(_("why it overrules"), blank=True)
    marking = models.IntegerField(_("marking"))
    decided_at = models.DateTimeField(_("decided"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("meeting", "number")
        constraints = [
            models.UniqueConstraint(fields=("meeting", "number"), name="decision_number_once_per_meeting"),
            models.UniqueConstraint(fields=("overrules",), name="decision_overruled_once"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """The reference people say: the meeting's and the number there, such as M-004/2."""
        return f"{self.meeting.ref}/{self.number}"

    @property
    def mission(self) -> Mission:
        """The mission whose audit trail tells of it."""
        return self.meeting.mission


class ActionPoint(MissionRecord):
    """What somebody has to do until a day, as a meeting decided. Source: Handbook, Annex V, step 10 (CO-04)."""

    KIND = "forum"
    LETTER = "D"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="actions", verbose_name=_("meeting"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="actions", null=True, blank=True)
    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="actions", null=True, blank=True)
    text = models.CharField(_("what"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="action_points", verbose_name=_("who")
    )
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, related_name="action_points", verbose_name=_("component")
    )
    due_on = models.DateField(_("deadline"))
    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="action_points", null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ActionState, default=ActionState.OPEN)
    result = models.TextField(_("result, or obstacle"), blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("action point")
        verbose_name_plural = _("action points")
        ordering = ("due_on", "number")
        constraints = [
            models.UniqueConstraint(fields=("mission", "number"), name="action_number_once_per_mission"),
            models.CheckConstraint(condition=~Q(state="done") | Q(done_on__isnull=False), name="action_done_has_day"),
        ]
        indexes = [models.Index(fields=("mission", "state", "due_on"), name="action_state_due")]

    def __str__(self) -> str:
        return f"{self.ref} {self.text}"


class Issue(MissionRecord):
    """A matter that a forum decides or refers up the chain; decisions on it travel down.

    Source: POC Handbook 2020, 6.1.1 to 6.1.3 and the diagram there (CO-05).
    """

    KIND = "forum"
    LETTER = "Q"

    title = models.CharField(_("issue"), max_length=200)
    text = models.TextField(_("what is asked, and why"), blank=True)
    threat = models.ForeignKey(Threat, on_delete=models.PROTECT, related_name="issues", null=True, blank=True)
    raised_in = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="+", verbose_name=_("raised in"))
    forum = models.ForeignKey(
        Forum, on_delete=models.PROTECT, related_name="issues", null=True, blank=True, verbose_name=_("lies with")
    )
    state = models.CharField(_("state"), max_length=20, choices=IssueState, default=IssueState.RAISED)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=("mission", "number"), name="issue_number_once_per_mission")]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class IssueMove(models.Model):
    """One step of an issue: from where to where, why, by whom and when. Never rewritten."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="moves")
    before = models.CharField(max_length=20, choices=IssueState)
    after = models.CharField(max_length=20, choices=IssueState)
    from_forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="+", null=True)
    to_forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="+", null=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="issue_moves", null=True)
    reason = models.TextField(_("reason"))
    moved_at = models.DateTimeField(_("when"))
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("step of an issue")
        verbose_name_plural = _("steps of issues")
        ordering = ("moved_at", "pk")

    def __str__(self) -> str:
        return f"{self.issue.ref}: {self.get_after_display()}"
