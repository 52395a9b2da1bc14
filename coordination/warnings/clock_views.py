"""Pages of the alert clock: medians by office and month against the targets, the targets, the panel of a case."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from coordination.models import WarningCase
from coordination.warnings.choices import Branch, Measure, Outcome
from coordination.warnings.clock import (
    MOMENTS,
    ONLY_IMMINENT,
    CaseTimes,
    Spread,
    clock_of,
    duration_words,
    of_measure,
    read_times,
    spread_of,
)
from coordination.warnings.clock_chart import MonthMedian, median_bars
from coordination.warnings.matrix_filters import MatrixFilterForm, offices_in_reach, records_url
from coordination.warnings.matrix_views import mission_of
from coordination.warnings.step_times import StepTime, step_times
from coordination.warnings.targets import SET, Targets, set_targets, state_of_targets, target_for, targets_of
from pocweb import clock
from pocweb.audit import record_event
from pocweb.charts import Drawing
from pocweb.errors import Conflict, RuleError
from pocweb.models import Mission, Office
from pocweb.pages import permitted
from pocweb.tabular import Column, write_csv
from threats.forms.threats import GuardedForm

SPREAD = (
    ("count", "done"), ("late", "late"), ("running", "running"), ("running_late", "running_late"), ("never", "never"),
)  # fmt: skip


BRANCHES = (
    (Branch.IMMINENT.value, Branch.IMMINENT.label),
    (Branch.NON_IMMINENT.value, Branch.NON_IMMINENT.label),
    ("open", gettext_lazy("Not decided")),
    ("all", gettext_lazy("All")),
)
"""Imminent cases come first: their targets are hours where those of others are days, so one median says little."""


class ClockForm(MatrixFilterForm):
    """The filters of the clock: period, office, imminence, and the time that is drawn and broken down."""

    measure = forms.ChoiceField(
        label=gettext_lazy("Time"), required=False, choices=Measure.choices, initial=Measure.DECIDED
    )
    branch = forms.ChoiceField(label=gettext_lazy("Imminence"), required=False, choices=BRANCHES)

    field_order = ("measure", "office", "branch", "since", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("show", "kind", "outcome"):
            del self.fields[name]


@dataclass(frozen=True)
class Asked:
    """What a person asks of the clock: the days, the office with its branch, imminence, the measure drawn."""

    since: date
    until: date
    office: Office | None
    branch: str
    measure: str

    def url(self, **more: Any) -> str:
        """Return the address of the cases behind a number; what is given replaces what is asked."""
        code = self.office.code if self.office else ""
        branch = "" if self.branch == "all" else self.branch
        return records_url(**{"since": self.since, "until": self.until, "office": code, "branch": branch, **more})


@dataclass(frozen=True)
class Line:
    """A line of a table: its name, the spread in words, each count with its address."""

    label: str
    spread: Spread
    median: str
    p90: str
    target: str
    urls: Mapping[str, str]


def asked_of(request: HttpRequest, mission: Mission) -> tuple[Asked, ClockForm]:
    """Return what is asked, twelve months up to now where no days are given, and the form."""
    today = clock.today(mission)
    form = ClockForm(request.GET, user=request.user, mission=mission)
    form.is_valid()
    wanted = form.cleaned_data
    until = wanted.get("until") or today
    since = wanted.get("since") or _first_of(until, back=11)
    if since > until:
        form.add_error("since", _("The first day lies after the last."))
        since = _first_of(until, back=11)
    branch, measure = wanted.get("branch") or Branch.IMMINENT.value, wanted.get("measure") or Measure.DECIDED
    return Asked(since, until, wanted.get("office"), branch, measure), form


def _first_of(day: date, *, back: int) -> date:
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def cases_of(user: Any, mission: Mission, asked: Asked) -> Any:
    """Return the cases of a person's reach in days and offices, open and closed, of every imminence."""
    rows = WarningCase.objects.visible_to(user).filter(mission=mission)
    begin, end = (timezone.make_aware(datetime.combine(day, time())) for day in (asked.since, asked.until))
    rows = rows.filter(received_at__gte=begin, received_at__lt=end + timedelta(days=1))
    if asked.office:
        rows = rows.filter(office__path__startswith=asked.office.path)
    return rows


