"""A round of the matrix: what the next edition would carry, and which rows were reviewed since it was opened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from pocweb.models import Office
from threats.comparison import Row
from threats.models import Assessment, MatrixEdition, Threat
from threats.rules import periods
from threats.services.rounds import outrun

DONE = "done"


@dataclass(frozen=True)
class Move:
    """One day of a threat that a roll-over moves."""

    pk: int
    ref: str
    title: str
    label: str
    before: date
    after: date


@dataclass(frozen=True)
class Preview:
    """What the next edition carries: rows, their gaps, rows that were not rated again, open activities, days to move.

    `not_rated_again` are live rows whose last rating is older than the edition in force; `activities` are references.
    """

    rows: tuple[Row, ...]
    gaps: int
    not_rated_again: tuple[Row, ...]
    activities: tuple[str, ...]
    moves: tuple[Move, ...]
    before: MatrixEdition | None = None


def preview(
    office: Office, user: Any, period: periods.Period, rows: Iterable[Row], *, before: MatrixEdition | None
) -> Preview:
    """Return what a roll-over to the period would carry and move, of what the person may see. One query.

    `rows` are the office's live rows, `before` the edition in force.
    """
    rows = tuple(rows)
    since = before.frozen_at.date().isoformat() if before and before.frozen_at else ""
    told = {
        one["ref"]: one["status"] for row in rows for name in ("response_activities", "action_activities")
        for one in row[name]
    }  # fmt: skip
    return Preview(
        rows=rows,
        gaps=sum(len(row["gaps"]) for row in rows),
        not_rated_again=tuple(row for row in rows if not row["assessed_on"] or row["assessed_on"] < since),
        activities=tuple(sorted(ref for ref, status in told.items() if status != DONE)),
        moves=tuple(_moves(outrun(office, user, period.starts_on).order_by("number"), period)),
        before=before,
    )


def _moves(threats: Iterable[Threat], period: periods.Period) -> Iterable[Move]:
    labels = (("horizon_on", _("Horizon"), period.horizon_on), ("review_on", _("Next review"), period.review_on))
    for threat in threats:
        for name, label, to in labels:
            day = getattr(threat, name)
            if periods.moved(day, starts_on=period.starts_on, to=to) != day:
                yield Move(threat.pk, threat.ref, threat.title, label, day, to)


@dataclass(frozen=True)
class Reviewed:
    """One row of a draft, and who rated it again since the edition was opened; `at` None is not yet."""

    row: Row
    at: datetime | None = None
    who: str = ""
    why: str = ""


def reviewed(edition: MatrixEdition, rows: Iterable[Mapping[str, Any]]) -> list[Reviewed]:
    """Return each live row with its newest rating since the edition was opened, if any; those not yet first. One query.

    Ours: a row counts as reviewed when somebody rated it anew or confirmed its rating with a reason.
    """
    rows = list(rows)
    made = Assessment.objects.filter(threat__in=[row["pk"] for row in rows], assessed_at__gte=edition.created_at)
    newest: dict[int, Assessment] = {}
    for one in made.select_related("assessed_by").order_by("assessed_at", "pk"):
        newest[one.threat_id] = one
    found = []
    for row in rows:
        last = newest.get(row["pk"])
        who = str(last.assessed_by or _("The system")) if last else ""
        found.append(Reviewed(row, last.assessed_at, who, last.reason) if last else Reviewed(row))
    return sorted(found, key=lambda one: one.at is not None)
