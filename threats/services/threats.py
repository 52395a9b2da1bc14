"""What people do to threats: add, edit, rate, decide on imminence, close, reopen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Mission, Office
from pocweb.permissions import require
from threats.choices import Confidence, ThreatStatus
from threats.models import Actor, Assessment, ImminenceDecision, Scheme, Threat
from threats.reference_loader import assessment_inputs
from threats.rules.scheme import expected_risk_of, priority_of, risk_of
from threats.rules.trend import Rating, trend_of
from threats.services.inheritance import raise_activities
from threats.services.threat_values import (
    CODED,
    LISTS,
    Reader,
    apply_columns,
    highest_actor_marking,
    plain_values,
    write_lists,
)

FOLLOWING = ("likelihood", "impact", "risk", "priority", "trend", "confidence", "expected_risk")
"""Columns of a threat that repeat its latest rating."""


def current_scheme(mission: Mission) -> Scheme:
    """Return the scheme for new ratings: the mission's own where it has one, else the shared one.

    Raises `RuleError` where reference data has not been loaded.
    """
    rows = Scheme.objects.filter(Q(mission=mission) | Q(mission=None), is_current=True)
    scheme = rows.order_by(F("mission").asc(nulls_last=True), "-edition").first()
    if scheme is None:
        raise RuleError("no_scheme", "No rating scheme is in use. An administrator loads the reference data.")
    return scheme


@transaction.atomic
def add_threat(*, office: Office, values: Mapping[str, Any], by: Any, now: datetime | None = None) -> Threat:
    """Store a new threat of the office from plain values and return it, not yet rated.

    Its marking is at least the mission's default and the highest of its actors. Raises `Forbidden`, and `RuleError`
    with the field for a value that cannot be stored.
    """
    mission = office.mission
    threat = Threat(mission=mission, office=office, marking=values.get("marking", mission.default_marking))
    require(by, "threats.add_threat", threat)
    values = _with_marking(threat, values, by)
    apply_columns(threat, values)
    if not values.get("areas"):
        raise RuleError("no_area", "Name at least one area.", "areas")
    threat.number = Counter.take(mission, Threat.KIND)
    threat.created_at = threat.changed_at = now or clock.now(mission)
    threat.created_by = threat.changed_by = by
    _clean(threat)
    threat.save(force_insert=True)
    write_lists(threat, values)
    given = plain_values(threat)
    record_event(
        by,
        "added",
        threat,
        changes={name: [None, value] for name, value in given.items() if value not in ("", None, [])},
        now=threat.created_at,
    )
    return threat


def edit_threat(
    threat: Threat, *, changes: Mapping[str, Any], based_on: int, by: Any, note: str = "", now: datetime | None = None
) -> Saved[Threat]:
    """Store changed fields (plain values) of a threat under the lost-update guard and return what was done.

    Lists (areas, actors, groups at risk ...) are one field each. Raises `Forbidden`, `EditConflict` when another person
    changed the same field otherwise, and `RuleError` with the field for a value that cannot be stored.
    """
    require(by, "threats.change_threat", threat)
    changes = _with_marking(threat, changes, by)
    reader = Reader(based_on, [name for name in changes if name in CODED or name in LISTS])

    def apply(record: Threat, wanted: dict[str, Any]) -> list[str]:
        columns = reader.apply(record, wanted)
        if "marking" in columns:
            raise_activities(record, by=by, now=now or clock.now(record.mission))
        return columns

    try:
        return save_guarded(
            Threat.objects.select_related("mission", "office", "lead"),
            threat.pk,
            based_on=based_on,
            changes=changes,
            by=by,
            plain=reader.plain,
            apply=apply,
            note=note,
            now=now,
        )
    except ValidationError as error:
        raise _as_rule(error) from error


def assess_threat(
    threat: Threat,
    *,
    likelihood: int,
    impact: int,
    reason: str,
    inputs: Sequence[str] = (),
    confidence: int = Confidence.MEDIUM,
    expected_likelihood: int | None = None,
    expected_impact: int | None = None,
    by: Any,
    now: datetime | None = None,
) -> Assessment:
    """Rate a threat with the scheme in use and return the rating; the threat's columns follow it.

    Risk comes from the scheme's grid, priority from its mapping, trend from the rating before. What is expected after
    the response is given as likelihood and impact together or not at all; its risk comes from the same grid, and it
    may lie above the risk of today. Older ratings stay as they are. Raises `Forbidden`, `RuleError` with the field.
    Source: POC Handbook 2020, 8.2.4; the expected rating is ours, from 8.2.5 (expected effect of a response).
    """
    require(by, "threats.assess_threat", threat)
    reason = _reason(reason)
    _check_inputs(inputs)
    with transaction.atomic():
        current = _lock_for_rating(threat)
        _refuse_closed(current)
        scheme = current_scheme(threat.mission)
        rating = Rating(scheme.pk, likelihood, impact, risk_of(scheme.data, likelihood, impact))
        made = Assessment.objects.create(
            threat=threat,
            scheme=scheme,
            likelihood=likelihood,
            impact=impact,
            risk=rating.risk,
            priority=priority_of(scheme.data, rating.risk),
            trend=trend_of(rating, _rating_before(current)),
            confidence=confidence,
            expected_likelihood=expected_likelihood,
            expected_impact=expected_impact,
            expected_risk=expected_risk_of(scheme.data, expected_likelihood, expected_impact),
            inputs=list(inputs),
            reason=reason,
            assessed_at=now or clock.now(threat.mission),
            assessed_by=by,
        )
        changes = _follow(threat, current, made)
        record_event(by, "rated", threat, changes=changes, note=reason, now=made.assessed_at)
    return made


def _check_inputs(inputs: Sequence[str]) -> None:
    if unknown := set(inputs) - {code for code, _name in assessment_inputs()}:
        raise RuleError("unknown_input", f"Not an input: {', '.join(sorted(unknown))}.", "inputs")


def _lock_for_rating(threat: Threat) -> Any:
    """Return the threat's row as it stands, locked, with the key of the scheme of its last rating."""
    last = Assessment.objects.filter(threat=OuterRef("pk")).order_by("-assessed_at", "-pk").values("scheme")[:1]
    rows = Threat.objects.select_for_update(of=("self",)).annotate(last_scheme=Subquery(last))
    return rows.get(pk=threat.pk)


