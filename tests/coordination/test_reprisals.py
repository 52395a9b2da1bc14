"""CM-11: the restricted register: who files, who reads, who is told, and that nothing of it is told elsewhere."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from coordination.communities import reprisals
from coordination.models import Reprisal
from pocweb.audit import history_of, verify
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import AuditEvent, Notice, Office, Person
from tests.factories.coordination_plans import NOW, cleared, make_reprisal
from tests.factories.mission import make_person

WORDS = "TOLDTOLEAVEAFTERTHEMEETING"


@pytest.fixture
def rights(hq: Office) -> Person:
    """Human rights officer at headquarters, cleared for the register."""
    strict = Marking.STRICTLY_CONFIDENTIAL
    return make_person("rights", Role.PROT, hq, "human-rights", clearance=strict, first_name="M.", last_name="Solane")


def as_person(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_filed_allegation_is_seen_by_its_readers_and_told_nowhere_else(
    bambari: Office,
    officer: Person,
    head_of_office: Person,
    poc_lead: Person,
    adviser: Person,
    administrator: Person,
    rights: Person,
    stranger: Person,
) -> None:
    """CM-11: the filer sees the reference alone; 404 and no line for others, the audit trail included."""
    adviser, administrator, head_of_office = (cleared(one) for one in (adviser, administrator, head_of_office))
    client = as_person(officer)
    posted = {"text": WORDS, "alleged_by": WORDS, "once": "token"}
    for _turn in range(2):
        answer = client.post("/reprisals/new/", posted, follow=True)
    reprisal = Reprisal.objects.get()
    page = answer.content.decode()
    assert ("Filed as RP-001." in page, WORDS in page, answer.redirect_chain[-1][0]) == (
        True,
        False,
        "/reprisals/filed/?n=1",
    )
    assert "RP-001" not in as_person(head_of_office).get("/reprisals/filed/?n=1").content.decode()
    assert (reprisal.marking, reprisal.state, reprisal.created_by) == (3, "received", officer)
    assert {one.person for one in Notice.objects.all()} == {rights, adviser}
    address = f"/reprisals/{reprisal.pk}/"
    for reader in (rights, adviser):
        assert WORDS in as_person(reader).get(address).content.decode()
        assert "RP-001" in as_person(reader).get("/reprisals/").content.decode()
        assert "RP-001" in as_person(reader).get("/").content.decode()
    for person in (officer, head_of_office, poc_lead, administrator):
        assert [as_person(person).get(one).status_code for one in (address, "/reprisals/")] == [404, 403]
        for page_of in ("/", "/notices/", "/engagements/", f"/offices/{bambari.pk}/"):
            answer = as_person(person).get(page_of)
            assert WORDS not in answer.content.decode()
            assert "RP-001" not in answer.content.decode()
    trail = as_person(administrator).get("/audit/").content.decode()
    assert ("RP-001" in trail, WORDS in trail) == (False, False)
    assert as_person(stranger).get(address).status_code == 404
    assert not any(WORDS in str((one.changes, one.note, one.object_ref)) for one in AuditEvent.objects.all())
    assert not any(WORDS in one.text for one in Notice.objects.all())
    assert not any(WORDS in one.body + one.subject for one in mail.outbox)
    assert list(verify(bambari.mission)) == []


def test_readers_who_are_not_cleared_see_nothing(
    bambari: Office, hq: Office, officer: Person, adviser: Person, rights: Person
) -> None:
    """CM-11: strictly confidential holds for human rights and the POC Adviser too."""
    other = make_person("other", Role.PROT, hq, "human-rights")
    reprisal = make_reprisal(officer)
    assert [as_person(one).get(f"/reprisals/{reprisal.pk}/").status_code for one in (other, adviser)] == [404, 404]
    assert set(Notice.objects.values_list("person", flat=True)) == {rights.pk}


def test_where_nobody_could_read_it_the_filer_is_told_whom_to_call(
    bambari: Office, hq: Office, officer: Person, adviser: Person
) -> None:
    """CM-11: nothing vanishes into the register: it is refused, the text stays on the page, and names who to call."""
    cleared(adviser)
    human_rights = {"first_name": "J.", "last_name": "Uncleared", "function": "Human Rights Officer"}
    make_person("uncleared", Role.PROT, hq, "human-rights", **human_rights)
    client = as_person(officer)
    answer = client.post("/reprisals/new/", {"text": WORDS})
    page = answer.content.decode()
    assert (answer.status_code, WORDS in page, Reprisal.objects.exists()) == (422, True, False)
    assert "Call J. Uncleared, Human Rights Officer, and tell it by voice." in page
    assert "J. Uncleared, Human Rights Officer" in client.get("/reprisals/new/").content.decode()


def test_its_way_is_fixed_and_each_step_is_taken_once(
    bambari: Office, officer: Person, adviser: Person, rights: Person
) -> None:
    """CM-11: human rights alone move it, measures are added and never overwritten, the trail holds no word of them."""
    reprisal = make_reprisal(officer)
    for person in (officer, cleared(adviser)):
        with pytest.raises(Forbidden):
            reprisals.move_reprisal(reprisal, "take-up", by=person, now=NOW)
    reprisals.move_reprisal(reprisal, "take-up", by=rights, now=NOW)
    with pytest.raises(Conflict):
        reprisals.move_reprisal(reprisal, "take-up", by=rights, now=NOW)
    with pytest.raises(RuleError, match="Say what was done"):
        reprisals.move_reprisal(reprisal, "close", by=rights, now=NOW)
    reprisals.move_reprisal(reprisal, "add", measures="Visited", by=rights, now=NOW)
    with pytest.raises(Conflict):
        reprisals.move_reprisal(reprisal, "close", measures="Closed", based_on=1, by=rights, now=NOW)
    closed = reprisals.move_reprisal(reprisal, "close", measures="Moved to safety", by=rights, now=NOW)
    assert closed.measures.splitlines() == [
        "31 December 2020, M. Solane: Visited",
        "31 December 2020, M. Solane: Moved to safety",
    ]
    told = [(event.verb, event.changes, event.note) for event in history_of(closed)]
    assert told == [(verb, {}, "") for verb in ("closed", "added to", "took up", "filed")]


@pytest.mark.parametrize("count", [1, 3])
def test_the_register_asks_the_same_whatever_its_rows(
    bambari: Office, officer: Person, rights: Person, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """CM-11: at most 12 queries at both sizes; acts of the page go through the service."""
    made = [make_reprisal(officer) for _turn in range(count)]
    client = as_person(rights)
    with django_assert_max_num_queries(12):
        assert client.get("/reprisals/").status_code == 200
    address = f"/reprisals/{made[0].pk}/act/"
    assert client.post(address, {"act": "close", "measures": "x"}).status_code == 409
    assert client.post(address, {"act": "take-up", "measures": ""}).status_code == 302
    assert client.post(address, {"act": "close", "measures": ""}).status_code == 422