@require_safe
@permitted("coordination.view_case")
def clock_page(request: HttpRequest) -> HttpResponse:
    """How long cases took, in all, by office and by month, against the targets (EW-15)."""
    mission = mission_of(request)
    now = clock.now(mission)
    asked, form = asked_of(request, mission)
    cases = cases_of(request.user, mission, asked)
    targets = targets_of(mission)
    whole = dict(cases.order_by().values_list("branch").annotate(Count("pk")))
    cases = of_branch(cases, asked)
    times = read_times(cases, targets=targets, now=now)
    months = months_between(asked.since, asked.until)
    by_months = by_month(times, months, targets, asked)
    context = {
        "form": form,
        "asked": asked,
        "measure": Measure(asked.measure),
        "count": len(times),
        "whole": sum(whole.values()),
        "branches": _branches(request, whole, asked),
        "measures": [_line(times, measure, targets, asked) for measure in MOMENTS],
        "offices": by_office(request.user, mission, times, targets, asked),
        "months": by_months,
        "outcomes": _outcomes(times, asked),
        "steps": _steps(cases) if request.GET.get("steps") else None,
        "drawing": _drawing(by_months, months, targets, asked) if times else None,
        "query": request.GET.urlencode(),
        "can_set": request.user.has_perm(SET),
    }
    return render(request, "coordination/clock.html", context, status=422 if form.errors else 200)


def _steps(cases: Any) -> list[tuple[StepTime, str, str]]:
    """Return the times of each step in words; counted only when somebody asks, as they are many."""
    return [(one, duration_words(one.median), duration_words(one.p90)) for one in step_times(cases)]


def of_branch(cases: Any, asked: Asked) -> Any:
    """Return the cases of the imminence that is asked for."""
    return cases if asked.branch == "all" else cases.filter(branch="" if asked.branch == "open" else asked.branch)


def _branches(request: HttpRequest, counts: Mapping[str, int], asked: Asked) -> list[tuple[str, int, str, bool]]:
    """Return the choices of imminence with the number of cases, the address, and whether it is the present one."""
    found = []
    for key, label in BRANCHES:
        query = request.GET.copy()
        query["branch"] = key
        count = sum(counts.values()) if key == "all" else counts.get("" if key == "open" else key, 0)
        found.append((str(label), count, f"?{query.urlencode()}", key == asked.branch))
    return found


def months_between(since: date, until: date) -> list[date]:
    """Return the first days of the months of a span."""
    months = [since.replace(day=1)]
    while (following := (months[-1] + timedelta(days=32)).replace(day=1)) <= until:
        months.append(following)
    return months


def target_words(targets: Targets, measure: str, branch: str) -> str:
    """Return the target of a branch, or of both where both kinds of case are shown."""
    if branch in Branch.values:
        return duration_words(targets[measure, branch]) if (measure, branch) in targets else _("none")
    found = [
        f"{str(one.label).lower()} {duration_words(targets[measure, one.value])}"
        for one in reversed(Branch)
        if (measure, one.value) in targets
    ]
    return "; ".join(found)


def _line(
    times: Sequence[CaseTimes], measure: str, targets: Targets, asked: Asked, label: str = "", **more: Any
) -> Line:
    spread = spread_of(of_measure(times, measure))
    urls = {name: asked.url(clock=measure, **{"is": standing}, **more) for name, standing in SPREAD}
    return Line(
        label or str(Measure(measure).label), spread, duration_words(spread.median), duration_words(spread.p90),
        target_words(targets, measure, asked.branch), urls,
    )  # fmt: skip


