"""The world of the access walk: one record of each kind in Bambari, and one person per role posted there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from coordination.communities.alerts import receive_alert
from coordination.communities.local_plan_files import LOCAL_PLAN_PDF
from coordination.communities.pcia_files import PCIA_PDF
from coordination.communities.photos import add_photo
from coordination.communities.plan_files import PLAN_PDF
from coordination.issues.services import raise_issue
from coordination.meetings.files import MINUTES_PDF
from coordination.models import AgendaItem, Reprisal
from coordination.sharing.tasks import CONTACTS_PDF
from coordination.warnings.choices import Branch, CaseState
from coordination.warnings.evaluation import ask_evaluation
from coordination.warnings.flash_files import FLASH_PDF
from coordination.warnings.matrix_files import EW_MATRIX_PDF
from coordination.warnings.requests import ask_for_resources
from coordination.warnings.trail_files import TRAIL_PDF
from pocweb import jobs
from pocweb.choices import JobState, Marking, Role
from pocweb.models import Job, Office, Person
from reporting.models import Report, ReportFile
from reporting.services import open_report
from tests.factories.coordination_case import make_case
from tests.factories.coordination_community import make_assistant, make_network, make_pcia
from tests.factories.coordination_flash import decide_on, make_flash
from tests.factories.coordination_forum import make_forum, make_mechanism
from tests.factories.coordination_meeting import make_action, make_meeting
from tests.factories.coordination_plans import (
    keep_persons,
    make_engagement,
    make_local_plan,
    make_picture,
    make_plan,
)
from tests.factories.coordination_response import make_harm, make_response
from tests.factories.coordination_sharing import make_agreement, make_contact, make_share
from tests.factories.mission import make_area, make_mission, make_office, make_posting, make_square
from tests.factories.notices import make_notice
from tests.factories.strategy_activity import make_activity
from tests.factories.threats_edition import make_edition
from tests.factories.threats_incident import make_incident
from tests.factories.threats_offline import bring_back, take_out
from tests.factories.threats_presence import make_presence
from tests.factories.threats_threat import (
    load_reference,
    make_actor,
    make_own_scheme,
    make_protection_actor,
    make_threat,
)
from tests.factories.threats_watch import make_trigger, make_watch
from threats.models import ImportRun
from threats.services.lessons import write_lesson
from threats.services.matrix_files import MATRIX_PDF
from threats.services.threats import assess_threat
from threats.services.vocabulary import add_entry

NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)
COMPONENT_OF = {Role.FCPC: "force", Role.POCA: "poc", Role.POCF: "poc", Role.PROT: "human-rights"}


@dataclass
class World:
    """People by role in Bambari, "stranger" beside them; people by role at headquarters; the records of addresses."""

    people: dict[str, Person]
    people_at_hq: dict[str, Person]
    records: SimpleNamespace = field(default_factory=SimpleNamespace)


def make_person_quickly(name: str, role: Role, office: Office, component: Any) -> Person:
    """Return a person; the walk signs them in by force."""
    person = Person.objects.create(username=name, clearance=Marking.CONFIDENTIAL, password=make_password(name))
    make_posting(person, role, office, component=component)
    return Person.objects.get(pk=person.pk)


def _everybody(office: Office, suffix: str) -> dict[str, Person]:
    components = {row.code: row for row in office.mission.components.all()}
    return {
        role.value: make_person_quickly(
            f"{role.value.lower()}{suffix}", role, office, components[COMPONENT_OF.get(role, "support")]
        )
        for role in Role
    }


def make_world() -> World:
    """Return a new world: a mission with one field office, and a stranger of another mission."""
    load_reference()
    mission = make_mission()
    hq = make_office(mission, "HQ")
    country = make_area("CF", "Country", 0, shape=make_square(20.0, 5.0, 2.0))
    ouaka = make_area("CF43", "Ouaka", 1, country, make_square(20.0, 5.0, 2.0))
    bambari = make_office(mission, "BAMBARI", hq, [ouaka], lat=5.8, lon=20.7)
    people, people_at_hq = (_everybody(office, suffix) for office, suffix in ((bambari, ""), (hq, "-hq")))
    elsewhere = make_office(make_mission("ELSE", "Another mission"), "OTHER")
    people["stranger"] = make_person_quickly("stranger", Role.POCF, elsewhere, None)
    people_at_hq["stranger"] = people["stranger"]
    world = World(people, people_at_hq, SimpleNamespace(mission=mission, hq=hq, bambari=bambari, ouaka=ouaka))
    _add_records(world)
    return world


def _add_records(world: World) -> None:
    records, officer = world.records, world.people["POCF"]
    mission, bambari, ouaka = records.mission, records.bambari, records.ouaka
    records.actor = make_actor(mission)
    records.incident = make_incident(mission, ouaka, actors=(records.actor,))
    records.threat = make_threat(bambari, actors=[records.actor])
    assess_threat(records.threat, likelihood=4, impact=4, reason="Test", by=officer, now=NOW)
    records.protection_actor = make_protection_actor(mission)
    records.group_entry = add_entry(mission=mission, kind="groups", name="Herders", by=world.people["POCA"])
    records.scheme = make_own_scheme(mission)
    records.activity = make_activity(bambari, officer, threats=[records.threat])
    records.presence = make_presence(bambari)
    records.forum = make_forum(bambari, officer)
    records.mechanism = make_mechanism(bambari, officer)
    records.meeting = make_meeting(records.forum, officer)
    records.session = make_meeting(records.forum, officer, "open", at=NOW)
    records.action = make_action(records.session, officer)
    records.issue = raise_issue(records.forum, title="Bridge", by=officer, now=NOW)
    records.agenda_item, records.decision = records.action.item, records.action.decision
    head = world.people["HOO"]
    heads = {"head_of_office": head, "head_of_military": world.people["FCPC"], "head_of_police": _police(world)}
    records.first_edition = make_edition(bambari, officer, "in_force", heads)
    records.edition = make_edition(bambari, officer, "endorsed")
    base = make_office(mission, "IPPY", bambari)
    records.consulted = make_edition(base, officer, "consultation")
    lesson = {"text": "Walked", "marking": Marking.CONFIDENTIAL}
    records.lesson = write_lesson(bambari, period="2020-Q3", values=lesson, by=officer, now=NOW)
    records.report = open_report(mission, period="2020-Q4", by=world.people["POCA"], now=NOW)
    records.trigger = make_trigger(bambari, officer)
    make_watch(mission, world.people["POCA"], 1)
    records.run = _run(world)
    records.offline_sheet = bring_back(take_out(bambari, officer), bambari, officer)
    records.report_file = _report_file(records.report)
    records.officer, records.officer_posting = officer, officer.posting
    records.jobs = {name: _job(world, person) for name, person in world.people.items()}
    records.contact = make_contact(bambari, officer)
    records.agreement = make_agreement(bambari, world.people["POCA"])
    records.share = make_share(records.agreement, officer, threats=[records.threat], marking=2)
    records.case = make_case(bambari, officer)
    records.closed_case = make_case(bambari, officer, "closed", "imminent")
    _add_flash(world)
    records.response_case = make_case(bambari, officer, CaseState.MATRIX_UPDATED, Branch.IMMINENT)
    records.response = make_response(records.response_case, officer, kind="buffer")
    records.harm = make_harm(records.response_case, officer, is_sent=False)
    records.assistant = make_assistant(bambari, officer)
    records.network = make_network(bambari, officer, state="active")
    records.focal_point = records.network.focal_points.get()
    report = {"act": "attack", "place": "Ippy", "text": "Armed men"}
    records.network_alert = receive_alert(records.network, channel="mobile", by=officer, now=NOW, **report)
    records.pcia = make_pcia(bambari, officer)
    records.notices = {name: make_notice(person) for name, person in world.people.items()}
    records.pcia_jobs = {name: _pcia_job(world, person) for name, person in world.people.items()}
    _add_plans(world, officer)
    records.contact_jobs = {name: _contact_job(world, person) for name, person in world.people.items()}
    records.minutes_jobs = {name: _minutes_job(world, person) for name, person in world.people.items()}
    records.matrix_jobs = {name: _matrix_job(world, person) for name, person in world.people.items()}


def _add_flash(world: World) -> None:
    """Add a decided case with its flash report and an evaluation under way, and a PDF of each for everybody."""
    records, officer, head = world.records, world.people["POCF"], world.people["HOO"]
    records.decided_case = make_case(records.bambari, officer, CaseState.EMERGENCY_DECIDED, Branch.IMMINENT)
    decision = decide_on(records.decided_case, records.forum, officer, meeting=records.session)
    records.flash = make_flash(records.decided_case, head, now=NOW)
    records.watched_case = make_case(records.bambari, officer, CaseState.MONITORED, Branch.IMMINENT)
    item = AgendaItem.objects.filter(decisions=decision)
    item.update(case=records.watched_case)
    evaluation: dict[str, Any] = {"tool": "after_action", "owner": head, "due_on": NOW.date(), "decision": decision}
    ask_evaluation(records.watched_case, **evaluation, based_on=1, by=head, now=NOW)
    item.update(case=records.decided_case)
    records.flash_jobs = {name: _paper_job(world, one, FLASH_PDF) for name, one in world.people.items()}
    records.trail_jobs = {name: _paper_job(world, one, TRAIL_PDF) for name, one in world.people.items()}
    records.ew_matrix_jobs = {name: _paper_job(world, one, EW_MATRIX_PDF) for name, one in world.people.items()}
    tells = {"cases": [records.decided_case.pk]}
    for job in Job.objects.filter(kind=EW_MATRIX_PDF):
        Job.objects.filter(pk=job.pk).update(result={**job.result, "tells": tells})
    means: dict[str, Any] = {"kind": "jpt", "what": "Two cars", "needed_at": datetime(2030, 1, 1, tzinfo=UTC)}
    records.means_request = ask_for_resources(records.mission, **means, by=officer, now=NOW)


def _add_plans(world: World, officer: Person) -> None:
    """Add plans, an engagement with a photograph, and an allegation that every reader of its kind is cleared for."""
    records = world.records
    records.plan = make_plan(records.ouaka, officer)
    records.local_plan = make_local_plan(records.forum, officer)
    records.local_risk = records.local_plan.risks.get()
    records.local_line = records.local_risk.lines.get()
    records.engagement = keep_persons(make_engagement(records.ouaka, officer), officer)
    given = {"content": make_picture(), "caption": "Market"}
    records.photo = add_photo(records.engagement, **given, by=officer, now=NOW)
    stamps = {"created_at": NOW, "created_by": officer, "changed_at": NOW, "received_at": NOW}
    columns = {"mission": records.mission, "office": records.bambari, "number": 1, "marking": Marking.CONFIDENTIAL}
    records.reprisal = Reprisal.objects.create(text="Told to leave.", **columns, **stamps)
    records.plan_jobs = {name: _plan_job(world, one, PLAN_PDF, "plan") for name, one in world.people.items()}
    records.local_plan_jobs = {
        name: _plan_job(world, one, LOCAL_PLAN_PDF, "local_plan") for name, one in world.people.items()
    }


def _plan_job(world: World, person: Person, kind: str, named: str) -> Job:
    """Return a job of the person that has drawn a plan."""
    path = default_storage.save("walk/plan.pdf", ContentFile(b"%PDF-1.7\n"))
    job = _job(world, person, kind)
    result = {"file": path, "plan": getattr(world.records, named).pk, "filename": "plan.pdf"}
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, error="", result=result)
    return job


def _paper_job(world: World, person: Person, kind: str) -> Job:
    """Return a job of the person that has drawn a flash report or a trail."""
    path = default_storage.save("walk/paper.pdf", ContentFile(b"%PDF-1.7\n"))
    job = _job(world, person, kind)
    result = {"file": path, "filename": "paper.pdf", "flash": world.records.flash.pk}
    result |= {"case": world.records.decided_case.pk}
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, error="", result=result)
    return job


def _police(world: World) -> Person:
    components = {row.code: row for row in world.records.mission.components.all()}
    return make_person_quickly("police", Role.FCPC, world.records.bambari, components["police"])


def _run(world: World) -> ImportRun:
    """Return an import that waits to be confirmed."""
    run = ImportRun(
        mission=world.records.mission,
        office=world.records.bambari,
        number=1,
        marking=Marking.UNCLASSIFIED,
        file_name="events.csv",
        file_sha256="0" * 64,
        file_bytes=8,
        layout="ucdp",
        state="checked",
        created_at=NOW,
        changed_at=NOW,
    )
    run.file.save("walk.csv", ContentFile(b"id,year\n"), save=False)
    run.save()
    return run


def _report_file(report: Report) -> ReportFile:
    kept = ReportFile(
        report=report, content_sha256="1" * 64, sha256="2" * 64, pages=2, bytes=9, marking=2, rendered_at=NOW
    )
    kept.file.save("walk.pdf", ContentFile(b"%PDF-1.7\n"), save=False)
    kept.save()
    return kept


def _job(world: World, person: Person, kind: str = "walk") -> Job:
    """Return a failed job of the person, in the mission that they are posted in."""
    assert person.mission is not None
    job = jobs.ask(kind, mission=person.mission, by=person, title="Check", arguments={"of": person.pk}, marking=1)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, error="It broke off.")
    return job


def _matrix_job(world: World, person: Person) -> Job:
    """Return a job of the person that has drawn Bambari's matrix."""
    path = default_storage.save("walk/matrix.pdf", ContentFile(b"%PDF-1.7\n"))
    job = _job(world, person, MATRIX_PDF)
    result = {"file": path, "marking": 1, "words": "live", "rows": 1, "filename": "matrix.pdf"}
    arguments = {"office": world.records.bambari.pk, "of": person.pk}
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, error="", arguments=arguments, result=result)
    return job


