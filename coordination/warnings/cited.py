"""Threat and incident of a case as a reader of the case may see them: each has an office and a marking of its own.

A case may be read by who filed it from another branch, and tied to a record of another office; then even the reference
of what it is tied to stays hidden, as on the page of the case.
"""

from typing import Any

from coordination.models import WarningCase
from threats.models import Incident, Threat


def threat_of(case: WarningCase, user: Any) -> Threat | None:
    """Return the threat that a case is tied to, None for who may not see it."""
    return case.threat if case.threat is not None and user.has_perm("threats.view_threat", case.threat) else None


def incident_of(case: WarningCase, user: Any) -> Incident | None:
    """Return the incident that a case is tied to, None for who may not see it."""
    found = case.incident
    return found if found is not None and user.has_perm("threats.view_incident", found) else None
