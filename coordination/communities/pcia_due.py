"""Which assessments are due, and which offices have none of a year (EW-18)."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from coordination.communities.plain import offices_for
from coordination.models import Pcia
from pocweb.choices import OfficeKind, Verb
from pocweb.models import Mission, Office


def offices_owing(mission: Mission, year: int) -> Any:
    """Return the field offices without an assessment of a year; per Field Office: Annex V, para. 8.1."""
    there = Pcia.objects.filter(office=OuterRef("pk"), year=year)
    rows = Office.objects.filter(mission=mission, kind=OfficeKind.FIELD_OFFICE).exclude(Exists(there))
    return rows.select_related("mission").order_by("path")


def without_one(user: Any, mission: Mission, today: date) -> list[tuple[Office, bool]]:
    """Return the offices in the person's branches that have none of this year, and whether they may begin it.

    That an assessment exists is no secret, so one that is marked above the reader counts too.
    """
    seen = set(offices_for(user, mission, Verb.VIEW).values_list("pk", flat=True))
    mine = set(offices_for(user, mission, Verb.EDIT, Verb.APPROVE).values_list("pk", flat=True))
    return [(office, office.pk in mine) for office in offices_owing(mission, today.year) if office.pk in seen]


def open_ones(mission: Mission) -> Any:
    """Return the assessments that are not completed, the one due first before the others."""
    return Pcia.objects.filter(mission=mission, done_at=None).select_related("office", "mission").order_by("due_on")
