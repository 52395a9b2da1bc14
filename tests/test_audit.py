"""The audit chain: order, hashes, and that every kind of tampering is found."""

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from pocweb import audit
from pocweb.models import AuditEvent, AuditHead, Mission, Person


def add(mission: Mission, count: int, actor: Any = None) -> None:
    for number in range(count):
        with transaction.atomic():
            audit.record_event(actor, "changed", mission, changes={"name": [f"n{number}", f"n{number + 1}"]}, note="é")


def faults(mission: Mission) -> list[tuple[int, str]]:
    return [(fault.seq, fault.what) for fault in audit.verify(mission)]


@pytest.mark.django_db
def test_events_follow_each_other_by_hash(mission: Mission, officer: Person) -> None:
    add(mission, 3, officer)
    first, second, third = AuditEvent.objects.filter(mission=mission).order_by("seq")
    assert (first.seq, first.previous_hash) == (1, audit.START)
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert faults(mission) == []
    head = AuditHead.objects.get(mission=mission)
    assert (head.seq, head.hash) == (3, third.hash)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"note": "other"},
        {"verb": "approved"},
        {"changes": {"name": ["n1", "n9"]}},
        {"marking": 3},
        {"at": "2020-01-01T00:00:00Z"},
        {"object_ref": "Other"},
        {"actor": None},
    ],
)
def test_altered_event_is_found(mission: Mission, officer: Person, change: dict[str, Any]) -> None:
    add(mission, 3, officer)
    AuditEvent.objects.filter(mission=mission, seq=2).update(**change)
    assert faults(mission) == [(2, "its content was altered")]


@pytest.mark.django_db
def test_altered_event_with_a_hash_that_fits_breaks_the_next(mission: Mission) -> None:
    add(mission, 3)
    AuditEvent.objects.filter(mission=mission, seq=2).update(note="other")
    forged = AuditEvent.objects.get(mission=mission, seq=2)
    AuditEvent.objects.filter(pk=forged.pk).update(hash=audit.fingerprint(audit._content(forged)))
    assert faults(mission) == [(3, "does not follow from the event before")]


@pytest.mark.django_db
def test_removed_event_is_found(mission: Mission) -> None:
    add(mission, 3)
    AuditEvent.objects.filter(mission=mission, seq=2)._raw_delete("default")
    assert faults(mission) == [(2, "event 2 is missing"), (3, "does not follow from the event before")]


@pytest.mark.django_db
def test_cut_end_is_found(mission: Mission) -> None:
    """Events that are removed from the end are missed by the head of the chain."""
    add(mission, 3)
    AuditEvent.objects.filter(mission=mission, seq=3)._raw_delete("default")
    assert faults(mission) == [(3, "the end of the chain was cut or replaced")]
    AuditEvent.objects.filter(mission=mission)._raw_delete("default")
    assert faults(mission) == [(1, "the end of the chain was cut or replaced")]


@pytest.mark.django_db
def test_missions_have_chains_of_their_own(mission: Mission, stranger: Person) -> None:
    other = stranger.mission
    assert other is not None
    add(mission, 2)
    add(other, 1)
    AuditEvent.objects.filter(mission=mission, seq=1).update(note="x")
    assert faults(other) == []
    assert faults(mission) != []


@pytest.mark.django_db
def test_event_is_never_altered_or_removed_through_the_model(mission: Mission) -> None:
    add(mission, 1)
    event = AuditEvent.objects.get(mission=mission)
    with pytest.raises(TypeError, match="never altered"):
        event.save()
    with pytest.raises(TypeError, match="never removed"):
        event.delete()


@pytest.mark.django_db(transaction=True)
def test_event_stands_in_the_transaction_of_its_act(mission: Mission) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.record_event(None, "changed", mission)

    def broken_act() -> None:
        with transaction.atomic():
            audit.record_event(None, "changed", mission)
            raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        broken_act()
    assert not AuditEvent.objects.filter(mission=mission).exists()
    assert faults(mission) == []


@pytest.mark.django_db(transaction=True)
def test_events_at_once_keep_one_order(mission: Mission) -> None:
    """Four writers, five events each: numbers 1 to 20 without a gap, and the chain is whole."""
    errors: list[Exception] = []

    def write() -> None:
        try:
            add(mission, 5)
        except Exception as error:  # told to the test below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert list(AuditEvent.objects.filter(mission=mission).values_list("seq", flat=True)) == list(range(1, 21))
    assert faults(mission) == []


@pytest.mark.django_db
def test_command_proves_the_chain_or_says_where_it_breaks(mission: Mission) -> None:
    add(mission, 2)
    out = StringIO()
    call_command("verify_audit", "--mission", "DEMO", stdout=out)
    assert "DEMO: 2 events" in out.getvalue()
    assert "The audit chain is whole." in out.getvalue()
    AuditEvent.objects.filter(mission=mission, seq=1).update(note="x")
    with pytest.raises(CommandError, match="first in DEMO at event 1: its content was altered"):
        call_command("verify_audit", stdout=out)
    with pytest.raises(CommandError, match="no mission with the code NONE"):
        call_command("verify_audit", "--mission", "NONE", stdout=out)


@pytest.mark.django_db
def test_history_is_newest_first(mission: Mission) -> None:
    add(mission, 2)
    assert [event.changes["name"][1] for event in audit.history_of(mission)] == ["n2", "n1"]
