"""The permission table: letters, scope by office branch, clearance, a mission's own cells, periods of postings."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from pocweb.choices import Marking, Role, Verb
from pocweb.errors import Forbidden
from pocweb.models import Mission, Office, Person, Posting, RoleGrant
from pocweb.permissions import LETTERS, default_table, grants_for, require, scope_q
from tests.factories.mission import make_office, make_person, make_posting
from tests.factories.threats_threat import make_threat
from threats.models import Threat

pytestmark = pytest.mark.django_db

# The roles of each kind that may do more than look, written out by hand from the table of responsibilities.
APPROVE = {
    "threat": "FCPC HOO",
    "edition": "SML LEAD FCPC HOO",
    "activity": "LEAD HOO",
    "incident": "HOO",
    "presence": "HOO",
    "agreement": "SML LEAD",
    "forum": "SML LEAD HOO",
    "case": "HOO",
    "community": "HOO",
    "quarterly": "SML LEAD",
}
DRAFT = {
    "threat": "POCA POCF",
    "edition": "POCA POCF",
    "actor": "JMAC",
    "incident": "JOC",
    "source": "JOC",
    "import": "JOC",
    "presence": "POCA",
    "watch": "POCA",
    "contact": "POCA JOC",
    "agreement": "POCA",
    "forum": "POCA POCF",
    "case": "JOC",
    "community": "POCF",
    "engagement": "POCA",
    "reprisal": "PROT",
    "quarterly": "POCA",
}
UNSEEN = {
    "mandate": "EXT",
    "threat": "EXT ADM",
    "edition": "EXT ADM",
    "actor": "SCPI DMS EXT ADM",
    "activity": "EXT ADM",
    "incident": "EXT ADM",
    "source": "SML LEAD FCPC HOO POCA SECT SCPI DMS SPU EXT ADM",
    "import": "SML LEAD FCPC HOO POCF SECT SCPI DMS SPU EXT ADM",
    "presence": "EXT ADM",
    "watch": "EXT ADM",
    "contact": "EXT ADM",
    "agreement": "SCPI DMS EXT ADM",
    "forum": "EXT ADM",
    "case": "EXT ADM",
    "community": "EXT ADM",
    "engagement": "SCPI DMS SPU EXT ADM",
    "reprisal": "SML LEAD FCPC HOO POCF SECT JOC JMAC SCPI DMS SPU EXT ADM",
    "quarterly": "SCPI EXT ADM",
    "person": "SML LEAD FCPC HOO POCA POCF SECT JOC JMAC PROT SCPI DMS SPU EXT",
}


def roles_with(kind: str, verb: Verb) -> set[str]:
    return {role for role, letter in default_table()[kind]["letters"].items() if verb in LETTERS[letter]}


@pytest.mark.parametrize("kind", sorted(default_table()))
def test_shipped_table_gives_each_kind_to_the_right_roles(kind: str) -> None:
    """SP-20: one look at each row from the other side: who approves, who leads drafts, who sees nothing."""
    assert roles_with(kind, Verb.APPROVE) == set(APPROVE.get(kind, "").split())
    assert roles_with(kind, Verb.DRAFT) == set(DRAFT.get(kind, "").split())
    assert set(Role.values) - roles_with(kind, Verb.VIEW) == set(UNSEEN[kind].split())


def test_letters_include_each_other_as_stated() -> None:
    """D includes E, E includes C, C includes V; A includes C but not E."""
    assert LETTERS["V"] < LETTERS["C"] < LETTERS["E"] < LETTERS["D"]
    assert LETTERS["C"] < LETTERS["A"]
    assert Verb.EDIT not in LETTERS["A"]


def test_posting_covers_its_branch_and_nothing_beside_it(
    officer: Person, adviser: Person, stranger: Person, bambari: Office, bria: Office, hq: Office
) -> None:
    base = make_office(hq.mission, "IPPY", bambari)
    threats = {office.code: make_threat(office) for office in (hq, bambari, bria, base)}
    assert {code for code, threat in threats.items() if officer.has_perm("threats.change_threat", threat)} == {
        "BAMBARI",
        "IPPY",
    }
    assert all(adviser.has_perm("threats.change_threat", threat) for threat in threats.values())
    assert not any(stranger.has_perm("threats.view_threat", threat) for threat in threats.values())


def test_visible_to_agrees_with_has_perm_for_every_role(
    mission: Mission, bambari: Office, bria: Office, hq: Office, stranger: Person
) -> None:
    """The question for a set and the question for one record never differ."""
    for office in (hq, bambari, bria):
        for marking in Marking.values:
            make_threat(office, marking=marking, areas=[])
    people = [make_person(f"p-{role.lower()}", role, bambari) for role in Role.values]
    people.append(make_person("p-hq", Role.POCA, hq, clearance=Marking.STRICTLY_CONFIDENTIAL))
    for person in [*people, stranger]:
        seen = set(Threat.objects.visible_to(person))
        every = Threat.objects.select_related("office")
        assert seen == {threat for threat in every if person.has_perm("threats.view_threat", threat)}
    assert Threat.objects.visible_to(people[-1]).count() == 9


def test_clearance_hides_what_is_marked_higher(officer: Person, bambari: Office) -> None:
    strict = make_threat(bambari, marking=Marking.STRICTLY_CONFIDENTIAL)
    assert not officer.has_perm("threats.view_threat", strict)
    assert not Threat.objects.visible_to(officer).exists()
    Person.objects.filter(pk=officer.pk).update(clearance=Marking.STRICTLY_CONFIDENTIAL)
    assert Person.objects.get(pk=officer.pk).has_perm("threats.view_threat", strict)


def test_mission_may_set_its_own_cells(colleague: Person, bambari: Office, mission: Mission) -> None:
    threat = make_threat(bambari)
    assert colleague.has_perm("threats.change_threat", threat)
    RoleGrant.objects.create(mission=mission, role=Role.SECT, kind="threat", letter="V")
    fresh = Person.objects.get(pk=colleague.pk)
    assert not fresh.has_perm("threats.change_threat", threat)
    assert fresh.has_perm("threats.view_threat", threat)
    RoleGrant.objects.update(letter="")
    assert not Person.objects.get(pk=colleague.pk).has_perm("threats.view_threat", threat)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "may"),
    [
        (date(2020, 12, 31), None, True),
        (date(2020, 1, 1), date(2020, 12, 31), True),
        (date(2020, 1, 1), date(2020, 12, 30), False),
        (date(2021, 1, 1), None, False),
    ],
)
def test_posting_counts_from_its_first_to_its_last_day(
    bambari: Office, starts_on: date, ends_on: date | None, may: bool
) -> None:
    """By the mission's clock, which stands at 31 December 2020; both days included."""
    person = make_person("visitor", None, bambari)
    make_posting(person, Role.POCF, bambari, starts_on=starts_on, ends_on=ends_on)
    assert person.has_perm("threats.view_threat", make_threat(bambari)) is may


