"""The figures of incidents, compared with counts made by other means (TH-11; QR-01 builds on them)."""

import csv
import io
import itertools
import json
import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import CommandError, call_command

from tests.factories.mission import make_area, make_mission, make_office
from tests.factories.threats_incident import make_actor, make_incident
from threats.choices import ActorSide, EventKind, Verification
from threats.figures import GROUPINGS, figures, summarize
from threats.filters import apply_filters
from threats.models import Incident, IncidentActor

pytestmark = pytest.mark.django_db


def rows_of(table: Any) -> dict[str, Any]:
    return {row.key: row.value for row in table.rows}


@pytest.fixture
def scattered(mission: Any, bambari: Any, bria: Any, ouaka: Any, haute_kotto: Any) -> list[dict[str, Any]]:
    """Sixty incidents by chance (seeded), in two prefectures and nowhere, by three actors or none; as plain lines."""
    chance = random.Random(7)
    town = make_area("CF4201", "Grimari", 2, ouaka)
    actors = [make_actor(mission, f"a{n}", f"Band {n}") for n in range(3)]
    lines = []
    for _number in range(60):
        area = chance.choice([ouaka, town, haute_kotto, None])
        killed = chance.choice([None, 0, 1, 5, 12])
        line = {
            "starts_on": date(2019, 11, 1) + timedelta(days=chance.randrange(300)),
            "killed_best": killed,
            "civilians_killed": None if killed is None else killed // 2,
            "injured_best": chance.choice([None, 3]),
            "verification": chance.choice(list(Verification)).value,
            "event_kind": chance.choice(list(EventKind)).value,
        }
        part = chance.sample(actors, chance.randrange(3))
        incident = make_incident(mission, area, actors=tuple(part), **line)
        if part:  # the same actor on two sides still counts once
            IncidentActor.objects.create(incident=incident, actor=part[0], side=ActorSide.VICTIM)
        above = {None: ("", ""), ouaka: ("CF42", ""), town: ("CF42", "CF4201"), haute_kotto: ("CF52", "")}[area]
        lines.append({**line, "area1": above[0], "area2": above[1], "actors": [a.code for a in part] or [""]})
    return lines


COLUMNS = {"killed": "killed_best", "civilians_killed": "civilians_killed", "injured": "injured_best"}


def keys_of(line: dict[str, Any], by: str) -> list[str]:
    day = line["starts_on"]
    return {
        "month": [day.strftime("%Y-%m")],
        "quarter": [f"{day.year}-Q{-(-day.month // 3)}"],
        "year": [str(day.year)],
        "area1": [line["area1"]],
        "area2": [line["area2"]],
        "actor": line["actors"],
        "violence": [line["event_kind"]],
    }[by]


def counted(
    scattered: list[dict[str, Any]], measure: str, by: str, verified_only: bool, span: tuple[date, date]
) -> Any:
    """Return what the lines add up to: values by key, keys of which nothing is recorded, total, unrecorded, events."""
    start, end = span
    chosen = [
        line
        for line in scattered
        if start <= line["starts_on"] <= end
        and (line["verification"] == "verified" if verified_only else line["verification"] != "discounted")
    ]
    sums: dict[str, list[Any]] = defaultdict(list)
    for line in chosen:
        for key in keys_of(line, by):
            sums[key].append(1 if measure == "events" else line[COLUMNS[measure]])
    expected = {key: sum(v for v in found if v is not None) for key, found in sums.items()}
    all_unknown = {key for key, found in sums.items() if all(v is None for v in found)}
    values = [1 if measure == "events" else line[COLUMNS[measure]] for line in chosen]
    known = {key: value for key, value in expected.items() if value}
    return known, all_unknown, sum(v for v in values if v is not None), values.count(None), len(chosen)


def told(table: Any) -> Any:
    """Return what a table of figures says, as `counted` does."""
    found = rows_of(table)
    known = {key: value for key, value in found.items() if value}
    return known, {k for k, v in found.items() if v is None}, table.total, table.not_recorded, table.events


def test_figures_equal_an_independent_count(mission, scattered):
    """Each measure by each grouping, of all events and of the verified."""
    start, end = span = date(2019, 12, 1), date(2020, 7, 31)
    questions = list(itertools.product(["events", *COLUMNS], GROUPINGS, [False, True]))
    assert len(questions) == 56
    tables = {
        (measure, by, only): figures(mission, measure=measure, by=by, start=start, end=end, verified_only=only)
        for measure, by, only in questions
    }
    assert {asked: told(table) for asked, table in tables.items()} == {
        asked: counted(scattered, *asked, span) for asked in questions
    }


def test_figures_link_to_the_records_they_count(mission, scattered):
    """Each number opens its records: the filters of its address give the same count."""
    for by in GROUPINGS:
        table = figures(mission, measure="events", by=by, start=date(2020, 1, 10), end=date(2020, 6, 20))
        assert table.rows
        for row in table.rows:
            query = dict(parse_qsl(urlsplit(row.url).query))
            assert apply_filters(Incident.objects.all(), query).count() == row.value == row.events, by


