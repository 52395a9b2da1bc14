"""The leadership's view: the rule of the three lists, the lines, the desk. TH-06 (approved rows), TH-07 (gaps)."""

import re
from html import unescape

import pytest
from django.test import Client

from pocweb.models import Office, Person
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_threat import NOON, make_full_threat
from threats.consolidation import read_approved, read_live
from threats.leadership import graver_since, headline, read_before, sections_of
from threats.models import Threat
from threats.rules.leadership import Call, Standing, Why, call_of, to_decide
from threats.services.threats import assess_threat, decide_imminence, edit_threat

CASES = [
    ("8.3 priority 1", Standing(1, 4), (Call.MUST, (Why.FIRST,))),
    ("8.2.5 imminent, whatever the priority", Standing(3, 1, "falling", imminent=True), (Call.MUST, (Why.IMMINENT,))),
    ("8.2.5 imminent and not rated", Standing(None, None, imminent=True), (Call.MUST, (Why.IMMINENT,))),
    ("8.1 near the mission, high", Standing(2, 3, near_mission_presence=True), (Call.MUST, (Why.NEAR,))),
    ("8.1 near the mission, extreme", Standing(1, 4, near_mission_presence=True), (Call.MUST, (Why.FIRST, Why.NEAR))),
    ("8.1 near the mission, medium", Standing(3, 2, near_mission_presence=True), (Call.COULD, (Why.REST,))),
    ("8.1 near the mission, not rated", Standing(None, None, near_mission_presence=True), (Call.COULD, (Why.REST,))),
    ("8.3 priority 2", Standing(2, 3), (Call.SHOULD, (Why.NEXT,))),
    ("8.3 rising", Standing(3, 2, "rising"), (Call.SHOULD, (Why.RISING,))),
    ("8.3 priority 2 and rising", Standing(2, 3, "rising"), (Call.SHOULD, (Why.NEXT, Why.RISING))),
    ("8.3 priority 3, steady", Standing(3, 2, "steady"), (Call.COULD, (Why.REST,))),
    ("8.3 not rated", Standing(None, None), (Call.COULD, (Why.REST,))),
]


