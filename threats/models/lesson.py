"""What an office learned from comparing its forward look with what happened."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pocweb.models import MissionRecord
from threats.querysets import LessonQuerySet


class OutcomeLesson(MissionRecord):
    """The lesson of one office and one closed quarter, in words; the score itself is always computed."""

    KIND = "edition"
    LETTER = "L"

    period = models.CharField(_("quarter"), max_length=7)
    text = models.TextField(_("what we learned"))

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = _("lesson of a quarter")
        verbose_name_plural = _("lessons of quarters")
        ordering = ("-period", "office")
        constraints = [models.UniqueConstraint(fields=("office", "period"), name="lesson_once_per_office_and_quarter")]

    def __str__(self) -> str:
        return f"{self.office} {self.period}"
