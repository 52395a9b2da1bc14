"""The form of a threat and the cells of the matrix as editors of its data (TH-01): lists, search, hidden actors."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.choices import Role
from pocweb.models import Area, Office, Person
from tests.factories.mission import make_area, make_person, make_square
from tests.factories.threats_threat import load_reference, make_actor, make_full_threat, make_threat
from threats.forms.pickers import ActorSource, AreaSource
from threats.models import AtRiskGroup, Threat, ThreatGroup
from threats.services.threat_values import plain_values, read_groups
from threats.services.threats import edit_threat

pytestmark = pytest.mark.django_db
FORM = {"title": "Attacks on the market road", "areas": ["CF42"], "capacity_in_reach": "unknown", "marking": 2}
WOMEN = {"group": "women", "area": "CF42", "number": "1300", "vulnerability": "3"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def threat(bambari: Office, officer: Person) -> Threat:
    return make_full_threat(bambari, by=officer)


def lines(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    return data | {f"{prefix}-{index}-{name}": value for index, row in enumerate(rows) for name, value in row.items()}


def cell(threat: Threat, name: str) -> str:
    return f"/matrix/BAMBARI/rows/{threat.pk}/{name}/"


# --- lists of hundreds ------------------------------------------------------------------------------------------------


def test_own_areas_stand_first_with_their_pcodes_and_others_are_found(
    bambari: Office, ouaka: Area, haute_kotto: Area
) -> None:
    """TH-01: areas are p-coded; the office's own come first, any other is found by name or p-code."""
    make_area("CF421", "Grimari", 2, ouaka, make_square(20.0, 5.0, 1.0))
    source = AreaSource(bambari)

    plain = source.groups("", {"CF421", "CF52"})
    assert [(group.heading, [(pick.value, pick.is_chosen) for pick in group.picks]) for group in plain] == [
        ("Chosen outside the area of responsibility", [("CF52", True)]),
        ("Ouaka CF42", [("CF42", False), ("CF421", True)]),
    ]
    assert plain[1].summary == "Ouaka CF42: 1 of 2 chosen"
    found = source.groups("cf52", set())[0]
    assert (found.is_found, [(pick.value, pick.label) for pick in found.picks]) == (
        True,
        [("CF52", "Haute-Kotto (CF52)")],
    )
    assert [pick.value for group in source.groups("grim", set()) for pick in group.picks] == ["CF421", "CF42"]


def test_area_of_a_closed_division_may_stay_and_not_be_chosen_anew(bambari: Office, threat: Threat) -> None:
    old = make_area("CF99", "Old prefecture", 1, Area.objects.get(pcode="CF"), make_square(23.0, 5.0, 1.0))
    Area.objects.filter(pk=old.pk).update(valid_to=date(2019, 12, 31))
    assert AreaSource(bambari, threat).known(["CF99", "CF42"]) == {"CF42"}
    threat.areas.add(old)
    assert AreaSource(bambari, threat).known(["CF99", "CF42"]) == {"CF42", "CF99"}


def test_search_without_script_keeps_what_was_typed(client: Client, officer: Person, haute_kotto: Area) -> None:
    load_reference()
    client.force_login(officer)
    sent = FORM | {"scale": "Kept text", "areas_find": "kotto", "act": "find", "title": ""}
    response = client.post("/threats/new/", sent | lines("groups", WOMEN) | lines("protection_actors", {}))
    page = response.content.decode()
    assert response.status_code == 200
    assert all(text in page for text in ("Kept text", "Found: 1", "Haute-Kotto (CF52)", 'value="1300"'))
    assert 'class="err"' not in page
    assert Threat.objects.count() == 0


def test_return_key_in_a_search_searches_and_elsewhere_saves(
    client: Client, officer: Person, haute_kotto: Area
) -> None:
    load_reference()
    client.force_login(officer)
    sent = FORM | {"act": "enter"} | lines("groups", {}) | lines("protection_actors", {})
    assert client.post("/threats/new/", sent | {"areas_find": "kotto"}).status_code == 200
    assert Threat.objects.count() == 0
    assert client.post("/threats/new/", sent | {"areas_find": ""}).status_code == 302


