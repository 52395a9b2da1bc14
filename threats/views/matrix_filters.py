"""Filters of the matrix: links with counts over the rows that the page has read anyway."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import Phase, Tier
from threats.matrix import MatrixRow, RowActivity
from threats.views.matrix_marks import LiveMarks

Label = str | Promise
Keys = Callable[[MatrixRow], Iterable[tuple[str, Label]]]
WITH_GAPS, IMMINENT, NEAR = gettext_lazy("With gaps"), gettext_lazy("Imminent"), gettext_lazy("Near mission presence")
DIFFERS, NOT_RATED = gettext_lazy("Evidence differs"), gettext_lazy("Not rated")
PHASES: dict[str, Label] = {phase.value: phase.label for phase in Phase}
slug = lru_cache(maxsize=2_000)(slugify)  # the same few names stand on every row


@dataclass(frozen=True)
class Choice:
    """One link: what it shows and how many rows that are."""

    label: str
    url: str
    count: int | None
    is_current: bool


@dataclass(frozen=True)
class Filter:
    """A filter by name of its parameter; `keys` gives the (value, label) pairs under which a row is found.

    A label is put into the reader's language where a link shows it, not on every row.
    """

    name: str
    label: Label
    keys: Keys
    is_first: bool = False


def _activities(row: MatrixRow) -> tuple[RowActivity, ...]:
    return (*row.response_activities, *row.action_activities)


def _show(row: MatrixRow) -> Iterable[tuple[str, Label]]:
    if row.gaps:
        yield "gaps", WITH_GAPS
    if row.imminent:
        yield "imminent", IMMINENT
    if row.near_mission_presence:
        yield "near", NEAR


def _slugged(values: Iterable[str]) -> Iterable[tuple[str, Label]]:
    return ((slug(value), value) for value in values)


def _phases(row: MatrixRow) -> Iterable[tuple[str, Label]]:
    return ((phase, PHASES[phase]) for one in _activities(row) for phase in one.phases)


FILTERS: tuple[Filter, ...] = (
    Filter("show", gettext_lazy("Show"), _show, True),
    Filter(
        "priority",
        gettext_lazy("Priority"),
        lambda row: [(str(row.priority), f"{row.priority} {row.priority_label}")] if row.priority else [],
        True,
    ),
    Filter("risk", gettext_lazy("Risk"), lambda row: [(str(row.risk or 0), row.risk_label or NOT_RATED)]),
    Filter("area", gettext_lazy("Area"), lambda row: ((area.pcode, area.name) for area in row.areas), True),
    Filter("office", gettext_lazy("Office"), lambda row: [(row.office_code, row.office_name)]),
    Filter("source", gettext_lazy("Source of violence"), lambda row: _slugged(row.source_kinds)),
    Filter("actor", gettext_lazy("Actor"), lambda row: _slugged(row.actors)),
    Filter("group", gettext_lazy("Group at risk"), lambda row: _slugged(one.group for one in row.groups)),
    Filter("tier", gettext_lazy("Tier"), lambda row: ((str(one.tier), one.tier_label) for one in _activities(row))),
    Filter("phase", gettext_lazy("Phase"), _phases),
)
NAMES = {one.name for one in FILTERS}
NO_MARKS = LiveMarks()


def chosen(query: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that the address sets, by name."""
    return {name: value for name, value in query.items() if name in NAMES and value}


def keep(
    rows: Iterable[MatrixRow],
    wanted: Mapping[str, str],
    changes: LiveMarks = NO_MARKS,
    differing: Collection[int] = (),
) -> list[MatrixRow]:
    """Return the rows that all chosen filters find. `differing`: threats whose evidence and rating differ."""
    kept = list(rows)
    for one in FILTERS:
        if value := wanted.get(one.name):
            kept = [row for row in kept if value in {key for key, _label in _keys(one, row, changes, differing)}]
    return kept


def _keys(one: Filter, row: MatrixRow, changes: LiveMarks, differing: Collection[int]) -> Iterable[tuple[str, Label]]:
    if one.name != "show":
        return one.keys(row)
    found = list(one.keys(row))
    if row.pk in differing:
        found.append(("differs", DIFFERS))
    if row.pk in changes.rows:
        found.append(("changed", ""))  # the words are made once, in `filter_bars`
    return found


def filter_bars(
    rows: list[MatrixRow],
    query: Mapping[str, str],
    changes: LiveMarks = NO_MARKS,
    differing: Collection[int] = (),
) -> list[tuple[Filter, list[Choice]]]:
    """Return the filters with their links; the count of a link is that of all rows. One value alone is no choice.

    Parameters that are no filters (drafts, status) stay in the links; the open row does not.
    """
    wanted = chosen(query)
    others = {name: value for name, value in query.items() if name in ("drafts", "status") and value}
    bars = []
    for one in FILTERS:
        counts: dict[str, int] = {}
        labels: dict[str, Label] = {}
        for row in rows:
            found = dict(_keys(one, row, changes, differing))
            labels |= found
            for key in found:
                counts[key] = counts.get(key, 0) + 1
        if one.name == "show" and changes.rows:
            labels["changed"] = _("Changed %(since)s:") % {"since": changes.since}
        if len(counts) < 2 and one.name != "show" and one.name not in wanted:
            continue
        order = (
            sorted(counts)
            if one.name in ("priority", "tier", "risk")
            else sorted(counts, key=lambda key: (-counts[key], key))
        )
        choices = [] if one.name != "show" else [_all(len(rows), others, wanted)]
        for key in order:
            is_current = wanted.get(one.name) == key
            rest = {name: value for name, value in wanted.items() if name != one.name}
            target = others | rest | ({} if is_current else {one.name: key})
            choices.append(Choice(str(labels[key]), f"?{urlencode(target)}", counts[key], is_current))
        bars.append((one, choices))
    return bars


def _all(count: int, others: Mapping[str, str], wanted: Mapping[str, str]) -> Choice:
    return Choice(_("All"), f"?{urlencode(others)}", count, not wanted)


def tiers_and_phases() -> tuple[list[tuple[int, str]], list[tuple[str, str]]]:
    """Return tiers and phases with their labels, for the grid of an open row. Source: POC Handbook 2020, 2.2."""
    tiers = [(tier, str(label)) for tier, label in Tier.choices]
    return tiers, [(phase, str(label)) for phase, label in Phase.choices]
