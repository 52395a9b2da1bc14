"""TH-12: what people do in the atrocity watch and the calendar: allowed, refused, twice, and never leaking."""

from typing import Any

import pytest

from pocweb.audit import history_of, verify
from pocweb.choices import Marking
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, AuditEvent, Mission, Office, Person
from tests.factories.threats_threat import load_reference
from tests.factories.threats_watch import NOW, make_reading, make_trigger, make_watch
from threats.models import AtrocityFactor, FactorReading, FactorWatch, TriggerEvent
from threats.services.triggers import call_off_trigger, edit_trigger, put_back_trigger, record_effect
from threats.services.watch import add_reading, edit_watch
from threats.watching import board_for

STRICT = Marking.STRICTLY_CONFIDENTIAL


@pytest.fixture(autouse=True)
def reference(db: None) -> None:
    load_reference()


@pytest.fixture
def watch(mission: Mission, adviser: Person) -> FactorWatch:
    return make_watch(mission, adviser, 7)


def as_strict(person: Person) -> Person:
    """Return the person, cleared for everything."""
    Person.objects.filter(pk=person.pk).update(clearance=STRICT)
    return Person.objects.get(pk=person.pk)


def test_reference_data_loads_twice_without_harm(mission: Mission) -> None:
    """TH-12: a second load creates nothing and leaves a local edit alone."""
    AtrocityFactor.objects.filter(number=1).update(name="Our name")
    load_reference()

    assert AtrocityFactor.objects.count() == 14
    assert AtrocityFactor.objects.get(number=1).name == "Our name"


def test_baseline_is_of_headquarters_and_on_record(watch: FactorWatch, hq: Office) -> None:
    """TH-12: the baseline belongs to headquarters, takes the mission's marking, and is in the audit trail."""
    event = history_of(watch).get()

    assert (watch.office, watch.ref, watch.level, watch.marking) == (hq, "W-001", 1, 2)
    assert (event.verb, event.changes["baseline_level"]) == ("set the baseline", [None, 1])
    assert list(verify(watch.mission)) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"baseline_on": "2021-01-01"}, "baseline_on", id="TH-12 in the future"),
        pytest.param({"baseline_on": "soon"}, "baseline_on", id="TH-12 no date"),
        pytest.param({"baseline": " "}, "baseline", id="TH-12 no words"),
        pytest.param({"baseline_level": 4}, "baseline_level", id="TH-12 no such level"),
        pytest.param({"is_relevant": False, "relevance": ""}, "relevance", id="TH-12 not relevant, no reason"),
        pytest.param({"marking": STRICT}, "marking", id="TH-12 above the own clearance"),
    ],
)
def test_baseline_that_cannot_be_stored(mission: Mission, adviser: Person, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleError) as refused:
        make_watch(mission, adviser, 1, **values)

    assert refused.value.field == field
    assert not FactorWatch.objects.exists()


def test_baseline_is_the_advisers_to_set(mission: Mission, officer: Person, stranger: Person) -> None:
    """TH-12: officers read factors but set no baseline; a stranger does neither."""
    for person in (officer, stranger):
        with pytest.raises(Forbidden):
            make_watch(mission, person, 1)


def test_factor_is_judged_once(mission: Mission, adviser: Person, watch: FactorWatch) -> None:
    """TH-12: of two who judge a factor, the second is told."""
    with pytest.raises(Conflict):
        make_watch(mission, adviser, 7)
    assert FactorWatch.objects.count() == 1


def test_baseline_edit_is_guarded(watch: FactorWatch, adviser: Person) -> None:
    """TH-12: the second to change the same text chooses; the first text is kept."""
    edit_watch(watch, changes={"who": "Herders"}, based_on=1, by=adviser, now=NOW)
    with pytest.raises(EditConflict):
        edit_watch(watch, changes={"who": "Traders"}, based_on=1, by=adviser, now=NOW)
    merged = edit_watch(watch, changes={"triggers": "Markets"}, based_on=1, by=adviser, now=NOW)

    watch.refresh_from_db()
    assert (watch.who, watch.triggers, [item.name for item in merged.merged]) == ("Herders", "Markets", ["who"])


def test_baseline_set_anew_makes_older_readings_background(watch: FactorWatch, adviser: Person) -> None:
    """TH-12: a new baseline starts a new comparison; the older reading stays in the series."""
    make_reading(watch, adviser, "2020-10-10", 3)
    edit_watch(watch, changes={"baseline_on": "2020-12-01", "baseline_level": 2}, based_on=1, by=adviser, now=NOW)

    watch.refresh_from_db()
    line = board_for(adviser, watch.mission, today=NOW.date(), numbers=[7])[0]
    assert (watch.level, line.now.level if line.now else None, line.change, len(line.readings)) == (2, 2, 0, 1)
    assert line.before is None


