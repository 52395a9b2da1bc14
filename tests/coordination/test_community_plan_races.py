"""CM-04, CM-09, CM-12: two people press at once on PostgreSQL; one act counts, nothing slips through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from coordination.communities import engagements, photos, plans
from coordination.models import CommunityPlan, Engagement, EngagementPhoto
from pocweb.audit import verify
from pocweb.choices import Role
from pocweb.errors import RuleError
from pocweb.models import Area, Office
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_plans import NOW, keep_persons, make_engagement, make_picture, make_plan
from tests.factories.mission import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do the acts at the same moment, each on a connection of its own; return "" or the code of its refusal."""
    barrier = Barrier(len(acts))

    def work(act: Callable[[], Any]) -> str:
        try:
            barrier.wait(5)
            act()
        except RuleError as error:
            return error.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(work, acts))


def test_acts_at_once_leave_nothing_that_the_rules_forbid(bambari: Office, ouaka: Area) -> None:
    """Adopted once; no photograph of a child victim, nothing of persons after a withdrawal, whoever is first."""
    officer = make_person("officer", Role.POCF, bambari, "poc")
    head = make_person("head", Role.HOO, bambari, "political")
    with transaction.atomic():
        plan = make_plan(ouaka, officer, "reviewed", make_forum(bambari, officer))
        child = keep_persons(make_engagement(ouaka, officer), officer)
        gone = keep_persons(make_engagement(ouaka, officer), officer)
    adopt = [lambda: plans.move_plan(plan, "adopt", by=head, based_on=plan.version, now=NOW)] * 2
    assert sorted(at_once(*adopt)) == ["", "moved_on"]
    change = {"concerns_child_victim": True}
    told = at_once(
        lambda: photos.add_photo(child, content=make_picture(), caption="Market", by=officer, now=NOW),
        lambda: engagements.edit_engagement(child, changes=change, based_on=child.version, by=officer, now=NOW),
    )
    marked = Engagement.objects.get(pk=child.pk).concerns_child_victim
    assert (marked, EngagementPhoto.objects.exists()) in ((True, False), (False, True))
    assert told in (["child_victim", ""], ["", "photos_there"])
    at_once(
        lambda: keep_persons(gone, officer, "SECRET"),
        lambda: engagements.withdraw_consent(gone, by=officer, now=NOW),
    )
    gone.refresh_from_db()
    assert (gone.personal_details, gone.withdrawn_on) == ("", NOW.date())
    assert CommunityPlan.objects.get(pk=plan.pk).state == "adopted"
    assert list(verify(bambari.mission)) == []
