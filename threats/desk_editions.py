"""What of matrix editions waits on a person's desk, and how the audit trail names their acts."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.trail import register_record, register_verbs
from threats.choices import EditionState
from threats.edition_panel import open_acts
from threats.models import MatrixEdition
from threats.rules.editions import APPROVE, RETURN

MOST = 10


def editions_waiting(visit: Visit) -> Content | None:
    """Return the editions on which this person has the next act; approvals first. Two queries.

    None for people who neither draft nor approve editions. A return is no act that anybody waits for.
    """
    user = visit.user
    if not any(user.has_perm(name) for name in ("threats.draft_edition", "threats.return_edition")):
        return None
    rows = MatrixEdition.objects.visible_to(user).filter(mission=visit.mission, state__in=EditionState.OPEN_STATES)
    rows = rows.defer("snapshot").select_related("office", "mission").prefetch_related("approvals")
    found = []
    for edition in rows.order_by("changed_at"):
        acts = [one for one in open_acts(edition, user, list(edition.approvals.all())) if one.act != RETURN]
        if acts:
            found.append((acts[0], edition))
    found.sort(key=lambda pair: pair[0].act != APPROVE)
    count = sum(act.act == APPROVE for act, _edition in found)
    waiting: tuple[tuple[int, str], ...] = ()
    if count:
        sentence = ngettext("%(n)d edition waits for your approval", "%(n)d editions wait for your approval", count)
        waiting = ((count, sentence % {"n": count}),)
    return Content(
        items=tuple(_item(act, edition) for act, edition in found[:MOST]),
        empty=_("No matrix edition waits for you."),
        waiting=waiting,
    )


def _item(act: Any, edition: MatrixEdition) -> Item:
    words = {"office": edition.office, "number": edition.number}
    return Item(
        text=_("Threat matrix of %(office)s, edition %(number)s") % words,
        url=reverse("threats:edition-detail", args=[edition.pk]),
        tone="warn",
        state=str(edition.get_state_display()),
        act=act.label,
        act_url=act.url,
    )


def register() -> None:
    """Add the panel and the words of the audit trail."""
    register_panel(10, gettext_lazy("Matrix editions"), editions_waiting)
    register_record(MatrixEdition, lambda edition: reverse("threats:edition-detail", args=[edition.pk]))
    register_verbs(
        {
            "opened for consultation": gettext_lazy("opened for consultation"),
            "endorsed": gettext_lazy("endorsed"),
            "approved by all": gettext_lazy("completed the approval of"),
            "put in force": gettext_lazy("put in force"),
            "superseded": gettext_lazy("superseded"),
            "returned to draft": gettext_lazy("returned to draft"),
        }
    )
