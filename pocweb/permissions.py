"""Roles, and the registry behind `user.has_perm`.

Each name is one line in an app's `permissions.py`; everything (page, service, API, command) asks `has_perm(name, obj)`.
Source of the shipped table: `reference/permissions.yaml`.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rules
import yaml
from django.db.models import Q

from pocweb.choices import Verb
from pocweb.errors import Forbidden, RuleError

if TYPE_CHECKING:
    from pocweb.models import RoleGrant
    from pocweb.models.people import Grant, Person, Posting

_EDIT = frozenset({Verb.VIEW, Verb.COMMENT, Verb.EDIT})
LETTERS: dict[str, frozenset[Verb]] = {
    "V": frozenset({Verb.VIEW}),
    "C": frozenset({Verb.VIEW, Verb.COMMENT}),
    "E": _EDIT,
    "D": _EDIT | {Verb.DRAFT},
    "A": frozenset({Verb.VIEW, Verb.COMMENT, Verb.APPROVE}),
    "r": frozenset({Verb.VIEW_RELEASED}),
    "-": frozenset(),
}


@cache
def default_table() -> dict[str, dict[str, Any]]:
    """Return the shipped table: kind -> label, scope, and letter by role."""
    path = Path(__file__).parent / "reference" / "permissions.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    table = {}
    for kind, row in data["kinds"].items():
        letters = dict(zip(data["roles"], row["letters"].split(), strict=True))
        table[kind] = {"label": row["label"], "scope": row["scope"], "letters": letters}
    return table


def table_of(local: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Return letters by role and kind, the mission's own cells (role, kind, letter) laid over the default."""
    by_role: dict[str, dict[str, str]] = {}
    for kind, row in default_table().items():
        for role, letter in row["letters"].items():
            by_role.setdefault(role, {})[kind] = letter
    for role, kind, letter in local:
        by_role.setdefault(role, {})[kind] = letter or "-"
    return by_role


def grants_of(person: "Person") -> "list[Grant]":
    """Return what the person's active postings give; two queries, whatever their number."""
    from pocweb.models import RoleGrant  # models ask this module for `grants`

    postings = person.active_postings if person.is_active else []
    if not postings:
        return []
    return grants_from(postings, RoleGrant.objects.filter(mission__in={p.mission_id for p in postings}))


def grants_from(postings: "Iterable[Posting]", departures: "Iterable[RoleGrant]") -> "list[Grant]":
    """Return what these postings give, the missions' departures from the shipped table laid over it; no query."""
    from pocweb.models.people import Grant  # models ask this module for `grants`

    local: dict[int, list[tuple[str, str, str]]] = {}
    for row in departures:
        local.setdefault(row.mission_id, []).append((row.role, row.kind, row.letter))
    grants = []
    for posting in postings:
        letters = table_of(local.get(posting.mission_id, ())).get(posting.role, {})
        grants.append(
            Grant(
                mission_id=posting.mission_id,
                office_path=posting.office.path,
                office_id=posting.office_id,
                role=posting.role,
                component_kind=posting.component.kind if posting.component else "",
                verbs={kind: LETTERS[letter] for kind, letter in letters.items()},
            )
        )
    return grants


def grants_for(user: Any, kind: str, verb: Verb) -> "list[Grant]":
    """Return the user's grants that allow the verb on this kind of object somewhere."""
    return [grant for grant in getattr(user, "grants", []) if grant.allows(kind, verb)]


def reaches(grant: "Grant", kind: str, obj: Any) -> bool:
    """Say whether a grant's posting covers the object: same mission and, for office kinds, its branch of offices."""
    if grant.mission_id != obj.mission_id:
        return False
    if default_table()[kind]["scope"] == "mission" or getattr(obj, "office_id", None) is None:
        return True
    return obj.office.path.startswith(grant.office_path)


def cleared(user: Any, obj: Any) -> bool:
    """Say whether the user's clearance reaches the object's marking."""
    return getattr(obj, "marking", 0) <= getattr(user, "clearance", 0)


def allows(kind: str, verb: Verb) -> rules.Predicate:
    """Return the predicate "may do the verb to this kind of object"; without an object: anywhere at all."""

    def predicate(user: Any, obj: Any = None) -> bool:
        grants = grants_for(user, kind, verb)
        if obj is None:
            return bool(grants)
        return cleared(user, obj) and any(reaches(grant, kind, obj) for grant in grants)

    return rules.Predicate(predicate, name=f"{verb}_{kind}")


def has_role(*roles: str, component_kind: str = "") -> rules.Predicate:
    """Return the predicate "holds one of the roles in an office above the object (or anywhere)"."""

    def predicate(user: Any, obj: Any = None) -> bool:
        for grant in getattr(user, "grants", []):
            if grant.role not in roles or (component_kind and grant.component_kind != component_kind):
                continue
            if obj is None or (
                grant.mission_id == obj.mission_id
                and (getattr(obj, "office_id", None) is None or obj.office.path.startswith(grant.office_path))
            ):
                return True
        return False

    return rules.Predicate(predicate, name=f"has_role_{'_'.join(roles)}")


def scope_q(user: Any, kind: str, *, verb: Verb = Verb.VIEW, prefix: str = "", marking: bool = True) -> Q:
    """Return the filter of rows of this kind that the user may see (or edit ...), as one condition without ids.

    `prefix` leads to the record from the filtered table ("threat__"). Built from the postings already read, so it
    costs no query; the office branch is a comparison of tree paths in the database.
    """
    scope = default_table()[kind]["scope"]
    places = Q(pk__in=[])
    for grant in grants_for(user, kind, verb):
        here = Q(**{f"{prefix}mission": grant.mission_id})
        if scope == "office":
            here &= Q(**{f"{prefix}office__path__startswith": grant.office_path})
        places |= here
    if marking:
        places &= Q(**{f"{prefix}marking__lte": getattr(user, "clearance", 0)})
    return places


def require(user: Any, name: str, obj: Any = None) -> None:
    """Raise `Forbidden` when the user lacks the named permission; services ask this first of all."""
    if not user.has_perm(name, obj):
        raise Forbidden("forbidden", "Your role does not allow this here.")


def refuse_above_clearance(marking: int | None, user: Any) -> None:
    """Raise `RuleError` for a marking that the user could not read afterwards; None is no marking."""
    if marking is not None and int(marking) > getattr(user, "clearance", 0):
        raise RuleError("marking_above_clearance", "This marking is above your own clearance.", "marking")


view_person = allows("person", Verb.VIEW)
rules.add_perm("pocweb.view_desk", rules.is_authenticated)
rules.add_perm("pocweb.view_notices", rules.is_authenticated)
rules.add_perm("pocweb.view_places", allows("mandate", Verb.VIEW))
rules.add_perm("pocweb.edit_places", allows("mandate", Verb.EDIT))
rules.add_perm("pocweb.view_people", view_person)
rules.add_perm("pocweb.edit_people", allows("person", Verb.EDIT))
rules.add_perm("pocweb.view_audit", view_person)
rules.add_perm("pocweb.view_access_table", rules.is_authenticated)
