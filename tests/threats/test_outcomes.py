"""Outcome pages: the frozen look held against the incidents, only what the reader may see, lessons under the guard."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, Mission, Office, Person
from pocweb.periods import Quarter
from strategy.services import set_status
from tests.bench.measure import queries
from tests.factories.mission import make_area, make_office, make_square
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition, make_matrix_threat
from tests.factories.threats_incident import make_actor, make_incident
from threats.choices import Outcome, Verification
from threats.models import MatrixEdition, OutcomeLesson, Threat
from threats.outcomes import OfficeOutcome, read_outcomes
from threats.rules.outcomes import Tally
from threats.services.lessons import edit_lesson, write_lesson

JUNE = datetime(2020, 6, 20, 9, tzinfo=UTC)
Q2, Q3, Q4 = Quarter(2020, 2), Quarter(2020, 3), Quarter(2020, 4)
MOST_QUERIES = 12
Heads = dict[str, Person]


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> Heads:
    people = (head_of_office, head_of_military, head_of_police)
    return dict(zip(("head_of_office", "head_of_military", "head_of_police"), people, strict=True))


@pytest.fixture
def quarter(mission: Mission, bambari: Office, ouaka: Area, haute_kotto: Area, officer: Person, heads: Heads) -> None:
    """An edition of 20 June with a hit, an alarm, a miss and a quiet row; an incident on no row, one elsewhere."""
    upc, mpc, lra, fprc = (make_actor(mission, code, f"Group {code}") for code in ("upc", "mpc", "lra", "fprc"))
    for title, risk, actor in (("Hit", 4, upc), ("Alarm", 3, lra), ("Miss", 2, mpc), ("Quiet", 1, lra)):
        make_matrix_threat(bambari, title, risk).actors.set([actor])
    make_edition(bambari, officer, "in_force", heads, now=JUNE)
    day = date(2020, 8, 1)
    make_incident(mission, ouaka, actors=(upc,), starts_on=day, civilians_killed=3, killed_best=4)
    make_incident(mission, ouaka, actors=(mpc,), starts_on=day, civilians_killed=1, killed_best=1)
    make_incident(mission, ouaka, actors=(fprc,), starts_on=day, title="Nobody saw it coming")
    make_incident(mission, haute_kotto, actors=(upc,), starts_on=day)
    make_incident(mission, ouaka, actors=(upc,), starts_on=date(2020, 10, 1))
    make_incident(mission, ouaka, actors=(upc,), starts_on=day, verification=Verification.DISCOUNTED)


def read(office: Office, user: Person, quarter: Quarter = Q3, **more: Any) -> OfficeOutcome:
    return read_outcomes(office, [quarter], user=user, **more)[quarter].offices[0]


def titles(one: OfficeOutcome) -> dict[str, str]:
    return {line.title: line.outcome.value for line in one.lines}


def url(office: Office, **asked: Any) -> str:
    return reverse("threats:outcomes", args=[office.code]) + "?" + "&".join(f"{k}={v}" for k, v in asked.items())


@pytest.mark.usefixtures("quarter")
def test_quarter_is_held_against_the_frozen_rows(bambari: Office, officer: Person) -> None:
    """TH-05: later changes of the live rows do not touch the score."""
    Threat.objects.update(risk=1, title="Changed since")
    Threat.objects.get(number=1).actors.clear()

    one = read(bambari, officer)

    assert titles(one) == {"Hit": "hit", "Alarm": "false_alarm", "Miss": "miss", "Quiet": "quiet"}
    assert one.tally == Tally(
        warned=2, hits=1, false_alarms=1, misses=1, quiet=1, surprises=1, events=3, foreseen=1, civilians=4,
        civilians_foreseen=3,
    )  # fmt: skip
    assert [(group.area, group.actors, len(group.incidents)) for group in one.surprises] == [
        ("Ouaka", ("Group fprc",), 1)
    ]


@pytest.mark.usefixtures("quarter")
def test_page_names_counts_with_their_records(client: Client, bambari: Office, officer: Person) -> None:
    client.force_login(officer)

    page = client.get(url(bambari, period="2020-Q3")).content.decode()

    assert "1 of 2 rows that warned saw incidents." in page
    assert "1 of 3 incidents and 3 of 4 civilians killed fell where the matrix had warned." in page
    assert "1 row was rated too low." in page
    assert "1 incident was on no row." in page
    assert "Scored: edition 1, in force since 20 June 2020." in page
    assert "from=2020-07-01&amp;to=2020-09-30&amp;threat=T-001" in page
    assert "No activity was done in the quarter." in page


@pytest.mark.usefixtures("quarter")
def test_false_alarm_names_activities_done_in_the_quarter(bambari: Office, officer: Person) -> None:
    """TH-01: an activity of another quarter, or one above the clearance, is not told."""
    alarm = Threat.objects.get(title="Alarm")
    for done_on, marking in ((date(2020, 8, 3), 1), (date(2020, 10, 3), 1), (date(2020, 8, 4), 3)):
        activity = make_activity(bambari, officer, threats=[alarm])
        activity = set_status(activity, act="start", by=officer)
        set_status(activity, act="finish", by=officer, done_on=done_on, result="Done")
        type(activity).objects.filter(pk=activity.pk).update(marking=marking)

    [line] = read(bambari, officer).of(Outcome.FALSE_ALARM)

    assert line.done == 1


def test_edition_within_the_quarter_is_scored_late_from_its_first_day(
    mission: Mission, bambari: Office, ouaka: Area, officer: Person, heads: Heads, client: Client
) -> None:
    """TH-05: nothing that had happened before counts for or against the edition."""
    make_matrix_threat(bambari, "Attacks", 4)
    make_edition(bambari, officer, "in_force", heads, now=datetime(2020, 8, 10, 9, tzinfo=UTC))
    for day in (date(2020, 8, 9), date(2020, 8, 10)):
        make_incident(mission, ouaka, starts_on=day)

    one = read(bambari, officer)

    assert one.chosen is not None
    assert (one.chosen.is_late, one.before, one.tally.events, one.tally.hits) == (True, 1, 1, 1)
    client.force_login(officer)
    page = client.get(url(bambari, period="2020-Q3")).content.decode()
    assert "Scored late: no edition was in force on 1 July 2020." in page
    assert "1 incident came before it." in page


@pytest.mark.usefixtures("quarter")
def test_quarter_without_edition_is_not_scored(client: Client, bambari: Office, officer: Person) -> None:
    MatrixEdition.objects.update(in_force_at=datetime(2020, 10, 2, tzinfo=UTC))
    client.force_login(officer)

    page = client.get(url(bambari, period="2020-Q3"))

    assert "No forward look that you may see was in force in the third quarter 2020" in page.content.decode()
    assert page.context["scored"] == 0


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ("2020-Q4", "The fourth quarter 2020 is not over. It is scored from 1 January 2021 on."),
        ("2020-Q5", "&quot;2020-Q5&quot; is no quarter."),
        ("0000-Q1", "&quot;0000-Q1&quot; is no quarter."),
        ("summer", "&quot;summer&quot; is no quarter."),
    ],
)
def test_page_refuses_an_open_or_unknown_quarter(
    period: str, sentence: str, client: Client, bambari: Office, officer: Person
) -> None:
    """TH-05: the current quarter is never scored."""
    client.force_login(officer)
    answer = client.get(url(bambari, period=period))

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert answer.context["quarter"] == Q3


@pytest.mark.usefixtures("quarter")
def test_edition_above_the_clearance_is_not_replaced_by_another(
    bambari: Office, officer: Person, adviser: Person, heads: Heads
) -> None:
    make_edition(bambari, officer, "in_force", heads, now=datetime(2020, 8, 1, 9, tzinfo=UTC))
    MatrixEdition.objects.filter(number=1).update(marking=Marking.STRICTLY_CONFIDENTIAL)

    assert read(bambari, officer).score is None
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    assert read(bambari, Person.objects.get(pk=adviser.pk)).score is not None


@pytest.mark.usefixtures("quarter")
def test_row_above_the_clearance_is_left_out_and_makes_no_surprise(bambari: Office, officer: Person) -> None:
    Threat.objects.filter(title="Hit").update(marking=Marking.STRICTLY_CONFIDENTIAL)

    one = read(bambari, officer)

    assert "Hit" not in titles(one)
    assert (one.tally.events, one.tally.foreseen, one.tally.surprises) == (2, 0, 1)


@pytest.mark.usefixtures("quarter")
def test_incident_above_the_clearance_is_not_counted(
    mission: Mission, bambari: Office, ouaka: Area, officer: Person, client: Client
) -> None:
    before = read(bambari, officer).tally
    secret = make_incident(
        mission, ouaka, starts_on=date(2020, 8, 2), marking=Marking.STRICTLY_CONFIDENTIAL, title="Secret", number=777
    )
    client.force_login(officer)

    assert read(bambari, officer).tally == before
    for name in ("threats:outcomes", "threats:outcomes-export"):
        content = client.get(reverse(name, args=["BAMBARI"]) + "?period=2020-Q3").content.decode()
        assert secret.ref not in content


@pytest.mark.usefixtures("quarter")
def test_page_carries_the_highest_marking_of_what_it_counts(
    client: Client, mission: Mission, bambari: Office, ouaka: Area, officer: Person, adviser: Person
) -> None:
    make_incident(mission, ouaka, starts_on=date(2020, 8, 2), marking=Marking.STRICTLY_CONFIDENTIAL)
    Person.objects.filter(pk=adviser.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    for person, marking in ((officer, Marking.CONFIDENTIAL), (adviser, Marking.STRICTLY_CONFIDENTIAL)):
        client.force_login(person)
        assert client.get(url(bambari, period="2020-Q3")).context["marking"] == marking


@pytest.mark.usefixtures("quarter")
def test_other_office_and_other_mission_get_404(
    client: Client, bambari: Office, bria: Office, officer: Person, stranger: Person
) -> None:
    for person, office in ((officer, bria), (stranger, bambari)):
        client.force_login(person)
        for name in ("threats:outcomes", "threats:outcomes-export"):
            assert client.get(reverse(name, args=[office.code])).status_code == 404


@pytest.mark.usefixtures("quarter")
def test_mission_page_has_a_line_per_office_and_sums_counts(
    client: Client, hq: Office, bria: Office, adviser: Person, haute_kotto: Area
) -> None:
    """TH-06: an office without a forward look is told and kept out of the sum."""
    client.force_login(adviser)

    answer = client.get(url(hq, period="2020-Q3"))
    page = answer.content.decode()

    assert [(str(line["outcome"].office), line["outcome"].score is None) for line in answer.context["offices"]] == [
        ("Bambari", False),
        ("Bria", True),
    ]
    assert answer.context["sum"]["tally"].events == 3
    assert "no forward look, not scored" in page
    assert "Sum of 1 office" in page


@pytest.mark.usefixtures("quarter")
def test_export_writes_rows_and_surprises(client: Client, bambari: Office, officer: Person) -> None:
    """TH-10: CSV with HXL tags, a line per row and per surprise."""
    client.force_login(officer)
    answer = client.get(reverse("threats:outcomes-export", args=["BAMBARI"]) + "?period=2020-Q3")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert rows[0]["Outcome"] == "#indicator+outcome"
    assert [(row["Outcome"], row["Threat"], row["Incidents"], row["Civilians killed"]) for row in rows[1:]] == [
        ("hit", "T-001", "1", "3"),
        ("false_alarm", "T-002", "0", "0"),
        ("miss", "T-003", "1", "1"),
        ("quiet", "T-004", "0", "0"),
        ("surprise", "", "1", ""),
    ]
    assert history_of(bambari.mission)[0].note == "BAMBARI: outcomes of 2020-Q3, 5 rows as csv"


@pytest.mark.usefixtures("quarter")
def test_old_snapshot_without_codes_uses_the_actors_of_today_and_says_so(bambari: Office, officer: Person) -> None:
    edition = MatrixEdition.objects.get()
    for row in edition.snapshot["rows"]:
        del row["actor_codes"]
    MatrixEdition.objects.update(snapshot=edition.snapshot)

    one = read(bambari, officer)

    assert titles(one)["Hit"] == "hit"
    assert all(line.by_today for line in one.lines)


@pytest.mark.usefixtures("quarter")
def test_queries_do_not_grow(
    client: Client, mission: Mission, hq: Office, adviser: Person, country: Area, officer: Person, heads: Heads,
    bambari: Office, ouaka: Area,
) -> None:  # fmt: skip
    """Rows, incidents, offices and editions cost no query each."""
    client.force_login(adviser)
    address = url(hq, period="2020-Q3")

    def count() -> int:
        client.get(address)
        with queries() as ran:
            assert client.get(address).status_code == 200
        return ran.count

    small = count()
    for turn in range(3):
        make_office(
            mission, f"BASE{turn}", hq, [make_area(f"CF6{turn}", "More", 1, country, make_square(24, 5 + turn))]
        )
        make_matrix_threat(bambari, f"More {turn}", 4)
        make_edition(bambari, officer, "in_force", heads, now=datetime(2020, 7, turn + 2, 9, tzinfo=UTC))
        make_incident(mission, ouaka, starts_on=date(2020, 8, 20 + turn))

    assert count() == small
    assert small <= MOST_QUERIES


# --- lessons ----------------------------------------------------------------------------------------------------------

VALUES = {"text": "We had no ear east of the river.", "marking": 2}


def test_lesson_is_written_shown_and_edited_under_the_guard(
    client: Client, bambari: Office, officer: Person, adviser: Person
) -> None:
    client.force_login(officer)
    form = reverse("threats:lesson-write", args=["BAMBARI", "2020-Q3"])
    assert client.get(form).status_code == 200
    assert client.post(form, VALUES).status_code == 302
    lesson = OutcomeLesson.objects.get()
    assert VALUES["text"] in client.get(url(bambari, period="2020-Q3")).content.decode()

    edit_lesson(lesson, changes={"text": "Theirs"}, based_on=1, by=adviser)
    answer = client.post(form, {"text": "Mine", "marking": 2, "based_on": 1})
    assert answer.status_code == 409
    answer = client.post(form, {"choice_text": "both", "both_text": "Theirs and mine", "based_on": 2})
    assert answer.status_code == 302
    lesson.refresh_from_db()
    assert (lesson.text, lesson.version) == ("Theirs and mine", 3)
    page = client.get(reverse("threats:lesson-detail", args=[lesson.pk])).content.decode()
    assert "Theirs and mine" in page
    assert [event.verb for event in history_of(lesson)] == ["changed", "changed", "added"]


def test_second_first_lesson_is_shown_the_first_and_loses_nothing(
    client: Client, bambari: Office, officer: Person, adviser: Person
) -> None:
    """Two people open the empty form; the second sees the first's text beside their own."""
    write_lesson(bambari, period="2020-Q3", values=VALUES, by=adviser)
    client.force_login(officer)

    answer = client.post(reverse("threats:lesson-write", args=["BAMBARI", "2020-Q3"]), {"text": "Mine", "marking": 2})

    assert answer.status_code == 409
    page = answer.content.decode()
    assert VALUES["text"] in page
    assert ">\nMine</textarea>" in page
    assert OutcomeLesson.objects.get().text == VALUES["text"]
    with pytest.raises(Conflict):
        write_lesson(bambari, period="2020-Q3", values=VALUES, by=officer)
    lesson = OutcomeLesson.objects.get()
    edit_lesson(lesson, changes={"text": "A"}, based_on=1, by=adviser)
    with pytest.raises(EditConflict):
        edit_lesson(lesson, changes={"text": "B"}, based_on=1, by=officer)


