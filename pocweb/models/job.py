"""Work done in the background. The row is the truth; the broker only wakes a worker."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.choices import JobState, Marking
from pocweb.models.mission import Mission


class JobQuerySet(models.QuerySet["Job"]):
    """Chainable reads of jobs."""

    def visible_to(self, user: object) -> "JobQuerySet":
        """Jobs are seen by the person who asked for them."""
        return self.filter(asked_by=user)


class Job(models.Model):
    """A piece of background work: what, asked by whom, how far, with what result or error in plain words."""

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    title = models.CharField(_("what"), max_length=160)
    arguments = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", null=True)
    marking = models.IntegerField(choices=Marking, default=Marking.CONFIDENTIAL)
    key = models.CharField(
        max_length=120, help_text=_("The same work asked for twice while it is open has the same key and one row.")
    )
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    done_parts = models.PositiveIntegerField(default=0)
    all_parts = models.PositiveIntegerField(default=0)
    words = models.CharField(_("progress in words"), max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(_("what failed"), blank=True)
    link = models.CharField(_("where the result is"), max_length=200, blank=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-queued_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("key",), condition=models.Q(state__in=JobState.OPEN_STATES), name="job_open_once_per_key"
            )
        ]
        indexes = [models.Index(fields=("state", "heartbeat_at"), name="job_state_heartbeat")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in JobState.OPEN_STATES
