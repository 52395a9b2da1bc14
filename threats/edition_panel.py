"""The state of an edition as pages show it: its way, who signed, who is awaited and for how long, and the open acts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.choices import Role
from pocweb.models import Component, Office, Posting
from threats.choices import ApprovalSlot, EditionState
from threats.comparison import Comparison
from threats.editions import changes_since, live_rows
from threats.models import EditionApproval, MatrixEdition, Threat
from threats.rules import editions as rules

Rows = Iterable[Mapping[str, Any]] | None

ORDER = (
    EditionState.DRAFT,
    EditionState.CONSULTATION,
    EditionState.ENDORSED,
    EditionState.APPROVED,
    EditionState.IN_FORCE,
    EditionState.SUPERSEDED,
)


@dataclass(frozen=True)
class Step:
    """One station of the way; `place` is past, current or coming."""

    label: str
    note: str
    place: str


@dataclass(frozen=True)
class Signature:
    """One of the three approvals: given, with person and moment, or awaited from whom and for how long."""

    slot: str
    role: str
    who: str
    at: datetime | None = None
    waits: str = ""
    note: str = ""


@dataclass(frozen=True)
class Act:
    """An act that is open to this person: the button's words and where it leads."""

    act: str
    label: str
    url: str


@dataclass(frozen=True)
class Panel:
    """What `threats/_edition_panel.html` draws. `edition` is the one on its way, else the one in force, else None.

    `flags` say what the edition in force has missed; `late` counts the rows whose review or horizon has passed, where
    the page does not show the rows themselves.
    """

    office: Office
    edition: MatrixEdition | None
    in_force: MatrixEdition | None
    heading: str
    note: str
    steps: tuple[Step, ...] = ()
    signatures: tuple[Signature, ...] = ()
    act: Act | None = None
    other_acts: tuple[Act, ...] = ()
    changes: Comparison | None = None
    can_open: bool = False
    flags: tuple[str, ...] = ()
    late: int = 0

    @property
    def is_frozen(self) -> bool:
        return self.edition is not None and bool(self.edition.sha256)


def build_panel(
    office: Office,
    user: Any,
    now: datetime,
    *,
    rows: Rows = None,
    counts_late: bool = False,
    editions: Iterable[MatrixEdition] | None = None,
) -> Panel:
    """Return the state of the office's edition for this person.

    `rows` are the office's own live rows where the page has them (`threats.comparison.live_row`), so that the changes
    since the endorsement cost no further reading. `counts_late` asks for the number of rows whose review has passed, on
    pages that do not show the rows; one query. `editions` are those that the person may see, approvals read ahead, on
    pages that have them.
    """
    states = (*EditionState.OPEN_STATES, EditionState.IN_FORCE)
    if editions is None:
        seen = MatrixEdition.objects.visible_to(user).filter(office=office, state__in=states)
        editions = seen.select_related("office", "mission", "created_by")
    found = [one for one in editions if one.state in states]
    in_force = next((one for one in found if one.state == EditionState.IN_FORCE), None)
    edition = next((one for one in found if one.state != EditionState.IN_FORCE), None)
    if edition is None:
        probe = MatrixEdition(mission=office.mission, office=office, marking=0)
        can_open = user.has_perm("threats.draft_edition", probe)
        heading = _("Edition %(number)s is in force") % {"number": in_force.number} if in_force else _("No edition yet")
        note = _("in force since %(day)s") % {"day": _day(in_force.in_force_at)} if in_force else ""
        flags = _flags(in_force, now)
        late = _late(office, user, now) if counts_late else 0
        return Panel(office, in_force, in_force, heading, note, can_open=can_open, flags=flags, late=late)
    live = None
    if counts_late and rows is None and edition.state == EditionState.ENDORSED:
        rows = live = live_rows(office, now=now, clearance=user.clearance, previous=in_force)
    panel = panel_of(edition, user, now, in_force=in_force, rows=rows)
    return replace(panel, late=_late(office, user, now, live)) if counts_late else panel


