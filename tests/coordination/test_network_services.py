"""What people do to alert networks, focal points, assistants: allowed, refused, twice at once; the map follows."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from coordination.communities import alerts, assistants, focal_points, networks
from coordination.communities.periods import periods_of, set_periods
from coordination.communities.reminders_networks import remind_of_networks
from coordination.communities.watch import concerns_of, with_consenting
from coordination.models import FocalPoint, Network, NetworkAlert, WarningCase
from coordination.warnings.choices import CaseState
from coordination.warnings.moves import move_case
from pocweb.audit import history_of
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import EditConflict
from pocweb.models import Area, AuditEvent, Mission, Notice, Office, Person
from pocweb.recipients import Staff
from tests.factories.coordination_community import DAY, NOW, make_assistant, make_network
from threats.choices import Sight
from threats.hotspots import ask, hotspots_for, scope_up_to
from threats.models import Presence
from threats.services.presences import edit_presence, end_presence

REPORT: dict[str, Any] = {"act": "attack", "place": "Ippy", "text": "Armed men gather at the bridge."}


def sight_of(mission: Mission, area: Area, day: date) -> Sight:
    """Return how the map of blind spots tells an area on a day."""
    question = ask(mission, level=1, start=day - timedelta(days=89), end=day)
    found = hotspots_for(mission, question, scope_up_to(mission, 3))
    return next(one.sight for one in found.areas if one.area.pcode == area.pcode)


@pytest.fixture
def blind_bambari(bambari: Office) -> Office:
    """Bambari's office without a place of its own, so that nothing but networks and assistants is present."""
    Office.objects.update(lat=None, lon=None)
    return Office.objects.select_related("mission").get(pk=bambari.pk)


def test_blind_spot_is_seen_while_a_network_is_active(blind_bambari: Office, ouaka: Area, officer: Person) -> None:
    """CM-07: activation ends the blind spot; after the last sign of life of a lapsed one it comes back."""
    mission, days = blind_bambari.mission, blind_bambari.mission.blind_days
    begun = NOW - timedelta(days=100)
    network = make_network(blind_bambari, officer, state="expectations", now=begun)
    assert sight_of(mission, ouaka, DAY) == Sight.BLIND
    network = networks.move_network(network, "activate", state="expectations", by=officer, now=begun)
    assert sight_of(mission, ouaka, DAY) == Sight.PRESENCE_ONLY
    last = begun.date() + timedelta(days=20)
    networks.record_contact(network, contacted_on=last, by=officer, now=NOW)
    network = networks.move_network(network, "lapse", state="active", reason="Nobody answers", by=officer, now=NOW)
    presence = Presence.objects.get()
    assert (presence.kind, presence.starts_on, presence.ends_on) == ("network", begun.date(), last)
    seen_until = last + timedelta(days=days - 1)
    assert [sight_of(mission, ouaka, day) for day in (seen_until, seen_until + timedelta(days=1))] == [
        Sight.PRESENCE_ONLY, Sight.BLIND,
    ]  # fmt: skip
    networks.move_network(network, "revive", state="lapsed", reason="New handset", by=officer, now=NOW)
    assert sight_of(mission, ouaka, DAY) == Sight.PRESENCE_ONLY
    assert Presence.objects.count() == 2


def test_presences_follow_an_assignment(blind_bambari: Office, ouaka: Area, haute_kotto: Area, officer: Person) -> None:
    """CM-07: areas that come and go, the last day, marking; nothing is typed twice."""
    assistant = make_assistant(blind_bambari, officer)
    assert sight_of(blind_bambari.mission, ouaka, DAY) == Sight.PRESENCE_ONLY

    def rows() -> list[tuple[str, date, date | None, int]]:
        return list(Presence.objects.order_by("pk").values_list("area__name", "starts_on", "ends_on", "marking"))

    first = date(2020, 12, 1)
    assert rows() == [("Ouaka", first, None, 2)]
    changes = {"areas": [haute_kotto], "marking": 1}
    assistants.edit_assistant(assistant, changes=changes, based_on=1, by=officer, now=NOW)
    assert rows() == [("Ouaka", first, DAY, 1), ("Haute-Kotto", DAY, None, 1)]
    later = DAY + timedelta(days=10)
    assistants.end_assistant(assistant, ends_on=later, by=officer, now=NOW)
    assert rows() == [("Ouaka", first, DAY, 1), ("Haute-Kotto", DAY, later, 1)]
    with pytest.raises(Conflict, match="CLA-001 has a last day already"):
        assistants.end_assistant(assistant, ends_on=later, by=officer, now=NOW)


