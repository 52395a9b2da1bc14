"""Sheets of the matrix on their way out, and the stored values that a sheet which came back is compared with."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch, Q

from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking, Priority, RiskLevel
from pocweb.errors import RuleError
from pocweb.models import Area, AuditEvent, Component, Office, Person
from pocweb.permissions import require
from threats.choices import Confidence, Trend, Vulnerability
from threats.models import Actor, Assessment, AtRiskGroup, MatrixImport, ProtectionActor, Threat, ViolenceType
from threats.offline.columns import ACTORS, GROUPS
from threats.offline.preview import HIDDEN, line_key
from threats.offline.words import Words
from threats.offline.writing import OfflineMatrix, write_offline
from threats.rules.scheme import label_of, steps
from threats.services.threat_values import GUARDED, plain_values
from threats.services.threats import current_scheme

Values = Mapping[str, Any]
KNOWN = ((True, "yes"), (False, "no"), (None, "unknown"))
READ_AHEAD = (
    Prefetch("areas", Area.objects.defer("shape")),
    "violence_types",
    "actors",
    "components",
    "threat_groups__group",
    Prefetch("threat_groups__area", Area.objects.defer("shape")),
    "threat_protection_actors__protection_actor",
)


def may_bring_back(user: Any, office: Office) -> bool:
    """Say whether the person may edit threats of this office."""
    return bool(user.has_perm("threats.import_matrix", MatrixImport(mission=office.mission, office=office, marking=0)))


def export_offline(office: Office, *, by: Any, now: datetime | None = None) -> tuple[bytes, str]:
    """Return the office's live rows up to the person's clearance as a workbook to edit offline, and its name.

    Recorded as an export. Raises `Forbidden`.
    """
    require(by, "threats.import_matrix", MatrixImport(mission=office.mission, office=office, marking=0))
    moment = now or clock.now(office.mission)
    matrix = gather(office, by=by, now=moment)
    content = write_offline(matrix)
    record_event(
        by, "exported", office.mission, note=f"{office.code}: live rows, {len(matrix.rows)} rows as xlsx for editing"
    )
    return content, f"matrix-{office.mission.code}-{office.code}-offline-{moment:%Y-%m-%d}.xlsx"


def gather(office: Office, *, by: Any, now: datetime) -> OfflineMatrix:
    """Return what goes into the workbook, in a fixed number of queries."""
    order = (F("priority").asc(nulls_last=True), F("risk").desc(nulls_last=True), "number")
    threats = list(rows_of(office, by=by).active().order_by(*order))
    hidden = hidden_actors(office, by=by)
    plain = {threat.pk: _without(hidden, plain_values(threat)) for threat in threats}
    words = words_for(office, by=by, held=plain.values())
    last = last_ratings(plain)
    rows, groups, actors = [], [], []
    for threat in threats:
        values = plain[threat.pk]
        rows.append(values | _told(threat, last.get(threat.pk), words))
        groups += [one | {"ref": threat.ref, "line": line_key(one, GROUPS)} for one in values["groups"]]
        actors += [one | {"ref": threat.ref, "line": line_key(one, ACTORS)} for one in values["protection_actors"]]
    words.add("refs", [(row["ref"], row["ref"]) for row in rows])
    return OfflineMatrix(
        mission=office.mission.code,
        office=office.code,
        office_name=office.name,
        marking=max([Marking.UNCLASSIFIED, *(threat.marking for threat in threats)]),
        at=now,
        by=str(by),
        token=secrets.token_hex(6),
        rows=rows,
        groups=groups,
        actors=actors,
        words=words,
    )


def _without(hidden: Collection[str], values: Values) -> dict[str, Any]:
    """Return plain values in which one sign stands for all actors that the person may not see."""
    shown = [code for code in values["actors"] if code not in hidden]
    return {**values, "actors": shown + ([HIDDEN] if len(shown) < len(values["actors"]) else [])}


def rows_of(office: Office, *, by: Any) -> Any:
    """Return the office's threats that the person may see, with everything that their plain values ask read ahead."""
    rows = Threat.objects.visible_to(by).filter(mission=office.mission_id, office=office)
    return rows.select_related("mission", "office", "lead").prefetch_related(*READ_AHEAD)


def _told(threat: Threat, last: Values | None, words: Words) -> dict[str, Any]:
    """Return the locked cells of a row: what names it, and how it is rated."""
    return {
        "key": str(threat.pk),
        "version": str(threat.version),
        "rating": str(last["pk"]) if last else "",
        "ref": threat.ref,
        "priority": str(Priority(threat.priority).value) if threat.priority else "",
        "likelihood": last["likelihood_word"] if last else "",
        "impact": last["impact_word"] if last else "",
        "risk": str(RiskLevel(threat.risk).label) if threat.risk else "",
        "trend": str(Trend(threat.trend).label) if threat.trend else "",
        "assessed_on": threat.assessed_on,
        "imminent": words.word("yes_no", threat.imminent),
        "marking": str(Marking(threat.marking).label),
    }


# --- words ------------------------------------------------------------------------------------------------------------