def _rating_before(current: Any) -> Rating | None:
    if current.risk and current.likelihood and current.impact:
        return Rating(current.last_scheme, current.likelihood, current.impact, current.risk)
    return None


def _follow(threat: Threat, current: Threat, made: Assessment) -> dict[str, list[Any]]:
    """Let the threat's columns repeat its latest rating, and return what of them changed."""
    columns: dict[str, Any] = {name: getattr(made, name) for name in FOLLOWING}
    changes = {name: [getattr(current, name), value] for name, value in columns.items()}
    columns["assessed_on"] = made.assessed_at.date()
    Threat.objects.filter(pk=threat.pk).update(**columns)
    for name, value in columns.items():
        setattr(threat, name, value)
    return {name: pair for name, pair in changes.items() if pair[0] != pair[1]}


@transaction.atomic
def decide_imminence(
    threat: Threat, *, imminent: bool, reason: str, by: Any, now: datetime | None = None
) -> ImminenceDecision:
    """Record a person's decision that a threat is, or is not, imminent, and return it.

    A threat stays imminent from the first such decision until one finds it gone; a decision that confirms what stands
    is kept as a review. Never computed. Raises `Forbidden`, `RuleError`. Source: POC Handbook 2020, 8.2.5.
    """
    require(by, "threats.decide_imminence", threat)
    reason = _reason(reason)
    current = Threat.objects.select_for_update(of=("self",)).get(pk=threat.pk)
    _refuse_closed(current)
    moment = now or clock.now(threat.mission)
    since = (current.imminent_since or moment) if imminent else None
    made = ImminenceDecision.objects.create(
        threat=threat, imminent=imminent, reason=reason, decided_at=moment, decided_by=by
    )
    Threat.objects.filter(pk=threat.pk).update(imminent=imminent, imminent_since=since)
    threat.imminent, threat.imminent_since = imminent, since
    changes = {"imminent": [current.imminent, imminent]} if current.imminent != imminent else {}
    record_event(by, "decided on imminence", threat, changes=changes, note=reason, now=moment)
    return made


