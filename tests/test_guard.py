"""The lost-update guard: one side's changes merge, opposed ones store nothing, two savers at once lose none."""

import threading
from typing import Any

import pytest
from django.db import connection

from pocweb.audit import history_of
from pocweb.errors import RuleError
from pocweb.guard import EditConflict, Kept, Opposed, Saved, compare, save_guarded, values_at
from pocweb.models import Office, Person
from tests.factories.threats_threat import make_threat
from threats.models import Threat

FIELDS = ("title", "location", "action")


def plain(threat: Threat) -> dict[str, Any]:
    return {name: getattr(threat, name) for name in FIELDS}


def apply(threat: Threat, changes: dict[str, Any]) -> list[str]:
    for name, value in changes.items():
        setattr(threat, name, value)
    return list(changes)


def save(threat: Threat, by: Person, based_on: int, **changes: Any) -> Saved[Threat]:
    rows = Threat.objects.select_related("mission")
    return save_guarded(rows, threat.pk, based_on=based_on, changes=changes, by=by, plain=plain, apply=apply)


@pytest.mark.parametrize(
    ("theirs", "mine", "opposed", "kept"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, [], []),
        ({"a": 1, "b": 2}, {"a": 9}, [], [Kept("a", "you", 1, 9)]),
        ({"a": 8, "b": 2}, {"a": 1}, [], [Kept("a", "them", 1, 8)]),
        ({"a": 8, "b": 2}, {"b": 9}, [], [Kept("a", "them", 1, 8), Kept("b", "you", 2, 9)]),
        ({"a": 8, "b": 2}, {"a": 8}, [], [Kept("a", "them", 1, 8)]),
        ({"a": 8, "b": 2}, {"a": 9}, [Opposed("a", 1, 9, 8)], []),
    ],
)
def test_compare_sorts_fields(
    theirs: dict[str, int], mine: dict[str, int], opposed: list[Opposed], kept: list[Kept]
) -> None:
    assert compare({"a": 1, "b": 2}, theirs, mine) == (opposed, kept)


@pytest.mark.django_db
def test_save_writes_only_what_changed_and_records_it(
    officer: Person, bambari: Office, django_assert_max_num_queries: Any
) -> None:
    threat = make_threat(bambari)
    with django_assert_max_num_queries(10) as queries:
        done = save(threat, officer, 1, title="New title", location=threat.location)
    assert done.changes == {"title": ["Attacks on villages", "New title"]}
    (update,) = [q["sql"] for q in queries.captured_queries if q["sql"].startswith('UPDATE "threats_threat"')]
    assert '"location" =' not in update
    assert (done.record.version, done.record.changed_by) == (2, officer)
    event = history_of(threat).get()
    assert (event.object_version, event.changes) == (2, done.changes)


@pytest.mark.django_db
def test_nothing_changed_stores_nothing(officer: Person, bambari: Office) -> None:
    threat = make_threat(bambari)
    assert save(threat, officer, 1, title=threat.title).changes == {}
    threat.refresh_from_db()
    assert threat.version == 1
    assert not history_of(threat).exists()


@pytest.mark.django_db
def test_fields_of_two_people_merge(officer: Person, colleague: Person, bambari: Office) -> None:
    threat = make_threat(bambari)
    save(threat, colleague, 1, location="Market")
    done = save(threat, officer, 1, action="Patrol the market")
    assert done.merged == [Kept("location", "them", "Villages east of the town", "Market")]
    threat.refresh_from_db()
    assert (threat.location, threat.action, threat.version) == ("Market", "Patrol the market", 3)


@pytest.mark.django_db
def test_form_with_untouched_old_values_does_not_undo_the_other(
    officer: Person, colleague: Person, bambari: Office
) -> None:
    """A form posts all its fields; those that the person left as they were do not count as theirs."""
    threat = make_threat(bambari)
    old = plain(threat)
    save(threat, colleague, 1, location="Market")
    save(threat, officer, 1, **{**old, "action": "Patrol"})
    threat.refresh_from_db()
    assert (threat.location, threat.action) == ("Market", "Patrol")


@pytest.mark.django_db
def test_opposed_field_stores_nothing_and_shows_both(officer: Person, colleague: Person, bambari: Office) -> None:
    threat = make_threat(bambari)
    save(threat, colleague, 1, action="Theirs")
    with pytest.raises(EditConflict) as caught:
        save(threat, officer, 1, action="Mine", location="Also mine")
    conflict = caught.value
    assert conflict.opposed == [Opposed("action", "Road check at the bridge", "Mine", "Theirs")]
    assert conflict.kept == [Kept("location", "you", "Villages east of the town", "Also mine")]
    assert (conflict.current, conflict.other) == (2, colleague)
    assert conflict.details["fields"] == [
        {"field": "action", "base": "Road check at the bridge", "yours": "Mine", "theirs": "Theirs"}
    ]
    threat.refresh_from_db()
    assert (threat.action, threat.location, threat.version) == ("Theirs", "Villages east of the town", 2)


@pytest.mark.django_db
def test_choice_posted_with_the_current_version_is_stored(officer: Person, colleague: Person, bambari: Office) -> None:
    threat = make_threat(bambari)
    save(threat, colleague, 1, action="Theirs")
    assert save(threat, officer, 2, action="Mine and theirs").record.version == 3


@pytest.mark.django_db
def test_values_at_reads_back_through_several_versions(officer: Person, bambari: Office) -> None:
    threat = make_threat(bambari)
    for version, words in ((1, "first"), (2, "second"), (3, "third")):
        save(threat, officer, version, action=words)
    fresh = Threat.objects.get(pk=threat.pk)
    found = [values_at(fresh, version, plain(fresh))["action"] for version in (1, 2, 3, 4)]
    assert found == ["Road check at the bridge", "first", "second", "third"]


@pytest.mark.django_db
@pytest.mark.parametrize("based_on", [0, -1, 2])
def test_version_that_never_was_is_refused(officer: Person, bambari: Office, based_on: int) -> None:
    with pytest.raises(RuleError, match="Open it again"):
        save(make_threat(bambari), officer, based_on, action="x")


@pytest.mark.django_db(transaction=True)
def test_two_savers_at_once_lose_nothing(officer: Person, colleague: Person, bambari: Office) -> None:
    """Of two people who save one field at the same moment one is stored and the other is asked to choose."""
    threat = make_threat(bambari)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def work(person: Person, words: str) -> None:
        try:
            start.wait(timeout=10)
            save(threat, person, 1, action=words)
            outcomes.append("stored")
        except EditConflict:
            outcomes.append("asked")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in ((officer, "Mine"), (colleague, "Theirs"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["asked", "stored"]
    threat.refresh_from_db()
    assert threat.version == 2
    assert threat.action in ("Mine", "Theirs")