def test_closed_account_and_nobody_may_nothing(officer: Person, bambari: Office) -> None:
    threat = make_threat(bambari)
    Person.objects.filter(pk=officer.pk).update(is_active=False)
    assert not Person.objects.get(pk=officer.pk).has_perm("threats.view_threat", threat)
    assert grants_for(SimpleNamespace(), "threat", Verb.VIEW) == []


def test_flags_of_the_account_go_round_nothing(bambari: Office) -> None:
    chief = make_person("chief", None, bambari, is_superuser=True, is_staff=True)
    assert not chief.has_perm("threats.view_threat", make_threat(bambari))


def test_misspelt_permission_is_found_at_once(officer: Person) -> None:
    with pytest.raises(KeyError, match="No permission is called"):
        officer.has_perm("threats.chnage_threat")


def test_require_refuses_in_words(stranger: Person, bambari: Office) -> None:
    with pytest.raises(Forbidden, match="Your role does not allow this here"):
        require(stranger, "threats.view_threat", make_threat(bambari))


def test_scope_costs_no_query_beyond_the_postings(
    officer: Person, bambari: Office, django_assert_num_queries: Any
) -> None:
    assert officer.grants
    with django_assert_num_queries(0):
        condition = scope_q(officer, "threat")
    with django_assert_num_queries(1):
        assert list(Threat.objects.filter(condition)) == []


def test_second_posting_adds_its_office(officer: Person, bria: Office) -> None:
    threat = make_threat(bria)
    assert not officer.has_perm("threats.view_threat", threat)
    Posting.objects.create(
        person=officer, mission=bria.mission, office=bria, role=Role.SECT, starts_on=date(2020, 1, 1)
    )
    assert Person.objects.get(pk=officer.pk).has_perm("threats.view_threat", threat)
