"""A profile is marked higher while others edit what cites it: neither waits for the other for ever (TH-09)."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from pocweb.audit import verify
from pocweb.choices import Marking
from pocweb.models import Office, Person
from strategy.models import Activity
from strategy.services import edit_activity
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_threat import make_actor, make_threat
from threats.models import Actor, Threat
from threats.services.actors import edit_actor
from threats.services.threats import edit_threat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def _together(*works: Callable[[], object]) -> list[Exception]:
    """Run the works at once, each on a connection of its own, and return what failed."""
    gate, failed = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=30)
            work()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return failed


def test_raising_a_profile_and_editing_what_cites_it_both_succeed(officer: Person, bambari: Office) -> None:
    for turn in range(6):
        actor = make_actor(bambari.mission, f"upc-{turn}", marking=Marking.UNCLASSIFIED)
        threats = [
            make_threat(bambari, f"Threat {number}", actors=[actor], marking=Marking.UNCLASSIFIED)
            for number in range(6)
        ]
        activities = [make_activity(bambari, officer, threats=[one], marking=Marking.UNCLASSIFIED) for one in threats]

        def raise_profile(pk: int = actor.pk) -> None:
            current = Actor.objects.get(pk=pk)
            changes = {"marking": int(Marking.CONFIDENTIAL)}
            edit_actor(current, changes=changes, based_on=current.version, by=officer)

        def edit_threats(threats: list[Threat] = threats) -> None:
            for one in reversed(threats):
                current = Threat.objects.select_related("mission", "office").get(pk=one.pk)
                edit_threat(current, changes={"action": "Road check"}, based_on=current.version, by=officer)

        def edit_activities(activities: list[Activity] = activities) -> None:
            for one in reversed(activities):
                current = Activity.objects.select_related("mission", "office").get(pk=one.pk)
                edit_activity(current, changes={"result": "Held"}, based_on=current.version, by=officer)

        assert _together(raise_profile, edit_threats, edit_activities) == []
        assert set(Threat.objects.filter(actors=actor).values_list("action", "marking")) == {("Road check", 2)}
        answering = Activity.objects.filter(threats__in=threats)
        assert set(answering.values_list("result", "marking")) == {("Held", 2)}
    assert list(verify(bambari.mission)) == []
