"""What other pages tell of plans, engagement and the restricted register: desk, offices, menu, audit trail."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.communities import local_plan_files, plan_files, plan_notices, reprisals  # noqa: F401  jobs
from coordination.communities import plan_rules as rules
from coordination.communities.choices import PlanState, ReprisalState
from coordination.communities.plan_views import due_words
from coordination.models import CommunityPlan, Engagement, LocalPlan, Reprisal
from pocweb import clock, navigation
from pocweb.choices import Verb
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.models import Office
from pocweb.office_facts import OfficeFact, register_facts
from pocweb.permissions import scope_q
from pocweb.together import Part
from pocweb.trail import close_record, register_record, register_verbs

MOST, MOST_READ, RECENT = 6, 100, timedelta(days=90)


def ask_plans(visit: Visit) -> Part | None:
    """Ask for the plans of the person's offices that are due soon or overdue, or wait for an act."""
    user = visit.user
    if not user.has_perm(rules.CHANGE):
        return None
    mine = scope_q(user, "community", verb=Verb.EDIT) | scope_q(user, "community", verb=Verb.APPROVE)
    near = Q(due_on__lte=visit.today + rules.SOON) & ~Q(state__in=PlanState.FROZEN)
    open_ends = near | Q(state__in=(PlanState.REVIEWED, PlanState.ADOPTED, PlanState.SHARED))
    rows = CommunityPlan.objects.visible_to(user).filter(mine, open_ends, mission=visit.mission)
    columns = ("number", "state", "due_on", "adopted_at", "area__name")
    return Part(rows.order_by("due_on", "number"), columns, MOST_READ)


def plans_waiting(visit: Visit) -> Content | None:
    """Return the plans of the person's offices that are due within 30 days, overdue, or wait for the Head of Office.

    One query; None where nothing waits.
    """
    plans = visit.rows_of(ask_plans)
    if not plans:
        return None
    late = sum(one.state not in PlanState.FROZEN and one.due_on < visit.today for one in plans)
    words = ngettext("%(n)d community plan is overdue", "%(n)d community plans are overdue", late) % {"n": late}
    return Content(
        items=tuple(_item(one, visit) for one in plans[:MOST]),
        more_url=reverse("coordination:plan-list"),
        more_label=_("All community plans"),
        waiting=((late, words),),
    )


def _item(plan: CommunityPlan, visit: Visit) -> Item:
    tone, words = due_words(plan, visit.today)
    acts = {
        PlanState.REVIEWED: _("Adopt it"),
        PlanState.ADOPTED: _("Send it out"),
        PlanState.SHARED: _("Bring in force"),
    }
    url = reverse("coordination:plan-detail", args=[plan.pk])
    act = acts.get(PlanState(plan.state), "") if plan.state != PlanState.REVIEWED or _adopts(visit) else ""
    return Item(
        text=f"{plan.ref} {plan.area}", url=url, tone=tone, state=words, note=str(plan.get_state_display()),
        act=act, act_url=url if act else "",
    )  # fmt: skip


def _adopts(visit: Visit) -> bool:
    return bool(visit.user.has_perm(rules.ADOPT))


def ask_register(visit: Visit) -> Part | None:
    """Ask for what waits in the restricted register, for those alone who may read it."""
    if not visit.user.has_perm(reprisals.VIEW):
        return None
    rows = Reprisal.objects.visible_to(visit.user).filter(mission=visit.mission)
    rows = rows.exclude(state=ReprisalState.CLOSED).order_by("-state", "received_at")
    return Part(rows, ("number", "state"), MOST)


def register_waiting(visit: Visit) -> Content | None:
    """Return what waits in the restricted register; one query, None for who may not read it or where nothing waits."""
    waiting = visit.rows_of(ask_register)
    if not waiting:
        return None
    items = tuple(
        Item(
            text=one.ref,
            url=reverse("coordination:reprisal-detail", args=[one.pk]),
            state=str(one.get_state_display()),
            tone="bad" if one.state == ReprisalState.RECEIVED else "warn",
        )
        for one in waiting
    )  # fmt: skip
    return Content(items=items, more_url=reverse("coordination:reprisal-list"), more_label=_("The whole register"))


