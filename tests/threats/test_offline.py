"""The matrix edited offline: taken out, brought back, compared, taken over under the guard (TH-10)."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from pocweb.audit import history_of, verify
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Area, AuditEvent, Counter, Office, Person
from tests.factories.mission import make_area
from tests.factories.threats_edition import NOON
from tests.factories.threats_offline import bring_back, edited, letter_of, opened, saved, take_out
from tests.factories.threats_threat import make_actor, make_full_threat, make_threat
from threats.models import MatrixImport, Threat
from threats.offline.columns import ACTORS, GROUPS, LISTS, MATRIX, NEW_ROWS, ORIGIN, README
from threats.services.offline import Choice, cancel_sheet, confirm_sheet, may_download
from threats.services.threat_values import plain_values
from threats.services.threats import assess_threat, close_threat, edit_threat

FIRST = 4
NEW = FIRST + 2
NOT_A_NUMBER = "is not a whole number of 0 or more. Leave the cell empty for unknown."
LATER = NOON + timedelta(hours=2)
"""The row of the first threat, and the first green row behind two threats."""
JUDGED_AS_TEXT = pytest.mark.once
"""Cells that are judged before anything is asked of the database; other refusals run on every one of them."""


@pytest.fixture
def threats(officer: Person, bambari: Office) -> list[Threat]:
    """Two rated threats of Bambari with every list filled."""
    made = [make_full_threat(bambari, title, by=officer) for title in ("Attacks on villages", "Abductions")]
    with transaction.atomic():
        Counter.take(bambari.mission, Threat.KIND, len(made))
    return made


@pytest.fixture
def sheet(threats: list[Threat], officer: Person, bambari: Office) -> bytes:
    return take_out(bambari, officer)


@pytest.fixture
def back(officer: Person, bambari: Office) -> Callable[..., MatrixImport]:
    """Bring a sheet back, with cells written anew."""

    def bring(content: bytes, edits: Any = None, by: Person = officer) -> MatrixImport:
        return bring_back(edited(content, edits) if edits else content, bambari, by)

    return bring


def _stored(threat: Threat) -> Threat:
    return Threat.objects.get(pk=threat.pk)


def _faults(record: MatrixImport) -> list[tuple[str, str, str]]:
    return [(one["sheet"], one["cell"], one["message"]) for line in record.preview for one in line["faults"]]


def _cell(column: str, row: int = FIRST, sheet: str = MATRIX) -> str:
    return f"{letter_of(sheet, column)}{row}"


# --- out --------------------------------------------------------------------------------------------------------------


def test_sheet_has_a_column_per_field_with_locked_codes_lists_and_marking(threats: list[Threat], sheet: bytes) -> None:
    """TH-10: references, versions, p-codes and ratings are locked, texts open, words offered, every sheet marked."""
    book = opened(sheet)
    assert book.sheetnames == [MATRIX, GROUPS, ACTORS, LISTS, README, ORIGIN]
    matrix = book[MATRIX]
    locked = {name: matrix[_cell(name)].protection.locked for name in ("ref", "version", "areas", "likelihood")}
    opened_cells = {name: matrix[_cell(name)].protection.locked for name in ("title", "scale", "lead", "new_reason")}
    assert set(locked.values()) == {True}
    assert set(opened_cells.values()) == {False}
    assert matrix[_cell("areas", NEW)].protection.locked is False
    assert [matrix.column_dimensions[letter].hidden for letter in "ABCD"] == [True, True, True, False]
    assert matrix.row_dimensions[2].hidden is True
    assert matrix[_cell("areas")].value == "CF42 Ouaka"
    assert matrix[_cell("actors")].value == "UPC (upc)"
    rules = {str(rule.sqref).split(":")[0]: rule for rule in matrix.data_validations.dataValidation}
    assert rules[_cell("lead")].formula1.startswith(f"{LISTS}!$")
    assert rules[_cell("new_likelihood")].showErrorMessage is True
    assert rules[_cell("components")].showErrorMessage is False
    for name in book.sheetnames:
        one = book[name]
        title = next(cell for cell in (*one[1], one["B6"]) if cell.value)
        assert name == ORIGIN or str(title.value).startswith("CONFIDENTIAL   POC Threat Matrix of Bambari, taken out")
        assert not one.column_dimensions[title.column_letter].hidden
        assert (one.protection.sheet, one.oddHeader.center.text, one.oddFooter.center.text) == (
            True,
            "CONFIDENTIAL",
            "CONFIDENTIAL",
        )
    assert "taken out on 31 December 2020, 12:00 UTC by A. Bellin" in matrix["D1"].value
    assert matrix.print_title_rows == "$1:$3"
    assert matrix.max_row == FIRST + len(threats) + NEW_ROWS - 1


def test_words_of_a_list_stand_where_its_drop_down_points(threats: list[Threat], sheet: bytes) -> None:
    book = opened(sheet)
    rule = next(r for r in book[MATRIX].data_validations.dataValidation if _cell("new_impact") in str(r.sqref))
    cells = book[LISTS][rule.formula1.split("!")[1].replace("$", "")]
    assert [row[0].value for row in cells] == ["Insignificant", "Minor", "Moderate", "Major", "Severe"]


def test_dates_leave_as_dates(officer: Person, bambari: Office) -> None:
    make_threat(bambari, horizon_on=date(2021, 3, 31))
    cell = opened(take_out(bambari, officer))[MATRIX][_cell("horizon_on")]
    assert (cell.is_date, cell.value.date()) == (True, date(2021, 3, 31))


def test_sheet_holds_only_rows_within_the_clearance(
    threats: list[Threat], officer: Person, bambari: Office, mission: Any
) -> None:
    """TH-10: a row above the clearance is not in the file, nor is an actor that the person may not see in a list."""
    make_threat(bambari, "Strictly kept", marking=3)
    make_actor(mission, "kept", name="Kept from view", short_name="Kept", marking=3)
    content = take_out(bambari, officer)
    texts = [str(cell.value) for one in opened(content) for row in one.iter_rows() for cell in row if cell.value]
    assert not any("Strictly kept" in text or "Kept" in text for text in texts)
    assert opened(content)[MATRIX][_cell("ref", NEW)].value == "new 1"
    event = AuditEvent.objects.get(verb="exported")
    assert (event.actor, event.note) == (officer, "BAMBARI: live rows, 2 rows as xlsx for editing")


def test_taking_out_costs_the_same_queries_for_more_rows(officer: Person, bambari: Office) -> None:
    """TH-10: one and six rows are read by the same number of queries."""
    counts = []
    bring_back(take_out(bambari, officer), bambari, officer)
    for more in (1, 5):
        for number in range(more):
            make_full_threat(bambari, f"Threat {more} {number}", by=officer)
        person = Person.objects.get(pk=officer.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            content = take_out(bambari, person)
        with CaptureQueriesContext(connection) as again:
            bring_back(content, bambari, person)
        counts.append((len(queries), len(again)))
    assert counts[0] == counts[1]


# --- back, unchanged --------------------------------------------------------------------------------------------------


def test_unchanged_sheet_changes_nothing(threats: list[Threat], sheet: bytes, back: Any) -> None:
    """TH-10: as it left, and saved anew by another program."""
    for content in (sheet, saved(opened(sheet))):
        record = back(content)
        assert (record.preview, record.result["same"], record.result["gone"]) == ([], 2, [])


def test_unchanged_cell_leaves_what_others_changed(
    threats: list[Threat], sheet: bytes, back: Any, adviser: Person
) -> None:
    edit_threat(threats[0], changes={"action": "Written meanwhile"}, based_on=1, by=adviser)
    assert back(sheet).preview == []


# --- back, changed ----------------------------------------------------------------------------------------------------


def test_every_kind_of_field_comes_back(threats: list[Threat], sheet: bytes, back: Any, officer: Person) -> None:
    """TH-10: text, date, yes and no, one word, several words, group and actor lines, a new rating."""
    record = back(
        sheet,
        {
            (MATRIX, "title", FIRST): "Attacks on farms",
            (MATRIX, "scale", FIRST): "=Grimari\nand around",
            (MATRIX, "horizon_on", FIRST): date(2021, 2, 28),
            (MATRIX, "capacity_in_reach", FIRST): "no",
            (MATRIX, "near_mission_presence", FIRST): "YES",
            (MATRIX, "lead", FIRST): "officer",
            (MATRIX, "violence_types", FIRST): "Killing; Abduction",
            (MATRIX, "actors", FIRST): None,
            (GROUPS, "number", FIRST): 1300,
            (GROUPS, "remove", FIRST + 1): "yes",
            (ACTORS, "willingness", FIRST): "strong",
            (MATRIX, "new_likelihood", FIRST): "Almost certain",
            (MATRIX, "new_impact", FIRST): "Severe",
            (MATRIX, "new_reason", FIRST): "Two attacks this week",
        },
    )
    assert _faults(record) == []
    assert [line["ref"] for line in record.preview] == [threats[0].ref]
    done = confirm_sheet(record, by=officer, now=NOON)
    threat = _stored(threats[0])
    values = plain_values(threat)
    assert {name: values[name] for name in ("title", "scale", "horizon_on", "capacity_in_reach", "lead", "actors")} == {
        "title": "Attacks on farms",
        "scale": "=Grimari\nand around",
        "horizon_on": "2021-02-28",
        "capacity_in_reach": False,
        "lead": "officer",
        "actors": [],
    }
    assert values["near_mission_presence"] is True
    assert values["violence_types"] == ["abduction", "killing"]
    assert [(one["group"], one["number"]) for one in values["groups"]] == [("women", 1300)]
    assert values["protection_actors"][0]["willingness"] == "strong"
    assert (threat.likelihood, threat.impact, threat.risk) == (5, 5, 4)
    assert threat.assessments.first().reason == "Two attacks this week"
    assert (done.state, done.result["stored"][str(FIRST)]["ref"]) == ("done", threat.ref)
    assert list(AuditEvent.objects.filter(object_ref=record.ref).order_by("seq").values_list("verb", flat=True)) == [
        "uploaded",
        "took over",
    ]
    assert history_of(threat).filter(verb="changed").get().note == f"Sheet {record.ref}, row {FIRST}"
    assert _stored(threats[1]).version == 1


def test_empty_cell_removes_the_text_and_says_so(threats: list[Threat], sheet: bytes, back: Any) -> None:
    line = back(sheet, {(MATRIX, "response", FIRST): None}).preview[0]
    assert (line["base"], line["changes"]) == ({"response": "Joint protection team in November"}, {"response": ""})


def test_deleted_row_changes_nothing_and_is_named(threats: list[Threat], sheet: bytes, back: Any) -> None:
    """TH-10: a row taken out of the sheet is told; so is one whose open cells were all emptied."""
    book = opened(sheet)
    for name in (GROUPS, ACTORS):
        for row in book[name].iter_rows(min_row=FIRST):
            for cell in row:
                cell.value = None
    book[MATRIX].delete_rows(FIRST)
    record = back(saved(book))
    assert (record.preview, record.result["gone"], record.result["same"]) == ([], [threats[0].ref], 1)


def test_new_row_becomes_a_threat_once(
    threats: list[Threat], sheet: bytes, back: Any, officer: Person, ouaka: Area
) -> None:
    """TH-10: a green row is added with its lines and rating; the same sheet again finds it there and changes it."""
    edits = {
        (MATRIX, "title", NEW): "Cattle raids",
        (MATRIX, "areas", NEW): "CF42",
        (MATRIX, "new_likelihood", NEW): "Likely",
        (MATRIX, "new_impact", NEW): "Major",
        (MATRIX, "new_reason", NEW): "Season",
        (GROUPS, "ref", FIRST + 4): "new 1",
        (GROUPS, "group", FIRST + 4): "Women",
        (GROUPS, "number", FIRST + 4): 40,
    }
    record = back(sheet, edits)
    assert _faults(record) == []
    assert [(line["kind"], line["ref"]) for line in record.preview] == [("new", "new 1")]
    twin = back(sheet, edits)
    confirm_sheet(record, by=officer, now=NOON)
    threat = Threat.objects.get(title="Cattle raids")
    assert (threat.risk, [area.pcode for area in threat.areas.all()]) == (4, ["CF42"])
    assert plain_values(threat)["groups"][0]["number"] == 40
    twin = confirm_sheet(twin, by=officer, now=NOON)
    assert twin.preview[0]["faults"][0]["message"] == "This row was added by another upload of the same sheet."
    assert back(sheet, edits).preview == []
    again = back(sheet, edits | {(MATRIX, "objective", NEW): "No herd taken"})
    assert [(line["kind"], line["ref"], line["changes"]) for line in again.preview] == [
        ("changed", threat.ref, {"objective": "No herd taken"})
    ]
    assert Threat.objects.filter(title="Cattle raids").count() == 1


# --- faults -----------------------------------------------------------------------------------------------------------

FAULTS = [
    ("title", FIRST, "x" * 161, "The text has 161 characters; the limit is 160."),
    ("title", FIRST, None, "A threat needs a title."),
    ("areas", FIRST, "CF421 Town", "P-codes are locked in a sheet. Change them on the threat's page."),
    ("horizon_on", FIRST, "soon", '"soon" is not a date. Write it as 2020-12-31.'),
    ("horizon_on", FIRST, "02/03/2021", '"02/03/2021" is not a date. Write it as 2020-12-31.'),
    ("review_on", FIRST, date(2190, 1, 1), '"2190-01-01" is too far away.'),
    ("capacity_in_reach", FIRST, "maybe", '"maybe" is not in the list. It holds: yes, no, unknown.'),
    ("capacity_in_reach", FIRST, "unknwon", '"unknwon" is not in the list. Is "unknown" meant?'),
    ("actors", FIRST, "Nobody", '"Nobody" is not in the list. It holds: UPC (upc).'),
    (
        "new_likelihood",
        FIRST,
        "Sure",
        '"Sure" is not in the list. It holds: Rare, Unlikely, Possible, Likely, Almost certain.',
    ),
    ("new_reason", FIRST, "Only a reason", "A new rating needs likelihood and impact."),
    ("scale", FIRST, 17, ""),
    ("areas", NEW, "XX99", '"XX99" is not in the list. It holds: CF42 Ouaka, CF421 Town.'),
    ("title", NEW, "abductions", "T-002 has this title already. Write into its row, or choose another title."),
    ("ref", FIRST, "T-002", "The hidden cells of this row belong to T-001. Rows may not be moved or copied."),
    ("version", FIRST, "9", "The hidden version of this row was changed. Take a new sheet out."),
    ("key", FIRST, "99999", "This threat is not in the matrix of this office, or it is outside your reach."),
]  # fmt: skip


@JUDGED_AS_TEXT
@pytest.mark.parametrize(("column", "row", "value", "sentence"), FAULTS)
def test_fault_stands_at_its_cell(
    threats: list[Threat],
    officer: Person,
    bambari: Office,
    ouaka: Area,
    back: Any,
    column: str,
    row: int,
    value: Any,
    sentence: str,
) -> None:
    """TH-10: each cell that cannot be taken is named by its address, its value and a sentence; its row stays out."""
    make_area("CF421", "Town", 2, ouaka)
    record = back(take_out(bambari, officer), {(MATRIX, column, row): value})
    if not sentence:
        assert _faults(record) == []
        assert record.preview[0]["changes"] == {"scale": "17"}
        return
    where = {"version": "ref", "key": "ref"}.get(column, column)
    if sentence.startswith("A new rating"):
        where = "new_likelihood"
    assert (MATRIX, _cell(where, row), sentence) in _faults(record)
    confirm_sheet(record, by=officer, now=NOON)
    assert [_stored(threat).version for threat in threats] == [1, 1]


def test_formula_is_refused_at_its_cell(threats: list[Threat], sheet: bytes, back: Any) -> None:
    book = opened(sheet)
    book[MATRIX][_cell("scale")].value = "=1+1"
    record = back(saved(book))
    assert _faults(record) == [
        (MATRIX, _cell("scale"), '"=1+1" is a formula. Replace it by its value.'),
    ]


@JUDGED_AS_TEXT
@pytest.mark.parametrize(
    ("name", "column", "row", "value", "sentence"),
    [
        (GROUPS, "number", FIRST, "many", f'"many" {NOT_A_NUMBER}'),
        (GROUPS, "number", FIRST, -3, f'"-3" {NOT_A_NUMBER}'),
        (GROUPS, "exposure", FIRST, "x" * 201, "The text has 201 characters; the limit is 200."),
        (GROUPS, "group", FIRST, "Boys", "This cell is locked. Take the line away and write a new one."),
        (GROUPS, "ref", FIRST, "T-077", "No row of the sheet Matrix has this reference."),
        (GROUPS, "exposure", FIRST + 10, "Fields", "Write the threat's reference."),
        (ACTORS, "name", FIRST, None, "The cell is empty."),
    ],
)  # fmt: skip
def test_fault_of_a_line_stands_at_its_cell(
    threats: list[Threat], sheet: bytes, back: Any, name: str, column: str, row: int, value: Any, sentence: str
) -> None:
    record = back(sheet, {(name, column, row): value})
    where = "ref" if "reference" in sentence else column
    assert (name, _cell(where, row, name), sentence) in _faults(record)


def test_row_with_one_fault_stays_out_whole_and_the_others_are_stored(
    threats: list[Threat], sheet: bytes, back: Any, officer: Person
) -> None:
    """TH-10: all or nothing per row; corrected and brought again, the stored row counts as unchanged."""
    edits: dict[Any, Any] = {
        (MATRIX, "action", FIRST): "New action",
        (MATRIX, "review_on", FIRST): "soon",
        (MATRIX, "action", FIRST + 1): "Other action",
    }
    done = confirm_sheet(back(sheet, edits), by=officer, now=NOON)
    assert (done.state, list(done.result["stored"])) == ("done", [str(FIRST + 1)])
    assert [_stored(one).action for one in threats] == ["Road check at the bridge", "Other action"]
    again = back(sheet, edits | {(MATRIX, "review_on", FIRST): "2021-01-15"})
    assert ([line["ref"] for line in again.preview], again.result["same"]) == ([threats[0].ref], 1)


def test_row_copied_twice_is_refused(threats: list[Threat], sheet: bytes, back: Any) -> None:
    values = {(MATRIX, name, FIRST + 1): None for name in ("key", "ref")}
    book = opened(sheet)
    for _sheet, name, row in values:
        book[MATRIX][_cell(name, row)].value = book[MATRIX][_cell(name)].value
    assert {message for _sheet, _cell_, message in _faults(back(saved(book)))} >= {
        "This reference stands twice in the sheet."
    }


# --- files that are none of ours --------------------------------------------------------------------------------------


def _without_sheet(book: Any) -> None:
    del book[GROUPS]


def _renamed_column(book: Any) -> None:
    book[MATRIX][_cell("scale", 2)].value = "scales"


def _old_format(book: Any) -> None:
    book[ORIGIN]["B1"].value = "0"


def _other_mission(book: Any) -> None:
    book[ORIGIN]["B2"].value = "ELSE"


def _other_office(book: Any) -> None:
    book[ORIGIN]["B3"].value = "BRIA"


def _above(book: Any) -> None:
    book[ORIGIN]["B6"].value = "3"


@JUDGED_AS_TEXT
@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (_without_sheet, "not_ours", "it has no sheet Groups"),
        (_renamed_column, "changed_columns", "Threat and scale is missing or stands twice"),
        (_old_format, "other_format", "another version of pocweb"),
        (_other_mission, "other_mission", "from another mission"),
        (_other_office, "other_office", "the matrix of BRIA, not of BAMBARI"),
        (_above, "above_clearance", "above your clearance"),
    ],
)
def test_sheet_that_does_not_belong_here_is_refused_in_words(
    threats: list[Threat], sheet: bytes, back: Any, spoil: Callable[[Any], None], code: str, words: str
) -> None:
    book = opened(sheet)
    spoil(book)
    with pytest.raises(RuleError) as refused:
        back(saved(book))
    assert (refused.value.code, refused.value.field, words in refused.value.message) == (code, "file", True)
    assert not MatrixImport.objects.exists()


@JUDGED_AS_TEXT
@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty"), (b"a,b\n1,2\n", "not_xlsx"), (b"PK\x03\x04x", "damaged")]
)
def test_file_of_another_kind_is_refused(bambari: Office, officer: Person, content: bytes, code: str) -> None:
    with pytest.raises(RuleError) as refused:
        bring_back(content, bambari, officer)
    assert refused.value.code == code


# --- the guard --------------------------------------------------------------------------------------------------------


def test_other_fields_changed_meanwhile_are_kept_and_told(
    threats: list[Threat], sheet: bytes, back: Any, adviser: Person, officer: Person
) -> None:
    """TH-10: the sheet changed one field, a colleague another: both stand, and it is said."""
    edit_threat(threats[0], changes={"response": "Escort since Monday"}, based_on=1, by=adviser)
    record = back(sheet, {(MATRIX, "action", FIRST): "From the field"})
    line = record.preview[0]
    assert (line["changes"], line["opposed"]) == ({"action": "From the field"}, [])
    assert line["merged"] == {"response": ["Joint protection team in November", "Escort since Monday"]}
    confirm_sheet(record, by=officer, now=NOON)
    threat = _stored(threats[0])
    assert (threat.action, threat.response, threat.version) == ("From the field", "Escort since Monday", 3)


@pytest.mark.parametrize(
    ("choice", "stored"),
    [
        (Choice("mine"), "From the field"),
        (Choice("theirs"), "From the office"),
        (Choice("both", "From the office\r\nand the field"), "From the office\nand the field"),
    ],
)
def test_field_that_both_changed_asks_and_takes_the_choice(
    threats: list[Threat],
    sheet: bytes,
    back: Any,
    adviser: Person,
    officer: Person,
    choice: Choice,
    stored: str,
) -> None:
    """TH-10: nothing of the row is stored before the person has chosen."""
    edit_threat(threats[0], changes={"action": "From the office"}, based_on=1, by=adviser)
    record = back(sheet, {(MATRIX, "action", FIRST): "From the field", (MATRIX, "objective", FIRST): "Safe roads"})
    assert (record.preview[0]["opposed"], record.preview[0]["theirs"]) == (["action"], {"action": "From the office"})
    record = confirm_sheet(record, by=officer, now=NOON)
    assert (record.state, _stored(threats[0]).objective) == ("checked", "")
    record = confirm_sheet(record, by=officer, choices={(str(FIRST), "action"): choice}, now=NOON)
    threat = _stored(threats[0])
    assert (record.state, threat.action, threat.objective) == ("done", stored, "Safe roads")


def test_change_between_preview_and_confirmation_goes_back_to_the_person(
    threats: list[Threat], sheet: bytes, back: Any, adviser: Person, officer: Person
) -> None:
    """TH-10: the guard compares again; the opposed row waits, the other is stored, nothing is overwritten."""
    record = back(sheet, {(MATRIX, "action", FIRST): "Mine", (MATRIX, "action", FIRST + 1): "Mine too"})
    edit_threat(threats[0], changes={"action": "Theirs", "scale": "Larger"}, based_on=1, by=adviser)
    record = confirm_sheet(record, by=officer, now=NOON)
    assert (record.state, list(record.result["stored"])) == ("checked", [str(FIRST + 1)])
    assert (record.preview[0]["opposed"], record.preview[0]["theirs"]) == (["action"], {"action": "Theirs"})
    assert (_stored(threats[0]).action, _stored(threats[1]).action) == ("Theirs", "Mine too")
    record = confirm_sheet(record, by=officer, choices={(str(FIRST), "action"): Choice("mine")}, now=NOON)
    threat = _stored(threats[0])
    assert (record.state, threat.action, threat.scale) == ("done", "Mine", "Larger")
    assert _stored(threats[1]).version == 2


def test_two_people_bring_back_the_same_matrix(
    threats: list[Threat], sheet: bytes, back: Any, adviser: Person, officer: Person
) -> None:
    """TH-10: what one stored asks the other; a field that both wrote alike asks nobody."""
    first = back(sheet, {(MATRIX, "action", FIRST): "Of the officer", (MATRIX, "scale", FIRST): "Same words"})
    second = back(
        sheet, {(MATRIX, "action", FIRST): "Of the adviser", (MATRIX, "scale", FIRST): "Same words"}, by=adviser
    )
    confirm_sheet(first, by=officer, now=NOON)
    second = confirm_sheet(second, by=adviser, now=NOON)
    assert (second.state, second.preview[0]["opposed"]) == ("checked", ["action"])
    assert _stored(threats[0]).action == "Of the officer"
    second = confirm_sheet(second, by=adviser, choices={(str(FIRST), "action"): Choice("theirs")}, now=NOON)
    assert (second.state, _stored(threats[0]).action) == ("done", "Of the officer")


def test_threat_rated_meanwhile_asks_before_it_is_rated_again(
    threats: list[Threat], sheet: bytes, back: Any, adviser: Person, officer: Person
) -> None:
    """TH-10: a rating since the sheet, or since its preview, is never passed over."""
    rating = {
        (MATRIX, "new_likelihood", FIRST): "Rare",
        (MATRIX, "new_impact", FIRST): "Minor",
        (MATRIX, "new_reason", FIRST): "Calm",
    }
    early = back(sheet, rating)
    assess_threat(threats[0], likelihood=5, impact=5, reason="Attack", by=adviser, now=NOON + timedelta(hours=1))
    late = back(sheet, rating)
    assert late.preview[0]["rating"]["opposed"] is True
    early = confirm_sheet(early, by=officer, now=LATER)
    assert (early.state, early.preview[0]["rating"]["opposed"], _stored(threats[0]).likelihood) == ("checked", True, 5)
    early = confirm_sheet(early, by=officer, choices={(str(FIRST), "rating"): Choice("mine")}, now=LATER)
    assert (early.state, _stored(threats[0]).likelihood, threats[0].assessments.count()) == ("done", 1, 3)
    late = confirm_sheet(late, by=officer, choices={(str(FIRST), "rating"): Choice("mine")}, now=LATER)
    assert (late.state, threats[0].assessments.count()) == ("done", 3)
    assert back(sheet, rating).preview == []


# --- once, and by whom ------------------------------------------------------------------------------------------------


def test_confirming_twice_stores_once(threats: list[Threat], sheet: bytes, back: Any, officer: Person) -> None:
    record = back(sheet, {(MATRIX, "action", FIRST): "Once"})
    stale = MatrixImport.objects.get(pk=record.pk)
    confirm_sheet(record, by=officer, now=NOON)
    with pytest.raises(Conflict):
        confirm_sheet(stale, by=officer, now=NOON)
    assert _stored(threats[0]).version == 2
    assert AuditEvent.objects.filter(verb="took over").count() == 1


def test_broken_off_in_the_middle_and_confirmed_again_repeats_nothing(
    officer: Person, bambari: Office, back: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TH-10: the rows before the break are stored; the next confirmation goes on behind them."""
    from threats.services import offline

    made = [make_full_threat(bambari, f"Threat {number}", by=officer) for number in range(5)]
    edits = {(MATRIX, "action", FIRST + number): f"Action {number}" for number in range(5)}
    record = back(take_out(bambari, officer), edits)
    done = []

    def break_third(*args: Any, **kwargs: Any) -> Any:
        if len(done) == 3:
            raise OSError("the connection is gone")
        done.append(args)
        return edit_threat(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(offline, "edit_threat", break_third)
        with pytest.raises(OSError, match="connection"):
            confirm_sheet(record, by=officer, now=NOON)
    assert [_stored(one).version for one in made] == [2, 2, 2, 1, 1]
    record = confirm_sheet(MatrixImport.objects.get(pk=record.pk), by=officer, now=NOON)
    assert [_stored(one).version for one in made] == [2, 2, 2, 2, 2]
    assert (record.state, len(record.result["stored"])) == ("done", 5)


def test_row_that_may_no_longer_be_stored_is_told_and_the_others_are_taken(
    threats: list[Threat], sheet: bytes, back: Any, adviser: Person, officer: Person
) -> None:
    """TH-10: a threat closed before or after the preview, or marked above the clearance, is left as it is."""
    edits = {(MATRIX, "action", FIRST): "Mine", (MATRIX, "action", FIRST + 1): "Mine too"}
    record = back(sheet, edits)
    close_threat(threats[0], reason="Over", by=adviser)
    record = confirm_sheet(record, by=officer, now=NOON)
    assert (record.state, list(record.result["stored"])) == ("done", [str(FIRST + 1)])
    assert record.preview[0]["faults"][0]["message"] == "T-001 is closed. Reopen it first."
    assert _faults(back(sheet, edits))[0][2] == "T-001 was closed meanwhile. Reopen it on its page first."
    Threat.objects.filter(pk=threats[1].pk).update(marking=3)
    again = back(sheet, edits)
    assert _faults(again)[1][2] == "This threat is not in the matrix of this office, or it is outside your reach."
    assert again.preview[1]["title"] == ""
    assert may_download(again, officer) is False


def test_sheet_carries_the_highest_marking_of_its_rows(
    threats: list[Threat], back: Any, officer: Person, bambari: Office
) -> None:
    Threat.objects.update(marking=1)
    content = take_out(bambari, officer)
    assert back(content).marking == 1
    Threat.objects.filter(pk=threats[1].pk).update(marking=2)
    record = back(content)
    assert record.marking == 2
    assert may_download(record, officer) is True


def test_only_editors_of_the_office_bring_sheets_back(
    threats: list[Threat], sheet: bytes, scpi: Person, stranger: Person, bambari: Office
) -> None:
    for person in (scpi, stranger):
        with pytest.raises(Forbidden):
            bring_back(sheet, bambari, person)
        with pytest.raises(Forbidden):
            take_out(bambari, person)


@pytest.mark.django_db(transaction=True)
def test_cancelled_sheet_is_gone_with_its_file(threats: list[Threat], sheet: bytes, back: Any, officer: Person) -> None:
    record = back(sheet, {(MATRIX, "action", FIRST): "Never"})
    name, storage = record.file.name, record.file.storage
    assert storage.exists(name)
    record = cancel_sheet(record, by=officer)
    assert (record.state, bool(record.file), storage.exists(name)) == ("cancelled", False, False)
    for act in (cancel_sheet, confirm_sheet):
        with pytest.raises(Conflict):
            act(record, by=officer)
    assert _stored(threats[0]).version == 1


def test_actor_outside_reach_stays_and_cannot_be_named(
    officer: Person, bambari: Office, mission: Any, back: Any
) -> None:
    """TH-10: who may not see a perpetrator neither reads it in a sheet, nor takes it away, nor adds it elsewhere."""
    open_one, kept = make_actor(mission, "open", marking=1), make_actor(mission, "kept", short_name="KPT", marking=3)
    threat = make_threat(bambari, "One", actors=[open_one, kept])
    other = make_threat(bambari, "Two", actors=[])
    content = take_out(bambari, officer)
    assert opened(content)[MATRIX][_cell("actors")].value == "OPEN (open); outside your reach"
    assert back(content).preview == []
    record = back(content, {(MATRIX, "actors", FIRST): None, (MATRIX, "actors", FIRST + 1): "KPT (kept)"})
    assert record.preview[0]["changes"] == {"actors": ["kept"]}
    assert _faults(record)[0][1] == _cell("actors", FIRST + 1)
    assert (threat.ref, other.ref) == ("T-001", "T-002")


def test_actor_outside_reach_is_named_in_no_list_and_by_no_refusal(
    officer: Person, bambari: Office, mission: Any, back: Any
) -> None:
    """TH-10: neither the sheet Lists nor the answer to a guessed code tells that the perpetrator is there."""
    make_threat(bambari, "One", actors=[make_actor(mission, "kept", name="Zyxkepler band", marking=3)])
    make_threat(bambari, "Two", actors=[])
    content = take_out(bambari, officer)
    cells = [str(cell.value) for sheet in opened(content) for row in sheet.iter_rows() for cell in row if cell.value]
    assert [text for text in cells if "Zyxkepler" in text or "kept" in text.split()] == []
    said = []
    for word in ("kept", "none"):
        record = back(content, {(MATRIX, "actors", FIRST + 1): f"{word}"})
        said.append([(*fault[:2], fault[2].replace(word, "WORD")) for fault in _faults(record)])
    assert said[0] == said[1] != []


@pytest.mark.parametrize("strange", ["²", "9" * 5000, "١"])
@pytest.mark.parametrize("column", ["version", "key", "rating"])
def test_hidden_cells_with_strange_numbers_are_refused_in_words(
    threats: list[Threat], sheet: bytes, back: Any, column: str, strange: str
) -> None:
    """TH-10: what Python takes for a digit is not always a number; the row is named as wrong, nothing breaks."""
    record = back(sheet, {(MATRIX, column, FIRST): strange, (MATRIX, "action", FIRST): "Mine"})
    assert (len(record.preview), bool(record.preview[0]["faults"])) == (1, column != "rating")


@pytest.mark.parametrize("strange", ["²", "9" * 5000, "0", "4", "-1"])
def test_sheet_with_a_strange_marking_is_refused(sheet: bytes, bambari: Office, officer: Person, strange: str) -> None:
    book = opened(sheet)
    cell = next(row[1] for row in book[ORIGIN].iter_rows() if row[0].value == "marking")
    cell.value = strange
    with pytest.raises(RuleError, match="does not say its marking"):
        bring_back(saved(book), bambari, officer)


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_store_each_row_once(
    threats: list[Threat], sheet: bytes, back: Any, officer: Person, bambari: Office
) -> None:
    """TH-10: a double click on connections of their own, while a colleague saves the same rows on the page."""
    record = back(
        sheet,
        {
            (MATRIX, "action", FIRST): "Once",
            (MATRIX, "action", FIRST + 1): "Once too",
            (MATRIX, "title", NEW): "Cattle raids",
            (MATRIX, "areas", NEW): "CF42",
        },
    )
    gate, told = threading.Barrier(3), []

    def confirm() -> None:
        mine = MatrixImport.objects.select_related("mission", "office").get(pk=record.pk)
        gate.wait(timeout=30)
        try:
            told.append(confirm_sheet(mine, by=officer).state)
        except Conflict as error:
            told.append(error.code)

    def save() -> None:
        gate.wait(timeout=30)
        for threat in reversed(threats):
            edit_threat(threat, changes={"objective": "Beside it"}, based_on=1, by=officer)

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            connection.close()

    workers = [threading.Thread(target=run, args=(act,)) for act in (confirm, confirm, save)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert sorted(told) in (["done", "done"], ["already_done", "done"])
    assert [(one.action, one.objective, one.version) for one in map(_stored, threats)] == [
        ("Once", "Beside it", 3),
        ("Once too", "Beside it", 3),
    ]
    assert Threat.objects.filter(title="Cattle raids").count() == 1
    assert AuditEvent.objects.filter(verb="took over").count() == 1
    assert list(verify(bambari.mission)) == []
