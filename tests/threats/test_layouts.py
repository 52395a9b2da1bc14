"""Layouts of incident files: recognised, read, refused cell by cell; the real file; our template there and back."""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocweb.choices import Marking
from pocweb.tabular import Column, Limits, Row, TableError, write_csv, write_xlsx
from threats.choices import (
    ActorSide,
    Age,
    DatePrecision,
    EventKind,
    Harm,
    PersonStatus,
    Sex,
    SourceOfViolence,
    Verification,
)
from threats.imports import (
    LAYOUTS,
    ActorRef,
    CountRow,
    IncidentDraft,
    ParsedRow,
    find_layout,
    open_incidents,
    read_drafts,
    template,
    ucdp,
)
from threats.imports import acled as acled_layout
from threats.imports.cells import parse_day
from threats.imports.layouts import template_layout
from threats.imports.vocabulary import VIOLENCE_TYPES

UCDP = Path(__file__).parents[2] / "threats" / "reference" / "ucdp_ged_caf_1991_2020.csv"

BATTLE = {
    "id": "1",
    "type_of_violence": "1",
    "dyad_name": "Government of Arla - FPA",
    "side_a": "Government of Arla",
    "side_a_new_id": "10",
    "side_b": "FPA",
    "side_b_new_id": "11",
    "number_of_sources": "2",
    "source_article": '"Agence Test, ""two"" dead"',
    "where_prec": "1",
    "where_coordinates": "Bria town",
    "where_description": "Bria town (market)",
    "country": "Central African Republic",
    "country_id": "482",
    "adm_1": "Haute-Kotto province",
    "adm_2": "Bria region",
    "latitude": "6.5423",
    "longitude": "21.9863",
    "date_prec": "1",
    "date_start": "2020-05-16 00:00:00.000",
    "date_end": "2020-05-16 00:00:00.000",
    "deaths_civilians": "1",
    "best": "3",
    "high": "5",
    "low": "2",
    "gwnoa": "482",
    "event_clarity": "1",
}
ATTACK = {
    "event_id_cnty": "ARL1",
    "event_date": "16 May 2025",
    "time_precision": "1",
    "event_type": "Violence against civilians",
    "sub_event_type": "Attack",
    "actor1": "FPA: Front of Arla",
    "inter1": "Rebel group",
    "actor2": "Civilians (Arla)",
    "inter2": "Civilians",
    "civilian_targeting": "Civilian targeting",
    "country": "Central African Republic",
    "admin1": "Haute-Kotto",
    "location": "Bria",
    "latitude": "6.5423",
    "longitude": "21.9863",
    "geo_precision": "1",
    "source": "Radio Test",
    "notes": "On 16 May, FPA attacked.",
    "fatalities": "2",
    "timestamp": "1747400000",
}
FULL = IncidentDraft(
    origin_id="FO-17",
    title="Attaque à Ndélé",
    starts_on=date(2020, 5, 16),
    ends_on=date(2020, 5, 18),
    date_precision=DatePrecision.DAYS,
    event_kind=EventKind.ONE_SIDED,
    violence_types=("killing", "pillage"),
    actors=(
        ActorRef("FPA", "", ActorSide.PERPETRATOR, SourceOfViolence.ARMED_GROUP),
        ActorRef("Village guard", "", ActorSide.VICTIM),
    ),
    names=((1, "Bamingui-Bangoran"), (2, "Ndélé")),
    pcode="CF511",
    place="Market, east side",
    lat=8.41,
    lon=20.65,
    point_precision=2,
    killed_low=2,
    killed_best=3,
    killed_high=5,
    civilians_killed=3,
    injured_best=1,
    counts=(
        CountRow(Harm.KILLED, PersonStatus.CIVILIAN, Sex.WOMAN, Age.ADULT, 1, 2, 3),
        CountRow(Harm.KILLED, PersonStatus.UNKNOWN, Sex.MAN, Age.CHILD, 1, 1, 1),
    ),
    number_of_reports=2,
    source_codes=("K-7", "N-2"),
    source_note="Radio Test, 17 May",
    narrative='They came at "dawn";\nthen left.',
    mission_response="- Patrol sent",
    verification=Verification.UNDER_VERIFICATION,
    marking=Marking.CONFIDENTIAL,
)


