"""Who changed the rows of a comparison, when and why, as the audit trail knows it. A fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from pocweb.models import AuditEvent, Office
from pocweb.trail import READINGS, verb_words
from threats.comparison import CLOSED, GROUPS, NEW, UNCHANGED, CellChange, Comparison, Row
from threats.fieldlists.threat import LABELS
from threats.models import MatrixEdition, Threat

RATED, CLOSED_VERB, ADDED = "rated", "closed", "added"
OF_RATING = frozenset({"likelihood", "impact", "risk", "priority", "trend", "confidence"})
FIELDS: Mapping[str, frozenset[str]] = {
    "priority": OF_RATING,
    "risk": OF_RATING,
    "location": frozenset({"location", "areas"}),
    "threat": frozenset({"scale", "violence_types"}),
    "civilians": frozenset({"civilians", "groups"}),
    "source": frozenset({"actors", "perpetrators"}),
    "others": frozenset({"other_actors", "protection_actors"}),
    "capacity": frozenset({"capacity", "capacity_in_reach"}),
    "response": frozenset({"response"}),
    "action": frozenset({"action"}),
}
"""The fields of a threat whose change moves a cell; a cell that is not named moves with the field of its own name."""
TOLD_BY_ACTIVITIES = ("response", "action")


@dataclass(frozen=True)
class Act:
    """One act on a threat, or on an activity that answers it (`about` is its reference, else empty)."""

    at: datetime
    who: str
    verb: str
    words: str
    why: str = ""
    about: str = ""
    fields: frozenset[str] = frozenset()

    @property
    def what(self) -> str:
        """Return what was done in words: the act, with the fields that it changed or the activity that it was about."""
        if self.about:
            return f"{self.words} {self.about}"
        if self.verb != "changed":
            return self.words
        names = [str(LABELS.get(name, name)).lower() for name in sorted(self.fields)]
        return f"{self.words} {', '.join(names)}" if names else self.words


@dataclass(frozen=True)
class CellLine:
    """A cell that differs, with the acts that moved it, newest first."""

    cell: CellChange
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class ChangeLine:
    """One row of a comparison: `was` and `row` are its stored states, None where a side does not hold it.

    `acts` are those that belong to no single cell: for a new row its adding and rating, for a closed one its closing,
    for an unchanged one the ratings that confirmed it.
    """

    group: str
    pk: int
    ref: str
    title: str
    was: Row | None
    row: Row | None
    cells: tuple[CellLine, ...] = ()
    acts: tuple[Act, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Window:
    """The acts between two moments: `since` and `until` are events of the trail (their numbers), or moments."""

    since: int | datetime | None
    until: int | datetime | None = None

    def q(self) -> Q:
        """Return the filter of events after `since`, up to and with `until`."""
        found = Q()
        if self.since is not None:
            found &= Q(seq__gt=self.since) if isinstance(self.since, int) else Q(at__gt=self.since)
        if self.until is not None:
            found &= Q(seq__lte=self.until) if isinstance(self.until, int) else Q(at__lte=self.until)
        return found


def window(before: MatrixEdition, after: MatrixEdition | None) -> Window:
    """Return the acts between the freezing of two editions; without `after` up to this moment. One query.

    The number of the endorsement in the trail counts, since its order is total; moments only where it is not known.
    """
    keys = [str(one.pk) for one in (before, after) if one is not None]
    events = AuditEvent.objects.filter(
        object_type=MatrixEdition._meta.label_lower, object_id__in=keys, verb="endorsed"
    ).order_by("seq")
    frozen: dict[str, int] = dict(events.values_list("object_id", "seq"))
    until = (frozen.get(str(after.pk)) or after.frozen_at) if after else None
    return Window(frozen.get(str(before.pk)) or before.frozen_at, until)


def read_acts(
    office: Office, pks: Iterable[int], span: Window, *, clearance: int | None = None
) -> dict[int, tuple[Act, ...]]:
    """Return the acts on the threats and on the activities that answer them, newest first. Two queries.

    With `clearance`, acts on records above it are left out, by the marking of the record now and at the time.
    """
    wanted = sorted(set(pks))
    if not wanted:
        return {}
    found: dict[int, list[tuple[int, Act]]] = defaultdict(list)
    model: Any = Threat.activities.rel.related_model  # a later app declares the reverse relation
    links = Threat.activities.through.objects.filter(threat__in=wanted)
    if clearance is not None:
        links = links.filter(activity__marking__lte=clearance)
    of_activity = defaultdict(list)
    for threat, activity, number in links.values_list("threat_id", "activity_id", "activity__number"):
        of_activity[str(activity)].append((threat, f"{model.LETTER}-{number:03d}"))
    of_threat = {str(pk): [(pk, "")] for pk in wanted}
    records = {Threat._meta.label_lower: of_threat, model._meta.label_lower: of_activity}
    for event in _events(office, records, span, clearance):
        for threat, ref in records[event.object_type][event.object_id]:
            found[threat].append((event.seq, _act(event, ref)))
    return {pk: tuple(act for _seq, act in sorted(acts, key=lambda one: -one[0])) for pk, acts in found.items()}


def _events(
    office: Office, records: Mapping[str, Iterable[str]], span: Window, clearance: int | None
) -> Iterable[AuditEvent]:
    """Return the events about records, given as keys by the type of object."""
    about = Q()
    for kind, keys in records.items():
        about |= Q(object_type=kind, object_id__in=list(keys))
    rows = AuditEvent.objects.filter(span.q(), about, mission=office.mission_id).exclude(verb__in=READINGS)
    if clearance is not None:
        rows = rows.filter(marking__lte=clearance)
    return rows.select_related("actor").order_by("-seq")


def _act(event: AuditEvent, about: str = "") -> Act:
    who = str(event.actor) if event.actor else _("The system")
    fields = frozenset(event.changes)
    return Act(event.at, who, event.verb, verb_words(event.verb), event.note, about, fields)


# --- joining ----------------------------------------------------------------------------------------------------------


def change_lines(comparison: Comparison, acts: Mapping[int, tuple[Act, ...]]) -> list[ChangeLine]:
    """Return all rows of a comparison, group by group, each with who changed it, when and why."""
    found = [_line(NEW, row, None, row, acts) for row in comparison.new]
    for row in comparison.changed:
        done = acts.get(row.pk, ())
        cells = tuple(CellLine(cell, _acts_of(cell, done)) for cell in row.cells)
        found.append(ChangeLine(row.group, row.pk, row.ref, row.title, row.was, row.row, cells, _beside(cells, done)))
    found += [_line(UNCHANGED, row, row, row, acts) for row in comparison.unchanged]
    found += [_line(CLOSED, row, row, None, acts) for row in comparison.closed]
    order = [group for group, _label in GROUPS]
    return sorted(found, key=lambda line: order.index(line.group))


def _line(group: str, row: Row, was: Row | None, now: Row | None, acts: Mapping[int, tuple[Act, ...]]) -> ChangeLine:
    verbs = {NEW: (ADDED, "reopened", RATED), UNCHANGED: (RATED,), CLOSED: (CLOSED_VERB,)}[group]
    done = tuple(act for act in acts.get(row["pk"], ()) if act.verb in verbs and not act.about)
    reason = next((act.why for act in done if act.verb == CLOSED_VERB), "")
    return ChangeLine(group, row["pk"], row["ref"], row["title"], was, now, (), done, reason)


def _acts_of(cell: CellChange, acts: Iterable[Act]) -> tuple[Act, ...]:
    """Return the acts that moved a cell. An activity moves the two cells that name it, where its words differ."""
    fields = FIELDS.get(cell.key, frozenset({cell.key}))
    return tuple(
        act
        for act in acts
        if (act.about and cell.key in TOLD_BY_ACTIVITIES and act.about in f"{cell.before} {cell.after}")
        or (not act.about and act.fields & fields)
    )


def _beside(cells: Iterable[CellLine], acts: Iterable[Act]) -> tuple[Act, ...]:
    """Return the acts with a reason that no cell names: a rating that confirmed, a decision on imminence."""
    named = {act for line in cells for act in line.acts}
    return tuple(act for act in acts if act.why and act not in named and not act.about)
