"""Judgments on local POC plans: what an adoption needs. Plain values in, plain values out.

Source: POC Handbook 2020, 6.1.3: at least the risks and each protection actor's activities, capacity, role and
responsibilities (CO-11).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from pocweb.errors import RuleError


def check_period(starts_on: date | None, ends_on: date | None) -> None:
    """Raise `RuleError` unless the plan has a first and a last day in order."""
    if starts_on is None:
        raise RuleError("start_missing", _("Give the first day."), "starts_on")
    if ends_on is None or ends_on < starts_on:
        raise RuleError("end_missing", _("Give the last day, not before the first."), "ends_on")


def check_complete(risks: Sequence[tuple[str, int]]) -> None:
    """Raise `RuleError` naming what is missing: any risk at all, or the risks (text, number of lines) with no line.

    A line cannot be stored without activity, capacity, role and responsibility, so that a line is enough (CO-11).
    """
    if not risks:
        raise RuleError("no_risk", _("The plan names no risk. Add at least one, with what each actor does about it."))
    bare = [text for text, lines in risks if not lines]
    if bare:
        named = "; ".join(f"“{text[:80]}”" for text in bare)
        words = _("Nobody is named who does anything about: %(risks)s. Add a protection actor or a component to each.")
        raise RuleError("bare_risks", words % {"risks": named})


def next_period(starts_on: date, ends_on: date) -> tuple[date, date]:
    """Return the period of the same length that begins the day after."""
    first = ends_on + timedelta(days=1)
    return first, first + (ends_on - starts_on)
