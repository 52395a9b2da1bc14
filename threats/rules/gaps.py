"""Gap rules of the POC Threat Matrix: what is missing in the response to one threat, and which field mends it.

Source: POC Handbook 2020, 8.3 (the matrix flags response gaps and recommends correction) and 4.2.1; the rules are ours.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from pocweb.fieldlist import for_people
from pocweb.wording import gettext as _
from threats.choices import Trend

RANKED = (1, 2)  # the priorities that need lead, objective, activities and an approved edition
ROMAN = {1: "I", 2: "II", 3: "III"}
TIERS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: stable code, sentence for people, and the field that mends it.

    `field` is a field of the threat, or "activity", "assessment", "edition"; `about` is the activity's key where one
    activity is meant, `tier` the tier where one is missing. `days` is for how long it stands, None where nobody knows.
    """

    code: str
    message: str
    field: str
    about: int | None = None
    tier: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """What the rules need of one activity. `is_open`: planned or under way; cancelled ones are left out before."""

    pk: int
    ref: str
    tier: int
    is_open: bool
    due_on: date | None
    has_owner: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ThreatFacts:
    """What the rules need of one threat. `ratings` are (trend, moment) of its assessments, newest first.

    `in_force_at` is the moment from which the office's approved edition is in force, None without one.
    """

    priority: int | None
    has_lead: bool
    has_objective: bool
    capacity_in_reach: bool | None
    assessed_on: date | None
    review_days: int
    in_force_at: datetime | None
    ratings: Sequence[tuple[str, datetime]] = ()
    activities: Sequence[ActivityFacts] = ()
    tiers_called_for: Sequence[int] = field(default=TIERS)
    has_action: bool = False
    review_on: date | None = None
    horizon_on: date | None = None


def gaps_of(facts: ThreatFacts, *, now: datetime) -> list[Gap]:
    """Return the gaps of an active threat in the order of the rules. Source: POC Handbook 2020, 8.3; rules ours."""
    return [gap for rule in RULES for gap in rule(facts, now)]