def parse(layout: str, base: dict[str, str], **changes: str) -> Any:
    return LAYOUTS[layout].parse(Row(14, {**base, **changes}))


def problems(layout: str, base: dict[str, str], **changes: str) -> list[tuple[str, str]]:
    found = parse(layout, base, **changes)
    assert isinstance(found, list), found
    return [(problem.code, problem.message) for problem in found]


def read(data: bytes, **options: Any) -> list[ParsedRow]:
    layout, table = open_incidents(io.BytesIO(data), name="events.csv", **options)
    return list(read_drafts(layout, table))


def csv_file(rows: list[dict[str, str]], columns: tuple[str, ...]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_ucdp_row_becomes_a_draft() -> None:
    assert parse("ucdp", BATTLE) == IncidentDraft(
        origin_id="1",
        title="Government of Arla - FPA, Bria town (market)",
        starts_on=date(2020, 5, 16),
        ends_on=date(2020, 5, 16),
        event_kind=EventKind.STATE_BASED,
        actors=(
            ActorRef("Government of Arla", "ucdp-10", ActorSide.PARTY, SourceOfViolence.STATE),
            ActorRef("FPA", "ucdp-11", ActorSide.PARTY, SourceOfViolence.ARMED_GROUP),
        ),
        names=((0, "Central African Republic"), (1, "Haute-Kotto province"), (2, "Bria region")),
        place="Bria town (market)",
        lat=6.5423,
        lon=21.9863,
        point_precision=1,
        killed_low=2,
        killed_best=3,
        killed_high=5,
        civilians_killed=1,
        number_of_reports=2,
        source_note='"Agence Test, ""two"" dead"',
        extra={"dyad_name": "Government of Arla - FPA", "country_id": "482", "gwnoa": "482", "event_clarity": "1"},
    )


@pytest.mark.parametrize(
    ("kind", "civilians", "violence", "actors"),
    [
        ("1", "1", (), [("FPA", ActorSide.PARTY), ("Civilians", ActorSide.PARTY)]),
        ("2", "1", (), [("FPA", ActorSide.PARTY), ("Civilians", ActorSide.PARTY)]),
        ("3", "1", ("direct-attack", "killing"), [("FPA", ActorSide.PERPETRATOR)]),
        ("3", "0", ("direct-attack",), [("FPA", ActorSide.PERPETRATOR)]),
    ],
)
def test_ucdp_concludes_only_what_the_data_say(
    kind: str, civilians: str, violence: tuple[str, ...], actors: list[tuple[str, ActorSide]]
) -> None:
    draft = parse("ucdp", BATTLE, type_of_violence=kind, side_a="FPA", side_b="Civilians", deaths_civilians=civilians)
    assert (draft.violence_types, [(actor.name, actor.side) for actor in draft.actors]) == (violence, actors)


@pytest.mark.parametrize(("precision", "kept"), [("4", 4), ("5", 5), ("6", 6), ("7", 5)])
def test_ucdp_point_of_a_region_or_country_is_kept_aside(precision: str, kept: int) -> None:
    draft = parse("ucdp", BATTLE, where_prec=precision)
    assert (draft.point_precision, draft.point is None, "latitude" in draft.extra) == (kept, kept > 4, kept > 4)


def test_ucdp_figures_out_of_order_are_kept_with_a_notice() -> None:
    draft = parse("ucdp", BATTLE, low="7", best="7", high="6")
    assert (draft.killed_low, draft.killed_best, draft.killed_high) == (7, 7, 6)
    assert [notice.message for notice in draft.notices] == [
        "Row 14, best: low 7, best 7 and high 6 are not in order; kept as published."
    ]


@pytest.mark.parametrize(
    ("column", "value", "code", "message"),
    [
        ("best", "12a", "not_whole", 'Row 14, best: "12a" is not a whole number.'),
        ("best", "2.5", "not_whole", 'Row 14, best: "2.5" is not a whole number.'),
        ("best", "-3", "negative", 'Row 14, best: "-3" is below 0.'),
        ("best", "", "missing", "Row 14, best: the cell is empty."),
        ("best", "99999999", "too_high", 'Row 14, best: "99999999" is above 10,000,000.'),
        ("latitude", "91", "out_of_range", 'Row 14, latitude: "91" is not between -90 and 90.'),
        ("longitude", "21,98", "not_number", 'Row 14, longitude: "21,98" is not a number of degrees, such as 4.3667.'),
        ("longitude", "", "half_point", "Row 14, longitude: a point needs both latitude and longitude."),
        ("latitude", "nan", "not_number", 'Row 14, latitude: "nan" is not a number of degrees, such as 4.3667.'),
        ("date_start", "16/05/2020", "not_date",
         'Row 14, date_start: "16/05/2020" is not a date. Write it as 2023-02-16.'),
        ("date_start", "2020-02-30", "not_date",
         'Row 14, date_start: "2020-02-30" is not a date. Write it as 2023-02-16.'),
        ("date_start", "1020-02-03", "out_of_range", 'Row 14, date_start: "1020-02-03" is too far away.'),
        ("date_end", "2020-05-15", "ends_before_start",
         "Row 14, date_end: the end 2020-05-15 lies before the start 2020-05-16."),
        ("type_of_violence", "4", "unknown_code", 'Row 14, type_of_violence: "4" is not one of: 1, 2, 3.'),
        ("type_of_violence", "", "unknown_code",
         "Row 14, type_of_violence: the cell is empty; it takes one of: 1, 2, 3."),
        ("id", "x" * 61, "too_long", "Row 14, id: the text has 61 characters; the limit is 60."),
    ],
)  # fmt: skip
def test_ucdp_cell_is_refused_in_plain_words(column: str, value: str, code: str, message: str) -> None:
    assert problems("ucdp", BATTLE, **{column: value}) == [(code, message)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-02-16", date(2023, 2, 16)),
        ("2023-2-6", date(2023, 2, 6)),
        ("1991-08-08 00:00:00.000", date(1991, 8, 8)),
        ("2023-02-16T10:30:00Z", date(2023, 2, 16)),
        ("16 May 2025", date(2025, 5, 16)),
        ("16-Sep-2025", date(2025, 9, 16)),
        ("1 september 2025", date(2025, 9, 1)),
        ("02/03/2023", None),
        ("31 June 2025", None),
        ("45000", None),
        ("", None),
    ],
)
def test_days_are_read_where_they_cannot_be_mistaken(text: str, day: date | None) -> None:
    assert parse_day(text) == day


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_every_day_is_read_in_every_written_form(day: date) -> None:
    forms = [day.isoformat(), f"{day:%d %B %Y}", f"{day:%d-%b-%Y}", f"{day.isoformat()} 00:00:00.000"]
    assert [parse_day(form) for form in forms] == [day] * 4


