"""What changed on the live matrix since the edition in force: the marks of its rows and the words of their filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from pocweb.models import Office
from threats.choices import EditionState
from threats.comparison import Mark, Row, column_labels, compare_rows, marks
from threats.models import MatrixEdition


@dataclass(frozen=True)
class LiveMarks:
    """Marks of rows by the threat's key, and the number of the edition in force of each office by its code."""

    rows: Mapping[int, Mark] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def since(self) -> str:
        """Return what the marks count from, in words; empty where no edition is in force."""
        if not self.numbers:
            return ""
        if len(self.numbers) == 1:
            return _("since edition %(number)s") % {"number": next(iter(self.numbers.values()))}
        return _("since the editions in force")


def read_marks(office: Office, user: Any, rows: Iterable[Row]) -> LiveMarks:
    """Return the marks of live rows against the editions in force of the office and all below it. One query."""
    editions = MatrixEdition.objects.visible_to(user).filter(
        mission=office.mission_id, office__path__startswith=office.path, state=EditionState.IN_FORCE
    )
    found = editions.values_list("office__code", "number", "snapshot")
    return live_marks(((code, number, snapshot["rows"]) for code, number, snapshot in found), rows, user.clearance)


def live_marks(frozen: Iterable[tuple[str, int, Iterable[Row]]], rows: Iterable[Row], clearance: int) -> LiveMarks:
    """Return the marks of live rows (`threats.comparison.live_row`) against frozen ones: (office code, number, rows).

    The ten columns are compared. Of the risk, level, likelihood and impact count and the trend does not: it moves with
    time. A row of an office without an edition in force has no mark, nor has one whose earlier state the reader may
    not see.
    """
    numbers: dict[str, int] = {}
    before: list[Row] = []
    hidden: set[int] = set()
    for code, number, lines in frozen:
        numbers[code] = number
        for line in lines:
            if line["marking"] > clearance:
                hidden.add(line["pk"])
            else:
                before.append(line)
    after = [row for row in rows if row["office_code"] in numbers and row["pk"] not in hidden]
    return LiveMarks(marks(compare_rows(before, after, column_labels())), numbers)
