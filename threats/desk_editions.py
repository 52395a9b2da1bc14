"""What of matrix editions waits on a person's desk, and how the audit trail names their acts."""

from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.together import Part
from pocweb.trail import register_record, register_verbs
from threats.choices import EditionState
from threats.edition_panel import open_acts
from threats.models import EditionApproval, MatrixEdition, Threat
from threats.rules.editions import APPROVE, RETURN, missed

MOST = 10


COLUMNS = ("mission_id", "number", "marking", "state", "in_force_at", "horizon_on", "created_by_id", "changed_at")
OF_OFFICE = ("office__mission_id", "office__name", "office__code", "office__path", "office__kind")


def ask_editions(visit: Visit) -> Part | None:
    """Ask for the editions on their way and in force, for people who draft or approve editions."""
    rows = _editions(visit)
    return None if rows is None else Part(rows.order_by("office__path"), (*COLUMNS, *OF_OFFICE))


def ask_approvals(visit: Visit) -> Part | None:
    """Ask for the approvals of the editions on their way."""
    rows = _editions(visit)
    if rows is None:
        return None
    found = rows.filter(state__in=EditionState.OPEN_STATES).order_by()
    return Part(
        EditionApproval.objects.filter(edition__in=found.values("pk")).order_by("pk"),
        ("slot", "edition_id", "person_id"),
    )


def _editions(visit: Visit) -> Any:
    if not any(visit.user.has_perm(name) for name in ("threats.draft_edition", "threats.return_edition")):
        return None
    states = (*EditionState.OPEN_STATES, EditionState.IN_FORCE)
    return MatrixEdition.objects.visible_to(visit.user).filter(mission=visit.mission, state__in=states)


def editions_waiting(visit: Visit) -> Content | None:
    """Return the editions on which this person has the next act; approvals first. One query with `reviews_missed`.

    None for people who neither draft nor approve editions. A return is no act that anybody waits for.
    """
    user = visit.user
    if not any(user.has_perm(name) for name in ("threats.draft_edition", "threats.return_edition")):
        return None
    signed = visit.rows_of(ask_approvals)
    rows = [one for one in visit.rows_of(ask_editions) if one.state in EditionState.OPEN_STATES]
    found = []
    for edition in sorted(rows, key=lambda one: one.changed_at):
        approvals = [one for one in signed if one.edition_id == edition.pk]
        acts = [one for one in open_acts(edition, user, approvals) if one.act != RETURN]
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


def reviews_missed(visit: Visit) -> Content | None:
    """Return what of the matrices is late: editions in force without one that follows, and rows. Two queries.

    None for people who neither draft nor approve editions.
    """
    user, now = visit.user, visit.now
    if not any(user.has_perm(name) for name in ("threats.draft_edition", "threats.return_edition")):
        return None
    editions = visit.rows_of(ask_editions)
    followed = {one.office_id for one in editions if one.state != EditionState.IN_FORCE}
    items = [
        Item(
            text=_("Threat matrix of %(office)s, edition %(number)s") % {"office": one.office, "number": one.number},
            url=reverse("threats:edition-detail", args=[one.pk]),
            tone="bad",
            state=" ".join(said),
            act=_("Roll over") if user.has_perm("threats.draft_edition", one) else "",
            act_url=reverse("threats:edition-create", args=[one.office.code]),
        )
        for one in editions
        if one.state == EditionState.IN_FORCE and one.office_id not in followed and (said := _missed(one, now))
    ]
    found = late_rows(user, visit.mission, now.date())
    items += [_late_item(name, code, count) for name, code, count in found]
    return Content(items=tuple(items[:MOST]), empty=_("No review is late."), waiting=_late_words(len(items)))


def _missed(edition: MatrixEdition, now: datetime) -> tuple[str, ...]:
    return missed(
        in_force_at=edition.in_force_at,
        horizon_on=edition.horizon_on,
        review_days=edition.mission.review_days,
        now=now,
    )


def late_rows(user: Any, mission: Any, today: date) -> list[tuple[str, str, int]]:
    """Return name and code of each office with active threats whose review or horizon has passed, and their number."""
    rows = Threat.objects.visible_to(user).active().filter(mission=mission)
    rows = rows.filter(Q(review_on__lt=today) | Q(horizon_on__lt=today)).order_by("office__path")
    counted = rows.values_list("office__name", "office__code").annotate(count=Count("pk"))
    return [(name, code, count) for name, code, count in counted]


def _late_item(name: str, code: str, count: int) -> Item:
    said = ngettext("Review or horizon of %(n)d row has passed", "Reviews or horizons of %(n)d rows have passed", count)
    return Item(
        text=_("Threat matrix of %(office)s") % {"office": name},
        url=f"{reverse('threats:gap-list', args=[code])}?kind=review_missed",
        tone="warn",
        state=said % {"n": count},
    )


def _late_words(count: int) -> tuple[tuple[int, str], ...]:
    sentence = ngettext("%(n)d matrix has a late review", "%(n)d late reviews of matrices", count)
    return ((count, sentence % {"n": count}),) if count else ()


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
    register_panel(10, gettext_lazy("Matrix editions"), editions_waiting, ask_editions, ask_approvals)
    register_panel(12, gettext_lazy("Reviews that are late"), reviews_missed, ask_editions)
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
