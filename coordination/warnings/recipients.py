"""Who gets what of a case: the lists by step, as data, and the people whom they name today for one case.

A mission edits its own lists (`set_warning_defaults`). A step for which it has no line takes the shipped list, so that
an alert always has somebody to go to. Source: POC Handbook 2020, Annex V, steps 2 to 17 (EW-08).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from coordination.models import RecipientRule, WarningCase
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Role
from pocweb.errors import Conflict, RuleError
from pocweb.models import Component, Mission, Person
from pocweb.permissions import require
from pocweb.recipients import Staff
from pocweb.reference_data import Counts, read_yaml

FILE = Path(__file__).parent.parent / "reference" / "warning_recipients.yaml"
SET = "coordination.set_warning_defaults"
Reach = RecipientRule.Reach


@dataclass(frozen=True)
class Line:
    """One line of a list for one case: as what, and the people who get it.

    `not_cleared` are functions of people who hold the role but may not see the case. With nobody in `people` and no
    one in `not_cleared`, nobody holds the role; `is_outside` is a body without an account here.
    """

    label: str
    people: tuple[Person, ...] = ()
    not_cleared: tuple[str, ...] = ()
    is_outside: bool = False

    @property
    def is_vacant(self) -> bool:
        return not (self.is_outside or self.people or self.not_cleared)


def shipped_rules(mission: Mission, step: str = "") -> list[RecipientRule]:
    """Return the shipped lines as rows that are not stored, of one step or of all."""
    steps: dict[str, list[dict[str, str]]] = read_yaml(FILE)["steps"]
    return [
        RecipientRule(mission=mission, step=key, order=number, **line)
        for key, lines in steps.items()
        if step in ("", key)
        for number, line in enumerate(lines, start=1)
    ]


def rules_of(mission: Mission, step: str) -> list[RecipientRule]:
    """Return the lines in force of a step: the mission's own, else the shipped ones. One query."""
    own = list(RecipientRule.objects.filter(mission=mission, step=step))
    return own or shipped_rules(mission, step)


def lists_of(mission: Mission) -> list[tuple[str, list[RecipientRule]]]:
    """Return the lines in force of every step, the mission's own or the shipped ones. One query."""
    own: dict[str, list[RecipientRule]] = {}
    for rule in RecipientRule.objects.filter(mission=mission):
        own.setdefault(rule.step, []).append(rule)
    return [(step, own.get(step) or shipped_rules(mission, step)) for step in steps_known()]


def load() -> Counts:
    """Store the shipped lists of each mission for the steps of which it has no line; edited lists stay as they are."""
    own = set(RecipientRule.objects.values_list("mission", "step"))
    rows = [rule for mission in Mission.objects.all() for rule in shipped_rules(mission)]
    missing = [rule for rule in rows if (rule.mission_id, rule.step) not in own]
    RecipientRule.objects.bulk_create(missing, ignore_conflicts=True)
    return {"recipients": (len(missing), len(rows) - len(missing))}


def recipients_for(case: WarningCase, step: str, *, staff: Staff | None = None) -> list[Line]:
    """Return the list of a step for a case, each person under the first label that they hold.

    Five queries, whatever the number of people; `staff` may be handed in by who asks for several steps.
    """
    staff = staff or Staff(case.mission)
    taken: set[int] = set()
    lines = []
    for rule in rules_of(case.mission, step):
        found = [one for one in _holders(rule, case, staff) if one.pk not in taken]
        taken |= {one.pk for one in found}
        seen = tuple(one for one in found if may_see(one, case))
        hidden = tuple(one.function or str(Role(rule.role).label) for one in found if one not in seen)
        if found or not _is_doubled(rule, case, staff, taken):
            lines.append(Line(rule.label, seen, hidden, rule.reach == Reach.OUTSIDE))
    return lines


def _is_doubled(rule: RecipientRule, case: WarningCase, staff: Staff, taken: set[int]) -> bool:
    """Say whether the line names only people who stand on the list under another label already."""
    holders = _holders(rule, case, staff)
    return bool(holders) and all(one.pk in taken for one in holders)


def _holders(rule: RecipientRule, case: WarningCase, staff: Staff) -> list[Person]:
    if rule.reach == Reach.OUTSIDE:
        return []
    if rule.reach == Reach.HEADQUARTERS:
        return staff.holders((rule.role,), None, rule.component_kind)
    return staff.holders((rule.role,), case.office, rule.component_kind, nearest=True)


