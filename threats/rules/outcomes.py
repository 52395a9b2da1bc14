"""Outcomes: what a forward look warned of, held against what happened in the quarter. Plain values in and out.

POC Handbook 2020, 8.3 and 8.4, asks for probability and impact over a horizon of about three months; how to learn from
them afterwards it does not say, so the rule is ours:

- Scored is the edition that was in force for the office on the first day of a closed quarter, as it was frozen. Where
  none was, the first that came in force within the quarter is scored late: only incidents from that day on count. One
  that came with fewer than 30 days left is not scored, since nothing could come true in so short a time.
- A row warned when its frozen risk was high or extreme, or when it stood as imminent.
- An incident belongs to a row when it lies in one of the row's areas or below, and one of the row's actors was
  perpetrator or party; a row without actors takes all incidents in its areas (as `threats.evidence` does).
- Hit: a row that warned, with at least one incident. False alarm: a row that warned, with none.
- Miss: a row that did not warn, with at least two incidents or one civilian killed. Quiet: any other row.
- Surprise: an incident in the office's areas that belongs to no row.
- Foreseen: an incident that belongs to a row that warned.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from pocweb.choices import RiskLevel
from threats.choices import Outcome

WARNING_RISKS = (RiskLevel.HIGH, RiskLevel.EXTREME)
MISSED_INCIDENTS, MISSED_CIVILIANS = 2, 1
"""From so many incidents, or civilians killed, a row that did not warn counts as a miss; one incident may be chance."""
LEAST_DAYS = 30
LEAST_FOR_PERCENT = 20
"""Below this many cases a share is told as "3 of 4" alone: a percentage would promise more than the number holds."""


@dataclass(frozen=True, slots=True)
class InForce:
    """An edition and the days on which it was in force: `until` is the day on which the next one took over."""

    pk: int
    number: int
    from_day: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The edition that is scored. `counts_from` is the first day whose incidents count."""

    edition: InForce
    counts_from: date
    is_late: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A frozen row: its areas as tree paths, its actors as codes (none: anybody)."""

    pk: int
    risk: int | None
    imminent: bool
    paths: tuple[str, ...]
    actors: frozenset[str]

    @property
    def warned(self) -> bool:
        return self.imminent or self.risk in WARNING_RISKS


@dataclass(frozen=True, slots=True)
class Event:
    """An incident: its area's tree path, its actors who were perpetrator or party. Counts are None where unknown."""

    pk: int
    path: str
    killed: int | None
    civilians: int | None
    acting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its outcome and the incidents that belong to it."""

    row: Row
    outcome: Outcome
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Rows with their outcomes, the incidents that were counted, those foreseen, and those that no row knew."""

    judged: tuple[Judged, ...]
    events: tuple[Event, ...]
    foreseen: tuple[Event, ...]
    surprises: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one office, or of several added up. Civilians killed are None where no incident records them."""

    warned: int = 0
    hits: int = 0
    false_alarms: int = 0
    misses: int = 0
    quiet: int = 0
    surprises: int = 0
    events: int = 0
    foreseen: int = 0
    civilians: int | None = 0
    civilians_foreseen: int | None = 0

    @property
    def rows(self) -> int:
        return self.warned + self.misses + self.quiet


def is_closed(last_day: date, *, today: date) -> bool:
    """Say whether a quarter may be scored: only when its last day has passed."""
    return last_day < today


def choose(editions: Iterable[InForce], *, first_day: date, last_day: date) -> Chosen | None:
    """Return the edition that is scored for a quarter, None where none was in force in it for long enough."""
    inside = []
    for one in editions:
        if one.from_day <= first_day and (one.until is None or one.until > first_day):
            return Chosen(one, first_day, False)
        if first_day < one.from_day <= last_day and (last_day - one.from_day).days + 1 >= LEAST_DAYS:
            inside.append(one)
    if not inside:
        return None
    first = min(inside, key=lambda one: (one.from_day, one.number))
    return Chosen(first, first.from_day, True)


def belongs(event: Event, row: Row) -> bool:
    """Say whether the incident is one of the row's threat."""
    if row.actors and not row.actors & event.acting:
        return False
    return any(event.path.startswith(path) for path in row.paths)


def outcome_of(row: Row, events: Sequence[Event]) -> Outcome:
    """Return the outcome of a row with the incidents that belong to it."""
    if row.warned:
        return Outcome.HIT if events else Outcome.FALSE_ALARM
    civilians = sum(event.civilians or 0 for event in events)
    if len(events) >= MISSED_INCIDENTS or civilians >= MISSED_CIVILIANS:
        return Outcome.MISS
    return Outcome.QUIET


def score(rows: Iterable[Row], events: Iterable[Event], *, paths: Collection[str]) -> Score:
    """Return the outcomes of an office's rows. `paths` are the areas it answers for, as tree paths.

    Counted are the incidents that lie in those areas or belong to a row; others in `events` are passed over.
    """
    found = list(events)
    judged = []
    known: set[int] = set()
    foreseen: set[int] = set()
    for row in rows:
        mine = tuple(event for event in found if belongs(event, row))
        judged.append(Judged(row, outcome_of(row, mine), mine))
        known.update(event.pk for event in mine)
        if row.warned:
            foreseen.update(event.pk for event in mine)
    counted = [event for event in found if event.pk in known or any(event.path.startswith(path) for path in paths)]
    return Score(
        tuple(judged),
        tuple(counted),
        tuple(event for event in counted if event.pk in foreseen),
        tuple(event for event in counted if event.pk not in known),
    )


def tally(scores: Iterable[Score]) -> Tally:
    """Return the counts of several offices, added up and never averaged.

    Rows are added. An incident in the areas of two offices counts once; it is foreseen when any of them warned of it,
    and a surprise only when none of them had it on a row.
    """
    given = list(scores)
    outcomes = [one.outcome for each in given for one in each.judged]
    events = {event.pk: event for each in given for event in each.events}
    foreseen = {event.pk for each in given for event in each.foreseen}
    known = {event.pk for each in given for one in each.judged for event in one.events}
    hits, alarms = outcomes.count(Outcome.HIT), outcomes.count(Outcome.FALSE_ALARM)
    return Tally(
        warned=hits + alarms,
        hits=hits,
        false_alarms=alarms,
        misses=outcomes.count(Outcome.MISS),
        quiet=outcomes.count(Outcome.QUIET),
        surprises=len(events.keys() - known),
        events=len(events),
        foreseen=len(foreseen),
        civilians=sum_known(event.civilians for event in events.values()),
        civilians_foreseen=sum_known(events[pk].civilians for pk in foreseen),
    )


def sum_known(counts: Iterable[int | None]) -> int | None:
    """Return the sum of the counts that somebody recorded; None where there are counts and nobody recorded any."""
    given = list(counts)
    known = [count for count in given if count is not None]
    return None if given and not known else sum(known)


def share(part: int | None, whole: int | None) -> str:
    """Return "3 of 4" in words, with a percentage only where the whole is large enough to bear one."""
    if part is None or whole is None:
        return _("not recorded")
    words = _("%(part)d of %(whole)d") % {"part": part, "whole": whole}
    if whole < LEAST_FOR_PERCENT:
        return words
    return _("%(words)s (%(percent)d %%)") % {"words": words, "percent": round(100 * part / whole)}
