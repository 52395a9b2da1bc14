"""Acts on the mission's own records: founding a mission, its first people."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking, OfficeKind, Role
from pocweb.errors import RuleError
from pocweb.models import Component, Mission, Office, Person, Posting

COMPONENTS = (
    ("force", "Force", Component.Kind.MILITARY),
    ("police", "Police", Component.Kind.POLICE),
    ("civil-affairs", "Civil Affairs", Component.Kind.CIVILIAN),
    ("human-rights", "Human Rights", Component.Kind.CIVILIAN),
    ("poc", "Protection of Civilians", Component.Kind.CIVILIAN),
    ("political", "Political Affairs", Component.Kind.CIVILIAN),
    ("support", "Mission Support", Component.Kind.SUPPORT),
)


@transaction.atomic
def found_mission(*, code: str, name: str, country_code: str, admin: str, password: str) -> Mission:
    """Create a mission with its headquarters, the usual components and one administrator, and return it.

    Raises `RuleError` when the code or the account name is taken, and `ValidationError` for a weak password.
    """
    if Mission.objects.filter(code=code).exists():
        raise RuleError("mission_exists", f"There is a mission with the code {code} already.", "code")
    if Person.objects.filter(username=admin).exists():
        raise RuleError("account_exists", f"There is an account {admin} already.", "admin")
    mission = Mission(code=code, name=name, country_code=country_code.upper())
    mission.full_clean()
    mission.save()
    kind_of_root = OfficeKind.HEADQUARTERS
    headquarters = Office.objects.add_root(
        create_kwargs={"mission": mission, "code": "HQ", "name": "Mission headquarters", "kind": kind_of_root}
    )
    for slug, label, kind in COMPONENTS:
        Component.objects.create(mission=mission, code=slug, name=label, kind=kind)
    person = Person(username=admin, clearance=Marking.CONFIDENTIAL, function="Administrator")
    validate_password(password, person)
    person.set_password(password)
    person.save()
    Posting.objects.create(
        person=person, mission=mission, office=headquarters, role=Role.ADM, starts_on=clock.today(mission)
    )
    record_event(None, "founded", mission, note=f"First administrator: {admin}")
    return mission
