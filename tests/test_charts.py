"""Charts: safe and repeatable SVG, figures that the table repeats, gaps that do not look like calm."""

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from django.core.cache import cache

from pocweb.charts import (
    BOUNDARY_DISCLAIMER,
    Drawing,
    MonthPoint,
    RatingPoint,
    RatingSeries,
    area_map,
    monthly_bars,
    series_chart,
    sparkline,
)
from pocweb.charts.areas import TINTS, TintClass, tint_classes
from pocweb.charts.projection import Projection
from pocweb.charts.ratings import CONFIDENCE_FILLS
from pocweb.charts.scales import ticks_from_zero
from tests.documents import sample_bars, sample_map, square

SVG = "{http://www.w3.org/2000/svg}"
LEVELS = ("Low", "Medium", "High", "Extreme")


def sample_series() -> Drawing:
    """Return two threats' ratings, one with a break."""
    first = RatingSeries("T-001", (RatingPoint(date(2026, 7, 1), 1), RatingPoint(date(2026, 9, 2), 3)))
    second = RatingSeries("T-002", (RatingPoint(date(2026, 7, 9), 2), RatingPoint(date(2026, 8, 1), None)))
    return series_chart([first, second], levels=LEVELS, until=date(2026, 9, 30), title="Ratings")


def texts(drawing: Drawing) -> list[str]:
    """Return the words written in a drawing."""
    return [node.text or "" for node in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]  # noqa: S314 - ours


def fills(drawing: Drawing) -> list[str]:
    """Return the fills used in a drawing."""
    return [node.get("fill", "") for node in ElementTree.fromstring(drawing.svg).iter()]  # noqa: S314 - ours


@pytest.mark.parametrize(
    "drawing",
    [
        sample_bars,
        sample_map,
        sample_series,
        lambda: rated_series(),
        lambda: sparkline([0, 3, None, 5], "Killed, four months"),
    ],
)
def test_svg_is_safe_under_a_strict_policy_and_readable_aloud(drawing):
    svg = drawing().svg
    root = ElementTree.fromstring(svg)  # noqa: S314 - ours
    nodes = list(root.iter())
    allowed = {"svg", "g", "path", "line", "rect", "text", "tspan", "defs", "pattern"}
    assert {node.tag.removeprefix(SVG) for node in nodes} <= allowed
    assert not {"style", "class", "href", "onload"} & {name for node in nodes for name in node.attrib}
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawing().label != ""
    assert not [node for node in nodes[1:] for name in node.attrib if name.startswith("aria-") or name == "font-family"]
    assert not [node for node in nodes if node.tag == f"{SVG}g" and not len(node)]
    assert not re.search(r"\d\.\d{2,}", svg.replace("0.85", "").replace("0.28", ""))


@pytest.mark.parametrize("drawing", [sample_bars, sample_map, sample_series])
def test_drawing_gives_the_same_bytes_without_the_cache(drawing):
    first = drawing().svg
    cache.clear()
    assert drawing().svg == first


def test_drawing_is_kept_in_the_cache(monkeypatch):
    cache.clear()
    first = sample_bars().svg
    monkeypatch.setattr("vl_convert.vegalite_to_svg", None)
    assert sample_bars().svg == first


def test_hatch_patterns_of_two_drawings_have_different_ids():
    one, other = sample_map("One map").svg, sample_map("Another map").svg
    ids = re.findall(r'<pattern id="([^"]+)"', one + other)
    assert len(ids) == len(set(ids)) == 2
    assert f"url(#{ids[0]})" in one
    assert f"url(#{ids[1]})" in other


def test_names_from_users_are_text_in_the_drawing():
    shape = square("XA01", "<script>&\"'", west=20, south=5, size=3)
    drawing = area_map([shape], values={"XA01": 1}, labels={"XA01"}, label='A "quoted" <name>')
    assert "<script" not in drawing.svg
    assert "<script>&\"'" in texts(drawing)
    assert 'aria-label="A &quot;quoted&quot; &lt;name&gt;"' in drawing.svg
    assert 'aria-label="&lt;b&gt;&quot;"' in sparkline([1], '<b>"').svg


def test_monthly_bars_table_says_what_is_not_recorded():
    assert sample_bars().table.rows == (
        ("Jul 2026", "6", "5", "9", "4"),
        ("Aug 2026", "not recorded", "not recorded", "not recorded", "not recorded"),
        ("Sep 2026", "12", "12", "12", "12"),
    )


def test_monthly_bars_hatch_a_missing_month_and_number_the_others():
    drawing = sample_bars()
    assert len([fill for fill in fills(drawing) if fill.startswith("url(#hatch-")]) == 1
    assert [text for text in texts(drawing) if text in {"6", "12"}] == ["6", "12"]
    assert "which is not zero" in drawing.caption


