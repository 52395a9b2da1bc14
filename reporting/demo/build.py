"""Building of the demo mission, step by step; each step that is done already is passed over."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from pocweb.audit import record_event
from pocweb.demo import DEMO_DOMAIN, DEMO_PASSWORD
from pocweb.errors import RuleError
from pocweb.models import Area, Component, Mission, Office, Person, Posting
from pocweb.services import COMPONENTS
from reporting.demo import (
    alert_history,
    communities,
    flashes,
    forums,
    meetings,
    notices,
    outcomes,
    papers,
    plans,
    presence,
    registers,
    responses,
    rounds,
    sharing,
    warnings,
    watch,
)
from reporting.demo.cast import MISSION, OFFICES, PEOPLE, PROTECTION_ACTORS
from reporting.demo.clusters import clusters_of
from reporting.demo.diary import Diary, person
from reporting.demo.threats import ThreatWriter
from reporting.models import Report
from threats.choices import SourceOfViolence
from threats.models import Actor, Incident, ProtectionActor, Threat
from threats.services import imports
from threats.services.actors import edit_actor
from threats.services.incidents import verify_incident

CLOCK_ON = date(2020, 12, 31)
FOUNDED_ON = date(2020, 6, 1)
EVENTS = Path("threats/reference/ucdp_ged_caf_1991_2020.csv")
SEED = 20201231


@dataclass
class Built:
    """What was built in this run, in sentences."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)


def build_demo() -> list[str]:
    """Build what is missing of the demo mission and return what was done, a sentence per step.

    Raises `RuleError` when the reference data has not been loaded.
    """
    if not Area.objects.filter(pcode="CF").exists():
        raise RuleError("no_places", "Load the reference data first: manage.py load_reference.")
    built = Built()
    person.cache_clear()
    mission = _found(built)
    if not Incident.objects.filter(mission=mission).exists():
        _import_events(mission, built)
    if not Report.objects.filter(mission=mission).exists():
        with transaction.atomic():
            _live(mission, built)
    Mission.objects.filter(pk=mission.pk).update(clock_on=CLOCK_ON)
    if built.lines:
        notices.tell_people(Mission.objects.get(pk=mission.pk))
    return built.lines or ["The demo mission is there already; nothing was changed."]


@transaction.atomic
def _found(built: Built) -> Mission:
    """Found the mission with its offices, components and people, where it is not there."""
    mission = Mission.objects.filter(code=MISSION["code"]).first()
    if mission is not None:
        return mission
    mission = Mission.objects.create(**MISSION, clock_on=FOUNDED_ON)
    for code, name, component_kind in COMPONENTS:
        Component.objects.create(mission=mission, code=code, name=name, kind=component_kind)
    offices = _offices(mission)
    components = {row.code: row for row in Component.objects.filter(mission=mission)}
    password = make_password(DEMO_PASSWORD)  # once: hashing is slow on purpose
    for plan in PEOPLE:
        someone = Person.objects.create(
            username=plan.account,
            first_name=plan.first,
            last_name=plan.last,
            email=f"{plan.account}{DEMO_DOMAIN}",
            function=plan.function,
            clearance=plan.clearance,
            password=password,
        )
        Posting.objects.create(
            person=someone,
            mission=mission,
            office=offices[plan.office],
            role=plan.role,
            component=components[plan.component],
            starts_on=date(2020, 1, 1),
        )
    for name, kind in PROTECTION_ACTORS:
        ProtectionActor.objects.create(mission=mission, name=name, kind=kind)
    record_event(None, "founded", mission, note="Demonstration: people and decisions are invented.")
    built.say(f"Founded: {len(OFFICES)} offices, {len(PEOPLE)} people.")
    return mission


def _offices(mission: Mission) -> dict[str, Office]:
    offices: dict[str, Office] = {}
    for plan in OFFICES:
        columns: dict[str, Any] = {
            "mission": mission,
            "code": plan.code,
            "name": plan.name,
            "kind": plan.kind,
            "lat": plan.lat,
            "lon": plan.lon,
        }
        if plan.parent:
            parent = Office.objects.get(pk=offices[plan.parent].pk)
            office = Office.objects.add_child(parent, create_kwargs=columns)
        else:
            office = Office.objects.add_root(create_kwargs=columns)
        office.areas.set(Area.objects.filter(pcode__in=plan.areas, valid_to=None))
        offices[plan.code] = office
    return offices


