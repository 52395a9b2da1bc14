"""Matching of places: folding of names, points in shapes, agreement of both, and the real file of 1,576 events."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocweb.place_files import read_places
from pocweb.places import Place, PlaceIndex, fold

UCDP = Path(__file__).parents[1] / "threats" / "reference" / "ucdp_ged_caf_1991_2020.csv"
BRIA = (6.5423, 21.9863)


@pytest.fixture(scope="module")
def caf() -> PlaceIndex:
    records = read_places()
    return PlaceIndex([record.as_place() for record in records], {r.pcode: r.shape for r in records if r.shape})


@pytest.fixture(scope="module")
def events() -> list[dict[str, str]]:
    with UCDP.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("Ombella-M'Poko province", "Ombella M’Poko"),
        ("Mambéré-Kadéi province", "MAMBÉRÉ-KADÉÏ"),
        ("Préfecture de la Ouaka", "Ouaka"),
        ("Sous-préfecture d'Ippy", "Ippy"),
        ("Bria region", "Bria"),
        ("Commune de Daba Nydou", "Daba-Nydou"),
        ("Bangui  city", "bangui"),
        ("Nde\u0301le\u0301", "Ndélé"),
    ],
)
def test_fold_brings_spellings_together(written: str, other: str) -> None:
    assert fold(written) == fold(other)


@pytest.mark.parametrize(("one", "another"), [("Bria", "Birao"), ("Ouham", "Ouham-Pendé"), ("Kémo", "Komé")])
def test_fold_keeps_different_names_apart(one: str, another: str) -> None:
    assert fold(one) != fold(another)


@pytest.mark.parametrize("name", ["Province", "Commune", "Region", "City"])
def test_fold_never_takes_the_last_word(name: str) -> None:
    assert fold(name) == name.casefold()


@given(st.text(max_size=40))
def test_fold_is_settled_after_one_time(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text("abcdéèïÀÇñ '-", min_size=1, max_size=20))
def test_fold_ignores_case_and_kind_words(name: str) -> None:
    assert fold(name.upper()) == fold(name) == fold(f"{name} province") or not fold(name)


def test_reference_places_are_unambiguous_within_their_parent() -> None:
    records = read_places()
    keys = Counter((record.level, record.parent_pcode, fold(record.name)) for record in records)
    pcodes = {record.pcode for record in records}
    assert Counter(record.level for record in records) == {0: 1, 1: 17, 2: 72, 3: 175, 4: 176}
    assert [record.pcode for record in records if record.shape is None and record.level < 4] == []
    assert {record.parent_pcode for record in records} <= pcodes | {""}
    assert all(record.pcode.startswith(record.parent_pcode) for record in records)
    assert {level for (level, _parent, _name), count in keys.items() if count > 1} <= {4}


def test_by_name_finds_names_other_names_and_nothing_else(caf: PlaceIndex) -> None:
    lobaye = caf.by_name("Lobaye", 1)
    assert lobaye is not None
    found = [
        caf.by_name("Nana-Gribizi", 1),
        caf.by_name("Nana-Grébizi province", 1),
        caf.by_name("Nana", 1),
        caf.by_name("Nola", 3),
        caf.by_name("Nola", 3, lobaye.place),
        caf.by_name("Bria", 2, lobaye.place),
        caf.by_name("", 1),
    ]
    assert [hit and (hit.place.pcode, hit.how) for hit in found] == [
        ("CF42", "name"), ("CF42", "alias"), None, None, ("CF1216", "name"), None, None,
    ]  # fmt: skip


def test_by_point_gives_the_chain_from_the_country_down(caf: PlaceIndex) -> None:
    chain = caf.by_point(4.366667, 18.583333)
    assert [(place.level, place.name) for place in chain[:2]] == [(0, "République centrafricaine"), (1, "Bangui")]
    assert [place.pcode.startswith(chain[i - 1].pcode) for i, place in enumerate(chain) if i] == [True] * (
        len(chain) - 1
    )


def test_by_point_reaches_across_a_simplified_border_and_no_further(caf: PlaceIndex) -> None:
    markounda, far_in_chad = caf.by_point(7.6167, 16.95), caf.by_point(8.6, 16.5)
    assert ([place.name for place in markounda[1:3]], far_in_chad) == (["Ouham", "Markounda"], ())


@pytest.mark.parametrize(
    ("names", "point", "precision", "expected"),
    [
        # precision decides how deep a point may lead (UCDP GED Codebook, where_prec)
        (((1, "Haute-Kotto"),), BRIA, 1, ("matched", "name", 3, "CF52")),
        (((1, "Haute-Kotto"),), BRIA, 2, ("matched", "name", 2, "CF52")),
        (((1, "Haute-Kotto"),), BRIA, 3, ("matched", "name", 2, "CF52")),
        (((1, "Haute-Kotto"),), BRIA, 4, ("matched", "name", 1, "CF52")),
        (((1, "Haute-Kotto"),), BRIA, 5, ("matched", "name", 1, "CF52")),
        (((1, "Haute-Kotto"), (2, "Bria")), BRIA, 5, ("matched", "name", 1, "CF52")),
        (((0, "Central African Republic"),), BRIA, 6, ("matched", "alias", 0, "CF")),
        # names lead deeper without a point
        (((1, "Haute-Kotto"), (2, "Bria region")), None, None, ("matched", "name", 2, "CF52")),
        (((1, ""), (2, "Bria region")), None, None, ("matched", "name", 2, "CF52")),
        # without a usable name the point decides
        ((), BRIA, 1, ("matched", "point", 3, "CF52")),
        (((0, "CAR"),), BRIA, 1, ("matched", "point", 3, "CF52")),
        (((1, "Nowhere"),), BRIA, 1, ("matched", "point", 3, "CF52")),
        # nothing to go by
        ((), None, None, ("unmatched", "none", None, "")),
        (((1, "Nowhere"),), None, None, ("unmatched", "none", None, "")),
        ((), (48.85, 2.35), 1, ("unmatched", "none", None, "")),
        ((), BRIA, 5, ("unmatched", "none", None, "")),
        # name and point, or names, disagree: kept at the named first level
        (((1, "Lobaye"),), BRIA, 1, ("disagreeing", "name", 1, "CF12")),
        (((1, "Haute-Kotto"), (2, "Yalinga")), BRIA, 1, ("disagreeing", "name", 1, "CF52")),
        (((1, "Lobaye"), (2, "Bria")), None, None, ("disagreeing", "name", 1, "CF12")),
    ],
)
def test_match_follows_the_policy(
    caf: PlaceIndex,
    names: tuple[tuple[int, str], ...],
    point: tuple[float, float] | None,
    precision: int | None,
    expected: tuple[str, str, int | None, str],
) -> None:
    match = caf.match(names, point, precision)
    assert (match.state, match.how, match.level, match.pcode[:4]) == expected


def test_match_says_in_words_what_disagrees(caf: PlaceIndex) -> None:
    match = caf.match(((1, "Lobaye"), (2, "Nowhere")), BRIA, 1)
    assert (match.detail, match.unknown_names) == (
        'not known as an area: "Nowhere"; the name says Lobaye; the point lies in Haute-Kotto, 477 km outside Lobaye',
        ((2, "Nowhere"),),
    )


def test_match_prefers_a_known_pcode_and_reports_an_unknown_one(caf: PlaceIndex) -> None:
    known, unknown = caf.match((), None, pcode="cf521"), caf.match(((1, "Lobaye"),), None, pcode="CF999")
    assert (known.pcode, known.how) == ("CF521", "pcode")
    assert (unknown.pcode, unknown.how, unknown.detail) == ("CF12", "name", 'not known as an area: "CF999"')


@pytest.mark.parametrize(
    ("east", "precision", "state"),
    [
        (0.99, 1, "matched"),
        (1.044, 1, "matched"),
        (1.046, 1, "disagreeing"),
        (1.26, 2, "matched"),
        (1.28, 2, "disagreeing"),
    ],
)
def test_tolerance_is_5_km_and_25_more_for_points_said_to_be_near(east: float, precision: int, state: str) -> None:
    index = PlaceIndex([Place(1, "X1", "West", 1)], {1: square(0, -1, 1, 1)})
    match = index.match(((1, "West"),), (0.0, east), precision)
    assert (match.state, match.place_pk) == (state, 1)


def test_distance_is_measured_in_kilometres_away_from_the_equator() -> None:
    index = PlaceIndex([Place(1, "X1", "North", 1)], {1: square(0, 59.9, 1, 60.1)})
    assert index.distance_km(index.places[0], 60.0, 2.0) == pytest.approx(55.6, rel=0.01)
    assert index.distance_km(index.places[0], 60.0, 0.5) == 0.0


@pytest.mark.parametrize(("on", "pk"), [(date(1999, 1, 1), 1), (date(2018, 1, 1), 1), (date(2022, 1, 1), 2), (None, 2)])
def test_division_in_force_on_the_day_is_taken_by_name_and_by_point(on: date | None, pk: int) -> None:
    index = PlaceIndex(
        [
            Place(1, "X1", "Ouham", 1, valid_from=date(2015, 6, 15), valid_to=date(2020, 12, 9)),
            Place(2, "X9", "Ouham", 1, valid_from=date(2020, 12, 10)),
        ],
        {1: square(0, 0, 2, 2), 2: square(0, 0, 1, 1)},
    )
    by_name, by_point = index.match(((1, "Ouham"),), None, on=on), index.match((), (0.5, 0.5), 1, on=on)
    assert (by_name.place_pk, by_point.place_pk) == (pk, pk)


def test_locality_without_shape_is_judged_by_the_area_above_it(caf: PlaceIndex) -> None:
    names = ((1, "Bangui"), (4, "Camp Kassat"))
    near, far = caf.match(names, (4.384, 18.609), 1), caf.match(names, BRIA, 1)
    assert (near.level, near.state, far.level, far.state) == (4, "matched", 1, "disagreeing")


def match_events(index: PlaceIndex, events: list[dict[str, str]]) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for row in events:
        names = ((0, row["country"]), (1, row["adm_1"]), (2, row["adm_2"]))
        match = index.match(names, (float(row["latitude"]), float(row["longitude"])), int(row["where_prec"]))
        found["1-4" if row["where_prec"] <= "4" else "5-6", match.how, match.state] += 1
        if row["where_prec"] <= "4" or row["adm_1"]:
            assert match.level is not None
            assert match.level >= 1, row["id"]
    return found


def test_every_real_event_with_a_place_gets_a_first_level_area(caf: PlaceIndex, events: list[dict[str, str]]) -> None:
    assert match_events(caf, events) == {
        ("1-4", "name", "matched"): 1411,
        ("1-4", "alias", "matched"): 83,
        ("1-4", "name", "disagreeing"): 25,
        ("1-4", "alias", "disagreeing"): 1,
        ("5-6", "name", "matched"): 14,
        ("5-6", "alias", "matched"): 42,
    }


def test_real_points_alone_give_nearly_the_same_areas(caf: PlaceIndex, events: list[dict[str, str]]) -> None:
    plotted = [row for row in events if row["where_prec"] <= "4"]
    differing = set()
    for row in plotted:
        by_point = caf.by_point(float(row["latitude"]), float(row["longitude"]))
        by_name = caf.by_name(row["adm_1"], 1)
        assert by_name is not None
        if by_name.place not in by_point:
            differing.add(row["where_coordinates"])
    assert differing == {"Nzawa village", "Nana-Mambéré province", "Borossè village"}