def test_monthly_bars_draw_heights_in_proportion_from_zero():
    drawing = monthly_bars([MonthPoint(date(2026, 1, 1), 10, 5), MonthPoint(date(2026, 2, 1), 20, 20)], title="Killed")
    bars = re.findall(r'<path d="M[\d.]+,([\d.]+)h[\d.]+v([\d.]+)h-[\d.]+Z" fill="(#\w+)"', drawing.svg)
    assert [(float(top) + float(height), float(height), fill) for top, height, fill in bars] == [
        (150, 37.5, "#00618f"),
        (112.5, 37.5, "#8cc9ea"),
        (150, 150, "#00618f"),
    ]


@pytest.mark.parametrize(
    "numbers",
    [
        {"best": 3, "verified": 4},
        {"best": 3, "low": -1},
        {"best": None, "high": 2},
        {"best": -1},
    ],
)
def test_month_point_refuses_numbers_that_contradict_each_other(numbers):
    with pytest.raises(ValueError, match="2026-01"):
        MonthPoint(month=date(2026, 1, 1), **numbers)


def test_month_point_takes_a_source_whose_estimates_are_out_of_order():
    point = MonthPoint(date(2026, 1, 1), best=5, low=7, high=4)
    assert (point.bottom, point.top) == (5, 5)
    assert monthly_bars([point], title="Killed").table.rows == (("Jan 2026", "5", "7", "4", "0"),)


@pytest.mark.parametrize("points", [[], [MonthPoint(date(2026, 1, 1), 1), MonthPoint(date(2026, 1, 15), 2)]])
def test_monthly_bars_refuse_no_month_and_a_month_twice(points):
    with pytest.raises(ValueError, match="each month once"):
        monthly_bars(points, title="Killed")


def test_monthly_bars_of_zeros_have_a_scale():
    drawing = monthly_bars([MonthPoint(date(2026, 1, 1), 0)], title="Killed")
    assert texts(drawing) == ["0", "1", "0", "Jan", "2026"]


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [(0, [0, 1]), (1, [0, 1]), (7, [0, 2, 4, 6, 8]), (99, [0, 20, 40, 60, 80, 100]), (101, [0, 50, 100, 150])],
)
def test_ticks_reach_the_largest_value_in_round_steps(largest, ticks):
    assert ticks_from_zero(largest) == ticks


def test_area_map_tints_hatches_and_ends_with_the_boundary_disclaimer():
    drawing = sample_map()
    assert {TINTS[3], "#dfe6eb", "#b83c0b", "#00415f"} <= set(fills(drawing))
    assert drawing.caption == (
        "Tint, light to dark: events 1; 2; 3. Hatched: blind spot. Circle: 1 event, by size. Square: office. "
        + str(BOUNDARY_DISCLAIMER)
    )
    assert drawing.table.headers == ("Area", "Events", "Information", "Events drawn", "Offices")
    assert drawing.table.rows == (
        ("Amber", "3", "", "1", ""),
        ("Birch", "0", "", "0", "Birch office"),
        ("Cedar", "not recorded", "blind spot", "0", ""),
    )


def test_area_map_names_what_it_is_asked_to_name_within_its_frame():
    drawing = sample_map()
    assert set(texts(drawing)) == {"Amber", "Cedar"}
    width = int(re.search(r' width="(\d+)"', drawing.svg).group(1))
    places = [float(x) for x in re.findall(r'<text text-anchor="middle" transform="translate\(([\d.]+),', drawing.svg)]
    assert places
    assert all(0 < x < width for x in places)


def test_area_map_shows_an_unrecorded_area_apart_from_zero():
    shapes = [square("A", "Amber", west=0, south=0), square("B", "Birch", west=1, south=0)]
    drawing = area_map(shapes, values={"A": 0}, label="Two areas")
    assert [fill for fill in fills(drawing) if fill in {"#dfe6eb", "#f6f8f9"}] == ["#dfe6eb", "#f6f8f9"]
    assert "White: not recorded." in drawing.caption
    assert drawing.table.rows == (("Amber", "0"), ("Birch", "not recorded"))


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([], []),
        ([1], [TintClass(1, 1, TINTS[2])]),
        (
            [2, 40],
            [
                TintClass(1, 10, TINTS[0]),
                TintClass(11, 20, TINTS[1]),
                TintClass(21, 30, TINTS[2]),
                TintClass(31, 40, TINTS[3]),
            ],
        ),
    ],
)
def test_tint_classes_cover_the_values_in_round_steps(values, classes):
    assert tint_classes(values) == classes


def test_projection_shortens_longitudes_by_the_middle_latitude():
    shape = square("A", "Amber", west=10, south=59.5)
    projection = Projection.fit([shape.geometry], width=380, tallest=420, margin=6)
    left, bottom = projection.point(10, 59.5)
    right, top = projection.point(11, 60.5)
    assert (right - left) / (bottom - top) == pytest.approx(0.5, abs=0.005)


