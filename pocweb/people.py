"""What an administrator does with accounts, postings, clearance and the mission's permission table.

Nobody changes their own account, postings or clearance: that takes a second administrator.
"""

from datetime import date
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import models, transaction
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import hold_chain, record_event
from pocweb.choices import Marking, Role, Verb
from pocweb.errors import Forbidden, RuleError
from pocweb.models import Component, Mission, Office, Person, Posting, RoleGrant
from pocweb.notices import recount
from pocweb.permissions import LETTERS, default_table, grants_for, require


def people_visible_to(user: Any) -> "models.QuerySet[Person]":
    """Return the people with a posting, past or present, in a mission whose accounts the user may see."""
    missions = [grant.mission_id for grant in grants_for(user, "person", Verb.VIEW)]
    return Person.objects.filter(pk__in=Posting.objects.filter(mission__in=missions).values("person"))


def administered_mission(user: Any) -> Mission | None:
    """Return the mission whose accounts and trail the user sees: that of their first posting which allows it."""
    missions = {grant.mission_id for grant in grants_for(user, "person", Verb.VIEW)}
    return next((row.mission for row in user.active_postings if row.mission_id in missions), None)


def _require_admin(by: Any, mission_id: int) -> None:
    require(by, "pocweb.edit_people", RoleGrant(mission_id=mission_id))


def _require_other(by: Any, person: Person) -> None:
    if by.pk == person.pk:
        raise Forbidden("own_account", _("Nobody changes their own account. Ask another administrator."))


def _require_whole(by: Any, person: Person) -> Posting:
    """Refuse what touches the person everywhere while they are posted in missions of other administrators.

    Returns the posting under which the act stands in the trail.
    """
    _require_other(by, person)
    missions = {grant.mission_id for grant in grants_for(by, "person", Verb.EDIT)}
    postings = list(person.postings.select_related("mission", "office").order_by("-pk"))
    mine = [posting for posting in postings if posting.mission_id in missions]
    current = [posting for posting in postings if posting.is_active(clock.today(posting.mission))]
    if not mine or any(posting.mission_id not in missions for posting in current):
        raise Forbidden("other_mission", _("This person is posted in another mission too; its administrator decides."))
    return mine[0]


@transaction.atomic
def add_person(
    *,
    by: Any,
    username: str,
    first_name: str,
    last_name: str,
    function: str,
    clearance: int,
    password: str,
    office: Office,
    role: str,
    component: Component | None,
    starts_on: date,
    email: str = "",
) -> Person:
    """Make an account with its first posting and return it. Raises `ValidationError` for a weak password."""
    _require_admin(by, office.mission_id)
    person = Person(
        username=username,
        first_name=first_name,
        last_name=last_name,
        function=function,
        clearance=clearance,
        email=email,
    )
    validate_password(password, person)
    person.set_password(password)
    person.full_clean()
    person.save()
    posting = _post(person, office=office, role=role, component=component, starts_on=starts_on, ends_on=None)
    changes = {"account": [None, username], "clearance": [None, str(Marking(clearance).label)]}
    record_event(by, "account made", posting, changes=changes)
    return person