def communities_of(user: Any, office: Office) -> Iterator[OfficeFact]:
    """Yield the plans and recent engagements of an office and those below it; two queries."""
    below = Q(mission=office.mission_id, office__path__startswith=office.path)
    today = clock.today(office.mission)
    if user.has_perm("coordination.view_community"):
        late = Q(due_on__lt=today) & ~Q(state__in=PlanState.FROZEN)
        sums = (
            CommunityPlan.objects.visible_to(user)
            .filter(below)
            .aggregate(force=Count("pk", filter=Q(state=PlanState.IN_FORCE)), late=Count("pk", filter=late))
        )
        url = f"{reverse('coordination:plan-list')}?office={office.code}"
        yield OfficeFact(_("Community plans in force"), sums["force"], f"{url}&state=in_force")
        yield OfficeFact(_("Community plans overdue"), sums["late"], f"{url}&due=overdue")
    if user.has_perm("coordination.view_engagement"):
        first = today - RECENT
        count = Engagement.objects.visible_to(user).filter(below, held_on__gte=first).count()
        url = f"{reverse('coordination:engagement-list')}?office={office.code}&start={first.isoformat()}"
        yield OfficeFact(_("Engagements in 90 days"), count, url)


def register() -> None:
    """Called once, when the app is ready."""
    plan_notices.register()
    reprisals.register()
    register_panel(64, gettext_lazy("Community plans"), plans_waiting, ask_plans)
    register_panel(65, gettext_lazy("Restricted register"), register_waiting, ask_register)
    register_facts(64, communities_of)
    for order, name, label, permission, also in (
        (64, "plan-list", gettext_lazy("Community plans"), "coordination.view_community", ("/local-plans/",)),
        (65, "engagement-list", gettext_lazy("Engagement"), "coordination.view_engagement", ()),
        (66, "reprisal-create", gettext_lazy("Report a reprisal"), reprisals.FILE, ()),
        (67, "reprisal-list", gettext_lazy("Restricted register"), reprisals.VIEW, ()),
    ):
        navigation.register(order, f"coordination:{name}", label, permission, in_account_menu=True, also=also)
    register_record(CommunityPlan, lambda one: reverse("coordination:plan-detail", args=[one.pk]))
    register_record(LocalPlan, lambda one: reverse("coordination:local-plan-detail", args=[one.pk]))
    register_record(Engagement, lambda one: reverse("coordination:engagement-detail", args=[one.pk]))
    close_record(Reprisal, reprisals.VIEW)
    register_verbs(
        {
            "began": gettext_lazy("began"),
            "superseded": gettext_lazy("superseded"),
            "closed the consultation of": gettext_lazy("recorded that the community was consulted"),
            "recorded the review of": gettext_lazy("recorded the review"),
            "took back to draft": gettext_lazy("took it back to draft"),
            "shared with headquarters": gettext_lazy("sent it to the six offices"),
            "brought into force": gettext_lazy("brought it into force"),
            "recorded a consultation for": gettext_lazy("recorded a consultation"),
            "exported for the community": gettext_lazy("took out the community's version"),
            "exported engagements of": gettext_lazy("exported engagements"),
            "recorded consent for": gettext_lazy("recorded consent"),
            "recorded the withdrawal of consent for": gettext_lazy("recorded the withdrawal of consent"),
            "removed the details of persons from": gettext_lazy("removed the details of persons"),
            "read the details of persons in": gettext_lazy("read the details of persons"),
            "added a photograph to": gettext_lazy("added a photograph"),
            "looked at a photograph of": gettext_lazy("looked at a photograph"),
            "removed a photograph from": gettext_lazy("removed a photograph"),
            "recorded the adoption of": gettext_lazy("recorded the adoption"),
            "filed": gettext_lazy("filed"),
            "took up": gettext_lazy("took up"),
            "added to": gettext_lazy("added to"),
        }
    )
