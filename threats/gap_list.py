"""All gaps of a branch as lines: what is missing where, whose it is, for how long, and where it is mended.

Page, sheets, API and the pages of offices read the same lines. Source: POC Handbook 2020, 8.3 and 4.2.1 (flag response
gaps and recommend correction); the rules stand in `threats.rules.gaps`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from threats.consolidation import Branch, probe
from threats.matrix import Gap, MatrixRow, RowActivity
from threats.rules.gaps import KINDS, kind_label

FIELDS = ("kind", "priority", "tier", "office")


@dataclass(frozen=True)
class GapLine:
    """One gap of one threat. `activity` is the one that is meant; `who` its owner, else the threat's lead."""

    gap: Gap
    row: MatrixRow
    activity: RowActivity | None
    can_mend: bool

    @property
    def kind(self) -> str:
        return kind_label(self.gap.code)

    @property
    def who(self) -> str:
        return self.activity.owner if self.activity else self.row.lead

    @property
    def component(self) -> str:
        return self.activity.component if self.activity else ""

    @property
    def tier(self) -> int | None:
        return self.gap.tier or (self.activity.tier if self.activity else None)

    @property
    def values(self) -> dict[str, str]:
        """Return what the filters compare, by name of the filter; empty where the gap has none."""
        return {
            "kind": self.gap.code,
            "priority": str(self.row.priority or 0),
            "tier": str(self.tier or ""),
            "office": self.row.office_code,
        }


def lines_of(branch: Branch, user: Any) -> list[GapLine]:
    """Return the gaps of the branch's rows in the order of the rows, each with whether the person may mend it."""
    may = _mending(branch, user)
    lines = []
    for row in branch.rows:
        activities = {one.pk: one for one in (*row.response_activities, *row.action_activities)}
        for gap in row.gaps:
            activity = activities.get(gap.about) if gap.about else None
            lines.append(GapLine(gap, row, activity, may(permission_of(gap), row.office_code)))
    return lines


def permission_of(gap: Gap) -> str:
    """Return the permission that the mending form of a gap asks."""
    if gap.field == "activity":
        return "strategy.change_activity" if gap.about else "strategy.add_activity"
    return {"assessment": "threats.assess_threat", "edition": "threats.draft_edition"}.get(
        gap.field, "threats.change_threat"
    )


def _mending(branch: Branch, user: Any) -> Callable[[str, str], bool]:
    """Return the question "may the person do this in that office"; asked once per office and permission."""
    states = {one.code: one for one in branch.states}
    known: dict[tuple[str, str], bool] = {}

    def may(name: str, code: str) -> bool:
        if (name, code) not in known:
            known[name, code] = code in states and user.has_perm(name, probe(branch.office, states[code]))
        return known[name, code]

    return may


def keep(lines: Iterable[GapLine], wanted: Mapping[str, str]) -> list[GapLine]:
    """Return the lines that all chosen filters find."""
    return [line for line in lines if all(line.values[name] == value for name, value in wanted.items())]


def counts_by_office(branch: Branch, lines: Iterable[GapLine]) -> dict[str, Counter[str]]:
    """Return how many gaps of each kind every office with a matrix has, by its code."""
    found = {one.code: Counter[str]() for one in branch.states if one.is_leaf or one.number is not None}
    for line in lines:
        found.setdefault(line.row.office_code, Counter())[line.gap.code] += 1
    order = {one.code: index for index, one in enumerate(branch.states)}
    return dict(sorted(found.items(), key=lambda pair: order.get(pair[0], len(order))))


def kinds_in(lines: Iterable[GapLine]) -> list[str]:
    """Return the codes of the kinds that occur, in the order of the rules."""
    seen = {line.gap.code for line in lines}
    return [code for code in KINDS if code in seen] + sorted(seen - set(KINDS))
