"""Numbers that programs write into forms, addresses and sheets."""

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator

DAYS_OF_RECORDS = [MinValueValidator(date(1945, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
"""Validators of days in filters: beside the ends of the calendar, the days and months around them cannot be counted."""


def whole(text: str) -> int:
    """Return a number that a program wrote into a form or sheet, 0 for anything else: no sign, nine digits at most.

    `str.isdigit` is no test for what `int` takes: it lets signs such as "²" through, and numbers without end.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
