"""Reads of activities: by phase, by tier and phase, overdue, and who sees them."""

from datetime import date

from pocweb.models import Office, Person
from strategy import services
from strategy.models import Activity
from tests.factories.strategy_activity import make_activity


def test_grid_counts_an_activity_in_each_of_its_phases(officer: Person, bambari: Office) -> None:
    make_activity(bambari, officer, tier=1, phases=["prevention", "pre_emption"])
    make_activity(bambari, officer, tier=1, phases=["prevention"])
    make_activity(bambari, officer, tier=2, phases=["response"])
    grid = Activity.objects.all().grid()
    assert len(grid) == 12
    assert {key: count for key, count in grid.items() if count} == {
        (1, "prevention"): 2,
        (1, "pre_emption"): 1,
        (2, "response"): 1,
    }
    assert Activity.objects.in_phase("pre_emption").count() == 1


def test_overdue_are_open_activities_after_their_deadline(officer: Person, bambari: Office) -> None:
    late = make_activity(bambari, officer, due_on=date(2020, 12, 30))
    make_activity(bambari, officer, due_on=date(2020, 12, 31))
    done = make_activity(bambari, officer, due_on=date(2020, 12, 30))
    services.set_status(done, act="finish", by=officer, done_on=date(2020, 12, 30))
    assert list(Activity.objects.overdue(date(2020, 12, 31))) == [late]


def test_activities_are_seen_in_the_branch_and_up_to_the_clearance(
    officer: Person, adviser: Person, stranger: Person, bambari: Office, bria: Office
) -> None:
    here, there = make_activity(bambari, adviser), make_activity(bria, adviser)
    strict = make_activity(bambari, adviser)
    Activity.objects.filter(pk=strict.pk).update(marking=3)
    assert set(Activity.objects.visible_to(officer)) == {here}
    assert set(Activity.objects.visible_to(adviser)) == {here, there}
    assert not Activity.objects.visible_to(stranger).exists()
