"""Indicators 2.2.1 to 2.2.4, 3.2.1 and 3.2.2 from cases and community networks (EW-16).

`read_facts` (in `indicator_facts.py`) reads what a person may see, `readings` turns it into figures of a period; a page
of indicators, a report and the framework of results read these. A figure keeps numerator and denominator; unknown is
counted apart and is never zero. Where the guidance is silent the definition is ours and says so. Source: POC Handbook
2020, Annex III.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.warnings.choices import AtRisk, Threatening
from coordination.warnings.indicator_facts import CaseFact, Facts, NetworkFact, Period, read_facts
from pocweb.models import Mission, Office


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator as it is computed here; `part` tells the two end points of 2.2.3 apart."""

    code: str
    name: str | Promise
    definition: str | Promise
    unit: str | Promise
    part: str = ""
    of_networks: bool = False
    is_mean: bool = False

    @property
    def key(self) -> str:
        return f"{self.code}-{self.part}" if self.part else self.code


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "2.2.1", gettext_lazy("Areas with an effective alert system of the host State"),
        gettext_lazy(
            "An area counts when host authorities responded to at least one alert there and at least half of their "
            "responses were effective (see 2.2.2). Out of the areas that the offices answer for."
        ),
        gettext_lazy("areas"),
    ),
    Indicator(
        "2.2.2", gettext_lazy("Effective rapid responses of host authorities to alerts"),
        gettext_lazy(
            "Alerts and early warnings to which host authorities began a response within the mission's target for "
            "action, and which ended as averted. Out of all that were received."
        ),
        gettext_lazy("alerts"),
    ),
    Indicator(
        "2.2.3", gettext_lazy("Response time of host authorities, to action taken"),
        gettext_lazy("Mean hours from receipt to the first response of host authorities, of alerts that had one."),
        gettext_lazy("hours"), part="action", is_mean=True,
    ),
    Indicator(
        "2.2.3", gettext_lazy("Response time of host authorities, to threat neutralised"),
        gettext_lazy(
            "Mean hours from receipt until the threat was neutralised, of alerts to which host authorities responded. "
            "A mission's series keeps one of the two end points."
        ),
        gettext_lazy("hours"), part="neutralised", is_mean=True,
    ),
    Indicator(
        "2.2.4", gettext_lazy("Attacks without civilian casualties after early warning and rapid response"),
        gettext_lazy(
            "Early warnings that came true after a response had begun, with nobody killed or injured. Out of the cases "
            "that came true and whose casualties are recorded; attacks nobody warned of are not among them."
        ),
        gettext_lazy("attacks"),
    ),
    Indicator(
        "3.2.1", gettext_lazy("Areas with effective community-based early warning"),
        gettext_lazy(
            "An area counts with at least one active community alert network that was in contact within 90 days before "
            "the end of the period. Out of the areas that the offices answer for. A network's past states are not "
            "kept, so one that lapsed since is missing in earlier periods."
        ),
        gettext_lazy("areas"), of_networks=True,
    ),
    Indicator(
        "3.2.2", gettext_lazy("Early-warning mechanisms with 30% women members or more"),
        gettext_lazy(
            "Active community alert networks of whose active members at least 30% are women. Out of those whose "
            "members are recorded."
        ),
        gettext_lazy("networks"), of_networks=True,
    ),
)  # fmt: skip


