"""The mission that the bench measures: shipped places, real events, threats with every column filled.

Texts of threats are real headlines of the shipped event data, so that pages compress as those of a mission would.
"""

import csv
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from django.db import transaction

from coordination.models import Forum
from pocweb.choices import Phase, Role, Tier
from pocweb.models import Area, Component, Counter, Mission, Office, Person
from pocweb.reference_data import load_all
from reporting.services import open_report
from strategy.models import Activity
from tests.factories.coordination_forum import make_forum
from tests.factories.mission import make_mission, make_office, make_person
from tests.factories.threats_edition import make_edition
from tests.factories.threats_incident import make_incident
from tests.factories.threats_threat import NOON, make_actor
from threats.choices import ApprovalSlot
from threats.models import (
    Assessment,
    AtRiskGroup,
    ProtectionActor,
    Scheme,
    Threat,
    ThreatGroup,
    ThreatProtectionActor,
    ViolenceType,
)
from threats.reference_loader import FOLDER
from threats.rules.scheme import priority_of, risk_of
from threats.services import imports

EVENTS = FOLDER / "ucdp_ged_caf_1991_2020.csv"
OFFICES = {"BAMBARI": "CF43", "BRIA": "CF52", "BOUAR": "CF22", "BOSSANGOA": "CF32"}
HEADS = {
    ApprovalSlot.HEAD_OF_OFFICE: (Role.HOO, "political"),
    ApprovalSlot.HEAD_OF_MILITARY: (Role.FCPC, "force"),
    ApprovalSlot.HEAD_OF_POLICE: (Role.FCPC, "police"),
}
TEXTS = {
    "location": 1, "scale": 2, "civilians": 1, "perpetrators": 1, "other_actors": 1, "capacity": 1, "response": 2,
    "action": 2, "objective": 1,
}  # fmt: skip
"""How many headlines make the text of each column."""


def headlines() -> list[str]:
    """Return the distinct headlines of the shipped events, as they were written."""
    with EVENTS.open(encoding="utf-8", newline="") as file:
        found = (part.strip() for row in csv.DictReader(file) for part in row["source_headline"].split(";"))
        return list(dict.fromkeys(line for line in found if len(line) > 30))


