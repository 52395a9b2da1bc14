"""Early-warning cases of the fictional mission, set straight to a state; the services' own tests bring them there."""

from datetime import UTC, datetime
from typing import Any

from coordination.models import CaseStep, WarningCase
from coordination.warnings.choices import CaseClass, CasePriority, CaseState
from coordination.warnings.rules import ORDER, overall_impact, priority_of
from pocweb.choices import Marking
from pocweb.models import Counter, Office

RECEIVED = datetime(2020, 12, 31, 5, 40, tzinfo=UTC)


def make_case(
    office: Office, by: Any, state: str = CaseState.RECEIVED, branch: str = "", at: datetime = RECEIVED, **values: Any
) -> WarningCase:
    """Return a case of an office in a state, with what the states before it have set; `values` override columns."""
    order = ORDER[branch]
    past = order[: order.index(state) + 1]
    columns: dict[str, Any] = {
        "channel": "network",
        "act": "attack",
        "place": "Lissa, road to the market",
        "text": "Women at the well were told to leave before the market.",
        "at_risk": ["women", "girls"],
        "people": 200,
        "received_at": at,
        "marking": Marking.CONFIDENTIAL,
        "case_class": CaseClass.ALERT,
    }
    if CaseState.SOURCE_RATED in past:
        columns["source_reliability"] = "B"
    if CaseState.INFO_RATED in past:
        columns |= {
            "information_reliability": "probable",
            "is_triangulated": True,
            "triangulation": "Two patrols agree.",
        }
    if CaseState.CLASSED in past:
        columns |= {"case_class": CaseClass.WARNING, "classed_at": at}
    if CaseState.IMPACT_RATED in past:
        columns |= {"impact_civilians": 3, "impact": overall_impact(3, None, None)}
    if CaseState.LIKELIHOOD_RATED in past:
        columns |= {"likelihood": 2, "likelihood_body": "cell", "priority": priority_of(3, 2) or CasePriority.HIGH}
    if branch:
        columns |= {"branch": branch, "imminence_reason": "Armed men gather at the bridge."}
    if state == CaseState.CLOSED:
        columns |= {"closed_at": at, "outcome": "averted", "finding": "The men left.", "neutralised_at": at}
    stamps = {"created_at": at, "created_by": by, "changed_at": at, "changed_by": by}
    case = WarningCase.objects.create(
        mission=office.mission,
        office=office,
        number=Counter.take(office.mission, "case"),
        state=state,
        **stamps,
        **{**columns, **values},
    )
    CaseStep.objects.create(case=case, key="2", act="file", after=state, begun_at=at, ended_at=at, by=by)
    return case
