"""TH-08: the map of hotspots and blind spots: one picture for page, export and reports."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from pocweb.charts import AreaShape, Marker, state_map
from pocweb.choices import Marking, Role
from pocweb.models import Area, Mission, Office, Person
from tests.bench.measure import queries
from tests.factories.mission import make_area, make_person, make_square
from tests.factories.threats_edition import make_matrix_threat
from tests.factories.threats_incident import make_actor, make_incident
from tests.factories.threats_presence import make_presence
from threats.choices import Heat, Sight
from threats.division import measure
from threats.hotspot_drawing import state_of
from threats.hotspots import HotspotMap, ask, hotspots_for, scope_of, scope_up_to
from threats.models import Incident

START, END = date(2020, 10, 3), date(2020, 12, 31)
URL = "/hotspots/"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def row(hq: Office, country: Area) -> list[Area]:
    """Twelve first-level areas side by side, west to east; headquarters answers for all of them."""
    areas = [
        make_area(f"CF9{place:X}", f"Area {place}", 1, country, make_square(20.0 + place, 5.0)) for place in range(12)
    ]
    hq.areas.set([country])
    return areas


def picture(mission: Mission, user: Person, **asked: Any) -> HotspotMap:
    asked = {"level": 1, "start": START, "end": END, **asked}
    return hotspots_for(mission, ask(mission, **asked), scope_of(user, mission))


def by_code(found: HotspotMap) -> dict[str, Any]:
    return {one.area.pcode: one for one in found.areas}


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_neighbours_are_measured_from_the_shapes() -> None:
    """TH-08: areas touch over a border, over a corner, and over the sliver that simplified shapes leave."""
    shapes = {
        "A": make_square(20.0, 5.0),
        "B": make_square(21.004, 5.0),
        "C": make_square(22.004, 6.0),
        "D": make_square(23.05, 5.0),
    }

    near, held = measure(shapes, ())

    assert (near, held) == ({"A": ["B"], "B": ["A", "C"], "C": ["B"], "D": []}, {})


def test_cluster_of_events_is_a_hotspot_and_quiet_neighbours_are_not(
    mission: Mission, adviser: Person, row: list[Area]
) -> None:
    """TH-08: four bad areas of twelve at the west end; the statistic names those that hold events."""
    for area, count in zip(row, (4, 9, 9, 4), strict=False):
        for _turn in range(count):
            make_incident(mission, area, killed_best=2, civilians_killed=1)

    found = by_code(picture(mission, adviser))

    assert found["CF91"].heat == Heat.EVENTS
    assert found["CF91"].local.p == pytest.approx(2 / 220)  # two of the choices of three areas sum to 22
    assert {code for code, one in found.items() if one.heat == Heat.NONE} >= {"CF95", "CF96", "CF97", "CF98"}
    assert (found["CF91"].tally.killed, found["CF91"].tally.civilians) == (18, 9)


def test_threat_rated_high_names_its_area_without_an_event(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: hotspots are also where threats are likely to arise (POC Handbook 2020, 8.4)."""
    office = adviser.office
    assert office is not None
    high = make_matrix_threat(office, risk=3, areas=[row[0]])
    make_matrix_threat(office, risk=2, areas=[row[1]])
    make_matrix_threat(office, risk=4, areas=[row[2]], status="closed", closed_reason="It passed")

    found = by_code(picture(mission, adviser))

    assert [found[f"CF9{place}"].heat for place in range(3)] == [Heat.THREATS, Heat.WATCH, Heat.NONE]
    assert [mark.ref for mark in found["CF90"].threats] == [high.ref]