def test_lesson_keeps_its_rules(client: Client, bambari: Office, officer: Person, colleague: Person) -> None:
    with pytest.raises(Forbidden):
        write_lesson(bambari, period="2020-Q3", values=VALUES, by=colleague)
    for period, values, code in (
        ("2020-Q4", VALUES, "quarter_open"),
        ("2020-Q3", {**VALUES, "text": "  "}, "text_missing"),
        ("2020-Q3", {**VALUES, "marking": 3}, "marking_above_clearance"),
        ("Q3", VALUES, "bad_period"),
    ):
        with pytest.raises(RuleError) as caught:
            write_lesson(bambari, period=period, values=values, by=officer)
        assert caught.value.code == code
    client.force_login(officer)
    answer = client.post(reverse("threats:lesson-write", args=["BAMBARI", "2020-Q3"]), {"text": "", "marking": 2})
    assert answer.status_code == 422
    assert not OutcomeLesson.objects.exists()


def test_lesson_above_the_clearance_is_hidden(client: Client, bambari: Office, officer: Person) -> None:
    lesson = write_lesson(bambari, period="2020-Q3", values=VALUES, by=officer)
    OutcomeLesson.objects.update(marking=Marking.STRICTLY_CONFIDENTIAL)
    client.force_login(officer)

    assert client.get(reverse("threats:lesson-detail", args=[lesson.pk])).status_code == 404
    assert client.get(reverse("threats:lesson-write", args=["BAMBARI", "2020-Q3"])).status_code == 404
    assert VALUES["text"] not in client.get(url(bambari, period="2020-Q3")).content.decode()
