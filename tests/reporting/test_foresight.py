"""TH-12: the trigger calendar and the atrocity watch feed section II of the quarterly assessment."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pocweb.audit import fingerprint
from pocweb.choices import Marking
from pocweb.models import Mission, Office, Person
from pocweb.periods import Quarter
from reporting import services
from reporting.foresight import coming, moved_factors
from reporting.models import Report
from reporting.quarterly import cable_of
from reporting.snapshot import build_snapshot
from tests.factories.threats_threat import load_reference
from tests.factories.threats_watch import NOW, make_reading, make_trigger, make_watch
from threats.services.triggers import call_off_trigger

QUARTER = Quarter.parse("2020-Q4")
STRICT = Marking.STRICTLY_CONFIDENTIAL


@pytest.fixture
def cleared(adviser: Person) -> Person:
    """The POC Adviser, cleared for everything."""
    load_reference()
    Person.objects.filter(pk=adviser.pk).update(clearance=STRICT)
    return Person.objects.get(pk=adviser.pk)


@pytest.fixture
def records(mission: Mission, bambari: Office, cleared: Person) -> None:
    """Two factors, one of them risen; four events, two of them in the next quarter and told to everybody."""
    risen = make_watch(mission, cleared, 7, who="Traders")
    make_reading(risen, cleared, "2020-09-20", 1)
    make_reading(risen, cleared, "2020-12-20", 3)
    calm = make_watch(mission, cleared, 2)
    make_reading(calm, cleared, "2020-12-21", 3, marking=STRICT)
    make_trigger(bambari, cleared, title="Second round", starts_on="2021-02-14", ends_on="2021-02-14")
    make_trigger(
        bambari, cleared, kind="season", title="Herds", starts_on="2019-11-15", ends_on="2020-04-15",
        watch_from="2019-11-01", is_yearly=True,
    )  # fmt: skip
    make_trigger(bambari, cleared, title="Above", starts_on="2021-02-01", ends_on="2021-02-01", marking=STRICT)
    off = make_trigger(bambari, cleared, title="Off", starts_on="2021-02-02", ends_on="2021-02-02")
    call_off_trigger(off, reason="Postponed", by=cleared, now=NOW)


def open_one(mission: Mission, by: Person) -> Report:
    return services.open_report(mission, period="2020-Q4", by=by, now=NOW)


def test_only_what_the_report_may_say_is_taken(records: None, mission: Mission) -> None:
    """TH-12: events of the next three months, yearly ones included; factors above or risen; nothing marked higher."""
    events = coming(mission, QUARTER, marking=Marking.CONFIDENTIAL)
    watch = moved_factors(mission, QUARTER, marking=Marking.CONFIDENTIAL)
    whole = moved_factors(mission, QUARTER, marking=STRICT)

    assert [(row["title"], row["starts_on"]) for row in events] == [
        ("Herds", "2020-11-15"),
        ("Second round", "2021-02-14"),
    ]
    assert [(row["number"], row["baseline"], row["level"], row["has_risen"]) for row in watch["moved"]] == [
        (7, 1, 3, True)
    ]
    assert (watch["factors"], watch["followed"]) == (14, 2)
    assert [row["number"] for row in whole["moved"]] == [2, 7]


def test_figures_and_first_drafts(records: None, mission: Mission, cleared: Person) -> None:
    """TH-12: three figures stand in the register; empty sections get a draft that names them."""
    report = open_one(mission, cleared)
    figures = {row.code: row.answer for row in report.figures.all()}
    texts = {row.code: row.text for row in report.sections.all()}

    assert [figures[code] for code in ("F-21", "F-22", "F-23")] == [1, 1, 2]
    assert "[F-23] events" in texts["II.a.ii"]
    assert "Second round (14 Feb 2021, C-001)" in texts["II.a.ii"]
    assert "Herds (15 Nov 2020 to 15 Apr 2021, C-002)" in texts["II.a.iii"]
    assert "[F-21] of the 14 risk factors" in texts["II.b"]
    assert not any("Above" in text for text in texts.values())


def test_figures_open_their_records(records: None, mission: Mission, cleared: Person) -> None:
    """TH-12: each figure leads to the board of its day or the calendar of its quarter, which show the same number."""
    report = open_one(mission, cleared)
    client = Client()
    client.force_login(cleared)
    links = {}
    for code in ("F-21", "F-22", "F-23"):
        page = client.get(reverse("reporting:figure-detail", args=[report.pk, code]))
        links[code] = page.context["records_url"]
        assert client.get(links[code]).status_code == 200

    assert links == {
        "F-21": "/watch/?on=2020-12-31",
        "F-22": "/watch/?on=2020-12-31",
        "F-23": "/calendar/?start=2021-01-01&months=3",
    }


def test_without_records_nothing_is_claimed(mission: Mission, hq: Office, cleared: Person) -> None:
    """TH-12: no baseline and an empty calendar are not zero, and leave the sections to their writers."""
    report = open_one(mission, cleared)
    figures = {row.code: row.answer for row in report.figures.all()}
    texts = {row.code: row.text for row in report.sections.all()}

    assert [figures[code] for code in ("F-21", "F-22", "F-23")] == [None, None, None]
    assert (texts["II.a.ii"], texts["II.a.iii"]) == ("", "")


def test_cable_shows_both_tables_and_older_content_none(records: None, mission: Mission, cleared: Person) -> None:
    """TH-12: a table of coming triggers and one of factors; a report frozen before they existed is drawn as it was."""
    report = open_one(mission, cleared)
    data = build_snapshot(report, now=NOW)
    tables = tables_of(report, data)
    older = {name: value for name, value in data.items() if name not in ("triggers", "watch")}

    assert [line.event for line in tables["triggers"].lines] == ["Herds", "Second round"]
    assert [(line.factor, line.now) for line in tables["factors"].lines] == [
        ("7 Enabling circumstances or preparatory action", "Strong and spreading")
    ]
    assert not {"triggers", "factors"} & set(tables_of(report, older))


def tables_of(report: Report, data: dict[str, Any]) -> dict[str, Any]:
    cable = cable_of(report, data, frozen_at=NOW)
    rows = [exhibit for section in cable.sections for row in section.exhibits for exhibit in row]
    return {exhibit.kind: exhibit for exhibit in rows}


def test_same_records_same_content_and_frozen_on_submission(
    records: None, mission: Mission, bambari: Office, cleared: Person
) -> None:
    """TH-12: the snapshot is the same twice, and does not move once the report is submitted."""
    report = open_one(mission, cleared)
    assert fingerprint(build_snapshot(report, now=NOW)) == fingerprint(build_snapshot(report, now=NOW))
    for section in report.sections.select_related("report__mission", "report__office"):
        text = section.text or "Written."
        services.write_section(section, based_on=section.version, changes={"text": text}, by=cleared, now=NOW)
    report = services.submit_report(Report.objects.get(pk=report.pk), by=cleared, now=NOW)
    make_trigger(bambari, cleared, title="Too late", starts_on="2021-03-01", ends_on="2021-03-01")

    report.refresh_from_db()
    assert [row["title"] for row in report.snapshot["triggers"]] == ["Herds", "Second round"]
    assert report.sha256 == fingerprint(report.snapshot)


def test_report_pages_show_what_feeds_a_section(records: None, mission: Mission, cleared: Person) -> None:
    """TH-12: the working page counts the records behind a section, the section's page lists them with a draft."""
    report = open_one(mission, cleared)
    section = report.sections.get(code="II.a.iii")
    services.write_section(section, based_on=1, changes={"text": "Our own words."}, by=cleared, now=NOW)
    client = Client()
    client.force_login(cleared)
    page = client.get(reverse("reporting:report-detail", args=[report.pk])).content.decode()
    form = client.get(reverse("reporting:section-update", args=[report.pk, "II.a.iii"])).content.decode()

    assert "1 event of the calendar" in page
    assert "1 factor of the atrocity watch" in page
    assert "2 records of the calendar and the atrocity watch are left out" in page
    assert "C-002 Herds" in form
    assert "Seasons, holidays and yearly events of the next three months" in form
