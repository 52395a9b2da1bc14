"""Making of the trail of a case for one person at a moment. A fixed number of queries."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from coordination.models import WarningCase
from coordination.warnings.clock import Reading, Standing, clock_of
from coordination.warnings.trail import GAP, Entry, Trail, duration, told
from coordination.warnings.trail_acts import acts_on
from coordination.warnings.trail_entries import entries_of


def build_trail(case: WarningCase, user: Any, *, now: datetime) -> Trail:
    """Return the trail of a case that the person sees, in order; entries of one moment keep the order of the steps."""
    found = [*entries_of(case, user), *acts_on(case, user, now=now)]
    entries = sorted(found, key=lambda entry: entry.at)
    readings = clock_of(case, now)
    entries = list(_timed(entries, readings))
    waiting = [told(one) for one in readings if one.standing == Standing.RUNNING]
    return Trail(
        ref=case.ref, title=f"{case.get_act_display()}, {case.place}", mission=case.mission.name,
        office=case.office.name, state=str(case.get_state_display()), case_class=str(case.get_case_class_display()),
        branch=str(case.get_branch_display()) if case.branch else _("imminence not decided"),
        outcome=str(case.get_outcome_display()) if case.outcome else "", as_of=now,
        marking=max([case.marking, *(entry.marking for entry in entries)]), entries=tuple(entries),
        waiting=tuple(one for one in waiting if one is not None),
    )  # fmt: skip


def _timed(entries: Iterable[Entry], readings: Iterable[Reading]) -> Iterable[Entry]:
    """Yield the entries with the time since the one before and with the clocks that end at them, each clock once."""
    ended = {reading.measure: told(reading) for reading in readings if reading.standing == Standing.DONE}
    before: datetime | None = None
    for entry in entries:
        gap = ""
        if before is not None and not entry.is_day and entry.at - before >= GAP:
            gap = _("%(time)s later") % {"time": duration(int((entry.at - before) / timedelta(minutes=1)))}
        clock = ended.pop(entry.measure, None) if entry.measure else None
        yield replace(entry, gap=gap, clocks=(clock,) if clock else ())
        before = entry.at if not entry.is_day else before
