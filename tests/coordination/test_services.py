"""Forums and what they decide on editions: allowed, refused, twice."""

from datetime import date

import pytest

from coordination import services
from coordination.models import Forum, ForumAct
from pocweb.audit import history_of
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Office, Person
from tests.factories.coordination_forum import make_forum
from tests.factories.threats_edition import NOON, make_edition, make_matrix_threat

DAY = NOON.date()


def test_co_01_forum_is_recorded_and_tells_who_is_missing(officer: Person, bambari: Office) -> None:
    full = make_forum(bambari, officer)
    lacking = make_forum(bambari, officer, "Working group", members=("civil-affairs",))
    assert services.missing_members(full) == ""
    assert services.missing_members(lacking) == "This forum has no member of these kinds: military, police."
    assert [event.verb for event in history_of(lacking)] == ["added"]


def test_forum_lies_in_the_branch_of_who_keeps_it(
    officer: Person, adviser: Person, colleague: Person, stranger: Person, bambari: Office, bria: Office, hq: Office
) -> None:
    assert make_forum(bria, adviser).office == bria
    for person, office in ((officer, bria), (officer, hq), (colleague, bambari), (stranger, bambari)):
        with pytest.raises(Forbidden):
            make_forum(office, person, f"Forum of {person.username}")
    with pytest.raises(RuleError) as refused:
        make_forum(bambari, officer, "Chaired from afar", chair=stranger)
    assert (refused.value.field, Forum.objects.count()) == ("chair", 1)


def test_two_editing_a_forum_the_second_chooses(officer: Person, adviser: Person, bambari: Office) -> None:
    forum = make_forum(bambari, officer)
    services.edit_forum(forum, based_on=1, changes={"name": "Their name", "frequency": "monthly"}, by=adviser)
    with pytest.raises(EditConflict):
        services.edit_forum(forum, based_on=1, changes={"name": "My name"}, by=officer)
    saved = services.edit_forum(forum, based_on=1, changes={"is_active": False}, by=officer)
    forum.refresh_from_db()
    assert (forum.name, forum.frequency, forum.is_active) == ("Their name", "monthly", False)
    assert [item.name for item in saved.merged] == ["name", "frequency"]


def test_endorsement_freezes_the_edition_and_keeps_the_fingerprint(officer: Person, bambari: Office) -> None:
    """TH-05: an edition is endorsed by a named forum, on a day, recorded by a person."""
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")
    forum = make_forum(bambari, officer)
    act = services.record_endorsement(edition, forum=forum, decided_on=DAY, note="Agreed", by=officer, now=NOON)
    edition.refresh_from_db()
    assert (edition.state, edition.endorsed_by, len(edition.sha256)) == ("endorsed", "Protection group", 64)
    assert (act.sha256, act.decided_on, act.recorded_by, act.kind) == (edition.sha256, DAY, officer, "endorse")
    assert [event.verb for event in history_of(forum)] == ["endorsed an edition", "added"]


def test_a_forum_of_another_office_or_a_closed_one_does_not_decide(
    officer: Person, adviser: Person, bambari: Office, bria: Office, hq: Office
) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")
    elsewhere, above = make_forum(bria, adviser, "Bria group"), make_forum(hq, adviser, "Mission group")
    closed = make_forum(bambari, officer, "Closed group", is_active=False)
    for forum in (elsewhere, closed):
        with pytest.raises(RuleError) as refused:
            services.record_endorsement(edition, forum=forum, decided_on=DAY, by=adviser, now=NOON)
        assert refused.value.code == "wrong_forum"
    with pytest.raises(Forbidden):
        services.record_endorsement(edition, forum=above, decided_on=DAY, by=officer, now=NOON)
    assert services.forums_for(edition, officer) == []
    assert services.forums_for(edition, adviser) == [above]
    assert services.record_endorsement(edition, forum=above, decided_on=DAY, by=adviser, now=NOON).forum == above


def test_forum_decides_on_days_on_which_it_works(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")
    ended = make_forum(bambari, officer, active_to=date(2020, 12, 30))
    with pytest.raises(RuleError) as refused:
        services.record_endorsement(edition, forum=ended, decided_on=DAY, by=officer, now=NOON)
    assert (refused.value.code, refused.value.field, ForumAct.objects.count()) == ("not_at_work", "decided_on", 0)


def test_recording_twice_keeps_one_act_and_says_who_was_first(
    officer: Person, adviser: Person, bambari: Office
) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")
    forum = make_forum(bambari, officer)
    services.record_endorsement(edition, forum=forum, decided_on=DAY, by=officer, now=NOON)
    with pytest.raises(Conflict, match="A. Bellin"):
        services.record_endorsement(edition, forum=forum, decided_on=DAY, by=adviser, now=NOON)
    assert ForumAct.objects.count() == 1


def test_nothing_is_recorded_when_a_threat_is_not_rated(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari, risk=None)
    edition = make_edition(bambari, officer, "consultation")
    with pytest.raises(RuleError) as refused:
        services.record_endorsement(edition, forum=make_forum(bambari, officer), decided_on=DAY, by=officer, now=NOON)
    edition.refresh_from_db()
    assert (refused.value.code, edition.state, ForumAct.objects.count()) == ("not_rated", "consultation", 0)


def test_forum_sends_an_edition_back_with_a_reason_and_may_endorse_it_later(officer: Person, bambari: Office) -> None:
    make_matrix_threat(bambari)
    edition = make_edition(bambari, officer, "consultation")
    forum = make_forum(bambari, officer)
    with pytest.raises(RuleError) as refused:
        services.record_return(edition, forum=forum, decided_on=DAY, note=" ", by=officer, now=NOON)
    assert refused.value.field == "note"
    act = services.record_return(edition, forum=forum, decided_on=DAY, note="Grimari is missing", by=officer, now=NOON)
    edition.refresh_from_db()
    assert (act.kind, act.note, edition.state) == ("return", "Grimari is missing", "draft")
    with pytest.raises(RuleError) as refused:
        services.record_endorsement(edition, forum=forum, decided_on=date(2020, 12, 30), by=officer, now=NOON)
    assert refused.value.code == "day_too_early"
