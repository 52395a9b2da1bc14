"""Early warning and communities for the walk of what shows: one record of each kind, named by the marker."""

from datetime import UTC, date, datetime
from typing import Any

from coordination.communities.alerts import receive_alert
from coordination.communities.networks import edit_network
from coordination.communities.photos import add_photo
from coordination.models import ActionPoint, CaseShare, CaseTask, Decision, LocalPlan, WarningCase
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.requests import ask_for_resources
from coordination.warnings.sending import send_out
from coordination.warnings.services import add_report, file_case
from pocweb import schedule
from pocweb.choices import Marking, Role
from pocweb.models import Counter, Office
from tests.access_world import NOW, World
from tests.factories.coordination_case import make_case
from tests.factories.coordination_community import make_assistant, make_network, make_pcia
from tests.factories.coordination_flash import decide_on, make_flash
from tests.factories.coordination_forum import make_forum
from tests.factories.coordination_plans import (
    keep_persons,
    make_engagement,
    make_local_plan,
    make_picture,
    make_plan,
    make_reprisal,
)
from tests.factories.coordination_response import make_harm, make_response
from tests.factories.mission import make_person

STRICT = Marking.STRICTLY_CONFIDENTIAL
MARKER = "Zyxkepler"
LATER = datetime(2030, 1, 1, tzinfo=UTC)
ADDRESSES = (
    "/alerts/?state=all", "/alerts/?state=closed", "/alerts/?q=a", "/alerts/?branch=imminent", "/alerts/?act=attack",
    "/alerts/matrix/?show=all", "/alerts/matrix/?show=closed", "/alerts/matrix/export.xlsx", "/alerts/sage.xlsx",
    "/alerts/clock/?branch=imminent", "/alerts/indicators/?since=2020-01-01", "/requests/?state=asked",
    "/communities/gaps/?kind=network", "/networks/?state=active", "/networks/export.xlsx", "/engagements/?q=a",
    "/engagements/export.xlsx", "/engagements/figures/?purpose=threat", "/community-plans/?year=2021",
    "/api/v1/cases/?state=closed", "/incidents/1/", "/threats/1/",
)  # fmt: skip


def add_keepers(world: World) -> None:
    """Add who may read and keep what is strictly confidential, before anything is read."""
    records = world.records
    records.chief = make_person("chief", Role.HOO, records.bambari, "poc", clearance=STRICT)
    records.rights = make_person("rights", Role.PROT, records.hq, "human-rights", clearance=STRICT)
    Counter.take(records.mission, "reprisal")  # the first allegation of the world was numbered by hand


def remind() -> None:
    """Do the rounds that write notices; the e-mails are left alone."""
    for entry in schedule.rounds():
        if not entry.name.startswith("send_"):
            entry.work(NOW)


def add_warnings(world: World, marking: int) -> None:
    """Add cases of Bambari with all that hangs on them, tied to a threat and an incident that others read."""
    records, chief, reader = world.records, world.records.chief, world.people["POCF"]
    office, mission = records.bambari, records.mission
    common: dict[str, Any] = {"marking": marking, "place": f"{MARKER} ford", "text": MARKER, "area": records.ouaka}
    cited: dict[str, Any] = {"threat": records.threat, "incident": records.incident}
    report: dict[str, Any] = {"act": "attack", "channel": "network", "at_risk": ["women"], "people": 50}
    filed = file_case(mission, by=chief, office=office, now=NOW, **report, **common)
    add_report(filed, by=chief, text=MARKER, channel="patrol", now=NOW)
    sent = make_case(office, chief, CaseState.PRIORITISED, Branch.IMMINENT, **common)
    send_out(sent, by=chief, now=NOW)
    case = make_case(office, chief, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT, **common, **cited)
    decision = decide_on(case, records.forum, records.keeper, text=MARKER, owner=chief, meeting=records.session)
    make_flash(case, chief, now=NOW)
    case.refresh_from_db()
    ask_for_resources(mission, kind="response", what=MARKER, needed_at=LATER, case=case, by=chief, now=NOW)
    make_response(case, chief, text=MARKER, owner=chief.pk)
    make_harm(case, chief)
    CaseTask.objects.create(case=case, kind="evaluation", owner=reader, asked_at=NOW, due_on=date(2020, 12, 30))
    said = {"decision": decision, "audience": "population", "recipients": MARKER, "text": MARKER}
    CaseShare.objects.create(case=case, told_at=NOW, told_by=chief, **said)
    for branch in (Branch.IMMINENT, Branch.NON_IMMINENT):
        make_case(office, chief, CaseState.CLOSED, branch, outcome="happened", killed=77, **{**common, **cited})
    WarningCase.objects.filter(place=common["place"]).exclude(state=CaseState.CLOSED).update(
        classed_at=NOW, disseminated_at=NOW, decided_at=NOW, acted_at=NOW
    )


