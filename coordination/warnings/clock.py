"""The alert clock: how long a case took to each moment that counts, against the mission's targets (EW-15).

All times run from the receipt of the report (POC Handbook 2020, Annex III, 2.2.3), but that to acknowledgement, which
runs from the sending out. What has not been reached is told apart: still running, or closed without it; neither is
left out silently, and neither enters a median.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from django.db.models import Case, Count, DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.models import CaseRecipient, WarningCase
from coordination.warnings.choices import Branch, Measure
from coordination.warnings.targets import Targets, target_for, targets_of

MOMENTS: dict[str, tuple[str, str]] = {
    Measure.CLASSED: ("received_at", "classed_at"),
    Measure.DECIDED: ("received_at", "decided_at"),
    Measure.FLASHED: ("received_at", "flashed_at"),
    Measure.ACTED: ("received_at", "acted_at"),
    Measure.NEUTRALISED: ("received_at", "neutralised_at"),
    Measure.ACKNOWLEDGED: ("disseminated_at", "acknowledged_at"),
}
"""Where each time begins and ends; `acknowledged_at` is annotated by `timed`."""
ONLY_IMMINENT = (Measure.FLASHED, Measure.ACKNOWLEDGED)
SENDING_OUT = "I10"
MINUTE = timedelta(minutes=1)


class Standing(StrEnum):
    """How a case stands to a moment."""

    DONE = "done"
    RUNNING = "running"
    NEVER = "never"  # the case was closed without it
    NOT_ASKED = "not_asked"  # of the other branch, or not begun


@dataclass(frozen=True, slots=True)
class Reading:
    """One time of one case, in whole minutes; `minutes` is what was taken, or what has run so far."""

    measure: str
    standing: Standing
    minutes: int | None = None
    target: int | None = None

    @property
    def label(self) -> str:
        return str(Measure(self.measure).label)

    @property
    def is_late(self) -> bool:
        """Say whether more than the target was taken or has run; a time exactly at its target is in time."""
        return self.target is not None and self.minutes is not None and self.minutes > self.target

    @property
    def tone(self) -> str:
        if self.standing in (Standing.NEVER, Standing.NOT_ASKED) or self.target is None:
            return "none"
        return "bad" if self.is_late else "ok"

    @property
    def words(self) -> str:
        """Return the state in words: in time, late, still running."""
        if self.standing == Standing.NOT_ASKED:
            return _("not sent out") if self.measure == Measure.ACKNOWLEDGED else _("asked of imminent cases alone")
        if self.standing == Standing.NEVER:
            return _("closed without it")
        if self.target is None:
            return _("running, no target yet") if self.standing == Standing.RUNNING else _("done, no target")
        if self.standing == Standing.RUNNING:
            return _("late, still running") if self.is_late else _("running, in time so far")
        return _("late") if self.is_late else _("in time")


def minutes_between(begun: datetime, ended: datetime) -> int:
    """Return the whole minutes from one moment to the other, never fewer than none."""
    return max((ended - begun) // MINUTE, 0)


def read_measure(
    measure: str,
    *,
    begun_at: datetime | None,
    ended_at: datetime | None,
    closed_at: datetime | None,
    branch: str,
    targets: Targets,
    now: datetime,
) -> Reading:
    """Return how a case stands to one moment. Source: EW-15; Annex III, 2.2.3 for the last two end points."""
    if begun_at is None or (measure in ONLY_IMMINENT and branch != Branch.IMMINENT):
        return Reading(measure, Standing.NOT_ASKED)
    target = target_for(targets, measure, branch)
    if ended_at is not None:
        return Reading(measure, Standing.DONE, minutes_between(begun_at, ended_at), target)
    if closed_at is not None:
        return Reading(measure, Standing.NEVER, None, target)
    return Reading(measure, Standing.RUNNING, minutes_between(begun_at, now), target)


def timed(cases: "QuerySet[WarningCase]") -> "QuerySet[WarningCase]":
    """Add `acknowledged_at`: when the last of those to whom a case was sent out had acknowledged it, NULL before.

    Who did not answer is taken as answered when one to whom their silence climbed did (EW-08).
    """
    above = Q(stands_for=OuterRef("pk")) | Q(stands_for__stands_for=OuterRef("pk"))
    climbed = CaseRecipient.objects.filter(above, acknowledged_at__isnull=False).order_by("acknowledged_at")
    answer = Coalesce("acknowledged_at", Subquery(climbed.values("acknowledged_at")[:1]))
    sent: Any = CaseRecipient.objects.filter(case=OuterRef("pk"), step=SENDING_OUT, level=0).order_by()
    sent = sent.annotate(answer=answer).values("case")
    whole = sent.annotate(all=Count("pk"), answered=Count("answer"), last=Max("answer"))
    end = whole.annotate(end=Case(When(all=F("answered"), then=F("last")))).values("end")
    return cases.annotate(acknowledged_at=Subquery(end, output_field=DateTimeField()))


def clock_of(case: WarningCase, now: datetime, *, targets: Targets | None = None) -> tuple[Reading, ...]:
    """Return all times of a case; two queries, one with the targets given."""
    targets = targets_of(case.mission) if targets is None else targets
    rows: Any = timed(WarningCase.objects.filter(pk=case.pk))
    acknowledged = rows.values_list("acknowledged_at", flat=True).get() if case.disseminated_at else None
    moments = {name: getattr(case, name) for pair in MOMENTS.values() for name in pair if hasattr(case, name)}
    moments["acknowledged_at"] = acknowledged
    return readings_of(moments, branch=case.branch, closed_at=case.closed_at, targets=targets, now=now)


def readings_of(
    moments: dict[str, Any], *, branch: str, closed_at: datetime | None, targets: Targets, now: datetime
) -> tuple[Reading, ...]:
    return tuple(
        read_measure(
            measure, begun_at=moments[begin], ended_at=moments[end], closed_at=closed_at, branch=branch,
            targets=targets, now=now,
        )
        for measure, (begin, end) in MOMENTS.items()
    )  # fmt: skip


def standing_q(measure: str, standing: str, targets: Targets, now: datetime) -> Q:
    """Return the condition on `timed` cases that stand so to a moment: done, in_time, late, running, never.

    The same judgment as `read_measure`, for lists behind a number. "late" takes those done late, "running_late" those
    that run past their target now; the whole minutes of the reading decide, so seconds past the target are in time.
    """
    begin, end = MOMENTS[measure]
    asked = Q(**{f"{begin}__isnull": False})
    if measure in ONLY_IMMINENT:
        asked &= Q(branch=Branch.IMMINENT)
    done, is_open = Q(**{f"{end}__isnull": False}), Q(closed_at=None)
    past_done, past_now = Q(pk__in=[]), Q(pk__in=[])
    for branch in ("", *Branch.values):
        target = target_for(targets, measure, branch)
        if target is not None:
            bound = timedelta(minutes=target + 1)
            past_done |= Q(branch=branch, **{f"{end}__gte": F(begin) + bound})
            past_now |= Q(branch=branch, **{f"{begin}__lte": now - bound})
    found: dict[str, Q] = {
        "done": asked & done,
        "late": asked & done & past_done,
        "in_time": asked & done & ~past_done,
        "running": asked & ~done & is_open,
        "running_late": asked & ~done & is_open & past_now,
        "never": asked & ~done & ~is_open,
    }
    return found[standing]


# --- many cases -------------------------------------------------------------------------------------------------------


def median(values: Iterable[int]) -> float | None:
    """Return the middle value; of an even number of values the mean of the two in the middle; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile_90(values: Iterable[int]) -> int | None:
    """Return the smallest value that nine of ten did not exceed (nearest rank); of fewer than ten, the largest.

    The definition is ours; it never names a time that no case took.
    """
    ordered = sorted(values)
    return ordered[ceil(len(ordered) * 9 / 10) - 1] if ordered else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How one time was spread over cases: of those that reached it, with those that did not beside."""

    count: int
    median: float | None
    p90: int | None
    late: int
    running: int
    running_late: int
    never: int

    @property
    def in_time(self) -> int:
        return self.count - self.late


def spread_of(readings: Iterable[Reading]) -> Spread:
    """Return median and 90th percentile of the times that ended, and counts of all that were asked."""
    asked = [one for one in readings if one.standing != Standing.NOT_ASKED]
    done = [one for one in asked if one.standing == Standing.DONE]
    running = [one for one in asked if one.standing == Standing.RUNNING]
    taken = [one.minutes for one in done if one.minutes is not None]
    return Spread(
        count=len(done),
        median=median(taken),
        p90=percentile_90(taken),
        late=sum(one.is_late for one in done),
        running=len(running),
        running_late=sum(one.is_late for one in running),
        never=sum(one.standing == Standing.NEVER for one in asked),
    )


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """One case as the figures of the clock need it."""

    office: int
    month: str
    branch: str
    outcome: str
    readings: tuple[Reading, ...]


def read_times(cases: "QuerySet[WarningCase]", *, targets: Targets, now: datetime) -> list[CaseTimes]:
    """Return all the cases' times; one query whatever their number. Months are of the receipt, in UTC."""
    names = ("received_at", "disseminated_at", *(end for _begin, end in MOMENTS.values()))
    rows = timed(cases).order_by().values_list("office", "branch", "outcome", "closed_at", *names)
    found = []
    for office, branch, outcome, closed_at, *moments in rows.iterator(chunk_size=5000):
        by_name = dict(zip(names, moments, strict=True))
        readings = readings_of(by_name, branch=branch, closed_at=closed_at, targets=targets, now=now)
        found.append(CaseTimes(office, f"{by_name['received_at']:%Y-%m}", branch, outcome, readings))
    return found


def of_measure(times: Sequence[CaseTimes], measure: str) -> list[Reading]:
    """Return the readings of one measure of all cases."""
    place = list(MOMENTS).index(measure)
    return [one.readings[place] for one in times]


def duration_words(minutes: float | None) -> str:
    """Return a time as people say it: "25 min", "3 h 20 min", "2 days 4 h"; "no value" for None."""
    if minutes is None:
        return _("no value")
    whole = round(minutes)
    if whole < 60:
        return _("%(n)d min") % {"n": whole}
    hours, rest = divmod(whole, 60)
    if hours < 48:
        return _("%(h)d h %(m)d min") % {"h": hours, "m": rest} if rest else _("%(h)d h") % {"h": hours}
    days, hours = divmod(hours, 24)
    said = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    return f"{said} {_('%(h)d h') % {'h': hours}}" if hours else said