def test_readings_in_any_order(watch: FactorWatch, officer: Person) -> None:
    """TH-12: the level follows the latest day, whatever was recorded last."""
    make_reading(watch, officer, "2020-12-20", 3)
    make_reading(watch, officer, "2020-10-20", 0)

    watch.refresh_from_db()
    assert (watch.level, str(watch.read_on)) == (3, "2020-12-20")


def test_reading_keeps_signs_by_code_and_in_own_words(watch: FactorWatch, officer: Person, ouaka: Area) -> None:
    """TH-12: shipped signs come first in their order, own words after them, each once; the record is complete."""
    signs = ["Leaflets", "arms", "speech", "Leaflets", " "]
    made = make_reading(watch, officer, "2020-12-20", 2, signs=signs, area="CF42")

    assert (made.signs, made.area, made.made_by, made.marking) == (["speech", "arms", "Leaflets"], ouaka, officer, 2)
    event = history_of(made).get()
    assert (event.verb, event.changes["area"]) == ("added a reading", [None, "CF42"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"read_on": "2021-01-01"}, "read_on", id="TH-12 not come yet"),
        pytest.param({"read_on": "2020-07-31"}, "read_on", id="TH-12 before the baseline unsaid"),
        pytest.param({"read_on": ""}, "read_on", id="TH-12 no day"),
        pytest.param({"level": 4}, "level", id="TH-12 no such level"),
        pytest.param({"level": None}, "level", id="TH-12 no level"),
        pytest.param({"evidence": "  "}, "evidence", id="TH-12 no evidence"),
        pytest.param({"area": "XX99"}, "area", id="TH-12 no such area"),
        pytest.param({"signs": ["x" * 161]}, "signs", id="TH-12 sign too long"),
        pytest.param({"marking": STRICT}, "marking", id="TH-12 above the own clearance"),
    ],
)
def test_reading_that_cannot_be_stored(watch: FactorWatch, officer: Person, values: dict[str, Any], field: str) -> None:
    given = {"read_on": "2020-12-20", "level": 2, "evidence": "Seen.", **values}
    with pytest.raises(RuleError) as refused:
        add_reading(watch, values=given, by=officer, now=NOW)

    assert refused.value.field == field
    assert not FactorReading.objects.exists()


def test_background_moves_no_level(watch: FactorWatch, officer: Person) -> None:
    """TH-12: a day before the baseline is kept when said so, and moves nothing."""
    make_reading(watch, officer, "2020-05-01", 3, is_background=True)

    watch.refresh_from_db()
    assert watch.level == 1


def test_reading_needs_a_relevant_factor_and_the_right(mission: Mission, adviser: Person, scpi: Person) -> None:
    """TH-12: no reading where the factor is not relevant, nor by who only looks."""
    told = {"is_relevant": False, "relevance": "Not here."}
    watch = make_watch(mission, adviser, 2, **told)
    with pytest.raises(RuleError, match="not relevant"):
        make_reading(watch, adviser, "2020-12-20", 1)
    with pytest.raises(Forbidden):
        make_reading(watch, scpi, "2020-12-20", 1)


def test_level_leaks_nothing_above_the_readers_clearance(watch: FactorWatch, adviser: Person, officer: Person) -> None:
    """TH-12: a strict reading moves the level of those cleared for it alone; the stored column stays with the row."""
    strict = as_strict(adviser)
    make_reading(watch, strict, "2020-12-20", 3, marking=STRICT)

    watch.refresh_from_db()
    seen = board_for(officer, watch.mission, today=NOW.date(), numbers=[7])[0]
    whole = board_for(strict, watch.mission, today=NOW.date(), numbers=[7])[0]
    assert (watch.level, watch.read_on) == (1, None)
    assert (seen.now.level if seen.now else None, seen.readings, seen.change, seen.marking) == (1, (), 0, 2)
    assert (whole.now.level if whole.now else None, len(whole.readings), whole.change, whole.marking) == (3, 1, 1, 3)
    event = AuditEvent.objects.get(verb="added a reading")
    assert event.marking == STRICT
    assert not FactorReading.objects.visible_to(officer).exists()


def test_raising_the_watch_hides_it(watch: FactorWatch, adviser: Person, officer: Person) -> None:
    """TH-12: a watch above the reader's clearance reads like one that nobody judged; its readings go with it."""
    strict = as_strict(adviser)
    make_reading(watch, officer, "2020-12-20", 3)
    edit_watch(watch, changes={"marking": int(STRICT)}, based_on=1, by=strict, now=NOW)

    line = board_for(officer, watch.mission, today=NOW.date(), numbers=[7])[0]
    assert (line.watch, line.readings, line.now) == (None, (), None)
    assert not FactorReading.objects.visible_to(officer).exists()


