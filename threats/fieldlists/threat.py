"""The one field list of threats: form, detail page, exports and API ask it."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking, Priority, RiskLevel
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList, for_people
from threats.choices import Confidence, ThreatStatus, Trend
from threats.models import Threat, ThreatGroup, ThreatProtectionActor

SHOWN = frozenset({Face.DETAIL, Face.EXPORT, Face.API})
IN_TABLE = SHOWN | {Face.TABLE}
BOTH = EVERYWHERE | {Face.TABLE}


def _text(name: str) -> Callable[[Threat], Any]:
    return lambda threat: getattr(threat, name)


def _names(name: str) -> Callable[[Threat], list[str]]:
    return lambda threat: sorted(str(row) for row in getattr(threat, name).all())


def _pcodes(threat: Threat) -> list[str]:
    return sorted(area.pcode for area in threat.areas.all())


def _label(choices: Any, name: str) -> Callable[[Threat], str | None]:
    def value(threat: Threat) -> str | None:
        stored = getattr(threat, name)
        return str(choices(stored).label) if stored else None

    return value


def _lead(threat: Threat) -> str | None:
    return str(threat.lead) if threat.lead else None


def group_text(one: ThreatGroup) -> str:
    """Return a group at risk as a sentence: who, how many, exposed to what, how vulnerable and why."""
    parts = [f"{one.group}: {for_people(one.estimated_number)}"]
    parts += [str(part) for part in (one.exposure, one.vulnerability and one.get_vulnerability_display()) if part]
    return ", ".join([*parts, *([one.reason] if one.reason else [])])


def protection_text(one: ThreatProtectionActor) -> str:
    """Return another protection actor with what is known of its role and the seven variables."""
    known = (one.role, one.presence, one.capability, one.acceptance, one.constraint, one.potential_harm)
    return ", ".join([str(one), *(part for part in (*known, one.willingness, one.coordination) if part)])


def _groups(threat: Threat) -> list[str]:
    return [group_text(one) for one in threat.threat_groups.all()]


def _protection(threat: Threat) -> list[str]:
    return [protection_text(one) for one in threat.threat_protection_actors.all()]


TEXT, LONG, DATE, LIST = FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.DATE, FieldKind.LIST
CHOICE, YES_NO, LINK = FieldKind.CHOICE, FieldKind.BOOLEAN, FieldKind.LINK

THREAT = FieldList(
    "threat",
    (
        Field("ref", _("Reference"), TEXT, _text("ref"), "#threat+code", IN_TABLE, locked=True),
        Field("title", _("Title"), TEXT, _text("title"), "#threat+name", BOTH),
        Field("office", _("Office"), LINK, lambda threat: threat.office.name, "#org+office", SHOWN, locked=True),
        Field("status", _("Status"), CHOICE, _label(ThreatStatus, "status"), "#status", SHOWN, locked=True),
        Field("priority", _("Priority"), CHOICE, _label(Priority, "priority"), "#severity+priority", IN_TABLE),
        Field("risk", _("Risk level"), CHOICE, _label(RiskLevel, "risk"), "#severity+risk", IN_TABLE),
        Field("likelihood", _("Likelihood"), FieldKind.INTEGER, _text("likelihood"), "#severity+likelihood", SHOWN),
        Field("impact", _("Impact"), FieldKind.INTEGER, _text("impact"), "#severity+impact", SHOWN),
        Field("trend", _("Trend"), CHOICE, _label(Trend, "trend"), "#severity+trend", SHOWN),
        Field("confidence", _("Confidence"), CHOICE, _label(Confidence, "confidence"), "#severity+confidence", SHOWN),
        Field(
            "expected_risk",
            _("Risk expected after the response"),
            CHOICE,
            _label(RiskLevel, "expected_risk"),
            "#severity+expected",
            SHOWN,
        ),
        Field("assessed_on", _("Last rated"), DATE, _text("assessed_on"), "#date+rated", SHOWN),
        Field("areas", _("Areas"), LIST, _names("areas"), "#adm+name", BOTH),
        Field("area_pcodes", _("P-codes"), LIST, _pcodes, "#adm+code", frozenset({Face.EXPORT, Face.API}), locked=True),
        Field("location", _("Location, as exact as possible"), TEXT, _text("location"), "#loc"),
        Field("violence_types", _("Forms of violence"), LIST, _names("violence_types"), "#event+type"),
        Field("scale", _("Threat and scale"), LONG, _text("scale"), "#description+threat"),
        Field("groups", _("Groups at risk"), LIST, _groups, "#affected+type"),
        Field("civilians", _("Civilians at risk and vulnerabilities"), LONG, _text("civilians"), "#affected"),
        Field("actors", _("Source of violence"), LIST, _names("actors"), "#group+perpetrator"),
        Field("perpetrators", _("Source of violence, in words"), LONG, _text("perpetrators"), "#group+description"),
        Field("protection_actors", _("Other protection actors"), LIST, _protection, "#org+protection"),
        Field(
            "other_actors", _("Other actors present and their role"), LONG, _text("other_actors"), "#org+description"
        ),
        Field("capacity", _("Mission capacity and resources"), LONG, _text("capacity"), "#capacity"),
        Field("capacity_in_reach", _("Capacity in reach"), YES_NO, _text("capacity_in_reach"), "#capacity+reach"),
        Field("response", _("Mission response to date"), LONG, _text("response"), "#response+done"),
        Field("action", _("Action required"), LONG, _text("action"), "#response+required"),
        Field("objective", _("Objective"), LONG, _text("objective"), "#output"),
        Field("lead", _("Lead"), LINK, _lead, "#contact+lead"),
        Field("components", _("Contributing components"), LIST, _names("components"), "#org+impl"),
        Field("horizon_on", _("Horizon"), DATE, _text("horizon_on"), "#date+horizon"),
        Field("review_on", _("Next review"), DATE, _text("review_on"), "#date+review"),
        Field("near_mission_presence", _("Near mission presence"), YES_NO, _text("near_mission_presence"), "#loc+near"),
        Field("imminent", _("Imminent"), YES_NO, _text("imminent"), "#status+imminent", SHOWN),
        Field(
            "imminent_since", _("Imminent since"), FieldKind.MOMENT, _text("imminent_since"), "#date+imminent", SHOWN
        ),
        Field("red_lines", _("Red lines"), LONG, _text("red_lines"), "#cause+redline"),
        Field("triggers", _("Triggers"), LONG, _text("triggers"), "#cause+trigger"),
        Field("criterion_nature", _("Nature of the threat and risk"), LONG, _text("criterion_nature")),
        Field(
            "criterion_host_state",
            _("Ability and willingness of the host State"),
            LONG,
            _text("criterion_host_state"),
        ),
        Field("criterion_mission", _("Ability of the mission, alone or with others"), LONG, _text("criterion_mission")),
        Field(
            "criterion_advantage", _("Comparative advantage and expected effect"), LONG, _text("criterion_advantage")
        ),
        Field(
            "criterion_consequences",
            _("Negative consequences of acting and of not acting"),
            LONG,
            _text("criterion_consequences"),
        ),
        Field(
            "marking", _("Marking"), CHOICE, _label(Marking, "marking"), "#meta+marking", choices=tuple(Marking.choices)
        ),
        Field("closed_reason", _("Why it was closed"), LONG, _text("closed_reason"), "", SHOWN, locked=True),
    ),
)
LABELS = {field.name: field.label for field in THREAT.fields}
CRITERIA = tuple(field.name for field in THREAT.fields if field.name.startswith("criterion_"))
