"""The state table of matrix editions, and what guards its acts. Plain values in, plain values out.

Source of the process: POC Handbook 2020, 8.3 (draft, consultation, agreed in the forum, approved by the Head of Office
and the heads of military and police, in force until the next edition). The return to draft is ours: the Handbook does
not say what happens when a forum or a head refuses.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from threats.choices import ApprovalSlot, EditionState


class Guard(StrEnum):
    """What must hold besides state and permission; each name has one check in this module."""

    ALL_RATED = "all_rated"
    REASON = "reason"
    MAY_SIGN = "may_sign"
    ALL_SIGNED = "all_signed"
    NONE = ""


@dataclass(frozen=True)
class Step:
    """One line of the state table.

    `permission` is empty for what follows by itself. `slot` is the approval that the act fills, `verb` the word of the
    audit trail, `label` the button.
    """

    before: EditionState
    act: str
    after: EditionState
    permission: str
    guard: Guard
    verb: str
    label: str | Promise = ""
    slot: str = ""


CONSULT, ENDORSE, APPROVE, RETURN = "consult", "endorse", "approve", "return"
COMPLETE, ENTER_FORCE, SUPERSEDE = "complete", "enter_force", "supersede"

_DRAFT, _CONSULTATION, _ENDORSED = EditionState.DRAFT, EditionState.CONSULTATION, EditionState.ENDORSED

STEPS: tuple[Step, ...] = (
    Step(
        _DRAFT,
        CONSULT,
        _CONSULTATION,
        "threats.draft_edition",
        Guard.NONE,
        "opened for consultation",
        gettext_lazy("Open for consultation"),
    ),
    Step(
        _CONSULTATION,
        ENDORSE,
        _ENDORSED,
        "threats.endorse_edition",
        Guard.ALL_RATED,
        "endorsed",
        gettext_lazy("Record the forum's endorsement"),
    ),
    *(
        Step(
            _ENDORSED,
            APPROVE,
            _ENDORSED,
            f"threats.approve_as_{slot}",
            Guard.MAY_SIGN,
            "approved",
            gettext_lazy("Approve"),
            slot,
        )
        for slot in ApprovalSlot.values
    ),
    Step(
        _CONSULTATION,
        RETURN,
        _DRAFT,
        "threats.return_edition",
        Guard.REASON,
        "returned to draft",
        gettext_lazy("Return to draft"),
    ),
    Step(
        _ENDORSED,
        RETURN,
        _DRAFT,
        "threats.return_edition",
        Guard.REASON,
        "returned to draft",
        gettext_lazy("Return to draft"),
    ),
    Step(_ENDORSED, COMPLETE, EditionState.APPROVED, "", Guard.ALL_SIGNED, "approved by all"),
    Step(EditionState.APPROVED, ENTER_FORCE, EditionState.IN_FORCE, "", Guard.NONE, "put in force"),
    Step(EditionState.IN_FORCE, SUPERSEDE, EditionState.SUPERSEDED, "", Guard.NONE, "superseded"),
)

ACTS = (CONSULT, ENDORSE, APPROVE, RETURN)
"""What people do; the other acts of the table follow by themselves."""


def step_for(state: str, act: str, slot: str = "") -> Step:
    """Return the line of the table. Raises `RuleError` where it has none: the act is not open in this state."""
    for step in STEPS:
        if step.before == state and step.act == act and step.slot == slot:
            return step
    words = {"state": str(EditionState(state).label).lower()}
    raise RuleError("illegal_move", _("This act is not open to an edition in the state: %(state)s.") % words)


def steps_from(state: str) -> tuple[Step, ...]:
    """Return what people may do in a state, rights aside; the buttons of the page are these."""
    return tuple(step for step in STEPS if step.before == state and step.act in ACTS)


def unrated(rows: Iterable[tuple[str, int | None]]) -> list[str]:
    """Return the references of the threats without a rating, from pairs of reference and risk level."""
    return [ref for ref, risk in rows if risk is None]


def check_all_rated(rows: Iterable[tuple[str, int | None]]) -> None:
    """Raise `RuleError` naming the threats without a rating: a forum cannot rank what nobody has rated."""
    if missing := unrated(rows):
        names = ", ".join(missing)
        raise RuleError(
            "not_rated", _("These threats have no rating yet: %(names)s. Rate them first.") % {"names": names}
        )


def check_reason(reason: str) -> str:
    """Return the reason of a return without spaces around it. Raises `RuleError` when nobody wrote one."""
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why it goes back to draft."), "reason")
    return reason.strip()


def check_may_sign(*, person: int, drafter: int | None, signed: Collection[int]) -> None:
    """Raise `RuleError` when the person drafted the edition, or has approved it in another of the three roles.

    Three heads approve, so three people do (Handbook 8.3); that the drafter is none of them is ours.
    """
    if drafter is not None and person == drafter:
        raise RuleError("drafter_approves", _("You opened this edition, so another person approves it."))
    if person in signed:
        raise RuleError("approves_twice", _("You have approved this edition already, in another of the three roles."))


def missed(
    *, in_force_at: datetime | None, horizon_on: date | None, review_days: int, now: datetime
) -> tuple[str, ...]:
    """Return what an edition in force has missed, as sentences: its review period (in days, inclusive), its horizon.

    Source: POC Handbook 2020, 5.1 (forums review weekly or monthly) and 8.3; the limit is the mission's own.
    """
    found = []
    if in_force_at is not None and now - in_force_at > timedelta(days=review_days):
        words = {"days": (now - in_force_at).days, "limit": review_days}
        found.append(_("Review missed: in force for %(days)d days, the review period is %(limit)d days.") % words)
    if horizon_on is not None and horizon_on < now.date():
        found.append(_("Its horizon passed on %(day)s.") % {"day": for_people(horizon_on)})
    return tuple(found)


def all_signed(slots: Collection[str]) -> bool:
    """Say whether the three approvals are there."""
    return set(slots) == set(ApprovalSlot.values)
