"""Reminders of editions, reviews and the trigger calendar."""

from datetime import date, datetime, timedelta

from pocweb.models import Mission, Notice, Office, Person
from pocweb.recipients import Staff
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat
from tests.factories.threats_watch import make_trigger
from threats.models import Threat, TriggerEvent
from threats.reminders import remind_of_editions, remind_of_reviews, remind_of_triggers
from threats.services import editions


def told(mission: Mission, remind: object, now: datetime) -> list[str]:
    """Run a round twice and return who is newly told."""
    known = set(Notice.objects.values_list("pk", flat=True))
    first = remind(Staff(mission), now)  # type: ignore[operator]
    assert remind(Staff(mission), now) == 0  # type: ignore[operator]
    rows = Notice.objects.exclude(pk__in=known)
    assert first == len(rows)
    return sorted(rows.values_list("person__username", flat=True))


def test_heads_are_told_of_an_edition_that_awaits_them_and_again_after_three_days(
    mission: Mission,
    bambari: Office,
    officer: Person,
    head_of_office: Person,
    head_of_military: Person,
    head_of_police: Person,
    poc_lead: Person,
    head_of_mission: Person,
) -> None:
    """Handbook 8.3: the three heads approve; who has done so is not asked again."""
    make_matrix_threat(bambari)
    draft = make_edition(bambari, officer, "consultation")
    assert told(mission, remind_of_editions, NOON) == []
    edition = editions.endorse_edition(draft, by=officer, endorsed_by="Protection group", now=NOON)

    assert told(mission, remind_of_editions, NOON) == ["head_of_military", "head_of_office", "head_of_police"]
    editions.approve_edition(
        edition, slot="head_of_office", by=head_of_office, sha256=edition.sha256, now=NOON + timedelta(hours=1)
    )
    assert told(mission, remind_of_editions, NOON + timedelta(days=2)) == []
    assert told(mission, remind_of_editions, NOON + timedelta(days=3)) == ["head_of_military", "head_of_police"]
    assert told(mission, remind_of_editions, NOON + timedelta(days=9)) == []
    row = Notice.objects.filter(person=head_of_office).get()
    assert (row.text, row.ref) == (
        "Edition 1 of the matrix of Bambari waits for your approval since 31 December 2020.",
        "",
    )


def test_missed_review_is_told_to_the_lead_else_to_the_officer(
    mission: Mission, bambari: Office, officer: Person, colleague: Person
) -> None:
    led = make_matrix_threat(bambari, "Led", lead=colleague, review_on=NOON.date())
    make_matrix_threat(bambari, "Not led", review_on=NOON.date())
    closed = make_matrix_threat(bambari, "Closed", review_on=NOON.date())
    Threat.objects.filter(pk=closed.pk).update(status="closed", closed_reason="Over")

    assert told(mission, remind_of_reviews, NOON) == []  # on the day itself it is in time
    assert told(mission, remind_of_reviews, NOON + timedelta(days=1)) == ["colleague", "officer"]
    Threat.objects.filter(pk=led.pk).update(review_on=date(2021, 1, 5))
    assert told(mission, remind_of_reviews, NOON + timedelta(days=2)) == []
    assert told(mission, remind_of_reviews, NOON + timedelta(days=6)) == ["colleague"]


def test_watch_of_the_calendar_is_told_when_it_begins(
    mission: Mission, hq: Office, bambari: Office, officer: Person, adviser: Person
) -> None:
    days = {"starts_on": "2021-02-01", "ends_on": "2021-02-02", "watch_from": "2021-01-10"}
    make_trigger(bambari, officer, title="Of nobody", **days)
    mine = make_trigger(hq, adviser, title="Of the adviser", action_owner="adviser", is_yearly=True, **days)

    assert told(mission, remind_of_triggers, NOON + timedelta(days=9)) == []
    assert told(mission, remind_of_triggers, NOON + timedelta(days=10)) == ["adviser", "officer"]
    assert told(mission, remind_of_triggers, NOON + timedelta(days=20)) == []
    assert told(mission, remind_of_triggers, NOON + timedelta(days=365 + 10)) == ["adviser"]  # it came back
    TriggerEvent.objects.filter(pk=mine.pk).update(called_off="No vote this year")
    assert told(mission, remind_of_triggers, NOON + timedelta(days=2 * 365 + 11)) == []
