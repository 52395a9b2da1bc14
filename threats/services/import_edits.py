"""What people have changed on imported incidents stays when their origin changes.

A field counts as edited by a person when the audit trail of the incident holds a change of it by anything but an
import. Such a field, and those that are only right together with it (the three estimates of one harm, the days, the
point), keep what stands in the record; where the origin now says something else, a finding tells so. A person who
wants the origin's value writes it into the record, and from then on both agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.models import AuditEvent, Mission
from pocweb.tabular import CellProblem
from pocweb.tabular.base import cell_problem
from threats.choices import Harm
from threats.imports import IncidentDraft
from threats.models import Incident
from threats.services.incident_bulk import ActorBook, PlacedDraft
from threats.services.incident_values import COUNT_FIELDS, plain_incident

BY_IMPORT = "changed by import"
TOGETHER: tuple[tuple[str, ...], ...] = (
    ("starts_on", "ends_on", "date_precision"),
    ("lat", "lon", "point_precision"),
    ("killed_low", "killed_best", "killed_high", "civilians_killed"),
    *(tuple(f"{harm}_{part}" for part in ("low", "best", "high")) for harm in Harm.values if harm != Harm.KILLED),
)
ALONE = ("title", "place", "source_note", "narrative", "mission_response", "event_kind", "number_of_reports", "marking")
RELATED = {"violence_types": "violence_types", "actors": "actors", "sources": "source_codes", "counts": "counts"}
LABELS = {
    "actors": gettext_lazy("actors"),
    "counts": gettext_lazy("breakdown by sex and age"),
    "sources": gettext_lazy("sources"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A row whose incident is stored and whose origin says something new."""

    row: int
    pk: int
    placed: PlacedDraft


def edited_fields(pks: Sequence[int]) -> dict[int, set[str]]:
    """Return which fields of these incidents people have changed, by key; from the audit trail, in one query."""
    events = AuditEvent.objects.filter(
        object_type=Incident._meta.label_lower, object_id__in=[str(pk) for pk in pks]
    ).exclude(verb=BY_IMPORT)
    found: dict[int, set[str]] = {}
    for object_id, changes in events.values_list("object_id", "changes"):
        found.setdefault(int(object_id), set()).update(changes)
    return found


def keep_edits(rows: Sequence[Changed], mission: Mission, actors: ActorBook) -> tuple[list[Changed], list[CellProblem]]:
    """Return the rows with people's values in place of the origin's, and what was kept against the origin."""
    edited = edited_fields([row.pk for row in rows])
    if not edited:
        return list(rows), []
    related = ("violence_types", "sources", "incident_actors__actor", "counts", "area")
    incidents = Incident.objects.filter(mission=mission, pk__in=edited).prefetch_related(*related)
    stored = {incident.pk: incident for incident in incidents}
    kept_rows, problems = [], []
    for row in rows:
        if row.pk in stored:
            row, kept = _keep(row, stored[row.pk], edited[row.pk], actors)
            problems += kept
        kept_rows.append(row)
    return kept_rows, problems


def _keep(row: Changed, incident: Incident, edited: set[str], actors: ActorBook) -> tuple[Changed, list[CellProblem]]:
    draft, problems = row.placed.draft, []
    ours, theirs = plain_incident(incident), _plain_draft(draft, actors)
    values: dict[str, Any] = {}
    for name in _kept_names(edited):
        silent = theirs[name] in (None, "", [])
        if not silent and theirs[name] != ours[name]:
            problems.append(_kept(row.row, name, theirs[name], ours[name]))
        values[RELATED.get(name, name)] = () if name in RELATED else getattr(incident, name)
    if not values:
        return row, []
    merged = replace(row.placed, draft=replace(draft, **values), digest=row.placed.fingerprint())
    return replace(row, placed=merged), problems


def _kept_names(edited: set[str]) -> list[str]:
    names = [name for name in (*ALONE, *RELATED) if name in edited]
    for group in TOGETHER:
        if edited & set(group):
            names += group
    return names


def _plain_draft(draft: IncidentDraft, actors: ActorBook) -> Mapping[str, Any]:
    """Return the values of a draft in the form of `plain_incident`, as far as people can edit them."""
    names = [*ALONE, *(name for group in TOGETHER for name in group)]
    values = {name: getattr(draft, name) for name in names}
    values |= {name: values[name].isoformat() for name in ("starts_on", "ends_on")}
    values["violence_types"] = sorted(draft.violence_types)
    values["sources"] = sorted(draft.source_codes)
    values["actors"] = sorted([actors.code_of(ref), str(ref.side)] for ref in draft.actors)
    values["counts"] = sorted([getattr(row, name) for name in COUNT_FIELDS] for row in draft.counts)
    return values


def _kept(row: int, name: str, theirs: Any, ours: Any) -> CellProblem:
    label = str(LABELS.get(name) or getattr(Incident._meta.get_field(name), "verbose_name", None) or name)
    if name == "sources":
        # remarks are read by people who may not see sources, so no code stands in them
        reason = _("kept: edited by a person. The file names other sources than the record.")
        return cell_problem(row, label, "", "kept_edited", reason)
    words = {"theirs": _show(theirs), "ours": _show(ours)}
    reason = _('kept: edited by a person. The file says "%(theirs)s", the record "%(ours)s".') % words
    return cell_problem(row, label, _show(theirs), "kept_edited", reason)


def _show(value: Any) -> str:
    if isinstance(value, list):
        parts = ["/".join(str(part) for part in item) if isinstance(item, list) else str(item) for item in value]
        value = ", ".join(parts)
    text = _("nothing") if value in (None, "") else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
