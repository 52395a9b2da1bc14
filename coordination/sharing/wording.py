"""How contacts, agreements, shares and blocks are said to people."""

from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.choices import PartnerKind
from coordination.models import Contact, SharingAgreement
from coordination.sharing import rules
from coordination.sharing.rules import Block, Review, Standing
from coordination.sharing.services import BlockView, standing_of
from pocweb.choices import Marking
from pocweb.fieldlist import for_people

STANDINGS: dict[Standing, tuple[str, Any]] = {
    Standing.VALID: ("ok", gettext_lazy("valid")),
    Standing.COMING: ("none", gettext_lazy("not in force yet")),
    Standing.EXPIRED: ("bad", gettext_lazy("expired")),
    Standing.ENDED: ("bad", gettext_lazy("ended")),
}
MARKED, DAYS = ("marking", "highest_marking"), ("reviewed_on", "valid_from", "valid_to")


def review_words(contact: Contact, today: date) -> tuple[str, str]:
    """Return how the six-month check of a contact stands, as tone and words."""
    due = rules.review_due(contact.reviewed_on)
    state = rules.review_state(contact.reviewed_on, today=today)
    if state == Review.OVERDUE:
        days = (today - due).days
        return "bad", ngettext("%(n)d day overdue", "%(n)d days overdue", days) % {"n": days}
    words = _("Due %(day)s") % {"day": for_people(due)}
    return ("warn" if state == Review.SOON else "ok"), words


def standing_words(agreement: SharingAgreement, today: date) -> tuple[str, str]:
    """Return how an agreement stands, as tone and words; one that runs out within 30 days says when."""
    is_ended = bool(agreement.ended_reason)
    given = {"valid_from": agreement.valid_from, "valid_to": agreement.valid_to, "is_ended": is_ended}
    if rules.expires_soon(**given, on=today) and agreement.valid_to:  # type: ignore[arg-type]
        days = (agreement.valid_to - today).days
        if days == 0:
            return "warn", _("valid until today")
        return "warn", ngettext("expires in %(n)d day", "expires in %(n)d days", days) % {"n": days}
    tone, words = STANDINGS[standing_of(agreement, today)]
    return tone, str(words)


def block_words(seen: BlockView) -> tuple[str, str]:
    """Return how a threat stands for host authorities, as tone and a sentence."""
    decision = seen.decision
    if seen.state == Block.MANUAL and decision is not None:
        return "bad", _("Blocked for host authorities by decision.")
    if seen.state == Block.RULE and decision is not None and decision.covers:
        return "bad", _("Blocked for host authorities again: a State actor came to it after the block was lifted.")
    if seen.state == Block.RULE:
        return "bad", _("Blocked for host authorities by rule: a State actor is among its sources of violence.")
    if decision is not None:
        return "warn", _("The block for host authorities was lifted.")
    return "ok", _("Not blocked for host authorities: no State actor is among its sources of violence.")


def show(name: str, value: Any) -> str:
    """Return a stored plain value of a contact, an agreement, a share or a block as text."""
    if value is None or value == "" or value == []:
        return ""
    if name in MARKED:
        return str(Marking(value).label)
    if name == "kind":
        return str(PartnerKind(value).label)
    if name in DAYS:
        return for_people(date.fromisoformat(value))
    moment: datetime | None = parse_datetime(value) if name == "shared_at" else None
    return for_people(moment or value)
