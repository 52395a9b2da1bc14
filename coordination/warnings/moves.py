"""How a case moves along the state table: the one door through which its state changes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.models import CaseStep, WarningCase
from coordination.warnings import rules
from coordination.warnings.choices import CaseState
from coordination.warnings.rules import Step
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.permissions import require

Guard = Callable[[WarningCase, Step], None]
_guards: dict[str, list[Guard]] = {}


def register_guard(act: str, guard: Guard) -> None:
    """Add a condition of an act; it raises `RuleError` when the case may not take it, skip or not. Counts once."""
    guards = _guards.setdefault(act, [])
    if guard not in guards:
        guards.append(guard)


def locked_case(pk: int) -> WarningCase:
    """Return the case with its row locked until the transaction ends."""
    rows = WarningCase.objects.select_for_update(of=("self",)).select_related("mission", "office")
    case: WarningCase = rows.get(pk=pk)
    return case


@transaction.atomic
def move_case(
    case: WarningCase,
    act: str,
    *,
    by: Any,
    based_on: int | None = None,
    reason: str = "",
    values: Mapping[str, Any] | None = None,
    said: Mapping[str, list[Any]] | None = None,
    now: datetime | None = None,
) -> WarningCase:
    """Take one line of the state table and return the case as it now stands.

    `values` are columns that the step sets, `said` what it stated for the record (default: the values, before and
    after). `based_on` is the version that the page showed: a case that moved on meanwhile is refused (`Conflict`).
    Raises `Forbidden`, `RuleError` for an illegal act, a missing reason of a skip or a way back, or a guard (EW-07).
    """
    case = locked_case(case.pk)
    step, is_out_of_order = rules.step_for(act, state=case.state, branch=case.branch)
    require(by, step.permission, case)
    refuse_stale(case, based_on)
    given = rules.check_reason(reason, needed=is_out_of_order)
    for guard in _guards.get(act, ()):
        guard(case, step)
    moment = now or clock.now(case.mission)
    columns = dict(values or {})
    if step.clock and getattr(case, step.clock) is None:
        columns.setdefault(step.clock, moment)  # a decision was taken before somebody recorded it here
    if step.after == CaseState.CLOSED and not (columns.get("outcome") or case.outcome):
        raise RuleError("outcome_missing", _("Say what became of the threat."), "outcome")
    return write_step(
        case, key=step.key, act=act, after=step.after, verb=step.verb, columns=columns, said=said, reason=given,
        is_out_of_order=is_out_of_order, by=by, now=moment,
    )  # fmt: skip


def refuse_stale(case: WarningCase, based_on: int | None) -> None:
    """Raise `Conflict` when the case moved on since the version that a page showed."""
    if based_on is not None and based_on != case.version:
        words = {"ref": case.ref, "state": str(case.get_state_display()).lower()}
        raise Conflict("case_moved_on", _("%(ref)s has moved on meanwhile: %(state)s. Look at it again.") % words)


def write_step(
    case: WarningCase,
    *,
    key: str,
    act: str,
    verb: str,
    columns: Mapping[str, Any],
    by: Any,
    now: datetime,
    after: str = "",
    said: Mapping[str, list[Any]] | None = None,
    reason: str = "",
    is_out_of_order: bool = False,
) -> WarningCase:
    """Store columns and step of a locked case, with one event; `after` is "" for an act that changes no state.

    Inside the caller's transaction, after its own checks. The update is conditional on the version that was read.
    """
    before, last = case.state, case.steps.order_by("-pk").first()
    told = {name: [plain(getattr(case, name)), plain(value)] for name, value in columns.items()}
    told = {name: pair for name, pair in {**told, **(said or {})}.items() if pair[0] != pair[1]}
    rows = WarningCase.objects.filter(pk=case.pk, version=case.version)
    stamps = {"version": F("version") + 1, "changed_at": now, "changed_by": by if by.pk else None}
    if not rows.update(state=after or before, **columns, **stamps):
        raise Conflict("case_moved_on", _("%(ref)s has moved on meanwhile. Look at it again.") % {"ref": case.ref})
    case.refresh_from_db()
    begun_at = last.ended_at if last else case.received_at
    CaseStep.objects.create(
        case=case, key=key, act=act, before=before, after=case.state, begun_at=begun_at,
        ended_at=now, by=by if by.pk else None, reason=reason, said=told, is_out_of_order=is_out_of_order,
    )  # fmt: skip
    changes = {**told, **({"state": [before, case.state]} if case.state != before else {})}
    record_event(by, verb, case, changes=changes, note=reason, now=now)
    return case


def plain(value: Any) -> Any:
    """Return a column's value as the record keeps it: keys for records, ISO text for moments."""
    if hasattr(value, "pk"):
        return value.pk
    return value.isoformat() if hasattr(value, "isoformat") else value


def reopen_case(case: WarningCase, *, reason: str, by: Any, now: datetime | None = None) -> WarningCase:
    """Take a closed case back under watch, with the reason; its outcome and end are taken back, the steps stay."""
    with transaction.atomic():
        case = locked_case(case.pk)
        require(by, rules.STEER, case)
        if case.state != CaseState.CLOSED:
            raise RuleError("not_closed", _("The case is open."))
        given = rules.check_reason(reason, needed=True)
        columns = {
            "outcome": "",
            "finding": "",
            "closed_at": None,
            "neutralised_at": None,
            "killed": None,
            "injured": None,
        }
        return write_step(
            case, key="N12", act="reopen", after=CaseState.MONITORED, verb="reopened", columns=columns, reason=given,
            is_out_of_order=True, by=by, now=now or clock.now(case.mission),
        )  # fmt: skip