def test_acled_row_becomes_a_draft() -> None:
    assert parse("acled", ATTACK) == IncidentDraft(
        origin_id="ARL1",
        title="Attack, Bria",
        starts_on=date(2025, 5, 16),
        ends_on=date(2025, 5, 16),
        event_kind=EventKind.ONE_SIDED,
        violence_types=("direct-attack", "killing"),
        actors=(
            ActorRef("FPA: Front of Arla", "acled-fpafrontofarla", ActorSide.PERPETRATOR, SourceOfViolence.ARMED_GROUP),
        ),
        names=((0, "Central African Republic"), (1, "Haute-Kotto")),
        place="Bria",
        lat=6.5423,
        lon=21.9863,
        point_precision=1,
        killed_best=2,
        source_note="Radio Test",
        narrative="On 16 May, FPA attacked.",
        extra={
            "event_type": "Violence against civilians",
            "sub_event_type": "Attack",
            "inter1": "Rebel group",
            "inter2": "Civilians",
            "civilian_targeting": "Civilian targeting",
            "timestamp": "1747400000",
        },
    )


@pytest.mark.parametrize(
    ("changes", "kind", "violence"),
    [
        ({"event_type": "Battles", "sub_event_type": "Armed clash", "civilian_targeting": "", "inter1": "1"},
         EventKind.STATE_BASED, ()),
        ({"event_type": "Battles", "sub_event_type": "Armed clash", "civilian_targeting": "", "inter2": "Rebel group"},
         EventKind.NON_STATE, ()),
        ({"event_type": "Strategic developments", "sub_event_type": "Looting/property destruction",
          "civilian_targeting": ""}, EventKind.OTHER, ("pillage",)),
        ({"sub_event_type": "Abduction/forced disappearance", "fatalities": "0"}, EventKind.ONE_SIDED, ("abduction",)),
    ],
)  # fmt: skip
def test_acled_kind_and_violence(changes: dict[str, str], kind: EventKind, violence: tuple[str, ...]) -> None:
    draft = parse("acled", ATTACK, **changes)
    assert (draft.event_kind, draft.violence_types) == (kind, violence)


