"""Two states of an office's matrix side by side, as pages, files and PDF tell them: what moved, by whom, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from pocweb.fieldlist import for_people
from pocweb.tabular import Column
from threats.comparison import GROUPS, Comparison, Row
from threats.edition_trail import Act, ChangeLine, change_lines, read_acts, window
from threats.editions import changes_since, live_rows
from threats.models import MatrixEdition

LIVE = 0
"""The key of the live matrix where an edition's key may stand."""


@dataclass(frozen=True)
class Changes:
    """What differs between a frozen edition and a later one, or the live matrix (`after` is None)."""

    before: MatrixEdition
    after: MatrixEdition | None
    comparison: Comparison = field(default_factory=Comparison)
    lines: tuple[ChangeLine, ...] = ()
    marking: int = 0

    @property
    def before_label(self) -> str:
        return _("Edition %(number)s") % {"number": self.before.number}

    @property
    def after_label(self) -> str:
        return _("Edition %(number)s") % {"number": self.after.number} if self.after else _("The live matrix")

    def of_group(self, group: str) -> list[ChangeLine]:
        """Return the rows of one group, or all with an empty name."""
        return [line for line in self.lines if group in ("", line.group)]


def read_changes(
    before: MatrixEdition,
    after: MatrixEdition | None = None,
    *,
    now: datetime,
    clearance: int | None = None,
    rows: Iterable[Row] | None = None,
) -> Changes:
    """Return what differs, with the acts of the audit trail between the two; a fixed number of queries.

    `before` is frozen; `after` is a frozen edition, or None for the live matrix, whose `rows` the caller may have.
    With `clearance` only what a reader of it may see: threats above it count on neither side.
    """
    if after is not None:
        rows = (after.snapshot or {})["rows"]
    elif rows is None:
        rows = live_rows(before.office, now=now, clearance=clearance, previous=before)
    rows = list(rows)
    found = changes_since(before, now=now, clearance=clearance, rows=rows)
    pks = {row["pk"] for row in (*found.new, *found.unchanged, *found.closed)} | {row.pk for row in found.changed}
    acts = read_acts(before.office, pks, window(before, after), clearance=clearance)
    marking = max([before.marking, after.marking if after else 0, *(row["marking"] for row in rows)])
    return Changes(before, after, found, tuple(_with_reasons(change_lines(found, acts), after)), marking)


def _with_reasons(lines: Iterable[ChangeLine], after: MatrixEdition | None) -> Iterable[ChangeLine]:
    """Yield the lines; a closed threat of which the trail tells nothing keeps the reason that the edition froze."""
    frozen = {row["pk"]: row["closed_reason"] for row in (after.snapshot or {}).get("closed", ())} if after else {}
    for line in lines:
        if line.pk in frozen and not line.reason:
            line = ChangeLine(line.group, line.pk, line.ref, line.title, line.was, None, (), line.acts, frozen[line.pk])
        yield line


# --- as a table -------------------------------------------------------------------------------------------------------


def table_columns(changes: Changes) -> list[Column]:
    """Return the columns of the comparison as a file: one line per cell that differs."""
    return [
        Column("ref", _("Reference"), "#meta+id"),
        Column("title", _("Title"), "#meta+title"),
        Column("group", _("Group"), "#status+change"),
        Column("was_risk", _("Risk in: %(what)s") % {"what": changes.before_label}, "#severity+before"),
        Column("risk", _("Risk in: %(what)s") % {"what": changes.after_label}, "#severity+after"),
        Column("cell", _("Cell"), "#meta+cell"),
        Column("before", changes.before_label, "#description+before"),
        Column("after", changes.after_label, "#description+after"),
        Column("who", _("Who"), "#contact+name"),
        Column("when", _("When"), "#date+change"),
        Column("why", _("Why"), "#description+reason"),
    ]


def table_rows(changes: Changes, group: str = "") -> list[dict[str, object]]:
    """Return one flat row per cell that differs; rows that are new, closed or unchanged have one each."""
    words = {key: str(label) for key, label in GROUPS}
    found: list[dict[str, object]] = []
    for line in changes.of_group(group):
        flat: dict[str, object] = {"ref": line.ref, "title": line.title, "group": words[line.group]}
        flat |= {"was_risk": _risk(line.was), "risk": _risk(line.row), "cell": "", "before": "", "after": ""}
        if not line.cells:
            found.append(flat | _told(line.acts, line.reason))
        for one in line.cells:
            cell = {"cell": one.cell.label, "before": one.cell.before, "after": one.cell.after}
            found.append(flat | cell | _told(one.acts))
    return found


def _risk(row: Row | None) -> str:
    if row is None:
        return ""
    return str(row["risk_label"] or _("Not rated"))


def _told(acts: Iterable[Act], reason: str = "") -> dict[str, object]:
    """Return who, when and why of the last act; unknown is said."""
    last = next(iter(acts), None)
    if last is None:
        return {"who": for_people(None), "when": None, "why": reason or for_people(None)}
    return {"who": last.who, "when": last.at, "why": last.why or reason or last.what}
