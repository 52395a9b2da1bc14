"""Rolling a matrix over to the next period, and the review of its rows in a round (TH-05)."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from pocweb.audit import history_of, verify
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Office, Person
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from tests.factories.threats_threat import load_reference
from threats.models import Assessment, MatrixEdition, Threat
from threats.rules import periods
from threats.services.rounds import confirm_rating, roll_over
from threats.services.threats import assess_threat, edit_threat

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DAYS = {"starts_on": date(2021, 1, 1), "horizon_on": date(2021, 3, 31), "review_on": date(2021, 1, 31)}
FORM = {name: day.isoformat() for name, day in DAYS.items()}


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


@pytest.fixture
def enter(client: Client) -> Callable[[Person], Client]:
    def sign_in(person: Person) -> Client:
        client.force_login(person, backend=BACKEND)
        return client

    return sign_in


@pytest.mark.parametrize(
    ("today", "days", "kind", "expected"),
    [
        (date(2020, 12, 31), 31, "", ("2021-01-01", "2021-03-31", "2021-01-31")),
        (date(2020, 11, 20), 31, "", ("2020-11-20", "2020-12-20", "2020-12-20")),
        (date(2020, 11, 20), 31, "quarter", ("2021-01-01", "2021-03-31", "2021-01-31")),
        (date(2020, 12, 31), 7, "review", ("2020-12-31", "2021-01-06", "2021-01-06")),
        (date(2020, 3, 30), 120, "", ("2020-04-01", "2020-06-30", "2020-06-30")),
    ],
)
def test_period_that_is_offered(today: date, days: int, kind: str, expected: tuple[str, ...]) -> None:
    """TH-05: the next quarter where one begins before the next review, else the review period (Handbook 5.1)."""
    found = periods.offered(today, review_days=days, kind=kind)
    assert tuple(day.isoformat() for day in (found.starts_on, found.horizon_on, found.review_on)) == expected


def test_roll_over_carries_everything_and_moves_the_days_that_end_before(
    officer: Person, heads: dict[str, Person], bambari: Office, bria: Office
) -> None:
    """TH-05: one edition, one audit event per threat that moves; days in the new period and unknown ones stay."""
    ends = make_matrix_threat(bambari, "Ends", horizon_on=date(2020, 12, 31), review_on=date(2020, 12, 20))
    stays = make_matrix_threat(bambari, "Stays", horizon_on=date(2021, 2, 1), review_on=None)
    gone = {"status": "closed", "closed_reason": "Gone", "closed_on": date(2020, 12, 2)}
    closed = make_matrix_threat(bambari, "Closed", review_on=date(2020, 12, 1), **gone)
    other = make_matrix_threat(bria, "Elsewhere", review_on=date(2020, 12, 1))
    before = make_edition(bambari, officer, "in_force", heads)
    edition = roll_over(bambari, by=officer, now=NOON, **DAYS)
    assert (edition.number, edition.state, edition.carried_from, edition.starts_on, edition.horizon_on) == (
        2,
        "draft",
        before,
        DAYS["starts_on"],
        DAYS["horizon_on"],
    )
    days = {one.pk: (one.horizon_on, one.review_on, one.version) for one in Threat.objects.all()}
    assert days == {
        ends.pk: (date(2021, 3, 31), date(2021, 1, 31), 2),
        stays.pk: (date(2021, 2, 1), None, 1),
        closed.pk: (None, date(2020, 12, 1), 1),
        other.pk: (None, date(2020, 12, 1), 1),
    }
    event = history_of(ends).get()
    assert (event.verb, event.actor, event.note, event.changes) == (
        "changed",
        officer,
        "rolled over to edition 2",
        {"horizon_on": ["2020-12-31", "2021-03-31"], "review_on": ["2020-12-20", "2021-01-31"]},
    )
    assert list(verify(bambari.mission)) == []


def test_roll_over_twice_does_nothing_twice(officer: Person, adviser: Person, bambari: Office) -> None:
    threat = make_matrix_threat(bambari, review_on=date(2020, 12, 20))
    roll_over(bambari, by=officer, now=NOON, **DAYS)
    with pytest.raises(Conflict, match=r"Edition 1 is on its way, opened by A. Bellin on 31 December 2020"):
        roll_over(bambari, by=adviser, now=NOON, **DAYS)
    assert (MatrixEdition.objects.count(), history_of(threat).count()) == (1, 1)


def test_editor_with_an_older_page_is_told_of_the_roll_over(officer: Person, bambari: Office) -> None:
    """TH-05: the version is counted up, so that a day typed on a page from before is a conflict, not a lost edit."""
    threat = make_matrix_threat(bambari, review_on=date(2020, 12, 20))
    roll_over(bambari, by=officer, now=NOON, **DAYS)
    with pytest.raises(EditConflict) as refused:
        edit_threat(threat, changes={"review_on": "2021-01-05"}, based_on=1, by=officer)
    assert [one.name for one in refused.value.opposed] == ["review_on"]
    edit_threat(threat, changes={"capacity": "One platoon"}, based_on=1, by=officer)
    threat.refresh_from_db()
    assert (threat.review_on, threat.capacity) == (DAYS["review_on"], "One platoon")


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"horizon_on": date(2020, 12, 31)}, "horizon_on"),
        ({"starts_on": date(2021, 4, 1)}, "horizon_on"),
        ({"review_on": date(2020, 12, 30)}, "review_on"),
        ({"review_on": date(2021, 4, 1)}, "review_on"),
    ],
)
def test_days_that_do_not_follow_one_another_are_refused_whole(
    days: dict[str, date], field: str, officer: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari, review_on=date(2020, 12, 20))
    with pytest.raises(RuleError) as refused:
        roll_over(bambari, by=officer, now=NOON, **{**DAYS, **days})
    assert (refused.value.field, MatrixEdition.objects.count()) == (field, 0)
    assert Threat.objects.get().review_on == date(2020, 12, 20)


def test_threats_above_the_clearance_keep_their_days_and_are_not_told(
    enter: Any, officer: Person, bambari: Office
) -> None:
    hidden = make_matrix_threat(
        bambari, "Hidden raid", review_on=date(2020, 12, 20), marking=Marking.STRICTLY_CONFIDENTIAL
    )
    text = enter(officer).get("/matrix/BAMBARI/editions/new/").text
    assert "Hidden raid" not in text
    assert "0 rows" in text
    roll_over(bambari, by=officer, now=NOON, **DAYS)
    hidden.refresh_from_db()
    assert (hidden.review_on, hidden.version) == (date(2020, 12, 20), 1)


def test_roll_over_is_refused_to_those_who_do_not_draft(colleague: Person, stranger: Person, bambari: Office) -> None:
    for person in (colleague, stranger):
        with pytest.raises(Forbidden):
            roll_over(bambari, by=person, now=NOON, **DAYS)
    assert not MatrixEdition.objects.exists()


def test_page_previews_what_is_carried_and_a_double_click_opens_one(
    enter: Any, officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: rows, gaps, rows not rated again, days that move; the same form sent twice leads to one edition."""
    make_matrix_threat(bambari, "Late one", review_on=date(2020, 12, 20))
    client = enter(officer)
    text = client.get("/matrix/BAMBARI/editions/new/").text
    assert 'value="2021-01-01"' in text
    assert "1 row" in text
    assert "20 Dec 2020" in text
    assert "31 Jan 2021" in text
    given = {**FORM, "once": "abc"}
    answers = [client.post("/matrix/BAMBARI/editions/new/", given) for _turn in range(2)]
    edition = MatrixEdition.objects.get()
    assert [answer.url for answer in answers] == [f"/editions/{edition.pk}/"] * 2
    assert client.post("/matrix/BAMBARI/editions/new/", FORM).status_code == 409
    assert "Edition 1 is on its way" in client.get("/matrix/BAMBARI/editions/new/").text


