"""The evidence of one threat as pages draw it: two windows, the addresses of their incidents, killed per month."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pocweb.charts import sparkline
from threats.choices import Trend
from threats.evidence import LONG, SHORT, Evidence, Window, month_starts
from threats.filters import as_query

SIGNS = {Trend.RISING: "up", Trend.FALLING: "dn", Trend.STEADY: "eq"}


@dataclass(frozen=True)
class Line:
    """One window; an address is empty where there is no incident to show."""

    days: int
    window: Window
    sign: str
    url: str
    before_url: str


@dataclass(frozen=True)
class Strip:
    """What `threats/_evidence_strip.html` draws."""

    evidence: Evidence
    lines: tuple[Line, ...]
    year_url: str
    sparkline: SafeString


def strip_of(ref: str, evidence: Evidence, today: date) -> Strip:
    """Return the evidence of the threat `ref` for its page, row and form of rating."""
    lines = (_line(ref, SHORT, evidence.short, today), _line(ref, LONG, evidence.long, today))
    year = _incidents(ref, month_starts(today)[0], today) if evidence.year else ""
    return Strip(evidence, lines, year, year_sparkline(ref, evidence, today))


def _line(ref: str, days: int, window: Window, today: date) -> Line:
    start = today - timedelta(days=days - 1)
    url = _incidents(ref, start, today) if window.incidents else ""
    before = _incidents(ref, start - timedelta(days=days), start - timedelta(days=1)) if window.before else ""
    return Line(days, window, SIGNS[window.trend], url, before)


def _incidents(ref: str, start: date, end: date) -> str:
    """Return the address of the list of a threat's incidents in a period, both ends included."""
    return f"{reverse('threats:incident-list')}?{as_query({'threat': ref, 'from': start, 'to': end})}"


def year_sparkline(ref: str, evidence: Evidence, today: Any) -> SafeString:
    """Return the bars of people killed per month, best estimates, for the twelve months that end with today's."""
    months = [f"{start:%b %Y}" for start in month_starts(today)]
    numbers = ", ".join(str(number) for number in evidence.months)
    label = _("Killed per month for %(ref)s, %(first)s to %(last)s: %(numbers)s")
    return sparkline(
        evidence.months, label % {"ref": ref, "first": months[0], "last": months[-1], "numbers": numbers}, names=months
    ).svg
