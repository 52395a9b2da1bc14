"""Decisions of forums on a case: which count for the round that it is in, and the acts that need one (I11, N10).

A decision counts when it was written under the case's item of a meeting, since the case became imminent or was tabled
last. The word of a Head of Office alone is no decision of the forum (POC Handbook 2020, Annex V, step 11; EW-09).
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import Decision, WarningCase
from coordination.querysets import DecisionQuerySet
from coordination.warnings.choices import Branch
from coordination.warnings.moves import locked_case, move_case
from coordination.warnings.recipients import people_of, recipients_for
from coordination.warnings.rules import Step
from coordination.warnings.sending import begin_rows, tell
from pocweb import clock
from pocweb.errors import Forbidden, RuleError

DECIDE, EMERGENCY = "decide", "decide-emergency"


def decisions_of(case: WarningCase) -> DecisionQuerySet:
    """Return all decisions on a case that nobody overruled, the latest first."""
    rows = Decision.objects.filter(item__case=case, overruled_by=None).select_related("meeting__forum", "meeting")
    return rows.order_by("-decided_at", "-pk")


def round_began(case: WarningCase) -> datetime:
    """Return since when a decision counts: imminent, since it was called so; otherwise since it was last tabled."""
    steps = case.steps.filter(key="9") if case.branch == Branch.IMMINENT else case.steps.filter(act="table")
    last: datetime | None = steps.order_by("-pk").values_list("ended_at", flat=True).first()
    return last or case.received_at


def decisions_now(case: WarningCase) -> DecisionQuerySet:
    """Return the decisions that count for the round that the case is in, the latest first. Two queries."""
    return decisions_of(case).filter(decided_at__gte=round_began(case))


def guard_decided(case: WarningCase, step: Step) -> None:
    """Refuse to call a case decided while no forum's decision on it is recorded (EW-09; Annex V, step 11)."""
    if not decisions_now(case).exists():
        words = _(
            "No decision of a forum on %(ref)s is recorded. The forum decides, in a meeting; then record it here."
        )
        raise RuleError("decision_missing", words % {"ref": case.ref}, "decision")


def act_for(case: WarningCase) -> str:
    """Return the act that records the decision on the branch that the case is on."""
    return EMERGENCY if case.branch == Branch.IMMINENT else DECIDE


def record_decision(
    case: WarningCase, *, by: Any, based_on: int | None = None, reason: str = "", now: datetime | None = None
) -> WarningCase:
    """Take the case on to decided, at the moment of the forum's first decision of this round, and tell who must know.

    Step I11 tells the operations centre at headquarters, step N10 the Head of Office too. Raises `Forbidden`,
    `Conflict`, and `RuleError` without a decision, or one that the person may not see.
    """
    with transaction.atomic():
        case = locked_case(case.pk)
        moment = now or clock.now(case.mission)
        found = list(decisions_now(case).visible_to(by))
        if not found and decisions_now(case).exists():
            raise Forbidden("forbidden", _("The decision is marked above what you may read. Ask who may."))
        is_first = bool(found) and case.decided_at is None
        values = {"decided_at": min(found[-1].decided_at, moment)} if is_first else {}
        said = {"decision": [None, [one.pk for one in found]]}
        step = "I11" if case.is_imminent else "N10"
        pairs = people_of(recipients_for(case, step))
        begin_rows(case, step, pairs, now=moment)
        case = move_case(
            case, act_for(case), by=by, based_on=based_on, reason=reason, values=values, said=said, now=moment
        )
        text = _("%(ref)s: the forum's decision is recorded. Read it.") % {"ref": case.ref}
        tell(case, step, pairs, text=text, now=moment)
    return case