@dataclass
class World:
    """The mission and those who look at it; `officer` answers for Bambari, `adviser` for the mission."""

    mission: Mission
    hq: Office
    offices: dict[str, Office]
    adviser: Person
    officer: Person
    texts: Any = field(repr=False)

    @classmethod
    def build(cls) -> "World":
        """Load the shipped reference data and found the mission, with no record in it."""
        load_all()
        mission = make_mission()
        hq = make_office(mission, "HQ", name="Mission headquarters")
        offices = {
            code: make_office(mission, code, hq, Area.objects.filter(pcode=pcode), lat=5.8, lon=20.7)
            for code, pcode in OFFICES.items()
        }
        adviser = make_person("adviser", Role.POCA, hq, "poc", first_name="N.", last_name="Castell")
        officer = make_person("officer", Role.POCF, offices["BAMBARI"], "poc", first_name="A.", last_name="Bellin")
        for code in ("upc", "3r", "fprc"):
            make_actor(mission, code, marking=1)
        return cls(mission, hq, offices, adviser, officer, cycle(headlines()))

    def fresh(self, person: Person) -> Person:
        """Return the person without what a request remembers of them."""
        return Person.objects.get(pk=person.pk)

    @transaction.atomic
    def _numbers(self, kind: str, count: int) -> range:
        first = Counter.take(self.mission, kind, count)
        return range(first, first + count)

    def threat_of(self, code: str) -> Threat:
        """Return the first threat of an office, as it is stored now."""
        rows = Threat.objects.select_related("mission", "office", "lead")
        return rows.filter(office=self.offices[code]).order_by("number")[0]

    # --- threats and activities ---

    def add_threats(self, code: str, count: int) -> list[Threat]:
        """Store rated threats of an office with all ten columns, and two activities for each."""
        scheme = Scheme.objects.get(code="5x5", edition=1)
        made = Threat.objects.bulk_create(
            self._threat(self.offices[code], scheme, number) for number in self._numbers("threat", count)
        )
        Assessment.objects.bulk_create(self._rating(threat, scheme) for threat in made)
        self._add_relations(made)
        self._add_activities(made)
        return made

    def _threat(self, office: Office, scheme: Scheme, number: int) -> Threat:
        likelihood, impact = number % 5 + 1, number // 5 % 5 + 1
        risk = risk_of(scheme.data, likelihood, impact)
        words = {name: ". ".join(islice(self.texts, parts)) for name, parts in TEXTS.items()}
        words["location"] = words["location"][:120]
        return Threat(
            mission=self.mission,
            office=office,
            number=number,
            title=next(self.texts)[:90],
            marking=1,
            likelihood=likelihood,
            impact=impact,
            risk=risk,
            priority=priority_of(scheme.data, risk),
            trend="new",
            assessed_on=NOON.date(),
            horizon_on=NOON.date() + timedelta(days=60),
            lead=self.officer,
            created_at=NOON,
            changed_at=NOON,
            **words,
        )

    def _rating(self, threat: Threat, scheme: Scheme) -> Assessment:
        return Assessment(
            threat=threat,
            scheme=scheme,
            likelihood=threat.likelihood,
            impact=threat.impact,
            risk=threat.risk,
            priority=threat.priority,
            trend="new",
            reason=next(self.texts),
            assessed_at=NOON,
        )

    def _add_relations(self, threats: list[Threat]) -> None:
        area = Area.objects.filter(offices=threats[0].office).first()
        below = list(area.get_children()[:4]) if area else []
        links: dict[str, list[Any]] = {
            "areas": below or [area],
            "violence_types": list(ViolenceType.objects.all()[:6]),
            "actors": list(self.mission.actors.all()),
            "components": list(Component.objects.filter(mission=self.mission)[:6]),
        }
        for name, others in links.items():
            through = getattr(Threat, name).through
            key = f"{others[0]._meta.model_name}_id"
            through.objects.bulk_create(
                through(threat_id=threat.pk, **{key: others[(threat.number + turn) % len(others)].pk})
                for threat in threats
                for turn in range(min(2, len(others)))
            )
        groups = list(AtRiskGroup.objects.all()[:5])
        ThreatGroup.objects.bulk_create(
            ThreatGroup(
                threat=threat,
                group=groups[(threat.number + turn) % 5],
                estimated_number=100 * threat.number,
                vulnerability=3,
                exposure=next(self.texts)[:100],
            )
            for threat in threats
            for turn in range(2)
        )
        elders, _new = ProtectionActor.objects.get_or_create(
            mission=self.mission, name="Council of elders", defaults={"kind": "community"}
        )
        ThreatProtectionActor.objects.bulk_create(
            ThreatProtectionActor(threat=threat, protection_actor=elders, role="mediates", presence="daily")
            for threat in threats
        )

    def _add_activities(self, threats: list[Threat]) -> None:
        component = Component.objects.get(mission=self.mission, code="force")
        numbers = iter(self._numbers("activity", 2 * len(threats)))
        made = Activity.objects.bulk_create(
            Activity(
                mission=self.mission,
                office=threat.office,
                number=next(numbers),
                title=next(self.texts)[:100],
                tier=tier,
                phases=[Phase.PREVENTION, Phase.RESPONSE],
                component=component,
                owner=self.officer,
                status=status,
                due_on=NOON.date() + timedelta(days=threat.number % 60),
                marking=1,
                created_at=NOON,
                changed_at=NOON,
            )
            for threat in threats
            for tier, status in ((Tier.DIALOGUE, "ongoing"), (Tier.PHYSICAL, "planned"))
        )
        through = Activity.threats.through
        pairs = zip(made, (threat for threat in threats for _turn in range(2)), strict=True)
        through.objects.bulk_create(through(activity_id=one.pk, threat_id=threat.pk) for one, threat in pairs)

    # --- the rest ---

    @transaction.atomic
    def add_incidents(self, count: int) -> None:
        """Record some incidents in the area of Bambari."""
        area = Area.objects.filter(offices=self.offices["BAMBARI"]).first()
        for turn in range(count):
            make_incident(self.mission, area, title=next(self.texts)[:150], killed_best=turn, lat=5.7, lon=20.7)

    def import_file(self, path: Any, say: Any = imports.silent) -> Any:
        """Import a file of events as the command does, with its check, and return the run."""
        with path.open("rb") as file:
            run = imports.start_import(
                mission=self.mission, file=file, name=path.name, by=None, layout="ucdp", queue=False
            )
        imports.check_import(run.pk, say=say)
        imports.confirm_import(run, by=None, queue=False)
        return imports.write_import(run.pk, by=None, say=say)

    def add_editions(self, code: str, count: int) -> None:
        """Bring so many editions of an office into force, one after the other."""
        office = self.offices[code]
        heads = {slot: self._head(slot, office) for slot in HEADS}
        for _turn in range(count):
            make_edition(office, self.adviser, "in_force", heads)

    def open_edition(self, code: str) -> None:
        """Leave an office with an edition that the forum endorsed and nobody has approved."""
        make_edition(self.offices[code], self.adviser, "endorsed")

    def _head(self, slot: str, office: Office) -> Person:
        role, component = HEADS[slot]
        name = f"{slot}-{office.code}".lower()
        return Person.objects.filter(username=name).first() or make_person(name, role, office, component)

    def add_reports(self, quarters: list[str]) -> list[Any]:
        """Open the assessments of quarters."""
        return [open_report(self.mission, period=quarter, by=self.adviser, now=NOON) for quarter in quarters]

    def add_forums(self, code: str, count: int) -> None:
        """Add forums to an office."""
        known = Forum.objects.count()
        for number in range(known, known + count):
            make_forum(self.offices[code], self.adviser, f"Protection group {number}")
