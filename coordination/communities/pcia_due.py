"""Which assessments are due, and which offices have none of a year (EW-18)."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from coordination.communities.plain import KIND, offices_for
from coordination.communities.rules_pcia import REMIND_DAYS
from coordination.models import Pcia
from pocweb.choices import OfficeKind, Verb
from pocweb.models import Mission, Office
from pocweb.permissions import grants_for


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


def due_by_office(user: Any, mission: Mission, today: date) -> Any:
    """Return the offices that the person keeps, each with its assessment that waits longest. One query.

    `open_pk`, `open_number`, `open_year`, `open_due` are None where none waits within the time of the reminder;
    `is_begun` says whether this year's is there. Only field offices owe one.
    """
    paths = Q(pk__in=[])
    for grant in (*grants_for(user, KIND, Verb.EDIT), *grants_for(user, KIND, Verb.APPROVE)):
        if grant.mission_id == mission.pk:
            paths |= Q(path__startswith=grant.office_path)
    waiting = Pcia.objects.filter(office=OuterRef("pk"), done_at=None, marking__lte=user.clearance)
    waiting = waiting.filter(due_on__lte=today + timedelta(days=REMIND_DAYS)).order_by("due_on")
    columns = {"open_pk": "pk", "open_number": "number", "open_year": "year", "open_due": "due_on"}
    found = {name: Subquery(waiting.values(column)[:1]) for name, column in columns.items()}
    begun = Exists(Pcia.objects.filter(office=OuterRef("pk"), year=today.year))
    rows = Office.objects.filter(paths, mission=mission, kind=OfficeKind.FIELD_OFFICE)
    return rows.annotate(is_begun=begun, **found).order_by(F("open_due").asc(nulls_last=True), "path")


def open_ones(mission: Mission) -> Any:
    """Return the assessments that are not completed, the one due first before the others."""
    return Pcia.objects.filter(mission=mission, done_at=None).select_related("office", "mission").order_by("due_on")
