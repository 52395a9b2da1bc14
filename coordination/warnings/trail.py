"""The trail of a case: what we knew and what we did, in time, with every moment and person, for a review.

Report, ratings, meetings, decisions, actions, responses and effects are read as one person may see them now; what
they may not see is left out and appears in no count. This module holds the words and shapes; `trail_build.py` makes it.
Source: POC Handbook 2020, Annex V, steps 2 to 17; Annex III, 2.2.3.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.warnings.choices import Measure
from coordination.warnings.clock import Reading, Standing
from pocweb.choices import Marking

KNEW, DID = "knew", "did"
GAP = timedelta(minutes=30)
"""From this much on the time between two entries is said; the number is ours."""

UNTIL = {
    Measure.CLASSED: gettext_lazy("until it was classed"),
    Measure.DECIDED: gettext_lazy("until the decision"),
    Measure.FLASHED: gettext_lazy("until the flash report"),
    Measure.ACTED: gettext_lazy("until action was taken"),
    Measure.NEUTRALISED: gettext_lazy("until the threat was neutralised"),
    Measure.ACKNOWLEDGED: gettext_lazy("from sending out until all had acknowledged"),
}
NOT_YET = {
    Measure.CLASSED: gettext_lazy("not classed"),
    Measure.DECIDED: gettext_lazy("no decision"),
    Measure.FLASHED: gettext_lazy("no flash report"),
    Measure.ACTED: gettext_lazy("no action taken"),
    Measure.NEUTRALISED: gettext_lazy("threat not neutralised"),
    Measure.ACKNOWLEDGED: gettext_lazy("not all have acknowledged"),
}


@dataclass(frozen=True)
class Told:
    """What a clock says of a case, in words."""

    words: str
    is_late: bool


@dataclass(frozen=True)
class Entry:
    """One thing that was known or done. `at` is aware, UTC; `is_day` says that only its day is recorded.

    `measure` names the time of the alert clock that ends here. `tells` are kind and key of the record behind the entry,
    so that its reader's sight of it can be asked again.
    """

    at: datetime
    side: str
    title: str
    who: str = ""
    lines: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""
    url: str = ""
    ref: str = ""
    is_out_of_order: bool = False
    is_struck: bool = False
    is_day: bool = False
    measure: str = ""
    tells: tuple[str, int] | None = None
    marking: int = 0
    gap: str = ""
    clocks: tuple[Told, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.side == KNEW


@dataclass(frozen=True)
class Trail:
    """The trail of one case as one person reads it at a moment."""

    ref: str
    title: str
    mission: str
    office: str
    state: str
    case_class: str
    branch: str
    outcome: str
    as_of: datetime
    marking: int
    entries: tuple[Entry, ...]
    waiting: tuple[Told, ...] = field(default=())

    @property
    def marking_words(self) -> str:
        """The marking at the top and bottom of each page."""
        return str(Marking(self.marking).label)

    @property
    def tells(self) -> dict[str, list[int]]:
        """Keys of the records behind the entries, by kind."""
        found: dict[str, list[int]] = {}
        for entry in self.entries:
            if entry.tells:
                kind, key = entry.tells
                found.setdefault(kind, []).append(key)
        return {kind: sorted(set(keys)) for kind, keys in found.items()}


def duration(minutes: int) -> str:
    """Return a time in words: 12 min, 3 h 10 min, 2 days 4 h."""
    hours, rest = divmod(minutes, 60)
    days, left = divmod(hours, 24)
    if days >= 2:
        said = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
        return f"{said} {left} h" if left else said
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def told(reading: Reading) -> Told | None:
    """Return a clock's reading in words: 3 h 10 min until the decision; target 2 h. None where nothing is asked."""
    if reading.minutes is None or reading.standing not in (Standing.DONE, Standing.RUNNING):
        return None
    words = UNTIL if reading.standing == Standing.DONE else NOT_YET
    measure = Measure(reading.measure)
    if reading.standing == Standing.DONE:
        said = f"{duration(reading.minutes)} {words[measure]}"
    else:
        said = _("%(what)s for %(time)s") % {"what": words[measure], "time": duration(reading.minutes)}
    if reading.target is not None:
        said += "; " + _("target %(time)s") % {"time": duration(reading.target)}
    return Told(said, reading.is_late)
