"""Processes killed in the middle of telling and sending: no reminder lost or doubled, no e-mail lost.

An e-mail whose sender was killed before it knew of the server's answer may arrive twice, with the same Message-ID.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from coordination.models import ActionPoint
from coordination.reminders import ACTIONS
from pocweb.choices import MailState, NoticeMode, Role
from pocweb.models import Component, Mission, Notice, NoticeChoice, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_meeting import DUE, make_meeting
from tests.factories.mission import make_mission, make_office, make_person
from tests.mail_server import MailServer
from tests.processes import CeleryBeat, JobProcess, Program, TwoHandedWorker, wait_until

WITHIN_SECONDS = 60
THINGS, POINTS = 20, 5


@pytest.fixture
def people(transactional_db: None) -> list[Person]:
    """Two people with addresses; the first owns five action points that are due tomorrow by the mission's clock."""
    office = make_office(make_mission(), "HQ")
    people = [make_person(f"{name}", Role.POCA, office, "poc", email=f"{name}@example.org") for name in ("one", "two")]
    meeting = make_meeting(make_forum(office, people[0], level="operational"), people[0], "open")
    columns = {"mission": office.mission, "office": office, "meeting": meeting, "owner": people[0], "due_on": DUE}
    columns |= {"component": Component.objects.first(), "created_at": meeting.created_at}
    columns |= {"changed_at": meeting.created_at}
    ActionPoint.objects.bulk_create(ActionPoint(number=n, text="Walk", **columns) for n in range(1, POINTS + 1))
    NoticeChoice.objects.create(person=people[0], topic=ACTIONS, how=NoticeMode.AT_ONCE)
    Mission.objects.update(clock_on=DUE - timedelta(days=1))
    return people


def variables(server: MailServer) -> dict[str, str]:
    return {"EMAIL_URL": server.url, "POCWEB_TICK_SECONDS": "0.5", "TEST_ROUND": "on"}


def start(*programs: Program) -> None:
    """Start programs side by side, since each takes seconds; raise what one of them ended with."""
    with ThreadPoolExecutor() as pool:
        for begun in [pool.submit(program.start) for program in programs]:
            begun.result()


def waiting() -> int:
    return Notice.objects.filter(mail_state=MailState.WAITING).count()


def expected(people: list[Person]) -> Counter[tuple[int, str]]:
    """Return each notice that each person should have, once."""
    things = [(person.pk, f"tests:{number}") for person in people for number in range(THINGS)]
    points = ActionPoint.objects.values_list("owner", "pk")
    return Counter([*things, *((owner, f"action:{pk}:soon:{DUE}") for owner, pk in points)])


def is_over(people: list[Person]) -> bool:
    return Notice.objects.filter(topic__in=("tests", ACTIONS)).count() == expected(people).total() and not waiting()


def check(people: list[Person], server: MailServer, *, doubled: int) -> None:
    """Nothing lost, nothing doubled, the counts right; e-mails doubled only where the kill fell."""
    rows = list(Notice.objects.filter(topic__in=("tests", ACTIONS)))
    assert Counter((row.person_id, row.key) for row in rows) == expected(people)
    for person in people:
        person.refresh_from_db()
        assert person.unread_notices == Notice.objects.filter(person=person, read_at=None).count()
    names = Counter(str(message["Message-ID"]) for message in server.messages)
    assert set(names) == {f"<notice-{row.pk}@127.0.0.1>" for row in rows}
    assert doubled <= names.total() - len(names) <= doubled + 2  # a slow machine may outlive a lease of 2 seconds
    assert not [
        message for message in server.messages if "Thing" in message.get_payload().replace("Thing of the tests", "")
    ]


@pytest.mark.worker
@pytest.mark.xdist_group("jobs")
def test_worker_and_beat_killed_in_the_middle_lose_and_double_no_reminder(people: list[Person], tmp_path: Path) -> None:
    """A real worker and a real beat, both killed outright while one child tells and the other sends.

    The e-mail under way has not arrived: it is sent again.
    """
    with MailServer(pause=0.02, hangs_after=5, keeps=False) as server:
        worker = TwoHandedWorker(tmp_path / "worker.log", **variables(server))
        beat = CeleryBeat(tmp_path / "beat.log", **variables(server))
        try:
            start(worker, beat)
            wait_until(lambda: server.has_hung, seconds=WITHIN_SECONDS, what="some reminders and e-mails")
            beat.kill()
            worker.kill()
            assert Notice.objects.filter(topic="tests").count() < len(people) * THINGS
            assert waiting()

            start(worker, beat)

            wait_until(lambda: is_over(people), seconds=WITHIN_SECONDS, what="the rest of the reminders and e-mails")
        finally:
            beat.kill()
            worker.stop()
        check(people, server, doubled=0)


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="with a broker there is no embedded child")
def test_job_process_killed_in_the_middle_loses_and_doubles_no_reminder(people: list[Person], tmp_path: Path) -> None:
    """The same without a broker, where the child of `serve` runs the schedule; killed while it sends.

    The e-mail under way has arrived, which the child never heard: it arrives twice with one Message-ID.
    """
    with MailServer(pause=0.01, hangs_after=5, keeps=True) as server:
        runner = JobProcess(tmp_path / "jobs.log", **variables(server))
        try:
            runner.start()
            wait_until(lambda: server.has_hung, seconds=WITHIN_SECONDS, what="some e-mails")
            runner.kill()
            assert waiting()

            runner.start()

            wait_until(lambda: is_over(people), seconds=WITHIN_SECONDS, what="the rest of the reminders and e-mails")
        finally:
            runner.stop()
        check(people, server, doubled=1)
