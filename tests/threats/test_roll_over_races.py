"""A roll-over while others edit the same threats: neither waits for the other for ever, no edit is lost (TH-07)."""

import threading
from datetime import date

import pytest
from django.db import connection

from pocweb.audit import verify
from pocweb.models import Office, Person
from tests.factories.threats_threat import NOON, make_full_threat
from threats.models import MatrixEdition, Threat
from threats.services.rounds import roll_over
from threats.services.threats import edit_threat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
ROUNDS = 6


def test_roll_over_and_edits_at_once_both_succeed(officer: Person, adviser: Person, bambari: Office) -> None:
    threats = [make_full_threat(bambari, f"Threat {turn}", by=officer) for turn in range(8)]
    Threat.objects.update(horizon_on=date(2020, 12, 31), review_on=date(2020, 12, 31))
    for turn in range(ROUNDS):
        gate, failed = threading.Barrier(3), []

        def edit(turn: int = turn, gate: threading.Barrier = gate, failed: list[Exception] = failed) -> None:
            try:
                gate.wait(timeout=30)
                for threat in reversed(threats):
                    current = Threat.objects.select_related("mission", "office").get(pk=threat.pk)
                    edit_threat(current, changes={"action": f"{turn}"}, based_on=current.version, by=officer)
            except Exception as error:
                failed.append(error)
            finally:
                connection.close()

        def roll(gate: threading.Barrier = gate, failed: list[Exception] = failed) -> None:
            try:
                gate.wait(timeout=30)
                days = {"horizon_on": date(2021, 3, 31), "review_on": date(2021, 1, 31)}
                roll_over(bambari, starts_on=date(2021, 1, 1), by=adviser, now=NOON, **days)
            except Exception as error:
                failed.append(error)
            finally:
                connection.close()

        workers = [threading.Thread(target=act) for act in (edit, roll)]
        for worker in workers:
            worker.start()
        gate.wait(timeout=30)
        for worker in workers:
            worker.join(timeout=60)
        assert failed == []
        stored = Threat.objects.values_list("action", "horizon_on")
        assert set(stored) == {(str(turn), date(2021, 3, 31))}
        MatrixEdition.objects.all().delete()
        Threat.objects.update(horizon_on=date(2020, 12, 31), review_on=date(2020, 12, 31))
    assert list(verify(bambari.mission)) == []
