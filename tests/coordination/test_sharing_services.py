"""EW-17, CO-08, CO-09, CO-10: what people do to contacts, agreements, shares and blocks."""

import hashlib
import io
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from coordination.models import Contact, ContactShare, Share, ShareBlock
from coordination.sharing import contacts, services
from coordination.sharing.rules import Block
from pocweb.audit import history_of, verify
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import AuditEvent, Mission, Office, Person
from tests.factories.coordination_sharing import NOW, make_agreement, make_contact, make_share
from tests.factories.threats_threat import make_actor, make_threat
from threats.models import Threat


@pytest.fixture
def army_threat(bambari: Office) -> Threat:
    """A threat whose source of violence is a State actor."""
    army = make_actor(bambari.mission, "army", source_of_violence="state")
    return make_threat(bambari, "Abuses at checkpoints", actors=[army], marking=Marking.UNCLASSIFIED)


def fresh(threat: Threat) -> Threat:
    return Threat.objects.get(pk=threat.pk)


def test_contact_of_another_branch_is_refused(bria: Office, officer: Person, scpi: Person) -> None:
    """EW-17: contacts of one's own offices, by who may change them."""
    for person in (officer, scpi):
        with pytest.raises(Forbidden):
            make_contact(bria, person)
    assert not Contact.objects.exists()


def test_two_people_edit_one_contact(bambari: Office, officer: Person, colleague: Person) -> None:
    """EW-17: different fields are merged, the same field brings the choice."""
    contact = make_contact(bambari, officer)
    contacts.edit_contact(contact, changes={"phone": "Channel 5"}, based_on=1, by=colleague, now=NOW)
    saved = contacts.edit_contact(contact, changes={"languages": "Sango"}, based_on=1, by=officer, now=NOW)
    assert (saved.record.phone, saved.record.languages) == ("Channel 5", "Sango")
    with pytest.raises(EditConflict):
        contacts.edit_contact(contact, changes={"phone": "Channel 6"}, based_on=1, by=officer, now=NOW)


def test_check_counts_once_a_day(bambari: Office, officer: Person) -> None:
    """EW-17."""
    contact = make_contact(bambari, officer, reviewed_on="2020-05-01")
    for _turn in range(2):
        contacts.check_contact(contact, by=officer, now=NOW)
    contact.refresh_from_db()
    assert (contact.reviewed_on, contact.version) == (date(2020, 12, 31), 2)
    assert [event.verb for event in history_of(contact)] == ["checked", "added"]


def test_retired_contact_is_not_checked(bambari: Office, officer: Person) -> None:
    """EW-17."""
    contact = contacts.retire_contact(make_contact(bambari, officer), by=officer, now=NOW)
    with pytest.raises(Conflict, match="Bellin has taken N-001 off the list"):
        contacts.check_contact(contact, by=officer, now=NOW + timedelta(days=1))