def test_sight_of_areas(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: base by an office's place, patrol, report; before the days of the mission it does not count."""
    hq = adviser.office
    assert hq is not None
    Office.objects.filter(pk=hq.pk).update(lat=5.5, lon=20.5)
    make_presence(hq, area=row[1], kind="patrol", starts_on=date(2020, 12, 2), ends_on=date(2020, 12, 2))
    make_presence(hq, area=row[2], kind="patrol", starts_on=date(2020, 12, 1), ends_on=date(2020, 12, 1))
    make_presence(hq, area=row[3], kind="network", starts_on=date(2019, 1, 1))
    make_incident(mission, row[4], starts_on=date(2020, 12, 5))
    make_incident(mission, row[5], starts_on=date(2020, 12, 1))
    make_incident(mission, row[6], starts_on=date(2020, 12, 5), verification="discounted")

    found = by_code(picture(mission, adviser))

    assert [found[f"CF9{place}"].sight for place in range(8)] == [
        Sight.PRESENCE_ONLY,
        Sight.PRESENCE_ONLY,
        Sight.BLIND,
        Sight.PRESENCE_ONLY,
        Sight.REPORTS_ONLY,
        Sight.BLIND,
        Sight.BLIND,
        Sight.BLIND,
    ]
    assert found["CF90"].offices == ("Mission headquarters",)
    assert found["CF95"].last_report_on == date(2020, 12, 1)
    mission.blind_days = 31
    assert by_code(picture(mission, adviser))["CF92"].sight == Sight.PRESENCE_ONLY


def test_actor_filter_leaves_blind_spots_alone(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: who attacked says nothing of whether the mission hears."""
    band, other = make_actor(mission), make_actor(mission, "band-2", "Blue river band")
    make_incident(mission, row[0], actors=(band,), starts_on=date(2020, 12, 20))

    found = by_code(picture(mission, adviser, actor=other.code))["CF90"]

    assert (found.tally.events, found.sight) == (0, Sight.REPORTS_ONLY)


def test_records_placed_no_closer_are_told_and_not_spread(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: at the second level, what lies in a first-level area alone makes nothing seen and nothing hot."""
    town, beside = (make_area(f"CF90{n}", f"Town {n}", 2, row[0], make_square(20.0 + n / 2, 5.0, 0.5)) for n in (0, 1))
    make_area("CF911", "Far town", 2, row[1], make_square(21.0, 5.0, 0.5))
    make_incident(mission, row[0])
    make_incident(mission, town)
    make_incident(mission, None)
    make_presence(adviser.office, area=row[0])  # type: ignore[arg-type]
    make_matrix_threat(adviser.office, risk=4, areas=[row[0]])  # type: ignore[arg-type]

    found = picture(mission, adviser, level=2)
    sights = {code: one.sight for code, one in by_code(found).items()}

    assert (found.coarser.events, found.coarser.presences, found.coarser.threats) == (2, 1, 1)
    assert sights == {"CF900": Sight.UNSURE, "CF901": Sight.UNSURE, "CF911": Sight.BLIND}
    assert (by_code(found)["CF900"].tally.events, by_code(found)[beside.pcode].heat) == (1, Heat.NONE)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_each_number_equals_the_list_that_it_links_to(
    mission: Mission, adviser: Person, row: list[Area], level: int
) -> None:
    """TH-08: events of an area, and events placed no closer, open exactly so many incidents; at every level."""
    town = make_area("CF901", "Town", 2, row[0], make_square(20.0, 5.0, 0.5))
    quarter = make_area("CF9011", "Quarter", 3, town, make_square(20.0, 5.0, 0.25))
    band = make_actor(mission)
    for area, count in ((row[0], 2), (town, 3), (quarter, 4), (row[1], 1), (None, 2)):
        for _turn in range(count):
            make_incident(mission, area, actors=(band,))
    make_incident(mission, quarter, verification="discounted")
    make_incident(mission, quarter, starts_on=date(2020, 10, 2))
    make_incident(mission, quarter)
    client = signed_in(adviser)

    page = client.get(URL, {"level": level, "actor": band.code})

    numbers = {
        line.events_url: line.picture.tally.events for line in page.context["lines"] if line.picture.tally.events
    }
    numbers[page.context["coarser_url"]] = page.context["found"].coarser.events
    assert sum(numbers.values()) == 12
    for url, number in numbers.items():
        answer = client.get(url)
        assert (answer.status_code, answer.context["asked"].summary.events) == (200, number)
        assert f'href="{escape(url)}"' in page.content.decode()


def test_presences_of_an_area_equal_their_list(mission: Mission, adviser: Person, row: list[Area]) -> None:
    hq = adviser.office
    assert hq is not None
    for day in (1, 2, 30):
        make_presence(hq, area=row[0], kind="patrol", starts_on=date(2020, 12, day), ends_on=date(2020, 12, day))
    client = signed_in(adviser)

    page = client.get(URL)
    line = next(line for line in page.context["lines"] if line.picture.area.pcode == "CF90")
    listed = client.get(line.presences_url)

    assert line.picture.presences == len(listed.context["page_obj"]) == 2


def test_person_sees_the_areas_of_their_branch_alone(
    mission: Mission, bambari: Office, bria: Office, officer: Person, ouaka: Area, haute_kotto: Area
) -> None:
    """TH-08: what a person may not see is neither counted nor called blind; it is said to lie outside their reach."""
    make_incident(mission, haute_kotto)
    make_matrix_threat(bria, risk=4, areas=[haute_kotto])

    found = picture(mission, officer)
    page = signed_in(officer).get(URL).content.decode()

    assert [one.area.pcode for one in found.areas] == ["CF42"]
    assert [area.pcode for area in found.outside] == ["CF52"]
    assert "Outside your reach: 1" in page
    assert "Haute-Kotto</a>" not in page


def test_records_above_the_clearance_are_not_counted(
    mission: Mission, adviser: Person, row: list[Area], hq: Office
) -> None:
    """TH-08: strictly confidential records show to those who may read them, in page, CSV and drawing."""
    strict = Marking.STRICTLY_CONFIDENTIAL
    make_incident(mission, row[0], marking=strict, starts_on=date(2020, 12, 20))
    make_presence(hq, area=row[1], marking=strict)
    make_matrix_threat(hq, risk=4, areas=[row[2]], marking=strict)
    cleared = make_person("cleared", Role.POCA, hq, "poc", clearance=strict)

    low, high = (by_code(picture(mission, person)) for person in (adviser, cleared))

    assert {(one.tally.events, one.heat, one.sight) for one in low.values()} == {(0, Heat.NONE, Sight.BLIND)}
    assert (high["CF90"].tally.events, high["CF91"].sight, high["CF92"].heat) == (1, Sight.PRESENCE_ONLY, Heat.THREATS)
    sheets = [signed_in(person).get("/hotspots/export.csv") for person in (adviser, cleared)]
    assert ["T-001" in sheet.content.decode() for sheet in sheets] == [False, True]
    assert "strictly-confidential" in sheets[1]["Content-Disposition"]
    assert "strictly" not in sheets[0]["Content-Disposition"]


def test_stranger_sees_nothing_of_the_mission(mission: Mission, row: list[Area], stranger: Person) -> None:
    make_incident(mission, row[0], title="Attack on a market")

    page = signed_in(stranger).get(URL)

    assert (page.status_code, page.context["found"].areas) == (200, ())
    assert "Area 0" not in page.content.decode()


def test_page_draws_map_legend_and_disclaimer(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: server-drawn, words beside each fill, blind spots hatched and never filled like what is calm."""
    make_matrix_threat(adviser.office, risk=4, areas=[row[0]])  # type: ignore[arg-type]
    make_presence(adviser.office, area=row[1])  # type: ignore[arg-type]

    page = signed_in(adviser).get(URL).content.decode()

    assert "Hotspot by threats, risk extreme: 1" in page
    assert "Blind spot: no presence, no report: 11" in page
    assert "do not imply official endorsement" in page
    [svg] = re.findall(r'<svg [^>]*role="img".*?</svg>', page, re.DOTALL)
    assert svg.count("url(#hatch-") == 11
    assert svg.count('fill="#dfe6eb"') == 1  # the one area that is seen and calm


def test_map_tells_hotspots_apart_by_risk_and_border(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: extreme, high and watch differ in colour and in words; where events stand out the border is wide."""
    for place, risk in ((0, 4), (1, 3), (2, 2)):
        make_matrix_threat(adviser.office, risk=risk, areas=[row[place]])  # type: ignore[arg-type]
    found = by_code(picture(mission, adviser))

    states = [state_of(found[code]) for code in ("CF90", "CF91", "CF92")]
    events = state_of(replace(found["CF90"], heat=Heat.BOTH))

    assert [(one.word, one.fill, one.border) for one in states] == [
        ("Hotspot by threats, risk extreme", "#7d1128", 1.2),
        ("Hotspot by threats, risk high", "#b83c0b", 1.2),
        ("Watch", "#fdeee6", 0),
    ]
    assert (events.word, events.fill, events.border) == ("Hotspot by events and threats, risk extreme", "#7d1128", 3.0)


def test_map_of_an_office_shows_its_areas_and_what_lies_around() -> None:
    """TH-08: the drawing fills its frame with the areas in focus; far ones and their offices are left out."""
    shapes = [
        AreaShape(name, name, {"type": "Polygon", "coordinates": [[[x, 4], [x + 1, 4], [x + 1, 5], [x, 5], [x, 4]]]})
        for x, name in enumerate("ABCDEFGH")
    ]
    posts = [Marker(0.5, 4.5, "Here", kind="office"), Marker(7.5, 4.5, "Far", kind="office")]

    near = state_map(shapes, states={}, markers=posts, focus=["A"], label="Near")
    whole = state_map(shapes, states={}, markers=posts, label="Whole")

    assert [line[0] for line in near.table.rows] == ["A", "B"]
    assert [line[0] for line in whole.table.rows] == list("ABCDEFGH")


def test_sheet_names_level_in_its_tags(mission: Mission, adviser: Person, row: list[Area]) -> None:
    lines = signed_in(adviser).get("/hotspots/export.csv").content.decode("utf-8-sig").splitlines()

    assert lines[1].startswith("#adm1+code,#adm1+name,#date+start,#date+end")
    assert len(lines) == 2 + 12


def test_drawing_alone_is_a_file_and_is_recorded(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """At most twelve queries of reading once the shapes are remembered, and the event on record."""
    client = signed_in(adviser)
    client.get("/hotspots/map.svg")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/hotspots/map.svg")
    assert sum(query["sql"].startswith("SELECT") and "_audit" not in query["sql"] for query in asked) <= 12

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg"')


@pytest.mark.parametrize("query", ["level=9", "period=17", "measure=rain", "actor=nobody"])
def test_unreadable_question_is_named_and_the_usual_one_answered(
    mission: Mission, adviser: Person, row: list[Area], query: str
) -> None:
    answer = signed_in(adviser).get(f"{URL}?{query}")

    assert (answer.status_code, answer.context["asked"].level) == (422, 1)
    assert 'class="err"' in answer.content.decode()


@pytest.mark.parametrize("period", ["30", "365", "2020-Q4", "2020-Q1"])
def test_period_is_that_of_the_link(mission: Mission, adviser: Person, row: list[Area], period: str) -> None:
    asked = signed_in(adviser).get(URL, {"period": period}).context["asked"]

    first, last = {
        "30": (date(2020, 12, 2), END),
        "365": (date(2020, 1, 2), END),
        "2020-Q4": (date(2020, 10, 1), END),
        "2020-Q1": (date(2020, 1, 1), date(2020, 3, 31)),
    }[period]
    assert (asked.start, asked.end) == (first, last)


def test_queries_do_not_grow_with_records(mission: Mission, adviser: Person, row: list[Area]) -> None:
    """TH-08: at most twelve queries for page and list of presences, whatever the rows."""
    client = signed_in(adviser)
    counts = []
    for turn in (1, 4):
        for number in range(turn):
            make_incident(mission, row[number], actors=(make_actor(mission, f"band-{turn}-{number}"),))
            make_presence(adviser.office, area=row[number])  # type: ignore[arg-type]
            make_matrix_threat(adviser.office, areas=[row[number]])  # type: ignore[arg-type]
        for url in (URL, reverse("threats:presence-list")):
            client.get(url)
            with queries() as ran:
                client.get(url)
            counts.append(ran.count)

    assert counts[:2] == counts[2:]
    assert max(counts) <= 12


def test_picture_for_a_document_counts_up_to_its_marking(mission: Mission, row: list[Area]) -> None:
    """TH-08: the same function without a reader, for reports: the whole mission up to a marking."""
    make_incident(mission, row[0])
    make_incident(mission, row[0], marking=Marking.STRICTLY_CONFIDENTIAL)
    question = ask(mission, level=1, start=START, end=END)

    found = hotspots_for(mission, question, scope_up_to(mission, Marking.CONFIDENTIAL))

    assert (len(found.areas), by_code(found)["CF90"].tally.events) == (12, 1)
    assert found.areas == hotspots_for(mission, question, scope_up_to(mission, Marking.CONFIDENTIAL)).areas


def test_events_of_an_earlier_division_follow_their_p_code(
    mission: Mission, adviser: Person, row: list[Area], country: Area
) -> None:
    """TH-08: an area that was drawn anew keeps its events; one that was given up is told apart."""
    Area.objects.filter(pk__in=[row[0].pk, row[1].pk]).update(valid_to=date(2020, 11, 30))
    make_area("CF90", "Area 0 anew", 1, country, make_square(20.0, 5.0), valid_from=date(2020, 12, 1))
    make_incident(mission, row[0], starts_on=date(2020, 11, 5))
    make_incident(mission, row[1], starts_on=date(2020, 11, 5))

    found = picture(mission, adviser)

    assert by_code(found)["CF90"].tally.events == 1
    assert (found.coarser.gone, "CF91" in by_code(found)) == (1, False)
    assert Incident.objects.count() == 2
