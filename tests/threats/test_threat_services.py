"""Services of threats: allowed, refused, twice at once; two editors; ratings under a changing scheme."""

import threading
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from pocweb.audit import history_of, verify
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Office, Person
from tests.factories.threats_threat import NOON, load_reference, make_actor, make_full_threat, make_threat
from threats.models import Assessment, Scheme, Threat
from threats.services.threat_values import GUARDED, plain_values
from threats.services.threats import (
    add_threat,
    assess_threat,
    close_threat,
    decide_imminence,
    edit_threat,
    reopen_threat,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def threat(bambari: Office) -> Threat:
    return make_threat(bambari)


WHOLE: dict[str, Any] = {
    "title": "Attacks on the market road",
    "location": "Market quarter",
    "scale": "About 60,000 within reach",
    "civilians": "Traders and drivers",
    "perpetrators": "Mobile bands",
    "other_actors": "Council of elders",
    "capacity": "1 company",
    "capacity_in_reach": True,
    "response": "Night patrols",
    "action": "Escort on Friday",
    "objective": "No civilian killed by 31 March",
    "lead": "officer",
    "horizon_on": "2021-03-31",
    "review_on": "2021-01-31",
    "red_lines": "No joint patrol without assessment",
    "triggers": "Convoy days",
    "near_mission_presence": True,
    "criterion_nature": "a",
    "criterion_host_state": "b",
    "criterion_mission": "c",
    "criterion_advantage": "d",
    "criterion_consequences": "e",
    "marking": 2,
    "areas": ["CF42"],
    "violence_types": ["killing", "pillage"],
    "actors": ["upc"],
    "components": ["force", "police"],
    "groups": [
        {
            "group": "women",
            "area": "CF42",
            "number": None,
            "exposure": "road",
            "vulnerability": 3,
            "reason": "no escort",
            "as_of": "2020-12-20",
        }
    ],
    "protection_actors": [],
}


def test_add_threat_holds_all_columns_as_data(bambari: Office, officer: Person) -> None:
    """TH-01: everything of the ten columns is stored as data and reads back equal."""
    load_reference()
    make_actor(bambari.mission)
    threat = add_threat(office=bambari, values=WHOLE, by=officer, now=NOON)
    assert plain_values(Threat.objects.get(pk=threat.pk)) == WHOLE
    assert set(WHOLE) == set(GUARDED)
    event = history_of(threat).get()
    assert (event.verb, event.actor, threat.ref) == ("added", officer, "T-001")
    assert list(verify(bambari.mission)) == []


def test_add_threat_with_a_marking_and_no_source_of_violence(bambari: Office, officer: Person) -> None:
    """A marking is stated, nobody is named yet: nothing is inherited, and one above one's clearance is refused."""
    load_reference()
    values = {name: value for name, value in WHOLE.items() if name != "actors"}
    assert add_threat(office=bambari, values={**values, "marking": 2}, by=officer, now=NOON).marking == 2
    Person.objects.filter(pk=officer.pk).update(clearance=2)
    with pytest.raises(Forbidden):
        add_threat(office=bambari, values={**values, "marking": 3}, by=Person.objects.get(pk=officer.pk), now=NOON)
    assert Threat.objects.count() == 1


def test_add_threat_is_refused_to_viewers_and_elsewhere(bambari: Office, scpi: Person, stranger: Person) -> None:
    for person in (scpi, stranger):
        with pytest.raises(Forbidden):
            add_threat(office=bambari, values=WHOLE, by=person)
    assert Threat.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"areas": []}, "areas"),
        ({"areas": ["XX99"]}, "areas"),
        ({"lead": "nobody"}, "lead"),
        ({"horizon_on": "31.12.2020"}, "horizon_on"),
        ({"title": ""}, "title"),
        ({"marking": 3}, "marking"),
        ({"groups": [{"group": "martians"}]}, "groups"),
        ({"protection_actors": [{"name": "Nobody"}]}, "protection_actors"),
    ],
)
def test_edit_threat_refuses_what_cannot_be_stored(
    threat: Threat, officer: Person, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleError) as refused:
        edit_threat(threat, changes=changes, based_on=1, by=officer)
    assert refused.value.field == field
    assert Threat.objects.get(pk=threat.pk).version == 1