def by_office(user: Any, mission: Mission, times: Sequence[CaseTimes], targets: Targets, asked: Asked) -> list[Line]:
    """Return the measure by the office that keeps the cases; offices below another have lines of their own."""
    names = {one.pk: one for one in offices_in_reach(user, mission)}
    found, of_office = [], defaultdict[int, list[CaseTimes]](list)
    for one in times:
        of_office[one.office].append(one)
    for pk in sorted(of_office, key=lambda key: names[key].path if key in names else ""):
        here = of_office[pk]
        office = names.get(pk)
        more = {"office": office.code, "alone": "1"} if office else {}
        found.append(_line(here, asked.measure, targets, asked, str(office or _("another office")), **more))
    return found


def by_month(times: Sequence[CaseTimes], months: Sequence[date], targets: Targets, asked: Asked) -> list[Line]:
    """Return the measure by the month of receipt; a month without a case is there with none."""
    found, of_month = [], defaultdict[str, list[CaseTimes]](list)
    for one in times:
        of_month[one.month].append(one)
    for month in months:
        here = of_month[f"{month:%Y-%m}"]
        last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        days = {"since": max(month, asked.since), "until": min(last, asked.until)}
        found.append(_line(here, asked.measure, targets, asked, f"{month:%B %Y}", **days))
    return found


def _outcomes(times: Sequence[CaseTimes], asked: Asked) -> list[tuple[str, int, str]]:
    """Return what became of the cases: each outcome with its count and address, and the open ones."""
    found = []
    for outcome in Outcome:
        count = sum(one.outcome == outcome.value for one in times)
        found.append((str(outcome.label), count, asked.url(show="closed", outcome=outcome.value)))
    still_open = sum(not one.outcome for one in times)
    return [*found, (_("Still open"), still_open, asked.url(show="open"))]


def _drawing(lines_of: Sequence[Line], months: Sequence[date], targets: Targets, asked: Asked) -> Drawing:
    """Return the chart of the months from their lines in the table."""
    spreads = zip(months, (line.spread for line in lines_of), strict=True)
    points = [MonthMedian(month, here.median, here.count) for month, here in spreads]
    branches = [asked.branch] if asked.branch in Branch.values else list(Branch.values)
    lines = [
        (str(Branch(one).label).lower(), minutes)
        for one in branches
        if (minutes := target_for(targets, asked.measure, one)) is not None
    ]
    return median_bars(points, title=str(Measure(asked.measure).label), targets=lines)


@require_safe
@permitted("coordination.view_case")
def clock_export(request: HttpRequest) -> HttpResponse:
    """Every measure in all, by office and by month, as CSV with HXL tags."""
    mission = mission_of(request)
    asked, form = asked_of(request, mission)
    if form.errors:
        raise RuleError("bad_period", _("The first day lies after the last."), "since")
    targets = targets_of(mission)
    cases = of_branch(cases_of(request.user, mission, asked), asked)
    times = read_times(cases, targets=targets, now=clock.now(mission))
    rows = list(_export_rows(request.user, mission, times, targets, asked))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"alert-clock-{mission.code}-{asked.since}-{asked.until}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    write_csv(_columns(), rows, response)  # type: ignore[arg-type]  # a response takes bytes as a file does
    with transaction.atomic():
        record_event(request.user, "exported", mission, note=f"alert clock, {len(times)} cases as csv")
    return response


def _columns() -> list[Column]:
    return [
        Column("since", _("From"), "#date+start"),
        Column("until", _("Until"), "#date+end"),
        Column("imminence", _("Imminence"), "#status+imminence"),
        Column("office", _("Office"), "#org+office"),
        Column("month", _("Month"), "#date+month"),
        Column("measure", _("Time"), "#indicator+name"),
        Column("count", _("Cases that reached it"), "#indicator+num+count"),
        Column("median", _("Median, minutes"), "#indicator+num+median"),
        Column("p90", _("90th percentile, minutes"), "#indicator+num+p90"),
        Column("late", _("Later than the target"), "#indicator+num+late"),
        Column("running", _("Still running"), "#indicator+num+running"),
        Column("never", _("Closed without it"), "#indicator+num+never"),
    ]