def add_communities(world: World, marking: int) -> None:
    """Add what is known of communities in Bambari, and an allegation, which is always strictly confidential."""
    records, chief = world.records, world.records.chief
    office, area = records.bambari, records.ouaka
    network = make_network(
        office, chief, name=f"{MARKER} road", state="active", point="FP-ZYX-1", marking=marking, communities=MARKER
    )
    report: dict[str, Any] = {"act": "attack", "place": MARKER, "text": MARKER}
    receive_alert(network, channel="mobile", by=chief, now=NOW, **report)
    before = datetime(2020, 6, 1, 9, tzinfo=UTC)
    make_network(office, chief, name=f"{MARKER} ford", state="active", point="FP-ZYX-2", marking=marking, now=before)
    make_assistant(office, chief, key="CLA-ZYX-1", marking=marking, languages=MARKER)
    make_pcia(office, chief, year=2021, marking=marking, conflict_map=MARKER)
    make_plan(
        area, records.keeper, "in_force", adopter=chief, forum=records.forum, year=2021, semester=1, security=MARKER,
        marking=marking,
    )  # fmt: skip
    engagement = make_engagement(area, chief, place=MARKER, findings=MARKER, marking=marking, problem=MARKER)
    engagement = keep_persons(engagement, chief, details=MARKER)
    add_photo(engagement, content=make_picture(), caption=MARKER, by=chief, now=NOW)
    make_reprisal(chief, text=MARKER)
    plan = make_local_plan(records.forum, records.keeper, title=f"{MARKER} plan")
    LocalPlan.objects.filter(pk=plan.pk).update(marking=marking)


def make_readable_cases(world: World, office: Office, cited: dict[str, Any]) -> tuple[list[str], Any]:
    """Add records named by the marker that all may read, each citing a profile, a threat or an incident.

    Returns the addresses that name them, and the network, which is raised by itself.
    """
    chief, forum = world.records.chief, make_forum(office, world.records.keeper, "Group of Sibut")
    common: dict[str, Any] = {"place": MARKER, "text": MARKER}
    cases = [
        make_case(office, chief, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT, **common, **{name: record})
        for name, record in cited.items()
    ]
    addresses = []
    for case in cases:
        decide_on(case, forum, world.records.keeper, text=MARKER, meeting=_session(forum))
        flash = make_flash(case, chief, now=NOW)
        case.refresh_from_db()
        means: dict[str, Any] = {"kind": "response", "what": MARKER, "needed_at": LATER}
        request = ask_for_resources(office.mission, case=case, by=chief, now=NOW, **means)
        response = make_response(case, chief, text=MARKER)
        addresses += [f"/alerts/{case.pk}/{end}" for end in ("", "trail/", "evaluation/")]
        addresses += [f"/flashes/{flash.pk}/", f"/requests/{request.pk}/", f"/responses/{response.pk}/"]
        addresses += [f"/alerts/{case.pk}/acknowledge/", f"/api/v1/cases/{case.pk}/", f"/api/v1/flashes/{flash.pk}/"]
        addresses += [f"/actions/{ActionPoint.objects.get(item__case=case).pk}/"]
    plan = make_plan(world.records.ouaka, chief, year=2022, semester=1, security=MARKER, threats=[cited["threat"]])
    network = make_network(office, chief, name=f"{MARKER} bridge", area=world.records.ouaka, communities=MARKER)
    addresses += [f"/community-plans/{plan.pk}/", f"/networks/{network.pk}/", f"/api/v1/networks/{network.pk}/"]
    addresses += [
        "/alerts/", "/alerts/matrix/", "/alerts/matrix/export.csv", "/alerts/sage.csv", "/flashes/", "/requests/",
        "/networks/", "/networks/export.csv", "/api/v1/cases/", "/api/v1/flashes/", "/api/v1/networks/",
        f"/meetings/{Decision.objects.latest('pk').meeting_id}/session/",
    ]  # fmt: skip
    return addresses, network


def _session(forum: Any) -> Any:
    return forum.meetings.filter(state="open").first()


def raise_network(network: Any, by: Any) -> None:
    """Mark the network strictly confidential."""
    network.refresh_from_db()
    edit_network(network, changes={"marking": int(STRICT)}, based_on=network.version, by=by)
