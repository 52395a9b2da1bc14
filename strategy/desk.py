"""A person's own activities on their desk, and how the audit trail names what is done with activities."""

from datetime import date
from typing import Any

from django.db.models import F, Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.desk import Content, Visit, register_panel
from pocweb.trail import register_record, register_verbs
from strategy.models import Activity
from strategy.rules import is_overdue
from threats.models import Threat

MOST = 10


def own_activities(visit: Visit) -> Content | None:
    """Return the person's open activities by deadline, overdue ones counted. Two queries.

    None for people who may see no activity, and for those who edit none and own none.
    """
    if not visit.user.has_perm("strategy.view_activity"):
        return None
    rows = Activity.objects.visible_to(visit.user).open().filter(owner=visit.user, mission=visit.mission)
    rows = rows.select_related("office", "mission").order_by(F("due_on").asc(nulls_last=True), "number")
    seen = Threat.objects.visible_to(visit.user).only("number")
    activities = list(rows.prefetch_related(Prefetch("threats", seen))[:200])
    if not activities and not visit.user.has_perm("strategy.change_activity"):
        return None
    late = sum(is_overdue(status=one.status, due_on=one.due_on, today=visit.today) for one in activities)
    waiting: tuple[tuple[int, str], ...] = ()
    if late:
        sentence = ngettext("%(n)d of your activities is overdue", "%(n)d of your activities are overdue", late)
        waiting = ((late, sentence % {"n": late}),)
    return Content(
        template="pocweb/_desk_table.html",
        context={"rows": [_row(one, visit) for one in activities[:MOST]]},
        is_wide=True,
        empty=_("You own no open activity."),
        more_url=reverse("strategy:activity-list") + "?status=open",
        more_label=_("All open activities"),
        waiting=waiting,
    )


def _row(activity: Activity, visit: Visit) -> dict[str, Any]:
    can_finish = visit.user.has_perm("strategy.report_activity", activity)
    tone, state = _when(activity.due_on, visit.today)
    return {
        "text": activity.title,
        "ref": activity.ref,
        "url": reverse("strategy:activity-detail", args=[activity.pk]),
        "tone": tone,
        "state": state,
        "due": activity.due_on,
        "origin": ", ".join(threat.ref for threat in activity.threats.all()),
        "act": _("Done"),
        "act_url": reverse("strategy:activity-move", args=[activity.pk, "finish"]) if can_finish else "",
    }


def _when(due_on: date | None, today: date) -> tuple[str, str]:
    """Return how a deadline stands to today, as tone and words."""
    if due_on is None:
        return "none", _("No deadline set")
    days = (due_on - today).days
    if days < 0:
        return "bad", ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}
    if days == 0:
        return "warn", _("Due today")
    tone = "warn" if days <= 2 else "none"
    return tone, ngettext("Due in %(n)s day", "Due in %(n)s days", days) % {"n": days}


def register() -> None:
    """Add the panel and the words of the audit trail."""
    register_panel(20, gettext_lazy("My actions by deadline"), own_activities)
    register_record(Activity, lambda activity: reverse("strategy:activity-detail", args=[activity.pk]))
    register_verbs(
        {
            "started": gettext_lazy("started"),
            "finished": gettext_lazy("finished"),
            "cancelled": gettext_lazy("cancelled"),
            "reopened": gettext_lazy("opened again"),
        }
    )
