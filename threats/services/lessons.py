"""What an office writes down after a quarter was scored: one lesson per office and quarter, edited under the guard."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Office
from pocweb.periods import Quarter
from pocweb.permissions import refuse_above_clearance, require
from threats.models import OutcomeLesson
from threats.rules.outcomes import is_closed

TEXTS = ("text",)
EDITABLE = ("text", "marking")


def plain_lesson(lesson: OutcomeLesson) -> dict[str, Any]:
    """Return the guarded fields as plain values."""
    return {"text": lesson.text, "marking": lesson.marking}


def _checked(values: Mapping[str, Any], by: Any) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if name in EDITABLE}
    if "text" in plain and not plain["text"].strip():
        raise RuleError("text_missing", _("Write what the office learned."), "text")
    refuse_above_clearance(plain.get("marking"), by)
    return plain


@transaction.atomic
def write_lesson(
    office: Office, *, period: str, values: Mapping[str, Any], by: Any, now: datetime | None = None
) -> OutcomeLesson:
    """Record the first text of an office's lesson for a closed quarter and return it. `values`: text, marking.

    Raises `Forbidden`; `RuleError` for a quarter that is not over and for an empty text; `Conflict` naming who was
    first when the lesson is there already.
    """
    moment = now or clock.now(office.mission)
    lesson = OutcomeLesson(
        mission=office.mission,
        office=office,
        marking=office.mission.default_marking,
        created_at=moment,
        created_by=by,
        changed_at=moment,
        changed_by=by,
    )
    require(by, "threats.write_lesson", OutcomeLesson(mission=office.mission, office=office, marking=0))
    quarter = Quarter.parse(period)
    if not is_closed(quarter.ends_on, today=moment.date()):
        raise RuleError("quarter_open", _("The %(quarter)s is not over yet.") % {"quarter": quarter.words})
    for name, value in _checked(values, by).items():
        setattr(lesson, name, value)
    lesson.period = str(quarter)
    _refuse_second(lesson)
    lesson.number = Counter.take(office.mission, "lesson")
    lesson.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            lesson.save(force_insert=True)
    except IntegrityError:
        _refuse_second(lesson)
        raise
    changes = {"period": [None, lesson.period], **{name: [None, value] for name, value in plain_lesson(lesson).items()}}
    record_event(by, "added", lesson, changes=changes, now=moment)
    return lesson


def _refuse_second(lesson: OutcomeLesson) -> None:
    rows = OutcomeLesson.objects.filter(office=lesson.office, period=lesson.period).select_related("created_by")
    if first := rows.first():
        message = _("%(who)s wrote a lesson for this quarter first. Load the page and add to it.")
        raise Conflict("lesson_there", message % {"who": first.created_by or _("Another person")})


def edit_lesson(
    lesson: OutcomeLesson, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[OutcomeLesson]:
    """Store changed fields under the lost-update guard. Raises `EditConflict`, `Forbidden`, `RuleError`."""
    require(by, "threats.write_lesson", lesson)

    def apply(record: OutcomeLesson, values: dict[str, Any]) -> list[str]:
        for name, value in values.items():
            setattr(record, name, value)
        return list(values)

    return save_guarded(
        OutcomeLesson.objects.select_related("mission", "office"),
        lesson.pk,
        based_on=based_on,
        changes=_checked(changes, by),
        by=by,
        plain=plain_lesson,
        apply=apply,
        now=now,
    )