def panel_of(
    edition: MatrixEdition, user: Any, now: datetime, *, in_force: MatrixEdition | None = None, rows: Rows = None
) -> Panel:
    """Return the state of one edition, whatever its state."""
    approvals = _approvals(edition) if edition.sha256 else []
    acts = open_acts(edition, user, approvals)
    changes = None
    if edition.state == EditionState.ENDORSED:
        changes = changes_since(edition, now=now, clearance=user.clearance, rows=rows)
    note = ""
    if in_force and in_force.pk != edition.pk and in_force.in_force_at:
        words = {"number": in_force.number, "day": _day(in_force.in_force_at)}
        note = _("Edition %(number)s of %(day)s stays in force until then.") % words
    return Panel(
        office=edition.office,
        edition=edition,
        in_force=in_force,
        heading=_heading(edition, approvals),
        note=note,
        steps=_steps(edition, approvals),
        signatures=_signatures(edition, approvals, now),
        act=acts[0] if acts else None,
        other_acts=tuple(acts[1:]),
        changes=changes,
        flags=_flags(in_force, now),
    )


def _flags(in_force: MatrixEdition | None, now: datetime) -> tuple[str, ...]:
    """Return what the edition in force has missed."""
    if in_force is None or in_force.state != EditionState.IN_FORCE:
        return ()
    days = in_force.mission.review_days
    return rules.missed(in_force_at=in_force.in_force_at, horizon_on=in_force.horizon_on, review_days=days, now=now)


def _approvals(edition: MatrixEdition) -> list[EditionApproval]:
    read_ahead: dict[str, Any] = getattr(edition, "_prefetched_objects_cache", {})
    return list(read_ahead["approvals"] if "approvals" in read_ahead else edition.approvals.select_related("person"))


def _late(office: Office, user: Any, now: datetime, live: Rows = None) -> int:
    """Return the number of the office's active threats whose review or horizon has passed.

    From the whole `live` rows where they are read already; else one query.
    """
    probe = Threat(mission=office.mission, office=office, marking=0)
    if live is not None and user.has_perm("threats.view_threat", probe):
        today = now.date().isoformat()
        days = ((row["review_on"], row["horizon_on"]) for row in live)
        return sum(any(day and day < today for day in pair) for pair in days)
    rows = Threat.objects.visible_to(user).active().filter(mission=office.mission_id, office=office)
    found: int = rows.filter(Q(review_on__lt=now.date()) | Q(horizon_on__lt=now.date())).count()
    return found


def _heading(edition: MatrixEdition, approvals: list[EditionApproval]) -> str:
    words = {"number": edition.number}
    if edition.state == EditionState.ENDORSED:
        count = len(ApprovalSlot.values) - len(approvals)
        sentence = ngettext(
            "Edition %(number)s waits for one approval", "Edition %(number)s waits for %(count)s approvals", count
        )
        return sentence % {**words, "count": count}
    sentences = {
        EditionState.DRAFT: _("Edition %(number)s is a draft"),
        EditionState.CONSULTATION: _("Edition %(number)s is in consultation"),
        EditionState.APPROVED: _("Edition %(number)s is approved"),
        EditionState.IN_FORCE: _("Edition %(number)s is in force"),
        EditionState.SUPERSEDED: _("Edition %(number)s is superseded"),
    }
    return sentences[EditionState(edition.state)] % words


def _day(moment: datetime | None) -> str:
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def _steps(edition: MatrixEdition, approvals: list[EditionApproval]) -> tuple[Step, ...]:
    """Return the five stations of the way with what is known of each. Source: POC Handbook 2020, 8.3."""
    signed = _("%(n)s of %(all)s") % {"n": len(approvals), "all": len(ApprovalSlot.values)}
    opened = ", ".join(part for part in (str(edition.created_by or ""), _day(edition.created_at)) if part)
    endorsed = ", ".join(part for part in (edition.endorsed_by, _day(edition.endorsed_at)) if part)
    stations = (
        (_("Draft"), opened),
        (_("Consultation"), _day(edition.consulted_at)),
        (_("Endorsed by forum"), endorsed),
        (_("Approval"), signed if edition.sha256 else ""),
        (_("In force"), _day(edition.in_force_at)),
    )
    # an endorsed edition stands at the approval: what is current is what is awaited
    reached = {0: 0, 1: 1, 2: 3, 3: 3, 4: 4, 5: 5}[ORDER.index(EditionState(edition.state))]
    return tuple(
        Step(label, note, "past" if index < reached else "current" if index == reached else "coming")
        for index, (label, note) in enumerate(stations)
    )


