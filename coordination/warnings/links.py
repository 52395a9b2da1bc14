"""What a case is tied to: a threat of the matrix, an incident when it happened. Scores are never converted (EW-22)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import WarningCase
from coordination.warnings import rules
from coordination.warnings.moves import locked_case, refuse_stale, write_step
from pocweb import clock
from pocweb.errors import RuleError
from pocweb.models import Area, Office
from pocweb.permissions import require
from threats.models import Incident, Threat
from threats.services.incident_places import AreaOffices
from threats.services.threats import add_threat

KEY = "link"


def _opened(case: WarningCase, by: Any, based_on: int | None) -> WarningCase:
    case = locked_case(case.pk)
    require(by, rules.RATE, case)
    refuse_stale(case, based_on)
    return case


@transaction.atomic
def link_threat(
    case: WarningCase, threat: Threat | None, *, by: Any, based_on: int | None = None, now: datetime | None = None
) -> WarningCase:
    """Tie a case to a threat of the matrix; the marking rises with the threat's. The ratings of both stay apart.

    Threat and case keep their own schemes. Source: POC Handbook 2020, 8.2.4, 8.3, Annex V, annex 6 (EW-22).
    """
    case = _opened(case, by, based_on)
    if threat is None or threat.mission_id != case.mission_id or not by.has_perm("threats.view_threat", threat):
        raise RuleError("unknown_threat", _("Choose a threat from the list."), "threat")
    if case.threat_id == threat.pk:
        raise RuleError("linked_already", _("The case is tied to this threat already."), "threat")
    columns = {"threat": threat, "marking": max(case.marking, threat.marking)}
    return write_step(
        case, key=KEY, act="link-threat", verb="tied to a threat", columns=columns, by=by,
        now=now or clock.now(case.mission),
    )  # fmt: skip


@transaction.atomic
def unlink_threat(
    case: WarningCase, *, reason: str, by: Any, based_on: int | None = None, now: datetime | None = None
) -> WarningCase:
    """Untie a case from its threat, with the reason; the marking stays as it is (EW-22)."""
    case = _opened(case, by, based_on)
    if case.threat_id is None:
        raise RuleError("not_linked", _("The case is tied to no threat."))
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why they do not belong together."), "reason")
    return write_step(
        case, key=KEY, act="unlink-threat", verb="untied from its threat", columns={"threat": None},
        reason=reason.strip(), by=by, now=now or clock.now(case.mission),
    )  # fmt: skip


@transaction.atomic
def promote_case(
    case: WarningCase, *, values: Mapping[str, Any], by: Any, office: Office | None = None,
    based_on: int | None = None, now: datetime | None = None,
) -> Threat:  # fmt: skip
    """Make a case a threat of the matrix from these plain values, tie them, and return the threat, not yet rated.

    No score goes over: impact and likelihood of a case are of another scheme than those of the matrix. The threat is at
    least as marked as the case. Source: POC Handbook 2020, 8.3; Annex V, annex 6 (EW-22).
    """
    case = _opened(case, by, based_on)
    if case.threat_id is not None:
        raise RuleError("linked_already", _("The case is tied to a threat already."))
    stated = int(values.get("marking") or case.mission.default_marking)
    actors = [case.actor.code] if case.actor and by.has_perm("threats.view_actor", case.actor) else []
    given = {"actors": actors, **values, "marking": max(stated, case.marking)}
    threat = add_threat(office=office or case.office, values=given, by=by, now=now)
    link_threat(case, threat, by=by, now=now)
    return threat


@transaction.atomic
def link_incident(
    case: WarningCase, incident: Incident | None, *, by: Any, based_on: int | None = None, now: datetime | None = None
) -> WarningCase:
    """Tie a case to the incident in which the threat happened; the marking rises with the incident's."""
    case = _opened(case, by, based_on)
    if incident is None or incident.mission_id != case.mission_id:
        raise RuleError("unknown_incident", _("No incident that you may see has this reference."), "incident")
    if not Incident.objects.visible_to(by).filter(pk=incident.pk).exists():
        raise RuleError("unknown_incident", _("No incident that you may see has this reference."), "incident")
    columns = {"incident": incident, "marking": max(case.marking, incident.marking)}
    return write_step(
        case, key=KEY, act="link-incident", verb="tied to an incident", columns=columns, by=by,
        now=now or clock.now(case.mission),
    )  # fmt: skip


@transaction.atomic
def place_case(
    case: WarningCase, area: Area | None, *, by: Any, based_on: int | None = None, now: datetime | None = None
) -> WarningCase:
    """Say which known area the words of a report mean; the office that answers for it takes the case over.

    The words stay. The case may leave the person's own area: that is how a misplaced report reaches who answers for it.
    """
    case = _opened(case, by, based_on)
    if area is None:
        raise RuleError(
            "area_unknown", _("No place, or several, have this name. Write another, or its p-code."), "area"
        )
    columns = {"area": area, "office": AreaOffices(case.mission).office_for(area.path)}
    return write_step(
        case, key=KEY, act="place", verb="settled the place of", columns=columns, by=by,
        now=now or clock.now(case.mission),
    )  # fmt: skip