def _post(
    person: Person, *, office: Office, role: str, component: Component | None, starts_on: date, ends_on: date | None
) -> Posting:
    if component is not None and component.mission_id != office.mission_id:
        raise RuleError("not_in_mission", _("Choose a component of this mission."), "component")
    if role == Role.FCPC and (component is None or component.kind not in ("military", "police")):
        raise RuleError(
            "component_missing", _("Say of which component this person is the head: military or police."), "component"
        )
    posting = Posting(
        person=person,
        mission_id=office.mission_id,
        office=office,
        role=role,
        component=component,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    posting.full_clean()
    posting.save()
    return posting


@transaction.atomic
def add_posting(
    person: Person,
    *,
    by: Any,
    office: Office,
    role: str,
    component: Component | None = None,
    starts_on: date,
    ends_on: date | None = None,
) -> Posting:
    """Give a person a role in an office for a period and return the posting."""
    _require_admin(by, office.mission_id)
    _require_other(by, person)
    posting = _post(person, office=office, role=role, component=component, starts_on=starts_on, ends_on=ends_on)
    record_event(by, "posted", posting, changes={"from": [None, starts_on], "until": [None, ends_on]})
    return posting


@transaction.atomic
def end_posting(posting: Posting, *, by: Any, ends_on: date) -> Posting:
    """Set the last day of a posting. Raises `RuleError` for a day before its first."""
    _require_admin(by, posting.mission_id)
    _require_other(by, posting.person)
    if ends_on < posting.starts_on:
        raise RuleError("ends_before_start", _("The last day lies before the first."), "ends_on")
    hold_chain(posting.mission)  # before the person, as `notify` does
    before, posting.ends_on = posting.ends_on, ends_on
    posting.save(update_fields=["ends_on"])
    recount(posting.person)
    record_event(by, "posting ended", posting, changes={"until": [before, ends_on]})
    return posting


@transaction.atomic
def set_clearance(person: Person, *, by: Any, clearance: int) -> None:
    """Set up to which marking a person reads."""
    posting = _require_whole(by, person)
    hold_chain(posting.mission)  # before the person, as `notify` does
    before, person.clearance = person.clearance, Marking(clearance)
    if before == clearance:
        return
    person.save(update_fields=["clearance"])
    recount(person)
    labels = [str(Marking(value).label) for value in (before, clearance)]
    record_event(by, "clearance set", posting, changes={"clearance": labels})


@transaction.atomic
def set_open(person: Person, *, by: Any, is_active: bool) -> None:
    """Close an account, so that nobody signs in with it, or open it again."""
    posting = _require_whole(by, person)
    hold_chain(posting.mission)  # before the person, as `notify` does
    if person.is_active == is_active:
        return
    person.is_active = is_active
    person.save(update_fields=["is_active"])
    record_event(by, "account opened" if is_active else "account closed", posting)


@transaction.atomic
def set_password(person: Person, *, by: Any, password: str) -> None:
    """Set a new password after somebody forgot theirs; it ends their sessions. Raises `ValidationError` if weak."""
    posting = _require_whole(by, person)
    hold_chain(posting.mission)  # before the person, as `notify` does
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    record_event(by, "password set anew", posting)


@transaction.atomic
def set_permission(mission: Mission, *, by: Any, role: str, kind: str, letter: str) -> None:
    """Set one cell of the mission's permission table; the shipped letter removes the mission's own.

    Raises `Forbidden` for a role that the person holds themselves, `RuleError` for what the table does not know, and
    for the cell that would shut out all administrators.
    """
    _require_admin(by, mission.pk)
    table = default_table()
    if kind not in table or role not in table[kind]["letters"] or letter not in LETTERS:
        raise RuleError("unknown_cell", _("The permission table has no such cell."))
    if any(grant.mission_id == mission.pk and grant.role == role for grant in by.grants) and kind != "person":
        raise Forbidden("own_role", _("Nobody changes what their own role may do. Ask an administrator without it."))
    if (role, kind) == (Role.ADM, "person") and letter != "E":
        raise RuleError(
            "last_key", _("Administrators keep the right to edit accounts, else nobody could give it back.")
        )
    before = letters_of(mission)[kind][role]
    if before == letter:
        return
    grants = RoleGrant.objects.filter(mission=mission, role=role, kind=kind)
    if letter == table[kind]["letters"][role]:
        grants.delete()
    else:
        grants.update_or_create(mission=mission, role=role, kind=kind, defaults={"letter": letter})
    record_event(by, "permission set", mission, changes={f"{kind} {role}": [before, letter]})


def letters_of(mission: Mission) -> dict[str, dict[str, str]]:
    """Return the letters in force in the mission by kind and role."""
    table = {kind: dict(row["letters"]) for kind, row in default_table().items()}
    for grant in RoleGrant.objects.filter(mission=mission):
        if grant.kind in table:
            table[grant.kind][grant.role] = grant.letter or "-"
    return table