def test_edit_threat_names_only_the_changed_column(threat: Threat, officer: Person) -> None:
    edit_threat(threat, changes={"title": "Attacks on the road"}, based_on=1, by=officer)
    with CaptureQueriesContext(connection) as seen:
        saved = edit_threat(threat, changes={"action": "Post at the bridge"}, based_on=2, by=officer)
    update = next(query["sql"] for query in seen if 'UPDATE "threats_threat"' in query["sql"])
    assert ('"action"' in update, '"response"' in update) == (True, False)
    assert len(seen) <= 10
    assert saved.changes == {"action": ["Road check at the bridge", "Post at the bridge"]}
    assert saved.record.version == 3


def test_edit_of_a_list_takes_at_most_ten_queries(threat: Threat, officer: Person) -> None:
    load_reference()
    edit_threat(threat, changes={"title": "Attacks on the road"}, based_on=1, by=officer)
    with CaptureQueriesContext(connection) as seen:
        edit_threat(threat, changes={"violence_types": ["killing"], "scale": "New"}, based_on=2, by=officer)
    assert len([query for query in seen if "SAVEPOINT" not in query["sql"]]) <= 10
    assert [row.code for row in threat.violence_types.all()] == ["killing"]


def test_two_editors_of_different_fields_are_merged(threat: Threat, officer: Person, colleague: Person) -> None:
    """TH-04: what only one side changed is kept from that side, and told."""
    edit_threat(threat, changes={"capacity": "2 platoons"}, based_on=1, by=colleague)
    saved = edit_threat(threat, changes={"action": "Post at the bridge"}, based_on=1, by=officer)
    stored = Threat.objects.get(pk=threat.pk)
    assert (stored.capacity, stored.action, stored.version) == ("2 platoons", "Post at the bridge", 3)
    assert [(item.name, item.now) for item in saved.merged] == [("capacity", "2 platoons")]


def test_two_editors_of_one_field_are_opposed_and_choose(threat: Threat, officer: Person, colleague: Person) -> None:
    """TH-04: the second is shown both values and chooses; nothing is lost silently."""
    edit_threat(threat, changes={"action": "Theirs"}, based_on=1, by=colleague)
    with pytest.raises(EditConflict) as met:
        edit_threat(threat, changes={"action": "Mine"}, based_on=1, by=officer)
    opposed = met.value.opposed[0]
    assert (opposed.base, opposed.mine, opposed.theirs) == ("Road check at the bridge", "Mine", "Theirs")
    assert (met.value.other, met.value.current) == (colleague, 2)
    assert Threat.objects.get(pk=threat.pk).action == "Theirs"
    edit_threat(threat, changes={"action": "Theirs, then mine"}, based_on=met.value.current, by=officer)
    assert [event.changes["action"][1] for event in history_of(threat)] == ["Theirs, then mine", "Theirs"]


def test_two_editors_of_one_list_are_opposed(threat: Threat, officer: Person, colleague: Person) -> None:
    load_reference()
    edit_threat(threat, changes={"violence_types": ["killing"]}, based_on=1, by=colleague)
    with pytest.raises(EditConflict) as met:
        edit_threat(threat, changes={"violence_types": ["rape"]}, based_on=1, by=officer)
    assert (met.value.opposed[0].mine, met.value.opposed[0].theirs) == (["rape"], ["killing"])


def test_threat_inherits_the_marking_of_its_actors(bambari: Office, adviser: Person, officer: Person) -> None:
    threat = make_threat(bambari)
    make_actor(bambari.mission, marking=3)
    adviser.clearance = 3
    edit_threat(threat, changes={"actors": ["upc"]}, based_on=1, by=adviser)
    assert Threat.objects.get(pk=threat.pk).marking == 3
    assert history_of(threat).get().changes["marking"] == [2, 3]
    with pytest.raises(RuleError, match="higher marking"):
        edit_threat(Threat.objects.get(pk=threat.pk), changes={"marking": 2}, based_on=2, by=adviser)


