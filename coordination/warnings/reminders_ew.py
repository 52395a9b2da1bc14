"""Alerts that nobody acknowledges: reminders, and the climb up the chain of offices. A round of the schedule.

Past its time a person is reminded; when the same span has passed again they are reminded once more, and the alert
climbs one level: to the Head of Office of the nearest office above theirs that has one, at headquarters to the POC
lead, then to senior leadership. Who is climbed to stands for the silent one, whose line stays open and shown: each
person acknowledges for themselves, and a colleague with the same function does not speak for them (ours; the source
says "immediately" and no more). Closed cases, and those that are no longer imminent, remind nobody (EW-08).
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import CaseRecipient, WarningCase
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.recipients import marking_of, may_see
from coordination.warnings.sending import ALERT, SEND
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Role
from pocweb.models import Mission, Person
from pocweb.notices import notify
from pocweb.recipients import Staff

EVERY_SECONDS = 60
MOST_REMINDERS = 2
NOTHING_BEFORE = timedelta(minutes=1)
"""The shortest span between two reminders, whatever the mission set."""


def climb(now: datetime | None = None) -> int:
    """Remind and climb in all missions by each one's own clock; return how many rows moved on. Safe to run twice.

    `now` is handed in by tests; the schedule's moment is real time, and a mission's clock may stand elsewhere.
    """
    moved = 0
    for mission in Mission.objects.filter(pk__in=_overdue().values("case__mission")):
        moved += climb_in(mission, now or clock.now(mission))
    return moved


def round_of_schedule(moment: datetime) -> int:
    """What the schedule calls each minute."""
    return climb()


def climb_in(mission: Mission, now: datetime) -> int:
    """Remind and climb in one mission; return how many rows moved on."""
    rows = _overdue().filter(case__mission=mission, due_at__lte=now).select_related(
        "person", "case__mission", "case__office", "case__threat", "case__incident"
    )  # fmt: skip
    staff = Staff(mission)
    return sum(_step(row, staff, now) for row in list(rows.order_by("pk")) if _is_due(row, now))


def _overdue() -> Any:
    """Return the rows that somebody still must acknowledge and that were not reminded of to the end."""
    rows = CaseRecipient.objects.filter(step=SEND, acknowledged_at=None, due_at__isnull=False)
    rows = rows.filter(reminders__lt=MOST_REMINDERS, case__branch=Branch.IMMINENT)
    return rows.exclude(case__state=CaseState.CLOSED)


def span_of(row: CaseRecipient) -> timedelta:
    """Return the time that a person had to acknowledge, which is also the time between reminders."""
    return max(row.due_at - row.sent_at, NOTHING_BEFORE) if row.due_at else NOTHING_BEFORE


def _is_due(row: CaseRecipient, now: datetime) -> bool:
    return row.due_at is not None and now >= row.due_at + row.reminders * span_of(row)


@transaction.atomic
def _step(row: CaseRecipient, staff: Staff, now: datetime) -> bool:
    """Remind once more, and climb with the last reminder. Of two rounds at once the second finds the row moved on."""
    still = CaseRecipient.objects.filter(pk=row.pk, acknowledged_at=None, reminders=row.reminders, sent_at=row.sent_at)
    if not still.update(reminders=F("reminders") + 1, reminded_at=now):
        return False
    number = row.reminders + 1
    words = {"ref": row.case.ref, "at": f"{row.sent_at:%H:%M}"}
    _notify(row, [row.person], f"r{number}", _("%(ref)s was sent to you at %(at)s UTC. Acknowledge it.") % words, now)
    changes = {"reminders": [row.reminders, number]}
    record_event(None, "reminded of", row.case, changes=changes, note=row.label, now=now)
    if number == MOST_REMINDERS:
        _climb_from(row, staff, now)
    return True


def _climb_from(row: CaseRecipient, staff: Staff, now: datetime) -> None:
    """Send the alert to the next above the silent person; who has it already is told that this one is silent too."""
    above = next_above(row.person, row.case, staff)
    for person in above:
        CaseRecipient.objects.get_or_create(
            case=row.case, step=row.step, person=person,
            defaults={
                "label": (person.function or _("Next in the chain"))[:80], "sent_at": now, "due_at": now + span_of(row),
                "level": row.level + 1, "stands_for": row,
            },
        )  # fmt: skip
    if above:
        words = {"ref": row.case.ref, "who": row.label}
        text = _("%(ref)s: not acknowledged by %(who)s. It now comes to you.") % words
        _notify(row, above, "up", text, now)
        told = {"climbed_to": [None, [person.pk for person in above]]}
        record_event(None, "climbed the chain with", row.case, changes=told, note=row.label, now=now)


def next_above(person: Person, case: WarningCase, staff: Staff) -> list[Person]:
    """Return who answers above a person for a case: the nearest Head of Office above, the POC lead, leadership.

    Rungs that nobody holds, or nobody who may see the case, are passed over; above senior leadership is nobody.
    """
    roles = {row.role for row in staff.postings if row.person_id == person.pk}
    own = [row.office.path for row in staff.postings if row.person_id == person.pk]
    here = max((path for path in own if case.office.path.startswith(path)), key=len, default=case.office.path)
    rungs: list[list[Person]] = []
    if not roles & {Role.LEAD, Role.SML}:
        heads = [row for row in staff.postings if row.role == Role.HOO and row.office.path != here]
        paths = {row.office.path for row in heads if here.startswith(row.office.path)}
        for path in sorted(paths, key=len, reverse=True):
            rungs.append([staff.people[row.person_id] for row in heads if row.office.path == path])
        rungs.append(staff.holders((Role.LEAD,), None))
    if Role.SML not in roles:
        rungs.append(staff.holders((Role.SML,), None))
    for rung in rungs:
        found = [one for one in rung if one.pk != person.pk and may_see(one, case)]
        if found:
            return found
    return []


def _notify(row: CaseRecipient, people: list[Person], mark: str, text: str, now: datetime) -> None:
    """Tell each person once of one stage of one row; a row that was sent anew begins anew."""
    case = row.case
    notify(
        people, topic=ALERT, key=f"case-{case.pk}-ack-{row.pk}-{row.sent_at:%Y%m%d%H%M%S}-{mark}", text=text,
        url=reverse("coordination:case-acknowledge", args=[case.pk]), ref=case.ref, marking=marking_of(case),
        mission=case.mission, now=now,
    )  # fmt: skip
