"""A record carries at least the marking of what it cites: what follows when that is raised, each change on record.

Profile -> incidents and threats that name it -> activities that answer the threats. Nothing is lowered here: a person
lowers a marking where they know that the record says no more.
"""

from datetime import datetime
from typing import Any

from django.db import models

from pocweb.audit import record_event
from threats.models import Actor, Incident, Threat


def raise_citing(actor: Actor, *, by: Any, now: datetime) -> None:
    """Lift the incidents and threats that cite the actor, and what cites those, to its marking; needs a transaction."""
    note = f"follows {actor}"
    _raise(Incident.objects.filter(actors=actor).distinct(), actor.marking, note=note, by=by, now=now)
    for threat in _raise(Threat.objects.filter(actors=actor), actor.marking, note=note, by=by, now=now):
        raise_activities(threat, by=by, now=now)


def raise_activities(threat: Threat, *, by: Any, now: datetime) -> None:
    """Lift the activities that answer the threat to its marking; needs a transaction."""
    activities: Any = threat.activities  # the reverse relation that a later app declares
    _raise(activities.all(), threat.marking, note=f"follows {threat.ref}", by=by, now=now)


def _raise(rows: "models.QuerySet[Any]", marking: int, *, note: str, by: Any, now: datetime) -> list[Any]:
    """Lift those of the records that stand below the marking and return them, fresh."""
    model = rows.model
    lower = rows.filter(marking__lt=marking).order_by().values("pk")
    found = model._default_manager.filter(pk__in=lower).select_related("mission", "office").order_by("pk")
    raised = list(found.select_for_update(of=("self",)))
    for record in raised:
        before, record.marking = record.marking, marking
        record.version += 1
        record.changed_at, record.changed_by = now, by
        record.save(update_fields=["marking", "version", "changed_at", "changed_by"])
        record_event(by, "changed", record, changes={"marking": [before, marking]}, note=note, now=now)
    return raised