def test_edit_threat_is_refused_to_viewers(threat: Threat, scpi: Person) -> None:
    with pytest.raises(Forbidden):
        edit_threat(threat, changes={"action": "Mine"}, based_on=1, by=scpi)


def test_assess_threat_stores_scheme_risk_priority_and_trend(threat: Threat, officer: Person) -> None:
    """TH-03: the series keeps who, when, why, with inputs; the threat's columns follow the latest."""
    scheme = load_reference()
    first = assess_threat(threat, likelihood=3, impact=3, reason="Calm", inputs=["human-rights"], by=officer, now=NOON)
    assert officer.grants
    with CaptureQueriesContext(connection) as seen:
        second = assess_threat(threat, likelihood=4, impact=4, reason="Moves seen", by=officer, now=NOON)
    assert len(seen) <= 10
    stored = Threat.objects.get(pk=threat.pk)
    assert (first.scheme, first.risk, first.priority, first.trend) == (scheme, 3, 2, "new")
    assert (second.risk, second.priority, second.trend) == (4, 1, "rising")
    assert (stored.risk, stored.priority, stored.likelihood, stored.impact, stored.trend) == (4, 1, 4, 4, "rising")
    assert [one.reason for one in threat.assessments.all()] == ["Moves seen", "Calm"]
    assert [event.verb for event in history_of(threat)] == ["rated", "rated"]


def test_scheme_change_leaves_old_scores_as_they_were(threat: Threat, officer: Person) -> None:
    """TH-02: a new version of the scheme rates anew; what was rated keeps its scheme and its risk."""
    old = load_reference()
    first = assess_threat(threat, likelihood=5, impact=5, reason="Before", by=officer, now=NOON)
    data = {**old.data, "grid": [[1] * 5] * 5}
    Scheme.objects.filter(pk=old.pk).update(is_current=False)
    new = Scheme.objects.create(mission=threat.mission, code="5x5", edition=2, name="5x5", data=data, is_current=True)
    second = assess_threat(threat, likelihood=5, impact=5, reason="After", by=officer, now=NOON)
    first.refresh_from_db()
    assert (first.scheme, first.risk, first.priority) == (old, 4, 1)
    assert (second.scheme, second.risk, second.trend) == (new, 1, "falling")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"likelihood": 9}, "likelihood"),
        ({"impact": 0}, "impact"),
        ({"reason": "  "}, "reason"),
        ({"inputs": ["gossip"]}, "inputs"),
    ],
)
def test_assess_threat_refuses(threat: Threat, officer: Person, given: dict[str, Any], field: str) -> None:
    load_reference()
    with pytest.raises(RuleError) as refused:
        assess_threat(threat, by=officer, **{"likelihood": 3, "impact": 3, "reason": "Why", **given})
    assert refused.value.field == field
    assert Assessment.objects.count() == 0


def test_assess_threat_is_refused_to_viewers(threat: Threat, scpi: Person) -> None:
    load_reference()
    with pytest.raises(Forbidden):
        assess_threat(threat, likelihood=3, impact=3, reason="Why", by=scpi)


def test_imminence_is_a_decision_that_lasts(threat: Threat, officer: Person, head_of_office: Person) -> None:
    """Imminent from the first decision until one finds it gone (POC Handbook 2020, 8.2.5)."""
    decide_imminence(threat, imminent=True, reason="Moves on two roads", by=officer, now=NOON)
    later = NOON.replace(hour=18)
    decide_imminence(threat, imminent=True, reason="Still there", by=head_of_office, now=later)
    assert Threat.objects.get(pk=threat.pk).imminent_since == NOON
    decide_imminence(threat, imminent=False, reason="They left", by=officer, now=later)
    stored = Threat.objects.get(pk=threat.pk)
    assert (stored.imminent, stored.imminent_since, threat.imminence_decisions.count()) == (False, None, 3)


