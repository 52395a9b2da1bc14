"""What the reporting tests share: a mission with events, threats and an opened report."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction

from pocweb import jobs
from pocweb.models import Area, Counter, Job, Mission, Office, Person
from reporting import services
from reporting.models import Report
from threats.choices import Verification
from threats.models import Actor, Incident, IncidentActor, Scheme, Threat
from threats.reference_loader import load as load_threats

NOW = datetime(2020, 12, 31, 9, 0, tzinfo=UTC)


def take_number(mission: Mission, kind: str) -> int:
    """Return the next number of a kind of record, also in tests that run without a transaction of their own."""
    with transaction.atomic():
        return Counter.take(mission, kind)


def make_event(
    mission: Mission, office: Office, area: Area, day: date, killed: int, civilians: int, **more: Any
) -> Any:
    """Return an incident with a count of killed; low is one less, high two more."""
    return Incident.objects.create(
        mission=mission,
        office=office,
        number=take_number(mission, "incident"),
        title=f"Attack of {day}",
        area=area,
        area1=area,
        starts_on=day,
        ends_on=day,
        killed_low=max(killed - 1, 0),
        killed_best=killed,
        killed_high=killed + 2,
        civilians_killed=civilians,
        created_at=NOW,
        changed_at=NOW,
        **{"lat": 6.0, "lon": 21.0, "point_precision": 1, **more},
    )


def do_jobs() -> int:
    """Do the waiting jobs in the test's own transaction; return how many were done."""
    return sum(jobs.run(pk) for pk in Job.objects.filter(state="queued").order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def events(bambari: Office, bria: Office, ouaka: Area, haute_kotto: Area) -> None:
    """Four events of the quarter, one discounted, one of the quarter before."""
    group = Actor.objects.create(
        mission=bambari.mission, code="g1", name="Demo group", source_of_violence="armed_group"
    )
    first = make_event(bambari.mission, bambari, ouaka, date(2020, 10, 3), 4, 1, verification=Verification.VERIFIED)
    second = make_event(bambari.mission, bambari, ouaka, date(2020, 12, 31), 6, 6)
    make_event(bria.mission, bria, haute_kotto, date(2020, 12, 1), 0, 0, lat=None, lon=None)
    make_event(bria.mission, bria, haute_kotto, date(2020, 12, 5), 50, 50, verification=Verification.DISCOUNTED)
    make_event(bria.mission, bria, haute_kotto, date(2020, 9, 30), 3, 2)
    for event in (first, second):
        IncidentActor.objects.create(incident=event, actor=group, side="perpetrator")


@pytest.fixture
def threat(bambari: Office, ouaka: Area) -> Threat:
    """A rated threat of first priority."""
    load_threats()
    assert Scheme.objects.filter(is_current=True).exists()
    row = Threat.objects.create(
        mission=bambari.mission,
        office=bambari,
        number=take_number(bambari.mission, "threat"),
        title="Attacks on the Bambari road",
        location="Bambari to Grimari road",
        priority=1,
        risk=4,
        likelihood=5,
        impact=5,
        trend="rising",
        created_at=NOW,
        changed_at=NOW,
    )
    row.areas.set([ouaka])
    return row


@pytest.fixture
def report(events: None, threat: Threat, adviser: Person) -> Report:
    """The fourth quarter's report, opened by the POC Adviser."""
    return services.open_report(adviser.mission, period="2020-Q4", by=adviser, now=NOW)


@pytest.fixture
def whole_report(report: Report, adviser: Person) -> Report:
    """The report with every section written."""
    for section in report.sections.all():
        if not section.text:
            services.write_section(
                section, based_on=section.version, changes={"text": f"Outlook for {section.code}."}, by=adviser, now=NOW
            )
    return report


@pytest.fixture
def submitted(whole_report: Report, adviser: Person) -> Report:
    """The report in review, its texts and figures frozen."""
    return services.submit_report(whole_report, by=adviser, now=NOW)


@pytest.fixture
def signed(submitted: Report, poc_lead: Person, head_of_mission: Person) -> Report:
    """The report cleared and approved; its PDF is still asked for."""
    services.clear_report(submitted, by=poc_lead, now=NOW)
    return services.approve_report(submitted, by=head_of_mission, now=NOW)
