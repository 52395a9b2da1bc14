"""Reminders of the threats app: editions to approve, reviews that were missed, the watch of the trigger calendar."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb import reminders
from pocweb.choices import NoticeMode, Role
from pocweb.fieldlist import for_people
from pocweb.models import Office, Person
from pocweb.notices import register_topic
from pocweb.recipients import Staff
from pocweb.reminders import Due
from threats.choices import ApprovalSlot, EditionState
from threats.edition_panel import open_acts
from threats.models import MatrixEdition, Threat, TriggerEvent
from threats.rules.calendar import Stage, current
from threats.rules.editions import APPROVE
from threats.services.triggers import window_of

EDITIONS, REVIEWS, TRIGGERS = "editions", "reviews", "triggers"
AGAIN_DAYS = 3
"""Days after which an approval that is awaited is told of again; the number is ours."""


def remind_of_editions(staff: Staff, now: datetime) -> int:
    """Tell those whose approval an endorsed edition awaits, at once and once more after 3 days (Handbook 8.3)."""
    rows = MatrixEdition.objects.filter(mission=staff.mission, state=EditionState.ENDORSED).defer("snapshot")
    rows = rows.select_related("office", "mission").prefetch_related("approvals")
    due = [one for edition in rows for one in _of_edition(edition, staff, now)]
    return reminders.remind(staff, MatrixEdition.objects.all(), due, now=now)


def _of_edition(edition: MatrixEdition, staff: Staff, now: datetime) -> Iterator[Due]:
    endorsed_at = edition.endorsed_at or edition.changed_at
    is_again = (now - endorsed_at).days >= AGAIN_DAYS
    words = {"office": edition.office, "number": edition.number, "day": for_people(endorsed_at.date())}
    text = _("Edition %(number)s of the matrix of %(office)s waits for your approval since %(day)s.") % words
    yield Due(
        record=edition,
        people=_approvers(edition, staff),
        topic=EDITIONS,
        key=f"edition:{edition.pk}:{'again' if is_again else 'approve'}:{endorsed_at.isoformat()}",
        text=text,
        url=reverse("threats:edition-detail", args=[edition.pk]),
    )


def _approvers(edition: MatrixEdition, staff: Staff) -> list[Person]:
    """Return the nearest who may give each approval that is missing; leadership where nobody heads the office."""
    given = list(edition.approvals.all())
    found: dict[int, Person] = {}
    for slot in ApprovalSlot.values:
        if slot in {one.slot for one in given}:
            continue
        for person in _heads(slot, edition.office, staff):
            if any(act.act == APPROVE for act in open_acts(edition, person, given)):
                found[person.pk] = person
    return list(found.values())


def _heads(slot: str, office: Office, staff: Staff) -> list[Person]:
    if slot == ApprovalSlot.HEAD_OF_OFFICE:
        heads = staff.holders([Role.HOO], office, nearest=True)
        return heads or staff.holders([Role.SML, Role.LEAD], office, nearest=True)
    kind = "military" if slot == ApprovalSlot.HEAD_OF_MILITARY else "police"
    return staff.holders([Role.FCPC], office, kind, nearest=True)


def remind_of_reviews(staff: Staff, now: datetime) -> int:
    """Tell who leads a threat, else the POC officer of its office, that its review was missed (Handbook 5.1)."""
    rows = Threat.objects.active().filter(mission=staff.mission, review_on__lt=now.date())
    due = [_of_review(threat, staff) for threat in rows.select_related("office", "lead")]
    return reminders.remind(staff, Threat.objects.all(), due, now=now)


def _of_review(threat: Threat, staff: Staff) -> Due:
    keepers = staff.holders([Role.POCF, Role.POCA], threat.office, nearest=True)
    words = {"ref": threat.ref, "day": for_people(threat.review_on)}
    return Due(
        record=threat,
        people=_own_or(threat.lead, keepers, staff),
        topic=REVIEWS,
        key=f"threat:{threat.pk}:review:{threat.review_on}",
        text=_("The review of threat %(ref)s was due on %(day)s.") % words,
        url=reverse("threats:threat-detail", args=[threat.pk]),
        ref=threat.ref,
    )


def remind_of_triggers(staff: Staff, now: datetime) -> int:
    """Tell who acts on an event of the calendar, else the POC officer, that its watch has begun (Handbook 8.5)."""
    today = now.date()
    rows = TriggerEvent.objects.filter(Q(is_yearly=True) | Q(ends_on__gte=today), mission=staff.mission, called_off="")
    due = [one for event in rows.select_related("office", "action_owner") for one in _of_trigger(event, staff, today)]
    return reminders.remind(staff, TriggerEvent.objects.all(), due, now=now)


def _of_trigger(event: TriggerEvent, staff: Staff, today: date) -> Iterator[Due]:
    window = current(window_of(event), is_yearly=event.is_yearly, today=today)
    if window.stage(today) not in (Stage.WATCHED, Stage.NOW):
        return
    keepers = staff.holders([Role.POCF, Role.POCA], event.office, nearest=True)
    words = {"ref": event.ref, "watch": for_people(window.watch_from), "day": for_people(window.starts_on)}
    text = _("Event %(ref)s of the calendar is watched from %(watch)s. It begins on %(day)s.") % words
    if window.stage(today) == Stage.NOW:
        text = _("Event %(ref)s of the calendar is watched from %(watch)s. It began on %(day)s.") % words
    yield Due(
        record=event,
        people=_own_or(event.action_owner, keepers, staff),
        topic=TRIGGERS,
        key=f"trigger:{event.pk}:watch:{window.watch_from}:{window.starts_on}",
        text=text,
        url=reverse("threats:trigger-detail", args=[event.pk]),
        ref=event.ref,
    )


def _own_or(own: Person | None, keepers: list[Person], staff: Staff) -> list[Person]:
    """Return who is named in the record while they are posted here, else those who keep such records."""
    return [own] if own is not None and own.pk in staff.people else keepers


def register() -> None:
    """Add the topics and the rounds."""
    register_topic(EDITIONS, gettext_lazy("Matrix editions that wait for your approval"), NoticeMode.AT_ONCE)
    register_topic(REVIEWS, gettext_lazy("Reviews that were missed"), NoticeMode.DIGEST)
    register_topic(TRIGGERS, gettext_lazy("Events of the calendar"), NoticeMode.DIGEST)
    reminders.register("editions", remind_of_editions)
    reminders.register("threat_reviews", remind_of_reviews)
    reminders.register("triggers", remind_of_triggers)