# --- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with what it is made of. For a mean, `numerator` is the sum; `percent` is None for means."""

    value: float | None
    numerator: float
    denominator: int
    percent: float | None = None
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A figure of one group of a dimension: region, actor, victims, threatening.

    The groups of region and threatening add up to the whole; those of victims and actor overlap, since a case may name
    several.
    """

    dimension: str
    key: str
    label: str
    figure: Figure


@dataclass(frozen=True)
class Reading:
    """One indicator in one period, with its breakdowns."""

    indicator: Indicator
    period: Period
    figure: Figure
    parts: tuple[Part, ...]

    def of(self, dimension: str) -> tuple[Part, ...]:
        return tuple(one for one in self.parts if one.dimension == dimension)


def counted(numerator: int, denominator: int, unknown: int = 0) -> Figure:
    """Return a count with its share; the value is unknown, not zero, where nothing could count."""
    percent = round(100 * numerator / denominator, 1) if denominator else None
    return Figure(float(numerator) if denominator else None, numerator, denominator, percent, unknown)


def averaged(hours: Sequence[float]) -> Figure:
    """Return a mean, None of nothing."""
    total = sum(hours)
    return Figure(round(total / len(hours), 1) if hours else None, round(total, 1), len(hours))


def _hours(begun: datetime, ended: datetime) -> float:
    return max((ended - begun) / timedelta(hours=1), 0.0)


def _areas_with_alert_system(cases: Sequence[CaseFact], regions: frozenset[str]) -> Figure:
    effective = 0
    for region in regions:
        answered = [one for one in cases if one.region == region and one.host_at]
        effective += bool(answered) and sum(one.is_effective for one in answered) * 2 >= len(answered)
    return counted(effective, len(regions))


def _of_cases(indicator: Indicator, cases: Sequence[CaseFact], regions: frozenset[str]) -> Figure:
    """Return the figure of an indicator of cases; `regions` are the areas that count for 2.2.1."""
    answered = [one for one in cases if one.host_at]
    happened = [one for one in cases if one.came_true]
    known = [one for one in happened if one.casualties is not None]
    figures: dict[str, Callable[[], Figure]] = {
        "2.2.1": lambda: _areas_with_alert_system(cases, regions),
        "2.2.2": lambda: counted(sum(one.is_effective for one in cases), len(cases)),
        "2.2.3-action": lambda: averaged([_hours(one.received_at, one.host_at) for one in answered if one.host_at]),
        "2.2.3-neutralised": lambda: averaged(
            [_hours(one.received_at, one.neutralised_at) for one in answered if one.neutralised_at]
        ),
        "2.2.4": lambda: counted(sum(one.is_harmless for one in known), len(known), len(happened) - len(known)),
    }
    return figures[indicator.key]()


def _of_networks(
    indicator: Indicator, networks: Iterable[NetworkFact], regions: frozenset[str], period: Period
) -> Figure:
    standing = [one for one in networks if one.stands(period)]
    if indicator.code == "3.2.1":
        covered = {one.region for one in standing if one.is_effective(period)}
        return counted(len(covered & regions), len(regions))
    known = [one for one in standing if one.has_women is not None]
    return counted(sum(bool(one.has_women) for one in known), len(known), len(standing) - len(known))


def readings(facts: Facts, period: Period, *, with_parts: bool = True) -> tuple[Reading, ...]:
    """Return every indicator of a period within the span that was read, broken down where asked.

    Regions and areas: those that the offices answer for, and "no area named" for cases without one.
    """
    cases = [one for one in facts.cases if period.holds(one.received_at.date())]
    found = []
    for indicator in INDICATORS:
        if indicator.of_networks:
            if facts.networks is None:
                continue
            figure = _of_networks(indicator, facts.networks, facts.answered_for, period)
            parts = _network_parts(indicator, facts, period) if with_parts else ()
        else:
            figure = _of_cases(indicator, cases, facts.answered_for)
            parts = _case_parts(indicator, cases, facts) if with_parts else ()
        found.append(Reading(indicator, period, figure, parts))
    return tuple(found)


def _region_label(facts: Facts, region: str) -> str:
    return facts.regions.get(region, _("no area named"))


def _network_parts(indicator: Indicator, facts: Facts, period: Period) -> tuple[Part, ...]:
    networks = facts.networks or ()
    regions = facts.answered_for | {one.region for one in networks}
    parts = []
    for region in sorted(regions):
        here = [one for one in networks if one.region == region]
        if here or indicator.code == "3.2.1":
            figure = _of_networks(indicator, here, frozenset({region}) & facts.answered_for, period)
            parts.append(Part("region", region, _region_label(facts, region), figure))
    return tuple(parts)


def _case_parts(indicator: Indicator, cases: Sequence[CaseFact], facts: Facts) -> tuple[Part, ...]:
    groups: list[tuple[str, str, str, list[CaseFact]]] = []
    for region in sorted({one.region for one in cases}):
        here = [one for one in cases if one.region == region]
        groups.append(("region", region, _region_label(facts, region), here))
    if indicator.code != "2.2.1":
        for name in sorted({name for one in cases for name in one.responders}):
            groups.append(("actor", name, name, [one for one in cases if name in one.responders]))
        groups.append(("actor", "", _("no response begun"), [one for one in cases if not one.responders]))
        for risk in AtRisk:
            groups.append(("victims", risk.value, str(risk.label), [one for one in cases if risk.value in one.at_risk]))
        groups.append(("victims", "", _("not recorded"), [one for one in cases if not one.at_risk]))
        for source in Threatening:
            here = [one for one in cases if one.threatening == source.value]
            groups.append(("threatening", source.value, str(source.label), here))
    return tuple(
        Part(dimension, key, label, _of_cases(indicator, here, frozenset({key}) & facts.answered_for))
        for dimension, key, label, here in groups
        if here
    )


def read_indicators(
    user: Any, mission: Mission, period: Period, *, office: Office | None = None
) -> tuple[Reading, ...]:
    """Return all indicators of a period, of what a person may see. The one call for other parts of the product."""
    return readings(read_facts(user, mission, period, office=office), period)