def areas_of(office: Office) -> Any:
    """Return the areas in force that belong to the office and below; all where it has none of its own."""
    rows: Any = Area.objects.valid_on(clock.today(office.mission)).defer("shape")
    paths = list(office.areas.values_list("path", flat=True))
    where = Q() if not paths else Q(pk__in=[])
    for path in paths:
        where |= Q(path__startswith=path)
    return rows.filter(where)


def words_for(office: Office, *, by: Any, held: Iterable[Values]) -> Words:
    """Return the lists of the sheet: what may be chosen, and beyond it what rows hold already."""
    values, mission = list(held), office.mission
    words = Words()
    held_areas = {code for row in values for code in row["areas"]}
    held_areas |= {one["area"] for row in values for one in row["groups"] if one["area"]}
    further = Area.objects.filter(pcode__in=held_areas).values_list("pcode", "name")
    words.add("areas", [(a.pcode, f"{a.pcode} {a.name}") for a in areas_of(office)], _coded(further))
    people = Person.objects.filter(is_active=True, postings__mission=mission).distinct()
    leads = Person.objects.filter(username__in={row["lead"] for row in values})
    words.add("lead", _people(people.order_by("last_name", "username")), _people(leads))
    seen = Actor.objects.visible_to(by).filter(mission=mission).order_by("name")
    cited = Actor.objects.filter(mission=mission, code__in={code for row in values for code in row["actors"]})
    others = [*((one.code, f"{one} ({one.code})") for one in cited), (HIDDEN, "outside your reach")]
    words.add("actors", [(one.code, f"{one} ({one.code})") for one in seen], others)
    ours = Q(mission=None) | Q(mission=mission)
    words.add("violence_types", ViolenceType.objects.filter(ours).values_list("code", "name"))
    words.add("groups", AtRiskGroup.objects.filter(ours).values_list("code", "name"))
    words.add("components", Component.objects.filter(mission=mission).values_list("code", "name"))
    names = ProtectionActor.objects.filter(mission=mission).values_list("name", flat=True)
    words.add("protection_actors", [(name, name) for name in names])
    _add_scales(words, office)
    return words


def _coded(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(code, f"{code} {name}") for code, name in pairs]


def _people(people: Iterable[Person]) -> list[tuple[str, str]]:
    return [(one.username, f"{one} ({one.username})") for one in people]


def _add_scales(words: Words, office: Office) -> None:
    try:
        data = current_scheme(office.mission).data
    except RuleError:  # without reference data nothing can be rated, here as on the page
        data = {"likelihood": [], "impact": []}
    for axis in ("likelihood", "impact"):
        words.add(axis, [(step["value"], str(step["label"])) for step in steps(data, axis)])
    words.add("confidence", [(value, str(label)) for value, label in Confidence.choices])
    words.add("vulnerability", [(value, str(label)) for value, label in Vulnerability.choices])
    words.add("known", KNOWN)
    words.add("yes_no", KNOWN[:2])
    words.add("yes", KNOWN[:1])


def hidden_actors(office: Office, *, by: Any) -> set[str]:
    """Return the codes of the mission's perpetrators that the person may not see."""
    rows = Actor.objects.filter(mission=office.mission)
    seen = Actor.objects.visible_to(by).filter(mission=office.mission)
    return set(rows.exclude(pk__in=seen.values("pk")).values_list("code", flat=True))


# --- what stands in the database --------------------------------------------------------------------------------------


def last_ratings(threats: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the rating of each threat that was recorded last, which its columns repeat, with its words; one query."""
    rows = Assessment.objects.filter(threat__in=list(threats)).select_related("scheme", "assessed_by")
    found: dict[int, dict[str, Any]] = {}
    for one in rows.order_by("pk"):
        found[one.threat_id] = {
            "pk": one.pk,
            "likelihood": one.likelihood,
            "impact": one.impact,
            "confidence": one.confidence,
            "reason": one.reason,
            "likelihood_word": label_of(one.scheme.data, "likelihood", one.likelihood),
            "impact_word": label_of(one.scheme.data, "impact", one.impact),
            "by": str(one.assessed_by) if one.assessed_by else "",
        }
    return found


def bases(threats: Iterable[Threat], versions: Mapping[int, int], plain: Mapping[int, Values]) -> dict[int, Values]:
    """Return each threat's plain values at the version its row was taken out with; one query for all that moved on.

    The same reading back as `pocweb.guard.values_at`, for many records at once.
    """
    found: dict[int, dict[str, Any]] = {pk: dict(values) for pk, values in plain.items()}
    moved = [threat for threat in threats if versions.get(threat.pk, threat.version) < threat.version]
    events = AuditEvent.objects.filter(
        object_type=Threat._meta.label_lower, object_id__in=[str(threat.pk) for threat in moved]
    )
    for event in events.order_by("-seq").only("object_id", "object_version", "changes"):
        pk = int(event.object_id)
        if event.object_version is None or event.object_version <= versions[pk]:
            continue
        for name, (before, _after) in event.changes.items():
            if name in GUARDED:
                found[pk][name] = before
    return dict(found)
