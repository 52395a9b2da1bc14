"""What the indicators of early warning are made of: cases and networks, judged once for figures and lists (EW-16).

The figures stand in `indicators.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields import BooleanField
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from coordination.communities.choices import NetworkState
from coordination.models import CaseResponse, Network, WarningCase
from coordination.warnings.choices import Branch, CaseClass, Measure, Outcome
from coordination.warnings.targets import Targets, target_for, targets_of
from pocweb.models import Area, Mission, Office

CONTACT_DAYS = 90
"""A network counts as effective when it was in contact within so many days before the end of the period (ours)."""
WOMEN_SHARE = 30
"""Percent of active members who are women. Source: Annex III, 3.2.2."""
REGION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included; cases belong to it by the day of their receipt (UTC)."""

    starts_on: date
    ends_on: date

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One case as the indicators need it; `responders` are those who began a response, in words."""

    received_at: datetime
    region: str
    at_risk: tuple[str, ...]
    threatening: str
    host_at: datetime | None
    neutralised_at: datetime | None
    is_effective: bool
    came_true: bool
    casualties: int | None
    is_harmless: bool
    responders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkFact:
    """One network as the indicators need it; only active ones are read."""

    region: str
    active_since: date | None
    contacted_on: date | None
    members: int | None
    women: int | None

    @property
    def has_women(self) -> bool | None:
        """Say whether 30% or more of the members are women, None where the members are not recorded."""
        if not self.members or self.women is None:
            return None
        return self.women * 100 >= WOMEN_SHARE * self.members

    def is_effective(self, period: Period) -> bool:
        """Say whether it counts at the end of the period: set up by then, in contact not too long before."""
        if self.contacted_on is None or not self.stands(period):
            return False
        return self.contacted_on >= period.ends_on - timedelta(days=CONTACT_DAYS)

    def stands(self, period: Period) -> bool:
        return self.active_since is None or self.active_since <= period.ends_on


@dataclass(frozen=True)
class Facts:
    """All that the figures of a span are made of; `regions` are names by key, of the areas the offices answer for."""

    cases: tuple[CaseFact, ...]
    networks: tuple[NetworkFact, ...] | None
    regions: Mapping[str, str]
    answered_for: frozenset[str]


def marked(cases: "QuerySet[WarningCase]", targets: Targets) -> "QuerySet[WarningCase]":
    """Add what the indicators judge of a case: `host_at`, `is_effective`, `came_true`, `casualties`, `is_harmless`.

    Figures and the lists behind them read the same columns. The first response of host authorities counts; what was
    recorded on the case counts before the figures of its incident.
    """
    host = CaseResponse.objects.filter(case=OuterRef("pk"), begun_at__isnull=False).exclude(host_authority="")
    begun = Q(acted_at__isnull=False) | Exists(CaseResponse.objects.filter(case=OuterRef("pk"), begun_at__isnull=False))
    in_time = Q(pk__in=[])
    for branch in ("", *Branch.values):
        minutes = target_for(targets, Measure.ACTED, branch)
        if minutes is not None:
            in_time |= Q(branch=branch, host_at__lte=F("received_at") + timedelta(minutes=minutes))
    killed = Coalesce("killed", "incident__civilians_killed")
    injured = Coalesce("injured", "incident__injured_best")
    rows = cases.annotate(
        host_at=Subquery(host.order_by("begun_at").values("begun_at")[:1], output_field=DateTimeField()),
        came_true=_flag(Q(outcome=Outcome.HAPPENED)),
        casualties=killed + injured,
    )
    harmless = Q(came_true=True, case_class=CaseClass.WARNING, casualties=0) & begun
    return rows.annotate(is_effective=_flag(Q(outcome=Outcome.AVERTED) & in_time), is_harmless=_flag(harmless))


def _flag(condition: Any) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


RECORDS: dict[tuple[str, str], Q] = {
    ("2.2.1", "numerator"): Q(is_effective=True),
    ("2.2.1", "denominator"): Q(host_at__isnull=False),
    ("2.2.2", "numerator"): Q(is_effective=True),
    ("2.2.2", "denominator"): Q(),
    ("2.2.3-action", "denominator"): Q(host_at__isnull=False),
    ("2.2.3-neutralised", "denominator"): Q(host_at__isnull=False, neutralised_at__isnull=False),
    ("2.2.4", "numerator"): Q(is_harmless=True),
    ("2.2.4", "denominator"): Q(came_true=True, casualties__isnull=False),
    ("2.2.4", "unknown"): Q(came_true=True, casualties=None),
}
"""The cases behind a number, on the columns of `marked`. Of the areas of 2.2.1: the alerts that decide about them."""


def read_facts(
    user: Any, mission: Mission, span: Period, *, office: Office | None = None, targets: Targets | None = None
) -> Facts:
    """Return what a person may see of a span; six queries whatever the numbers.

    With an office only its branch. Networks are None for who may not see communities: their figures are then absent,
    not zero.
    """
    targets = targets_of(mission) if targets is None else targets
    cases = received_in(WarningCase.objects.visible_to(user).filter(mission=mission), span)
    offices = Office.objects.filter(mission=mission)
    networks = Network.objects.visible_to(user).filter(mission=mission, state=NetworkState.ACTIVE)
    if office is not None:
        cases = cases.filter(office__path__startswith=office.path)
        offices = offices.filter(path__startswith=office.path)
        networks = networks.filter(office__path__startswith=office.path)
    else:
        reach = Q(pk__in=[])
        for grant in getattr(user, "grants", []):
            reach |= Q(path__startswith=grant.office_path) if grant.mission_id == mission.pk else Q(pk__in=[])
        offices = offices.filter(reach)
    length = Area.steplen * (REGION_LEVEL + 1)
    may_see = user.has_perm("coordination.view_community")
    answered = Area.objects.filter(offices__in=offices, level__gte=REGION_LEVEL).values_list("path", flat=True)
    return Facts(
        cases=_cases(cases, targets, length),
        networks=tuple(_network(row, length) for row in networks.values_list(*_OF_NETWORK)) if may_see else None,
        regions=dict(Area.objects.at_level(REGION_LEVEL).values_list("path", "name")),
        answered_for=frozenset(path[:length] for path in answered),
    )


def received_in(cases: "QuerySet[WarningCase]", span: Period) -> "QuerySet[WarningCase]":
    """Return the cases received in the span."""
    return cases.filter(received_at__date__gte=span.starts_on, received_at__date__lte=span.ends_on)


_OF_CASE = (
    "pk", "received_at", "area__path", "at_risk", "threatening", "host_at", "neutralised_at", "is_effective",
    "came_true", "casualties", "is_harmless",
)  # fmt: skip
_OF_NETWORK = ("area__path", "set_up_on", "contacted_on", "members", "women_members")


def _cases(cases: "QuerySet[WarningCase]", targets: Targets, length: int) -> tuple[CaseFact, ...]:
    responders: dict[int, list[str]] = {}
    begun = CaseResponse.objects.filter(case__in=cases.order_by().values("pk"), begun_at__isnull=False)
    for case, component, host in begun.order_by("pk").values_list("case", "component__name", "host_authority"):
        here = responders.setdefault(case, [])
        here += [one for one in (component, _("Host authorities") if host else "") if one and one not in here]
    rows: Any = marked(cases, targets).order_by().values_list(*_OF_CASE)
    found = []
    for pk, at, path, at_risk, *rest in rows:
        values: list[Any] = [at, (path or "")[:length], tuple(at_risk), *rest, tuple(responders.get(pk, ()))]
        found.append(CaseFact(*values))
    return tuple(found)


def _network(row: Sequence[Any], length: int) -> NetworkFact:
    path, *rest = row
    return NetworkFact((path or "")[:length], *rest)
