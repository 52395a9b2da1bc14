"""What a mission sets for itself: its periods, its default marking, the head of its quarterly cable.

A save states the values that the form showed. Values that only one side changed are kept from that side; what both
changed differently is refused with both, and nothing is stored.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb import navigation
from pocweb.audit import history_of, record_event
from pocweb.choices import Marking
from pocweb.errors import Conflict, RuleError
from pocweb.models import AuditEvent, Mission, Office
from pocweb.permissions import refuse_above_clearance, require
from pocweb.trail import register_verbs

DAYS, TEXTS = ("blind_days", "review_days"), ("report_signatory", "report_addressee", "report_info")
NAMES = (*DAYS, "default_marking", *TEXTS)
LONGEST = 366
"""The longest period in days; ours, against slips of the pen."""
VERB = "changed the settings of"
SET = "pocweb.edit_places"


class SettingsConflict(Conflict):
    """Another person set some of the same values otherwise; `theirs` holds all values as they stand now."""

    def __init__(self, who: Any, theirs: Mapping[str, Any], fields: list[str]) -> None:
        self.who, self.theirs, self.fields = str(who or _("Another person")), dict(theirs), fields
        super().__init__("edit_conflict", _("%(who)s changed the same values meanwhile.") % {"who": self.who})


def values_of(mission: Mission) -> dict[str, Any]:
    """Return the mission's settings as plain values."""
    return {name: int(getattr(mission, name)) for name in (*DAYS, "default_marking")} | {
        name: getattr(mission, name) for name in TEXTS
    }


def settings_history(mission: Mission) -> "models.QuerySet[AuditEvent]":
    """Return the events of the mission's settings, newest first."""
    return history_of(mission).filter(verb=VERB)


@transaction.atomic
def set_mission(mission: Mission, *, values: Mapping[str, Any], base: Mapping[str, Any], by: Any) -> Mission:
    """Store the values that differ from `base`, what the person saw, and return the mission.

    Raises `Forbidden`, `SettingsConflict` where another person set one of them otherwise since, and `RuleError` at the
    field for a value that cannot be. Records that exist keep their marking. The numbers are the mission's to choose.
    """
    require(by, SET, Office(mission=mission))
    mission = Mission.objects.select_for_update().get(pk=mission.pk)
    before = values_of(mission)
    wanted = {name: value for name, value in values.items() if name in NAMES and value != base.get(name)}
    opposed = [name for name, value in wanted.items() if before[name] not in (base.get(name), value)]
    if opposed:
        last = settings_history(mission).first()
        raise SettingsConflict(last.actor if last else None, before, opposed)
    changes = {name: [before[name], value] for name, value in wanted.items() if before[name] != value}
    if not changes:
        return mission
    for name in changes:
        setattr(mission, name, wanted[name])
    _check(mission, wanted, by)
    mission.save(update_fields=list(changes))
    record_event(by, VERB, mission, changes=changes)
    return mission


def _check(mission: Mission, wanted: Mapping[str, Any], by: Any) -> None:
    for name in DAYS:
        if name in wanted and not 1 <= wanted[name] <= LONGEST:
            raise RuleError("days_out_of_range", _("Give 1 to %(most)d days.") % {"most": LONGEST}, name)
    if "default_marking" in wanted:
        if wanted["default_marking"] not in Marking.values:
            raise RuleError("marking_unknown", _("Choose a marking."), "default_marking")
        try:
            refuse_above_clearance(wanted["default_marking"], by)
        except RuleError as error:
            raise RuleError(error.code, error.message, "default_marking") from error
    try:
        mission.clean_fields(exclude=[field.name for field in mission._meta.fields if field.name not in wanted])
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise RuleError("invalid", sentences[0], name) from error


def register() -> None:
    """Put the page into the menu under the person's name, and its word into the audit trail."""
    label = gettext_lazy("Settings of the mission")
    navigation.register(83, "pocweb:mission-settings", label, SET, in_account_menu=True)
    register_verbs({VERB: gettext_lazy("changed the settings of")})