@pytest.mark.parametrize("left_out", [(), ("admin3", "timestamp"), ("admin2", "admin3", "tags", "disorder_type")])
def test_acled_exports_with_fewer_columns_and_a_mark_are_recognised(left_out: tuple[str, ...]) -> None:
    columns = tuple(column for column in acled_layout.COLUMNS if column not in left_out)
    row = {key: value for key, value in ATTACK.items() if key in columns}
    found = read(b"\xef\xbb\xbf" + csv_file([row], columns))
    assert [(parsed.number, parsed.draft and parsed.draft.origin_id) for parsed in found] == [(2, "ARL1")]


def test_layouts_are_told_apart_and_strangers_named() -> None:
    assert [find_layout(layout.columns).code for layout in LAYOUTS.values()] == ["ucdp", "acled", "pocweb"]
    assert find_layout([column.label for column in template.COLUMNS]).code == "pocweb"
    with pytest.raises(TableError, match='most like the UCDP GED layout, but these are missing: "best"'):
        find_layout([column for column in ucdp.COLUMNS if column != "best"])
    with pytest.raises(TableError, match="fit no known layout: UCDP GED, ACLED, pocweb"):
        find_layout(["Name", "Colour"])
    with pytest.raises(TableError, match='ACLED layout needs these columns too: "event_id_cnty"'):
        open_incidents(io.BytesIO(csv_file([BATTLE], ucdp.COLUMNS)), name="x.csv", layout="acled")


def test_two_headers_for_one_column_are_refused() -> None:
    with pytest.raises(TableError, match='mean the same: "starts_on"'):
        read(b"Incident id,title,Date,starts_on\n1,a,2020-01-01,2020-01-01\n")


def test_second_row_with_the_same_id_is_refused() -> None:
    found = read(csv_file([BATTLE, {**BATTLE, "best": "4"}], ucdp.COLUMNS))
    assert [[problem.message for problem in parsed.problems] for parsed in found] == [
        [],
        ['Row 3, id: the id "1" stands already in row 2.'],
    ]


def test_thousand_bad_cells_are_all_listed_and_good_rows_pass() -> None:
    rows = [
        {**BATTLE, "id": str(number), **({} if number % 2 else {"best": "x", "latitude": "?"})}
        for number in range(1000)
    ]
    found = read(csv_file(rows, ucdp.COLUMNS))
    assert Counter(problem.column for parsed in found for problem in parsed.problems) == {"best": 500, "latitude": 500}
    assert sum(parsed.draft is not None for parsed in found) == 500


def test_formula_and_short_row_reject_their_rows() -> None:
    data = csv_file([{**BATTLE, "side_b": "=cmd"}, {**BATTLE, "id": "2"}], ucdp.COLUMNS)
    found = read(data + b"3,,2020\r\n")
    assert [[problem.code for problem in parsed.problems][:1] for parsed in found] == [["formula"], [], ["short_row"]]
    assert [parsed.draft is None for parsed in found] == [True, False, True]