def test_kept_presence_is_changed_with_its_network_alone(bambari: Office, officer: Person) -> None:
    """CM-07: editing or ending it by hand is refused, and says where to go."""
    make_network(bambari, officer, state="active")
    presence = Presence.objects.get()
    for act in (
        lambda: edit_presence(presence, changes={"note": "x"}, based_on=1, by=officer, now=NOW),
        lambda: end_presence(presence, ended_on=DAY, by=officer, now=NOW),
    ):
        with pytest.raises(RuleError, match="kept in step with CAN-001"):
            act()


@pytest.mark.parametrize("missing", ["threat_types", "response_time", "responder", "limits"])
def test_active_is_refused_without_expectations(bambari: Office, officer: Person, missing: str) -> None:
    """CM-03: by the service at its field, and by the database."""
    network = make_network(bambari, officer, state="channel", **{missing: ""})
    with pytest.raises(RuleError) as refused:
        networks.move_network(network, "agree", state="channel", by=officer, now=NOW)
    assert refused.value.field == missing
    with pytest.raises(IntegrityError), transaction.atomic():
        Network.objects.filter(pk=network.pk).update(state="active")
    active = make_network(bambari, officer, "Second", state="active", point="FP-2")
    with pytest.raises(RuleError) as refused:
        networks.edit_network(active, changes={missing: ""}, based_on=active.version, by=officer, now=NOW)
    assert refused.value.field == missing


def test_two_people_move_one_network(bambari: Office, officer: Person, colleague: Person, scpi: Person) -> None:
    """CM-01: the second is told why; who may not, and who gives no reason, is refused."""
    network = make_network(bambari, officer, state="active")
    with pytest.raises(Forbidden):
        networks.move_network(network, "lapse", state="active", reason="x", by=scpi, now=NOW)
    with pytest.raises(RuleError, match="Say why"):
        networks.move_network(network, "lapse", state="active", reason=" ", by=officer, now=NOW)
    networks.move_network(network, "lapse", state="active", reason="Silent", by=colleague, now=NOW)
    with pytest.raises(Conflict, match="Orlo was faster: CAN-001 now stands at: lapsed"):
        networks.move_network(network, "close", state="active", reason="x", by=officer, now=NOW)
    assert history_of(network).first().changes == {"state": ["active", "lapsed"], "reason": [None, "Silent"]}


def test_two_people_edit_one_network(bambari: Office, officer: Person, colleague: Person) -> None:
    """CM-01: different fields are merged, the same field brings the choice; a closed one stays as it was."""
    network = make_network(bambari, officer)
    networks.edit_network(network, changes={"members": 10}, based_on=1, by=colleague, now=NOW)
    saved = networks.edit_network(network, changes={"name": "Ippy and north"}, based_on=1, by=officer, now=NOW)
    assert (saved.record.name, saved.record.members) == ("Ippy and north", 10)
    with pytest.raises(EditConflict):
        networks.edit_network(network, changes={"members": 12}, based_on=1, by=officer, now=NOW)
    with pytest.raises(RuleError, match="the women among them"):
        networks.edit_network(network, changes={"women_members": 11}, based_on=3, by=officer, now=NOW)
    networks.move_network(network, "close", state="at_risk", reason="Moved away", by=officer, now=NOW)
    with pytest.raises(RuleError, match="stays as it was"):
        networks.edit_network(network, changes={"members": 11}, based_on=4, by=officer, now=NOW)


def test_contact_and_check_move_forward_only(bambari: Office, officer: Person) -> None:
    """CM-01: dated acts on record; a second press changes nothing, an earlier day is refused."""
    network = make_network(bambari, officer, state="active")
    for _turn in range(2):
        network = networks.record_contact(network, contacted_on=DAY, by=officer, now=NOW)
    networks.record_check(network, checked_on=DAY, note="Charged", by=officer, now=NOW)
    for day, said in ((DAY - timedelta(days=1), "A later day"), (DAY + timedelta(days=1), "not come yet")):
        with pytest.raises(RuleError, match=said):
            networks.record_contact(network, contacted_on=day, by=officer, now=NOW)
    verbs = [event.verb for event in history_of(network)]
    assert (verbs.count("was in contact with"), verbs.count("checked the equipment of")) == (1, 1)