def test_wrong_day_keeps_what_was_typed(enter: Any, officer: Person, bambari: Office) -> None:
    answer = enter(officer).post("/matrix/BAMBARI/editions/new/", {**FORM, "review_on": "2021-06-30"})
    assert (answer.status_code, MatrixEdition.objects.count()) == (422, 0)
    assert 'value="2021-06-30"' in answer.text
    assert "between the first day and the horizon" in answer.text


def test_draft_tells_which_rows_were_reviewed_in_this_round(enter: Any, officer: Person, bambari: Office) -> None:
    """TH-05: a rating made or confirmed since the edition was opened counts; one click away, with a reason."""
    load_reference()
    rated, waits = make_matrix_threat(bambari, "Rated", risk=None), make_matrix_threat(bambari, "Waits", risk=None)
    for threat in (rated, waits):
        assess_threat(threat, likelihood=4, impact=4, reason="First", by=officer, now=NOON - timedelta(days=3))
    edition = roll_over(bambari, by=officer, now=NOON - timedelta(days=1), **DAYS)
    client, page = enter(officer), f"/editions/{edition.pk}/"
    assert "0 of 2 rows rated again or confirmed" in client.get(page).text
    address = f"{page}rows/{rated.pk}/confirm/"
    assert "Likelihood likely, impact major; rated by" in client.get(address).text
    last = rated.assessments.first()
    assert last is not None
    assert f'value="{last.pk}"' in client.get(address).text
    assert client.post(address, {"rating": last.pk, "reason": " "}).status_code == 422
    assert client.post(address, {"rating": last.pk, "reason": "Patrols saw the same."}).status_code == 302
    made = rated.assessments.first()
    assert made is not None
    assert (made.likelihood, made.impact, made.risk, made.trend, made.reason) == (
        last.likelihood,
        last.impact,
        last.risk,
        "steady",
        "Patrols saw the same.",
    )
    text = client.get(page).text
    assert "1 of 2 rows rated again or confirmed" in text
    assert "Patrols saw the same." in text
    assert client.post(address, {"rating": last.pk, "reason": "Again"}).status_code == 409
    assert rated.assessments.count() == 2


