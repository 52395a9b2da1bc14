"""Acts on matrix editions, their frozen content, and two people at once (TH-05)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from pocweb.audit import fingerprint, history_of, verify
from pocweb.choices import Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Office, Person
from tests.factories.mission import make_person, make_posting
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat, rate
from threats.choices import EditionState
from threats.comparison import compare, marks
from threats.editions import build_content, changes_since_endorsement
from threats.models import EditionApproval, MatrixEdition, Threat
from threats.services import editions


@pytest.fixture
def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {
        "head_of_office": head_of_office,
        "head_of_military": head_of_military,
        "head_of_police": head_of_police,
    }


def test_edition_goes_its_way_and_supersedes_the_one_before(
    officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: each act is recorded with its person; the third approval puts the edition in force at once."""
    make_matrix_threat(bambari)
    first = make_edition(bambari, officer, "in_force", heads)
    second = make_edition(bambari, officer, "in_force", heads, now=NOON + timedelta(hours=1))
    first.refresh_from_db()
    assert (first.number, first.state, first.superseded_at) == (1, "superseded", NOON + timedelta(hours=1))
    assert (second.number, second.state, second.in_force_at) == (2, "in_force", NOON + timedelta(hours=1))
    assert [event.verb for event in history_of(second)] == [
        "put in force",
        "approved by all",
        "approved",
        "approved",
        "approved",
        "endorsed",
        "opened for consultation",
        "opened",
    ]
    assert {(one.slot, one.person.username, one.sha256) for one in second.approvals.all()} == {
        (slot, person.username, second.sha256) for slot, person in heads.items()
    }
    assert list(verify(bambari.mission)) == []


def test_frozen_content_stays_when_the_live_matrix_moves_on(
    officer: Person, head_of_office: Person, bambari: Office
) -> None:
    """TH-05: what is approved is what the forum endorsed; later changes are counted and come with the next edition."""
    threat = make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    Threat.objects.filter(pk=threat.pk).update(capacity="One platoon", location="Grimari")
    make_matrix_threat(bambari, "Abductions near the market")
    edition = editions.approve_edition(edition, slot="head_of_office", by=head_of_office, sha256=edition.sha256)
    edition.refresh_from_db()
    assert fingerprint(edition.snapshot) == edition.sha256
    assert [row["location"] for row in edition.snapshot["rows"]] == ["Bambari to Grimari road"]
    changes = changes_since_endorsement(edition, now=NOON)
    assert [(row.ref, row.keys) for row in changes.changed] == [("T-001", ("location", "capacity"))]
    assert [row["ref"] for row in changes.new] == ["T-002"]
    assert changes.cells == 2


def test_comparison_tells_new_closed_and_changed_cells_with_the_direction_of_risk(
    officer: Person, heads: dict[str, Person], bambari: Office
) -> None:
    """TH-05: two editions are compared row by row, cell by cell."""
    stays, rises, closes = (make_matrix_threat(bambari, title) for title in ("Stays", "Rises", "Closes"))
    old = make_edition(bambari, officer, "in_force", heads)
    rate(rises, 4)
    Threat.objects.filter(pk=closes.pk).update(status="closed", closed_reason="The group left.", closed_on=NOON.date())
    added = make_matrix_threat(bambari, "Added", risk=1)
    new = make_edition(bambari, officer, "endorsed")
    found = compare(old.snapshot, new.snapshot)
    assert [row["pk"] for row in found.new] == [added.pk]
    assert [row["pk"] for row in found.closed] == [closes.pk]
    assert [(row.pk, row.risk, row.keys) for row in found.changed] == [(rises.pk, "up", ("priority", "risk"))]
    assert [(cell.before, cell.after) for cell in found.changed[0].cells][0] == ("2 Next", "1 First")
    assert (found.same, found.cells, found.rows) == (1, 2, 3)
    assert {pk: mark.is_new for pk, mark in marks(found).items()} == {added.pk: True, rises.pk: False}
    assert [(one["ref"], one["closed_reason"]) for one in new.snapshot["closed"]] == [(closes.ref, "The group left.")]
    assert stays.pk not in marks(found)
    assert compare(old.snapshot, old.snapshot).is_empty


