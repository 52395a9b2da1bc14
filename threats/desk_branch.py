"""What the matrix of a branch tells on other pages: facts of the office, and leadership's lines on the desk."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb import clock
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.models import Office
from pocweb.office_facts import OfficeFact, register_facts
from threats.consolidation import read_approved, read_live
from threats.gap_list import kinds_in, lines_of
from threats.leadership import graver_since, standing_of
from threats.models import Threat
from threats.rules.gaps import kind_label
from threats.rules.leadership import Call, call_of

DECIDING = (
    "threats.approve_as_head_of_office",
    "threats.approve_as_head_of_military",
    "threats.approve_as_head_of_police",
)
MOST = 5


def matrix_facts(user: Any, office: Office) -> Iterator[OfficeFact]:
    """Yield the office's active threats and its gaps kind by kind, those of the offices below included."""
    if not user.has_perm("threats.view_threat", Threat(mission_id=office.mission_id, office=office, marking=0)):
        return
    branch = read_live(office, user=user, now=clock.now(office.mission))
    drafts = "" if office.is_leaf() else "?drafts=1"
    yield OfficeFact(_("Active threats"), len(branch.rows), reverse("threats:matrix", args=[office.code]) + drafts)
    lines = lines_of(branch, user)
    counts = Counter(line.gap.code for line in lines)
    listed = reverse("threats:gap-list", args=[office.code])
    yield OfficeFact(_("Gaps in the response"), len(lines), listed)
    for code in kinds_in(lines):
        yield OfficeFact(kind_label(code), counts[code], f"{listed}?kind={code}", is_part=True)


def must_act(visit: Visit) -> Content | None:
    """Return the threats that leadership must act on, of the rows in force in the person's office and below.

    With them how many are graver today. None for people who approve no edition. Three queries.
    Source: POC Handbook 2020, 8.3 and 4.2.1; the list is ours.
    """
    user, office = visit.user, visit.user.office
    if office is None or not any(user.has_perm(name) for name in DECIDING):
        return None
    branch = read_approved(office, user=user, now=visit.now)
    rows = [row for row in branch.rows if call_of(standing_of(row))[0] == Call.MUST]
    address = reverse("threats:leadership", args=[office.code])
    words = ngettext("%(n)d threat must be acted on", "%(n)d threats must be acted on", len(rows)) % {"n": len(rows)}
    return Content(
        items=tuple(
            Item(
                f"{row.ref} {row.title}",
                f"{address}#{row.ref}",
                tone="bad" if row.imminent else "warn",
                state=_("Imminent") if row.imminent else row.risk_label,
                note=row.office_name,
            )
            for row in rows[:MOST]
        )
        + _graver(graver_since(branch, user), address),
        empty=_("No threat in force must be acted on."),
        more_url=address,
        more_label=_("What must, should and could be acted on"),
        waiting=((len(rows), words),),
    )


def _graver(count: int, address: str) -> tuple[Item, ...]:
    if not count:
        return ()
    words = ngettext("%(n)d threat is graver today", "%(n)d threats are graver today", count) % {"n": count}
    return (Item(words, f"{address}?drafts=1", tone="warn", state=_("Not approved yet")),)


def register() -> None:
    """Add the facts and the panel."""
    register_facts(10, matrix_facts)
    register_panel(5, gettext_lazy("What you must act on"), must_act)
