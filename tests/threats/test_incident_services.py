"""Recording, editing, verifying incidents and settling their places (TH-11; POC Handbook 2020, 8.2.2, 9.3, 9.4)."""

from datetime import date
from typing import Any

import pytest

from pocweb.audit import history_of, verify
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import AreaAlias
from tests.factories.mission import make_area, make_office, make_person
from tests.factories.threats_incident import make_actor, make_incident, make_source, make_violence_type
from threats.choices import PlaceState, Verification
from threats.models import Incident, Source
from threats.rules.incidents import MOVES, contradictions
from threats.services.incident_places import AreaOffices
from threats.services.incident_values import plain_incident
from threats.services.incidents import edit_incident, record_incident, set_area, settle_place, verify_incident

pytestmark = pytest.mark.django_db


def values(**more: Any) -> dict[str, Any]:
    return {
        "title": "Houses burnt at the ford",
        "starts_on": "2020-12-20",
        "killed_low": 1,
        "killed_best": 2,
        "killed_high": 4,
        "civilians_killed": 2,
        **more,
    }


@pytest.fixture
def verifier(hq: Any) -> Any:
    """Human rights officer at headquarters."""
    return make_person("verifier", Role.PROT, hq, "human-rights")


@pytest.fixture
def ouaka_town(ouaka: Any) -> Any:
    return make_area("CF4201", "Grimari", 2, parent=ouaka)


def test_record_incident_stores_counts_actors_breakdown_and_office(mission, bambari, ouaka_town, officer):
    """TH-11: an incident holds place, date, actors, counts by group, sources and the mission's response."""
    make_actor(mission)
    make_violence_type()
    incident = record_incident(
        mission=mission,
        values=values(
            area="CF4201",
            violence_types=["pillage"],
            actors=[["band-1", "perpetrator"]],
            counts=[["killed", "civilian", "woman", "unknown", None, 1, None]],
            sources=["hr-014"],
            new_source_kind="community",
            mission_response="A patrol stayed overnight.",
        ),
        by=officer,
    )
    stored = Incident.objects.get(pk=incident.pk)
    assert stored.office == bambari
    assert (stored.area.pcode, stored.area1.pcode, stored.area2.pcode) == ("CF4201", "CF42", "CF4201")
    assert stored.ends_on == date(2020, 12, 20)
    plain = plain_incident(stored)
    assert plain["actors"] == [["band-1", "perpetrator"]]
    assert plain["counts"] == [["killed", "civilian", "woman", "unknown", 1, 1, 1]]
    assert plain["sources"] == ["HR-014"]
    assert plain["injured_best"] is None
    event = history_of(stored).get()
    assert (event.verb, event.actor) == ("recorded", officer)
    assert event.changes["killed_best"] == [None, 2]
    assert list(verify(mission)) == []


def test_record_incident_outside_ones_area_is_refused(mission, bria, haute_kotto, ouaka, officer):
    with pytest.raises(Forbidden) as refused:
        record_incident(mission=mission, values=values(area="CF52"), by=officer)
    assert (refused.value.code, refused.value.field) == ("outside_area", "area")
    assert Incident.objects.count() == 0


def test_record_incident_by_a_reader_is_refused(mission, ouaka, scpi):
    with pytest.raises(Forbidden):
        record_incident(mission=mission, values=values(area="CF42"), by=scpi)
    assert Incident.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"starts_on": None}, "starts_on"),
        ({"starts_on": "2021-01-01"}, "starts_on"),
        ({"ends_on": "2020-12-19"}, "ends_on"),
        ({"killed_low": 3}, "killed_low"),
        ({"killed_high": 1}, "killed_high"),
        ({"civilians_killed": 5}, "civilians_killed"),
        ({"killed_best": -1}, "killed_best"),
        ({"killed_best": "several"}, "killed_best"),
        ({"lat": 4.4}, "lon"),
        ({"lat": 95, "lon": 18}, "lat"),
        ({"area": "CF99"}, "area"),
        ({"event_kind": "battle"}, "event_kind"),
        ({"violence_types": ["noise"]}, "violence_types"),
        ({"actors": [["nobody", "perpetrator"]]}, "actors"),
        ({"counts": [["killed", "civilian", "woman", "adult", 1, None, 1]]}, "counts"),
        ({"counts": [["killed", "civilian", "woman", "adult", 3, 2, 4]]}, "counts"),
        ({"counts": [["killed", "civilian", "woman", "adult", 1, 5, 5]]}, "counts"),
        ({"sources": ["Mr Smith"]}, "sources"),
        ({"sources": ["HR-1"]}, "new_source_kind"),
    ],
)
def test_record_incident_names_the_field_that_cannot_be(mission, ouaka, officer, more, field):
    with pytest.raises(RuleError) as refused:
        record_incident(mission=mission, values=values(**{"area": "CF42", **more}), by=officer)
    assert refused.value.field == field
    assert (Incident.objects.count(), Source.objects.count()) == (0, 0)


