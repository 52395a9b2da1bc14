"""One cell: the value that is written for a field, and the value that a cell which came back stands for."""

import re
from datetime import date
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from pocweb.tabular.base import shorten
from pocweb.tabular.writing import NOT_XML
from threats.imports.cells import EARLIEST, LATEST, WHOLE, parse_day, split
from threats.offline.columns import MOST_TEXT, Kind, SheetColumn
from threats.offline.words import MISSING, Words

MOST_NUMBER = 2_147_483_647
CUT = "…"
SHOWN = 6  # words of a list in a sentence
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class CellError(Exception):
    """A cell that cannot be taken; the message is a sentence for the person."""


def normal(text: str) -> str:
    """Return a text as it survives the way through a spreadsheet: line ends as one sign, no signs that XML lacks.

    Spreadsheets write a carriage return, and an underscore that looks like an escape, as `_x000D_` and `_x005F_`.
    """
    text = text.replace("x005F_", "").replace("_x000D_\n", "\n").replace("_x000D_", "\n")
    return NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """Return a text for a cell: what looks like an escape is kept as text, line ends are single."""
    return LOOKS_ESCAPED.sub("_x005F_", NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def is_cut(value: Any) -> bool:
    """Say whether a text is too long for a cell and is written cut."""
    return isinstance(value, str) and len(escaped(value)) > MOST_TEXT


def written(column: SheetColumn, value: Any, words: Words) -> str | int | date | None:
    """Return what the cell of a field holds for its plain value; None for an empty cell."""
    if column.kind == Kind.MANY:
        return "; ".join(words.word(column.words, one) for one in value or ()) or None
    if column.kind == Kind.ONE:
        return words.word(column.words, value) or None
    if value is None or value == "":
        return None
    if column.kind == Kind.DATE:
        return date.fromisoformat(value) if isinstance(value, str) else value
    if column.kind == Kind.NUMBER:
        return int(value)
    text = escaped(str(value))
    return text[:MOST_TEXT] + CUT if len(text) > MOST_TEXT else text


def empty_of(column: SheetColumn) -> Any:
    """Return the plain value of an empty cell."""
    if column.kind == Kind.MANY:
        return []
    if column.name == "near_mission_presence":
        return False
    return None if column.kind == Kind.NUMBER or column.words in ("known", "vulnerability") else ""


def taken(column: SheetColumn, text: str, base: Any, words: Words) -> Any:
    """Return the plain value of a cell that came back; a cell that still holds what was written is its base unchanged.

    Raises `CellError` for a cell that cannot be taken.
    """
    before = written(column, base, words)
    was = before.isoformat() if isinstance(before, date) else str(before if before is not None else "")
    if normal(text).strip() == normal(was).strip():
        return base
    if is_cut(base):
        raise CellError(_("The text is longer than a sheet can hold. Edit it on the threat's page."))
    value = _read(column, normal(text).strip(), words)
    return base if column.kind == Kind.MANY and sorted(value) == sorted(base or ()) else value


def _read(column: SheetColumn, text: str, words: Words) -> Any:
    if not text:
        return empty_of(column)
    if column.kind == Kind.MANY:
        return sorted({_one_of(column, part, words) for part in split(text)})
    if column.kind == Kind.ONE:
        return _one_of(column, text, words)
    if column.kind == Kind.DATE:
        return _day(text)
    if column.kind == Kind.NUMBER:
        return _number(text)
    if len(text) > column.most:
        sizes = {"found": f"{len(text):,}", "limit": f"{column.most:,}"}
        raise CellError(_("The text has %(found)s characters; the limit is %(limit)s.") % sizes)
    return text


def _one_of(column: SheetColumn, text: str, words: Words) -> Any:
    value = words.value(column.words, text)
    if value is MISSING:
        raise not_listed(column, text, words)
    return value


def not_listed(column: SheetColumn, text: str, words: Words) -> CellError:
    """Return the refusal of a word that a list does not offer, naming one that is close or those that it does."""
    known = words.choices(column.words)
    if near := get_close_matches(text, known, n=1, cutoff=0.8):
        said = {"value": shorten(text, 60), "near": near[0]}
        return CellError(_('"%(value)s" is not in the list. Is "%(near)s" meant?') % said)
    listed = ", ".join(known[:SHOWN])
    if len(known) > SHOWN:
        listed = _("%(words)s and %(n)s more") % {"words": listed, "n": len(known) - SHOWN}
    said = {"value": shorten(text, 60), "known": listed or _("nothing yet")}
    return CellError(_('"%(value)s" is not in the list. It holds: %(known)s.') % said)


def _day(text: str) -> str:
    day = parse_day(text)
    if day is None:
        raise CellError(_('"%(value)s" is not a date. Write it as 2020-12-31.') % {"value": shorten(text, 40)})
    if not EARLIEST <= day <= LATEST:
        raise CellError(_('"%(value)s" is too far away.') % {"value": shorten(text, 40)})
    return day.isoformat()


def _number(text: str) -> int:
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not WHOLE.match(plain) or len(plain) > 20:
        said = _('"%(value)s" is not a whole number of 0 or more. Leave the cell empty for unknown.')
        raise CellError(said % {"value": shorten(text, 40)})
    number = int(plain.split(".")[0])
    if number > MOST_NUMBER:
        raise CellError(_('"%(value)s" is too high.') % {"value": shorten(text, 40)})
    return number
