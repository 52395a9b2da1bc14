"""Judgments on contacts and sharing: plain values in, plain values out."""

import calendar
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from coordination.choices import PartnerKind
from pocweb.errors import RuleError

REVIEW_MONTHS, REMIND_DAYS = 6, 14
EXPIRY_DAYS = 30


class Review(StrEnum):
    """How the six-month check of a contact stands."""

    CURRENT = "current"
    SOON = "soon"
    OVERDUE = "overdue"


class Standing(StrEnum):
    """How an agreement stands on a day."""

    VALID = "valid"
    COMING = "coming"
    EXPIRED = "expired"
    ENDED = "ended"


class Block(StrEnum):
    """Why a threat may not be shared with host authorities; FREE says that it may."""

    FREE = "free"
    RULE = "rule"
    MANUAL = "manual"


def months_after(day: date, months: int) -> date:
    """Return the same day of the month so many months later; the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def review_due(reviewed_on: date) -> date:
    """Return the last day on which a contact counts as checked. Source: POC Handbook 2020, Annex V, step 1 (EW-17)."""
    return months_after(reviewed_on, REVIEW_MONTHS)


def review_state(reviewed_on: date, *, today: date) -> Review:
    """Return how the check stands: overdue after its last day, due soon 14 days before (EW-17; the days are ours)."""
    due = review_due(reviewed_on)
    if today > due:
        return Review.OVERDUE
    return Review.SOON if today >= due - timedelta(days=REMIND_DAYS) else Review.CURRENT


def overdue_before(today: date) -> date:
    """Return the day before which a contact must have been checked to be overdue today, as a bound for a query."""
    bound = months_after(today, -REVIEW_MONTHS)
    while review_due(bound) < today:  # a short month took days away
        bound += timedelta(days=1)
    return bound


def soon_before(today: date) -> date:
    """Return the day before which a contact must have been checked to be overdue, or reminded of, today."""
    return overdue_before(today + timedelta(days=REMIND_DAYS + 1))


def standing(*, valid_from: date, valid_to: date | None, is_ended: bool, on: date) -> Standing:
    """Return how an agreement stands on a day; both of its days count, but not the day on which somebody ended it."""
    if is_ended and valid_to is not None and (on >= valid_to or valid_to == valid_from):
        return Standing.ENDED
    if on < valid_from:
        return Standing.COMING
    return Standing.EXPIRED if valid_to is not None and on > valid_to else Standing.VALID


def expires_soon(*, valid_from: date, valid_to: date | None, is_ended: bool, on: date) -> bool:
    """Say whether a valid agreement runs out within 30 days (the number is ours)."""
    now = standing(valid_from=valid_from, valid_to=valid_to, is_ended=is_ended, on=on)
    return now == Standing.VALID and valid_to is not None and (valid_to - on).days <= EXPIRY_DAYS


def block_state(*, state_actors: Iterable[int], is_manual: bool, covers: Collection[int]) -> Block:
    """Return whether a threat is blocked for host authorities, and why.

    `state_actors` are the keys of State actors among its sources of violence; `covers` those that a lifting was decided
    for: one who came later blocks again. Source: POC Handbook 2020, 6.3; the rule is ours (CO-09).
    """
    if is_manual:
        return Block.MANUAL
    return Block.RULE if set(state_actors) - set(covers) else Block.FREE


@dataclass(frozen=True)
class Terms:
    """What an agreement allows, and how it stands on the day of the share."""

    ref: str
    kind: str
    highest_marking: int
    individual_cases: bool
    standing: Standing


@dataclass(frozen=True)
class Offer:
    """What is to be shared: `marking` as stated, `threats` as (reference, marking, is it blocked)."""

    marking: int
    has_individuals: bool
    consent: str
    threats: tuple[tuple[str, int, bool], ...] = ()

    @property
    def highest(self) -> int:
        """The marking that counts: never below that of a threat which is shared."""
        return max([self.marking, *(marking for _ref, marking, _blocked in self.threats)])


def check_share(terms: Terms, offer: Offer) -> None:
    """Refuse what must not be shared, with the sentence at its field.

    Without a valid agreement nothing is shared (POC Handbook 2020, 6.2; CO-08), nor above the marking it covers (ours);
    individuals only where it covers them and their consent is recorded (6.2; CO-10); a blocked threat never with host
    authorities (6.3; CO-09). Raises `RuleError`.
    """
    _check_standing(terms)
    if offer.marking > terms.highest_marking:
        raise RuleError("marking_too_high", _("%(ref)s does not cover this marking.") % {"ref": terms.ref}, "marking")
    above = [ref for ref, marking, _blocked in offer.threats if marking > terms.highest_marking]
    if above:
        said = {"refs": ", ".join(above), "ref": terms.ref}
        raise RuleError("marking_too_high", _("Marked above what %(ref)s covers: %(refs)s.") % said, "threats")
    if offer.has_individuals and not terms.individual_cases:
        said = {"ref": terms.ref}
        raise RuleError("no_individuals", _("%(ref)s does not cover cases of individuals.") % said, "has_individuals")
    if offer.has_individuals and not offer.consent.strip():
        words = _("Without recorded consent nothing is shared of individuals: say when it was given, and for what.")
        raise RuleError("no_consent", words, "consent")
    blocked = [ref for ref, _marking, is_blocked in offer.threats if is_blocked]
    if terms.kind == PartnerKind.HOST_STATE and blocked:
        words = _("Blocked for host authorities: %(refs)s. A senior official can lift the block, with a reason.")
        raise RuleError("blocked", words % {"refs": ", ".join(blocked)}, "threats")


def _check_standing(terms: Terms) -> None:
    words = {
        Standing.COMING: _("%(ref)s was not in force yet at that moment. Without a valid agreement nothing is shared."),
        Standing.EXPIRED: _("%(ref)s had expired at that moment. Without a valid agreement nothing is shared."),
        Standing.ENDED: _("%(ref)s had been ended at that moment. Without a valid agreement nothing is shared."),
    }
    if terms.standing in words:
        raise RuleError("no_valid_agreement", words[terms.standing] % {"ref": terms.ref}, "agreement")


def check_days(valid_from: date | None, valid_to: date | None) -> None:
    """Refuse an agreement without a first day, or that ends before it begins. Raises `RuleError`."""
    if valid_from is None:
        raise RuleError("day_missing", _("Give the first day."), "valid_from")
    if valid_to is not None and valid_to < valid_from:
        raise RuleError("ends_before_start", _("The last day lies before the first."), "valid_to")


def check_reviewed(day: date | None, *, today: date) -> None:
    """Refuse a check that is missing or still to come. Raises `RuleError`."""
    if day is None:
        raise RuleError("day_missing", _("Say on which day the contact was last checked."), "reviewed_on")
    if day > today:
        raise RuleError("day_in_future", _("This day has not come yet."), "reviewed_on")