def test_marking_is_inherited_from_the_profiles_named(mission, ouaka, officer):
    """A new record carries the highest marking of what it cites."""
    make_actor(mission, marking=Marking.CONFIDENTIAL)
    incident = record_incident(
        mission=mission, values=values(area="CF42", marking=1, actors=[["band-1", "party"]]), by=officer
    )
    assert incident.marking == Marking.CONFIDENTIAL


def test_sources_need_their_own_permission(mission, bambari, ouaka, adviser):
    make_source(mission)
    with pytest.raises(Forbidden) as refused:
        record_incident(mission=mission, values=values(area="CF42", sources=["HR-014"]), by=adviser)
    assert refused.value.field == "sources"


def test_edit_incident_changes_the_named_fields_only(mission, ouaka_town, officer):
    incident = make_incident(mission, ouaka_town, killed_best=3)
    saved = edit_incident(incident.pk, based_on=1, changes={"killed_best": 4, "killed_high": 6}, by=officer)
    assert saved.changes == {"killed_best": [3, 4], "killed_high": [None, 6]}
    assert saved.record.version == 2
    assert history_of(incident).get().changes == saved.changes


def test_edit_incident_moves_area_and_office_together(mission, hq, bambari, ouaka, ouaka_town, officer, adviser):
    deeper = make_office(mission, "GRIMARI", parent=bambari, areas=[ouaka_town])
    incident = make_incident(mission, ouaka)
    saved = edit_incident(incident.pk, based_on=1, changes={"area": "CF4201"}, by=officer)
    assert (saved.record.office, saved.record.area2, saved.record.place_state) == (
        deeper,
        ouaka_town,
        PlaceState.SETTLED,
    )


def test_edit_incident_merges_what_does_not_oppose_and_refuses_what_does(mission, ouaka, officer, adviser):
    incident = make_incident(mission, ouaka, title="First", narrative="Old")
    edit_incident(incident.pk, based_on=1, changes={"title": "Second"}, by=adviser)
    saved = edit_incident(incident.pk, based_on=1, changes={"narrative": "New"}, by=officer)
    assert [item.name for item in saved.merged] == ["title"]
    with pytest.raises(EditConflict) as conflict:
        edit_incident(incident.pk, based_on=1, changes={"title": "Third"}, by=officer)
    assert [(o.base, o.mine, o.theirs) for o in conflict.value.opposed] == [("First", "Third", "Second")]
    assert Incident.objects.get().title == "Second"


def test_edit_incident_checks_the_merged_values(mission, ouaka, officer, adviser):
    """Two edits that agree by themselves may not contradict each other once merged."""
    incident = make_incident(mission, ouaka, killed_low=1, killed_best=5, killed_high=9)
    edit_incident(incident.pk, based_on=1, changes={"killed_high": 6}, by=adviser)
    with pytest.raises(RuleError) as refused:
        edit_incident(incident.pk, based_on=1, changes={"killed_best": 8}, by=officer)
    assert refused.value.code == "best_over_high"
    assert Incident.objects.get().killed_best == 5


def test_edit_incident_of_another_office_is_refused(mission, bria, haute_kotto, officer):
    incident = make_incident(mission, haute_kotto)
    with pytest.raises(Forbidden):
        edit_incident(incident.pk, based_on=1, changes={"title": "Mine"}, by=officer)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.source}-{move.to}")
