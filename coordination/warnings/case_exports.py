"""Files of cases: the Early Warning Matrix as CSV and XLSX, and the export for SAGE / Unite Aware (EW-14, EW-23).

Neither holds a source's key, the words of the report, or a person behind it. Each export is an event of the trail.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from coordination.exports import TYPES
from coordination.models import WarningCase
from coordination.warnings.choices import AtRisk
from coordination.warnings.cited import incident_of
from coordination.warnings.matrix import MatrixRow, level_words, ordered, read_rows
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking
from pocweb.models import Area, Mission
from pocweb.tabular import Column, write_csv, write_xlsx
from threats.models import Incident

CHUNK = 500
READ = ("mission", "office", "area", "incident__office")
ADMIN1 = Area.steplen * 2


def matrix_columns() -> list[Column]:
    """Return the columns of the matrix as a sheet, each fact in a column of its own."""
    return [
        Column("ref", _("Case"), "#event+alert+code"),
        Column("case_class", _("Class"), "#event+alert+type"),
        Column("state", _("State"), "#status+name"),
        Column("received", _("Received"), "#date+reported"),
        Column("office", _("Office"), "#org+office"),
        Column("area", _("Area"), "#loc+area"),
        Column("place", _("Place"), "#loc+name", width=30),
        Column("act", _("Threat"), "#event+type"),
        Column("threatening", _("Who threatens"), "#group+type"),
        Column("expected", _("When"), "#date+expected+text"),
        Column("at_risk", _("At risk"), "#beneficiary+name", width=30),
        Column("source", _("Source reliability"), "#meta+source+reliability"),
        Column("information", _("Information reliability"), "#meta+reliability"),
        Column("civilians", _("Impact on civilians"), "#severity+impact"),
        Column("children", _("Impact on children"), "#severity+impact+children"),
        Column("women", _("Impact on women and girls"), "#severity+impact+f"),
        Column("impact", _("Overall impact"), "#severity+impact+overall"),
        Column("likelihood", _("Likelihood"), "#severity+likelihood"),
        Column("priority", _("Priority"), "#severity+name"),
        Column("imminence", _("Imminence"), "#status+imminence"),
        Column("decisions", _("Decisions"), "#activity+decision", width=50),
        Column("actions", _("Actions: owner, deadline, status"), "#activity+name", width=50),
        Column("operation", _("Operation"), "#activity+operation"),
        Column("partners", _("Partners informed"), "#contact+informed", width=30),
        Column("remarks", _("Remarks"), "#description", width=40),
        Column("outcome", _("Outcome"), "#status+outcome"),
        Column("updated", _("Last update"), "#date+updated"),
        Column("marking", _("Marking"), "#meta+classification"),
    ]


def matrix_values(row: MatrixRow) -> dict[str, Any]:
    """Return one row of the sheet; what is not rated is said, never left as nothing."""
    case = row.case
    civilians, children, women = (words for _label, words in row.impacts)
    return {
        "ref": case.ref,
        "case_class": str(case.get_case_class_display()),
        "state": str(case.get_state_display()),
        "received": case.received_at,
        "office": case.office.name,
        "area": case.area.name if case.area else None,
        "place": case.place,
        "act": str(case.get_act_display()),
        "threatening": str(case.get_threatening_display()),
        "expected": str(case.get_expected_display()),
        "at_risk": case.at_risk_labels,
        "source": str(case.get_source_reliability_display()) or _("not rated"),
        "information": str(case.get_information_reliability_display()) or _("not rated"),
        "civilians": civilians,
        "children": children,
        "women": women,
        "impact": level_words(case.impact),
        "likelihood": level_words(case.likelihood),
        "priority": str(case.get_priority_display()) if case.priority else _("not rated"),
        "imminence": str(case.get_branch_display()) if case.branch else _("not decided"),
        "decisions": row.decision_words,
        "actions": row.action_words,
        "operation": case.has_operation,
        "partners": row.partners,
        "remarks": case.remarks,
        "outcome": str(case.get_outcome_display()) if case.outcome else None,
        "updated": case.changed_at,
        "marking": str(Marking(row.marking).label),
    }


def matrix_rows(cases: "QuerySet[WarningCase]", *, user: Any, now: datetime) -> list[MatrixRow]:
    """Return all matching cases as rows in the order of the matrix, read in pieces so that no query grows too long."""
    found = list(ordered(cases).select_related(*READ))
    rows: list[MatrixRow] = []
    for start in range(0, len(found), CHUNK):
        rows += read_rows(found[start : start + CHUNK], user=user, now=now)
    return rows


def sage_columns() -> list[Column]:
    """Return the columns for SAGE / Unite Aware: casualties, and threats to women and to children, each by itself."""
    return [
        Column("ref", _("Alert code"), "#event+alert+code"),
        Column("case_class", _("Class"), "#event+alert+type"),
        Column("reported", _("Date reported"), "#date+reported"),
        Column("act", _("Event type"), "#event+type"),
        Column("country", _("Country code"), "#country+code"),
        Column("adm1_code", _("Admin 1 p-code"), "#adm1+code"),
        Column("adm1_name", _("Admin 1"), "#adm1+name"),
        Column("area_code", _("Area p-code"), "#loc+code"),
        Column("place", _("Place"), "#loc+name", width=30),
        Column("threatening", _("Who threatens"), "#group+type"),
        Column("imminence", _("Imminence"), "#status+imminence"),
        Column("priority", _("Priority"), "#severity+name"),
        Column("killed", _("Killed"), "#affected+killed"),
        Column("injured", _("Injured"), "#affected+injured"),
        Column("casualty_source", _("Casualties from"), "#meta+source+casualties"),
        Column("women_at_risk", _("Women or girls at risk"), "#affected+f+risk"),
        Column("women_impact", _("Threat to women and girls"), "#severity+impact+f"),
        Column("children_at_risk", _("Children at risk"), "#affected+children+risk"),
        Column("children_impact", _("Threat to children"), "#severity+impact+children"),
        Column("people", _("People at risk"), "#affected+num"),
        Column("action_taken", _("Action taken"), "#date+response"),
        Column("outcome", _("Outcome"), "#status+outcome"),
        Column("state", _("State"), "#status+name"),
        Column("incident", _("Incident"), "#event+code"),
        Column("marking", _("Marking"), "#meta+classification"),
    ]


def sage_rows(cases: "QuerySet[WarningCase]", user: Any) -> Iterator[dict[str, Any]]:
    """Yield the cases for SAGE / Unite Aware, oldest first; two queries whatever their number.

    Casualties are those recorded when the case was closed, else the best estimates of its incident; they stay blank
    where neither knows, since zero would say that nobody was harmed, and where the user may not see the incident.
    Source: POC Handbook 2020, Annex V, steps N10, I14 (EW-23).
    """
    areas = Area.objects.at_level(1).values_list("path", "pcode", "name")
    regions = {path: (pcode, name) for path, pcode, name in areas}
    rows = cases.select_related(*READ).order_by("received_at", "pk")
    for case in rows.iterator(chunk_size=1000):
        code, name = regions.get(case.area.path[:ADMIN1], (None, None)) if case.area else (None, None)
        incident = incident_of(case, user)
        killed, injured, told_by = casualties_of(case, incident)
        yield {
            "ref": case.ref,
            "case_class": str(case.get_case_class_display()),
            "reported": case.received_at.date(),
            "act": str(case.get_act_display()),
            "country": case.mission.country_code,
            "adm1_code": code,
            "adm1_name": name,
            "area_code": case.area.pcode if case.area else None,
            "place": case.place,
            "threatening": str(case.get_threatening_display()),
            "imminence": str(case.get_branch_display()) if case.branch else _("not decided"),
            "priority": str(case.get_priority_display()) if case.priority else _("not rated"),
            "killed": killed,
            "injured": injured,
            "casualty_source": told_by,
            "women_at_risk": bool(set(case.at_risk) & set(AtRisk.WOMEN_AND_GIRLS)),
            "women_impact": level_words(case.impact_women),
            "children_at_risk": bool(set(case.at_risk) & set(AtRisk.CHILDREN)),
            "children_impact": level_words(case.impact_children),
            "people": case.people,
            "action_taken": case.acted_at.date() if case.acted_at else None,
            "outcome": str(case.get_outcome_display()) if case.outcome else None,
            "state": str(case.get_state_display()),
            "incident": incident.ref if incident else None,
            "marking": str(Marking(case.marking).label),
        }


def casualties_of(case: WarningCase, incident: Incident | None) -> tuple[int | None, int | None, str | None]:
    """Return killed and injured, and which record says so; None for what nobody has recorded."""
    if case.killed is not None or case.injured is not None:
        return case.killed, case.injured, _("the case, when it was closed")
    if incident is not None:
        return incident.killed_best, incident.injured_best, _("the incident, best estimate")
    return None, None, None


def as_file(
    by: Any,
    mission: Mission,
    columns: Sequence[Column],
    rows: Sequence[dict[str, Any]],
    *,
    kind: str,
    name: str,
    what: str,
    marking: int,
) -> HttpResponse:
    """Return the rows as a file, "csv" or "xlsx", and record the export; the name tells mission, day and marking."""
    out = io.BytesIO()
    if kind == "csv":
        write_csv(columns, rows, out)
    else:
        write_xlsx(columns, rows, out, title=name)
    with transaction.atomic():
        record_event(by, "exported", mission, note=f"{what}, {len(rows)} cases as {kind}")
    words = Marking(marking).name.lower().replace("_", "-")
    response = HttpResponse(out.getvalue(), content_type=TYPES[kind])
    filename = f"{name}-{mission.code}-{clock.today(mission)}-{words}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
