"""In how many minutes a mission means to reach the moments of the alert clock: shipped, and its own (EW-15)."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import ClockTarget
from coordination.warnings.choices import Branch, Measure
from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Mission
from pocweb.permissions import require
from pocweb.reference_data import read_yaml

FILE = Path(__file__).parent.parent / "reference" / "clock_targets.yaml"
SET = "coordination.set_warning_defaults"
MOST_MINUTES = 365 * 24 * 60
Key = tuple[str, str]
Targets = Mapping[Key, int]


def shipped_targets() -> dict[Key, int]:
    """Return the shipped minutes by measure and branch; what is not asked of a branch is not there."""
    data = read_yaml(FILE)
    return {(measure, branch): minutes for branch in Branch.values for measure, minutes in data[branch].items()}


def targets_of(mission: Mission) -> dict[Key, int]:
    """Return the minutes in force by measure and branch: the mission's own laid over the shipped ones. One query."""
    found = shipped_targets()
    for measure, branch, minutes in ClockTarget.objects.filter(mission=mission).values_list(
        "measure", "branch", "minutes"
    ):
        if (measure, branch) in found:
            found[measure, branch] = minutes
    return found


def target_for(targets: Targets, measure: str, branch: str) -> int | None:
    """Return the minutes for a case of a branch, None where nothing is asked.

    While nobody has decided whether a case is imminent, the stricter target holds for the class, and no other does
    (ours).
    """
    if branch:
        return targets.get((measure, branch))
    if measure != Measure.CLASSED:
        return None
    return min(minutes for (name, _branch), minutes in targets.items() if name == measure)


def state_of_targets(mission: Mission) -> str:
    """Return the fingerprint of the targets in force, on which an edit of them is based."""
    return fingerprint(sorted((*key, minutes) for key, minutes in targets_of(mission).items()))


@transaction.atomic
def set_targets(
    mission: Mission, wanted: Targets, *, based_on: str, by: Any, now: datetime | None = None
) -> dict[str, list[Any]]:
    """Store a mission's targets and return what changed, as the audit trail tells it.

    Raises `Forbidden`, `Conflict` when they were changed since the page was opened, `RuleError` at the field
    (`classed_imminent`) for minutes that make no sense.
    """
    require(by, SET)
    mission = Mission.objects.select_for_update().get(pk=mission.pk)
    before = targets_of(mission)
    if based_on != state_of_targets(mission):
        words = _("The targets were changed since you opened this page. Look at them again.")
        raise Conflict("targets_moved_on", words)
    changes: dict[str, list[Any]] = {}
    for key, minutes in wanted.items():
        name = "_".join(key)
        if key not in before:
            raise RuleError("unknown_target", _("Nothing is asked here."), name)
        if not 0 < minutes <= MOST_MINUTES:
            raise RuleError("bad_minutes", _("Give the minutes, 1 to 525600 (a year)."), name)
        if before[key] != minutes:
            changes[name] = [before[key], minutes]
            ClockTarget.objects.update_or_create(
                mission=mission, measure=key[0], branch=key[1], defaults={"minutes": minutes}
            )
    if changes:
        record_event(by, "set the targets of the alert clock", mission, changes=changes, now=now or clock.now(mission))
    return changes
