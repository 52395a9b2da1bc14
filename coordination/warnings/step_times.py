"""How long the steps of cases took, from the end of the step before (EW-15). Ranked by the database."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from coordination.models import CaseStep, WarningCase
from coordination.warnings.choices import TaskKind
from coordination.warnings.rules import STEPS


@dataclass(frozen=True, slots=True)
class StepTime:
    """One step of Annex V over many cases: how often it was done, median and 90th percentile in minutes."""

    key: str
    act: str
    label: str
    count: int
    median: float
    p90: int


SPECIAL = (("7A", "rate-children"), ("7B", "rate-women"))
LINES = tuple(dict.fromkeys((one.key, one.act) for one in STEPS))
ORDER = (*LINES[:4], *SPECIAL, *LINES[4:])


def step_times(cases: "QuerySet[WarningCase]") -> list[StepTime]:
    """Return the times of each step that was done, in the order of the steps; one query, whatever their number.

    Median and 90th percentile as in `clock.median` and `clock.percentile_90`: the database ranks the durations of each
    step and hands over the three rows that decide. Step 2, the intake, and 17, the evaluation, are no part of it.
    """
    took = ExpressionWrapper(F("ended_at") - F("begun_at"), output_field=DurationField())
    steps = CaseStep.objects.filter(
        case__in=cases.order_by().values("pk"), act__in=[act for _key, act in ORDER]
    ).order_by()
    ranked = steps.annotate(
        took=took,
        rank=Window(RowNumber(), partition_by=[F("key"), F("act")], order_by=(took.asc(), F("pk").asc())),
        among=Window(Count("pk"), partition_by=[F("key"), F("act")]),
    )
    ranked = ranked.annotate(twice=F("rank") * 2, tenfold=F("rank") * 10, nine=F("among") * 9).filter(
        Q(twice__gte=F("among"), twice__lte=F("among") + 2) | Q(tenfold__gte=F("nine"), tenfold__lt=F("nine") + 10)
    )
    found: dict[tuple[str, str], list[tuple[int, int, timedelta]]] = {}
    for key, act, rank, among, duration in ranked.values_list("key", "act", "rank", "among", "took"):
        found.setdefault((key, act), []).append((rank, among, duration))
    labels = {(step.key, step.act): str(step.label) for step in STEPS}
    labels |= {(key, act): str(TaskKind(act.removeprefix("rate-")).label) for key, act in SPECIAL}
    return [_step(*one, labels[one], found[one]) for one in ORDER if one in found]


def _step(key: str, act: str, label: str, rows: list[tuple[int, int, Any]]) -> StepTime:
    rows = sorted(rows)
    among = rows[0][1]
    minutes = {rank: max(int(took / timedelta(minutes=1)), 0) for rank, _among, took in rows}
    middle = {(among + 1) // 2, among // 2 + 1}
    return StepTime(
        key, act, label, among, sum(minutes[one] for one in middle) / len(middle), minutes[-(-among * 9 // 10)]
    )
