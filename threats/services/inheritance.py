"""A record carries at least the marking of what it cites: what follows when that is raised, each change on record.

Profile -> incidents and threats that name it -> activities that answer the threats -> frozen editions that tell of any
of these. Nothing is lowered here: a person lowers a marking where they know that the record says no more. Of an edition
only the marking follows; its frozen content and its fingerprint stay as they were approved.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from pocweb.audit import record_event
from threats.models import Actor, Incident, MatrixEdition, Threat

Row = Mapping[str, Any]


def raise_citing(actor: Actor, *, by: Any, now: datetime) -> None:
    """Lift the incidents, threats and editions that cite the actor, and what cites those; needs a transaction."""
    note = f"follows {actor}"
    threats = Threat.objects.filter(actors=actor)
    _hold(Incident.objects.filter(actors=actor), actor.marking)
    _hold(threats, actor.marking)
    _hold(_activities_of(threats), actor.marking)
    _hold(MatrixEdition.objects.filter(mission=actor.mission_id), actor.marking)
    _raise(Incident.objects.filter(actors=actor).distinct(), actor.marking, note=note, by=by, now=now)
    for threat in _raise(threats, actor.marking, note=note, by=by, now=now):
        raise_activities(threat, by=by, now=now)
    names = {actor.short_name, actor.name} - {""}
    rows = MatrixEdition.objects.filter(mission=actor.mission_id)
    # a frozen row names its actors in words, also one whom the threat no longer names
    _raise_editions(rows, lambda row: not names.isdisjoint(row.get("actors") or ()), actor, note, by=by, now=now)


def raise_activities(threat: Threat, *, by: Any, now: datetime) -> None:
    """Lift the activities that answer the threat, and the editions that hold any of these; needs a transaction."""
    activities = _activities_of(Threat.objects.filter(pk=threat.pk))
    note = f"follows {threat.ref}"
    _hold(activities, threat.marking)
    _hold(MatrixEdition.objects.filter(mission=threat.mission_id), threat.marking)
    raise_editions(threat, by=by, now=now)
    for activity in _raise(activities, threat.marking, note=note, by=by, now=now):
        raise_editions_telling(activity, by=by, now=now)


def raise_editions(threat: Threat, *, by: Any, now: datetime) -> None:
    """Lift the frozen editions in which the threat stands, as a row or among the closed; needs a transaction.

    The copy would otherwise go on being read by people who may no longer read the threat. Ours: the Handbook does not
    say what becomes of approved copies.
    """
    rows = MatrixEdition.objects.filter(office=threat.office_id)
    _raise_editions(rows, lambda row: row["pk"] == threat.pk, threat, f"follows {threat.ref}", by=by, now=now)


def raise_editions_telling(activity: Any, *, by: Any, now: datetime) -> None:
    """Lift the frozen editions whose rows name the activity, in any office of its mission; needs a transaction."""

    def tells(row: Row) -> bool:
        told = (*(row.get("response_activities") or ()), *(row.get("action_activities") or ()))
        return any(one["pk"] == activity.pk for one in told)

    rows = MatrixEdition.objects.filter(mission=activity.mission_id)
    _raise_editions(rows, tells, activity, f"follows {activity.ref}", by=by, now=now)


def _raise_editions(
    editions: "models.QuerySet[MatrixEdition]",
    tells: Callable[[Row], bool],
    record: Any,
    note: str,
    *,
    by: Any,
    now: datetime,
) -> None:
    """Lift those of the editions that stand below the record's marking and of which a frozen row tells of it."""
    lower = editions.filter(marking__lt=record.marking).exclude(sha256="").values_list("pk", "snapshot")
    found = [pk for pk, snapshot in lower.order_by("pk") if any(tells(row) for row in _rows(snapshot))]
    if found:
        _raise(MatrixEdition.objects.filter(pk__in=found), record.marking, note=note, by=by, now=now)


def _rows(snapshot: Any) -> Iterable[Row]:
    return (*snapshot["rows"], *snapshot["closed"])


def _activities_of(threats: "models.QuerySet[Threat]") -> "models.QuerySet[Any]":
    """Return the activities that answer the threats, through the reverse relation that a later app declares."""
    model: Any = Threat.activities.rel.related_model
    rows: models.QuerySet[Any] = model.objects.filter(threats__in=threats.order_by().values("pk")).distinct()
    return rows


def _hold(rows: "models.QuerySet[Any]", marking: int) -> None:
    """Lock those of the records that stand below the marking, before the first event is written.

    Events of a mission are written one after the other. Who edits one of the records holds its row and waits for its
    turn; who has the turn must therefore never wait for a row. All who lift records lock them in the same order:
    incidents, threats, activities, editions.
    """
    lower = rows.filter(marking__lt=marking).order_by().values("pk")
    list(rows.model._default_manager.filter(pk__in=lower).order_by("pk").select_for_update().values_list("pk"))


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