def test_verify_incident_follows_the_table(mission, ouaka, verifier, move):
    """POC Handbook 2020, 9.3: reported, under verification, then an outcome with its grounds."""
    incident = make_incident(mission, ouaka, verification=move.source)
    fresh = verify_incident(incident, to=move.to, note="Three accounts agree.", by=verifier)
    assert (fresh.verification, fresh.version) == (move.to, 2)
    event = history_of(incident).get()
    assert event.changes == {"verification": [move.source, move.to]}
    assert event.note == "Three accounts agree."


LEGAL = {(move.source, move.to) for move in MOVES}
ILLEGAL = [(a, b) for a in Verification.values for b in Verification.values if (a, b) not in LEGAL]


@pytest.mark.parametrize(("state", "to"), ILLEGAL)
def test_verify_incident_refuses_other_moves(mission, ouaka, verifier, state, to):
    incident = make_incident(mission, ouaka, verification=state)
    with pytest.raises(RuleError) as refused:
        verify_incident(incident, to=to, note="Why not.", by=verifier)
    assert refused.value.code == "illegal_move"
    assert Incident.objects.get().verification == state


def test_verify_incident_needs_grounds_and_permission(mission, ouaka, verifier, officer):
    incident = make_incident(mission, ouaka, verification="under_verification")
    with pytest.raises(RuleError) as refused:
        verify_incident(incident, to="verified", note=" ", by=verifier)
    assert refused.value.field == "note"
    with pytest.raises(Forbidden):
        verify_incident(incident, to="verified", note="Seen.", by=officer)


def test_verify_incident_twice_at_once_lets_one_through(mission, ouaka, verifier):
    incident = make_incident(mission, ouaka, verification="under_verification")
    stale = Incident.objects.get(pk=incident.pk)
    verify_incident(incident, to="verified", note="Seen.", by=verifier)
    with pytest.raises(Conflict):
        verify_incident(stale, to="discounted", note="Rumour.", by=verifier)
    assert Incident.objects.get().verification == "verified"
    assert history_of(incident).count() == 1


def test_settle_place_moves_the_incident_and_remembers_the_name(mission, bria, haute_kotto, ouaka, officer):
    incident = make_incident(mission, ouaka, place_state="disagreeing", place_note="the point lies elsewhere")
    settled = settle_place(incident, haute_kotto, by=officer, remember_alias="Kotto-haut")
    assert (settled.area, settled.area1, settled.office) == (haute_kotto, haute_kotto, bria)
    assert (settled.place_state, settled.place_note) == (PlaceState.SETTLED, "")
    alias = AreaAlias.objects.get()
    assert (alias.name, alias.folded, alias.level, alias.area) == ("Kotto-haut", "kottohaut", 1, haute_kotto)


def test_settle_place_after_somebody_else_is_a_conflict(mission, ouaka, ouaka_town, officer):
    incident = make_incident(mission, ouaka, place_state="disagreeing")
    stale = Incident.objects.select_related("mission", "office").get(pk=incident.pk)
    settle_place(incident, ouaka_town, by=officer)
    with pytest.raises(Conflict):
        settle_place(stale, ouaka, by=officer)
    assert Incident.objects.get().area == ouaka_town


def test_area_offices_choose_the_deepest_office(mission, hq, bambari, ouaka, ouaka_town):
    deeper = make_office(mission, "GRIMARI", parent=bambari, areas=[ouaka_town])
    village = make_area("CF420101", "Lihoto", 3, parent=ouaka_town)
    elsewhere = make_area("CF71", "Mambere", 1)
    offices = AreaOffices(mission)
    found = [offices.office_for(area.path) for area in (ouaka, ouaka_town, village, elsewhere)]
    assert found == [bambari, deeper, deeper, hq]
    assert offices.office_for(None) == hq


def test_set_area_without_an_area_keeps_the_office(mission, bambari, ouaka):
    incident = make_incident(mission, ouaka)
    set_area(incident, None)
    assert (incident.area, incident.area1, incident.area2, incident.office) == (None, None, None, bambari)


def test_contradictions_leave_alone_what_is_not_recorded():
    known = {"starts_on": date(2020, 1, 1), "killed_low": 2, "civilians_killed": 1}
    assert contradictions(known, today=date(2020, 1, 1)) == []
