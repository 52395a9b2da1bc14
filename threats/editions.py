"""Contents of matrix editions: the live rows, the frozen snapshot, and what the live matrix holds otherwise."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from pocweb.audit import canonical
from pocweb.models import Office
from threats.choices import EditionState, ThreatStatus
from threats.comparison import Comparison, compare_rows
from threats.matrix import MatrixRow, build_rows
from threats.matrix.columns import cell_texts
from threats.models import MatrixEdition, Threat

FORMAT = 1
Content = Mapping[str, Any]

# --- building ---------------------------------------------------------------------------------------------------------


def in_force(office: Office) -> MatrixEdition | None:
    """Return the office's edition in force, if any."""
    return MatrixEdition.objects.filter(office=office, state=EditionState.IN_FORCE).first()


def open_edition_of(office: Office) -> MatrixEdition | None:
    """Return the office's edition on its way, from draft to approved; there is at most one."""
    return MatrixEdition.objects.filter(office=office, state__in=EditionState.OPEN_STATES).first()


def own_threats(office: Office, *, clearance: int | None = None) -> Any:
    """Return the office's own active threats, with `clearance` those up to it; offices below keep their own matrix."""
    rows = Threat.objects.active().filter(mission=office.mission_id, office=office)
    return rows if clearance is None else rows.filter(marking__lte=clearance)


def row_data(row: MatrixRow) -> dict[str, Any]:
    """Return a row in values of JSON with its ten cells as people read them."""
    return {**row.as_dict(), "cells": cell_texts(row)}


def live_rows(
    office: Office, *, now: datetime, clearance: int | None = None, previous: MatrixEdition | None = None
) -> list[dict[str, Any]]:
    """Return the rows of the office's live matrix, in the installation's language: frozen texts have one language.

    `previous` is the edition in force, from which the rule on late editions counts.
    """
    since = previous.in_force_at if previous else None
    with translation.override(settings.LANGUAGE_CODE):
        rows = build_rows(own_threats(office, clearance=clearance), now=now, in_force_at=since, clearance=clearance)
        return [row_data(row) for row in rows]


def _closed_since(office: Office, previous: MatrixEdition | None) -> list[dict[str, Any]]:
    """Return the threats of the edition before that were closed since, with the reason."""
    known = [row["pk"] for row in (previous.snapshot or {}).get("rows", ())] if previous else []
    closed = Threat.objects.filter(office=office, pk__in=known, status=ThreatStatus.CLOSED).order_by("number")
    return [
        {
            "pk": threat.pk,
            "ref": threat.ref,
            "title": threat.title,
            "closed_on": threat.closed_on.isoformat() if threat.closed_on else None,
            "closed_reason": threat.closed_reason,
            "marking": threat.marking,
        }
        for threat in closed
    ]


def build_content(
    edition: MatrixEdition, *, now: datetime, endorsed_by: str = "", clearance: int | None = None
) -> dict[str, Any]:
    """Return the content of an edition as the office's matrix stands now: what an endorsement freezes.

    Plain values of JSON, so that the fingerprint of what is stored equals that of what is read back. An endorsement
    takes everything; `clearance` is for a reader who looks at the content before.
    """
    previous = in_force(edition.office)
    rows = live_rows(edition.office, now=now, previous=previous, clearance=clearance)
    closed = _closed_since(edition.office, previous)
    if endorsed_by:
        # the gap "no approved edition" is what this very edition ends
        rows = [row | {"gaps": [gap for gap in row["gaps"] if gap["field"] != "edition"]} for row in rows]
    least = edition.marking
    if clearance is not None:
        closed = [row for row in closed if row["marking"] <= clearance]
        least = min(least, clearance)
    schemes = sorted({f"{row['scheme_name']}, {row['scheme_version']}" for row in rows if row["scheme_version"]})
    content = {
        "format": FORMAT,
        "mission": edition.mission.code,
        "mission_name": edition.mission.name,
        "office": edition.office.code,
        "office_name": edition.office.name,
        "number": edition.number,
        "horizon_on": edition.horizon_on,
        "frozen_at": now.isoformat(),
        "endorsed_by": endorsed_by,
        "compared_with": previous.number if previous else None,
        "marking": max([least, *(row["marking"] for row in rows), *(row["marking"] for row in closed)]),
        "schemes": schemes,
        "rows": rows,
        "closed": closed,
    }
    plain: dict[str, Any] = json.loads(canonical(content))
    return plain


# --- what moved since ---


def changes_since(
    edition: MatrixEdition,
    *,
    now: datetime,
    clearance: int | None = None,
    rows: Iterable[Mapping[str, Any]] | None = None,
) -> Comparison:
    """Return what the live matrix holds otherwise than the frozen edition; it comes with the next edition.

    `rows` are the live rows where the caller has them already. With `clearance`, threats above it count on neither
    side, so that a raised marking does not look like a closed threat.
    """
    frozen = list((edition.snapshot or {}).get("rows", ()))
    live = list(rows) if rows is not None else live_rows(edition.office, now=now, clearance=clearance)
    gone = {row["pk"] for row in frozen} - {row["pk"] for row in live}
    if clearance is not None and gone:
        hidden = own_threats(edition.office).filter(marking__gt=clearance, pk__in=gone)
        above = set(hidden.values_list("pk", flat=True))
        frozen = [row for row in frozen if row["pk"] not in above]
    return compare_rows(frozen, live)


def changes_since_endorsement(edition: MatrixEdition, *, now: datetime, clearance: int | None = None) -> Comparison:
    """Return what changed live since the forum endorsed the edition; nothing for an edition that is not frozen."""
    return changes_since(edition, now=now, clearance=clearance) if edition.sha256 else Comparison()
