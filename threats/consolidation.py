"""The matrix of a branch, read upward from its offices without copying: approved rows, or the live ones as drafts.

Page, list of gaps, leadership's view, exports and the pages of offices read the same branch. Source: POC Handbook 2020,
8.3 (the matrix of each office, consolidated per sector and mission).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery, Value
from django.utils.translation import gettext as _

from pocweb.choices import RiskLevel
from pocweb.models import Office
from threats.choices import EditionState, ThreatStatus
from threats.editions import row_data
from threats.evidence import Watch
from threats.matrix import MatrixRow
from threats.matrix.reading import read_rows
from threats.models import MatrixEdition, Threat

TOLD = ("number", "in_force_at", "sha256", "pk")


@dataclass(frozen=True, slots=True)
class OfficeState:
    """One office of a branch and its edition in force; without one, `edition` (its key) and `number` are None.

    `days` counts whole days since the edition came into force; `is_late` says that they are more than the mission's
    review period.
    """

    pk: int
    code: str
    name: str
    path: str
    is_leaf: bool
    number: int | None = None
    in_force_at: datetime | None = None
    sha256: str = ""
    edition: int | None = None
    days: int | None = None
    is_late: bool = False


@dataclass(frozen=True)
class Branch:
    """The rows of an office and all below it in one order, as plain rows and as `data` (values of JSON with cells).

    `states` are the offices in the order of the tree; `watch` is what live rows watch, None for approved ones.
    """

    office: Office
    now: datetime
    is_live: bool
    rows: list[MatrixRow]
    data: list[dict[str, Any]]
    states: list[OfficeState]
    watch: Watch | None = None

    @property
    def in_force(self) -> list[OfficeState]:
        return [one for one in self.states if one.number is not None]

    @property
    def without(self) -> list[OfficeState]:
        """Return the offices that should have an edition in force and have none: those without offices below."""
        return [one for one in self.states if one.number is None and one.is_leaf]

    @property
    def late(self) -> list[OfficeState]:
        return [one for one in self.states if one.is_late]


def order_of(row: MatrixRow) -> tuple[int, int, str]:
    """Return what rows of several offices are ordered by: priority, risk (highest first), reference."""
    return (row.priority or 9, -(row.risk or 0), row.ref)


def read_approved(office: Office, *, user: Any, now: datetime) -> Branch:
    """Return the rows that the offices of a branch have in force, as they were approved. Two queries.

    With `user`, rows above the clearance are left out, also those whose threat has been marked higher since; without
    one (commands) everything. What changed live since an approval does not show.
    """
    offices = _with_editions(office, user, (*TOLD, "snapshot"))
    data = [row for one in offices for row in (one.edition_snapshot or {}).get("rows", ())]
    if user is not None:
        data = _up_to(data, office, user.clearance)
    pairs = [(MatrixRow.from_dict(row), row) for row in data]
    pairs.sort(key=lambda pair: order_of(pair[0]))
    states = _states(offices, now)
    rows, plain = [row for row, _data in pairs], [data for _row, data in pairs]
    return Branch(office, now, False, rows, plain, states)


def _up_to(data: list[dict[str, Any]], office: Office, clearance: int) -> list[dict[str, Any]]:
    """Return the frozen rows up to a clearance. One query.

    A row whose threat was marked higher since, or that names an activity that was, is left out.
    """
    threats = Threat.objects.filter(mission=office.mission_id, office__path__startswith=office.path)
    links = Threat.activities.through.objects.filter(threat__in=threats.order_by().values("pk"))
    above: Any = threats.filter(marking__gt=clearance).order_by().annotate(kind=Value("threat"))
    raised: Any = links.filter(activity__marking__gt=clearance).annotate(kind=Value("activity"))
    told = raised.values_list("kind", "activity_id")
    hidden = set(above.values_list("kind", "pk").union(told, all=True))
    return [row for row in data if row["marking"] <= clearance and not hidden & _told(row)]


def _told(row: dict[str, Any]) -> set[tuple[str, int]]:
    activities = (*row["response_activities"], *row["action_activities"])
    return {("threat", row["pk"]), *(("activity", one["pk"]) for one in activities)}


def read_live(office: Office, *, user: Any, now: datetime, status: str = ThreatStatus.ACTIVE) -> Branch:
    """Return the rows of a branch as they stand now; `data` is filled by `with_data`. Five queries."""
    threats = Threat.objects.all() if user is None else Threat.objects.visible_to(user)
    chosen = threats.of_branch(office).filter(status=status)
    rows, watch = read_rows(chosen, now=now, clearance=user.clearance if user is not None else None)
    states = read_states(office, user=user, now=now)
    return Branch(office, now, True, rows, [], states, watch)


def with_data(branch: Branch) -> list[dict[str, Any]]:
    """Return the rows in values of JSON with their cells: the approved ones as they were frozen, live ones made now."""
    return [row_data(row) for row in branch.rows] if branch.is_live else branch.data


def _offices(office: Office) -> Any:
    """Return the office and all below it in the order of the tree, the office first."""
    rows = Office.objects.filter(mission=office.mission_id, path__startswith=office.path)
    return rows.select_related("mission").order_by("path")


def _with_editions(office: Office, user: Any, columns: Sequence[str]) -> list[Any]:
    """Return the offices of a branch with columns of their editions in force (`edition_...`). One query.

    None where an office has no such edition, or none that the person may see.
    """
    editions = MatrixEdition.objects.filter(office=OuterRef("pk"), state=EditionState.IN_FORCE)
    if user is not None:
        editions = editions.visible_to(user)
    told: dict[str, Any] = {f"edition_{name}": Subquery(editions.values(name)[:1]) for name in columns}
    return list(_offices(office).annotate(**told))


def read_states(office: Office, *, user: Any, now: datetime) -> list[OfficeState]:
    """Return the offices of a branch with their editions in force, as far as the person may see those. One query."""
    return _states(_with_editions(office, user, TOLD), now)


def probe(top: Office, state: OfficeState) -> Threat:
    """Return an unstored threat of an office in the branch, to ask what a person may do there."""
    return Threat(mission_id=top.mission_id, office=Office(pk=state.pk, path=state.path), marking=0)


def _states(offices: Iterable[Any], now: datetime) -> list[OfficeState]:
    states = []
    for one in offices:
        days = (now - one.edition_in_force_at).days if one.edition_in_force_at else None
        states.append(
            OfficeState(
                pk=one.pk,
                code=one.code,
                name=one.name,
                path=one.path,
                is_leaf=one.is_leaf(),
                number=one.edition_number,
                in_force_at=one.edition_in_force_at,
                sha256=one.edition_sha256 or "",
                edition=one.edition_pk,
                days=days,
                is_late=days is not None and days > one.mission.review_days,
            )
        )
    return states


@dataclass(frozen=True)
class Part:
    """One line below a consolidated matrix: the office itself (`is_own`) or a branch right below it, with its counts.

    `risks` counts rows by level from extreme to low, then those without a rating; `gaps` those of the rows shown.
    """

    code: str
    name: str
    is_own: bool
    is_leaf: bool
    rows: int
    risks: tuple[int, int, int, int, int]
    gaps: int
    offices: int
    in_force: int
    late: tuple[str, ...]
    without: tuple[str, ...]
    last_at: datetime | None

    @property
    def levels(self) -> list[tuple[int, str]]:
        """Return the risk levels of the counts with their words; 0 is not rated."""
        return [*((level.value, str(level.label)) for level in reversed(RiskLevel)), (0, _("Not rated"))]

    @property
    def by_level(self) -> list[tuple[int, str, int]]:
        return [(*pair, count) for pair, count in zip(self.levels, self.risks, strict=True)]


def parts_of(branch: Branch) -> list[Part]:
    """Return the branch part by part, the office's own threats first; no query.

    The parts share out all rows: each row counts in exactly one of them.
    """
    length, top = Office.steplen, branch.office.path
    heads = {top: branch.states[0]} if branch.states else {}
    heads |= {one.path: one for one in branch.states if len(one.path) == len(top) + length}
    of_office = {one.code: one.path[: len(top) + length] for one in branch.states}
    parts = []
    for path, head in heads.items():
        states = [one for one in branch.states if one.path[: len(top) + length] == path]
        rows = [row for row in branch.rows if of_office.get(row.office_code) == path]
        if path == top and not rows and head.number is None:
            continue
        parts.append(_part(head, rows, states, is_own=path == top))
    return parts


def _part(head: OfficeState, rows: list[MatrixRow], states: list[OfficeState], *, is_own: bool) -> Part:
    levels = [row.risk or 0 for row in rows]
    expected = [one for one in states if one.is_leaf or one.number is not None]
    moments = [one.in_force_at for one in states if one.in_force_at]
    return Part(
        code=head.code,
        name=head.name,
        is_own=is_own,
        is_leaf=head.is_leaf,
        rows=len(rows),
        risks=(levels.count(4), levels.count(3), levels.count(2), levels.count(1), levels.count(0)),
        gaps=sum(len(row.gaps) for row in rows),
        offices=len(expected),
        in_force=sum(one.number is not None for one in expected),
        late=tuple(one.name for one in states if one.is_late),
        without=tuple(one.name for one in expected if one.number is None),
        last_at=max(moments, default=None),
    )