def test_handing_over_keeps_recipient_count_and_fingerprint(bambari: Office, officer: Person) -> None:
    """EW-17: active contacts of the branch up to the clearance; a second press is the same act."""
    make_contact(bambari, officer, "Duty officer", note="=1+1")
    contacts.retire_contact(make_contact(bambari, officer, "Old line"), by=officer, now=NOW)
    secret = make_contact(bambari, officer, "Secret line")
    Contact.objects.filter(pk=secret.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    made = [contacts.hand_over(bambari, recipient=" OCHA  desk ", form="csv", by=officer, now=NOW) for _turn in "12"]
    text = made[0].content.decode()
    kept = ContactShare.objects.get()
    assert (kept.recipient, kept.contacts, kept.shared_by) == ("OCHA desk", 1, officer)
    assert kept.sha256 == hashlib.sha256(made[0].content).hexdigest()
    assert "Duty officer" in text
    assert "'=1+1" in text
    assert "Old line" not in text
    assert "Secret line" not in text
    assert made[0].filename == "contacts-BAMBARI-2020-12-31-confidential.csv"
    assert AuditEvent.objects.filter(verb="handed over the contacts of").count() == 1
    book = load_workbook(io.BytesIO(contacts.hand_over(bambari, recipient="X", form="xlsx", by=officer).content))
    assert [row[1] for row in book.active.iter_rows(min_row=3, values_only=True)] == ["Duty officer"]
    assert list(verify(bambari.mission)) == []


@pytest.mark.parametrize(
    ("recipient", "form", "field"), [(" ", "csv", "recipient"), ("OCHA", "doc", "form"), ("OCHA", "csv", "office")]
)
def test_handing_over_is_refused_in_words(
    bambari: Office, officer: Person, recipient: str, form: str, field: str
) -> None:
    """EW-17."""
    with pytest.raises(RuleError) as refused:
        contacts.hand_over(bambari, recipient=recipient, form=form, by=officer, now=NOW)
    assert refused.value.field == field
    assert not ContactShare.objects.exists()


def test_who_only_sees_contacts_hands_nothing_over(bambari: Office, officer: Person, head_of_police: Person) -> None:
    """EW-17."""
    make_contact(bambari, officer)
    with pytest.raises(Forbidden):
        contacts.hand_over(bambari, recipient="OCHA", form="csv", by=head_of_police, now=NOW)


def test_agreement_is_edited_until_something_was_shared(bambari: Office, adviser: Person, officer: Person) -> None:
    """CO-08: afterwards its words are what people relied on."""
    agreement = make_agreement(bambari, adviser)
    services.edit_agreement(agreement, changes={"use": "Convoys"}, based_on=1, by=adviser, now=NOW)
    make_share(agreement, officer)
    with pytest.raises(Conflict, match="End it and make a new one"):
        services.edit_agreement(agreement, changes={"use": "All"}, based_on=2, by=adviser, now=NOW)
    with pytest.raises(Forbidden):
        services.end_agreement(agreement, reason="Replaced", by=officer, now=NOW)
    ended = services.end_agreement(agreement, reason="Replaced", by=adviser, now=NOW)
    assert (ended.use, ended.valid_to, ended.ended_reason) == ("Convoys", date(2020, 12, 31), "Replaced")
    with pytest.raises(Conflict):
        services.end_agreement(agreement, reason="Again", by=adviser, now=NOW)
    with pytest.raises(RuleError) as refused:
        make_share(agreement, officer)
    assert refused.value.field == "agreement"


def test_share_keeps_the_highest_marking_and_its_event(bambari: Office, adviser: Person, officer: Person) -> None:
    """CO-08: what, to whom, under which agreement, by whom."""
    threat = make_threat(bambari, marking=Marking.CONFIDENTIAL)
    share = make_share(make_agreement(bambari, adviser), officer, threats=[threat])
    event = history_of(share).get()
    assert (share.ref, share.marking, list(share.threats.all())) == ("H-001", 2, [threat])
    assert (event.verb, event.actor, event.marking) == ("shared", officer, 2)
    assert event.changes["agreement"] == [None, "G-001"]
    assert event.changes["threats"] == [None, ["T-001"]]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"shared_at": NOW + timedelta(minutes=1)}, "shared_at"),
        ({"shared_at": None}, "shared_at"),
        ({"shared_at": NOW - timedelta(days=300)}, "agreement"),
        ({"has_individuals": True, "consent": "Given"}, "has_individuals"),
        ({"marking": 3}, "marking"),
        ({"what": " "}, "what"),
    ],
)
def test_share_that_is_refused_stores_nothing(
    bambari: Office, adviser: Person, officer: Person, values: dict[str, Any], field: str
) -> None:
    """CO-08, CO-10."""
    with pytest.raises(RuleError) as refused:
        make_share(make_agreement(bambari, adviser), officer, **values)
    assert refused.value.field == field
    assert not Share.objects.exists()


