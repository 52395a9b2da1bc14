"""Cells to values: each reader returns a value or notes a problem in plain words and returns None."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

from django.utils.translation import gettext as _

from pocweb.tabular import CellProblem, Row
from pocweb.tabular.base import cell_problem, shorten

MAX_COUNT = 10_000_000
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1
    )
    for name in names.split()
}  # fmt: skip
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\Z")
WRITTEN_DAY = re.compile(r"(\d{1,2})[ -]([A-Za-z]+)\.?[ -](\d{4})\Z")
WHOLE = re.compile(r"\d+(?:\.0+)?\Z")
DECIMAL = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\Z")

T = TypeVar("T")


@lru_cache(maxsize=32_768)
def parse_day(text: str) -> date | None:
    """Return the day of '2023-02-16', '2023-02-16 00:00:00.000', '16 May 2025' or '16-May-2025', else None.

    '02/03/2023' is not read: it is the second of March to some and the third of February to others.
    """
    if match := ISO_DAY.match(text):
        year, month, day = (int(part) for part in match.groups())
    elif (match := WRITTEN_DAY.match(text)) and match.group(2).lower() in MONTHS:
        year, month, day = int(match.group(3)), MONTHS[match.group(2).lower()], int(match.group(1))
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


class Cells:
    """The cells of one row, read one by one; `problems` gathers what was wrong, `used` which columns were read."""

    def __init__(self, row: Row, labels: Mapping[str, str] | None = None) -> None:
        self.row = row
        self.labels = labels or {}
        self.problems: list[CellProblem] = list(row.problems)
        self.used: set[str] = set()

    def refuse(self, column: str, code: str, reason: str) -> None:
        """Note a problem of a cell; `reason` is a sentence that does not repeat row and column."""
        value = self.row.values.get(column, "")
        self.problems.append(cell_problem(self.row.number, self.labels.get(column, column), value, code, reason))

    def notice(self, column: str, code: str, reason: str) -> CellProblem:
        """Return a remark on a cell that does not reject the row."""
        value = self.row.values.get(column, "")
        return cell_problem(self.row.number, self.labels.get(column, column), value, code, reason)

    def raw(self, column: str) -> str:
        """Return the text of a cell without spaces around it; '' where the file lacks the column."""
        self.used.add(column)
        return self.row.values.get(column, "").strip()

    def text(self, column: str, *, most: int = 32_767, required: bool = False) -> str:
        """Return a text of at most `most` characters."""
        value = self.raw(column)
        if required and not value:
            self.refuse(column, "missing", _("the cell is empty."))
        if len(value) > most:
            sizes = {"found": f"{len(value):,}", "limit": f"{most:,}"}
            self.refuse(column, "too_long", _("the text has %(found)s characters; the limit is %(limit)s.") % sizes)
        return value

    def whole(self, column: str, *, required: bool = False) -> int | None:
        """Return a whole number of 0 or more, None for an empty cell. '12.0' is 12, as spreadsheets write it."""
        value = self.raw(column)
        if not value:
            if required:
                self.refuse(column, "missing", _("the cell is empty."))
            return None
        if WHOLE.match(value) and len(value) < 20:
            number = int(value.split(".")[0])
            if number <= MAX_COUNT:
                return number
            limit = {"value": value, "limit": f"{MAX_COUNT:,}"}
            self.refuse(column, "too_high", _('"%(value)s" is above %(limit)s.') % limit)
        elif DECIMAL.match(value) and value.startswith("-"):
            self.refuse(column, "negative", _('"%(value)s" is below 0.') % {"value": shorten(value)})
        else:
            self.refuse(column, "not_whole", _('"%(value)s" is not a whole number.') % {"value": shorten(value)})
        return None

    def degrees(self, column: str, limit: int) -> float | None:
        """Return a number of degrees between -limit and limit, None for an empty cell."""
        value = self.raw(column)
        if not value:
            return None
        if not DECIMAL.match(value):
            reason = _('"%(value)s" is not a number of degrees, such as 4.3667.') % {"value": shorten(value)}
            self.refuse(column, "not_number", reason)
            return None
        number = float(value)
        if not -limit <= number <= limit:
            span = {"value": shorten(value), "limit": limit}
            self.refuse(column, "out_of_range", _('"%(value)s" is not between -%(limit)s and %(limit)s.') % span)
            return None
        return number

    def point(self, lat: str, lon: str) -> tuple[float | None, float | None]:
        """Return latitude and longitude, both or neither."""
        north, east = self.degrees(lat, 90), self.degrees(lon, 180)
        if bool(self.raw(lat)) != bool(self.raw(lon)):
            empty = lat if not self.raw(lat) else lon
            self.refuse(empty, "half_point", _("a point needs both latitude and longitude."))
        return (north, east) if north is not None and east is not None else (None, None)

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Return a day, None for an empty cell."""
        value = self.raw(column)
        if not value:
            if required:
                self.refuse(column, "missing", _("the cell is empty."))
            return None
        day = parse_day(value)
        if day is None:
            reason = _('"%(value)s" is not a date. Write it as 2023-02-16.') % {"value": shorten(value)}
            self.refuse(column, "not_date", reason)
        elif not EARLIEST <= day <= LATEST:
            self.refuse(column, "out_of_range", _('"%(value)s" is too far away.') % {"value": shorten(value)})
            return None
        return day

    def coded(self, column: str, codes: Mapping[str, T], default: T | None = None) -> T | None:
        """Return what a code stands for (case ignored), `default` for an empty cell without which it is required."""
        value = self.raw(column)
        if not value and default is not None:
            return default
        found = codes.get(value) or codes.get(value.casefold())
        if found is None:
            self.refuse(column, "unknown_code", self._not_one_of(value, codes))
        return found

    def several(self, column: str, codes: Mapping[str, str]) -> tuple[str, ...]:
        """Return the codes of a cell whose values are separated by ';', each once, in their order."""
        found: dict[str, None] = {}
        for value in split(self.raw(column)):
            code = codes.get(value.casefold())
            if code is None:
                self.refuse(column, "unknown_code", self._not_one_of(value, codes))
            else:
                found[code] = None
        return tuple(found)

    def span(self, start: str, end: str) -> tuple[date | None, date | None]:
        """Return first and last day; an empty last day is the first. The end may not lie before the start."""
        first, last = self.day(start, required=True), self.day(end)
        if first and last and last < first:
            days = {"end": last.isoformat(), "start": first.isoformat()}
            self.refuse(end, "ends_before_start", _("the end %(end)s lies before the start %(start)s.") % days)
        return first, last or first

    def extra(self) -> dict[str, str]:
        """Return every filled column that nobody has read."""
        return {
            key: value for key, value in self.row.values.items() if key not in self.used and value and value.strip()
        }

    def _not_one_of(self, value: str, codes: Iterable[str]) -> str:
        listed = list(dict.fromkeys(codes))
        known = ", ".join(listed[:8]) + (", …" if len(listed) > 8 else "")
        if not value:
            return _("the cell is empty; it takes one of: %(known)s.") % {"known": known}
        return _('"%(value)s" is not one of: %(known)s.') % {"value": shorten(value, 40), "known": known}


def split(text: str) -> list[str]:
    """Return the parts of a cell that holds several values separated by ';'."""
    return [part.strip() for part in text.split(";") if part.strip()]


def cut(text: str, length: int) -> str:
    """Return text for a field of limited length, with an ellipsis where it was cut."""
    return shorten(" ".join(text.split()), length)
