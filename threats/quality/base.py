"""What checks are made of: the facts they look at, the findings they yield, and the registry. Plain values throughout.

POC Handbook 2020, 8.2 and 8.3, says what a threat, a rating and a matrix hold; which lack is worth a finding, how much
it weighs and all limits in days are ours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import Promise

from threats.choices import Severity

REVIEW_RISING = 30
"""Days after which a high risk rated with low confidence is looked at again."""
VERIFY_DAYS, APPROVE_DAYS, DRAFT_DAYS = 60, 14, 30
LOOK_BACK_DAYS = 365
"""Incidents from before are only looked at where a figure of them cannot be right."""


@dataclass(frozen=True, slots=True)
class OfficeFact:
    """An office of the branch. `has_edition`: one is in force, whoever may read it."""

    pk: int
    code: str
    name: str
    path: str
    has_edition: bool
    active_threats: int
    marking: int = 0

    @property
    def ref(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        return self.name

    @property
    def office(self) -> int:
        return self.pk


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatFact:
    """What the checks need of one threat. `confidence`, `inputs` and `expected_risk` are of its latest rating.

    `missing` names the fields a priority 1 or 2 needs and nobody has written; `since` counts incidents after it was
    closed, in its areas and by its actors.
    """

    pk: int
    ref: str
    title: str
    office: int
    marking: int
    is_active: bool
    priority: int | None
    risk: int | None
    imminent: bool
    near_presence: bool
    assessed_on: date | None
    horizon_on: date | None
    review_on: date | None
    confidence: int | None
    inputs: tuple[str, ...]
    expected_risk: int | None
    missing: tuple[str, ...]
    area_level: int | None
    has_number: bool
    has_violence: bool
    has_source: bool
    has_state: bool
    has_open_activity: bool
    offices_inside: tuple[str, ...] = ()
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFact:
    """What the checks need of one incident. `known_on` is the later of its day and the day on which it was recorded.

    `broken` names the counts that are not low <= best <= high; `threat` is the reference of an active threat in whose
    areas it lies, "" without one.
    """

    pk: int
    ref: str
    title: str
    office: int
    marking: int
    day: date
    known_on: date
    area: int | None
    place_state: str
    origin: str
    verification: str
    killed: int | None
    broken: tuple[str, ...]
    actors: tuple[int, ...]
    acting: tuple[int, ...]
    threat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFact:
    """What the checks need of one edition on its way or in force."""

    pk: int
    ref: str
    title: str
    office: int
    marking: int
    state: str
    horizon_on: date | None
    endorsed_on: date | None
    changed_on: date


Fact = ThreatFact | IncidentFact | EditionFact | OfficeFact


@dataclass(frozen=True)
class Facts:
    """All that the checks look at, of one branch of offices, as one reader may see it."""

    today: date
    review_days: int
    threats: tuple[ThreatFact, ...] = ()
    incidents: tuple[IncidentFact, ...] = ()
    editions: tuple[EditionFact, ...] = ()
    offices: tuple[OfficeFact, ...] = ()

    @property
    def active(self) -> list[ThreatFact]:
        return [one for one in self.threats if one.is_active]


@dataclass(frozen=True, slots=True)
class Finding:
    """One record with what is wrong about it. `field` is the field of the form that mends it, where one does."""

    fact: Fact
    sentence: str
    field: str = ""


Rule = Callable[[Facts], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A check: stable code, weight, words, and where its findings are mended.

    `about` is the kind of record whose view permission a reader needs, `target` the name of the page that mends,
    `permission` what mending takes, `who` the words for those who lack it.
    """

    code: str
    severity: Severity
    title: str | Promise
    why: str | Promise
    about: str
    target: str
    permission: str
    who: str | Promise
    rule: Rule


@dataclass(frozen=True)
class Result:
    """A check with its findings; `is_open` is False where the reader may not see the records it is about."""

    check: Check
    findings: tuple[Finding, ...] = ()
    is_open: bool = True


CHECKS: dict[str, Check] = {}


@dataclass(frozen=True)
class Mend:
    """Where a kind of finding is mended, and by whom."""

    about: str
    target: str
    permission: str
    who: str | Promise = field(default="")


def check(
    code: str, severity: Severity, title: str | Promise, why: str | Promise, mend: Mend
) -> Callable[[Rule], Rule]:
    """Register a check; the function yields its findings in any order."""

    def decorate(rule: Rule) -> Rule:
        if code in CHECKS and CHECKS[code].rule is not rule:
            raise ValueError(f"Two checks have the code {code}.")
        CHECKS[code] = Check(code, severity, title, why, mend.about, mend.target, mend.permission, mend.who, rule)
        return rule

    return decorate


def run_checks(facts: Facts, *, may_see: Callable[[str], bool] = lambda _kind: True) -> list[Result]:
    """Return all checks with their findings, the weightiest first; findings in the order of their references.

    `may_see` says whether the reader may see a kind of record ("threat", "incident", "edition") at all: a check about
    others is not told as passed.
    """
    results = []
    for one in sorted(CHECKS.values(), key=lambda each: each.severity):
        if not may_see(one.about):
            results.append(Result(one, is_open=False))
            continue
        found = sorted(one.rule(facts), key=lambda finding: (len(finding.fact.ref), finding.fact.ref))
        results.append(Result(one, tuple(found)))
    return results
