"""Where the incidents and the rating of a threat point different ways: a prompt, never a change of the rating."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pocweb.choices import RiskLevel
from threats.choices import Trend

CLEARLY_MORE = 3  # incidents more than in the window before, and half as many again
QUIET_DAYS = 30  # a rating confirmed within these days is not asked about for its silence


class Code(StrEnum):
    """Which rule asks."""

    CIVILIANS_KILLED = "civilians_killed"
    MORE_INCIDENTS = "more_incidents"
    RISING = "rising"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Divergence:
    """One difference: which rule asks, what was found, and what a person may do about it."""

    code: Code
    sentence: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The rating in force. `steps` is the number of steps of likelihood in its scheme, None where nobody knows it."""

    risk: int
    likelihood: int
    steps: int | None
    trend: str
    assessed_on: date

    @property
    def is_low(self) -> bool:
        """Say whether the risk is low or medium, or the likelihood in the lower half of its scheme."""
        in_lower_half = self.steps is not None and self.likelihood <= self.steps // 2
        return self.risk <= RiskLevel.MEDIUM or in_lower_half

    @property
    def is_high(self) -> bool:
        """Say whether the risk is high or extreme, or the likelihood at the highest step."""
        return self.risk >= RiskLevel.HIGH or self.likelihood == self.steps

    @property
    def is_highest(self) -> bool:
        """Say whether the rating cannot be raised."""
        return self.risk == RiskLevel.EXTREME and self.likelihood == self.steps


@dataclass(frozen=True, slots=True)
class Seen:
    """Counts of incidents that the reader may see, up to today.

    `last_90` and `before` are two windows of 90 days, `year` twelve calendar months. `news` are incidents of the last
    90 days that began after the day of the rating; `civilians_since` the civilians killed in those of the last 30
    days, None where no such incident records it.
    """

    last_90: int
    before: int
    year: int
    news: int
    civilians_since: int | None


def differences(rating: Standing | None, seen: Seen, *, today: date) -> list[Divergence]:
    """Return where evidence and rating differ, the gravest first; nothing for a threat without a rating.

    The rules are ours; POC Handbook 2020, 8.2.4 asks to reassess when likelihood or impact changes and leaves open
    what says so. A rating is asked about when

    1. it is low (risk low or medium, or likelihood in the lower half of the scheme) and civilians were killed in the
       last 30 days, after the day of the rating;
    2. it is low and the last 90 days saw clearly more incidents than the 90 days before, at least one of them after
       the day of the rating;
    3. it is not low, was falling or steady when it was made and can still be raised, and the same happened;
    4. it is high (risk high or extreme, or the highest likelihood), no incident was seen in twelve months, and nobody
       has confirmed it for 30 days.

    Clearly more: at least three more, and at least half as many again. Only what came after the day of the rating
    counts as news, so that a rating made anew, even the same with its reason, ends the prompt until something happens.
    Nothing here changes a rating: a forecast may rest on more than past incidents (8.2.5, preparatory acts).
    """
    if rating is None:
        return []
    return [one for rule in RULES for one in rule(rating, seen, today)]


def is_clearly_more(count: int, before: int) -> bool:
    """Say whether a window saw clearly more incidents than the one before of the same length."""
    return count - before >= CLEARLY_MORE and 2 * count >= 3 * before


def _civilians_killed(rating: Standing, seen: Seen, today: date) -> Iterator[Divergence]:
    if rating.is_low and seen.civilians_since:
        text = ngettext(
            "%(n)d civilian was killed in the last 30 days, since this rating.",
            "%(n)d civilians were killed in the last 30 days, since this rating.",
            seen.civilians_since,
        )
        hint = _("Ask whether likelihood or impact has risen.")
        yield Divergence(Code.CIVILIANS_KILLED, text % {"n": seen.civilians_since}, hint)


def _more_incidents(rating: Standing, seen: Seen, today: date) -> Iterator[Divergence]:
    if rating.is_low and _has_risen(seen):
        hint = _("Ask whether likelihood has risen.")
        yield Divergence(Code.MORE_INCIDENTS, _rise(seen), hint)


def _rising(rating: Standing, seen: Seen, today: date) -> Iterator[Divergence]:
    is_calm = rating.trend in (Trend.FALLING, Trend.STEADY)
    if not rating.is_low and is_calm and not rating.is_highest and _has_risen(seen):
        hint = (
            _("The rating was falling: ask whether it should rise.")
            if rating.trend == Trend.FALLING
            else _("The rating was steady: ask whether it should rise.")
        )
        yield Divergence(Code.RISING, _rise(seen), hint)


def _quiet(rating: Standing, seen: Seen, today: date) -> Iterator[Divergence]:
    if rating.is_high and not seen.year and not seen.last_90 and (today - rating.assessed_on).days >= QUIET_DAYS:
        text = _("No incident that you may see in twelve months.")
        yield Divergence(Code.QUIET, text, _("Lower the rating, or confirm it and say what else it rests on."))


def _has_risen(seen: Seen) -> bool:
    return seen.news > 0 and is_clearly_more(seen.last_90, seen.before)


def _rise(seen: Seen) -> str:
    text = _("%(n)d incidents in 90 days against %(before)d in the 90 before, %(news)d of them since this rating.")
    return text % {"n": seen.last_90, "before": seen.before, "news": seen.news}


RULES: tuple[Callable[[Standing, Seen, date], Iterator[Divergence]], ...] = (
    _civilians_killed,
    _more_incidents,
    _rising,
    _quiet,
)
