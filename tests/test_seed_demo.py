"""The demo mission: whole, plausible, the same every time, and built once."""

import csv
from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from coordination.models import ActionPoint, Forum, Issue, Mechanism, Meeting
from pocweb import audit, demo
from pocweb.choices import Phase, Role, Tier
from pocweb.models import AuditEvent, Mission, Office, Person
from reporting.demo.build import EVENTS
from reporting.models import Report
from reporting.services import missing_in
from strategy.models import Activity
from threats.choices import SourceOfViolence
from threats.models import Incident, MatrixEdition, Threat

MAIN = {"BAMBARI", "BRIA", "KAGABANDORO", "BOUAR", "BOSSANGOA", "HQ"}


@pytest.mark.django_db
def test_seed_needs_the_reference_data() -> None:
    with pytest.raises(CommandError, match="Load the reference data first"):
        call_command("seed_demo", stdout=StringIO())


@pytest.mark.django_db
def test_demo_mission_is_whole_and_built_once(client: Client) -> None:
    """One build, looked at from all sides, since building takes some seconds."""
    call_command("load_reference", stdout=StringIO())
    call_command("seed_demo", stdout=StringIO())
    mission = Mission.objects.get(code="DEMO")
    assert str(mission.clock_on) == "2020-12-31"
    _check_people(mission)
    _check_threats(mission)
    _check_papers(mission)
    assert list(audit.verify(mission)) == []
    moments = list(AuditEvent.objects.filter(mission=mission).order_by("seq").values_list("at", flat=True))
    assert moments == sorted(moments)

    events, people = AuditEvent.objects.count(), Person.objects.count()
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert "nothing was changed" in out.getvalue()
    assert (AuditEvent.objects.count(), Person.objects.count()) == (events, people)

    assert client.login(username="castell", password=demo.DEMO_PASSWORD)
    assert client.get("/").status_code == 200


def _check_people(mission: Mission) -> None:
    """Every role has an account, all areas of the first level an office, and `serve` can print the accounts."""
    roles = set(mission.postings.values_list("role", flat=True))
    assert roles == set(Role.values)
    areas = Counter(
        area
        for office in Office.objects.filter(mission=mission)
        for area in office.areas.values_list("pcode", flat=True)
    )
    assert len(areas) == 17
    assert set(areas.values()) == {1}
    lines = demo.account_lines()
    assert lines[0] == f"password of all: {demo.DEMO_PASSWORD}"
    assert len(lines) == 1 + Person.objects.count()
    assert all(person.email.endswith("@demo.invalid") for person in Person.objects.all())


def _check_threats(mission: Mission) -> None:
    """The events are those of the file; 20 to 40 threats over all offices, columns filled, gaps left on purpose."""
    with (settings.BASE_DIR / Path(EVENTS)).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    incidents = Incident.objects.filter(mission=mission)
    assert incidents.count() == len(rows) == 1576
    assert sum(incidents.values_list("killed_best", flat=True)) == sum(int(row["best"]) for row in rows)
    threats = Threat.objects.filter(mission=mission)
    assert 20 <= threats.count() <= 40
    assert set(threats.values_list("office__code", flat=True)) == MAIN
    for column in ("location", "scale", "civilians", "perpetrators", "other_actors", "capacity", "action"):
        assert not threats.filter(**{column: ""}).exists()
    assert threats.filter(actors__source_of_violence=SourceOfViolence.STATE).exists()
    assert threats.filter(lead=None).exists()
    assert threats.filter(objective="").exists()
    assert threats.filter(capacity_in_reach=None).exists()
    assert threats.filter(imminent=True).exists()
    assert set(threats.exclude(priority=None).values_list("priority", flat=True)) == {1, 2, 3}
    assert max(threat.assessments.count() for threat in threats) == 4
    activities = Activity.objects.filter(mission=mission)
    assert set(activities.values_list("tier", flat=True)) == set(Tier.values)
    assert {phase for one in activities for phase in one.phases} == set(Phase.values)
    assert set(activities.values_list("status", flat=True)) >= {"planned", "ongoing", "done"}


def _check_papers(mission: Mission) -> None:
    """Two editions of each main office were approved, a third is on its way but for one; one report signed."""
    for code in MAIN:
        states = MatrixEdition.objects.filter(mission=mission, office__code=code).order_by("number")
        third = {"BRIA": ["endorsed"], "BOUAR": []}.get(code, ["draft"])
        assert list(states.values_list("state", flat=True)) == ["superseded", "in_force", *third]
        assert not states.filter(starts_on=None).exists()
        forums = Forum.objects.filter(mission=mission, office__code=code)
        assert forums.count() == (3 if code == "HQ" else 1)
        assert not forums.filter(seats=None).exclude(code="opt").exists()
    assert set(Forum.objects.filter(mission=mission, parent=None).values_list("code", flat=True)) == {"smgp"}
    assert set(Forum.objects.filter(mission=mission, chair=None).values_list("code", flat=True)) == {"opt"}
    assert Mechanism.objects.filter(mission=mission).exclude(representative=None).count() == 3
    held = Meeting.objects.filter(mission=mission).order_by("starts_at").values_list("kind", "state")
    assert list(held) == [*[("regular", "held")] * 2, *[("emergency", "held")] * 2, ("regular", "planned")]
    assert ActionPoint.objects.filter(mission=mission).overdue(date(2020, 12, 31)).count() == 1
    assert Issue.objects.get(mission=mission).state == "referred_operational"
    assert list(Report.objects.filter(mission=mission).order_by("period").values_list("period", "state")) == [
        ("2020-Q3", "approved"),
        ("2020-Q4", "drafting"),
    ]
    assert missing_in(Report.objects.get(mission=mission, period="2020-Q4")) == []
