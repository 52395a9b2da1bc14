"""Reading and writing of tables: what is accepted, what is refused in which words, what comes back unchanged."""

import copy
import io
import string
import tracemalloc
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocweb.tabular import Column, Limits, Table, TableError, guard_text, open_table, write_csv, write_xlsx

COLUMNS = (
    Column("code", "Code", "#event+code", locked=True),
    Column("kind", "Kind", "#event+type", choices=("attack", "abduction")),
    Column("killed", "Killed", "#affected+killed"),
)
ROWS: list[dict[str, Any]] = [
    {"code": "A-1", "kind": "attack", "killed": 3},
    {"code": "A-2", "kind": None, "killed": None},
]


def read(data: bytes, *, name: str = "events.csv", **limits: Any) -> Table:
    return open_table(io.BytesIO(data), name=name, limits=Limits(**limits))


def cells(data: bytes, **limits: Any) -> list[list[str]]:
    return [list(row.values.values()) for row in read(data, **limits)]


def refusal(data: bytes, *, name: str = "events.csv", **limits: Any) -> tuple[str, str]:
    with pytest.raises(TableError) as caught:
        list(read(data, name=name, **limits))
    return caught.value.code, caught.value.message


def new_book() -> tuple[openpyxl.Workbook, Any]:
    book = openpyxl.Workbook()
    return book, book.active


def workbook(*rows: list[Any]) -> bytes:
    book, sheet = new_book()
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_whatever_its_delimiter_and_mark(delimiter: str, encoding: str) -> None:
    text = delimiter.join(["id", "place"]) + "\r\n" + delimiter.join(["1", "Ndélé"]) + "\r\n"
    table = read(text.encode(encoding))
    assert (table.headers, [dict(row.values) for row in table]) == (("id", "place"), [{"id": "1", "place": "Ndélé"}])


def test_csv_keeps_quotes_line_breaks_and_the_numbers_of_rows() -> None:
    data = b'id,note\r\n1,"He said ""go"",\nthen left; twice"\r\n\r\n2,fin\r\n'
    rows = list(read(data))
    assert [(row.number, row.values["note"]) for row in rows] == [(2, 'He said "go",\nthen left; twice'), (4, "fin")]


def test_csv_believes_the_separator_line_of_excel() -> None:
    assert cells(b"sep=;\r\nid;a,b\r\n1;x,y\r\n") == [["1", "x,y"]]


def test_hxl_row_is_recognised_and_left_out() -> None:
    table = read(b"id,killed\n#event+code,#affected +killed\n1,2\n")
    assert (table.hxl, [row.number for row in table]) == ({"id": "#event+code", "killed": "#affected +killed"}, [3])


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "The file is empty."),
        (b"\xef\xbb\xbf\r\n\r\n", "empty", "The file is empty."),
        (b"id,place\n", "no_rows", "The file has column names and no rows."),
        (b"id,place\n#event+code,#loc\n", "no_rows", "The file has column names and no rows."),
        (b"1,2020-01-01,Bria,5\n2,2020-01-02,Bria,5\n", "no_header", "The first row looks like data"),
        (b"id,Place,place\n1,a,b\n", "duplicate_header", '"Place", "place"'),
        (b"id,,place\n1,a,b\n", "blank_header", "Column 2 has no name in the first row."),
        (b'id,place\n1,"Bria\n2,Obo\n', "quotes", "The file ends inside row 2"),
        (b'id,place\n1,"Bria"x\n', "quotes", "Row 2 has a quotation mark inside a cell"),
        (b"id,place\n1,Br\0ia\n", "binary", "The file is not text: byte 14 (line 2) is zero."),
        ("id,place\n1,Bria\n".encode("utf-16-le"), "encoding", "UTF-16 without a byte-order mark"),
        (bytes(range(1, 32)) * 40, "binary", "The file is not text."),
        (b"%PDF-1.7 ...", "not_a_table", "The file is a PDF file, not a table."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel", "old Excel format (.xls)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
            "The workbook is protected by a password.",
        ),
    ],
)
def test_csv_that_is_no_table_is_refused_in_plain_words(data: bytes, code: str, words: str) -> None:
    found, message = refusal(data)
    assert (found, words in message) == (code, True), message


