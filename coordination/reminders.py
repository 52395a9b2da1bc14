"""Reminders of the coordination app: action points by their deadline, contacts by their six-month check."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.choices import ActionState
from coordination.models import ActionPoint, Contact
from coordination.sharing.rules import overdue_before, review_due
from pocweb import reminders
from pocweb.choices import NoticeMode, Role
from pocweb.deadlines import Stage, stages
from pocweb.fieldlist import for_people
from pocweb.models import Person
from pocweb.notices import register_topic
from pocweb.recipients import Staff
from pocweb.reminders import Due

ACTIONS, LATE_ACTIONS, CONTACTS = "actions", "late_actions", "contacts"
CONTACT_DAYS_BEFORE = 30
"""Days before the end of the six months at which a check is told of. EW-17 says "before"; the number is ours."""


def remind_of_actions(staff: Staff, now: datetime) -> int:
    """Tell owners of deadlines from the day before, and who stands above them when it is overdue (CO-04)."""
    today = now.date()
    rows = ActionPoint.objects.filter(
        mission=staff.mission, state=ActionState.OPEN, due_on__lte=today + timedelta(days=1)
    )
    points = rows.select_related("office", "owner").order_by("due_on", "number")
    due = [one for point in points for one in _of_action(point, staff, today)]
    return reminders.remind(staff, ActionPoint.objects.all(), due, now=now)


def _of_action(point: ActionPoint, staff: Staff, today: date) -> Iterator[Due]:
    for stage in stages(point.due_on, today):
        people = _people_of(point, stage, staff)
        is_owner = stage in (Stage.SOON, Stage.OVERDUE)
        yield Due(
            record=point,
            people=people,
            topic=ACTIONS if is_owner else LATE_ACTIONS,
            key=f"action:{point.pk}:{stage}:{point.due_on.isoformat()}",
            text=_words_of_action(point, stage, today),
            url=reverse("coordination:action-detail", args=[point.pk]),
            ref=point.ref,
        )


def _people_of(point: ActionPoint, stage: Stage, staff: Staff) -> list[Person]:
    """Return who hears of it: the owner; then the Head of Office; then the POC lead. Whoever owns it is not told twice.

    Where nobody heads the office or one above it, as at headquarters, the first level is the POC lead.
    """
    if stage in (Stage.SOON, Stage.OVERDUE):
        return [point.owner]
    lead = staff.holders([Role.LEAD], point.office, nearest=True)
    heads = staff.holders([Role.HOO], point.office, nearest=True)
    above = lead if stage == Stage.LEVEL_2 else heads or lead
    return [person for person in above if person.pk != point.owner_id]


def _words_of_action(point: ActionPoint, stage: Stage, today: date) -> str:
    words = {"ref": point.ref, "day": for_people(point.due_on), "owner": point.owner}
    if stage == Stage.SOON:
        return _("Your action point %(ref)s is due on %(day)s.") % words
    if stage == Stage.OVERDUE:
        return _("Your action point %(ref)s was due on %(day)s. Report it, or say what stands in the way.") % words
    late = (today - point.due_on).days
    said = ngettext(
        "Action point %(ref)s of %(owner)s is %(n)d day late. It was due on %(day)s.",
        "Action point %(ref)s of %(owner)s is %(n)d days late. It was due on %(day)s.",
        late,
    )
    return said % {**words, "n": late}


def remind_of_contacts(staff: Staff, now: datetime) -> int:
    """Tell who keeps an office's contacts of those whose check ends within 30 days, and of those past it (EW-17)."""
    today = now.date()
    bound = overdue_before(today + timedelta(days=CONTACT_DAYS_BEFORE + 1))
    rows = Contact.objects.filter(mission=staff.mission, is_active=True, reviewed_on__lt=bound)
    due = [one for contact in rows.select_related("office") for one in _of_contact(contact, staff, today)]
    return reminders.remind(staff, Contact.objects.all(), due, now=now)


def _of_contact(contact: Contact, staff: Staff, today: date) -> Iterator[Due]:
    last_day = review_due(contact.reviewed_on)
    found = stages(last_day, today, days_before=CONTACT_DAYS_BEFORE)
    if not found:
        return
    words = {"ref": contact.ref, "day": for_people(last_day)}
    text = _("Contact %(ref)s is to be checked by %(day)s.") % words
    if found[0] == Stage.OVERDUE:
        text = _("Contact %(ref)s is past its six-month check, which ended on %(day)s.") % words
    yield Due(
        record=contact,
        people=staff.holders([Role.POCF, Role.POCA], contact.office, nearest=True),
        topic=CONTACTS,
        key=f"contact:{contact.pk}:{found[0]}:{last_day.isoformat()}",
        text=text,
        url=reverse("coordination:contact-detail", args=[contact.pk]),
        ref=contact.ref,
    )


def register() -> None:
    """Add the topics and the rounds."""
    register_topic(ACTIONS, gettext_lazy("Action points that you own"), NoticeMode.DIGEST)
    register_topic(LATE_ACTIONS, gettext_lazy("Overdue action points of others"), NoticeMode.DIGEST)
    register_topic(CONTACTS, gettext_lazy("Contacts to check"), NoticeMode.DIGEST)
    reminders.register("action_points", remind_of_actions)
    reminders.register("contacts", remind_of_contacts)
