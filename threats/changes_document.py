"""The page "Since edition N" of the matrix on paper, as plain data: what is new, up, down, changed, closed, and why."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from pocweb.fieldlist import for_people
from threats.comparison import CHANGED, CLOSED, DOWN, NEW, UP, Comparison, Row
from threats.edition_trail import Act, ChangeLine
from threats.matrix_document import ChangeEntry, ChangesPage


def changes_page(number: int, comparison: Comparison, lines: Iterable[ChangeLine]) -> ChangesPage:
    """Return the page from a comparison and its rows with their acts; the same data gives the same page."""
    words = {NEW: _("New"), UP: _("Up"), DOWN: _("Down"), CHANGED: _("Changed"), CLOSED: _("Closed")}
    lines = list(lines)
    return ChangesPage(
        number=number,
        headline=comparison.headline,
        entries=tuple(_entry(words[line.group], line) for line in lines if line.group in words),
        unchanged=tuple(sorted(row["ref"] for row in comparison.unchanged)),
    )


def _entry(group: str, line: ChangeLine) -> ChangeEntry:
    was, was_level = _risk(line.was)
    now, now_level = _risk(line.row)
    cells = ", ".join(one.cell.label for one in line.cells)
    return ChangeEntry(group, line.ref, line.title, was, was_level, now, now_level, cells, _why(line))


def _risk(row: Row | None) -> tuple[str, int]:
    if row is None:
        return "", 0
    return str(row["risk_label"] or _("Not rated")), row["risk"] or 0


def _why(line: ChangeLine) -> str:
    """Return who, when and why of the newest acts behind a row, each told once; unknown is said."""
    acts = sorted({act for one in line.cells for act in one.acts} | set(line.acts), key=_newest)
    told = [f"{act.who}, {for_people(act.at)}: {(act.why or act.what).rstrip('. ')}." for act in acts[:3]]
    return " ".join(told) or line.reason or for_people(None)


def _newest(act: Act) -> tuple[float, str]:
    return -act.at.timestamp(), act.what
