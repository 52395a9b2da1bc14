"""Judgments on engagement with communities: what may be kept of persons, and of photographs. Plain values in and out.

Source: POC Handbook 2020, 10.1, 10.2 (CM-08, CM-09, CM-12).
"""

from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from coordination.communities.choices import ConsentScope, RiskResult
from pocweb.errors import RuleError


def check_persons(
    *, risk: str, withdrawn_on: date | None, consent_on: date | None, scope: Collection[str], today: date
) -> None:
    """Raise `RuleError` unless details of persons may be kept in a record.

    Nothing of persons where their safety cannot be ensured or judged (CM-08); nothing without the consent to be
    recorded, and nothing after it was withdrawn (CM-09).
    """
    check_safe(risk)
    if withdrawn_on is not None:
        words = _("Consent was withdrawn for this record. Nothing of persons is kept in it any more.")
        raise RuleError("consent_withdrawn", words, "personal_details")
    if ConsentScope.RECORD not in scope:
        words = _("Nothing of persons is kept without their consent to be recorded.")
        raise RuleError("no_consent", words, "consent_scope")
    if consent_on is None or consent_on > today:
        raise RuleError("consent_day", _("Give the day on which they consented, today at the latest."), "consent_on")


def check_safe(risk: str) -> None:
    """Raise `RuleError` where the result of the risk assessment lets nothing of persons be stored (CM-08)."""
    if risk not in RiskResult.values:
        raise RuleError("risk_missing", _("Assess the risk for the people first."), "risk")
    if risk in RiskResult.NO_PERSONS:
        words = _("The risk assessment says: %(result)s. Nothing of persons is stored, and what you typed is not kept.")
        said = words % {"result": str(RiskResult(risk).label).lower()}
        raise RuleError("unsafe_for_persons", said, "personal_details")


def check_photo(
    *,
    concerns_child_victim: bool,
    risk: str,
    withdrawn_on: date | None,
    consent_on: date | None,
    scope: Collection[str],
) -> None:
    """Raise `RuleError` unless a photograph may be kept: a face and a place name a person as surely as a name.

    Never of child victims (CM-12); otherwise as details of persons (identity is more than a name, Handbook 10.2).
    """
    if concerns_child_victim:
        raise RuleError("child_victim", _("This record concerns a child victim. No photograph is kept in it."), "photo")
    if risk not in RiskResult.values or risk in RiskResult.NO_PERSONS:
        raise RuleError("unsafe_for_persons", _("The risk assessment lets no photograph be kept."), "photo")
    if withdrawn_on is not None or consent_on is None or ConsentScope.RECORD not in scope:
        raise RuleError("no_consent", _("Record first that the people consented to be recorded."), "photo")


def check_edit(*, risk: str, concerns_child_victim: bool, has_details: bool, has_photos: bool) -> None:
    """Raise `RuleError` when a record would hold what its own new values forbid; that has to go first."""
    if concerns_child_victim and has_photos:
        words = _("Remove the photographs first: a record that concerns a child victim keeps none.")
        raise RuleError("photos_there", words, "concerns_child_victim")
    if risk in RiskResult.NO_PERSONS and (has_details or has_photos):
        words = _("Remove first the details of persons and the photographs: with this result none are kept.")
        raise RuleError("persons_there", words, "risk")
