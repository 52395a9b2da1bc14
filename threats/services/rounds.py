"""The round of a matrix: rolling it over to the next period, and confirming ratings that still hold."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Office
from pocweb.permissions import require
from threats.models import Assessment, MatrixEdition, Threat
from threats.rules import periods
from threats.services.editions import open_edition
from threats.services.threats import assess_threat


@transaction.atomic
def roll_over(
    office: Office, *, starts_on: date, horizon_on: date, review_on: date, by: Any, now: datetime | None = None
) -> MatrixEdition:
    """Open the office's next edition for a new period, carrying everything, and return it.

    Rows, ratings, activities and texts stay live and are carried as they are. Horizon and review date of each active
    threat that end before the new period move to its days: one transaction, one audit event per threat, the version
    counted up, so that an editor with an older page is told. Threats above the person's clearance keep their days and
    show as missed to those who may read them. Raises `Conflict` naming the edition that is on its way already,
    `Forbidden`, `RuleError` with the field. Source: POC Handbook 2020, 8.3 (a living document); the rule is ours.
    """
    moment = now or clock.now(office.mission)
    period = periods.Period(starts_on, horizon_on, review_on)
    require(by, "threats.draft_edition", MatrixEdition(mission=office.mission, office=office, marking=0))
    # rows before the trail, as every editor locks them: the other way round the two would wait for each other for ever
    threats = list(outrun(office, by, starts_on).select_for_update(of=("self",)).order_by("pk"))
    edition = open_edition(office, by=by, horizon_on=horizon_on, starts_on=starts_on, now=moment)
    periods.check(period, today=moment.date())
    for threat in threats:
        _move_days(threat, period, edition, by=by, now=moment)
    return edition


def outrun(office: Office, user: Any, starts_on: date) -> Any:
    """Return the office's active threats whose horizon or review ends before the day, of those the person may see."""
    rows = Threat.objects.visible_to(user).active().filter(mission=office.mission_id, office=office)
    rows = rows.select_related("mission", "office")
    return rows.filter(horizon_on__lt=starts_on) | rows.filter(review_on__lt=starts_on)


def _move_days(threat: Threat, period: periods.Period, edition: MatrixEdition, *, by: Any, now: datetime) -> None:
    require(by, "threats.change_threat", threat)
    changes: dict[str, list[Any]] = {}
    for name, to in (("horizon_on", period.horizon_on), ("review_on", period.review_on)):
        before = getattr(threat, name)
        after = periods.moved(before, starts_on=period.starts_on, to=to)
        if after != before:
            setattr(threat, name, after)
            changes[name] = [before, after]
    threat.version += 1
    threat.changed_at, threat.changed_by = now, by
    threat.save(update_fields=[*changes, "version", "changed_at", "changed_by"])
    note = f"rolled over to edition {edition.number}"
    record_event(by, "changed", threat, changes=changes, note=note, now=now)


@transaction.atomic
def confirm_rating(threat: Threat, *, based_on: int, reason: str, by: Any, now: datetime | None = None) -> Assessment:
    """Rate a threat as it was rated last, with a reason why that still holds, and return the new rating.

    `based_on` is the key of the rating that the person read; where another was made since, a `Conflict` names who made
    it, so that a double click confirms once and nobody confirms what they have not seen. Raises `Forbidden`,
    `RuleError` without a rating, without a reason, or where the scheme in use no longer knows its values.
    """
    require(by, "threats.assess_threat", threat)
    Threat.objects.select_for_update(of=("self",)).get(pk=threat.pk)
    last = threat.assessments.select_related("assessed_by").first()
    if last is None:
        raise RuleError("not_rated", _("This threat has no rating yet. Rate it first."))
    if last.pk != based_on:
        words = {"who": last.assessed_by or _("The system"), "ref": threat.ref}
        raise Conflict("rated_since", _("%(who)s rated %(ref)s since you opened this page. Read it again.") % words)
    given: dict[str, Any] = {name: getattr(last, name) for name in ("likelihood", "impact", "confidence", "inputs")}
    if last.expected_risk is not None:
        given |= {"expected_likelihood": last.expected_likelihood, "expected_impact": last.expected_impact}
    return assess_threat(threat, **given, reason=reason, by=by, now=now)
