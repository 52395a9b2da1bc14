"""The figure register: a number's question as data, asked again whenever it is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from threats.figures import figures

from pocweb.choices import Priority, RiskLevel
from pocweb.models import Mission
from reporting.periods import Quarter
from strategy.choices import ActivityStatus
from strategy.models import Activity
from threats.choices import SourceOfViolence
from threats.models import Incident, Threat


@dataclass(frozen=True)
class Asked:
    """One figure to be asked: its code, its question in words and as data."""

    code: str
    label: str
    question: dict[str, Any]
    verified_only: bool = False


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _incidents(mission: Mission, question: dict[str, Any], marking: int) -> int | None:
    """Answer a count over incidents through the same function that pages and the `figures` command use."""
    table = figures(
        mission,
        measure=question["measure"],
        by="year",
        start=_day(question["from"]),
        end=_day(question["to"]),
        verified_only=question.get("verified_only", False),
        scope=Incident.objects.filter(marking__lte=marking),
    )
    if question["measure"] == "injured" and table.not_recorded == _events(mission, question, marking):
        return None
    return table.total


def _events(mission: Mission, question: dict[str, Any], marking: int) -> int:
    return _rows(mission, question, marking).count()


def _rows(mission: Mission, question: dict[str, Any], marking: int) -> Any:
    return (
        Incident.objects.filter(mission=mission, marking__lte=marking)
        .counted(verified_only=question.get("verified_only", False))
        .between(_day(question["from"]), _day(question["to"]))
    )


def _bound(mission: Mission, question: dict[str, Any], marking: int) -> int | None:
    """Answer the sum of a low or high estimate."""
    column = question["column"]
    return _rows(mission, question, marking).aggregate(total=Sum(column))["total"]


def _threats(mission: Mission, question: dict[str, Any], marking: int) -> int:
    rows = Threat.objects.filter(mission=mission, marking__lte=marking).active()
    if "risk" in question:
        rows = rows.filter(risk=question["risk"])
    if "priority" in question:
        rows = rows.filter(priority=question["priority"])
    if question.get("imminent"):
        rows = rows.filter(imminent=True)
    if "source_of_violence" in question:
        rows = rows.filter(actors__source_of_violence=question["source_of_violence"]).distinct()
    return rows.count()


def _activities(mission: Mission, question: dict[str, Any], marking: int) -> int:
    rows = Activity.objects.filter(mission=mission, marking__lte=marking)
    if question["what"] == "done":
        return rows.filter(
            status=ActivityStatus.DONE, done_on__range=(_day(question["from"]), _day(question["to"]))
        ).count()
    return rows.open().filter(Q(due_on__gte=_day(question["from"])) | Q(due_on=None)).count()


_answers: dict[str, Callable[[Mission, dict[str, Any], int], int | None]] = {
    "incidents": _incidents,
    "bound": _bound,
    "threats": _threats,
    "activities": _activities,
}


def answer(mission: Mission, question: dict[str, Any], *, marking: int) -> int | None:
    """Return the answer to a stored question today, counting only records marked at most `marking`.

    None means that nothing was recorded, which is not zero. Raises `KeyError` for a question of unknown kind.
    """
    return _answers[question["kind"]](mission, question, marking)


def records_query(question: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the URL name and the query string's parts that open the records behind a question."""
    if question["kind"] in ("incidents", "bound"):
        parts = {"from": question["from"], "to": question["to"]}
        if question.get("verified_only"):
            parts["verification"] = "verified"
        return "threats:incident-list", parts
    if question["kind"] == "activities":
        status = ActivityStatus.DONE if question["what"] == "done" else ActivityStatus.PLANNED
        return "strategy:activity-list", {"status": status}
    return "threats:matrix-home", {}


def questions_for(quarter: Quarter) -> tuple[Asked, ...]:
    """Return the figures that the quarterly assessment opens with, in order. Source: POC Handbook 2020, 8.4."""
    whole = {"from": quarter.starts_on.isoformat(), "to": quarter.ends_on.isoformat()}
    last = {"from": quarter.last_month_starts_on.isoformat(), "to": quarter.ends_on.isoformat()}
    prior = {"from": quarter.before.starts_on.isoformat(), "to": quarter.before.ends_on.isoformat()}
    period, month, before = str(quarter), f"{quarter.ends_on:%B %Y}", str(quarter.before)

    def counted(measure: str, span: dict[str, str], **more: Any) -> dict[str, Any]:
        return {"kind": "incidents", "measure": measure, **span, **more}

    asked: list[tuple[str, dict[str, Any], bool]] = [
        (_("Events, %(period)s") % {"period": period}, counted("events", whole), False),
        (_("Killed, best estimate, %(period)s") % {"period": period}, counted("killed", whole), False),
        (
            _("Killed, low estimate, %(period)s") % {"period": period},
            {"kind": "bound", "column": "killed_low", **whole},
            False,
        ),
        (
            _("Killed, high estimate, %(period)s") % {"period": period},
            {"kind": "bound", "column": "killed_high", **whole},
            False,
        ),
        (_("Civilians killed, %(period)s") % {"period": period}, counted("civilians_killed", whole), False),
        (
            _("Killed in verified incidents, %(period)s") % {"period": period},
            counted("killed", whole, verified_only=True),
            True,
        ),
        (_("Injured, best estimate, %(period)s") % {"period": period}, counted("injured", whole), False),
        (_("Events, %(period)s") % {"period": month}, counted("events", last), False),
        (_("Killed, best estimate, %(period)s") % {"period": month}, counted("killed", last), False),
        (_("Events, %(period)s") % {"period": before}, counted("events", prior), False),
        (_("Killed, best estimate, %(period)s") % {"period": before}, counted("killed", prior), False),
        (_("Civilians killed, %(period)s") % {"period": before}, counted("civilians_killed", prior), False),
        (_("Active threats"), {"kind": "threats"}, False),
        (_("Active threats of extreme risk"), {"kind": "threats", "risk": int(RiskLevel.EXTREME)}, False),
        (_("Active threats of high risk"), {"kind": "threats", "risk": int(RiskLevel.HIGH)}, False),
        (_("Active threats of first priority"), {"kind": "threats", "priority": int(Priority.FIRST)}, False),
        (_("Threats judged imminent"), {"kind": "threats", "imminent": True}, False),
        (
            _("Active threats with a State source"),
            {"kind": "threats", "source_of_violence": str(SourceOfViolence.STATE)},
            False,
        ),
        (_("Activities done, %(period)s") % {"period": period}, {"kind": "activities", "what": "done", **whole}, False),
        (
            _("Activities planned or under way after %(period)s") % {"period": period},
            {"kind": "activities", "what": "open", **whole},
            False,
        ),
    ]
    return tuple(
        Asked(f"F-{index:02d}", label, question, verified) for index, (label, question, verified) in enumerate(asked, 1)
    )
