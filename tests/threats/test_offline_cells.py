"""Cells of a sheet that is edited offline: any text survives the way out and back (TH-10)."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.threats_offline import opened, saved
from threats.offline.cells import MOST_TEXT, CellError, taken, written
from threats.offline.columns import FIELDS, MATRIX, Kind, SheetColumn
from threats.offline.preview import Known, Stored, preview
from threats.offline.reading import read_offline
from threats.offline.words import Words
from threats.offline.writing import OfflineMatrix, write_offline
from threats.services.threat_values import GUARDED

NAMES = [column.name for column in FIELDS if column.kind == Kind.TEXT]
TRICKY = st.sampled_from(
    ["=1+1", "+5", "-3", "@home", "'=x", "''", "\t=a", "_x0041_", "_x005F_", "_x000D_", "a\r\nb\rc\n", " spaced ",
     "12", "007", "2020-12-31", "true", "nul\x00\x0b", "\ud800", "\ufffe", "الأمن", "é; à", "1e5", "#REF!"]
)  # fmt: skip
TEXTS = st.one_of(TRICKY, st.text(max_size=60), st.lists(TRICKY, max_size=4).map("".join))
CODES = {"areas": "CF42", "violence_types": "killing", "actors": "upc", "lead": "officer", "components": "force"}


def _words() -> Words:
    words = Words()
    for name, code in CODES.items():
        words.add(name, [(code, f"{code} name"), ("other", "Other; one")])
    words.add("known", ((True, "yes"), (False, "no"), (None, "unknown")))
    words.add("yes_no", ((True, "yes"), (False, "no")))
    for name in ("likelihood", "impact", "confidence", "vulnerability", "groups", "protection_actors"):
        words.add(name, [(1, "One"), (2, "Two")])
    return words


def _matrix(values: list[dict[str, Any]]) -> OfflineMatrix:
    rows = [
        row | {"key": str(at), "version": "1", "ref": f"T-{at:03d}", "rating": ""} for at, row in enumerate(values, 1)
    ]
    at = datetime(2020, 12, 31, tzinfo=UTC)
    return OfflineMatrix("DEMO", "BAMBARI", "Bambari", 2, at, "A. Bellin", "t", rows, [], [], _words())


def _known(at: int, values: dict[str, Any]) -> Known:
    values = values | {"groups": [], "protection_actors": []}
    return Known(at, f"T-{at:03d}", values["title"], 1, 1, False, True, values, values)


VALUES = st.fixed_dictionaries(
    {name: TEXTS for name in NAMES}
    | {
        "title": TEXTS.filter(lambda text: text.strip(" \n\r\t\x00\x0b\ud800\ufffe") not in ("", "_x000D_")),
        "areas": st.just(["CF42"]),
        "violence_types": st.sampled_from([[], ["killing"], ["killing", "other"]]),
        "actors": st.sampled_from([[], ["upc"]]),
        "components": st.sampled_from([[], ["force", "other"]]),
        "lead": st.sampled_from(["", "officer", "somebody-who-left"]),
        "capacity_in_reach": st.sampled_from([None, True, False]),
        "near_mission_presence": st.booleans(),
        "horizon_on": st.sampled_from(["", "2021-03-31"]),
        "review_on": st.sampled_from(["", "1999-01-01"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=3), is_saved_anew=st.booleans())
def test_any_texts_come_back_unchanged(values: list[dict[str, Any]], is_saved_anew: bool) -> None:
    """TH-10: whatever stands in the fields, a sheet that nobody edited reports no change and no fault."""
    content = write_offline(_matrix(values))
    if is_saved_anew:
        content = saved(opened(content))
    stored = Stored({str(at): _known(at, row) for at, row in enumerate(values, 1)}, {}, set(), {}, _words())
    found = preview(read_offline(io.BytesIO(content)), stored)
    assert (found.lines, found.same, found.gone) == ([], len(values), [])


@pytest.mark.parametrize("text", ["=1+1", "+5", "-3", "@SUM(A1)", "\t=a", "'=x", '=HYPERLINK("http://x")'])
def test_text_that_looks_like_a_formula_is_stored_as_text(text: str) -> None:
    """TH-10: no cell of the file is a formula, and the cell shows the text as it was written."""
    row = {"title": "A", "scale": text, "areas": ["CF42"]}
    book = opened(write_offline(_matrix([row])))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not any(cell.data_type == "f" for cell in cells)
    cell = next(cell for cell in book[MATRIX][4] if cell.value == text)
    assert (cell.data_type, cell.number_format, cell.quotePrefix) == ("s", "@", True)


def test_text_longer_than_a_cell_is_cut_locked_and_never_taken_back() -> None:
    """TH-10: such a text comes back unchanged while nobody writes into its cell, and is refused when somebody does."""
    column, long = SheetColumn("scale", "Scale"), "x" * (MOST_TEXT + 1)
    cell = str(written(column, long, _words()))
    assert (len(cell), cell[-1]) == (MOST_TEXT + 1, "…")
    assert taken(column, cell, long, _words()) == long
    with pytest.raises(CellError):
        taken(column, cell[:-1] + "y", long, _words())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Other, one", "other"),
        ("other", "other"),
        ("OTHER, ONE", "other"),
        ("killing name", "killing"),
        ("Renamed", "killing"),
    ],
)
def test_word_is_found_by_name_code_or_the_list_of_the_file(typed: str, code: str) -> None:
    words = _words()
    words.trust({"violence_types": {"renamed": "killing"}})
    assert words.value("violence_types", typed) == code


def test_every_guarded_field_of_a_threat_has_a_place_in_the_sheet() -> None:
    """TH-10: columns of the sheet Matrix, or sheets of their own; the marking is told and not edited offline."""
    elsewhere = {"groups", "protection_actors", "marking"}
    assert {column.name for column in FIELDS} | elsewhere == set(GUARDED)
