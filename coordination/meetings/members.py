"""Who sits in a forum today: those to whom its meetings are told."""

from typing import Any

from coordination.models import Forum
from pocweb.models import Person
from pocweb.recipients import Staff


def members_of(forum: Forum, staff: Staff) -> list[Person]:
    """Return a forum's chair, its seats, and its office's people of the member components, by account.

    Whether one of them may see what they are told is for the caller to ask. Two queries beside those of `staff`.
    """
    seated: set[Any] = set(forum.seats.exclude(person=None).values_list("person", flat=True)) | {forum.chair_id}
    components = set(forum.members.values_list("pk", flat=True))
    seated |= {
        row.person_id for row in staff.postings if row.office_id == forum.office_id and row.component_id in components
    }
    return [staff.people[pk] for pk in sorted(pk for pk in seated if pk) if pk in staff.people]