def test_who_may_not_share(bambari: Office, bria: Office, adviser: Person, officer: Person, colleague: Person) -> None:
    """CO-08: the role is asked, and a threat of another branch is not there."""
    agreement = make_agreement(bambari, adviser)
    with pytest.raises(Forbidden):
        make_share(agreement, colleague)
    with pytest.raises(RuleError) as refused:
        make_share(agreement, officer, threats=[make_threat(bria)])
    assert (refused.value.code, refused.value.field) == ("unknown_threat", "threats")


def test_block_of_a_state_actor_until_a_senior_person_lifts_it(
    bambari: Office, adviser: Person, officer: Person, poc_lead: Person, army_threat: Threat
) -> None:
    """CO-09: blocked from the start; lifted with a reason; a State actor who is added later blocks again."""
    police = make_agreement(bambari, adviser, "Gendarmerie", kind="host_state")
    assert services.block_of(army_threat).state == Block.RULE
    with pytest.raises(RuleError) as refused:
        make_share(police, officer, threats=[army_threat])
    assert refused.value.code == "blocked"
    make_share(make_agreement(bambari, adviser), officer, threats=[army_threat])  # others may be told
    with pytest.raises(Forbidden):
        services.lift_block(army_threat, reason="Agreed", by=adviser, now=NOW)
    with pytest.raises(RuleError, match="Give the reason"):
        services.lift_block(army_threat, reason=" ", by=poc_lead, now=NOW)
    services.lift_block(army_threat, reason="Commander changed", by=poc_lead, now=NOW)
    with pytest.raises(Conflict, match="latest decision is of"):
        services.lift_block(fresh(army_threat), reason="Again", by=poc_lead, now=NOW)
    make_share(police, officer, threats=[army_threat])
    army_threat.actors.add(make_actor(bambari.mission, "guard", source_of_violence="state"))
    assert services.block_of(fresh(army_threat)).state == Block.RULE
    services.lift_block(army_threat, reason="Both", by=poc_lead, now=NOW)
    assert services.block_of(fresh(army_threat)).state == Block.FREE


def test_manual_block_by_who_shares(bambari: Office, officer: Person, colleague: Person, poc_lead: Person) -> None:
    """CO-09."""
    threat = make_threat(bambari)
    with pytest.raises(Forbidden):
        services.block_sharing(threat, reason="Leak", by=colleague, now=NOW)
    block = services.block_sharing(threat, reason="Leak", by=officer, now=NOW)
    with pytest.raises(Conflict):
        services.block_sharing(fresh(threat), reason="Leak", by=officer, now=NOW)
    services.lift_block(fresh(threat), reason="Settled", by=poc_lead, now=NOW)
    assert [event.note for event in history_of(block)] == ["Settled", "Leak"]
    assert ShareBlock.objects.count() == 1
    assert list(verify(threat.mission)) == []


def test_actor_that_becomes_a_state_actor_blocks(bambari: Office) -> None:
    """CO-09: the rule is computed, so a profile that is corrected counts at once."""
    militia = make_actor(bambari.mission, "militia")
    threat = make_threat(bambari, actors=[militia])
    assert services.block_of(threat).state == Block.FREE
    militia.source_of_violence = "state"
    militia.save(update_fields=["source_of_violence"])
    assert services.block_of(fresh(threat)).state == Block.RULE


def test_share_of_a_hidden_threat_is_hidden_whole(
    bambari: Office, bria: Office, adviser: Person, officer: Person, mission: Mission
) -> None:
    """CO-08: no list, count or log tells of a threat beyond one's offices or clearance."""
    agreement = make_agreement(bambari, adviser)
    own, other = make_threat(bambari), make_threat(bria)
    seen = make_share(agreement, adviser, threats=[own])
    make_share(agreement, adviser, threats=[own, other])
    assert list(Share.objects.visible_to(officer)) == [seen]
    assert Share.objects.visible_to(adviser).count() == 2
    Threat.objects.filter(pk=own.pk).update(marking=Marking.STRICTLY_CONFIDENTIAL)
    assert not Share.objects.visible_to(officer).exists()