def count_independently() -> dict[str, int]:
    with UCDP.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    best, civilians, number = header.index("best"), header.index("deaths_civilians"), header.index("id")
    return {
        "rows": len(rows),
        "ids": len({row[number] for row in rows}),
        "killed": sum(int(row[best]) for row in rows),
        "civilians": sum(int(row[civilians]) for row in rows),
    }


@pytest.mark.parametrize("with_header", [True, False])
def test_real_file_is_read_whole_and_its_totals_stand(with_header: bool) -> None:
    data = UCDP.read_bytes()
    found = read(data if with_header else data.split(b"\n", 1)[1])
    drafts = [parsed.draft for parsed in found if parsed.draft]
    assert {
        "rows": len(drafts),
        "ids": len({draft.origin_id for draft in drafts}),
        "killed": sum(draft.killed_best or 0 for draft in drafts),
        "civilians": sum(draft.civilians_killed or 0 for draft in drafts),
    } == count_independently()
    assert Counter(problem.code for parsed in found for problem in parsed.problems) == {"bounds": 19}
    assert len({draft.fingerprint() for draft in drafts}) == len(drafts) == 1576
    assert Counter(draft.point is None for draft in drafts) == {False: 1520, True: 56}


def test_real_file_loses_no_filled_cell() -> None:
    """Every filled column is either read into the draft or kept beside it."""
    with UCDP.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    for parsed in read(UCDP.read_bytes()):
        draft = parsed.draft
        assert draft is not None
        kept = " ".join([*draft.extra.values(), draft.source_note, draft.narrative, draft.place, draft.title])
        names = " ".join([*(name for _level, name in draft.names), *(actor.name for actor in draft.actors)])
        for column in ("source_article", "source_headline", "source_original", "conflict_name", "deaths_a", "geom_wkt"):
            assert rows[draft.origin_id][column].strip() in kept
        for column in ("adm_1", "adm_2", "side_a"):
            assert rows[draft.origin_id][column] in names


def test_fingerprint_changes_with_content_and_not_with_row_or_time_stamp() -> None:
    first, same = parse("acled", ATTACK), parse("acled", ATTACK, timestamp="1847400000")
    other, wider = parse("acled", ATTACK, fatalities="3"), parse("acled", ATTACK, tags="crowd size=no report")
    assert first.fingerprint() == same.fingerprint()
    assert len({draft.fingerprint() for draft in (first, other, wider)}) == 3


def write_template(drafts: list[IncidentDraft], kind: str) -> bytes:
    out = io.BytesIO()
    rows = [template.template_row(draft) for draft in drafts]
    (write_xlsx if kind == "xlsx" else write_csv)(template.COLUMNS, rows, out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_template_gives_back_what_was_written(kind: str) -> None:
    found = read(write_template([FULL], kind))
    assert [(parsed.number, parsed.draft, parsed.problems) for parsed in found] == [(3, FULL, ())]


def test_template_row_needs_only_id_title_and_date() -> None:
    found = read(b"Incident id,Title,Date\nA,Theft,2020-01-02\n")
    assert [parsed.draft for parsed in found] == [
        IncidentDraft(origin_id="A", title="Theft", starts_on=date(2020, 1, 2), ends_on=date(2020, 1, 2))
    ]


def test_codes_that_layouts_conclude_are_shipped() -> None:
    concluded = {"direct-attack", "killing", *acled_layout.VIOLENCE.values()}
    assert concluded <= set(VIOLENCE_TYPES)


def test_template_takes_the_forms_of_violence_that_the_mission_added() -> None:
    row = Row(14, {**SHORT, "violence_types": "cattle-raid; Killing"})
    draft = template_layout((*VIOLENCE_TYPES, "cattle-raid")).parse(row)
    assert isinstance(draft, IncidentDraft)
    assert draft.violence_types == ("cattle-raid", "killing")


SHORT = {"origin_id": "A", "title": "Attack", "starts_on": "2020-01-02"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"killed_low": "3", "killed_best": "2"}, "Row 14, Killed, low: low 3 is above best 2."),
        ({"killed_high": "1", "killed_best": "2"}, "Row 14, Killed, high: high 1 is below best 2."),
        ({"killed_low": "3"}, "Row 14, Killed, best: low or high is given without the best estimate."),
        ({"killed_best": "1", "killed_women": "2"}, "Row 14, Killed, best: the parts add up to more than the total."),
        ({"killed_best": "1", "civilians_killed": "2"},
         "Row 14, Civilians killed: 2 civilians are more than the 1 people killed."),
        ({"breakdown": "two women"},
         'Row 14, Further breakdown: "two women" is not in the form '
         "killed/civilian/woman/adult=2; injured/unknown/unknown/child=1-2-4."),
        ({"breakdown": "killed/civilian/woman/old=2"},
         'Row 14, Further breakdown: "killed/civilian/woman/old=2" is not in the form '
         "killed/civilian/woman/adult=2; injured/unknown/unknown/child=1-2-4."),
        ({"killed_women": "1", "breakdown": "killed/unknown/woman/adult=1"},
         'Row 14, Further breakdown: "killed/unknown/woman/adult=1" is counted twice.'),
        ({"violence_types": "killing; magic"},
         'Row 14, Forms of violence: "magic" is not one of: direct-attack, indiscriminate-attack, killing, torture, '
         "maiming, rape, sexual-violence, forced-displacement, …."),
        ({"marking": "secret"},
         'Row 14, Marking: "secret" is not one of: unclassified, confidential, strictly_confidential.'),
        ({"title": ""}, "Row 14, Title: the cell is empty."),
    ],
)  # fmt: skip
def test_template_cell_is_refused_in_plain_words(changes: dict[str, str], message: str) -> None:
    assert [text for _code, text in problems("pocweb", SHORT, **changes)] == [message]