def may_see(person: Person, case: WarningCase) -> bool:
    """Say whether a person may see a case as it is marked now, with what it cites."""
    cited = [one for one in (case.threat, case.incident, case.actor) if one is not None]
    is_own = person.pk in (case.created_by_id, case.hierarchy_copy_id) and case.marking <= person.clearance
    reaches = is_own or bool(person.has_perm("coordination.view_case", case))
    return reaches and all(one.marking <= person.clearance for one in cited)


def marking_of(case: WarningCase) -> int:
    """Return the marking that counts for what is told of a case: never below that of what it cites."""
    return max([case.marking, *(one.marking for one in (case.threat, case.incident, case.actor) if one is not None)])


def people_of(lines: Iterable[Line]) -> list[tuple[str, Person]]:
    """Return label and person of everybody who gets it."""
    return [(line.label, person) for line in lines for person in line.people]


@transaction.atomic
def add_rule(
    mission: Mission, *, step: str, label: str, reach: str, role: str = "", component_kind: str = "", by: Any
) -> RecipientRule:
    """Put a line at the end of a step's list and return it.

    Raises `Forbidden`, `RuleError` for an unknown step, no label, no role where one is looked for, a doubled label.
    """
    require(by, SET)
    _check(mission, step, label, reach, role, by=by)
    _keep_shipped(mission, step)
    rows = RecipientRule.objects.filter(mission=mission, step=step)
    last = max((one.order for one in rows), default=0)
    where = "" if reach == Reach.OUTSIDE else role
    kind = component_kind if where and component_kind in Component.Kind.values else ""
    try:
        with transaction.atomic():
            rule: RecipientRule = RecipientRule.objects.create(
                mission=mission, step=step, order=last + 1, label=label.strip(), reach=reach, role=where,
                component_kind=kind,
            )  # fmt: skip
    except IntegrityError as error:
        raise RuleError("recipient_doubled", _("The list of this step has this recipient already."), "label") from error
    _record(by, mission, step, [None, rule.label], clock.now(mission))
    return rule


def _check(mission: Mission, step: str, label: str, reach: str, role: str, *, by: Any) -> None:
    if step not in steps_known():
        raise RuleError("step_unknown", _("Choose the step from the list."), "step")
    if mission.pk not in {grant.mission_id for grant in by.grants}:
        raise RuleError("mission_unknown", _("You are not posted in this mission today."))
    if not label.strip():
        raise RuleError("label_missing", _("Say who it is, as the list shall show it."), "label")
    if reach not in Reach.values:
        raise RuleError("reach_missing", _("Say where the recipient is found."), "reach")
    if reach != Reach.OUTSIDE and role not in Role.values:
        raise RuleError("role_missing", _("Choose the role, or say that it is a body outside."), "role")


@transaction.atomic
def remove_rule(mission: Mission, *, step: str, label: str, by: Any) -> None:
    """Take a line off a step's list. Raises `Conflict` when it is gone already, `RuleError` for the last one."""
    require(by, SET)
    _check(mission, step, label, Reach.OUTSIDE, "", by=by)
    _keep_shipped(mission, step)
    rows = list(RecipientRule.objects.select_for_update().filter(mission=mission, step=step))
    if len(rows) == 1 and rows[0].label == label:
        raise RuleError("recipient_last", _("A step needs one recipient at least. Add another first."))
    gone, _by_table = RecipientRule.objects.filter(mission=mission, step=step, label=label).delete()
    if not gone:
        raise Conflict("recipient_gone", _("Somebody took this recipient off the list already."))
    _record(by, mission, step, [label, None], clock.now(mission))


def steps_known() -> list[str]:
    """Return the steps that have a list, in their order."""
    return list(read_yaml(FILE)["steps"])


def _keep_shipped(mission: Mission, step: str) -> None:
    """Store the shipped lines of a step before the mission's first edit of it."""
    Mission.objects.select_for_update(of=("self",), no_key=True).get(pk=mission.pk)
    if not RecipientRule.objects.filter(mission=mission, step=step).exists():
        RecipientRule.objects.bulk_create(shipped_rules(mission, step), ignore_conflicts=True)


def _record(by: Any, mission: Mission, step: str, pair: list[Any], now: Any) -> None:
    record_event(by, "changed the recipients of a step in", mission, changes={f"step {step}": pair}, now=now)