def test_figures_list_months_without_an_event_as_zero(mission, ouaka, hq):
    """A gap in time is shown, within the range asked for or from the first to the last event."""
    for day in (date(2020, 1, 31), date(2020, 4, 1)):
        make_incident(mission, ouaka, starts_on=day, killed_best=2)
    asked = {"mission": mission, "measure": "killed", "by": "month"}
    assert rows_of(figures(**asked)) == {"2020-01": 2, "2020-02": 0, "2020-03": 0, "2020-04": 2}
    wider = figures(**asked, start=date(2019, 12, 15), end=date(2020, 2, 1))
    assert rows_of(wider) == {"2019-12": 0, "2020-01": 2, "2020-02": 0}
    assert rows_of(figures(**{**asked, "by": "quarter"})) == {"2020-Q1": 2, "2020-Q2": 2}
    nothing = figures(**asked, start=date(2018, 1, 1), end=date(2018, 2, 1))
    assert rows_of(nothing) == {"2018-01": 0, "2018-02": 0}


def test_figures_of_one_mission_leave_out_the_other(mission, ouaka, hq):
    other = make_mission("OTHER", "Other mission")
    make_office(other, "HQ")
    make_incident(mission, ouaka)
    make_incident(other, ouaka)
    assert figures(mission, measure="events", by="year").total == 1


def test_figures_count_within_what_a_reader_may_see(mission, bambari, bria, ouaka, haute_kotto, officer):
    make_incident(mission, ouaka)
    make_incident(mission, haute_kotto)
    make_incident(mission, ouaka, marking=3)
    scope = Incident.objects.visible_to(officer)
    assert rows_of(figures(mission, measure="events", by="area1", scope=scope)) == {"CF42": 1}


@pytest.mark.parametrize("by", GROUPINGS)
def test_figures_ask_the_same_number_of_queries_whatever_the_rows(
    mission, ouaka, hq, by, django_assert_max_num_queries
):
    for _number in range(3):
        make_incident(mission, ouaka, killed_best=1)
    with django_assert_max_num_queries(3 if by == "actor" else 1):
        figures(mission, measure="killed", by=by)


def test_figures_refuse_an_unknown_question(mission):
    with pytest.raises(ValueError, match="no figure of rumours"):
        figures(mission, measure="rumours", by="month")


def test_summary_agrees_with_the_figures(mission, scattered):
    summary = summarize(Incident.objects.counted())
    killed = figures(mission, measure="killed", by="year")
    assert (summary.events, summary.killed_best) == (killed.events, killed.total)
    assert summary.killed_not_recorded == killed.not_recorded
    assert summary.killed_low <= summary.killed_best <= summary.killed_high


def test_summary_of_nothing_knows_nothing(mission):
    summary = summarize(Incident.objects.all())
    assert (summary.events, summary.killed_best, summary.verified_percent) == (0, None, None)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("figures", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_the_promised_json(mission, ouaka, hq):
    make_incident(mission, ouaka, starts_on=date(2020, 2, 3), killed_best=4)
    make_incident(mission, ouaka, starts_on=date(2020, 3, 3))
    asked = ["--mission", "DEMO", "--measure", "killed", "--by", "month", "--from", "2020-01-01", "--to", "2020-03-31"]
    assert json.loads(run(*asked, "--format", "json")) == {
        "mission": "DEMO",
        "measure": "killed",
        "by": "month",
        "from": "2020-01-01",
        "to": "2020-03-31",
        "verified_only": False,
        "rows": [
            {"key": "2020-01", "label": "January 2020", "value": 0},
            {"key": "2020-02", "label": "February 2020", "value": 4},
            {"key": "2020-03", "label": "March 2020", "value": None},
        ],
        "total": 4,
        "not_recorded": 1,
    }
    text = run(*asked)
    assert "not recorded" in text
    assert "Not recorded in 1 events." in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--mission", "NONE"], "no mission with the code NONE"),
        (["--mission", "DEMO", "--from", "31.12.2020"], "--from is no date"),
        (["--mission", "DEMO", "--from", "2020-02-01", "--to", "2020-01-01"], "ends before it begins"),
    ],
)
def test_command_fails_with_a_plain_sentence(mission, more, said):
    with pytest.raises(CommandError, match=said):
        run("--measure", "events", "--by", "month", *more)


@pytest.fixture
def ucdp_rows() -> list[dict[str, str]]:
    """The rows of the shipped file, read here by other means than the import's."""
    from pathlib import Path

    import threats

    path = Path(threats.__file__).parent / "reference" / "ucdp_ged_caf_1991_2020.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_figures_of_the_shipped_events_equal_the_file(mission, hq, ucdp_rows):
    """Of all events in the file, month by month: killed is `best`, civilians killed `deaths_civilians`."""
    from pathlib import Path

    import threats
    from threats.imports import open_incidents, read_drafts
    from threats.services.incident_bulk import BulkContext, PlacedDraft, bulk_record

    path = Path(threats.__file__).parent / "reference" / "ucdp_ged_caf_1991_2020.csv"
    context = BulkContext(mission)
    with path.open("rb") as file:
        layout, table = open_incidents(file, name=path.name)
        drafts = [PlacedDraft(row.draft, None, "unmatched") for row in read_drafts(layout, table) if row.draft]
    for start in range(0, len(drafts), 500):
        bulk_record(drafts[start : start + 500], context=context, origin="ucdp", by=None)
    for measure, column in (("killed", "best"), ("civilians_killed", "deaths_civilians")):
        expected: Counter[str] = Counter()
        for row in ucdp_rows:
            expected[row["date_start"][:7]] += int(row[column])
        table = figures(mission, measure=measure, by="month")
        assert {k: v for k, v in rows_of(table).items() if v} == {k: v for k, v in expected.items() if v}
        assert table.total == sum(expected.values())
    assert figures(mission, measure="events", by="year").total == len(ucdp_rows)