def test_template_adds_up_parts_where_the_total_is_empty() -> None:
    draft = parse("pocweb", SHORT, killed_women="2", breakdown="killed/civilian/unknown/child=1-2-4")
    assert (draft.killed_low, draft.killed_best, draft.killed_high) == (3, 4, 6)


def test_template_columns_have_names_labels_and_tags_of_their_own() -> None:
    columns: tuple[Column, ...] = template.COLUMNS
    for values in ([c.name for c in columns], [c.label for c in columns], [c.hxl for c in columns]):
        assert [value for value, count in Counter(values).items() if count > 1 or not value] == []


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=";"), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split()) or "x"
)
NUMBERS = st.integers(0, 500)


@st.composite
def drafts(draw: st.DrawFn) -> IncidentDraft:
    start = draw(st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1)))
    low, more, most = draw(NUMBERS), draw(NUMBERS), draw(NUMBERS)
    located = draw(st.booleans())
    return IncidentDraft(
        origin_id=draw(WORDS),
        title=draw(WORDS),
        starts_on=start,
        ends_on=start,
        date_precision=draw(st.sampled_from(DatePrecision)),
        event_kind=draw(st.sampled_from(EventKind)),
        violence_types=tuple(draw(st.lists(st.sampled_from(("killing", "rape", "pillage")), unique=True))),
        actors=tuple(ActorRef(name, "", ActorSide.PARTY) for name in draw(st.lists(WORDS, unique=True, max_size=2))),
        place=draw(WORDS),
        lat=draw(st.floats(-90, 90)) if located else None,
        lon=draw(st.floats(-180, 180)) if located else None,
        point_precision=draw(st.integers(1, 4)) if located else None,
        killed_low=low,
        killed_best=low + more,
        killed_high=low + more + most,
        civilians_killed=draw(st.integers(0, low)),
        counts=(CountRow(Harm.KILLED, draw(st.sampled_from(PersonStatus)), Sex.WOMAN, Age.ADULT, low, low, low),),
        narrative=draw(WORDS),
        verification=draw(st.sampled_from(Verification)),
        marking=draw(st.sampled_from(Marking)),
    )


@settings(deadline=None, max_examples=60)
@given(drafts())
def test_any_draft_comes_back_from_the_template(draft: IncidentDraft) -> None:
    found = read(write_template([draft], "csv"), limits=Limits())
    assert [(parsed.draft, parsed.problems) for parsed in found] == [(draft, ())]