def test_imminence_is_not_for_everybody_and_needs_a_reason(threat: Threat, colleague: Person, officer: Person) -> None:
    with pytest.raises(Forbidden):
        decide_imminence(threat, imminent=True, reason="I think so", by=colleague)
    with pytest.raises(RuleError) as refused:
        decide_imminence(threat, imminent=True, reason="", by=officer)
    assert refused.value.field == "reason"


def test_close_and_reopen(threat: Threat, officer: Person) -> None:
    close_threat(threat, reason="No event for a year", by=officer, now=NOON)
    stored = Threat.objects.get(pk=threat.pk)
    assert (stored.status, stored.closed_reason, stored.version) == ("closed", "No event for a year", 2)
    with pytest.raises(Conflict):
        close_threat(Threat.objects.get(pk=threat.pk), reason="Again", by=officer)
    for act in (
        lambda: edit_threat(stored, changes={"action": "x"}, based_on=2, by=officer),
        lambda: decide_imminence(stored, imminent=True, reason="x", by=officer),
    ):
        with pytest.raises(RuleError, match="Reopen"):
            act()
    reopen_threat(stored, reason="It is back", by=officer)
    assert (stored.status, stored.closed_reason, stored.closed_on) == ("active", "", None)


def test_reference_data_loads_twice_without_harm(db: None) -> None:
    load_reference()
    Scheme.objects.filter(code="3x3").update(name="Ours")
    load_reference()
    assert sorted(Scheme.objects.values_list("code", "name", "is_current")) == [
        ("3x3", "Ours", False),
        ("5x5", "5x5", True),
    ]


def _at_once(*acts: Any) -> list[Any]:
    """Do the acts in threads of their own and return what each returned or raised."""
    results: list[Any] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(index: int) -> None:
        try:
            barrier.wait()
            results[index] = acts[index]()
        except RuleError as error:
            results[index] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_lose_nothing(bambari: Office, officer: Person, colleague: Person) -> None:
    """Two people press Save on one cell at once: one is stored, the other is shown both texts."""
    threat = make_threat(bambari)
    people = (Person.objects.get(pk=officer.pk), Person.objects.get(pk=colleague.pk))
    results = _at_once(
        *[
            lambda person=person: edit_threat(
                Threat.objects.select_related("mission", "office").get(pk=threat.pk),
                changes={"action": f"by {person.username}"},
                based_on=1,
                by=person,
            )
            for person in people
        ]
    )
    conflicts = [result for result in results if isinstance(result, EditConflict)]
    stored = Threat.objects.get(pk=threat.pk)
    assert (len(conflicts), stored.version) == (1, 2)
    assert conflicts[0].opposed[0].theirs == stored.action
    assert list(verify(threat.mission)) == []


@pytest.mark.django_db(transaction=True)
def test_two_ratings_at_once_are_both_kept_in_order(bambari: Office, officer: Person, colleague: Person) -> None:
    load_reference()
    threat = make_threat(bambari)
    _at_once(
        *[
            lambda person=person, step=step: assess_threat(
                Threat.objects.select_related("mission", "office").get(pk=threat.pk),
                likelihood=step,
                impact=step,
                reason="Why",
                by=person,
            )
            for person, step in ((Person.objects.get(pk=officer.pk), 2), (Person.objects.get(pk=colleague.pk), 4))
        ]
    )
    ratings = list(threat.assessments.order_by("pk"))
    stored = Threat.objects.get(pk=threat.pk)
    assert [ratings[0].trend, ratings[1].trend != "new"] == ["new", True]
    assert (stored.risk, stored.trend) == (ratings[1].risk, ratings[1].trend)


def test_full_threat_of_the_factory_has_every_list(bambari: Office, officer: Person) -> None:
    values = plain_values(make_full_threat(bambari, by=officer))
    assert all(
        values[name] for name in ("areas", "violence_types", "actors", "components", "groups", "protection_actors")
    )
