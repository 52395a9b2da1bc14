"""A person's own activities on their desk, and how the audit trail names what is done with activities."""

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.fieldlist import for_people
from pocweb.trail import register_record, register_verbs
from strategy.models import Activity
from strategy.rules import is_overdue

MOST = 10


def own_activities(visit: Visit) -> Content | None:
    """Return the person's open activities by deadline, overdue ones counted. One query; None without the right."""
    if not visit.user.has_perm("strategy.change_activity"):
        return None
    rows = Activity.objects.visible_to(visit.user).open().filter(owner=visit.user, mission=visit.mission)
    rows = rows.select_related("office", "mission").order_by(F("due_on").asc(nulls_last=True), "number")
    activities = list(rows[:200])
    late = sum(is_overdue(status=one.status, due_on=one.due_on, today=visit.today) for one in activities)
    waiting: tuple[tuple[int, str], ...] = ()
    if late:
        sentence = ngettext("%(n)d of your activities is overdue", "%(n)d of your activities are overdue", late)
        waiting = ((late, sentence % {"n": late}),)
    return Content(
        items=tuple(_item(one, visit) for one in activities[:MOST]),
        empty=_("You own no open activity."),
        more_url=reverse("strategy:activity-list") + "?status=open",
        more_label=_("All open activities"),
        waiting=waiting,
    )


def _item(activity: Activity, visit: Visit) -> Item:
    late = is_overdue(status=activity.status, due_on=activity.due_on, today=visit.today)
    deadline = _("Deadline %(day)s") % {"day": for_people(activity.due_on)} if activity.due_on else _("No deadline set")
    can_finish = visit.user.has_perm("strategy.change_activity", activity)
    return Item(
        text=f"{activity.ref} {activity.title}",
        url=reverse("strategy:activity-detail", args=[activity.pk]),
        tone="bad" if late else "none",
        state=_("Overdue") if late else str(activity.get_status_display()),
        note=deadline,
        act=_("Done") if can_finish else "",
        act_url=reverse("strategy:activity-move", args=[activity.pk, "finish"]) if can_finish else "",
        is_post=can_finish,
    )


def register() -> None:
    """Add the panel and the words of the audit trail."""
    register_panel(20, gettext_lazy("My activities"), own_activities)
    register_record(Activity, lambda activity: reverse("strategy:activity-detail", args=[activity.pk]))
    register_verbs(
        {
            "started": gettext_lazy("started"),
            "finished": gettext_lazy("finished"),
            "cancelled": gettext_lazy("cancelled"),
            "reopened": gettext_lazy("opened again"),
        }
    )