@pytest.mark.parametrize(("standing", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_three_lists(standing: Standing, expected: tuple[Call, tuple[Why, ...]]) -> None:
    assert call_of(standing) == expected


def test_gaps_to_decide_come_in_order_and_others_not_at_all() -> None:
    """4.2.1: who leads and with what comes before what is late; what a drafter mends alone is left out."""
    assert to_decide(["activity_overdue", "no_objective", "no_lead", "activity_overdue", "no_tier"]) == [2, 0, 3]
    assert to_decide([]) == []


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, "Attacks on villages", by=officer)


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def heads(head_of_office: Person, head_of_military: Person, head_of_police: Person) -> dict[str, Person]:
    return {"head_of_office": head_of_office, "head_of_military": head_of_military, "head_of_police": head_of_police}


def refs_by_list(response) -> dict[str, list[str]]:
    page = response.content.decode()
    parts = re.split(r'<h2 id="(must|should|could)">', page)[1:]
    return {name: re.findall(r'<li id="(T-\d+)">', body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.django_db
def test_lists_hold_each_row_once_and_say_why(client: Client, bambari: Office, officer: Person, threat: Threat) -> None:
    """TH-06: drafts on demand say so; every row stands in exactly one list."""
    second = make_full_threat(bambari, "Abductions", by=officer, risk=(3, 3))
    third = make_full_threat(bambari, "Road blocks", by=officer, risk=(1, 1))
    soon = make_full_threat(bambari, "Market day", by=officer, risk=(1, 2))
    decide_imminence(soon, imminent=True, reason="Column seen", by=officer, now=NOON)
    client.force_login(officer)
    response = client.get("/matrix/BAMBARI/leadership/?drafts=1")
    assert refs_by_list(response) == {"must": [threat.ref, soon.ref], "should": [second.ref], "could": [third.ref]}
    page = text_of(response)
    assert "2 threats must be acted on, 1 should be, 1 could be. 1 is imminent." in page
    assert "Rows as they stand on 31 December 2020, not approved." in page
    assert "Here because: imminent." in page
    assert "UPC: killing, pillage against older persons, women" in page


@pytest.mark.django_db
def test_approved_rows_are_the_default_and_drafts_never_among_them(
    client: Client, bambari: Office, officer: Person, threat: Threat,
    head_of_office: Person, head_of_military: Person, head_of_police: Person,
) -> None:  # fmt: skip
    """TH-06: what was written since the approval shows among the drafts alone."""
    make_edition(bambari, officer, "in_force", heads(head_of_office, head_of_military, head_of_police))
    edit_threat(threat, changes={"action": "Close the road"}, based_on=1, by=officer)
    new = make_full_threat(bambari, "Abductions", by=officer)
    client.force_login(head_of_office)
    approved, drafts = (client.get(f"/matrix/BAMBARI/leadership/{query}") for query in ("", "?drafts=1"))
    assert refs_by_list(approved)["must"] == [threat.ref]
    assert "Close the road" not in text_of(approved)
    assert "1 threat is graver today than these rows say" in text_of(approved)
    assert new.ref not in text_of(approved)
    assert "graver today" not in text_of(drafts)
    assert refs_by_list(drafts)["must"] == [threat.ref, new.ref]
    assert "Close the road" in text_of(drafts)


@pytest.mark.django_db
def test_moves_are_told_against_the_edition_before(
    bambari: Office, officer: Person, threat: Threat,
    head_of_office: Person, head_of_military: Person, head_of_police: Person,
) -> None:  # fmt: skip
    """TH-06: up, down and new; nothing looks new where no edition came before."""
    signing = heads(head_of_office, head_of_military, head_of_police)

    def moves(read) -> dict[str, tuple[str, str]]:
        branch = read(bambari, user=officer, now=NOON)
        sections = sections_of(branch, read_before(branch, officer))
        return {line.row.ref: (line.moved, line.was) for section in sections for line in section.lines}

    assert moves(read_live) == {threat.ref: ("", "")}
    make_edition(bambari, officer, "in_force", signing)
    assert moves(read_approved) == {threat.ref: ("", "")}
    assess_threat(threat, likelihood=3, impact=3, reason="Fewer reports", by=officer, now=NOON)
    new = make_full_threat(bambari, "Abductions", by=officer)
    expected = {threat.ref: ("down", "Extreme"), new.ref: ("new", "")}
    assert moves(read_live) == expected
    assert moves(read_approved) == {threat.ref: ("", "")}
    make_edition(bambari, officer, "in_force", signing)
    assert moves(read_approved) == expected
    assert moves(read_live) == {threat.ref: ("", ""), new.ref: ("", "")}


@pytest.mark.django_db
def test_leader_is_told_how_many_are_graver_than_approved(
    bambari: Office, officer: Person,
    head_of_office: Person, head_of_military: Person, head_of_police: Person,
) -> None:  # fmt: skip
    """8.2.4, 8.2.5: risen to high, imminent since, new and high; not what stayed, fell or is above the clearance."""
    risen, soon, _kept, fallen = (
        make_full_threat(bambari, name, by=officer, risk=risk)
        for name, risk in (("Risen", (2, 3)), ("Soon", (1, 1)), ("Kept", (5, 5)), ("Fallen", (5, 5)))
    )
    make_edition(bambari, officer, "in_force", heads(head_of_office, head_of_military, head_of_police))

    def count() -> int:
        return graver_since(read_approved(bambari, user=officer, now=NOON), officer)

    assess_threat(fallen, likelihood=3, impact=4, reason="Fewer reports", by=officer, now=NOON)
    make_full_threat(bambari, "New and low", by=officer, risk=(1, 1))
    hidden = make_full_threat(bambari, "Hidden", by=officer)
    Threat.objects.filter(pk=hidden.pk).update(marking=3)
    assert count() == 0
    assess_threat(risen, likelihood=5, impact=5, reason="Massing", by=officer, now=NOON)
    assert count() == 1
    decide_imminence(soon, imminent=True, reason="Column seen", by=officer, now=NOON)
    assert count() == 2
    make_full_threat(bambari, "New", by=officer, risk=(4, 4))
    assert count() == 3


@pytest.mark.django_db
def test_late_activity_is_asked_of_its_owner(client: Client, bambari: Office, officer: Person, threat: Threat) -> None:
    """TH-07: what is overdue is named with by whom."""
    due_on = NOON.date().replace(day=21)
    made = make_activity(bambari, officer, threats=[threat], due_on=due_on, owner=officer)
    client.force_login(officer)
    page = text_of(client.get("/matrix/BAMBARI/leadership/?drafts=1"))
    assert f"Decide: Activity {made.ref} overdue by 10 days. Force, A. Bellin." in page


@pytest.mark.django_db
def test_headline_of_an_empty_matrix(bambari: Office, officer: Person) -> None:
    branch = read_live(bambari, user=officer, now=NOON)
    assert headline(sections_of(branch, {})) == "0 threats must be acted on, 0 should be, 0 could be."


@pytest.mark.django_db
def test_desk_of_a_head_counts_what_must_be_acted_on(
    client: Client, bambari: Office, officer: Person, threat: Threat, colleague: Person,
    head_of_office: Person, head_of_military: Person, head_of_police: Person,
) -> None:  # fmt: skip
    """The line leads to the list; people who approve nothing have no such panel."""
    make_edition(bambari, officer, "in_force", heads(head_of_office, head_of_military, head_of_police))
    client.force_login(head_of_office)
    page = client.get("/").content.decode()
    assert "What you must act on" in page
    assert f'href="/matrix/BAMBARI/leadership/#{threat.ref}"' in page
    assert "1 threat must be acted on" in page
    assert "graver today" not in page
    make_full_threat(bambari, "Abductions", by=officer)
    page = client.get("/").content.decode()
    assert '<a href="/matrix/BAMBARI/leadership/?drafts=1">1 threat is graver today</a>' in page
    client.force_login(colleague)
    assert "What you must act on" not in client.get("/").content.decode()


@pytest.mark.django_db
def test_page_of_an_office_tells_its_gaps(
    client: Client, officer: Person, adviser: Person, bria: Office, threat: Threat
) -> None:
    """TH-07: kinds with counts, each a link; of an office that the person may not see, nothing."""
    make_full_threat(bria, "In Bria", by=adviser)
    client.force_login(officer)
    page = client.get(f"/offices/{threat.office_id}/").content.decode()
    assert '<a href="/matrix/BAMBARI/gaps/">4</a>' in page
    assert '<a href="/matrix/BAMBARI/gaps/?kind=no_lead">1</a>' in page
    assert "Gaps in the response" not in client.get(f"/offices/{bria.pk}/").content.decode()