def _contact_job(world: World, person: Person) -> Job:
    """Return a job of the person that has drawn Bambari's contact list."""
    path = default_storage.save("walk/contacts.pdf", ContentFile(b"%PDF-1.7\n"))
    job = _job(world, person, CONTACTS_PDF)
    result = {"file": path, "marking": 1, "contacts": [], "filename": "contacts.pdf"}
    arguments = {"office": world.records.bambari.pk, "of": person.pk}
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, error="", arguments=arguments, result=result)
    return job


def _pcia_job(world: World, person: Person) -> Job:
    """Return a job of the person that has drawn Bambari's impact assessment."""
    path = default_storage.save("walk/pcia.pdf", ContentFile(b"%PDF-1.7\n"))
    job = _job(world, person, PCIA_PDF)
    result = {"file": path, "pcia": world.records.pcia.pk, "filename": "pcia.pdf"}
    arguments = {"pcia": world.records.pcia.pk, "of": person.pk}
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, error="", arguments=arguments, result=result)
    return job


def _minutes_job(world: World, person: Person) -> Job:
    """Return a job of the person that has drawn the minutes of Bambari's meeting."""
    path = default_storage.save("walk/minutes.pdf", ContentFile(b"%PDF-1.7\n"))
    job = _job(world, person, MINUTES_PDF)
    meeting = world.records.meeting
    result = {"file": path, "meeting": meeting.pk, "tells": {}, "filename": "minutes.pdf"}
    arguments = {"meeting": meeting.pk, "of": person.pk}
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, error="", arguments=arguments, result=result)
    return job
