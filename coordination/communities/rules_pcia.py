"""Judgments on peace and conflict impact assessments. Source: POC Handbook 2020, Annex V, para. 8.1, 8.2 (EW-18)."""

from datetime import date
from enum import Enum

from django.utils.translation import gettext as _

from pocweb.errors import RuleError

DUE_MONTH, DUE_DAY = 6, 15
"""Annex V, para. 8.1 says by 15 June and at the start of the fiscal year; as these differ, each row has its own day."""
REMIND_DAYS = 30
PARTS = ("conflict_map", "stakeholder_map", "risks")


class Standing(Enum):
    DONE = "done"
    COMING = "coming"
    SOON = "soon"
    OVERDUE = "overdue"


def default_due(year: int) -> date:
    """Return the day by which the assessment of a year is usually due."""
    return date(year, DUE_MONTH, DUE_DAY)


def standing(*, due_on: date, is_done: bool, today: date) -> Standing:
    """Return how an assessment stands; on the day itself it is still in time, soon from thirty days before (ours)."""
    if is_done:
        return Standing.DONE
    if today > due_on:
        return Standing.OVERDUE
    return Standing.SOON if (due_on - today).days <= REMIND_DAYS else Standing.COMING


def check_complete(parts: dict[str, str]) -> None:
    """Raise `RuleError` at the first of the three required parts that is empty."""
    asked = {
        "conflict_map": _("Write the conflict map: social, political and economic."),
        "stakeholder_map": _("Write the stakeholder map."),
        "risks": _("Write the POC risks and opportunities of each conflict."),
    }
    for name in PARTS:
        if not parts[name].strip():
            raise RuleError(f"{name}_missing", asked[name], name)


def check_year(year: int | None, due_on: date | None) -> None:
    """Raise `RuleError` without a year, or for a due day that lies more than a year from it."""
    if year is None:
        raise RuleError("year_missing", _("Give the year."), "year")
    if due_on is None:
        raise RuleError("due_missing", _("Give the day by which it is due."), "due_on")
    if abs(due_on.year - year) > 1:
        raise RuleError("due_elsewhere", _("The day lies too far from the year."), "due_on")
