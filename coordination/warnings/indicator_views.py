"""Pages of the indicators of early warning: value, definition, trend by quarter, breakdowns, the records behind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from coordination.communities.choices import NetworkState
from coordination.models import Network
from coordination.warnings.indicator_facts import CONTACT_DAYS, RECORDS, NetworkFact, Period, read_facts
from coordination.warnings.indicators import Figure, Indicator, Reading, readings
from coordination.warnings.matrix_filters import offices_in_reach, records_url
from coordination.warnings.matrix_views import mission_of
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.forms import DateInput, OfficeChoice
from pocweb.models import Mission, Office
from pocweb.numbers import DAYS_OF_RECORDS
from pocweb.pages import permitted
from pocweb.periods import Quarter
from pocweb.tabular import Column, write_csv

TREND = 4  # quarters of the trend, the present one included
UNITS: dict[str, Callable[[int], str]] = {
    "2.2.1": lambda n: ngettext("%(n)d area", "%(n)d areas", n) % {"n": n},
    "2.2.2": lambda n: ngettext("%(n)d alert", "%(n)d alerts", n) % {"n": n},
    "2.2.4": lambda n: ngettext("%(n)d attack", "%(n)d attacks", n) % {"n": n},
    "3.2.1": lambda n: ngettext("%(n)d area", "%(n)d areas", n) % {"n": n},
    "3.2.2": lambda n: ngettext("%(n)d network", "%(n)d networks", n) % {"n": n},
}
DIMENSIONS = {
    "region": gettext_lazy("By region"),
    "actor": gettext_lazy("By who responded"),
    "victims": gettext_lazy("By who was at risk"),
    "threatening": gettext_lazy("By who threatened"),
}


class PeriodForm(forms.Form):
    """The days and the office of the figures."""

    since = forms.DateField(
        label=gettext_lazy("Received from"), required=False, widget=DateInput(), validators=DAYS_OF_RECORDS
    )
    until = forms.DateField(
        label=gettext_lazy("Received until"), required=False, widget=DateInput(), validators=DAYS_OF_RECORDS
    )
    office = OfficeChoice(
        label=gettext_lazy("Office and below"), required=False, queryset=Office.objects.none(), to_field_name="code",
        empty_label=gettext_lazy("All"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mission: Mission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.queryset = offices_in_reach(user, mission)


@dataclass(frozen=True)
class Shown:
    """One indicator as the page draws it."""

    indicator: Indicator
    figure: Figure
    value: str
    made_of: str
    numerator_url: str
    denominator_url: str
    unknown_url: str
    trend: tuple[tuple[str, str, str], ...]
    parts: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]


def asked_of(request: HttpRequest, mission: Mission) -> tuple[Period, Office | None, PeriodForm]:
    """Return the period (the quarter so far without one), the office if any, and the form."""
    today = clock.today(mission)
    form = PeriodForm(request.GET, user=request.user, mission=mission)
    form.is_valid()
    wanted = form.cleaned_data
    until = wanted.get("until") or today
    since = wanted.get("since") or Quarter.of(until).starts_on
    if since > until:
        form.add_error("since", _("The first day lies after the last."))
        since = Quarter.of(until).starts_on
    return Period(since, until), wanted.get("office"), form


def quarters_until(period: Period) -> list[Quarter]:
    """Return the last quarters up to the end of the period, oldest first."""
    quarters = [Quarter.of(period.ends_on)]
    while len(quarters) < TREND:
        quarters.insert(0, quarters[0].before)
    return quarters


@require_safe
@permitted("coordination.view_case")
def indicators_page(request: HttpRequest) -> HttpResponse:
    """The six indicators of a period, each with its definition, trend, breakdowns and records (EW-16)."""
    mission = mission_of(request)
    period, office, form = asked_of(request, mission)
    quarters = quarters_until(period)
    span = Period(min(period.starts_on, quarters[0].starts_on), period.ends_on)
    facts = read_facts(request.user, mission, span, office=office)
    trend = {
        quarter: readings(facts, Period(quarter.starts_on, min(quarter.ends_on, period.ends_on)), with_parts=False)
        for quarter in quarters
    }
    shown = [
        _shown(one, office, [(quarter, found[index]) for quarter, found in trend.items()])
        for index, one in enumerate(readings(facts, period))
    ]
    context = {
        "form": form,
        "period": period,
        "office": office,
        "shown": shown,
        "has_networks": facts.networks is not None,
        "query": request.GET.urlencode(),
    }
    return render(request, "coordination/clock_indicators.html", context, status=422 if form.errors else 200)


def _shown(reading: Reading, office: Office | None, trend: list[tuple[Quarter, Reading]]) -> Shown:
    indicator, figure = reading.indicator, reading.figure
    parts = []
    for dimension, heading in DIMENSIONS.items():
        lines = tuple((one.label, value_words(indicator, one.figure), made_of(indicator, one.figure))
                      for one in reading.of(dimension))  # fmt: skip
        if lines:
            parts.append((str(heading), lines))
    return Shown(
        indicator,
        figure,
        value_words(indicator, figure),
        made_of(indicator, figure),
        _url(indicator, "numerator", reading.period, office),
        _url(indicator, "denominator", reading.period, office),
        _url(indicator, "unknown", reading.period, office) if figure.unknown else "",
        tuple((str(one), value_words(indicator, each.figure), made_of(indicator, each.figure)) for one, each in trend),
        tuple(parts),
    )


def value_words(indicator: Indicator, figure: Figure) -> str:
    """Return the value with its unit, "no value" where nothing could count."""
    if figure.value is None:
        return _("no value")
    if indicator.is_mean:
        return _("%(value)s hours") % {"value": f"{figure.value:g}"}
    return UNITS[str(indicator.code)](int(figure.value))


def made_of(indicator: Indicator, figure: Figure) -> str:
    """Return of what the value is made: a share with both numbers, or the number of responses of a mean."""
    if indicator.is_mean:
        words = ngettext("over %(n)d response", "over %(n)d responses", figure.denominator) % {"n": figure.denominator}
        return words if figure.denominator else ""
    if figure.percent is None:
        return _("nothing could count")
    said = {"percent": f"{figure.percent:g}", "of": figure.denominator}
    return _("%(percent)s%% of %(of)d") % said


def _url(indicator: Indicator, part: str, period: Period, office: Office | None) -> str:
    code = office.code if office else None
    if indicator.of_networks:
        query = f"?until={period.ends_on.isoformat()}" + (f"&office={code}" if code else "")
        return reverse("coordination:indicator-networks") + query
    if (indicator.key, part) not in RECORDS:
        return ""
    return records_url(
        indicator=indicator.key, part=part, since=period.starts_on, until=period.ends_on, office=code, show="all"
    )


@require_safe
@permitted("coordination.view_community")
def indicator_networks(request: HttpRequest) -> HttpResponse:
    """The active networks behind 3.2.1 and 3.2.2, and how each counts (EW-16)."""
    mission = mission_of(request)
    period, office, form = asked_of(request, mission)
    rows = Network.objects.visible_to(request.user).filter(mission=mission, state=NetworkState.ACTIVE)
    if office is not None:
        rows = rows.filter(office__path__startswith=office.path)
    page = Paginator(rows.select_related("area", "office").order_by("area__name", "pk"), 50)
    shown = page.get_page(request.GET.get("page"))
    lines = []
    for one in shown:
        fact = NetworkFact("", one.set_up_on, one.contacted_on, one.members, one.women_members)
        lines.append((one, fact.stands(period), fact.is_effective(period), fact.has_women))
    context = {
        "form": form,
        "period": period,
        "page_obj": shown,
        "lines": lines,
        "bound": period.ends_on - timedelta(days=CONTACT_DAYS),
        "marking": max((one.marking for one in shown), default=None),
    }
    return render(request, "coordination/clock_networks.html", context, status=422 if form.errors else 200)


@require_safe
@permitted("coordination.view_case")
def indicators_export(request: HttpRequest) -> HttpResponse:
    """The indicators of a period with all breakdowns as CSV with HXL tags."""
    mission = mission_of(request)
    period, office, form = asked_of(request, mission)
    if form.errors:
        raise RuleError("bad_period", _("The first day lies after the last."), "since")
    found = readings(read_facts(request.user, mission, period, office=office), period)
    rows = list(_rows(found, office))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"early-warning-indicators-{mission.code}-{period.starts_on}-{period.ends_on}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    write_csv(_columns(), rows, response)  # type: ignore[arg-type]  # a response takes bytes as a file does
    with transaction.atomic():
        record_event(request.user, "exported", mission, note=f"indicators of early warning, {len(rows)} rows as csv")
    return response


def _columns() -> list[Column]:
    return [
        Column("code", _("Indicator"), "#indicator+code"),
        Column("name", _("Name"), "#indicator+name"),
        Column("since", _("From"), "#date+start"),
        Column("until", _("Until"), "#date+end"),
        Column("office", _("Office and below"), "#org+office"),
        Column("dimension", _("Broken down by"), "#indicator+dimension"),
        Column("group", _("Group"), "#indicator+group"),
        Column("value", _("Value"), "#indicator+num"),
        Column("unit", _("Unit"), "#indicator+unit"),
        Column("numerator", _("Counted"), "#indicator+num+numerator"),
        Column("denominator", _("Out of"), "#indicator+num+denominator"),
        Column("percent", _("Percent"), "#indicator+num+percent"),
        Column("unknown", _("Not recorded"), "#indicator+num+unknown"),
    ]


def _rows(found: tuple[Reading, ...], office: Office | None) -> Iterator[dict[str, Any]]:
    for one in found:
        head = {
            "code": one.indicator.key, "name": str(one.indicator.name), "since": one.period.starts_on,
            "until": one.period.ends_on, "office": office.name if office else None, "unit": str(one.indicator.unit),
        }  # fmt: skip
        groups = [("", "", one.figure), *((part.dimension, part.label, part.figure) for part in one.parts)]
        for dimension, group, figure in groups:
            yield head | {
                "dimension": dimension or None, "group": group or None, "value": figure.value,
                "numerator": figure.numerator, "denominator": figure.denominator, "percent": figure.percent,
                "unknown": figure.unknown,
            }  # fmt: skip
