"""Who is told of community protection plans: the six offices when one is shared, its keepers around its due day."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities import plan_rules as rules
from coordination.communities.choices import PlanState
from coordination.models import CommunityPlan
from pocweb import reminders
from pocweb.choices import NoticeMode, Role
from pocweb.fieldlist import for_people
from pocweb.models import Person
from pocweb.notices import notify, register_topic
from pocweb.recipients import Staff
from pocweb.reminders import Due

SHARED, PLANS = "plans_shared", "plans_due"
WHO: dict[str, tuple[tuple[str, ...], str]] = {
    "dsrsg-p": ((Role.SML,), ""),
    "dsrsg-rchc": ((Role.SML,), ""),
    "poc-unit": ((Role.POCA,), ""),
    "cas": ((Role.SECT,), "civil-affairs"),
    "pad": ((Role.SECT, Role.JMAC), "political"),
    "hrd": ((Role.PROT,), "human-rights"),
}
"""Which accounts at headquarters stand for the recipients; the application does not know one DSRSG from the other."""


def recipients_of(plan: CommunityPlan) -> list[dict[str, Any]]:
    """Return the six offices, each with the keys and names of those people of it who may see the plan.

    An office without an account of its own is named all the same: the plan has to reach it by hand (CM-04).
    """
    staff = Staff(plan.mission)
    at_hq = [row for row in staff.postings if row.office.is_headquarters]
    found: dict[str, list[Person]] = {}
    for code, (roles, component) in WHO.items():
        rows = [row for row in at_hq if row.role in roles]
        rows = [row for row in rows if not component or (row.component and row.component.code == component)]
        found[code] = list({row.person_id: staff.people[row.person_id] for row in rows}.values())
    wanted = {(one.pk, plan.pk) for people in found.values() for one in people}
    seen = {person for person, _plan in staff.allowed(CommunityPlan.objects.all(), wanted)}
    return [
        {
            "code": code,
            "office": str(label),
            "people": [str(one) for one in found[code] if one.pk in seen],
            "keys": [one.pk for one in found[code] if one.pk in seen],
        }
        for code, label in rules.RECIPIENTS
    ]


def tell_recipients(plan: CommunityPlan, *, now: datetime) -> int:
    """Tell the people of the six offices that a plan was shared; returns how many were told."""
    people = {key for one in plan.recipients for key in one["keys"]}
    return notify(
        sorted(people),
        topic=SHARED,
        key=f"plan-shared:{plan.pk}",
        text=_("Community protection plan %(ref)s was adopted and is shared with you.") % {"ref": plan.ref},
        url=reverse("coordination:plan-detail", args=[plan.pk]),
        marking=plan.marking,
        mission=plan.mission,
        ref=plan.ref,
        now=now,
    )


def remind_of_plans(staff: Staff, now: datetime) -> int:
    """Tell of plans 30 days before they are due, on the day, and when they are overdue; then the level above too."""
    today = now.date()
    rows = CommunityPlan.objects.filter(mission=staff.mission, due_on__lte=today + rules.SOON)
    plans = rows.exclude(state__in=PlanState.FROZEN).select_related("office").order_by("due_on", "number")
    due = [one for plan in plans for one in _of_plan(plan, staff, today)]
    return reminders.remind(staff, CommunityPlan.objects.all(), due, now=now)


def _of_plan(plan: CommunityPlan, staff: Staff, today: date) -> Iterator[Due]:
    stage = rules.due_state(state=plan.state, due=plan.due_on, today=today)
    if stage in (rules.Due.LATER, rules.Due.DONE):
        return
    words = {"ref": plan.ref, "day": for_people(plan.due_on)}
    text = {
        rules.Due.SOON: _("Community protection plan %(ref)s is to be adopted by %(day)s.") % words,
        rules.Due.TODAY: _("Community protection plan %(ref)s is to be adopted today.") % words,
        rules.Due.OVERDUE: _("Community protection plan %(ref)s is overdue since %(day)s.") % words,
    }[stage]
    people = staff.holders([Role.POCF], plan.office, nearest=True) + staff.holders(
        [Role.HOO], plan.office, nearest=True
    )
    if stage == rules.Due.OVERDUE:
        people += staff.one_level_up(plan.office, [Role.HOO, Role.POCA])
    yield Due(
        record=plan,
        people=list({one.pk: one for one in people}.values()),
        topic=PLANS,
        key=f"plan:{plan.pk}:{stage}:{plan.due_on.isoformat()}",
        text=text,
        url=reverse("coordination:plan-detail", args=[plan.pk]),
        ref=plan.ref,
    )


def register() -> None:
    """Add the topics and the round."""
    register_topic(SHARED, gettext_lazy("Community plans shared with you"), NoticeMode.DIGEST)
    register_topic(PLANS, gettext_lazy("Community plans to adopt"), NoticeMode.DIGEST)
    reminders.register("community_plans", remind_of_plans)