def not_rated(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A threat without a rating, or whose rating is older than the review period (in days, the last day included)."""
    if facts.assessed_on is None:
        yield Gap("not_rated", _("Not rated."), "assessment")
        return
    days = (now.date() - facts.assessed_on).days
    if days > facts.review_days:
        yield Gap("not_reassessed", _("Not reassessed for %(days)d days.") % {"days": days}, "assessment", days=days)


def no_activity(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A priority 1 or 2 threat without any activity that is planned, under way or done."""
    if facts.priority in RANKED and not facts.activities:
        yield Gap("no_activity", _("No activity."), "activity")


def no_lead(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A priority 1 or 2 threat without a lead of the response."""
    if facts.priority in RANKED and not facts.has_lead:
        yield Gap("no_lead", _("No response lead."), "lead")


def no_objective(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A priority 1 or 2 threat without a clear, realistic objective."""
    if facts.priority in RANKED and not facts.has_objective:
        yield Gap("no_objective", _("No objective."), "objective")


def no_edition(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A priority 1 or 2 threat of an office without an approved edition in its review period."""
    if facts.priority not in RANKED:
        return
    if facts.in_force_at is None:
        yield Gap("no_edition", _("No approved edition."), "edition")
    elif now - facts.in_force_at > timedelta(days=facts.review_days):
        days = (now - facts.in_force_at).days
        sentence = _("No edition approved for %(days)d days.") % {"days": days}
        yield Gap("no_edition", sentence, "edition", days=days)


def review_missed(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A threat whose review date lies before today, or whose horizon has passed; days that nobody set are no gap.

    An edition in force that is older than the review period is told by `no_edition`, once for all rows it should hold.
    Source: POC Handbook 2020, 8.3 (the matrix is a living document, reviewed at set times); the rule is ours.
    """
    today = now.date()
    if facts.review_on and facts.review_on < today:
        words = {"day": for_people(facts.review_on)}
        yield Gap(
            "review_missed", _("Review was due on %(day)s.") % words, "review_on", days=(today - facts.review_on).days
        )
    if facts.horizon_on and facts.horizon_on < today:
        words = {"day": for_people(facts.horizon_on)}
        yield Gap(
            "review_missed", _("Horizon passed on %(day)s.") % words, "horizon_on", days=(today - facts.horizon_on).days
        )


def activity_overdue(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """An open activity whose deadline lies before today."""
    today = now.date()
    for one in facts.activities:
        if one.is_open and one.due_on and one.due_on < today:
            days = (today - one.due_on).days
            sentence = ngettext(
                "Activity %(ref)s overdue by %(days)d day.", "Activity %(ref)s overdue by %(days)d days.", days
            )
            words = {"ref": one.ref, "days": days}
            yield Gap("activity_overdue", sentence % words, "activity", one.pk, days=days)


def no_owner(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """An open activity that nobody owns."""
    for one in facts.activities:
        if one.is_open and not one.has_owner:
            yield Gap("no_owner", _("Activity %(ref)s has no owner.") % {"ref": one.ref}, "activity", one.pk)


def action_uncarried(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """The row says what must be done, and no open activity carries it, so that nobody can follow it.

    A priority 1 or 2 threat without any activity is told so once, by `no_activity`. Source: POC Handbook 2020, 8.3
    (list and follow every activity); the rule is ours.
    """
    if not facts.has_action or (facts.priority in RANKED and not facts.activities):
        return
    if not any(one.is_open for one in facts.activities):
        yield Gap("action_uncarried", _("Action required is written, no open activity carries it."), "activity")


def no_capacity(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """No capacity in reach, as somebody has said; unknown is not a gap of this kind."""
    if facts.capacity_in_reach is False:
        yield Gap("no_capacity", _("No capacity in reach."), "capacity")


def rising_unanswered(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """Risk rose in two ratings running and the response stayed as it was.

    The response counts as changed when an activity of the threat was made or changed since the first of the two.
    """
    last = list(facts.ratings[:2])
    if len(last) < 2 or any(trend != Trend.RISING for trend, _at in last):
        return
    since = last[1][1]
    if not any(one.changed_at >= since for one in facts.activities):
        days = (now.date() - since.date()).days
        yield Gap("rising_unanswered", _("Risk rose twice, the response is unchanged."), "activity", days=days)


def no_tier(facts: ThreatFacts, now: datetime) -> Iterator[Gap]:
    """A priority 1 or 2 threat whose activities leave out a tier that the strategy calls for.

    Until a strategy says otherwise all three tiers are called for, since they run side by side (Handbook 2.2). A
    threat without any activity is told so once, by `no_activity`.
    """
    if facts.priority not in RANKED or not facts.activities:
        return
    present = {one.tier for one in facts.activities}
    for tier in facts.tiers_called_for:
        if tier not in present:
            yield Gap("no_tier", _("No activity in tier %(tier)s.") % {"tier": ROMAN[tier]}, "activity", None, tier)


Rule = Callable[[ThreatFacts, datetime], Iterator[Gap]]
RULES: tuple[Rule, ...] = (
    not_rated,
    no_activity,
    no_lead,
    no_objective,
    review_missed,
    activity_overdue,
    no_owner,
    action_uncarried,
    no_capacity,
    rising_unanswered,
    no_tier,
    no_edition,
)
KINDS: dict[str, str | Promise] = {
    "not_rated": gettext_lazy("Not rated"),
    "not_reassessed": gettext_lazy("Not reassessed in time"),
    "no_activity": gettext_lazy("No activity"),
    "no_lead": gettext_lazy("No response lead"),
    "no_objective": gettext_lazy("No objective"),
    "review_missed": gettext_lazy("Review missed"),
    "activity_overdue": gettext_lazy("Activity overdue"),
    "no_owner": gettext_lazy("Activity without owner"),
    "action_uncarried": gettext_lazy("Action that nobody carries"),
    "no_capacity": gettext_lazy("No capacity in reach"),
    "rising_unanswered": gettext_lazy("Risk rose, response unchanged"),
    "no_tier": gettext_lazy("Tier without activity"),
    "no_edition": gettext_lazy("No edition approved in time"),
}
"""The kinds of gap by code, in the order of the rules, as headings and filters name them."""


def kind_label(code: str) -> str:
    """Return the words for a kind of gap; a frozen row may hold a kind that no rule makes any more."""
    return str(KINDS.get(code) or code.replace("_", " ").capitalize())