def test_projection_marks_and_shapes_share_their_pixels():
    drawing = sample_map()
    corner = re.search(r'd="M([\d.]+),([\d.]+)', drawing.svg)
    event = re.search(r'<path transform="translate\(([\d.]+),([\d.]+)\)"', drawing.svg)
    assert corner is not None
    assert event is not None
    degree = (380 - 12) / 3
    assert float(corner.group(1)) == pytest.approx(6, abs=0.5)
    assert float(event.group(1)) == pytest.approx(6 + degree / 2, abs=0.5)


@pytest.mark.parametrize(
    "arguments",
    [{"features": [], "values": {}}, {"features": [square("A", "A", west=0, south=0)], "values": {"A": -1}}],
)
def test_area_map_refuses_no_areas_and_negative_counts(arguments):
    with pytest.raises(ValueError, match="a map"):
        area_map(label="Map", **arguments)


def test_series_chart_table_lists_each_rating_with_its_day():
    assert sample_series().table.rows == (
        ("T-001", "1 July 2026", "Medium"),
        ("T-001", "2 September 2026", "Extreme"),
        ("T-002", "9 July 2026", "High"),
        ("T-002", "1 August 2026", "no rating"),
    )


def test_series_chart_names_only_lines_that_reach_the_end():
    words = texts(sample_series())
    assert "T-001" in words
    assert "T-002" not in words
    assert [word for word in words if word in LEVELS] == list(LEVELS)


@pytest.mark.parametrize(
    "points",
    [(), (RatingPoint(date(2026, 1, 1), 4),), (RatingPoint(date(2027, 1, 1), 1),)],
)
def test_series_chart_refuses_ratings_outside_scheme_or_time(points):
    with pytest.raises(ValueError, match="rating|series"):
        series_chart([RatingSeries("T-001", points)], levels=LEVELS, until=date(2026, 12, 31), title="Ratings")


def test_sparkline_tells_zero_from_not_recorded():
    drawing = sparkline([0, None, 4], "Killed", names=["Jan", "Feb", "Mar"])
    assert drawing.table.rows == (("Jan", "0"), ("Feb", "not recorded"), ("Mar", "4"))
    assert drawing.svg.count("<rect") == 3
    assert drawing.svg.count('fill="none"') == 1
    assert 'height="22" fill="#b83c0b"' in drawing.svg


def rated_series() -> Drawing:
    """Return three ratings of one threat: each confidence, one expected level, a change of scheme at the last."""
    points = (
        RatingPoint(date(2026, 7, 1), 1, confidence=1, confidence_label="Low", scheme="5x5, version 1"),
        RatingPoint(date(2026, 8, 1), 3, 2, "Medium", expected=1, scheme="5x5, version 1"),
        RatingPoint(date(2026, 9, 1), 3, 3, "High", scheme="3x3, version 1"),
    )
    return series_chart([RatingSeries("T-001", points)], levels=LEVELS, until=date(2026, 9, 30), title="Risk")


def dots(drawing: Drawing) -> list[str]:
    """Return the fills of the dots, in their order from left to right."""
    paths = ElementTree.fromstring(drawing.svg).iter(f"{SVG}path")  # noqa: S314 - ours
    return [fill for path in paths if (fill := path.get("fill", "")) in CONFIDENCE_FILLS and path.get("stroke")]


def test_series_chart_marks_confidence_expectation_and_change_of_scheme():
    """TH-03: the signs are drawn, explained and told in the table."""
    drawing = rated_series()
    assert dots(drawing) == [*CONFIDENCE_FILLS]
    assert drawing.table.headers[3:] == ("Confidence", "Expected after the response", "Scheme")
    assert drawing.table.rows == (
        ("T-001", "1 July 2026", "Medium", "Low", "not recorded", "5x5, version 1"),
        ("T-001", "1 August 2026", "Extreme", "Medium", "Medium", "5x5, version 1"),
        ("T-001", "1 September 2026", "Extreme", "High", "not recorded", "3x3, version 1"),
    )
    assert all(words in drawing.caption for words in ("confidence", "expected after the response", "new scheme"))


def test_series_chart_explains_only_signs_that_are_drawn():
    assert sample_series().caption == "A step is a new rating. A break in a line: no rating held."
    assert sample_series().table.headers == ("Threat", "From", "Rating")


def test_series_chart_refuses_an_expected_level_outside_the_scheme():
    points = (RatingPoint(date(2026, 1, 1), 1, expected=4),)
    with pytest.raises(ValueError, match="rating"):
        series_chart([RatingSeries("T-001", points)], levels=LEVELS, until=date(2026, 12, 31), title="Ratings")


def test_series_chart_holds_one_rating_of_today():
    points = (RatingPoint(date(2026, 1, 1), 1, 3, "High"),)
    drawing = series_chart([RatingSeries("T-001", points)], levels=LEVELS, until=date(2026, 1, 1), title="Ratings")
    assert dots(drawing) == [CONFIDENCE_FILLS[2]]
