"""Imminent, now: from any state of the assessment to the sent alert in one act (steps 9 and I10)."""

from datetime import datetime
from typing import Any

from django.db import transaction

from coordination.models import WarningCase
from coordination.warnings.choices import Branch
from coordination.warnings.moves import locked_case, refuse_stale
from coordination.warnings.ratings import decide_imminence
from coordination.warnings.sending import send_out


@transaction.atomic
def send_now(
    case: WarningCase, *, reason: str, by: Any, based_on: int | None = None, now: datetime | None = None
) -> WarningCase:
    """Decide that a case is imminent, with the reason, send it to its usual recipients, and return it.

    What is not rated yet holds nothing back: the reason of the decision is that of the skipped steps. Both acts are on
    record, or neither. Source: POC Handbook 2020, Annex V, steps 9 and I10 (EW-06, EW-07, EW-08).
    """
    case = locked_case(case.pk)
    refuse_stale(case, based_on)
    if case.branch != Branch.IMMINENT:
        case = decide_imminence(case, branch=Branch.IMMINENT, reason=reason, by=by, now=now)
    return send_out(case, by=by, reason=reason, now=now)