def test_watch_of_another_mission_is_not_seen(watch: FactorWatch, stranger: Person) -> None:
    """TH-12: the same factor in two missions are two watches."""
    assert stranger.mission is not None
    line = board_for(stranger, stranger.mission, today=NOW.date(), numbers=[7])[0]

    assert line.watch is None
    assert not FactorWatch.objects.visible_to(stranger).exists()


# --- trigger calendar -------------------------------------------------------------------------------------------------


def test_trigger_is_added_with_lists_and_on_record(bambari: Office, officer: Person, ouaka: Area) -> None:
    """TH-12: an event keeps its areas by p-code, groups by code and the person who acts."""
    trigger = make_trigger(
        bambari, officer, areas=["CF42"], groups=["women"], action_owner="officer", planned_action="Patrols"
    )

    assert (trigger.ref, trigger.office, list(trigger.areas.all())) == ("C-001", bambari, [ouaka])
    changes = history_of(trigger).get().changes
    assert (changes["groups"], changes["action_owner"]) == ([None, ["women"]], [None, "officer"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"watch_from": "2020-12-28"}, "watch_from", id="TH-12 watched too late"),
        pytest.param({"ends_on": "2020-12-26"}, "ends_on", id="TH-12 ends before it begins"),
        pytest.param({"starts_on": ""}, "starts_on", id="TH-12 no day"),
        pytest.param({"title": ""}, "title", id="TH-12 no name"),
        pytest.param({"kind": "party"}, "kind", id="TH-12 no such kind"),
        pytest.param({"is_yearly": True, "ends_on": "2021-12-27"}, "is_yearly", id="TH-12 longer than a year"),
        pytest.param({"areas": ["XX99"]}, "areas", id="TH-12 no such area"),
        pytest.param({"groups": ["nobody"]}, "groups", id="TH-12 no such group"),
        pytest.param({"action_owner": "stranger"}, "action_owner", id="TH-12 a person of another mission"),
        pytest.param({"marking": STRICT}, "marking", id="TH-12 above the own clearance"),
    ],
)
def test_trigger_that_cannot_be_stored(
    bambari: Office, officer: Person, stranger: Person, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleError) as refused:
        make_trigger(bambari, officer, **values)

    assert refused.value.field == field
    assert not TriggerEvent.objects.exists()


def test_trigger_is_not_for_those_who_only_look(bambari: Office, colleague: Person, stranger: Person) -> None:
    for person in (colleague, stranger):
        with pytest.raises(Forbidden):
            make_trigger(bambari, person)


def test_trigger_edit_is_guarded(bambari: Office, officer: Person, ouaka: Area) -> None:
    """TH-12: of two who change the same plan the second chooses; what only one changed is kept."""
    trigger = make_trigger(bambari, officer)
    edit_trigger(trigger, changes={"planned_action": "Patrols", "areas": ["CF42"]}, based_on=1, by=officer, now=NOW)
    with pytest.raises(EditConflict):
        edit_trigger(trigger, changes={"planned_action": "Talks"}, based_on=1, by=officer, now=NOW)

    trigger.refresh_from_db()
    assert (trigger.planned_action, list(trigger.areas.all()), trigger.version) == ("Patrols", [ouaka], 2)


def test_effect_is_recorded_and_the_older_text_kept(bambari: Office, officer: Person) -> None:
    """TH-12: after the event its effect is written down; the text before stays in the history."""
    trigger = make_trigger(bambari, officer, past_effect="Roads were closed in 2016.")
    record_effect(trigger, text="Polling stations burned.", based_on=1, by=officer, now=NOW)
    with pytest.raises(EditConflict):
        record_effect(trigger, text="Another view.", based_on=1, by=officer, now=NOW)

    trigger.refresh_from_db()
    event = history_of(trigger).first()
    assert (trigger.past_effect, str(trigger.effect_of)) == ("Polling stations burned.", "2020-12-27")
    assert event is not None
    assert event.changes["past_effect"] == ["Roads were closed in 2016.", "Polling stations burned."]


def test_effect_waits_for_the_end(bambari: Office, officer: Person) -> None:
    trigger = make_trigger(bambari, officer, starts_on="2021-01-05", ends_on="2021-01-05")
    with pytest.raises(RuleError, match="not over yet"):
        record_effect(trigger, text="Nothing.", based_on=1, by=officer, now=NOW)


def test_calling_off_twice_tells_the_second(bambari: Office, officer: Person) -> None:
    """TH-12: called off once with its reason, put back once."""
    trigger = make_trigger(bambari, officer)
    call_off_trigger(trigger, reason="Postponed.", by=officer, now=NOW)
    with pytest.raises(Conflict):
        call_off_trigger(trigger, reason="Again.", by=officer, now=NOW)
    put_back_trigger(trigger, by=officer, now=NOW)
    with pytest.raises(Conflict):
        put_back_trigger(trigger, by=officer, now=NOW)

    assert [event.verb for event in history_of(trigger)] == ["put back", "called off", "added"]