def test_confirming_needs_a_rating_that_was_read(
    officer: Person, colleague: Person, scpi: Person, bambari: Office
) -> None:
    load_reference()
    threat = make_matrix_threat(bambari, risk=None)
    with pytest.raises(RuleError) as refused:
        confirm_rating(threat, based_on=1, reason="Holds", by=officer)
    assert refused.value.code == "not_rated"
    first = assess_threat(threat, likelihood=4, impact=4, reason="First", by=officer, now=NOON)
    assess_threat(threat, likelihood=2, impact=4, reason="Second", by=colleague, now=NOON)
    with pytest.raises(Conflict, match="D. Orlo rated T-001 since"):
        confirm_rating(threat, based_on=first.pk, reason="Holds", by=officer)
    with pytest.raises(Forbidden):
        confirm_rating(threat, based_on=first.pk, reason="Holds", by=scpi)
    assert Assessment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_rolling_over_at_once_open_one_edition(officer: Person, adviser: Person, bambari: Office) -> None:
    """TH-05: two browsers at once on real connections; one edition, each threat moved once, the other is told."""
    threat = make_matrix_threat(bambari, review_on=date(2020, 12, 20))
    gate, results = threading.Barrier(2), []

    def work(person: Person) -> None:
        try:
            gate.wait(timeout=30)
            office = Office.objects.get(pk=bambari.pk)
            results.append(roll_over(office, by=Person.objects.get(pk=person.pk), now=NOON, **DAYS))
        except RuleError as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in (officer, adviser)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "MatrixEdition"]
    threat.refresh_from_db()
    assert (MatrixEdition.objects.count(), threat.version, history_of(threat).count()) == (1, 2, 1)
    assert list(verify(bambari.mission)) == []
