"""Incidents by the thousand: what an import writes, and what of people's work it keeps (TH-11)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError

from pocweb.audit import history_of, verify
from pocweb.errors import Forbidden
from pocweb.models import AuditEvent
from tests.factories.mission import make_area
from tests.factories.threats_incident import make_actor, make_violence_type
from threats.choices import ActorSide, Age, Harm, Origin, PersonStatus, PlaceState, Sex, SourceOfViolence
from threats.imports import ActorRef, CountRow, IncidentDraft
from threats.models import Actor, Incident
from threats.services.incident_bulk import BulkContext, PlacedDraft, bulk_record, bulk_update, known_ids
from threats.services.incident_values import plain_incident

pytestmark = pytest.mark.django_db
BAND = ActorRef("Red River band", "ucdp-7", ActorSide.PERPETRATOR, SourceOfViolence.ARMED_GROUP)


def draft(number: int = 1, **more: Any) -> IncidentDraft:
    fields = {
        "origin_id": str(number),
        "title": f"Event {number}",
        "starts_on": date(2020, 5, number),
        "ends_on": date(2020, 5, number),
        "killed_low": 1,
        "killed_best": 2,
        "killed_high": 3,
        "actors": (BAND,),
        "source_codes": ("AGENCY-1",),
        "violence_types": ("pillage",),
        "counts": (CountRow(Harm.KILLED, PersonStatus.CIVILIAN, Sex.MAN, Age.ADULT, 1, 1, 1),),
        "verification": "reported",
        **more,
    }
    return IncidentDraft(**fields)


@pytest.fixture
def context(mission: Any, bambari: Any, ouaka: Any) -> BulkContext:
    make_violence_type()
    return BulkContext(mission)


def record(context: BulkContext, drafts: list[IncidentDraft], area: Any = None, **how: Any) -> list[int]:
    placed = [PlacedDraft(each, area.pk if area else None) for each in drafts]
    return bulk_record(placed, context=context, origin=Origin.UCDP, **{"by": None, **how})


def test_bulk_record_stores_all_parts_with_one_event(mission, bambari, ouaka, context, adviser):
    town = make_area("CF4201", "Grimari", 2, ouaka)
    keys = record(BulkContext(mission), [draft(1), draft(2)], town, by=adviser)
    stored = Incident.objects.get(pk=keys[1])
    assert (stored.ref, stored.office, stored.area1, stored.area2) == ("I-002", bambari, ouaka, town)
    plain = plain_incident(stored)
    assert (plain["actors"], plain["sources"], plain["violence_types"]) == (
        [["ucdp-7", "perpetrator"]],
        ["AGENCY-1"],
        ["pillage"],
    )
    assert plain["counts"] == [["killed", "civilian", "man", "adult", 1, 1, 1]]
    event = AuditEvent.objects.get(mission=mission, verb="recorded incidents of")
    assert event.changes == {"incidents": [None, "I-001 to I-002"], "count": [None, 2]}
    assert list(verify(mission)) == []


def test_bulk_record_makes_an_actor_once_and_takes_known_names(mission, context):
    make_actor(mission, "own-code", "Blue Hill guard")
    context = BulkContext(mission)
    by_name = ActorRef("BLUE  hill Guard", "", ActorSide.PARTY)
    record(context, [draft(1), draft(2, actors=(BAND, by_name))])
    record(context, [draft(3)])
    assert sorted(Actor.objects.values_list("code", "source_of_violence")) == [
        ("own-code", "unknown"),
        ("ucdp-7", "armed_group"),
    ]


def test_bulk_record_inherits_the_marking_of_profiles(mission, context):
    make_actor(mission, "ucdp-7", marking=2)
    keys = record(BulkContext(mission), [draft(1), draft(2, actors=())])
    assert [Incident.objects.get(pk=key).marking for key in keys] == [2, 1]


def test_bulk_record_stores_a_block_whole_or_not_at_all(mission, context):
    record(context, [draft(1)])
    with pytest.raises(IntegrityError):
        record(context, [draft(2), draft(1)])
    assert list(Incident.objects.values_list("origin_id", flat=True)) == ["1"]


def test_bulk_record_needs_the_permission(mission, context, officer):
    with pytest.raises(Forbidden):
        record(context, [draft(1)], by=officer)


@pytest.mark.parametrize("count", [2, 40])
def test_bulk_record_asks_no_query_for_each_row(mission, context, ouaka, count, django_assert_max_num_queries):
    """SQLite cuts a long statement in pieces, hence a limit instead of a number."""
    record(context, [draft(1)], ouaka)
    drafts = [draft(1, origin_id=f"x{number}") for number in range(count)]
    with django_assert_max_num_queries(18):
        record(context, drafts, ouaka)


def test_known_ids_tell_what_is_stored(mission, context):
    (key,) = record(context, [draft(1)])
    assert known_ids(mission, Origin.UCDP, ["1", "2"]) == {"1": (key, draft(1).fingerprint())}
    assert known_ids(mission, Origin.ACLED, ["1"]) == {}


def test_bulk_update_changes_with_history(mission, context, ouaka):
    keys = record(context, [draft(1), draft(2)], ouaka)
    changed = replace(draft(1), killed_best=3, counts=())
    assert bulk_update([(keys[0], PlacedDraft(changed, ouaka.pk))], context=context, by=None) == [keys[0]]
    stored = Incident.objects.get(pk=keys[0])
    assert (stored.killed_best, stored.version, stored.origin_hash) == (3, 2, changed.fingerprint())
    assert stored.counts.count() == 1
    event = history_of(stored).get()
    assert (event.changes, event.object_version) == ({"killed_best": [2, 3]}, 2)
    assert Incident.objects.get(pk=keys[1]).version == 1


def test_bulk_update_keeps_what_people_did(mission, context, ouaka, haute_kotto):
    """A settled place, a judgment of verification and a higher marking stay, and empty cells erase nothing."""
    (key,) = record(context, [draft(1, narrative="As reported")], ouaka)
    kept = {"verification": "verified", "place_state": PlaceState.SETTLED, "marking": 2, "mission_response": "Patrol"}
    Incident.objects.filter(pk=key).update(**kept)
    again = replace(draft(1), title="Event 1, revised", narrative="", killed_best=None, actors=())
    bulk_update([(key, PlacedDraft(again, haute_kotto.pk))], context=BulkContext(mission), by=None)
    stored = Incident.objects.get(pk=key)
    assert {name: getattr(stored, name) for name in kept} == kept
    assert (stored.title, stored.narrative, stored.killed_best) == ("Event 1, revised", "As reported", 2)
    assert stored.area == ouaka
    assert [link.actor.code for link in stored.incident_actors.all()] == ["ucdp-7"]
