"""One field list per record: it drives form, detail page, table, import template, exports, PDF and API schema.

A record's list is declared once (for instance `threats/fieldlists/incident.py`); everything else asks it. A test per
record fails when one of the faces misses a field.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _


class FieldKind(StrEnum):
    """How a value is shown, checked and written to a sheet."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    MOMENT = "moment"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    LINK = "link"
    LIST = "list"


class Face(StrEnum):
    """Where a field shows."""

    FORM = "form"
    DETAIL = "detail"
    TABLE = "table"
    IMPORT = "import"
    EXPORT = "export"
    API = "api"


EVERYWHERE = frozenset({Face.FORM, Face.DETAIL, Face.EXPORT, Face.API})


@dataclass(frozen=True)
class Field:
    """One field of a record.

    `value` takes the record and returns a plain value (str, int, float, bool, date, datetime, list of these, or None
    for unknown). `hxl` is the tag of the export's second row; columns without one are left out of HXL exports' tags.
    `choices` are (stored, label) pairs for drop-down lists. `locked` columns are not editable in a round trip.
    """

    name: str
    label: str | Promise
    kind: FieldKind
    value: Callable[[Any], Any]
    hxl: str = ""
    faces: frozenset[Face] = EVERYWHERE
    choices: tuple[tuple[Any, str | Promise], ...] = ()
    locked: bool = False

    def on(self, face: Face) -> bool:
        return face in self.faces


@dataclass(frozen=True)
class FieldList:
    """The fields of one kind of record, in the order that people read them."""

    record: str
    fields: tuple[Field, ...]

    def on(self, face: Face) -> tuple[Field, ...]:
        """Return the fields that show on this face."""
        return tuple(field for field in self.fields if field.on(face))

    def names(self, face: Face) -> tuple[str, ...]:
        return tuple(field.name for field in self.on(face))

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def plain(self, record: Any, face: Face = Face.EXPORT) -> dict[str, Any]:
        """Return the record's values on a face by field name."""
        return {field.name: field.value(record) for field in self.on(face)}

    def rows(self, records: Iterable[Any], face: Face = Face.EXPORT) -> Iterator[dict[str, Any]]:
        for record in records:
            yield self.plain(record, face)

    def shown(self, record: Any, face: Face = Face.DETAIL) -> list[tuple[str, str]]:
        """Return (label, text for people) pairs; an unknown value is written, never left blank."""
        return [(str(field.label), for_people(field.value(record))) for field in self.on(face)]


def for_people(value: Any) -> str:
    """Return a plain value as text: `31 December 2020`, `yes`, `1 204`, "not recorded" for None and empty."""
    if value is None or value == "" or value == []:
        return _("not recorded")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return f"{value.day} {value:%B %Y, %H:%M} UTC"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    if isinstance(value, (list, tuple)):
        return ", ".join(for_people(item) for item in value)
    return str(value)
