"""How the audit trail leads to the lessons of quarters."""

from django.urls import reverse

from pocweb.trail import register_record
from threats.models import OutcomeLesson


def register() -> None:
    """Add the record to the trail."""
    register_record(OutcomeLesson, lambda lesson: reverse("threats:lesson-detail", args=[lesson.pk]))
