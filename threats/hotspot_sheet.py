"""The map of hotspots and blind spots as a sheet with HXL tags."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from pocweb.choices import RiskLevel
from pocweb.tabular import Column
from threats.choices import PresenceKind
from threats.hotspots import HotspotMap
from threats.wording_hotspots import covers, reason


def columns(level: int) -> list[Column]:
    """Return the columns of the sheet; the tags of place name the level."""
    return [
        Column("pcode", _("P-code"), f"#adm{level}+code"),
        Column("name", _("Area"), f"#adm{level}+name"),
        Column("start", _("From"), "#date+start"),
        Column("end", _("To"), "#date+end"),
        Column("heat", _("Hotspot"), "#status+hotspot"),
        Column("reason", _("Why"), "#status+hotspot+description", width=40),
        Column("events", _("Events"), "#incidents+num"),
        Column("killed", _("Killed, best estimate"), "#affected+killed"),
        Column("killed_not_recorded", _("Events without number of killed"), "#incidents+killed+unknown+num"),
        Column("civilians", _("Civilians killed"), "#affected+killed+civilians"),
        Column("z", _("Gi*"), "#indicator+gi+num"),
        Column("p", _("Chance, one-sided"), "#indicator+p+num"),
        Column("threats", _("Active threats"), "#meta+threat"),
        Column("risk", _("Highest risk"), "#severity+max"),
        Column("sight", _("Seen by the mission"), "#status+sight"),
        Column("blind_from", _("Seen since"), "#date+sight+start"),
        Column("presences", _("Presences since then"), "#activity+presence+num"),
        Column("covers", _("Covered by"), "#org+presence"),
        Column("last_patrol", _("Last patrol or visit"), "#date+patrol+last"),
        Column("last_report", _("Last incident reported"), "#date+report+last"),
    ]


def rows_of(found: HotspotMap) -> Iterator[dict[str, Any]]:
    """Yield one row per area in reach; what is not known stays empty."""
    asked = found.question
    for one in found.areas:
        z, p = one.local.z, one.local.p
        yield {
            "pcode": one.area.pcode,
            "name": one.area.name,
            "start": asked.start,
            "end": asked.end,
            "heat": str(one.heat.label),
            "reason": reason(one, found),
            "events": one.tally.events,
            "killed": one.tally.killed,
            "killed_not_recorded": one.tally.killed_not_recorded,
            "civilians": one.tally.civilians,
            "z": None if z is None else round(z, 3),
            "p": None if p is None else round(p, 5),
            "threats": ", ".join(mark.ref for mark in one.threats),
            "risk": str(RiskLevel(one.risk).label) if one.risk else None,
            "sight": str(one.sight.label),
            "blind_from": asked.blind_from,
            "presences": one.presences,
            "covers": covers(one, asked),
            "last_patrol": one.last_on(PresenceKind.PATROL, PresenceKind.VISIT),
            "last_report": one.last_report_on,
        }
