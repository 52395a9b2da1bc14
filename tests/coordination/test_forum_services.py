"""Forums made whole: seats, the chain, the usual ones set up, what is missing, the calendar; outside mechanisms."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import timezone

from coordination import services
from coordination.cadence import turns_of
from coordination.defaults import missing_forums, set_up_missing
from coordination.forum_gaps import gaps_of
from coordination.mechanisms import services as mechanisms
from coordination.models import Forum, Mechanism, Meeting
from pocweb.audit import history_of
from pocweb.choices import Marking
from pocweb.errors import Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import AuditEvent, Mission, Office, Person
from tests.factories.coordination_forum import make_forum, make_mechanism
from tests.factories.threats_threat import make_threat
from threats.models import Threat

NOW = datetime(2020, 12, 31, 12, tzinfo=UTC)
STRICT = Marking.STRICTLY_CONFIDENTIAL


def _seat(kind: str = "member", **who: Any) -> dict[str, Any]:
    return {"person": None, "body": "", "kind": kind, **who}


def _meeting(forum: Forum, day: date, state: str = "held", **columns: Any) -> Meeting:
    """Return a meeting as it stands in the table; how it came about is the business of other tests."""
    held = {"sha256": "0" * 64} if state == "held" else {}
    return Meeting.objects.create(
        mission=forum.mission,
        office=forum.office,
        forum=forum,
        number=Meeting.objects.count() + 1,
        starts_at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        state=state,
        created_at=timezone.now(),
        changed_at=timezone.now(),
        **{"marking": forum.marking, **held, **columns},
    )


def _gaps(mission: Mission, user: Person) -> list[tuple[str, str]]:
    rows = Forum.objects.visible_to(user).select_related("office", "mission").prefetch_related("members")
    return [(gap.kind, gap.where) for gap in gaps_of(mission, rows, user=user, today=NOW.date())]


def test_co_01_forum_keeps_all_its_fields_and_seats(
    officer: Person, adviser: Person, bambari: Office, hq: Office
) -> None:
    above = make_forum(hq, adviser, "Working group", level="operational")
    forum = make_forum(
        bambari, officer, parent=above, secretariat="POC Unit", terms="Rates threats.", body="item",
        active_from=date(2020, 6, 1), seats=[_seat(person=officer), _seat("observer", body="OCHA"), _seat()],
    )  # fmt: skip
    seats = services.plain_forum(forum)["seats"]
    assert seats == [_seat("observer", body="OCHA"), _seat(person=officer.pk)]
    kept = forum.seats.get(person=officer).pk
    changes = {"seats": [_seat("invitee", person=officer), _seat(body="Protection Cluster")]}
    services.edit_forum(forum, based_on=1, changes=changes, by=officer)
    assert forum.seats.get(person=officer).pk == kept
    assert {str(seat) for seat in forum.seats.all()} == {"A. Bellin", "Protection Cluster"}
    event = history_of(forum).first()
    assert event is not None
    assert event.changes["seats"][0] == seats


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([_seat(body="OCHA"), _seat("observer", body="ocha ")], "seat_twice"),
        ([_seat(person=1, body="OCHA")], "seat_twofold"),
        ([_seat("king", body="OCHA")], "seat_kind"),
        ([_seat(body=f"Body {n}") for n in range(101)], "too_many_seats"),
    ],
)
def test_co_01_seats_that_cannot_be_are_refused(officer: Person, bambari: Office, lines: Any, code: str) -> None:
    with pytest.raises(RuleError) as refused:
        make_forum(bambari, officer, seats=lines)
    assert (refused.value.code, refused.value.field, Forum.objects.count()) == (code, "seats", 0)


def test_co_01_two_changing_seats_at_once_lose_nothing(officer: Person, adviser: Person, bambari: Office) -> None:
    forum = make_forum(bambari, officer, seats=[_seat(body="OCHA")])
    services.edit_forum(forum, based_on=1, changes={"seats": [_seat(body="UNHCR")]}, by=adviser)
    with pytest.raises(EditConflict):
        services.edit_forum(forum, based_on=1, changes={"seats": []}, by=officer)
    assert [seat.body for seat in forum.seats.all()] == ["UNHCR"]


def test_co_01_chain_rises_without_circles(
    officer: Person, adviser: Person, hq: Office, bambari: Office, bria: Office
) -> None:
    top = make_forum(hq, adviser, "Senior group", level="strategic")
    middle = make_forum(hq, adviser, "Working group", level="operational", parent=top)
    local = make_forum(bambari, officer, parent=middle)
    other = make_forum(bria, adviser, "Bria sector group", level="operational")
    for forum, changes, field in (
        (top, {"parent": local}, "parent"),
        (top, {"parent": top}, "parent"),
        (local, {"parent": other}, "parent"),
        (middle, {"level": "tactical"}, "level"),
        (middle, {"office": bria}, "office"),
    ):
        with pytest.raises(RuleError) as refused:
            services.edit_forum(forum, based_on=1, changes=changes, by=adviser)
        assert refused.value.field == field
    assert set(Forum.objects.filter(parent=None)) == {top, other}


def test_co_01_what_a_forum_refers_to_is_never_marked_above_it(
    officer: Person, adviser: Person, bambari: Office, hq: Office
) -> None:
    """Who reads a forum may read where it refers to, so no name above a clearance shows there."""
    Person.objects.filter(pk=adviser.pk).update(clearance=STRICT)
    chief = Person.objects.get(pk=adviser.pk)
    hidden = make_forum(hq, chief, "Crisis cell", level="operational", marking=int(STRICT))
    local = make_forum(bambari, officer)
    for by in (officer, chief):
        with pytest.raises(RuleError) as refused:
            services.edit_forum(local, based_on=1, changes={"parent": hidden}, by=by)
        assert refused.value.field == "parent"
    plain = make_forum(hq, chief, "Working group", level="operational")
    services.edit_forum(local, based_on=1, changes={"parent": plain}, by=officer)
    with pytest.raises(RuleError) as refused:
        services.edit_forum(plain, based_on=1, changes={"marking": int(STRICT)}, by=chief)
    assert refused.value.field == "marking"
    assert list(Forum.objects.referable_by(officer).order_by("pk")) == [local, plain]


def test_co_02_usual_forums_are_proposed_and_set_up_once(
    adviser: Person, poc_lead: Person, head_of_office: Person, bambari: Office, bria: Office
) -> None:
    mission = bambari.mission
    missing = missing_forums(mission, by=adviser, now=NOW)
    codes = [one.code for one in missing]
    assert codes == ["smgp", "opt", "pwg", "smgp-bambari", "smgp-bria"]
    made = set_up_missing(mission, codes=codes, by=adviser, now=NOW)
    assert [(forum.code, forum.level, str(forum.parent)) for forum in made] == [
        ("smgp", "strategic", "None"),
        ("opt", "operational", "Senior Management Group on Protection"),
        ("pwg", "operational", "Senior Management Group on Protection"),
        ("smgp-bambari", "tactical", "Protection Working Group"),
        ("smgp-bria", "tactical", "Protection Working Group"),
    ]
    assert all(services.missing_members(forum) == "" for forum in made)
    events = AuditEvent.objects.count()
    assert set_up_missing(mission, codes=codes, by=adviser, now=NOW) == []
    assert (missing_forums(mission, by=adviser, now=NOW), AuditEvent.objects.count()) == ([], events)


def test_co_03_chairs_by_default(
    adviser: Person, poc_lead: Person, head_of_office: Person, bambari: Office, bria: Office
) -> None:
    """POC lead or Adviser chairs the working group, the Head of Office the local one; nobody the senior group."""
    chairs = {one.code: one.chair for one in missing_forums(bambari.mission, by=adviser, now=NOW)}
    expected = {"smgp": None, "opt": None, "pwg": poc_lead, "smgp-bambari": head_of_office, "smgp-bria": None}
    assert chairs == expected
    poc_lead.postings.update(ends_on=date(2020, 12, 30))
    chairs = {one.code: one.chair for one in missing_forums(bambari.mission, by=adviser, now=NOW)}
    assert chairs["pwg"] == adviser


def test_co_02_officer_sets_up_the_local_forum_of_the_own_office_alone(
    officer: Person, colleague: Person, bambari: Office, bria: Office
) -> None:
    codes = ["smgp", "smgp-bria", "smgp-bambari"]
    made = set_up_missing(bambari.mission, codes=codes, by=officer, now=NOW)
    assert [forum.code for forum in made] == ["smgp-bambari"]
    with pytest.raises(Forbidden):
        set_up_missing(bambari.mission, codes=codes, by=colleague, now=NOW)


def test_co_02_priority_area_without_local_forum_is_a_gap(adviser: Person, bambari: Office, bria: Office) -> None:
    mission = bambari.mission
    Threat.objects.filter(pk=make_threat(bambari).pk).update(priority=2)
    Threat.objects.filter(pk=make_threat(bria).pk).update(priority=3)
    assert _gaps(mission, adviser) == [("local", "Bambari")]
    forum = make_forum(bambari, adviser, active_to=date(2020, 12, 30), chair=adviser)
    assert _gaps(mission, adviser) == [("local", "Bambari")]
    assert "smgp-bambari" in [one.code for one in missing_forums(mission, by=adviser, now=NOW)]
    services.edit_forum(forum, based_on=1, changes={"active_to": None}, by=adviser)
    assert "smgp-bambari" not in [one.code for one in missing_forums(mission, by=adviser, now=NOW)]
    assert _gaps(mission, adviser) == []
    Threat.objects.filter(office=bambari).update(status="closed", closed_reason="Over")
    forum.delete()
    assert _gaps(mission, adviser) == []


def test_co_02_threat_above_the_clearance_opens_no_gap(officer: Person, adviser: Person, bambari: Office) -> None:
    Threat.objects.filter(pk=make_threat(bambari).pk).update(priority=1, marking=STRICT)
    assert _gaps(bambari.mission, officer) == []


def test_co_01_co_03_forum_without_chair_or_members_is_a_gap(
    officer: Person, adviser: Person, bambari: Office, bria: Office
) -> None:
    make_forum(bambari, officer, members=("force",))
    make_forum(bria, adviser, "Bria group")
    assert _gaps(bambari.mission, officer) == [("chair", "Protection group"), ("members", "Protection group")]
    assert ("chair", "Bria group") in _gaps(bambari.mission, adviser)


def test_co_01_calendar_counts_from_the_last_meeting_that_the_person_may_see(officer: Person, bambari: Office) -> None:
    forum = make_forum(bambari, officer)
    assert turns_of([forum], user=officer, now=NOW)[forum.pk].words == "Has not met yet: due now"
    _meeting(forum, date(2020, 12, 20))
    _meeting(forum, date(2020, 12, 28), "cancelled")
    _meeting(forum, date(2020, 12, 29), marking=STRICT)
    turn = turns_of([forum], user=officer, now=NOW)[forum.pk]
    assert (turn.last_met, turn.due.on, turn.words, turn.tone) == (
        date(2020, 12, 20),
        date(2020, 12, 27),
        "4 days late",
        "bad",
    )
    _meeting(forum, date(2021, 1, 2), "planned")
    turn = turns_of([forum], user=officer, now=NOW)[forum.pk]
    assert (turn.called_for, turn.tone) == (date(2021, 1, 2), "warn")
    services.edit_forum(forum, based_on=1, changes={"is_active": False}, by=officer)
    forum.refresh_from_db()
    assert turns_of([forum], user=officer, now=NOW) == {}


def test_co_07_uniformed_representative_is_stored_with_a_reason_only(
    officer: Person, head_of_military: Person, colleague: Person, bambari: Office
) -> None:
    """POC Handbook 2020, 6.2: uniformed staff represent the mission in the Cluster for a given topic only."""
    with pytest.raises(RuleError) as refused:
        make_mechanism(bambari, officer, representative=head_of_military)
    assert (refused.value.field, Mechanism.objects.count()) == ("uniformed_reason", 0)
    cluster = make_mechanism(bambari, officer, representative=colleague)
    with pytest.raises(RuleError):
        mechanisms.edit_mechanism(cluster, based_on=1, changes={"representative": head_of_military}, by=officer)
    changes = {"representative": head_of_military, "uniformed_reason": "Mines on the Ippy road"}
    mechanisms.edit_mechanism(cluster, based_on=1, changes=changes, by=officer)
    with pytest.raises(RuleError):
        mechanisms.edit_mechanism(cluster, based_on=2, changes={"uniformed_reason": " "}, by=officer)
    meeting = make_mechanism(bambari, officer, "COCEM", kind="host_state", representative=head_of_military)
    assert (cluster.ref, meeting.ref) == ("K-001", "K-002")
    with pytest.raises(RuleError) as refused:
        mechanisms.edit_mechanism(meeting, based_on=1, changes={"kind": "humanitarian"}, by=officer)
    assert refused.value.field == "uniformed_reason"


def test_co_07_mechanism_is_kept_by_who_may(
    officer: Person, colleague: Person, stranger: Person, bambari: Office, bria: Office
) -> None:
    cluster = make_mechanism(bambari, officer)
    for person, office in ((colleague, bambari), (stranger, bambari), (officer, bria)):
        with pytest.raises(Forbidden):
            make_mechanism(office, person, "HCT")
    with pytest.raises(Forbidden):
        mechanisms.edit_mechanism(cluster, based_on=1, changes={"purpose": "x"}, by=colleague)
    with pytest.raises(RuleError) as refused:
        make_mechanism(bambari, officer)
    assert refused.value.code == "name_taken"
    mechanisms.edit_mechanism(cluster, based_on=1, changes={"purpose": "Mine"}, by=officer)
    with pytest.raises(EditConflict):
        mechanisms.edit_mechanism(cluster, based_on=1, changes={"purpose": "Yours"}, by=officer)


def test_co_07_catalogue_names_the_mechanisms_of_the_handbook() -> None:
    """Source: POC Handbook 2020, 6.1.3, 6.2, 6.3."""
    codes = {entry["code"] for entry in mechanisms.catalogue()}
    assert {"mrm-ctf", "mara-wg", "hrddp-tf", "hct", "protection-cluster", "cmcoord", "cct", "cocem", "cic"} <= codes
    kinds = Mechanism._meta.get_field("kind").choices or ()
    cadences = Mechanism._meta.get_field("cadence").choices or ()
    for entry in mechanisms.catalogue():
        assert entry["kind"] in dict(kinds)
        assert entry["cadence"] in dict(cadences)
        assert len(entry["chaired_by"]) <= 120
