"""Notices of the demo mission: what the schedule tells its people on the day on which its clock stands."""

from coordination.reminders import remind_of_actions, remind_of_contacts
from pocweb import clock
from pocweb.models import Mission
from pocweb.recipients import Staff
from reporting.reminders import remind_of_reports
from threats.reminders import remind_of_editions, remind_of_reviews, remind_of_triggers

ROUNDS = (
    remind_of_editions,
    remind_of_reviews,
    remind_of_triggers,
    remind_of_actions,
    remind_of_contacts,
    remind_of_reports,
)


def tell_people(mission: Mission) -> int:
    """Do each round of reminders once, so that nobody waits for the schedule; return how many notices are new."""
    return sum(remind(Staff(mission), clock.now(mission)) for remind in ROUNDS)
