"""Telling partners, other structures or the exposed population, as a forum decided (step I13; EW-12).

Partners and structures are told through the sharing register, with its agreements and its blocks for host authorities.
What the population is told carries no marking: the person who sends it out says so. Source: POC Handbook 2020, Annex V,
step 13; 6.2, 6.3.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.choices import PartnerKind
from coordination.models import CaseShare, Decision, Share, SharingAgreement, WarningCase
from coordination.sharing.services import block_of, record_share
from coordination.warnings import rules
from coordination.warnings.choices import Audience, CaseState, Threatening
from coordination.warnings.decisions import decisions_of
from coordination.warnings.moves import locked_case, move_case, refuse_stale, write_step
from coordination.warnings.recipients import marking_of
from coordination.warnings.sending import refuse_closed
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.errors import RuleError
from pocweb.permissions import require
from threats.choices import SourceOfViolence


def decisions_to_tell(case: WarningCase, by: Any) -> list[Decision]:
    """Return the decisions on a case under which somebody may be told, as far as the person sees them."""
    return list(decisions_of(case).visible_to(by))


@transaction.atomic
def tell_of_case(
    case: WarningCase,
    *,
    decision: Decision | None,
    audience: str,
    recipients: str,
    text: str,
    agreement: SharingAgreement | None = None,
    marking: int = Marking.UNCLASSIFIED,
    is_clean: bool = False,
    by: Any,
    based_on: int | None = None,
    now: datetime | None = None,
) -> CaseShare:
    """Store whom the forum's decision told of a case, in which words, and return it; it is never rewritten.

    `is_clean` is the person's word that what the population is told holds nothing marked. A case with its flash report
    sent moves on to partners told. Raises `Forbidden`, `Conflict`, and `RuleError` with the field (EW-12).
    """
    case = locked_case(case.pk)
    require(by, rules.STEER, case)
    refuse_stale(case, based_on)
    refuse_closed(case)
    moment = now or clock.now(case.mission)
    decision = _check(case, decision, audience, recipients, text, is_clean=is_clean, by=by)
    share = None
    if audience != Audience.POPULATION:
        share = _register(case, agreement, recipients=recipients, text=text, marking=marking, by=by, now=moment)
    told: CaseShare = CaseShare.objects.create(
        case=case, decision=decision, audience=audience, recipients=recipients.strip(),
        text=text.replace("\r\n", "\n").strip(), share=share, told_at=moment, told_by=by,
    )  # fmt: skip
    changes: dict[str, list[Any]] = {
        "audience": [None, audience], "recipients": [None, told.recipients], "text": [None, told.text],
        "decision": [None, decision.ref], "share": [None, share.ref if share else None],
    }  # fmt: skip
    record_event(by, "told people of a case", told, changes=changes, now=moment)
    said = {"telling": [None, told.pk]}
    if case.is_imminent and case.state == CaseState.FLASH_SENT:
        move_case(case, "tell", by=by, said=said, now=moment)
    else:
        key = "I13" if case.is_imminent else "13"
        write_step(case, key=key, act="tell", verb="told people of", columns={}, said=said, by=by, now=moment)
    return told


def guard_told(case: WarningCase, step: rules.Step) -> None:
    """Refuse to say that partners were told while nothing is recorded of it (EW-12)."""
    if not case.told.exists():
        raise RuleError("nobody_told", _("Say first who is told, in which words, as the forum decided."))


def _check(
    case: WarningCase, decision: Decision | None, audience: str, recipients: str, text: str, *, is_clean: bool, by: Any
) -> Decision:
    """Return the decision; refused without one of this case, without words, or with marked words for the population."""
    seen = {one.pk: one for one in decisions_to_tell(case, by)}
    if decision is None or decision.pk not in seen:
        raise RuleError("decision_missing", _("Choose the forum's decision. Without one nobody is told."), "decision")
    if audience not in Audience.values:
        raise RuleError("audience_missing", _("Say who is told."), "audience")
    if not recipients.strip():
        raise RuleError("recipients_missing", _("Say to whom, by function or place."), "recipients")
    if not text.strip():
        raise RuleError("text_missing", _("Write the words that are told."), "text")
    if audience == Audience.POPULATION and not is_clean:
        words = _("Confirm that these words are unclassified and name no source, victim or witness.")
        raise RuleError("not_confirmed", words, "is_clean")
    return seen[decision.pk]


def _register(
    case: WarningCase, agreement: SharingAgreement | None, *, recipients: str, text: str, marking: int, by: Any,
    now: datetime,
) -> Share:  # fmt: skip
    """Record the share under its agreement; the threat of the case brings its marking and its block with it."""
    if agreement is None:
        words = _("Choose the sharing agreement. Without a valid one nothing is shared.")
        raise RuleError("no_valid_agreement", words, "agreement")
    if marking > marking_of(case):
        words = _("This is marked above the case, whose readers would see it. Raise the marking of the case first.")
        raise RuleError("marking_above_case", words, "marking")
    if agreement.kind == PartnerKind.HOST_STATE:
        _refuse_state(case)
    threats = [case.threat] if case.threat else []
    return record_share(
        agreement, what=f"{case.ref}: {text.strip()}", recipient=recipients.strip()[:160], shared_at=now,
        how=_("Early warning, step 13"), marking=marking, threats=threats, by=by, now=now,
    )  # fmt: skip


def _refuse_state(case: WarningCase) -> None:
    """Refuse to tell host authorities of a case in which State forces threaten, unless its threat's block was lifted.

    The block hangs on threats (POC Handbook 2020, 6.3; CO-09); a case that names State forces is blocked with them even
    where its threat does not name them, or where it has none (ours).
    """
    names_state = case.threatening == Threatening.STATE
    names_state |= case.actor is not None and case.actor.source_of_violence == SourceOfViolence.STATE
    if not names_state:
        return
    block = block_of(case.threat) if case.threat else None
    if block is None or block.is_blocked or block.decision is None:
        words = _(
            "State forces threaten here, so host authorities are not told. Link the threat; a senior official can lift "
            "its block, with a reason."
        )
        raise RuleError("blocked", words, "agreement")
