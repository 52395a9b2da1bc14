"""Registers of the demo mission: what its protection actors are and do, and the group that it added to the shared list.

Descriptions are invented and name nobody.
"""

from datetime import date, datetime
from functools import partial

from reporting.demo.diary import Diary, person
from threats.models import ProtectionActor
from threats.services.protection_actors import edit_protection_actor
from threats.services.vocabulary import add_entry

WRITTEN_ON = date(2020, 8, 11)
OWN_GROUP = "Transhumant herders"
DESCRIPTIONS = {
    "Local peace and security committee": "Elders, youth and traders of a town; settles disputes, warns, has no means.",
    "Community alert network": "Volunteers with telephones along the main roads; calls the nearest base.",
    "Prefecture and sub-prefects": "State administration in the chief towns; often absent from rural communes.",
    "National army and gendarmerie": "Posts in a few towns; conduct towards civilians differs from post to post.",
    "Interfaith platform": "Religious leaders of all faiths; opens doors for mediation and calls against incitement.",
    "Protection Cluster": "Humanitarian protection partners; shares analysis and keeps its distance from the mission.",
}


def write_registers(diary: Diary) -> None:
    """Put down the descriptions of the protection actors and the mission's own group at risk."""
    for actor in ProtectionActor.objects.filter(mission=diary.mission, name__in=DESCRIPTIONS).order_by("name"):
        diary.put(WRITTEN_ON, partial(_describe, actor))
    diary.put(WRITTEN_ON, partial(_add_group, diary))


def _describe(actor: ProtectionActor, now: datetime) -> None:
    changes = {"description": DESCRIPTIONS[actor.name]}
    edit_protection_actor(actor, changes=changes, based_on=actor.version, by=person("bellin"), now=now)


def _add_group(diary: Diary, now: datetime) -> None:
    add_entry(mission=diary.mission, kind="groups", name=OWN_GROUP, by=person("castell"), now=now)
