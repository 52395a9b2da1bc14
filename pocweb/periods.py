"""Quarters as people and data write them: 2020-Q4, "fourth quarter 2020"."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from pocweb.errors import RuleError

_PATTERN = re.compile(r"^(\d{4})-Q([1-4])$")


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a calendar year."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Return the quarter that `2020-Q4` names; raise `RuleError` for anything else."""
        match = _PATTERN.match(text.strip())
        if match is None:
            raise RuleError("bad_period", _("Name the quarter as year and number, such as 2020-Q4."), "period")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def starts_on(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def ends_on(self) -> date:
        month = 3 * self.number
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def last_month_starts_on(self) -> date:
        return date(self.year, 3 * self.number, 1)

    @property
    def before(self) -> "Quarter":
        return Quarter.of(self.starts_on - timedelta(days=1))

    @property
    def after(self) -> "Quarter":
        return Quarter.of(self.ends_on + timedelta(days=1))

    @property
    def words(self) -> str:
        """Return the quarter in words, such as "fourth quarter 2020"."""
        ordinal = (_("first"), _("second"), _("third"), _("fourth"))[self.number - 1]
        return _("%(ordinal)s quarter %(year)s") % {"ordinal": ordinal, "year": self.year}

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"