def close_threat(threat: Threat, *, reason: str, by: Any, now: datetime | None = None) -> Threat:
    """Close an active threat with the reason; it leaves the matrix and is kept. Raises `Forbidden`, `Conflict`."""
    return _turn(threat, ThreatStatus.CLOSED, reason=reason, by=by, now=now)


def reopen_threat(threat: Threat, *, reason: str, by: Any, now: datetime | None = None) -> Threat:
    """Bring a closed threat back into the matrix, with the reason. Raises `Forbidden`, `Conflict`."""
    return _turn(threat, ThreatStatus.ACTIVE, reason=reason, by=by, now=now)


@transaction.atomic
def _turn(threat: Threat, status: ThreatStatus, *, reason: str, by: Any, now: datetime | None) -> Threat:
    """Move a threat between active and closed by a conditional update, so that of two people one is told."""
    require(by, "threats.change_threat", threat)
    reason = _reason(reason)
    closes = status == ThreatStatus.CLOSED
    moment = now or clock.now(threat.mission)
    stored = (
        Threat.objects.filter(pk=threat.pk)
        .exclude(status=status)
        .update(
            status=status,
            closed_reason=reason if closes else "",
            closed_on=moment.date() if closes else None,
            version=F("version") + 1,
            changed_at=moment,
            changed_by=by,
        )
    )
    if not stored:
        raise Conflict("already_done", f"{threat.ref} is already {status.label.lower()}.")
    before = ThreatStatus.ACTIVE if closes else ThreatStatus.CLOSED
    threat.refresh_from_db()
    verb = "closed" if closes else "reopened"
    record_event(by, verb, threat, changes={"status": [before, status]}, note=reason, now=moment)
    return threat


def _with_marking(threat: Threat, values: Mapping[str, Any], by: Any) -> dict[str, Any]:
    """Return the values with the marking that the threat inherits: never below that of an actor it cites."""
    values = dict(values)
    if "actors" not in values and "marking" not in values:
        return values
    cited = threat.actors.values_list("code", flat=True) if threat.pk else ()  # a new threat cites none yet
    codes = values.get("actors", cited)
    if "actors" in values:
        _refuse_hidden_actors(threat, codes, by)
    inherited = highest_actor_marking(threat, codes)
    wanted = values.get("marking", threat.marking)
    if "marking" in values and "actors" not in values and wanted < inherited:
        raise RuleError("marking_below_actor", "A source of violence has a higher marking.", "marking")
    if max(wanted, inherited) > by.clearance:
        raise RuleError("marking_above_clearance", "This marking is above your own clearance.", "marking")
    if max(wanted, inherited) != threat.marking or "marking" in values:
        values["marking"] = max(wanted, inherited)
    return values


def _refuse_hidden_actors(threat: Threat, codes: Iterable[str], by: Any) -> None:
    """Answer the code of a profile above the person's clearance like one that nobody has; those cited already stay."""
    known = Q(pk__in=Actor.objects.visible_to(by).values("pk"))
    if threat.pk:
        known |= Q(threats=threat)
    found = set(Actor.objects.filter(known, mission=threat.mission_id, code__in=codes).values_list("code", flat=True))
    if missing := sorted(set(codes) - found):
        raise RuleError("unknown_code", f"Not known here: {', '.join(missing)}.", "actors")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise RuleError("no_reason", "Say why. The reason is kept with the decision.", "reason")
    return reason.strip()


def _refuse_closed(threat: Threat) -> None:
    if threat.status == ThreatStatus.CLOSED:
        raise Conflict("closed", f"{threat.ref} is closed. Reopen it first.")


def _clean(threat: Threat) -> None:
    try:
        threat.full_clean(exclude=["number"])
    except ValidationError as error:
        raise _as_rule(error) from error


def _as_rule(error: ValidationError) -> RuleError:
    """Return the first complaint of a model's own validation as a refused rule."""
    for name, messages in error.message_dict.items():
        return RuleError("invalid", messages[0], None if name == "__all__" else name)
    return RuleError("invalid", "This cannot be stored.")
