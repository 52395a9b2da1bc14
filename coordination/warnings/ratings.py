"""Steps 3 to 9 of a case: source, information, class, impact, likelihood, imminence; each can be rated anew later.

A rating that comes when the case stands before it or at the step ahead is a line of the state table. One that comes
later changes no state: the case stays where it is, with old value, author and reason on record (POC Handbook 2020,
Annex V, steps 3 to 9; EW-02 to EW-07). No rating holds a case back: F and "cannot be estimated" are ratings.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import CaseTask, WarningCase
from coordination.warnings import rules
from coordination.warnings.choices import (
    AssessingBody,
    Branch,
    CaseClass,
    CaseState,
    ImpactLevel,
    InformationReliability,
    SourceReliability,
    TaskKind,
    UnitRating,
)
from coordination.warnings.moves import locked_case, move_case, refuse_stale, write_step
from pocweb import clock
from pocweb.errors import RuleError
from pocweb.permissions import require

VALIDATED = (InformationReliability.SURE, InformationReliability.CONFIRMED, InformationReliability.PROBABLE)
SPECIAL = {
    TaskKind.CHILDREN: ("7A", "impact_children", "children_rating", "rated the impact on children of"),
    TaskKind.WOMEN: ("7B", "impact_women", "women_rating", "rated the impact on women and girls of"),
}
RATE_SPECIAL = "coordination.rate_special_impact"


def is_done(case: WarningCase, act: str) -> bool:
    """Say whether the case stands at or past the state that an act of the assessment leads to."""
    step, _is_out_of_order = rules.step_for(act, state=case.state, branch=case.branch)
    return case.state == step.after or rules.is_later(case.state, step.after, branch=case.branch)


FIRST = {
    "rate-source": "source_reliability",
    "rate-information": "information_reliability",
    "class": "classed_at",
    "rate-impact": "impact_civilians",
    "rate-likelihood": "likelihood",
}
"""By act the column that is empty until it was done once, in its turn or later."""


def is_first(case: WarningCase, act: str) -> bool:
    """Say whether a rating was never given."""
    return getattr(case, FIRST[act]) in (None, "")


def needs_reason(case: WarningCase, act: str) -> bool:
    """Say whether a rating needs a reason now: it skips steps ahead, or changes what was rated (EW-07)."""
    if is_done(case, act):
        return not is_first(case, act)
    return rules.step_for(act, state=case.state, branch=case.branch)[1]


def _rate(
    case: WarningCase,
    act: str,
    values: Mapping[str, Any],
    *,
    by: Any,
    reason: str,
    based_on: int | None,
    now: datetime | None,
    free: bool = False,
) -> WarningCase:
    """Take the step of an act, or rate where it is done or was skipped. `free` says that this needs no reason."""
    if not is_done(case, act):
        return move_case(case, act, by=by, based_on=based_on, reason=reason, values=values, now=now)
    step, _is_out_of_order = rules.step_for(act, state=case.state, branch=case.branch)
    require(by, step.permission, case)
    refuse_stale(case, based_on)
    if not reason.strip() and not free:
        raise RuleError("reason_missing", _("This was rated before. Say why it changes."), "reason")
    moment = now or clock.now(case.mission)
    columns = dict(values)
    if step.clock and getattr(case, step.clock) is None:
        columns[step.clock] = moment
    return write_step(
        case, key=step.key, act=act, verb=step.verb, columns=columns, reason=reason.strip(), by=by, now=moment
    )


def _known(value: str, known: Any, field: str, said: str) -> str:
    if value not in known.values:
        raise RuleError(f"{field}_missing", said, field)
    return value


def _level(value: int | None, field: str, said: str) -> int:
    if value not in ImpactLevel.values:
        raise RuleError(f"{field}_missing", said, field)
    return int(value)


@transaction.atomic
def rate_source(
    case: WarningCase, *, reliability: str, by: Any, reason: str = "", based_on: int | None = None,
    now: datetime | None = None,
) -> WarningCase:  # fmt: skip
    """Rate the source A to F and return the case. Source: POC Handbook 2020, Annex V, step 3, annex 2 (EW-02)."""
    case = locked_case(case.pk)
    said = _("Choose a letter. F is an answer: the reliability cannot be estimated.")
    values = {"source_reliability": _known(reliability, SourceReliability, "reliability", said)}
    free = is_first(case, "rate-source")
    return _rate(case, "rate-source", values, by=by, reason=reason, based_on=based_on, now=now, free=free)


@transaction.atomic
def rate_information(
    case: WarningCase, *, reliability: str, by: Any, is_triangulated: bool = False, triangulation: str = "",
    reason: str = "", based_on: int | None = None, now: datetime | None = None,
) -> WarningCase:  # fmt: skip
    """Rate the information, and say whether it is triangulated and validated and how. Returns the case.

    What is thought doubtful, improbable or cannot be judged is not validated (ours). An early warning stays
    triangulated: class it as an alert first. Source: Annex V, step 4, annex 3 (EW-02, EW-03).
    """
    case = locked_case(case.pk)
    said = _('Choose one. "The truthfulness cannot be estimated" is an answer.')
    _known(reliability, InformationReliability, "reliability", said)
    words = triangulation.strip()
    if is_triangulated and reliability not in VALIDATED:
        raise RuleError(
            "not_validated", _("Information that is not at least probable is not validated."), "is_triangulated"
        )
    if is_triangulated and not words:
        raise RuleError("triangulation_missing", _("Say which reports or checks agree."), "triangulation")
    if case.case_class == CaseClass.WARNING and not is_triangulated:
        said = _("An early warning is triangulated and validated. Class it as an alert first.")
        raise RuleError("class_first", said, "is_triangulated")
    values = {"information_reliability": reliability, "is_triangulated": is_triangulated, "triangulation": words}
    free = is_first(case, "rate-information")
    return _rate(case, "rate-information", values, by=by, reason=reason, based_on=based_on, now=now, free=free)


@transaction.atomic
def class_case(
    case: WarningCase, *, case_class: str, by: Any, reason: str = "", based_on: int | None = None,
    now: datetime | None = None,
) -> WarningCase:  # fmt: skip
    """Class a case as alert or early warning, ask the specialized units for 7A and 7B, and return it.

    An early warning must be triangulated and validated; everything else is an alert. Either turns into the other at
    any time with a reason. Source: Annex V, step 5, para. 20 (EW-03, EW-04).
    """
    case = locked_case(case.pk)
    _known(case_class, CaseClass, "case_class", _("Choose alert or early warning."))
    if case_class == CaseClass.WARNING and not case.is_triangulated:
        said = _("Only what is triangulated and validated is an early warning. Rate the information first.")
        raise RuleError("not_triangulated", said, "case_class")
    now = now or clock.now(case.mission)
    asked = {name: UnitRating.ASKED for _k, _i, name, _v in SPECIAL.values() if not getattr(case, name)}
    values = {"case_class": case_class, **asked}
    free = is_first(case, "class")
    case = _rate(case, "class", values, by=by, reason=reason, based_on=based_on, now=now, free=free)
    for kind, (_key, _impact, name, _verb) in SPECIAL.items():
        if name in asked:
            CaseTask.objects.get_or_create(
                case=case, kind=kind, done_at=None, defaults={"asked_at": now, "asked_by": by}
            )
    return case


def overall(
    case: WarningCase, changed: Mapping[str, Any], *, override: int | None = None, why: str = ""
) -> dict[str, Any]:
    """Return the columns of overall impact and priority as they follow from the ratings with these changes.

    The overall impact is the highest of the three, unless a person set it with a reason; then it stays theirs until it
    is rated anew (EW-05).
    """
    three = [changed.get(name, getattr(case, name)) for name in ("impact_civilians", "impact_children", "impact_women")]
    highest = rules.overall_impact(*three)
    impact = override if override is not None else highest
    likelihood = changed.get("likelihood", case.likelihood)
    return {**changed, "impact": impact, "impact_reason": why, "priority": rules.priority_of(impact, likelihood)}


@transaction.atomic
def rate_impact(
    case: WarningCase, *, civilians: int | None, by: Any, overall_level: int | None = None, impact_reason: str = "",
    reason: str = "", based_on: int | None = None, now: datetime | None = None,
) -> WarningCase:  # fmt: skip
    """Rate the impact on civilians and return the case with overall impact and priority worked out anew.

    `overall_level` sets the overall impact otherwise than the highest of the three, with its reason. Source: Annex V,
    step 6, annex 4; the rule of the highest is ours (EW-04, EW-05).
    """
    case = locked_case(case.pk)
    level = _level(civilians, "civilians", _("Choose low, medium or high."))
    why = impact_reason.strip()
    values = overall(case, {"impact_civilians": level})
    if overall_level is not None and overall_level != values["impact"]:
        _level(overall_level, "overall_level", _("Choose low, medium or high."))
        if not why:
            said = _("Say why the overall impact is not the highest of the ratings.")
            raise RuleError("override_without_reason", said, "impact_reason")
        values = overall(case, {"impact_civilians": level}, override=overall_level, why=why)
    free = is_first(case, "rate-impact")
    return _rate(case, "rate-impact", values, by=by, reason=reason, based_on=based_on, now=now, free=free)


@transaction.atomic
def rate_special_impact(
    case: WarningCase, *, kind: str, by: Any, level: int | None = None, is_relevant: bool = True, reason: str = "",
    based_on: int | None = None, now: datetime | None = None,
) -> WarningCase:  # fmt: skip
    """Rate the impact on children (7A) or on women and girls (7B), or say with a reason that it is not relevant.

    The state stays: no step waits for it. The overall impact follows, unless a person set it. A rating anew needs a
    reason. Source: Annex V, steps 7A and 7B (EW-04).
    """
    case = locked_case(case.pk)
    require(by, RATE_SPECIAL, case)
    refuse_stale(case, based_on)
    if case.state == CaseState.CLOSED:
        raise RuleError("case_closed", _("The case is closed. Reopen it first."))
    if kind not in SPECIAL:
        raise RuleError("kind_unknown", _("There is no such rating."), "kind")
    key, column, flag, verb = SPECIAL[TaskKind(kind)]
    why = reason.strip()
    if is_relevant:
        level = _level(level, "level", _("Choose low, medium or high, or say that it is not relevant."))
    elif not why:
        raise RuleError("reason_missing", _("Say why it is not relevant here."), "reason")
    if getattr(case, flag) in (UnitRating.RATED, UnitRating.NOT_RELEVANT) and not why:
        raise RuleError("reason_missing", _("This was rated before. Say why it changes."), "reason")
    changed = {column: level if is_relevant else None}
    is_set_by_hand = bool(case.impact_reason)
    values = overall(case, changed, override=case.impact if is_set_by_hand else None, why=case.impact_reason)
    values[flag] = UnitRating.RATED if is_relevant else UnitRating.NOT_RELEVANT
    now = now or clock.now(case.mission)
    case = write_step(case, key=key, act=f"rate-{kind}", verb=verb, columns=values, reason=why, by=by, now=now)
    task, _new = CaseTask.objects.get_or_create(
        case=case, kind=kind, done_at=None, defaults={"asked_at": now, "asked_by": by}
    )
    CaseTask.objects.filter(pk=task.pk).update(done_at=now, done_by=by, is_relevant=is_relevant, findings=why)
    return case


@transaction.atomic
def rate_likelihood(
    case: WarningCase, *, level: int | None, by: Any, body: str = AssessingBody.CELL, reason: str = "",
    based_on: int | None = None, now: datetime | None = None,
) -> WarningCase:  # fmt: skip
    """Rate the likelihood and say which body gave it; the priority follows from the grid. Returns the case.

    The operations centre or cell proposes, the local forum confirms: the same level from the forum needs no reason.
    Source: Annex V, step 8 (its text and its title name different bodies), annexes 5 and 6 (EW-05).
    """
    case = locked_case(case.pk)
    chosen = _level(level, "level", _("Choose low, medium or high."))
    _known(body, AssessingBody, "body", _("Say who gave it."))
    if body == AssessingBody.FORUM:
        require(by, rules.STEER, case)
    confirms = body == AssessingBody.FORUM and chosen == case.likelihood and case.likelihood_body == AssessingBody.CELL
    free = is_first(case, "rate-likelihood") or confirms
    priority = rules.priority_of(case.impact, chosen)
    values = {"likelihood": chosen, "likelihood_body": body, "priority": priority}
    return _rate(case, "rate-likelihood", values, by=by, reason=reason, based_on=based_on, now=now, free=free)


@transaction.atomic
def decide_imminence(
    case: WarningCase, *, branch: str, reason: str, by: Any, based_on: int | None = None, now: datetime | None = None
) -> WarningCase:
    """Record that a case is imminent or not, with the reason, and return it at the parting of the branches.

    Always a human decision, whatever the priority. It may come at any time: ratings that are missing hold nothing
    back, and a case may change branches, each with the reason. Source: Annex V, step 9; 8.2.5 (EW-06, EW-07).
    """
    case = locked_case(case.pk)
    _known(branch, Branch, "branch", _("Choose imminent or not imminent."))
    why = reason.strip()
    if not why:
        raise RuleError("reason_missing", _("Say on what this decision rests."), "reason")
    if branch == case.branch:
        said = _("%(ref)s is decided so already.") % {"ref": case.ref}
        raise RuleError("decided_already", said, "branch")
    values = {"branch": branch, "imminence_reason": why}
    return move_case(case, "prioritise", by=by, based_on=based_on, reason=why, values=values, now=now)
