"""The registry of layouts: which columns a file has, how a row of it is read. To add a layout, add it to `LAYOUTS`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from django.utils.translation import gettext as _

from pocweb.tabular import CellProblem, Limits, Row, Table, TableError, open_table
from pocweb.tabular.base import HeaderGuess, cell_problem
from threats.choices import Origin

from . import acled, template, ucdp
from .drafts import IncidentDraft, ParsedRow
from .vocabulary import VIOLENCE_TYPES


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file. `columns` are the known column names in their order, `labels` what people see instead.

    `parse` turns a row with these column names into a draft or the problems of its cells. `headerless` names the
    columns of a file that came without a first row of names.
    """

    code: str
    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    parse: Callable[[Row], IncidentDraft | list[CellProblem]]
    labels: Mapping[str, str] = field(default_factory=dict)
    headerless: HeaderGuess | None = None

    def names_of(self, headers: Iterable[str]) -> dict[str, str]:
        """Return our column names by the headers of a file; a header may be the name or its label, in any case."""
        known = {name.casefold(): name for name in self.columns}
        known |= {label.casefold(): name for name, label in self.labels.items()}
        return {header: known[key] for header in headers if (key := header.strip().casefold()) in known}

    def missing(self, headers: Iterable[str]) -> list[str]:
        """Return the required columns that a file lacks, in the layout's order."""
        present = set(self.names_of(headers).values())
        return [name for name in self.columns if name in self.required and name not in present]

    def unknown(self, headers: Iterable[str]) -> list[str]:
        """Return the headers that the layout does not know; their cells are kept beside the incident."""
        known = self.names_of(headers)
        return [header for header in headers if header not in known]

    def recognise(self, headers: Iterable[str]) -> bool:
        """Say whether a file with these headers has every required column."""
        return not self.missing(headers)

    def bind(self, table: Table) -> Table:
        """Return the table under our column names; raise `TableError` naming the columns it lacks."""
        missing = self.missing(table.headers)
        if missing:
            listed = ", ".join(f'"{self.labels.get(name, name)}"' for name in missing)
            words = {"layout": self.name, "columns": listed}
            raise TableError(
                "missing_columns", _("The %(layout)s layout needs these columns too: %(columns)s.") % words
            )
        names = self.names_of(table.headers)
        doubled = [name for name in dict.fromkeys(names.values()) if list(names.values()).count(name) > 1]
        if doubled:
            words = {"columns": ", ".join(f'"{name}"' for name in doubled)}
            raise TableError("duplicate_header", _("Two columns of the file mean the same: %(columns)s.") % words)
        return table.rename(names)


def template_layout(violence_types: tuple[str, ...] = VIOLENCE_TYPES) -> Layout:
    """Return the layout of our template, with the codes of the forms of violence that a mission knows."""
    return Layout(
        Origin.POCWEB.value,
        "pocweb",
        tuple(column.name for column in template.COLUMNS),
        template.REQUIRED,
        partial(template.parse, violence_types=violence_types),
        labels=template.LABELS,
    )


LAYOUTS: dict[str, Layout] = {
    layout.code: layout
    for layout in (
        Layout(Origin.UCDP.value, "UCDP GED", ucdp.COLUMNS, ucdp.REQUIRED, ucdp.parse, headerless=ucdp.headerless),
        Layout(Origin.ACLED.value, "ACLED", acled.COLUMNS, acled.REQUIRED, acled.parse),
        template_layout(),
    )
}


def find_layout(headers: Sequence[str]) -> Layout:
    """Return the layout whose required columns a file has; raise `TableError` naming the nearest one when none fits."""
    for layout in LAYOUTS.values():
        if layout.recognise(headers):
            return layout
    nearest = min(LAYOUTS.values(), key=lambda layout: len(layout.missing(headers)) / len(layout.required))
    if len(nearest.missing(headers)) < len(nearest.required):
        listed = ", ".join(f'"{nearest.labels.get(name, name)}"' for name in nearest.missing(headers))
        words = {"layout": nearest.name, "columns": listed}
        raise TableError(
            "unknown_layout",
            _("The columns are most like the %(layout)s layout, but these are missing: %(columns)s.") % words,
        )
    names = ", ".join(layout.name for layout in LAYOUTS.values())
    raise TableError("unknown_layout", _("The columns fit no known layout: %(names)s.") % {"names": names})


def open_incidents(
    file: BinaryIO, *, name: str, limits: Limits | None = None, layout: str | None = None
) -> tuple[Layout, Table]:
    """Return the layout of a file of incidents and its table under that layout's column names.

    `layout` is a code of `LAYOUTS`, None to find it from the columns. Raises `TableError`.
    """
    chosen = LAYOUTS[layout] if layout else None
    guess = chosen.headerless if chosen else ucdp.headerless
    table = open_table(file, name=name, limits=limits, headerless=guess)
    found = chosen or find_layout(table.headers)
    return found, found.bind(table)


def read_drafts(layout: Layout, table: Table) -> Iterator[ParsedRow]:
    """Yield every row of a bound table, read by its layout.

    An id that stood in an earlier row rejects the later one, as long as the earlier one was accepted itself.
    """
    seen: dict[str, int] = {}
    for row in table:
        result = layout.parse(row)
        if isinstance(result, list):
            yield ParsedRow(row.number, None, tuple(result))
            continue
        first = seen.setdefault(result.origin_id, row.number)
        if first == row.number:
            yield ParsedRow(row.number, result, result.notices)
        else:
            yield ParsedRow(row.number, None, (_second(layout, row, result.origin_id, first),))


def _second(layout: Layout, row: Row, origin_id: str, first: int) -> CellProblem:
    column = {Origin.UCDP.value: "id", Origin.ACLED.value: "event_id_cnty"}.get(layout.code, "origin_id")
    reason = _('the id "%(id)s" stands already in row %(first)s.') % {"id": origin_id, "first": first}
    return cell_problem(row.number, layout.labels.get(column, column), origin_id, "duplicate_id", reason)
