"""Adding, editing and moving on of response activities: allowed, refused, twice at once."""

from datetime import date

import pytest

from pocweb.audit import history_of, verify
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Office, Person
from strategy import services
from strategy.models import Activity
from tests.factories.mission import make_mission, make_office, make_person
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import NOON, make_matrix_threat

DONE = date(2020, 12, 30)


def test_activity_is_recorded_with_number_marking_of_its_threats_and_history(officer: Person, bambari: Office) -> None:
    Person.objects.filter(pk=officer.pk).update(clearance=3)
    officer = Person.objects.get(pk=officer.pk)
    threats = [make_matrix_threat(bambari), make_matrix_threat(bambari, "Strict", marking=3)]
    first = make_activity(bambari, officer, marking=1)
    second = make_activity(bambari, officer, threats=threats, due_on=date(2021, 1, 10))
    assert [first.ref, second.ref] == ["A-001", "A-002"]
    assert [first.marking, second.marking] == [1, 3]
    event = history_of(second).get()
    assert (event.verb, event.actor, event.changes["due_on"]) == ("added", officer, [None, "2021-01-10"])


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"phases": []}, "phases_missing", "phases"),
        ({"phases": ["recovery"]}, "phases_unknown", "phases"),
        ({"starts_on": date(2021, 1, 2), "due_on": date(2021, 1, 1)}, "due_before_start", "due_on"),
        ({"owner": 987654}, "not_found", "owner"),
        ({"number": 7}, "unknown_field", "number"),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_stored(
    officer: Person, bambari: Office, values: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(RuleError) as refused:
        make_activity(bambari, officer, **values)
    assert (refused.value.code, refused.value.field, Activity.objects.count()) == (code, field, 0)


def test_office_lies_in_the_persons_branch(
    officer: Person, adviser: Person, stranger: Person, hq: Office, bambari: Office, bria: Office
) -> None:
    assert make_activity(bria, adviser).office == bria
    for person, office in ((officer, bria), (officer, hq), (stranger, bambari)):
        with pytest.raises(Forbidden) as refused:
            make_activity(office, person)
        assert refused.value.field == "office"
    activity = make_activity(bambari, officer)
    with pytest.raises(Forbidden):
        services.edit_activity(activity, based_on=1, changes={"office": bria}, by=officer)
    with pytest.raises(Forbidden):
        services.edit_activity(activity, based_on=1, changes={"title": "Mine"}, by=stranger)
    activity.refresh_from_db()
    assert (activity.office, activity.version) == (bambari, 1)


def test_links_lead_nowhere_outside_the_mission_or_the_persons_sight(
    officer: Person, bambari: Office, bria: Office
) -> None:
    elsewhere = make_office(make_mission("ELSE", "Another mission"), "HQ")
    with pytest.raises(RuleError) as refused:
        make_activity(bambari, officer, component=elsewhere.mission.components.first())
    assert refused.value.field == "component"
    with pytest.raises(RuleError) as refused:
        make_activity(bambari, officer, threats=[make_matrix_threat(bria)])
    assert refused.value.field == "threats"


def test_an_edit_keeps_the_threats_that_the_editor_cannot_see(
    officer: Person, adviser: Person, bambari: Office, bria: Office
) -> None:
    own, other, far = make_matrix_threat(bambari), make_matrix_threat(bambari, "Second"), make_matrix_threat(bria)
    activity = make_activity(bambari, adviser, threats=[own, far])
    services.edit_activity(activity, based_on=1, changes={"threats": [other]}, by=officer)
    assert set(activity.threats.all()) == {other, far}


def test_two_editing_one_field_the_second_chooses_and_other_fields_merge(
    officer: Person, adviser: Person, bambari: Office
) -> None:
    activity = make_activity(bambari, officer, description="Two quarters")
    services.edit_activity(activity, based_on=1, changes={"title": "Patrols by day", "due_on": DONE}, by=adviser)
    with pytest.raises(EditConflict) as refused:
        services.edit_activity(activity, based_on=1, changes={"title": "Patrols by night"}, by=officer)
    assert [(item.name, item.mine, item.theirs) for item in refused.value.opposed] == [
        ("title", "Patrols by night", "Patrols by day")
    ]
    saved = services.edit_activity(activity, based_on=1, changes={"description": "Three quarters"}, by=officer)
    assert [item.name for item in saved.merged] == ["title", "due_on"]
    activity.refresh_from_db()
    assert (activity.title, activity.description, activity.version) == ("Patrols by day", "Three quarters", 3)


def test_linking_a_stricter_threat_raises_the_marking_and_says_so(adviser: Person, bambari: Office) -> None:
    Person.objects.filter(pk=adviser.pk).update(clearance=3)
    adviser = Person.objects.get(pk=adviser.pk)
    activity = make_activity(bambari, adviser)
    strict = make_matrix_threat(bambari, marking=3)
    saved = services.edit_activity(activity, based_on=1, changes={"threats": [strict]}, by=adviser)
    assert (saved.record.marking, saved.changes["marking"]) == (3, [2, 3])


def test_activity_goes_from_planned_to_done(officer: Person, colleague: Person, bambari: Office) -> None:
    activity = make_activity(bambari, officer)
    activity = services.set_status(activity, act="start", by=colleague)
    activity = services.set_status(activity, act="finish", by=officer, done_on=DONE, result="Calm since", now=NOON)
    assert (activity.status, activity.done_on, activity.result, activity.version) == ("done", DONE, "Calm since", 3)
    assert [event.verb for event in history_of(activity)] == ["finished", "started", "added"]
    activity = services.set_status(activity, act="reopen", by=officer)
    assert (activity.status, activity.done_on) == ("ongoing", None)
    assert list(verify(bambari.mission)) == []


def test_done_twice_is_told_and_stored_once(officer: Person, colleague: Person, bambari: Office) -> None:
    activity = make_activity(bambari, officer)
    stale = Activity.objects.get(pk=activity.pk)
    services.set_status(activity, act="finish", by=officer, done_on=DONE, now=NOON)
    with pytest.raises(Conflict, match="A. Bellin did this to A-001 on 31 December 2020, 12:00"):
        services.set_status(stale, act="finish", by=colleague, done_on=DONE)
    with pytest.raises(RuleError) as refused:
        services.set_status(stale, act="start", by=colleague)
    assert refused.value.code == "illegal_move"
    assert [event.verb for event in history_of(activity)] == ["finished", "added"]


def test_moving_on_is_refused_without_right_or_day(
    officer: Person, head_of_office: Person, scpi: Person, stranger: Person, bambari: Office
) -> None:
    activity = make_activity(bambari, officer)
    for person in (head_of_office, stranger):
        with pytest.raises(Forbidden):
            services.set_status(activity, act="finish", by=person, done_on=DONE)
    for day in (None, date(2021, 1, 1)):
        with pytest.raises(RuleError) as refused:
            services.set_status(activity, act="finish", by=officer, done_on=day)
        assert refused.value.field == "done_on"
    make_person("other", None, bambari)
    activity.refresh_from_db()
    assert activity.status == "planned"


def test_owner_starts_and_finishes_whatever_the_role(officer: Person, head_of_office: Person, bambari: Office) -> None:
    """8.3: a head of office whose role edits no activities says that their own began and is done, and no more."""
    own, other = make_activity(bambari, officer, owner=head_of_office), make_activity(bambari, officer, owner=officer)
    assert services.set_status(own, act="start", by=head_of_office, now=NOON).status == "ongoing"
    assert services.set_status(own, act="finish", by=head_of_office, done_on=DONE, now=NOON).status == "done"
    with pytest.raises(Forbidden):
        services.set_status(own, act="reopen", by=head_of_office, now=NOON)
    with pytest.raises(Forbidden):
        services.set_status(other, act="start", by=head_of_office, now=NOON)