def _import_events(mission: Mission, built: Built) -> None:
    """Import the shipped events as the analysis centre would."""
    path = Path(settings.BASE_DIR) / EVENTS
    with path.open("rb") as file:
        run = imports.start_import(
            mission=mission, file=file, name=path.name, by=person("ferro"), layout="ucdp", queue=False
        )
    imports.check_import(run.pk, by=person("ferro"))
    imports.confirm_import(run, by=person("ferro"), queue=False)
    run = imports.write_import(run.pk, by=person("ferro"))
    built.say(f"Imported {run.created} events of {run.rows} rows.")


def _live(mission: Mission, built: Built) -> None:
    """Let the mission live through its last months of 2020."""
    diary = Diary(Mission.objects.get(pk=mission.pk))
    chance = random.Random(SEED)  # noqa: S311 - a repeatable choice, nothing secret
    _profiles(diary)
    _verify(diary, chance)
    papers.write_forums(diary)
    forums.write_forums(diary)
    presence.write_presences(diary)
    communities.write_communities(diary)
    watch.write_watch(diary)
    registers.write_registers(diary)
    writer = ThreatWriter(diary, chance)
    for cluster in clusters_of(mission, CLOCK_ON):
        writer.write(cluster)
    papers.write_editions(diary)
    rounds.write_rounds(diary)
    papers.write_reports(diary)
    outcomes.write_lessons(diary)
    meetings.write_meetings(diary)
    plans.write_plans(diary)
    alert_history.write_history(diary)
    sharing.write_sharing(diary)
    warnings.write_warnings(diary)
    responses.write_responses(diary)
    flashes.write_flashes(diary)
    acts = diary.play()
    count = Threat.objects.filter(mission=mission).count()
    built.say(f"Lived through {acts} acts: {count} threats, their ratings, activities, editions and reports.")


def _profiles(diary: Diary) -> None:
    """Let the analysis centre write the profiles of the actors that matter."""
    texts = {
        "identity": "Armed group with commanders who act on their own; profile invented for this demonstration.",
        "motivation": "Control of roads, cattle and mining sites; protection of those it calls its own.",
        "capability": "Light weapons, pick-ups and motorcycles; moves a hundred fighters within a day.",
        "mode_of_action": "Checkpoints, raids at night, reprisals after losses.",
        "opportunity": "Dry season, poor roads, absence of the State.",
    }
    acting = Actor.objects.filter(mission=diary.mission, incidents__starts_on__gte=date(2020, 1, 1)).distinct()
    for actor in acting.exclude(source_of_violence=SourceOfViolence.STATE).order_by("code"):
        diary.put(FOUNDED_ON + timedelta(days=1), partial(_describe, actor, texts))  # the import fills the first day


def _describe(actor: Actor, texts: dict[str, str], now: datetime) -> None:
    edit_actor(actor, changes=texts, based_on=actor.version, by=person("ferro"), now=now)


def _verify(diary: Diary, chance: random.Random) -> None:
    """Let human rights verify about half of the year's events, a few weeks after each."""
    rows = Incident.objects.filter(mission=diary.mission, starts_on__gte=date(2020, 1, 1)).order_by(
        "starts_on", "number"
    )
    for pk, starts_on in rows.values_list("pk", "starts_on"):
        fate = chance.random()
        begun = min(max(starts_on, FOUNDED_ON) + _days(chance, 3, 12), CLOCK_ON)
        ended = begun + _days(chance, 5, 25)
        if fate < 0.2:
            continue
        diary.put(begun, partial(_move, pk, "under_verification", "Team sent; interviews begun."))
        if fate < 0.4 or ended > CLOCK_ON:
            continue
        to = "not_verified" if fate > 0.92 else "verified"
        note = "Three independent accounts agree." if to == "verified" else "No witness could be met."
        diary.put(ended, partial(_move, pk, to, note))


def _days(chance: random.Random, least: int, most: int) -> timedelta:
    return timedelta(days=chance.randint(least, most))


def _move(pk: int, to: str, note: str, now: datetime) -> None:
    incident = Incident.objects.select_related("mission", "office").get(pk=pk)
    verify_incident(incident, to=to, note=note, by=person("solane"), now=now)