def test_withdrawal_takes_a_focal_point_out_of_every_use(bambari: Office, officer: Person) -> None:
    """CM-09: erased, not counted, and no key was ever written to the audit trail."""
    network = make_network(bambari, officer, state="active", point="FP-SECRET-1")
    point = FocalPoint.objects.get()
    assert (point.consent_scope, point.consent_on, point.consent_by) == (["record", "share"], DAY, officer)
    for change, field in ({"consent_scope": ["share"]}, "consent_scope"), ({"consent_on": None}, "consent_on"):
        values: dict[str, Any] = {"key": "FP-2", "consent_scope": ["record"], "consent_on": DAY, **change}
        with pytest.raises(RuleError) as refused:
            focal_points.add_focal_point(network, by=officer, now=NOW, **values)
        assert refused.value.field == field
    focal_points.withdraw_consent(point, by=officer, now=NOW)
    kept = FocalPoint.objects.values("key", "sex", "role", "consent_scope", "is_active", "withdrawn_on").get()
    assert kept == {
        "key": f"WITHDRAWN-{point.pk}", "sex": "unknown", "role": "", "consent_scope": [], "is_active": False,
        "withdrawn_on": DAY,
    }  # fmt: skip
    assert "SECRET" not in str(list(AuditEvent.objects.values_list("changes", "note")))
    with pytest.raises(Conflict):
        focal_points.withdraw_consent(point, by=officer, now=NOW)
    seen = with_consenting(Network.objects.all()).get()
    assert [code for code, _said in concerns_of(seen, periods_of(network.mission), DAY)] == ["nobody"]
    with pytest.raises(RuleError, match="Name a focal point"):
        networks.move_network(
            networks.move_network(network, "lapse", state="active", reason="x", by=officer, now=NOW),
            "revive", state="lapsed", reason="x", by=officer, now=NOW,
        )  # fmt: skip


def test_alert_opens_a_case_that_waits_for_its_answer(
    bambari: Office, officer: Person, colleague: Person, scpi: Person
) -> None:
    """CM-02: case, alert and contact together; neither alert nor case closes without response and result."""
    network = make_network(bambari, officer, state="active", now=NOW - timedelta(days=60), marking=2)
    with pytest.raises(RuleError, match="Say what may happen"):
        alerts.receive_alert(network, channel="mobile", by=scpi, now=NOW, **{**REPORT, "act": ""})
    assert not WarningCase.objects.exists()
    alert = alerts.receive_alert(network, channel="mobile", marking=0, by=scpi, now=NOW, **REPORT)
    network.refresh_from_db()
    case = alert.case
    assert (case.channel, case.area, case.office, case.marking) == ("network", network.area, bambari, 2)
    assert network.contacted_on == DAY
    with pytest.raises(Forbidden):
        alerts.answer_alert(alert, response="x", result="x", close=True, based_on=1, by=scpi, now=NOW)
    WarningCase.objects.filter(pk=case.pk).update(
        state=CaseState.MONITORED, branch="non_imminent", imminence_reason="Far", outcome="averted"
    )
    case.refresh_from_db()
    with pytest.raises(RuleError, match="An alert network called"):
        move_case(case, "close", by=officer, values={"finding": "Gone", "outcome": "averted"}, now=NOW)
    with pytest.raises(RuleError) as refused:
        alerts.answer_alert(alert, response="Patrol", result="", close=True, based_on=1, by=officer, now=NOW)
    assert refused.value.field == "result"
    alerts.answer_alert(alert, response="Patrol sent", result="", close=False, based_on=1, by=officer, now=NOW)
    with pytest.raises(Conflict, match="Nothing of yours is stored"):
        alerts.answer_alert(alert, response="Other", result="Other", close=True, based_on=1, by=colleague, now=NOW)
    closed = alerts.answer_alert(
        alert, response="Patrol sent", result="They left", close=True, based_on=2, by=officer, now=NOW
    )
    assert (closed.closed_at, closed.version) == (NOW, 3)
    with pytest.raises(IntegrityError), transaction.atomic():
        NetworkAlert.objects.filter(pk=alert.pk).update(result="")


def test_mission_sets_its_periods_and_amber_is_told_once(
    bambari: Office, officer: Person, adviser: Person, head_of_office: Person, scpi: Person
) -> None:
    """CM-01: the mission's own days; who keeps the office's networks hears of each lapse once."""
    mission = bambari.mission
    network = make_network(bambari, officer, state="active", now=NOW - timedelta(days=20), channels=["whistle"])
    set_periods(mission, contact_days=20, equipment_days=90, based_on=1, by=adviser)
    assert remind_of_networks(Staff(mission), NOW) == 0
    with pytest.raises(Conflict, match="20 and 90 days"):
        set_periods(mission, contact_days=5, equipment_days=90, based_on=1, by=adviser)
    set_periods(mission, contact_days=19, equipment_days=90, based_on=2, by=adviser)
    for _turn in range(2):
        remind_of_networks(Staff(mission), NOW)
    told = Notice.objects.order_by("person__username").values_list("person__username", "ref", "marking")
    assert list(told) == [("head_of_office", "CAN-001", 2), ("officer", "CAN-001", 2)]
    networks.record_contact(network, contacted_on=DAY, by=officer, now=NOW)
    again: datetime = NOW + timedelta(days=20)
    assert remind_of_networks(Staff(mission), again) == 2
