"""Reading of matrix rows: three queries, whatever the number of threats.

Rows are read as values, not as model objects, since a page shows hundreds of them. Activities come through the
reverse relation `Threat.activities`, which a later app declares.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce

from pocweb.choices import Priority, RiskLevel, Tier
from threats.choices import Confidence, EditionState, SourceOfViolence, ThreatStatus, Trend, Vulnerability
from threats.evidence import Watch
from threats.matrix.row import MatrixRow, RowActivity, RowArea, RowGroup, RowProtectionActor
from threats.models import (
    Assessment,
    MatrixEdition,
    ProtectionActor,
    Scheme,
    Threat,
    ThreatGroup,
    ThreatProtectionActor,
)
from threats.rules.gaps import ActivityFacts, ThreatFacts, gaps_of
from threats.rules.scheme import label_of

InForce = datetime | Mapping[int, datetime | None] | None

_COPIED = (
    "pk", "version", "title", "status", "priority", "risk", "likelihood", "impact", "trend", "confidence",
    "expected_risk", "imminent", "imminent_since", "near_mission_presence", "location", "scale", "civilians",
    "perpetrators", "other_actors", "capacity", "capacity_in_reach", "response", "action", "objective", "horizon_on",
    "review_on", "assessed_on",
)  # fmt: skip
_READ = (
    *_COPIED, "number", "marking", "office_id", "office__code", "office__name", "mission__review_days", "lead_id",
    "lead__first_name", "lead__last_name", "lead__username",
)  # fmt: skip
_OF_ACTIVITY = (
    "number", "title", "tier", "phases", "status", "due_on", "owner_id", "changed_at", "marking", "component__name",
    "owner__first_name", "owner__last_name", "owner__username",
)  # fmt: skip
_VARIABLES = ("presence", "capability", "acceptance", "constraint", "potential_harm", "willingness", "coordination")
_ORDER = itemgetter(0, 1, 6)  # the key last, so that the same lines have one order
_PADDED = 10  # text columns of the union of relations, after kind and threat


@dataclass
class _Relations:
    """What hangs on the threats, by threat; schemes by their key."""

    named: dict[tuple[str, int], list[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(list))
    schemes: dict[int, tuple[str, int, dict[str, Any]]] = field(default_factory=dict)
    activities: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    ratings: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))


def build_rows(
    threats_queryset: "QuerySet[Threat]", *, now: datetime, in_force_at: InForce = None, clearance: int | None = None
) -> list[MatrixRow]:
    """Return the threats as matrix rows by priority, then risk (highest first), then number. Three queries.

    `in_force_at` is the moment from which an approved edition is in force: one for all rows, or by key of the office;
    without it the office's edition in force is looked up. With `clearance`, activities of a higher marking are left
    out; who may see the threats themselves is settled by the queryset. Source of the order: POC Handbook 2020, 8.3.
    """
    return read_rows(threats_queryset, now=now, in_force_at=in_force_at, clearance=clearance)[0]


def read_rows(
    threats_queryset: "QuerySet[Threat]", *, now: datetime, in_force_at: InForce = None, clearance: int | None = None
) -> tuple[list[MatrixRow], Watch]:
    """Return the rows as `build_rows` does, and with them what the threats watch, for `evidence_for`."""
    edition = MatrixEdition.objects.filter(office=OuterRef("office"), state=EditionState.IN_FORCE)
    rows = threats_queryset.order_by().annotate(in_force=Subquery(edition.values("in_force_at")[:1]))
    found = list(rows.values(*_READ, "in_force"))
    found.sort(key=lambda one: (one["priority"] or 9, -(one["risk"] or 0), one["number"]))
    relations = _read_relations(threats_queryset.order_by().values("pk"), clearance) if found else _Relations()
    watch = Watch()
    for (kind, threat), related in relations.named.items():
        for texts in related:
            watch.add(kind, threat, texts[2] if kind == "areas" else texts[3])
    labels = _labels()
    return [_row(one, relations, labels, now=now, in_force_at=in_force_at) for one in found], watch


def _read_relations(pks: Any, clearance: int | None) -> _Relations:
    """Return what hangs on the threats whose keys the subquery `pks` selects."""
    found = _Relations()
    for kind, threat, *texts in _union(pks):
        if kind == "scheme":
            found.schemes[threat] = (texts[0], int(texts[1]), json.loads(texts[2]))
        elif kind == "ratings":
            found.ratings[threat].append(_rating(texts))
        else:
            found.named[kind, threat].append(tuple(texts))
    for ratings in found.ratings.values():
        ratings.sort(key=lambda rating: rating[3:], reverse=True)
    for lines in found.named.values():
        if len(lines) > 1:
            lines.sort(key=_ORDER)
    links = Threat.activities.through.objects.filter(threat__in=pks).exclude(activity__status="cancelled")
    if clearance is not None:
        links = links.filter(activity__marking__lte=clearance)
    rows = links.order_by(F("activity__due_on").asc(nulls_last=True), "activity__number")
    columns: dict[str, Any] = {f"a_{name}": F(f"activity__{name}") for name in _OF_ACTIVITY}
    one: dict[str, Any]
    for one in rows.values("threat_id", "activity_id", **columns):  # type: ignore[assignment]  # named at run time
        found.activities[one["threat_id"]].append(one)
    return found


def _rating(texts: list[str]) -> tuple[int, int, str, datetime, int]:
    """Return a rating as (key of its scheme, risk, trend, moment, key) from its texts; a moment without zone is UTC."""
    scheme, risk, trend, moment, pk, *_padding = texts
    at = datetime.fromisoformat(moment)
    return int(scheme), int(risk), trend, at if at.tzinfo else at.replace(tzinfo=UTC), int(pk)


def _union(pks: Any) -> Iterable[tuple[Any, ...]]:
    """Return areas, forms of violence, actors, components, groups, protection actors, ratings, schemes in one query.

    A scheme comes once however many threats name it; all other parts have no equal lines, so that nothing is sorted
    out.
    """

    def texts(*expressions: Any) -> dict[str, Any]:
        padded = [*expressions, *[Value("")] * (_PADDED - len(expressions))]
        return {f"c{index}": Cast(one, TextField()) for index, one in enumerate(padded)}

    def through(name: str, *columns: str) -> Any:
        rows = getattr(Threat, name).through.objects.filter(threat__in=pks)
        return rows.annotate(kind=Value(name, CharField()), of=F("threat_id"), **texts(*map(F, columns)))

    groups = ThreatGroup.objects.filter(threat__in=pks).annotate(
        kind=Value("groups", CharField()),
        of=F("threat_id"),
        **texts(
            F("group__name"), Coalesce(Cast("estimated_number", TextField()), Value("")), F("exposure"),
            Coalesce(Cast("vulnerability", TextField()), Value("")), F("reason"), Coalesce("area__name", Value("")),
            Cast("pk", TextField()),
        ),
    )  # fmt: skip
    protection = ThreatProtectionActor.objects.filter(threat__in=pks).annotate(
        kind=Value("protection", CharField()),
        of=F("threat_id"),
        **texts(F("protection_actor__name"), F("protection_actor__kind"), F("role"), *map(F, _VARIABLES)),
    )
    schemes = Scheme.objects.filter(
        pk__in=Assessment.objects.filter(threat__in=pks).order_by().values("scheme")
    ).annotate(kind=Value("scheme", CharField()), of=F("pk"), **texts(F("name"), F("edition"), F("data")))
    ratings = Assessment.objects.filter(threat__in=pks).annotate(
        kind=Value("ratings", CharField()),
        of=F("threat_id"),
        **texts(F("scheme_id"), F("risk"), F("trend"), F("assessed_at"), F("pk")),
    )
    parts = [
        through("violence_types", "violencetype__name", "violencetype__code"),
        through("actors", "actor__short_name", "actor__name", "actor__source_of_violence", "actor_id", "actor__code"),
        through("components", "component__name", "component__code"),
        groups,
        protection,
        ratings,
        schemes,
    ]
    names = ("kind", "of", *(f"c{index}" for index in range(_PADDED)))
    first = through("areas", "area__name", "area__pcode", "area__path").order_by()
    united = first.values_list(*names).union(*(part.order_by().values_list(*names) for part in parts), all=True)
    return united


def _labels() -> dict[str, dict[Any, str]]:
    """Return the words of all codes in the language of the moment, looked up once for all rows."""
    activity: Any = Threat.activities.rel.related_model
    choices: dict[str, Any] = {
        "status": ThreatStatus.choices,
        "priority": Priority.choices,
        "risk": RiskLevel.choices,
        "trend": Trend.choices,
        "confidence": Confidence.choices,
        "source": SourceOfViolence.choices,
        "vulnerability": Vulnerability.choices,
        "protection": ProtectionActor.Kind.choices,
        "tier": Tier.choices,
        "activity": activity._meta.get_field("status").choices,
    }
    return {name: {code: str(label) for code, label in pairs} for name, pairs in choices.items()}


def _row(
    one: Mapping[str, Any],
    relations: _Relations,
    labels: dict[str, dict[Any, str]],
    *,
    now: datetime,
    in_force_at: InForce,
) -> MatrixRow:
    pk = one["pk"]
    activities = relations.activities.get(pk, [])
    ratings = relations.ratings.get(pk, [])
    scheme_name, scheme_version, data = (
        relations.schemes.get(ratings[0][0], ("", None, {})) if ratings else ("", None, {})
    )
    previous = ratings[1][1] if len(ratings) > 1 else None
    shown = [_activity(item, labels) for item in activities]
    in_force = in_force_at.get(one["office_id"]) if isinstance(in_force_at, Mapping) else in_force_at or one["in_force"]
    named = relations.named
    actors = named.get(("actors", pk), ())
    return MatrixRow(
        **{name: one[name] for name in _COPIED},
        ref=f"{Threat.LETTER}-{one['number']:03d}",
        office_code=one["office__code"],
        office_name=one["office__name"],
        status_label=labels["status"][one["status"]],
        priority_label=labels["priority"].get(one["priority"], ""),
        risk_label=labels["risk"].get(one["risk"], ""),
        likelihood_label=label_of(data, "likelihood", one["likelihood"]) if data else "",
        likelihood_steps=len(data["likelihood"]) if data else None,
        impact_label=label_of(data, "impact", one["impact"]) if data else "",
        scheme_name=scheme_name,
        scheme_version=scheme_version,
        trend_label=labels["trend"].get(one["trend"], ""),
        confidence_label=labels["confidence"].get(one["confidence"], ""),
        expected_risk_label=labels["risk"].get(one["expected_risk"], ""),
        previous_risk=previous,
        previous_risk_label=labels["risk"].get(previous, ""),
        marking=max([one["marking"], *(item["a_marking"] for item in activities)]),
        areas=tuple(RowArea(pcode, name) for name, pcode, *_rest in named.get(("areas", pk), ())),
        violence_types=tuple(texts[0] for texts in named.get(("violence_types", pk), ())),
        groups=tuple(_group(texts, labels) for texts in named.get(("groups", pk), ())),
        actors=tuple(short or name for short, name, *_rest in actors),
        actor_codes=tuple(texts[4] for texts in actors),
        source_kinds=tuple(dict.fromkeys(labels["source"][texts[2]] for texts in actors)),
        protection_actors=_protection(named, pk, labels),
        response_activities=tuple(item for item in shown if item.status != "planned"),
        action_activities=tuple(item for item in shown if item.status == "planned"),
        lead=_person(one, "lead__") if one["lead_id"] else "",
        components=tuple(texts[0] for texts in named.get(("components", pk), ())),
        gaps=tuple(gaps_of(_facts(one, activities, shown, ratings, in_force), now=now))
        if one["status"] == ThreatStatus.ACTIVE
        else (),
    )


def _facts(
    one: Mapping[str, Any],
    activities: list[dict[str, Any]],
    shown: list[RowActivity],
    ratings: list[tuple[Any, ...]],
    in_force: datetime | None,
) -> ThreatFacts:
    return ThreatFacts(
        priority=one["priority"],
        has_lead=one["lead_id"] is not None,
        has_objective=bool(one["objective"]),
        has_action=bool(one["action"]),
        capacity_in_reach=one["capacity_in_reach"],
        assessed_on=one["assessed_on"],
        review_on=one["review_on"],
        horizon_on=one["horizon_on"],
        review_days=one["mission__review_days"],
        in_force_at=in_force,
        ratings=[(trend, at) for _scheme, _risk, trend, at, _pk in ratings[:2]],
        activities=[
            ActivityFacts(
                view.pk, view.ref, view.tier, view.status != "done", view.due_on, bool(view.owner), item["a_changed_at"]
            )
            for view, item in zip(shown, activities, strict=True)
        ],
    )


def _activity(one: Mapping[str, Any], labels: dict[str, dict[Any, str]]) -> RowActivity:
    activity: Any = Threat.activities.rel.related_model
    due_on: date | None = one["a_due_on"]
    return RowActivity(
        pk=one["activity_id"],
        ref=f"{activity.LETTER}-{one['a_number']:03d}",
        title=one["a_title"],
        tier=one["a_tier"],
        tier_label=labels["tier"][one["a_tier"]],
        phases=tuple(one["a_phases"]),
        status=one["a_status"],
        status_label=labels["activity"][one["a_status"]],
        due_on=due_on,
        component=one["a_component__name"],
        owner=_person(one, "a_owner__") if one["a_owner_id"] else "",
    )


def _group(texts: tuple[str, ...], labels: dict[str, dict[Any, str]]) -> RowGroup:
    name, number, exposure, vulnerability, reason, area, *_rest = texts
    level = int(vulnerability) if vulnerability else None
    return RowGroup(
        group=name,
        number=int(number) if number else None,
        exposure=exposure,
        vulnerability=level,
        vulnerability_label=labels["vulnerability"].get(level, ""),
        reason=reason,
        area=area,
    )


def _protection(
    named: Mapping[tuple[str, int], list[tuple[str, ...]]], pk: int, labels: dict[str, dict[Any, str]]
) -> tuple[RowProtectionActor, ...]:
    return tuple(
        RowProtectionActor(name, labels["protection"][kind], *rest)
        for name, kind, *rest in named.get(("protection", pk), ())
    )


def _person(one: Mapping[str, Any], prefix: str) -> str:
    return f"{one[prefix + 'first_name']} {one[prefix + 'last_name']}".strip() or one[prefix + "username"]
