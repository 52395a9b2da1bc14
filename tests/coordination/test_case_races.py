"""EW-07: two people press at once on PostgreSQL: one rating counts, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from coordination.models import WarningCase
from coordination.warnings import ratings
from pocweb.choices import Role
from pocweb.errors import RuleError
from pocweb.models import Office
from tests.factories.coordination_case import make_case
from tests.factories.mission import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_two_decisions_at_once(bambari: Office) -> None:
    people = [make_person(f"joc{number}", Role.JOC, bambari, "poc") for number in range(2)]
    with transaction.atomic():
        case = make_case(bambari, people[0], "likelihood_rated")
    barrier = Barrier(2)

    def decide(number: int) -> Any:
        try:
            barrier.wait(5)
            branch = ("imminent", "non_imminent")[number]
            ratings.decide_imminence(case, branch=branch, reason="Seen.", by=people[number], based_on=1)
            return branch
        except RuleError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(decide, range(2)))
    kept = WarningCase.objects.get(pk=case.pk)
    assert sorted(answers) == sorted([kept.branch, "case_moved_on"])
    assert (kept.version, kept.steps.count()) == (2, 2)