def test_another_line_is_added_without_script(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    sent = FORM | {"title": "Half written", "act": "add-groups", "based_on": 1}
    response = client.post(
        f"/threats/{threat.pk}/edit/", sent | lines("groups", WOMEN) | lines("protection_actors", {})
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="groups-TOTAL_FORMS" value="2"' in page
    assert 'name="protection_actors-TOTAL_FORMS" value="1"' in page
    assert all(text in page for text in ("Half written", "Women, 1\u202f300", 'name="based_on" value="1"'))
    assert Threat.objects.get().version == 1


def test_threat_form_keeps_several_areas_and_reaches_beyond_the_office(
    client: Client, officer: Person, haute_kotto: Area
) -> None:
    load_reference()
    client.force_login(officer)
    sent = FORM | {"areas": ["CF42", "CF52"]} | lines("groups", WOMEN | {"number": ""}) | lines("protection_actors", {})
    assert client.post("/threats/new/", sent).status_code == 302
    values = plain_values(Threat.objects.get())
    assert values["areas"] == ["CF42", "CF52"]
    assert [(one["group"], one["number"]) for one in values["groups"]] == [("women", None)]


def test_unknown_area_is_refused_at_its_field(client: Client, officer: Person) -> None:
    load_reference()
    client.force_login(officer)
    sent = FORM | {"areas": ["CF42", "XX1"]} | lines("groups", {}) | lines("protection_actors", {})
    response = client.post("/threats/new/", sent)
    assert response.status_code == 422
    assert "Not known here: XX1." in response.content.decode()


def test_group_twice_is_refused_at_its_list_and_nothing_is_half_saved(
    client: Client, officer: Person, threat: Threat
) -> None:
    client.force_login(officer)
    before = plain_values(threat)
    sent = FORM | {"title": "Other", "based_on": 1} | lines("groups", WOMEN, WOMEN) | lines("protection_actors", {})
    response = client.post(f"/threats/{threat.pk}/edit/", sent)
    assert response.status_code == 422
    page = response.content.decode()
    assert "A group stands twice for the same area." in page.split('id="groups"')[1].split("</section>")[0]
    assert plain_values(Threat.objects.get()) == before


def test_faulty_line_is_told_at_its_control(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    faulty = {"group": "", "area": "CF42", "number": "-3"}
    sent = FORM | {"based_on": 1} | lines("groups", faulty) | lines("protection_actors", {})
    page = client.post(f"/threats/{threat.pk}/edit/", sent)
    assert page.status_code == 422
    assert "Something is to be mended in the groups at risk." in page.content.decode()
    assert Threat.objects.get().version == 1


# --- what a person may not see ----------------------------------------------------------------------------------------


def test_actor_that_the_editor_may_not_see_stays_named(client: Client, bambari: Office, threat: Threat) -> None:
    """Mission support edits threats and sees no profiles: their edit of the record must not remove the actors."""
    support = make_person("support", Role.DMS, bambari, "support", first_name="G.", last_name="Grint")
    assert ActorSource(bambari, support, threat).known(["upc"]) == set()
    client.force_login(support)
    page = client.get(f"/threats/{threat.pk}/edit/").content.decode()
    assert "Armed group UPC" not in page
    assert "1 more, outside your reach, stays named." in page
    sent = FORM | {"based_on": 1} | lines("groups", {}) | lines("protection_actors", {})
    assert client.post(f"/threats/{threat.pk}/edit/", sent).status_code == 302
    assert plain_values(Threat.objects.get())["actors"] == ["upc"]
    assert client.post(cell(threat, "source"), {"perpetrators": "By night", "based_on": 2}).status_code == 302
    stored = plain_values(Threat.objects.get())
    assert (stored["actors"], stored["perpetrators"]) == (["upc"], "By night")


def test_actor_outside_reach_cannot_be_named(client: Client, officer: Person, threat: Threat) -> None:
    make_actor(threat.mission, "secret", marking=3)
    client.force_login(officer)
    sent = FORM | {"actors": ["upc", "secret"], "based_on": 1} | lines("groups", {}) | lines("protection_actors", {})
    response = client.post(f"/threats/{threat.pk}/edit/", sent)
    assert response.status_code == 422
    assert "Not known here: secret." in response.content.decode()


# --- cells ------------------------------------------------------------------------------------------------------------


def test_cell_of_civilians_edits_groups_with_numbers(client: Client, officer: Person, threat: Threat) -> None:
    """TH-01, TH-04: the structured part of a column is edited in its cell, and undone from there."""
    client.force_login(officer)
    before = read_groups(threat)
    page = client.get(cell(threat, "civilians"), headers=HTMX).content.decode()
    assert page.startswith('<td role="cell" class="edit over"')
    assert all(text in page for text in ("Women, 1\u202f200", "Older persons, number unknown", "add-groups"))
    sent = {"civilians": "Traders", "based_on": 1} | lines("groups", WOMEN, {})
    answer = client.post(cell(threat, "civilians"), sent, headers=HTMX)
    assert "Women (1\u202f300)" in answer.content.decode()
    assert [(one["group"], one["number"]) for one in read_groups(threat)] == [("women", 1300)]
    client.post(cell(threat, "civilians"), {"undo": "1", "based_on": 2})
    assert (read_groups(threat), Threat.objects.get().civilians) == (before, "Farmers at harvest")


def test_cell_of_others_edits_protection_actors(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    actor = {"name": "Council of elders", "role": "warns", "willingness": "high"}
    sent = {"other_actors": "Elders", "based_on": 1} | lines("protection_actors", actor)
    assert client.post(cell(threat, "others"), sent).status_code == 302
    stored = plain_values(Threat.objects.get())["protection_actors"]
    assert [(one["name"], one["role"], one["willingness"]) for one in stored] == [
        ("Council of elders", "warns", "high")
    ]


def test_cell_without_its_lists_leaves_them(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    before = read_groups(threat)
    assert client.post(cell(threat, "civilians"), {"civilians": "Traders", "based_on": 1}).status_code == 302
    assert (read_groups(threat), Threat.objects.get().civilians) == (before, "Traders")


def test_two_people_edit_the_groups_of_one_cell(
    client: Client, officer: Person, colleague: Person, threat: Threat
) -> None:
    """TH-04: the second is shown both lists and chooses."""
    theirs = [row | {"number": 5} for row in read_groups(threat)]
    edit_threat(threat, changes={"groups": theirs}, based_on=1, by=colleague)
    client.force_login(officer)
    sent = {"civilians": "Farmers at harvest", "based_on": 1} | lines("groups", WOMEN)
    response = client.post(cell(threat, "civilians"), sent)
    assert response.status_code == 409
    assert "choice_groups" in response.content.decode()
    assert read_groups(threat) == theirs


def test_cell_gets_another_line_without_saving(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    sent = {"civilians": "Half", "based_on": 1, "act": "add-groups"} | lines("groups", WOMEN)
    page = client.post(cell(threat, "civilians"), sent, headers=HTMX).content.decode()
    assert all(text in page for text in ("Half", f'id="groups-{threat.ref}"', 'name="groups-TOTAL_FORMS" value="2"'))
    assert client.post(cell(threat, "civilians"), sent).content.decode().count("<h1>Civilians at risk</h1>") == 1
    assert Threat.objects.get().version == 1


def test_form_opened_from_a_cell_leads_back_to_the_row(client: Client, officer: Person, threat: Threat) -> None:
    client.force_login(officer)
    back = f"/matrix/BAMBARI/#{threat.ref}"
    assert f'name="next" value="{back}"' in client.get(f"/threats/{threat.pk}/edit/", {"next": back}).content.decode()
    sent = FORM | {"based_on": 1, "next": back} | lines("groups", {}) | lines("protection_actors", {})
    assert client.post(f"/threats/{threat.pk}/edit/", sent).headers["Location"] == back
    assert client.post(f"/threats/{threat.pk}/edit/", sent | {"next": "//evil.example/", "based_on": 2}).headers[
        "Location"
    ] == (f"/threats/{threat.pk}/")


def test_group_line_keeps_an_area_whose_division_was_closed(officer: Person, threat: Threat) -> None:
    Area.objects.filter(pcode="CF42").update(valid_to=date(2020, 12, 30))
    changed = [row | {"number": 7} for row in read_groups(threat)]
    edit_threat(threat, changes={"groups": changed}, based_on=1, by=officer)
    assert read_groups(threat) == changed


@pytest.mark.parametrize("url", ["/threats/{}/edit/", "/matrix/BAMBARI/rows/{}/civilians/"])
def test_form_takes_the_same_queries_whatever_the_lines(
    client: Client, officer: Person, threat: Threat, url: str
) -> None:
    client.force_login(officer)
    counts = []
    for code in ("men", "boys", "girls"):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url.format(threat.pk)).status_code == 200
        counts.append(len(seen))
        ThreatGroup.objects.create(threat=threat, group=AtRiskGroup.objects.get(code=code))
        make_actor(threat.mission, f"group-{code}")
    assert len(set(counts)) == 1
    assert counts[0] <= 24


def test_threat_without_lists_shows_one_empty_line_each(client: Client, bambari: Office, officer: Person) -> None:
    load_reference()
    threat = make_threat(bambari)
    client.force_login(officer)
    page = client.get(f"/threats/{threat.pk}/edit/").content.decode()
    assert page.count('-TOTAL_FORMS" value="1"') == 2
    assert all(f'id="{anchor}"' in page for anchor in ("groups", "protection", "criteria"))