def test_latin_1_is_refused_with_byte_line_and_suspicion() -> None:
    data = "id,place\n1,Bria\n2,Ndélé\n".encode("cp1252")
    assert refusal(data) == (
        "encoding",
        "The file is not UTF-8: byte 21 (line 3). It seems to be Windows-1252 (Latin-1), in which the place reads "
        '"Ndélé". Save it as CSV UTF-8 and upload it again.',
    )


def test_wrong_encoding_deep_in_the_file_is_found_before_any_row_is_given() -> None:
    head = b"id,place\n" + b"1,Bria\n" * 300_000
    with pytest.raises(TableError, match=r"byte 2,100,014 \(line 300,002\)"):
        read(head + b"1,Nd\xe9l\n")


def test_sizes_are_limited_with_a_way_out() -> None:
    file = io.BytesIO(b"id,place\n1,Bria\n" + b" " * 200 * 1024)
    with pytest.raises(TableError) as caught:
        open_table(file, name="events.csv", limits=Limits(max_bytes=64 * 1024))
    assert caught.value.message == "The file is 0.2 MB; the limit is 0.1 MB. Split it by year."
    assert refusal(b"id\n" + b"a\n" * 11, max_rows=10) == (
        "too_many_rows",
        "The file has more than 10 rows. Split it by year.",
    )
    assert refusal(b"a,b,c\nx,y,z\n", max_columns=2)[0] == "too_many_columns"


def test_single_cells_are_refused_by_row_and_column() -> None:
    data = b"id,note\n1,=1+1\n2," + b"x" * 30 + b"\n3\n4,a,b\n5,- two dead\n"
    problems = [(problem.code, problem.message) for row in read(data, max_cell=20) for problem in row.problems]
    assert problems == [
        ("formula", 'Row 2, note: "=1+1" is a formula. Replace it by its value.'),
        ("too_long", "Row 3, note: the text has 30 characters; the limit is 20."),
        ("short_row", "Row 4: the row has 1 cells; the first row names 2 columns."),
        ("long_row", "Row 5: the row has 3 cells; the first row names 2 columns."),
    ]


def test_a_cell_beyond_all_bounds_stops_the_reading() -> None:
    code, message = refusal(b'id,note\n1,"' + b"x" * 400_000 + b'"\n', max_cell=1000)
    assert (code, message.startswith("Row 2 holds a cell that is far too long.")) == ("quotes", True)


def test_xlsx_gives_iso_dates_plain_numbers_and_refuses_formulas_cell_by_cell() -> None:
    data = workbook(
        ["id", "day", "lat", "killed", "moment", "sure"],
        [1, date(2020, 5, 16), 4.366667, 12.0, datetime.fromisoformat("2020-05-16T07:30"), True],
        [2, None, "=1+1", "#REF!", None, None],
    )
    first, second = read(data, name="events.xlsx")
    assert list(first.values.values()) == ["1", "2020-05-16", "4.366667", "12", "2020-05-16T07:30:00", "yes"]
    assert [(problem.column, problem.code) for problem in second.problems] == [
        ("lat", "formula"),
        ("killed", "error_value"),
    ]


