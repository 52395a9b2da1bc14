"""Reviews that are late: on the row, on the panel of the edition, on the desk (TH-05, TH-07)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from pocweb.choices import Marking
from pocweb.desk import Visit
from pocweb.models import Mission, Office, Person
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from tests.threats.test_gap_rules import WHOLE
from threats.desk_editions import reviews_missed
from threats.edition_panel import build_panel
from threats.editions import live_rows
from threats.rules import editions as rules
from threats.rules.gaps import gaps_of
from threats.services import editions

NOW = datetime(2020, 12, 31, 12, tzinfo=UTC)
YESTERDAY, TODAY = date(2020, 12, 30), date(2020, 12, 31)


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


@pytest.mark.parametrize(
    ("days", "fields"),
    [
        ({"review_on": YESTERDAY}, ["review_on"]),
        ({"review_on": TODAY}, []),
        ({"horizon_on": YESTERDAY}, ["horizon_on"]),
        ({"horizon_on": TODAY}, []),
        ({"review_on": YESTERDAY, "horizon_on": YESTERDAY}, ["review_on", "horizon_on"]),
        ({"review_on": None, "horizon_on": None}, []),
    ],
)
def test_row_with_a_missed_day_is_flagged(days: dict[str, Any], fields: list[str]) -> None:
    """TH-05: the day itself is in time; a day that nobody set is no gap of this kind (Handbook 8.3; rule ours)."""
    found = [gap for gap in gaps_of(replace(WHOLE, **days), now=NOW) if gap.code == "review_missed"]
    assert [gap.field for gap in found] == fields


@pytest.mark.parametrize(
    ("age", "horizon_on", "count"),
    [(31, None, 0), (32, None, 1), (5, YESTERDAY, 1), (5, TODAY, 0), (32, YESTERDAY, 2)],
)
def test_edition_in_force_that_missed_its_review(age: int, horizon_on: date | None, count: int) -> None:
    """TH-05: older than the mission's review period (Handbook 5.1), or past its horizon."""
    said = rules.missed(in_force_at=NOW - timedelta(days=age), horizon_on=horizon_on, review_days=31, now=NOW)
    assert len(said) == count


def test_live_row_tells_its_missed_review(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari, review_on=YESTERDAY)
    (row,) = live_rows(bambari, now=NOON)
    assert "Review was due on 30 December 2020." in [gap["message"] for gap in row["gaps"]]


def test_panel_flags_the_edition_and_counts_the_rows(
    officer: Person, heads: dict[str, Person], bambari: Office, client: Client
) -> None:
    make_matrix_threat(bambari, review_on=YESTERDAY)
    make_matrix_threat(bambari, "Hidden", review_on=YESTERDAY, marking=Marking.STRICTLY_CONFIDENTIAL)
    Person.objects.filter(pk=officer.pk).update(clearance=Marking.CONFIDENTIAL)
    panel = build_panel(bambari, officer, NOON, counts_late=True)
    assert (panel.flags, panel.late) == ((), 1)


def test_late_edition_stands_on_panel_page_and_desk(
    officer: Person, scpi: Person, heads: dict[str, Person], bambari: Office, client: Client
) -> None:
    """TH-05: whoever drafts finds it on the desk with the way to roll over, until the next edition is open."""
    make_matrix_threat(bambari, review_on=YESTERDAY)
    make_edition(bambari, officer, "in_force", heads, now=NOON - timedelta(days=40))
    said = "Review missed: in force for 40 days, the review period is 31 days."
    assert build_panel(bambari, officer, NOON).flags == (said,)
    visit = _visit(officer, bambari.mission)
    content = reviews_missed(visit)
    assert content is not None
    assert [(item.state, item.act, item.act_url) for item in content.items] == [
        (said, "Roll over", "/matrix/BAMBARI/editions/new/"),
        ("Review or horizon of 1 row has passed", "", ""),
    ]
    assert content.waiting == ((2, "2 late reviews of matrices"),)
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    for page in ("/", "/matrix/BAMBARI/editions/"):
        assert "Review missed: in force for" in client.get(page).text
    assert reviews_missed(_visit(scpi, bambari.mission)) is None
    editions.open_edition(bambari, by=officer, now=NOON)
    after = reviews_missed(visit)
    assert after is not None
    assert [item.act for item in after.items] == [""]


def _visit(person: Person, mission: Mission) -> Visit:
    return Visit(Person.objects.get(pk=person.pk), mission, NOON)


def test_desk_tells_nothing_above_the_clearance_or_of_other_branches(
    officer: Person, bambari: Office, bria: Office
) -> None:
    make_matrix_threat(bambari, "Hidden", review_on=YESTERDAY, marking=Marking.STRICTLY_CONFIDENTIAL)
    make_matrix_threat(bria, "Elsewhere", review_on=YESTERDAY)
    content = reviews_missed(_visit(officer, bambari.mission))
    assert content is not None
    assert (content.items, content.waiting) == ((), ())
