"""Sending a case to its recipients: the imminent alert (step I10), and sharing without a time to acknowledge (6, N12).

Each sending stores who got it, as what, and when; a person stands once per step. Sent anew, a person's row begins anew:
what they acknowledged before stays in the audit trail. Source: POC Handbook 2020, Annex V, steps 6, I10, N12 (EW-08).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import CaseRecipient, CaseStep, WarningCase
from coordination.warnings import rules
from coordination.warnings.choices import Branch, Measure
from coordination.warnings.moves import locked_case, move_case, refuse_stale, write_step
from coordination.warnings.recipients import marking_of, may_see, people_of, recipients_for
from coordination.warnings.targets import targets_of
from pocweb import clock
from pocweb.errors import RuleError
from pocweb.models import Mission, Person
from pocweb.notices import notify
from pocweb.permissions import require

SEND, SHARE = "I10", ("6", "N12")
"""The step of the alert that must be acknowledged, and those that share a case without a time for it."""
ALERT, SHARED = "alert_to_acknowledge", "case_shared"
DEFAULT_MINUTES = 30


@dataclass(frozen=True)
class Chosen:
    """Whom a sender takes off the list and adds to it, with the reason where they depart from it."""

    removed: frozenset[int] = frozenset()
    added: tuple[Person, ...] = ()
    reason: str = ""


def minutes_to_acknowledge(mission: Mission) -> int:
    """Return in how many minutes an imminent alert is to be acknowledged: the mission's target, else 30 (ours)."""
    return targets_of(mission).get((Measure.ACKNOWLEDGED, Branch.IMMINENT), DEFAULT_MINUTES)


def send_out(
    case: WarningCase,
    *,
    by: Any,
    based_on: int | None = None,
    chosen: Chosen | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> WarningCase:
    """Send an imminent alert to its recipients, to be acknowledged in the mission's time, and return the case.

    Rows, step and notices stand in one transaction. `reason` is that of a skipped step or a way back. Raises
    `Forbidden`, `Conflict`, `RuleError` with nobody left, or a changed list without a reason. Source: step I10.
    """
    with transaction.atomic():
        case = locked_case(case.pk)
        require(by, rules.STEER, case)
        refuse_stale(case, based_on)
        moment = now or clock.now(case.mission)
        pairs = _people(case, SEND, chosen or Chosen())
        due_at = moment + timedelta(minutes=minutes_to_acknowledge(case.mission))
        begin_rows(case, SEND, pairs, now=moment, due_at=due_at)
        said = _said(pairs, chosen)
        case = move_case(case, "send-out", by=by, reason=reason, said=said, now=moment)
        words = {"ref": case.ref, "office": case.office}
        text = _("%(ref)s: an imminent alert for %(office)s. Acknowledge it.") % words
        tell(case, SEND, pairs, text=text, topic=ALERT, now=moment)
    return case


def share_case(
    case: WarningCase,
    step: str,
    *,
    by: Any,
    based_on: int | None = None,
    chosen: Chosen | None = None,
    now: datetime | None = None,
) -> WarningCase:
    """Share a case with the list of a step; the state stays, and nobody has a time to acknowledge.

    Raises as `send_out` does, and for a closed case.
    """
    if step not in SHARE:
        raise RuleError("step_unknown", _("Choose the step from the list."), "step")
    with transaction.atomic():
        case = locked_case(case.pk)
        require(by, rules.STEER, case)
        refuse_stale(case, based_on)
        refuse_closed(case)
        moment = now or clock.now(case.mission)
        pairs = _people(case, step, chosen or Chosen())
        said = _said(pairs, chosen)
        begin_rows(case, step, pairs, now=moment)
        write_step(case, key=step, act="share", verb="shared", columns={}, said=said, by=by, now=moment)
        tell(case, step, pairs, text=_("%(ref)s was shared with you. Read it.") % {"ref": case.ref}, now=moment)
    return case


def refuse_closed(case: WarningCase) -> None:
    """Raise `RuleError` when the case is closed."""
    if not case.is_open:
        raise RuleError("case_closed", _("The case is closed. Reopen it first."))


def guard_sent(case: WarningCase, step: rules.Step) -> None:
    """Refuse to call a case sent out that went to nobody (EW-08)."""
    if not case.recipients.filter(step=SEND).exists():
        raise RuleError("nobody_told", _("Say first to whom it goes: send it out from its own page."))


def _people(case: WarningCase, step: str, chosen: Chosen) -> list[tuple[str, Person]]:
    """Return who gets it after the sender's changes; refused with nobody left, or a changed list without a reason."""
    listed = people_of(recipients_for(case, step))
    there = {person.pk for _label, person in listed}
    added = [one for one in chosen.added if one.pk not in there]
    if (added or chosen.removed & there) and not chosen.reason.strip():
        raise RuleError("reason_missing", _("Say why the list is changed."), "change_reason")
    if any(not may_see(one, case) for one in added):
        raise RuleError("not_cleared", _("This person may not see the case. Choose another."), "added")
    pairs = [(label, person) for label, person in listed if person.pk not in chosen.removed]
    pairs += [(person.function[:80] or _("Added by the sender"), person) for person in added]
    if not pairs:
        raise RuleError("nobody_told", _("It would go to nobody. Leave one recipient at least."), "removed")
    return pairs


def begin_rows(
    case: WarningCase,
    step: str,
    pairs: Collection[tuple[str, Person]],
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Begin the rows of a step: new ones, and those of a sending before, anew.

    Call it before the step is written: who acknowledges holds the row first and the mission's chain after it.
    """
    fresh = {"sent_at": now, "due_at": due_at, "acknowledged_at": None, "reminders": 0, "reminded_at": None}
    rows = case.recipients.filter(step=step, person__in=[person for _label, person in pairs])
    there = set(rows.values_list("person", flat=True))
    rows.update(**fresh)
    CaseRecipient.objects.bulk_create(
        CaseRecipient(case=case, step=step, label=label[:80], person=person, sent_at=now, due_at=due_at)
        for label, person in pairs
        if person.pk not in there
    )


def _said(pairs: Collection[tuple[str, Person]], chosen: Chosen | None) -> dict[str, list[Any]]:
    """Return what the step keeps: who got it (by key, as marking may hide names later), and why the list was changed.

    No names stand in it.
    """
    said: Mapping[str, list[Any]] = {"sent_to": [None, [person.pk for _label, person in pairs]]}
    return dict(said) | ({"change_reason": [None, chosen.reason.strip()]} if chosen and chosen.reason.strip() else {})


def tell(
    case: WarningCase,
    step: str,
    pairs: Collection[tuple[str, Person]],
    *,
    text: str,
    now: datetime,
    topic: str = SHARED,
) -> None:
    """Tell the recipients of a step once, after the step was written: the sending is what the notice is known by."""
    sending = CaseStep.objects.filter(case=case).order_by("-pk").values_list("pk", flat=True)[0]
    notify(
        [person for _label, person in pairs], topic=topic, key=f"case-{case.pk}-{step}-{sending}", text=text,
        ref=case.ref, marking=marking_of(case), mission=case.mission,
        url=reverse("coordination:case-acknowledge", args=[case.pk]), now=now,
    )  # fmt: skip