def _export_rows(user: Any, mission: Mission, times: Sequence[CaseTimes], targets: Targets, asked: Asked) -> Any:
    months = months_between(asked.since, asked.until)
    for measure in MOMENTS:
        one = Asked(asked.since, asked.until, asked.office, asked.branch, measure)
        groups = [("", "", _line(times, measure, targets, one))]
        groups += [(line.label, "", line) for line in by_office(user, mission, times, targets, one)]
        groups += [
            ("", f"{month:%Y-%m}", line)
            for month, line in zip(months, by_month(times, months, targets, one), strict=True)
        ]
        for office, month, line in groups:
            spread = line.spread
            yield {
                "since": asked.since, "until": asked.until, "office": office or None,
                "imminence": str(dict(BRANCHES)[asked.branch]), "month": month or None,
                "measure": str(Measure(measure).label), "count": spread.count, "median": spread.median,
                "p90": spread.p90, "late": spread.late, "running": spread.running, "never": spread.never,
            }  # fmt: skip


# --- targets ----------------------------------------------------------------------------------------------------------


class TargetForm(GuardedForm):
    """The targets in minutes, by measure and imminence."""

    def __init__(self, *args: Any, targets: Targets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = list(targets)
        for measure, branch in self.keys:
            minutes = targets[measure, branch]
            self.fields["_".join((measure, branch))] = forms.IntegerField(
                label=Measure(measure).label,
                min_value=1,
                initial=minutes,
                help_text=_("Minutes. In force: %(words)s.") % {"words": duration_words(minutes)},
                error_messages={"required": _("Give the minutes."), "min_value": _("Give the minutes, 1 or more.")},
            )

    @property
    def fieldsets(self) -> list[tuple[str, list[Any]]]:
        return [
            (str(branch.label), [self["_".join(key)] for key in self.keys if key[1] == branch.value])
            for branch in reversed(Branch)
        ]

    def values(self) -> dict[tuple[str, str], int]:
        return {key: self.cleaned_data["_".join(key)] for key in self.keys}


@require_http_methods(["GET", "HEAD", "POST"])
@permitted("coordination.set_warning_defaults")
def clock_targets(request: HttpRequest) -> HttpResponse:
    """The mission's targets of the alert clock; shipped values are ours until the mission sets its own."""
    mission = mission_of(request)
    form = TargetForm(request.POST or None, targets=targets_of(mission))
    if request.method != "POST":
        return _targets(request, mission, form)
    if not form.is_valid():
        return _targets(request, mission, form, status=422)
    try:
        changes = set_targets(mission, form.values(), based_on=request.POST.get("based_on", ""), by=request.user)
    except Conflict as error:
        messages.warning(request, error.message)
        return _targets(request, mission, TargetForm(targets=targets_of(mission)), status=409)
    except RuleError as error:
        form.refuse(error)
        return _targets(request, mission, form, status=422)
    messages.success(request, _("The targets are saved.") if changes else _("Nothing was changed."))
    return redirect("coordination:clock")


def _targets(request: HttpRequest, mission: Mission, form: TargetForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "based_on": state_of_targets(mission)}
    return render(request, "coordination/clock_targets.html", context, status=status)


# --- the page of a case -----------------------------------------------------------------------------------------------


def panel(user: Any, case: WarningCase, now: Callable[[Any], datetime] = clock.now) -> dict[str, Any] | None:
    """Return the panel "Alert clock" of a case: each time in words, its target, in time or late."""
    moment = now(case.mission)
    lines = [
        {
            "label": one.label,
            "taken": duration_words(one.minutes) if one.minutes is not None else "",
            "target": duration_words(one.target) if one.target is not None else "",
            "tone": one.tone,
            "words": one.words,
        }
        for one in clock_of(case, moment)
        if one.measure not in ONLY_IMMINENT or case.branch != Branch.NON_IMMINENT
    ]
    return {"lines": lines, "clock_url": reverse("coordination:clock")}