def _signatures(edition: MatrixEdition, approvals: list[EditionApproval], now: datetime) -> tuple[Signature, ...]:
    if not edition.sha256:
        return ()
    given = {one.slot: one for one in approvals}
    awaited = _heads(edition, now.date()) if len(given) < len(ApprovalSlot.values) else {}
    found = []
    for slot, label in ApprovalSlot.choices:
        if one := given.get(slot):
            found.append(Signature(slot, str(label), str(one.person), at=one.at, note=one.note))
        else:
            found.append(Signature(slot, str(label), awaited.get(slot, ""), waits=_waits(edition.endorsed_at, now)))
    return tuple(found)


def _waits(since: datetime | None, now: datetime) -> str:
    """Return how long something has waited: in hours below two days, then in days; nothing below one hour."""
    if since is None:
        return ""
    hours = max(int((now - since).total_seconds() // 3600), 0)
    if not hours:
        return ""
    if hours < 48:
        return ngettext("for %(n)d hour", "for %(n)d hours", hours) % {"n": hours}
    return ngettext("for %(n)d day", "for %(n)d days", hours // 24) % {"n": hours // 24}


def _heads(edition: MatrixEdition, today: date) -> dict[str, str]:
    """Return who is awaited by slot: the holders of the posts nearest above the office."""
    path, length = edition.office.path, Office.steplen
    above = [path[:end] for end in range(length, len(path) + 1, length)]
    rows = Posting.objects.filter(mission=edition.mission_id, office__path__in=above, role__in=(Role.HOO, Role.FCPC))
    nearest: dict[str, tuple[int, list[str]]] = {}
    for posting in rows.select_related("person", "office", "component").order_by("person__last_name", "pk"):
        slot = _slot_of(posting)
        if slot and posting.person.is_active and posting.is_active(today):
            depth, names = nearest.get(slot, (0, []))
            here = len(posting.office.path)
            if here > depth:
                nearest[slot] = (here, [str(posting.person)])
            elif here == depth:
                names.append(str(posting.person))
    return {slot: _(" or ").join(names) for slot, (_depth, names) in nearest.items()}


def _slot_of(posting: Posting) -> str:
    if posting.role == Role.HOO:
        return ApprovalSlot.HEAD_OF_OFFICE
    kind = posting.component.kind if posting.component else ""
    slots = {
        Component.Kind.MILITARY.value: ApprovalSlot.HEAD_OF_MILITARY,
        Component.Kind.POLICE.value: ApprovalSlot.HEAD_OF_POLICE,
    }
    return slots.get(kind, "")


def open_acts(edition: MatrixEdition, user: Any, approvals: list[EditionApproval]) -> list[Act]:
    """Return the acts of the state table that are open to this person, in the table's order."""
    signed = {one.person_id for one in approvals}
    filled = {one.slot for one in approvals}
    found: list[Act] = []
    for step in rules.steps_from(edition.state):
        if step.slot in filled or not user.has_perm(step.permission, edition):
            continue
        if step.guard == rules.Guard.MAY_SIGN and (user.pk == edition.created_by_id or user.pk in signed):
            continue
        found.append(Act(step.act, _label(step), act_url(edition, step)))
    return found


def _label(step: rules.Step) -> str:
    if step.slot:
        return _("Approve as %(role)s") % {"role": ApprovalSlot(step.slot).label}
    return str(step.label)


def act_url(edition: MatrixEdition, step: rules.Step) -> str:
    """Return where an act is confirmed; the forum's endorsement has a page of its own."""
    if step.act == rules.ENDORSE:
        return reverse("coordination:edition-endorse", args=[edition.pk])
    address = reverse("threats:edition-act", args=[edition.pk, step.act])
    return f"{address}?slot={step.slot}" if step.slot else address
