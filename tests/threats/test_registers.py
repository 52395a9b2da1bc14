"""Registers: perpetrator profiles and protection actors are added and edited, missions extend the shared lists."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pocweb.audit import history_of
from pocweb.choices import Role
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, Mission, Office, Person
from tests.factories.mission import make_mission, make_person
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import (
    load_reference,
    make_actor,
    make_full_threat,
    make_protection_actor,
    make_threat,
)
from threats.forms.threat_lines import ThreatLines
from threats.forms.threats import ThreatForm
from threats.models import Actor, AtRiskGroup, Incident, ProtectionActor, Threat, ThreatProtectionActor, ViolenceType
from threats.services.actors import add_actor
from threats.services.import_reading import open_file
from threats.services.incident_bulk import BulkContext
from threats.services.incidents import edit_incident
from threats.services.protection_actors import add_protection_actor, edit_protection_actor
from threats.services.threats import edit_threat
from threats.services.vocabulary import add_entry, rename_entry

pytestmark = pytest.mark.django_db
PROFILE = {"name": "Red River band", "short_name": "RRB", "source_of_violence": "armed_group", "marking": 2}


def refused(act: Any) -> tuple[str, str | None]:
    """Return code and field of the refusal."""
    with pytest.raises(RuleError) as error:
        act()
    return error.value.code, error.value.field


# --- perpetrator profiles ---------------------------------------------------------------------------------------------


def test_profile_is_added_with_a_code_of_its_own(mission: Mission, officer: Person) -> None:
    """TH-09: a profile can be written before an import names the actor."""
    first = add_actor(mission=mission, values=PROFILE | {"motivation": "Toll"}, by=officer)
    second = add_actor(mission=mission, values=PROFILE | {"name": "Another band"}, by=officer)
    assert (first.code, second.code, first.version) == ("rrb", "rrb-2", 1)
    event = history_of(first).get()
    assert (event.verb, event.changes["motivation"], event.changes["code"]) == ("added", [None, "Toll"], [None, "rrb"])


def test_profile_is_refused(mission: Mission, officer: Person, colleague: Person, scpi: Person) -> None:
    add_actor(mission=mission, values=PROFILE, by=officer)
    assert refused(lambda: add_actor(mission=mission, values=PROFILE | {"name": "red river BAND"}, by=officer)) == (
        "already_there",
        "name",
    )
    assert refused(lambda: add_actor(mission=mission, values=PROFILE | {"name": "X", "marking": 3}, by=officer)) == (
        "marking_above_clearance",
        "marking",
    )
    assert refused(lambda: add_actor(mission=mission, values=PROFILE | {"name": ""}, by=officer))[1] == "name"
    for person in (colleague, scpi):
        with pytest.raises(Forbidden):
            add_actor(mission=mission, values=PROFILE | {"name": "Third"}, by=person)
    assert Actor.objects.count() == 1


def test_name_of_a_hidden_profile_is_not_given_away(mission: Mission, officer: Person) -> None:
    make_actor(mission, "band", name="Secret band", marking=3)
    assert add_actor(mission=mission, values=PROFILE | {"name": "Secret band"}, by=officer).pk


def test_profile_is_added_by_page_and_a_double_click_adds_one(client: Client, officer: Person) -> None:
    client.force_login(officer)
    assert "Add a profile" in client.get("/actors/").content.decode()
    sent = PROFILE | {"once": "token", "presence": "North"}
    places = [client.post("/actors/new/", sent).headers["Location"] for _time in range(2)]
    actor = Actor.objects.get()
    assert places == [f"/actors/{actor.pk}/"] * 2
    page = client.post("/actors/new/", PROFILE | {"history": "Kept text"})
    assert page.status_code == 422
    assert all(text in page.content.decode() for text in ("Kept text", "There is a profile of this name"))


def test_profile_is_added_by_api(client: Client, officer: Person, colleague: Person) -> None:
    client.force_login(officer)
    made = client.post("/api/v1/actors/", PROFILE, content_type="application/json")
    assert (made.status_code, made.json()["code"], made.json()["version"]) == (201, "rrb", 1)
    again = client.post("/api/v1/actors/", PROFILE, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (400, "already_there")
    client.force_login(colleague)
    assert client.post("/api/v1/actors/", PROFILE, content_type="application/json").status_code == 403


# --- other protection actors ------------------------------------------------------------------------------------------


def test_protection_actor_is_added_and_edited_under_the_guard(
    mission: Mission, officer: Person, adviser: Person
) -> None:
    values = {"name": " Market committee ", "kind": "community", "description": "Settles disputes"}
    actor = add_protection_actor(mission=mission, values=values, by=officer)
    assert (actor.name, actor.version, history_of(actor).get().verb) == ("Market committee", 1, "added")
    edit_protection_actor(actor, changes={"description": "Theirs"}, based_on=1, by=adviser)
    saved = edit_protection_actor(actor, changes={"kind": "civil_society"}, based_on=1, by=officer)
    assert ([item.name for item in saved.merged], saved.record.version) == (["description"], 3)
    with pytest.raises(EditConflict):
        edit_protection_actor(actor, changes={"description": "Mine"}, based_on=1, by=officer)


def test_protection_actor_is_refused(mission: Mission, officer: Person, scpi: Person, stranger: Person) -> None:
    actor = make_protection_actor(mission)
    other = make_protection_actor(mission, "Imams of the town")
    values = {"name": "market COMMITTEE", "kind": "community"}
    assert refused(lambda: add_protection_actor(mission=mission, values=values, by=officer)) == (
        "already_there",
        "name",
    )
    taken = {"name": "Market committee"}
    assert refused(lambda: edit_protection_actor(other, changes=taken, based_on=1, by=officer)) == (
        "already_there",
        "name",
    )
    assert refused(lambda: add_protection_actor(mission=mission, values={"name": "X", "kind": "army"}, by=officer)) == (
        "invalid",
        "kind",
    )
    for person in (scpi, stranger):
        with pytest.raises(Forbidden):
            edit_protection_actor(actor, changes={"description": "No"}, based_on=1, by=person)


def test_protection_actor_page_names_the_threats_within_reach(
    client: Client, bambari: Office, officer: Person, scpi: Person
) -> None:
    """TH-01: the seven variables of each threat that names it; threats above the clearance are left out everywhere."""
    seen = make_full_threat(bambari, by=officer)
    actor = ProtectionActor.objects.get()
    hidden = make_threat(bambari, "Hidden row", marking=3)
    ThreatProtectionActor.objects.create(threat=hidden, protection_actor=actor, role="Hidden role")
    client.force_login(scpi)
    page = client.get(f"/protection-actors/{actor.pk}/").content.decode()
    assert all(text in page for text in (seen.ref, "mediates", "daily"))
    assert "Hidden" not in page
    row = client.get("/protection-actors/").content.decode().split(actor.name)[1].split("</tr>")[0]
    assert 'class="n">1<' in row


def test_protection_actor_pages(client: Client, officer: Person, scpi: Person, stranger: Person) -> None:
    client.force_login(officer)
    assert client.post("/protection-actors/new/", {"name": "Market committee", "kind": "community"}).status_code == 302
    actor = ProtectionActor.objects.get()
    url = f"/protection-actors/{actor.pk}/edit/"
    sent = {"name": "Market committee", "kind": "community", "description": "Mine", "based_on": 1}
    assert client.post(url, sent | {"name": ""}).status_code == 422
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent | {"description": "Other"}).status_code == 409
    answer = {"based_on": 2, "choice_description": "mine", "mine_description": "Other"}
    assert client.post(url, answer).status_code == 302
    assert ProtectionActor.objects.get().description == "Other"
    page = client.get(f"/protection-actors/{actor.pk}/").content.decode()
    assert all(text in page for text in ("Mine", "Other", "Changes over time"))
    for person, expected in ((scpi, [200, 200, 403, 403]), (stranger, [200, 404, 404, 200])):
        client.force_login(person)
        urls = ("/protection-actors/", f"/protection-actors/{actor.pk}/", url, "/protection-actors/new/")
        assert [client.get(one).status_code for one in urls] == expected
    assert "Market committee" not in client.get("/protection-actors/").content.decode()


# --- lists that missions share and extend -----------------------------------------------------------------------------


def test_own_entry_gets_a_code_made_from_its_name(mission: Mission, adviser: Person) -> None:
    load_reference()
    entry = add_entry(mission=mission, kind="groups", name="  Herders   on the move ", by=adviser)
    begin = mission.code.lower()
    assert (entry.name, entry.code, entry.mission) == ("Herders on the move", f"{begin}-herders-on-the-move", mission)
    assert entry.order > AtRiskGroup.objects.exclude(pk=entry.pk).order_by("-order")[0].order
    long_name = "Traders on the long road " + "x" * 40
    codes = [add_entry(mission=mission, kind="violence", name=f"{long_name}{n}", by=adviser).code for n in (1, 2)]
    assert len(set(codes)) == 2
    assert max(map(len, codes)) <= 40
    assert history_of(entry).get().changes["name"] == [None, "Herders on the move"]


def test_own_entry_is_refused(mission: Mission, adviser: Person, officer: Person, stranger: Person) -> None:
    load_reference()
    entry = add_entry(mission=mission, kind="groups", name="Herders", by=adviser)
    for name, code in (("herders", "already_there"), ("Women", "already_there"), ("  ", "missing")):
        assert refused(lambda name=name: add_entry(mission=mission, kind="groups", name=name, by=adviser)) == (
            code,
            "name",
        )
    assert refused(lambda: rename_entry(entry, name="Women", by=adviser)) == ("already_there", "name")
    shared = AtRiskGroup.objects.get(code="women")
    assert refused(lambda: rename_entry(shared, name="Ladies", by=adviser)) == ("shared_entry", "name")
    for person in (officer, stranger):
        with pytest.raises(Forbidden):
            add_entry(mission=mission, kind="groups", name="Traders", by=person)
        with pytest.raises(Forbidden):
            rename_entry(entry, name="Traders", by=person)


def test_two_missions_may_use_one_name(mission: Mission, adviser: Person, stranger: Person) -> None:
    load_reference()
    theirs = make_person("their_adviser", Role.POCA, stranger.office, "poc", first_name="E.", last_name="Else")
    ours = add_entry(mission=mission, kind="groups", name="Herders", by=adviser)
    other = add_entry(mission=stranger.mission, kind="groups", name="Herders", by=theirs)
    assert ours.code != other.code


def test_entry_is_renamed_and_its_code_stays(mission: Mission, adviser: Person) -> None:
    entry = add_entry(mission=mission, kind="groups", name="Herdsmen", by=adviser)
    code = entry.code
    rename_entry(entry, name="Herders", by=adviser)
    stored = AtRiskGroup.objects.get(pk=entry.pk)
    assert (stored.name, stored.code) == ("Herders", code)
    assert [event.verb for event in history_of(entry)] == ["renamed", "added"]


def test_another_mission_never_sees_or_uses_an_own_entry(
    client: Client, bambari: Office, adviser: Person, officer: Person, stranger: Person, ouaka: Area
) -> None:
    """TH-01: filtered where the lists are offered and where codes are looked up."""
    load_reference()
    theirs = make_person("their_adviser", Role.POCA, stranger.office, "poc", first_name="E.", last_name="Else")
    group = add_entry(mission=stranger.mission, kind="groups", name="Foreign group", by=theirs)
    violence = add_entry(mission=stranger.mission, kind="violence", name="Foreign violence", by=theirs)
    own = add_entry(mission=bambari.mission, kind="groups", name="Herders", by=adviser)
    threat = make_threat(bambari)
    incident = make_incident(bambari.mission, ouaka)

    bambari.mission = adviser.mission
    form = ThreatForm(office=bambari, user=officer)
    offered = {code for code, _name in form.fields["violence_types"].choices}  # type: ignore[attr-defined]
    groups = {code for code, _name in ThreatLines(bambari).groups.forms[0].fields["group"].choices}
    assert (violence.code in offered, group.code in groups, own.code in groups) == (False, False, True)
    assert violence.code not in BulkContext(bambari.mission).violence_types
    line = {"group": group.code, "area": "", "number": None, "exposure": "", "vulnerability": None, "reason": ""}
    for changes in ({"groups": [line]}, {"violence_types": [violence.code]}):
        assert refused(lambda changes=changes: edit_threat(threat, changes=changes, based_on=1, by=officer))[0] == (
            "unknown_code"
        )
    values = {"violence_types": [violence.code]}
    assert refused(lambda: edit_incident(incident.pk, changes=values, based_on=1, by=officer))[0] == (
        "unknown_violence_type"
    )
    for person in (officer, adviser):
        client.force_login(person)
        for url in ("/words/", "/threats/new/", "/incidents/new/"):
            page = client.get(url).content.decode()
            assert "Foreign" not in page, url
    assert "Herders" in client.get("/words/").content.decode()
    assert client.get(f"/words/groups/{group.pk}/edit/").status_code == 404
    assert client.get(f"/words/nothing/{own.pk}/edit/").status_code == 404


def test_own_form_of_violence_may_stand_in_an_import_and_a_strangers_not(mission: Mission, adviser: Person) -> None:
    load_reference()
    own = add_entry(mission=mission, kind="violence", name="Cattle raid", by=adviser)
    for reader, problems in ((mission, []), (make_mission("THIRD", "Third mission"), ["Forms of violence"])):
        file = BytesIO(f"origin_id,title,starts_on,violence_types\nr1,Raid,2020-12-01,{own.code}\n".encode())
        layout, table = open_file(file, name="x.csv", layout="pocweb", mission=reader)
        read = layout.parse(next(iter(table)))
        found = [problem.column for problem in read] if isinstance(read, list) else []
        assert [column for column in found if column == "Forms of violence"] == problems


def test_vocabulary_pages(client: Client, adviser: Person, officer: Person) -> None:
    load_reference()
    client.force_login(officer)
    page = client.get("/words/").content.decode()
    assert ("Women" in page, "/words/groups/new/" in page) == (True, False)
    assert client.get("/words/groups/new/").status_code == 403
    client.force_login(adviser)
    assert client.post("/words/groups/new/", {"name": "Women"}).status_code == 422
    sent = {"name": "Herders", "once": "token"}
    assert [client.post("/words/groups/new/", sent).status_code for _time in range(2)] == [302, 302]
    entry = AtRiskGroup.objects.get(name="Herders")
    assert client.post(f"/words/groups/{entry.pk}/edit/", {"name": "Nomadic herders"}).status_code == 302
    assert "Nomadic herders" in client.get("/words/").content.decode()
    assert ViolenceType.objects.exclude(mission=None).count() == 0


@pytest.mark.parametrize("url", ["/protection-actors/", "/protection-actors/{}/", "/words/", "/actors/{}/"])
def test_registers_take_the_same_queries_whatever_the_rows(
    client: Client, bambari: Office, adviser: Person, ouaka: Area, url: str
) -> None:
    make_full_threat(bambari, by=adviser)
    actor, register = Actor.objects.get(), ProtectionActor.objects.get()
    client.force_login(adviser)
    counts = []
    for size in range(3):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url.format(actor.pk if "/actors/{}" in url else register.pk)).status_code == 200
        counts.append(len(seen))
        for number in range(2):
            make_protection_actor(bambari.mission, f"Committee {size} {number}")
            make_full_threat(bambari, f"More {size} {number}", by=adviser)
            add_entry(mission=bambari.mission, kind="groups", name=f"Group {size} {number}", by=adviser)
            make_incident(bambari.mission, ouaka, actors=(actor,), killed_best=2)
    assert len(set(counts[1:])) == 1, counts
    assert counts[-1] <= 16
    assert (Threat.objects.count(), Incident.objects.count()) == (7, 6)