def test_endorsement_names_the_threats_without_rating(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    missing = make_matrix_threat(bambari, "Unrated", risk=None)
    edition = make_edition(bambari, officer, "consultation")
    with pytest.raises(RuleError, match=missing.ref) as refused:
        editions.endorse_edition(edition, by=officer, endorsed_by="Protection group")
    edition.refresh_from_db()
    assert (refused.value.code, edition.state, edition.sha256) == ("not_rated", "consultation", "")


def test_frozen_rows_keep_their_gaps_but_the_one_that_the_edition_ends(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")
    live = [gap["code"] for gap in build_content(edition, now=NOON)["rows"][0]["gaps"]]
    edition = editions.endorse_edition(edition, by=officer, endorsed_by="Protection group", now=NOON)
    frozen = [gap["code"] for gap in edition.snapshot["rows"][0]["gaps"]]
    assert "no_edition" in live
    assert frozen == [code for code in live if code != "no_edition"] != []


def test_edition_takes_over_the_highest_marking_of_its_rows(adviser: Person, bambari: Office) -> None:
    Person.objects.filter(pk=adviser.pk).update(clearance=3)
    strict = Person.objects.get(pk=adviser.pk)
    make_matrix_threat(bambari, marking=3)
    edition = make_edition(bambari, strict, "endorsed")
    assert edition.marking == 3
    assert not MatrixEdition.objects.visible_to(make_person("low", Role.POCF, bambari)).exists()


def test_return_clears_endorsement_and_approvals_and_keeps_them_in_the_audit(
    officer: Person, head_of_office: Person, head_of_military: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    digest = edition.sha256
    editions.approve_edition(edition, slot="head_of_office", by=head_of_office, sha256=digest)
    edition = editions.return_edition(edition, by=head_of_military, reason="The road is missing.")
    assert (edition.state, edition.sha256, edition.snapshot, edition.endorsed_by) == ("draft", "", None, "")
    assert edition.approvals.count() == 0
    event = history_of(edition).first()
    assert event is not None
    assert (event.verb, event.note, event.changes["sha256"]) == (
        "returned to draft",
        "The road is missing.",
        [digest, ""],
    )
    assert [one["slot"] for one in event.changes["approvals"][0]] == ["head_of_office"]
    again = editions.endorse_edition(
        editions.consult_edition(edition, by=officer), by=officer, endorsed_by="Protection group"
    )
    assert again.state == EditionState.ENDORSED


def test_drafter_cannot_approve(bambari: Office) -> None:
    """TH-05: the person who opened the edition is none of its three approvers, whatever their postings."""
    make_matrix_threat(bambari)
    both = make_person("both", Role.POCF, bambari)
    make_posting(both, Role.HOO, bambari)
    both = Person.objects.get(pk=both.pk)
    edition = make_edition(bambari, both, "endorsed")
    with pytest.raises(RuleError) as refused:
        editions.approve_edition(edition, slot="head_of_office", by=both, sha256=edition.sha256)
    assert (refused.value.code, EditionApproval.objects.count()) == ("drafter_approves", 0)


def test_one_person_fills_one_slot(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    two = make_person("two", Role.HOO, bambari)
    make_posting(two, Role.FCPC, bambari, component=bambari.mission.components.get(code="force"))
    two = Person.objects.get(pk=two.pk)
    editions.approve_edition(edition, slot="head_of_office", by=two, sha256=edition.sha256)
    with pytest.raises(RuleError) as refused:
        editions.approve_edition(edition, slot="head_of_military", by=two, sha256=edition.sha256)
    assert refused.value.code == "approves_twice"


def test_approval_names_the_content_that_was_read(officer: Person, head_of_office: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    with pytest.raises(Conflict) as refused:
        editions.approve_edition(edition, slot="head_of_office", by=head_of_office, sha256="0" * 64)
    assert (refused.value.code, EditionApproval.objects.count()) == ("content_moved", 0)


def test_a_second_press_is_told_who_and_when(officer: Person, head_of_office: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    approve: Callable[[], Any] = lambda: editions.approve_edition(  # noqa: E731  read once below
        edition, slot="head_of_office", by=head_of_office, sha256=edition.sha256, now=NOON
    )
    approve()
    with pytest.raises(Conflict, match=r"I. Marrow approved as Head of Office on 31 December 2020, 12:00 UTC"):
        approve()
    assert EditionApproval.objects.count() == 1
    with pytest.raises(Conflict, match=r"BAMBARI-1 was endorsed by A. Bellin on 31 December 2020"):
        editions.endorse_edition(edition, by=officer, endorsed_by="Protection group")
    assert [event.verb for event in history_of(edition)].count("endorsed") == 1


def test_acts_are_refused_to_those_without_the_right(
    officer: Person,
    colleague: Person,
    scpi: Person,
    stranger: Person,
    head_of_office: Person,
    bria: Office,
    bambari: Office,
) -> None:
    make_matrix_threat(bambari)
    for person in (colleague, scpi, stranger, head_of_office):
        with pytest.raises(Forbidden):
            editions.open_edition(bambari, by=person)
    with pytest.raises(Forbidden):
        editions.open_edition(bria, by=officer)
    edition = make_edition(bambari, officer, "consultation")
    with pytest.raises(Forbidden):
        editions.endorse_edition(edition, by=head_of_office, endorsed_by="Protection group")
    edition = editions.endorse_edition(edition, by=officer, endorsed_by="Protection group")
    for person, slot in (
        (officer, "head_of_office"),
        (head_of_office, "head_of_military"),
        (stranger, "head_of_police"),
    ):
        with pytest.raises(Forbidden):
            editions.approve_edition(edition, slot=slot, by=person, sha256=edition.sha256)
    with pytest.raises(Forbidden):
        editions.return_edition(edition, by=colleague, reason="No")
    assert EditionApproval.objects.count() == 0


def test_one_edition_is_on_its_way_at_a_time(officer: Person, adviser: Person, bambari: Office) -> None:
    editions.open_edition(bambari, by=officer, now=NOON)
    with pytest.raises(Conflict, match="Edition 1 is on its way, opened by A. Bellin"):
        editions.open_edition(bambari, by=adviser)
    with pytest.raises(RuleError) as refused:
        editions.open_edition(bambari, by=officer, horizon_on=NOON.date(), now=NOON)
    assert refused.value.code == "horizon_passed"


def _at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together, each on its own connection; return results or refusals."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def work(index: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=30)
            results[index] = call()
        except RuleError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_approving_the_same_slot_at_once_record_one_act(
    officer: Person, head_of_office: Person, bambari: Office
) -> None:
    """TH-05: two browsers press at once on real connections; one act is recorded, the other is told who was first."""
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "endorsed")
    other = make_person("deputy", Role.HOO, bambari, first_name="K.", last_name="Rhodes")
    results = _at_once(
        *(
            lambda person=person: editions.approve_edition(
                MatrixEdition.objects.get(pk=edition.pk),
                slot="head_of_office",
                by=Person.objects.get(pk=person.pk),
                sha256=edition.sha256,
            )
            for person in (head_of_office, other)
        )
    )
    refused = [one for one in results if isinstance(one, Conflict)]
    done = [one for one in results if isinstance(one, MatrixEdition)]
    assert (len(done), len(refused)) == (1, 1)
    first = EditionApproval.objects.get()
    assert str(first.person) in refused[0].message
    assert [event.verb for event in history_of(edition)].count("approved") == 1
    assert list(verify(bambari.mission)) == []


@pytest.mark.django_db(transaction=True)
def test_two_opening_an_edition_at_once_open_one(officer: Person, adviser: Person, bambari: Office) -> None:
    results = _at_once(
        *(
            lambda person=person: editions.open_edition(
                Office.objects.get(pk=bambari.pk), by=Person.objects.get(pk=person.pk)
            )
            for person in (officer, adviser)
        )
    )
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "MatrixEdition"]
    assert MatrixEdition.objects.count() == 1