def test_xlsx_may_be_called_csv_and_skip_rows_but_not_lie_about_its_size() -> None:
    book, sheet = new_book()
    sheet["A1"], sheet["B1"], sheet["A900"], sheet["XFD901"] = "id", "place", "7", "far"
    out = io.BytesIO()
    book.save(out)
    assert [(row.number, row.values["id"]) for row in read(out.getvalue())][0] == (900, "7")
    assert [[problem.code for problem in row.problems] for row in read(out.getvalue())] == [[], ["long_row"]]


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("xl/vbaProject.bin", b"macro", "macros"),
        ("xl/embeddings/other.bin", b"PK", "nested"),
        ("payload.zip", b"PK", "nested"),
        ("xl/workbook.bin", b"", "binary_excel"),
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet", "opendocument"),
        ("xl/extra.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        ("xl/extra.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"), "entities"),
    ],
    ids=["macros", "embedded", "archive", "binary", "opendocument", "entities", "entities in UTF-16"],
)
def test_workbooks_with_traps_are_refused(part: str, content: bytes, code: str) -> None:
    assert refusal(with_part(workbook(["id"], ["a"]), part, content), name="events.xlsx")[0] == code


def test_zip_bomb_is_refused_without_unpacking_it() -> None:
    bomb = with_part(workbook(["id"], ["a"]), "xl/worksheets/sheet9.xml", b"<a/>" * 16 * 1024 * 1024)
    tracemalloc.start()
    code, message = refusal(bomb, name="events.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (code, "would unpack from 0.1 MB to 64 MB" in message) == ("zip_bomb", True), message
    assert peak < 2 * 1024 * 1024


def test_zip_whose_parts_overlap_is_refused() -> None:
    out = io.BytesIO(workbook(["id"], ["a"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/media/a.png", bytes(50_000))
        for number in range(5):
            twin = copy.copy(archive.getinfo("xl/media/a.png"))
            twin.filename = f"xl/media/{number}.png"
            archive.filelist.append(twin)
    assert refusal(out.getvalue(), name="events.xlsx")[0] == "zip_bomb"


def test_sheet_with_an_impossible_row_number_is_refused() -> None:
    source, out = zipfile.ZipFile(io.BytesIO(workbook(["id"], ["a"], ["b"]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name).replace(b'<row r="3"', b'<row r="99999999999"'))
    assert refusal(out.getvalue(), name="events.xlsx")[0] == "damaged"


def test_rows_after_a_long_gap_are_not_lost() -> None:
    book, sheet = new_book()
    for row, value in ((1, "id"), (2, "a"), (3000, "b")):
        sheet.cell(row, 1, value)
    out = io.BytesIO()
    book.save(out)
    assert [(row.number, row.values["id"]) for row in read(out.getvalue(), max_rows=10)] == [(2, "a"), (3000, "b")]


def test_reading_keeps_memory_flat() -> None:
    data = b"id,note\n" + b"".join(b"%d,%s\n" % (number, b"x" * 90) for number in range(50_000))
    tracemalloc.start()
    count = sum(1 for _row in read(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, peak < 4 * 1024 * 1024) == (50_000, True), peak


@pytest.mark.parametrize("cut", [30, 400, 3000])
def test_damaged_workbook_is_refused(cut: int) -> None:
    assert refusal(workbook(["id"], ["a"])[:cut], name="events.xlsx")[0] == "damaged"


def test_workbook_with_a_broken_sheet_is_refused_while_reading() -> None:
    source, out = zipfile.ZipFile(io.BytesIO(workbook(["id"], ["a"]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            archive.writestr(name, data[: len(data) // 2] if "sheet1" in name else data)
    assert refusal(out.getvalue(), name="events.xlsx")[0] == "damaged"


def test_text_file_called_xlsx_is_refused() -> None:
    assert refusal(b"id,place\n1,Bria\n", name="events.xlsx")[0] == "damaged"


def test_csv_export_has_mark_header_tags_and_rows() -> None:
    out = io.BytesIO()
    write_csv(COLUMNS, ROWS, out)
    assert out.getvalue().decode() == (
        "\ufeffCode,Kind,Killed\r\n#event+code,#event+type,#affected+killed\r\nA-1,attack,3\r\nA-2,,\r\n"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        ("'=x", "''=x"),
        ("plain", "plain"),
        ("a=b", "a=b"),
        (-1, "-1"),
        (-1.5, "-1.5"),
        (True, "yes"),
        (date(2020, 1, 2), "2020-01-02"),
        (["a", "b"], "a; b"),
        (None, ""),
    ],
)
def test_csv_export_guards_text_and_leaves_numbers(value: Any, written: str) -> None:
    out = io.BytesIO()
    write_csv((Column("a", "A"), Column("b", "B")), [{"a": value, "b": "end"}], out, hxl=False)
    assert out.getvalue().decode() == f"\ufeffA,B\r\n{written},end\r\n"


TEXT = st.text(st.characters(include_characters="\t\r\n", exclude_categories=("Cs", "Cc")), max_size=30)
KEYED = (Column("k", "Key"), Column("a", "A"), Column("b", "B"))
RISKY = st.builds("".join, st.lists(st.sampled_from([*"'=+-@\t\r\n\"';,é", "x"]), max_size=8))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(TEXT | RISKY, TEXT | RISKY), min_size=1, max_size=5))
def test_text_comes_back_from_csv_as_it_was(rows: list[tuple[str, str]]) -> None:
    out = io.BytesIO()
    write_csv(
        (Column("k", "Key"), Column("a", "A"), Column("b", "B")),
        [{"k": "key", "a": one, "b": two} for one, two in rows],
        out,
    )
    found = list(open_table(out, name="x.csv", limits=Limits()))
    assert [(row.values["A"], row.values["B"]) for row in found] == rows
    assert not any(row.problems for row in found)


PRINTABLE = st.text(
    string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "") + "éàœÉñ中'=", max_size=30
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(PRINTABLE, PRINTABLE), min_size=1, max_size=4))
def test_text_comes_back_from_xlsx_as_it_was(rows: list[tuple[str, str]]) -> None:
    out = io.BytesIO()
    write_xlsx(
        (Column("k", "Key"), Column("a", "A"), Column("b", "B")),
        [{"k": "key", "a": one, "b": two} for one, two in rows],
        out,
    )
    found = list(open_table(out, name="x.xlsx", limits=Limits()))
    assert [(row.values["A"], row.values["B"]) for row in found] == rows
    assert not any(row.problems for row in found)


@given(TEXT | RISKY)
def test_guard_leaves_no_text_that_a_spreadsheet_could_run(text: str) -> None:
    assert guard_text(text)[:1] not in tuple("=+-@\t\r")


def test_xlsx_export_is_protected_with_lists_frozen_head_and_text_only() -> None:
    out = io.BytesIO()
    rows: list[dict[str, Any]] = [*ROWS, {"code": "=1+1", "kind": "attack", "killed": 1}]
    write_xlsx(COLUMNS, rows, out, title="Matrix/1", protect=True, spare_rows=10)
    book = openpyxl.load_workbook(out)
    sheet, lists = book.worksheets
    rule = sheet.data_validations.dataValidation[0]
    assert (sheet.title, sheet.freeze_panes, sheet.protection.sheet, lists.sheet_state) == (
        "Matrix 1",
        "A3",
        True,
        "hidden",
    )
    assert (rule.formula1, str(rule.sqref)) == ("lists!$A$2:$A$3", "B3:B15")
    assert [lists["A2"].value, lists["A3"].value] == ["attack", "abduction"]
    assert [sheet["A3"].protection.locked, sheet["B3"].protection.locked, sheet["A1"].protection.locked] == [
        True,
        False,
        True,
    ]
    assert (sheet["A5"].value, sheet["A5"].data_type, sheet["A5"].quotePrefix) == ("=1+1", "s", True)
    assert (sheet["C3"].value, sheet["C3"].data_type) == (3, "n")


def test_xlsx_export_survives_what_xml_cannot_hold_and_overlong_text() -> None:
    out = io.BytesIO()
    write_xlsx((Column("a", "A"),), [("x\x01y",), ("z" * 40_000,)], out)
    first, second = open_table(out, name="x.xlsx", limits=Limits())
    assert (first.values["A"], len(second.values["A"]), second.values["A"][-1]) == ("xy", 32_767, "…")
