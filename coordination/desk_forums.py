"""Forums that are due to meet, on the desk of who chairs them or keeps their records; words of the audit trail."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.cadence import Turn, turns_of
from coordination.models import Forum, Mechanism
from pocweb.choices import Verb
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.permissions import grants_for
from pocweb.together import Part
from pocweb.trail import register_record, register_verbs

MOST, SOON, MOST_READ = 6, 7, 50
"""Lines at most, the days before a meeting is due in which it is told, and forums looked at."""


def ask_forums(visit: Visit) -> Part | None:
    """Ask for the person's forums.

    A forum is theirs when they chair it, or draft for forums from its very office, as its secretariat does.
    """
    if not visit.user.has_perm("coordination.view_forum"):
        return None
    offices = [grant.office_id for grant in grants_for(visit.user, "forum", Verb.DRAFT)]
    rows = Forum.objects.visible_to(visit.user).filter(mission=visit.mission, is_active=True)
    rows = rows.filter(Q(chair=visit.user) | Q(office__in=offices)).order_by("name")
    return Part(rows, ("name", "frequency", "is_active", "active_from", "active_to"), MOST_READ)


def due_forums(visit: Visit) -> Content | None:
    """Return the person's forums that are due within a week or late; two queries. None where no forum is theirs."""
    forums = visit.rows_of(ask_forums)
    if not forums:
        return None
    turns = turns_of(forums, user=visit.user, now=visit.now)
    due = [(turns[forum.pk], forum) for forum in forums if forum.pk in turns and _is_near(turns[forum.pk])]
    due.sort(key=lambda pair: (pair[0].due.days or 0, pair[1].name))
    late = sum(turn.due.state == "late" for turn, _forum in due)
    sentence = ngettext("%(n)d of your forums is late to meet", "%(n)d of your forums are late to meet", late)
    return Content(
        items=tuple(_item(turn, forum) for turn, forum in due[:MOST]),
        empty=_("None of your forums is due to meet within a week."),
        more_url=reverse("coordination:forum-list"),
        more_label=_("All forums"),
        waiting=((late, sentence % {"n": late}),),
    )


def _is_near(turn: Turn) -> bool:
    return turn.due.is_waiting or (turn.due.days is not None and turn.due.days <= SOON)


def _item(turn: Turn, forum: Forum) -> Item:
    called = _("Called for %(day)s") % {"day": f"{turn.called_for:%d.%m.%Y}"} if turn.called_for else ""
    url = reverse("coordination:forum-detail", args=[forum.pk])
    return Item(text=forum.name, url=url, tone=turn.tone, state=turn.words, note=called)


def _mechanism_url(mechanism: Any) -> str:
    return reverse("coordination:mechanism-detail", args=[mechanism.pk])


def register() -> None:
    """Called once, when the app is ready."""
    register_panel(45, gettext_lazy("Forums due to meet"), due_forums, ask_forums)
    register_record(Mechanism, _mechanism_url)
    register_verbs(
        {
            "exported forums of": gettext_lazy("exported forums of"),
            "exported outside mechanisms of": gettext_lazy("exported outside mechanisms of"),
        }
    )
